/* The ledger (账本): double entry, append-only, a hash chain per planet (P16–P19).
 *
 * hash = SHA-256(previous hash ‖ canonical JSON of the txn and its entries): keys in alphabetical
 * order, no white space, numbers as integers, ids as strings; the first txn follows 32 zero bytes.
 * Only account ids stand in it, so a person's data can be erased and the chain still holds. */
#ifndef NODE_MONEY_LEDGER_H
#define NODE_MONEY_LEDGER_H

#include "node/cx.h"

struct entry { struct str account; char cur[4]; int64_t amount; };

struct txn {
    int64_t id, planet_id, seq, at;
    struct str kind; /* payment, refund, dispute, dispute_won, dispute_lost, grant, grant_change */
    int64_t order_id, grant_id, rail_event_id, reverses; /* DB_NULL: none */
    struct str memo;   /* no personal data */
    struct entry *entries; size_t n_entries;
    struct str hash;   /* 32 bytes */
};

/* Inside a transaction. Takes planet_id, kind, the references, memo and entries from t; sets the
 * rest. ERR_INTERNAL when the entries of a currency do not sum to zero. */
MUST_USE enum err ledger_post(struct cx *cx, struct txn *t);

/* Walk the chain. OK also when the books are bad: then ok is false and the first bad txn is named.
 */
struct ledger_check {
    bool ok;
    int64_t n_txns, bad_txn_id, bad_seq;
    const char *what;      /* what is wrong, English */
    struct str head; /* hash of the last good txn, hex: note it down to notice a cut-off tail */
};
MUST_USE enum err ledger_verify(struct cx *cx, int64_t planet_id, struct ledger_check *ret);

/* Oldest first, by seq; after_seq 0: from the start. With entries. */
MUST_USE enum err ledger_list(struct cx *cx, int64_t planet_id, int64_t after_seq, int limit,
                              struct txn **ret, size_t *ret_n);
/* The canonical JSON that is hashed: one line of an export. */
struct str ledger_json(struct arena *a, const struct txn *t);

struct ledger_balance { struct str account, currency; int64_t amount; };
MUST_USE enum err ledger_balances(struct cx *cx, int64_t planet_id, struct ledger_balance **ret,
                                  size_t *ret_n);

#endif
