/* Memory whose lifetime is one request or one job.
 *
 * Everything a handler makes comes from the arena of its cx and is never freed by hand; arena_free
 * releases it all, running the deferred functions last-in first-out first. Running out of memory
 * aborts: sizes that strangers choose are capped at the door. One thread at a time.
 * Build with -DARENA_DEBUG to make every block its own malloc, so that ASan sees each bound. */
#ifndef NODE_BASE_ARENA_H
#define NODE_BASE_ARENA_H

#include <stdarg.h>
#include <stddef.h>

struct arena;

struct arena *arena_new(void);
/* Frees all blocks after running the deferred functions. Takes NULL, returns NULL. */
struct arena *arena_free(struct arena *a);
/* Empties the arena for the next use; keeps its first block. */
void arena_reset(struct arena *a);

/* Zeroed memory, aligned for any type. */
void *arena_alloc(struct arena *a, size_t n) __attribute__((returns_nonnull, malloc));
/* A copy with a NUL behind it (n bytes, then '\0'). */
char *arena_copy(struct arena *a, const void *p, size_t n) __attribute__((returns_nonnull));
char *arena_printf(struct arena *a, const char *fmt, ...)
    __attribute__((format(printf, 2, 3), returns_nonnull));
/* The same with a va_list; the length goes to ret_n. */
char *arena_vprintf(struct arena *a, size_t *ret_n, const char *fmt, va_list ap)
    __attribute__((format(printf, 3, 0), returns_nonnull));
/* Bind a foreign resource to the arena: fn(p) runs when the arena is reset or freed. */
void arena_defer(struct arena *a, void (*fn)(void *), void *p);

#define ARENA_NEW(a, type) ((type *)arena_alloc((a), sizeof(type)))
#define ARENA_ARRAY(a, type, n) ((type *)arena_alloc_array((a), (n), sizeof(type)))
void *arena_alloc_array(struct arena *a, size_t n, size_t size) __attribute__((returns_nonnull));

#endif
