#include "node/money/reconcile.h"

#include "node/base/clock.h"
#include "node/base/i18n.h"
#include "node/base/id.h"
#include "node/db/db.h"
#include "node/money/money.h"
#include "node/money/rail_sql.h"
#include "node/money/reconcile_sql.h"
#include "node/node.h"
#include "node/people/letter.h"
#include "node/planet/planet_sql.h"

#include <string.h>

enum { PAGE = 500, LATE_HOURS = 36 };

enum kind { PAYMENT, REFUND, DISPUTE, FEE, KINDS };
static const char *const words[KINDS] = {
    [PAYMENT] = "payment", [REFUND] = "refund", [DISPUTE] = "dispute", [FEE] = "fee"};

/* ---- keeping what the provider says ---- */

static enum err order_named(struct cx *cx, const struct pay_rail *rail, int64_t planet_id, struct str ref, bool *ret_found,
                            struct str *ret)
{
    if (*ret_found || ref.n == 0)
        return OK;
    return q_rail_object_order(cx, str_c(rail->name), planet_id, ref, ret_found, ret);
}

enum err recon_line(struct cx *cx, const struct pay_rail *rail, int64_t planet_id, const struct rail_fee *line,
                    struct str *ret_number)
{
    static const char *const kinds[] = {[RAIL_LINE_FEE] = "fee", [RAIL_LINE_PAYMENT] = "payment",
                                        [RAIL_LINE_REFUND] = "refund", [RAIL_LINE_DISPUTE] = "dispute"};
    struct order o;
    struct str number = STR_NULL;
    bool found = false;
    *ret_number = STR_NULL;
    TRY(order_named(cx, rail, planet_id, line->ref, &found, &number));
    TRY(order_named(cx, rail, planet_id, line->also, &found, &number));
    if (!found)
        return OK;
    TRY(order_by_number(cx, number, &o));
    *ret_number = number;
    bool moved = line->kind != RAIL_LINE_FEE;
    const char *cur = moved ? line->amount.cur : line->fee.cur;
    return q_recon_line_put(cx, planet_id, str_c(rail->name), line->line, str_c(kinds[line->kind]), o.id,
                            moved ? line->amount.minor : 0, line->fee.minor, str_dup(cx->arena, str_c(cur)), line->at,
                            cx->now, NULL);
}

/* ---- comparing ---- */

struct side { bool said; int64_t amount, at; struct str currency; };

struct suspects {
    int64_t *ids;
    size_t n;
    struct suspects *next;
};
struct comparing {
    const struct pay_rail *rail;
    struct suspects *suspects;
    int64_t *open; /* orders with a difference that is open */
    size_t n_open;
    int64_t planet_id, run_id, n_lines, n_same, n_new;
    struct str clearing, fees;
};

static void add(struct side *s, int64_t amount, int64_t at, struct str currency)
{
    s->said = true;
    s->amount += amount;
    s->at = at > s->at ? at : s->at;
    s->currency = currency;
}

static enum err their_side(struct cx *cx, const struct comparing *c, int64_t order_id, struct side *s)
{
    struct recon_theirs_row *rows;
    size_t n;
    TRY(q_recon_theirs(cx, c->planet_id, str_c(c->rail->name), order_id, &rows, &n));
    for (size_t i = 0; i < n; i++) {
        for (int k = 0; k < FEE; k++)
            if (str_eq_c(rows[i].kind, words[k]))
                add(&s[k], rows[i].amount, rows[i].at, rows[i].currency);
        if (rows[i].fee != 0)
            add(&s[FEE], rows[i].fee, rows[i].at, rows[i].currency);
    }
    return OK;
}

static enum err our_side(struct cx *cx, const struct comparing *c, int64_t order_id, struct side *s)
{
    static const struct { const char *txn; enum kind kind; } map[] = {
        {"payment", PAYMENT}, {"unmatched", PAYMENT}, {"refund", REFUND}, {"unmatched_undo", REFUND},
        {"dispute", DISPUTE}, {"dispute_won", DISPUTE}, {"dispute_lost", DISPUTE},
    };
    struct recon_ours_row *rows;
    size_t n;
    TRY(q_recon_ours(cx, c->planet_id, order_id, c->clearing, c->fees, &rows, &n));
    for (size_t i = 0; i < n; i++) {
        if (str_eq(rows[i].account, c->fees)) {
            add(&s[FEE], rows[i].amount, rows[i].at, rows[i].currency);
            continue;
        }
        for (size_t k = 0; k < sizeof map / sizeof *map; k++)
            if (str_eq_c(rows[i].kind, map[k].txn))
                add(&s[map[k].kind], rows[i].amount, rows[i].at, rows[i].currency);
    }
    return OK;
}

/* NULL: they agree, or it is too early to say. */
static const char *difference(struct cx *cx, enum kind k, const struct side *theirs, const struct side *ours,
                              bool only_fees)
{
    bool late = ours->at < cx->now - LATE_HOURS * MS_HOUR;
    if (theirs->said && !ours->said)
        return "missing_here";
    if (theirs->said && (theirs->amount != ours->amount || !str_eq(theirs->currency, ours->currency)))
        return "amount";
    /* Not every provider's report tells of disputes, and some tell of fees alone. */
    if (!theirs->said && ours->said && late && !only_fees && (k == PAYMENT || k == REFUND) && ours->amount != 0)
        return "missing_there";
    return NULL;
}

static bool only_fees(const struct side *theirs)
{
    return theirs[FEE].said && !theirs[PAYMENT].said;
}

/* Inside a transaction: put what differs, close what no longer does. */
static enum err compare_order(struct cx *cx, struct comparing *c, int64_t order_id)
{
    struct side theirs[KINDS] = {{0}}, ours[KINDS] = {{0}};
    struct order o;
    TRY(order_by_id(cx, order_id, &o));
    TRY(their_side(cx, c, order_id, theirs));
    TRY(our_side(cx, c, order_id, ours));
    for (int k = 0; k < KINDS; k++) {
        const char *what = difference(cx, (enum kind)k, &theirs[k], &ours[k], only_fees(theirs));
        int64_t changes;
        if (what == NULL) {
            TRY(q_recon_diff_gone(cx, c->planet_id, str_c(c->rail->name), str_c(words[k]), o.number, cx->now, NULL));
            continue;
        }
        const struct side *one = theirs[k].said ? &theirs[k] : &ours[k];
        TRY(q_recon_diff_put(cx, id_next(cx->node->ids), c->run_id, c->planet_id, str_c(c->rail->name), str_c(what),
                             str_c(words[k]), o.number, o.id, theirs[k].amount, ours[k].amount, one->currency, one->at,
                             cx->now, &changes));
        c->n_new += changes;
    }
    return OK;
}

/* Does the order want a closer look: is anything of it different, or was it before? */
static enum err suspect(struct cx *cx, struct comparing *c, int64_t order_id, bool *ret)
{
    struct side theirs[KINDS] = {{0}}, ours[KINDS] = {{0}};
    TRY(their_side(cx, c, order_id, theirs));
    TRY(our_side(cx, c, order_id, ours));
    for (int k = 0; k < KINDS; k++) {
        if (difference(cx, (enum kind)k, &theirs[k], &ours[k], only_fees(theirs)) != NULL)
            *ret = true;
        else
            c->n_same += theirs[k].said && ours[k].said ? 1 : 0;
    }
    for (size_t i = 0; i < c->n_open && !*ret; i++)
        *ret = c->open[i] == order_id;
    return OK;
}

/* Outside of transactions: nearly all orders agree, and nobody who pays should wait while that is found. */
static enum err find_suspects(struct cx *cx, struct comparing *c, int64_t from)
{
    int64_t *ids, after = 0;
    size_t n = PAGE;
    struct suspects **end = &c->suspects;
    TRY(q_recon_lines_since(cx, c->planet_id, str_c(c->rail->name), from, &c->n_lines));
    TRY(q_recon_open_orders(cx, c->planet_id, str_c(c->rail->name), &c->open, &c->n_open));
    while (n == PAGE) {
        struct suspects *s = ARENA_NEW(cx->arena, struct suspects);
        TRY(q_recon_orders(cx, c->planet_id, str_c(c->rail->name), c->clearing, from, after, PAGE, &ids, &n));
        *s = (struct suspects){.ids = ids};
        after = n > 0 ? ids[n - 1] : after;
        for (size_t i = 0; i < n; i++) {
            bool look = false;
            int64_t id = ids[i];
            TRY(suspect(cx, c, id, &look));
            if (look)
                ids[s->n++] = id; /* n <= i */
        }
        *end = s;
        end = &s->next;
    }
    return OK;
}

static enum err look_closer(struct cx *cx, struct comparing *c)
{
    for (const struct suspects *s = c->suspects; s != NULL; s = s->next)
        for (size_t i = 0; i < s->n; i++)
            TRY(compare_order(cx, c, s->ids[i]));
    return OK;
}

static enum err write_result(struct cx *cx, void *arg, struct letter *l)
{
    const struct comparing *c = arg;
    struct planet p;
    TRY(planet_by_id(cx, c->planet_id, &p));
    struct str v[] = {str_c(tr(cx, c->rail->title != NULL ? c->rail->title : c->rail->label)),
                      str_fmt(cx->arena, "%lld", (long long)c->n_new)};
    l->subject = i18n_fill(cx->arena, tr(cx, N_("Your books and {0} differ")), v, 2);
    l->text = i18n_fill(cx->arena, tr(cx, N_("The report of {0} was compared with the ledger. New differences: {1}.\n\nThe page shows what each side says, order by order.")), v, 2);
    l->page = str_fmt(cx->arena, "/desk/" STR_FMT "/money/reconcile", STR_ARG(p.handle));
    l->url = str_fmt(cx->arena, STR_FMT STR_FMT, STR_ARG(cx->node->origin), STR_ARG(l->page));
    l->label = str_c(tr(cx, N_("See the differences")));
    return OK;
}

enum err recon_compare(struct cx *cx, const struct pay_rail *rail, int64_t planet_id, int64_t from, const char *error)
{
    struct comparing c = {
        .rail = rail, .planet_id = planet_id, .run_id = id_next(cx->node->ids),
        .clearing = str_fmt(cx->arena, "clearing:%s", rail->name), .fees = str_fmt(cx->arena, "fee:%s", rail->name),
    };
    if (error == NULL)
        TRY(find_suspects(cx, &c, from));
    TX_SCOPE(cx);
    TRY(planet_lock(cx, planet_id));
    TRY(q_recon_run_put(cx, c.run_id, planet_id, str_c(rail->name), from, cx->now, NULL));
    TRY(look_closer(cx, &c));
    TRY(q_recon_run_end(cx, c.run_id, c.n_lines, c.n_same, c.n_new, error == NULL ? STR_NULL : str_c(error), NULL));
    if (c.n_new > 0)
        TRY(letter_to_owners(cx, planet_id, "reconcile", str_fmt(cx->arena, "recon:%lld", (long long)c.run_id),
                             write_result, &c));
    return tx_commit(cx);
}

/* ---- for the owner ---- */

enum err recon_diffs(struct cx *cx, int64_t planet_id, struct recon_diff **ret, size_t *ret_n)
{
    struct recon_diffs_row *r;
    TRY(planet_may_own(cx, planet_id));
    TRY(q_recon_diffs(cx, planet_id, &r, ret_n));
    struct recon_diff *list = ARENA_ARRAY(cx->arena, struct recon_diff, *ret_n);
    for (size_t i = 0; i < *ret_n; i++)
        list[i] = (struct recon_diff){
            .id = r[i].id, .order_id = r[i].order_id, .at = r[i].at, .found_at = r[i].found_at,
            .closed_at = r[i].closed_at, .rail = r[i].rail, .what = r[i].what, .kind = r[i].kind, .ref = r[i].ref,
            .theirs = money_of(r[i].theirs, r[i].currency), .ours = money_of(r[i].ours, r[i].currency)};
    *ret = list;
    return OK;
}

enum err recon_runs(struct cx *cx, int64_t planet_id, int limit, struct recon_run **ret, size_t *ret_n)
{
    struct recon_runs_row *r;
    TRY(planet_may_own(cx, planet_id));
    TRY(q_recon_runs(cx, planet_id, limit, &r, ret_n));
    struct recon_run *list = ARENA_ARRAY(cx->arena, struct recon_run, *ret_n);
    for (size_t i = 0; i < *ret_n; i++)
        list[i] = (struct recon_run){.id = r[i].id, .from_at = r[i].from_at, .to_at = r[i].to_at, .ran_at = r[i].ran_at,
                                     .n_lines = r[i].n_lines, .n_same = r[i].n_same, .n_open = r[i].n_open,
                                     .rail = r[i].rail, .error = r[i].error};
    *ret = list;
    return OK;
}

enum err recon_count(struct cx *cx, int64_t planet_id, int64_t *ret)
{
    TRY(planet_may_own(cx, planet_id));
    return q_recon_open(cx, planet_id, ret);
}

enum err recon_close(struct cx *cx, int64_t planet_id, int64_t id)
{
    int64_t changes;
    TRY(planet_may_own(cx, planet_id));
    TRY(q_recon_diff_close(cx, id, planet_id, cx->now, cx->viewer, &changes));
    return changes == 0 ? ERR_NOT_FOUND : OK;
}
