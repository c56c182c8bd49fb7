/* What the short words of the books mean to people: English, for tr(). Words that this table does not know come
 * back as they are. */
#ifndef NODE_MONEY_WORDS_H
#define NODE_MONEY_WORDS_H

#include "node/cx.h"

struct str money_state_words(struct cx *cx, struct str state);  /* of an order: "partly refunded" */
struct str money_kind_words(struct cx *cx, struct str kind);    /* of an order: "membership" */
struct str money_reason_words(struct cx *cx, struct str reason); /* why money lies in the tray */

struct str money_txn_words(struct cx *cx, struct str kind);     /* of a ledger txn: "payment" */
struct str money_account_words(struct cx *cx, struct str account); /* of the ledger: "With Stripe" */

#endif
