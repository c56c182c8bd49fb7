/* What sqlc's halves share: a file of queries as it was read (sqlc_read.c), and the C that is made of it
 * (sqlc_write.c). All of it lies in the arena, and ends with the program. Not thread-safe; for build time. */
#ifndef NODE_TOOLS_SQLC_H
#define NODE_TOOLS_SQLC_H

#include <stdbool.h>
#include <stddef.h>

#include "node/base/arena.h"
#include "node/base/buf.h"
#include "node/base/str.h"

enum { MAX_COLUMNS = 64, MAX_QUERIES = 400, MAX_ROWS = 100, MAX_FILE = 1 << 20 };

struct column {
    struct str name;
    char type; /* i t b r, capital: may be NULL */
};

struct row {
    struct str name;
    struct column columns[MAX_COLUMNS];
    size_t n;
};

enum shape { SHAPE_NONE, SHAPE_ONE, SHAPE_MAYBE, SHAPE_MANY, SHAPE_EXEC };

struct query {
    struct str name;
    enum shape shape;
    int line;
    struct column in[MAX_COLUMNS];
    bool used[MAX_COLUMNS];
    size_t n_in;
    struct row *out;  /* NULL: none */
    bool is_public;   /* :public */
    bool bare;        /* a column list of one: the value itself, no struct */
    struct str sql;   /* ?N, for SQLite */
    struct str pg;    /* $N, for PostgreSQL */
};

struct file {
    struct arena *arena;
    const char *path;
    struct str text;
    size_t at;
    int line;
    struct row *rows[MAX_ROWS];
    size_t n_rows;
    struct query *queries[MAX_QUERIES];
    size_t n_queries;
};

/* The file at path, parsed. A mistake in it ends the program: the message has the file's name and line. */
struct file *sqlc_read(struct arena *a, const char *path);

/* BASE_sql.h and BASE_sql.c of a file; the list of all queries of n files. */
void sqlc_put_header(struct buf *b, struct file *f, const char *base);
void sqlc_put_source(struct buf *b, struct file *f, const char *base);
void sqlc_put_all(struct buf *b, struct arena *a, char **paths, int n);

bool sqlc_is_word(char c);
bool sqlc_is_writing(struct str sql); /* does the statement change something? */

#endif
