/* Bytes under DIR/media/ab/<hash>. */
#include "node/media/media_store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "node/base/arena.h"
#include "node/base/buf.h"
#include "node/base/id.h"
#include "node/db/db.h"
#include "node/media/media_sql.h"
#include "node/node.h"

enum { SWEEP_AGE_S = 24 * 3600, FOLDERS = 256, FOLDER_MAX = 1 << 20 };

static const char *root_of(struct cx *cx)
{
    return arena_printf(cx->arena, "%s/media", cx->node->dir);
}

static const char *folder_of(struct cx *cx, struct str hash)
{
    return arena_printf(cx->arena, "%s/%.2s", root_of(cx), hash.p);
}

static const char *path_of(struct cx *cx, struct str hash)
{
    return arena_printf(cx->arena, "%s/" STR_FMT, folder_of(cx, hash), STR_ARG(hash));
}

static enum err disk_failed(struct cx *cx, const char *what)
{
    int why = errno;
    enum err e = cx_fail(cx, ERR_STORAGE, "media: %s: %s", what, strerror(why));
    if (why == ENOSPC || why == EDQUOT)
        return cx_tell(cx, e, N_("The server's disk is full. Please tell its owner."));
    return cx_tell(cx, e, N_("The server could not save the file. Please try again."));
}

static bool sync_folder(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool ok = fd >= 0 && fsync(fd) == 0;
    if (fd >= 0)
        close(fd);
    return ok;
}

/* Make a folder that may be there already; its name is durable in parent. */
static bool make_folder(const char *parent, const char *path)
{
    if (mkdir(path, 0700) == 0)
        return sync_folder(parent);
    return errno == EEXIST;
}

static bool write_synced(const char *path, struct str bytes)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return false;
    bool ok = true;
    while (ok && bytes.n > 0) {
        ssize_t n = write(fd, bytes.p, bytes.n);
        if (n < 0 && errno == EINTR)
            continue;
        ok = n > 0;
        if (ok)
            bytes = str_sub(bytes, (size_t)n, SIZE_MAX);
    }
    ok = ok && fsync(fd) == 0;
    int why = errno;
    close(fd);
    errno = why;
    return ok;
}

/* Younger than a sweep's eye. False when it is not there. */
static bool touch(const char *path)
{
    return utimensat(AT_FDCWD, path, NULL, AT_SYMLINK_NOFOLLOW) == 0;
}

static enum err put(struct cx *cx, struct str hash, struct str bytes, struct str mime)
{
    const char *root = root_of(cx), *folder = folder_of(cx, hash), *path = path_of(cx, hash);
    (void)mime;
    if (touch(path))
        return OK;
    if (!make_folder(cx->node->dir, root) || !make_folder(root, folder))
        return disk_failed(cx, "making a folder");
    const char *temp =
        arena_printf(cx->arena, "%s/tmp-%lld", root, (long long)id_next(cx->node->ids));
    if (!write_synced(temp, bytes) || rename(temp, path) != 0) {
        enum err e = disk_failed(cx, "writing");
        unlink(temp);
        return e;
    }
    if (!sync_folder(folder))
        return disk_failed(cx, "syncing a folder");
    return OK;
}

static enum err has(struct cx *cx, struct str hash, bool *ret)
{
    *ret = access(path_of(cx, hash), F_OK) == 0;
    return OK;
}

static enum err open_bytes(struct cx *cx, struct str hash, int *ret_fd, int64_t *ret_size)
{
    int fd = open(path_of(cx, hash), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    struct stat st;
    if (fd < 0 && errno == ENOENT)
        return ERR_NOT_FOUND;
    if (fd < 0)
        return disk_failed(cx, "opening");
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        close(fd);
        return cx_fail(cx, ERR_STORAGE, "media: " STR_FMT " is no file", STR_ARG(hash));
    }
    *ret_fd = fd;
    *ret_size = st.st_size;
    return OK;
}

static enum err remove_bytes(struct cx *cx, struct str hash)
{
    return unlink(path_of(cx, hash)) == 0 || errno == ENOENT ? OK : disk_failed(cx, "removing");
}

static int by_name(const void *x, const void *y)
{
    return memcmp(((const struct str *)x)->p, ((const struct str *)y)->p, MEDIA_HASH_LEN);
}

/* The names of one folder behind `after`, in order. */
static size_t list_folder(struct cx *cx, unsigned folder, struct str after, struct str **ret)
{
    DIR *d = opendir(arena_printf(cx->arena, "%s/%02x", root_of(cx), folder));
    struct buf names;
    if (d == NULL)
        return 0;
    buf_init_arena(&names, cx->arena, FOLDER_MAX * sizeof(struct str));
    for (struct dirent *entry; (entry = readdir(d)) != NULL;) {
        struct str name = str_c(entry->d_name);
        if (!media_store_is_hash(name) || (after.n > 0 && memcmp(name.p, after.p, MEDIA_HASH_LEN) <= 0))
            continue;
        name = str_dup(cx->arena, name);
        buf_put_bytes(&names, &name, sizeof name);
    }
    closedir(d);
    size_t n = names.n / sizeof(struct str);
    *ret = ARENA_ARRAY(cx->arena, struct str, n + 1);
    if (n > 0)
        memcpy(*ret, buf_str(&names).p, n * sizeof(struct str));
    qsort(*ret, n, sizeof(struct str), by_name);
    return n;
}

static enum err list(struct cx *cx, struct str after, struct str **ret, size_t *ret_n)
{
    unsigned first = 0;
    if (after.n > 0)
        for (int i = 0; i < 2; i++)
            first = first * 16 + (unsigned)(after.p[i] <= '9' ? after.p[i] - '0' : after.p[i] - 'a' + 10);
    *ret_n = 0;
    for (unsigned i = first; i < FOLDERS && *ret_n == 0; i++)
        *ret_n = list_folder(cx, i, after, ret);
    return OK;
}

const struct media_store media_store_dir = {
    .name = "dir", .put = put, .has = has, .open = open_bytes, .remove = remove_bytes, .list = list,
};

/* ---- what nobody has ---- */

static bool is_old(int folder, const char *name)
{
    struct stat st;
    return fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode) &&
           st.st_mtime < time(NULL) - SWEEP_AGE_S;
}

static enum err sweep_folder(struct cx *cx, const char *path, bool temps)
{
    DIR *d = opendir(path);
    enum err e = OK;
    if (d == NULL)
        return OK;
    for (struct dirent *entry; e == OK && (entry = readdir(d)) != NULL;) {
        struct str name = str_dup(cx->arena, str_c(entry->d_name));
        if (!is_old(dirfd(d), name.p))
            continue;
        int64_t uses = 1;
        if (temps && str_starts(name, STR("tmp-")))
            unlinkat(dirfd(d), name.p, 0);
        else if (media_store_is_hash(name))
            e = q_media_hash_uses(cx, name, &uses);
        if (e == OK && uses == 0)
            e = media_store_drop_unused(cx, name);
    }
    closedir(d);
    return e;
}

enum err media_store_dir_sweep(struct cx *cx)
{
    const char *root = root_of(cx);
    TRY(sweep_folder(cx, root, true));
    for (unsigned i = 0; i < FOLDERS; i++)
        TRY(sweep_folder(cx, arena_printf(cx->arena, "%s/%02x", root, i), false));
    return OK;
}
