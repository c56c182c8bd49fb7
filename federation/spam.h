/* What looks like an advertisement (federation.md 7.6): a note that is nothing but links, or that
 * calls many people by name. Only of strangers is that enough to drop it: people who have spoken
 * here before, or who follow something here, are heard. */
#ifndef FEDERATION_SPAM_H
#define FEDERATION_SPAM_H

#include "federation/admit.h"
#include "node/base/json.h"
#include "node/base/str.h"

enum { FED_MENTIONS_FEW = 8 }; /* more than these are many */

struct fed_actor;

enum fed_spam { FED_SPAM_NONE, FED_SPAM_LINKS, FED_SPAM_MENTIONS };

/* html: its text, sanitised. Any thread. */
enum fed_spam fed_spam_of(const json_t *note, struct safe_html html);
/* Of a stranger: refused. Of others, many names wait for a moderator, links alone are nothing. */
MUST_USE enum err fed_spam_weigh(struct cx *cx, int64_t post_id, const struct fed_actor *from,
                                 enum fed_spam spam, struct fed_admission *io);

#endif
