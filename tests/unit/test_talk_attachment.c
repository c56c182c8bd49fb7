#include "node/talk/attachment.h"
#include "node/talk/post_body.h"
#include "node/talk/public_view.h"
#include "node/talk/timeline.h"
#include "tests/unit/talk_world.h"

enum { INSIDE = FIRST_MEDIA, TEASING, FILE_, THEIRS };

static enum err opens(void **state, int64_t who, int64_t media)
{
    struct cx *cx = as(state, who);
    int64_t public;
    OK_(q_world_media_public(cx, media, &public));
    struct media m = {.id = media, .account_id = media == THEIRS ? PARTNER : OWNER, .planet_id = TEA,
                      .kind = media == FILE_ ? STR("file") : STR("image"), .is_public = public != 0};
    return attachment_may_open(cx, &m);
}

/* who opens the three of them, as a string of y and n for visitor, stranger, lapsed, other planet's
 * member, banned, member, owner */
static void opened_by(void **state, int64_t media, const char *want)
{
    static const int64_t who[] = {0, STRANGER, LAPSED, OTHER_MEMBER, BANNED, MEMBER, OWNER};
    char got[8] = "";
    for (size_t i = 0; i < 7; i++) {
        enum err e = opens(state, who[i], media);
        assert_true(e == OK || e == ERR_NOT_FOUND);
        got[i] = e == OK ? 'y' : 'n';
    }
    assert_string_equal(got, want);
}

static struct post with_media(void **state, enum gate_kind access, struct post_draft *ret)
{
    static const int64_t body[] = {INSIDE, FILE_}, teaser[] = {TEASING};
    struct cx *cx = as(state, OWNER);
    struct post p;
    put_media(state, INSIDE, OWNER, TEA, "image");
    put_media(state, TEASING, OWNER, TEA, "image");
    put_media(state, FILE_, OWNER, TEA, "file");
    *ret = (struct post_draft){.planet_id = TEA, .title = STR("T"), .body = STR("body"),
                               .teaser = STR("Teaser"), .access = access, .body_media = body,
                               .n_body_media = 2, .teaser_media = teaser, .n_teaser_media = 1};
    as(state, OWNER);
    OK_(post_save(cx, ret, &p));
    ret->id = p.id;
    ret->version = p.version;
    return p;
}

static void files_open_as_the_post_does(void **state)
{
    struct post_draft d;
    struct post p = with_media(state, GATE_MEMBERS, &d);
    struct public_post v;
    opened_by(state, INSIDE, "nnnnnny"); /* a draft's are its authors' */
    opened_by(state, TEASING, "nnnnnny");
    OK_(post_publish(as(state, OWNER), p.id, true, &p));
    opened_by(state, INSIDE, "nnnnnyy");
    opened_by(state, FILE_, "nnnnnyy");
    opened_by(state, TEASING, "yyyyyyy");
    OK_(public_post_by_id(as(state, 0), p.id, &v));
    assert_true(v.n_media == 1 && v.media[0].id == TEASING);
    CHECK_STR(v.media[0].alt, "an alt");
    assert_true(str_starts(v.media[0].url, STR("https://t.example/media/")));

    d.access = GATE_PUBLIC;
    OK_(post_save(as(state, OWNER), &d, &p));
    d.version = p.version;
    opened_by(state, INSIDE, "yyyyyyy");
    opened_by(state, FILE_, "yyyyyyy");
    OK_(public_post_by_id(as(state, 0), p.id, &v));
    assert_int_equal(v.n_media, 2);

    d.access = GATE_MEMBERS;
    d.teaser_confirmed = true;
    OK_(post_save(as(state, OWNER), &d, &p));
    opened_by(state, INSIDE, "nnnnnyy");
    opened_by(state, TEASING, "yyyyyyy");
    OK_(post_unpublish(as(state, OWNER), p.id));
    opened_by(state, TEASING, "nnnnnny");
    OK_(post_publish(as(state, OWNER), p.id, true, &p));
    OK_(post_delete(as(state, OWNER), p.id));
    opened_by(state, TEASING, "nnnnnny");
}

static void public_once_is_public_while_something_shows_it(void **state)
{
    struct post_draft d;
    struct post p = with_media(state, GATE_PUBLIC, &d), q;
    struct cx *cx = as(state, OWNER);
    OK_(post_publish(cx, p.id, true, &p));
    OK_(tx_begin(cx));
    OK_(q_world_avatar(cx, OWNER, TEASING, NULL));
    OK_(tx_commit(cx));
    struct post_draft second = d;
    second.id = 0;
    OK_(post_save(cx, &second, &q));
    OK_(post_publish(cx, q.id, true, &q));
    OK_(post_delete(cx, p.id));
    opened_by(state, INSIDE, "yyyyyyy");
    OK_(post_delete(as(state, OWNER), q.id));
    opened_by(state, INSIDE, "nnnnnny");
    opened_by(state, TEASING, "yyyyyyy"); /* a face stays visible */
}

/* A picture without a description has the one of the public text; never that of a locked one. */
static void a_picture_is_described_by_the_text(void **state)
{
    struct public_post v;
    struct post p, q;
    struct cx *cx = as(state, OWNER);
    struct post_draft d = {.planet_id = TEA, .title = STR("T"), .access = GATE_PUBLIC,
                           .body = STR("![A \"white\" cup & more](media:55)")};
    put_media(state, 55, OWNER, TEA, "image");
    store_sql(((struct world *)*state)->store, "UPDATE media SET alt = '' WHERE id = 55");
    OK_(post_save(cx, &d, &p));
    OK_(post_publish(cx, p.id, true, &p));
    OK_(public_post_by_id(as(state, 0), p.id, &v));
    assert_int_equal(v.n_media, 1);
    CHECK_STR(v.media[0].alt, "A \"white\" cup & more");

    struct post_draft locked = {.planet_id = TEA, .title = STR("L"), .access = GATE_MEMBERS,
                                .teaser = STR("![](media:55)"), .body = STR("![secret](media:55)")};
    OK_(post_save(as(state, OWNER), &locked, &q));
    OK_(post_publish(as(state, OWNER), q.id, true, &q));
    OK_(public_post_by_id(as(state, 0), q.id, &v));
    assert_int_equal(v.n_media, 1);
    CHECK_STR(v.media[0].alt, "");
}

static void nobody_shows_what_is_not_theirs(void **state)
{
    struct post_draft d = {.planet_id = TEA, .title = STR("T"), .body = STR("![x](media:54)")};
    int64_t ids[] = {THEIRS};
    struct post p, q;
    struct attachment *a;
    size_t n;
    put_media(state, THEIRS, PARTNER, TEA, "image");
    d.body_media = ids;
    d.n_body_media = 1;
    assert_int_equal(post_save(as(state, GUEST), &d, &p), ERR_INVALID);
    OK_(post_save(as(state, OWNER), &d, &p)); /* the planet's owner may */
    d.n_body_media = 0;
    OK_(post_save(as(state, GUEST), &d, &q)); /* named in the text only: not linked */
    OK_(post_publish(as(state, GUEST), q.id, true, &q));
    struct cx *cx = as(state, GUEST);
    struct access_pass pass = pass_of(cx, &q);
    OK_(attachment_list(cx, &q, &pass, &a, &n));
    assert_int_equal(n, 0);
    assert_int_equal(opens(state, 0, THEIRS), ERR_NOT_FOUND);
    OK_(post_save(as(state, PARTNER), &d, &q)); /* one's own: linked by naming it */
    cx = as(state, PARTNER);
    pass = pass_of(cx, &q);
    OK_(attachment_list(cx, &q, &pass, &a, &n));
    assert_true(n == 1 && a[0].media.id == THEIRS && !a[0].in_teaser);
    ids[0] = 999;
    d.n_body_media = 1;
    d.title = STR("another, not that form sent twice");
    assert_int_equal(post_save(cx, &d, &q), ERR_INVALID);
}

/* A number can be guessed, and its author may even open it; the page must not tell what lies behind it, not even a file's name. */
static void a_number_in_a_text_tells_nothing(void **state)
{
    struct post_draft d = {.planet_id = TEA, .title = STR("T"), .access = GATE_PUBLIC,
                           .body = STR("![](media:53) ![](media:51)")};
    struct post_draft locked;
    struct post p = with_media(state, GATE_MEMBERS, &locked), q;
    struct access_pass pass;
    struct safe_html html;
    OK_(post_publish(as(state, OWNER), p.id, true, &p));
    OK_(post_save(as(state, GUEST), &d, &q));
    OK_(post_publish(as(state, GUEST), q.id, true, &q));
    struct cx *cx = as(state, 0);
    pass = pass_of(cx, &q);
    OK_(post_body(cx, &q, &pass, &html));
    CHECK_STR(html.s, "<p> </p>\n");
}

static void lists_follow_the_pass(void **state)
{
    struct post_draft d;
    struct post p = with_media(state, GATE_MEMBERS, &d);
    struct post open = make_published(state, "O", "x", "", GATE_PUBLIC, 0);
    struct cx *cx = as(state, OWNER);
    struct attachment *a;
    struct access_pass pass;
    struct post_card *cards;
    size_t n;
    cx->now += 1000;
    OK_(post_publish(cx, p.id, true, &p));
    cx = as(state, STRANGER);
    pass = pass_of(cx, &p);
    OK_(attachment_list(cx, &p, &pass, &a, &n));
    assert_true(n == 1 && a[0].in_teaser && a[0].media.id == TEASING);
    pass = pass_of(cx, &open); /* full, but of another post */
    OK_(attachment_list(cx, &p, &pass, &a, &n));
    assert_int_equal(n, 1);
    OK_(attachment_list(cx, &p, NULL, &a, &n));
    assert_int_equal(n, 1);
    cx = as(state, MEMBER);
    pass = pass_of(cx, &p);
    OK_(attachment_list(cx, &p, &pass, &a, &n));
    assert_int_equal(n, 3);
    OK_(post_timeline_view(cx, TEA, STR_NULL, 0, 10, &cards, &n));
    assert_true(cards[0].post.id == p.id && cards[0].n_pictures == 1);
    assert_int_equal(cards[0].pictures[0].id, TEASING); /* also for who may see the other */
}

static void pictures_in_texts_get_their_addresses(void **state)
{
    struct post_draft d;
    struct post p = with_media(state, GATE_MEMBERS, &d);
    struct public_post v;
    struct safe_html html;
    struct post_card *cards;
    size_t n;
    d.teaser = STR("![leaf](media:52) and [about](/about), [far](//far.example/x)");
    d.body = STR("![pot](media:51)");
    OK_(post_save(as(state, OWNER), &d, &p));
    OK_(post_publish(as(state, OWNER), p.id, true, &p));
    assert_true(str_contains(p.teaser_html.s, STR("src=\"/media/52/")));
    OK_(public_post_by_id(as(state, 0), p.id, &v));
    assert_true(str_contains(v.html.s, STR("src=\"https://t.example/media/52/")));
    assert_true(str_contains(v.html.s, STR("href=\"https://t.example/about\"")));
    assert_false(str_contains(v.html.s, STR("t.example//")));
    assert_false(str_contains(v.html.s, STR("\"/media")));
    assert_true(str_contains(v.html.s, STR("href=\"//far.example/x\"")));
    OK_(post_timeline_view(as(state, 0), TEA, STR_NULL, 0, 10, &cards, &n));
    assert_true(str_contains(cards[0].html.s, STR("src=\"/media/52/")));
    struct cx *cx = as(state, MEMBER);
    struct access_pass pass = pass_of(cx, &p);
    OK_(post_body(cx, &p, &pass, &html));
    assert_true(str_contains(html.s, STR("src=\"/media/51/")));
}

static void ids_are_found_in_texts(void **state)
{
    (void)state;
    int64_t ids[4];
    assert_int_equal(attachment_scan(STR("![a](media:12) ![b](/media/13/large.webp) media:12 media:x "
                                         "media:-4 media:99999999999999999999"), ids, 0, 4), 2);
    assert_true(ids[0] == 12 && ids[1] == 13);
    assert_int_equal(attachment_scan(STR("media:1 media:2 media:3"), ids, 0, 2), 2);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
    const struct CMUnitTest tests[] = {
        T(files_open_as_the_post_does),
        T(public_once_is_public_while_something_shows_it),
        T(a_picture_is_described_by_the_text),
        T(nobody_shows_what_is_not_theirs),
        T(a_number_in_a_text_tells_nothing),
        T(lists_follow_the_pass),
        T(pictures_in_texts_get_their_addresses),
        cmocka_unit_test(ids_are_found_in_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
