/* Plain text put together piece by piece: white space folded to single spaces, cut after a number
 * of code points with "…" behind. What feeds, mails, previews and the search index show. */
#ifndef NODE_TEXT_EXCERPT_H
#define NODE_TEXT_EXCERPT_H

#include "node/base/buf.h"
#include "node/base/str.h"

struct arena;

struct excerpt {
    struct buf b;
    size_t left; /* code points that still fit */
    bool gap;    /* white space was seen since the last character */
    bool full;   /* something did not fit; the rest is dropped */
};

void excerpt_init(struct excerpt *e, struct arena *a, size_t max_chars);
void excerpt_put(struct excerpt *e, struct str s); /* well-formed UTF-8 */
void excerpt_gap(struct excerpt *e);
struct str excerpt_str(struct excerpt *e); /* lives in the arena */

/* All of it at once, of plain text. */
struct str text_excerpt(struct arena *a, struct str text, size_t max_chars);

#endif
