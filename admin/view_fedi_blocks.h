/* What the page Blocks of the federation room and those behind it are given. */
#ifndef ADMIN_VIEW_FEDI_BLOCKS_H
#define ADMIN_VIEW_FEDI_BLOCKS_H

#include "admin/view.h"

struct view_fedi;

struct view_block_person {
    int64_t actor_id;
    struct str handle, name, url, note, since;
    bool blocked;                       /* else muted */
};
struct view_block_server {
    struct str host, host_url, label, flags, public_comment, private_comment, since; /* host_url: for a query */
    bool allow, suspended;
};
/* The form of a rule, filled in. */
struct view_block_form {
    struct str host, rule, public_comment, private_comment; /* rule: suspend, silence, none, allow */
    bool reject_media, reject_reports, obfuscate, known; /* known: it stands already */
};
struct view_blocks {
    const struct view_fedi *f;
    struct str error;
    const struct view_block_person *people; size_t n_people;
    struct str more_people_url, who, note;
    bool node_owner;                    /* the rest is the node's */
    const struct view_block_server *servers; size_t n_servers;
    struct str more_url, search;
    int64_t n_blocks, n_allows;
    bool allow_mode;
    struct view_block_form form;
};

struct view_block_loss { struct str host; int64_t followers, comments; };
struct view_block_effect {
    int64_t followers_lost, followers_back, comments_hidden, members_cut;
    const struct view_block_loss *hosts; size_t n_hosts;
};
/* Are you sure: a suspension, or the switch to the allow list. */
struct view_block_sure {
    const struct view_fedi *f;
    struct str error;
    struct str word;                    /* what must be typed: the host, or "allow" */
    bool to_allow_mode;
    struct view_block_form form;
    struct view_block_effect effect;
};
struct view_block_step { struct str what, host, was, becomes; bool harder; };
struct view_block_import {
    const struct view_fedi *f;
    int64_t n_add, n_change, n_remove, n_same, n_skipped;
    const struct view_block_step *steps; size_t n_steps; /* the first some hundred */
    int64_t n_more_steps;
    const struct str *skipped; size_t n_skipped_shown;
    struct view_block_effect effect;
    struct str list, kind;              /* what is sent back to be applied */
    bool replace;
};

#endif
