/* From free to paid and back (P34), a tier at a time.
 *
 * Free to paid: what was given for nothing is offered no more. Those who have it keep it for ever, until a day, or
 * keep what was published so far, as the owner chooses. Paid to free: renewals stop, everybody who is in stays in,
 * and what is left of paid terms can be given back from a list.
 *
 * The switch is one transaction; the members are carried over behind it by the job "money.paywall", some at a
 * time: who waits for it has what he had. Nothing is deleted: grants end and begin, and the history says why. */
#ifndef NODE_MONEY_PAYWALL_H
#define NODE_MONEY_PAYWALL_H

#include "node/event.h"
#include "node/planet/planet.h"

struct job;

enum { PAYWALL_NOTICE_DAYS = 30 };
enum paywall_choice { PAYWALL_FOREVER, PAYWALL_UNTIL, PAYWALL_POSTS };
bool paywall_choice_parse(struct str word, enum paywall_choice *ret); /* forever, until, posts */

struct paywall_ask {
    int64_t tier_id;
    bool to_free;
    enum paywall_choice choice;      /* of to paid: for those who are in */
    int64_t until_at;                /* of UNTIL: at least 30 days from now */
    struct money price;              /* of to paid: a price to begin with; cur "": those that are there */
    struct str unit; int64_t count;  /* its term */
};
struct paywall_preview {
    int64_t n_free;                  /* members who pay nothing: to paid, the choice is for them */
    int64_t n_paying;                /* members with a running paid term */
    int64_t n_renewing;              /* of these, whose provider would take money again */
    int64_t n_members;               /* all who have a running membership of the tier */
    int64_t n_posts_locked, n_posts_public; /* of the planet; public ones stay so */
    int64_t n_prices;                /* that would be offered no more */
    bool has_price;                  /* to paid: there is a price to pay already */
};
/* The owner. Nothing is changed. */
MUST_USE enum err paywall_preview(struct cx *cx, const struct paywall_ask *ask, struct paywall_preview *ret);
/* ERR_INVALID: no price to pay, a day that is too near. ERR_CONFLICT: nothing to switch, or a switch is under way. */
MUST_USE enum err paywall_switch(struct cx *cx, const struct paywall_ask *ask, int64_t *ret_id);

struct paywall {
    int64_t id, planet_id, tier_id, until_at, at, n_done, done_at; /* DB_NULL: none, not yet */
    struct str direction, choice, tier_name; /* paid, free; forever, until, posts, "" */
};
MUST_USE enum err paywall_list(struct cx *cx, int64_t planet_id, struct paywall **ret, size_t *ret_n);

/* What is left of paid terms of a tier that has become free: the owner gives back what he likes (refund.h), in part. */
struct paywall_rest {
    int64_t account_id, grant_id, order_id, ends_at;
    struct str number, name;
    struct money amount;             /* ceil(paid × time left ÷ term), P29 */
    bool under_way;                  /* a refund of it is open */
};
MUST_USE enum err paywall_rests(struct cx *cx, int64_t tier_id, struct paywall_rest **ret, size_t *ret_n);

enum job_verdict paywall_run(struct cx *cx, const struct job *job); /* "money.paywall", subject: the switch */
/* One part of it, as the job does. *ret_more: there are more. */
MUST_USE enum err paywall_step(struct cx *cx, int64_t id, bool *ret_more);

#endif
