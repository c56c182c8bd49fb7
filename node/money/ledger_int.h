/* The parts of the ledger among themselves: writing (ledger.c), reading and verifying (ledger_read.c), pages
 * and sums (ledger_books.c), memberships (ledger_grants.c). */
#ifndef NODE_MONEY_LEDGER_INT_H
#define NODE_MONEY_LEDGER_INT_H

#include "node/base/buf.h"
#include "node/money/ledger.h"
#include "node/money/ledger_sql.h"

enum { LEDGER_HASH = 32, LEDGER_JSON_MAX = 1 << 20 };
extern const char ledger_genesis[LEDGER_HASH]; /* what the first txn follows */

/* The canonical text behind what stands in out. */
void ledger_json_put(struct buf *out, const struct txn *t);
/* SHA-256 of prev and the canonical text; scratch is overwritten. */
void ledger_hash(struct buf *scratch, struct str prev, const struct txn *t, unsigned char ret[LEDGER_HASH]);
bool ledger_balanced(const struct txn *t);
struct txn ledger_txn(const struct txn_row *r); /* without entries */
/* A page of the chain with entries, oldest first; ret_prev runs beside it. */
MUST_USE enum err ledger_chain_page(struct cx *cx, int64_t planet_id, int64_t after_seq, int limit,
                                    struct txn **ret, struct str **ret_prev, size_t *ret_n);
/* "member_credit" of "member_credit:7": the account under which sums are kept. */
struct str ledger_sum_account(struct str account);

#endif
