#include "node/where.h"

#include "node/base/arena.h"
#include "node/base/log.h"
#include "node/base/str.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { URL_MAX = 4096 };

static const char *in_dir(struct arena *a, const char *dir, const char *name)
{
    return arena_printf(a, "%s/%s", dir, name);
}

static enum err read_url(struct arena *a, const char *path, const char **ret)
{
    char line[URL_MAX];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT) {
        *ret = NULL;
        return OK;
    }
    ssize_t n = fd < 0 ? -1 : read(fd, line, sizeof line);
    int why = errno;
    if (fd >= 0)
        close(fd);
    struct str url = n < 0 ? STR_NULL : str_trim((struct str){line, (size_t)n});
    if (url.n == 0 || n == (ssize_t)sizeof line) {
        log_error("node", "cannot read %s: %s", path, n < 0 ? strerror(why) : "it holds no address");
        explicit_bzero(line, sizeof line);
        return ERR_STORAGE;
    }
    *ret = str_z(a, url);
    explicit_bzero(line, sizeof line);
    return OK;
}

bool where_half_restored(const char *dir)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", dir, NODE_RESTORING);
    if (access(path, F_OK) != 0)
        return false;
    log_error("node", "%s is half restored: run 'orrery restore' again, or delete the directory", dir);
    return true;
}

const char *where_url(struct arena *a, const char *dir)
{
    const char *url = NULL;
    return read_url(a, in_dir(a, dir, "store.url"), &url) == OK ? url : NULL;
}

enum err where_find(struct arena *a, const char *dir, const char **ret)
{
    if (where_half_restored(dir))
        return ERR_CONFLICT;
    const char *url = NULL;
    TRY(read_url(a, in_dir(a, dir, "store.url"), &url));
    *ret = url != NULL ? url : in_dir(a, dir, "store.sqlite");
    return OK;
}

static bool sync_dir(const char *dir)
{
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool ok = fd >= 0 && fsync(fd) == 0;
    if (fd >= 0)
        close(fd);
    return ok;
}

enum err where_write(struct arena *a, const char *dir, const char *url)
{
    const char *path = in_dir(a, dir, "store.url"), *temp = in_dir(a, dir, "store.url.part");
    const char *line = arena_printf(a, "%s\n", url);
    unlink(temp);
    int fd = open(temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    bool ok = fd >= 0 && write(fd, line, strlen(line)) == (ssize_t)strlen(line) && fsync(fd) == 0;
    if (fd >= 0)
        close(fd);
    if (ok && rename(temp, path) == 0 && sync_dir(dir))
        return OK;
    log_error("node", "cannot write %s: %s", path, strerror(errno));
    unlink(temp);
    return ERR_STORAGE;
}
