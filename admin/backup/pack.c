#include "admin/backup/archive.h"

#include "node/base/arena.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
    CHUNK = 1 << 20,
    PIECE = 128 << 10,
    REST = 3,
    WORK_MAX_US = 50000,
    WINDOW = 8 << 20, /* so much is on its way to the disk at most; more would hold up the node's syncs */
};

struct pack {
    char *path;
    int fd;
    struct archive *tar;
    struct pace *pace;
    char *buffer;      /* CHUNK bytes, on their way to the file */
    size_t n;
    char *input;       /* CHUNK bytes, just read */
    size_t piece;      /* how much of them is used at a time */
    int64_t written;   /* handed to the file */
    int64_t started;   /* writing to disk has begun up to here */
    int why;           /* errno of the write that failed */
    int64_t created_at;
    bool finished;
    bool dead;         /* what is still handed over goes nowhere */
};

enum err backup_write_failed(struct cx *cx, const char *path, int why)
{
    enum err e = cx_fail(cx, ERR_STORAGE, "%s: %s", path, strerror(why));
    struct str args[] = {str_c(path), str_c(strerror(why))};
    if (why == ENOSPC || why == EDQUOT || why == EFBIG)
        return cx_tellf(cx, e, N_("There is no room left for {0}. Make room and try again."), args, 1);
    return cx_tellf(cx, e, N_("{0} cannot be written: {1}."), args, 2);
}

static int64_t now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

void pace_work(struct pace *p, size_t bytes)
{
    if (p == NULL || !p->on)
        return;
    p->bytes += (int64_t)bytes;
    if (p->bytes < PIECE)
        return;
    int64_t worked = now_us() - p->since;
    if (p->since > 0)
        usleep((useconds_t)(REST * (worked < WORK_MAX_US ? worked : WORK_MAX_US)));
    p->since = now_us();
    p->bytes = 0;
}

static void sha_text(EVP_MD_CTX *md, char ret[SHA_TEXT])
{
    unsigned char sum[32];
    EVP_DigestFinal_ex(md, sum, NULL);
    for (size_t i = 0; i < sizeof sum; i++) {
        ret[2 * i] = "0123456789abcdef"[sum[i] >> 4];
        ret[2 * i + 1] = "0123456789abcdef"[sum[i] & 15];
    }
    ret[64] = '\0';
}

static EVP_MD_CTX *sha_begin(void)
{
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    if (md == NULL || EVP_DigestInit_ex(md, EVP_sha256(), NULL) != 1)
        abort();
    return md;
}

/* ---- to the file ---- */

static bool write_all(int fd, const char *p, size_t n)
{
    while (n > 0) {
        ssize_t got = write(fd, p, n);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0) {
            errno = got == 0 ? ENOSPC : errno;
            return false;
        }
        p += got;
        n -= (size_t)got;
    }
    return true;
}

/* What is a window old has reached the disk and need not stay in memory. */
static void push_window(struct pack *p)
{
    if (p->written - p->started < WINDOW)
        return;
    sync_file_range(p->fd, p->started, p->written - p->started, SYNC_FILE_RANGE_WRITE);
    if (p->started >= WINDOW) {
        sync_file_range(p->fd, p->started - WINDOW, WINDOW,
                        SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE |
                            SYNC_FILE_RANGE_WAIT_AFTER);
        posix_fadvise(p->fd, 0, p->started, POSIX_FADV_DONTNEED);
    }
    p->started = p->written;
}

static bool flush_buffer(struct pack *p)
{
    if (!write_all(p->fd, p->buffer, p->n)) {
        p->why = errno;
        return false;
    }
    p->written += (int64_t)p->n;
    p->n = 0;
    push_window(p);
    return true;
}

static la_ssize_t tar_write(struct archive *tar, void *arg, const void *bytes, size_t n)
{
    struct pack *p = arg;
    const char *from = bytes;
    if (p->dead)
        return (la_ssize_t)n;
    for (size_t left = n; left > 0;) {
        size_t room = p->piece - p->n < left ? p->piece - p->n : left;
        memcpy(p->buffer + p->n, from, room);
        p->n += room;
        from += room;
        left -= room;
        if (p->n == p->piece && !flush_buffer(p)) {
            archive_set_error(tar, p->why, "write");
            return -1;
        }
    }
    return (la_ssize_t)n;
}

static enum err tar_failed(struct cx *cx, struct pack *p)
{
    if (p->why == 0)
        p->why = archive_errno(p->tar) > 0 ? archive_errno(p->tar) : EIO;
    return backup_write_failed(cx, p->path, p->why);
}

enum err pack_open(struct cx *cx, const char *path, struct pace *pace, struct pack **ret)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return backup_write_failed(cx, path, errno);
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        close(fd);
        return cx_tell(cx, ERR_BUSY, N_("Another backup is writing this file at the moment."));
    }
    if (ftruncate(fd, 0) != 0 || fchmod(fd, 0600) != 0) {
        int why = errno;
        close(fd);
        return backup_write_failed(cx, path, why);
    }
    struct pack *p = calloc(1, sizeof *p);
    if (p == NULL || (p->path = strdup(path)) == NULL || (p->buffer = malloc(CHUNK)) == NULL ||
        (p->input = malloc(CHUNK)) == NULL || (p->tar = archive_write_new()) == NULL)
        abort();
    p->fd = fd;
    p->pace = pace;
    p->piece = pace != NULL && pace->on ? PIECE : CHUNK;
    p->created_at = cx->now;
    archive_write_set_format_pax_restricted(p->tar);
    archive_write_set_bytes_per_block(p->tar, 0); /* so that we know where a member begins */
    if (archive_write_open(p->tar, p, NULL, tar_write, NULL) != ARCHIVE_OK) {
        enum err e = tar_failed(cx, p);
        pack_close(p);
        return e;
    }
    *ret = p;
    return OK;
}

struct pack *pack_close(struct pack *p)
{
    if (p == NULL)
        return NULL;
    if (p->tar != NULL) {
        p->dead = true; /* libarchive forgets memory unless it may write its end */
        archive_write_free(p->tar);
    }
    if (!p->finished)
        unlink(p->path);
    close(p->fd);
    free(p->buffer);
    free(p->input);
    free(p->path);
    free(p);
    return NULL;
}

/* ---- members ---- */

static enum err put_header(struct cx *cx, struct pack *p, const char *name, int64_t size)
{
    struct archive_entry *entry = archive_entry_new();
    if (entry == NULL)
        abort();
    archive_entry_set_pathname(entry, name);
    archive_entry_set_size(entry, size);
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, 0600);
    archive_entry_set_mtime(entry, p->created_at / 1000, 0);
    int rc = archive_write_header(p->tar, entry);
    archive_entry_free(entry);
    return rc == ARCHIVE_OK ? OK : tar_failed(cx, p);
}

enum err pack_bytes(struct cx *cx, struct pack *p, const char *name, struct str bytes,
                    char ret_sha[SHA_TEXT])
{
    TRY(put_header(cx, p, name, (int64_t)bytes.n));
    if (archive_write_data(p->tar, bytes.p, bytes.n) != (la_ssize_t)bytes.n)
        return tar_failed(cx, p);
    EVP_MD_CTX *md = sha_begin();
    EVP_DigestUpdate(md, bytes.p, bytes.n);
    sha_text(md, ret_sha);
    EVP_MD_CTX_free(md);
    return archive_write_finish_entry(p->tar) == ARCHIVE_OK ? OK : tar_failed(cx, p);
}

/* Is the file in the system's memory, so that somebody reads it often? Its first page tells. */
static bool is_warm(int fd, int64_t size)
{
    unsigned char in_memory = 0;
    long page = sysconf(_SC_PAGESIZE);
    if (size == 0)
        return true;
    void *at = mmap(NULL, (size_t)page, PROT_READ, MAP_SHARED, fd, 0);
    if (at == MAP_FAILED)
        return true;
    bool warm = mincore(at, (size_t)page, &in_memory) != 0 || (in_memory & 1) != 0;
    munmap(at, (size_t)page);
    return warm;
}

static enum err put_body(struct cx *cx, struct pack *p, int fd, int64_t size, EVP_MD_CTX *md)
{
    const int64_t most = (int64_t)p->piece;
    for (int64_t at = 0; at < size;) {
        ssize_t n = pread(fd, p->input, (size_t)(size - at < most ? size - at : most), at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return cx_fail(cx, ERR_STORAGE, "reading a file for the backup: %s", strerror(errno));
        if (n == 0)
            return cx_fail(cx, ERR_STORAGE, "a file became shorter while it was read");
        EVP_DigestUpdate(md, p->input, (size_t)n);
        if (archive_write_data(p->tar, p->input, (size_t)n) != (la_ssize_t)n)
            return tar_failed(cx, p);
        at += n;
        pace_work(p->pace, (size_t)n);
    }
    return OK;
}

enum err pack_fd(struct cx *cx, struct pack *p, const char *name, int fd, int64_t *ret_size,
                 char ret_sha[SHA_TEXT])
{
    struct stat st;
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
        return cx_fail(cx, ERR_STORAGE, "%s is no file", name);
    bool warm = is_warm(fd, st.st_size);
    TRY(put_header(cx, p, name, st.st_size));
    posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
    EVP_MD_CTX *md = sha_begin();
    enum err e = put_body(cx, p, fd, st.st_size, md);
    sha_text(md, ret_sha);
    EVP_MD_CTX_free(md);
    if (!warm)
        posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
    TRY(e);
    *ret_size = st.st_size;
    return archive_write_finish_entry(p->tar) == ARCHIVE_OK ? OK : tar_failed(cx, p);
}

enum err pack_finish(struct cx *cx, struct pack *p, const struct manifest *m)
{
    char sha[SHA_TEXT];
    struct buf json;
    buf_init(&json, MANIFEST_MAX);
    manifest_write(&json, m);
    int64_t at = p->written + (int64_t)p->n;
    enum err e = json.overflow ? cx_tell(cx, ERR_TOO_LARGE, N_("This node has more files than one backup can list."))
                               : pack_bytes(cx, p, "manifest.json", buf_str(&json), sha);
    buf_free(&json);
    TRY(e);
    struct str line = str_fmt(cx->arena, "orrery-backup %d %020lld %s\n", MANIFEST_VERSION,
                              (long long)at, sha);
    TRY(pack_bytes(cx, p, "index", line, sha));
    if (archive_write_close(p->tar) != ARCHIVE_OK)
        return tar_failed(cx, p);
    if (!flush_buffer(p))
        return tar_failed(cx, p);
    if (fsync(p->fd) != 0)
        return backup_write_failed(cx, p->path, errno);
    posix_fadvise(p->fd, 0, 0, POSIX_FADV_DONTNEED); /* so that what is verified comes from the disk */
    p->finished = true;
    return OK;
}
