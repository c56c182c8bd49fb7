/* Token buckets in memory, one per key: rates that may be forgotten at a restart (those that may
 * not are rows of rate_window). A bucket holds `burst` tokens and refills `per_second`.
 *
 * Memory is bounded: a fixed number of slots, found by the key's keyed hash; a full one gives way
 * to a new key by losing what was idle longest, so a flood of keys costs no memory. Safe from any
 * thread. */
#ifndef NODE_BASE_LIMITER_H
#define NODE_BASE_LIMITER_H

#include "node/base/str.h"

struct limiter;

/* slots: how many keys are remembered at once (rounded up; 32 bytes each). */
struct limiter *limiter_new(size_t slots);
struct limiter *limiter_free(struct limiter *l);
/* Take one token. False when there is none; then *ret_retry_after_s (NULL allowed) says in how many
 * seconds, at least 1. now in milliseconds. A key belongs to one burst and rate for ever: put the
 * purpose into it ("login:10.0.0.1"). */
bool limiter_take(struct limiter *l, struct str key, int burst, double per_second, int64_t now,
                  int64_t *ret_retry_after_s);
/* The same, and *ret_left is how many may follow at once. */
bool limiter_take_left(struct limiter *l, struct str key, int burst, double per_second, int64_t now,
                       int64_t *ret_retry_after_s, int *ret_left);

#endif
