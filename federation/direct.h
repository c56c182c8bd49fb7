/* Notes between one of our planets and one person elsewhere: to them alone, no Public, no followers,
 * with a mention, to their own inbox (federation.md 9.8). Their documents are shown to nobody: GET
 * says 404. Whoever runs their server can read them, so nothing locked is ever in one. */
#ifndef FEDERATION_DIRECT_H
#define FEDERATION_DIRECT_H

#include "federation/remote.h"
#include "federation/say.h"
#include "node/text/markdown.h"

struct fed_direct {
    struct str id;             /* of the note */
    struct str actor_uri;      /* ours */
    struct str to_uri, to_name; /* theirs; "@name@host" */
    struct str in_reply_to;    /* NULL: none */
    struct str lang;           /* "en" */
    struct safe_html html;     /* begins with the mention */
    int64_t published;
};
/* The Create. e->to is filled here. */
void fed_out_direct(struct jw *w, struct fed_out_envelope *e, const struct fed_direct *d);

/* Says it as the planet. Inside a transaction. id: of the note, 0: a new one; ret_uri (NULL allowed):
 * its address, STR_NULL when nothing was sent. Nothing is sent, and OK, when they have no inbox, are gone, or their host is suspended. */
MUST_USE enum err fed_direct_say(struct cx *cx, int64_t planet_id, const struct fed_actor *to,
                                 struct str in_reply_to, struct str lang, struct safe_html html,
                                 int64_t id, struct str *ret_uri);

/* A note that was sent to one of our planets and to nobody else: codes for linking, STOP, and what
 * remains, which goes to the mailbox (an Update changes what lies there). Handled: nobody else need look at it. */
struct fed_in;
MUST_USE enum err fed_in_direct(struct cx *cx, const struct fed_in *in, bool *ret_handled);
/* They are gone: the link and what they wrote, too. Joins the caller's transaction. */
MUST_USE enum err fed_direct_actor_gone(struct cx *cx, int64_t actor_id);

/* Jobs: fed.notice (subject: a post that was published) sees that a digest comes; fed.digest
 * (subject: a planet) tells those members who want it, at most once an hour. */
struct job;
enum job_verdict fed_notice(struct cx *cx, const struct job *job);
enum job_verdict fed_digest(struct cx *cx, const struct job *job);

#endif
