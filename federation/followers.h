/* The people elsewhere who follow a planet: who they are, and the verbs about them. For its owner and
 * partners (and the program): FORBIDDEN else. Results live in the cx's arena. */
#ifndef FEDERATION_FOLLOWERS_H
#define FEDERATION_FOLLOWERS_H

#include "node/cx.h"

struct fed_follow {
    int64_t id, actor_id;
    struct str uri, handle;       /* "@user@host" */
    struct str name, host;
    struct str url, icon_url;     /* NULL: none; they lead to their server */
    int64_t since;                /* when it was accepted; of requests: when it came */
    bool answer_waits;            /* our Accept has not arrived yet */
    struct str answer_error;      /* why not, as far as that is known; NULL */
};
struct fed_follow_query {
    bool requests;                /* those that wait for a decision, instead */
    struct str host, words;       /* empty: all; words: part of a name, username or host */
    int64_t before_id;            /* 0: from the newest */
    int n_max;
};
MUST_USE enum err fed_follow_find(struct cx *cx, int64_t planet_id, const struct fed_follow_query *q,
                                  struct fed_follow **ret, size_t *ret_n);
/* Requests that wait; at most max. */
MUST_USE enum err fed_follow_requests(struct cx *cx, int64_t planet_id, int max, int64_t *ret);
/* A request accepted, or declined and forgotten; their server is told. NOT_FOUND: none such. Opens a
 * transaction. */
MUST_USE enum err fed_follow_decide(struct cx *cx, int64_t planet_id, int64_t follow_id, bool yes);
/* End one, or decline it; their server is told. NOT_FOUND as above. Opens a transaction. */
MUST_USE enum err fed_follow_end(struct cx *cx, int64_t planet_id, int64_t follow_id);

/* The follow, or the request, of "@ann@far.example" or their address. NOT_FOUND. */
MUST_USE enum err fed_follow_of(struct cx *cx, int64_t planet_id, struct str who, int64_t *ret_id);

/* Servers by how many follow from there, all of them. */
struct fed_follow_host { struct str host; int64_t n; };
MUST_USE enum err fed_follow_hosts(struct cx *cx, int64_t planet_id, struct fed_follow_host **ret,
                                   size_t *ret_n);

/* Followers at the end of each of the last n_days days, oldest first; the last is today, now. */
MUST_USE enum err fed_follow_days(struct cx *cx, int64_t planet_id, int n_days, int64_t **ret);
/* Inside the transaction that changed them: n more (or fewer) followers of this actor of ours. */
MUST_USE enum err fed_follow_count(struct cx *cx, int64_t target_id, int64_t n);
/* Inside a transaction: they follow no more, or ask no more, and said so themselves. */
MUST_USE enum err fed_follow_gone(struct cx *cx, int64_t actor_id, int64_t target_id);
/* Daily: counts anew. Inside a transaction. */
MUST_USE enum err fed_follow_count_all(struct cx *cx);

#endif
