/* Passwords: rules and the paced hashing. Shared by account_set_password and login_password.
 */
#ifndef NODE_PEOPLE_PASSWORD_H
#define NODE_PEOPLE_PASSWORD_H

#include "node/cx.h"

/* NFKC, so that the same keys on another keyboard give the same bytes. ERR_INVALID: not UTF-8. */
MUST_USE enum err password_normalize(struct cx *cx, struct str password, struct str *ret);
/* Long enough, not too long, not one of those that everybody tries. Tells what is wrong. */
MUST_USE enum err password_check(struct cx *cx, struct str normalized, struct str mail);
/* Hashing takes 19 MiB and tens of milliseconds: as many run at once as server->hashing admits, and
 * the rest hear ERR_BUSY. Outside of transactions. encoded NULL: wastes the time of a verification
 * and says no. */
MUST_USE enum err password_hash(struct cx *cx, struct str normalized, struct str *ret_encoded);
MUST_USE enum err password_verify(struct cx *cx, struct str encoded, struct str normalized,
                                  bool *ret);

#endif
