/* Directories as a whole: made, copied, removed. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include <linux/fs.h>

#include "admin/host/host.h"
#include "node/base/arena.h"
#include "node/base/log.h"

enum err host_mkdir(const char *path)
{
    if (mkdir(path, 0700) == 0 || errno == EEXIST)
        return OK;
    log_error("host", "cannot make %s: %s", path, strerror(errno));
    return ERR_STORAGE;
}

enum err host_sync_dir(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int failed = fd < 0 || fsync(fd) != 0;
    if (fd >= 0)
        close(fd);
    return failed ? ERR_STORAGE : OK;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void)st;
    (void)type;
    (void)at;
    return remove(path) == 0 || errno == ENOENT ? 0 : -1;
}

enum err host_remove_tree(const char *path)
{
    if (nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT) == 0 || errno == ENOENT)
        return OK;
    log_error("host", "cannot remove %s: %s", path, strerror(errno));
    return ERR_STORAGE;
}

/* As a reflink where the file system has them, else by the kernel's own copying. */
static bool copy_bytes(int in, int out)
{
    struct stat st;
    off_t at = 0;
    if (ioctl(out, FICLONE, in) == 0)
        return true;
    if (fstat(in, &st) != 0)
        return false;
    while (at < st.st_size) {
        ssize_t n = sendfile(out, in, &at, (size_t)(st.st_size - at));
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
    }
    return true;
}

enum err host_copy_file(const char *from, const char *to)
{
    int in = open(from, O_RDONLY | O_CLOEXEC);
    int out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    bool ok = in >= 0 && out >= 0 && copy_bytes(in, out) && fsync(out) == 0;
    if (!ok)
        log_error("host", "cannot copy %s to %s: %s", from, to, strerror(errno));
    if (in >= 0)
        close(in);
    if (out >= 0)
        close(out);
    return ok ? OK : ERR_STORAGE;
}

static enum err copy_entry(struct arena *a, const char *from, const char *to, const char *name)
{
    struct stat st;
    const char *x = arena_printf(a, "%s/%s", from, name), *y = arena_printf(a, "%s/%s", to, name);
    if (lstat(x, &st) != 0)
        return errno == ENOENT ? OK : ERR_STORAGE;
    if (S_ISDIR(st.st_mode))
        return host_copy_tree(x, y);
    if (S_ISREG(st.st_mode))
        return host_copy_file(x, y);
    return OK; /* sockets and locks of a process are no data */
}

enum err host_copy_tree(const char *from, const char *to)
{
    TRY(host_mkdir(to));
    DIR *d = opendir(from);
    if (d == NULL) {
        log_error("host", "cannot read %s: %s", from, strerror(errno));
        return ERR_STORAGE;
    }
    struct arena *a = arena_new();
    enum err e = OK;
    for (struct dirent *entry; e == OK && (entry = readdir(d)) != NULL;)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            e = copy_entry(a, from, to, entry->d_name);
    closedir(d);
    arena_free(a);
    return e == OK ? host_sync_dir(to) : e;
}
