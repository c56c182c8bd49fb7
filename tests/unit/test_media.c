#include "node/base/clock.h"
#include "node/media/media.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>

#include "node/base/arena.h"
#include "node/base/buf.h"
#include "node/base/crypt.h"
#include "node/jobs/jobs.h"
#include "node/media/blurhash.h"
#include "node/media/media_html.h"
#include "node/media/media_type.h"
#include "node/server.h"
#include "tests/unit/media_samples.h"
#include "tests/unit/store.h"

/* A node with its store, and the helper as the build made it (tests run in the build folder). */
struct fixture {
    struct store *store;
    struct server server;
    struct cx *cx;
};

static struct fixture *make(const char *helper)
{
    struct fixture *f = calloc(1, sizeof *f);
    f->store = store_new();
    f->store->node.dir = f->store->dir;
    f->store->node.server = &f->server;
    f->server.media = media_engine_new(2, 8, helper);
    f->cx = cx_new(&f->store->node);
    return f;
}

static int setup(void **state)
{
    *state = make("./orrery-media");
    return 0;
}

/* How many files are below path; gone afterwards if take is set. */
static int walk(const char *path, bool take)
{
    DIR *d = opendir(path);
    int n = 0;
    if (d == NULL)
        return 0;
    for (struct dirent *e; (e = readdir(d)) != NULL;) {
        char below[600];
        if (e->d_name[0] == '.')
            continue;
        snprintf(below, sizeof below, "%s/%s", path, e->d_name);
        if (e->d_type == DT_DIR) {
            n += walk(below, take);
            continue;
        }
        n++;
        if (take)
            unlink(below);
    }
    closedir(d);
    if (take)
        rmdir(path);
    return n;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    char media[300];
    cx_free(f->cx);
    snprintf(media, sizeof media, "%s/media", f->store->dir);
    walk(media, true);
    store_free(f->store);
    media_engine_free(f->server.media);
    free(f);
    return 0;
}

static enum err add(struct fixture *f, struct str bytes, struct media *ret)
{
    f->cx->tell = NULL;
    return media_add_image(f->cx, 1, DB_NULL, bytes, STR("a.jpg"), STR("alt"), ret);
}

static struct str stored(struct fixture *f, const struct media *m, bool small)
{
    int fd;
    int64_t size;
    assert_int_equal(media_open(f->cx, m, small, &fd, &size), OK);
    char *p = arena_alloc(f->cx->arena, (size_t)size + 1);
    assert_int_equal(read(fd, p, (size_t)size), size);
    close(fd);
    return (struct str){p, (size_t)size};
}

static void refuse(struct fixture *f, struct str bytes, const char *sentence)
{
    struct media m;
    assert_int_equal(add(f, bytes, &m), ERR_INVALID);
    assert_non_null(f->cx->tell);
    if (strstr(f->cx->tell, sentence) == NULL)
        fail_msg("told \"%s\"", f->cx->tell);
}

static void pictures_are_kept_in_two_sizes(void **state)
{
    struct fixture *f = *state;
    struct media m, again;
    struct str png = sample_png(f->cx->arena, 900, 600, SAMPLE_NOISE);
    assert_int_equal(add(f, png, &m), OK);
    CHECK_STR(m.mime, "image/jpeg");
    assert_int_equal(m.width, 900);
    assert_int_equal(m.small_width, 640);
    assert_int_equal(m.small_height, 427);
    assert_int_equal(m.blurhash.n, BLURHASH_LEN);
    CHECK_STR(m.filename, "a.jpg");
    struct str bytes = stored(f, &m, false), small = stored(f, &m, true);
    assert_int_equal(bytes.n, m.size);
    assert_true(str_starts(bytes, STR("\xFF\xD8\xFF")) && small.n < bytes.n);
    assert_true(str_eq(crypt_sha256_hex(f->cx->arena, bytes), m.hash));
    assert_int_equal(media_by_id(f->cx, m.id, &again), OK);
    assert_true(str_eq(again.small_hash, m.small_hash) && again.small_height == 427);
    assert_true(again.planet_id == DB_NULL && !again.is_public);
    assert_true(str_eq(media_url(f->cx, &m, true),
                       str_fmt(f->cx->arena, "/media/%lld/small.jpg", (long long)m.id)));
}

static void large_ones_are_scaled(void **state)
{
    struct fixture *f = *state;
    struct media m;
    assert_int_equal(add(f, sample_png(f->cx->arena, 3000, 100, SAMPLE_FLAT), &m), OK);
    assert_int_equal(m.width, 2048);
    assert_int_equal(m.height, 68);
    CHECK_STR(m.mime, "image/png"); /* flat colour is smaller so */
    assert_int_equal(add(f, sample_png(f->cx->arena, 1, 1, SAMPLE_FLAT), &m), OK);
    assert_int_equal(m.small_width, 1);
}

static void what_shows_through_stays(void **state)
{
    struct fixture *f = *state;
    struct media m;
    assert_int_equal(add(f, sample_png(f->cx->arena, 30, 20, SAMPLE_ALPHA), &m), OK);
    CHECK_STR(m.mime, "image/png");
    /* IHDR says colour type 6 */
    assert_int_equal(stored(f, &m, false).p[25], 6);
}

static void other_formats_are_read(void **state)
{
    struct fixture *f = *state;
    struct media m;
    assert_int_equal(add(f, STR(SAMPLE_GIF), &m), OK);
    assert_int_equal(m.width, 2);
    assert_int_equal(add(f, STR(SAMPLE_WEBP), &m), OK);
    assert_int_equal(m.width, 1);
}

/* Turned by its EXIF, with a GPS place, a camera's name, a comment and a second file behind it. */
static void nothing_but_pixels_is_kept(void **state)
{
    struct fixture *f = *state;
    struct media plain, m;
    assert_int_equal(add(f, sample_png(f->cx->arena, 60, 40, SAMPLE_NOISE), &plain), OK);
    struct str jpeg = stored(f, &plain, false);
    if (!str_eq_c(plain.mime, "image/jpeg"))
        fail_msg("the sample must give a JPEG");
    struct buf b;
    buf_init_arena(&b, f->cx->arena, 1 << 20);
    buf_put(&b, str_sub(jpeg, 0, 2));
    buf_put_bytes(&b, SAMPLE_EXIF, sizeof SAMPLE_EXIF - 1);
    buf_lit(&b, "\xFF\xFE\x00\x0F" "SECRETCOMMENT");
    buf_put(&b, str_sub(jpeg, 2, SIZE_MAX));
    buf_lit(&b, "PK\x03\x04<script>SECRETTAIL</script>");
    assert_true(str_contains(buf_str(&b), STR("SECRETCAMERA")));
    assert_int_equal(add(f, buf_str(&b), &m), OK);
    for (int small = 0; small < 2; small++) {
        struct str out = stored(f, &m, small == 1);
        assert_false(str_contains(out, STR("SECRET")));
        assert_false(str_contains(out, STR("Exif")));
    }
    /* Orientation 6 was applied. */
    assert_int_equal(m.width, 40);
    assert_int_equal(m.height, 60);
}

static void what_is_no_picture_is_refused(void **state)
{
    struct fixture *f = *state;
    struct arena *a = f->cx->arena;
    struct media m;
    refuse(f, STR(""), "empty");
    refuse(f, STR("PK\x03\x04 this is a zip renamed .jpg"), "JPEG or PNG");
    refuse(f, STR("just text"), "JPEG or PNG");
    refuse(f, STR("<svg xmlns=\"http://www.w3.org/2000/svg\"/>"), "JPEG or PNG");
    refuse(f, STR("\x89PNG\r\n\x1A\n<svg xmlns=\"http://www.w3.org/2000/svg\"/>"), "JPEG or PNG");
    refuse(f, STR("\xFF\xD8\xFF"), "JPEG or PNG");
    refuse(f, STR("GIF89a"), "JPEG or PNG");
    refuse(f, STR("%PDF-1.4 \n"), "JPEG or PNG");
    refuse(f, STR("II*\0\x08\0\0\0"), "JPEG or PNG");
    struct str png = sample_png(a, 300, 200, SAMPLE_NOISE);
    assert_int_equal(add(f, png, &m), OK);
    struct str jpeg = stored(f, &m, false);
    refuse(f, str_sub(png, 0, png.n / 2), "JPEG or PNG");
    refuse(f, str_sub(jpeg, 0, jpeg.n / 2), "JPEG or PNG");
    char *big = arena_alloc(a, MEDIA_IMAGE_MAX + 1);
    memcpy(big, "\xFF\xD8\xFF", 3);
    assert_int_equal(add(f, (struct str){big, MEDIA_IMAGE_MAX + 1}, &m), ERR_TOO_LARGE);
}

static void bombs_do_not_go_off(void **state)
{
    struct fixture *f = *state;
    struct str bomb = sample_png(f->cx->arena, 50000, 50000, SAMPLE_HEADER_ONLY);
    assert_true(bomb.n < 1000);
    refuse(f, bomb, "too many pixels");
    refuse(f, sample_png(f->cx->arena, 7100, 7100, SAMPLE_HEADER_ONLY), "too many pixels");
    refuse(f, sample_png(f->cx->arena, INT32_MAX, INT32_MAX, SAMPLE_HEADER_ONLY), "");
}

static void broken_helpers_are_survived(void **state)
{
    (void)state;
    static const char *const helpers[] = {"/nonexistent/orrery-media", "/bin/false", "/bin/cat",
                                          "/bin/true"};
    for (size_t i = 0; i < 4; i++) {
        struct fixture *f = make(helpers[i]);
        struct media m;
        enum err e = add(f, sample_png(f->cx->arena, 3, 3, SAMPLE_FLAT), &m);
        assert_int_equal(e, i == 0 ? ERR_INTERNAL : ERR_INVALID);
        assert_non_null(f->cx->tell);
        void *p = f;
        teardown(&p);
    }
}

static int count_files(struct fixture *f)
{
    char path[300];
    snprintf(path, sizeof path, "%s/media", f->store->dir);
    return walk(path, false);
}

static void files_keep_their_bytes(void **state)
{
    struct fixture *f = *state;
    struct media m, n;
    assert_int_equal(media_add_file(f->cx, 1, 7, STR("%PDF-1.7 x"),
                                    STR("C:\\dir/../论文 \"1\".pdf"), STR("text/html"), &m), OK);
    CHECK_STR(m.mime, "application/pdf");
    CHECK_STR(m.filename, "论文 \"1\".pdf");
    CHECK_STR(m.kind, "file");
    assert_true(!media_is_inline(&m) && m.planet_id == 7 && m.width == DB_NULL);
    assert_true(str_ends(media_url(f->cx, &m, false), STR("/%E8%AE%BA%E6%96%87%20%221%22.pdf")));
    CHECK_STR(stored(f, &m, true), "%PDF-1.7 x");
    assert_int_equal(media_add_file(f->cx, 2, DB_NULL, STR("%PDF-1.7 x"), STR(".."), STR(""), &n), OK);
    assert_true(str_eq(m.hash, n.hash));
    CHECK_STR(n.filename, "file");
    assert_int_equal(count_files(f), 1);
    /* The bytes go with the last row. */
    assert_int_equal(media_delete(f->cx, m.id), OK);
    struct job job = {.payload = str_fmt(f->cx->arena, STR_FMT " ", STR_ARG(m.hash))};
    assert_int_equal(media_jobs[0].run(f->cx, &job), JOB_DONE);
    assert_int_equal(count_files(f), 1);
    assert_int_equal(media_delete(f->cx, n.id), OK);
    assert_int_equal(media_jobs[0].run(f->cx, &job), JOB_DONE);
    assert_int_equal(count_files(f), 0);
    assert_int_equal(media_by_id(f->cx, n.id, &n), ERR_NOT_FOUND);
    assert_int_equal(media_delete(f->cx, n.id), ERR_NOT_FOUND);
}

static void types_are_those_of_the_bytes(void **state)
{
    (void)state;
    CHECK_STR(media_type_of_file(STR("<script>"), STR("text/html")), "text/plain; charset=utf-8");
    CHECK_STR(media_type_of_file(STR("<svg/>"), STR("image/svg+xml")), "application/octet-stream");
    CHECK_STR(media_type_of_file(STR("a\0b"), STR("text/plain")), "application/octet-stream");
    CHECK_STR(media_type_of_file(STR("ID3\x04"), STR("text/html")), "audio/mpeg");
    CHECK_STR(media_type_of_file(STR("\0\0\0\x18" "ftypisom"), STR("")), "video/mp4");
    CHECK_STR(media_type_of_file(STR("\0\0\0\x18" "ftypM4A "), STR("")), "audio/mp4");
    CHECK_STR(media_type_of_file(STR("PK\x03\x04"), STR("application/epub+zip")),
              "application/epub+zip");
    CHECK_STR(media_type_of_file(STR("PK\x03\x04"), STR("text/html")), "application/zip");
    CHECK_STR(media_type_of_file(STR(""), STR("audio/mpeg")), "application/octet-stream");
}

/* No room: what was begun is gone, and so is the row. */
static void a_full_disk_leaves_nothing(void **state)
{
    struct fixture *f = *state;
    struct media m;
    struct rlimit old, tight;
    char *big = arena_alloc(f->cx->arena, 12 << 20);
    memset(big, 'x', 12 << 20);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    tight = (struct rlimit){8 << 20, old.rlim_max}; /* the store itself fits */
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &tight), 0);
    enum err e = media_add_file(f->cx, 1, DB_NULL, (struct str){big, 12 << 20}, STR("a"), STR(""), &m);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    assert_int_equal(e, ERR_STORAGE);
    assert_non_null(f->cx->tell);
    assert_int_equal(count_files(f), 0);
    assert_int_equal(media_add_file(f->cx, 1, DB_NULL, (struct str){big, 12 << 20}, STR("a"), STR(""), &m), OK);
}

static void leftovers_are_swept(void **state)
{
    struct fixture *f = *state;
    struct media kept, lost;
    assert_int_equal(media_add_file(f->cx, 1, DB_NULL, STR("kept"), STR("a"), STR(""), &kept), OK);
    assert_int_equal(media_add_file(f->cx, 1, DB_NULL, STR("lost"), STR("a"), STR(""), &lost), OK);
    assert_int_equal(media_delete(f->cx, lost.id), OK);
    struct job job = {0};
    assert_int_equal(media_jobs[1].run(f->cx, &job), JOB_DONE);
    assert_int_equal(count_files(f), 2); /* too young */
    const struct media *both[] = {&kept, &lost};
    for (int i = 0; i < 2; i++) {
        struct timespec old[2] = {{.tv_sec = time(NULL) - 90000}, {.tv_sec = time(NULL) - 90000}};
        struct str path = str_fmt(f->cx->arena, "%s/media/%.2s/" STR_FMT, f->store->dir,
                                  both[i]->hash.p, STR_ARG(both[i]->hash));
        assert_int_equal(utimensat(AT_FDCWD, path.p, old, 0), 0);
    }
    assert_int_equal(media_jobs[1].run(f->cx, &job), JOB_DONE);
    assert_int_equal(count_files(f), 1);
    CHECK_STR(stored(f, &kept, false), "kept");
}

/* Slow pictures must not gather all of the server's workers behind them. */
static void who_finds_no_room_hears_it_at_once(void **state)
{
    struct fixture *f = *state;
    struct media m;
    int64_t began = clock_monotonic();
    f->server.media = media_engine_free(f->server.media);
    f->server.media = media_engine_new(0, 0, "./orrery-media");
    assert_int_equal(add(f, sample_png(f->cx->arena, 9, 6, SAMPLE_NOISE), &m), ERR_BUSY);
    assert_true(clock_monotonic() - began < 5000);
    assert_non_null(f->cx->tell);
}

static struct str expand(struct fixture *f, struct str html)
{
    struct safe_html out;
    assert_int_equal(media_expand(f->cx, (struct safe_html){html}, &out), OK);
    return out.s;
}

static void texts_show_their_media(void **state)
{
    struct fixture *f = *state;
    struct arena *a = f->cx->arena;
    struct media m, file, film;
    assert_int_equal(add(f, sample_png(a, 900, 600, SAMPLE_NOISE), &m), OK);
    assert_int_equal(media_add_file(f->cx, 1, DB_NULL, STR("x<"), STR("<x>"), STR(""), &file), OK);
    assert_int_equal(media_add_file(f->cx, 1, DB_NULL, STR("fLaC"), STR("s"), STR(""), &film), OK);
    struct str html = str_fmt(a, "<p>a</p><figure><img src=\"media:%lld\" alt=\"b &quot;\"></figure>",
                              (long long)m.id);
    struct str want = str_fmt(
        a, "<p>a</p><figure><img src=\"/media/%lld/large.jpg\" srcset=\"/media/%lld/small.jpg 640w, "
           "/media/%lld/large.jpg 900w\" sizes=\"(max-width: 45rem) 100vw, 45rem\" width=\"900\" "
           "height=\"600\" loading=\"lazy\" decoding=\"async\" alt=\"b &quot;\"></figure>",
        (long long)m.id, (long long)m.id, (long long)m.id);
    /* To others a locked one is as if it were not there: address, size, name and words. */
    assert_string_equal(expand(f, html).p, "<p>a</p><figure>b &quot;</figure>");
    f->cx->viewer = 2;
    assert_string_equal(expand(f, html).p, "<p>a</p><figure>b &quot;</figure>");
    f->cx->viewer = 1;
    assert_string_equal(expand(f, html).p, want.p);
    html = str_fmt(a, "<img src=\"media:%lld\" alt=\"\">", (long long)m.id);
    assert_true(str_contains(expand(f, html), STR(" alt=\"alt\">")));
    html = str_fmt(a, "<img src=\"media:%lld\" alt=\"\">", (long long)file.id);
    assert_true(str_contains(expand(f, html), STR(" download>&lt;x&gt;</a>")));
    html = str_fmt(a, "<img src=\"media:%lld\" alt=\"\">", (long long)film.id);
    assert_true(str_starts(expand(f, html), STR("<audio controls")));
    CHECK_STR(expand(f, STR("<p><img src=\"media:99\" alt=\"gone\">x</p>")), "<p>gonex</p>");
    CHECK_STR(expand(f, STR("<p><img src=\"media:")), "<p><img src=\"media:");
}

static void words_and_doors_change(void **state)
{
    struct fixture *f = *state;
    struct media m;
    char many[1501];
    memset(many, 'a', sizeof many);
    assert_int_equal(media_add_file(f->cx, 1, DB_NULL, STR("x"), STR("x"), STR(""), &m), OK);
    assert_int_equal(media_set_alt(f->cx, m.id, STR("茶")), OK);
    assert_int_equal(media_set_alt(f->cx, m.id, (struct str){many, sizeof many}), ERR_INVALID);
    assert_int_equal(media_set_alt(f->cx, 5, STR("x")), ERR_NOT_FOUND);
    assert_int_equal(tx_begin(f->cx), OK);
    assert_int_equal(media_set_public(f->cx, m.id, true), OK);
    assert_int_equal(tx_commit(f->cx), OK);
    assert_int_equal(media_by_id(f->cx, m.id, &m), OK);
    CHECK_STR(m.alt, "茶");
    assert_true(m.is_public);
}

static void blurhashes_are_as_specified(void **state)
{
    (void)state;
    char hash[BLURHASH_LEN + 1];
    unsigned char rgb[4 * 4 * 3] = {0};
    blurhash_encode(rgb, 4, 4, hash);
    assert_string_equal(hash, "L00000fQfQfQfQfQfQfQfQfQfQfQ");
    memset(rgb, 255, sizeof rgb);
    blurhash_encode(rgb, 4, 4, hash);
    assert_int_equal(strncmp(hash, "L", 1), 0);
    assert_int_equal(strncmp(hash + 2, "TSUA", 4), 0); /* 0xFFFFFF in base 83 */
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(pictures_are_kept_in_two_sizes), TEST(large_ones_are_scaled),
        TEST(what_shows_through_stays),       TEST(other_formats_are_read),
        TEST(nothing_but_pixels_is_kept),     TEST(what_is_no_picture_is_refused),
        TEST(bombs_do_not_go_off),            TEST(files_keep_their_bytes),
        TEST(a_full_disk_leaves_nothing),     TEST(leftovers_are_swept),
        TEST(texts_show_their_media),         TEST(words_and_doors_change),
        TEST(who_finds_no_room_hears_it_at_once),
        cmocka_unit_test(broken_helpers_are_survived),
        cmocka_unit_test(types_are_those_of_the_bytes),
        cmocka_unit_test(blurhashes_are_as_specified),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
