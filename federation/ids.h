/* One spelling of an address (federation.md 3.11): scheme and host in lower case (a name beyond ASCII
 * in punycode), no port that the scheme has anyway. Nothing else is changed: an id is a string, and
 * ids are equal when their bytes are. So what comes in is spelled so once, at the door, and nobody
 * behind it has to think of it. */
#ifndef FEDERATION_IDS_H
#define FEDERATION_IDS_H

#include <jansson.h>

#include "node/base/str.h"

struct arena;

/* The same if it is so already, or no address at all. */
struct str fed_id_spell(struct arena *a, struct str id);
/* All ids of a document, in place: strings under the names that hold ids, wherever they stand. Texts
 * are left alone. Not on what a proof is still to be checked of. */
void fed_ids_spell(struct arena *a, json_t *j);

#endif
