/* Pictures of other servers: their addresses, what is kept of them and for how long. Fetching them is tested
 * on the program itself (tests/live/far.test.mjs). */
#include "node/media/far_int.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "node/base/clock.h"
#include "node/jobs/jobs.h"
#include "node/media/far_sql.h"
#include "node/server.h"
#include "node/settings.h"
#include "tests/unit/store.h"

struct fixture {
    struct store *store;
    struct server server;
    struct cx *cx;
};

static bool refuse_bad(struct cx *cx, struct str owner, struct str host)
{
    (void)cx;
    return !str_eq_c(owner, "bad.example") && !str_eq_c(host, "bad.example");
}
static const struct far_hooks hooks = {.may = refuse_bad};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    f->store = store_new();
    f->store->node.dir = f->store->dir;
    f->store->node.server = &f->server;
    f->store->node.origin = STR("https://tea.example");
    f->store->node.host = STR("tea.example");
    f->server.far = far_engine_new(&f->server, &hooks);
    f->cx = cx_new(&f->store->node);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    char far[300];
    cx_free(f->cx);
    f->server.far = far_engine_stop(f->server.far);
    snprintf(far, sizeof far, "%s/far", f->store->dir);
    DIR *d = opendir(far);
    for (struct dirent *e; d != NULL && (e = readdir(d)) != NULL;) {
        char below[600];
        snprintf(below, sizeof below, "%s/%s", far, e->d_name);
        DIR *in = e->d_name[0] == '.' ? NULL : opendir(below);
        for (struct dirent *g; in != NULL && (g = readdir(in)) != NULL;)
            unlinkat(dirfd(in), g->d_name, 0);
        if (in != NULL)
            closedir(in);
        rmdir(below);
    }
    if (d != NULL)
        closedir(d);
    rmdir(far);
    store_free(f->store);
    free(f);
    return 0;
}

static struct cx *cx_of(void **state)
{
    return ((struct fixture *)*state)->cx;
}

/* The pieces behind "/far/". */
static enum err read_back(struct cx *cx, struct str address, struct far_thing *ret)
{
    struct str rest = str_sub(address, 5, SIZE_MAX), kind, mac, code;
    assert_true(str_starts(address, STR("/far/")));
    assert_true(str_next(&rest, '/', &kind) && str_next(&rest, '/', &mac) && str_next(&rest, '/', &code));
    return far_read(cx, kind, mac, code, ret);
}

#define PIC STR("https://files.example/a/b.png?x=1")

static void addresses_lead_back(void **state)
{
    struct cx *cx = cx_of(state);
    struct far_thing t, u;
    struct str at = far_media_url(cx, PIC, FAR_AVATAR);
    assert_true(str_eq(at, far_media_url(cx, PIC, FAR_AVATAR))); /* the same each time */
    assert_int_equal(read_back(cx, at, &t), OK);
    assert_true(str_eq(t.url, PIC) && str_eq_c(t.host, "files.example") && str_eq_c(t.owner, "files.example"));
    struct str of = far_media_url_of(cx, STR("social.example"), PIC, FAR_PICTURE);
    assert_int_equal(read_back(cx, of, &u), OK);
    assert_true(str_eq_c(u.owner, "social.example") && str_eq(u.url, PIC) && u.kind == FAR_PICTURE);
    assert_false(str_eq(t.name, u.name)); /* another limit, another variant */
    /* Signed for one kind, one address, one node. */
    char *wrong = arena_copy(cx->arena, at.p, at.n);
    wrong[5] = 'p';
    assert_int_equal(read_back(cx, (struct str){wrong, at.n}, &t), ERR_NOT_FOUND);
    wrong[5] = 'a';
    wrong[7] ^= 1;
    assert_int_equal(read_back(cx, (struct str){wrong, at.n}, &t), ERR_NOT_FOUND);
    cx->node->secret[0] ^= 1;
    assert_int_equal(read_back(cx, at, &t), ERR_NOT_FOUND);
    cx->node->secret[0] ^= 1;
}

static void what_nobody_may_be_asked_for_has_none(void **state)
{
    struct cx *cx = cx_of(state);
    static const char *const bad[] = {
        "", "nonsense", "ftp://a.example/x", "http://a.example/x.png", "https://127.0.0.1/x", "https://localhost/x",
        "https://u:p@a.example/x", "https://a.example:22/x", "javascript:alert(1)", "data:image/png;base64,AA",
        "https://bad.example/x.png", "https://tea.example/logout", "https://tea.example/@tea",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_null(far_media_url(cx, str_c(bad[i]), FAR_AVATAR).p);
    assert_null(far_media_url_of(cx, STR("bad.example"), PIC, FAR_AVATAR).p);
    assert_true(str_eq_c(far_media_url(cx, STR("https://tea.example/media/5/small.png"), FAR_AVATAR),
                         "/media/5/small.png"));
    assert_true(str_starts(far_media_url(cx, STR("https://tea.example.org/media/5"), FAR_AVATAR), STR("/far/")));
}

static struct far_thing thing(struct cx *cx, const char *name)
{
    struct far_thing t;
    struct str url = str_fmt(cx->arena, "https://files.example/%s", name);
    assert_int_equal(read_back(cx, far_media_url(cx, url, FAR_AVATAR), &t), OK);
    return t;
}

static struct str bytes(struct cx *cx, size_t n)
{
    char *p = arena_alloc(cx->arena, n);
    memset(p, 'x', n);
    return (struct str){p, n};
}

static int64_t total(struct cx *cx)
{
    struct far_stats s;
    assert_int_equal(far_stats(cx, &s), OK);
    return s.bytes;
}

static void keeps_counts_and_forgets(void **state)
{
    struct cx *cx = cx_of(state);
    struct far_thing a = thing(cx, "a"), b = thing(cx, "b");
    struct far_bytes got;
    assert_int_equal(far_open(cx, &a, &got), ERR_UPSTREAM); /* ask for it */
    assert_int_equal(far_keep(cx, &a, bytes(cx, 1000), STR("image/png")), OK);
    assert_int_equal(far_keep(cx, &b, bytes(cx, 500), STR("image/jpeg")), OK);
    assert_int_equal(total(cx), 1500);
    assert_int_equal(far_keep(cx, &a, bytes(cx, 800), STR("image/png")), OK); /* a newer one */
    assert_int_equal(total(cx), 1300);
    assert_int_equal(far_open(cx, &a, &got), OK);
    assert_true(got.size == 800 && strcmp(got.mime, "image/png") == 0);
    close(got.fd);
    /* Seen within a fortnight stays, the other goes. */
    cx->now += 10 * MS_DAY;
    assert_int_equal(far_open(cx, &a, &got), OK);
    close(got.fd);
    cx->now += 5 * MS_DAY;
    assert_int_equal(far_prune(cx), OK);
    assert_int_equal(total(cx), 800);
    assert_int_equal(far_open(cx, &b, &got), ERR_UPSTREAM);
    assert_int_equal(far_forget_host(cx, STR("files.example")), OK);
    assert_int_equal(total(cx), 0);
    assert_int_equal(far_open(cx, &a, &got), ERR_UPSTREAM);
}

static void what_failed_rests(void **state)
{
    struct cx *cx = cx_of(state);
    struct far_thing a = thing(cx, "late"), b = thing(cx, "wrong"), c = thing(cx, "was");
    struct far_bytes got;
    int64_t waits[] = {10, 20, 40, 80};
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(far_note_vain(cx, &a, false, false), OK);
        cx->now += waits[i] * MS_MINUTE - 1;
        assert_int_equal(far_open(cx, &a, &got), ERR_NOT_FOUND);
        cx->now += 2;
        assert_int_equal(far_open(cx, &a, &got), ERR_UPSTREAM);
    }
    assert_int_equal(far_note_vain(cx, &b, true, false), OK);
    cx->now += 23 * MS_HOUR;
    assert_int_equal(far_open(cx, &b, &got), ERR_NOT_FOUND);
    cx->now += 2 * MS_HOUR;
    assert_int_equal(far_open(cx, &b, &got), ERR_UPSTREAM);
    /* What we have stays while its server is away, and goes when it is gone there. */
    assert_int_equal(far_keep(cx, &c, bytes(cx, 10), STR("image/png")), OK);
    assert_int_equal(far_note_vain(cx, &c, false, false), OK);
    assert_int_equal(far_open(cx, &c, &got), OK);
    close(got.fd);
    assert_int_equal(far_note_vain(cx, &c, true, true), OK);
    assert_int_equal(far_open(cx, &c, &got), ERR_NOT_FOUND);
    assert_int_equal(total(cx), 0);
    cx->now += 4 * MS_DAY;
    assert_int_equal(far_prune(cx), OK);
    struct far_stats s;
    assert_int_equal(far_stats(cx, &s), OK);
    assert_int_equal(s.vain, 0);
}

static void has_a_bound(void **state)
{
    struct cx *cx = cx_of(state);
    struct far_stats s;
    struct far_bytes got;
    assert_int_equal(far_stats(cx, &s), OK);
    assert_int_equal(s.limit, (int64_t)1024 << 20);
    assert_int_equal(setting_set(cx, STR("media.far_mb"), STR("0")), ERR_INVALID);
    assert_int_equal(setting_set(cx, STR("media.far_mb"), STR("1")), OK);
    struct far_thing first = thing(cx, "0");
    for (int i = 0; i < 12; i++) {
        struct far_thing t = thing(cx, arena_printf(cx->arena, "%d", i));
        cx->now += MS_MINUTE;
        assert_int_equal(far_keep(cx, &t, bytes(cx, 100 << 10), STR("image/png")), OK);
        assert_true(total(cx) <= 1 << 20);
    }
    assert_int_equal(far_open(cx, &first, &got), ERR_UPSTREAM); /* the oldest went */
    struct far_thing last = thing(cx, "11");
    assert_int_equal(far_open(cx, &last, &got), OK);
    close(got.fd);
    /* A quarter of the plan's storage, if that is less. */
    assert_int_equal(setting_set(cx, STR("media.far_mb"), STR("100")), OK);
    atomic_store(&cx->node->quota.storage_bytes, 1600 << 10);
    assert_int_equal(far_stats(cx, &s), OK);
    assert_int_equal(s.limit, 400 << 10);
    assert_int_equal(far_prune(cx), OK);
    assert_true(total(cx) <= 400 << 10 && total(cx) > 0);
}

static void called(void *arg)
{
    ++*(int *)arg;
}

static void nobody_waits_for_an_engine_that_left(void **state)
{
    struct fixture *f = *state;
    struct far_thing t = thing(f->cx, "x");
    int n = 0;
    far_engine_leave(f->server.far);
    assert_int_equal(far_fetch(f->cx, &t, called, &n), ERR_BUSY);
    assert_int_equal(n, 0);
    assert_true(f->cx->retry_after_s > 0);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(addresses_lead_back),
        T(what_nobody_may_be_asked_for_has_none),
        T(keeps_counts_and_forgets),
        T(what_failed_rests),
        T(has_a_bound),
        T(nobody_waits_for_an_engine_that_left),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
