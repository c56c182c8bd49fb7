/* A poster to hand on: the planet's cover and name, a few words, and a QR code, as a PNG that is made on this node.
 * Drawn by orrery-media with the fonts of this machine (Chinese needs one: fonts-noto-cjk). Not inside a
 * transaction: it takes up to seconds. */
#ifndef NODE_MEDIA_POSTER_H
#define NODE_MEDIA_POSTER_H

#include "node/cx.h"

struct poster {
    struct str name, tagline;      /* of the planet */
    struct str line, offer;        /* "Ann invites you.", "7 days to look around"; STR_NULL: none */
    struct str link;               /* in the code, and below it */
    struct str accent;             /* teal, brass, rose, moss, slate; else teal */
    int64_t cover_media_id, icon_media_id; /* DB_NULL: none */
};
/* ERR_BUSY with the person told: too many pictures are being made. */
MUST_USE enum err poster_png(struct cx *cx, const struct poster *p, struct str *ret);

#endif
