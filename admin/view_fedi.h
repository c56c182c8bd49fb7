/* What the pages of the federation room (admin/html/desk_fedi_*.html) are given. */
#ifndef ADMIN_VIEW_FEDI_H
#define ADMIN_VIEW_FEDI_H

#include "admin/view.h"
#include "admin/view_fedi_blocks.h"
#include "admin/view_member.h"
#include "admin/view_bills.h"
#include "admin/view_money.h"
#include "admin/view_prices.h"
#include "admin/view_moves.h"
#include "admin/view_pay.h"
#include "admin/view_paywall.h"
#include "admin/view_transfers.h"
#include "admin/view_refunds.h"

/* A sub-tab stands in the row when its page has a line in the table of desk_fedi.c. */
enum fedi_tab {
    FEDI_OVERVIEW, FEDI_FOLLOWERS, FEDI_TALK, FEDI_MESSAGES, FEDI_DELIVERY, FEDI_BLOCKS, FEDI_REPORTS, FEDI_MOVING,
    FEDI_NEIGHBOURS, FEDI_SETTINGS
};

struct view_fedi_link { struct str url, label; int64_t n; bool here; }; /* n: what waits there */

/* Head of every page of the room. */
struct view_fedi {
    const struct view_desk *desk;
    const struct view_fedi_link *links; size_t n_links;
    struct str base;                    /* "/desk/tea/fediverse" */
    struct str handle;                  /* "@tea@example.org": how it is found */
};

struct view_fedi_server { struct str host, url; int64_t n, of_most; }; /* of_most: percent of the most */

/* Something that came from elsewhere. */
struct view_fedi_came {
    int64_t id, actor_id;
    struct view_person who;
    struct str what;                    /* "likes", the whole sentence without the name */
    struct str title, url;              /* the post; NULL: a follow */
    struct str when, when_iso;
    struct str state;                   /* of a comment: shown, held, hidden; else empty */
    struct str warning;
    struct safe_html html;
};

/* A line of counts over some weeks, oldest first, drawn by us. */
struct view_fedi_line { struct str points, from, to, low, high; };

/* Where something that was said stands. */
struct view_fedi_said {
    int64_t id;
    struct str what, title, url;        /* url: all of it, server by server */
    struct str when;
    struct str told;                    /* "Delivered to 3 servers" */
    struct str waits, lost;             /* NULL: nothing */
};

struct view_fedi_mail {                 /* one talk in the list */
    int64_t actor_id, n_unread;
    struct view_person person;
    struct str when, when_iso, last;    /* last: its beginning, as plain text */
    bool ours;
};
struct view_fedi_mails {
    const struct view_fedi *f;
    const struct view_fedi_mail *talks; size_t n_talks;
    struct str older_url;
};
struct view_fedi_letter { struct str author, when, when_iso; struct safe_html html; bool ours; };
struct view_fedi_correspondence {
    const struct view_fedi *f;
    int64_t actor_id, form_id;
    struct view_person person;
    const struct view_fedi_letter *letters; size_t n_letters; /* the oldest first */
    struct str older_url, text, error;
    bool answerable;
};

struct view_fedi_overview {
    const struct view_fedi *f;
    const struct view_desk_number *numbers; size_t n_numbers;
    const struct view_fedi_line *line;  /* NULL: nobody ever followed */
    const struct view_desk_number *growth; size_t n_growth;
    const struct view_fedi_server *servers; size_t n_servers; /* those with the most followers */
    int64_t n_more_servers;
    const struct view_fedi_came *came; size_t n_came;
    const struct view_fedi_said *said; size_t n_said; /* the newest posts */
    struct str trouble;                 /* a sentence about servers that don't answer; NULL: none */
};

struct view_fedi_follower {
    int64_t id, actor_id;
    struct view_person who;
    struct str since, waits;            /* waits: our answer has not arrived, and why; NULL: it has */
};
struct view_fedi_followers {
    const struct view_fedi *f;
    const struct view_fedi_follower *requests; size_t n_requests;
    const struct view_fedi_follower *followers; size_t n_followers;
    const struct view_fedi_server *servers; size_t n_servers;
    struct str words, host, older_url, error;
    int64_t n_all;
    bool approves;
};

struct view_fedi_talk {
    const struct view_fedi *f;
    const struct view_fedi_link *filters; size_t n_filters;
    const struct view_fedi_came *came; size_t n_came;
    struct str filter;                  /* held, shown, hidden, marks */
    struct str older_url, error;
};

struct view_fedi_delivery_row {
    int64_t id;
    struct str host, what, when, error, state, next;
    int64_t tries;
    bool resting, host_url;             /* host_url: the viewer may look at the whole host */
};
struct view_fedi_host {
    struct str host, url, success, oldest, until, error;
    int64_t queued, resting;
    bool dead, open, failing;
};
struct view_fedi_delivery {
    const struct view_fedi *f;
    const struct view_desk_number *numbers; size_t n_numbers;
    const struct view_fedi_said *posts; size_t n_posts;
    const struct view_fedi_said *deletes; size_t n_deletes;   /* on their way */
    const struct view_fedi_said *answers; size_t n_answers;   /* Accepts and Rejects that did not arrive */
    const struct view_fedi_delivery_row *resting; size_t n_resting;
    const struct view_fedi_host *hosts; size_t n_hosts;
    const struct view_fedi_link *filters; size_t n_filters;   /* which hosts */
    struct str older_resting_url, more_hosts_url;
    bool of_node;                       /* hosts are shown: the node's owner looks */
};
/* One thing that was said, or one host: what of it is not done. */
struct view_fedi_deliveries {
    const struct view_fedi *f;
    struct str title, back, post_url;   /* post_url NULL: none */
    const struct view_fedi_said *said; size_t n_said;
    const struct view_fedi_host *host;  /* NULL: of a thing */
    const struct view_fedi_delivery_row *rows; size_t n_rows;
    struct str older_url, action;       /* where the forms of a host go */
};

/* Secure mode and keys: the node's, for its owner. */
struct view_fedi_wire {
    const struct view_fedi *f;
    bool secure, changing; /* changing: new keys are on their way */
    struct str keys;       /* how the keys are, in a sentence */
};

/* Each section of the settings is a template and a form of its own, so that they are saved apart. */
struct view_fedi_settings {
    const struct view_fedi *f;
    struct str comments;                /* shown, first, held, off */
    bool approves;
    struct str error;
    struct str quotes;                  /* "everybody", "followers", "nobody" */
    const struct view_fedi_wire *wire;  /* NULL: not the node's owner */
};

struct view_endorsement {
    int64_t id;
    struct str name, handle, url;
    struct str state;                   /* what is the matter with it; NULL: nothing */
    struct view_avatar avatar;
};
struct view_fedi_nearby {
    const struct view_fedi *f;
    struct str error, who;
    const struct view_endorsement *endorsed; size_t n_endorsed;
    const struct view_neighbour *near; size_t n_near;
    int64_t n_second, n_hidden;
    bool shown;
};

#endif
