/* A provider's registry: what verbs do to rows, directories and the entries of a serving process. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "admin/host/host_sql.h"
#include "admin/host/keep_sql.h"
#include "admin/host/spare.h"
#include "admin/host/verbs.h"
#include "node/base/arena.h"
#include "node/base/clock.h"
#include "node/base/log.h"
#include "node/db/db.h"
#include "node/nodes.h"
#include "node/server.h"
#include "tests/unit/unit.h"

#define OK_(call) assert_int_equal((call), OK)

struct place {
    char top[200], dir[256];
    struct server server;
    struct host *h;
    struct cx *cx;
};

static void place_open(struct place *p)
{
    OK_(host_open(&p->server, p->dir, &p->h));
    p->cx = cx_new(&p->h->node);
}

static void place_close(struct place *p)
{
    p->cx = cx_free(p->cx);
    p->h = host_close(p->h);
}

static int setup(void **state)
{
    const char *tmp = getenv("TMPDIR");
    struct place *p = calloc(1, sizeof *p);
    snprintf(p->top, sizeof p->top, "%s/orrery-host-XXXXXX", tmp == NULL ? "/tmp" : tmp);
    assert_non_null(mkdtemp(p->top));
    snprintf(p->dir, sizeof p->dir, "%s/host", p->top);
    OK_(host_make(&p->server, p->dir, &(struct host_init){0}));
    place_open(p);
    *state = p;
    return 0;
}

/* The entries of a serving process, without its engines. */
static void serve(struct place *p)
{
    p->server.nodes = p->h->nodes = nodes_new(&p->server, NULL);
    p->h->process = STR("test");
    OK_(host_sync(p->cx));
}

static int teardown(void **state)
{
    struct place *p = *state;
    if (p->h->nodes != NULL)
        p->h->nodes = p->server.nodes = nodes_free(p->h->nodes);
    place_close(p);
    OK_(host_remove_tree(p->top));
    free(p);
    return 0;
}

static enum err create(struct place *p, const char *domain, const char *owner, struct host_node *ret,
                       bool *ret_made)
{
    struct str link;
    p->cx->tell = NULL;
    const struct host_ask ask = {.domain = str_c(domain), .owner = str_c(owner)};
    enum err e = host_create(p->cx, &ask, ret, &link, ret_made);
    if (e == OK)
        assert_true(str_contains(link, STR("/login/")));
    return e;
}

static bool is_there(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0;
}

/* ---- */

static void only_domains_are_domains(void **state)
{
    struct place *p = *state;
    struct str host, origin;
    static const struct { const char *typed, *host, *origin; } good[] = {
        {"Tea.Example.ORG", "tea.example.org", "https://tea.example.org"},
        {" tea.example.org ", "tea.example.org", "https://tea.example.org"},
        {"tea.example.org:443", "tea.example.org", "https://tea.example.org"},
        {"bücher.example", "xn--bcher-kva.example", "https://xn--bcher-kva.example"},
        {"localhost:8420", "localhost:8420", "http://localhost:8420"},
        {"tea.localhost", "tea.localhost", "http://tea.localhost"},
    };
    static const char *const bad[] = {
        "", ".", "example", "a b.org", "tea.example.org.", "tea..org", "-a.example.org", "a-.example.org",
        "127.0.0.1", "1.2.3", "0x7f000001", "[::1]", "[::1]:80", "tea.example.org:8080",
        "https://tea.example.org", "tea.example.org/x", "me@tea.example.org", "tea_.example.org",
        "xn--a.example.org\x01", "\xff\xfe.org"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        OK_(host_domain(p->cx, str_c(good[i].typed), &host, &origin));
        CHECK_STR(host, good[i].host);
        CHECK_STR(origin, good[i].origin);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        p->cx->tell = NULL;
        if (host_domain(p->cx, str_c(bad[i]), &host, &origin) != ERR_INVALID)
            fail_msg("'%s' was taken for a domain", bad[i]);
        assert_non_null(p->cx->tell);
    }
}

static void a_node_is_made_once(void **state)
{
    struct place *p = *state;
    struct host_node n, again;
    bool made;
    OK_(create(p, "tea.example.org", "ann@example.org", &n, &made));
    assert_true(made);
    CHECK_STR(n.state, "active");
    CHECK_STR(n.name, "tea-example-org");
    assert_true(is_there(str_fmt(p->cx->arena, STR_FMT "/secret.key", STR_ARG(n.dir)).p));
    OK_(create(p, "TEA.example.org", "Ann@Example.org", &again, &made));
    assert_false(made);
    assert_int_equal(again.id, n.id);
    assert_int_equal(create(p, "tea.example.org", "bob@example.org", &again, &made), ERR_CONFLICT);
    assert_int_equal(create(p, "ink.example.org", "nobody", &again, &made), ERR_INVALID);
    /* Two domains whose labels would be the same. */
    OK_(create(p, "tea-example.org", "ann@example.org", &again, &made));
    CHECK_STR(again.name, "tea-example-org-2");
}

static void keys_that_were_made_ahead_are_taken_and_gone(void **state)
{
    struct place *p = *state;
    struct host_node n;
    bool made, full = false;
    int64_t left;
    for (int i = 0; i < 10 && !full; i++) {
        OK_(host_spare_fill(p->cx, 4, &full));
        p->cx->lazy = false;
    }
    assert_true(full);
    OK_(create(p, "tea.example.org", "ann@example.org", &n, &made));
    OK_(q_host_spare_count(p->cx, STR("rsa"), &left));
    assert_int_equal(left, 4 - HOST_KEYS_A_NODE);
    OK_(create(p, "ink.example.org", "ann@example.org", &n, &made)); /* with one, and two of its own */
    OK_(q_host_spare_count(p->cx, STR("rsa"), &left));
    assert_int_equal(left, 0);
}

static enum node_state state_of(struct place *p, const char *host)
{
    struct node_glance g = {.state = NODE_AWAY};
    assert_true(nodes_glance(p->h->nodes, str_c(host), &g));
    return g.state;
}

static void entries_follow_the_registry(void **state)
{
    struct place *p = *state;
    struct host_node n;
    struct node_glance g;
    bool made;
    OK_(create(p, "before.example.org", "ann@example.org", &n, &made));
    serve(p);
    assert_int_equal(state_of(p, "before.example.org"), NODE_ACTIVE);
    OK_(create(p, "tea.example.org", "ann@example.org", &n, &made));
    assert_int_equal(state_of(p, "tea.example.org"), NODE_ACTIVE);
    OK_(host_suspend(p->cx, STR("tea-example-org"), &n));
    CHECK_STR(n.state, "suspended");
    assert_int_equal(state_of(p, "tea.example.org"), NODE_SUSPENDED);
    OK_(host_suspend(p->cx, STR("tea.example.org"), &n)); /* twice is once */
    OK_(host_resume(p->cx, STR("tea.example.org"), &n));
    assert_int_equal(state_of(p, "tea.example.org"), NODE_ACTIVE);
    /* A change by somebody else is seen with the next look, and only then. */
    struct host *other;
    struct server elsewhere = {0};
    OK_(host_open(&elsewhere, p->dir, &other));
    struct cx *cx = cx_new(&other->node);
    OK_(host_suspend(cx, STR("tea.example.org"), &n));
    cx_free(cx);
    host_close(other);
    assert_int_equal(state_of(p, "tea.example.org"), NODE_ACTIVE);
    OK_(host_sync(p->cx));
    assert_int_equal(state_of(p, "tea.example.org"), NODE_SUSPENDED);
    assert_false(nodes_glance(p->h->nodes, STR("ink.example.org"), &g));
}

static void a_plan_holds_at_once(void **state)
{
    struct place *p = *state;
    struct host_node n;
    struct node *node;
    bool made;
    serve(p);
    OK_(create(p, "tea.example.org", "ann@example.org", &n, &made));
    OK_(nodes_take_id(p->h->nodes, n.id, &node));
    assert_int_equal(atomic_load(&node->quota.members), 0);
    OK_(host_plan_set(p->cx, &(struct host_plan){.name = STR("small"), .members = 5}));
    OK_(host_set_plan(p->cx, n.host, STR("small"), &n));
    assert_int_equal(atomic_load(&node->quota.members), 5);
    OK_(host_plan_set(p->cx, &(struct host_plan){.name = STR("small"), .members = 7}));
    assert_int_equal(atomic_load(&node->quota.members), 7);
    node_drop(node);
    assert_int_equal(host_plan_delete(p->cx, STR("small")), ERR_CONFLICT);
    assert_int_equal(host_set_plan(p->cx, n.host, STR("gold"), &n), ERR_NOT_FOUND);
    assert_int_equal(
        host_plan_set(p->cx, &(struct host_plan){.name = STR("bad name"), .members = 1}),
        ERR_INVALID);
}

static void usage_adds_up(void **state)
{
    struct place *p = *state;
    struct host_node n;
    struct host_usage *u;
    struct node *node;
    bool made;
    size_t k;
    serve(p);
    OK_(create(p, "tea.example.org", "ann@example.org", &n, &made));
    for (int i = 0; i < 3; i++) {
        OK_(nodes_take_id(p->h->nodes, n.id, &node));
        NODE_COUNT(node, requests, 2);
        NODE_COUNT(node, bytes_out, 1000);
        NODE_COUNT(node, mails, 1);
        node_drop(node);
        OK_(host_usage_flush(p->cx, true));
    }
    OK_(host_usage_flush(p->cx, false)); /* nothing new: nothing is added */
    OK_(host_usage_list(p->cx, &(struct host_usage_ask){.name = n.host, .n = 10}, &u, &k));
    assert_int_equal(k, 1);
    assert_int_equal(u[0].requests, 6);
    assert_int_equal(u[0].bytes, 3000);
    assert_int_equal(u[0].mails, 3);
    assert_true(u[0].storage > 10000);
    assert_int_equal(
        host_usage_list(p->cx, &(struct host_usage_ask){.from = STR("2026-13-01")}, &u, &k),
        ERR_INVALID);
}

/* A path that is somebody else's: whoever cannot make a node there leaves it alone. */
static void what_it_did_not_make_stays(void **state)
{
    struct place *p = *state;
    struct host_node n;
    bool made;
    const char *dir = str_fmt(p->cx->arena, "%s/nodes/tea-example-org", p->dir).p;
    /* A link to nowhere: nothing is found there, and nothing can be made. */
    assert_int_equal(symlink("nowhere", dir), 0);
    assert_int_equal(create(p, "tea.example.org", "ann@example.org", &n, &made), ERR_STORAGE);
    struct stat st;
    assert_int_equal(lstat(dir, &st), 0);
    assert_int_equal(host_find(p->cx, STR("tea.example.org"), &n), ERR_NOT_FOUND);
    assert_int_equal(unlink(dir), 0);
    OK_(create(p, "tea.example.org", "ann@example.org", &n, &made));
    assert_true(made);
}

static void places_are_written_down_whole(void **state)
{
    struct place *p = *state;
    struct host_node n;
    bool made;
    char here[4096];
    assert_non_null(getcwd(here, sizeof here));
    place_close(p);
    assert_int_equal(chdir(p->top), 0);
    char whole[sizeof p->dir];
    memcpy(whole, p->dir, sizeof whole);
    snprintf(p->dir, sizeof p->dir, "./host");
    place_open(p);
    OK_(create(p, "tea.example.org", "ann@example.org", &n, &made));
    assert_int_equal(chdir(here), 0);
    assert_true(str_starts(n.dir, str_c(whole)));
    memcpy(p->dir, whole, sizeof whole);
    static const char *const bad[] = {"tea", "/", "/srv/../tea", "/srv/tea/..", "/srv/./tea", "/srv//tea",
                                      "/srv/tea/", "/srv/t\na"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(host_move(p->cx, n.name, str_c(bad[i]), STR_NULL, &n), ERR_INVALID);
}

/* Whoever answered it died: the key does not stay taken for a day. */
static void a_request_that_was_left_begins_again(void **state)
{
    struct place *p = *state;
    const struct str hash = STR("0123456789abcdef0123456789abcdef"), other = STR("another request");
    int64_t n, day = 24 * MS_HOUR;
    OK_(q_host_request_begin(p->cx, 1, STR("k"), hash, 1000 + day, 1000 + day - MS_MINUTE, &n));
    assert_int_equal(n, 1);
    OK_(q_host_request_begin(p->cx, 1, STR("k"), hash, 2000 + day, 2000 + day - MS_MINUTE, &n));
    assert_int_equal(n, 0);
    int64_t later = 1001 + MS_MINUTE + day;
    OK_(q_host_request_begin(p->cx, 1, STR("k"), other, later, later - MS_MINUTE, &n));
    assert_int_equal(n, 0);
    OK_(q_host_request_begin(p->cx, 1, STR("k"), hash, later, later - MS_MINUTE, &n));
    assert_int_equal(n, 1);
    OK_(q_host_request_end(p->cx, 1, STR("k"), 201, STR("{}"), NULL));
    OK_(q_host_request_begin(p->cx, 1, STR("k"), hash, later + day, later + day - MS_MINUTE, &n));
    assert_int_equal(n, 0); /* it has its answer */
}

static void what_was_half_made_is_undone(void **state)
{
    struct place *p = *state;
    struct host_node n;
    bool made;
    int64_t changes;
    OK_(create(p, "tea.example.org", "ann@example.org", &n, &made));
    /* As a process leaves it that dies between directory and last word. */
    OK_(q_host_node_set_state(p->cx, n.id, STR("active"), STR("making"), 0, p->cx->now, &changes));
    assert_int_equal(changes, 1);
    assert_int_equal(host_find(p->cx, n.host, &n), ERR_NOT_FOUND);
    OK_(host_mend(p->cx));
    assert_false(is_there(n.dir.p));
    OK_(create(p, "tea.example.org", "bob@example.org", &n, &made));
    assert_true(made);
    /* Or nobody mends, and somebody asks for it again. */
    OK_(q_host_node_set_state(p->cx, n.id, STR("active"), STR("making"), 0, p->cx->now, NULL));
    OK_(create(p, "tea.example.org", "bob@example.org", &n, &made));
    assert_true(made);
}

static void deleting_ends_in_the_archive(void **state)
{
    struct place *p = *state;
    struct host_node n, other;
    struct host_row row;
    bool made;
    serve(p);
    OK_(create(p, "tea.example.org", "ann@example.org", &n, &made));
    OK_(host_delete(p->cx, n.host, 3, false, &n));
    CHECK_STR(n.state, "leaving");
    assert_int_equal(state_of(p, "tea.example.org"), NODE_LEAVING);
    for (int i = 0; i < 4; i++)
        OK_(host_work(p->cx)); /* nobody knows it, so nobody is waited for */
    assert_int_equal(state_of(p, "tea.example.org"), NODE_GONE);
    OK_(q_host_node_by_id(p->cx, n.id, &row));
    CHECK_STR(row.state, "deleted");
    assert_true(row.archive_until > p->cx->now + 2 * MS_DAY);
    assert_true(is_there(row.archive.p));
    assert_false(is_there(n.dir.p));
    assert_int_equal(create(p, "tea.example.org", "ann@example.org", &other, &made), ERR_CONFLICT);
    assert_int_equal(host_resume(p->cx, n.host, &other), ERR_CONFLICT);
    p->cx->now += 4 * MS_DAY; /* the grace is over */
    OK_(host_work(p->cx));
    assert_false(is_there(row.archive.p));
    OK_(create(p, "tea.example.org", "ann@example.org", &other, &made));
    assert_true(made && other.id != n.id);
    assert_int_equal(state_of(p, "tea.example.org"), NODE_ACTIVE);
}

static void moving_waits_for_who_serves(void **state)
{
    struct place *p = *state;
    struct host_node n;
    bool made;
    serve(p);
    OK_(create(p, "tea.example.org", "ann@example.org", &n, &made));
    struct str to = str_fmt(p->cx->arena, "%s/elsewhere", p->top);
    /* Another process serves, too, and has not heard of it yet. */
    OK_(q_host_process_put(p->cx, STR("other"), STR("there"), 1, p->cx->now, NULL));
    OK_(host_move(p->cx, n.host, to, STR_NULL, &n));
    CHECK_STR(n.state, "moving");
    assert_int_equal(state_of(p, "tea.example.org"), NODE_AWAY);
    OK_(host_work(p->cx));
    assert_false(is_there(to.p));
    OK_(q_host_process_put(p->cx, STR("other"), STR("there"), INT64_MAX, p->cx->now, NULL));
    OK_(host_work(p->cx));
    assert_true(is_there(to.p));
    assert_int_equal(state_of(p, "tea.example.org"), NODE_ACTIVE);
    OK_(host_find(p->cx, n.host, &n));
    CHECK_STR(n.dir, to.p);
    assert_int_equal(host_move(p->cx, n.host, STR("relative"), STR_NULL, &n), ERR_INVALID);
    assert_int_equal(host_move(p->cx, n.host, STR_NULL, STR("mysql"), &n), ERR_INVALID);
    /* One process at a time: a claim holds as long as its process lives. */
    int64_t got;
    OK_(q_host_node_claim(p->cx, n.id, STR("other"), p->cx->now - 1000, &got));
    assert_int_equal(got, 1);
    OK_(q_host_node_claim(p->cx, n.id, STR("test"), p->cx->now - 1000, &got));
    assert_int_equal(got, 0);
    OK_(q_host_node_claim(p->cx, n.id, STR("test"), p->cx->now + 1000, &got));
    assert_int_equal(got, 1);
}

static void tokens_are_kept_as_hashes(void **state)
{
    struct place *p = *state;
    struct str token;
    int64_t id;
    OK_(host_token_create(p->cx, STR("panel"), &token));
    assert_int_equal(host_token_create(p->cx, STR("panel"), &token), ERR_CONFLICT);
    OK_(host_token_check(p->cx, token, &id));
    assert_int_equal(host_token_check(p->cx, STR(""), &id), ERR_UNAUTHENTICATED);
    assert_int_equal(host_token_check(p->cx, str_sub(token, 0, token.n - 1), &id),
                     ERR_UNAUTHENTICATED);
    OK_(host_token_revoke(p->cx, STR("panel")));
    assert_int_equal(host_token_check(p->cx, token, &id), ERR_UNAUTHENTICATED);
    assert_int_equal(host_token_revoke(p->cx, STR("panel")), ERR_NOT_FOUND);
}

static void a_registry_is_made_in_an_empty_directory(void **state)
{
    struct place *p = *state;
    assert_int_equal(host_make(&p->server, p->dir, &(struct host_init){0}), ERR_CONFLICT);
    struct str fresh = str_fmt(p->cx->arena, "%s/fresh", p->top);
    assert_int_equal(host_make(&p->server, fresh.p, &(struct host_init){.store = "mysql://x"}),
                     ERR_INVALID);
    OK_(host_make(&p->server, fresh.p, &(struct host_init){0})); /* the failure left it empty */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(only_domains_are_domains, setup, teardown),
        cmocka_unit_test_setup_teardown(a_node_is_made_once, setup, teardown),
        cmocka_unit_test_setup_teardown(keys_that_were_made_ahead_are_taken_and_gone, setup, teardown),
        cmocka_unit_test_setup_teardown(entries_follow_the_registry, setup, teardown),
        cmocka_unit_test_setup_teardown(a_plan_holds_at_once, setup, teardown),
        cmocka_unit_test_setup_teardown(usage_adds_up, setup, teardown),
        cmocka_unit_test_setup_teardown(what_it_did_not_make_stays, setup, teardown),
        cmocka_unit_test_setup_teardown(places_are_written_down_whole, setup, teardown),
        cmocka_unit_test_setup_teardown(a_request_that_was_left_begins_again, setup, teardown),
        cmocka_unit_test_setup_teardown(what_was_half_made_is_undone, setup, teardown),
        cmocka_unit_test_setup_teardown(deleting_ends_in_the_archive, setup, teardown),
        cmocka_unit_test_setup_teardown(moving_waits_for_who_serves, setup, teardown),
        cmocka_unit_test_setup_teardown(tokens_are_kept_as_hashes, setup, teardown),
        cmocka_unit_test_setup_teardown(a_registry_is_made_in_an_empty_directory, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
