/* How a sign-in link travels from who makes it to the job that mails it: sealed, with the language
 * of who asked. Used by login.c and login_mail.c only. */
#ifndef NODE_PEOPLE_LOGIN_SEAL_H
#define NODE_PEOPLE_LOGIN_SEAL_H

#include "node/cx.h"

struct str login_seal(struct cx *cx, struct str token); /* text for a job's payload */
MUST_USE enum err login_unseal(struct cx *cx, struct str sealed, struct str *ret_token,
                               enum locale *ret_locale);

#endif
