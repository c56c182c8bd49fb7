/* From one store to the other, while the node serves. */
#include "node/media/media.h"

#include <sys/mman.h>
#include <unistd.h>

#include "node/base/crypt.h"
#include "node/db/db.h"
#include "node/media/media_sql.h"
#include "node/media/media_store.h"
#include "node/node.h"
#include "node/settings.h"

enum { PAGE = 200 };

/* The bytes of an open file, mapped; "" for an empty one. Given back by unmap. */
static bool map(int fd, int64_t size, struct str *ret)
{
    *ret = STR("");
    if (size == 0)
        return true;
    void *p = mmap(NULL, (size_t)size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (p == MAP_FAILED)
        return false;
    *ret = (struct str){p, (size_t)size};
    return true;
}

static void unmap(struct str s)
{
    if (s.n > 0)
        munmap((void *)(uintptr_t)s.p, s.n);
}

static bool is_sound(struct str bytes, struct str hash)
{
    struct arena *a = arena_new();
    bool sound = str_eq(crypt_sha256_hex(a, bytes), hash);
    arena_free(a);
    return sound;
}

static enum err copy_one(struct cx *cx, const struct media_store *from, const struct media_store *to,
                         struct str hash, struct media_moved *m)
{
    struct str mime, bytes;
    int64_t size;
    bool known, there;
    int fd;
    TRY(q_media_mime_of(cx, hash, &known, &mime));
    if (!known) {
        m->unknown++;
        return OK;
    }
    TRY(to->has(cx, hash, &there));
    if (there) {
        m->there++;
        return OK;
    }
    enum err e = from->open(cx, hash, &fd, &size);
    if (e == ERR_NOT_FOUND) /* deleted meanwhile */
        return OK;
    TRY(e);
    if (!map(fd, size, &bytes)) {
        close(fd);
        return cx_fail(cx, ERR_STORAGE, "media: " STR_FMT " can't be mapped", STR_ARG(hash));
    }
    if (is_sound(bytes, hash)) {
        e = to->put(cx, hash, bytes, mime);
        m->moved += e == OK;
        m->bytes += e == OK ? size : 0;
    } else {
        m->damaged++;
    }
    unmap(bytes);
    close(fd);
    return e;
}

/* One at a time, with a context of its own: what a file needs is given back after it. */
static enum err each(struct cx *cx, const struct media_store *from,
                     enum err (*one)(struct cx *cx, const struct media_store *from,
                                     const struct media_store *to, struct str hash, struct media_moved *m),
                     const struct media_store *to, struct media_moved *m)
{
    struct str after = STR(""), *hashes;
    size_t n = 1;
    while (n > 0) {
        struct cx *page = cx_new(cx->node);
        page->locale = cx->locale;
        enum err e = from->list(page, after, &hashes, &n);
        for (size_t i = 0; e == OK && i < n; i++)
            e = one(page, from, to, hashes[i], m);
        if (e == OK && n > 0)
            after = str_dup(cx->arena, hashes[n - 1]);
        if (e != OK) {
            cx->tell = page->tell == NULL ? NULL : str_z(cx->arena, str_c(page->tell));
            cx->fail = page->fail == NULL ? NULL : str_z(cx->arena, str_c(page->fail));
            cx_free(page);
            return e;
        }
        cx_free(page);
    }
    return OK;
}

/* Only what the other place is sure to have. */
static enum err remove_one(struct cx *cx, const struct media_store *from, const struct media_store *to,
                           struct str hash, struct media_moved *m)
{
    bool there;
    (void)m;
    TRY(to->has(cx, hash, &there));
    return there ? from->remove(cx, hash) : OK;
}

enum err media_move(struct cx *cx, struct str to_name, bool keep, struct media_moved *ret)
{
    const struct media_store *first, *other, *from;
    struct media_moved m = {0};
    if (cx->tx_depth > 0)
        return cx_fail(cx, ERR_INTERNAL, "media_move inside a transaction");
    if (!str_eq_c(to_name, "s3") && !str_eq_c(to_name, "dir"))
        return cx_tell(cx, ERR_INVALID, N_("Say where the files go: --to s3 or --to dir."));
    TRY(media_stores(cx, &first, &other));
    if (other == NULL)
        return cx_tell(cx, ERR_INVALID, N_("There is no storage yet. Please set media.s3_url first."));
    /* First the new ones, so that the old place only empties. */
    TRY(setting_set(cx, STR("media.store"), to_name));
    const struct media_store *to = str_eq_c(to_name, "s3") ? &media_store_s3 : &media_store_dir;
    from = to == &media_store_s3 ? &media_store_dir : &media_store_s3;
    TRY(each(cx, from, copy_one, to, &m));
    if (!keep)
        TRY(each(cx, from, remove_one, to, &m));
    *ret = m;
    return OK;
}

static enum err check_one(struct cx *cx, struct str hash, bool whole, bool *ret_sound)
{
    const struct media_store *first, *other;
    struct str bytes;
    int64_t size;
    int fd;
    if (!whole) {
        TRY(media_stores(cx, &first, &other));
        TRY(media_store_dir.has(cx, hash, ret_sound));
        return *ret_sound || other == NULL ? OK : media_store_s3.has(cx, hash, ret_sound);
    }
    *ret_sound = false;
    enum err e = media_store_open(cx, hash, &fd, &size);
    if (e == ERR_NOT_FOUND)
        return OK;
    TRY(e);
    if (map(fd, size, &bytes)) {
        *ret_sound = is_sound(bytes, hash);
        unmap(bytes);
    }
    close(fd);
    return OK;
}

static enum err check_page(struct cx *cx, bool whole, int64_t *after, size_t *ret_n,
                           void (*missing)(void *arg, struct str hash), void *arg, int64_t *looked_at)
{
    struct media_hashes_row *rows;
    TRY(q_media_hashes(cx, *after, PAGE, &rows, ret_n));
    for (size_t i = 0; i < *ret_n; i++) {
        const struct str both[] = {rows[i].hash, rows[i].small_hash};
        for (size_t k = 0; k < 2; k++) {
            bool sound = true;
            if (both[k].n == 0)
                continue;
            TRY(check_one(cx, both[k], whole, &sound));
            ++*looked_at;
            if (!sound && missing != NULL)
                missing(arg, both[k]);
        }
        *after = rows[i].id;
    }
    return OK;
}

enum err media_check(struct cx *cx, bool whole, void (*missing)(void *arg, struct str hash), void *arg,
                     int64_t *ret_looked_at)
{
    int64_t after = 0, looked_at = 0;
    size_t n = 1;
    while (n > 0) {
        struct cx *page = cx_new(cx->node);
        page->locale = cx->locale;
        enum err e = check_page(page, whole, &after, &n, missing, arg, &looked_at);
        if (e != OK) {
            cx->tell = page->tell == NULL ? NULL : str_z(cx->arena, str_c(page->tell));
            cx->fail = page->fail == NULL ? NULL : str_z(cx->arena, str_c(page->fail));
        }
        cx_free(page);
        TRY(e);
    }
    *ret_looked_at = looked_at;
    return OK;
}
