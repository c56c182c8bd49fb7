/* What came from other servers: files in DIR/far, their rows, and the end of both. Nothing is synced: what a
 * power cut takes away is fetched again. */
#include "node/media/far_int.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "node/base/arena.h"
#include "node/base/clock.h"
#include "node/base/id.h"
#include "node/db/db.h"
#include "node/media/far_sql.h"
#include "node/media/media_store.h"
#include "node/node.h"
#include "node/settings.h"

enum { LIMIT_MB = 1024, FOLDERS = 256, BATCH = 200, STRAY_AGE_S = 3600 };
/* A picture that didn't come is asked for again after 10 minutes, then after twice as long each time, at
 * most a day; one that is none, or that was refused, after a day. */
static const int64_t vain_first = 10 * MS_MINUTE, vain_last = MS_DAY;

static const char *root_of(struct cx *cx)
{
    return arena_printf(cx->arena, "%s/far", cx->node->dir);
}

static const char *path_of(struct cx *cx, struct str name)
{
    return arena_printf(cx->arena, "%s/%.2s/" STR_FMT, root_of(cx), name.p, STR_ARG(name));
}

enum err far_file_open(struct cx *cx, struct str name, int64_t size, int *ret_fd)
{
    struct stat st;
    int fd = open(path_of(cx, name), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return errno == ENOENT ? ERR_NOT_FOUND : cx_fail(cx, ERR_STORAGE, "far: opening: %s", strerror(errno));
    /* A power cut may have left a name without its bytes. */
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size != size) {
        close(fd);
        return ERR_NOT_FOUND;
    }
    *ret_fd = fd;
    return OK;
}

static bool write_all(int fd, struct str bytes)
{
    while (bytes.n > 0) {
        ssize_t n = write(fd, bytes.p, bytes.n);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        bytes = str_sub(bytes, (size_t)n, SIZE_MAX);
    }
    return true;
}

static enum err write_file(struct cx *cx, struct str name, struct str bytes)
{
    const char *root = root_of(cx);
    const char *temp = arena_printf(cx->arena, "%s/tmp-%lld", root, (long long)id_next(cx->node->ids));
    (void)mkdir(root, 0700);
    (void)mkdir(arena_printf(cx->arena, "%s/%.2s", root, name.p), 0700);
    int fd = open(temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    bool ok = fd >= 0 && write_all(fd, bytes);
    int why = errno;
    if (fd >= 0)
        close(fd);
    if (ok && rename(temp, path_of(cx, name)) == 0)
        return OK;
    why = ok ? errno : why;
    unlink(temp);
    return cx_fail(cx, ERR_STORAGE, "far: writing: %s", strerror(why));
}

/* The plan's owner pays for storage that strangers fill: never more than a quarter of it. */
static enum err limit_of(struct cx *cx, int64_t *ret)
{
    struct str text;
    int64_t mb = LIMIT_MB, plan = atomic_load(&cx->node->quota.storage_bytes);
    TRY(setting_get(cx, "media.far_mb", &text));
    if (text.n > 0 && !str_to_i64(text, &mb))
        mb = LIMIT_MB;
    *ret = mb << 20;
    if (plan > 0 && plan / 4 < *ret)
        *ret = plan / 4;
    return OK;
}

/* The row of one thing, and with it the total. */
static enum err put_row(struct cx *cx, const struct far_thing *what, struct str mime, int64_t size, int64_t tries,
                        int64_t retry_at)
{
    bool found;
    int64_t old = 0;
    TX_SCOPE(cx);
    TRY(q_far_size(cx, what->name, &found, &old));
    TRY(q_far_put(cx, what->name, what->host, what->owner, mime, size, cx->now, tries, retry_at, NULL));
    TRY(q_far_total_add(cx, size - (found ? old : 0), NULL));
    return tx_commit(cx);
}

static enum err remove_one(struct cx *cx, struct str name, int64_t size)
{
    int64_t gone;
    TX_SCOPE(cx);
    TRY(q_far_remove(cx, name, &gone));
    if (gone > 0)
        TRY(q_far_total_add(cx, -size, NULL));
    TRY(tx_commit(cx));
    unlink(path_of(cx, name));
    return OK;
}

/* Those that nobody asked for longest, until a tenth is free again. */
static enum err make_room(struct cx *cx)
{
    int64_t limit, bytes;
    TRY(limit_of(cx, &limit));
    TRY(q_far_total_get(cx, &bytes));
    if (bytes <= limit)
        return OK;
    while (bytes > limit - limit / 10) {
        struct far_oldest_row *old;
        size_t n;
        TRY(q_far_oldest(cx, BATCH, &old, &n));
        for (size_t i = 0; i < n && bytes > limit - limit / 10; i++) {
            TRY(remove_one(cx, old[i].name, old[i].size));
            bytes -= old[i].size;
        }
        if (n == 0)
            break;
    }
    return OK;
}

enum err far_keep(struct cx *cx, const struct far_thing *what, struct str bytes, struct str mime)
{
    TRY(write_file(cx, what->name, bytes));
    cx->lazy = true;
    enum err e = put_row(cx, what, mime, (int64_t)bytes.n, 0, 0);
    if (e == OK)
        e = make_room(cx);
    cx->lazy = false;
    return e;
}

enum err far_note_vain(struct cx *cx, const struct far_thing *what, bool for_good, bool gone)
{
    struct far_row row;
    bool found;
    TRY(q_far_get(cx, what->name, &found, &row));
    int64_t tries = found ? row.tries : 0, wait = for_good ? vain_last : vain_first;
    for (int64_t i = 0; i < tries && wait < vain_last; i++)
        wait *= 2;
    wait = wait < vain_last ? wait : vain_last;
    bool keeps = found && row.mime.p != NULL && !gone;
    int fd;
    if (keeps && far_file_open(cx, what->name, row.size, &fd) == OK)
        close(fd);
    else
        keeps = false;
    cx->lazy = true;
    enum err e;
    if (keeps) {
        e = q_far_keep(cx, what->name, cx->now, NULL);
    } else {
        e = put_row(cx, what, STR_NULL, 0, tries + 1, cx->now + wait);
        unlink(path_of(cx, what->name));
    }
    cx->lazy = false;
    return e;
}

enum err far_forget_host(struct cx *cx, struct str host)
{
    for (;;) {
        struct far_of_host_row *rows;
        size_t n;
        TRY(q_far_of_host(cx, host, BATCH, &rows, &n));
        for (size_t i = 0; i < n; i++)
            TRY(remove_one(cx, rows[i].name, rows[i].size));
        if (n < BATCH)
            return OK;
    }
}

/* ---- pruning ---- */

static enum err drop_unused(struct cx *cx)
{
    for (;;) {
        struct far_unused_row *rows;
        size_t n;
        TRY(q_far_unused(cx, cx->now - FAR_KEEP_DAYS * MS_DAY, cx->now - MS_DAY, BATCH, &rows, &n));
        for (size_t i = 0; i < n; i++)
            TRY(remove_one(cx, rows[i].name, rows[i].size));
        if (n < BATCH)
            return OK;
    }
}

static bool is_old(int folder, const char *name)
{
    struct stat st;
    return fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode) &&
           st.st_mtime < time(NULL) - STRAY_AGE_S;
}

/* Files without a row: left by a crash, or by another machine whose job took the row away. */
static enum err sweep_folder(struct cx *cx, const char *path)
{
    DIR *d = opendir(path);
    enum err e = OK;
    if (d == NULL)
        return OK;
    for (struct dirent *entry; e == OK && (entry = readdir(d)) != NULL;) {
        struct str name = str_dup(cx->arena, str_c(entry->d_name));
        int64_t size;
        bool found = false;
        if (!is_old(dirfd(d), name.p))
            continue;
        if (media_store_is_hash(name))
            e = q_far_size(cx, name, &found, &size);
        else
            found = !str_starts(name, STR("tmp-"));
        if (e == OK && !found)
            unlinkat(dirfd(d), name.p, 0);
    }
    closedir(d);
    return e;
}

enum err far_prune(struct cx *cx)
{
    const char *root = root_of(cx);
    TRY(drop_unused(cx));
    TRY(sweep_folder(cx, root));
    for (unsigned i = 0; i < FOLDERS; i++)
        TRY(sweep_folder(cx, arena_printf(cx->arena, "%s/%02x", root, i)));
    TRY(q_far_total_count(cx, NULL));
    return make_room(cx);
}

enum err far_stats(struct cx *cx, struct far_stats *ret)
{
    struct far_count_row n;
    TRY(limit_of(cx, &ret->limit));
    TRY(q_far_total_get(cx, &ret->bytes));
    TRY(q_far_count(cx, &n));
    ret->kept = n.kept;
    ret->vain = n.vain;
    return OK;
}

static enum job_verdict run_prune(struct cx *cx, const struct job *job)
{
    (void)job;
    return far_prune(cx) == OK ? JOB_DONE : JOB_RETRY;
}

const struct job_row far_jobs[] = {
    {.kind = "far.prune", .run = run_prune, .tries = 3, .max_in_flight = 1},
    {0},
};
