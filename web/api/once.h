/* A request that is sent twice with the same Idempotency-Key is done once: the second gets the first's answer.
 *
 * The key is kept for a day, with what was asked; the answer beside it, sealed. A first request that failed
 * leaves nothing: it may be mended and sent again. One that never ended (a crash) leaves its key, and nobody
 * can say what became of it: the same key is refused, and whoever sent it looks before trying a new one. */
#ifndef WEB_API_ONCE_H
#define WEB_API_ONCE_H

#include "node/cx.h"

struct once_answer { int status; struct str body; }; /* status 0: none, go on */

/* Before. ERR_CONFLICT with a sentence: the same key for something else, or the first is under way, or never ended. */
MUST_USE enum err once_begin(struct cx *cx, int64_t token_id, struct str key_hash, struct str request_hash,
                             struct once_answer *ret);
MUST_USE enum err once_end(struct cx *cx, int64_t token_id, struct str key_hash, int status, struct str body);
MUST_USE enum err once_drop(struct cx *cx, int64_t token_id, struct str key_hash);

#endif
