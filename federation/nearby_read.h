/* Inside federation/: what a planet nearby says of itself, read from its documents. Strangers wrote them; what
 * comes out is plain text, cut short, and addresses on the host of whom they are about. No network, no
 * store. Texts live in the arena or are views into the documents. */
#ifndef FEDERATION_NEARBY_READ_H
#define FEDERATION_NEARBY_READ_H

#include "node/base/json.h"
#include "node/cx.h"

enum { FED_FACE_ITEMS = 20, FED_LINE_CHARS = 140 };

/* One actor as it was found. */
struct fed_face {
    struct str uri, host, handle, name, line, url, icon_url, endorsements;
    struct str teaser, teaser_url;
    int64_t teaser_at;
    bool refused, moved;
    const struct str *links; /* whom it recommends; of ours known at once */
    size_t n_links;
};

/* An actor's document; everything but its words and links. ERR_INVALID: not an actor. */
MUST_USE enum err fed_face_read(struct cx *cx, const json_t *doc, struct fed_face *ret);
/* One object that it may have made: taken as its newest words if it is public, its own, no answer, without a
 * warning, and newer than what is there. activity may be NULL. */
void fed_face_consider(struct cx *cx, struct fed_face *f, const json_t *object, const json_t *activity);
/* The first items of a collection or page. Where nothing was to be had of them: the first that is only
 * named, to be fetched; else STR_NULL. */
struct str fed_face_items(struct cx *cx, struct fed_face *f, const json_t *page);
/* Whom a page of its endorsements names, at most FED_ENDORSE_READ. */
void fed_face_links(struct cx *cx, struct fed_face *f, const json_t *page);

#endif
