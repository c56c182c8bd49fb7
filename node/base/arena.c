#include "node/base/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_BYTES = 16 * 1024 };

struct block {
    struct block *next;
    size_t cap;
    size_t used;
    alignas(max_align_t) unsigned char bytes[];
};

struct deferred {
    struct deferred *next;
    void (*fn)(void *);
    void *p;
};

struct arena {
    struct block *blocks; /* newest first */
    struct deferred *deferred;
};

static void *must_malloc(size_t n)
{
    void *p = malloc(n);
    if (p == NULL) {
        fputs("orrery: out of memory\n", stderr);
        abort();
    }
    return p;
}

static struct block *block_new(size_t cap)
{
    struct block *b = must_malloc(sizeof *b + cap);
    b->next = NULL;
    b->cap = cap;
    b->used = 0;
    return b;
}

struct arena *arena_new(void)
{
    struct arena *a = must_malloc(sizeof *a);
    a->blocks = NULL;
    a->deferred = NULL;
    return a;
}

static void run_deferred(struct arena *a)
{
    while (a->deferred != NULL) {
        struct deferred *d = a->deferred;
        a->deferred = d->next; /* fn may defer more */
        d->fn(d->p);
    }
}

void arena_reset(struct arena *a)
{
    run_deferred(a);
    struct block *keep = NULL;
    for (struct block *b = a->blocks, *next; b != NULL; b = next) {
        next = b->next;
        if (keep == NULL && b->cap == BLOCK_BYTES) {
            keep = b;
            continue;
        }
        free(b);
    }
    if (keep != NULL) {
        keep->next = NULL;
        keep->used = 0;
    }
    a->blocks = keep;
}

struct arena *arena_free(struct arena *a)
{
    if (a == NULL)
        return NULL;
    run_deferred(a);
    for (struct block *b = a->blocks, *next; b != NULL; b = next) {
        next = b->next;
        free(b);
    }
    free(a);
    return NULL;
}

void *arena_alloc(struct arena *a, size_t n)
{
    const size_t align = alignof(max_align_t);
    if (n > SIZE_MAX / 2)
        abort();
    size_t need = (n + align - 1) / align * align;
    if (need == 0)
        need = align;
#ifdef ARENA_DEBUG
    struct block *b = block_new(n); /* exact, so that one byte past the end is seen */
    b->used = n;
    b->next = a->blocks;
    a->blocks = b;
    return memset(b->bytes, 0, n);
#else
    struct block *b = a->blocks;
    if (b == NULL || b->cap - b->used < need) {
        struct block *fresh = block_new(need > BLOCK_BYTES ? need : BLOCK_BYTES);
        if (b != NULL && need > BLOCK_BYTES) {
            /* a large block goes behind the current one, whose room is still of use */
            fresh->next = b->next;
            b->next = fresh;
        } else {
            fresh->next = b;
            a->blocks = fresh;
        }
        b = fresh;
    }
    void *p = b->bytes + b->used;
    b->used += need;
    return memset(p, 0, n);
#endif
}

void *arena_alloc_array(struct arena *a, size_t n, size_t size)
{
    size_t total;
    if (__builtin_mul_overflow(n, size, &total))
        abort();
    return arena_alloc(a, total);
}

char *arena_copy(struct arena *a, const void *p, size_t n)
{
    char *out = arena_alloc(a, n + 1);
    if (n > 0)
        memcpy(out, p, n);
    return out;
}

char *arena_vprintf(struct arena *a, size_t *ret_n, const char *fmt, va_list ap)
{
    char usual[256]; /* most are short: formatted once and copied */
    va_list again;
    va_copy(again, ap);
    int n = vsnprintf(usual, sizeof usual, fmt, ap);
    if (n < 0)
        abort();
    char *out = arena_alloc(a, (size_t)n + 1);
    if ((size_t)n < sizeof usual)
        memcpy(out, usual, (size_t)n + 1);
    else
        vsnprintf(out, (size_t)n + 1, fmt, again);
    va_end(again);
    *ret_n = (size_t)n;
    return out;
}

char *arena_printf(struct arena *a, const char *fmt, ...)
{
    size_t n;
    va_list ap;
    va_start(ap, fmt);
    char *out = arena_vprintf(a, &n, fmt, ap);
    va_end(ap);
    return out;
}

void arena_defer(struct arena *a, void (*fn)(void *), void *p)
{
    struct deferred *d = arena_alloc(a, sizeof *d);
    d->fn = fn;
    d->p = p;
    d->next = a->deferred;
    a->deferred = d;
}
