/* Transactions on SQLite: the statements that batch.c and db.c ask for. */
#include <stddef.h>

#include "node/base/log.h"
#include "node/db/sqlite_private.h"
#include "node/node.h"

static int step(sqlite3_stmt *stmt)
{
    int rc = sqlite3_step(stmt);
    sqlite3_reset(stmt);
    return rc == SQLITE_DONE || rc == SQLITE_ROW ? SQLITE_OK : rc;
}

enum err sqlite_tx_open(struct sqlite_db *db)
{
    const struct {
        const char *sql;
        sqlite3_stmt **to;
    } all[] = {
        {"BEGIN IMMEDIATE", &db->begin}, {"COMMIT", &db->commit},
        {"ROLLBACK", &db->rollback},     {"SAVEPOINT level", &db->savepoint},
        {"RELEASE level", &db->release}, {"ROLLBACK TO level", &db->rollback_to},
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (sqlite3_prepare_v3(db->writer.h, all[i].sql, -1, SQLITE_PREPARE_PERSISTENT, all[i].to,
                               NULL) != SQLITE_OK)
            return ERR_STORAGE;
    return OK;
}

void sqlite_tx_close(struct sqlite_db *db)
{
    sqlite3_stmt *all[] = {db->begin,     db->commit,  db->rollback,
                           db->savepoint, db->release, db->rollback_to};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        sqlite3_finalize(all[i]);
}

/* After disk full and the like SQLite may have rolled back everything by itself; running on would
 * then write in autocommit mode. */
bool sqlite_is_gone(const struct db_conn *c)
{
    return sqlite3_get_autocommit(((const struct sqlite_conn *)c)->h);
}

/* A lazy transaction is written to the log file but not synced: it outlives the process, not the
 * power. */
static int set_durable(struct sqlite_db *db, bool durable)
{
    if (db->lazy == !durable)
        return SQLITE_OK;
    db->lazy = !durable;
    return sqlite3_exec(db->writer.h,
                        durable ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=NORMAL", NULL,
                        NULL, NULL);
}

enum err sqlite_begin(struct cx *cx, struct db *base)
{
    struct sqlite_db *db = (struct sqlite_db *)base;
    int rc = set_durable(db, !cx->lazy);
    if (rc == SQLITE_OK)
        rc = step(db->begin);
    if (rc != SQLITE_OK)
        return cx_fail(cx, sqlite_code(rc), "cannot begin: %s", sqlite3_errmsg(db->writer.h));
    base->writer = &db->writer.base;
    return OK;
}

enum err sqlite_commit(struct db *base)
{
    struct sqlite_db *db = (struct sqlite_db *)base;
    enum err e = OK;
    if (step(db->commit) != SQLITE_OK) {
        log_error("db", "a commit failed: %s", sqlite3_errmsg(db->writer.h));
        e = ERR_STORAGE;
    }
    sqlite_rollback(base);
    return e;
}

void sqlite_rollback(struct db *base)
{
    struct sqlite_db *db = (struct sqlite_db *)base;
    if (!sqlite3_get_autocommit(db->writer.h))
        step(db->rollback);
    base->writer = NULL;
}

/* The statements are those of the one writing connection; the first member of a struct is where it
 * is itself. */
static struct sqlite_db *db_of(struct db_conn *c)
{
    return (struct sqlite_db *)((char *)c - offsetof(struct sqlite_db, writer));
}

/* Levels of the same name nest: the innermost is meant. */
enum err sqlite_level_begin(struct db_conn *c, int level)
{
    (void)level;
    return step(db_of(c)->savepoint) == SQLITE_OK ? OK : ERR_STORAGE;
}

enum err sqlite_level_keep(struct db_conn *c, int level)
{
    (void)level;
    return step(db_of(c)->release) == SQLITE_OK ? OK : ERR_STORAGE;
}

enum err sqlite_level_undo(struct db_conn *c, int level)
{
    (void)level;
    struct sqlite_db *db = db_of(c);
    return step(db->rollback_to) == SQLITE_OK && step(db->release) == SQLITE_OK ? OK : ERR_STORAGE;
}
