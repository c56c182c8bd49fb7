/* QR codes: the parts that a scanner looks for, and a picture that shows the same. */
#include "node/base/arena.h"
#include "node/text/qr_png.h"

#include <string.h>
#include <zlib.h>

#include "tests/unit/unit.h"

static int begin(void **state)
{
    *state = arena_new();
    return 0;
}

static int end(void **state)
{
    arena_free(*state);
    return 0;
}

/* The three corners by which a scanner finds it: 7 × 7, dark, light, dark. */
static void finder_at(const struct qr *q, int x0, int y0)
{
    for (int y = 0; y < 7; y++)
        for (int x = 0; x < 7; x++) {
            bool rim = x == 0 || y == 0 || x == 6 || y == 6;
            bool core = x >= 2 && x <= 4 && y >= 2 && y <= 4;
            assert_int_equal(qr_dark(q, x0 + x, y0 + y), rim || core);
        }
}

static void a_code_has_its_shape(void **state)
{
    struct arena *a = *state;
    struct qr q;
    assert_int_equal(qr_make(a, STR("weixin://wxpay/bizpayurl?pr=Ab12Cd3"), &q), OK);
    assert_int_equal(q.size % 4, 1);
    finder_at(&q, 0, 0);
    finder_at(&q, q.size - 7, 0);
    finder_at(&q, 0, q.size - 7);
    for (int i = 8; i < q.size - 8; i++) { /* the timing bars */
        assert_int_equal(qr_dark(&q, i, 6), i % 2 == 0);
        assert_int_equal(qr_dark(&q, 6, i), i % 2 == 0);
    }
    assert_false(qr_dark(&q, -1, 0));
    assert_false(qr_dark(&q, 0, q.size));
}

static void lengths_have_an_end(void **state)
{
    struct arena *a = *state;
    struct qr q;
    char long_text[QR_TEXT_MAX + 1];
    memset(long_text, 'x', sizeof long_text);
    assert_int_equal(qr_make(a, STR(""), &q), ERR_INVALID);
    assert_int_equal(qr_make(a, (struct str){long_text, QR_TEXT_MAX + 1}, &q), ERR_TOO_LARGE);
    assert_int_equal(qr_make(a, (struct str){long_text, QR_TEXT_MAX}, &q), OK);
    assert_true(str_ends(qr_svg(a, &q, STR_NULL).s, STR("z\"/></svg>")));
}

static void the_picture_covers_each_dark_module_once(void **state)
{
    struct arena *a = *state;
    struct qr q;
    int dark = 0, drawn = 0;
    assert_int_equal(qr_make(a, STR("https://example.org/t/7ZK4M"), &q), OK);
    for (int i = 0; i < q.size * q.size; i++)
        dark += q.modules[i];
    struct str svg = qr_svg(a, &q, STR("Pay \"here\" <now>")).s;
    assert_true(str_contains(svg, STR("aria-label=\"Pay &quot;here&quot; &lt;now&gt;\"")));
    size_t at = str_find(svg, STR("<path d=\""), 0);
    for (at = str_find(svg, STR("h"), at + 8); at != SIZE_MAX; at = str_find_char(svg, 'h', at + 1)) {
        int64_t n;
        size_t v = str_find_char(svg, 'v', at);
        if (v == SIZE_MAX)
            break; /* the last way back */
        if (svg.p[at + 1] != '-' && str_to_i64(str_sub(svg, at + 1, v - at - 1), &n))
            drawn += (int)n;
    }
    assert_int_equal(drawn, dark);
}

static uint32_t u32(const char *p)
{
    const unsigned char *b = (const unsigned char *)p;
    return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

static void a_png_shows_the_same_modules(void **state)
{
    struct arena *a = *state;
    struct qr q;
    struct str png;
    enum { SCALE = 3 };
    unsigned char rows[64 * 1024];
    uLongf n = sizeof rows;
    assert_int_equal(qr_make(a, STR("https://example.org/@tea/i/abcdefgh23"), &q), OK);
    assert_int_equal(qr_png(a, &q, SCALE, &png), OK);
    int side = (q.size + 2 * QR_QUIET) * SCALE;
    assert_memory_equal(png.p, "\x89PNG\r\n\x1a\n", 8);
    assert_memory_equal(png.p + 12, "IHDR", 4);
    assert_int_equal(u32(png.p + 16), side);
    assert_int_equal(u32(png.p + 20), side);
    assert_int_equal(u32(png.p + 29), crc32(0, (const unsigned char *)png.p + 12, 17));
    assert_memory_equal(png.p + 37, "IDAT", 4);
    assert_int_equal(uncompress(rows, &n, (const unsigned char *)png.p + 41, u32(png.p + 33)), Z_OK);
    size_t row = 1 + ((size_t)side + 7) / 8;
    assert_int_equal(n, row * (size_t)side);
    for (int y = 0; y < side; y++)
        for (int x = 0; x < side; x++) {
            bool white = rows[(size_t)y * row + 1 + (size_t)x / 8] >> (7 - x % 8) & 1;
            assert_int_equal(!white, qr_dark(&q, x / SCALE - QR_QUIET, y / SCALE - QR_QUIET));
        }
    assert_memory_equal(png.p + png.n - 8, "IEND\xae\x42\x60\x82", 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_code_has_its_shape, begin, end),
        cmocka_unit_test_setup_teardown(lengths_have_an_end, begin, end),
        cmocka_unit_test_setup_teardown(the_picture_covers_each_dark_module_once, begin, end),
        cmocka_unit_test_setup_teardown(a_png_shows_the_same_modules, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
