/* What the program knows of currencies by their ISO 4217 codes: decimals and symbols. */
#ifndef NODE_BASE_CURRENCY_H
#define NODE_BASE_CURRENCY_H

#include "node/base/str.h"

/* Decimals of the minor unit: 2 unless the table says otherwise (JPY 0, BHD 3, BTC 8). */
int currency_exponent(struct str code);
/* How English and Chinese readers know it ("CN¥", "¥"); the code and a no-break space when it has
 * no symbol of its own there. */
struct str currency_symbol(struct arena *a, struct str code, bool chinese);

#endif
