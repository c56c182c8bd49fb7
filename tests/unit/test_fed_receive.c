/* What other servers say, and what comes of it: each activity from the right actor and a wrong one,
 * from a wrong host, twice, and out of order. No network: what would have to be fetched is retried
 * later, which is what those tests look for. */
#include "tests/unit/fed_world.h"

static struct post post;

static struct str reply_json(struct cx *cx, const char *n, const char *by, const char *to,
                             const char *text)
{
    return str_fmt(cx->arena,
                   "{\"id\":\"https://far.example/x/%s\",\"type\":\"Create\","
                   "\"actor\":\"https://far.example/ann\",\"to\":[\"%s\"],"
                   "\"object\":{\"id\":\"https://far.example/n/%s\",\"type\":\"Note\","
                   "\"attributedTo\":\"%s\",\"inReplyTo\":\"" STR_FMT "\",\"to\":[\"%s\"],"
                   "\"published\":\"2026-11-20T08:00:00Z\",\"content\":\"%s\"}}",
                   n, to, n, by, STR_ARG(post.object_uri), to, text);
}

static int64_t n_comments(void **state)
{
    struct comment *c;
    size_t n;
    struct cx *cx = as(state, 0);
    struct access_pass pass = pass_of(cx, &post);
    OK_(comment_list(cx, &post, &pass, &c, &n));
    return (int64_t)n;
}

static bool has_comment(void **state, const char *uri, struct comment_ref *ret)
{
    bool found;
    OK_(comment_find_by_uri(as(state, 0), str_c(uri), &found, ret));
    return found && !ret->deleted;
}

static int64_t followers(void **state, int64_t planet)
{
    int64_t n;
    OK_(fed_follower_count(as(state, 0), planet, &n));
    return n;
}

static struct str follow_json(struct cx *cx, const char *id, struct str target)
{
    return str_fmt(cx->arena,
                   "{\"id\":\"%s\",\"type\":\"Follow\",\"actor\":\"https://far.example/ann\","
                   "\"object\":\"" STR_FMT "\"}",
                   id, STR_ARG(target));
}

static void a_follow_is_accepted(void **state)
{
    struct cx *cx = as(state, 0);
    struct str tea;
    struct str *bodies;
    size_t n;
    OK_(fed_planet_uri(cx, TEA, &tea));
    struct str f = follow_json(cx, "https://far.example/f/1", tea);
    assert_int_equal(receive(cx, FAR_ANN, f), JOB_DONE);
    assert_int_equal(followers(state, TEA), 1);
    assert_int_equal(receive(cx, FAR_ANN, f), JOB_DONE); /* again: one follow, one more Accept */
    assert_int_equal(followers(state, TEA), 1);
    OK_(q_test_activities(cx, STR("Accept"), &bodies, &n));
    assert_int_equal(n, 2);
    json_t *j;
    OK_(json_read(cx->arena, bodies[0], NULL, &j));
    CHECK_STR(ld_str(j, "object.type"), "Follow");
    CHECK_STR(ld_str(j, "object.id"), "https://far.example/f/1");
    CHECK_STR(ld_id_at(j, "to"), "https://far.example/ann");
    int64_t jobs;
    OK_(q_test_deliveries(cx, STR("https://far.example/ann/inbox"), &jobs));
    assert_int_equal(jobs, 2); /* to the personal inbox, not to the shared one */
}

static void a_follow_of_what_is_not_ours_does_nothing(void **state)
{
    struct cx *cx = as(state, 0);
    int64_t before = followers(state, TEA);
    receive(cx, FAR_BEN, follow_json(cx, "https://far.example/f/9", STR("https://t.example/ap/a/1")));
    receive(cx, FAR_BEN, follow_json(cx, "https://far.example/f/8", STR("https://other.example/a")));
    assert_int_equal(followers(state, TEA), before);
    struct str tea;
    OK_(fed_planet_uri(cx, TEA, &tea));
    /* Ben's row, Ann's name: the signer is not the actor. */
    receive(cx, FAR_BEN, follow_json(cx, "https://far.example/f/7", tea));
    assert_int_equal(followers(state, TEA), before);
    /* The instance is not followed. */
    receive(cx, FAR_ANN,
            follow_json(cx, "https://far.example/f/6", STR("https://t.example/ap/instance")));
    struct str *bodies;
    size_t n;
    OK_(q_test_activities(cx, STR("Reject"), &bodies, &n));
    assert_int_equal(n, 1);
}

static struct str undo_json(struct cx *cx, const char *actor, const char *inner)
{
    return str_fmt(cx->arena,
                   "{\"id\":\"%s/u/%d\",\"type\":\"Undo\",\"actor\":\"%s\",\"object\":%s}", actor,
                   rand(), actor, inner);
}

static void an_undone_follow_is_gone(void **state)
{
    struct cx *cx = as(state, 0);
    struct str tea;
    OK_(fed_planet_uri(cx, TEA, &tea));
    receive(cx, FAR_ANN, follow_json(cx, "https://far.example/f/20", tea));
    int64_t with = followers(state, TEA);
    /* Somebody else may not. */
    receive(cx, FAR_BEN, undo_json(cx, "https://far.example/ben", "\"https://far.example/f/20\""));
    const char *full = str_z(cx->arena, follow_json(cx, "https://far.example/f/20", tea));
    receive(cx, FAR_BEN, undo_json(cx, "https://far.example/ben", full));
    assert_int_equal(followers(state, TEA), with);
    receive(cx, FAR_ANN, undo_json(cx, "https://far.example/ann", "\"https://far.example/f/20\""));
    assert_int_equal(followers(state, TEA), with - 1);
    /* Late again: its Undo came first. */
    receive(cx, FAR_ANN, follow_json(cx, "https://far.example/f/20", tea));
    assert_int_equal(followers(state, TEA), with - 1);
    receive(cx, FAR_ANN, follow_json(cx, "https://far.example/f/21", tea));
    full = str_z(cx->arena, follow_json(cx, "https://far.example/f/21", tea));
    receive(cx, FAR_ANN, undo_json(cx, "https://far.example/ann", full));
    receive(cx, FAR_ANN, undo_json(cx, "https://far.example/ann", full));
    assert_int_equal(followers(state, TEA), with - 1);
}

static void a_reply_becomes_a_comment(void **state)
{
    struct cx *cx = as(state, 0);
    struct comment_ref ref;
    struct comment c;
    int64_t before = n_comments(state);
    struct str r = reply_json(cx, "1", "https://far.example/ann", PUBLIC,
                              "<p onclick='x()'>Hi<script>alert(1)</script></p>");
    assert_int_equal(receive(cx, FAR_ANN, r), JOB_DONE);
    assert_int_equal(receive(cx, FAR_ANN, r), JOB_DONE);
    assert_int_equal(n_comments(state), before + 1);
    assert_true(has_comment(state, "https://far.example/n/1", &ref));
    assert_true(ref.is_public && ref.actor_id == FAR_ANN && ref.post_id == post.id);
    OK_(comment_by_id(cx, ref.id, &c));
    CHECK_STR(c.html.s, "<p>Hi</p>");
}

static void a_reply_that_is_not_its_signers_is_refused(void **state)
{
    struct cx *cx = as(state, 0);
    struct comment_ref ref;
    int64_t before = n_comments(state);
    /* Another author. */
    receive(cx, FAR_ANN, reply_json(cx, "2", "https://far.example/ben", PUBLIC, "x"));
    /* Signed by Ben, said by Ann. */
    receive(cx, FAR_BEN, reply_json(cx, "3", "https://far.example/ann", PUBLIC, "x"));
    /* An object on another host, or one of our own. */
    static const char *const ids[] = {"https://evil.example/n/4", "https://t.example/n/4"};
    for (size_t i = 0; i < 2; i++) {
        struct str j = str_fmt(cx->arena,
                               "{\"id\":\"https://far.example/x/4\",\"type\":\"Create\",\"actor\":"
                               "\"https://far.example/ann\",\"to\":\"" PUBLIC "\",\"object\":{\"id\":"
                               "\"%s\",\"type\":\"Note\",\"attributedTo\":\"https://far.example/ann\","
                               "\"inReplyTo\":\"" STR_FMT "\",\"content\":\"x\"}}",
                               ids[i], STR_ARG(post.object_uri));
        assert_int_equal(receive(cx, FAR_ANN, j), JOB_DONE);
        assert_false(has_comment(state, ids[i], &ref));
    }
    /* Not for everybody. */
    receive(cx, FAR_ANN, reply_json(cx, "5", "https://far.example/ann",
                                    "https://far.example/ann/followers", "x"));
    assert_int_equal(n_comments(state), before);
    assert_false(has_comment(state, "https://far.example/n/2", &ref));
    assert_false(has_comment(state, "https://far.example/n/3", &ref));
    assert_false(has_comment(state, "https://far.example/n/5", &ref));
}

static void a_bare_id_is_fetched(void **state)
{
    struct cx *cx = as(state, 0);
    struct str j = STR("{\"id\":\"https://far.example/x/6\",\"type\":\"Create\",\"actor\":"
                       "\"https://far.example/ann\",\"object\":\"https://far.example/n/6\"}");
    assert_int_equal(receive(cx, FAR_ANN, j), JOB_RETRY); /* no network here */
    j = STR("{\"id\":\"https://far.example/x/7\",\"type\":\"Create\",\"actor\":"
            "\"https://far.example/ann\",\"object\":\"https://evil.example/n/6\"}");
    assert_int_equal(receive(cx, FAR_ANN, j), JOB_DONE); /* never there */
}

static struct str update_json(struct cx *cx, const char *actor, const char *n, const char *updated,
                              const char *text)
{
    return str_fmt(cx->arena,
                   "{\"id\":\"%s/up/%d\",\"type\":\"Update\",\"actor\":\"%s\",\"to\":\"" PUBLIC
                   "\",\"object\":{\"id\":\"https://far.example/n/%s\",\"type\":\"Note\","
                   "\"attributedTo\":\"%s\",\"to\":\"" PUBLIC "\",\"updated\":\"%s\",\"content\":\"%s\"}}",
                   actor, rand(), actor, n, actor, updated, text);
}

static void an_update_must_be_newer_and_its_authors(void **state)
{
    struct cx *cx = as(state, 0);
    struct comment_ref ref;
    struct comment c;
    receive(cx, FAR_ANN, reply_json(cx, "10", "https://far.example/ann", PUBLIC, "<p>one</p>"));
    assert_true(has_comment(state, "https://far.example/n/10", &ref));
    receive(cx, FAR_ANN, update_json(cx, "https://far.example/ann", "10", "2026-11-20T09:00:00Z",
                                     "<p>two</p>"));
    receive(cx, FAR_ANN, update_json(cx, "https://far.example/ann", "10", "2026-11-20T08:30:00Z",
                                     "<p>late</p>"));
    receive(cx, FAR_BEN, update_json(cx, "https://far.example/ben", "10", "2026-11-20T10:00:00Z",
                                     "<p>ben</p>"));
    OK_(comment_by_id(cx, ref.id, &c));
    CHECK_STR(c.html.s, "<p>two</p>");
    /* Of what we don't have: nothing. */
    assert_int_equal(receive(cx, FAR_ANN, update_json(cx, "https://far.example/ann", "none",
                                                      "2026-11-20T10:00:00Z", "x")),
                     JOB_DONE);
    assert_false(has_comment(state, "https://far.example/n/none", &ref));
}

/* What was said to all and is now said to a few, and what is longer than a new one may be. */
static void an_update_is_taken_as_a_new_one_would_be(void **state)
{
    struct cx *cx = as(state, 0);
    struct comment_ref ref;
    struct comment c;
    receive(cx, FAR_ANN, reply_json(cx, "11", "https://far.example/ann", PUBLIC, "<p>one</p>"));
    assert_true(has_comment(state, "https://far.example/n/11", &ref));
    receive(cx, FAR_ANN,
            STR("{\"id\":\"https://far.example/up/few\",\"type\":\"Update\",\"actor\":"
                "\"https://far.example/ann\",\"object\":{\"id\":\"https://far.example/n/11\","
                "\"type\":\"Note\",\"attributedTo\":\"https://far.example/ann\",\"to\":"
                "[\"https://far.example/ann/followers\"],\"content\":\"<p>for friends</p>\"}}"));
    char *long_text = test_malloc(200001);
    memset(long_text, 'x', 200000);
    long_text[200000] = 0;
    receive(cx, FAR_ANN, update_json(cx, "https://far.example/ann", "11", "2036-11-20T09:00:00Z",
                                     long_text));
    test_free(long_text);
    OK_(comment_by_id(as(state, OWNER), ref.id, &c));
    CHECK_STR(c.html.s, "<p>one</p>");
}

static struct str delete_json(struct cx *cx, const char *actor, const char *object)
{
    return str_fmt(cx->arena,
                   "{\"id\":\"%s/d/%d\",\"type\":\"Delete\",\"actor\":\"%s\",\"object\":{\"id\":\"%s\","
                   "\"type\":\"Tombstone\"}}",
                   actor, rand(), actor, object);
}

static void a_delete_is_its_authors_and_lasts(void **state)
{
    struct cx *cx = as(state, 0);
    struct comment_ref ref;
    struct str r = reply_json(cx, "30", "https://far.example/ann", PUBLIC, "x");
    receive(cx, FAR_ANN, r);
    assert_true(has_comment(state, "https://far.example/n/30", &ref));
    receive(cx, FAR_BEN, delete_json(cx, "https://far.example/ben", "https://far.example/n/30"));
    assert_true(has_comment(state, "https://far.example/n/30", &ref));
    receive(cx, FAR_EVE, delete_json(cx, "https://evil.example/eve", "https://far.example/n/30"));
    assert_true(has_comment(state, "https://far.example/n/30", &ref));
    receive(cx, FAR_ANN, delete_json(cx, "https://far.example/ann", "https://far.example/n/30"));
    assert_false(has_comment(state, "https://far.example/n/30", &ref));
    receive(cx, FAR_ANN, delete_json(cx, "https://far.example/ann", "https://far.example/n/30"));
    receive(cx, FAR_ANN, r); /* overtaken */
    assert_false(has_comment(state, "https://far.example/n/30", &ref));
    /* The Delete first. */
    receive(cx, FAR_ANN, delete_json(cx, "https://far.example/ann", "https://far.example/n/31"));
    receive(cx, FAR_ANN, reply_json(cx, "31", "https://far.example/ann", PUBLIC, "x"));
    assert_false(has_comment(state, "https://far.example/n/31", &ref));
    /* Our own things are not theirs to delete. */
    receive(cx, FAR_ANN, delete_json(cx, "https://far.example/ann", str_z(cx->arena, post.object_uri)));
    assert_true(str_eq_c(again(cx, post.id).state, "published"));
}

/* Somebody else's deletion may not keep an author's reply out. */
static void nobody_burns_anothers_id(void **state)
{
    struct cx *cx = as(state, 0);
    struct comment_ref ref;
    receive(cx, FAR_EVE, delete_json(cx, "https://evil.example/eve", "https://far.example/n/32"));
    receive(cx, FAR_ANN, reply_json(cx, "32", "https://far.example/ann", PUBLIC, "x"));
    assert_true(has_comment(state, "https://far.example/n/32", &ref));
    struct str tea;
    int64_t before = followers(state, TEA);
    OK_(fed_planet_uri(cx, TEA, &tea));
    receive(cx, FAR_EVE, undo_json(cx, "https://evil.example/eve", "\"https://far.example/f/40\""));
    receive(cx, FAR_ANN, follow_json(cx, "https://far.example/f/40", tea));
    assert_int_equal(followers(state, TEA), before + 1);
    receive(cx, FAR_ANN, undo_json(cx, "https://far.example/ann", "\"https://far.example/f/40\""));
}

static struct str react_json(struct cx *cx, const char *type, const char *actor, const char *id,
                             struct str object)
{
    return str_fmt(cx->arena,
                   "{\"id\":\"%s\",\"type\":\"%s\",\"actor\":\"%s\",\"object\":\"" STR_FMT "\"}", id,
                   type, actor, STR_ARG(object));
}

static void likes_and_boosts_come_and_go(void **state)
{
    struct cx *cx = as(state, 0);
    struct str like = react_json(cx, "Like", "https://far.example/ann", "https://far.example/l/1",
                                 post.object_uri);
    struct str boost = react_json(cx, "Announce", "https://far.example/ann",
                                  "https://far.example/b/1", post.object_uri);
    receive(cx, FAR_ANN, like);
    receive(cx, FAR_ANN, like);
    receive(cx, FAR_ANN, boost);
    receive(cx, FAR_BEN, react_json(cx, "EmojiReact", "https://far.example/ben",
                                    "https://far.example/l/2", post.object_uri));
    assert_int_equal(again(cx, post.id).n_remote_likes, 2);
    assert_int_equal(again(cx, post.id).n_announces, 1);
    receive(cx, FAR_BEN, undo_json(cx, "https://far.example/ben", "\"https://far.example/l/1\""));
    receive(cx, FAR_BEN, undo_json(cx, "https://far.example/ben", str_z(cx->arena, like)));
    assert_int_equal(again(cx, post.id).n_remote_likes, 2);
    receive(cx, FAR_ANN, undo_json(cx, "https://far.example/ann", str_z(cx->arena, like)));
    receive(cx, FAR_ANN, undo_json(cx, "https://far.example/ann", "\"https://far.example/b/1\""));
    assert_int_equal(again(cx, post.id).n_remote_likes, 1);
    assert_int_equal(again(cx, post.id).n_announces, 0);
    receive(cx, FAR_ANN, like); /* late */
    receive(cx, FAR_ANN, react_json(cx, "Like", "https://far.example/ann", "https://far.example/l/3",
                                    STR("https://t.example/ap/o/1")));
    assert_int_equal(again(cx, post.id).n_remote_likes, 1);
}

static void a_deleted_actor_takes_its_things_along(void **state)
{
    struct cx *cx = as(state, 0);
    struct comment_ref ref;
    struct str tea;
    struct str r = str_fmt(cx->arena,
                           "{\"id\":\"https://evil.example/x/1\",\"type\":\"Create\",\"actor\":"
                           "\"https://evil.example/eve\",\"to\":\"" PUBLIC "\",\"object\":{\"id\":"
                           "\"https://evil.example/n/1\",\"type\":\"Note\",\"attributedTo\":"
                           "\"https://evil.example/eve\",\"inReplyTo\":\"" STR_FMT
                           "\",\"content\":\"x\"}}",
                           STR_ARG(post.object_uri));
    OK_(fed_planet_uri(cx, TEA, &tea));
    int64_t shown = n_comments(state);
    receive(cx, FAR_EVE, r);
    struct world_comment_row row;
    assert_true(has_comment(state, "https://evil.example/n/1", &ref));
    OK_(q_world_comment(cx, ref.id, &row));
    CHECK_STR(row.state, "held"); /* nobody there follows us: a moderator decides */
    assert_int_equal(n_comments(state), shown);
    receive(cx, FAR_EVE, str_fmt(cx->arena, "{\"id\":\"https://evil.example/f/1\",\"type\":\"Follow\","
                                 "\"actor\":\"https://evil.example/eve\",\"object\":\"" STR_FMT "\"}",
                                 STR_ARG(tea)));
    int64_t with = followers(state, TEA);
    assert_true(has_comment(state, "https://evil.example/n/1", &ref));
    /* Another may not say it. */
    receive(cx, FAR_BEN, delete_json(cx, "https://far.example/ben", "https://evil.example/eve"));
    assert_true(has_comment(state, "https://evil.example/n/1", &ref));
    receive(cx, FAR_EVE, delete_json(cx, "https://evil.example/eve", "https://evil.example/eve"));
    assert_false(has_comment(state, "https://evil.example/n/1", &ref));
    assert_int_equal(followers(state, TEA), with - 1);
    receive(cx, FAR_EVE, r); /* dead */
    assert_false(has_comment(state, "https://evil.example/n/1", &ref));
}

static void what_we_do_not_speak_is_forgotten(void **state)
{
    struct cx *cx = as(state, 0);
    static const char *const types[] = {"Accept", "Reject", "Flag", "Move", "Offer", "Dislike", "Zap"};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        assert_int_equal(receive(cx, FAR_ANN, react_json(cx, types[i], "https://far.example/ann",
                                                         "https://far.example/z/1", post.object_uri)),
                         JOB_DONE);
    assert_int_equal(receive(cx, FAR_ANN, STR("not json")), JOB_DONE);
    assert_int_equal(receive(cx, FAR_ANN, STR("{}")), JOB_DONE);
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
        cmocka_unit_test(a_follow_is_accepted),
        cmocka_unit_test(a_follow_of_what_is_not_ours_does_nothing),
        cmocka_unit_test(an_undone_follow_is_gone),
        cmocka_unit_test(a_reply_becomes_a_comment),
        cmocka_unit_test(a_reply_that_is_not_its_signers_is_refused),
        cmocka_unit_test(a_bare_id_is_fetched),
        cmocka_unit_test(an_update_must_be_newer_and_its_authors),
        cmocka_unit_test(an_update_is_taken_as_a_new_one_would_be),
        cmocka_unit_test(a_delete_is_its_authors_and_lasts),
        cmocka_unit_test(nobody_burns_anothers_id),
        cmocka_unit_test(likes_and_boosts_come_and_go),
        cmocka_unit_test(a_deleted_actor_takes_its_things_along),
        cmocka_unit_test(what_we_do_not_speak_is_forgotten),
    };
    return cmocka_run_group_tests(tests, set_up, fed_world_teardown);
}
