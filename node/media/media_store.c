#include "node/media/media_store.h"

#include <time.h>

#include "node/base/clock.h"
#include "node/base/id.h"
#include "node/db/db.h"
#include "node/media/media_sql.h"
#include "node/net/s3.h"
#include "node/node.h"

enum {
    HOLD_MS = 2 * MS_HOUR,   /* the largest file over the slowest line that is borne */
    GOING_MS = 2 * MS_MINUTE, /* a removal, with its tries */
    WAITS = 20, WAIT_MS = 100,
    SWEEP_PAGE = 500,
};

bool media_store_is_hash(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!((s.p[i] >= '0' && s.p[i] <= '9') || (s.p[i] >= 'a' && s.p[i] <= 'f')))
            return false;
    return s.n == MEDIA_HASH_LEN;
}

enum err media_stores(struct cx *cx, const struct media_store **ret_first,
                      const struct media_store **ret_other)
{
    const struct s3 *s3;
    TRY(s3_of(cx, &s3));
    bool away = s3 != NULL && s3->first;
    *ret_first = away ? &media_store_s3 : &media_store_dir;
    *ret_other = s3 == NULL ? NULL : away ? &media_store_dir : &media_store_s3;
    return OK;
}

enum err media_store_open(struct cx *cx, struct str hash, int *ret_fd, int64_t *ret_size)
{
    const struct s3 *s3;
    if (!media_store_is_hash(hash))
        return cx_fail(cx, ERR_INTERNAL, "media: a hash that is none");
    enum err e = media_store_dir.open(cx, hash, ret_fd, ret_size);
    if (e != ERR_NOT_FOUND)
        return e;
    TRY(s3_of(cx, &s3));
    if (s3 != NULL)
        e = media_store_s3.open(cx, hash, ret_fd, ret_size);
    if (e == ERR_NOT_FOUND && s3 != NULL) /* moved back between the two looks */
        e = media_store_dir.open(cx, hash, ret_fd, ret_size);
    if (e == ERR_NOT_FOUND)
        return cx_fail(cx, e, "media: the bytes " STR_FMT " are missing", STR_ARG(hash));
    return e;
}

/* ---- who brings and who removes ---- */

static enum err try_hold(struct cx *cx, int64_t holder, const struct str *hashes, size_t n, bool *ret)
{
    int64_t now = clock_now(), going = 0;
    TX_SCOPE(cx);
    for (size_t i = 0; i < n && going == 0; i++) {
        TRY(q_media_going(cx, hashes[i], now, &going));
        if (going == 0)
            TRY(q_media_hold_add(cx, hashes[i], holder, now + HOLD_MS, NULL));
    }
    *ret = going == 0;
    return going == 0 ? tx_commit(cx) : OK;
}

enum err media_hold(struct cx *cx, int64_t holder, const struct str *hashes, size_t n)
{
    bool held = false;
    for (int i = 0; !held; i++) {
        TRY(try_hold(cx, holder, hashes, n, &held));
        if (!held && i == WAITS)
            return cx_tell(cx, cx_fail(cx, ERR_BUSY, "media: the same bytes are being removed"),
                           N_("The same file is being removed at this moment. Please try again."));
        if (!held)
            nanosleep(&(struct timespec){0, WAIT_MS * 1000000L}, NULL);
    }
    return OK;
}

enum err media_release(struct cx *cx, int64_t holder)
{
    return q_media_hold_remove(cx, holder, NULL);
}

static enum err begin_removal(struct cx *cx, struct str hash, bool *ret_free)
{
    int64_t uses, holds, going, now = clock_now();
    TX_SCOPE(cx);
    TRY(q_media_hash_uses(cx, hash, &uses));
    TRY(q_media_held(cx, hash, now, &holds));
    TRY(q_media_going(cx, hash, now, &going));
    if (going > 0) {
        cx->retry_after_s = GOING_MS / 1000;
        return cx_fail(cx, ERR_BUSY, "media: the same bytes are being removed");
    }
    *ret_free = uses == 0 && holds == 0;
    if (*ret_free)
        TRY(q_media_going_set(cx, hash, now + GOING_MS, NULL));
    return tx_commit(cx);
}

enum err media_store_drop_unused(struct cx *cx, struct str hash)
{
    const struct s3 *s3;
    bool is_free;
    if (!media_store_is_hash(hash))
        return OK;
    TRY(s3_of(cx, &s3));
    TRY(begin_removal(cx, hash, &is_free));
    if (!is_free)
        return OK;
    enum err e = media_store_dir.remove(cx, hash);
    if (e == OK && s3 != NULL)
        e = media_store_s3.remove(cx, hash);
    if (e != OK) { /* what was asked for may still happen: the mark stays until it can't any more */
        cx->retry_after_s = GOING_MS / 1000;
        return e;
    }
    return q_media_going_end(cx, hash, NULL);
}

static enum err sweep_holds(struct cx *cx)
{
    struct str *hashes;
    size_t n;
    TRY(q_media_hold_old(cx, clock_now(), SWEEP_PAGE, &hashes, &n));
    for (size_t i = 0; i < n; i++) {
        TRY(media_store_drop_unused(cx, hashes[i]));
        TRY(q_media_hold_forget(cx, hashes[i], clock_now(), NULL));
    }
    return OK;
}

enum err media_store_sweep(struct cx *cx)
{
    TRY(sweep_holds(cx));
    return media_store_dir_sweep(cx);
}
