/* Money: whole minor units and an ISO 4217 code, never a float. struct money is in
 * node/planet/planet.h. */
#ifndef NODE_MONEY_MONEY_H
#define NODE_MONEY_MONEY_H

#include "node/planet/planet.h"

/* Decimals of a currency: 2 unless the table says otherwise (JPY 0, BHD 3, BTC 8). Unknown codes of
 * three upper-case letters have 2. */
int money_exponent(const char *cur);
bool money_currency_ok(struct str cur); /* three upper-case letters */
/* "CNY:100", "CNY:99.50", "JPY:500": major units with at most the currency's decimals.
 * ERR_INVALID with a sentence; negative amounts are refused. */
MUST_USE enum err money_parse(struct cx *cx, struct str s, struct money *ret);
/* The same of two form fields: "99.50", "CNY" (lower case is taken, too). */
MUST_USE enum err money_parse_fields(struct cx *cx, struct str amount, struct str currency,
                                     struct money *ret);
struct str money_decimal(struct arena *a, struct money m); /* "99.50" */
struct str money_format(struct arena *a, struct money m);  /* "CNY:99.50" */
struct money money_of(int64_t minor, struct str cur);

#endif
