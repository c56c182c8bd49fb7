/* sqlc: typed C functions from .sql files. A build tool; see docs/database.md for the language.
 *
 *   sqlc FILE.sql BASE          writes BASE_sql.c and BASE_sql.h
 *   sqlc --all OUT.c FILE.sql…  writes db_all_queries[], which lists the queries of all files
 *
 * Every mistake is a build error with file and line: an unknown type, a parameter that is named in
 * :in but not used (or the other way round), a query without a shape, a name used twice. */
#include "node/tools/sqlc.h"

#include <stdio.h>
#include <string.h>

/* Written aside and renamed, so that an interrupted build leaves no half file behind. */
static int write_file(struct arena *a, const char *path, const struct buf *b)
{
    const char *part = arena_printf(a, "%s.part", path);
    FILE *out = b->overflow ? NULL : fopen(part, "wb");
    if (out != NULL) {
        bool ok = fwrite(b->p, 1, b->n, out) == b->n;
        ok = fclose(out) == 0 && ok;
        if (ok && rename(part, path) == 0)
            return 0;
    }
    fprintf(stderr, "sqlc: cannot write %s\n", path);
    return 1;
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        fputs("usage: sqlc FILE.sql BASE | sqlc --all OUT.c FILE.sql…\n", stderr);
        return 2;
    }
    struct arena *a = arena_new();
    struct buf b;
    buf_init_arena(&b, a, 8 * MAX_FILE);
    int rc;
    if (strcmp(argv[1], "--all") == 0) {
        sqlc_put_all(&b, a, argv + 3, argc - 3);
        rc = write_file(a, argv[2], &b);
    } else {
        struct file *f = sqlc_read(a, argv[1]);
        sqlc_put_header(&b, f, argv[2]);
        rc = write_file(a, arena_printf(a, "%s_sql.h", argv[2]), &b);
        buf_clear(&b);
        sqlc_put_source(&b, f, argv[2]);
        if (rc == 0)
            rc = write_file(a, arena_printf(a, "%s_sql.c", argv[2]), &b);
    }
    arena_free(a);
    return rc;
}
