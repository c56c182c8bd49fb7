/* A store of a node as its migrations make it, made once and copied for each test: a file beside the test
 * programs, or a database named by the migrations. One that is older than this program is made anew, since
 * what makes it may have changed. */
#ifndef TESTS_UNIT_STORE_TEMPLATE_H
#define TESTS_UNIT_STORE_TEMPLATE_H

#include <fcntl.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "node/base/crypt.h"
#include "node/db/db.h"
#include "tests/unit/unit.h"

/* Of the migrations that this program has: ret has place for 17 bytes. */
static inline void template_key(char *ret)
{
    unsigned char sum[32] = {0}, both[32 + 12];
    for (const struct embedded *m = db_migrations; m->name != NULL; m++) {
        memcpy(both, sum, 32);
        memcpy(both + 32, m->hash, 12);
        crypt_sha256((struct str){(const char *)both, sizeof both}, sum);
    }
    for (int i = 0; i < 8; i++)
        snprintf(ret + 2 * i, 3, "%02x", sum[i]);
}

static inline long long template_program_time(void)
{
    struct stat st;
    assert_int_equal(stat("/proc/self/exe", &st), 0);
    return (long long)st.st_mtim.tv_sec;
}

static inline void template_make(const char *where)
{
    struct db *db = NULL;
    assert_int_equal(db_open(where, db_migrations, &db), OK);
    db_close(db);
}

/* ---- SQLite ---- */

static inline void template_path(char *ret, size_t size)
{
    char key[17];
    template_key(key);
    ssize_t n = readlink("/proc/self/exe", ret, size - 1);
    assert_in_range(n, 1, size - 64);
    ret[n] = '\0';
    snprintf(strrchr(ret, '/') + 1, 60, "store-%s.template", key);
}

static inline void template_copy(int from, const char *to)
{
    char bytes[65536];
    int out = open(to, O_WRONLY | O_CREAT | O_EXCL, 0600);
    assert_true(out >= 0);
    for (ssize_t n; (n = read(from, bytes, sizeof bytes)) != 0;) {
        assert_true(n > 0);
        assert_int_equal(write(out, bytes, (size_t)n), n);
    }
    close(out);
}

/* A new store in that file. */
static inline void template_to_file(const char *to)
{
    char path[4096], mine[4200];
    struct stat st;
    template_path(path, sizeof path);
    int fd = open(path, O_RDONLY);
    if (fd < 0 || fstat(fd, &st) != 0 || (long long)st.st_mtim.tv_sec < template_program_time()) {
        if (fd >= 0)
            close(fd);
        snprintf(mine, sizeof mine, "%s.%d", path, (int)getpid());
        template_make(mine);
        assert_int_equal(rename(mine, path), 0); /* whoever makes one beside us makes the same */
        fd = open(path, O_RDONLY);
    }
    assert_true(fd >= 0);
    template_copy(fd, to);
    close(fd);
}

/* ---- PostgreSQL ---- */

static inline int64_t template_ask(PGconn *h, const char *sql)
{
    PGresult *res = PQexec(h, sql);
    ExecStatusType status = PQresultStatus(res);
    if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK)
        print_error("%s", PQresultErrorMessage(res));
    assert_true(status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK);
    int64_t v = PQntuples(res) > 0 && PQnfields(res) > 0 ? strtoll(PQgetvalue(res, 0, 0), NULL, 10) : 0;
    PQclear(res);
    return v;
}
#define TEMPLATE_ASK(h, ...)                                                                       \
    (snprintf(sql_, sizeof sql_, __VA_ARGS__), template_ask((h), sql_))

/* The address of another database of the same server; more: what shall stand behind it. */
static inline void template_address(char *ret, size_t size, const char *url, const char *database,
                                    const char *more)
{
    int n = snprintf(ret, size, "%s%sdbname=%s%s", url, strchr(url, '?') == NULL ? "?" : "&", database, more);
    assert_true(n > 0 && (size_t)n < size);
}

static inline PGconn *template_connect(const char *url)
{
    PGconn *h = PQconnectdb(url);
    assert_int_equal(PQstatus(h), CONNECTION_OK);
    template_ask(h, "SET client_min_messages = warning");
    return h;
}

static inline bool template_is_there(PGconn *h, const char *name)
{
    char sql_[300];
    return TEMPLATE_ASK(h, "SELECT count(*) FROM pg_database WHERE datname = '%s' AND "
                           "COALESCE(shobj_description(oid, 'pg_database'), '0')::bigint >= %lld",
                        name, template_program_time()) > 0;
}

/* Half a template has another name, and is thrown away by the next. */
static inline void template_make_database(PGconn *h, const char *url, const char *name)
{
    char sql_[300], address[600], half[80];
    snprintf(half, sizeof half, "%s_half", name);
    TEMPLATE_ASK(h, "DROP DATABASE IF EXISTS %s WITH (FORCE)", half);
    TEMPLATE_ASK(h, "DROP DATABASE IF EXISTS %s WITH (FORCE)", name);
    TEMPLATE_ASK(h, "CREATE DATABASE %s", half);
    template_address(address, sizeof address, url, half, "&schema=template");
    template_make(address);
    TEMPLATE_ASK(h, "COMMENT ON DATABASE %s IS '%lld'", half, (long long)time(NULL));
    TEMPLATE_ASK(h, "ALTER DATABASE %s RENAME TO %s", half, name);
}

/* A new store in a database and a schema of that name. A lock keeps those who copy from who makes. */
static inline void template_to_database(const char *url, const char *to)
{
    char sql_[300], address[600], key[17], name[40];
    PGconn *h = template_connect(url);
    template_key(key);
    snprintf(name, sizeof name, "template_%s", key);
    template_ask(h, "SELECT pg_advisory_lock_shared(7266)");
    for (int tries = 0; !template_is_there(h, name); tries++) {
        assert_true(tries < 3);
        template_ask(h, "SELECT pg_advisory_unlock_shared(7266)");
        template_ask(h, "SELECT pg_advisory_lock(7266)");
        if (!template_is_there(h, name))
            template_make_database(h, url, name);
        template_ask(h, "SELECT pg_advisory_unlock(7266)");
        template_ask(h, "SELECT pg_advisory_lock_shared(7266)");
    }
    TEMPLATE_ASK(h, "CREATE DATABASE %s TEMPLATE %s", to, name);
    PQfinish(h);
    template_address(address, sizeof address, url, to, "");
    h = template_connect(address);
    TEMPLATE_ASK(h, "ALTER SCHEMA template RENAME TO %s", to);
    PQfinish(h);
}

static inline void template_drop(const char *url, const char *database)
{
    char sql_[300];
    PGconn *h = template_connect(url);
    TEMPLATE_ASK(h, "DROP DATABASE %s WITH (FORCE)", database);
    PQfinish(h);
}

#endif
