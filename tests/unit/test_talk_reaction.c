#include "node/talk/public_view.h"
#include "node/talk/reaction.h"
#include "node/talk/timeline.h"
#include "tests/unit/talk_world.h"

static void likes_are(void **state, int64_t id, int64_t all, int64_t remote, int64_t announces)
{
    struct post p = again(as(state, 0), id);
    assert_int_equal(p.n_likes, all);
    assert_int_equal(p.n_remote_likes, remote);
    assert_int_equal(p.n_announces, announces);
}

static void a_like_is_given_and_taken_back(void **state)
{
    struct post p = make_published(state, "T", "body", "Teaser", GATE_MEMBERS, 0);
    struct world_notices_row *notices;
    struct post_card *cards;
    size_t n;
    bool liked;
    OK_(reaction_toggle(as(state, MEMBER), p.id, 0, &liked));
    assert_true(liked);
    OK_(reaction_toggle(as(state, GOLD), p.id, 0, &liked));
    likes_are(state, p.id, 2, 0, 0);
    OK_(reaction_mine(as(state, MEMBER), p.id, &liked));
    assert_true(liked);
    OK_(reaction_mine(as(state, 0), p.id, &liked));
    assert_false(liked);
    OK_(post_timeline_view(as(state, MEMBER), TEA, STR_NULL, 0, 10, &cards, &n));
    assert_true(cards[0].liked && cards[0].n_likes == 2);
    OK_(post_timeline_view(as(state, OWNER), TEA, STR_NULL, 0, 10, &cards, &n));
    assert_false(cards[0].liked);
    OK_(post_timeline_view(as(state, 0), TEA, STR_NULL, 0, 10, &cards, &n));
    assert_true(!cards[0].liked && cards[0].n_likes == 0); /* how many members like it isn't told */
    OK_(reaction_toggle(as(state, MEMBER), p.id, 0, &liked));
    assert_false(liked);
    likes_are(state, p.id, 1, 0, 0);
    OK_(q_world_notices(as(state, 0), OWNER, &notices, &n));
    assert_int_equal(n, 2);
    OK_(reaction_toggle(as(state, OWNER), p.id, 0, &liked)); /* one's own: no notice */
    OK_(q_world_notices(as(state, 0), OWNER, &notices, &n));
    assert_int_equal(n, 2);
    expect_events(state, "published reaction reaction reaction reaction");
}

static void who_may_like_what(void **state)
{
    struct post p = make_published(state, "T", "body", "Teaser", GATE_MEMBERS, 0);
    struct post draft = make(state, "D", "body", "", GATE_PUBLIC, 0);
    struct comment in;
    bool liked;
    OK_(comment_create(as(state, MEMBER), &p, 0, STR("x"), COMMENT_MEMBERS, &in));
    assert_int_equal(reaction_toggle(as(state, 0), p.id, 0, &liked), ERR_UNAUTHENTICATED);
    assert_int_equal(reaction_toggle(as(state, MEMBER), draft.id, 0, &liked), ERR_NOT_FOUND);
    assert_int_equal(reaction_toggle(as(state, MEMBER), 4711, 0, &liked), ERR_NOT_FOUND);
    assert_true(reaction_toggle(as(state, BANNED), p.id, 0, &liked) != OK);
    assert_int_equal(reaction_toggle(as(state, STRANGER), p.id, in.id, &liked), ERR_NOT_FOUND);
    OK_(reaction_toggle(as(state, GOLD), p.id, in.id, &liked));
    OK_(comment_by_id(as(state, GOLD), in.id, &in));
    assert_true(in.n_likes == 1 && in.liked);
    OK_(comment_by_id(as(state, MEMBER), in.id, &in));
    assert_true(in.n_likes == 1 && !in.liked);
    likes_are(state, p.id, 0, 0, 0);
}

static void remote_reactions_come_once_and_only_their_actor_undoes_them(void **state)
{
    struct post p = make_published(state, "T", "body", "Teaser", GATE_MEMBERS, 0);
    struct comment in;
    struct cx *cx = as(state, MEMBER);
    struct str like = STR("https://far.example/like/1"), boost = STR("https://far.example/boost/1");
    struct reaction_by *by;
    struct public_post v;
    size_t n;
    bool found;
    OK_(comment_create(cx, &p, 0, STR("x"), COMMENT_MEMBERS, &in));
    cx = as(state, 0);
    OK_(reaction_put_remote(cx, REACTION_LIKE, p.id, 0, ANN, like));
    OK_(reaction_put_remote(cx, REACTION_LIKE, p.id, 0, ANN, like));
    OK_(reaction_put_remote(cx, REACTION_LIKE, p.id, 0, ANN, STR("https://far.example/like/2")));
    OK_(reaction_put_remote(cx, REACTION_ANNOUNCE, p.id, 0, BEN, boost));
    likes_are(state, p.id, 1, 1, 1);
    expect_events(state, "published comment reaction reaction");
    OK_(reaction_list_remote(cx, p.id, 10, &by, &n));
    assert_int_equal(n, 2);
    assert_true(by[0].kind == REACTION_ANNOUNCE && str_eq_c(by[0].username, "ben"));
    CHECK_STR(by[1].url, "https://far.example/ann");
    OK_(public_post_by_id(cx, p.id, &v));
    assert_true(v.n_likes == 1 && v.n_announces == 1 && v.n_public_comments == 0);

    assert_int_equal(reaction_put_remote(cx, REACTION_LIKE, p.id, in.id, ANN, STR("https://far.example/3")),
                     ERR_NOT_FOUND); /* what members say isn't there for others */
    assert_int_equal(reaction_put_remote(cx, REACTION_LIKE, p.id, 0, 0, like), ERR_INVALID);

    OK_(reaction_remove_by_uri(cx, like, BEN, &found));
    assert_false(found);
    OK_(reaction_remove_remote(cx, REACTION_LIKE, p.id, 0, BEN));
    likes_are(state, p.id, 1, 1, 1);
    OK_(reaction_remove_by_uri(cx, like, ANN, &found));
    assert_true(found);
    OK_(reaction_remove_by_uri(cx, like, ANN, &found));
    assert_false(found);
    OK_(reaction_remove_remote(cx, REACTION_ANNOUNCE, p.id, 0, BEN));
    OK_(reaction_remove_remote(cx, REACTION_ANNOUNCE, p.id, 0, BEN));
    likes_are(state, p.id, 0, 0, 0);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
    const struct CMUnitTest tests[] = {
        T(a_like_is_given_and_taken_back),
        T(who_may_like_what),
        T(remote_reactions_come_once_and_only_their_actor_undoes_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
