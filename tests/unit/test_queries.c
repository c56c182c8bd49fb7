/* Prepares every query of the program on a fresh store, so that a typo in SQL cannot ship. */
#include "tests/unit/store.h"

#include "node/cx.h"

static void every_query_prepares(void **state)
{
    (void)state;
    struct store *s = store_new();
    struct cx *cx = cx_new(&s->node);
    int n = 0, failed = 0;
    for (const struct db_query *const *q = db_all_queries; *q != NULL; q++, n++) {
        if (db_check_query(cx, *q) == OK)
            continue;
        print_error("%s\n", cx->fail);
        failed++;
    }
    print_message("           %d queries\n", n);
    assert_true(n > 20);
    assert_int_equal(failed, 0);
    cx_free(cx);
    store_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_query_prepares)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
