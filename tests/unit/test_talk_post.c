#include "node/talk/attachment.h"
#include "node/talk/post_body.h"
#include "node/talk/public_view.h"
#include "node/talk/timeline.h"
#include "tests/unit/talk_world.h"

#define CANARY "xylophonecanary"

/* What the form sends back of a post that it has loaded. */
static struct post_draft draft_of(struct cx *cx, const struct post *p, const char *body)
{
    struct post_draft d = {.id = p->id, .version = p->version, .planet_id = p->planet_id,
                           .title = p->title, .teaser = p->teaser, .lang = p->lang,
                           .access = p->gate.kind, .tier_rank = p->gate.rank,
                           .price_amount = p->price_amount, .price_currency = p->price_currency,
                           .body = body == NULL ? STR_NULL : str_c(body)};
    if (body == NULL)
        OK_(post_body_source(cx, p, &d.body));
    return d;
}

/* ---- life of a post ------------------------------------------------------------------------ */

static void a_post_is_saved_published_taken_back_and_published_again(void **state)
{
    struct post p = make(state, "First Flush", "Hello *world*", "", GATE_PUBLIC, 0), other;
    struct cx *cx = as(state, OWNER);
    struct public_post v;
    CHECK_STR(p.state, "draft");
    CHECK_STR(p.kind, "article");
    CHECK_STR(p.slug, "first-flush");
    CHECK_STR(p.lang, "en");
    CHECK_STR(p.summary, "Hello world");
    assert_null(p.object_uri.p);
    assert_int_equal(p.version, 1);
    assert_true(p.gate.published_at == DB_NULL);
    assert_int_equal(public_post_by_id(cx, p.id, &v), ERR_NOT_FOUND);
    expect_events(state, "");

    cx = as(state, OWNER);
    int64_t first = cx->now += 5000;
    OK_(post_publish(cx, p.id, false, &p));
    OK_(post_publish(cx, p.id, false, &p)); /* the form was sent twice */
    expect_events(state, "published");
    assert_int_equal(p.published_at, first);
    assert_true(str_starts(p.object_uri, STR("https://t.example/ap/o/")));
    struct str uri = p.object_uri;
    OK_(public_post_by_object_uri(cx, uri, &v));
    CHECK_STR(v.url, "https://t.example/@tea/first-flush");
    CHECK_STR(v.html.s, "<p>Hello <em>world</em></p>\n");
    assert_true(v.edited_at == DB_NULL && !v.locked);

    cx = as(state, OWNER);
    OK_(post_unpublish(cx, p.id));
    OK_(post_unpublish(cx, p.id));
    struct world_jobs_row *jobs;
    size_t n;
    OK_(q_world_jobs(cx, &jobs, &n));
    assert_int_equal(n, 1);
    assert_true(str_eq(jobs[0].payload, uri));
    expect_events(state, "deleted");
    assert_int_equal(public_post_by_object_uri(cx, uri, &v), ERR_GONE);
    other = again(cx, p.id);
    CHECK_STR(other.state, "draft");
    assert_true(other.gate.published_at == DB_NULL);

    cx = as(state, OWNER);
    cx->now += 5000;
    OK_(post_publish(cx, p.id, false, &p));
    assert_false(str_eq(p.object_uri, uri));
    assert_int_equal(p.published_at, first); /* only once */
    assert_int_equal(public_post_by_object_uri(cx, uri, &v), ERR_GONE);
    OK_(public_post_by_object_uri(cx, p.object_uri, &v));
    assert_int_equal(public_post_by_object_uri(cx, STR("https://t.example/ap/o/1"), &v),
                     ERR_NOT_FOUND);
}

static void an_edit_elsewhere_meanwhile_is_not_lost(void **state)
{
    struct post p = make(state, "T", "one", "", GATE_PUBLIC, 0), q;
    struct cx *cx = as(state, PARTNER);
    struct post_draft theirs = draft_of(cx, &p, "two"), mine = draft_of(cx, &p, "three");
    struct str text;
    OK_(post_save(cx, &theirs, &q));
    assert_int_equal(q.version, 2);
    cx = as(state, OWNER);
    assert_int_equal(post_save(cx, &mine, &p), ERR_CONFLICT);
    assert_non_null(cx->tell);
    OK_(post_body_source(cx, &q, &text));
    CHECK_STR(text, "two");
    mine.version = 2;
    OK_(post_save(cx, &mine, &p));
    assert_int_equal(p.version, 3);
}

static void only_authors_write_and_guests_only_their_own(void **state)
{
    struct post p = make(state, "T", "one", "", GATE_PUBLIC, 0), q;
    struct post_draft fresh = {.planet_id = TEA, .title = STR("x"), .body = STR("y")};
    static const int64_t may[] = {OWNER, PARTNER, GUEST};
    static const int64_t may_not[] = {MODERATOR, MEMBER, GOLD, LAPSED, STRANGER, BANNED};
    for (size_t i = 0; i < 3; i++)
        OK_(post_save(as(state, may[i]), &fresh, &q));
    for (size_t i = 0; i < 6; i++) {
        struct cx *cx = as(state, may_not[i]);
        struct post_draft change = {.id = p.id, .version = p.version, .body = STR("z")};
        struct str text;
        assert_int_equal(post_save(cx, &fresh, &q), ERR_FORBIDDEN);
        assert_int_equal(post_save(cx, &change, &q), ERR_FORBIDDEN);
        assert_int_equal(post_publish(cx, p.id, true, &q), ERR_FORBIDDEN);
        assert_int_equal(post_delete(cx, p.id), ERR_FORBIDDEN);
        assert_int_equal(post_body_source(cx, &p, &text), ERR_FORBIDDEN);
    }
    assert_int_equal(post_save(as(state, 0), &fresh, &q), ERR_UNAUTHENTICATED);
    struct cx *cx = as(state, GUEST);
    struct post_draft change = {.id = p.id, .version = p.version, .body = STR("z")};
    assert_int_equal(post_save(cx, &change, &q), ERR_FORBIDDEN);
    assert_int_equal(post_delete(cx, p.id), ERR_FORBIDDEN);
    struct post *drafts;
    size_t n;
    OK_(post_drafts(cx, TEA, &drafts, &n));
    assert_int_equal(n, 1);
    OK_(post_drafts(as(state, PARTNER), TEA, &drafts, &n));
    assert_int_equal(n, 4);
    assert_int_equal(post_drafts(as(state, MEMBER), TEA, &drafts, &n), ERR_FORBIDDEN);
    fresh.planet_id = SAND; /* author here, nobody there */
    assert_int_equal(post_save(as(state, OWNER), &fresh, &q), ERR_FORBIDDEN);
}

static void a_draft_sent_twice_is_one(void **state)
{
    struct post_draft d = {.planet_id = TEA, .title = STR("Twice"), .body = STR("the same")};
    struct post a, b, c;
    d.fresh_id = post_fresh_id(as(state, OWNER));
    OK_(post_save(as(state, OWNER), &d, &a));
    assert_true(a.id == d.fresh_id);
    OK_(post_save(as(state, OWNER), &d, &b));
    assert_true(b.id == a.id && b.version == a.version);
    OK_(post_save(as(state, PARTNER), &d, &c)); /* another's id is no id of this form */
    assert_true(c.id != a.id);
    d.fresh_id = 12345; /* nor is one that we did not make lately */
    OK_(post_save(as(state, OWNER), &d, &c));
    assert_true(c.id != d.fresh_id);
}

static void addresses_are_unique_and_stay(void **state)
{
    struct post a = make(state, "Same", "x", "", GATE_PUBLIC, 0);
    struct post b = make(state, "Same", "y", "", GATE_PUBLIC, 0);
    struct post c = make(state, "Join", "x", "", GATE_PUBLIC, 0);
    struct post d = make(state, "茶与水", "x", "", GATE_PUBLIC, 0);
    struct cx *cx = as(state, OWNER);
    struct post_draft change;
    CHECK_STR(a.slug, "same");
    CHECK_STR(b.slug, "same-2");
    CHECK_STR(c.slug, "join-2"); /* "join" is a page of the planet */
    assert_true(d.slug.n > 0 && str_is_utf8(d.slug));
    change = draft_of(cx, &b, NULL);
    change.slug = STR("same");
    assert_int_equal(post_save(cx, &change, &b), ERR_CONFLICT);
    change.slug = STR("no way!");
    assert_int_equal(post_save(cx, &change, &b), ERR_INVALID);
    change.slug = STR("feed");
    assert_int_equal(post_save(cx, &change, &b), ERR_INVALID);
    change.slug = b.slug;
    change.title = STR("Better");
    OK_(post_save(cx, &change, &b)); /* a draft's follows its title */
    CHECK_STR(b.slug, "better");
    change = draft_of(cx, &d, NULL);
    change.slug = STR("tea-and-water");
    OK_(post_save(cx, &change, &d));
    change = draft_of(cx, &d, NULL);
    change.slug = d.slug;
    change.title = STR("Tea");
    OK_(post_save(cx, &change, &d)); /* but not when the author wrote it */
    CHECK_STR(d.slug, "tea-and-water");
    OK_(post_publish(cx, b.id, false, &b));
    change = draft_of(cx, &b, NULL);
    change.title = STR("Best");
    OK_(post_save(cx, &change, &b)); /* a published one doesn't */
    CHECK_STR(b.slug, "better");
    CHECK_STR(b.title, "Best");
}

static void what_is_too_much_is_refused(void **state)
{
    struct cx *cx = as(state, OWNER);
    struct post_draft d = {.planet_id = TEA, .body = STR("x")};
    struct post p;
    char *big = malloc(POST_BODY_MAX + 2);
    memset(big, 'a', POST_BODY_MAX + 2);
    d.title = (struct str){big, 201};
    assert_int_equal(post_save(cx, &d, &p), ERR_INVALID);
    d.title.n = 200;
    OK_(post_save(cx, &d, &p));
    d.title = STR("two\nlines");
    assert_int_equal(post_save(cx, &d, &p), ERR_INVALID);
    d.title = STR("\xff");
    assert_int_equal(post_save(cx, &d, &p), ERR_INVALID);
    d.title = STR("t");
    d.teaser = (struct str){big, POST_TEASER_MAX + 1};
    assert_int_equal(post_save(cx, &d, &p), ERR_INVALID);
    d.teaser = STR_NULL;
    d.body = (struct str){big, POST_BODY_MAX + 1};
    assert_int_equal(post_save(cx, &d, &p), ERR_TOO_LARGE);
    free(big);
    d.body = STR("x");
    d.access = GATE_TIER;
    d.tier_rank = 7;
    assert_int_equal(post_save(cx, &d, &p), ERR_INVALID);
    d.access = GATE_PRICE;
    d.price_amount = 5; /* of no currency */
    assert_int_equal(post_save(cx, &d, &p), ERR_INVALID);
    d.access = GATE_PUBLIC;
    d.lang = STR("no such!");
    assert_int_equal(post_save(cx, &d, &p), ERR_INVALID);
}

static void tags_are_checked_and_folded(void **state)
{
    struct cx *cx = as(state, OWNER);
    struct str tags[12] = {STR("#Tea"), STR("tea"), STR("普洱"), STR("")}, *got;
    struct post_draft d = {.planet_id = TEA, .body = STR("x"), .tags = tags, .n_tags = 4};
    struct post p;
    size_t n;
    OK_(post_save(cx, &d, &p));
    OK_(post_tags(cx, p.id, &got, &n));
    assert_int_equal(n, 2);
    CHECK_STR(got[0], "Tea");
    CHECK_STR(got[1], "普洱");
    CHECK_STR(p.tags, "Tea 普洱");
    tags[0] = STR("two words");
    assert_int_equal(post_save(cx, &d, &p), ERR_INVALID);
    for (size_t i = 0; i < 11; i++)
        tags[i] = str_fmt(cx->arena, "t%zu", i);
    d.n_tags = 11;
    assert_int_equal(post_save(cx, &d, &p), ERR_INVALID);
    d.n_tags = 10;
    OK_(post_save(cx, &d, &p));
}

static void a_locked_post_asks_for_a_confirmed_teaser(void **state)
{
    struct post p = make(state, "T", CANARY, "", GATE_MEMBERS, 0), q;
    struct post empty = make(state, "", " \n", "", GATE_PUBLIC, 0);
    struct cx *cx = as(state, OWNER);
    struct post_draft d;
    assert_int_equal(post_publish(cx, empty.id, true, &q), ERR_INVALID);
    assert_int_equal(post_publish(cx, p.id, true, &q), ERR_INVALID);
    d = draft_of(cx, &p, NULL);
    d.teaser = STR("Come in");
    OK_(post_save(cx, &d, &p));
    assert_int_equal(post_publish(cx, p.id, false, &q), ERR_INVALID);
    assert_non_null(cx->tell);
    expect_events(state, "");
    cx = as(state, OWNER);
    OK_(post_publish(cx, p.id, true, &p));
    d = draft_of(cx, &p, NULL);
    d.teaser = STR("");
    assert_int_equal(post_save(cx, &d, &q), ERR_INVALID);
}

static void the_suggested_teaser_stands_above_the_mark(void **state)
{
    struct cx *cx = as(state, OWNER);
    CHECK_STR(post_suggest_teaser(cx, STR("One.\n\n<!--more-->\n" CANARY)), "One.");
    assert_int_equal(post_suggest_teaser(cx, STR(CANARY)).n, 0);
    assert_int_equal(post_suggest_teaser(cx, STR("a <!--more--> b")).n, 0);
}

/* ---- behind the wall ----------------------------------------------------------------------- */

static void the_body_opens_with_its_own_full_pass_only(void **state)
{
    struct post p = make_published(state, "P", CANARY, "Teaser", GATE_MEMBERS, 0);
    struct post gold = make_published(state, "G", CANARY, "Teaser", GATE_TIER, 2);
    struct post open = make_published(state, "O", "free", "", GATE_PUBLIC, 0);
    static const struct { int64_t who; enum err members, gold; } all[] = {
        {0, ERR_PAYMENT_REQUIRED, ERR_PAYMENT_REQUIRED},
        {STRANGER, ERR_PAYMENT_REQUIRED, ERR_PAYMENT_REQUIRED},
        {LAPSED, ERR_PAYMENT_REQUIRED, ERR_PAYMENT_REQUIRED},
        {OTHER_MEMBER, ERR_PAYMENT_REQUIRED, ERR_PAYMENT_REQUIRED},
        {BANNED, ERR_PAYMENT_REQUIRED, ERR_PAYMENT_REQUIRED},
        {MEMBER, OK, ERR_PAYMENT_REQUIRED},
        {GOLD, OK, OK},
        {OWNER, OK, OK},
    };
    struct safe_html html;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        struct cx *cx = as(state, all[i].who);
        struct access_pass a = pass_of(cx, &p), b = pass_of(cx, &gold), c = pass_of(cx, &open);
        assert_int_equal(post_body(cx, &p, &a, &html), all[i].members);
        assert_int_equal(post_body(cx, &gold, &b, &html), all[i].gold);
        if (all[i].who != BANNED)
            OK_(post_body(cx, &open, &c, &html));
        /* a full pass of a public post opens no other */
        assert_int_equal(post_body(cx, &gold, &c, &html), ERR_PAYMENT_REQUIRED);
        assert_int_equal(post_body(cx, &gold, NULL, &html), ERR_PAYMENT_REQUIRED);
    }
}

static bool says(struct str s)
{
    return str_contains(s, STR(CANARY));
}

/* Everything that anybody can read of the post; counts how often the word is there. */
static int seen_of(struct cx *cx, int64_t id)
{
    struct public_post v;
    struct post_card *cards;
    struct str text;
    size_t n;
    int seen = 0;
    OK_(q_world_post_text(cx, id, &text));
    seen += says(text);
    if (public_post_by_id(cx, id, &v) == OK)
        seen += says(v.html.s) + says(v.summary_text) + says(v.title) + says(v.url);
    OK_(post_timeline_view(cx, TEA, STR_NULL, 0, 100, &cards, &n));
    for (size_t i = 0; i < n; i++)
        if (cards[i].post.id == id)
            seen += says(cards[i].html.s) + says(cards[i].summary) + says(cards[i].display_title) +
                    says(cards[i].post.teaser_html.s) + says(cards[i].path);
    return seen;
}

static void nothing_public_holds_a_locked_text(void **state)
{
    static const struct { enum gate_kind kind; int64_t rank; } kinds[] = {
        {GATE_MEMBERS, 0}, {GATE_TIER, 2}, {GATE_PRICE, 0}};
    for (size_t i = 0; i < 3; i++)
        for (int title = 0; title < 2; title++) {
            struct post p = make(state, title ? "Title" : "", CANARY " and more", "Come in",
                                 kinds[i].kind, kinds[i].rank);
            assert_int_equal(seen_of(as(state, 0), p.id), 0);
            OK_(post_publish(as(state, OWNER), p.id, true, &p));
            assert_int_equal(seen_of(as(state, 0), p.id), 0);
            assert_int_equal(seen_of(as(state, OWNER), p.id), 0); /* lists never open a body */
            struct public_post v;
            OK_(public_post_by_id(as(state, 0), p.id, &v));
            CHECK_STR(v.html.s, "<p>Come in</p>\n");
            CHECK_STR(v.summary_text, "Come in");
            assert_true(v.locked);
            OK_(post_unpublish(as(state, OWNER), p.id));
            assert_int_equal(seen_of(as(state, 0), p.id), 0);
        }
}

static void a_locked_draft_without_teaser_says_nothing(void **state)
{
    struct post p = make(state, "", CANARY, "", GATE_PUBLIC, 0);
    struct cx *cx = as(state, OWNER);
    struct post_draft d = draft_of(cx, &p, NULL);
    assert_int_equal(seen_of(cx, p.id), 1); /* the summary of what will be public */
    d.access = GATE_MEMBERS;
    OK_(post_save(as(state, OWNER), &d, &p));
    assert_int_equal(seen_of(cx, p.id), 0);
    assert_int_equal(p.summary.n, 0);
}

static void locking_a_public_post_burns_its_id(void **state)
{
    struct post p = make_published(state, "", CANARY, "", GATE_PUBLIC, 0), q;
    struct str uri = p.object_uri, second;
    struct post_draft d;
    struct public_post v;
    struct cx *cx;
    assert_true(seen_of(as(state, 0), p.id) > 0);
    expect_events(state, "published");

    cx = as(state, OWNER);
    d = draft_of(cx, &p, NULL);
    d.access = GATE_MEMBERS;
    d.teaser = STR("Come in");
    assert_int_equal(post_save(cx, &d, &q), ERR_INVALID); /* wants to be sure */
    d.teaser_confirmed = true;
    OK_(post_save(cx, &d, &p));
    expect_events(state, "deleted published");
    assert_int_equal(seen_of(as(state, 0), p.id), 0);
    second = p.object_uri;
    assert_false(str_eq(uri, second));
    assert_int_equal(public_post_by_object_uri(cx, uri, &v), ERR_GONE);
    OK_(public_post_by_object_uri(cx, second, &v));
    assert_true(v.locked && v.edited_at == DB_NULL);

    cx = as(state, OWNER);
    d = draft_of(cx, &p, NULL);
    d.access = GATE_TIER; /* one lock for another: nobody else notices */
    d.tier_rank = 2;
    OK_(post_save(cx, &d, &p));
    expect_events(state, "body");
    assert_true(str_eq(p.object_uri, second));

    cx = as(state, OWNER);
    d = draft_of(cx, &p, NULL);
    d.access = GATE_PUBLIC;
    OK_(post_save(cx, &d, &p));
    expect_events(state, "updated");
    assert_true(str_eq(p.object_uri, second));
    assert_true(seen_of(as(state, 0), p.id) > 0);
    OK_(public_post_by_object_uri(cx, second, &v));
    assert_true(!v.locked && v.edited_at != DB_NULL);
}

static void others_learn_only_of_what_they_can_see(void **state)
{
    struct post p = make_published(state, "T", "one", "Teaser", GATE_MEMBERS, 0);
    struct cx *cx = as(state, OWNER);
    struct str tags[] = {STR("new")};
    struct post_draft d = draft_of(cx, &p, CANARY);
    struct public_post v;
    expect_events(state, "published");
    OK_(post_save(as(state, OWNER), &d, &p));
    expect_events(state, "body");
    OK_(public_post_by_id(cx, p.id, &v));
    assert_true(v.edited_at == DB_NULL && p.edited_at != DB_NULL);
    d = draft_of(as(state, OWNER), &p, NULL);
    d.teaser = STR("Other");
    OK_(post_save(cx, &d, &p));
    expect_events(state, "updated");
    d = draft_of(as(state, OWNER), &p, NULL);
    d.tags = tags;
    d.n_tags = 1;
    OK_(post_save(cx, &d, &p));
    expect_events(state, "updated");
    OK_(public_post_by_id(cx, p.id, &v));
    assert_true(v.edited_at == cx->now && v.n_tags == 1);
}

static void a_deleted_post_leaves_nothing(void **state)
{
    struct post p = make_published(state, "T", CANARY, "", GATE_PUBLIC, 0), q;
    struct cx *cx = as(state, MEMBER);
    struct comment c;
    struct world_comment_row row;
    struct public_post v;
    struct safe_html html;
    struct access_pass pass = pass_of(cx, &p);
    OK_(comment_create(cx, &p, 0, STR("hm"), COMMENT_PUBLIC, &c));
    expect_events(state, "published comment");
    cx = as(state, OWNER);
    OK_(post_delete(cx, p.id));
    expect_events(state, "deleted");
    assert_int_equal(post_by_id(cx, p.id, &q), ERR_GONE);
    assert_int_equal(post_by_slug(cx, TEA, p.slug, &q), ERR_GONE);
    assert_int_equal(post_delete(as(state, OWNER), p.id), ERR_GONE);
    assert_int_equal(public_post_by_id(cx, p.id, &v), ERR_GONE);
    assert_int_equal(public_post_by_object_uri(cx, p.object_uri, &v), ERR_GONE);
    assert_int_equal(post_body(cx, &p, &pass, &html), ERR_NOT_FOUND); /* an old pass finds no text */
    assert_int_equal(seen_of(cx, p.id), 0);
    OK_(q_world_comment(cx, c.id, &row));
    CHECK_STR(row.state, "hidden");
    assert_int_equal(comment_create(as(state, MEMBER), &p, 0, STR("x"), COMMENT_PUBLIC, &c),
                     ERR_GONE);
}

/* ---- lists --------------------------------------------------------------------------------- */

static void timelines_page_without_gaps(void **state)
{
    struct str tags[] = {STR("Oolong")};
    int64_t ids[25], seen = 0, before = 0;
    struct cx *cx = as(state, OWNER);
    struct post_card *cards;
    struct post *posts;
    size_t n;
    for (int i = 0; i < 25; i++) {
        struct post_draft d = {.planet_id = TEA, .title = str_fmt(cx->arena, "n%d", i),
                               .body = STR("x"), .tags = tags, .n_tags = i % 5 == 0};
        struct post p;
        OK_(post_save(cx, &d, &p));
        cx->now += i % 3 == 0; /* several in one millisecond */
        OK_(post_publish(cx, p.id, true, &p));
        ids[i] = p.id;
    }
    make(state, "draft", "x", "", GATE_PUBLIC, 0);
    do {
        OK_(post_timeline_view(as(state, 0), TEA, STR_NULL, before, 10, &cards, &n));
        for (size_t i = 0; i < n; i++)
            assert_int_equal(cards[i].post.id, ids[24 - seen++]);
        before = n > 0 ? cards[n - 1].post.id : 0;
    } while (n == 10);
    assert_int_equal(seen, 25);
    OK_(post_timeline(cx, TEA, STR_NULL, ids[5], 100, &posts, &n));
    assert_int_equal(n, 5);
    assert_int_equal(posts[0].id, ids[4]);
    OK_(post_timeline(cx, TEA, STR("OOLONG"), 0, 3, &posts, &n));
    assert_true(n == 3 && posts[0].id == ids[20] && posts[2].id == ids[10]);
    OK_(post_timeline_view(cx, TEA, STR("oolong"), ids[10], 10, &cards, &n));
    assert_true(n == 2 && cards[0].post.id == ids[5]);
    OK_(post_timeline_all(cx, 0, 100, &posts, &n));
    assert_int_equal(n, 25);
    OK_(post_timeline_view(cx, SAND, STR_NULL, 0, 100, &cards, &n));
    assert_int_equal(n, 0);
    OK_(post_author_view(cx, OWNER, ids[20], 100, &cards, &n));
    assert_int_equal(n, 20);
    int64_t count;
    OK_(post_count(cx, TEA, &count));
    assert_int_equal(count, 25);
    struct tag_count *tc;
    OK_(post_tag_counts(cx, TEA, 10, &tc, &n));
    assert_true(n == 1 && tc[0].n == 5);
    OK_(post_pin(as(state, OWNER), ids[3], true));
    int64_t next;
    OK_(post_front_view(cx, TEA, 10, &cards, &n, &next));
    assert_true(n == 11 && cards[0].post.id == ids[3] && cards[1].post.id == ids[24]);
    assert_int_equal(next, ids[15]);
    OK_(post_front_view(cx, TEA, 30, &cards, &n, &next));
    assert_true(n == 25 && next == 0 && cards[0].post.id == ids[3]);
    assert_int_equal(post_pin(as(state, GUEST), ids[3], false), ERR_FORBIDDEN);
}

static void cards_know_what_the_viewer_may(void **state)
{
    struct post m = make_published(state, "Members", CANARY, "Teaser", GATE_MEMBERS, 0);
    struct post g = make_published(state, "Gold", CANARY, "Teaser", GATE_TIER, 2);
    struct post o = make_published(state, "", "A **public** note", "", GATE_PUBLIC, 0);
    static const struct { int64_t who; bool m, g; } all[] = {
        {0, false, false}, {STRANGER, false, false}, {LAPSED, false, false},
        {OTHER_MEMBER, false, false}, {MEMBER, true, false}, {GOLD, true, true}, {OWNER, true, true}};
    struct post_card *c;
    size_t n;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        OK_(post_timeline_view(as(state, all[i].who), TEA, STR_NULL, 0, 20, &c, &n));
        assert_int_equal(n, 3);
        assert_true(c[0].post.id == o.id && c[1].post.id == g.id && c[2].post.id == m.id);
        assert_true(c[0].open);
        assert_int_equal(c[1].open, all[i].g);
        assert_int_equal(c[2].open, all[i].m);
        CHECK_STR(c[0].display_title, "A public note");
        CHECK_STR(c[0].html.s, "<p>A <strong>public</strong> note</p>\n");
        assert_false(c[0].cut);
        assert_true(c[1].cut);
        CHECK_STR(c[1].html.s, "<p>Teaser</p>\n");
        CHECK_STR(c[1].path, "/@tea/gold");
        CHECK_STR(c[1].author_name, "olga");
    }
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
    const struct CMUnitTest tests[] = {
        T(a_post_is_saved_published_taken_back_and_published_again),
        T(an_edit_elsewhere_meanwhile_is_not_lost),
        T(only_authors_write_and_guests_only_their_own),
        T(a_draft_sent_twice_is_one),
        T(addresses_are_unique_and_stay),
        T(what_is_too_much_is_refused),
        T(tags_are_checked_and_folded),
        T(a_locked_post_asks_for_a_confirmed_teaser),
        T(the_suggested_teaser_stands_above_the_mark),
        T(the_body_opens_with_its_own_full_pass_only),
        T(nothing_public_holds_a_locked_text),
        T(a_locked_draft_without_teaser_says_nothing),
        T(locking_a_public_post_burns_its_id),
        T(others_learn_only_of_what_they_can_see),
        T(a_deleted_post_leaves_nothing),
        T(timelines_page_without_gaps),
        T(cards_know_what_the_viewer_may),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
