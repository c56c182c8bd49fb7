/* Who may speak with the node: which rule counts, what each level lets through, and that what is
 * there already follows a rule when it comes and when it goes. No network. */
#include "federation/actor_rules.h"
#include "federation/deliver.h"
#include "federation/domains.h"
#include "federation/out.h"
#include "federation/policy_apply.h"
#include "federation/spam.h"
#include "node/talk/thread.h"
#include "tests/unit/fed_world.h"

static struct post post;
static struct str tea;

static int setup(void **state)
{
    if (fed_world_setup(state) != 0)
        return -1;
    struct cx *cx = as(state, OWNER);
    OK_(tx_begin(cx));
    OK_(q_test_make_owner(cx, OWNER, NULL));
    OK_(tx_commit(cx));
    OK_(fed_planet_uri(cx, TEA, &tea));
    post = make_published(state, "Spring", "body", "teaser", GATE_MEMBERS, 0);
    return 0;
}

static struct fed_domain block(const char *host, enum fed_level level)
{
    return (struct fed_domain){.host = str_c(host), .level = level, .public_comment = STR("")};
}

static struct fed_domain allow(const char *host)
{
    return (struct fed_domain){.host = str_c(host), .allow = true};
}

static void run_jobs(void **state)
{
    struct cx *cx = as(state, 0);
    struct job job = {.id = id_next(cx->node->ids), .kind = STR("fed.policy"), .payload = STR("")};
    assert_int_equal(fed_policy_run(cx, &job), JOB_DONE);
}

static void put(void **state, struct fed_domain d)
{
    OK_(fed_domain_change(as(state, OWNER), &(struct fed_domain_change){.put = &d, .n_put = 1}));
    run_jobs(state);
}

static void lift(void **state, struct fed_domain d)
{
    OK_(fed_domain_change(as(state, OWNER),
                          &(struct fed_domain_change){.remove = &d, .n_remove = 1}));
    run_jobs(state);
}

static void set_mode(void **state, bool allow_mode)
{
    OK_(fed_domain_change(as(state, OWNER),
                          &(struct fed_domain_change){
                              .mode = allow_mode ? DOMAIN_MODE_ALLOW : DOMAIN_MODE_BLOCK}));
    run_jobs(state);
}

static enum fed_level level(void **state, const char *host)
{
    struct cx *cx = as(state, 0);
    struct fed_policy p, q;
    struct fed *fed = cx->node->fed;
    OK_(fed_policy_of(cx, str_c(host), &p));
    cx->node->fed = NULL; /* the command line reads the store, and finds the same */
    OK_(fed_policy_of(cx, str_c(host), &q));
    cx->node->fed = fed;
    assert_int_equal(p.level, q.level);
    assert_int_equal(p.reject_media, q.reject_media);
    assert_int_equal(p.unlisted, q.unlisted);
    assert_true(p.level != FED_SUSPENDED || (p.reject_media && p.reject_reports));
    return p.level;
}

static void the_longest_name_that_fits_counts(void **state)
{
    put(state, block("bad.example", FED_SUSPENDED));
    put(state, block("mild.bad.example", FED_SILENCED));
    put(state, block("fine.mild.bad.example", FED_OPEN));
    put(state, allow("good.bad.example"));
    put(state, block("worst.good.bad.example", FED_SUSPENDED));
    put(state, block("port.example:8443", FED_SUSPENDED));
    put(state, block("zone", FED_SUSPENDED));
    static const struct { const char *host; enum fed_level level; } cases[] = {
        {"bad.example", FED_SUSPENDED},           {"x.bad.example", FED_SUSPENDED},
        {"a.b.c.bad.example", FED_SUSPENDED},     {"bad.example:8080", FED_SUSPENDED},
        {"notbad.example", FED_OPEN},             {"example", FED_OPEN},
        {"bad.example.org", FED_OPEN},            {"mild.bad.example", FED_SILENCED},
        {"x.mild.bad.example", FED_SILENCED},     {"fine.mild.bad.example", FED_OPEN},
        {"good.bad.example", FED_OPEN},           {"x.good.bad.example", FED_OPEN},
        {"worst.good.bad.example", FED_SUSPENDED}, {"port.example", FED_OPEN},
        {"port.example:8443", FED_SUSPENDED},     {"x.zone", FED_SUSPENDED},
        {"[2001:db8::1]:443", FED_OPEN},          {"192.0.2.1", FED_OPEN},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (level(state, cases[i].host) != cases[i].level)
            fail_msg("%s: %d", cases[i].host, (int)level(state, cases[i].host));
    /* Of one name, the allow entry wins in block mode; of a parent's, too. */
    put(state, allow("bad.example"));
    assert_int_equal(level(state, "bad.example"), FED_OPEN);
    assert_int_equal(level(state, "mild.bad.example"), FED_SILENCED);
}

static void an_allow_list_lets_in_who_is_on_it(void **state)
{
    struct cx *cx = as(state, 0);
    struct fed_policy p;
    put(state, allow("friend.example"));
    put(state, block("sub.friend.example", FED_SUSPENDED));
    put(state, block("quiet.friend.example", FED_SILENCED));
    set_mode(state, true);
    assert_int_equal(level(state, "friend.example"), FED_OPEN);
    assert_int_equal(level(state, "x.friend.example"), FED_OPEN);
    assert_int_equal(level(state, "sub.friend.example"), FED_SUSPENDED);
    assert_int_equal(level(state, "quiet.friend.example"), FED_SILENCED);
    assert_int_equal(level(state, "far.example"), FED_SUSPENDED);
    OK_(fed_policy_of(cx, STR("far.example"), &p));
    assert_true(p.unlisted);
    /* Here an explicit block beats an allow of the same name or of a longer one. */
    put(state, block("friend.example", FED_SUSPENDED));
    assert_int_equal(level(state, "friend.example"), FED_SUSPENDED);
    assert_int_equal(level(state, "x.friend.example"), FED_SUSPENDED);
    set_mode(state, false);
    assert_int_equal(level(state, "far.example"), FED_OPEN);
    assert_int_equal(level(state, "x.friend.example"), FED_OPEN);
}

static void flags_of_a_rule_without_a_level(void **state)
{
    struct cx *cx = as(state, 0);
    struct fed_policy p;
    struct fed_domain d = block("pictures.example", FED_OPEN);
    d.reject_media = true;
    put(state, d);
    OK_(fed_policy_of(cx, STR("x.pictures.example"), &p));
    assert_true(p.level == FED_OPEN && p.reject_media && !p.reject_reports);
}

static void changes_are_the_owners_and_leave_us_alone(void **state)
{
    struct fed_domain d = block("t.example", FED_SUSPENDED), up = block("example", FED_SILENCED),
                      b = block("fine.example", FED_SUSPENDED);
    struct fed_domain two[] = {b, d};
    struct cx *cx = as(state, OWNER);
    bool found;
    int64_t n;
    assert_int_equal(fed_domain_change(cx, &(struct fed_domain_change){.put = &d, .n_put = 1}),
                     ERR_CONFLICT);
    assert_int_equal(fed_domain_change(cx, &(struct fed_domain_change){.put = &up, .n_put = 1}),
                     ERR_CONFLICT);
    /* All or nothing. */
    assert_int_equal(fed_domain_change(cx, &(struct fed_domain_change){.put = two, .n_put = 2}),
                     ERR_CONFLICT);
    OK_(fed_domain_find(cx, b.host, false, &found, &d));
    assert_false(found);
    cx = as(state, PARTNER);
    assert_int_equal(fed_domain_change(cx, &(struct fed_domain_change){.put = &b, .n_put = 1}),
                     ERR_FORBIDDEN);
    assert_non_null(cx->tell);
    cx = as(state, 0);
    assert_int_equal(fed_domain_change(cx, &(struct fed_domain_change){.put = &b, .n_put = 1}),
                     ERR_FORBIDDEN);
    assert_int_equal(fed_domain_change(as(state, OWNER),
                                       &(struct fed_domain_change){.remove = &b, .n_remove = 1}),
                     ERR_NOT_FOUND);
    put(state, b);
    OK_(q_test_audits(as(state, OWNER), STR("domain.block"), &n));
    assert_int_equal(n, 1);
    assert_int_equal(level(state, "fine.example"), FED_SUSPENDED);
}

/* ---- what comes in ------------------------------------------------------------------------- */

static int serial;

static struct str activity(struct cx *cx, const char *type, const char *who, struct str object)
{
    return str_fmt(cx->arena,
                   "{\"id\":\"https://far.example/%s/%d\",\"type\":\"%s\","
                   "\"actor\":\"https://far.example/%s\",\"object\":" STR_FMT "}",
                   type, ++serial, type, who, STR_ARG(object));
}

static struct str quoted(struct cx *cx, struct str s)
{
    return str_fmt(cx->arena, "\"" STR_FMT "\"", STR_ARG(s));
}

static struct str note(struct cx *cx, const char *id, const char *who, const char *text)
{
    return str_fmt(cx->arena,
                   "{\"id\":\"https://far.example/n/%s\",\"type\":\"Note\","
                   "\"attributedTo\":\"https://far.example/%s\",\"inReplyTo\":\"" STR_FMT "\","
                   "\"to\":[\"" PUBLIC "\"],\"published\":\"2026-11-20T08:00:00Z\","
                   "\"content\":\"<p>%s</p>\"}",
                   id, who, STR_ARG(post.object_uri), text);
}

static struct str comment_state(void **state, const char *n)
{
    struct cx *cx = as(state, OWNER);
    struct comment_ref ref;
    struct comment c;
    bool found;
    OK_(comment_find_by_uri(cx, str_fmt(cx->arena, "https://far.example/n/%s", n), &found, &ref));
    if (!found)
        return STR("none");
    if (ref.deleted)
        return STR("deleted");
    OK_(comment_by_id(cx, ref.id, &c));
    return c.state;
}

static int64_t followers(void **state)
{
    int64_t n;
    OK_(fed_follower_count(as(state, 0), TEA, &n));
    return n;
}

static int64_t notices(void **state)
{
    struct world_notices_row *rows;
    size_t n;
    OK_(q_world_notices(as(state, 0), OWNER, &rows, &n));
    return (int64_t)n;
}

static void send_all(void **state, const char *who, const char *id)
{
    struct cx *cx = as(state, 0);
    receive(cx, FAR_ANN, activity(cx, "Follow", who, quoted(cx, tea)));
    receive(cx, FAR_ANN, activity(cx, "Create", who, note(cx, id, who, "hello")));
    receive(cx, FAR_ANN, activity(cx, "Like", who, quoted(cx, post.object_uri)));
    receive(cx, FAR_ANN, activity(cx, "Announce", who, quoted(cx, post.object_uri)));
}

struct outcome { int64_t followers, likes, boosts; const char *comment; bool notices; };

static void expect(void **state, const char *what, const char *id, struct outcome o, int64_t before)
{
    struct post p = again(as(state, OWNER), post.id);
    if (followers(state) != o.followers || p.n_likes != o.likes || p.n_remote_likes != o.likes ||
        p.n_announces != o.boosts || !str_eq_c(comment_state(state, id), o.comment) ||
        p.n_public_comments != (strcmp(o.comment, "shown") == 0) ||
        (notices(state) > before) != o.notices)
        fail_msg("%s: %lld followers, %lld likes, %lld boosts, comment " STR_FMT
                 ", %lld counted, %lld notices before and %lld after",
                 what, (long long)followers(state), (long long)p.n_likes, (long long)p.n_announces,
                 STR_ARG(comment_state(state, id)), (long long)p.n_public_comments,
                 (long long)before, (long long)notices(state));
}

static void set_actor(void **state, int64_t planet, enum fed_actor_level l)
{
    OK_(fed_actor_rule_set(as(state, OWNER), planet, FAR_ANN, l, STR("")));
}

static void forget_ann(void **state)
{
    struct cx *cx = as(state, 0);
    static const char *const types[] = {"Follow", "Like", "Announce"};
    for (size_t i = 0; i < 3; i++) {
        struct str inner = str_fmt(cx->arena,
                                   "{\"type\":\"%s\",\"actor\":\"https://far.example/ann\","
                                   "\"object\":\"" STR_FMT "\"}",
                                   types[i], STR_ARG(i == 0 ? tea : post.object_uri));
        receive(cx, FAR_ANN, activity(cx, "Undo", "ann", inner));
    }
}

static void each_level_and_each_activity(void **state)
{
    struct cx *cx;
    int64_t before;
    struct fed_domain silence = block("far.example", FED_SILENCED),
                      suspend = block("far.example", FED_SUSPENDED);
    /* Somebody of that host follows already, so that nobody is held for being new. */
    receive(as(state, 0), FAR_BEN, str_fmt(as(state, 0)->arena,
            "{\"id\":\"https://far.example/f/ben\",\"type\":\"Follow\",\"actor\":"
            "\"https://far.example/ben\",\"object\":\"" STR_FMT "\"}", STR_ARG(tea)));

    before = notices(state);
    send_all(state, "ann", "open");
    expect(state, "open", "open", (struct outcome){2, 1, 1, "shown", true}, before);
    cx = as(state, 0);
    receive(cx, FAR_ANN, activity(cx, "Delete", "ann", STR("\"https://far.example/n/open\"")));
    forget_ann(state);
    expect(state, "undone", "open", (struct outcome){1, 0, 0, "deleted", false}, notices(state));

    put(state, silence);
    before = notices(state);
    send_all(state, "ann", "silent");
    expect(state, "silenced", "silent", (struct outcome){2, 0, 0, "held", false},
           before);
    before = notices(state);
    lift(state, silence);
    expect(state, "silence lifted", "silent", (struct outcome){2, 1, 1, "held", false}, before);
    /* What is put aside can be taken back, too. */
    put(state, silence);
    forget_ann(state);
    lift(state, silence);
    expect(state, "undone while silenced", "silent", (struct outcome){1, 0, 0, "held", false},
           before);

    put(state, suspend);
    send_all(state, "ann", "suspended");
    expect(state, "suspended", "suspended", (struct outcome){0, 0, 0, "none", false}, before);
    lift(state, suspend);
    expect(state, "suspension lifted", "suspended", (struct outcome){1, 0, 0, "none", false},
           before);

    set_actor(state, TEA, FED_ACTOR_MUTED);
    before = notices(state);
    send_all(state, "ann", "muted");
    expect(state, "muted", "muted", (struct outcome){2, 1, 1, "shown", false}, before);
    forget_ann(state);
    cx = as(state, 0);
    receive(cx, FAR_ANN, activity(cx, "Delete", "ann", STR("\"https://far.example/n/muted\"")));

    set_actor(state, TEA, FED_ACTOR_BLOCKED);
    send_all(state, "ann", "blocked");
    expect(state, "blocked", "blocked", (struct outcome){1, 0, 0, "none", false}, before);
    set_actor(state, TEA, FED_ACTOR_OPEN);
    set_actor(state, 0, FED_ACTOR_BLOCKED);
    send_all(state, "ann", "blocked2");
    expect(state, "blocked by the node", "blocked2", (struct outcome){1, 0, 0, "none", false},
           before);
    /* On another planet only: here she may speak. */
    set_actor(state, 0, FED_ACTOR_OPEN);
    set_actor(state, SAND, FED_ACTOR_BLOCKED);
    send_all(state, "ann", "elsewhere");
    expect(state, "blocked elsewhere", "elsewhere", (struct outcome){2, 1, 1, "shown", true},
           before);
}

/* ---- what is there already ----------------------------------------------------------------- */

static size_t queued_to_far(void **state)
{
    int64_t a, b;
    struct cx *cx = as(state, 0);
    OK_(q_test_deliveries(cx, STR("https://far.example/ann/inbox"), &a));
    OK_(q_test_deliveries(cx, STR("https://far.example/inbox"), &b));
    return (size_t)(a + b);
}

static void two_followers(void **state)
{
    struct cx *cx = as(state, 0);
    send_all(state, "ann", "one");
    receive(cx, FAR_BEN, str_fmt(cx->arena,
            "{\"id\":\"https://far.example/f/ben\",\"type\":\"Follow\",\"actor\":"
            "\"https://far.example/ben\",\"object\":\"" STR_FMT "\"}", STR_ARG(tea)));
    struct comment_ref ref;
    bool found;
    OK_(comment_find_by_uri(cx, STR("https://far.example/n/one"), &found, &ref));
    OK_(comment_show(as(state, OWNER), ref.id)); /* she came first, and was held */
}

static void a_suspension_hides_and_lifting_restores(void **state)
{
    struct fed_effect e;
    struct fed_domain d = block("example", FED_SUSPENDED);
    struct buf b;
    two_followers(state);
    expect(state, "before", "one", (struct outcome){2, 1, 1, "shown", false}, notices(state));
    d = block("far.example", FED_SUSPENDED);
    OK_(fed_domain_effect(as(state, OWNER), &(struct fed_domain_change){.put = &d, .n_put = 1}, &e));
    assert_int_equal(e.followers_lost, 2);
    assert_int_equal(e.comments_hidden, 1);
    assert_int_equal(e.n_hosts, 1);
    CHECK_STR(e.hosts[0].host, "far.example");
    OK_(tx_begin(as(state, 0)));
    OK_(q_test_forget(as(state, 0), NULL));
    OK_(tx_commit(as(state, 0)));
    put(state, d);
    expect(state, "suspended", "one", (struct outcome){0, 0, 0, "hidden", false}, notices(state));
    assert_int_equal(queued_to_far(state), 0); /* and nobody there hears of it */
    run_jobs(state); /* again: the same */
    expect(state, "twice", "one", (struct outcome){0, 0, 0, "hidden", false}, notices(state));
    buf_init_arena(&b, as(state, 0)->arena, 1 << 20);
    OK_(fed_domain_undo_export(as(state, OWNER), d.host, &b));
    json_t *j;
    OK_(json_read(as(state, 0)->arena, buf_str(&b), NULL, &j));
    assert_int_equal(ld_count(ld_get(j, "followers")), 2);
    assert_int_equal(ld_count(ld_get(j, "things")), 3);
    lift(state, d);
    expect(state, "lifted", "one", (struct outcome){2, 1, 1, "shown", false}, notices(state));
}

static void from_suspended_to_silenced_and_open(void **state)
{
    two_followers(state);
    put(state, block("far.example", FED_SUSPENDED));
    put(state, block("far.example", FED_SILENCED));
    expect(state, "silenced", "one", (struct outcome){2, 0, 0, "held", false}, notices(state));
    put(state, block("far.example", FED_OPEN));
    expect(state, "open", "one", (struct outcome){2, 1, 1, "shown", false}, notices(state));
}

static void what_a_moderator_decided_stands(void **state)
{
    struct comment_ref ref;
    bool found;
    struct fed_domain d = block("far.example", FED_SILENCED);
    two_followers(state);
    OK_(comment_find_by_uri(as(state, 0), STR("https://far.example/n/one"), &found, &ref));
    put(state, d);
    assert_true(str_eq_c(comment_state(state, "one"), "held"));
    OK_(comment_show(as(state, OWNER), ref.id));
    run_jobs(state);
    assert_true(str_eq_c(comment_state(state, "one"), "shown"));
    put(state, block("far.example", FED_SUSPENDED)); /* harder than what she decided under */
    assert_true(str_eq_c(comment_state(state, "one"), "hidden"));
    lift(state, d);
    assert_true(str_eq_c(comment_state(state, "one"), "shown"));
    put(state, d);
    OK_(comment_hide(as(state, OWNER), ref.id));
    lift(state, d);
    assert_true(str_eq_c(comment_state(state, "one"), "hidden"));
}

static void an_allow_list_cuts_and_gives_back(void **state)
{
    two_followers(state);
    set_mode(state, true);
    expect(state, "allow mode", "one", (struct outcome){0, 0, 0, "hidden", false}, notices(state));
    put(state, allow("far.example"));
    expect(state, "allowed", "one", (struct outcome){2, 1, 1, "shown", false}, notices(state));
}

static void a_block_of_one_person_tells_their_server(void **state)
{
    struct cx *cx = as(state, 0);
    struct str *bodies;
    size_t n;
    int64_t id;
    two_followers(state);
    OK_(fed_actor_find(cx, STR("@Ann@far.example"), &id));
    assert_int_equal(id, FAR_ANN);
    OK_(fed_actor_find(cx, STR("https://far.example/ann"), &id));
    assert_int_equal(id, FAR_ANN);
    assert_int_equal(fed_actor_find(cx, STR("nobody"), &id), ERR_NOT_FOUND);
    assert_int_equal(fed_actor_rule_set(as(state, MEMBER), TEA, FAR_ANN, FED_ACTOR_BLOCKED, STR("")),
                     ERR_FORBIDDEN);
    assert_int_equal(fed_actor_rule_set(as(state, MODERATOR), 0, FAR_ANN, FED_ACTOR_BLOCKED, STR("")),
                     ERR_FORBIDDEN);
    OK_(fed_actor_rule_set(as(state, MODERATOR), TEA, FAR_ANN, FED_ACTOR_BLOCKED, STR("rude")));
    expect(state, "blocked", "one", (struct outcome){1, 0, 0, "hidden", false}, notices(state));
    OK_(q_test_activities(as(state, 0), STR("Reject"), &bodies, &n));
    assert_int_equal(n, 1);
    struct fed_actor_rule *rules;
    OK_(fed_actor_rule_list(as(state, MODERATOR), TEA, 0, 10, &rules, &n));
    assert_int_equal(n, 1);
    CHECK_STR(rules[0].handle, "@ann@far.example");
    CHECK_STR(rules[0].note, "rude");
    OK_(fed_actor_rule_set(as(state, OWNER), TEA, FAR_ANN, FED_ACTOR_OPEN, STR("")));
    expect(state, "lifted", "one", (struct outcome){1, 1, 1, "shown", false}, notices(state));
}

static void nothing_is_queued_for_a_suspended_host(void **state)
{
    struct cx *cx = as(state, 0);
    two_followers(state);
    put(state, block("far.example", FED_SUSPENDED));
    OK_(tx_begin(cx));
    OK_(q_test_forget(cx, NULL));
    OK_(fed_deliver_put(cx, 1, STR("https://far.example/inbox"), STR("x")));
    OK_(fed_deliver_put(cx, 1, STR("https://sub.far.example/inbox"), STR("x")));
    OK_(tx_commit(cx));
    assert_int_equal(queued_to_far(state), 0);
    struct job job = {.id = 1, .kind = STR("fed.deliver"), .subject = 1,
                      .payload = STR("https://far.example/inbox"), .created_at = cx->now};
    assert_int_equal(fed_deliver(cx, &job), JOB_DONE); /* was under way */
    json_t *j;
    assert_int_equal(fed_object_get(cx, STR("https://far.example/n/1"), &j), ERR_FORBIDDEN);
}

/* ---- 7.6 ----------------------------------------------------------------------------------- */

static enum fed_spam spam_of(struct cx *cx, const char *html, int mentions)
{
    json_t *j;
    struct buf b;
    buf_init_arena(&b, cx->arena, 65536);
    buf_lit(&b, "{\"tag\":[{\"type\":\"Hashtag\"}");
    for (int i = 0; i < mentions; i++)
        buf_lit(&b, ",{\"type\":\"Mention\",\"href\":\"https://x.example/a\"}");
    buf_lit(&b, "]}");
    OK_(json_read(cx->arena, buf_str(&b), NULL, &j));
    return fed_spam_of(j, (struct safe_html){str_c(html)});
}

static void links_and_names_alone_are_no_words(void **state)
{
    struct cx *cx = as(state, 0);
#define NAME "<p><a href=\"https://t.example/@tea\" class=\"u-url mention\">@<span>tea</span></a> "
    static const char *const links[] = {
        "<p><a href=\"https://x.example/\">x.example</a></p>",
        NAME "<a href=\"https://x.example/\">buy now</a>!</p>",
        NAME "https://x.example/buy <a href=\"https://t.example/tag/a\">#a</a></p>",
        NAME "<br><a href=\"https://x.example/\"><span>https://</span>x</a> #cheap</p>",
    };
    static const char *const words[] = {
        NAME "see <a href=\"https://x.example/\">x.example</a></p>", NAME "</p>", "<p>!</p>",
        "<p>\xe5\xa5\xbd <a href=\"https://x.example/\">x</a></p>", NAME "#tag</p>", "", "<a", "<a >",
    };
    for (size_t i = 0; i < sizeof links / sizeof *links; i++)
        assert_int_equal(spam_of(cx, links[i], 1), FED_SPAM_LINKS);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        assert_int_equal(spam_of(cx, words[i], 1), FED_SPAM_NONE);
    assert_int_equal(spam_of(cx, "<p>hello all</p>", FED_MENTIONS_FEW), FED_SPAM_NONE);
    assert_int_equal(spam_of(cx, "<p>hello all</p>", FED_MENTIONS_FEW + 1), FED_SPAM_MENTIONS);
}

static void strangers_who_only_link_are_not_heard(void **state)
{
    struct cx *cx = as(state, 0);
    const char *link = "<a href='https://x.example/'>x</a>";
    receive(cx, FAR_ANN, activity(cx, "Create", "ann", note(cx, "ad", "ann", link)));
    CHECK_STR(comment_state(state, "ad"), "none");
    cx = as(state, 0);
    receive(cx, FAR_ANN, activity(cx, "Follow", "ann", quoted(cx, tea)));
    receive(cx, FAR_ANN, activity(cx, "Create", "ann", note(cx, "tip", "ann", link)));
    CHECK_STR(comment_state(state, "tip"), "shown"); /* of a follower it is an answer */
}

static void a_closed_thread_takes_nothing_more(void **state)
{
    struct cx *cx = as(state, MEMBER);
    struct comment c;
    struct fed_out_note n;
    struct public_post p;
    two_followers(state);
    assert_int_equal(thread_close(as(state, MEMBER), post.id, true), ERR_FORBIDDEN);
    OK_(thread_close(as(state, MODERATOR), post.id, true));
    OK_(thread_close(as(state, MODERATOR), post.id, true));
    cx = as(state, 0);
    receive(cx, FAR_ANN, activity(cx, "Create", "ann", note(cx, "late", "ann", "late")));
    CHECK_STR(comment_state(state, "late"), "none");
    CHECK_STR(comment_state(state, "one"), "shown");
    assert_int_equal(comment_create(as(state, MEMBER), &post, 0, STR("hi"), COMMENT_PUBLIC, &c),
                     ERR_FORBIDDEN);
    assert_int_equal(comment_create(as(state, MEMBER), &post, 0, STR("hi"), COMMENT_MEMBERS, &c),
                     ERR_FORBIDDEN);
    OK_(comment_create(as(state, OWNER), &post, 0, STR("the last word"), COMMENT_PUBLIC, &c));
    cx = as(state, 0);
    OK_(public_post_by_id(cx, post.id, &p));
    OK_(fed_load_post(cx, &p, &n));
    assert_true(n.closed); /* canReply says so */
    OK_(thread_close(as(state, OWNER), post.id, false));
    OK_(comment_create(as(state, MEMBER), &post, 0, STR("hi"), COMMENT_PUBLIC, &c));
}

static void names_are_read_as_people_write_them(void **state)
{
    struct cx *cx = as(state, 0);
    struct str s;
    static const char *const good[][2] = {
        {"Example.ORG", "example.org"},           {" example.org ", "example.org"},
        {"https://example.org/about", "example.org"}, {"*.example.org", "example.org"},
        {"@me@example.org", "example.org"},       {"bücher.example", "xn--bcher-kva.example"},
        {"example.org:8443", "example.org:8443"},
    };
    static const char *const bad[] = {"", "exa*ple.org", "a b.example", "example.org.", "ex/", "-"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        OK_(fed_domain_name(cx, str_c(good[i][0]), &s));
        CHECK_STR(s, good[i][1]);
    }
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(fed_domain_name(cx, str_c(bad[i]), &s), ERR_INVALID);
    CHECK_STR(fed_domain_masked(cx->arena, STR("example.org")), "ex*****.*rg");
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, fed_world_teardown)
    const struct CMUnitTest tests[] = {
        T(the_longest_name_that_fits_counts),
        T(an_allow_list_lets_in_who_is_on_it),
        T(flags_of_a_rule_without_a_level),
        T(changes_are_the_owners_and_leave_us_alone),
        T(each_level_and_each_activity),
        T(a_suspension_hides_and_lifting_restores),
        T(from_suspended_to_silenced_and_open),
        T(what_a_moderator_decided_stands),
        T(an_allow_list_cuts_and_gives_back),
        T(a_block_of_one_person_tells_their_server),
        T(nothing_is_queued_for_a_suspended_host),
        T(names_are_read_as_people_write_them),
        T(links_and_names_alone_are_no_words),
        T(strangers_who_only_link_are_not_heard),
        T(a_closed_thread_takes_nothing_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
