/* The books as people read them: newest first, by time, kind, account or order; and their sums. */
#include "node/base/clock.h"
#include "node/db/db.h"
#include "node/money/ledger_int.h"
#include "node/planet/planet.h"

#include <string.h>

enum { DAYS_A_PAGE = 200 };

struct window { int64_t from, to, before_at, before_seq; };

static struct window window_of(const struct ledger_filter *f, const struct ledger_place *before)
{
    return (struct window){
        .from = f->from == DB_NULL ? 0 : f->from,
        .to = f->to == DB_NULL ? INT64_MAX : f->to,
        .before_at = before == NULL || before->at == 0 ? INT64_MAX : before->at,
        .before_seq = before == NULL || before->at == 0 ? INT64_MAX : before->seq,
    };
}

/* Day by day, and only days on which that account moved: no index on entries is needed for it. */
static enum err page_of_account(struct cx *cx, int64_t planet_id, const struct ledger_filter *f, struct window w,
                                int limit, struct txn_row *ret, size_t *ret_n)
{
    struct str sum = ledger_sum_account(f->account), last = f->account;
    struct str kind = f->kind.n == 0 ? STR_NULL : f->kind;
    int64_t *days, to_day = (w.to < w.before_at ? w.to : w.before_at) / MS_DAY;
    size_t n_days;
    if (str_eq_c(f->account, "member_credit"))
        last = STR("member_credit:~");
    *ret_n = 0;
    for (;;) {
        TRY(q_books_days(cx, planet_id, sum, w.from / MS_DAY, to_day, DAYS_A_PAGE, &days, &n_days));
        for (size_t i = 0; i < n_days; i++) {
            struct txn_row *rows;
            size_t n;
            int64_t from = days[i] * MS_DAY, to = from + MS_DAY;
            TRY(q_books_page_of_account(cx, planet_id, f->account, last, kind, from > w.from ? from : w.from,
                                        to < w.to ? to : w.to, w.before_at, w.before_seq, limit - (int64_t)*ret_n,
                                        &rows, &n));
            if (n > 0)
                memcpy(ret + *ret_n, rows, n * sizeof *rows);
            *ret_n += n;
            if (*ret_n == (size_t)limit)
                return OK;
        }
        if (n_days < DAYS_A_PAGE)
            return OK;
        to_day = days[n_days - 1] - 1;
    }
}

static enum err page_rows(struct cx *cx, int64_t planet_id, const struct ledger_filter *f, struct window w, int limit,
                          struct txn_row **ret, size_t *ret_n)
{
    if (f->order_id != DB_NULL)
        return q_books_page_of_order(cx, planet_id, f->order_id, w.from, w.to, w.before_at, w.before_seq, limit, ret,
                                     ret_n);
    if (f->account.n > 0) {
        *ret = ARENA_ARRAY(cx->arena, struct txn_row, (size_t)limit);
        return page_of_account(cx, planet_id, f, w, limit, *ret, ret_n);
    }
    if (f->kind.n > 0)
        return q_books_page_of_kind(cx, planet_id, f->kind, w.from, w.to, w.before_at, w.before_seq, limit, ret, ret_n);
    return q_books_page(cx, planet_id, w.from, w.to, w.before_at, w.before_seq, limit, ret, ret_n);
}

static enum err fill_entries(struct cx *cx, struct txn *t)
{
    struct entry_of_txn_row *rows;
    TRY(q_entry_of_txn(cx, t->id, &rows, &t->n_entries));
    t->entries = ARENA_ARRAY(cx->arena, struct entry, t->n_entries);
    for (size_t i = 0; i < t->n_entries; i++) {
        t->entries[i] = (struct entry){.account = rows[i].account, .amount = rows[i].amount};
        memcpy(t->entries[i].cur, rows[i].currency.p, rows[i].currency.n < 3 ? rows[i].currency.n : 3);
    }
    return OK;
}

enum err ledger_page(struct cx *cx, int64_t planet_id, const struct ledger_filter *f,
                     const struct ledger_place *before, int limit, struct txn **ret, size_t *ret_n)
{
    struct txn_row *rows;
    size_t n;
    TRY(planet_may_own(cx, planet_id));
    TRY(page_rows(cx, planet_id, f, window_of(f, before), limit, &rows, &n));
    struct txn *list = ARENA_ARRAY(cx->arena, struct txn, n);
    for (size_t i = 0; i < n; i++) {
        list[i] = ledger_txn(&rows[i]);
        TRY(fill_entries(cx, &list[i]));
    }
    *ret = list;
    *ret_n = n;
    return OK;
}

enum err ledger_sums(struct cx *cx, int64_t planet_id, int64_t from_day, int64_t to_day, struct ledger_sum **ret,
                     size_t *ret_n)
{
    struct ledger_days_row *rows;
    TRY(planet_may_own(cx, planet_id));
    TRY(q_ledger_days(cx, planet_id, from_day, to_day, &rows, ret_n));
    struct ledger_sum *list = ARENA_ARRAY(cx->arena, struct ledger_sum, *ret_n);
    for (size_t i = 0; i < *ret_n; i++)
        list[i] = (struct ledger_sum){rows[i].account, rows[i].currency, rows[i].day, rows[i].debit, rows[i].credit,
                                      rows[i].n};
    *ret = list;
    return OK;
}

enum err ledger_moved(struct cx *cx, int64_t planet_id, int64_t from, int64_t to, struct ledger_sum **ret,
                      size_t *ret_n)
{
    struct ledger_moved_row *rows;
    TRY(planet_may_own(cx, planet_id));
    TRY(q_ledger_moved(cx, planet_id, from, to, &rows, ret_n));
    struct ledger_sum *list = ARENA_ARRAY(cx->arena, struct ledger_sum, *ret_n);
    for (size_t i = 0; i < *ret_n; i++)
        list[i] = (struct ledger_sum){rows[i].account, rows[i].currency, from / MS_DAY, rows[i].debit, rows[i].credit,
                                      rows[i].n};
    *ret = list;
    return OK;
}

enum err ledger_accounts(struct cx *cx, int64_t planet_id, struct ledger_balance **ret, size_t *ret_n)
{
    struct ledger_accounts_row *rows;
    TRY(planet_may_own(cx, planet_id));
    TRY(q_ledger_accounts(cx, planet_id, &rows, ret_n));
    struct ledger_balance *list = ARENA_ARRAY(cx->arena, struct ledger_balance, *ret_n);
    for (size_t i = 0; i < *ret_n; i++)
        list[i] = (struct ledger_balance){rows[i].account, rows[i].currency, rows[i].debit - rows[i].credit};
    *ret = list;
    return OK;
}

enum err ledger_balances(struct cx *cx, int64_t planet_id, struct ledger_balance **ret,
                         size_t *ret_n)
{
    struct ledger_balance_row *rows;
    TRY(planet_may_own(cx, planet_id));
    TRY(q_ledger_balance(cx, planet_id, &rows, ret_n));
    struct ledger_balance *list = ARENA_ARRAY(cx->arena, struct ledger_balance, *ret_n);
    for (size_t i = 0; i < *ret_n; i++)
        list[i] = (struct ledger_balance){rows[i].account, rows[i].currency, rows[i].amount};
    *ret = list;
    return OK;
}
