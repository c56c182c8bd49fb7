/* From the name that people know to the id that servers use: WebFinger as a client (RFC 7033). */
#ifndef FEDERATION_FINGER_H
#define FEDERATION_FINGER_H

#include "node/cx.h"

/* "@user@host", "user@host", "acct:user@host" taken apart: the host in lower case and punycode. False
 * for anything else. */
bool fed_handle_parse(struct arena *a, struct str text, struct str *ret_user, struct str *ret_host);

/* The id behind a handle, as its host's WebFinger tells; an address is given back as it is. Nothing of
 * it is believed yet: fetch it (fed_object_get, fed_actor_get), which ask the id's own host. Jobs only:
 * waits for the network, ten seconds at most. INVALID: neither a handle nor an address; NOT_FOUND,
 * GONE: there is nobody of that name; UPSTREAM, TIMEOUT, BUSY: try again. */
MUST_USE enum err fed_finger(struct cx *cx, struct str name, struct str *ret_id);

#endif
