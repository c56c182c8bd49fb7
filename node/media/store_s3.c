/* Bytes in S3-compatible storage, under ab/<hash> below the place that media.s3_url names. */
#include "node/media/media_store.h"

#include "node/base/arena.h"
#include "node/media/helper.h"
#include "node/net/s3.h"

static enum err place(struct cx *cx, const struct s3 **ret)
{
    TRY(s3_of(cx, ret));
    return *ret == NULL ? ERR_NOT_FOUND : OK;
}

static struct str object_of(struct cx *cx, struct str hash)
{
    return str_fmt(cx->arena, "%.2s/" STR_FMT, hash.p, STR_ARG(hash));
}

static enum err put(struct cx *cx, struct str hash, struct str bytes, struct str mime)
{
    const struct s3 *s3;
    TRY(place(cx, &s3));
    TRY(media_network_enter(cx));
    enum err e = s3_put(cx, s3, object_of(cx, hash), bytes, hash, mime);
    media_network_leave(cx);
    return e;
}

static enum err has(struct cx *cx, struct str hash, bool *ret)
{
    const struct s3 *s3;
    int64_t size;
    TRY(place(cx, &s3));
    TRY(media_network_enter(cx));
    enum err e = s3_head(cx, s3, object_of(cx, hash), &size);
    media_network_leave(cx);
    *ret = e == OK;
    return e == ERR_NOT_FOUND ? OK : e;
}

static enum err open_bytes(struct cx *cx, struct str hash, int *ret_fd, int64_t *ret_size)
{
    const struct s3 *s3;
    TRY(place(cx, &s3));
    return s3_get(cx, s3, object_of(cx, hash), ret_fd, ret_size);
}

static enum err remove_bytes(struct cx *cx, struct str hash)
{
    const struct s3 *s3;
    enum err e = place(cx, &s3);
    return e == ERR_NOT_FOUND ? OK : e != OK ? e : s3_delete(cx, s3, object_of(cx, hash));
}

/* What is not named as we name things was put there by others, and is left alone. */
static enum err list(struct cx *cx, struct str after, struct str **ret, size_t *ret_n)
{
    const struct s3 *s3;
    struct str *names, last = after.n > 0 ? object_of(cx, after) : STR("");
    size_t n = 0, kept = 0;
    bool more = true;
    TRY(place(cx, &s3));
    while (kept == 0 && more) {
        TRY(s3_list(cx, s3, last, &names, &n, &more));
        for (size_t i = 0; i < n; i++) {
            struct str hash = str_sub(names[i], 3, SIZE_MAX);
            last = names[i];
            if (media_store_is_hash(hash) && str_eq(names[i], object_of(cx, hash)))
                names[kept++] = hash;
        }
    }
    *ret = names;
    *ret_n = kept;
    return OK;
}

const struct media_store media_store_s3 = {
    .name = "s3", .put = put, .has = has, .open = open_bytes, .remove = remove_bytes, .list = list,
};
