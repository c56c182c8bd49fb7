#include "node/lock.h"

#include "node/base/arena.h"
#include "node/base/log.h"
#include "node/db/db.h"
#include "node/where.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

static enum err take(const char *dir, int how, int *ret_fd)
{
    char path[PATH_MAX];
    if (where_half_restored(dir))
        return ERR_CONFLICT;
    snprintf(path, sizeof path, "%s/secret.key", dir);
    if (access(path, F_OK) != 0) { /* before a file is left behind in somebody's folder */
        log_error("node", "there is no node in %s: %s; make one with 'orrery init'", dir,
                  strerror(errno));
        return ERR_NOT_FOUND;
    }
    snprintf(path, sizeof path, "%s/serve.lock", dir);
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) {
        log_error("node", "cannot open %s: %s", path, strerror(errno));
        return ERR_STORAGE;
    }
    if (flock(fd, how | LOCK_NB) != 0) {
        log_error("node", "another process serves %s already", dir);
        close(fd);
        return ERR_CONFLICT;
    }
    *ret_fd = fd;
    return OK;
}

bool lock_is_shared(const char *dir)
{
    struct arena *a = arena_new();
    const char *where = NULL;
    bool shared = where_find(a, dir, &where) == OK && db_is_address(where);
    arena_free(a);
    return shared;
}

enum err lock_dir(const char *dir, int *ret_fd)
{
    return take(dir, LOCK_EX, ret_fd);
}

enum err lock_dir_to_serve(const char *dir, int *ret_fd)
{
    return take(dir, lock_is_shared(dir) ? LOCK_SH : LOCK_EX, ret_fd);
}
