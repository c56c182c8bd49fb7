#include "config.h"

#include "node/node.h"

#include "node/base/arena.h"
#include "node/base/crypt.h"
#include "node/base/id.h"
#include "node/base/limiter.h"
#include "node/base/log.h"
#include "node/base/metrics.h"
#include "node/db/db.h"
#include "node/net/s3.h"
#include "node/server.h"
#include "node/settings.h"
#include "node/where.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *in_dir(struct arena *a, const char *dir, const char *name)
{
    return arena_printf(a, "%s/%s", dir, name);
}

static enum err read_secret(struct node *n)
{
    const char *path = in_dir(n->arena, n->dir, "secret.key");
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        log_error("node", "cannot read %s: %s; is this a node's directory?", path, strerror(errno));
        return ERR_NOT_FOUND;
    }
    unsigned char extra;
    bool whole = read(fd, n->secret, sizeof n->secret) == (ssize_t)sizeof n->secret &&
                 read(fd, &extra, 1) == 0;
    close(fd);
    if (!whole) {
        log_error("node", "%s is damaged; restore it from a backup", path);
        return ERR_INTERNAL;
    }
    return OK;
}

static struct str host_of(struct arena *a, struct str origin)
{
    size_t at = str_find(origin, STR("://"), 0);
    return str_lower(a, at == SIZE_MAX ? origin : str_sub(origin, at + 3, SIZE_MAX));
}

static enum err read_origin(struct node *n)
{
    struct cx *cx = cx_new(n);
    struct str origin;
    enum err e = setting_get(cx, "origin", &origin);
    if (e == OK && origin.p == NULL) {
        log_error("node", "%s was never initialised; run 'orrery init'", n->dir);
        e = ERR_NOT_FOUND;
    }
    if (e == OK) {
        n->origin = str_dup(n->arena, origin);
        n->host = host_of(n->arena, n->origin);
        n->agent = str_fmt(n->arena, "Orrery/" PACKAGE_VERSION " (+" STR_FMT "/)",
                           STR_ARG(n->origin));
    }
    cx_free(cx);
    return e;
}

enum err node_open(struct server *server, const char *dir, struct node **ret)
{
    struct arena *a = arena_new();
    struct node *n = ARENA_NEW(a, struct node);
    n->arena = a;
    n->server = server;
    n->dir = arena_copy(a, dir, strlen(dir));
    n->dev = server->dev;
    n->ids = id_maker_new();
    n->s3 = s3_keeper_new();
    const char *where = NULL;
    enum err e = where_find(a, dir, &where);
    if (e == OK)
        e = read_secret(n);
    if (e == OK)
        e = db_open(where, db_migrations, &n->db);
    if (e == OK && server->listener != NULL)
        db_listener_add(server->listener, n->db);
    if (e == OK)
        e = read_origin(n);
    if (e != OK) {
        node_close(n);
        return e;
    }
    *ret = n;
    return OK;
}

/* The process's counters never go back, whoever sleeps. */
static void count_commits(const struct node *n)
{
    uint64_t commits, transactions;
    if (n->db == NULL || n->server->metrics == NULL)
        return;
    db_counters(n->db, &commits, &transactions);
    metrics_add(&n->server->metrics->store_commits, commits);
    metrics_add(&n->server->metrics->store_transactions, transactions);
}

struct node *node_close(struct node *n)
{
    if (n == NULL)
        return NULL;
    count_commits(n);
    db_close(n->db);
    s3_keeper_free(n->s3);
    id_maker_free(n->ids);
    explicit_bzero(n->secret, sizeof n->secret);
    arena_free(n->arena);
    return NULL;
}

bool node_rate_take(struct cx *cx, struct str key, int burst, double per_second)
{
    int left;
    return node_rate_take_left(cx, key, burst, per_second, &left);
}

bool node_rate_take_left(struct cx *cx, struct str key, int burst, double per_second, int *ret_left)
{
    const struct node *node = cx->node;
    *ret_left = burst;
    if (node->server == NULL || node->server->limiter == NULL)
        return true;
    return limiter_take_left(node->server->limiter,
                             str_fmt(cx->arena, "%lld " STR_FMT, (long long)node->id, STR_ARG(key)),
                             burst, per_second, cx->now, &cx->retry_after_s, ret_left);
}

/* ---- making one ---- */

static enum err make_empty_dir(const char *dir)
{
    if (mkdir(dir, 0700) == 0)
        return OK;
    if (errno != EEXIST) {
        log_error("node", "cannot make %s: %s", dir, strerror(errno));
        return ERR_STORAGE;
    }
    DIR *d = opendir(dir);
    if (d == NULL) {
        log_error("node", "cannot read %s: %s", dir, strerror(errno));
        return ERR_STORAGE;
    }
    bool empty = true;
    for (struct dirent *e; (e = readdir(d)) != NULL;)
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
            empty = false;
    closedir(d);
    if (empty && chmod(dir, 0700) != 0)
        log_warn("node", "%s stays open to others on this machine: %s", dir, strerror(errno));
    if (!empty) {
        log_error("node", "%s is not empty; choose another directory", dir);
        return ERR_CONFLICT;
    }
    return OK;
}

static enum err sync_dir(const char *dir)
{
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return ERR_STORAGE;
    int failed = fsync(fd);
    close(fd);
    return failed ? ERR_STORAGE : OK;
}

static enum err write_secret(struct arena *a, const char *dir)
{
    unsigned char secret[32];
    crypt_random(secret, sizeof secret);
    const char *path = in_dir(a, dir, "secret.key");
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    bool written = fd >= 0 && write(fd, secret, sizeof secret) == (ssize_t)sizeof secret &&
                   fsync(fd) == 0;
    if (fd >= 0)
        close(fd);
    explicit_bzero(secret, sizeof secret);
    if (!written) {
        log_error("node", "cannot write %s: %s", path, strerror(errno));
        return ERR_STORAGE;
    }
    return sync_dir(dir);
}

static enum err write_origin(struct arena *a, const char *dir, const char *where, struct str origin)
{
    struct db *db;
    TRY(db_open(where, db_migrations, &db));
    struct server server = {0};
    struct node n = {.server = &server, .arena = a, .dir = dir, .db = db};
    n.ids = id_maker_new();
    struct cx *cx = cx_new(&n);
    enum err e = setting_freeze(cx, "origin", origin);
    cx_free(cx);
    id_maker_free(n.ids);
    db_close(db);
    return e;
}

static void remove_files(struct arena *a, const char *dir)
{
    (void)unlink(in_dir(a, dir, "store.url"));
    (void)unlink(in_dir(a, dir, "secret.key"));
}

void node_discard(const char *dir)
{
    struct arena *a = arena_new();
    const char *where = NULL;
    if (where_find(a, dir, &where) == OK)
        db_discard(where);
    remove_files(a, dir);
    arena_free(a);
}

/* ERR_CONFLICT here: somebody else was quicker to make a node of that store, so it is theirs. */
static enum err fill_dir(struct arena *a, const char *dir, struct str origin, const char *store)
{
    const char *where = store != NULL ? store : in_dir(a, dir, "store.sqlite");
    TRY(db_check_free(where));
    enum err e = write_secret(a, dir);
    if (e == OK && store != NULL)
        e = where_write(a, dir, store);
    if (e == OK)
        e = write_origin(a, dir, where, origin);
    if (e == ERR_CONFLICT)
        remove_files(a, dir);
    else if (e != OK)
        node_discard(dir);
    return e;
}

enum err node_create_in(const char *dir, struct str origin, const char *store)
{
    struct arena *a = arena_new();
    enum err e = make_empty_dir(dir);
    if (e == OK)
        e = fill_dir(a, dir, origin, store);
    arena_free(a);
    return e;
}

enum err node_create(const char *dir, struct str origin)
{
    return node_create_in(dir, origin, NULL);
}
