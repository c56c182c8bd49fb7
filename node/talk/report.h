/* Reports (举报): somebody here or on another server says that something is not in order, and those
 * who look after the planet decide. One queue for both.
 *
 * Who reported is told to those who decide, and never to whom it is about: to them by_name is empty
 * even if they look after the planet. Of reports from elsewhere the server alone is shown. A report
 * of a planet is seen by its owner, partners and moderators, and by the node's owner; one of no
 * planet (planet_id 0) by the node's owner. Results live in the cx's arena. */
#ifndef NODE_TALK_REPORT_H
#define NODE_TALK_REPORT_H

#include "node/cx.h"

enum { REPORT_TEXT_MAX = 2000, REPORT_NOTE_MAX = 2000, REPORT_ITEMS_MAX = 20 };

struct report_item {
    int64_t post_id, comment_id; /* comment_id 0: the post itself */
};

struct report {
    int64_t id, planet_id;
    struct str planet_handle;          /* STR_NULL: of no planet */
    bool from_elsewhere;
    struct str by_name;                /* somebody here; empty: not for the viewer to know */
    struct str by_host;                /* from elsewhere */
    int64_t about_account_id, about_actor_id; /* DB_NULL: none; of an actor of ours both may be set */
    struct str about_name, about_handle; /* "@user" or "@user@host"; STR_NULL: nobody in particular */
    bool about_remote;                 /* about somebody elsewhere: it can be sent on */
    struct str reason, text;           /* reason: spam, abuse, illegal, other */
    bool open;
    struct str note;
    int64_t created_at, resolved_at, sent_at; /* DB_NULL: not */
    struct str resolved_by;            /* a name */
    struct report_item *items; size_t n_items;
};

/* By the viewer, of a post (comment_id 0) or of a comment under it that they can see. Said again while
 * it is open, it is the same report. Fails UNAUTHENTICATED, NOT_FOUND, INVALID (one's own; text),
 * RATE_LIMITED. Those who decide get a notice. Not inside a transaction. */
MUST_USE enum err report_create(struct cx *cx, int64_t post_id, int64_t comment_id,
                                struct str reason, struct str text, int64_t *ret_id);

/* From another server; who sent it was checked by the caller. One report a planet that its things stand
 * on; without things, of planet_id. Idempotent by uri. Opens a transaction. */
struct report_flag {
    struct str uri, host, text;        /* text: plain, is cut */
    struct str house;                  /* the domain that the host is of: so many of it may wait */
    int64_t actor_id;                  /* who sent it */
    int64_t planet_id;                 /* 0: of no planet */
    int64_t about_account_id, about_actor_id; /* DB_NULL */
    const struct report_item *items; size_t n_items;
    bool quiet;                        /* nobody gets a notice of it (a silenced server) */
};
MUST_USE enum err report_take(struct cx *cx, const struct report_flag *flag);

/* The rest is for those who decide: FORBIDDEN for others. viewer 0 is the program itself.
 * Newest first; before_id 0: from the newest; planet_id 0: of all, for the node's owner. */
MUST_USE enum err report_list(struct cx *cx, int64_t planet_id, bool open, int64_t before_id,
                              int limit, struct report **ret, size_t *ret_n);
MUST_USE enum err report_by_id(struct cx *cx, int64_t id, struct report *ret);
MUST_USE enum err report_count_open(struct cx *cx, int64_t planet_id, int64_t *ret);
/* May the viewer decide about this planet's reports (0: the node's)? */
MUST_USE enum err report_may_decide(struct cx *cx, int64_t planet_id);
/* Settled, with a note (may be empty: the old one stays); or open again. Each leaves an audit row. */
MUST_USE enum err report_resolve(struct cx *cx, int64_t id, struct str note);
MUST_USE enum err report_reopen(struct cx *cx, int64_t id);
MUST_USE enum err report_note(struct cx *cx, int64_t id, struct str note);
/* Hide the comment of it, or show it again, if the viewer moderates there. */
MUST_USE enum err report_hide(struct cx *cx, int64_t id, int64_t comment_id, bool hide);
/* It was passed on to the author's server. In the caller's transaction. */
MUST_USE enum err report_mark_sent(struct cx *cx, int64_t id);

#endif
