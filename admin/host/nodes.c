/* Nodes as the registry knows them: found, listed, suspended, renamed. */
#include <string.h>

#include "admin/host/row.h"
#include "node/base/arena.h"
#include "node/base/buf.h"
#include "node/base/clock.h"
#include "node/base/crypt.h"
#include "node/db/db.h"
#include "node/nodes.h"
#include "node/people/account.h"
#include "node/people/session.h"
#include "node/server.h"

struct host_node host_node_of(const struct host_row *r)
{
    return (struct host_node){
        .id = r->id, .name = r->name, .host = r->host, .origin = r->origin, .owner = r->owner,
        .plan = r->plan, .state = r->state, .dir = r->dir, .store = r->store, .error = r->error,
        .awake = r->awake != 0, .members = r->node_members, .storage = r->node_storage,
        .archive_until = r->archive_until == 0 ? DB_NULL : r->archive_until, .created_at = r->created_at,
        .changed_at = r->changed_at};
}

enum err host_row_find(struct cx *cx, struct str name, struct host_row *ret)
{
    enum err e = q_host_node_find(cx, str_lower(cx->arena, name), ret);
    if (e == ERR_NOT_FOUND || (e == OK && str_eq_c(ret->state, "making")))
        return cx_tell(cx, ERR_NOT_FOUND, N_("There is no node of that name or domain."));
    return e;
}

enum err host_find(struct cx *cx, struct str name, struct host_node *ret)
{
    struct host_row r;
    TRY(host_row_find(cx, name, &r));
    *ret = host_node_of(&r);
    return OK;
}

enum err host_list(struct cx *cx, struct str after, struct str state, int64_t n,
                   struct host_node **ret, size_t *ret_n)
{
    struct host_row *rows;
    size_t n_rows;
    if (n < 1 || n > HOST_PAGE_MAX)
        n = HOST_PAGE_MAX;
    TRY(q_host_node_page(cx, after, state, n, &rows, &n_rows));
    struct host_node *v = ARENA_ARRAY(cx->arena, struct host_node, n_rows + 1);
    for (size_t i = 0; i < n_rows; i++)
        v[i] = host_node_of(&rows[i]);
    *ret = v;
    *ret_n = n_rows;
    return OK;
}

enum err host_change(struct cx *cx, int64_t *ret_version)
{
    return q_host_change_next(cx, ret_version);
}

/* ---- changes ---- */

static enum err set_state(struct cx *cx, const struct host_row *r, const char *to)
{
    int64_t version, n;
    TX_SCOPE(cx);
    TRY(host_change(cx, &version));
    TRY(q_host_node_set_state(cx, r->id, r->state, str_c(to), version, cx->now, &n));
    if (n == 0)
        return cx_tell(cx, ERR_CONFLICT, N_("The node has changed meanwhile. Look at it again."));
    return tx_commit(cx);
}

static enum err refuse_state(struct cx *cx, const struct host_row *r)
{
    if (str_eq_c(r->state, "moving"))
        return cx_tell(cx, ERR_CONFLICT, N_("The node is being moved. Wait until that is done."));
    return cx_tell(cx, ERR_CONFLICT, N_("The node is deleted, or is being deleted."));
}

static enum err turn(struct cx *cx, struct str name, const char *from, const char *to,
                     struct host_node *ret)
{
    struct host_row r;
    TRY(host_row_find(cx, name, &r));
    if (!str_eq_c(r.state, to)) {
        if (!str_eq_c(r.state, from))
            return refuse_state(cx, &r);
        TRY(set_state(cx, &r, to));
        TRY(host_sync(cx));
    }
    return host_find(cx, r.host, ret);
}

enum err host_suspend(struct cx *cx, struct str name, struct host_node *ret)
{
    return turn(cx, name, "active", "suspended", ret);
}

enum err host_resume(struct cx *cx, struct str name, struct host_node *ret)
{
    return turn(cx, name, "suspended", "active", ret);
}

enum err host_name_ok(struct cx *cx, struct str name)
{
    bool ok = name.n > 0 && name.n <= HOST_LABEL_MAX && name.p[0] != '-' &&
              name.p[name.n - 1] != '-';
    for (size_t i = 0; i < name.n; i++) {
        char c = name.p[i];
        ok = ok && ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-');
    }
    if (ok)
        return OK;
    return cx_tell(cx, ERR_INVALID,
                   N_("A node's name has 1 to 63 letters a to z, digits and hyphens, no hyphen at "
                      "its ends."));
}

enum err host_rename(struct cx *cx, struct str name, struct str to, struct host_node *ret)
{
    struct host_row r;
    int64_t version;
    TRY(host_row_find(cx, name, &r));
    if (str_eq_c(r.state, "deleted"))
        return refuse_state(cx, &r);
    TRY(host_name_ok(cx, to));
    if (!str_eq(r.name, to)) {
        TX_SCOPE(cx);
        TRY(host_change(cx, &version));
        enum err e = q_host_node_set_name(cx, r.id, to, version, cx->now, NULL);
        if (e == ERR_CONFLICT)
            return cx_tell(cx, e, N_("Another node has this name."));
        TRY(e);
        TRY(tx_commit(cx));
    }
    TRY(host_sync(cx));
    return host_find(cx, r.host, ret);
}

enum err host_set_plan(struct cx *cx, struct str name, struct str plan, struct host_node *ret)
{
    struct host_row r;
    struct host_plan p;
    int64_t version;
    TRY(host_row_find(cx, name, &r));
    if (str_eq_c(r.state, "deleted"))
        return refuse_state(cx, &r);
    TRY(host_plan_find(cx, plan, &p));
    TX_SCOPE(cx);
    TRY(host_change(cx, &version));
    TRY(q_host_node_set_plan(cx, r.id, p.name, version, cx->now, NULL));
    TRY(tx_commit(cx));
    TRY(host_sync(cx));
    return host_find(cx, r.host, ret);
}

/* ---- into a node ---- */

enum err host_pass_on(struct cx *cx, const struct cx *from, enum err e)
{
    if (from->tell != NULL)
        cx->tell = arena_copy(cx->arena, from->tell, strlen(from->tell));
    if (from->fail != NULL)
        cx->fail = arena_copy(cx->arena, from->fail, strlen(from->fail));
    if (from->retry_after_s > 0)
        cx->retry_after_s = from->retry_after_s;
    return e;
}

enum err host_with_node(struct cx *cx, const struct host_row *r,
                        enum err (*fn)(struct cx *node_cx, void *arg), void *arg)
{
    struct host *h = host_of(cx);
    struct node *node = NULL;
    enum err e = ERR_NOT_FOUND;
    if (h->nodes != NULL)
        e = nodes_take_id(h->nodes, r->id, &node);
    bool taken = e == OK;
    if (e == ERR_NOT_FOUND)
        e = node_open(h->node.server, str_z(cx->arena, r->dir), &node);
    if (e != OK)
        return cx->tell != NULL ? e
               : cx_tell(cx, e == ERR_BUSY || e == ERR_GONE ? ERR_CONFLICT : e,
                         N_("The node cannot be opened now. The log says why."));
    struct cx *in = cx_new(node);
    in->locale = cx->locale;
    e = fn(in, arg);
    if (e != OK)
        (void)host_pass_on(cx, in, e);
    cx_free(in);
    if (taken)
        node_drop(node);
    else
        node_close(node);
    return e;
}

struct link_job { struct arena *to; struct str link; };

static enum err make_link(struct cx *cx, void *arg)
{
    struct link_job *job = arg;
    struct account owner;
    struct str link;
    TRY(account_owner(cx, &owner));
    TRY(login_make_link(cx, owner.id, &link));
    job->link = str_dup(job->to, link);
    return OK;
}

enum err host_sign_in_link(struct cx *cx, struct str name, struct str *ret_link)
{
    struct host_row r;
    struct link_job job = {.to = cx->arena};
    TRY(host_row_find(cx, name, &r));
    if (!str_eq_c(r.state, "active") && !str_eq_c(r.state, "suspended"))
        return refuse_state(cx, &r);
    TRY(host_with_node(cx, &r, make_link, &job));
    *ret_link = job.link;
    return OK;
}

/* ---- what takes long begins here ---- */

/* "/srv/nodes/tea": absolute, and what it says is where it is. */
static bool is_plain_path(struct str dir)
{
    struct str rest = str_sub(dir, 1, SIZE_MAX), piece;
    bool ok = dir.n > 1 && dir.n <= 1000 && dir.p[0] == '/';
    while (ok && str_next(&rest, '/', &piece))
        ok = piece.n > 0 && !str_eq_c(piece, ".") && !str_eq_c(piece, "..");
    for (size_t i = 0; ok && i < dir.n; i++)
        ok = (unsigned char)dir.p[i] >= ' ';
    return ok;
}

static enum err check_target(struct cx *cx, struct str dir, struct str store)
{
    if (str_empty(dir) && str_empty(store))
        return cx_tell(cx, ERR_INVALID,
                       N_("Say where to move it: another directory, another store, or both."));
    if (!str_empty(dir) && !is_plain_path(dir))
        return cx_tell(cx, ERR_INVALID, N_("The directory is an absolute path, such as /srv/nodes/tea."));
    if (str_empty(store) || str_eq_c(store, "sqlite") || str_starts(store, STR("postgresql://")))
        return OK;
    if (str_eq_c(store, "postgresql")) {
        if (host_of(cx)->store_url != NULL)
            return OK;
        return cx_tell(cx, ERR_INVALID,
                       N_("This host's registry is not in PostgreSQL. Say the whole address of the store."));
    }
    return cx_tell(cx, ERR_INVALID, N_("A store is sqlite, postgresql, or an address postgresql://…"));
}

enum err host_move(struct cx *cx, struct str name, struct str dir, struct str store,
                   struct host_node *ret)
{
    struct host_row r;
    int64_t version, n;
    TRY(host_row_find(cx, name, &r));
    TRY(check_target(cx, dir, store));
    if (!str_eq_c(r.state, "active") && !str_eq_c(r.state, "suspended"))
        return refuse_state(cx, &r);
    struct str sealed = STR_NULL;
    if (!str_empty(store)) { /* an address may hold a password */
        struct str bytes = crypt_seal(cx->arena, cx->node->secret, store);
        struct buf b;
        buf_init_arena(&b, cx->arena, 8192);
        buf_put_base64url(&b, bytes.p, bytes.n);
        sealed = buf_str(&b);
    }
    TX_SCOPE(cx);
    TRY(host_change(cx, &version));
    TRY(q_host_node_begin_move(cx, r.id, r.state, str_empty(dir) ? r.dir : dir, sealed, version,
                               cx->now, &n));
    if (n == 0)
        return cx_tell(cx, ERR_CONFLICT, N_("The node has changed meanwhile. Look at it again."));
    TRY(tx_commit(cx));
    TRY(host_sync(cx));
    return host_find(cx, r.host, ret);
}

enum err host_delete(struct cx *cx, struct str name, int64_t grace_days, bool now,
                     struct host_node *ret)
{
    struct host_row r;
    int64_t version, n = 1;
    int64_t grace = now ? 0 : grace_days * MS_DAY;
    int64_t until = now ? cx->now + MS_MINUTE : cx->now + HOST_LEAVE_HOURS * MS_HOUR;
    TRY(host_row_find(cx, name, &r));
    if (grace_days < 0 || grace_days > 3650)
        return cx_tell(cx, ERR_INVALID, N_("Data is kept for 0 to 3650 days."));
    if (str_eq_c(r.state, "moving"))
        return refuse_state(cx, &r);
    TX_SCOPE(cx);
    TRY(host_change(cx, &version));
    if (str_eq_c(r.state, "leaving"))
        TRY(q_host_node_hurry(cx, r.id, grace, until, version, NULL));
    else if (str_eq_c(r.state, "deleted") && r.archive.p != NULL && now)
        TRY(q_host_node_bury(cx, r.id, r.archive, 0, version, cx->now, NULL));
    else if (!str_eq_c(r.state, "deleted"))
        TRY(q_host_node_leave(cx, r.id, r.state, grace, until, version, cx->now, &n));
    if (n == 0)
        return cx_tell(cx, ERR_CONFLICT, N_("The node has changed meanwhile. Look at it again."));
    TRY(tx_commit(cx));
    TRY(host_sync(cx));
    return host_find(cx, r.host, ret);
}
