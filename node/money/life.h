/* A membership through its life: what somebody has, until when, what happens next, and what they can
 * do about it (P27–P29, P33). One struct answers all that a page, a letter or the API says.
 *
 * Rights: the member themself; an owner or partner may look. */
#ifndef NODE_MONEY_LIFE_H
#define NODE_MONEY_LIFE_H

#include "node/event.h"
#include "node/money/subscription.h"

struct job;

enum life_face {
    LIFE_NEVER,     /* never was a member */
    LIFE_RUNS,      /* ends at .until, unless a further term is paid */
    LIFE_RENEWS,    /* the provider takes the money for the next term by itself */
    LIFE_CANCELLED, /* nothing follows, as they wish: .until is the end */
    LIFE_PAST_DUE,  /* the provider could not take the money; access until .until */
    LIFE_TRIAL,     /* a free trial; with .renews it turns into a paid term */
    LIFE_CARD,      /* a trial card */
    LIFE_FOREVER,
    LIFE_SUSPENDED, /* a payment is disputed */
    LIFE_LAPSED,
    LIFE_OLD_POSTS, /* the planet was free once: what was published before stays open */
};
const char *life_word(enum life_face face); /* "runs", "renews" … */

struct life {
    int64_t planet_id, account_id;
    enum life_face face;
    struct membership m;          /* not of NEVER */
    int64_t until;                /* end of access; of LAPSED, when it was; DB_NULL: none or for ever */
    bool taken_back;              /* of LAPSED: it was ended before its time (a refund, the owner) */
    bool has_sub, renews;         /* renews: it goes on by itself at the end */
    struct subscription sub;      /* ends_with_term: as it was wished last, whether or not the provider has heard it */
    bool has_next;                /* what a further term costs them, at the price that is theirs */
    struct price next;
    struct tier next_tier;
    bool next_is_theirs;          /* that price is offered to nobody else any more */
    bool going_down;              /* next_tier is a lower one, as they chose */
    bool moving;                  /* another price is announced for them: */
    struct price moves_to;
    int64_t moves_at;
    bool may_pay, may_cancel, may_resume, may_manage; /* manage: the provider's own page */
};
MUST_USE enum err life_of(struct cx *cx, int64_t planet_id, int64_t account_id, struct life *ret);

/* The price of this account's next term, however it is paid: its own even if it is no longer offered, until thirty
 * days after the end; the one that it was moved to; the one that it chose. ret_found false: it chooses among
 * what is offered. */
MUST_USE enum err renewal_price(struct cx *cx, int64_t planet_id, int64_t account_id, bool *ret_found,
                                struct price *ret);

/* Where the announcements that are in force lead from a price: to itself, if there is none. */
MUST_USE enum err price_holds(struct cx *cx, int64_t price_id, int64_t *ret);

/* P28: no further term. With a subscription the provider is told: *ret_call_id, DB_NULL if nobody has to be; who
 * waits makes it at once (rail_call_make), else a job does. Access stays to the end. Also takes back a
 * step down that was planned. ERR_CONFLICT: nothing would follow anyway. */
MUST_USE enum err life_cancel(struct cx *cx, int64_t planet_id, int64_t account_id, int64_t *ret_call_id);
/* After all; until the end. ERR_CONFLICT: it is over, or was never cancelled. */
MUST_USE enum err life_resume(struct cx *cx, int64_t planet_id, int64_t account_id, int64_t *ret_call_id);

/* How a planet renews. Reading is anybody's; the owner sets. */
struct renewing { int64_t grace_days; };
enum { GRACE_DAYS = 7, GRACE_DAYS_MAX = 30 };
MUST_USE enum err renewing_of(struct cx *cx, int64_t planet_id, struct renewing *ret);
MUST_USE enum err renewing_set(struct cx *cx, int64_t planet_id, const struct renewing *r);

/* Inside a transaction, after the provider told how a subscription stands: grace begins or ends, letters are
 * put. before NULL: it was not known. */
MUST_USE enum err life_told(struct cx *cx, const struct subscription *before,
                            const struct subscription *after);

/* When it is nine in the morning there, that many days from the day that holds this moment. */
int64_t life_nine(const struct zone *z, int64_t at, int64_t days);

/* Jobs, by the wiring table. life.plan, of EV_GRANT_CHANGED: when is the next reminder of this account due?
 * life.remind: tells it (P27), and plans the next. life.dun: a renewal that failed, on days 0, 3 and 6, and when
 * its grace is over. */
enum job_verdict life_plan_run(struct cx *cx, const struct job *job);
enum job_verdict life_remind_run(struct cx *cx, const struct job *job);
enum job_verdict life_dun_run(struct cx *cx, const struct job *job);

#endif
