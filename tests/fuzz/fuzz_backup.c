/* A file that says it is a backup: opened, and walked to its end without writing anything. Beside whole
 * files the manifest alone is tried, since a fuzzer does not find SHA-256 sums. */
#include "admin/backup/archive.h"
#include "node/base/arena.h"
#include "node/node.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static enum err want(void *arg, struct str name, int *ret_fd)
{
    (void)arg;
    (void)ret_fd;
    /* What leaves the reader is a name that a file may be made of. */
    if (!(str_eq_c(name, "secret.key") || str_eq_c(name, "store.sqlite.zst") ||
          (str_starts(name, STR("media/")) && manifest_is_hash(str_sub(name, 6, SIZE_MAX)))))
        abort();
    return OK;
}

static enum err got(void *arg, struct str name)
{
    (void)arg;
    (void)name;
    return OK;
}

static void whole_file(struct cx *cx, const uint8_t *p, size_t n)
{
    const struct backup_visitor v = {want, got, NULL, NULL};
    struct backup_file f;
    char path[64];
    int fd = memfd_create("backup", MFD_CLOEXEC);
    if (fd < 0 || write(fd, p, n) != (ssize_t)n)
        abort();
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    if (backup_open(cx, path, &f) == OK) {
        enum err e = backup_walk(cx, &f, &v);
        (void)e;
        backup_close(&f);
    }
    close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    struct node node = {0};
    struct cx *cx = cx_new(&node);
    struct manifest m;
    struct str bytes = {arena_copy(cx->arena, p, n), n};
    if (manifest_parse(cx, bytes, &m) == OK) {
        for (size_t i = 0; i < m.n_media; i++)
            if (manifest_find(&m, m.media[i].hash) != &m.media[i] || m.media[i].at > (int64_t)m.n_chain)
                abort();
    }
    whole_file(cx, p, n);
    cx_free(cx);
    return 0;
}
