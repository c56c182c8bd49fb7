/* What came to a planet from other servers, in one place, for its owner and partners (FORBIDDEN for
 * others). Newest first, by arrival. Results live in the cx's arena. */
#ifndef FEDERATION_ROOM_H
#define FEDERATION_ROOM_H

#include "node/cx.h"

enum fed_came_kind { FED_CAME_REPLY, FED_CAME_QUOTE, FED_CAME_LIKE, FED_CAME_BOOST, FED_CAME_FOLLOW };

struct fed_came {
    enum fed_came_kind kind;
    int64_t id;                   /* the comment's, the reaction's or the follow's */
    int64_t at;                   /* when it came */
    int64_t actor_id;
    struct str name, handle, host; /* "@ann@far.example" */
    struct str url, icon_url;     /* NULL: none */
    int64_t post_id, comment_id;  /* 0: none */
    struct str slug, title;       /* of the post; title of a note: how it begins */
    struct str state;             /* of a reply or quote: shown, held, hidden */
    struct safe_html html;        /* what it says */
    struct str warning;           /* its writer's; empty: none */
};
/* Replies and quotes in this state ("held", "shown", "hidden"). before_id exclusive, 0: from the newest. */
MUST_USE enum err fed_came_comments(struct cx *cx, int64_t planet_id, const char *state,
                                    int64_t before_id, int n_max, struct fed_came **ret, size_t *ret_n);
/* Likes and boosts. */
MUST_USE enum err fed_came_reactions(struct cx *cx, int64_t planet_id, int64_t before_id, int n_max,
                                     struct fed_came **ret, size_t *ret_n);
/* The newest of all kinds, follows too; what is hidden is left out. */
MUST_USE enum err fed_came_latest(struct cx *cx, int64_t planet_id, int n_max, struct fed_came **ret,
                                  size_t *ret_n);
/* Comments that wait; at most max. */
MUST_USE enum err fed_came_waiting(struct cx *cx, int64_t planet_id, int max, int64_t *ret);
/* The remote writer of a comment on this planet; NOT_FOUND: it is no such comment. */
MUST_USE enum err fed_came_writer(struct cx *cx, int64_t planet_id, int64_t comment_id,
                                  int64_t *ret_actor_id);

/* The planet's newest posts that other servers may know, for what was delivered of them. */
struct fed_sent_post { int64_t id, at; struct str slug, title, object_uri; };
MUST_USE enum err fed_sent_posts(struct cx *cx, int64_t planet_id, int n_max,
                                 struct fed_sent_post **ret, size_t *ret_n);

#endif
