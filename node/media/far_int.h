/* Inside node/media only: what far.c, far_fetch.c and far_keep.c share. */
#ifndef NODE_MEDIA_FAR_INT_H
#define NODE_MEDIA_FAR_INT_H

#include "node/media/far.h"

bool far_may(struct cx *cx, struct str owner, struct str host);
/* "host[:port]" of an address, lower case; STR_NULL when it is none. */
struct str far_host_of(struct arena *a, struct str url);

/* far_keep.c. Kept, replacing what was there; prunes when it becomes too much. */
MUST_USE enum err far_keep(struct cx *cx, const struct far_thing *what, struct str bytes, struct str mime);
/* It did not come. for_good: asking again soon won't help. What is there already stays for a while, unless
 * it is gone there (gone). */
MUST_USE enum err far_note_vain(struct cx *cx, const struct far_thing *what, bool for_good, bool gone);
/* ERR_NOT_FOUND: no such file, or not of this size. */
MUST_USE enum err far_file_open(struct cx *cx, struct str name, int64_t size, int *ret_fd);
MUST_USE enum err far_prune(struct cx *cx);

/* far_fetch.c. Fetch anew what grew old; nobody waits. */
void far_refresh(struct cx *cx, const struct far_thing *what);

const struct far_hooks *far_engine_hooks(const struct far_engine *e);

#endif
