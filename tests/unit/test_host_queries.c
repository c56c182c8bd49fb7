/* Prepares every query of a host's registry on its own schema. */
#include "tests/unit/store.h"

#include "node/cx.h"

extern const struct embedded host_migrations[];

static void every_query_prepares(void **state)
{
    (void)state;
    struct store *s = store_place();
    s->node.ids = id_maker_new();
    assert_int_equal(db_open(s->path, host_migrations, &s->node.db), OK);
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
