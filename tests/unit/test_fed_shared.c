/* What federation remembers of a store that another process writes, too: nothing for longer than
 * about a second, and of two words about a host the later one. The other process is played by
 * statements behind our back, and by a second memory of hosts. */
#include <time.h>

#include "federation/bodies.h"
#include "federation/hosts.h"
#include "federation/peer_key.h"
#include "node/base/clock.h"
#include "node/base/crypt.h"
#include "tests/unit/fed_world.h"

enum { PATIENCE_MS = 20000 };

static int shared_setup(void **state)
{
    if (fed_world_setup(state) != 0)
        return -1;
    struct world *w = *state;
    db_set_shared(w->store->node.db, true);
    return 0;
}

static void pause_ms(long ms)
{
    nanosleep(&(struct timespec){.tv_nsec = ms * 1000000}, NULL);
}

static enum err find_key(struct cx *cx)
{
    struct fed_peer_key *k;
    enum err e = fed_peer_key_find(cx, STR("https://far.example/ann#k"), false, &k);
    if (e == OK)
        fed_peer_key_drop(k);
    return e;
}

static void put_key(struct world *w, struct cx *cx)
{
    struct crypt_key *k;
    OK_(crypt_key_generate(CRYPT_ED25519, &k));
    struct str pem = crypt_key_public_pem(cx->arena, k);
    crypt_key_free(k);
    store_sql(w->store, str_fmt(cx->arena, "INSERT INTO actor_key (key_id, actor_id, pem, fetched_at) VALUES"
                                " ('https://far.example/ann#k', %d, '" STR_FMT "', %lld)",
                                FAR_ANN, STR_ARG(pem), (long long)cx->now).p);
}

static void a_key_that_another_took_away_is_soon_unknown(void **state)
{
    struct world *w = *state;
    struct cx *cx = as(state, 0);
    put_key(w, cx);
    OK_(find_key(cx));
    store_sql(w->store, "DELETE FROM actor_key");
    int64_t end = clock_monotonic() + PATIENCE_MS;
    while (find_key(cx) == OK) {
        assert_true(clock_monotonic() < end);
        pause_ms(50);
    }
    assert_int_equal(find_key(cx), ERR_NOT_FOUND);
}

static void alone_it_is_remembered(void **state)
{
    struct world *w = *state;
    struct cx *cx = as(state, 0);
    if (w->store->schema[0] != '\0')
        skip(); /* PostgreSQL is always shared */
    db_set_shared(w->store->node.db, false);
    put_key(w, cx);
    OK_(find_key(cx));
    store_sql(w->store, "DELETE FROM actor_key");
    pause_ms(FED_MEMORY_MS - 1);
    pause_ms(200);
    OK_(find_key(cx));
}

static bool says(struct cx *cx, int64_t id, const char *text)
{
    struct fed_body *body;
    OK_(fed_body_get(cx, cx->node->fed->bodies, id, &body));
    bool same = str_eq_c(fed_body_text(body), text);
    fed_body_drop(cx->node->fed->bodies, body);
    return same;
}

static void a_text_that_another_wrote_over_is_soon_read(void **state)
{
    struct world *w = *state;
    struct cx *cx = as(state, 0);
    store_sql(w->store, "INSERT INTO activity (id, uri, actor_id, type, object_uri, in_outbox, audience, body,"
                        " created_at) SELECT 77, 'https://t.example/ap/x/77', MIN(id), 'Create', 'o', 1, 'followers', 'old', 0 FROM actor");
    struct fed_body *held;
    OK_(fed_body_get(cx, cx->node->fed->bodies, 77, &held)); /* a delivery that takes its time */
    store_sql(w->store, "UPDATE activity SET body = 'new' WHERE id = 77");
    int64_t end = clock_monotonic() + PATIENCE_MS;
    while (!says(cx, 77, "new")) {
        assert_true(clock_monotonic() < end);
        pause_ms(50);
    }
    CHECK_STR(fed_body_text(held), "old");
    fed_body_drop(cx->node->fed->bodies, held);
}

static int64_t stored(struct world *w, const char *column)
{
    return store_sql(w->store, str_fmt(w->cx->arena, "SELECT %s FROM host WHERE host = 'far.example'", column).p);
}

static void ask_host(struct cx *cx, struct fed_hosts *h, struct fed_host_view *ret)
{
    OK_(fed_host_ask(cx, h, STR("far.example"), ret));
}

static void the_later_word_about_a_host_stands(void **state)
{
    struct world *w = *state;
    struct cx *cx = as(state, 0);
    struct fed_host_view view;
    struct fed_hosts *ours = cx->node->fed->hosts, *theirs = fed_hosts_new();
    ask_host(cx, ours, &view);
    ask_host(cx, theirs, &view);
    fed_host_failed(ours, STR("far.example"), "no answer");
    pause_ms(5);
    fed_host_took(theirs, STR("far.example"), true);
    OK_(fed_hosts_flush(cx, theirs));
    OK_(fed_hosts_flush(cx, ours)); /* written later, but it happened before */
    assert_int_equal(stored(w, "failures"), 0);
    assert_int_equal(stored(w, "fail_days"), 0);
    assert_int_equal(stored(w, "CASE WHEN scheme = 'rfc9421' THEN 1 ELSE 0 END"), 1);
    ask_host(cx, ours, &view);
    assert_true(view.rfc9421); /* and learnt */

    pause_ms(5);
    fed_host_failed(ours, STR("far.example"), "gone dark");
    OK_(fed_hosts_flush(cx, ours));
    assert_int_equal(stored(w, "failures"), 1);
    fed_hosts_free(theirs);
}

/* Declared dead by another process after we had started: a word to us frees it all the same. */
static void a_host_that_others_gave_up_is_freed_by_us(void **state)
{
    struct world *w = *state;
    struct cx *cx = as(state, 0);
    struct fed_hosts *ours = fed_hosts_new();
    store_sql(w->store, "INSERT INTO host (host, failures, open_until, last_failure_at, fail_days, fail_day)"
                        " VALUES ('far.example', 5, 0, 5, 7, 1)");
    OK_(fed_hosts_look_again(cx, ours)); /* the first one is due at once */
    fed_host_alive(ours, STR("far.example"), false);
    OK_(fed_hosts_flush_revived(cx, ours));
    assert_int_equal(stored(w, "fail_days"), 0);
    fed_hosts_free(ours);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_key_that_another_took_away_is_soon_unknown, shared_setup, fed_world_teardown),
        cmocka_unit_test_setup_teardown(alone_it_is_remembered, shared_setup, fed_world_teardown),
        cmocka_unit_test_setup_teardown(a_text_that_another_wrote_over_is_soon_read, shared_setup, fed_world_teardown),
        cmocka_unit_test_setup_teardown(the_later_word_about_a_host_stands, shared_setup, fed_world_teardown),
        cmocka_unit_test_setup_teardown(a_host_that_others_gave_up_is_freed_by_us, shared_setup, fed_world_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
