/* Quotes: who elsewhere may show our words in a note of their own (FEP-044f, federation.md 3c).
 *
 * The notes themselves are comments with is_quote (comment.h). Here is the planet's rule, and what was
 * granted: a grant is the document at /ap/q/<id>, which other servers ask for before they show the
 * quote. What is hidden or deleted here loses its grant for good. */
#ifndef NODE_TALK_QUOTE_H
#define NODE_TALK_QUOTE_H

#include "node/cx.h"

enum quote_rule { QUOTE_EVERYBODY, QUOTE_FOLLOWERS, QUOTE_NOBODY };
const char *quote_rule_word(enum quote_rule rule); /* "everybody", "followers", "nobody" */
bool quote_rule_parse(struct str word, enum quote_rule *ret);

MUST_USE enum err quote_rule_of(struct cx *cx, int64_t planet_id, enum quote_rule *ret);
/* Owner and partners. Says so in the audit, and that the planet changed. */
MUST_USE enum err quote_rule_set(struct cx *cx, int64_t planet_id, enum quote_rule rule);

struct quote_grant {
    int64_t id, post_id, actor_id; /* actor: who quotes */
    int64_t local_actor_id;        /* whose words they are */
    struct str target_uri, quote_uri;
    int64_t revoked_at;            /* DB_NULL: it holds */
};
MUST_USE enum err quote_grant_by_id(struct cx *cx, int64_t id, struct quote_grant *ret);
/* The one of this quote and target, live or not. */
MUST_USE enum err quote_grant_find(struct cx *cx, struct str quote_uri, struct str target_uri,
                                   bool *ret_found, struct quote_grant *ret);
/* Inside a transaction. Idempotent: the one that stands already, revoked or not, is given. id is for
 * a new one. */
MUST_USE enum err quote_grant_put(struct cx *cx, const struct quote_grant *grant,
                                  struct quote_grant *ret);
/* The live ones of a quoting note, of a person elsewhere. */
MUST_USE enum err quote_grants_of_note(struct cx *cx, struct str quote_uri,
                                       struct quote_grant **ret, size_t *ret_n);
MUST_USE enum err quote_grants_of_actor(struct cx *cx, int64_t actor_id, struct quote_grant **ret,
                                        size_t *ret_n);
/* Inside a transaction. */
MUST_USE enum err quote_grant_revoke(struct cx *cx, int64_t id);

#endif
