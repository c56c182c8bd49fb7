/* Quotes (FEP-044f): asked for and not, by the planet's rule, kept beside the thread, taken back.
 * No network: answers stay in the queue. */
#include "federation/fanout.h"
#include "federation/quote.h"
#include "node/talk/quote.h"
#include "node/talk/reaction.h"
#include "tests/unit/fed_world.h"

static struct post post;

static void forget_jobs(void **state)
{
    struct cx *cx = as(state, 0);
    OK_(tx_begin(cx));
    OK_(q_test_forget(cx, NULL));
    OK_(tx_commit(cx));
}

static void run(void **state)
{
    struct cx *cx = as(state, 0);
    cx->now += 1000;
    (void)jobs_run_due(cx);
}

static size_t said(void **state, const char *type, json_t **ret_last)
{
    struct cx *cx = as(state, 0);
    struct str *bodies;
    size_t n;
    OK_(q_test_activities(cx, str_c(type), &bodies, &n));
    if (n > 0 && ret_last != NULL)
        OK_(json_read(cx->arena, bodies[n - 1], NULL, ret_last));
    return n;
}

/* A note by @who of far.example that says how (a member and its value) what it quotes. */
static struct str note_json(struct cx *cx, const char *who, const char *n, const char *how,
                            const char *to)
{
    return str_fmt(cx->arena,
                   "{\"id\":\"https://far.example/n/%s\",\"type\":\"Note\",\"attributedTo\":"
                   "\"https://far.example/%s\",\"to\":[\"%s\"],%s,"
                   "\"content\":\"<p>Look at this %s</p>\"}",
                   n, who, to, how, n);
}

static struct str how(struct cx *cx, const char *key)
{
    return str_fmt(cx->arena, "\"%s\":\"" STR_FMT "\"", key, STR_ARG(post.object_uri));
}

static struct str request_json(struct cx *cx, const char *who, const char *n, struct str object,
                               struct str instrument)
{
    return str_fmt(cx->arena,
                   "{\"id\":\"https://far.example/q/%s\",\"type\":\"QuoteRequest\",\"actor\":"
                   "\"https://far.example/%s\",\"object\":\"" STR_FMT "\",\"instrument\":" STR_FMT "}",
                   n, who, STR_ARG(object), STR_ARG(instrument));
}

static struct str create_json(struct cx *cx, const char *who, const char *n, struct str note)
{
    return str_fmt(cx->arena,
                   "{\"id\":\"https://far.example/x/%s\",\"type\":\"Create\",\"actor\":"
                   "\"https://far.example/%s\",\"object\":" STR_FMT "}",
                   n, who, STR_ARG(note));
}

static struct str delete_json(struct cx *cx, const char *who, const char *object)
{
    return str_fmt(cx->arena,
                   "{\"id\":\"https://far.example/d/%d\",\"type\":\"Delete\",\"actor\":"
                   "\"https://far.example/%s\",\"object\":\"%s\"}",
                   rand(), who, object);
}

static size_t n_quotes(void **state, struct comment *ret_first)
{
    struct comment *list;
    size_t n;
    OK_(comment_quotes(as(state, 0), &post, &list, &n));
    if (n > 0 && ret_first != NULL)
        *ret_first = list[0];
    return n;
}

static void a_request_is_granted_and_kept(void **state)
{
    struct cx *cx = as(state, 0);
    struct comment c;
    struct quote_grant g, again_g;
    json_t *j = NULL;
    bool found;
    int64_t jobs;
    forget_jobs(state);
    int64_t before = again(cx, post.id).n_public_comments;
    struct str note = note_json(cx, "ann", "1", str_z(cx->arena, how(cx, "quote")), PUBLIC);
    struct str r = request_json(cx, "ann", "1", post.object_uri, note);
    assert_int_equal(receive(cx, FAR_ANN, r), JOB_DONE);
    assert_int_equal(said(state, "Accept", &j), 1);
    CHECK_STR(ld_str(j, "object.type"), "QuoteRequest");
    CHECK_STR(ld_str(j, "object.id"), "https://far.example/q/1");
    CHECK_STR(ld_str(j, "object.instrument"), "https://far.example/n/1");
    CHECK_STR(ld_id_at(j, "to"), "https://far.example/ann");
    assert_true(str_eq(ld_str(j, "object.object"), post.object_uri));
    OK_(quote_grant_find(cx, STR("https://far.example/n/1"), post.object_uri, &found, &g));
    assert_true(found && g.revoked_at == DB_NULL && g.actor_id == FAR_ANN);
    assert_true(str_eq(ld_id_at(j, "result"), fed_iri(cx, "/ap/q/%lld", (long long)g.id)));
    assert_true(str_eq(ld_id_at(j, "actor"), fed_iri(cx, "/ap/a/%lld", (long long)g.local_actor_id)));
    OK_(q_test_deliveries(cx, STR("https://far.example/ann/inbox"), &jobs));
    assert_int_equal(jobs, 1); /* to the personal inbox */
    assert_int_equal(n_quotes(state, &c), 1);
    assert_true(c.is_quote && c.is_remote);
    CHECK_STR(c.author_host, "far.example");
    assert_true(str_contains(c.html.s, STR("Look at this")));
    assert_int_equal(again(cx, post.id).n_public_comments, before); /* not one of the thread */
    /* Asked again: the same grant, one quote. */
    assert_int_equal(receive(cx, FAR_ANN, r), JOB_DONE);
    assert_int_equal(said(state, "Accept", NULL), 2);
    OK_(quote_grant_find(cx, STR("https://far.example/n/1"), post.object_uri, &found, &again_g));
    assert_int_equal(again_g.id, g.id);
    /* And its Create changes nothing. */
    receive(cx, FAR_ANN, create_json(cx, "ann", "1", note));
    assert_int_equal(n_quotes(state, NULL), 1);
}

static void a_request_that_is_not_its_signers_is_refused(void **state)
{
    struct cx *cx = as(state, 0);
    forget_jobs(state);
    size_t accepts = said(state, "Accept", NULL), rejects = said(state, "Reject", NULL);
    size_t quotes = n_quotes(state, NULL);
    /* Ben asks with Ann's note; with a note on another host; about a thing that is not ours. */
    const char *h = str_z(cx->arena, how(cx, "quote"));
    receive(cx, FAR_BEN, request_json(cx, "ben", "20", post.object_uri,
                                      note_json(cx, "ann", "20", h, PUBLIC)));
    receive(cx, FAR_BEN, request_json(cx, "ben", "21", post.object_uri,
                                      STR("\"https://evil.example/n/1\"")));
    receive(cx, FAR_BEN, request_json(cx, "ben", "22", STR("https://t.example/ap/o/1"),
                                      note_json(cx, "ben", "22", h, PUBLIC)));
    receive(cx, FAR_BEN, request_json(cx, "ben", "23", STR("https://far.example/n/9"),
                                      note_json(cx, "ben", "23", h, PUBLIC)));
    assert_int_equal(said(state, "Accept", NULL), accepts);
    assert_int_equal(said(state, "Reject", NULL), rejects);
    assert_int_equal(n_quotes(state, NULL), quotes);
    /* A note that quotes something else: no. */
    receive(cx, FAR_BEN, request_json(cx, "ben", "24", post.object_uri,
                                      note_json(cx, "ben", "24", "\"quote\":\"https://far.example/n/1\"",
                                                PUBLIC)));
    assert_int_equal(said(state, "Reject", NULL), rejects + 1);
    assert_int_equal(said(state, "Accept", NULL), accepts);
    /* An id alone has to be looked up first. */
    assert_int_equal(receive(cx, FAR_BEN, request_json(cx, "ben", "25", post.object_uri,
                                                       STR("\"https://far.example/n/25\""))),
                     JOB_RETRY);
}

static void every_spelling_is_a_quote(void **state)
{
    static const char *const keys[] = {"quoteUrl", "_misskey_quote", "quoteUri", "quote"};
    struct cx *cx = as(state, 0);
    size_t n = n_quotes(state, NULL);
    char name[20];
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        snprintf(name, sizeof name, "k%zu", i);
        receive(cx, FAR_BEN, create_json(cx, "ben", name,
                                         note_json(cx, "ben", name, str_z(cx->arena, how(cx, keys[i])),
                                                   PUBLIC)));
        assert_int_equal(n_quotes(state, NULL), ++n);
    }
    struct str tag = str_fmt(cx->arena, "\"tag\":[{\"type\":\"Link\",\"mediaType\":\"application/ld+json; "
                             "profile=\\\"https://www.w3.org/ns/activitystreams\\\"\",\"href\":\"" STR_FMT
                             "\",\"name\":\"RE: x\"}]", STR_ARG(post.object_uri));
    receive(cx, FAR_BEN, create_json(cx, "ben", "e232", note_json(cx, "ben", "e232",
                                                                str_z(cx->arena, tag), PUBLIC)));
    assert_int_equal(n_quotes(state, NULL), ++n);
    /* A link to the page is a link; what is not for everybody is not for the page. */
    receive(cx, FAR_BEN, create_json(cx, "ben", "l1", note_json(cx, "ben", "l1",
        "\"tag\":{\"type\":\"Link\",\"mediaType\":\"text/html\",\"href\":\"https://t.example/\"}", PUBLIC)));
    receive(cx, FAR_BEN, create_json(cx, "ben", "l2", note_json(cx, "ben", "l2",
        str_z(cx->arena, how(cx, "quoteUrl")), "https://far.example/ben/followers")));
    assert_int_equal(n_quotes(state, NULL), n);
}

static void the_rule_holds(void **state)
{
    struct cx *cx = as(state, OWNER);
    struct fed_local tea;
    enum quote_rule rule;
    json_t *j = NULL;
    forget_jobs(state);
    assert_int_equal(quote_rule_set(as(state, MEMBER), TEA, QUOTE_NOBODY), ERR_FORBIDDEN);
    OK_(quote_rule_set(as(state, OWNER), TEA, QUOTE_FOLLOWERS));
    OK_(quote_rule_of(cx, TEA, &rule));
    assert_int_equal(rule, QUOTE_FOLLOWERS);
    size_t accepts = said(state, "Accept", NULL), rejects = said(state, "Reject", NULL);
    size_t quotes = n_quotes(state, NULL);
    const char *h = str_z(cx->arena, how(cx, "quote"));
    struct str r = request_json(cx, "ann", "30", post.object_uri, note_json(cx, "ann", "30", h, PUBLIC));
    receive(cx, FAR_ANN, r);
    assert_int_equal(said(state, "Reject", &j), rejects + 1);
    CHECK_STR(ld_str(j, "object.id"), "https://far.example/q/30");
    assert_null(ld_get(j, "result"));
    receive(cx, FAR_ANN, create_json(cx, "ann", "31", note_json(cx, "ann", "31",
                                     str_z(cx->arena, how(cx, "quoteUrl")), PUBLIC)));
    assert_int_equal(n_quotes(state, NULL), quotes);
    OK_(fed_local_by_ref(cx, "planet", TEA, &tea));
    OK_(tx_begin(cx));
    OK_(q_test_follow(cx, 72, FAR_ANN, tea.id, NULL));
    OK_(tx_commit(cx));
    receive(cx, FAR_ANN, r); /* she follows now */
    assert_int_equal(said(state, "Accept", NULL), accepts + 1);
    assert_int_equal(n_quotes(state, NULL), quotes + 1);
    OK_(quote_rule_set(as(state, OWNER), TEA, QUOTE_NOBODY));
    receive(as(state, 0), FAR_ANN, request_json(cx, "ann", "32", post.object_uri,
                                                note_json(cx, "ann", "32", h, PUBLIC)));
    assert_int_equal(said(state, "Accept", NULL), accepts + 1);
    assert_int_equal(said(state, "Reject", NULL), rejects + 2);
    assert_int_equal(n_quotes(state, NULL), quotes + 1);
    OK_(quote_rule_set(as(state, OWNER), TEA, QUOTE_EVERYBODY));
}

static void hidden_is_taken_back(void **state)
{
    struct cx *cx = as(state, 0);
    struct quote_grant g;
    struct comment_ref ref;
    json_t *j = NULL;
    bool found;
    struct str note = note_json(cx, "ann", "40", str_z(cx->arena, how(cx, "quote")), PUBLIC);
    receive(cx, FAR_ANN, request_json(cx, "ann", "40", post.object_uri, note));
    OK_(comment_find_by_uri(cx, STR("https://far.example/n/40"), &found, &ref));
    assert_true(found);
    size_t quotes = n_quotes(state, NULL);
    run(state);
    forget_jobs(state);
    size_t deletes = said(state, "Delete", NULL);
    OK_(comment_hide(as(state, OWNER), ref.id));
    run(state);
    run(state);
    assert_int_equal(said(state, "Delete", &j), deletes + 1);
    CHECK_STR(ld_str(j, "object.type"), "QuoteAuthorization");
    CHECK_STR(ld_str(j, "object.interactingObject"), "https://far.example/n/40");
    assert_true(str_eq(ld_str(j, "object.interactionTarget"), post.object_uri));
    assert_int_equal(n_quotes(state, NULL), quotes - 1);
    OK_(quote_grant_find(cx, STR("https://far.example/n/40"), post.object_uri, &found, &g));
    assert_true(found && g.revoked_at != DB_NULL);
    /* Asked again it stays so. */
    size_t rejects = said(state, "Reject", NULL);
    receive(cx, FAR_ANN, request_json(cx, "ann", "40", post.object_uri, note));
    assert_int_equal(said(state, "Reject", NULL), rejects + 1);
    /* Their own Delete tells nobody. */
    note = note_json(cx, "ann", "41", str_z(cx->arena, how(cx, "quote")), PUBLIC);
    receive(cx, FAR_ANN, request_json(cx, "ann", "41", post.object_uri, note));
    receive(cx, FAR_BEN, delete_json(cx, "ben", "https://far.example/n/41"));
    OK_(quote_grant_find(cx, STR("https://far.example/n/41"), post.object_uri, &found, &g));
    assert_true(g.revoked_at == DB_NULL);
    receive(cx, FAR_ANN, delete_json(cx, "ann", "https://far.example/n/41"));
    run(state);
    OK_(quote_grant_find(cx, STR("https://far.example/n/41"), post.object_uri, &found, &g));
    assert_true(g.revoked_at != DB_NULL);
    assert_int_equal(said(state, "Delete", NULL), deletes + 1);
    assert_int_equal(n_quotes(state, NULL), quotes - 1);
}

static void a_blocked_persons_quotes_are_taken_back(void **state)
{
    struct cx *cx = as(state, 0);
    struct quote_grant *live;
    size_t n;
    const char *h = str_z(cx->arena, how(cx, "quote"));
    receive(cx, FAR_BEN, request_json(cx, "ben", "50", post.object_uri,
                                      note_json(cx, "ben", "50", h, PUBLIC)));
    size_t deletes = said(state, "Delete", NULL);
    OK_(fed_quotes_revoke_actor(as(state, 0), FAR_BEN));
    OK_(quote_grants_of_actor(cx, FAR_BEN, &live, &n));
    assert_int_equal(n, 0);
    assert_int_equal(said(state, "Delete", NULL), deletes + 1);
}

static void what_came_with_a_comment(void **state)
{
    struct cx *cx = as(state, 0);
    struct comment *list, *c = NULL;
    struct access_pass pass = pass_of(cx, &post);
    size_t n;
    struct str note = str_fmt(cx->arena,
        "{\"id\":\"https://far.example/n/m\",\"type\":\"Note\",\"attributedTo\":\"https://far.example/ann\","
        "\"to\":\"as:Public\",\"inReplyTo\":[\"" STR_FMT "\",\"https://far.example/n/1\"],"
        "\"content\":\"<p>:cat: hi</p>\",\"summary\":\"Food <b>&amp;</b> tea\",\"sensitive\":true,"
        "\"tag\":[{\"type\":\"Emoji\",\"name\":\":cat:\",\"icon\":{\"type\":\"Image\",\"url\":"
        "\"https://far.example/cat.png\"}},{\"type\":\"Emoji\",\"name\":\":x y:\",\"icon\":{\"url\":"
        "\"https://far.example/x.png\"}},{\"type\":\"Emoji\",\"name\":\"dog\",\"icon\":{\"url\":\"javascript:x\"}}],"
        "\"attachment\":{\"type\":\"Document\",\"mediaType\":\"image/png\",\"url\":\"https://cdn.far.example/a.png\","
        "\"name\":\"A cup\",\"width\":640,\"height\":480}}", STR_ARG(post.object_uri));
    receive(cx, FAR_ANN, create_json(cx, "ann", "m", note));
    OK_(comment_list(cx, &post, &pass, &list, &n));
    for (size_t i = 0; i < n; i++)
        if (str_eq_c(list[i].object_uri, "https://far.example/n/m"))
            c = &list[i];
    assert_non_null(c); /* of several answers the first counts */
    CHECK_STR(c->warning, "Food & tea");
    assert_true(c->sensitive);
    assert_int_equal(c->n_emoji, 1);
    CHECK_STR(c->emoji[0].name, "cat");
    assert_int_equal(c->n_media, 1);
    CHECK_STR(c->media[0].kind, "image");
    CHECK_STR(c->media[0].alt, "A cup");
    assert_int_equal(c->media[0].width, 640);
    /* An edit takes them along. */
    cx->now += 1000;
    struct str update = str_fmt(cx->arena,
        "{\"id\":\"https://far.example/x/m2\",\"type\":\"Update\",\"actor\":\"https://far.example/ann\",\"object\":"
        "{\"id\":\"https://far.example/n/m\",\"type\":\"Note\",\"attributedTo\":\"https://far.example/ann\","
        "\"updated\":\"2030-01-01T00:00:00Z\",\"content\":\"<p>plain</p>\",\"to\":\"" PUBLIC "\"}}");
    receive(cx, FAR_ANN, update);
    OK_(comment_list(cx, &post, &pass, &list, &n));
    for (size_t i = 0; i < n; i++)
        if (str_eq_c(list[i].object_uri, "https://far.example/n/m"))
            c = &list[i];
    assert_true(str_contains(c->html.s, STR("plain")));
    CHECK_STR(c->warning, "");
    assert_false(c->sensitive);
    assert_int_equal(c->n_media, 0);
    assert_int_equal(c->n_emoji, 0);
}

static struct str react_json(struct cx *cx, const char *type, const char *who, const char *n,
                             const char *more)
{
    return str_fmt(cx->arena,
                   "{\"id\":\"https://far.example/e/%s\",\"type\":\"%s\",\"actor\":"
                   "\"https://far.example/%s\",\"object\":\"" STR_FMT "\"%s}",
                   n, type, who, STR_ARG(post.object_uri), more);
}

#define CAKE ",\"content\":\"\xf0\x9f\x8e\x82\""
#define CAT                                                                                        \
    ",\"content\":\":cat@far.example:\",\"tag\":{\"type\":\"Emoji\",\"name\":\":cat:\",\"icon\":"      \
    "{\"url\":\"https://far.example/cat.png\"}}"

static int64_t group_n(void **state, const char *emoji)
{
    struct reaction_group *g;
    size_t n;
    OK_(reaction_groups(as(state, 0), post.id, &g, &n));
    for (size_t i = 0; i < n; i++)
        if (str_eq_c(g[i].emoji, emoji))
            return g[i].n;
    return 0;
}

static void reactions_are_grouped(void **state)
{
    struct cx *cx = as(state, 0);
    int64_t likes = again(cx, post.id).n_remote_likes;
    receive(cx, FAR_ANN, react_json(cx, "EmojiReact", "ann", "1", CAKE));
    receive(cx, FAR_ANN, react_json(cx, "EmojiReact", "ann", "1b", CAKE));
    receive(cx, FAR_BEN, react_json(cx, "EmojiReact", "ben", "2", CAKE));
    receive(cx, FAR_BEN, react_json(cx, "EmojiReact", "ben", "3", CAT));
    assert_int_equal(group_n(state, "\xf0\x9f\x8e\x82"), 2);
    assert_int_equal(group_n(state, ":cat:"), 1);
    assert_int_equal(again(cx, post.id).n_remote_likes, likes); /* none is a like */
    receive(cx, FAR_ANN, react_json(cx, "Like", "ann", "4", CAT)); /* Misskey: it is */
    assert_int_equal(group_n(state, ":cat:"), 2);
    assert_int_equal(again(cx, post.id).n_remote_likes, likes + 1);
    /* A heart is a like, words are none, a picture that nobody brought is none. */
    receive(cx, FAR_BEN, react_json(cx, "Like", "ben", "5", ",\"content\":\"\xe2\x9d\xa4\""));
    assert_int_equal(again(cx, post.id).n_remote_likes, likes + 2);
    assert_int_equal(group_n(state, "\xe2\x9d\xa4"), 0);
    receive(cx, FAR_EVE, STR("{\"id\":\"https://evil.example/e/1\",\"type\":\"EmojiReact\",\"actor\":"
                             "\"https://evil.example/eve\",\"object\":\"https://t.example/ap/o/1\"}"));
    /* Undone by what it was, and by its id. */
    struct str inner = react_json(cx, "EmojiReact", "ben", "2", CAKE);
    receive(cx, FAR_BEN, str_fmt(cx->arena, "{\"id\":\"https://far.example/u/1\",\"type\":\"Undo\",\"actor\":"
                                 "\"https://far.example/ben\",\"object\":" STR_FMT "}", STR_ARG(inner)));
    assert_int_equal(group_n(state, "\xf0\x9f\x8e\x82"), 1);
    assert_int_equal(group_n(state, ":cat:"), 2);
    assert_int_equal(again(cx, post.id).n_remote_likes, likes + 2);
    receive(cx, FAR_ANN, STR("{\"id\":\"https://far.example/u/2\",\"type\":\"Undo\",\"actor\":"
                             "\"https://far.example/ann\",\"object\":\"https://far.example/e/4\"}"));
    assert_int_equal(group_n(state, ":cat:"), 1);
    assert_int_equal(again(cx, post.id).n_remote_likes, likes + 1);
    /* At most so many of one. */
    static const char *const many[] = {"\xf0\x9f\x8d\x87", "\xf0\x9f\x8d\x88", "\xf0\x9f\x8d\x89", "\xf0\x9f\x8d\x8a",
        "\xf0\x9f\x8d\x8b", "\xf0\x9f\x8d\x8c", "\xf0\x9f\x8d\x8d", "\xf0\x9f\x8d\x8e", "\xf0\x9f\x8d\x8f",
        "\xf0\x9f\x8d\x90", "\xf0\x9f\x8d\x91", "\xf0\x9f\x8d\x92"};
    struct reaction_group *g;
    size_t n;
    for (size_t i = 0; i < sizeof many / sizeof *many; i++) {
        char id[20], more[60];
        snprintf(id, sizeof id, "m%zu", i);
        snprintf(more, sizeof more, ",\"content\":\"%s\"", many[i]);
        receive(cx, FAR_ANN, react_json(cx, "EmojiReact", "ann", id, more));
    }
    OK_(reaction_groups(cx, post.id, &g, &n));
    assert_int_equal(n, REACTION_EMOJI_MAX + 1); /* hers, and Ben's cat */
    OK_(purge_actor(cx, FAR_ANN));
    OK_(reaction_groups(cx, post.id, &g, &n));
    assert_int_equal(n, 1);
}

static int set_up(void **state)
{
    if (fed_world_setup(state) != 0)
        return -1;
    struct cx *cx = as(state, 0);
    struct fed_local sand;
    OK_(fed_local_by_ref(cx, "planet", SAND, &sand));
    OK_(tx_begin(cx)); /* somebody at far.example follows something here */
    OK_(q_test_follow(cx, 71, FAR_BEN, sand.id, NULL));
    OK_(tx_commit(cx));
    post = make_published(state, "Locked", "the " CANARY " body", "A teaser", GATE_MEMBERS, 0);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_is_granted_and_kept),
        cmocka_unit_test(a_request_that_is_not_its_signers_is_refused),
        cmocka_unit_test(every_spelling_is_a_quote),
        cmocka_unit_test(the_rule_holds),
        cmocka_unit_test(hidden_is_taken_back),
        cmocka_unit_test(a_blocked_persons_quotes_are_taken_back),
        cmocka_unit_test(what_came_with_a_comment),
        cmocka_unit_test(reactions_are_grouped),
    };
    return cmocka_run_group_tests(tests, set_up, fed_world_teardown);
}
