#include "node/money/order.h"

#include "node/base/clock.h"
#include "node/base/crypt.h"
#include "node/base/id.h"
#include "node/db/db.h"
#include "node/jobs/jobs.h"
#include "node/money/ledger.h"
#include "node/money/money.h"
#include "node/money/order_row.h"
#include "node/money/rail_call.h"
#include "node/node.h"
#include "node/people/rate.h"
#include "node/planet/admission.h"
#include "node/planet/grant.h"
#include "node/planet/tier_sql.h"
#include "node/quota.h"

#include <string.h>

enum { NUMBER_LEN = 26 };
#define SEAT_KEPT_MS (3 * MS_DAY) /* a provider's renewal is told so long after the term has ended */

struct order order_from(const struct order_row *r)
{
    return (struct order){
        .id = r->id,
        .account_id = r->account_id,
        .planet_id = r->planet_id,
        .price_id = r->price_id,
        .tier_id = r->tier_id,
        .post_id = r->post_id,
        .term_unit = r->term_unit,
        .term_count = r->term_count,
        .number = r->number,
        .kind = r->kind,
        .state = r->state,
        .rail = r->rail,
        .rail_ref = r->rail_ref,
        .quantity = r->quantity,
        .list_amount = r->list_amount,
        .discount = r->discount,
        .credit = r->credit,
        .tax = r->tax,
        .refunded = r->refunded,
        .total = money_of(r->total, r->currency),
        .created_at = r->created_at,
        .expires_at = r->expires_at,
        .paid_at = r->paid_at,
        .rail_at = r->rail_at,
        .seen_at = r->seen_at,
    };
}

/* A ULID: 48 bits of time and 80 of chance in Crockford's base32; fits every rail's number. */
static struct str number_new(struct cx *cx)
{
    static const char digits[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    unsigned char chance[16];
    char out[NUMBER_LEN];
    uint64_t t = (uint64_t)cx->now;
    crypt_random(chance, sizeof chance);
    for (int i = 9; i >= 0; i--, t >>= 5)
        out[i] = digits[t & 31];
    for (int i = 0; i < 16; i++)
        out[10 + i] = digits[chance[i] & 31];
    return (struct str){arena_copy(cx->arena, out, sizeof out), sizeof out};
}

enum err order_insert(struct cx *cx, const struct order_new *o, struct str *ret_number,
                      int64_t *ret_id)
{
    const char *kind = o->kind;
    bool plain = o->list == 0;
    const struct pay_rail *rail = rail_by_name(str_c(o->rail));
    int64_t expires_at = o->expires_at; /* DB_NULL: it is paid at once */
    if (expires_at != DB_NULL && rail != NULL && rail->open_ms > 0)
        expires_at = cx->now + rail->open_ms;
    struct str number = number_new(cx);
    int64_t id = id_next(cx->node->ids);
    if (kind == NULL) {
        struct membership m;
        enum err e = membership_of(cx, o->planet_id, o->account_id, &m);
        if (e != OK && e != ERR_NOT_FOUND)
            return e;
        kind = e == OK && m.live && m.tier_id == o->tier_id ? "renewal" : "membership";
    }
    TRY(q_order_insert(cx, id, number, o->account_id, o->planet_id, str_c(kind), o->price_id,
                       o->tier_id, o->term_unit, o->term_count, o->post_id,
                       plain ? o->total.minor : o->list, o->discount, o->credit, o->tax,
                       o->total.minor, str_c(o->total.cur), str_c(o->rail), cx->now, expires_at,
                       NULL));
    TRY(order_tax_put(cx, id, o->account_id, o->taxed));
    if (o->total.minor > 0 && expires_at != DB_NULL) /* what costs nothing is settled at once */
        TRY(job_put(cx, "money.expire", id, STR_NULL, STR_NULL, expires_at));
    if (o->total.minor > 0 && o->tier_id != DB_NULL)
        TRY(order_seat_moved(cx, o->tier_id));
    *ret_number = number;
    *ret_id = id;
    return OK;
}

enum err order_seats_left(struct cx *cx, int64_t tier_id, int64_t account_id, int64_t *ret)
{
    struct tier tier;
    int64_t taken;
    TRY(tier_by_id(cx, tier_id, &tier));
    *ret = DB_NULL;
    if (tier.seats == DB_NULL)
        return OK;
    TRY(q_seats_taken(cx, tier_id, account_id, cx->now, cx->now - SEAT_KEPT_MS, &taken));
    *ret = taken >= tier.seats ? 0 : tier.seats - taken;
    return OK;
}

enum err order_seats_next(struct cx *cx, int64_t tier_id, int64_t *ret)
{
    return q_seats_next(cx, tier_id, cx->now, cx->now - SEAT_KEPT_MS, ret);
}

enum err order_seat_held(struct cx *cx, int64_t tier_id, int64_t account_id, bool *ret)
{
    int64_t n;
    TRY(q_seats_of(cx, tier_id, account_id, cx->now, cx->now - SEAT_KEPT_MS, &n));
    *ret = n > 0;
    return OK;
}

enum err order_seat_moved(struct cx *cx, int64_t tier_id)
{
    struct tier_row tier;
    TRY(q_tier_by_id(cx, tier_id, &tier));
    if (tier.seats != DB_NULL)
        cx->wake |= WAKE_PUBLIC;
    return OK;
}

enum err order_seat(struct cx *cx, int64_t tier_id, int64_t account_id)
{
    int64_t left;
    TRY(order_seats_left(cx, tier_id, account_id, &left));
    if (left == 0)
        return cx_tell(cx, ERR_CONFLICT, N_("All seats of this tier are taken."));
    return OK;
}

enum err order_may_buy(struct cx *cx, int64_t account_id, int64_t planet_id, struct money total,
                       const char *rail)
{
    enum role role;
    if (cx->viewer != 0 && cx->viewer != account_id)
        return cx_fail(cx, ERR_FORBIDDEN, "ordering for another account");
    TRY(role_of(cx, planet_id, account_id, &role));
    if (role == ROLE_BANNED)
        return cx_tell(cx, ERR_FORBIDDEN, N_("You cannot join this planet."));
    if (total.minor == 0)
        return OK;
    const struct pay_rail *r = rail_by_name(str_c(rail));
    if (r == NULL || !rail_available(cx, r, planet_id) || !rail_takes(cx, r, planet_id, str_c(total.cur)))
        return cx_tell(cx, ERR_INVALID, N_("This way of paying is not available here."));
    return OK;
}

enum err order_quota(struct cx *cx, int64_t account_id)
{
    return quota_member(cx, account_id);
}

enum err order_may_join(struct cx *cx, int64_t account_id, const struct tier *tier,
                        struct money total, bool invited)
{
    struct planet planet;
    struct membership m = {.live = false};
    TRY(planet_by_id(cx, tier->planet_id, &planet));
    TRY(admission_check(cx, &planet, account_id, invited));
    enum err e = membership_of(cx, tier->planet_id, account_id, &m);
    if (e != OK && e != ERR_NOT_FOUND)
        return e;
    if (total.minor == 0 && m.live && m.rank >= tier->rank)
        return cx_tell(cx, ERR_CONFLICT, N_("You are a member already."));
    /* Before the money: who has paid is let in, whatever the plan says. */
    TRY(order_quota(cx, account_id));
    return order_seat(cx, tier->id, account_id);
}

enum err order_settle_if_free(struct cx *cx, struct str number, struct money total)
{
    struct order_change paid = {
        .event = ORDER_PAID, .amount = total, .rail_event_id = DB_NULL, .rail_at = DB_NULL};
    enum order_verdict verdict;
    return total.minor == 0 ? order_apply(cx, number, &paid, &verdict) : OK;
}

enum err order_limit(struct cx *cx, int64_t account_id)
{
    return rate_hit(cx, "order", str_fmt(cx->arena, "%lld", (long long)account_id), MS_MINUTE, 10);
}

enum err order_by_number(struct cx *cx, struct str number, struct order *ret)
{
    struct order_row row;
    if (number.n != NUMBER_LEN)
        return ERR_NOT_FOUND;
    TRY(q_order_by_number(cx, number, &row));
    *ret = order_from(&row);
    return OK;
}

enum err order_by_id(struct cx *cx, int64_t id, struct order *ret)
{
    struct order_row row;
    TRY(q_order_by_id(cx, id, &row));
    *ret = order_from(&row);
    return OK;
}

static struct order *orders_from(struct cx *cx, const struct order_row *rows, size_t n)
{
    struct order *list = ARENA_ARRAY(cx->arena, struct order, n);
    for (size_t i = 0; i < n; i++)
        list[i] = order_from(&rows[i]);
    return list;
}

enum err order_list(struct cx *cx, int64_t account_id, int64_t before_id, int limit,
                    struct order **ret, size_t *ret_n)
{
    struct order_row *rows;
    TRY(q_order_of_account(cx, account_id, before_id == 0 ? INT64_MAX : before_id, limit, &rows,
                           ret_n));
    *ret = orders_from(cx, rows, *ret_n);
    return OK;
}

enum err order_list_of_planet(struct cx *cx, int64_t planet_id, int64_t before_id, int limit,
                              struct order **ret, size_t *ret_n)
{
    struct order_row *rows;
    TRY(planet_may_own(cx, planet_id));
    TRY(q_order_of_planet(cx, planet_id, before_id == 0 ? INT64_MAX : before_id, limit, &rows,
                          ret_n));
    *ret = orders_from(cx, rows, *ret_n);
    return OK;
}

static enum err apply_plain(struct cx *cx, struct str number, enum order_event event,
                            enum order_verdict *ret)
{
    struct order_change change = {.event = event, .rail_event_id = DB_NULL, .rail_at = DB_NULL};
    return order_apply(cx, number, &change, ret);
}

enum err order_cancel(struct cx *cx, struct str number)
{
    struct order order;
    enum order_verdict verdict;
    TX_SCOPE(cx);
    TRY(order_by_number(cx, number, &order));
    if (cx->viewer != 0 && cx->viewer != order.account_id)
        return ERR_NOT_FOUND;
    TRY(apply_plain(cx, number, ORDER_CANCEL, &verdict));
    if (verdict != ORDER_APPLIED)
        return cx_tell(cx, ERR_CONFLICT, N_("This order cannot be cancelled any more."));
    TRY(rail_close(cx, &order));
    return tx_commit(cx);
}

enum err order_expire_due(struct cx *cx, int64_t *ret_n)
{
    struct str *numbers;
    enum order_verdict verdict;
    size_t n;
    TX_SCOPE(cx);
    TRY(q_order_due(cx, cx->now, &numbers, &n));
    for (size_t i = 0; i < n; i++)
        TRY(apply_plain(cx, numbers[i], ORDER_EXPIRE, &verdict));
    TRY(tx_commit(cx));
    *ret_n = (int64_t)n;
    return OK;
}

enum job_verdict order_expire_run(struct cx *cx, const struct job *job)
{
    int64_t n;
    (void)job; /* all that are due, not only its own */
    return order_expire_due(cx, &n) == OK ? JOB_DONE : JOB_RETRY;
}
