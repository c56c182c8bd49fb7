/* Handing bytes out, from wherever they lie. */
#include "node/media/media.h"

#include "node/base/crypt.h"
#include "node/media/helper.h"
#include "node/media/media_store.h"
#include "node/net/s3.h"

/* Sound and film are asked for piece by piece while they play. Others know a public picture's address
 * for a while, so it lives longer than they may keep it. */
enum { LOCKED_S = 300, PLAYED_S = 3600, PUBLIC_S = 7200, PUBLIC_KEEP_S = 3000 };

static struct str hash_of(const struct media *m, bool small)
{
    return small && m->small_hash.n > 0 ? m->small_hash : m->hash;
}

enum err media_open(struct cx *cx, const struct media *m, bool small, int *ret_fd, int64_t *ret_size)
{
    return media_store_open(cx, hash_of(m, small), ret_fd, ret_size);
}

enum err media_bytes_open(struct cx *cx, struct str hash, int *ret_fd, int64_t *ret_size)
{
    return media_store_open(cx, hash, ret_fd, ret_size);
}

enum err media_bytes_put(struct cx *cx, struct str hash, struct str bytes)
{
    const struct media_store *store, *other;
    if (!str_eq(crypt_sha256_hex(cx->arena, bytes), hash))
        return cx_fail(cx, ERR_INVALID, "media: bytes that are not what their name says");
    TRY(media_stores(cx, &store, &other));
    return store->put(cx, hash, bytes, STR("application/octet-stream"));
}

/* A picture that doesn't come leaves its description; for a download somebody deserves a sentence. */
static enum err look_first(struct cx *cx, struct str hash)
{
    bool there;
    TRY(media_store_s3.has(cx, hash, &there));
    return there ? OK : cx_fail(cx, ERR_NOT_FOUND, "media: the bytes " STR_FMT " are missing", STR_ARG(hash));
}

enum err media_give(struct cx *cx, const struct media *m, bool small, bool head, struct str disposition,
                    struct media_bytes *ret)
{
    const struct s3 *s3;
    struct str hash = hash_of(m, small);
    *ret = (struct media_bytes){.fd = -1};
    if (!media_store_is_hash(hash))
        return cx_fail(cx, ERR_INTERNAL, "media: a hash that is none");
    enum err e = media_store_dir.open(cx, hash, &ret->fd, &ret->size);
    if (e != ERR_NOT_FOUND)
        return e;
    TRY(s3_of(cx, &s3));
    if (s3 == NULL)
        return cx_fail(cx, e, "media: the bytes " STR_FMT " are missing", STR_ARG(hash));
    if (!media_is_inline(m))
        TRY(look_first(cx, hash));
    bool played = media_is_inline(m) && !str_eq_c(m->kind, "image");
    int seconds = m->is_public ? PUBLIC_S : played ? PLAYED_S : LOCKED_S;
    struct str object = str_fmt(cx->arena, "%.2s/" STR_FMT, hash.p, STR_ARG(hash));
    ret->url = s3_link(cx, s3, object, head, seconds, m->mime, disposition);
    ret->keep_s = m->is_public ? PUBLIC_KEEP_S : 0;
    return OK;
}
