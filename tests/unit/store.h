/* A store for tests: SQLite in a directory of its own under TMPDIR, or, with ORRERY_TEST_STORE, a
 * schema of its own on that PostgreSQL server. */
#ifndef TESTS_UNIT_STORE_H
#define TESTS_UNIT_STORE_H

#include <dirent.h>
#include <libpq-fe.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "node/base/crypt.h"
#include "node/base/id.h"
#include "node/db/db.h"
#include "node/node.h"
#include "tests/unit/store_template.h"
#include "tests/unit/unit.h"

struct store {
    char dir[200];
    char path[700];  /* where db_open finds it */
    char schema[40]; /* of PostgreSQL; empty on SQLite */
    char url[600];   /* of its database there */
    bool has_database; /* of its own, named like its schema */
    struct node node;
};

static inline const char *store_url(void)
{
    const char *url = getenv("ORRERY_TEST_STORE");
    return url != NULL && url[0] != '\0' ? url : NULL;
}

/* First in a test of what only SQLite has: says so, and ends the test as skipped. */
#define ONLY_ON_SQLITE(why)                                                                        \
    do {                                                                                           \
        if (store_url() != NULL) {                                                                 \
            print_message("           not on PostgreSQL: %s\n", (why));                            \
            skip();                                                                                \
        }                                                                                          \
    } while (0)

static inline void store_reopen(struct store *s)
{
    s->node.db = db_close(s->node.db);
    assert_int_equal(db_open(s->path, db_migrations, &s->node.db), OK);
}

/* The schema's name in the address tells our connections from those of a test that runs beside us. */
static inline void store_at(struct store *s, const char *url)
{
    snprintf(s->url, sizeof s->url, "%s", url);
    int n = snprintf(s->path, sizeof s->path, "%s%sschema=%s&application_name=orrery-%s", url,
                     strchr(url, '?') == NULL ? "?" : "&", s->schema, s->schema);
    assert_true(n > 0 && (size_t)n < sizeof s->path);
}

/* A new directory, and where a store of it would be; nothing is opened. */
static inline struct store *store_place(void)
{
    struct store *s = calloc(1, sizeof *s);
    const char *tmp = getenv("TMPDIR"), *url = store_url();
    unsigned char random[8];
    snprintf(s->dir, sizeof s->dir, "%s/orrery-test-XXXXXX", tmp == NULL ? "/tmp" : tmp);
    assert_non_null(mkdtemp(s->dir));
    if (url == NULL) {
        snprintf(s->path, sizeof s->path, "%s/store.db", s->dir);
        return s;
    }
    crypt_random(random, sizeof random);
    snprintf(s->schema, sizeof s->schema, "t_");
    for (size_t i = 0; i < sizeof random; i++)
        snprintf(s->schema + 2 + 2 * i, 3, "%02x", random[i]);
    store_at(s, url);
    return s;
}

/* As a program makes it that finds nothing there. */
static inline struct store *store_bare(void)
{
    struct store *s = store_place();
    s->node.ids = id_maker_new();
    store_reopen(s);
    return s;
}

/* The same, copied from one that was made before. */
static inline struct store *store_new(void)
{
    struct store *s = store_place();
    s->node.ids = id_maker_new();
    if (store_url() == NULL) {
        template_to_file(s->path);
    } else {
        char url[sizeof s->url];
        template_to_database(store_url(), s->schema);
        template_address(url, sizeof url, store_url(), s->schema, "");
        store_at(s, url);
        s->has_database = true;
    }
    store_reopen(s);
    return s;
}

/* ---- behind the program's back, on a connection of its own ---- */

struct store_raw {
    sqlite3 *lite;
    PGconn *pg;
};

static inline struct store_raw store_connect(const struct store *s)
{
    struct store_raw r = {NULL, NULL};
    if (s->schema[0] == '\0') {
        assert_int_equal(sqlite3_open(s->path, &r.lite), SQLITE_OK);
        sqlite3_busy_timeout(r.lite, 5000);
        return r;
    }
    char set[100];
    r.pg = PQconnectdb(s->url);
    assert_int_equal(PQstatus(r.pg), CONNECTION_OK);
    snprintf(set, sizeof set, "SET client_min_messages = warning; SET search_path = %s", s->schema);
    PQclear(PQexec(r.pg, set));
    return r;
}

static inline void store_disconnect(struct store_raw *r)
{
    sqlite3_close(r->lite);
    if (r->pg != NULL)
        PQfinish(r->pg);
}

static inline int64_t store_step_sqlite(sqlite3 *h, const char *sql)
{
    int64_t v = 0;
    while (*sql != '\0') {
        sqlite3_stmt *st;
        assert_int_equal(sqlite3_prepare_v2(h, sql, -1, &st, &sql), SQLITE_OK);
        int rc = sqlite3_step(st);
        if (rc == SQLITE_ROW)
            v = sqlite3_column_int64(st, 0);
        else
            assert_int_equal(rc, SQLITE_DONE);
        sqlite3_finalize(st);
        while (*sql == ' ')
            sql++;
    }
    return v;
}

/* Statements parted by ';'. The first value of the last row that the last one gives, or 0. */
static inline int64_t store_run(struct store_raw *r, const char *sql)
{
    if (r->lite != NULL)
        return store_step_sqlite(r->lite, sql);
    PGresult *res = PQexec(r->pg, sql);
    ExecStatusType status = PQresultStatus(res);
    if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK)
        print_error("%s", PQresultErrorMessage(res));
    assert_true(status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK);
    int64_t v = 0;
    if (PQntuples(res) > 0 && PQnfields(res) > 0)
        v = strtoll(PQgetvalue(res, 0, 0), NULL, 10);
    PQclear(res);
    return v;
}

static inline int64_t store_sql(const struct store *s, const char *sql)
{
    struct store_raw r = store_connect(s);
    int64_t v = store_run(&r, sql);
    store_disconnect(&r);
    return v;
}

/* False when the store refuses it. */
static inline bool store_try(struct store_raw *r, const char *sql)
{
    if (r->lite != NULL)
        return sqlite3_exec(r->lite, sql, NULL, NULL, NULL) == SQLITE_OK;
    PGresult *res = PQexec(r->pg, sql);
    ExecStatusType status = PQresultStatus(res);
    PQclear(res);
    return status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK;
}

/* The books may be written over from now on. */
static inline void store_untie(const struct store *s)
{
    store_sql(s, s->schema[0] == '\0'
                     ? "DROP TRIGGER txn_no_update; DROP TRIGGER txn_no_delete; "
                       "DROP TRIGGER entry_no_update; DROP TRIGGER entry_no_delete"
                     : "ALTER TABLE txn DISABLE TRIGGER USER; ALTER TABLE entry DISABLE TRIGGER USER");
}

/* ---- the end ---- */

static inline void store_clear_dir(const char *path)
{
    DIR *dir = opendir(path);
    if (dir == NULL)
        return;
    for (struct dirent *e; (e = readdir(dir)) != NULL;) {
        char below[4096];
        if (e->d_name[0] == '.')
            continue;
        assert_in_range(snprintf(below, sizeof below, "%s/%s", path, e->d_name), 1, sizeof below - 1);
        store_clear_dir(below);
        remove(below);
    }
    closedir(dir);
}

/* The bytes beside it, which store_free knows nothing of. */
static inline void store_clear_media(const struct store *s)
{
    char media[300];
    snprintf(media, sizeof media, "%s/media", s->dir);
    store_clear_dir(media);
    rmdir(media);
}

static inline void store_remove(const struct store *s)
{
    static const char *const names[] = {"", "-wal", "-shm"};
    if (s->has_database) {
        template_drop(store_url(), s->schema);
    } else if (s->schema[0] != '\0') {
        char drop[100];
        snprintf(drop, sizeof drop, "DROP SCHEMA IF EXISTS %s CASCADE", s->schema);
        store_sql(s, drop);
    }
    for (size_t i = 0; s->schema[0] == '\0' && i < sizeof names / sizeof *names; i++) {
        char path[710];
        snprintf(path, sizeof path, "%s%s", s->path, names[i]);
        unlink(path);
    }
    rmdir(s->dir);
}

static inline void store_free(struct store *s)
{
    s->node.db = db_close(s->node.db);
    id_maker_free(s->node.ids);
    store_remove(s);
    free(s);
}

#endif
