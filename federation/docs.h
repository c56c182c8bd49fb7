/* Handlers of the documents (GET). Tied to paths in routes.c. */
#ifndef FEDERATION_DOCS_H
#define FEDERATION_DOCS_H

#include "node/http/http.h"

/* The object of the path: a post, or a comment of ours that left the node. */
struct fed_thing {
    struct str uri;
    int64_t post_id, comment_id; /* comment_id DB_NULL: the post */
    int64_t n_likes, n_shares;
};
MUST_USE enum err fed_thing_of_path(struct rq *rq, struct fed_thing *ret);

enum err fed_get_instance(struct rq *rq);
enum err fed_get_instance_outbox(struct rq *rq);
enum err fed_get_actor(struct rq *rq);
enum err fed_get_outbox(struct rq *rq);
enum err fed_get_outbox_page(struct rq *rq);
enum err fed_get_followers(struct rq *rq);
enum err fed_get_following(struct rq *rq);
enum err fed_get_featured(struct rq *rq);
enum err fed_get_endorsements(struct rq *rq);
enum err fed_get_object(struct rq *rq);
enum err fed_get_replies(struct rq *rq);
enum err fed_get_replies_page(struct rq *rq);
enum err fed_get_likes(struct rq *rq);
enum err fed_get_shares(struct rq *rq);
enum err fed_get_activity(struct rq *rq);
enum err fed_get_quote(struct rq *rq);
enum err fed_get_webfinger(struct rq *rq);
enum err fed_get_host_meta(struct rq *rq);
enum err fed_get_nodeinfo_links(struct rq *rq);
enum err fed_get_nodeinfo(struct rq *rq);
enum err fed_get_interact(struct rq *rq);

#endif
