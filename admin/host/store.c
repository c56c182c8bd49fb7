/* Nodes that change their store. The old one stays as it is until the new one is whole and named in the
 * node's directory; a move that was cut off begins again. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "admin/host/row.h"
#include "node/base/arena.h"
#include "node/base/log.h"
#include "node/db/copy.h"
#include "node/db/db.h"
#include "node/where.h"

struct str host_store_word(struct str store)
{
    return str_starts(store, STR("postgresql")) ? STR("postgresql") : STR("sqlite");
}

/* Where it goes; *ret_ours: the place is made by us and for this node, so that what an earlier try left
 * there may be thrown away. */
static const char *target_of(struct cx *cx, const struct host_row *r, struct str to, bool *ret_ours)
{
    struct host *h = host_of(cx);
    *ret_ours = true;
    if (str_eq_c(to, "sqlite"))
        return arena_printf(cx->arena, STR_FMT "/store.sqlite", STR_ARG(r->dir));
    if (str_eq_c(to, "postgresql"))
        return host_node_url(h, cx->arena, str_fmt(cx->arena, "n_%lld", (long long)r->id));
    *ret_ours = false;
    if (str_contains(to, STR("schema=")))
        return str_z(cx->arena, to);
    return host_with_schema(cx->arena, str_z(cx->arena, to),
                            str_fmt(cx->arena, "n_%lld", (long long)r->id));
}

/* While store.url is there it is the store. */
static enum err switch_to(struct cx *cx, const char *dir, const char *to)
{
    if (db_is_address(to))
        return where_write(cx->arena, dir, to);
    const char *url = arena_printf(cx->arena, "%s/store.url", dir);
    if (unlink(url) != 0)
        return ERR_STORAGE;
    return host_sync_dir(dir);
}

enum err host_change_store(struct cx *cx, const struct host_row *r, struct str to,
                           const char **ret_error)
{
    struct db_copy_report report;
    const char *from, *dir = str_z(cx->arena, r->dir);
    bool ours;
    const char *target = target_of(cx, r, to, &ours);
    *ret_error = "The log says why.";
    TRY(where_find(cx->arena, dir, &from));
    /* A place of ours is always of the other kind: what is of this kind already is what an earlier run
     * made, however its address is spelled today, and must not be thrown away. */
    if (strcmp(from, target) == 0 || (ours && db_is_address(from) == db_is_address(target)))
        return OK;
    if (ours)
        db_discard(target);
    enum err e = db_copy(cx, from, target, false, &report);
    if (e != OK) {
        *ret_error = cx->tell != NULL ? cx->tell : "The store could not be copied; the log says why.";
        if (cx->fail != NULL)
            log_error("host", "%s", cx->fail);
        return e;
    }
    TRY(switch_to(cx, dir, target));
    db_discard(from);
    return OK;
}

enum err host_drop_store(struct cx *cx, const struct host_row *r, const char *dir)
{
    const char *where;
    if (str_eq_c(r->store, "sqlite") || access(arena_printf(cx->arena, "%s/store.url", dir), F_OK) != 0)
        return OK; /* it lies in the directory, or is gone already */
    TRY(where_find(cx->arena, dir, &where));
    if (db_is_address(where))
        db_discard(where);
    return OK;
}
