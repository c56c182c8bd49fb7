/* What WeChat Pay and Alipay have in common: the clock of Beijing (UTC+8, no summer time) and
 * amounts of yuan. Any thread. */
#ifndef NODE_MONEY_RAIL_CN_H
#define NODE_MONEY_RAIL_CN_H

#include "node/base/err.h"
#include "node/base/str.h"

struct arena;
struct cx;
struct order;

struct str cn_time(struct arena *a, int64_t ms);    /* "2026-11-22 18:05:00" */
struct str cn_rfc3339(struct arena *a, int64_t ms); /* "2026-11-22T18:05:00+08:00" */
struct str cn_day(struct arena *a, int64_t ms);     /* "2026-11-22" */
bool cn_time_parse(struct str s, int64_t *ret_ms);  /* the first of these */
struct str cn_yuan(struct arena *a, int64_t fen);   /* "99.00" */
/* "99.00", "99.5" and "99", nothing else: no sign, no white space, no third decimal. */
bool cn_yuan_parse(struct str s, int64_t *ret_fen);
/* The longest part of a text that has at most n code points and at most n_bytes bytes. */
struct str cn_cut(struct str s, size_t n, size_t n_bytes);
/* What the buyer reads at the provider's: "Tea: Member"; cut as by cn_cut, without what they forbid and
   without what ends a cell in their bills. */
MUST_USE enum err cn_subject(struct cx *cx, const struct order *o, size_t n, size_t n_bytes, struct str *ret);
/* pay_rail.takes of both: yuan, and nothing else. */
bool cn_takes(struct cx *cx, int64_t planet_id, struct str currency);

#endif
