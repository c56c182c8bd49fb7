#include "node/base/id.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <sys/random.h>

#include "node/base/clock.h"

enum { MAKER_BITS = 10, SEQUENCE_BITS = 11 };
static const int64_t epoch_ms = INT64_C(1704067200000); /* 2024-01-01T00:00:00Z */

struct id_maker {
    int64_t maker;
    uint64_t seed;
    _Atomic int64_t last; /* milliseconds and sequence together, without the maker */
};

struct id_maker *id_maker_new(void)
{
    struct id_maker *m = calloc(1, sizeof *m);
    if (m == NULL || getrandom(&m->seed, sizeof m->seed, 0) != sizeof m->seed)
        abort();
    m->maker = (int64_t)(m->seed & ((1 << MAKER_BITS) - 1));
    return m;
}

struct id_maker *id_maker_free(struct id_maker *m)
{
    free(m);
    return NULL;
}

/* Two processes of a store have the same maker once in 1,024 times. So that they do not both begin
 * each millisecond at 0, each begins somewhere in the lower half, by its own seed. */
static int64_t begin_of(const struct id_maker *m, int64_t now)
{
    return (int64_t)((((uint64_t)now ^ m->seed) * UINT64_C(11400714819323198485)) >>
                     (64 - SEQUENCE_BITS + 1));
}

/* Milliseconds and sequence are one counter: when a millisecond's 2,048 numbers are used up, or the
 * clock is set back, it runs ahead of the clock instead of waiting or repeating itself. */
int64_t id_next(struct id_maker *m)
{
    int64_t now = (clock_now() - epoch_ms) << SEQUENCE_BITS;
    now += begin_of(m, now);
    int64_t last = atomic_load_explicit(&m->last, memory_order_relaxed);
    int64_t next;
    do {
        next = now > last ? now : last + 1;
    } while (!atomic_compare_exchange_weak_explicit(&m->last, &last, next, memory_order_relaxed,
                                                    memory_order_relaxed));
    int64_t ms = next >> SEQUENCE_BITS;
    int64_t sequence = next & ((1 << SEQUENCE_BITS) - 1);
    return (ms << (MAKER_BITS + SEQUENCE_BITS)) | (m->maker << SEQUENCE_BITS) | sequence;
}

int64_t id_time(int64_t id)
{
    return (id >> (MAKER_BITS + SEQUENCE_BITS)) + epoch_ms;
}
