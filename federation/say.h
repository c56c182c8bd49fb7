/* Saying something: one activity and its deliveries, made together (federation.md 4.1, 4.7).
 *
 * What is said is a JSON text that the caller has written (out.h), under an envelope whose id is
 * that of the row. Two ways:
 *
 *     fed_say      to many: read by the page, queued in short transactions, outside of transactions;
 *                  a crash between them is made good by fed_say_resume
 *     fed_say_to   to a few, inside the caller's transaction, so that what was decided and what is
 *                  said of it are one */
#ifndef FEDERATION_SAY_H
#define FEDERATION_SAY_H

#include "federation/keys.h"
#include "federation/out.h"

/* Who may know of it, and who is sent it. */
enum fed_audience {
    FED_FOLLOWERS, /* public; to the actor's followers, and to inboxes */
    FED_KNOWN,     /* public; to every server that we know */
    FED_NAMED,     /* public; to inboxes alone */
    FED_DIRECT,    /* between us and inboxes: GET /ap/x/ID says 404 */
};

struct fed_saying {
    int64_t id;              /* the job's, so that a job that runs twice speaks once; or a new one */
    struct fed_local actor;
    const char *type;
    struct str object_uri;   /* what it is about; deliveries about one thing reach a host in order */
    struct str body;         /* written before the transaction */
    enum fed_audience audience;
    bool in_outbox;
    const struct str *inboxes; size_t n_inboxes;
    int64_t key_serial;      /* signed with this pair of the actor's (rotate.h); 0: the one in use */
    int64_t create_id;       /* Update: the Create whose text follows (4.7); else 0 */
    struct str create_body;
};

/* Its envelope: id, type, actor, now; to everybody and the followers unless the caller says else. */
struct fed_out_envelope fed_saying_envelope(struct cx *cx, const struct fed_saying *s);
/* Opens transactions. CONFLICT: it is a Create, and the object has one already. A Delete burns the id
 * of its object and takes what was said of it out of the outbox. */
MUST_USE enum err fed_say(struct cx *cx, const struct fed_saying *s);
/* Did an earlier run with this id speak already? Then what is left is queued. Opens transactions. */
MUST_USE enum err fed_say_resume(struct cx *cx, int64_t id, bool *ret_spoken);
/* Inside a transaction; FED_NAMED or FED_DIRECT only. order: what must stay in order at a host;
 * STR_NULL: object_uri. */
MUST_USE enum err fed_say_to(struct cx *cx, const struct fed_saying *s, struct str order);
/* The text of a small activity that was just written; INTERNAL when it did not fit its buffer. */
MUST_USE enum err fed_written(struct cx *cx, struct jw *w, struct buf *b, struct str *ret);

#endif
