/* Prepares every query of the program on a fresh store, so that a typo in SQL cannot ship. */
#include "tests/unit/store.h"

#include <ctype.h>

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

/* Tables with a row for each payment, grant or mail there ever was. */
static const char *const growing[] = {
    "purchase_order", "order_event", "order_tax", "post_right", "txn", "entry", "rail_event", "rail_object",
    "rail_subscription", "rail_payer", "rail_back", "pay_outbox", "unmatched", "refund", "member_grant", "grant_event",
    "grant_grace", "coupon_use", "credit_use", "member_credit", "code", "code_use", "gift", "referral", "tip",
    "question", "transfer", "bill", "bill_line", "fapiao", "recon_line", "recon_diff", "letter", "api_once",
};

/* Queries that may walk through one, and why. */
static const char *const may_walk[] = {
    "letter_waiting", /* asked by tests alone */
    "host_measure",   /* at times, through an index that holds all it needs */
    "quota_members",  /* to the host's limit at most, through an index that holds all it needs */
};

static bool among(const char *const *list, size_t n, const char *what)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(list[i], what) == 0)
            return true;
    return false;
}

/* Whether alias stands for a growing table in the query's text. */
static bool grows(const char *sql, const char *alias)
{
    if (among(growing, sizeof growing / sizeof growing[0], alias))
        return true;
    for (size_t i = 0; i < sizeof growing / sizeof growing[0]; i++) {
        char named[100];
        for (int as = 0; as < 2; as++) {
            snprintf(named, sizeof named, as ? " %s AS %s" : " %s %s", growing[i], alias);
            const char *at = strstr(sql, named);
            if (at != NULL && !isalnum((unsigned char)at[strlen(named)]) && at[strlen(named)] != '_')
                return true;
        }
    }
    return false;
}

/* One row of a plan: "SCAN o", or "SEARCH o USING INDEX purchase_order_planet (planet_id=?)" though the query
 * names an account or an order: all of a planet's for what one person has. */
static bool is_walk(const char *sql, const char *row)
{
    char verb[10], alias[60];
    if (sscanf(row, "%9s %59s", verb, alias) != 2 || !grows(sql, alias))
        return false;
    if (strcmp(verb, "SCAN") == 0)
        return true;
    bool narrow = strstr(sql, "account_id = ?") != NULL || strstr(sql, "order_id = ?") != NULL;
    return strcmp(verb, "SEARCH") == 0 && narrow && strstr(row, "(planet_id=?)") != NULL;
}

/* Stores are never ANALYZEd: what SQLite makes of a query here it makes of it on a node with a million orders. */
static void no_query_walks_through_what_grows(void **state)
{
    (void)state;
    ONLY_ON_SQLITE("it plans by statistics");
    struct store *s = store_new();
    sqlite3 *db;
    int walks = 0;
    assert_int_equal(sqlite3_open_v2(s->path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    for (const struct db_query *const *q = db_all_queries; *q != NULL; q++) {
        char *text = sqlite3_mprintf("EXPLAIN QUERY PLAN %s", (*q)->sql);
        sqlite3_stmt *plan;
        assert_int_equal(sqlite3_prepare_v2(db, text, -1, &plan, NULL), SQLITE_OK);
        while (sqlite3_step(plan) == SQLITE_ROW) {
            const char *row = (const char *)sqlite3_column_text(plan, 3);
            if (!is_walk((*q)->sql, row) || among(may_walk, sizeof may_walk / sizeof may_walk[0], (*q)->name))
                continue;
            print_error("%s: %s\n", (*q)->name, row);
            walks++;
        }
        sqlite3_finalize(plan);
        sqlite3_free(text);
    }
    sqlite3_close(db);
    store_free(s);
    assert_int_equal(walks, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_query_prepares),
        cmocka_unit_test(no_query_walks_through_what_grows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
