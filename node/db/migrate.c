/* What both engines need to migrate a store: the files of node/db/migrations are compiled in; what
 * was applied is recorded with its checksum, so that a changed file or a store of a newer program is
 * refused instead of guessed at. */
#include <string.h>

#include "node/base/arena.h"
#include "node/base/buf.h"
#include "node/base/crypt.h"
#include "node/base/log.h"
#include "node/db/db_private.h"

enum { MAX_SQL = 1 << 20 };

static bool is_word_char(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

/* From the spelling of the files to the engine's. Comments go; quoted text stays. */
struct respeller {
    enum db_dialect dialect;
    struct str in;
    size_t at;
    struct buf *out;
    int words;        /* words of this statement so far */
    bool is_create, is_table;
};

static void respell_word(struct respeller *r)
{
    size_t from = r->at;
    while (r->at < r->in.n && is_word_char(r->in.p[r->at]))
        r->at++;
    struct str w = str_sub(r->in, from, r->at - from);
    if (++r->words == 1)
        r->is_create = str_eq_c(w, "CREATE");
    else if (r->words == 2)
        r->is_table = r->is_create && str_eq_c(w, "TABLE");
    if (r->dialect == DB_PG) {
        buf_put(r->out, w);
        if (str_eq_c(w, "TEXT")) /* the same order on both: by bytes */
            buf_lit(r->out, " COLLATE \"C\"");
        return;
    }
    if (str_eq_c(w, "BIGINT"))
        buf_lit(r->out, "INTEGER");
    else if (str_eq_c(w, "BYTEA"))
        buf_lit(r->out, "BLOB");
    else if (str_eq_c(w, "DOUBLE"))
        buf_lit(r->out, "REAL");
    else if (!str_eq_c(w, "PRECISION"))
        buf_put(r->out, w);
}

static void respell_char(struct respeller *r)
{
    char c = r->in.p[r->at];
    size_t end = r->at + 1;
    if (c == '\'' || c == '"') {
        end = str_find_char(r->in, c, end);
        end = end == SIZE_MAX ? r->in.n : end + 1;
    } else if (c == '-' && end < r->in.n && r->in.p[end] == '-') {
        r->at = str_find_char(r->in, '\n', end);
        if (r->at == SIZE_MAX)
            r->at = r->in.n;
        return;
    } else if (c == ';') {
        if (r->is_table && r->dialect == DB_SQLITE)
            buf_lit(r->out, " STRICT");
        r->words = 0;
        r->is_create = r->is_table = false;
    }
    buf_put(r->out, str_sub(r->in, r->at, end - r->at));
    r->at = end;
}

static const char *respell(struct arena *a, struct str sql, enum db_dialect dialect)
{
    struct buf out;
    buf_init_arena(&out, a, MAX_SQL);
    struct respeller r = {.dialect = dialect, .in = sql, .out = &out};
    while (r.at < sql.n) {
        if (is_word_char(sql.p[r.at]))
            respell_word(&r);
        else
            respell_char(&r);
    }
    return buf_str(&out).p;
}

bool db_migration_is_for(const struct embedded *m, enum db_dialect d)
{
    struct str name = str_c(m->name);
    return !str_ends(name, d == DB_SQLITE ? STR(".pg.sql") : STR(".sqlite.sql"));
}

const char *db_migration_text(struct arena *a, const struct embedded *m, enum db_dialect d)
{
    struct str sql = {(const char *)m->bytes, m->n};
    if (str_ends(str_c(m->name), STR(".pg.sql")))
        return arena_copy(a, sql.p, sql.n); /* bodies of functions are not to be touched */
    return respell(a, sql, d);
}

struct str db_migration_sum(struct arena *a, const struct embedded *m)
{
    return crypt_sha256_hex(a, (struct str){(const char *)m->bytes, m->n});
}

const struct embedded *db_migration_find(const struct embedded *list, struct str name)
{
    for (const struct embedded *m = list; m->name != NULL; m++)
        if (str_eq_c(name, m->name))
            return m;
    return NULL;
}

void db_migration_log_unknown(const char *name)
{
    log_error("db", "the store has migration %s, which this program does not know: "
                    "it was written by a newer version; upgrade the program", name);
}

void db_migration_log_changed(const char *name)
{
    log_error("db", "the store was made with another version of migration %s; "
                    "use the program that it was made with, or restore a backup", name);
}
