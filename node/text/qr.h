/* QR codes (ISO/IEC 18004), made on the node: what a stranger's service would draw, it would read.
 * Error correction M, bytes. Any thread. */
#ifndef NODE_TEXT_QR_H
#define NODE_TEXT_QR_H

#include "node/base/err.h"
#include "node/base/str.h"

struct arena;

/* What a scanner still reads off a screen; the format ends at 2,331 bytes. */
enum { QR_TEXT_MAX = 1024, QR_QUIET = 4 };

struct qr {
    int size;                     /* modules a side, without the quiet zone of QR_QUIET around it */
    const unsigned char *modules; /* size × size, row by row, 1: dark; in the arena */
};

/* ERR_INVALID: empty; ERR_TOO_LARGE: over QR_TEXT_MAX. */
MUST_USE enum err qr_make(struct arena *a, struct str text, struct qr *ret);
bool qr_dark(const struct qr *q, int x, int y); /* false outside */
/* As SVG with the quiet zone, black on white whatever the page's colours are: a part of a page as
 * well as a file of its own. label is what a screen reader says; empty: nothing. */
struct safe_html qr_svg(struct arena *a, const struct qr *q, struct str label);

#endif
