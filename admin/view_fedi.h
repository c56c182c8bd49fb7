/* What the pages of the federation room (admin/html/desk_fedi_*.html) are given. */
#ifndef ADMIN_VIEW_FEDI_H
#define ADMIN_VIEW_FEDI_H

#include "admin/view.h"
#include "admin/view_fedi_blocks.h"
#include "admin/view_moves.h"

/* A sub-tab stands in the row when its page has a line in the table of desk_fedi.c. */
enum fedi_tab {
    FEDI_OVERVIEW, FEDI_FOLLOWERS, FEDI_TALK, FEDI_DELIVERY, FEDI_BLOCKS, FEDI_REPORTS, FEDI_MOVING,
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

struct view_fedi_server { struct str host, note; int64_t n; };
struct view_fedi_overview {
    const struct view_fedi *f;
    const struct view_desk_number *numbers; size_t n_numbers;
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
