/* Every document that we emit equals its golden file in tests/golden, key order included.
 * After a wanted change: GOLDEN_UPDATE=1 tests/unit/test_fed_out, and read the difference. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "federation/direct.h"
#include "federation/home.h"
#include "federation/out.h"
#include "tests/unit/unit.h"

#define AT INT64_C(1795248000000) /* 2026-11-21T08:00:00Z */
#define O "https://tea.example"

static char *read_whole(const char *path)
{
    FILE *f = fopen(path, "r");
    if (f == NULL)
        return NULL;
    char *p = calloc(1, 100000);
    size_t n = fread(p, 1, 99999, f);
    fclose(f);
    p[n] = '\0';
    return p;
}

static void check_golden(struct jw *w, const char *name)
{
    char path[512];
    const char *src = getenv("srcdir");
    assert_true(jw_done(w));
    struct str s = buf_str(w->out);
    json_error_t error;
    json_t *j = json_loadb(s.p, s.n, JSON_REJECT_DUPLICATES, &error);
    assert_non_null(j);
    char *pretty = json_dumps(j, JSON_INDENT(2));
    snprintf(path, sizeof path, "%s/tests/golden/%s.json", src == NULL ? "." : src, name);
    if (getenv("GOLDEN_UPDATE") != NULL) {
        FILE *f = fopen(path, "w");
        assert_non_null(f);
        fprintf(f, "%s\n", pretty);
        fclose(f);
    }
    char *want = read_whole(path);
    if (want == NULL)
        fail_msg("%s is missing", path);
    size_t n = strlen(want);
    if (n > 0 && want[n - 1] == '\n')
        want[n - 1] = '\0';
    assert_string_equal(pretty, want);
    free(want);
    free(pretty);
    json_decref(j);
}

/* Write one document and compare. */
#define GOLDEN(name, call)                                                                         \
    do {                                                                                           \
        struct buf b_;                                                                             \
        struct jw w;                                                                               \
        buf_init(&b_, FED_OUT_MAX);                                                                \
        jw_init(&w, &b_);                                                                          \
        call;                                                                                      \
        check_golden(&w, name);                                                                    \
        buf_free(&b_);                                                                             \
    } while (0)

static const struct planet_field lines[] = {
    {STR_INIT("Website"), STR_INIT("https://tea.example/?a=1&b=2"), true},
    {STR_INIT("City"), STR_INIT("Yunnan <south>"), false}};

static struct fed_out_actor planet(void)
{
    return (struct fed_out_actor){
        .uri = STR(O "/ap/a/11"), .kind = STR("Person"), .username = STR("tea"),
        .name = STR("行星茶"), .url = STR(O "/@tea"), .inbox = STR(O "/ap/a/11/inbox"),
        .shared_inbox = STR(O "/ap/inbox"), .handle_host = STR("tea.example"),
        .summary = {STR("<p>Tea, slowly.</p>")}, .icon_type = STR("image/webp"),
        .icon_url = STR(O "/media/5/large.webp"),
        .rsa_pem = STR("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"),
        .ed_multikey = STR("z6MkTest"), .join_url = STR(O "/@tea/join"),
        .join_name = STR("加入"), .fields = lines, .n_fields = 2, .published = AT,
        .collections = true, .endorses = true};
}

static const struct str tags[] = {STR_INIT("tea"), STR_INIT("普洱")};
static const struct public_media pictures[] = {{.id = 7, .mime = STR_INIT("image/webp"),
    .url = STR_INIT(O "/media/7/large.webp"), .alt = STR_INIT("A cup"),
    .blurhash = STR_INIT("LEHV6nWB2yk8"), .width = 1200, .height = 800}};

static struct fed_out_note note(struct arena *a)
{
    struct public_post p = {.title = STR("Three <cups>"), .url = STR(O "/@tea/three-cups"),
        .locked = true, .html = {STR("<p>Two public sentences.</p>")},
        .tags = (struct str *)(uintptr_t)tags, .n_tags = 2};
    return (struct fed_out_note){.id = STR(O "/ap/o/42"), .actor_uri = STR(O "/ap/a/11"),
        .url = p.url, .lang = STR("zh-Hans"), .content = fed_out_content(a, &p, STR(O "/@tea/tag/"), NULL, 0),
        .published = AT, .updated = DB_NULL, .tags = tags, .n_tags = 2,
        .tag_url = STR(O "/@tea/tag/"), .media = pictures, .n_media = 1, .n_likes = 3,
        .n_shares = 1};
}

static struct fed_out_envelope envelope(struct str type)
{
    return (struct fed_out_envelope){.id = STR(O "/ap/x/99"), .type = type,
        .actor = STR(O "/ap/a/11"), .published = AT};
}

static void actors(void **state)
{
    (void)state;
    struct fed_out_actor v = planet();
    GOLDEN("actor_planet", fed_out_actor(&w, &v));
    struct fed_out_actor i = {.uri = STR(O "/ap/instance"), .kind = STR("Application"),
        .username = STR("tea.example"), .name = STR("tea.example"), .url = STR(O "/"),
        .inbox = STR(O "/ap/inbox"), .shared_inbox = STR(O "/ap/inbox"),
        .handle_host = STR("tea.example"), .rsa_pem = v.rsa_pem, .ed_multikey = v.ed_multikey,
        .published = AT};
    GOLDEN("actor_instance", fed_out_actor(&w, &i));
    struct fed_out_envelope e = envelope(STR("Update"));
    GOLDEN("update_actor", fed_out_update_actor(&w, &e, &v));
    static const struct str aliases[] = {STR_INIT("https://old.example/users/tea")};
    v.aliases = aliases;
    v.n_aliases = 1;
    v.moved_to = STR("https://new.example/users/tea");
    GOLDEN("actor_moved", fed_out_actor(&w, &v));
}

static void notes(void **state)
{
    struct arena *a = *state;
    struct fed_out_note n = note(a);
    struct fed_out_envelope e = envelope(STR("Create"));
    GOLDEN("note_teaser", fed_out_object(&w, &n));
    GOLDEN("create_teaser", fed_out_create(&w, &e, &n));
    n.updated = AT + 60000;
    e = envelope(STR("Update"));
    GOLDEN("update_teaser", fed_out_update_note(&w, &e, &n));
    n.in_reply_to = STR("https://far.example/notes/1");
    n.mention_uri = STR("https://far.example/users/ann");
    n.mention_name = STR("@ann@far.example");
    n.n_tags = n.n_media = 0;
    e = envelope(STR("Create"));
    e.cc = n.mention_uri;
    GOLDEN("create_reply", fed_out_create(&w, &e, &n));
}

static void activities(void **state)
{
    (void)state;
    struct fed_out_envelope e = envelope(STR("Delete"));
    GOLDEN("delete", fed_out_delete(&w, &e, STR(O "/ap/o/42"), STR("Note")));
    GOLDEN("tombstone", fed_out_tombstone(&w, STR(O "/ap/o/42"), STR("Note"), AT, true));
    e = envelope(STR("Accept"));
    e.to = STR("https://far.example/users/ann");
    GOLDEN("accept_follow", fed_out_answer(&w, &e, STR("https://far.example/follows/1"), e.to,
                                           STR(O "/ap/a/11")));
    static const struct str wrote[] = {STR_INIT("https://far.example/notes/1")};
    e = envelope(STR("Flag"));
    e.actor = STR(O "/ap/instance");
    e.to = STR("https://far.example/users/ann");
    GOLDEN("flag", fed_out_flag(&w, &e, STR("Unwanted advertising"), wrote, 1));
    e = envelope(STR("Move"));
    GOLDEN("move", fed_out_move(&w, &e, STR("https://new.example/users/tea")));
}

static void quotes(void **state)
{
    struct arena *a = *state;
    struct fed_out_envelope e = envelope(STR("Accept"));
    struct fed_out_quote_grant g = {STR(O "/ap/q/7"), STR(O "/ap/a/11"),
                                    STR("https://far.example/notes/1"), STR(O "/ap/o/42")};
    struct fed_out_quote_answer r = {STR("https://far.example/requests/1"),
                                     STR("https://far.example/users/ann"), g.target, g.quote, g.id};
    GOLDEN("quote_authorization", fed_out_quote_grant(&w, &g));
    e.to = r.asker;
    GOLDEN("accept_quote", fed_out_quote_answer(&w, &e, &r));
    e.type = STR("Reject");
    r.result = STR_NULL;
    GOLDEN("reject_quote", fed_out_quote_answer(&w, &e, &r));
    e = envelope(STR("Delete"));
    e.cc = r.asker;
    GOLDEN("delete_quote", fed_out_quote_revoked(&w, &e, &g));
    struct fed_out_note n = note(a);
    n.quotes = QUOTE_NOBODY;
    n.warning = STR("Strong tea");
    GOLDEN("note_warned", fed_out_object(&w, &n));
    n.quotes = QUOTE_FOLLOWERS;
    n.warning = STR("");
    GOLDEN("note_quotes_followers", fed_out_object(&w, &n));
}

static void collections(void **state)
{
    struct arena *a = *state;
    const struct str ids[] = {STR(O "/ap/o/42"), STR("https://far.example/notes/1")};
    const struct str raw[] = {STR("{\"type\":\"Create\",\"id\":\"x\"}")};
    GOLDEN("outbox", fed_out_collection(&w, STR(O "/ap/a/11/outbox"), true, 21,
                                        STR(O "/ap/a/11/outbox/p/0")));
    GOLDEN("followers", fed_out_collection(&w, STR(O "/ap/a/11/followers"), true, 3, STR_NULL));
    struct fed_out_note pinned = note(a);
    struct fed_out_envelope e = envelope(STR("Add"));
    GOLDEN("featured", fed_out_featured(&w, STR(O "/ap/a/11/featured"), &pinned, 1));
    GOLDEN("add_pin", fed_out_pin(&w, &e, STR(O "/ap/o/42")));
    struct fed_out_page p = {.id = STR(O "/ap/a/11/outbox/p/0"), .part_of = STR(O "/ap/a/11/outbox"),
        .next = STR(O "/ap/a/11/outbox/p/77"), .items = raw, .n_items = 1, .raw = true,
        .ordered = true};
    GOLDEN("outbox_page", fed_out_page(&w, &p));
    p = (struct fed_out_page){.id = STR(O "/ap/o/42/replies/p/0"), .part_of = STR(O "/ap/o/42/replies"),
        .items = ids, .n_items = 2};
    GOLDEN("replies_page", fed_out_page(&w, &p));
}

static void long_teasers_are_cut(void **state)
{
    struct arena *a = *state;
    struct buf b;
    buf_init_arena(&b, a, 100000);
    buf_lit(&b, "<p>");
    for (int i = 0; i < 1500; i++)
        buf_lit(&b, "茶");
    buf_lit(&b, "</p>");
    struct public_post p = {.title = STR("T"), .url = STR(O "/@tea/t"), .locked = true,
                            .html = {buf_str(&b)}};
    struct str cut = fed_out_content(a, &p, STR(""), NULL, 0).s;
    assert_true(str_utf8_len(cut) < 1200);
    assert_true(str_contains(cut, STR("…</p>")));
    p.locked = false; /* a public post goes out whole */
    assert_true(str_utf8_len(fed_out_content(a, &p, STR(""), NULL, 0).s) > 1500);
}

/* Other servers show what they know (federation.md 6.2); the rest would be run together. */
static void foreign_elements_stay_home(void **state)
{
    struct arena *a = *state;
    struct public_post p = {.title = STR("T"), .url = STR(O "/@tea/t"),
        .html = {STR("<h2>One</h2><figure><img src=\"" O "/media/7/a.webp\" alt=\"A cup\"></figure>"
                     "<p>Two <strong>three</strong></p><hr><table><tr><td>4</td><td>5</td></tr></table>")}};
    struct str s = fed_out_content(a, &p, STR(""), NULL, 0).s;
    assert_true(str_contains(s, STR("<p><strong>One</strong></p>")));
    assert_true(str_contains(s, STR("<p>Two <strong>three</strong></p>")));
    assert_true(str_contains(s, STR("4 5")));
    static const char *const gone[] = {"<h2", "<img", "<figure", "<hr", "<table", "<td"};
    for (size_t i = 0; i < sizeof gone / sizeof *gone; i++)
        assert_false(str_contains(s, str_c(gone[i])));
    struct buf b; /* too long to be a note: its beginning */
    buf_init(&b, 400000);
    buf_lit(&b, "<p>begin</p>");
    for (int i = 0; i < 60000; i++)
        buf_lit(&b, "x &lt; ");
    p.html.s = buf_str(&b);
    s = fed_out_content(a, &p, STR(""), NULL, 0).s;
    assert_true(s.n < 40000 && str_contains(s, STR("begin")) && str_contains(s, STR("x &lt; x")));
    buf_free(&b);
}

/* federation.md 6.2: names and tags in the text are what other servers take them for. */
static void names_and_tags_are_marked(void **state)
{
    struct arena *a = *state;
    static const struct fed_mention named[] = {
        {STR_INIT("ann@far.example"), STR_INIT("https://far.example/users/ann"), STR_INIT("https://far.example/@ann"),
         STR_INIT("@ann@far.example"), STR_INIT("https://far.example/inbox")},
        {STR_INIT("mia"), STR_INIT(O "/ap/a/5"), STR_INIT(O "/ap/a/5"), STR_INIT("@mia@tea.example"), {NULL, 0}}};
#define ANN "<span class=\"h-card\" translate=\"no\"><a href=\"https://far.example/@ann\" class=\"u-url mention\">@<span>ann</span></a></span>"
#define MIA "<span class=\"h-card\" translate=\"no\"><a href=\"" O "/ap/a/5\" class=\"u-url mention\">@<span>mia</span></a></span>"
#define TEA "<a href=\"" O "/@tea/tag/tea\" class=\"mention hashtag\" rel=\"tag\">#<span>tea</span></a>"
    static const char *const all[][2] = {
        {"<p>Hi @ann@far.example, @mia.</p>", "<p>Hi " ANN ", " MIA ".</p>"},
        {"<p>@mia@far.example and @miami, a@mia, x/@mia</p>", "<p>@mia@far.example and @miami, a@mia, x/@mia</p>"},
        {"<p>@mia.example @mia-x @Mia</p>", "<p>@mia.example @mia-x <span class=\"h-card\" translate=\"no\"><a href=\"" O
         "/ap/a/5\" class=\"u-url mention\">@<span>Mia</span></a></span></p>"},
        {"<a href=\"x\">@mia #tea</a> <code>@mia</code> @mia", "<a href=\"x\">@mia #tea</a> <code>@mia</code> " MIA},
        {"<p>#tea, #teapot #普洱。&#39;tea</p>", "<p>" TEA ", #teapot <a href=\"" O "/@tea/tag/%E6%99%AE%E6%B4%B1\" "
         "class=\"mention hashtag\" rel=\"tag\">#<span>普洱</span></a>。&#39;tea</p>"},
        {"茶@mia和#tea", "茶" MIA "和" TEA},
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        struct fed_markup m = {named, 2, tags, 2, STR(O "/@tea/tag/"), 0};
        struct str got = fed_out_marked(a, (struct safe_html){str_c(all[i][0])}, &m).s;
        CHECK_STR(got, all[i][1]);
    }
    /* What stands in the text is not said again below it; all of it is in the object. */
    struct public_post p = {.title = STR("T"), .url = STR(O "/@tea/t"), .html = {STR("<p>#tea with @mia</p>")},
                            .tags = (struct str *)(uintptr_t)tags, .n_tags = 2};
    struct str s = fed_out_content(a, &p, STR(O "/@tea/tag/"), named, 2).s;
    size_t first = str_find(s, STR("#<span>tea"), 0);
    assert_true(first != SIZE_MAX && str_find(s, STR("#<span>tea"), first + 1) == SIZE_MAX);
    assert_true(str_contains(s, STR("#<span>普洱")) && str_contains(s, STR(MIA)));
    struct fed_out_note n = note(a);
    n.mentions = named;
    n.n_mentions = 2;
    struct fed_out_envelope e = envelope(STR("Create"));
    e.mentions = named;
    e.n_mentions = 2;
    GOLDEN("create_mentions", fed_out_create(&w, &e, &n));
}

#define LINK(rel, template) "{\"rel\":\"" rel "\",\"template\":\"" template "\"}"
#define JRD(links) "{\"subject\":\"acct:ann@far.example\",\"links\":[" links "]}"
#define INTENT(what) "https://w3id.org/fep/3b86/" what
#define OSTATUS                                                                                    \
    LINK("http://ostatus.org/schema/1.0/subscribe", "https://far.example/authorize?uri={uri}")

/* Visitors are sent home by what their server says of itself (FEP-3b86, else OStatus). */
static void visitors_find_home(void **state)
{
    struct arena *a = *state;
    static const struct { const char *jrd; enum fed_wanted what; const char *want; } all[] = {
        {JRD(OSTATUS), FED_WANTS_FOLLOW,
         "https://far.example/authorize?uri=https%3A%2F%2Ftea.example%2Fap%2Fa%2F1"},
        {JRD(OSTATUS "," LINK(INTENT("Follow"), "https://far.example/follow?o={object}&b={on-success}&x={new}")),
         FED_WANTS_FOLLOW,
         "https://far.example/follow?o=https%3A%2F%2Ftea.example%2Fap%2Fa%2F1&b=https%3A%2F%2Ftea.example%2F%40tea&x="},
        {JRD(LINK(INTENT("Follow"), "https://far.example/follow?o={object}") "," OSTATUS), FED_WANTS_LIKE,
         "https://far.example/authorize?uri=https%3A%2F%2Ftea.example%2Fap%2Fa%2F1"},
        {JRD(LINK(INTENT("Create"), "https://far.example/share?text={content}") "," OSTATUS), FED_WANTS_REPLY,
         "https://far.example/authorize?uri=https%3A%2F%2Ftea.example%2Fap%2Fa%2F1"},
        {JRD(LINK(INTENT("Create"), "https://far.example/new?re={inReplyTo}&t={content}")), FED_WANTS_REPLY,
         "https://far.example/new?re=https%3A%2F%2Ftea.example%2Fap%2Fa%2F1&t="},
        {JRD(LINK(INTENT("Object"), "https://far.example/open?{object}")), FED_WANTS_BOOST,
         "https://far.example/open?https%3A%2F%2Ftea.example%2Fap%2Fa%2F1"},
        {JRD(""), FED_WANTS_FOLLOW, NULL},
        {"no json", FED_WANTS_FOLLOW, NULL},
        {JRD(LINK(INTENT("Follow"), "javascript:alert({object})")), FED_WANTS_FOLLOW, NULL},
        {JRD(LINK(INTENT("Follow"), "http://far.example/{object}")), FED_WANTS_FOLLOW, NULL},
        {JRD(LINK(INTENT("Follow"), "{object}.far.example")), FED_WANTS_FOLLOW, NULL},
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        struct str got = fed_home_of(a, str_c(all[i].jrd), false, all[i].what, STR(O "/ap/a/1"),
                                     STR(O "/@tea"));
        if (all[i].want == NULL)
            assert_null(got.p);
        else
            CHECK_STR(got, all[i].want);
    }
}

static int set_up(void **state)
{
    *state = arena_new();
    return 0;
}

static int tear_down(void **state)
{
    arena_free(*state);
    return 0;
}

static void a_direct_note_is_for_one(void **state)
{
    (void)state;
    struct fed_out_envelope e = {.id = STR(O "/ap/x/9"), .type = STR("Create"),
                                 .actor = STR(O "/ap/a/1"), .published = AT};
    struct fed_direct d = {.id = STR(O "/ap/d/8"), .actor_uri = STR(O "/ap/a/1"),
                           .to_uri = STR("https://far.example/users/ann"),
                           .to_name = STR("@ann@far.example"), .lang = STR("en"),
                           .in_reply_to = STR("https://far.example/notes/1"),
                           .html = {STR("<p>New in Tea:</p>")}, .published = AT};
    GOLDEN("direct", fed_out_direct(&w, &e, &d));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(actors), cmocka_unit_test(notes), cmocka_unit_test(activities),
        cmocka_unit_test(collections), cmocka_unit_test(quotes), cmocka_unit_test(long_teasers_are_cut),
        cmocka_unit_test(foreign_elements_stay_home), cmocka_unit_test(visitors_find_home),
        cmocka_unit_test(names_and_tags_are_marked),
        cmocka_unit_test(a_direct_note_is_for_one),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
