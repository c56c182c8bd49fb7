/* Quotes of ours by people elsewhere (FEP-044f; federation.md 3c). Asked for by a QuoteRequest or not,
 * they are kept as comments that stand in no thread (node/talk/comment.h); what is granted is in
 * node/talk/quote.h and answers at /ap/q/<id>. */
#ifndef FEDERATION_QUOTE_H
#define FEDERATION_QUOTE_H

#include "federation/receive.h"
#include "node/talk/quote.h"

/* One of our things, and who decides about it. */
struct fed_quoted {
    struct fed_target target;
    struct str uri;
    int64_t planet_id;
    struct fed_local owner; /* who said it: the planet's voice, or whoever wrote the comment */
};
/* found false: it is not ours, or not said to other servers. */
MUST_USE enum err fed_quoted_find(struct cx *cx, struct str uri, bool *ret_found,
                                  struct fed_quoted *ret);
/* The first thing of ours that a note quotes. */
MUST_USE enum err fed_quoted_by(struct cx *cx, const json_t *note, bool *ret_found,
                                struct fed_quoted *ret);
/* By the planet's rule, and by who is blocked. */
MUST_USE enum err fed_quote_may(struct cx *cx, const struct fed_quoted *q, int64_t actor_id,
                                bool *ret);
/* A public note that quotes us becomes a quote under the post. note: trusted. */
MUST_USE enum err fed_quote_take(struct cx *cx, const struct fed_in *in, const struct fed_quoted *q,
                                 json_t *note);
/* A quote was changed here: hidden or deleted by a moderator, it loses its grant. ret_is_quote false:
 * the comment is none. */
MUST_USE enum err fed_quote_settle(struct cx *cx, int64_t comment_id, bool *ret_is_quote);
/* Withdraw these: the documents answer 410, and whoever quotes is told. Opens a transaction. */
MUST_USE enum err fed_quotes_revoke(struct cx *cx, const struct quote_grant *grants, size_t n);
/* Of everything that this person quotes: they are blocked. */
MUST_USE enum err fed_quotes_revoke_actor(struct cx *cx, int64_t actor_id);

#endif
