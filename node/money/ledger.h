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
    struct str kind; /* payment, refund, dispute, dispute_won, dispute_lost, grant, grant_change, fee,
                      * unmatched, tip … */
    int64_t order_id, grant_id, rail_event_id, reverses; /* DB_NULL: none */
    struct str memo;   /* no personal data */
    struct str facts;  /* JSON, of a grant or what happened to it; STR_NULL: none */
    struct entry *entries; size_t n_entries;
    struct str hash;   /* 32 bytes */
};

/* Inside a transaction. Takes planet_id, kind, the references, memo and entries from t; sets the
 * rest. A txn with a grant (but for grant_change, which grant_note posts) says all of that grant's row: post it
 * behind grant_put. ERR_INTERNAL when the entries of a currency do not sum to zero. */
MUST_USE enum err ledger_post(struct cx *cx, struct txn *t);

/* Walk the chain. OK also when the books are bad: then ok is false and the first bad txn is named. What is
 * not committed yet is not seen. Needs no more memory for longer books. */
struct ledger_check {
    bool ok;
    int64_t n_txns, n_entries, bad_txn_id, bad_seq;
    const char *what;      /* what is wrong, English */
    struct str head; /* hash of the last good txn, hex: note it down to notice a cut-off tail */
};
MUST_USE enum err ledger_verify(struct cx *cx, int64_t planet_id, struct ledger_check *ret);

/* Oldest first, by seq; after_seq 0: from the start. With entries. */
MUST_USE enum err ledger_list(struct cx *cx, int64_t planet_id, int64_t after_seq, int limit,
                              struct txn **ret, size_t *ret_n);
/* The canonical JSON that is hashed. */
struct str ledger_json(struct arena *a, const struct txn *t);

/* ---- reading ---- */

struct ledger_filter {
    int64_t from, to;      /* of at: from <= at < to; DB_NULL: open */
    struct str kind;       /* STR_NULL: any */
    struct str account;    /* of an entry; "member_credit": of any member; STR_NULL: any */
    int64_t order_id;      /* DB_NULL: any */
};
#define LEDGER_ALL ((struct ledger_filter){.from = INT64_MIN, .to = INT64_MIN, .order_id = INT64_MIN})
/* Where a page goes on: behind this txn. at 0: at the newest. */
struct ledger_place { int64_t at, seq; };
/* Newest first, with entries. Costs the same wherever in however long books. */
MUST_USE enum err ledger_page(struct cx *cx, int64_t planet_id, const struct ledger_filter *f,
                              const struct ledger_place *before, int limit, struct txn **ret, size_t *ret_n);

/* All that the filter lets through, oldest first, in pieces: put(arg, bytes) gets whole lines. As CSV one line an
 * entry; as JSON lines one a txn: {"hash":"…","txn":…}, where SHA-256 of the hash of the txn before it (32
 * bytes) and the text behind "txn": is the hash. A failure of put ends it. */
enum ledger_format { LEDGER_CSV, LEDGER_LINES };
MUST_USE enum err ledger_export(struct cx *cx, int64_t planet_id, const struct ledger_filter *f,
                                enum ledger_format format, enum err (*put)(void *arg, struct str bytes), void *arg);

struct ledger_balance { struct str account, currency; int64_t amount; };
/* From the entries, each account by itself: reads them all. */
MUST_USE enum err ledger_balances(struct cx *cx, int64_t planet_id, struct ledger_balance **ret,
                                  size_t *ret_n);
/* The same from the sums of days; accounts of members are one, "member_credit". */
MUST_USE enum err ledger_accounts(struct cx *cx, int64_t planet_id, struct ledger_balance **ret, size_t *ret_n);
/* What moved on each account on each day (since 1970, UTC), first and last included. */
struct ledger_sum { struct str account, currency; int64_t day, debit, credit, n; };
MUST_USE enum err ledger_sums(struct cx *cx, int64_t planet_id, int64_t from_day, int64_t to_day,
                              struct ledger_sum **ret, size_t *ret_n);

/* The same in [from, to), whatever the hour; .day is that of from. For parts of a day: it reads entries. */
MUST_USE enum err ledger_moved(struct cx *cx, int64_t planet_id, int64_t from, int64_t to, struct ledger_sum **ret,
                               size_t *ret_n);

/* ---- memberships ---- */

/* Compare the grants of a planet and their history with what the ledger says of them, and with fix make them so
 * again; sums of days, too. Grants from before the ledger said it (older) are left as they are. */
struct ledger_grants {
    int64_t n_grants, n_changes;   /* what the ledger says */
    int64_t n_older;               /* grants that it only names */
    int64_t n_wrong, n_missing, n_strange; /* rows that differ, are not there, stand in no ledger */
    int64_t n_sums;                /* sums of days that differ */
};
MUST_USE enum err ledger_grants(struct cx *cx, int64_t planet_id, bool fix, struct ledger_grants *ret);

#endif
