/* base58btc (draft-msporny-base58), as it stands behind the z of a multibase text. Work grows with
 * the square of the length, so texts have a limit. Any thread. */
#ifndef NODE_BASE_BASE58_H
#define NODE_BASE_BASE58_H

#include "node/base/buf.h"

/* Bytes either way: an RSA key of 8192 bits is the longest thing that anybody writes so. */
#define BASE58_MAX 1100

/* Without the z. False: a letter that is none of the 58, or more than max bytes (at most
 * BASE58_MAX). Every text has one meaning: each leading 1 is a zero byte. */
bool base58_decode(struct str s, unsigned char *ret, size_t max, size_t *ret_n);
/* False: more than BASE58_MAX bytes. */
bool base58_encode(struct buf *b, const unsigned char *p, size_t n);
/* "z…" of at most max bytes. */
bool multibase_decode(struct str s, unsigned char *ret, size_t max, size_t *ret_n);

#endif
