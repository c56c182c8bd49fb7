/* Posters, drawn by the helper that was just built: with and without pictures, with texts that are long, empty, or
 * look like markup. OUT_POSTERS=DIR keeps them, to be looked at. */
#include "tests/unit/domain_fixture.h"

#include "node/media/helper.h"
#include "node/media/helper_poster.h"
#include "node/media/media.h"
#include "node/media/poster.h"
#include "node/text/qr.h"
#include "node/text/qr_png.h"

#include <stdio.h>
#include <stdlib.h>

static int setup(void **state)
{
    int r = domain_setup(state);
    struct domain *d = *state;
    d->server.media = media_engine_new(2, 8, "./orrery-media");
    return r;
}

static int teardown(void **state)
{
    struct domain *d = *state;
    media_engine_free(d->server.media);
    return domain_teardown(state);
}

static uint32_t be32(struct str s, size_t at)
{
    const unsigned char *p = (const unsigned char *)s.p + at;
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void look(const char *name, struct str png)
{
    const char *dir = getenv("OUT_POSTERS");
    assert_true(png.n > 1000);
    assert_true(str_starts(png, STR("\x89PNG")));
    assert_int_equal(be32(png, 16), HELPER_POSTER_W);
    assert_int_equal(be32(png, 20), HELPER_POSTER_H);
    if (dir == NULL)
        return;
    char path[300];
    snprintf(path, sizeof path, "%s/%s.png", dir, name);
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    fwrite(png.p, 1, png.n, f);
    fclose(f);
}

static int64_t picture(struct domain *d)
{
    struct qr qr;
    struct str png;
    struct media m;
    OK_(qr_make(d->cx->arena, STR("a picture"), &qr));
    OK_(qr_png(d->cx->arena, &qr, 20, &png));
    OK_(media_add_image(d->cx, d->owner.id, d->tea.id, png, STR("a.png"), STR(""), &m));
    return m.id;
}

static void a_poster_is_drawn(void **state)
{
    struct domain *d = *state;
    struct poster p = {.name = STR("茶山夜话"), .tagline = STR("山里的茶，夜里的话：每周一篇长文。"), .line = STR("小安邀你来看看。"),
                       .offer = STR("免费体验 7 天"), .link = STR("https://tea.example.org/@tea/i/ABCD2345"), .accent = STR("moss"),
                       .cover_media_id = DB_NULL, .icon_media_id = DB_NULL};
    struct str png;
    OK_(poster_png(d->cx, &p, &png));
    look("plain", png);
    p.cover_media_id = picture(d);
    p.icon_media_id = p.cover_media_id;
    p.name = STR("A planet with a very long name that nobody would ever choose & <b>means</b>");
    p.tagline = STR("");
    p.offer = STR_NULL;
    OK_(poster_png(d->cx, &p, &png));
    look("pictures", png);
    OK_(media_delete(d->cx, p.cover_media_id));
    p.name = STR("");
    OK_(poster_png(d->cx, &p, &png)); /* a picture that is gone is left out */
    look("bare", png);
}

static void what_is_no_poster_draws_nothing(void **state)
{
    struct domain *d = *state;
    struct helper_poster head = {.magic = HELPER_POSTER_MAGIC, .qr = 25};
    struct str png, in = {(const char *)&head, sizeof head};
    assert_int_equal(helper_draw_poster(d->cx, in, &png), ERR_INVALID);
    head.qr = 4000000000u;
    assert_int_equal(helper_draw_poster(d->cx, in, &png), ERR_INVALID);
    head.qr = 25;
    head.text[0] = 4000000000u;
    assert_int_equal(helper_draw_poster(d->cx, in, &png), ERR_INVALID);
    head.magic = 0;
    assert_int_equal(helper_draw_poster(d->cx, in, &png), ERR_INVALID);
    assert_int_equal(helper_draw_poster(d->cx, STR("x"), &png), ERR_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_poster_is_drawn, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_no_poster_draws_nothing, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
