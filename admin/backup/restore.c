#include "admin/backup/archive.h"
#include "admin/backup/backup.h"
#include "node/base/arena.h"
#include "node/base/clock.h"
#include "node/base/crypt.h"
#include "node/base/embed.h"
#include "node/db/copy.h"
#include "node/db/db.h"
#include "node/db/snapshot.h"
#include "node/where.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

struct restoring {
    struct cx *cx;
    const struct restore_order *o;
    struct backup_file *files;
    size_t n_files;
    const struct backup_file *head; /* the newest: what it says is what there will be */
    const struct backup_file *now;  /* the one that is read */
    int marker;                     /* locked, so that nobody else restores here */
    int64_t *owner;                 /* index into files for each link of head's chain; -1: not given */
    bool *have;                     /* by place in head's list of media */
    int64_t bytes;
};

static const char *in_dir(const struct restoring *r, const char *name)
{
    return arena_printf(r->cx->arena, "%s/%s", r->o->dir, name);
}

/* ---- may it be restored at all? ---- */

static enum err check_migrations(struct restoring *r)
{
    const struct manifest *m = &r->head->m;
    for (size_t i = 0; i < m->n_migrations; i++) {
        const struct embedded *known = db_migrations;
        while (known->name != NULL && !str_eq_c(m->migrations[i].name, known->name))
            known++;
        struct str name = str_c(r->head->path);
        if (known->name == NULL)
            return cx_tellf(r->cx, ERR_UNSUPPORTED,
                            N_("{0} was made by a newer version of the program. Use that version."), &name, 1);
        struct str bytes = {(const char *)known->bytes, known->n};
        if (!str_eq(crypt_sha256_hex(r->cx->arena, bytes), m->migrations[i].checksum))
            return cx_tellf(r->cx, ERR_CONFLICT,
                            N_("{0} was made by another version of the program. Use the one that made it."), &name, 1);
    }
    return OK;
}

static int64_t file_with(const struct restoring *r, struct str id)
{
    for (size_t i = 0; i < r->n_files; i++)
        if (str_eq(r->files[i].m.id, id))
            return (int64_t)i;
    return -1;
}

static bool in_chain(const struct manifest *m, struct str id)
{
    for (size_t i = 0; i < m->n_chain; i++)
        if (str_eq(m->chain[i].id, id))
            return true;
    return false;
}

/* The one that all the others come before. */
static enum err find_head(struct restoring *r)
{
    for (size_t i = 0; i < r->n_files; i++) {
        bool all = true;
        for (size_t j = 0; all && j < r->n_files; j++)
            all = j == i || in_chain(&r->files[i].m, r->files[j].m.id);
        if (all) {
            r->head = &r->files[i];
            return OK;
        }
    }
    return cx_tell(r->cx, ERR_INVALID,
                   N_("These backups do not belong together. Name one, and those that it builds upon."));
}

/* Only a link whose bytes are asked for must be there. */
static enum err find_links(struct restoring *r)
{
    const struct manifest *m = &r->head->m;
    r->owner = ARENA_ARRAY(r->cx->arena, int64_t, m->n_chain + 1);
    r->have = ARENA_ARRAY(r->cx->arena, bool, m->n_media + 1);
    for (size_t i = 0; i < m->n_chain; i++)
        r->owner[i] = file_with(r, m->chain[i].id);
    r->owner[m->n_chain] = r->head - r->files;
    bool *asked = ARENA_ARRAY(r->cx->arena, bool, m->n_chain + 1);
    for (size_t i = 0; i < m->n_media; i++)
        asked[m->media[i].at] = true;
    for (size_t i = 0; i < m->n_chain; i++) {
        if (!asked[i] || r->owner[i] >= 0)
            continue;
        struct str args[] = {m->chain[i].file, clock_rfc3339(r->cx->arena, m->chain[i].created_at),
                             m->chain[i].id};
        return cx_tellf(r->cx, ERR_NOT_FOUND,
                        N_("The backup {0} of {1} (id {2}) is missing. Name it, too: this one builds upon it."), args, 3);
    }
    return OK;
}

/* ---- the directory ---- */

static enum err write_failed(struct restoring *r, const char *path)
{
    return backup_write_failed(r->cx, path, errno);
}

static enum err is_empty(struct restoring *r, bool *ret_again)
{
    DIR *d = opendir(r->o->dir);
    bool empty = true;
    *ret_again = false;
    if (d == NULL)
        return write_failed(r, r->o->dir);
    for (struct dirent *e; (e = readdir(d)) != NULL;) {
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
            continue;
        empty = false;
        if (strcmp(e->d_name, NODE_RESTORING) == 0)
            *ret_again = true;
    }
    closedir(d);
    if (empty || *ret_again)
        return OK;
    return cx_tell(r->cx, ERR_CONFLICT, N_("The directory is not empty. Choose another one."));
}

static enum err sync_folder(struct restoring *r, const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool ok = fd >= 0 && fsync(fd) == 0;
    if (fd >= 0)
        close(fd);
    return ok ? OK : write_failed(r, path);
}

static enum err take_dir(struct restoring *r)
{
    static const char *const left[] = {"secret.key", "store.sqlite", "store.sqlite-wal",
                                       "store.sqlite-shm", "store.sqlite.zst", "store.url"};
    bool again;
    if (mkdir(r->o->dir, 0700) != 0 && errno != EEXIST)
        return write_failed(r, r->o->dir);
    TRY(is_empty(r, &again));
    const char *path = in_dir(r, NODE_RESTORING);
    r->marker = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (r->marker < 0)
        return write_failed(r, path);
    if (flock(r->marker, LOCK_EX | LOCK_NB) != 0)
        return cx_tell(r->cx, ERR_BUSY, N_("Another process restores into this directory at the moment."));
    struct str line = str_fmt(r->cx->arena, STR_FMT "\n", STR_ARG(r->head->m.id));
    if (chmod(r->o->dir, 0700) != 0 || ftruncate(r->marker, 0) != 0 ||
        pwrite(r->marker, line.p, line.n, 0) != (ssize_t)line.n || fsync(r->marker) != 0)
        return write_failed(r, path);
    TRY(sync_folder(r, r->o->dir));
    for (size_t i = 0; again && i < sizeof left / sizeof *left; i++)
        unlink(in_dir(r, left[i]));
    return OK;
}

/* ---- reading the files ---- */

static enum err create(struct restoring *r, const char *path, int *ret_fd)
{
    *ret_fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    return *ret_fd >= 0 ? OK : write_failed(r, path);
}

static enum err create_media(struct restoring *r, struct str hash, int *ret_fd)
{
    char path[4200];
    snprintf(path, sizeof path, "%s/media/%.2s/%.64s", r->o->dir, hash.p, hash.p);
    if (create(r, path, ret_fd) == OK)
        return OK;
    char folder[4200];
    snprintf(folder, sizeof folder, "%s/media", r->o->dir);
    if (mkdir(folder, 0700) != 0 && errno != EEXIST)
        return write_failed(r, folder);
    snprintf(folder, sizeof folder, "%s/media/%.2s", r->o->dir, hash.p);
    if (mkdir(folder, 0700) != 0 && errno != EEXIST)
        return write_failed(r, folder);
    return create(r, path, ret_fd);
}

/* Is it this file's copy of these bytes that the newest backup means? */
static const struct manifest_media *meant(struct restoring *r, struct str hash)
{
    const struct manifest_media *f = manifest_find(&r->head->m, hash);
    return f != NULL && r->owner[f->at] == r->now - r->files ? f : NULL;
}

static enum err want(void *arg, struct str name, int *ret_fd)
{
    struct restoring *r = arg;
    if (str_starts(name, STR("media/"))) {
        struct str hash = str_sub(name, 6, SIZE_MAX);
        return meant(r, hash) == NULL ? OK : create_media(r, hash, ret_fd);
    }
    if (r->now != r->head) /* keys and store of an older one */
        return OK;
    return create(r, in_dir(r, str_eq_c(name, "secret.key") ? "secret.key" : "store.sqlite.zst"), ret_fd);
}

static enum err got(void *arg, struct str name)
{
    struct restoring *r = arg;
    if (!str_starts(name, STR("media/")))
        return OK;
    const struct manifest_media *f = meant(r, str_sub(name, 6, SIZE_MAX));
    if (f != NULL) {
        r->have[f - r->head->m.media] = true;
        r->bytes += f->size;
    }
    return OK;
}

static enum err read_files(struct restoring *r)
{
    const struct backup_visitor v = {want, got, r, NULL};
    for (size_t i = 0; i < r->n_files; i++) {
        r->now = &r->files[i];
        TRY(backup_walk(r->cx, r->now, &v));
    }
    for (size_t i = 0; i < r->head->m.n_media; i++) {
        struct str hash = r->head->m.media[i].hash;
        if (!r->have[i])
            return cx_tellf(r->cx, ERR_INVALID, N_("The bytes of media {0} are in none of these backups."), &hash, 1);
    }
    return OK;
}

/* ---- the store ---- */

static enum err check_store(struct restoring *r, const char *path)
{
    struct db_snapshot *s;
    struct str origin;
    const char *what = NULL;
    TRY(db_snapshot_open(r->cx, path, &s));
    enum err e = db_snapshot_check(r->cx, s, &what);
    if (e == OK)
        e = db_snapshot_setting(r->cx, s, "origin", &origin);
    db_snapshot_close(s);
    TRY(e);
    if (what != NULL || !str_eq(origin, r->head->m.origin)) {
        struct str args[] = {str_c(r->head->path), str_c(what == NULL ? "origin" : what)};
        return cx_tellf(r->cx, ERR_INVALID, N_("The store in {0} is damaged ({1}). Take another backup."), args, 2);
    }
    return OK;
}

/* Brought up to this program's schema first: both ends of a copy have to be of one version. */
static enum err into_postgres(struct restoring *r, const char *file)
{
    struct db *db;
    struct db_copy_report report;
    enum err e = db_open(file, db_migrations, &db);
    if (e != OK)
        return cx_fail(r->cx, e, "%s cannot be opened; the log says why", file);
    db_close(db);
    TRY(db_copy(r->cx, file, r->o->store, false, &report));
    TRY(where_write(r->cx->arena, r->o->dir, r->o->store));
    unlink(file);
    return OK;
}

static enum err restore_store(struct restoring *r)
{
    const struct manifest *m = &r->head->m;
    const char *packed = in_dir(r, "store.sqlite.zst"), *file = in_dir(r, "store.sqlite");
    TRY(unsqueeze_file(r->cx, packed, file, m->database_raw_size, m->database_raw_sha256));
    unlink(packed);
    TRY(check_store(r, file));
    r->bytes += m->database_raw_size;
    return r->o->store == NULL ? OK : into_postgres(r, file);
}

/* From here on it is a node. */
static enum err release(struct restoring *r)
{
    if (syncfs(r->marker) != 0 || unlink(in_dir(r, NODE_RESTORING)) != 0)
        return write_failed(r, r->o->dir);
    return sync_folder(r, r->o->dir);
}

static enum err run(struct restoring *r)
{
    r->files = ARENA_ARRAY(r->cx->arena, struct backup_file, r->o->n_files);
    for (size_t i = 0; i < r->o->n_files; i++) {
        TRY(backup_open(r->cx, r->o->files[i], &r->files[i]));
        r->n_files++;
    }
    TRY(find_head(r));
    TRY(check_migrations(r));
    TRY(find_links(r));
    TRY(take_dir(r));
    TRY(read_files(r));
    TRY(restore_store(r));
    return release(r);
}

enum err restore_run(struct cx *cx, const struct restore_order *order, struct restore_done *ret)
{
    struct restoring r = {.cx = cx, .o = order, .marker = -1};
    enum err e = run(&r);
    if (e == OK)
        *ret = (struct restore_done){
            .origin = r.head->m.origin,
            .created_at = r.head->m.created_at,
            .n_media = (int64_t)r.head->m.n_media,
            .n_missing = r.head->m.n_missing,
            .bytes = r.bytes,
            .media_left_out = r.head->m.media_left_out,
        };
    for (size_t i = 0; i < r.n_files; i++)
        backup_close(&r.files[i]);
    if (r.marker >= 0)
        close(r.marker);
    return e;
}
