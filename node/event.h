/* D-2: a change emits an event; the wiring table says which jobs follow; their rows are written in
 * the change's own transaction. So a crash loses nothing and arrows stay one-way. */
#ifndef NODE_EVENT_H
#define NODE_EVENT_H

#include "node/cx.h"

struct job;

enum event {
    EV_NONE = 0,
    EV_PLANET_CHANGED,     /* subject: planet */
    EV_POST_PUBLISHED,     /* subject: post */
    EV_POST_UPDATED,       /* data: its AP object id */
    EV_POST_DELETED,       /* also unpublished; data: the AP object id that dies */
    EV_COMMENT_CREATED,    /* subject: comment */
    EV_COMMENT_UPDATED,
    EV_COMMENT_DELETED,
    EV_REACTION_CHANGED,   /* subject: post */
    EV_MENTIONED,          /* subject: comment; data: account id */
    EV_FOLLOW_RECEIVED,    /* subject: follow row */
    EV_FOLLOW_ENDED,       /* subject: one of the two actors, or 0; there are fewer followers */
    EV_GRANT_CHANGED,      /* subject: account */
    EV_LOGIN_MAIL,         /* subject: login token row; data: sealed payload */
    EV_MEDIA_DELETED,      /* subject: media */
    EV_PROFILE_CHANGED,    /* subject: account */
    EV_ACTOR_MOVED,        /* subject: an actor elsewhere; data: the id that it has now. Who linked it
                              to an account here has to be asked before anything follows */
    EV_POST_BODY_CHANGED,  /* subject: post; the locked text, its price or gate: pages change, other
                              servers learn nothing */
    EV_POST_PINNED,        /* subject: post; or it is no longer */
    EV_COUNT
};

enum { WIRING_MAX_JOBS = 6 };

struct event_row {
    enum event event;
    bool drops_cache;                       /* does an anonymous page change? */
    const char *jobs[WIRING_MAX_JOBS];      /* kinds, NULL-terminated */
};

/* How a job ended. DONE forgets it; RETRY comes again after backoff; REST puts it in the tray. */
enum job_verdict { JOB_DONE, JOB_RETRY, JOB_REST, JOB_LATER /* async: job_finish comes */ };

struct job_row {
    const char *kind;                       /* "fed.fanout" */
    enum job_verdict (*run)(struct cx *cx, const struct job *job);
    int tries;                              /* then it rests in the tray; 0 = 10 */
    int max_in_flight;                      /* of a node; 0 = no limit beside the runners. Set it for LATER
                                               kinds: from 32 on it is shared by all nodes of the process */
    const int *backoff_s;                   /* table of waits, 0-terminated; NULL: the usual one */
};

/* Work that comes again and again: while the kind has no row that is due or running, one is put for the
 * next time that is this node's own (a moment of each every_s, by a hash of its host, so that those of
 * thousands of nodes don't come at once). Each wakes a sleeping node: prefer job_put with a time. */
struct cron_row {
    const char *kind;
    int every_s;
};

struct wiring {
    const struct event_row *events;         /* ends with event == EV_NONE */
    const struct job_row *const *jobs;      /* tables, each ends with kind == NULL; then NULL */
    const struct cron_row *crons;           /* ends with kind == NULL; NULL: none */
};

/* Inside a transaction only. Writes one job row per consumer: its payload is data, and its order
 * key the consumer's area and the subject ("fed:1234"), so that what one area hears of one thing
 * comes in order. A node without a server or wiring (tests) has no consumers. */
MUST_USE enum err event_emit(struct cx *cx, enum event event, int64_t subject, struct str data);

#endif
