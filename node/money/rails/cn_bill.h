/* The daily bills of WeChat Pay and Alipay, which are made alike: a head that names the columns, a line a
 * movement, sums of yuan with a sign. A day is Beijing's, and its bill is there at ten the next morning. Any
 * thread. */
#ifndef NODE_MONEY_RAIL_CN_BILL_H
#define NODE_MONEY_RAIL_CN_BILL_H

#include "node/base/err.h"
#include "node/base/str.h"

struct cx;

enum { CN_CELLS = 64, CN_BILL_MAX = 32 * 1024 * 1024 };

/* Without white space around them, nor the mark that keeps a spreadsheet from reading a number. */
size_t cn_cells(struct str line, struct str ret[CN_CELLS]);
/* Where each of these names stands in a head; SIZE_MAX: nowhere. How many were found. */
size_t cn_columns(const struct str *head, size_t n_head, const char *const *names, size_t n, size_t *ret);
/* "0.59", "-0.59000": in fen. Decimals behind the second are none. */
bool cn_signed_yuan(struct str s, int64_t *ret_fen);
/* Each day ("2026-11-22") since then whose bill is made, the oldest first, at most ninety. */
MUST_USE enum err cn_bill_days(struct cx *cx, int64_t since, enum err (*day)(void *arg, struct str day), void *arg);

#endif
