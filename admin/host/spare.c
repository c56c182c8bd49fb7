#include "admin/host/spare.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "admin/host/keep_sql.h"
#include "node/base/arena.h"
#include "node/base/buf.h"
#include "node/base/crypt.h"
#include "node/base/id.h"
#include "node/base/log.h"
#include "node/db/db.h"

enum err host_spare_take(struct cx *cx, struct spare_keys *ret)
{
    struct host_spare_list_row *rows;
    size_t n;
    struct spare_keys keys = {0};
    TRY(q_host_spare_list(cx, STR("rsa"), HOST_KEYS_A_NODE, &rows, &n));
    for (size_t i = 0; i < n; i++) {
        TRY(q_host_spare_drop(cx, rows[i].id, NULL));
        if (crypt_open(cx->arena, cx->node->secret, rows[i].value, &keys.rsa[keys.n]) == OK)
            keys.n++;
        else
            log_warn("host", "a spare key does not open with this host's secret; it is dropped");
    }
    *ret = keys;
    return OK;
}

enum err host_spare_schema(struct cx *cx, bool *ret_found, struct str *ret)
{
    struct host_spare_list_row *rows;
    size_t n;
    TRY(q_host_spare_list(cx, STR("schema"), 1, &rows, &n));
    *ret_found = n > 0;
    if (n == 0)
        return OK;
    TRY(q_host_spare_drop(cx, rows[0].id, NULL));
    *ret = rows[0].value;
    return OK;
}

static enum err fill_schema(struct cx *cx, int64_t want, bool *ret_full)
{
    int64_t n, id = id_next(cx->node->ids);
    struct db *db;
    TRY(q_host_spare_count(cx, STR("schema"), &n));
    *ret_full = n >= want || n >= HOST_SPARE_SCHEMAS;
    if (*ret_full)
        return OK;
    struct str name = str_fmt(cx->arena, "n_%lld", (long long)id);
    TRY(q_host_spare_put(cx, id, STR("making"), name, NULL)); /* so that a dead process leaves its name */
    TRY(db_open(host_node_url(host_of(cx), cx->arena, name), db_migrations, &db));
    db_close(db);
    return q_host_spare_become(cx, id, STR("schema"), NULL);
}

enum err host_spare_mend(struct cx *cx)
{
    struct host_spare_list_row *rows;
    size_t n;
    TRY(q_host_spare_list(cx, STR("making"), 100, &rows, &n));
    for (size_t i = 0; i < n; i++) {
        if (host_of(cx)->store_url != NULL)
            db_discard(host_node_url(host_of(cx), cx->arena, rows[i].value));
        TRY(q_host_spare_drop(cx, rows[i].id, NULL));
    }
    return OK;
}

enum err host_spare_fill(struct cx *cx, int64_t want, bool *ret_full)
{
    int64_t n;
    struct crypt_key *k = NULL;
    bool full = true;
    if (host_of(cx)->store_url != NULL)
        TRY(fill_schema(cx, want / HOST_KEYS_A_NODE, &full));
    TRY(q_host_spare_count(cx, STR("rsa"), &n));
    *ret_full = full && n >= want;
    if (n >= want)
        return OK;
    TRY(crypt_key_generate(CRYPT_RSA, &k));
    struct str sealed = crypt_seal(cx->arena, cx->node->secret, crypt_key_private_pem(cx->arena, k));
    crypt_key_free(k);
    cx->lazy = true; /* one that a power cut takes is no loss */
    return q_host_spare_put(cx, id_next(cx->node->ids), STR("rsa"), sealed, NULL);
}

/* ---- the template ---- */

/* Changes with every migration, so that a newer program never copies an older store. */
static struct str schema_name(struct arena *a)
{
    struct buf b;
    buf_init_arena(&b, a, 1 << 20);
    for (const struct embedded *m = db_migrations; m->name != NULL; m++) {
        buf_put_c(&b, m->name);
        buf_put(&b, crypt_sha256_hex(a, (struct str){(const char *)m->bytes, m->n}));
    }
    return str_sub(crypt_sha256_hex(a, buf_str(&b)), 0, 16);
}

static enum err make_template(struct host *h, struct arena *a, const char *path)
{
    struct db *db;
    const char *fresh = arena_printf(a, "%s.%d.new", path, (int)getpid());
    (void)unlink(fresh);
    TRY(db_open(fresh, db_migrations, &db));
    db_close(db); /* the last one that closes moves the log into the file and removes it */
    (void)h;
    if (access(arena_printf(a, "%s-wal", fresh), F_OK) == 0 || rename(fresh, path) != 0) {
        log_error("host", "cannot make %s", path);
        return ERR_STORAGE;
    }
    return OK;
}

enum err host_template(struct cx *cx, const char **ret_path)
{
    struct host *h = host_of(cx);
    enum err e = OK;
    pthread_mutex_lock(&h->lock);
    if (h->template_path == NULL) {
        const char *name = str_fmt(cx->arena, STR_FMT ".sqlite", STR_ARG(schema_name(cx->arena))).p;
        const char *path = host_path(h, h->node.arena, "template", name);
        if (access(path, R_OK) != 0)
            e = make_template(h, cx->arena, path);
        if (e == OK)
            h->template_path = path;
    }
    *ret_path = h->template_path;
    pthread_mutex_unlock(&h->lock);
    return e;
}
