/* Fapiao (发票): what Chinese buyers ask for, kept and handed on (P45). The owner issues them elsewhere (the tax
 * authority's own page) and notes that it is done; the buyer is told. */
#ifndef NODE_MONEY_FAPIAO_H
#define NODE_MONEY_FAPIAO_H

#include "node/planet/planet.h"

enum { FAPIAO_TITLE_MAX = 100, FAPIAO_ANSWER_MAX = 200, FAPIAO_MANY = 200 };

struct fapiao {
    int64_t id, planet_id, account_id, order_id, asked_at, done_at, paid_at; /* done_at DB_NULL: not yet */
    struct str order_number, kind;   /* kind: person, company */
    struct str title, taxpayer_id, mail;
    struct money amount;             /* what stood paid when it was asked for */
    struct str state;                /* asked, issued, declined, withdrawn */
    struct str answer;               /* the owner's: its number, or why not */
    int64_t given_back;              /* of the order, by now: an issued one needs a red one (红字) */
};
struct fapiao_ask { struct str number, kind, title, taxpayer_id, mail; }; /* number: of the order */

/* May its buyer ask for one: the owner gives them, yuan were paid, and none is asked or issued? */
MUST_USE enum err fapiao_may(struct cx *cx, int64_t order_id, bool *ret);
/* Of an order of the viewer's. ERR_INVALID with a sentence; ERR_CONFLICT: there is one, or none is given. The
 * owners are told. */
MUST_USE enum err fapiao_request(struct cx *cx, const struct fapiao_ask *ask, struct fapiao *ret);
/* While it is only asked for. */
MUST_USE enum err fapiao_withdraw(struct cx *cx, int64_t id);
/* Of an order, newest first: its buyer and the owner. */
MUST_USE enum err fapiao_of_order(struct cx *cx, int64_t order_id, struct fapiao **ret, size_t *ret_n);

/* The owner. state STR_NULL: all; newest first. */
MUST_USE enum err fapiao_list(struct cx *cx, int64_t planet_id, struct str state, int64_t before_id, int limit,
                              struct fapiao **ret, size_t *ret_n);
MUST_USE enum err fapiao_waiting(struct cx *cx, int64_t planet_id, int64_t *ret); /* how many are asked for */
/* Issued, or declined; several at once, all or none. ret_n: those that were asked for and are done now. */
MUST_USE enum err fapiao_done(struct cx *cx, int64_t planet_id, const int64_t *ids, size_t n, bool issued,
                              struct str answer, size_t *ret_n);
struct str fapiao_csv_head(void);
/* Days by the cx's clock (i18n_clock): the planet's. */
struct str fapiao_csv(struct cx *cx, const struct fapiao *f);

#endif
