#include "node/talk/reaction.h"
#include "tests/unit/talk_world.h"

static struct comment say_in(void **state, int64_t who, const struct post *p, int64_t parent,
                             const char *text, enum comment_audience audience)
{
    struct comment c;
    OK_(comment_create(as(state, who), p, parent, str_c(text), audience, &c));
    return c;
}

static struct comment say(void **state, int64_t who, const struct post *p, int64_t parent,
                          const char *text)
{
    return say_in(state, who, p, parent, text, COMMENT_MEMBERS);
}

static size_t list(void **state, int64_t who, const struct post *p, struct comment **ret)
{
    struct cx *cx = as(state, who);
    struct access_pass pass = pass_of(cx, p);
    size_t n;
    OK_(comment_list(cx, p, &pass, ret, &n));
    return n;
}

static struct comment far(void **state, int64_t post_id, int64_t parent, int64_t actor,
                          const char *uri)
{
    struct comment c;
    struct cx *cx = as(state, 0);
    OK_(comment_create_remote(cx, post_id, parent, actor, str_c(uri), STR_NULL,
                              html_of("<p>from afar</p>"), cx->now - 5000, &c));
    return c;
}

static void counts_are(void **state, int64_t post_id, int64_t all, int64_t public)
{
    struct post p = again(as(state, 0), post_id);
    assert_int_equal(p.n_comments, all);
    assert_int_equal(p.n_public_comments, public);
}

static const char *kinds_for(void **state, int64_t account)
{
    static char got[200];
    struct cx *cx = as(state, 0);
    struct world_notices_row *rows;
    size_t n, at = 0;
    OK_(q_world_notices(cx, account, &rows, &n));
    got[0] = '\0';
    for (size_t i = 0; i < n; i++)
        at += (size_t)snprintf(got + at, sizeof got - at, "%s%.*s", i > 0 ? " " : "",
                               (int)rows[i].kind.n, rows[i].kind.p);
    return got;
}

/* ---- threads ------------------------------------------------------------------------------- */

static void threads_stand_in_order_and_name_whom_they_answer(void **state)
{
    struct post p = make_published(state, "T", "body", "Teaser", GATE_MEMBERS, 0);
    struct comment a = say(state, MEMBER, &p, 0, "a"), b = say(state, GOLD, &p, 0, "b");
    struct comment a1 = say(state, GOLD, &p, a.id, "a1"), b1 = say(state, MEMBER, &p, b.id, "b1");
    struct comment a11 = say(state, OWNER, &p, a1.id, "a11"), a2 = say(state, OWNER, &p, a.id, "a2");
    const int64_t want[] = {a.id, a1.id, a11.id, a2.id, b.id, b1.id};
    struct comment *c;
    assert_int_equal(list(state, MEMBER, &p, &c), 6);
    for (size_t i = 0; i < 6; i++) {
        assert_int_equal(c[i].id, want[i]);
        assert_int_equal(c[i].depth, want[i] == a.id || want[i] == b.id ? 0 : 1);
        if (i != 2)
            assert_null(c[i].in_reply_to_name.p);
    }
    CHECK_STR(c[2].in_reply_to_name, "gold");
    assert_int_equal(c[2].root_id, a.id);
    CHECK_STR(c[0].html.s, "<p>a</p>\n");
    CHECK_STR(c[0].author_name, "mia");
    assert_true(c[0].may_edit && c[0].may_delete && !c[0].may_moderate);
    assert_true(!c[1].may_edit && !c[1].may_delete);
    list(state, MODERATOR, &p, &c);
    assert_true(!c[0].may_edit && c[0].may_delete && c[0].may_moderate);
    counts_are(state, p.id, 6, 0);
    expect_events(state, "published comment comment comment comment comment comment");
}

static void each_reads_the_threads_that_are_theirs(void **state)
{
    struct post p = make_published(state, "T", "body", "Teaser", GATE_MEMBERS, 0);
    struct post open = make_published(state, "O", "body", "", GATE_PUBLIC, 0);
    struct comment in = say(state, MEMBER, &p, 0, "members only");
    struct comment *c, one;
    static const struct { int64_t who; size_t n; } all[] = {
        {0, 1}, {STRANGER, 1}, {LAPSED, 1}, {OTHER_MEMBER, 1}, {BANNED, 1}, {MEMBER, 2}, {GOLD, 2},
        {OWNER, 2}};
    far(state, p.id, 0, ANN, "https://far.example/1");
    say(state, MEMBER, &open, 0, "members' thread of a public post");
    say_in(state, STRANGER, &open, 0, "hello", COMMENT_PUBLIC);
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        struct cx *cx = as(state, all[i].who);
        if (all[i].who != BANNED)
            assert_int_equal(list(state, all[i].who, &open, &c), all[i].n);
        assert_int_equal(list(state, all[i].who, &p, &c), all[i].n);
        assert_int_equal(comment_by_id(cx, in.id, &one), all[i].n == 2 ? OK : ERR_NOT_FOUND);
        for (size_t k = 0; k < all[i].n; k++)
            assert_true(all[i].n == 2 || c[k].audience == COMMENT_PUBLIC);
    }
    /* a pass of the public post opens nothing under the locked one */
    struct cx *cx = as(state, STRANGER);
    struct access_pass forged = pass_of(cx, &open);
    size_t n;
    OK_(comment_list(cx, &p, &forged, &c, &n));
    assert_int_equal(n, 1);
    counts_are(state, p.id, 2, 1);
}

static void who_may_write(void **state)
{
    struct post p = make_published(state, "T", "body", "Teaser", GATE_MEMBERS, 0);
    struct post open = make_published(state, "O", "body", "", GATE_PUBLIC, 0);
    struct post draft = make(state, "D", "body", "", GATE_PUBLIC, 0);
    struct comment c, in = say(state, MEMBER, &p, 0, "x");
    static const struct { int64_t who; enum err members, public; } all[] = {
        {0, ERR_UNAUTHENTICATED, ERR_UNAUTHENTICATED},
        {STRANGER, ERR_PAYMENT_REQUIRED, OK},
        {LAPSED, ERR_PAYMENT_REQUIRED, OK},
        {OTHER_MEMBER, ERR_PAYMENT_REQUIRED, OK},
        {BANNED, ERR_FORBIDDEN, ERR_FORBIDDEN},
        {MEMBER, OK, OK},
        {OWNER, OK, OK},
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        struct cx *cx = as(state, all[i].who);
        assert_int_equal(comment_create(cx, &p, 0, STR("x"), COMMENT_MEMBERS, &c), all[i].members);
        assert_int_equal(comment_create(cx, &open, 0, STR("x"), COMMENT_PUBLIC, &c), all[i].public);
        assert_int_equal(comment_create(cx, &open, 0, STR("x"), COMMENT_MEMBERS, &c), all[i].members);
        /* asking for 'public' doesn't open a members' thread, nor carry an answer out of it */
        assert_int_equal(comment_create(cx, &p, in.id, STR("x"), COMMENT_PUBLIC, &c), all[i].members);
        if (all[i].members == OK)
            assert_int_equal(c.audience, COMMENT_MEMBERS);
        assert_true(comment_create(cx, &draft, 0, STR("x"), COMMENT_PUBLIC, &c) != OK);
    }
    struct cx *cx = as(state, MEMBER);
    char *big = malloc(COMMENT_MAX_CHARS + 1);
    memset(big, 'a', COMMENT_MAX_CHARS + 1);
    assert_int_equal(comment_create(cx, &p, 0, STR(" \n"), COMMENT_MEMBERS, &c), ERR_INVALID);
    assert_int_equal(comment_create(cx, &p, 0, (struct str){big, COMMENT_MAX_CHARS + 1},
                                    COMMENT_MEMBERS, &c), ERR_INVALID);
    free(big);
    assert_int_equal(comment_create(cx, &open, in.id, STR("x"), COMMENT_PUBLIC, &c), ERR_INVALID);
    assert_int_equal(comment_create(cx, &p, 12345, STR("x"), COMMENT_PUBLIC, &c), ERR_INVALID);
}

static void edits_and_deletes_are_the_authors_and_moderators(void **state)
{
    struct post p = make_published(state, "T", "body", "Teaser", GATE_MEMBERS, 0);
    struct comment a = say(state, MEMBER, &p, 0, "first"), b = say(state, GOLD, &p, a.id, "answer");
    struct comment c, *l;
    struct world_comment_row row;
    struct str text;
    assert_int_equal(comment_edit(as(state, GOLD), a.id, STR("x"), &c), ERR_FORBIDDEN);
    assert_int_equal(comment_edit(as(state, OWNER), a.id, STR("x"), &c), ERR_FORBIDDEN);
    assert_int_equal(comment_edit(as(state, 0), a.id, STR("x"), &c), ERR_UNAUTHENTICATED);
    assert_int_equal(comment_source(as(state, OWNER), a.id, &text), ERR_FORBIDDEN);
    assert_int_equal(comment_edit(as(state, MEMBER), a.id, STR("  "), &c), ERR_INVALID);
    OK_(comment_edit(as(state, MEMBER), a.id, STR("second"), &c));
    CHECK_STR(c.html.s, "<p>second</p>\n");
    assert_true(c.edited_at != DB_NULL);
    OK_(comment_source(as(state, MEMBER), a.id, &text));
    CHECK_STR(text, "second");

    assert_int_equal(comment_delete(as(state, GOLD), a.id), ERR_FORBIDDEN);
    OK_(comment_delete(as(state, MEMBER), a.id));
    assert_int_equal(comment_delete(as(state, MEMBER), a.id), ERR_GONE);
    assert_int_equal(comment_edit(as(state, MEMBER), a.id, STR("x"), &c), ERR_GONE);
    OK_(q_world_comment(as(state, 0), a.id, &row));
    assert_true(row.markdown.p == NULL && row.html.n == 0);
    assert_int_equal(list(state, GOLD, &p, &l), 2); /* a gap above its answer */
    CHECK_STR(l[0].state, "deleted");
    assert_true(l[0].html.s.n == 0 && l[0].author_name.p == NULL);
    counts_are(state, p.id, 1, 0);
    OK_(comment_delete(as(state, MODERATOR), b.id));
    assert_int_equal(list(state, GOLD, &p, &l), 0);
    counts_are(state, p.id, 0, 0);
    expect_events(state, "published comment comment comment_updated comment_deleted comment_deleted");
}

static void moderators_hide_hold_and_show(void **state)
{
    struct post p = make_published(state, "T", "body", "", GATE_PUBLIC, 0);
    struct comment a = far(state, p.id, 0, ANN, "https://far.example/1"), *l;
    struct comment own = say_in(state, STRANGER, &p, 0, "mine", COMMENT_PUBLIC);
    size_t n;
    assert_int_equal(comment_hide(as(state, MEMBER), a.id), ERR_FORBIDDEN);
    OK_(comment_hide(as(state, MODERATOR), a.id));
    OK_(comment_hide(as(state, MODERATOR), a.id));
    counts_are(state, p.id, 1, 1);
    assert_int_equal(list(state, 0, &p, &l), 1);
    assert_int_equal(list(state, MODERATOR, &p, &l), 2);
    CHECK_STR(l[0].state, "hidden");
    OK_(comment_show(as(state, OWNER), a.id));
    counts_are(state, p.id, 2, 2);
    OK_(comment_hold(as(state, 0), own.id));
    assert_int_equal(list(state, 0, &p, &l), 1);
    assert_int_equal(list(state, STRANGER, &p, &l), 2); /* one's own is seen waiting */
    OK_(comment_held(as(state, MODERATOR), TEA, &l, &n));
    assert_true(n == 1 && l[0].id == own.id);
    assert_int_equal(comment_held(as(state, MEMBER), TEA, &l, &n), ERR_FORBIDDEN);
    counts_are(state, p.id, 1, 1);
}

/* ---- from elsewhere ------------------------------------------------------------------------ */

static void remote_comments_come_once_and_obey_their_actor(void **state)
{
    struct post p = make_published(state, "T", "body", "Teaser", GATE_MEMBERS, 0);
    struct post draft = make(state, "D", "body", "", GATE_PUBLIC, 0);
    struct comment in = say(state, MEMBER, &p, 0, "inside");
    struct str uri = STR("https://far.example/1");
    struct comment a = far(state, p.id, 0, ANN, "https://far.example/1"), b, c, *l;
    struct cx *cx = as(state, 0);
    struct comment_ref ref;
    bool found;
    expect_events(state, "published comment comment");
    b = far(state, p.id, 0, ANN, "https://far.example/1"); /* sent again */
    assert_int_equal(a.id, b.id);
    counts_are(state, p.id, 2, 1);
    expect_events(state, "");
    assert_true(a.is_remote && a.created_at == cx->now - 5000 && a.audience == COMMENT_PUBLIC);
    CHECK_STR(a.author_host, "far.example");

    /* another's */
    assert_int_equal(comment_create_remote(cx, p.id, 0, BEN, uri, STR_NULL, html_of("x"), 0, &c),
                     ERR_FORBIDDEN);
    assert_int_equal(comment_update_remote(cx, uri, BEN, html_of("x"), 0), ERR_FORBIDDEN);
    assert_int_equal(comment_delete_remote(cx, uri, BEN), ERR_FORBIDDEN);
    assert_int_equal(comment_update_remote(cx, STR("https://far.example/no"), ANN, html_of("x"), 0),
                     ERR_NOT_FOUND);
    list(state, 0, &p, &l);
    CHECK_STR(l[0].html.s, "<p>from afar</p>");
    assert_int_equal(comment_create_remote(cx, p.id, in.id, ANN, STR("https://far.example/2"),
                                           STR_NULL, html_of("x"), 0, &c), ERR_NOT_FOUND);
    assert_int_equal(comment_create_remote(cx, draft.id, 0, ANN, STR("https://far.example/2"),
                                           STR_NULL, html_of("x"), 0, &c), ERR_NOT_FOUND);

    b = far(state, p.id, a.id, BEN, "https://far.example/3");
    assert_int_equal(b.root_id, a.id);
    OK_(comment_update_remote(cx, uri, ANN, html_of("<p>new</p>"), cx->now - 1000));
    OK_(comment_update_remote(cx, uri, ANN, html_of("<p>old</p>"), cx->now - 3000)); /* came late */
    assert_int_equal(list(state, 0, &p, &l), 2);
    CHECK_STR(l[0].html.s, "<p>new</p>");
    OK_(comment_find_by_uri(cx, uri, &found, &ref));
    assert_true(found && ref.id == a.id && ref.actor_id == ANN && ref.is_public && !ref.deleted);

    OK_(comment_delete_remote(cx, uri, ANN));
    OK_(comment_delete_remote(cx, uri, ANN)); /* said twice */
    counts_are(state, p.id, 2, 1);
    assert_int_equal(comment_create_remote(cx, p.id, 0, ANN, uri, STR_NULL, html_of("x"), 0, &c),
                     ERR_GONE);
    assert_int_equal(comment_update_remote(cx, uri, ANN, html_of("x"), 0), ERR_GONE);
    OK_(comment_find_by_uri(cx, STR("https://far.example/none"), &found, &ref));
    assert_false(found);
}

static void an_actor_that_goes_takes_everything_along(void **state)
{
    struct post p = make_published(state, "T", "body", "", GATE_PUBLIC, 0);
    struct comment a = far(state, p.id, 0, ANN, "https://far.example/1"), *l;
    struct comment b = far(state, p.id, a.id, BEN, "https://far.example/2");
    struct cx *cx = as(state, 0);
    struct reaction_by *by;
    struct post q;
    size_t n;
    OK_(reaction_put_remote(cx, REACTION_LIKE, p.id, 0, ANN, STR("https://far.example/l1")));
    OK_(reaction_put_remote(cx, REACTION_LIKE, p.id, 0, BEN, STR("https://far.example/l2")));
    OK_(reaction_put_remote(cx, REACTION_ANNOUNCE, p.id, 0, ANN, STR("https://far.example/l3")));
    OK_(reaction_put_remote(cx, REACTION_LIKE, p.id, b.id, ANN, STR("https://far.example/l4")));
    assert_int_equal(purge_actor(cx, 0), ERR_INVALID);
    OK_(purge_actor(cx, ANN));
    q = again(cx, p.id);
    assert_true(q.n_likes == 1 && q.n_remote_likes == 1 && q.n_announces == 0);
    counts_are(state, p.id, 1, 1);
    assert_int_equal(list(state, 0, &p, &l), 2);
    assert_true(l[0].html.s.n == 0 && l[0].author_url.p == NULL && l[1].n_likes == 0);
    OK_(reaction_list_remote(cx, p.id, 10, &by, &n));
    assert_true(n == 1 && str_eq_c(by[0].username, "ben"));
}

/* ---- who is told --------------------------------------------------------------------------- */

static void notices_go_to_those_who_may_read(void **state)
{
    struct post p = make_published(state, "T", "body", "Teaser", GATE_MEMBERS, 0);
    struct comment a = say(state, MEMBER, &p, 0, "hi @gold @sam @nobody @mia and `@pat`, a@mod.org");
    struct comment c;
    assert_string_equal(kinds_for(state, OWNER), "comment");
    assert_string_equal(kinds_for(state, GOLD), "mention");
    assert_string_equal(kinds_for(state, STRANGER), ""); /* can't read it */
    assert_string_equal(kinds_for(state, MEMBER), "");   /* oneself */
    assert_string_equal(kinds_for(state, PARTNER), "");  /* code */
    assert_string_equal(kinds_for(state, MODERATOR), "");
    expect_events(state, "published comment mentioned");

    say(state, GOLD, &p, a.id, "yes");
    assert_string_equal(kinds_for(state, MEMBER), "reply");
    OK_(comment_edit(as(state, MEMBER), a.id, STR("hi @gold and @pat@t.example @pat@far.example"), &c));
    assert_string_equal(kinds_for(state, GOLD), "mention"); /* told before */
    assert_string_equal(kinds_for(state, PARTNER), "mention");
}

static void public_words_reach_everybody(void **state)
{
    struct post p = make_published(state, "T", "body", "Teaser", GATE_MEMBERS, 0);
    struct comment a = say_in(state, STRANGER, &p, 0, "hello @leo", COMMENT_PUBLIC);
    assert_string_equal(kinds_for(state, LAPSED), "mention"); /* below the teaser, in the open */
    far(state, p.id, a.id, ANN, "https://far.example/1");
    assert_string_equal(kinds_for(state, STRANGER), "reply");
    assert_string_equal(kinds_for(state, OWNER), "comment comment");
}

static void a_form_sent_twice_is_one_comment(void **state)
{
    struct cx *cx = as(state, MEMBER);
    struct post p = make_published(state, "Forms", "b", "t", GATE_PUBLIC, 0);
    struct post other = make_published(state, "Other", "b", "t", GATE_PUBLIC, 0);
    struct comment a, b;
    struct comment_draft d = {.markdown = STR("once"), .audience = COMMENT_PUBLIC,
                              .form_id = comment_form_id(cx)};
    OK_(comment_write(as(state, MEMBER), &p, &d, &a));
    OK_(comment_write(as(state, MEMBER), &p, &d, &b));
    assert_int_equal(a.id, b.id);
    assert_int_equal(again(cx, p.id).n_comments, 1);
    /* The same words in another form are said again; the number is each writer's own. */
    d.form_id = comment_form_id(cx);
    OK_(comment_write(as(state, MEMBER), &p, &d, &b));
    assert_int_not_equal(a.id, b.id);
    OK_(comment_write(as(state, GOLD), &p, &d, &b));
    assert_int_equal(again(cx, p.id).n_comments, 3);
    assert_int_equal(comment_write(as(state, MEMBER), &other, &d, &b), ERR_INVALID);
    d.form_id = 0; /* without a form nothing is compared */
    OK_(comment_write(as(state, MEMBER), &p, &d, &b));
    OK_(comment_write(as(state, MEMBER), &p, &d, &b));
    assert_int_equal(again(cx, p.id).n_comments, 5);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
    const struct CMUnitTest tests[] = {
        T(threads_stand_in_order_and_name_whom_they_answer),
        T(each_reads_the_threads_that_are_theirs),
        T(who_may_write),
        T(edits_and_deletes_are_the_authors_and_moderators),
        T(moderators_hide_hold_and_show),
        T(remote_comments_come_once_and_obey_their_actor),
        T(an_actor_that_goes_takes_everything_along),
        T(notices_go_to_those_who_may_read),
        T(public_words_reach_everybody),
        T(a_form_sent_twice_is_one_comment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
