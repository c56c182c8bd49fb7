#include "node/http/frame.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "node/base/clock.h"
#include "node/base/log.h"

void body_init(struct body *b)
{
    *b = (struct body){.fd = -1, .began = clock_monotonic()};
}

static int open_unlinked(const char *dir)
{
    char name[4096];
    int fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC | O_EXCL, 0600);
    if (fd >= 0)
        return fd;
    /* Not every file system knows O_TMPFILE. */
    if (snprintf(name, sizeof(name), "%s/.body-XXXXXX", dir) >= (int)sizeof(name))
        return -1;
    fd = mkostemp(name, O_CLOEXEC);
    if (fd >= 0)
        unlink(name);
    return fd;
}

static bool write_all(int fd, const char *p, size_t n)
{
    while (n > 0) {
        ssize_t w = write(fd, p, n);
        if (w < 0 && errno == EINTR)
            continue;
        if (w <= 0)
            return false;
        p += w;
        n -= (size_t)w;
    }
    return true;
}

static void grow(struct body *b, size_t need)
{
    size_t cap = b->cap == 0 ? 4096 : b->cap;
    while (cap < need)
        cap *= 2;
    if (cap == b->cap)
        return;
    char *p = realloc(b->mem, cap);
    if (p == NULL)
        abort();
    b->mem = p;
    b->cap = cap;
}

static enum body_verdict move_to_file(struct body *b, const char *dir)
{
    b->fd = open_unlinked(dir);
    if (b->fd < 0 || !write_all(b->fd, b->mem, (size_t)b->n)) {
        log_error("http", "a request body cannot be kept in the data directory: %s",
                  strerror(errno));
        return BODY_FAILED;
    }
    free(b->mem);
    b->mem = NULL;
    b->cap = 0;
    return BODY_TAKEN;
}

enum body_verdict body_add(struct body *b, const char *dir, const void *p, size_t n, int64_t cap,
                           int64_t in_memory)
{
    int64_t waited = clock_monotonic() - b->began;
    if (waited > HTTP_BODY_GRACE_MS + b->n / HTTP_BODY_BYTES_PER_MS)
        return BODY_TOO_SLOW;
    if ((int64_t)n > cap - b->n)
        return BODY_TOO_LARGE;
    if (b->fd < 0 && b->n + (int64_t)n > in_memory) {
        enum body_verdict v = move_to_file(b, dir);
        if (v != BODY_TAKEN)
            return v;
    }
    if (b->fd >= 0) {
        if (!write_all(b->fd, p, n)) {
            log_error("http", "a request body cannot be written: %s", strerror(errno));
            return BODY_FAILED;
        }
    } else {
        grow(b, (size_t)b->n + n);
        memcpy(b->mem + b->n, p, n);
    }
    b->n += (int64_t)n;
    return BODY_TAKEN;
}

bool body_view(struct body *b, struct str *ret)
{
    if (b->fd < 0) {
        *ret = (struct str){b->mem == NULL ? "" : b->mem, (size_t)b->n};
        return true;
    }
    if (b->map == NULL) {
        void *map = mmap(NULL, (size_t)b->n, PROT_READ, MAP_PRIVATE, b->fd, 0);
        if (map == MAP_FAILED)
            return false;
        b->map = map;
    }
    *ret = (struct str){b->map, (size_t)b->n};
    return true;
}

void body_close(struct body *b)
{
    if (b->map != NULL)
        munmap(b->map, (size_t)b->n);
    if (b->fd >= 0)
        close(b->fd);
    free(b->mem);
    *b = (struct body){.fd = -1};
}
