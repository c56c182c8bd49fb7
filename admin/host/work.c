/* What takes long, done in steps that may be interrupted anywhere and begun again: moving a node's data,
 * deleting a node, clearing the archive. A row is worked on by one process at a time, and its data is
 * only touched when every serving process knows that the node is closed. */
#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "admin/host/row.h"
#include "federation/federation.h"
#include "node/base/arena.h"
#include "node/base/clock.h"
#include "node/base/crypt.h"
#include "node/base/log.h"
#include "node/db/db.h"

static bool is_there(const char *path)
{
    struct stat st;
    return lstat(path, &st) == 0;
}

/* ---- data from one directory to another ---- */

static enum err sync_around(struct arena *a, const char *path)
{
    char *copy = arena_copy(a, path, strlen(path));
    return host_sync_dir(dirname(copy));
}

/* Whole or not at all: on another file system it is copied beside its place first, and the one is
 * removed when the other's name is on the disk. */
static enum err move_tree(struct arena *a, const char *from, const char *to)
{
    if (!is_there(from) && is_there(to))
        return OK; /* an earlier run came that far */
    if (is_there(to)) {
        log_error("host", "%s is there already; nothing was moved", to);
        return ERR_CONFLICT;
    }
    if (rename(from, to) == 0) {
        TRY(sync_around(a, to));
        return sync_around(a, from);
    }
    if (errno != EXDEV) {
        log_error("host", "cannot move %s to %s: %s", from, to, strerror(errno));
        return ERR_STORAGE;
    }
    const char *part = arena_printf(a, "%s.part", to);
    TRY(host_remove_tree(part));
    enum err e = host_copy_tree(from, part);
    if (e == OK && rename(part, to) != 0)
        e = ERR_STORAGE;
    if (e != OK) {
        (void)!host_remove_tree(part);
        return e;
    }
    TRY(sync_around(a, to));
    return host_remove_tree(from);
}

/* ---- moving ---- */

static enum err target_store(struct cx *cx, const struct host_row *r, struct str *ret)
{
    struct str bytes;
    *ret = STR_NULL;
    if (r->target_store.p == NULL)
        return OK;
    if (!crypt_base64url_decode(cx->arena, r->target_store, &bytes))
        return ERR_INTERNAL;
    return crypt_open(cx->arena, cx->node->secret, bytes, ret);
}

static enum err end_move(struct cx *cx, const struct host_row *r, struct str dir, struct str store,
                         const char *error)
{
    int64_t version;
    TX_SCOPE(cx);
    TRY(host_change(cx, &version));
    TRY(q_host_node_end_move(cx, r->id, r->before_state, dir, store, str_c(error), version, cx->now,
                             NULL));
    TRY(tx_commit(cx));
    log_info("host", "node " STR_FMT " %s", STR_ARG(r->name),
             error == NULL ? "is moved" : "stays where it was");
    return host_sync(cx);
}

static enum err move_step(struct cx *cx, const struct host_row *r)
{
    struct str store;
    const char *error = NULL;
    TRY(target_store(cx, r, &store));
    struct str dir = r->target_dir.p == NULL ? r->dir : r->target_dir;
    enum err e = OK;
    if (store.p != NULL && !str_eq(store, r->store))
        e = host_change_store(cx, r, store, &error);
    if (e == OK)
        error = NULL;
    if (e == OK && !str_eq(dir, r->dir)) {
        e = move_tree(cx->arena, str_z(cx->arena, r->dir), str_z(cx->arena, dir));
        if (e != OK)
            error = e == ERR_CONFLICT ? "There is something at the new place already."
                                      : "The data could not be moved; the log says why.";
    }
    if (e == ERR_BUSY)
        return e;
    return end_move(cx, r, e == OK ? dir : r->dir,
                    e == OK && store.p != NULL ? host_store_word(store) : r->store, error);
}

/* ---- deleting ---- */

struct leaving { int64_t pending; };

static enum err tell_all(struct cx *cx, void *arg)
{
    (void)arg;
    return fed_leave(cx);
}

static enum err ask_pending(struct cx *cx, void *arg)
{
    struct leaving *l = arg;
    return fed_leave_pending(cx, &l->pending);
}

static enum err bury(struct cx *cx, const struct host_row *r)
{
    int64_t version;
    int64_t until = r->grace_ms == 0 ? DB_NULL : cx->now + r->grace_ms;
    struct str archive = STR_NULL;
    if (r->grace_ms > 0)
        archive = str_c(host_path(host_of(cx), cx->arena, "archive",
                                  arena_printf(cx->arena, STR_FMT "-%.10s-%lld", STR_ARG(r->name),
                                               clock_rfc3339(cx->arena, cx->now).p, (long long)r->id)));
    TX_SCOPE(cx);
    TRY(host_change(cx, &version));
    TRY(q_host_node_bury(cx, r->id, archive, until, version, cx->now, NULL));
    TRY(tx_commit(cx));
    log_info("host", "node " STR_FMT " is deleted", STR_ARG(r->name));
    return host_sync(cx);
}

static enum err leave_step(struct cx *cx, const struct host_row *r)
{
    struct leaving l = {1};
    bool too_late = r->leave_until != DB_NULL && r->leave_until < cx->now;
    enum err e = OK;
    if (r->told == 0) {
        e = host_with_node(cx, r, tell_all, NULL);
        if (e == OK)
            e = q_host_node_told(cx, r->id, NULL);
    } else if (!too_late) {
        e = host_with_node(cx, r, ask_pending, &l);
    }
    if (e != OK && !too_late)
        return e; /* tried again in a second */
    return l.pending == 0 || too_late ? bury(cx, r) : OK;
}

/* The data of a deleted node goes to its archive, or away. */
static enum err bury_data(struct cx *cx, const struct host_row *r)
{
    const char *dir = str_z(cx->arena, r->dir);
    if (r->archive.p == NULL)
        TRY(host_drop_store(cx, r, dir));
    TRY(r->archive.p == NULL ? host_remove_tree(dir)
                             : move_tree(cx->arena, dir, str_z(cx->arena, r->archive)));
    return q_host_node_buried_data(cx, r->id, r->archive, NULL);
}

static enum err clear_archive(struct cx *cx, const struct host_row *r)
{
    const char *dir = str_z(cx->arena, r->archive);
    TRY(host_drop_store(cx, r, dir));
    TRY(host_remove_tree(dir));
    log_info("host", "the archive of node " STR_FMT " is removed", STR_ARG(r->name));
    return q_host_node_buried_data(cx, r->id, STR_NULL, NULL);
}

/* ---- all of it ---- */

static enum err step(struct cx *cx, int64_t id)
{
    struct host *h = host_of(cx);
    struct host_row r;
    int64_t claimed;
    bool known = true;
    TRY(q_host_node_by_id(cx, id, &r));
    TRY(q_host_node_claim(cx, id, h->process, cx->now - HOST_ALIVE_MS, &claimed));
    if (claimed == 0)
        return OK;
    if (str_eq_c(r.state, "leaving"))
        return leave_step(cx, &r);
    TRY(host_all_know(cx, r.version, &known));
    if (!known)
        return OK;
    if (str_eq_c(r.state, "moving"))
        return move_step(cx, &r);
    if (str_eq_c(r.state, "deleted") && r.told < 2)
        return bury_data(cx, &r);
    if (str_eq_c(r.state, "deleted") && r.archive.p != NULL)
        return clear_archive(cx, &r);
    return OK;
}

enum err host_work(struct cx *cx)
{
    int64_t *ids;
    size_t n;
    TRY(q_host_nodes_at_work(cx, cx->now, &ids, &n));
    for (size_t i = 0; i < n; i++) {
        enum err e = step(cx, ids[i]);
        if (e != OK && e != ERR_BUSY)
            log_warn("host", "node %lld: %s%s", (long long)ids[i], err_name(e),
                     cx->fail == NULL ? "" : cx->fail);
    }
    return OK;
}
