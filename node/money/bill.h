/* Invoices and credit notes (P44). Made in the transaction of what they say: an order is paid, its money goes
 * back, a dispute is lost. Numbers have no gap within a planet, a kind and a year; a row is never changed
 * (triggers refuse it): a mistake is put right by a credit note. They stay when an account is erased, as the
 * law of most countries wants. */
#ifndef NODE_MONEY_BILL_H
#define NODE_MONEY_BILL_H

#include "node/money/order.h"
#include "node/money/tax.h"

struct bill_line { struct str label; struct money amount; };
struct bill {
    int64_t id, planet_id, order_id, account_id;
    bool credit_note;
    int64_t year, seq, issued_at;
    int64_t corrects;                /* of a credit note: the invoice; DB_NULL */
    int64_t supply_from, supply_to;  /* DB_NULL: no period, no end */
    struct str number, order_number, corrects_number;
    struct seller seller;            /* as it stood; without prefix */
    struct buyer buyer;              /* the same; country: whose rate was taken if they said none */
    char cur[4];
    int64_t net, tax, total;         /* of a credit note below 0 */
    int64_t by_credit;               /* of total: not money but the member's credit */
    struct str tax_name; int64_t tax_ppm; /* DB_NULL: the provider worked it out */
    struct str tax_country;
    bool contained;                  /* the lines hold the tax */
    bool reverse;
    struct str rail, rail_ref, lang; /* lang: of the lines */
    const struct zone *zone;         /* its days are those of this clock, whatever the planet's is by now; NULL: UTC */
    struct bill_line *lines; size_t n_lines;
};

/* Inside a transaction, for order_apply: the order was just paid, by_credit of it with the member's credit. Nothing is made when nothing was paid. Its
 * receipt goes out as a letter. */
MUST_USE enum err bill_paid(struct cx *cx, const struct order *o, int64_t by_credit, struct str rail_ref);
/* Inside a transaction, for order_apply: of what was paid (money and credit) so much had been given back before,
 * and so much is now. Makes the credit note; without an invoice nothing. */
MUST_USE enum err bill_given_back(struct cx *cx, int64_t order_id, int64_t before, int64_t after, int64_t credit);
/* What was paid for an order in all: money and the member's credit. */
MUST_USE enum err bill_gross(struct cx *cx, int64_t order_id, int64_t *ret);

/* With its lines. Who it is made out to, and the planet's owner; to others ERR_NOT_FOUND. */
MUST_USE enum err bill_by_id(struct cx *cx, int64_t id, struct bill *ret);
MUST_USE enum err bill_by_number(struct cx *cx, int64_t planet_id, struct str number, struct bill *ret);
/* Newest first, without lines: of an account (itself), of an order (its buyer, the owner). */
MUST_USE enum err bill_list(struct cx *cx, int64_t account_id, int64_t before_id, int limit, struct bill **ret,
                            size_t *ret_n);
MUST_USE enum err bill_of_order(struct cx *cx, int64_t order_id, struct bill **ret, size_t *ret_n);

/* Of a planet, for its owner: issued in [from, to), oldest first, with lines. */
struct bill_span { int64_t from, to; };
/* "2027", "2027-Q1", "2027-01", by the cx's clock (i18n_clock); empty: all. ERR_INVALID with a sentence. */
MUST_USE enum err bill_span_parse(struct cx *cx, struct str text, struct bill_span *ret);
MUST_USE enum err bill_list_of_planet(struct cx *cx, int64_t planet_id, const struct bill_span *span,
                                      int64_t before_id, int limit, struct bill **ret, size_t *ret_n);
typedef enum err bill_take_fn(void *arg, const struct bill *b);
MUST_USE enum err bill_each(struct cx *cx, int64_t planet_id, const struct bill_span *span, bill_take_fn *take,
                            void *arg);
/* One line of an export; what the columns of the CSV are. Both end with a line feed. */
struct str bill_csv_head(void);
struct str bill_csv(struct arena *a, const struct bill *b);
struct str bill_json(struct arena *a, const struct bill *b);

/* What is to be declared: by currency, country and rate, invoices less credit notes. */
struct tax_sum { struct str currency, country, name; int64_t ppm, net, tax, total, n; bool reverse; };
MUST_USE enum err bill_tax_sums(struct cx *cx, int64_t planet_id, const struct bill_span *span,
                                struct tax_sum **ret, size_t *ret_n);

#endif
