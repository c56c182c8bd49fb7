/* What the doctor asks of a PostgreSQL store, without opening it as a node (and so migrating it). */
#include "node/db/snapshot.h"

#include "node/base/arena.h"
#include "node/db/pg_private.h"

static PGresult *ask(PGconn *h, const struct pg_address *at, const char *sql)
{
    const char *const in[] = {at->schema};
    PGresult *res = PQexecParams(h, sql, 1, NULL, in, NULL, NULL, 0);
    if (PQresultStatus(res) == PGRES_TUPLES_OK && PQntuples(res) > 0)
        return res;
    PQclear(res);
    return NULL;
}

static bool yes(const PGresult *res, int column)
{
    return PQgetvalue(res, 0, column)[0] == 't';
}

static void look_at_server(PGconn *h, const struct pg_address *at, struct db_pg_look *ret)
{
    PGresult *res = ask(h, at,
        "SELECT current_setting('server_encoding') = 'UTF8', current_setting('fsync') = 'on',"
        " pg_is_in_recovery(), COALESCE(has_schema_privilege(n.oid, 'CREATE, USAGE'), false),"
        " n.oid IS NOT NULL, current_setting('max_connections')::int"
        " - (SELECT COUNT(*) FROM pg_stat_activity WHERE backend_type = 'client backend')"
        " FROM (SELECT 1) one LEFT JOIN pg_namespace n ON n.nspname = $1");
    ret->version = PQserverVersion(h);
    if (res == NULL)
        return;
    ret->utf8 = yes(res, 0);
    ret->fsync = yes(res, 1);
    ret->standby = yes(res, 2);
    ret->may_create = yes(res, 3);
    ret->exists = yes(res, 4);
    (void)str_to_i64(str_c(PQgetvalue(res, 0, 5)), &ret->free_connections);
    PQclear(res);
}

static void look_at_tables(struct cx *cx, PGconn *h, const struct pg_address *at,
                           struct db_pg_look *ret)
{
    PGresult *res = ask(h, at,
        "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE n.nspname = $1 AND c.relkind = 'r' AND NOT (has_table_privilege(c.oid, 'SELECT')"
        " AND has_table_privilege(c.oid, 'INSERT') AND has_table_privilege(c.oid, 'UPDATE')"
        " AND has_table_privilege(c.oid, 'DELETE')) ORDER BY c.relname LIMIT 1");
    if (res == NULL)
        return;
    ret->lacking = str_dup(cx->arena, str_c(PQgetvalue(res, 0, 0)));
    PQclear(res);
}

static enum err each_migration(PGconn *h, const struct pg_address *at,
                               enum err (*row)(void *arg, struct str name, struct str checksum),
                               void *arg)
{
    PGresult *res = ask(h, at, "SELECT name, checksum FROM migration WHERE $1 <> '' ORDER BY name");
    enum err e = OK;
    for (int i = 0; res != NULL && e == OK && i < PQntuples(res); i++)
        e = row(arg, str_c(PQgetvalue(res, i, 0)), str_c(PQgetvalue(res, i, 1)));
    PQclear(res);
    return e;
}

enum err db_pg_look(struct cx *cx, const char *where, struct db_pg_look *ret,
                    enum err (*migration)(void *arg, struct str name, struct str checksum), void *arg)
{
    struct pg_address at;
    char fault[PG_FAULT];
    *ret = (struct db_pg_look){.lacking = STR_NULL};
    if (pg_address_read(where, &at) != OK)
        return cx_fail(cx, ERR_INVALID, "the address of the store is malformed");
    PGconn *h = pg_connect(&at, fault);
    enum err e = OK;
    if (h == NULL) {
        e = cx_fail(cx, ERR_BUSY, "%s", fault);
    } else {
        look_at_server(h, &at, ret);
        look_at_tables(cx, h, &at, ret);
        e = each_migration(h, &at, migration, arg);
    }
    PQfinish(h);
    pg_address_free(&at);
    return e;
}
