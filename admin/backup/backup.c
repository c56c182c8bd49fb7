#include "config.h"

#include "admin/backup/backup.h"

#include "admin/backup/archive.h"
#include "node/base/arena.h"
#include "node/base/buf.h"
#include "node/base/clock.h"
#include "node/base/crypt.h"
#include "node/base/log.h"
#include "node/db/db.h"
#include "node/db/snapshot.h"
#include "node/media/media.h"
#include "node/where.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { NAMED_AT_MOST = 20 };

struct making {
    struct cx *cx;
    const struct backup_order *o;
    const char *part, *store, *squeezed; /* files that are gone at the end */
    const char *where;                   /* the node's store */
    struct pack *pack;
    struct pace pace;
    struct manifest m;
    struct manifest base;                /* of --since; id.p == NULL: none */
    size_t room;                         /* for m.media */
    int64_t n_new, n_damaged;
};

/* The node goes first: our reading and hashing take what it leaves. Whatever of it the system refuses
 * is not worth a word. */
static void step_back(void)
{
    const struct sched_param none = {0};
    setpriority(PRIO_PROCESS, 0, 19);
    sched_setscheduler(0, SCHED_IDLE, &none);
    syscall(SYS_ioprio_set, 1 /* IOPRIO_WHO_PROCESS */, 0, 3 << 13 /* IOPRIO_CLASS_IDLE */);
}

static enum err find_store(struct cx *cx, const char *dir, const char **ret)
{
    const char *secret = arena_printf(cx->arena, "%s/secret.key", dir);
    struct str name = str_c(dir);
    if (access(secret, R_OK) != 0)
        return cx_tellf(cx, ERR_NOT_FOUND, N_("There is no node in {0}, or it may not be read by you."), &name, 1);
    return where_find(cx->arena, dir, ret);
}

/* ---- what the node has ---- */

static enum err note_migration(void *arg, struct str name, struct str checksum)
{
    struct making *k = arg;
    struct arena *a = k->cx->arena;
    if (k->m.n_migrations == k->room) {
        struct manifest_migration *old = k->m.migrations;
        k->room = k->room == 0 ? 64 : 2 * k->room;
        k->m.migrations = ARENA_ARRAY(a, struct manifest_migration, k->room);
        if (old != NULL)
            memcpy(k->m.migrations, old, k->m.n_migrations * sizeof *old);
    }
    k->m.migrations[k->m.n_migrations++] =
        (struct manifest_migration){str_dup(a, name), str_dup(a, checksum)};
    return OK;
}

/* Every media file of the snapshot; where its bytes lie is decided when it is written. */
static enum err note_media(void *arg, struct str hash)
{
    struct making *k = arg;
    if (!manifest_is_hash(hash))
        return cx_fail(k->cx, ERR_STORAGE, "a media row has no proper hash");
    if (k->m.n_media == k->room) {
        struct manifest_media *old = k->m.media;
        k->room = k->room == 0 ? 256 : 2 * k->room;
        k->m.media = ARENA_ARRAY(k->cx->arena, struct manifest_media, k->room);
        if (old != NULL)
            memcpy(k->m.media, old, k->m.n_media * sizeof *old);
    }
    hash = str_dup(k->cx->arena, hash);
    k->m.media[k->m.n_media++] = (struct manifest_media){.hash = hash, .sha256 = hash};
    return OK;
}

static enum err read_snapshot(struct making *k, struct db_snapshot *s)
{
    struct str s3;
    TRY(db_snapshot_setting(k->cx, s, "origin", &k->m.origin));
    if (k->m.origin.p == NULL)
        return cx_tell(k->cx, ERR_NOT_FOUND, N_("This node was never finished; there is nothing to back up."));
    TRY(db_snapshot_setting(k->cx, s, "media.s3_url", &s3));
    k->m.media_left_out = s3.n > 0 && k->o->fetch_from == NULL;
    k->m.media_kind = s3.n > 0 ? STR("s3") : STR("directory");
    TRY(db_snapshot_each_migration(k->cx, s, note_migration, k));
    k->room = 0;
    return db_snapshot_each_media(k->cx, s, note_media, k);
}

static enum err take_snapshot(struct making *k)
{
    struct db_snapshot *s;
    k->m.store = db_is_address(k->where) ? STR("postgresql") : STR("sqlite");
    TRY(db_snapshot_make(k->cx, k->where, k->store));
    TRY(db_snapshot_open(k->cx, k->store, &s));
    enum err e = read_snapshot(k, s);
    db_snapshot_close(s);
    return e;
}

/* ---- what it builds upon ---- */

static enum err read_base(struct making *k)
{
    struct cx *cx = k->cx;
    struct backup_file f;
    struct stat a, b;
    char *copy = arena_copy(cx->arena, k->o->since, strlen(k->o->since));
    if (stat(k->o->since, &a) == 0 && stat(k->o->to, &b) == 0 && a.st_dev == b.st_dev &&
        a.st_ino == b.st_ino)
        return cx_tell(cx, ERR_INVALID, N_("A backup cannot build upon the file that it replaces."));
    TRY(backup_open(cx, k->o->since, &f));
    backup_close(&f);
    if (f.m.n_chain + 1 > MANIFEST_CHAIN_MAX)
        return cx_tell(cx, ERR_TOO_LARGE, N_("This chain of backups is too long. Make a whole one, without --since."));
    k->base = f.m;
    k->m.n_chain = f.m.n_chain + 1;
    k->m.chain = ARENA_ARRAY(cx->arena, struct manifest_link, k->m.n_chain);
    memcpy(k->m.chain, f.m.chain, f.m.n_chain * sizeof *f.m.chain);
    k->m.chain[f.m.n_chain] =
        (struct manifest_link){f.m.id, str_c(basename(copy)), f.m.created_at};
    return OK;
}

static enum err same_node(struct making *k)
{
    struct str args[] = {str_c(k->o->since), k->base.origin};
    if (k->o->since == NULL || str_eq(k->base.origin, k->m.origin))
        return OK;
    return cx_tellf(k->cx, ERR_CONFLICT, N_("{0} is a backup of another node: {1}."), args, 2);
}

/* ---- writing ---- */

static enum err put_text(struct making *k)
{
    char sha[SHA_TEXT];
    struct str text = str_fmt(
        k->cx->arena,
        "This is a backup of the Orrery node " STR_FMT ", made %s by version " PACKAGE_VERSION ".\n\n"
        "It holds the node's keys: whoever has this file can be the node and read all that is in it.\n"
        "Guard it like the node itself.\n\n"
        "Restore it:    orrery restore FILE DIRECTORY\n"
        "%s",
        STR_ARG(k->m.origin), clock_rfc3339(k->cx->arena, k->cx->now).p,
        k->m.n_chain > 0 ? "It builds upon earlier backups; name them all, in any order.\n" : "");
    return pack_bytes(k->cx, k->pack, "orrery-backup.txt", text, sha);
}

static enum err put_file(struct making *k, const char *path, const char *name,
                         struct manifest_member *ret)
{
    char sha[SHA_TEXT];
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return cx_fail(k->cx, ERR_STORAGE, "%s: %s", path, strerror(errno));
    enum err e = pack_fd(k->cx, k->pack, name, fd, &ret->size, sha);
    close(fd);
    ret->name = str_c(name);
    ret->sha256 = str_dup(k->cx->arena, str_c(sha));
    return e;
}

static enum err put_store(struct making *k)
{
    char raw[SHA_TEXT];
    TRY(squeeze_file(k->cx, k->store, k->squeezed, &k->pace, &k->m.database_raw_size, raw));
    unlink(k->store);
    k->m.database_raw_sha256 = str_dup(k->cx->arena, str_c(raw));
    TRY(put_file(k, k->squeezed, "store.sqlite.zst", &k->m.database));
    unlink(k->squeezed);
    return OK;
}

/* True when an earlier backup has these bytes, whole. */
static bool is_before(struct making *k, struct manifest_media *f)
{
    const struct manifest_media *old =
        k->base.id.p == NULL ? NULL : manifest_find(&k->base, f->hash);
    if (old == NULL || !str_eq(old->sha256, old->hash))
        return false;
    f->size = old->size;
    f->at = old->at;
    return true;
}

/* From the directory; with --media wherever they lie. *ret_fd -1: deleted since the snapshot, lost, or
 * somewhere else. */
static enum err open_media(struct making *k, struct str hash, int *ret_fd)
{
    char path[4200];
    int64_t size;
    snprintf(path, sizeof path, "%s/media/%.2s/%.64s", k->o->dir, hash.p, hash.p);
    *ret_fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (*ret_fd >= 0)
        return OK;
    if (errno != ENOENT)
        return cx_fail(k->cx, ERR_STORAGE, "%s: %s", path, strerror(errno));
    if (k->o->fetch_from == NULL) {
        if (!k->m.media_left_out && k->m.n_missing++ < NAMED_AT_MOST)
            log_warn("backup", "%s is missing", path);
        return OK;
    }
    struct cx *cx = cx_new(k->o->fetch_from); /* what fetching needs is given back after each */
    enum err e = media_bytes_open(cx, hash, ret_fd, &size);
    if (e == ERR_NOT_FOUND) {
        if (k->m.n_missing++ < NAMED_AT_MOST)
            log_warn("backup", "media %.64s is missing", hash.p);
        e = OK;
        *ret_fd = -1;
    } else if (e != OK) {
        e = cx_fail(k->cx, e, "%s", cx->fail == NULL ? "fetching media" : cx->fail);
    }
    cx_free(cx);
    return e;
}

static enum err put_one(struct making *k, struct manifest_media *f, bool *ret_there)
{
    char name[80], sha[SHA_TEXT];
    int fd;
    f->at = (int64_t)k->m.n_chain;
    TRY(open_media(k, f->hash, &fd));
    *ret_there = fd >= 0;
    if (fd < 0)
        return OK;
    snprintf(name, sizeof name, "media/%.64s", f->hash.p);
    enum err e = pack_fd(k->cx, k->pack, name, fd, &f->size, sha);
    close(fd);
    if (e == OK && !str_eq_c(f->hash, sha)) {
        f->sha256 = str_dup(k->cx->arena, str_c(sha));
        if (k->n_damaged++ < NAMED_AT_MOST)
            log_warn("backup", "media %.64s is damaged: its bytes are not what its name says", f->hash.p);
    }
    k->n_new++;
    return e;
}

static enum err put_media(struct making *k)
{
    size_t kept = 0;
    for (size_t i = 0; i < k->m.n_media; i++) {
        struct manifest_media f = k->m.media[i];
        bool there = true;
        if (!is_before(k, &f))
            TRY(put_one(k, &f, &there));
        if (there)
            k->m.media[kept++] = f;
    }
    k->m.n_media = kept;
    return OK;
}

static enum err put_all(struct making *k)
{
    TRY(put_text(k));
    TRY(put_file(k, arena_printf(k->cx->arena, "%s/secret.key", k->o->dir), "secret.key",
                 &k->m.secret));
    TRY(put_store(k));
    TRY(put_media(k));
    return pack_finish(k->cx, k->pack, &k->m);
}

/* ---- is it good? then it gets its name ---- */

static enum err want_nothing(void *arg, struct str name, int *ret_fd)
{
    (void)arg;
    (void)name;
    (void)ret_fd;
    return OK;
}

static enum err have_seen(void *arg, struct str name)
{
    (void)arg;
    (void)name;
    return OK;
}

static enum err verify(struct making *k, int64_t *ret_bytes)
{
    const struct backup_visitor nothing = {want_nothing, have_seen, NULL, &k->pace};
    struct backup_file f;
    struct stat st;
    TRY(backup_open(k->cx, k->part, &f));
    enum err e = backup_walk(k->cx, &f, &nothing);
    if (e == OK && fstat(f.fd, &st) == 0)
        *ret_bytes = st.st_size;
    posix_fadvise(f.fd, 0, 0, POSIX_FADV_DONTNEED);
    backup_close(&f);
    return e;
}

static enum err taken(struct cx *cx, const char *to)
{
    struct str name = str_c(to);
    return cx_tellf(cx, ERR_CONFLICT, N_("{0} is there already. Name another file, or say --force."), &name, 1);
}

static enum err publish(struct making *k)
{
    const char *to = k->o->to;
    char *copy = arena_copy(k->cx->arena, to, strlen(to));
    int rc = k->o->force ? rename(k->part, to)
                         : renameat2(AT_FDCWD, k->part, AT_FDCWD, to, RENAME_NOREPLACE);
    if (rc != 0 && !k->o->force && errno == EINVAL && access(to, F_OK) != 0)
        rc = rename(k->part, to); /* a file system that knows no such flag */
    if (rc != 0 && errno == EEXIST)
        return taken(k->cx, to);
    int dir = rc == 0 ? open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    int why = errno;
    bool synced = dir >= 0 && fsync(dir) == 0;
    if (dir >= 0)
        close(dir);
    return synced ? OK : backup_write_failed(k->cx, to, why);
}

static enum err make(struct making *k, struct backup_done *ret)
{
    TRY(find_store(k->cx, k->o->dir, &k->where));
    TRY(pack_open(k->cx, k->part, &k->pace, &k->pack));
    enum err e = k->o->since != NULL ? read_base(k) : OK;
    if (e == OK)
        e = take_snapshot(k);
    if (e == OK)
        e = same_node(k);
    if (e == OK)
        e = put_all(k);
    if (e == OK)
        e = verify(k, &ret->bytes);
    if (e == OK)
        e = publish(k);
    if (e != OK)
        unlink(k->part); /* while it is still locked */
    k->pack = pack_close(k->pack);
    unlink(k->store);
    unlink(k->squeezed);
    return e;
}

enum err backup_make(struct cx *cx, const struct backup_order *order, struct backup_done *ret)
{
    struct making k = {.cx = cx, .o = order};
    struct backup_done done = {0};
    unsigned char id[16];
    if (!order->force && access(order->to, F_OK) == 0)
        return taken(cx, order->to);
    if (!order->hurry)
        step_back();
    k.pace.on = !order->hurry;
    struct buf hex;
    crypt_random(id, sizeof id);
    buf_init_arena(&hex, cx->arena, 64);
    buf_put_hex(&hex, id, sizeof id);
    k.m.id = buf_str(&hex);
    k.m.program = STR(PACKAGE_VERSION);
    k.m.created_at = cx->now / 1000 * 1000;
    k.part = arena_printf(cx->arena, "%s.part", order->to);
    k.store = arena_printf(cx->arena, "%s.part.store", order->to);
    k.squeezed = arena_printf(cx->arena, "%s.part.zst", order->to);
    TRY(make(&k, &done));
    done.id = k.m.id;
    done.origin = k.m.origin;
    done.n_media = k.n_new;
    done.n_before = (int64_t)k.m.n_media - k.n_new;
    done.n_missing = k.m.n_missing;
    done.n_damaged = k.n_damaged;
    done.media_left_out = k.m.media_left_out;
    *ret = done;
    return OK;
}
