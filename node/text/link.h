/* Web addresses in untrusted text: which may be linked, how they are written, where they end. */
#ifndef NODE_TEXT_LINK_H
#define NODE_TEXT_LINK_H

#include "node/base/buf.h"
#include "node/base/str.h"

enum link_kind {
    LINK_BAD,      /* any other scheme, control characters, empty */
    LINK_RELATIVE, /* to this very server */
    LINK_MAILTO,
    LINK_WEB,      /* http, https, and what browsers take for it ("//host", "/\host") */
};

enum link_kind link_kind(struct str url);
/* Into a double-quoted attribute: percent-encodes what a URL can't hold, escapes the rest. */
void link_put_href(struct buf *b, struct str url);
/* Find an address in plain text at or after from: "http://…", "https://…", "www.…", to the first
 * character that is not ASCII (Chinese prose goes on without a space), without the sentence's
 * punctuation. False when there is none. Linear over repeated calls. */
bool link_find(struct str text, size_t from, size_t *ret_at, size_t *ret_n);

#endif
