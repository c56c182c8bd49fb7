/* The door of federation/: what web, admin and the wiring may use.
 *
 * federation/ turns public views of planets, posts and comments into ActivityPub and back; see
 * docs/FEDERATION.md for what is spoken. It is handed struct public_post alone (D-1), so a locked
 * body cannot reach another server: it is not there to be sent.
 *
 * The owner's room uses admit.h, followers.h, delivery.h and room.h beside this one, too.
 *
 *     node_open(server, dir, &node);  fetcher_start(…);
 *     fed_start(cx, node);                 serving processes only; before jobs and http
 *     …
 *     http_stop(); jobs_stop(); fetcher_stop(); fed_stop(node); node_close(node); */
#ifndef FEDERATION_FEDERATION_H
#define FEDERATION_FEDERATION_H

#include "node/cx.h"
#include "node/event.h"
#include "node/http/http.h"

/* Opens node->fed, the memory that serves a node (signers, keys of peers, bodies under way, health
 * of hosts; any thread), and calls fed_setup. */
MUST_USE enum err fed_start(struct cx *cx, struct node *node);
/* Writes down what is known of hosts and frees it. Nothing may be under way. */
void fed_stop(struct node *node);
/* Makes what is missing: the instance actor, an actor of each planet and of each account that may
 * write, each with sealed keys (RSA 2048, Ed25519). Idempotent, fast
 * when nothing is missing. Call it at init and at start; planets made later get theirs by the job
 * that EV_PLANET_CHANGED wakes, or when somebody asks. Outside transactions. */
MUST_USE enum err fed_setup(struct cx *cx);

/* The node is being deleted: queue a Delete of every planet and author to everybody we know of. May be
 * called again after a crash: nobody is told twice. Outside of transactions. */
MUST_USE enum err fed_leave(struct cx *cx);
/* Deliveries that are still to be made. */
MUST_USE enum err fed_leave_pending(struct cx *cx, int64_t *ret);

/* A Tombstone for any address of a node that is gone (hooks.gone_document). */
void fed_gone_document(struct buf *out, struct str url);
#define FED_GONE_TYPE "application/activity+json; charset=utf-8"

/* Routes: actors, objects, collections, inboxes, well-known documents. */
extern const struct route_table fed_routes;

/* Job rows: fed.fanout, fed.comment, fed.planet, fed.account, fed.deliver, fed.receive, fed.check,
 * fed.policy, fed.expire (daily). Ends with kind == NULL; node/wiring.c copies the rows. */
extern const struct job_row fed_jobs[];

/* Hooks of node/media/far.h: whether pictures of a server may be shown, and the instance actor's
 * signature under their fetch. */
struct fetch_header;
bool fed_far_may(struct cx *cx, struct str owner, struct str host);
void fed_far_sign(struct cx *cx, struct str url, const struct fetch_header **ret, size_t *ret_n);

/* For human pages, when rq->repr == REPR_ACTIVITY: the document itself. The answer to an
 * unknown or locked-away thing is an error as for the page. */
MUST_USE enum err fed_actor_reply(struct rq *rq, int64_t planet_id);
MUST_USE enum err fed_object_reply(struct rq *rq, int64_t post_id);
/* The planet's ActivityPub id, for <link rel="alternate">; made if missing. */
MUST_USE enum err fed_planet_uri(struct cx *cx, int64_t planet_id, struct str *ret);
/* The planet answers somebody who wrote to it (node/talk/direct.h), in Markdown, to them alone. form_id:
 * of the form, so that sent twice it is one. The viewer looks after the planet. Opens a transaction.
 * CONFLICT with a sentence: they never wrote, or can't be reached. */
MUST_USE enum err fed_direct_answer(struct cx *cx, int64_t planet_id, int64_t actor_id,
                                    int64_t form_id, struct str markdown);
/* People elsewhere who follow this planet. */
MUST_USE enum err fed_follower_count(struct cx *cx, int64_t planet_id, int64_t *ret);
/* Who they are, for the planet's owner only (the caller sees to that). By id, after_id exclusive. */
struct fed_follower {
    int64_t id;
    struct str uri, handle; /* "@user@host" */
    int64_t since;
};
MUST_USE enum err fed_follower_list(struct cx *cx, int64_t planet_id, int64_t after_id,
                                    int64_t n_max, struct fed_follower **ret, size_t *ret_n);
/* End it, and tell their server. NOT_FOUND: they don't follow. Opens a transaction. */
MUST_USE enum err fed_follower_remove(struct cx *cx, int64_t planet_id, struct str actor_uri);

#endif
