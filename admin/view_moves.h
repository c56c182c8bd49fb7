/* What the pages about reports and moving are given. */
#ifndef ADMIN_VIEW_MOVES_H
#define ADMIN_VIEW_MOVES_H

#include "admin/view.h"

struct view_fedi;

/* One thing that a report names: a post or comment here. */
struct view_report_item {
    struct str label, url;              /* url NULL: it is gone */
    struct safe_html html;              /* a comment's text, if the viewer may read it */
    int64_t comment_id;                 /* 0: a post */
    bool hidden;
};
struct view_report {
    int64_t id;
    struct str reason, text, note;
    struct str about, about_handle;     /* NULL: nobody in particular */
    struct str by;                      /* "mia", "somebody at far.example", "somebody" */
    struct str when, resolved, sent;    /* the last two NULL: not */
    struct str planet;                  /* of another planet of the node; NULL: of this one */
    const struct view_report_item *items; size_t n_items;
    bool open, may_send, may_block;
};
struct view_fedi_reports {
    const struct view_page *page;
    const struct view_fedi *f;          /* NULL: a moderator, who has no desk */
    struct str base;                    /* "/desk/tea/fediverse/reports" */
    const struct view_report *reports; size_t n_reports;
    struct str error, older_url;
    bool resolved;                      /* the settled ones are shown */
};

struct view_alias { struct str handle, uri, since, moved; };
struct view_gain { struct str host; int64_t n; };
struct view_fedi_moving {
    const struct view_fedi *f;
    struct str error;
    bool of_me;                         /* the author who looks, not the planet */
    struct str address;                 /* the planet's actor id: what goes into others' alias lists */
    struct str handle;                  /* "@tea@example.org" */
    const struct view_alias *aliases; size_t n_aliases;
    bool alias_checking; struct str alias_failed, alias_target; /* the last wish; sentence or NULL */
    const struct view_gain *gains; size_t n_gains;
    int64_t n_gained;
    struct str since;                   /* since when they are counted; NULL: no alias yet */
    int64_t n_expected, n_here;
    const struct str *missing; size_t n_missing; /* some of those who are not here yet */
    int64_t n_followers;
    /* away */
    bool may_move, move_checking;
    struct str moved_handle, moved_url, moved_at; /* handle NULL: lives here */
    struct str rest_until;              /* NULL: a move may begin */
    struct str move_failed, move_target;
    struct str planet_handle;           /* to be typed */
};

#endif
