#include "node/money/credit.h"

#include "node/db/db.h"
#include "node/money/credit_sql.h"
#include "node/money/money.h"

enum err credit_balance(struct cx *cx, int64_t planet_id, int64_t account_id, struct str currency,
                        int64_t *ret)
{
    int64_t amount;
    bool found = false;
    if (account_id != 0)
        TRY(q_credit_get(cx, planet_id, account_id, currency, &found, &amount));
    *ret = found ? amount : 0;
    return OK;
}

enum err credit_list(struct cx *cx, int64_t account_id, struct credit_sum **ret, size_t *ret_n)
{
    struct credit_of_account_row *rows;
    TRY(q_credit_of_account(cx, account_id, &rows, ret_n));
    struct credit_sum *list = ARENA_ARRAY(cx->arena, struct credit_sum, *ret_n);
    for (size_t i = 0; i < *ret_n; i++)
        list[i] = (struct credit_sum){rows[i].planet_id, money_of(rows[i].amount, rows[i].currency)};
    *ret = list;
    return OK;
}

struct str credit_account(struct cx *cx, int64_t account_id)
{
    return str_fmt(cx->arena, "member_credit:%lld", (long long)account_id);
}

enum err credit_add(struct cx *cx, int64_t planet_id, int64_t account_id, struct money change)
{
    return q_credit_change(cx, planet_id, account_id, str_dup(cx->arena, str_c(change.cur)),
                           change.minor, NULL);
}

enum err credit_reserve(struct cx *cx, int64_t order_id, int64_t amount)
{
    return amount == 0 ? OK : q_credit_use_insert(cx, order_id, amount, NULL);
}

enum err credit_of_order(struct cx *cx, int64_t order_id, struct credit_part *ret)
{
    struct credit_use_get_row row;
    bool found;
    TRY(q_credit_use_get(cx, order_id, &found, &row));
    *ret = found ? (struct credit_part){row.amount, row.spent_txn, row.returned_at}
                 : (struct credit_part){0, DB_NULL, DB_NULL};
    return OK;
}

enum err credit_spend(struct cx *cx, int64_t order_id, int64_t planet_id, int64_t account_id,
                      struct money part, int64_t txn_id)
{
    int64_t has;
    struct money change = part;
    TRY(credit_balance(cx, planet_id, account_id, str_c(part.cur), &has));
    if (has < part.minor)
        return cx_fail(cx, ERR_CONFLICT, "the credit was spent elsewhere");
    change.minor = -part.minor;
    TRY(credit_add(cx, planet_id, account_id, change));
    return q_credit_use_spent(cx, order_id, txn_id, NULL);
}

enum err credit_return(struct cx *cx, int64_t order_id, int64_t planet_id, int64_t account_id,
                       struct str currency, int64_t *ret)
{
    struct credit_part part;
    *ret = 0;
    TRY(credit_of_order(cx, order_id, &part));
    if (part.amount == 0 || part.spent_txn == DB_NULL || part.returned_at != DB_NULL)
        return OK;
    TRY(credit_add(cx, planet_id, account_id, money_of(part.amount, currency)));
    TRY(q_credit_use_returned(cx, order_id, cx->now, NULL));
    *ret = part.amount;
    return OK;
}
