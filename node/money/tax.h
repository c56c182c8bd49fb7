/* Tax (P43): what a planet's owner has entered, who buys, and what follows. The node knows no rates of its
 * own: it computes with those that the owner entered, or notes what a provider worked out.
 *
 * A buyer's country is what they say, else where the browser's address is, else the seller's. What speaks
 * for it is kept with the order: two pieces that agree are enough for the books. */
#ifndef NODE_MONEY_TAX_H
#define NODE_MONEY_TAX_H

#include "node/planet/planet.h"

enum tax_mode {
    TAX_NONE,
    TAX_INCLUSIVE, /* prices hold the tax */
    TAX_EXCLUSIVE, /* it comes on top */
    TAX_RAIL       /* prices hold it, and the provider says how much of them it is (Stripe) */
};
const char *tax_mode_word(enum tax_mode mode);                  /* "inclusive" */
bool tax_mode_parse(struct str word, enum tax_mode *ret);

enum { TAX_RATES_MAX = 260, TAX_NAME_MAX = 30, TAX_PPM_MAX = 1000000, SELLER_TEXT_MAX = 500, PREFIX_MAX = 12 };

struct tax_rate {
    char country[3];     /* "": everywhere else */
    struct str name;     /* "VAT" */
    int64_t ppm;         /* millionths */
    bool reverse;        /* a business there with a tax number owes it itself */
};
struct seller { struct str name, address, country, tax_id, note, prefix; };
struct tax_rule {
    int64_t planet_id;
    enum tax_mode mode;
    struct seller seller;
    bool fapiao;         /* buyers may ask for one */
    struct tax_rate *rates; size_t n_rates; /* by country */
};
/* Of a planet; one without a rule takes no tax. Anybody may know. */
MUST_USE enum err tax_rule_of(struct cx *cx, int64_t planet_id, struct tax_rule *ret);
/* All but the rates. The owner. ERR_INVALID with a sentence. */
MUST_USE enum err tax_rule_save(struct cx *cx, const struct tax_rule *rule);
/* One more rate, or another one for its country; and none. The owner. */
MUST_USE enum err tax_rate_put(struct cx *cx, int64_t planet_id, const struct tax_rate *rate);
MUST_USE enum err tax_rate_drop(struct cx *cx, int64_t planet_id, struct str country);
/* "19", "8.875", "7,7": percent to millionths. ERR_INVALID with a sentence. */
MUST_USE enum err tax_ppm_parse(struct cx *cx, struct str percent, int64_t *ret);
struct str tax_percent(struct arena *a, int64_t ppm);           /* "19 %", "8.875 %" */

/* ---- who buys ---- */

struct buyer { struct str name, address, country, tax_id; };    /* empty: unsaid */
/* Of an account; without a row all is empty. No rights are asked: for quotes and invoices. */
MUST_USE enum err buyer_of(struct cx *cx, int64_t account_id, struct buyer *ret);
/* The viewer's own. ERR_INVALID with a sentence: no such country, a tax number that can't be one. */
MUST_USE enum err buyer_save(struct cx *cx, int64_t account_id, const struct buyer *b);
/* The country alone, as it is chosen on the page of a price. */
MUST_USE enum err buyer_set_country(struct cx *cx, int64_t account_id, struct str country);
/* Where the browser of this request is; STR(""): unknown. */
struct str buyer_ip_country(struct cx *cx);
/* A tax number as it is written there, or false: what can't be one. Spaces, dots and dashes are dropped. Only
 * its form is looked at; whether it was given to somebody, its country's register says. */
bool tax_id_ok(struct arena *a, struct str country, struct str typed, struct str *ret);

/* ---- what follows ---- */

struct quote_tax {
    int64_t amount;          /* the tax */
    int64_t added;           /* of it what comes on top of what was due; 0: contained */
    bool contained;
    struct str label;        /* for the reader: "VAT 19 %"; empty: nothing to say */
    /* for the books: */
    enum tax_mode mode;
    struct tax_rate rate;    /* whose country, which name, how much; ppm 0: none */
    bool reverse;            /* the buyer owes it */
};
/* On what is due, for a buyer. Amounts of tips hold it always. */
void tax_work_out(struct cx *cx, const struct tax_rule *rule, const struct buyer *who, struct str ip_country,
                  int64_t due, bool always_contained, struct quote_tax *ret);
/* Of what was paid in all, the tax within the part between two sums (given back, charged back): such parts
 * add up to the tax. */
int64_t tax_share(int64_t tax, int64_t gross, int64_t before, int64_t after);

/* ---- with an order ---- */

struct order_tax {
    enum tax_mode mode;
    struct tax_rate rate;
    bool contained, reverse;
    struct buyer buyer;                 /* as it stood; country: what they said */
    struct str ip_country, rail_country;
};
/* Inside a transaction, for order_insert. taxed NULL: no tax was worked out. */
MUST_USE enum err order_tax_put(struct cx *cx, int64_t order_id, int64_t account_id, const struct quote_tax *taxed);
MUST_USE enum err order_tax_of(struct cx *cx, int64_t order_id, struct order_tax *ret); /* NOT_FOUND: older */
/* Inside a transaction: what the rail told when it was paid. country may be empty; tax 0: unsaid. */
MUST_USE enum err order_tax_told(struct cx *cx, int64_t order_id, struct str country, int64_t tax);

enum evidence { EVIDENCE_ENOUGH, EVIDENCE_THIN, EVIDENCE_CONTRADICTS };
enum evidence order_tax_evidence(const struct order_tax *t);
/* Paid orders whose country is not sure, newest first; for the owner. */
struct unsure { int64_t order_id, paid_at; struct str number; struct money total; struct order_tax tax; };
MUST_USE enum err tax_unsure(struct cx *cx, int64_t planet_id, int limit, struct unsure **ret, size_t *ret_n);

#endif
