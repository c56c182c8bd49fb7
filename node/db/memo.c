/* What queries marked :public gave, for a second (see docs/database.md): most of what a page shows is
 * the same for everybody, and a round trip to PostgreSQL costs as much as rendering a fragment.
 *
 * All entries are of one public_generation; a newer one empties the table, and so does a full one. An
 * entry is copied out under the lock, so that nobody holds one. */
#include "node/db/db_private.h"

#include <stdlib.h>
#include <string.h>

#include "node/base/arena.h"
#include "node/base/buf.h"
#include "node/node.h"

enum { BUCKETS = 64, MEMO_MS = 1000, MEMO_BYTES = 256 * 1024, ENTRY_BYTES = 96 * 1024 };

struct entry {
    struct entry *next;
    const struct db_query *q;
    int64_t at; /* by the clock of who asked */
    int64_t n_rows;
    size_t key_n, rows_n;
    char bytes[]; /* the key, then the rows */
};

struct db_memo {
    pthread_mutex_t lock;
    uint64_t generation;
    size_t bytes;
    struct entry *buckets[BUCKETS];
};

struct db_memo *db_memo_new(void)
{
    struct db_memo *m = calloc(1, sizeof *m);
    if (m == NULL)
        abort();
    pthread_mutex_init(&m->lock, NULL);
    return m;
}

/* Under the lock. */
static void empty(struct db_memo *m)
{
    for (size_t i = 0; i < BUCKETS; i++)
        for (struct entry *e = m->buckets[i], *next; e != NULL; e = next) {
            next = e->next;
            free(e);
        }
    memset(m->buckets, 0, sizeof m->buckets);
    m->bytes = 0;
}

struct db_memo *db_memo_free(struct db_memo *m)
{
    if (m == NULL)
        return NULL;
    empty(m);
    pthread_mutex_destroy(&m->lock);
    free(m);
    return NULL;
}

/* ---- values as bytes ----------------------------------------------------------------------- */

static bool is_number(char letter)
{
    return letter == 'i' || letter == 'I' || letter == 'r';
}

static void put_values(struct buf *b, const char *letters, const union db_value *v)
{
    for (; *letters != '\0'; letters++, v++) {
        if (is_number(*letters)) {
            buf_put_bytes(b, (const char *)v, sizeof v->i);
            continue;
        }
        int64_t n = v->s.p == NULL ? -1 : (int64_t)v->s.n;
        buf_put_bytes(b, (const char *)&n, sizeof n);
        if (n >= 0) {
            buf_put(b, v->s);
            buf_put_char(b, '\0');
        }
    }
}

/* The texts of the values point into at, which lives on the arena. */
static const char *get_values(const char *at, const char *letters, union db_value *v)
{
    for (; *letters != '\0'; letters++, v++) {
        int64_t n;
        memcpy(&n, at, sizeof n);
        at += sizeof n;
        if (is_number(*letters)) {
            memcpy(v, &n, sizeof n);
        } else if (n < 0) {
            v->s = STR_NULL;
        } else {
            v->s = (struct str){at, (size_t)n};
            at += n + 1;
        }
    }
    return at;
}

static size_t bucket_of(const struct db_query *q, struct str key)
{
    uint64_t h = (uintptr_t)q >> 4;
    for (size_t i = 0; i < key.n; i++)
        h = (h ^ (unsigned char)key.p[i]) * UINT64_C(0x100000001B3);
    return (h >> 32) % BUCKETS;
}

/* ---- asking -------------------------------------------------------------------------------- */

static bool is_it(const struct entry *e, const struct db_query *q, struct str key)
{
    return e->q == q && e->key_n == key.n && memcmp(e->bytes, key.p, key.n) == 0;
}

/* Rows on the arena, or p == NULL. */
static struct str recall(struct db_memo *m, struct arena *a, const struct db_query *q,
                         struct str key, uint64_t generation, int64_t now, int64_t *ret_n)
{
    struct str rows = STR_NULL;
    pthread_mutex_lock(&m->lock);
    if (m->generation == generation)
        for (const struct entry *e = m->buckets[bucket_of(q, key)]; e != NULL; e = e->next)
            if (is_it(e, q, key) && now >= e->at && now - e->at < MEMO_MS) {
                rows = (struct str){arena_copy(a, e->bytes + e->key_n, e->rows_n), e->rows_n};
                *ret_n = e->n_rows;
                break;
            }
    pthread_mutex_unlock(&m->lock);
    return rows;
}

static void keep(struct db_memo *m, struct entry *take, uint64_t generation)
{
    struct str key = {take->bytes, take->key_n};
    size_t size = sizeof *take + take->key_n + take->rows_n;
    pthread_mutex_lock(&m->lock);
    if (m->generation < generation || m->bytes + size > MEMO_BYTES) {
        empty(m);
        m->generation = generation > m->generation ? generation : m->generation;
    }
    if (m->generation > generation) { /* something changed while it was asked */
        pthread_mutex_unlock(&m->lock);
        free(take);
        return;
    }
    struct entry **at = &m->buckets[bucket_of(take->q, key)];
    while (*at != NULL && !is_it(*at, take->q, key))
        at = &(*at)->next;
    if (*at != NULL) {
        struct entry *old = *at;
        m->bytes -= sizeof *old + old->key_n + old->rows_n;
        take->next = old->next;
        free(old);
    }
    *at = take;
    m->bytes += size;
    pthread_mutex_unlock(&m->lock);
}

/* Passes rows on and writes them down. */
struct listener {
    const struct db_call *call;
    struct buf rows;
    int64_t n;
};

static void overhear(void *arg, const union db_value *columns)
{
    struct listener *l = arg;
    put_values(&l->rows, l->call->q->out, columns);
    l->n++;
    l->call->row(l->call->arg, columns);
}

static void remember(struct db_memo *m, struct str key, const struct listener *l,
                     uint64_t generation, int64_t now)
{
    struct entry *e = malloc(sizeof *e + key.n + l->rows.n);
    if (e == NULL)
        abort();
    *e = (struct entry){.q = l->call->q, .at = now, .n_rows = l->n, .key_n = key.n,
                        .rows_n = l->rows.n};
    memcpy(e->bytes, key.p, key.n);
    if (l->rows.n > 0)
        memcpy(e->bytes + key.n, l->rows.p, l->rows.n);
    keep(m, e, generation);
}

enum err db_memo_read(struct cx *cx, struct db *db, const struct db_call *call)
{
    uint64_t generation = atomic_load(&cx->node->public_generation);
    int64_t now = cx->now, n = 0;
    struct buf b;
    buf_init_arena(&b, cx->arena, ENTRY_BYTES);
    buf_put_char(&b, '\0'); /* a key is never empty */
    put_values(&b, call->q->in, call->in);
    struct str key = buf_str(&b);
    struct str rows = b.overflow ? STR_NULL
                                 : recall(db->memo, cx->arena, call->q, key, generation, now, &n);
    if (rows.p == NULL) {
        struct listener l = {.call = call};
        buf_init_arena(&l.rows, cx->arena, ENTRY_BYTES);
        const struct db_call heard = {call->q, call->in, overhear, &l, call->ret_n};
        TRY(db->engine->read(cx, db, &heard));
        if (!b.overflow && !l.rows.overflow)
            remember(db->memo, key, &l, generation, now);
        return OK;
    }
    union db_value columns[DB_MAX_COLUMNS];
    const char *at = rows.p;
    for (int64_t i = 0; i < n; i++) {
        at = get_values(at, call->q->out, columns);
        call->row(call->arg, columns);
    }
    if (call->ret_n != NULL)
        *call->ret_n = n;
    return OK;
}
