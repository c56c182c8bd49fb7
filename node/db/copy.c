#include "node/db/copy.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "node/base/arena.h"
#include "node/base/buf.h"
#include "node/db/copy_private.h"
#include "node/db/db.h"

enum { ROW_MAX = 1 << 30 };

/* ---- a hash over all rows ---- */

struct hasher {
    EVP_MD_CTX *md;
    struct buf line; /* one row, so that the hash is fed in one piece */
    int64_t rows;
};

static void hasher_begin(struct hasher *h)
{
    *h = (struct hasher){.md = EVP_MD_CTX_new()};
    if (h->md == NULL || EVP_DigestInit_ex(h->md, EVP_sha256(), NULL) != 1)
        abort();
    buf_init(&h->line, ROW_MAX);
}

static void put_u64(struct buf *b, uint64_t v)
{
    unsigned char bytes[8];
    for (int i = 0; i < 8; i++)
        bytes[i] = (unsigned char)(v >> (56 - 8 * i));
    buf_put_bytes(b, bytes, sizeof bytes);
}

/* The type and, of text, the length stand before each value: no two rows give the same bytes. */
static void hasher_row(struct hasher *h, const struct copy_table *t, const struct copy_value *row)
{
    uint64_t bits;
    buf_clear(&h->line);
    for (size_t i = 0; i < t->n_columns; i++) {
        char type = row[i].null ? 'n' : t->columns[i].type;
        buf_put_char(&h->line, type);
        switch (type) {
        case 'n': break;
        case 'i': put_u64(&h->line, (uint64_t)row[i].i); break;
        case 'r':
            memcpy(&bits, &row[i].r, sizeof bits);
            put_u64(&h->line, bits);
            break;
        default:
            put_u64(&h->line, row[i].s.n);
            buf_put(&h->line, row[i].s);
            break;
        }
    }
    EVP_DigestUpdate(h->md, h->line.p, h->line.n);
    h->rows++;
}

static void hasher_end(struct hasher *h, struct db_copy_table *ret)
{
    unsigned char sum[32];
    EVP_DigestFinal_ex(h->md, sum, NULL);
    buf_clear(&h->line);
    buf_put_hex(&h->line, sum, sizeof sum);
    memcpy(ret->sha256, buf_str(&h->line).p, 65);
    ret->rows = h->rows;
    EVP_MD_CTX_free(h->md);
    buf_free(&h->line);
}

/* ---- do both sides mean the same tables? ---- */

static enum err strangers(struct cx *cx, const char *what, struct str name)
{
    enum err e = cx_fail(cx, ERR_CONFLICT, "copy: %s " STR_FMT, what, STR_ARG(name));
    return cx_tell(cx, e, N_("The two stores were made by different versions of the program. Start the node once with this version, then copy it."));
}

static enum err compare_table(struct cx *cx, const struct copy_table *a, const struct copy_table *b)
{
    if (!str_eq(a->name, b->name) || a->n_columns != b->n_columns || a->n_key != b->n_key)
        return strangers(cx, "table", a->name);
    for (size_t i = 0; i < a->n_columns; i++)
        if (!str_eq(a->columns[i].name, b->columns[i].name) ||
            a->columns[i].type != b->columns[i].type)
            return strangers(cx, "column", a->columns[i].name);
    for (size_t i = 0; i < a->n_key; i++)
        if (!str_eq(a->key[i], b->key[i]))
            return strangers(cx, "key of", a->name);
    return OK;
}

static enum err compare(struct cx *cx, const struct copy_schema *a, const struct copy_schema *b)
{
    for (size_t i = 0; i < a->n_migrations || i < b->n_migrations; i++) {
        if (i >= a->n_migrations || i >= b->n_migrations ||
            !str_eq(a->migrations[i].name, b->migrations[i].name) ||
            !str_eq(a->migrations[i].checksum, b->migrations[i].checksum))
            return strangers(cx, "migration",
                             i < a->n_migrations ? a->migrations[i].name : b->migrations[i].name);
    }
    for (size_t i = 0; i < a->n_tables || i < b->n_tables; i++) {
        if (i >= a->n_tables || i >= b->n_tables)
            return strangers(cx, "table", i < a->n_tables ? a->tables[i].name : b->tables[i].name);
        TRY(compare_table(cx, &a->tables[i], &b->tables[i]));
    }
    return OK;
}

static bool is_placed(const struct copy_schema *s, const bool *placed, struct str name,
                      struct str itself)
{
    if (str_eq(name, itself))
        return true;
    for (size_t i = 0; i < s->n_tables; i++)
        if (str_eq(s->tables[i].name, name))
            return placed[i];
    return true;
}

/* Whoever is named by a foreign key goes before whoever names it. */
static enum err in_order(struct cx *cx, const struct copy_schema *s, const struct copy_table **ret)
{
    bool *placed = ARENA_ARRAY(cx->arena, bool, s->n_tables + 1);
    size_t n = 0;
    for (size_t before = SIZE_MAX; n < s->n_tables && n != before;) {
        before = n;
        for (size_t i = 0; i < s->n_tables; i++) {
            const struct copy_table *t = &s->tables[i];
            bool ready = !placed[i];
            for (size_t r = 0; ready && r < t->n_refs; r++)
                ready = is_placed(s, placed, t->refs[r], t->name);
            if (ready) {
                placed[i] = true;
                ret[n++] = t;
            }
        }
    }
    return n == s->n_tables ? OK : cx_fail(cx, ERR_INTERNAL, "copy: tables name each other in a ring");
}

/* ---- copying ---- */

struct stream {
    struct copy_end *to; /* NULL: only hashed */
    struct hasher hash;
};

static enum err take_row(void *arg, const struct copy_table *t, const struct copy_value *row)
{
    struct stream *s = arg;
    hasher_row(&s->hash, t, row);
    return s->to == NULL ? OK : s->to->engine->put(s->to, t, row);
}

static enum err stream_table(struct copy_end *from, struct copy_end *to, const struct copy_table *t,
                             struct db_copy_table *ret)
{
    struct stream s = {.to = to};
    hasher_begin(&s.hash);
    enum err e = to == NULL ? OK : to->engine->put_begin(to, t);
    if (e == OK)
        e = from->engine->each(from, t, take_row, &s);
    if (e == OK && to != NULL)
        e = to->engine->put_end(to, t);
    hasher_end(&s.hash, ret);
    return e;
}

static enum err refuse_rows(void *arg, const struct copy_table *t, const struct copy_value *row)
{
    struct copy_end *to = arg;
    (void)row;
    enum err e = cx_fail(to->cx, ERR_CONFLICT, "copy: the target has rows in " STR_FMT, STR_ARG(t->name));
    return cx_tell(to->cx, e, N_("The target is not empty. Name a new file or another schema."));
}

static enum err run(struct copy_end *from, struct copy_end *to, struct db_copy_report *ret)
{
    struct cx *cx = from->cx;
    struct copy_schema a, b;
    TRY(from->engine->schema(from, &a));
    TRY(to->engine->schema(to, &b));
    TRY(compare(cx, &a, &b));
    const struct copy_table **order = ARENA_ARRAY(cx->arena, const struct copy_table *, a.n_tables + 1);
    TRY(in_order(cx, &a, order));
    for (size_t i = 0; i < b.n_tables; i++)
        TRY(to->engine->each(to, &b.tables[i], refuse_rows, to));
    *ret = (struct db_copy_report){.n_tables = a.n_tables};
    ret->tables = ARENA_ARRAY(cx->arena, struct db_copy_table, a.n_tables + 1);
    for (size_t i = 0; i < a.n_tables; i++) {
        ret->tables[i].name = order[i]->name;
        TRY(stream_table(from, to, order[i], &ret->tables[i]));
        ret->rows += ret->tables[i].rows;
    }
    for (size_t i = 0; i < a.n_tables; i++) {
        struct db_copy_table there;
        TRY(stream_table(to, NULL, order[i], &there));
        if (there.rows != ret->tables[i].rows || strcmp(there.sha256, ret->tables[i].sha256) != 0)
            return cx_fail(cx, ERR_STORAGE, "copy: table " STR_FMT " reads back differently",
                           STR_ARG(order[i]->name));
    }
    if (from->side != COPY_LEAVE)
        return to->engine->commit(to);
    TRY(from->engine->leave(from, &ret->left_as));
    TRY(to->engine->commit(to));
    return from->engine->left(from);
}

static enum err open_end(struct cx *cx, const char *where, enum copy_side side, struct copy_end *ret)
{
    if (!db_is_address(where))
        return copy_open_sqlite(cx, where, side, ret);
    return copy_open_pg(cx, where, side, ret);
}

enum err db_copy(struct cx *cx, const char *from, const char *to, bool leave,
                struct db_copy_report *ret)
{
    struct copy_end a, b;
    TRY(open_end(cx, from, leave ? COPY_LEAVE : COPY_FROM, &a));
    enum err e = open_end(cx, to, COPY_TO, &b);
    if (e == OK) {
        e = run(&a, &b, ret);
        b.engine->close(&b);
    }
    a.engine->close(&a);
    return e;
}
