/* Paid questions (付费提问) to a planet's authors, and listening in (P36).
 *
 *     draft → held → answered → released
 *                  → declined → refunded
 *                  → expired  → refunded
 *
 * The asker pays first; the money is in the owner's account and stands as held:questions in the books. Answered in
 * time, it becomes income; declined, or after the owner's days (7), it goes back by itself, once. A payment that is in
 * dispute waits: neither released nor given back. The asker may stay unnamed. Where the asker lets others listen in,
 * they read the answer for the answerer's smaller price; that money is the owner's, and the asker's share of it is days of
 * membership or credit.
 *
 * A question's id stands where a post's would: in post_right, in its gate (question_gate), in the order. So
 * access_decide alone says who reads an answer, and a refund takes it like a post. */
#ifndef NODE_MONEY_QUESTION_H
#define NODE_MONEY_QUESTION_H

#include "node/money/order.h"
#include "node/money/quote.h"
#include "node/planet/access.h"

enum { QUESTION_CHARS = 2000, QUESTION_DAYS = 7, QUESTION_DAYS_MAX = 30, QUESTION_WHY_MAX = 500,
       QUESTION_ABOUT_MAX = 300, QUESTION_OPEN_MAX = 5 /* of one asker in a planet, unanswered */ };

/* ---- the owner's rule ---- */

enum question_share { SHARE_NONE, SHARE_DAYS, SHARE_CREDIT };
const char *question_share_word(enum question_share s); /* none, days, credit */
bool question_share_parse(struct str word, enum question_share *ret);
struct question_rule {
    int64_t days;            /* to answer in: 1 to QUESTION_DAYS_MAX */
    bool members_only;
    enum question_share share; /* of the asker, for each who listens in */
    int64_t share_days, share_bp; /* 1 to 31; hundredths of a percent, to 10000 */
};
MUST_USE enum err question_rule_of(struct cx *cx, int64_t planet_id, struct question_rule *ret);
MUST_USE enum err question_rule_set(struct cx *cx, int64_t planet_id, const struct question_rule *rule);

/* Who answers, for what. */
struct answerer {
    int64_t planet_id, account_id;
    struct money price, listen; /* listen.minor 0: nobody listens in */
    struct str about, name, username;
    bool open;
};
/* Everybody may know those that are open; the others are the owner's to see. */
MUST_USE enum err answerer_list(struct cx *cx, int64_t planet_id, bool open_only, struct answerer **ret,
                                size_t *ret_n);
/* By the planet's owner; the account is owner, partner or guest there. ERR_INVALID. */
MUST_USE enum err answerer_set(struct cx *cx, int64_t planet_id, const struct answerer *a);

/* ---- a question ---- */

struct question {
    int64_t id, planet_id, order_id, asker_id, answerer_id; /* asker_id 0: not the viewer's to know */
    int64_t created_at, paid_at, due_at, answered_at, ended_at; /* DB_NULL: not */
    struct str number;       /* of the order; to who asked only, else STR_NULL */
    struct str text, state, why;
    struct str asker_name;   /* STR_NULL: unnamed */
    struct str answerer_name, answerer_username;
    struct money price, listen;
    bool anonymous, hidden, disputed;
    bool mine, to_me;        /* the viewer asked it, is to answer it */
    int64_t n_listeners;
};
/* What access_decide is asked with. */
struct gate question_gate(const struct question *q);
/* If the viewer may know of it: who asked, who is asked, the owner; everybody, once it is answered and may be listened in
 * on. Else ERR_NOT_FOUND. */
MUST_USE enum err question_by_id(struct cx *cx, int64_t id, struct question *ret);
/* Answered ones that may be listened in on, newest first; before_id 0: from the newest. */
MUST_USE enum err question_list(struct cx *cx, int64_t planet_id, int64_t before_id, int limit, struct question **ret,
                                size_t *ret_n);
/* What the viewer asked, or is asked (those that wait first), in all planets. */
MUST_USE enum err question_list_mine(struct cx *cx, bool to_me, struct question **ret, size_t *ret_n);
/* All that were paid, newest first. The planet's owner. */
MUST_USE enum err question_list_of_planet(struct cx *cx, int64_t planet_id, int64_t before_id, int limit,
                                          struct question **ret, size_t *ret_n);

struct question_ask {
    int64_t account_id, planet_id, answerer_id;
    struct str text;
    bool anonymous, listen;  /* listen: others may listen in, where the answerer has a price for it */
    const char *rail;
    int64_t agreed;          /* the total that was shown; 0: none */
};
MUST_USE enum err question_quote(struct cx *cx, const struct question_ask *ask, struct quote *ret);
/* Order one. ERR_INVALID: no text, too long, they don't take questions, not this way of paying; ERR_FORBIDDEN: members
 * only, banned; ERR_CONFLICT: too many wait already, not what was agreed; ERR_RATE_LIMITED. */
MUST_USE enum err question_place(struct cx *cx, const struct question_ask *ask, struct order *ret, int64_t *ret_id);
/* By who is asked. A second time changes the answer. ERR_CONFLICT: its time is over, declined. */
MUST_USE enum err question_answer(struct cx *cx, int64_t id, struct str markdown);
/* By who is asked, or the owner: the money goes back. */
MUST_USE enum err question_decline(struct cx *cx, int64_t id, struct str why);
/* Off the public list, or back. Owner, partner, moderator. */
MUST_USE enum err question_hide(struct cx *cx, int64_t id, bool hide);

struct listen_ask { int64_t account_id, question_id; const char *rail; int64_t agreed; };
MUST_USE enum err listen_quote(struct cx *cx, const struct question *q, struct quote *ret);
/* ERR_CONFLICT: open to them already; ERR_INVALID: nobody listens in here. */
MUST_USE enum err listen_place(struct cx *cx, const struct listen_ask *ask, struct order *ret);

/* "money.question" in the wiring table, subject: the question. Reminds who is asked after 3 and 6 days, and gives the
 * money back when the time is over: once, however often it runs. */
enum job_verdict question_run(struct cx *cx, const struct job *job);

/* ---- inside order_apply's transaction ---- */

MUST_USE enum err question_paid(struct cx *cx, int64_t order_id);
/* Money was given back (back of what was left, o->refunded before), disputed, lost or won; o->state is what it
 * becomes; gone: nothing is left of it. */
MUST_USE enum err question_order(struct cx *cx, const struct order *o, enum order_event event, int64_t back, bool gone);
/* Give the asker their share; or take it back. */
MUST_USE enum err listen_paid(struct cx *cx, const struct order *o);
MUST_USE enum err listen_undone(struct cx *cx, const struct order *o);

#endif
