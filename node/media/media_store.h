/* Inside node/media only: where bytes lie, by their SHA-256 in hex. Two stores have the same verbs:
 * the node's own directory (store_dir.c) and S3-compatible storage (store_s3.c). New bytes go to one of
 * them; whoever reads, or takes away, asks both, so that they can be moved while people look. */
#ifndef NODE_MEDIA_MEDIA_STORE_H
#define NODE_MEDIA_MEDIA_STORE_H

#include "node/cx.h"

/* Errors: ERR_STORAGE, ERR_UPSTREAM with the person told. A store that asks the network does so outside
 * of transactions only. */
struct media_store {
    const char *name; /* as in the setting media.store */
    /* Durable when it returns; nothing half-written stays under this name. Known bytes may be written
     * again. */
    enum err (*put)(struct cx *cx, struct str hash, struct str bytes, struct str mime);
    enum err (*has)(struct cx *cx, struct str hash, bool *ret);
    /* ERR_NOT_FOUND when it has none. */
    enum err (*open)(struct cx *cx, struct str hash, int *ret_fd, int64_t *ret_size);
    enum err (*remove)(struct cx *cx, struct str hash); /* gone is OK */
    /* The hashes behind `after` in order, some at a time; none: that was all. */
    enum err (*list)(struct cx *cx, struct str after, struct str **ret, size_t *ret_n);
};
extern const struct media_store media_store_dir, media_store_s3;

enum { MEDIA_HASH_LEN = 64 };
bool media_store_is_hash(struct str s);

/* The one that new bytes go to, and the other if there is one (NULL). */
MUST_USE enum err media_stores(struct cx *cx, const struct media_store **ret_first,
                               const struct media_store **ret_other);
MUST_USE enum err media_store_open(struct cx *cx, struct str hash, int *ret_fd, int64_t *ret_size);

/* Bringing and removing exclude each other for one hash, without a transaction that waits for a network:
 * who brings holds the hash from before the first byte until the row is there; who removes makes sure, in
 * a transaction, that there is neither row nor hold, and marks it as going for the time of the removal.
 * A hold that a crash left behind ends by itself, and media_store_sweep clears up behind it. */
MUST_USE enum err media_hold(struct cx *cx, int64_t holder, const struct str *hashes, size_t n);
MUST_USE enum err media_release(struct cx *cx, int64_t holder); /* in the row's transaction */

/* Remove from all stores what no row has and nobody brings. ERR_BUSY: somebody else is at it. */
MUST_USE enum err media_store_drop_unused(struct cx *cx, struct str hash);
/* What uploads left behind that never came to a row; in the directory also all files older than a day
 * that no row has. (Not so in S3: a copy of a node that was restored for a look, and knows less, must
 * not clear away what the true one has.) */
MUST_USE enum err media_store_sweep(struct cx *cx);

/* Inside store_dir.c: the second half of the sweep. */
MUST_USE enum err media_store_dir_sweep(struct cx *cx);

#endif
