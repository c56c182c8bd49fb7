/* What a planet takes along: its actor and public activities as other servers know them, and who
 * follows it. Private keys are in no export, only in the sealed backup (federation.md 8.4). */
#ifndef FEDERATION_EXPORT_H
#define FEDERATION_EXPORT_H

#include "node/base/buf.h"
#include "node/cx.h"

enum fed_export {
    FED_EXPORT_ACTOR,     /* actor.json */
    FED_EXPORT_OUTBOX,    /* outbox.json: an OrderedCollection with all of it, oldest last */
    FED_EXPORT_FOLLOWERS, /* followers.csv: "Account address", as Mastodon writes it */
};
/* Into a fresh malloc'd buffer that is the caller's to free, also on failure. FORBIDDEN for others than
 * owner and partners; TOO_LARGE: more than 256 MiB. */
MUST_USE enum err fed_export(struct cx *cx, int64_t planet_id, enum fed_export what,
                             struct buf *ret_give);

#endif
