/* A report sent on to the server of whom it is about (Flag, federation.md 7.5). The instance actor says
 * it, so nobody there learns who reported. Told are the author's id, the ids of what they wrote, and the
 * words that a moderator chose for it: never the reporter's own text, which may quote what is locked. */
#ifndef FEDERATION_FLAG_H
#define FEDERATION_FLAG_H

#include "node/cx.h"

/* Rights are those of node/talk/report.h. Fails CONFLICT (sent already), INVALID (about nobody
 * elsewhere, or text too long), GONE (they have no inbox any more), FORBIDDEN. Opens a transaction. */
MUST_USE enum err fed_flag_send(struct cx *cx, int64_t report_id, struct str text);

#endif
