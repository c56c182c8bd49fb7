/* 64-bit ids: time-ordered, unique across the processes of one store, positive.
 * Layout: 42 bits of milliseconds since 2024-01-01, 10 bits of maker (random per process),
 * 11 bits of sequence, begun by chance. In every API they are decimal strings. Safe from any thread. */
#ifndef NODE_BASE_ID_H
#define NODE_BASE_ID_H

#include <stdint.h>

struct id_maker;
struct id_maker *id_maker_new(void);
struct id_maker *id_maker_free(struct id_maker *m);
int64_t id_next(struct id_maker *m);
int64_t id_time(int64_t id); /* the millisecond it was made in */

#endif
