#include "tests/unit/unit.h"

#include <pthread.h>

#include "node/base/clock.h"
#include "node/base/turnstile.h"

enum { LONG_MS = 60000 };

static void *enter(void *arg)
{
    while (!turnstile_enter(arg, LONG_MS)) /* the room may be taken at this moment */
        continue;
    return arg;
}

static void who_waits_gets_in_and_who_finds_no_room_does_not(void **state)
{
    (void)state;
    struct turnstile *g = turnstile_new(1, 1);
    pthread_t t;
    void *got_in = NULL;
    assert_true(turnstile_enter(g, 0));
    assert_int_equal(pthread_create(&t, NULL, enter, g), 0);
    int64_t began; /* until the other waits in the only room, this waits there itself */
    do {
        began = clock_monotonic();
        assert_false(turnstile_enter(g, 50));
    } while (clock_monotonic() - began >= 50);
    turnstile_leave(g);
    pthread_join(t, &got_in);
    assert_ptr_equal(got_in, g);
    assert_false(turnstile_enter(g, 1));
    turnstile_leave(g);
    assert_true(turnstile_enter(g, 0));
    turnstile_leave(g);
    turnstile_free(g);
}

static void no_gate_lets_everybody_through(void **state)
{
    (void)state;
    assert_true(turnstile_enter(NULL, 0));
    turnstile_leave(NULL);
    assert_null(turnstile_free(NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_waits_gets_in_and_who_finds_no_room_does_not),
        cmocka_unit_test(no_gate_lets_everybody_through),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
