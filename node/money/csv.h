/* Lines of CSV for spreadsheets: texts are quoted, and one that would be taken for a formula is marked as text. */
#ifndef NODE_MONEY_CSV_H
#define NODE_MONEY_CSV_H

#include "node/base/buf.h"
#include "node/planet/planet.h"

void csv_cell(struct buf *b, struct str s);                            /* "…", and a comma */
void csv_sum(struct buf *b, struct arena *a, struct money m);          /* 99.50, below 0 too, and a comma */
struct str csv_line(const struct buf *b, struct arena *a);             /* without the last comma, with a line feed */

#endif
