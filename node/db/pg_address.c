/* postgresql://user:password@host/database?…&schema=NAME: where a node is, and how it is reached. */
#include <stdlib.h>
#include <string.h>

#include "node/base/arena.h"
#include "node/base/buf.h"
#include "node/base/crypt.h"
#include "node/base/log.h"
#include "node/db/pg_private.h"

/* A statement that takes longer is a mistake; a transaction that sleeps longer holds everybody. */
#define SESSION_OPTIONS                                                                            \
    "-c statement_timeout=30000 -c lock_timeout=15000 "                                            \
    "-c idle_in_transaction_session_timeout=60000 -c jit=off -c client_min_messages=warning "      \
    "-c plan_cache_mode=force_generic_plan "                                                       \
    "-c default_transaction_isolation=read\\ committed -c default_transaction_deferrable=off "     \
    "-c bytea_output=hex -c TimeZone=UTC"

bool db_is_address(const char *where)
{
    return strncmp(where, "postgresql://", 13) == 0 || strncmp(where, "postgres://", 11) == 0;
}

static enum err refuse(void)
{
    log_error("db", "the address of the store is not of the form "
                    "postgresql://user:password@host/database?schema=name");
    return ERR_INVALID;
}

/* What stands in the statements as a bare name, so nothing but these letters. */
static bool is_schema(struct str s)
{
    if (s.n == 0 || s.n > PG_SCHEMA_MAX || (s.p[0] >= '0' && s.p[0] <= '9') ||
        str_starts(s, STR("pg_")) || str_eq_c(s, "public") || str_eq_c(s, "information_schema"))
        return false;
    for (size_t i = 0; i < s.n; i++)
        if (!((s.p[i] >= 'a' && s.p[i] <= 'z') || (s.p[i] >= '0' && s.p[i] <= '9') ||
              s.p[i] == '_'))
            return false;
    return true;
}

/* The address without ours among its parameters. */
static void split(struct arena *a, struct str where, struct str *ret_url, struct str *ret_schema)
{
    struct buf url;
    struct str piece;
    size_t at = str_find_char(where, '?', 0);
    *ret_schema = STR("orrery");
    buf_init_arena(&url, a, where.n + 1);
    buf_put(&url, str_sub(where, 0, at));
    struct str rest = at == SIZE_MAX ? STR_NULL : str_sub(where, at + 1, SIZE_MAX);
    char before = '?';
    while (str_next(&rest, '&', &piece)) {
        if (str_starts(piece, STR("schema="))) {
            *ret_schema = str_sub(piece, 7, SIZE_MAX);
            continue;
        }
        buf_put_char(&url, before);
        buf_put(&url, piece);
        before = '&';
    }
    *ret_url = buf_str(&url);
}

struct str db_schema_at(struct arena *a, const char *url)
{
    struct str rest, schema;
    split(a, str_c(url), &rest, &schema);
    return schema;
}

static char *copy_of(const char *s)
{
    char *copy = strdup(s);
    if (copy == NULL)
        abort();
    return copy;
}

/* libpq's own opinion of the address. Its message may repeat parts of it, so it is not passed on. */
static enum err read_conninfo(struct arena *a, struct pg_address *ret)
{
    char *message = NULL;
    PQconninfoOption *all = PQconninfoParse(ret->url, &message);
    PQfreemem(message);
    if (all == NULL)
        return refuse();
    const char *options = "";
    for (const PQconninfoOption *o = all; o->keyword != NULL; o++) {
        if (o->val == NULL)
            continue;
        if (strcmp(o->keyword, "options") == 0)
            options = arena_copy(a, o->val, strlen(o->val));
        if (strcmp(o->keyword, "password") == 0 && o->val[0] != '\0')
            ret->password = copy_of(o->val);
    }
    PQconninfoFree(all);
    ret->options = copy_of(arena_printf(a, "-c search_path=%s %s %s", ret->schema, SESSION_OPTIONS,
                                        options));
    return OK;
}

enum err pg_address_read(const char *where, struct pg_address *ret)
{
    *ret = (struct pg_address){0};
    struct arena *a = arena_new();
    struct str url, schema;
    enum err e = OK;
    split(a, str_c(where), &url, &schema);
    if (is_schema(schema)) {
        memcpy(ret->schema, schema.p, schema.n);
        ret->url = copy_of(url.p);
        e = read_conninfo(a, ret);
    } else {
        log_error("db", "the schema in the store's address must be of a-z, 0-9 and _, begin with a "
                        "letter, and be none of PostgreSQL's own");
        e = ERR_INVALID;
    }
    arena_free(a);
    if (e != OK)
        pg_address_free(ret);
    return e;
}

void pg_address_free(struct pg_address *a)
{
    free(a->url);
    free(a->options);
    free(a->password);
    *a = (struct pg_address){0};
}

void pg_address_copy(struct pg_address *to, const struct pg_address *from)
{
    *to = *from;
    to->url = copy_of(from->url);
    to->options = copy_of(from->options);
    to->password = from->password == NULL ? NULL : copy_of(from->password);
}

/* What the server says beside its answers is nothing that an operator can act on, and would stand on
 * stderr without a date. */
static void ignore_notice(void *arg, const char *message)
{
    (void)arg;
    (void)message;
}

PGconn *pg_connect(const struct pg_address *a, char fault[PG_FAULT])
{
    /* What stands before dbname is a default, which the address may say otherwise. */
    const char *const keys[] = {"connect_timeout", "tcp_user_timeout", "keepalives_idle",
                                "keepalives_interval", "keepalives_count",
                                "fallback_application_name", "dbname", "options",
                                "client_encoding", NULL};
    const char *const values[] = {"5", "15000", "10", "5", "3", "orrery", a->url, a->options,
                                  "UTF8", NULL};
    PGconn *h = PQconnectdbParams(keys, values, 1);
    if (h != NULL && PQstatus(h) == CONNECTION_OK) {
        PQsetNoticeProcessor(h, ignore_notice, NULL);
        return h;
    }
    pg_fault_set(fault, h == NULL ? "no memory" : PQerrorMessage(h), a);
    PQfinish(h);
    return NULL;
}

int64_t pg_key(const struct pg_address *at, struct str name)
{
    unsigned char sum[32];
    char text[PG_SCHEMA_MAX + 16];
    struct str s = {text, 0};
    size_t n = strlen(at->schema);
    memcpy(text, at->schema, n);
    memcpy(text + n, " orrery", 7);
    s.n = n + 7;
    crypt_sha256(s, sum);
    if (name.n > 0) {
        unsigned char both[64];
        memcpy(both, sum, 32);
        crypt_sha256(name, both + 32);
        crypt_sha256((struct str){(const char *)both, sizeof both}, sum);
    }
    int64_t key;
    memcpy(&key, sum, sizeof key);
    return key;
}
