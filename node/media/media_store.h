/* Inside node/media only: bytes under DIR/media, by their SHA-256 in hex. */
#ifndef NODE_MEDIA_MEDIA_STORE_H
#define NODE_MEDIA_MEDIA_STORE_H

#include "node/cx.h"

/* Durable when it returns (file and folders synced). Known bytes are not written again. ERR_STORAGE
 * with the person told; nothing half-written stays behind. */
MUST_USE enum err media_store_put(struct cx *cx, struct str bytes, struct str *ret_hash);
bool media_store_has(struct cx *cx, struct str hash);
/* ERR_NOT_FOUND when the bytes are missing. */
MUST_USE enum err media_store_open(struct cx *cx, struct str hash, int *ret_fd, int64_t *ret_size);
/* Remove what no row has. Takes a transaction, so that no row can come meanwhile. */
MUST_USE enum err media_store_drop_unused(struct cx *cx, struct str hash);
/* All files older than a day that no row has. */
MUST_USE enum err media_store_sweep(struct cx *cx);

#endif
