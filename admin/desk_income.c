/* The first page of the money room: what came in, month by month, and where it lies. */
#include "admin/desk_money.h"
#include "admin/html.h"
#include "node/base/clock.h"
#include "node/base/i18n.h"
#include "node/db/db.h"
#include "node/money/ledger.h"
#include "node/money/order.h"
#include "node/money/words.h"
#include "node/people/account.h"
#include "web/page.h"

#include <stdlib.h>
#include <string.h>

enum { ORDERS_SHOWN = 10, MONTHS = 12, CURRENCIES_MAX = 12 };

/* ---- months ---- */

struct month {
    int index;                /* years * 12 + months */
    struct str currency;
    int64_t income, back, disputes, fees, tax, rewards, n;
};

/* By the planet's clock. */
static int month_of(struct cx *cx, int64_t ms)
{
    struct zone_date d = zone_date(i18n_zone(cx), ms);
    return (int)d.year * 12 + d.month - 1;
}

static int64_t month_start(struct cx *cx, int index)
{
    return zone_month_start(i18n_zone(cx), index / 12, index % 12 + 1);
}

static struct month *month_for(struct month *all, size_t *n, size_t max, int index, struct str currency)
{
    for (size_t i = 0; i < *n; i++)
        if (all[i].index == index && str_eq(all[i].currency, currency))
            return &all[i];
    if (*n == max)
        return NULL;
    all[*n] = (struct month){.index = index, .currency = currency};
    return &all[(*n)++];
}

static void add(struct month *m, const struct ledger_sum *s, int64_t sign)
{
    int64_t in = sign * (s->credit - s->debit);
    m->n += sign * s->n;
    if (str_starts(s->account, STR("revenue:")))
        m->income += in;
    else if (str_eq_c(s->account, "refunds"))
        m->back -= in;
    else if (str_eq_c(s->account, "disputes"))
        m->disputes -= in;
    else if (str_starts(s->account, STR("fee:")))
        m->fees -= in;
    else if (str_eq_c(s->account, "tax_payable"))
        m->tax += in;
    else if (str_eq_c(s->account, "referral_cost"))
        m->rewards -= in;
}

/* Newest month first; in one month, by currency. */
static int later(const void *a, const void *b)
{
    const struct month *x = a, *y = b;
    if (x->index != y->index)
        return x->index > y->index ? -1 : 1;
    return memcmp(x->currency.p, y->currency.p, 3);
}

static struct str money(struct cx *cx, int64_t minor, struct str currency)
{
    return minor == 0 ? STR_NULL : i18n_money(cx, minor, currency);
}

struct months { struct month *all; size_t n, max; int first; };

static void add_to(struct months *ms, int index, const struct ledger_sum *s, int64_t sign)
{
    struct month *m = index < ms->first ? NULL : month_for(ms->all, &ms->n, ms->max, index, s->currency);
    if (m != NULL)
        add(m, s, sign);
}

/* Sums are kept by days of UTC. A day within which a month begins there counts to the later month first; then what
 * moved before that hour goes to the one before. */
static enum err fill_sums(struct cx *cx, int64_t planet_id, struct months *ms)
{
    struct ledger_sum *sums;
    size_t n;
    int last = month_of(cx, cx->now);
    TRY(ledger_sums(cx, planet_id, month_start(cx, ms->first) / MS_DAY, INT64_MAX, &sums, &n));
    for (size_t i = 0; i < n; i++)
        add_to(ms, month_of(cx, (sums[i].day + 1) * MS_DAY - 1), &sums[i], 1);
    for (int index = ms->first; index <= last + 1; index++) {
        int64_t begins = month_start(cx, index), midnight = begins / MS_DAY * MS_DAY;
        if (begins == midnight)
            continue;
        TRY(ledger_moved(cx, planet_id, midnight, begins, &sums, &n));
        for (size_t i = 0; i < n; i++) {
            add_to(ms, index, &sums[i], -1);
            add_to(ms, index - 1, &sums[i], 1);
        }
    }
    return OK;
}

static enum err fill_months(struct rq *rq, const struct planet *p, struct view_money_overview *v)
{
    struct cx *cx = rq->cx;
    struct months ms = {.max = (size_t)(MONTHS + 1) * CURRENCIES_MAX, .first = month_of(cx, cx->now) - MONTHS + 1};
    size_t n = 0;
    ms.all = ARENA_ARRAY(cx->arena, struct month, ms.max);
    TRY(fill_sums(cx, p->id, &ms));
    for (size_t i = 0; i < ms.n; i++)
        if (ms.all[i].n > 0)
            ms.all[n++] = ms.all[i];
    qsort(ms.all, n, sizeof *ms.all, later);
    struct view_income_month *out = ARENA_ARRAY(cx->arena, struct view_income_month, n);
    for (size_t i = 0; i < n; i++) {
        const struct month *m = &ms.all[i];
        int64_t rest = m->income - m->back - m->disputes - m->fees - m->rewards;
        out[i] = (struct view_income_month){
            .month = str_fmt(cx->arena, "%d-%02d", m->index / 12, m->index % 12 + 1),
            .currency = m->currency,
            .income = i18n_money(cx, m->income, m->currency),
            .back = money(cx, m->back, m->currency),
            .disputes = money(cx, m->disputes, m->currency),
            .fees = money(cx, m->fees, m->currency),
            .tax = money(cx, m->tax, m->currency),
            .rest = i18n_money(cx, rest, m->currency),
        };
    }
    v->months = out;
    v->n_months = n;
    return OK;
}

/* ---- where it lies ---- */

static enum err fill_balances(struct rq *rq, const struct planet *p, struct view_money_overview *v)
{
    struct cx *cx = rq->cx;
    struct ledger_balance *b;
    size_t n;
    TRY(ledger_accounts(cx, p->id, &b, &n));
    struct view_money_balance *out = ARENA_ARRAY(cx->arena, struct view_money_balance, n);
    for (size_t i = 0; i < n; i++) {
        bool asset = str_starts(b[i].account, STR("clearing:"));
        bool owed = str_starts(b[i].account, STR("held:")) || str_eq_c(b[i].account, "tax_payable") ||
                    str_eq_c(b[i].account, "member_credit");
        if (b[i].amount == 0 || (!asset && !owed))
            continue;
        out[v->n_balances++] = (struct view_money_balance){
            money_account_words(cx, b[i].account), i18n_money(cx, asset ? b[i].amount : -b[i].amount, b[i].currency)};
    }
    v->balances = out;
    return OK;
}

static enum err fill_orders(struct rq *rq, const struct planet *p, struct view_money_overview *v)
{
    struct cx *cx = rq->cx;
    struct order *orders;
    size_t n;
    TRY(order_list_of_planet(cx, p->id, 0, ORDERS_SHOWN, &orders, &n));
    struct view_money_order *out = ARENA_ARRAY(cx->arena, struct view_money_order, n);
    for (size_t i = 0; i < n; i++) {
        struct account who;
        TRY(account_by_id(cx, orders[i].account_id, &who));
        out[i] = (struct view_money_order){
            .number = orders[i].number,
            .who = who.name,
            .what = money_kind_words(cx, orders[i].kind),
            .money = i18n_money(cx, orders[i].total.minor, str_c(orders[i].total.cur)),
            .state = money_state_words(cx, orders[i].state),
            .when = i18n_ago(cx, orders[i].created_at),
        };
    }
    v->orders = out;
    v->n_orders = n;
    return OK;
}

enum err desk_money(struct rq *rq)
{
    struct planet p;
    struct view_money *m;
    struct view_money_overview v = {0};
    TRY(desk_money_planet(rq, &p));
    TRY(desk_money_head(rq, &p, MONEY_OVERVIEW, N_("Money"), &m));
    v.m = m;
    TRY(fill_months(rq, &p, &v));
    TRY(fill_balances(rq, &p, &v));
    TRY(fill_orders(rq, &p, &v));
    struct buf out = web_buf();
    html_desk_money(&out, rq->cx, &v);
    return web_send(rq, 200, &out);
}
