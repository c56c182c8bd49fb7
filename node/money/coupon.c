#include "node/money/coupon.h"

#include "node/base/id.h"
#include "node/db/db.h"
#include "node/money/code_text.h"
#include "node/money/coupon_sql.h"
#include "node/money/money.h"
#include "node/node.h"
#include "node/people/audit.h"

#include <string.h>

enum { CODE_MIN = 3, MADE_UP = 8, NOTE_MAX = 100, PERIODS_MAX = 1200, USES_MAX = 1000000 };

struct str coupon_fold(struct arena *a, struct str typed)
{
    struct str s = str_trim(typed);
    char *p = arena_copy(a, s.p == NULL ? "" : s.p, s.n);
    for (size_t i = 0; i < s.n; i++)
        if (p[i] >= 'a' && p[i] <= 'z')
            p[i] = (char)(p[i] - 'a' + 'A');
    return (struct str){p, s.n};
}

static bool code_ok(struct str code)
{
    if (code.n < CODE_MIN || code.n > COUPON_CODE_MAX)
        return false;
    for (size_t i = 0; i < code.n; i++) {
        char c = code.p[i];
        if (!((c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_'))
            return false;
    }
    return true;
}

static enum err amounts_ok(struct cx *cx, const struct coupon *c)
{
    bool percent = c->percent_bp != DB_NULL;
    if (percent && (c->percent_bp < 1 || c->percent_bp > 10000))
        return cx_tell(cx, ERR_INVALID, N_("A coupon takes off more than 0 and at most 100 percent."));
    if (!percent && c->n_amounts == 0)
        return cx_tell(cx, ERR_INVALID, N_("Say what the coupon takes off: a percentage or an amount."));
    for (size_t i = 0; i < c->n_amounts; i++) {
        const struct coupon_amount *a = &c->amounts[i];
        if (!money_currency_ok(str_c(a->cur)) || a->off < 0 || a->min_total < 0 ||
            (!percent && a->off == 0) || (percent && a->off != 0))
            return cx_tell(cx, ERR_INVALID,
                           N_("Say what the coupon takes off: a percentage or an amount."));
        for (size_t k = 0; k < i; k++)
            if (strcmp(a->cur, c->amounts[k].cur) == 0)
                return cx_tell(cx, ERR_INVALID, N_("Name each currency once."));
    }
    return OK;
}

static enum err coupon_ok(struct cx *cx, const struct coupon *c, struct str code)
{
    if (!code_ok(code))
        return cx_tell(cx, ERR_INVALID,
                       N_("A coupon's code has 3 to 24 letters A–Z, digits and hyphens."));
    if (!str_is_utf8(c->note) || str_utf8_len(c->note) > NOTE_MAX)
        return cx_tell(cx, ERR_INVALID, N_("The note has at most 100 characters."));
    TRY(amounts_ok(cx, c));
    if (c->periods != DB_NULL && (c->periods < 1 || c->periods > PERIODS_MAX))
        return cx_tell(cx, ERR_INVALID, N_("A coupon is for 1 to 1200 terms, or for all of them."));
    if ((c->total_max != DB_NULL && (c->total_max < 1 || c->total_max > USES_MAX)) ||
        c->account_max < 1 || c->account_max > USES_MAX)
        return cx_tell(cx, ERR_INVALID,
                       N_("A coupon can be used once or more; leave the number empty for no limit."));
    if (c->expires_at != DB_NULL && c->expires_at <= cx->now)
        return cx_tell(cx, ERR_INVALID, N_("The last day has passed already."));
    return OK;
}

static enum err fill(struct cx *cx, const struct coupon_row *r, struct coupon *ret)
{
    struct coupon_amounts_row *amounts;
    int64_t *tiers;
    size_t n;
    struct coupon c = {
        .id = r->id,
        .planet_id = r->planet_id,
        .created_at = r->created_at,
        .created_by = r->created_by,
        .code = r->code,
        .note = r->note,
        .percent_bp = r->percent_bp,
        .periods = r->periods,
        .total_max = r->total_max,
        .account_max = r->account_max,
        .expires_at = r->expires_at,
        .ended_at = r->ended_at,
    };
    TRY(q_coupon_amounts(cx, r->id, &amounts, &n));
    for (size_t i = 0; i < n && i < COUPON_AMOUNTS_MAX; i++) {
        struct money m = money_of(amounts[i].amount, amounts[i].currency);
        c.amounts[i] = (struct coupon_amount){.off = m.minor, .min_total = amounts[i].min_total};
        memcpy(c.amounts[i].cur, m.cur, sizeof m.cur);
        c.n_amounts = i + 1;
    }
    TRY(q_coupon_tiers(cx, r->id, &tiers, &n));
    for (size_t i = 0; i < n && i < COUPON_TIERS_MAX; i++)
        c.tiers[c.n_tiers++] = tiers[i];
    *ret = c;
    return OK;
}

static enum err count(struct cx *cx, struct coupon *c)
{
    struct coupon_counts_row n;
    TRY(q_coupon_counts(cx, c->id, 0, 0, cx->now, &n));
    c->n_taken = n.taken;
    c->n_open = n.open;
    return OK;
}

static enum err write(struct cx *cx, const struct coupon *c, int64_t id)
{
    for (size_t i = 0; i < c->n_amounts; i++)
        TRY(q_coupon_amount_insert(cx, id, str_c(c->amounts[i].cur), c->amounts[i].off,
                                   c->amounts[i].min_total, NULL));
    for (size_t i = 0; i < c->n_tiers; i++) {
        struct tier tier;
        TRY(tier_by_id(cx, c->tiers[i], &tier));
        if (tier.planet_id != c->planet_id)
            return cx_fail(cx, ERR_NOT_FOUND, "tier of another planet");
        TRY(q_coupon_tier_insert(cx, id, c->tiers[i], NULL));
    }
    return OK;
}

enum err coupon_create(struct cx *cx, int64_t planet_id, const struct coupon *given,
                       struct coupon *ret)
{
    struct coupon c = *given;
    struct coupon_row taken;
    bool found;
    int64_t id = id_next(cx->node->ids);
    c.planet_id = planet_id;
    c.code = coupon_fold(cx->arena, c.code);
    c.note = c.note.p == NULL ? STR("") : str_trim(c.note);
    if (c.code.n == 0)
        c.code = str_sub(code_text_new(cx->arena), 0, MADE_UP);
    TRY(planet_may_own(cx, planet_id));
    TRY(coupon_ok(cx, &c, c.code));
    TX_SCOPE(cx);
    TRY(q_coupon_by_code(cx, planet_id, c.code, &found, &taken));
    if (found)
        return cx_tell(cx, ERR_CONFLICT, N_("There is a coupon with this code already."));
    TRY(q_coupon_insert(cx, id, planet_id, c.code, c.note, c.percent_bp, c.periods, c.total_max,
                        c.account_max, c.expires_at, cx->viewer == 0 ? DB_NULL : cx->viewer, cx->now,
                        NULL));
    TRY(write(cx, &c, id));
    TRY(audit_put(cx, "coupon.create", id, c.code));
    TRY(coupon_by_id(cx, planet_id, id, ret));
    return tx_commit(cx);
}

enum err coupon_list(struct cx *cx, int64_t planet_id, int64_t before_id, int limit,
                              struct coupon **ret, size_t *ret_n)
{
    struct coupon_row *rows;
    size_t n;
    TRY(planet_may_own(cx, planet_id));
    TRY(q_coupon_of_planet(cx, planet_id, before_id == 0 ? INT64_MAX : before_id, limit, &rows, &n));
    struct coupon *list = ARENA_ARRAY(cx->arena, struct coupon, n);
    for (size_t i = 0; i < n; i++) {
        TRY(fill(cx, &rows[i], &list[i]));
        TRY(count(cx, &list[i]));
    }
    *ret = list;
    *ret_n = n;
    return OK;
}

enum err coupon_by_id(struct cx *cx, int64_t planet_id, int64_t id, struct coupon *ret)
{
    struct coupon_row row;
    struct coupon c;
    bool found;
    TRY(planet_may_own(cx, planet_id));
    TRY(q_coupon_get(cx, id, &found, &row));
    if (!found || row.planet_id != planet_id)
        return ERR_NOT_FOUND;
    TRY(fill(cx, &row, &c));
    TRY(count(cx, &c));
    *ret = c;
    return OK;
}

enum err coupon_end(struct cx *cx, int64_t planet_id, int64_t id)
{
    struct coupon c;
    int64_t changes;
    TX_SCOPE(cx);
    TRY(coupon_by_id(cx, planet_id, id, &c));
    TRY(q_coupon_end(cx, id, cx->now, &changes));
    if (changes == 0)
        return cx_tell(cx, ERR_CONFLICT, N_("This coupon has ended already."));
    TRY(audit_put(cx, "coupon.end", id, c.code));
    return tx_commit(cx);
}

/* ---- what it takes off ---- */

static const struct coupon_amount *amount_in(const struct coupon *c, const char *cur)
{
    for (size_t i = 0; i < c->n_amounts; i++)
        if (strcmp(c->amounts[i].cur, cur) == 0)
            return &c->amounts[i];
    return NULL;
}

static bool for_tier(const struct coupon *c, int64_t tier_id)
{
    for (size_t i = 0; i < c->n_tiers; i++)
        if (c->tiers[i] == tier_id)
            return true;
    return c->n_tiers == 0;
}

/* Rounded down: what is paid is never less than the coupon says. */
static int64_t taken_off(const struct coupon *c, struct money list)
{
    const struct coupon_amount *a = amount_in(c, list.cur);
    int64_t off = a == NULL ? 0 : a->off;
    if (c->percent_bp != DB_NULL) /* two steps: no amount overflows */
        off = list.minor / 10000 * c->percent_bp + list.minor % 10000 * c->percent_bp / 10000;
    return off > list.minor ? list.minor : off;
}

/* Is it for this tier and price at all? NULL: yes; else the sentence. */
static const char *unfit(const struct coupon *c, int64_t tier_id, struct money list)
{
    const struct coupon_amount *a = amount_in(c, list.cur);
    if (!for_tier(c, tier_id))
        return N_("This coupon is for another tier.");
    if (a == NULL && c->percent_bp == DB_NULL)
        return N_("This coupon is not for prices in this currency.");
    if (a != NULL && list.minor < a->min_total)
        return N_("This coupon is for higher prices only.");
    if (list.minor == 0)
        return N_("This costs nothing: there is nothing to take off.");
    return NULL;
}

static int64_t left_after(const struct coupon *c, int64_t firsts, int64_t terms)
{
    if (c->periods == DB_NULL)
        return DB_NULL;
    return firsts * c->periods - terms;
}

enum err coupon_fit(struct cx *cx, int64_t planet_id, int64_t tier_id, int64_t account_id,
                    struct money list, struct str typed, struct coupon_fit *ret)
{
    struct coupon_row row;
    struct coupon c;
    struct coupon_counts_row n;
    struct coupon_of_account_row mine = {0};
    bool found = false;
    struct str code = coupon_fold(cx->arena, typed);
    if (code_ok(code))
        TRY(q_coupon_by_code(cx, planet_id, code, &found, &row));
    if (!found)
        return cx_tell(cx, ERR_INVALID, N_("There is no such coupon here. Please look at its spelling."));
    TRY(fill(cx, &row, &c));
    if (c.ended_at != DB_NULL || (c.expires_at != DB_NULL && c.expires_at <= cx->now))
        return cx_tell(cx, ERR_INVALID, N_("This coupon has run out."));
    const char *wrong = unfit(&c, tier_id, list);
    if (wrong != NULL)
        return cx_tell(cx, ERR_INVALID, wrong);
    if (c.total_max != DB_NULL) {
        TRY(q_coupon_counts(cx, c.id, account_id, 0, cx->now, &n));
        if (n.taken + n.open >= c.total_max)
            return cx_tell(cx, ERR_INVALID, N_("This coupon is used up."));
    }
    if (account_id != 0)
        TRY(q_coupon_of_account(cx, c.id, account_id, &mine));
    if (mine.firsts >= c.account_max)
        return cx_tell(cx, ERR_INVALID, N_("You have used this coupon already."));
    *ret = (struct coupon_fit){
        .coupon_id = c.id,
        .code = c.code,
        .discount = taken_off(&c, list),
        .terms_left = left_after(&c, mine.firsts + 1, mine.terms + 1),
        .first = true,
    };
    return OK;
}

enum err coupon_running(struct cx *cx, int64_t planet_id, int64_t tier_id, int64_t account_id,
                        struct money list, struct coupon_fit *ret)
{
    int64_t *ids;
    size_t n;
    *ret = (struct coupon_fit){.coupon_id = DB_NULL};
    if (account_id == 0)
        return OK;
    TRY(q_coupon_brought(cx, planet_id, tier_id, account_id, &ids, &n));
    for (size_t i = 0; i < n; i++) {
        struct coupon_row row;
        struct coupon c;
        struct coupon_of_account_row mine;
        bool found;
        TRY(q_coupon_get(cx, ids[i], &found, &row));
        if (!found)
            continue;
        TRY(fill(cx, &row, &c));
        TRY(q_coupon_of_account(cx, c.id, account_id, &mine));
        if (unfit(&c, tier_id, list) != NULL ||
            (c.periods != DB_NULL && mine.terms >= mine.firsts * c.periods))
            continue;
        *ret = (struct coupon_fit){
            .coupon_id = c.id,
            .code = c.code,
            .discount = taken_off(&c, list),
            .terms_left = left_after(&c, mine.firsts, mine.terms + 1),
        };
        return OK;
    }
    return OK;
}

enum err coupon_of_order(struct cx *cx, int64_t order_id, struct coupon_fit *ret)
{
    struct coupon_of_order_row use;
    struct coupon_of_account_row mine;
    struct coupon_row row;
    struct coupon c;
    bool found;
    *ret = (struct coupon_fit){.coupon_id = DB_NULL};
    TRY(q_coupon_of_order(cx, order_id, &found, &use));
    if (!found)
        return OK;
    TRY(q_coupon_get(cx, use.coupon_id, &found, &row));
    TRY(fill(cx, &row, &c));
    TRY(q_coupon_of_account(cx, c.id, use.account_id, &mine)); /* those that are paid: not yet this one */
    *ret = (struct coupon_fit){
        .coupon_id = c.id,
        .code = c.code,
        .discount = use.discount,
        .terms_left = left_after(&c, mine.firsts + use.is_first, mine.terms + 1),
        .first = use.is_first != 0,
    };
    return OK;
}

enum err coupon_reserve(struct cx *cx, int64_t order_id, int64_t account_id,
                        const struct coupon_fit *fit)
{
    if (fit->coupon_id == DB_NULL)
        return OK;
    return q_coupon_use_insert(cx, order_id, fit->coupon_id, account_id, fit->first ? 1 : 0, NULL);
}

enum err coupon_stands(struct cx *cx, int64_t order_id, bool *ret)
{
    struct coupon_of_order_row use;
    struct coupon_of_account_row mine;
    struct coupon_counts_row n;
    struct coupon_row c;
    bool found;
    *ret = true;
    TRY(q_coupon_of_order(cx, order_id, &found, &use));
    if (!found)
        return OK;
    TRY(q_coupon_get(cx, use.coupon_id, &found, &c));
    TRY(q_coupon_of_account(cx, use.coupon_id, use.account_id, &mine));
    if (use.is_first != 0)
        *ret = mine.firsts < c.account_max;
    else
        *ret = c.periods == DB_NULL || mine.terms < mine.firsts * c.periods;
    if (use.is_first == 0 || c.total_max == DB_NULL || !*ret)
        return OK;
    TRY(q_coupon_counts(cx, use.coupon_id, 0, order_id, cx->now, &n));
    *ret = n.taken + n.open < c.total_max;
    return OK;
}
