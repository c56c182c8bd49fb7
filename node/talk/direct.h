/* Private messages between a planet and people elsewhere: the planet's mailbox. Its owner and
 * partners read it (planet_may_manage), nobody else; nothing of it is ever public. Federation brings
 * what comes and sends what is written. */
#ifndef NODE_TALK_DIRECT_H
#define NODE_TALK_DIRECT_H

#include "node/cx.h"

enum {
    DIRECT_CHARS_MAX = 5000,
    DIRECT_OF_ACTOR_AN_HOUR = 20,
    DIRECT_OF_ACTOR_MAX = 500, /* kept of one person; older ones go */
    DIRECT_UNREAD_MAX = 1000   /* of a planet: then nothing more is taken in */
};

/* What somebody wrote to a planet. An id that is there already stays as it is. RATE_LIMITED: too
 * many; nothing is kept. told: the owner gets a notice. Opens a transaction. */
MUST_USE enum err direct_receive(struct cx *cx, int64_t planet_id, int64_t actor_id, struct str uri,
                                 struct safe_html html, int64_t at, bool told, struct str from_name,
                                 struct str from_url);
/* They took it back, or changed it. Only their own. Unknown ids: nothing happens. Opens a
 * transaction. */
MUST_USE enum err direct_retract(struct cx *cx, int64_t actor_id, struct str uri);
MUST_USE enum err direct_change(struct cx *cx, int64_t actor_id, struct str uri,
                                struct safe_html html);
/* All of one person, who is gone. Joins the caller's transaction. */
MUST_USE enum err direct_actor_gone(struct cx *cx, int64_t actor_id);

/* Those with whom there was talk, the last word first. */
struct direct_talk {
    int64_t actor_id, last_id, at, n_unread;
    struct str name, username, host, url, icon_url; /* url, icon_url may be NULL */
    struct safe_html last;                          /* the last word */
    bool ours;                                      /* we had it */
};
MUST_USE enum err direct_talks(struct cx *cx, int64_t planet_id, int64_t before_id, int limit,
                               struct direct_talk **ret, size_t *ret_n);
/* The one with this person. NOT_FOUND: there was none. */
MUST_USE enum err direct_talk_with(struct cx *cx, int64_t planet_id, int64_t actor_id,
                                   struct direct_talk *ret);
MUST_USE enum err direct_count_unread(struct cx *cx, int64_t planet_id, int64_t *ret);

/* One talk, the newest first. */
struct direct_note {
    int64_t id, account_id /* DB_NULL: they wrote it */, created_at, read_at;
    struct str uri, author;  /* author: the name of who of us wrote it */
    struct safe_html html;
};
MUST_USE enum err direct_notes(struct cx *cx, int64_t planet_id, int64_t actor_id, int64_t before_id,
                               int limit, struct direct_note **ret, size_t *ret_n);
MUST_USE enum err direct_mark_read(struct cx *cx, int64_t planet_id, int64_t actor_id);
/* The whole talk goes from here (not from there). */
MUST_USE enum err direct_forget(struct cx *cx, int64_t planet_id, int64_t actor_id);

/* Is there one of this id? */
MUST_USE enum err direct_is_known(struct cx *cx, struct str uri, bool *ret);
/* Ours, as federation sent it. Joins the caller's transaction. */
MUST_USE enum err direct_put(struct cx *cx, int64_t id, int64_t planet_id, int64_t actor_id,
                             struct str uri, struct safe_html html);
/* The id of the last note that they wrote to this planet, for an answer. NULL: none. */
MUST_USE enum err direct_last_of(struct cx *cx, int64_t planet_id, int64_t actor_id,
                                 struct str *ret_uri);

#endif
