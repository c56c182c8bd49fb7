/* A node into one file, while it serves; and back.
 *
 * A backup is complete by itself, or builds upon an earlier one (--since): then it leaves out the
 * media that the earlier one and those before it hold, and restoring asks for all of them. The file
 * holds the node's keys. It is written under another name, read back and hashed, and only then
 * given its own; see admin/backup/archive.h for what lies in it.
 *
 * A directory that is being restored holds the file `restoring` until everything is verified; a node
 * with such a file does not open (node/node.c). */
#ifndef ADMIN_BACKUP_BACKUP_H
#define ADMIN_BACKUP_BACKUP_H

#include "node/cx.h"

struct node;

struct backup_order {
    const char *dir;
    const char *to;
    const char *since;  /* an earlier backup; NULL: a whole one */
    bool force;         /* to may be there already */
    struct node *fetch_from; /* take media that lie in S3 through this open node; NULL: leave them there */
    bool hurry;         /* with the priority that we were started with */
};
struct backup_done {
    struct str id, origin;
    int64_t bytes;             /* of the file */
    int64_t n_media, n_before; /* in the file; in those that it builds upon */
    int64_t n_missing;         /* rows whose bytes are nowhere */
    int64_t n_damaged;         /* bytes that are not what their name says */
    bool media_left_out;
};
/* Needs no open node and no transaction; cx is for words and memory. Fails CONFLICT (the file is
 * there; the earlier one is of another node), BUSY, STORAGE, INVALID; the person is told. */
MUST_USE enum err backup_make(struct cx *cx, const struct backup_order *order,
                              struct backup_done *ret);

struct restore_order {
    const char *const *files; /* in any order; the newest is restored, with the others' media */
    size_t n_files;
    const char *dir;          /* new or empty, or left by a restore that was cut off */
    const char *store;        /* postgresql://…; NULL: SQLite */
};
struct restore_done {
    struct str origin;
    int64_t created_at;       /* of the backup */
    int64_t n_media, n_missing;
    int64_t bytes;
    bool media_left_out;
};
/* As above. Until it returns OK the directory cannot be served. */
MUST_USE enum err restore_run(struct cx *cx, const struct restore_order *order,
                              struct restore_done *ret);

#endif
