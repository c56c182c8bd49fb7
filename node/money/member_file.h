/* What a planet's owner knows of one member: everything that was paid, given and changed, and why; the owner's
 * own notes; what is to be minded (a payment that was charged back).
 *
 * Partners see what concerns membership; money is the owner's. Nothing of it is shown to anybody else. */
#ifndef NODE_MONEY_MEMBER_FILE_H
#define NODE_MONEY_MEMBER_FILE_H

#include "node/planet/planet.h"

/* One line, newest first. what:
 *   grant, extend, shorten, suspend, restore, revoke      of a membership (kind: why it was given)
 *   ordered, paid, part_refunded, refunded, disputed, won, lost, expired, failed, cancelled   of an order
 *   refund_requested, refund_sent, refund_failed, refund_declined, refund_withdrawn
 *   note, flag, flag_cleared */
struct happening {
    int64_t at;
    struct str what;
    struct str number, order_kind;   /* STR_NULL: of no order */
    struct str tier, kind;           /* of memberships */
    struct str words;                /* reason, note, what was asked; may be empty */
    struct money money;              /* cur "": none */
    int64_t grant_id;                /* DB_NULL: none */
    int64_t until;                   /* of grant, extend, shorten: DB_NULL: for ever */
    int64_t by;                      /* DB_NULL: nobody: a rule, the member's own doing, a provider */
    struct str by_name;
};
MUST_USE enum err member_history(struct cx *cx, int64_t planet_id, int64_t account_id, struct happening **ret,
                                 size_t *ret_n);

enum { MEMBER_NOTE_MAX = 2000 };
/* Owner and partners. */
MUST_USE enum err member_note_put(struct cx *cx, int64_t planet_id, int64_t account_id, struct str text);

struct member_flag {
    int64_t planet_id, account_id, order_id, at;
    struct str why;                  /* dispute_lost */
    struct str number;
};
/* Those that stand. The owner. */
MUST_USE enum err member_flags(struct cx *cx, int64_t planet_id, int64_t account_id, struct member_flag **ret,
                               size_t *ret_n);
/* The owner has settled it with the member. */
MUST_USE enum err member_flag_clear(struct cx *cx, int64_t planet_id, int64_t account_id);
/* Inside order_apply's transaction. */
MUST_USE enum err member_flag_put(struct cx *cx, int64_t planet_id, int64_t account_id, int64_t order_id,
                                  const char *why);
/* Asked by others of node/money; no rights. */
MUST_USE enum err member_flagged(struct cx *cx, int64_t planet_id, int64_t account_id, bool *ret);

/* What was asked of one order, oldest first. The owner. */
struct order_happening { int64_t at; struct str event, from, to /* STR_NULL: not applied */, detail; };
MUST_USE enum err order_history(struct cx *cx, int64_t order_id, struct order_happening **ret, size_t *ret_n);

#endif
