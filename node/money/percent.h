/* Percentages as people write them: whole numbers of a small part of one percent, never a float. */
#ifndef NODE_MONEY_PERCENT_H
#define NODE_MONEY_PERCENT_H

#include "node/base/arena.h"
#include "node/base/str.h"

enum { PERCENT_BP = 2, PERCENT_PPM = 4 }; /* decimals of hundredths of a percent, and of millionths */

/* "19", "12.5", "7,7", "20 %": 0 to 100 with at most so many decimals. False: anything else. */
bool percent_read(struct str s, int decimals, int64_t *ret);
/* "19", "12.5": without the sign, and without noughts behind. */
struct str percent_text(struct arena *a, int64_t n, int decimals);

#endif
