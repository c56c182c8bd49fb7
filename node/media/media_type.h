/* Inside node/media only: what kind of file these bytes are, by their first ones. */
#ifndef NODE_MEDIA_MEDIA_TYPE_H
#define NODE_MEDIA_MEDIA_TYPE_H

#include "node/base/str.h"

/* A picture that the helper may be asked to read. */
bool media_type_is_image(struct str bytes);
/* The type to keep a file under. Static text. Never text/html, SVG or anything that a browser runs. */
struct str media_type_of_file(struct str bytes, struct str declared);

#endif
