/* What order.c and order_apply.c share: rows to orders, one insert for all who make one, seats. */
#ifndef NODE_MONEY_ORDER_ROW_H
#define NODE_MONEY_ORDER_ROW_H

#include "node/money/order.h"
#include "node/money/order_sql.h"
#include "node/money/tax.h"

#define ORDER_OPEN_MS (2 * MS_HOUR) /* how long an order waits for its payment */

struct order order_from(const struct order_row *r);

struct order_new {
    int64_t account_id, planet_id, price_id, tier_id, term_count, post_id; /* DB_NULL: none */
    const char *kind;       /* NULL: membership or renewal, as the account stands */
    struct str term_unit;
    struct money total;
    int64_t list, discount, credit, tax; /* all 0: the total is the list price */
    const struct quote_tax *taxed;       /* NULL: no tax was worked out */
    const char *rail;
    int64_t expires_at;     /* a rail that waits longer says so itself (pay_rail.open_ms) */
};
/* Inside a transaction; state 'new'. */
MUST_USE enum err order_insert(struct cx *cx, const struct order_new *o, struct str *ret_number,
                               int64_t *ret_id);
/* OK, or ERR_CONFLICT with a sentence when every seat is taken by others. */
MUST_USE enum err order_seat(struct cx *cx, int64_t tier_id, int64_t account_id);
/* After a change of an order: pages show how many seats are left. */
MUST_USE enum err order_seat_moved(struct cx *cx, int64_t tier_id);
/* Has this account a seat, or does it keep one because its membership renews itself? */
MUST_USE enum err order_seat_held(struct cx *cx, int64_t tier_id, int64_t account_id, bool *ret);
/* May this account buy here, and by this rail? May it join, invited or not: admission, the plan of the
 * hoster, a seat? Sentences as in order_open. */
MUST_USE enum err order_may_buy(struct cx *cx, int64_t account_id, int64_t planet_id,
                                struct money total, const char *rail);
MUST_USE enum err order_may_join(struct cx *cx, int64_t account_id, const struct tier *tier,
                                 struct money total, bool invited);
MUST_USE enum err order_quota(struct cx *cx, int64_t account_id);
/* 10 a minute; outside of transactions. */
MUST_USE enum err order_limit(struct cx *cx, int64_t account_id);
/* Inside a transaction: what costs nothing is paid at once. */
MUST_USE enum err order_settle_if_free(struct cx *cx, struct str number, struct money total);
/* Inside a transaction: what is suspended of an order goes on, with the time lost added. why: "dispute won". */
MUST_USE enum err order_give_time_back(struct cx *cx, int64_t order_id, const char *why, const char *why_time);
/* Inside a transaction: no provider takes money for further terms of what this order began. */
MUST_USE enum err order_stop_renewals(struct cx *cx, const struct order *o);
/* Put money into the owner's tray. */
MUST_USE enum err order_unmatched(struct cx *cx, int64_t planet_id, struct str rail,
                                  const struct order_change *change, struct str number,
                                  const char *reason);

#endif
