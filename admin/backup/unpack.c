#include "admin/backup/archive.h"

#include "node/base/arena.h"
#include "node/base/crypt.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BLOCK = 1 << 20, TAIL = 2048, LINE_MAX_BYTES = 200 };

static enum err tell_of(struct cx *cx, enum err code, const char *path, const char *msgid)
{
    struct str name = str_c(path);
    return cx_tellf(cx, code, msgid, &name, 1);
}

static enum err damaged(struct cx *cx, const char *path, const char *what)
{
    struct str args[] = {str_c(path), str_c(what)};
    enum err e = cx_fail(cx, ERR_INVALID, "%s: %s", path, what);
    return cx_tellf(cx, e, N_("{0} is damaged ({1}). Take another copy of it, or another backup."), args, 2);
}

/* ---- the manifest ---- */

static bool read_at(int fd, void *to, size_t n, int64_t at)
{
    char *p = to;
    while (n > 0) {
        ssize_t got = pread(fd, p, n, at);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return false;
        p += got;
        n -= (size_t)got;
        at += got;
    }
    return true;
}

/* The one member of this name at the front of bytes that hold a tar. */
static bool first_member(struct arena *a, struct archive *ar, const char *name, size_t max, struct str *ret)
{
    struct archive_entry *entry;
    const char *called;
    if (archive_read_next_header(ar, &entry) != ARCHIVE_OK ||
        (called = archive_entry_pathname(entry)) == NULL || strcmp(called, name) != 0 ||
        archive_entry_filetype(entry) != AE_IFREG || archive_entry_size(entry) < 0 ||
        (uint64_t)archive_entry_size(entry) > max)
        return false;
    size_t n = (size_t)archive_entry_size(entry);
    char *p = arena_alloc(a, n + 1);
    if (archive_read_data(ar, p, n) != (la_ssize_t)n)
        return false;
    *ret = (struct str){p, n};
    return true;
}

/* "orrery-backup VERSION OFFSET SHA256\n" */
static bool parse_index(struct str line, int64_t *ret_version, int64_t *ret_at, struct str *ret_sha)
{
    struct str piece;
    if (line.n > LINE_MAX_BYTES || !str_ends(line, STR("\n")))
        return false;
    line = str_sub(line, 0, line.n - 1);
    return str_next(&line, ' ', &piece) && str_eq_c(piece, "orrery-backup") &&
           str_next(&line, ' ', &piece) && str_to_i64(piece, ret_version) &&
           str_next(&line, ' ', &piece) && str_to_i64(piece, ret_at) && *ret_at >= 0 &&
           str_next(&line, ' ', ret_sha) && manifest_is_hash(*ret_sha) && line.p == NULL;
}

static bool is_ours(int fd)
{
    char head[18] = "";
    return read_at(fd, head, 17, 0) && strcmp(head, "orrery-backup.txt") == 0;
}

static enum err read_manifest(struct cx *cx, struct backup_file *f, int64_t size)
{
    char tail[TAIL];
    struct str line, json, sha;
    int64_t version, at;
    struct archive *ar = archive_read_new();
    if (ar == NULL)
        abort();
    bool found = size >= TAIL && read_at(f->fd, tail, TAIL, size - TAIL) &&
                 archive_read_support_format_tar(ar) == ARCHIVE_OK &&
                 archive_read_open_memory(ar, tail, TAIL) == ARCHIVE_OK &&
                 first_member(cx->arena, ar, "index", LINE_MAX_BYTES, &line) &&
                 parse_index(line, &version, &at, &sha);
    archive_read_free(ar);
    if (!found && is_ours(f->fd))
        return tell_of(cx, ERR_INVALID, f->path,
                       N_("{0} is cut off: its end, with the list of contents, is missing."));
    if (!found)
        return tell_of(cx, ERR_INVALID, f->path, N_("{0} is not a backup of a node."));
    if (version > MANIFEST_VERSION)
        return tell_of(cx, ERR_UNSUPPORTED, f->path,
                       N_("{0} was made by a newer version of the program. Use that version."));
    ar = archive_read_new();
    if (ar == NULL)
        abort();
    found = at < size && lseek(f->fd, at, SEEK_SET) == at &&
            archive_read_support_format_tar(ar) == ARCHIVE_OK &&
            archive_read_open_fd(ar, f->fd, BLOCK) == ARCHIVE_OK &&
            first_member(cx->arena, ar, "manifest.json", MANIFEST_MAX, &json) &&
            str_eq(crypt_sha256_hex(cx->arena, json), sha);
    archive_read_free(ar);
    if (!found)
        return damaged(cx, f->path, "manifest.json");
    return manifest_parse(cx, json, &f->m);
}

enum err backup_open(struct cx *cx, const char *path, struct backup_file *ret)
{
    struct backup_file f = {.path = path, .fd = open(path, O_RDONLY | O_CLOEXEC)};
    struct stat st;
    if (f.fd < 0) {
        struct str args[] = {str_c(path), str_c(strerror(errno))};
        return cx_tellf(cx, ERR_NOT_FOUND, N_("{0} cannot be read: {1}."), args, 2);
    }
    enum err e = fstat(f.fd, &st) == 0 && S_ISREG(st.st_mode)
                     ? read_manifest(cx, &f, st.st_size)
                     : tell_of(cx, ERR_INVALID, path, N_("{0} is not a backup of a node."));
    if (e != OK) {
        close(f.fd);
        return e;
    }
    *ret = f;
    return OK;
}

void backup_close(struct backup_file *f)
{
    if (f->fd >= 0)
        close(f->fd);
    f->fd = -1;
}

/* ---- the members ---- */

struct walk {
    struct cx *cx;
    const struct backup_file *f;
    const struct backup_visitor *v;
    struct archive *ar;
    EVP_MD_CTX *md;
    bool *seen;       /* by place in the manifest's list of media */
    bool secret, database, text, manifest, index;
    size_t n_media;   /* that were seen */
};

/* What the manifest says of this name. size -1: nothing that could be compared. */
static bool expected(struct walk *w, struct str name, int64_t *ret_size, struct str *ret_sha)
{
    const struct manifest *m = &w->f->m;
    bool *once = NULL;
    *ret_size = -1;
    *ret_sha = STR_NULL;
    if (str_starts(name, STR("media/"))) {
        const struct manifest_media *media = manifest_find(m, str_sub(name, 6, SIZE_MAX));
        if (media == NULL || media->at != (int64_t)m->n_chain)
            return false;
        once = &w->seen[media - m->media];
        *ret_size = media->size;
        *ret_sha = media->sha256;
        w->n_media += *once ? 0 : 1;
    } else if (str_eq(name, m->secret.name)) {
        once = &w->secret;
        *ret_size = m->secret.size;
        *ret_sha = m->secret.sha256;
    } else if (str_eq(name, m->database.name)) {
        once = &w->database;
        *ret_size = m->database.size;
        *ret_sha = m->database.sha256;
    } else {
        once = str_eq_c(name, "orrery-backup.txt") ? &w->text
               : str_eq_c(name, "manifest.json")   ? &w->manifest
               : str_eq_c(name, "index")           ? &w->index
                                                   : NULL;
    }
    if (once == NULL || *once)
        return false;
    *once = true;
    return true;
}

static enum err put_all(struct walk *w, int fd, const char *p, size_t n)
{
    while (n > 0) {
        ssize_t got = write(fd, p, n);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return backup_write_failed(w->cx, "restore", got < 0 ? errno : ENOSPC);
        p += got;
        n -= (size_t)got;
    }
    return OK;
}

static enum err take_body(struct walk *w, const char *name, int fd, int64_t size, struct str sha)
{
    const void *block;
    size_t n;
    la_int64_t at;
    int64_t total = 0;
    int rc;
    unsigned char sum[32];
    struct buf hex;
    EVP_DigestInit_ex(w->md, EVP_sha256(), NULL);
    while ((rc = archive_read_data_block(w->ar, &block, &n, &at)) == ARCHIVE_OK) {
        if (at != total)
            return damaged(w->cx, w->f->path, name);
        EVP_DigestUpdate(w->md, block, n);
        total += (int64_t)n;
        pace_work(w->v->pace, n);
        if (fd >= 0)
            TRY(put_all(w, fd, block, n));
    }
    EVP_DigestFinal_ex(w->md, sum, NULL);
    if (rc != ARCHIVE_EOF || (size >= 0 && total != size))
        return damaged(w->cx, w->f->path, name);
    buf_init(&hex, 65);
    buf_put_hex(&hex, sum, sizeof sum);
    bool same = sha.p == NULL || str_eq(buf_str(&hex), sha);
    buf_free(&hex);
    return same ? OK : damaged(w->cx, w->f->path, name);
}

static enum err take_member(struct walk *w, struct archive_entry *entry)
{
    const char *pathname = archive_entry_pathname(entry);
    struct str name = str_c(pathname), sha;
    int64_t size;
    int fd = -1;
    if (pathname == NULL || archive_entry_filetype(entry) != AE_IFREG ||
        archive_entry_hardlink(entry) != NULL || !archive_entry_size_is_set(entry) ||
        !expected(w, name, &size, &sha) || (size >= 0 && archive_entry_size(entry) != size))
        return damaged(w->cx, w->f->path, "what stands in it is not what it lists");
    bool data = sha.p != NULL;
    if (data)
        TRY(w->v->want(w->v->arg, name, &fd));
    char known[80]; /* libarchive's own copy goes with the next header */
    snprintf(known, sizeof known, STR_FMT, STR_ARG(name));
    enum err e = take_body(w, known, fd, size, sha);
    if (fd >= 0) /* on its way to the disk, while the next one is read */
        sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE);
    if (fd >= 0 && close(fd) != 0 && e == OK)
        e = backup_write_failed(w->cx, known, errno);
    if (e == OK && data)
        e = w->v->got(w->v->arg, str_c(known));
    return e;
}

static enum err take_all(struct walk *w)
{
    struct archive_entry *entry;
    int rc;
    while ((rc = archive_read_next_header(w->ar, &entry)) == ARCHIVE_OK)
        TRY(take_member(w, entry));
    if (rc != ARCHIVE_EOF)
        return damaged(w->cx, w->f->path, "tar");
    const struct manifest *m = &w->f->m;
    size_t here = 0;
    for (size_t i = 0; i < m->n_media; i++)
        here += m->media[i].at == (int64_t)m->n_chain;
    if (!w->secret || !w->database || !w->manifest || here != w->n_media)
        return damaged(w->cx, w->f->path, "something is missing that it lists");
    return OK;
}

enum err backup_walk(struct cx *cx, const struct backup_file *f, const struct backup_visitor *v)
{
    struct walk w = {.cx = cx, .f = f, .v = v};
    w.ar = archive_read_new();
    w.md = EVP_MD_CTX_new();
    w.seen = calloc(f->m.n_media + 1, sizeof *w.seen);
    if (w.ar == NULL || w.md == NULL || w.seen == NULL)
        abort();
    posix_fadvise(f->fd, 0, 0, POSIX_FADV_SEQUENTIAL);
    enum err e = OK;
    if (lseek(f->fd, 0, SEEK_SET) != 0 || archive_read_support_format_tar(w.ar) != ARCHIVE_OK ||
        archive_read_open_fd(w.ar, f->fd, v->pace != NULL && v->pace->on ? BLOCK / 8 : BLOCK) != ARCHIVE_OK)
        e = damaged(cx, f->path, "tar");
    if (e == OK)
        e = take_all(&w);
    archive_read_free(w.ar);
    EVP_MD_CTX_free(w.md);
    free(w.seen);
    return e;
}
