#include "admin/host/host.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "admin/host/host_sql.h"
#include "admin/host/keep_sql.h"
#include "node/base/arena.h"
#include "node/base/buf.h"
#include "node/base/crypt.h"
#include "node/base/id.h"
#include "node/base/log.h"
#include "node/db/db.h"
#include "node/server.h"

extern const struct embedded host_migrations[]; /* admin/host/migrations, compiled in */

enum { URL_MAX_BYTES = 4096 };

const char *host_path(struct host *h, struct arena *a, const char *part, const char *name)
{
    const char *dir = arena_printf(a, "%s/%s", h->dir, part);
    if (name == NULL)
        return dir;
    if (host_mkdir(dir) != OK)
        log_warn("host", "%s is missing", dir);
    return arena_printf(a, "%s/%s", dir, name);
}

/* ---- small files of HOSTDIR ---- */

static enum err write_file(const char *path, const void *p, size_t n)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    bool ok = fd >= 0 && write(fd, p, n) == (ssize_t)n && fsync(fd) == 0;
    if (!ok)
        log_error("host", "cannot write %s: %s", path, strerror(errno));
    if (fd >= 0)
        close(fd);
    return ok ? OK : ERR_STORAGE;
}

/* At most max bytes; *ret_n of them. ERR_NOT_FOUND: no such file. */
static enum err read_file(const char *path, void *p, size_t max, size_t *ret_n)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT ? ERR_NOT_FOUND : ERR_STORAGE;
    ssize_t n = read(fd, p, max);
    close(fd);
    if (n < 0)
        return ERR_STORAGE;
    *ret_n = (size_t)n;
    return OK;
}

static bool is_empty(const char *dir)
{
    DIR *d = opendir(dir);
    bool empty = d != NULL;
    for (struct dirent *e; d != NULL && (e = readdir(d)) != NULL;)
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
            empty = false;
    if (d != NULL)
        closedir(d);
    return empty;
}

/* ---- opening ---- */

static enum err read_secret(struct host *h)
{
    unsigned char bytes[33];
    size_t n = 0;
    const char *path = host_path(h, h->node.arena, "secret.key", NULL);
    enum err e = read_file(path, bytes, sizeof bytes, &n);
    if (e == OK && n != sizeof h->node.secret)
        e = ERR_INTERNAL;
    if (e != OK)
        log_error("host", "cannot read %s; make a host with 'orrery host init'", path);
    else
        memcpy(h->node.secret, bytes, sizeof h->node.secret);
    explicit_bzero(bytes, sizeof bytes);
    return e;
}

static enum err open_registry(struct host *h)
{
    char url[URL_MAX_BYTES];
    size_t n = 0;
    struct arena *a = h->node.arena;
    enum err e = read_file(host_path(h, a, "host.url", NULL), url, sizeof url, &n);
    if (e == ERR_NOT_FOUND)
        return db_open(host_path(h, a, "host.sqlite", NULL), host_migrations, &h->node.db);
    TRY(e);
    struct str s = str_trim((struct str){url, n});
    h->store_url = arena_copy(a, s.p, s.n);
    return db_open(h->store_url, host_migrations, &h->node.db);
}

static enum err read_nodes_dir(struct host *h)
{
    bool found = false;
    struct str dir;
    struct cx *cx = cx_new(&h->node);
    enum err e = q_host_setting_read(cx, STR("nodes"), &found, &dir);
    if (e == OK)
        h->nodes_dir = found ? arena_copy(h->node.arena, dir.p, dir.n)
                             : host_path(h, h->node.arena, "nodes", NULL);
    cx_free(cx);
    return e == OK ? host_mkdir(h->nodes_dir) : e;
}

enum err host_open(struct server *server, const char *dir, struct host **ret)
{
    struct arena *a = arena_new();
    struct host *h = ARENA_NEW(a, struct host);
    h->node.arena = a;
    h->node.server = server;
    /* What is written down of it must mean the same to a process that was started elsewhere. */
    char *whole = realpath(dir, NULL);
    const char *path = whole != NULL ? whole : dir;
    h->node.dir = h->dir = arena_copy(a, path, strlen(path));
    free(whole);
    h->node.name = STR("(host)");
    h->node.ids = id_maker_new();
    pthread_mutex_init(&h->lock, NULL);
    pthread_mutex_init(&h->sync, NULL);
    enum err e = read_secret(h);
    if (e == OK)
        e = open_registry(h);
    if (e == OK)
        e = read_nodes_dir(h);
    if (e != OK) {
        host_close(h);
        return e;
    }
    *ret = h;
    return OK;
}

struct host *host_close(struct host *h)
{
    if (h == NULL)
        return NULL;
    db_close(h->node.db);
    id_maker_free(h->node.ids);
    explicit_bzero(h->node.secret, sizeof h->node.secret);
    pthread_mutex_destroy(&h->lock);
    pthread_mutex_destroy(&h->sync);
    arena_free(h->node.arena);
    return NULL;
}

/* ---- addresses of stores ---- */

/* url with schema=NAME in place of any that it had. */
const char *host_with_schema(struct arena *a, const char *url, struct str schema)
{
    struct str rest = str_c(url), query = STR(""), piece;
    struct buf b;
    size_t at = str_find_char(rest, '?', 0);
    if (at != SIZE_MAX) {
        query = str_sub(rest, at + 1, SIZE_MAX);
        rest = str_sub(rest, 0, at);
    }
    buf_init_arena(&b, a, URL_MAX_BYTES);
    buf_put(&b, rest);
    buf_put_char(&b, '?');
    while (query.n > 0 && str_next(&query, '&', &piece)) {
        if (piece.n == 0 || str_starts(piece, STR("schema=")))
            continue;
        buf_put(&b, piece);
        buf_put_char(&b, '&');
    }
    buf_lit(&b, "schema=");
    buf_put(&b, schema);
    return buf_str(&b).p;
}

const char *host_node_url(struct host *h, struct arena *a, struct str schema)
{
    return host_with_schema(a, h->store_url, schema);
}

/* ---- making one ---- */

static enum err write_secret(struct arena *a, const char *dir)
{
    unsigned char secret[32];
    crypt_random(secret, sizeof secret);
    enum err e = write_file(arena_printf(a, "%s/secret.key", dir), secret, sizeof secret);
    explicit_bzero(secret, sizeof secret);
    return e;
}

static enum err write_store(struct arena *a, const char *dir, const char *store)
{
    if (store == NULL || strcmp(store, "sqlite") == 0)
        return OK;
    struct str s = str_c(store);
    if (!str_starts(s, STR("postgresql://")) && !str_starts(s, STR("postgres://"))) {
        log_error("host", "a registry is in SQLite or in postgresql://…");
        return ERR_INVALID;
    }
    const char *url = str_contains(s, STR("schema=")) ? store
                                                      : host_with_schema(a, store, STR("orrery_host"));
    return write_file(arena_printf(a, "%s/host.url", dir), url, strlen(url));
}

static enum err begin_registry(struct server *server, const char *dir, const char *nodes_dir)
{
    struct host *h;
    TRY(host_open(server, dir, &h));
    struct cx *cx = cx_new(&h->node);
    /* One plan to begin with, without limits: a host with one needs no --plan. */
    enum err e = q_host_plan_put(cx, STR("standard"), 0, 0, 0, 0, cx->now, NULL);
    if (e == OK && nodes_dir != NULL) {
        char *path = realpath(nodes_dir, NULL);
        e = path == NULL ? ERR_NOT_FOUND
                         : q_host_setting_write(cx, STR("nodes"), str_c(path), NULL);
        if (e != OK)
            log_error("host", "cannot use %s for nodes", nodes_dir);
        free(path);
    }
    cx_free(cx);
    host_close(h);
    return e;
}

enum err host_make(struct server *server, const char *dir, const struct host_init *init)
{
    if (mkdir(dir, 0700) != 0 && errno != EEXIST) {
        log_error("host", "cannot make %s: %s", dir, strerror(errno));
        return ERR_STORAGE;
    }
    if (!is_empty(dir))
        return ERR_CONFLICT;
    struct arena *a = arena_new();
    enum err e = init->nodes_dir == NULL ? OK : host_mkdir(init->nodes_dir);
    if (e == OK)
        e = write_secret(a, dir);
    if (e == OK)
        e = write_store(a, dir, init->store);
    if (e == OK)
        e = begin_registry(server, dir, init->nodes_dir);
    if (e == OK)
        e = host_sync_dir(dir);
    if (e != OK) {
        static const char *const names[] = {"host.sqlite-wal", "host.sqlite-shm", "host.sqlite",
                                            "host.url", "secret.key"};
        for (size_t i = 0; i < sizeof names / sizeof *names; i++)
            (void)unlink(arena_printf(a, "%s/%s", dir, names[i]));
        (void)rmdir(arena_printf(a, "%s/nodes", dir));
    }
    arena_free(a);
    return e;
}
