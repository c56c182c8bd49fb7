/* Another price (P33). A price is never changed: a new one takes its place, and who pays the old one keeps it, until
 * the owner moves them: with at least thirty days' notice by letter, in force at their next renewal after that, with
 * a way to cancel in the letter. Who has lapsed for more than thirty days pays what is offered.
 *
 * Rights: price_change is the owner's and the partners' work, like price_create; moving is the owner's alone. */
#ifndef NODE_MONEY_PRICE_MOVE_H
#define NODE_MONEY_PRICE_MOVE_H

#include "node/event.h"
#include "node/planet/planet.h"

struct job;

enum { NOTICE_DAYS = 30 };

/* Who pays a price now: of those whose next term would cost it. */
struct price_payers {
    int64_t n;              /* all of them; live members */
    int64_t n_renewing;     /* a provider takes the money by itself */
    int64_t n_cancelled;    /* will not go on, as they wish */
    int64_t n_lapsed;       /* over, for less than thirty days */
    /* Of those who renew, if they are moved (rail_call.h): */
    int64_t n_moves;        /* their provider takes the new price by itself */
    int64_t n_asks;         /* their provider has them agree; who doesn't, ends with a term that is paid */
    int64_t n_ends;         /* their provider can't: they end with the term that is paid, and pay the next by hand */
};
/* to_id: the price that they would be moved to; 0: one of the same tier, term and currency. */
MUST_USE enum err price_payers(struct cx *cx, int64_t price_id, int64_t to_id, struct price_payers *ret);
/* Prices that are offered no more and are still somebody's. */
MUST_USE enum err price_old_list(struct cx *cx, int64_t planet_id, struct price **ret, size_t *ret_n);
/* A new price of the same tier and term in its place: the old one is offered no more. The same currency. */
MUST_USE enum err price_change(struct cx *cx, int64_t price_id, struct money to, struct price *ret);

struct price_move {
    int64_t id, planet_id, effective_at, created_at, stopped_at; /* stopped_at DB_NULL: not */
    struct price from, to;
};
/* effective_at 0: in thirty days. ERR_INVALID: earlier than that, not of one planet, another currency, not offered.
 * ERR_CONFLICT: one is announced already. The old price is retired, letters go out. */
MUST_USE enum err price_move_plan(struct cx *cx, int64_t from_id, int64_t to_id, int64_t effective_at,
                                  struct price_move *ret);
/* Would price_move_plan do it? Nothing is changed. */
MUST_USE enum err price_move_may(struct cx *cx, int64_t from_id, int64_t to_id, int64_t effective_at);
/* While it isn't in force. ERR_CONFLICT: it is. Those who were told see it on their page. */
MUST_USE enum err price_move_stop(struct cx *cx, int64_t id);
MUST_USE enum err price_move_list(struct cx *cx, int64_t planet_id, struct price_move **ret, size_t *ret_n);

/* Jobs, some hundred at a time; the payload is whom the part before ended with. price.tell: letters. price.apply:
 * providers that renew learn the new price. */
enum job_verdict price_tell_run(struct cx *cx, const struct job *job);
enum job_verdict price_apply_run(struct cx *cx, const struct job *job);

#endif
