/* Making a node: a row that is 'making' first, then the directory, then 'active'. Whoever makes one
 * holds a lock on HOSTDIR/making/ID: a row without such a holder is what a dead process left, and is
 * undone. The owner's mail is the only thing asked; everything else has a default. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "admin/furnish.h"
#include "admin/host/keep_sql.h"
#include "admin/host/row.h"
#include "admin/host/spare.h"
#include "node/base/arena.h"
#include "node/base/crypt.h"
#include "node/base/id.h"
#include "node/base/log.h"
#include "node/base/url.h"
#include "node/db/db.h"
#include "node/people/session.h"
#include "node/server.h"
#include "node/settings.h"
#include "node/where.h"

/* ---- what was asked ---- */

static bool is_local(struct str host)
{
    return str_eq_c(host, "localhost") || str_ends(host, STR(".localhost"));
}

/* RFC 1123 section 2.1: what a certificate can be had for. */
static bool is_label(struct str s)
{
    bool ok = s.n >= 1 && s.n <= 63 && s.p[0] != '-' && s.p[s.n - 1] != '-';
    for (size_t i = 0; i < s.n; i++)
        ok = ok && ((s.p[i] >= 'a' && s.p[i] <= 'z') || (s.p[i] >= '0' && s.p[i] <= '9') ||
                    s.p[i] == '-');
    return ok;
}

enum err host_domain(struct cx *cx, struct str typed, struct str *ret_host, struct str *ret_origin)
{
    struct str host, rest, label;
    unsigned port = 0;
    typed = str_trim(typed);
    bool ok = typed.n > 0 && typed.n <= HOST_DOMAIN_MAX + 6 && str_is_utf8(typed) &&
              str_find_char(typed, '/', 0) == SIZE_MAX &&
              url_parse_host(cx->arena, typed, &host, &port) == OK;
    if (!ok)
        return cx_tell(cx, ERR_INVALID, N_("The domain is a host name such as tea.example.org."));
    if (url_is_ip_literal(host))
        return cx_tell(cx, ERR_INVALID, N_("A node lives at a domain, not at an IP address."));
    bool local = is_local(host);
    ok = host.n <= HOST_DOMAIN_MAX && (local || str_find_char(host, '.', 0) != SIZE_MAX);
    rest = host;
    while (ok && str_next(&rest, '.', &label))
        ok = is_label(label);
    if (!ok)
        return cx_tell(cx, ERR_INVALID, N_("The domain is a host name such as tea.example.org."));
    if (port != 0 && port != 443 && !local)
        return cx_tell(cx, ERR_INVALID, N_("A node's domain has no port."));
    if (local && port != 0 && port != 80)
        host = str_fmt(cx->arena, STR_FMT ":%u", STR_ARG(host), port);
    *ret_host = host;
    *ret_origin = str_fmt(cx->arena, "%s://" STR_FMT, local ? "http" : "https", STR_ARG(host));
    return OK;
}

struct making {
    struct host *h;
    struct str host, origin, owner, owner_key, plan, name;
    bool named;               /* the label was asked for */
    struct furnishing with;
    int64_t id;
    const char *dir, *lock_path;
    bool has_dir;             /* we made it, so it is ours to remove */
    int lock;
    struct spare_keys keys;
    struct str schema;        /* in PostgreSQL: of its store */
};

static enum err choose_plan(struct cx *cx, struct str asked, struct str *ret)
{
    struct host_plan *plans, plan;
    size_t n;
    if (!str_empty(asked)) {
        TRY(host_plan_find(cx, asked, &plan));
        *ret = plan.name;
        return OK;
    }
    TRY(host_plan_list(cx, &plans, &n));
    if (n != 1)
        return cx_tell(cx, ERR_INVALID, N_("Say which plan the node has."));
    *ret = plans[0].name;
    return OK;
}

/* "tea.example.org" → "tea-example-org". */
static struct str label_of(struct arena *a, struct str host)
{
    char *p = arena_copy(a, host.p, host.n);
    size_t n = host.n > HOST_LABEL_MAX - 5 ? HOST_LABEL_MAX - 5 : host.n;
    for (size_t i = 0; i < n; i++)
        if (!((p[i] >= 'a' && p[i] <= 'z') || (p[i] >= '0' && p[i] <= '9')))
            p[i] = '-';
    while (n > 1 && p[n - 1] == '-')
        n--;
    return (struct str){p, n};
}

static enum err read_ask(struct cx *cx, const struct host_ask *ask, struct making *m)
{
    *m = (struct making){.h = host_of(cx), .lock = -1};
    TRY(host_domain(cx, ask->domain, &m->host, &m->origin));
    if (!account_mail_ok(cx, ask->owner, &m->owner, &m->owner_key))
        return cx_tell(cx, ERR_INVALID, N_("The owner is a mail address, such as you@example.org."));
    TRY(choose_plan(cx, ask->plan, &m->plan));
    m->named = !str_empty(ask->name);
    m->name = m->named ? ask->name : label_of(cx->arena, m->host);
    TRY(host_name_ok(cx, m->name));
    struct str title = ask->title;
    if (str_empty(title))
        title = str_sub(m->host, 0, str_find_char(m->host, '.', 0));
    m->with = (struct furnishing){
        .owner = m->owner,
        .planet = str_empty(ask->planet) ? STR("home") : ask->planet,
        .title = title,
        .lang = str_empty(ask->lang) ? STR("en") : ask->lang};
    return OK;
}

/* ---- the lock of whoever makes it ---- */

static const char *lock_path(struct host *h, struct arena *a, int64_t id)
{
    return host_path(h, a, "making", arena_printf(a, "%lld", (long long)id));
}

static int lock_take(const char *path)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0)
        return fd;
    if (fd >= 0)
        close(fd);
    return -1;
}

static void lock_leave(int fd, const char *path)
{
    if (fd < 0)
        return;
    (void)unlink(path);
    close(fd);
}

static enum err clear_away(struct cx *cx, const struct host_row *r)
{
    const char *dir = str_z(cx->arena, r->dir);
    if (r->target_store.p != NULL)
        db_discard(host_node_url(host_of(cx), cx->arena, r->target_store));
    TRY(host_remove_tree(dir));
    return q_host_node_erase(cx, r->id, NULL);
}

/* ERR_BUSY: somebody is at it. */
static enum err undo_half(struct cx *cx, int64_t id)
{
    struct host_row r;
    const char *path = lock_path(host_of(cx), cx->arena, id);
    int fd = lock_take(path);
    if (fd < 0)
        return cx_tell(cx, ERR_BUSY, N_("This node is being made at this moment. Ask again in a minute."));
    enum err e = q_host_node_by_id(cx, id, &r);
    if (e == OK && str_eq_c(r.state, "making")) {
        log_info("host", "undoing the half-made node " STR_FMT, STR_ARG(r.name));
        e = clear_away(cx, &r);
    }
    lock_leave(fd, path);
    return e == ERR_NOT_FOUND ? OK : e;
}

/* Locks of dead processes whose rows were never written, or are gone already. */
static void sweep_locks(struct cx *cx)
{
    struct host *h = host_of(cx);
    const char *path = host_path(h, cx->arena, "making", NULL);
    DIR *d = opendir(path);
    for (struct dirent *e; d != NULL && (e = readdir(d)) != NULL;)
        if (e->d_name[0] != '.') {
            const char *file = arena_printf(cx->arena, "%s/%s", path, e->d_name);
            lock_leave(lock_take(file), file);
        }
    if (d != NULL)
        closedir(d);
}

enum err host_mend(struct cx *cx)
{
    int64_t *ids;
    size_t n;
    TRY(q_host_nodes_making(cx, &ids, &n));
    for (size_t i = 0; i < n; i++) {
        enum err e = undo_half(cx, ids[i]);
        if (e != OK && e != ERR_BUSY)
            return e;
    }
    sweep_locks(cx);
    return OK;
}

/* ---- the row ---- */

static enum err put_row(struct cx *cx, struct making *m)
{
    struct host_row r;
    int64_t taken;
    bool there;
    TX_SCOPE(cx);
    TRY(q_host_node_by_host(cx, m->host, &there, &r));
    if (there) /* made meanwhile: whoever asks looks again whose it is */
        return ERR_CONFLICT;
    for (int i = 2; i < 1000; i++) {
        TRY(q_host_node_name_taken(cx, m->name, &taken));
        if (taken == 0)
            break;
        if (m->named)
            return cx_tell(cx, ERR_CONFLICT, N_("Another node has this name."));
        m->name = str_fmt(cx->arena, STR_FMT "-%d", STR_ARG(label_of(cx->arena, m->host)), i);
    }
    m->dir = arena_printf(cx->arena, "%s/" STR_FMT, m->h->nodes_dir, STR_ARG(m->name));
    if (access(m->dir, F_OK) == 0) /* of a node that has another label now */
        m->dir = arena_printf(cx->arena, "%s-%lld", m->dir, (long long)m->id);
    TRY(host_spare_take(cx, &m->keys));
    if (m->h->store_url != NULL) {
        bool found;
        TRY(host_spare_schema(cx, &found, &m->schema));
        if (!found)
            m->schema = str_fmt(cx->arena, "n_%lld", (long long)m->id);
    }
    TRY(q_host_node_insert(cx, m->id, m->name, m->host, m->origin, m->owner, m->owner_key, m->plan,
                           str_c(m->dir),
                           str_c(m->h->store_url == NULL ? "sqlite" : "postgresql"), m->schema, 0,
                           cx->now, NULL));
    return tx_commit(cx);
}

/* ---- the directory ---- */

static enum err write_secret(struct arena *a, const char *dir)
{
    unsigned char secret[32];
    crypt_random(secret, sizeof secret);
    int fd = open(arena_printf(a, "%s/secret.key", dir), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    bool ok = fd >= 0 && write(fd, secret, sizeof secret) == (ssize_t)sizeof secret && fsync(fd) == 0;
    if (fd >= 0)
        close(fd);
    explicit_bzero(secret, sizeof secret);
    return ok ? OK : ERR_STORAGE;
}

/* node_open asks for the origin, so it is written before. */
static enum err write_origin(struct cx *cx, struct making *m, const char *where)
{
    struct db *db;
    TRY(db_open(where, db_migrations, &db));
    struct node n = {.server = m->h->node.server, .arena = cx->arena, .dir = m->dir, .db = db,
                     .ids = m->h->node.ids};
    struct cx *in = cx_new(&n);
    in->lazy = true; /* the commit that follows syncs both */
    enum err e = setting_freeze(in, "origin", m->origin);
    if (e != OK)
        (void)host_pass_on(cx, in, e);
    cx_free(in);
    db_close(db);
    return e;
}

static enum err lay_out(struct cx *cx, struct making *m)
{
    const char *template = NULL, *store;
    if (m->schema.p == NULL)
        TRY(host_template(cx, &template));
    if (mkdir(m->dir, 0700) != 0) {
        log_error("host", "cannot make %s: %s", m->dir, strerror(errno));
        return ERR_STORAGE;
    }
    m->has_dir = true;
    TRY(write_secret(cx->arena, m->dir));
    if (m->schema.p == NULL) {
        store = arena_printf(cx->arena, "%s/store.sqlite", m->dir);
        TRY(host_copy_file(template, store));
    } else {
        store = host_node_url(m->h, cx->arena, m->schema);
        TRY(where_write(cx->arena, m->dir, store));
    }
    return write_origin(cx, m, store);
}

static enum err furnish_all(struct cx *cx, struct making *m, struct str *ret_link)
{
    struct account owner;
    struct planet planet;
    TX_SCOPE(cx);
    TRY(furnish(cx, &m->with, &owner, &planet));
    TRY(login_make_link(cx, owner.id, ret_link));
    return tx_commit(cx);
}

static enum err fill(struct cx *cx, struct making *m, struct str *ret_link)
{
    struct node *node;
    struct str link;
    TRY(lay_out(cx, m));
    TRY(node_open(m->h->node.server, m->dir, &node));
    node->spare = &m->keys;
    struct cx *in = cx_new(node);
    in->locale = cx->locale;
    enum err e = furnish_all(in, m, &link);
    if (e == OK)
        *ret_link = str_dup(cx->arena, link);
    else
        (void)host_pass_on(cx, in, e);
    cx_free(in);
    node_close(node);
    return e == OK ? host_sync_dir(m->dir) : e;
}

static enum err finish(struct cx *cx, struct making *m)
{
    int64_t version, n;
    TRY(host_sync_dir(m->h->nodes_dir));
    TX_SCOPE(cx);
    TRY(host_change(cx, &version));
    TRY(q_host_node_set_state(cx, m->id, STR("making"), STR("active"), version, cx->now, &n));
    if (n != 1)
        return cx_fail(cx, ERR_INTERNAL, "the row of a node that was made is gone");
    return tx_commit(cx);
}

/* ---- all together ---- */

static enum err make(struct cx *cx, struct making *m, struct str *ret_link)
{
    m->id = id_next(cx->node->ids);
    m->lock_path = lock_path(m->h, cx->arena, m->id);
    m->lock = lock_take(m->lock_path);
    if (m->lock < 0)
        return cx_fail(cx, ERR_STORAGE, "cannot lock %s: %s", m->lock_path, strerror(errno));
    enum err e = put_row(cx, m);
    bool there = e == OK;
    if (e == OK)
        e = fill(cx, m, ret_link);
    if (e == OK)
        e = finish(cx, m);
    if (e != OK && there) { /* what cannot be undone now is undone at the next start */
        struct host_row r;
        enum err undone = m->has_dir ? q_host_node_by_id(cx, m->id, &r)
                                     : q_host_node_erase(cx, m->id, NULL);
        if (undone == OK && m->has_dir)
            undone = clear_away(cx, &r);
        if (undone != OK)
            log_warn("host", "a half-made node is left in %s", m->dir);
    }
    lock_leave(m->lock, m->lock_path);
    return e;
}

/* Is there one at this domain? Then it is given when it is the same owner's, or the domain is taken. */
static enum err look(struct cx *cx, struct making *m, bool *ret_there, struct host_row *r)
{
    int64_t buried;
    TRY(q_host_node_by_host(cx, m->host, ret_there, r));
    if (*ret_there && str_eq_c(r->state, "making")) {
        TRY(undo_half(cx, r->id));
        TRY(q_host_node_by_host(cx, m->host, ret_there, r));
        if (*ret_there && str_eq_c(r->state, "making"))
            return cx_tell(cx, ERR_BUSY, N_("This node is being made at this moment. Ask again in a minute."));
    }
    if (*ret_there) {
        bool same = str_eq(r->owner_key, m->owner_key) &&
                    (str_eq_c(r->state, "active") || str_eq_c(r->state, "suspended"));
        return same ? OK : cx_tell(cx, ERR_CONFLICT, N_("There is a node at this domain already."));
    }
    TRY(q_host_node_buried(cx, m->host, &buried));
    if (buried > 0)
        return cx_tell(cx, ERR_CONFLICT,
                       N_("A deleted node at this domain is still kept in the archive. Delete it for good first."));
    return OK;
}

enum { TRIES_MAX = 8 };

enum err host_create(struct cx *cx, const struct host_ask *ask, struct host_node *ret,
                     struct str *ret_link, bool *ret_made)
{
    struct making m;
    struct host_row r;
    bool there;
    TRY(read_ask(cx, ask, &m));
    for (int tries = 0;; tries++) {
        TRY(look(cx, &m, &there, &r));
        if (there) {
            TRY(host_sign_in_link(cx, m.host, ret_link));
            *ret_made = false;
            *ret = host_node_of(&r);
            return OK;
        }
        enum err e = make(cx, &m, ret_link);
        if (e == OK)
            break;
        if (e != ERR_CONFLICT || cx->tell != NULL)
            return e;
        if (tries == TRIES_MAX) /* else somebody was quicker: look again who it was */
            return cx_tell(cx, ERR_BUSY, N_("This node is being made at this moment. Ask again in a minute."));
    }
    TRY(host_sync(cx));
    *ret_made = true;
    return host_find(cx, m.host, ret);
}
