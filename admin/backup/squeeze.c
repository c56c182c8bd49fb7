/* One file into Zstandard and back, by libarchive's filters. */
#include "admin/backup/archive.h"

#include "node/base/arena.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CHUNK = 1 << 20 };

struct work {
    int in, out;
    char *chunk;
    EVP_MD_CTX *md;
    struct archive *ar;
    int64_t raw;
    struct pace *pace;
    bool dead; /* what is still handed over goes nowhere */
};

static enum err work_open(struct cx *cx, struct work *w, const char *from, const char *to)
{
    *w = (struct work){.in = -1, .out = -1};
    w->in = open(from, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (w->in < 0)
        return cx_fail(cx, ERR_STORAGE, "%s: %s", from, strerror(errno));
    unlink(to);
    w->out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (w->out < 0) {
        int why = errno;
        close(w->in);
        w->in = -1;
        return backup_write_failed(cx, to, why);
    }
    w->chunk = malloc(CHUNK);
    w->md = EVP_MD_CTX_new();
    if (w->chunk == NULL || w->md == NULL || EVP_DigestInit_ex(w->md, EVP_sha256(), NULL) != 1)
        abort();
    return OK;
}

static void work_close(struct work *w, char sha[SHA_TEXT])
{
    unsigned char sum[32] = {0};
    if (w->md != NULL)
        EVP_DigestFinal_ex(w->md, sum, NULL);
    for (size_t i = 0; i < sizeof sum; i++) {
        sha[2 * i] = "0123456789abcdef"[sum[i] >> 4];
        sha[2 * i + 1] = "0123456789abcdef"[sum[i] & 15];
    }
    sha[64] = '\0';
    EVP_MD_CTX_free(w->md);
    free(w->chunk);
    if (w->in >= 0)
        close(w->in);
    if (w->out >= 0)
        close(w->out);
}

static la_ssize_t put(struct archive *ar, void *arg, const void *bytes, size_t n)
{
    struct work *w = arg;
    ssize_t got;
    if (w->dead)
        return (la_ssize_t)n;
    do
        got = write(w->out, bytes, n);
    while (got < 0 && errno == EINTR);
    if (got <= 0)
        archive_set_error(ar, got < 0 ? errno : ENOSPC, "write");
    return got <= 0 ? -1 : got;
}

static bool squeeze_all(struct work *w)
{
    struct archive_entry *entry = archive_entry_new();
    ssize_t n = 0;
    if (entry == NULL)
        abort();
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_pathname(entry, "data");
    bool ok = archive_write_header(w->ar, entry) == ARCHIVE_OK;
    while (ok && (n = read(w->in, w->chunk, CHUNK)) > 0) {
        EVP_DigestUpdate(w->md, w->chunk, (size_t)n);
        w->raw += n;
        pace_work(w->pace, (size_t)n);
        ok = archive_write_data(w->ar, w->chunk, (size_t)n) == (la_ssize_t)n;
    }
    archive_entry_free(entry);
    ok = ok && n == 0 && archive_write_close(w->ar) == ARCHIVE_OK;
    return ok && fsync(w->out) == 0;
}

enum err squeeze_file(struct cx *cx, const char *from, const char *to, struct pace *pace,
                      int64_t *ret_raw_size, char ret_raw_sha[SHA_TEXT])
{
    struct work w;
    TRY(work_open(cx, &w, from, to));
    w.pace = pace;
    w.ar = archive_write_new();
    if (w.ar == NULL)
        abort();
    archive_write_set_format_raw(w.ar);
    bool ok = archive_write_add_filter_zstd(w.ar) == ARCHIVE_OK &&
              archive_write_set_filter_option(w.ar, "zstd", "compression-level", "3") == ARCHIVE_OK &&
              archive_write_set_bytes_in_last_block(w.ar, 1) == ARCHIVE_OK &&
              archive_write_open(w.ar, &w, NULL, put, NULL) == ARCHIVE_OK && squeeze_all(&w);
    int why = ok ? 0 : archive_errno(w.ar) > 0 ? archive_errno(w.ar) : errno;
    w.dead = true; /* libarchive forgets memory unless it may write its end */
    archive_write_free(w.ar);
    *ret_raw_size = w.raw;
    work_close(&w, ret_raw_sha);
    if (ok)
        return OK;
    unlink(to);
    return backup_write_failed(cx, to, why);
}

static enum err damaged(struct cx *cx)
{
    return cx_tell(cx, ERR_INVALID, N_("This backup is damaged: its store does not unpack to what it was."));
}

/* No further than the size that was promised, whatever the file claims to grow to. */
static enum err unsqueeze_all(struct cx *cx, struct work *w, const char *to, int64_t raw_size)
{
    struct archive_entry *entry;
    if (archive_read_next_header(w->ar, &entry) != ARCHIVE_OK)
        return raw_size == 0 ? OK : damaged(cx);
    for (;;) {
        la_ssize_t n = archive_read_data(w->ar, w->chunk, CHUNK);
        if (n == 0)
            return w->raw == raw_size ? OK : damaged(cx);
        if (n < 0 || w->raw + n > raw_size)
            return damaged(cx);
        EVP_DigestUpdate(w->md, w->chunk, (size_t)n);
        w->raw += n;
        for (la_ssize_t at = 0; at < n;) {
            ssize_t put_n = write(w->out, w->chunk + at, (size_t)(n - at));
            if (put_n < 0 && errno == EINTR)
                continue;
            if (put_n <= 0)
                return backup_write_failed(cx, to, put_n < 0 ? errno : ENOSPC);
            at += put_n;
        }
    }
}

enum err unsqueeze_file(struct cx *cx, const char *from, const char *to, int64_t raw_size,
                        struct str raw_sha)
{
    struct work w;
    char sha[SHA_TEXT];
    TRY(work_open(cx, &w, from, to));
    w.ar = archive_read_new();
    if (w.ar == NULL)
        abort();
    enum err e = OK;
    if (archive_read_support_format_raw(w.ar) != ARCHIVE_OK ||
        archive_read_support_filter_zstd(w.ar) != ARCHIVE_OK ||
        archive_read_open_fd(w.ar, w.in, CHUNK) != ARCHIVE_OK)
        e = damaged(cx);
    if (e == OK)
        e = unsqueeze_all(cx, &w, to, raw_size);
    if (e == OK && fsync(w.out) != 0)
        e = backup_write_failed(cx, to, errno);
    archive_read_free(w.ar);
    work_close(&w, sha);
    if (e == OK && !str_eq_c(raw_sha, sha))
        e = damaged(cx);
    if (e != OK)
        unlink(to);
    return e;
}
