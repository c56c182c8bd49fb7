/* A store as one SQLite file, as it was at one moment, whatever the store is and while others write
 * it; and a look into such a file, which no migration has touched. For backups and for copying.
 *
 * One thread at a time. Errors: the person is told where they can do something about it. */
#ifndef NODE_DB_SNAPSHOT_H
#define NODE_DB_SNAPSHOT_H

#include "node/cx.h"

/* where: as db_open's. file is made anew (0600), complete and synced when this returns OK, and gone
 * when it doesn't. Writers go on meanwhile. Neither has transactions open: cx is for words and
 * memory only. BUSY: the store was locked all the time; STORAGE: disk full or unreadable. */
MUST_USE enum err db_snapshot_make(struct cx *cx, const char *where, const char *file);

struct db_snapshot;
/* STORAGE when it is no SQLite file. */
MUST_USE enum err db_snapshot_open(struct cx *cx, const char *file, struct db_snapshot **ret);
struct db_snapshot *db_snapshot_close(struct db_snapshot *s);

/* As it is stored: a secret one is sealed. p == NULL: not set. */
MUST_USE enum err db_snapshot_setting(struct cx *cx, struct db_snapshot *s, const char *key,
                                      struct str *ret);
/* Text lives for the call. What the callback returns other than OK ends the walk. */
MUST_USE enum err db_snapshot_each_migration(struct cx *cx, struct db_snapshot *s,
                                             enum err (*row)(void *arg, struct str name, struct str checksum),
                                             void *arg);
/* Every hash of a stored file that some row names, each once, in order. */
MUST_USE enum err db_snapshot_each_media(struct cx *cx, struct db_snapshot *s,
                                         enum err (*row)(void *arg, struct str hash), void *arg);
/* Pages, indexes and foreign keys. ret_what: what is wrong, in SQLite's words; NULL: all is well. */
MUST_USE enum err db_snapshot_check(struct cx *cx, struct db_snapshot *s, const char **ret_what);

/* What can be said of a store on PostgreSQL without opening it. BUSY: it cannot be reached; cx->fail says
 * why, without the address. */
struct db_pg_look {
    int version;              /* 150004 = 15.4 */
    bool utf8, fsync, standby;
    bool exists, may_create;  /* the schema */
    struct str lacking;       /* a table that may not be read or written; p == NULL: none */
    int64_t free_connections;
};
MUST_USE enum err db_pg_look(struct cx *cx, const char *where, struct db_pg_look *ret,
                             enum err (*migration)(void *arg, struct str name, struct str checksum),
                             void *arg);

#endif
