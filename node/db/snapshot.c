#include "node/db/snapshot.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "node/base/arena.h"
#include "node/db/copy.h"
#include "node/db/sqlite_private.h"

enum { STEP_PAGES = 256, SYNC_STEPS = 16 };

struct db_snapshot {
    sqlite3 *h;
};

static enum err lite_failed(struct cx *cx, sqlite3 *h, const char *path)
{
    int rc = sqlite3_extended_errcode(h);
    enum err e = sqlite_code(rc);
    e = cx_fail(cx, e == OK ? ERR_STORAGE : e, "%s: %s", path, sqlite3_errmsg(h));
    struct str name = str_c(path);
    if (db_disk_is_full(h))
        return cx_tellf(cx, e, N_("There is no room left for {0}. Make room and try again."), &name, 1);
    return e;
}

/* Written in steps, each on its way to the disk before the next ones: a lump of it at the end would
 * hold up the syncs of the serving node. The source stands in one read transaction, so that it is one
 * moment, and no writer makes it begin again. */
static int copy_pages(sqlite3 *from, sqlite3 *to, int fd)
{
    sqlite3_backup *b = sqlite3_backup_init(to, "main", from, "main");
    int rc = SQLITE_OK;
    if (b == NULL)
        return sqlite3_extended_errcode(to);
    for (int i = 1; rc == SQLITE_OK; i++) {
        rc = sqlite3_backup_step(b, STEP_PAGES);
        if (i % SYNC_STEPS == 0)
            fdatasync(fd);
    }
    int finished = sqlite3_backup_finish(b);
    return rc == SQLITE_DONE ? finished : rc;
}

static enum err open_pair(struct cx *cx, const char *where, const char *file, sqlite3 **from,
                          sqlite3 **to)
{
    if (sqlite3_open_v2(where, from, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK)
        return lite_failed(cx, *from, where);
    sqlite3_extended_result_codes(*from, 1);
    sqlite3_busy_timeout(*from, SQLITE_BUSY_MS);
    if (sqlite3_exec(*from, "PRAGMA cache_size=-512; PRAGMA query_only=ON; BEGIN;"
                            "SELECT COUNT(*) FROM sqlite_master", NULL, NULL, NULL) != SQLITE_OK)
        return lite_failed(cx, *from, where);
    if (sqlite3_open_v2(file, to, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK)
        return lite_failed(cx, *to, file);
    sqlite3_extended_result_codes(*to, 1);
    /* Nobody sees the file before it is whole, so it needs no journal. */
    if (sqlite3_exec(*to, "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA cache_size=-512;",
                     NULL, NULL, NULL) != SQLITE_OK)
        return lite_failed(cx, *to, file);
    return OK;
}

static enum err copy_file(struct cx *cx, const char *where, const char *file, int fd)
{
    sqlite3 *from = NULL, *to = NULL;
    enum err e = open_pair(cx, where, file, &from, &to);
    if (e == OK && copy_pages(from, to, fd) != SQLITE_OK)
        e = lite_failed(cx, sqlite3_errcode(to) == SQLITE_OK ? from : to, file);
    if (sqlite3_close(to) != SQLITE_OK && e == OK)
        e = cx_fail(cx, ERR_STORAGE, "%s cannot be closed", file);
    sqlite3_close(from);
    if (e == OK && fsync(fd) != 0)
        e = cx_fail(cx, ERR_STORAGE, "%s: %s", file, strerror(errno));
    return e;
}

static void remove_all(const char *file)
{
    static const char *const ends[] = {"", "-wal", "-shm", "-journal"};
    char path[4200];
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        snprintf(path, sizeof path, "%s%s", file, ends[i]);
        unlink(path);
    }
}

enum err db_snapshot_make(struct cx *cx, const char *where, const char *file)
{
    remove_all(file);
    if (db_is_address(where)) {
        struct db_copy_report ignored;
        return db_copy(cx, where, file, false, &ignored);
    }
    int fd = open(file, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return cx_fail(cx, ERR_STORAGE, "%s: %s", file, strerror(errno));
    enum err e = copy_file(cx, where, file, fd);
    close(fd);
    if (e != OK)
        remove_all(file);
    return e;
}

/* ---- a look into one ---- */

enum err db_snapshot_open(struct cx *cx, const char *file, struct db_snapshot **ret)
{
    struct db_snapshot *s = calloc(1, sizeof *s);
    if (s == NULL)
        abort();
    int rc = sqlite3_open_v2(file, &s->h, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
    if (rc == SQLITE_OK) {
        sqlite3_extended_result_codes(s->h, 1);
        sqlite3_busy_timeout(s->h, SQLITE_BUSY_MS);
        sqlite3_db_config(s->h, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
        sqlite3_db_config(s->h, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
        rc = sqlite3_exec(s->h, "PRAGMA query_only=ON; PRAGMA cache_size=-2048;"
                                "SELECT COUNT(*) FROM sqlite_master", NULL, NULL, NULL);
    }
    if (rc != SQLITE_OK) {
        enum err e = lite_failed(cx, s->h, file);
        db_snapshot_close(s);
        return e;
    }
    *ret = s;
    return OK;
}

struct db_snapshot *db_snapshot_close(struct db_snapshot *s)
{
    if (s == NULL)
        return NULL;
    sqlite3_close(s->h);
    free(s);
    return NULL;
}

static struct str column(sqlite3_stmt *stmt, int i)
{
    const unsigned char *p = sqlite3_column_text(stmt, i);
    return (struct str){(const char *)p, (size_t)sqlite3_column_bytes(stmt, i)};
}

struct walk {
    enum err (*two)(void *arg, struct str a, struct str b);
    enum err (*one)(void *arg, struct str a);
    void *arg;
};

static enum err each(struct cx *cx, struct db_snapshot *s, const char *sql, const struct walk *w)
{
    sqlite3_stmt *stmt = NULL;
    if (sqlite3_prepare_v2(s->h, sql, -1, &stmt, NULL) != SQLITE_OK)
        return lite_failed(cx, s->h, "snapshot");
    enum err e = OK;
    int rc = SQLITE_ROW;
    while (e == OK && (rc = sqlite3_step(stmt)) == SQLITE_ROW)
        e = w->one != NULL ? w->one(w->arg, column(stmt, 0))
                           : w->two(w->arg, column(stmt, 0), column(stmt, 1));
    if (e == OK && rc != SQLITE_DONE)
        e = lite_failed(cx, s->h, "snapshot");
    sqlite3_finalize(stmt);
    return e;
}

enum err db_snapshot_setting(struct cx *cx, struct db_snapshot *s, const char *key, struct str *ret)
{
    sqlite3_stmt *stmt = NULL;
    if (sqlite3_prepare_v2(s->h, "SELECT value FROM setting WHERE key = ?1", -1, &stmt, NULL) !=
        SQLITE_OK)
        return lite_failed(cx, s->h, "snapshot");
    sqlite3_bind_text(stmt, 1, key, -1, SQLITE_STATIC);
    int rc = sqlite3_step(stmt);
    *ret = rc == SQLITE_ROW ? str_dup(cx->arena, column(stmt, 0)) : STR_NULL;
    sqlite3_finalize(stmt);
    return rc == SQLITE_ROW || rc == SQLITE_DONE ? OK : lite_failed(cx, s->h, "snapshot");
}

enum err db_snapshot_each_migration(struct cx *cx, struct db_snapshot *s,
                                    enum err (*row)(void *arg, struct str name, struct str checksum),
                                    void *arg)
{
    const struct walk w = {.two = row, .arg = arg};
    return each(cx, s, "SELECT name, checksum FROM migration ORDER BY name", &w);
}

enum err db_snapshot_each_media(struct cx *cx, struct db_snapshot *s,
                                enum err (*row)(void *arg, struct str hash), void *arg)
{
    const struct walk w = {.one = row, .arg = arg};
    return each(cx, s,
                "SELECT hash FROM media UNION "
                "SELECT small_hash FROM media WHERE small_hash IS NOT NULL ORDER BY 1", &w);
}

struct trouble {
    struct cx *cx;
    const char *what;
};

static enum err note_trouble(void *arg, struct str what)
{
    struct trouble *t = arg;
    if (t->what == NULL && !str_eq_c(what, "ok"))
        t->what = str_z(t->cx->arena, what);
    return OK;
}

static enum err note_orphan(void *arg, struct str table)
{
    struct trouble *t = arg;
    if (t->what == NULL)
        t->what = arena_printf(t->cx->arena, "a row of " STR_FMT " names one that is not there",
                               STR_ARG(table));
    return OK;
}

enum err db_snapshot_check(struct cx *cx, struct db_snapshot *s, const char **ret_what)
{
    struct trouble t = {cx, NULL};
    const struct walk pages = {.one = note_trouble, .arg = &t};
    const struct walk keys = {.one = note_orphan, .arg = &t};
    TRY(each(cx, s, "PRAGMA integrity_check(1)", &pages));
    TRY(each(cx, s, "PRAGMA foreign_key_check", &keys));
    *ret_what = t.what;
    return OK;
}
