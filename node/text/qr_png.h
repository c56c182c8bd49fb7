/* A QR code as a PNG (RFC 2083), one bit a pixel: to be sent in a chat, where an SVG cannot be. Any thread. */
#ifndef NODE_TEXT_QR_PNG_H
#define NODE_TEXT_QR_PNG_H

#include "node/text/qr.h"

enum { QR_PNG_SCALE_MAX = 32 };

/* scale: pixels a module, 1 to QR_PNG_SCALE_MAX; the quiet zone is around it. In the arena.
 * ERR_INTERNAL: out of memory. */
MUST_USE enum err qr_png(struct arena *a, const struct qr *q, int scale, struct str *ret);

#endif
