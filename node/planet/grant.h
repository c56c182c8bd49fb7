/* Grants as facts: making one, noting what happens to it, deriving what it is worth now. The verbs
 * that people use stand in planet.h (membership_…); these are their parts. */
#ifndef NODE_PLANET_GRANT_H
#define NODE_PLANET_GRANT_H

#include "node/db/db.h"
#include "node/planet/planet.h"

struct grant_new {
    int64_t account_id, planet_id, tier_id;
    const char *kind;
    struct term term;
    int64_t window_days;  /* of a trial card: how far it looks back; of a legacy one, 0: it opens what was published
                             before it began, and nothing that came after (P34); DB_NULL: no such limit */
    int64_t order_id, price_id; /* DB_NULL: none */
    bool with_files;      /* of a trial card */
};

/* Inside a transaction. Locks the planet's row, inserts, emits EV_GRANT_CHANGED. The caller posts to the
 * ledger, behind it: a txn that names the grant says what it is. */
MUST_USE enum err grant_put(struct cx *cx, const struct grant_new *g, int64_t *ret_id);
enum grant_happening { GRANT_EXTEND, GRANT_SHORTEN, GRANT_REVOKE, GRANT_SUSPEND, GRANT_RESTORE, GRANT_GRACE };
const char *grant_happening_word(enum grant_happening what);
/* Inside a transaction. Writes the event, derives the live columns anew, and posts a txn grant_change to the
 * ledger (which is why it stands in node/money/ledger_grants.c). ends_at counts for extend, shorten and grace.
 * Grace (P13): it opens until then though its term is over, since its renewal is being paid; DB_NULL: no longer. The
 * term itself keeps its end. */
MUST_USE enum err grant_note(struct cx *cx, int64_t grant_id, enum grant_happening what,
                             int64_t ends_at, struct str reason);
/* Its part without the ledger. */
struct grant_row;
MUST_USE enum err grant_noted(struct cx *cx, const struct grant_row *g, int64_t event_id, enum grant_happening what,
                              int64_t ends_at, struct str reason);
/* Where its term ends: without grace. DB_NULL: never. */
static inline int64_t grant_term_end(const struct grant *g)
{
    return g->grace_from == DB_NULL ? g->ends_at : g->grace_from;
}
/* Of an order, oldest first; in the same shape as membership_list without changes. */
MUST_USE enum err grant_of_order(struct cx *cx, int64_t order_id, struct grant **ret,
                                 size_t *ret_n);
/* Fills changes (and order_number). */
MUST_USE enum err grant_history(struct cx *cx, struct grant *g);
MUST_USE enum err grant_by_id(struct cx *cx, int64_t id, struct grant *ret);

/* Does it open something at this moment? */
bool grant_is_live(const char *state, int64_t starts_at, int64_t ends_at, int64_t now);
/* The later of two ends, DB_NULL being the latest. */
int64_t end_max(int64_t a, int64_t b);

#endif
