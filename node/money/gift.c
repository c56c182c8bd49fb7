#include "node/money/gift.h"

#include "node/base/clock.h"
#include "node/base/crypt.h"
#include "node/base/id.h"
#include "node/db/db.h"
#include "node/money/code_text.h"
#include "node/money/gift_sql.h"
#include "node/money/ledger.h"
#include "node/money/refund.h"
#include "node/money/redeem_int.h"
#include "node/node.h"
#include "node/people/account.h"
#include "node/people/notice.h"
#include "node/people/rate.h"
#include "node/planet/grant.h"
#include "node/planet/planet_sql.h"
#include "node/quota.h"

static struct gift from_row(const struct gift_row *r)
{
    return (struct gift){
        .id = r->id,
        .order_id = r->order_id,
        .planet_id = r->planet_id,
        .buyer_id = r->buyer_id,
        .tier_id = r->tier_id,
        .paid_at = r->paid_at,
        .redeem_until = r->redeem_until,
        .redeemed_by = r->redeemed_by,
        .redeemed_at = r->redeemed_at,
        .grant_id = r->grant_id,
        .refund_asked_at = r->refund_asked_at,
        .total = r->total,
        .number = r->number,
        .state = r->state,
        .tier_name = r->tier_name,
        .unit = r->unit,
        .count = r->count,
        .to_name = r->to_name,
        .words = r->words,
        .code = STR_NULL,
    };
}

static bool good_state(struct str state)
{
    return str_eq_c(state, "paid") || str_eq_c(state, "part_refunded");
}

bool gift_may_refund(const struct gift *g)
{
    return good_state(g->state) && g->redeemed_at == DB_NULL && g->refund_asked_at == DB_NULL &&
           g->total > 0;
}

static enum err with_code(struct cx *cx, const struct gift_row *r, struct gift *ret)
{
    struct str code;
    struct gift g = from_row(r);
    if (good_state(r->state) && r->refund_asked_at == DB_NULL && r->redeemed_at == DB_NULL) {
        TRY(crypt_open(cx->arena, cx->node->secret, r->sealed, &code));
        g.code = code_text_show(cx->arena, code);
    }
    *ret = g;
    return OK;
}

enum err gift_make(struct cx *cx, int64_t order_id, int64_t planet_id, int64_t buyer_id,
                   int64_t tier_id, struct str to_name, struct str words)
{
    struct str code = code_text_new(cx->arena);
    to_name = to_name.p == NULL ? STR("") : str_trim(to_name);
    words = words.p == NULL ? STR("") : str_trim(words);
    if (!str_is_utf8(to_name) || str_utf8_len(to_name) > GIFT_NAME_MAX)
        return cx_tell(cx, ERR_INVALID, N_("The name on a gift has at most 60 characters."));
    if (!str_is_utf8(words) || str_utf8_len(words) > GIFT_WORDS_MAX)
        return cx_tell(cx, ERR_INVALID, N_("The words on a gift have at most 300 characters."));
    return q_gift_insert(cx, id_next(cx->node->ids), order_id, planet_id, buyer_id, tier_id,
                         redeem_hash(cx, code), crypt_seal(cx->arena, cx->node->secret, code),
                         to_name, words, NULL);
}

enum err gift_paid(struct cx *cx, int64_t order_id)
{
    int64_t until = clock_add_months(cx->now, GIFT_MONTHS, clock_day_of_month(cx->now));
    return q_gift_set_paid(cx, order_id, until, NULL);
}

enum err gift_list(struct cx *cx, int64_t account_id, struct gift **ret, size_t *ret_n)
{
    struct gift_row *rows;
    size_t n;
    if (cx->viewer != 0 && cx->viewer != account_id)
        return cx_fail(cx, ERR_FORBIDDEN, "gifts of another account");
    TRY(q_gift_of_buyer(cx, account_id, &rows, &n));
    struct gift *list = ARENA_ARRAY(cx->arena, struct gift, n);
    for (size_t i = 0; i < n; i++)
        TRY(with_code(cx, &rows[i], &list[i]));
    *ret = list;
    *ret_n = n;
    return OK;
}

enum err gift_of_order(struct cx *cx, struct str number, struct gift *ret)
{
    struct gift_row row;
    bool found;
    TRY(q_gift_by_order(cx, number, &found, &row));
    if (!found || (cx->viewer != 0 && cx->viewer != row.buyer_id))
        return ERR_NOT_FOUND;
    return with_code(cx, &row, ret);
}

enum err gift_list_of_planet(struct cx *cx, int64_t planet_id, int64_t before_id, int limit,
                              struct gift **ret, size_t *ret_n)
{
    struct gift_row *rows;
    size_t n;
    TRY(planet_may_own(cx, planet_id));
    TRY(q_gift_of_planet(cx, planet_id, before_id == 0 ? INT64_MAX : before_id, limit, &rows, &n));
    struct gift *list = ARENA_ARRAY(cx->arena, struct gift, n);
    for (size_t i = 0; i < n; i++)
        list[i] = from_row(&rows[i]);
    *ret = list;
    *ret_n = n;
    return OK;
}

enum err gift_look(struct cx *cx, struct str typed, struct str ip, struct gift *ret)
{
    struct gift_row row;
    struct str code;
    bool found = false;
    TRY(rate_hit(cx, "code-look", rate_ip(cx->arena, ip, false), MS_MINUTE, 120));
    if (code_text_read(cx->arena, typed, &code))
        TRY(q_gift_by_hash(cx, redeem_hash(cx, code), &found, &row));
    if (!found || row.redeem_until == DB_NULL)
        return cx_tell(cx, ERR_NOT_FOUND,
                       N_("There is no such gift. Please look at the letters and digits again."));
    *ret = from_row(&row);
    return OK;
}

enum err gift_refund(struct cx *cx, struct str number)
{
    struct gift g;
    int64_t changes, id;
    TX_SCOPE(cx);
    TRY(gift_of_order(cx, number, &g));
    TRY(planet_lock(cx, g.planet_id));
    TRY(gift_of_order(cx, number, &g)); /* again: somebody may be redeeming it */
    if (!gift_may_refund(&g))
        return cx_tell(cx, ERR_CONFLICT,
                       N_("The money for this gift cannot be given back: it was redeemed, or nothing was paid."));
    TRY(q_gift_ask_refund(cx, g.id, cx->now, &changes));
    if (changes == 0)
        return cx_fail(cx, ERR_INTERNAL, "a gift under its planet's lock changed");
    const struct refund_new r = {.order_id = g.order_id, .kind = "gift", .decided_by = DB_NULL};
    enum err e = refund_send(cx, &r, &id);
    if (e == ERR_UNSUPPORTED)
        return cx_tell(cx, e,
                       N_("This way of paying can't give money back by itself. Please write to the planet's owner."));
    TRY(e);
    return tx_commit(cx);
}

/* ---- redeeming ---- */

static enum err may_redeem(struct cx *cx, int64_t account_id, const struct gift_row *g)
{
    enum role role;
    if (!good_state(g->state) || g->redeem_until == DB_NULL || g->redeemed_at != DB_NULL ||
        g->refund_asked_at != DB_NULL)
        return redeem_no_such_code(cx);
    if (g->redeem_until <= cx->now)
        return cx_tell(cx, ERR_GONE,
                       N_("This gift has run out. Please tell who gave it to you: the owner may help."));
    TRY(role_of(cx, g->planet_id, account_id, &role));
    if (role == ROLE_BANNED)
        return cx_tell(cx, ERR_CONFLICT, N_("You cannot join this planet."));
    return quota_member(cx, account_id); /* its seat is held since it was paid */
}

static enum err give(struct cx *cx, int64_t account_id, const struct gift_row *g,
                     struct term *ret_term, int64_t *ret_grant_id)
{
    struct tier tier;
    TRY(tier_by_id(cx, g->tier_id, &tier));
    enum err e = membership_next_term(cx, g->planet_id, account_id, tier.rank, g->unit, g->count,
                                      ret_term);
    if (e == ERR_CONFLICT)
        return cx_tell(cx, e,
                       N_("You are a member for life already. Keep the gift for somebody else."));
    TRY(e);
    struct grant_new grant = {
        .account_id = account_id,
        .planet_id = g->planet_id,
        .tier_id = g->tier_id,
        .kind = "gift",
        .term = *ret_term,
        .window_days = DB_NULL,
        .order_id = g->order_id,
        .price_id = g->price_id,
    };
    TRY(grant_put(cx, &grant, ret_grant_id));
    struct txn t = {
        .planet_id = g->planet_id,
        .kind = STR("grant"),
        .order_id = g->order_id,
        .grant_id = *ret_grant_id,
        .rail_event_id = DB_NULL,
        .reverses = DB_NULL,
        .memo = STR("gift"),
    };
    return ledger_post(cx, &t);
}

static enum err tell_buyer(struct cx *cx, const struct gift_row *g, int64_t account_id)
{
    struct account a;
    if (g->buyer_id == account_id)
        return OK;
    TRY(account_by_id(cx, account_id, &a));
    return notice_put(cx, g->buyer_id, "gift", DB_NULL, DB_NULL, a.name, STR("/me/gifts"));
}

enum err gift_redeem(struct cx *cx, int64_t account_id, struct str hash, bool *ret_found,
                     struct redeemed *ret)
{
    struct gift_row g;
    struct term term;
    int64_t grant_id, changes;
    TRY(q_gift_by_hash(cx, hash, ret_found, &g));
    if (!*ret_found)
        return OK;
    TRY(planet_lock(cx, g.planet_id));
    TRY(q_gift_by_hash(cx, hash, ret_found, &g)); /* again: another may have held the lock */
    TRY(may_redeem(cx, account_id, &g));
    TRY(give(cx, account_id, &g, &term, &grant_id));
    TRY(q_gift_take(cx, g.id, account_id, grant_id, cx->now, &changes));
    if (changes == 0)
        return redeem_no_such_code(cx);
    TRY(tell_buyer(cx, &g, account_id));
    *ret = (struct redeemed){
        .planet_id = g.planet_id,
        .tier_id = g.tier_id,
        .grant_id = grant_id,
        .order_id = g.order_id,
        .starts_at = term.starts_at,
        .ends_at = term.ends_at,
    };
    return OK;
}
