/* Payments that the planet's owner confirms by hand (O2): a bank transfer, or one to a personal payment code.
 *
 * The buyer sees where to send how much, and eight characters to write on it; says that it is sent, with a
 * private picture perhaps; the owner finds it on the statement and confirms. Confirming goes the way of any
 * rail's message (rail_settle), so it is exact, happens once, and what does not fit lies in the tray.
 *
 * With the owner's wish amounts are unlike each other: up to TRANSFER_UNLIKE - 1 of the smallest unit more
 * than the total, booked under 'rounding'. */
#ifndef NODE_MONEY_TRANSFER_H
#define NODE_MONEY_TRANSFER_H

#include "node/money/order.h"

enum {
    TRANSFER_MEMO = 8,
    TRANSFER_UNLIKE = 20,       /* amounts from the total on */
    TRANSFER_DAYS = 7,          /* an order waits so long, and again once it is said to be sent */
    TRANSFER_PROVISIONAL_H = 48,
    TRANSFER_PICTURE_DAYS = 90,
    TRANSFER_SAYS = 5,          /* how often a buyer may say so */
    TRANSFER_WORDS = 200,       /* characters of a name, a reference, a reason */
};

struct transfer {
    int64_t order_id, planet_id, account_id, tier_id, post_id, created_at;
    int64_t said_at, decided_at, decided_by, expires_at, media_id; /* DB_NULL: none */
    int64_t says;
    struct str number, memo, kind, username, name; /* kind: the order's; name: the buyer's */
    struct str state;           /* waiting, sent, confirmed, tray, rejected */
    struct str order_state;
    struct str payer, bank_ref, reason; /* STR_NULL: none */
    struct money amount;        /* to be sent */
    int64_t extra;              /* of it, above the order's total */
    bool provisional;           /* opened something before it was paid */
    /* Another order of the planet with the same picture or bank reference; STR_NULL: none. In lists for
     * the owner only. used_before: that one was confirmed. */
    struct str same_picture, same_ref;
    bool used_before;
};

/* Inside no transaction. The transfer of an order whose rail is this one, made when it is not there yet. */
MUST_USE enum err transfer_open(struct cx *cx, const struct order *o, struct transfer *ret);
/* For the buyer and the owner; others: ERR_NOT_FOUND. */
MUST_USE enum err transfer_of(struct cx *cx, struct str order_number, struct transfer *ret);

/* The buyer: it is sent. Not inside a transaction (the picture is read first). May be said again with other
 * words. ERR_CONFLICT: confirmed already, or said too often; ERR_RATE_LIMITED; errors of media_add_image. */
struct transfer_say {
    struct str number;
    struct str payer, bank_ref; /* STR_NULL or empty: unsaid; as long as TRANSFER_WORDS */
    struct str picture, filename; /* bytes; empty: none, and one that was there stays */
};
MUST_USE enum err transfer_say(struct cx *cx, const struct transfer_say *say);
/* The picture, for who may see the transfer. ERR_NOT_FOUND: none, or no more. */
struct media;
MUST_USE enum err transfer_picture(struct cx *cx, struct str order_number, struct media *ret);
/* The owner's payment code, for who has an order that is to be paid by it. ERR_NOT_FOUND: none. */
MUST_USE enum err transfer_code(struct cx *cx, int64_t planet_id, struct media *ret);

/* ---- the owner's side: planet_may_own ---- */

enum transfer_which { TRANSFER_SENT, TRANSFER_WAITING, TRANSFER_DONE };
bool transfer_which_parse(struct str word, enum transfer_which *ret); /* sent, waiting, done */
/* SENT and WAITING oldest first, DONE newest first; from is the order of the last one seen, 0: the start. */
MUST_USE enum err transfer_list(struct cx *cx, int64_t planet_id, enum transfer_which which, int64_t from, int limit,
                                struct transfer **ret, size_t *ret_n);
/* By memo, order number, bank reference or amount ("99.07"), in any state. */
MUST_USE enum err transfer_search(struct cx *cx, int64_t planet_id, struct str what, int limit, struct transfer **ret,
                                  size_t *ret_n);
struct transfer_counts { int64_t sent, waiting; };
MUST_USE enum err transfer_count(struct cx *cx, int64_t planet_id, struct transfer_counts *ret);

struct transfer_decision {
    struct str number;
    bool confirm;             /* else reject */
    bool anyway;              /* also when the picture or reference was used for one that is confirmed */
    struct str amount;        /* of confirm: what came, as "98.00"; empty: just what was asked for */
    struct str bank_ref;      /* of confirm; empty: as its buyer said */
    struct str reason;        /* of reject, to the buyer */
};
enum transfer_outcome { TRANSFER_CONFIRMED, TRANSFER_REJECTED, TRANSFER_TRAY, TRANSFER_KNOWN };
/* TRAY: the money does not fit, and lies there. KNOWN: nothing to do. ERR_CONFLICT: used before; paid and
 * to be rejected; ERR_NOT_FOUND: no such transfer here. */
MUST_USE enum err transfer_decide(struct cx *cx, int64_t planet_id, const struct transfer_decision *d,
                                  enum transfer_outcome *ret);

/* "transfer.forget": the picture has been kept long enough. */
enum job_verdict transfer_forget_run(struct cx *cx, const struct job *job);

#endif
