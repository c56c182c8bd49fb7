/* Reconciliation (对账, P42): the provider's own books against ours. Each night, behind what was told while nobody
 * heard, the lines of the provider's report (pay_rail.fees) are kept, fees are booked, and for every order
 * that either side names what moved there is compared with what the ledger says:
 *
 *   missing_here   the provider moved money for an order of ours, and the ledger doesn't know of it
 *   missing_there  the ledger says that money moved, and the provider's report doesn't, a day and a half later
 *   amount         both know of it, and the sums differ (or the currencies)
 *
 * What of the provider's lines is of no order of ours is the owner's other business. A difference stays open
 * until a later run finds it gone or the owner closes it. */
#ifndef NODE_MONEY_RECONCILE_H
#define NODE_MONEY_RECONCILE_H

#include "node/money/rail.h"

struct recon_diff {
    int64_t id, order_id, at, found_at, closed_at; /* order_id DB_NULL: not known; closed_at DB_NULL: open */
    struct str rail, what, kind;     /* kind: payment, refund, dispute, fee */
    struct str ref;                  /* the order's number, or the provider's name of it */
    struct money theirs, ours;
};
struct recon_run {
    int64_t id, from_at, to_at, ran_at, n_lines, n_same, n_open;
    struct str rail, error;          /* error STR_NULL: the report was read */
};
/* For the planet's owner. Open ones, the newest first; runs, the newest first. */
MUST_USE enum err recon_diffs(struct cx *cx, int64_t planet_id, struct recon_diff **ret, size_t *ret_n);
MUST_USE enum err recon_runs(struct cx *cx, int64_t planet_id, int limit, struct recon_run **ret, size_t *ret_n);
MUST_USE enum err recon_count(struct cx *cx, int64_t planet_id, int64_t *ret);
/* The owner knows why. It is told again only if it changes. */
MUST_USE enum err recon_close(struct cx *cx, int64_t planet_id, int64_t id);
/* Ask the provider now for all since `days` ago and compare; waits for it. For the owner. ERR_UNSUPPORTED: it gives no
 * report. */
MUST_USE enum err recon_now(struct cx *cx, int64_t planet_id, struct str rail, int days);

/* ---- for rail_catch_up ---- */

/* Inside a transaction: keep a line, if it is of an order of ours (ret_number then, else STR_NULL). */
MUST_USE enum err recon_line(struct cx *cx, const struct pay_rail *rail, int64_t planet_id, const struct rail_fee *line,
                             struct str *ret_number);
/* Compare what either side knows since from, put the result, and write to the owners when something new is open.
 * error: the report could not be read, NULL if it could. Outside of transactions. */
MUST_USE enum err recon_compare(struct cx *cx, const struct pay_rail *rail, int64_t planet_id, int64_t from,
                                const char *error);

#endif
