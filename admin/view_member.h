/* What the desk's page of one member is given. */
#ifndef ADMIN_VIEW_MEMBER_H
#define ADMIN_VIEW_MEMBER_H

#include "admin/view.h"

struct view_file_grant {
    int64_t id;
    struct str tier, kind, since, until; /* until NULL: for ever */
    struct str last;                     /* "2027-12-31", as a form wants it; empty: for ever */
    bool live, suspended, later;
};
struct view_file_line {
    struct str when, text, until, words, by, money, url;
    bool is_note, bad;
};
struct view_desk_file {
    const struct view_desk *desk;
    struct view_person person;
    int64_t account_id;
    struct str mail, role, url, credit, error;
    enum role has;                      /* their role */
    const struct view_file_grant *grants; size_t n_grants;
    const struct view_file_line *history; size_t n_history;
    const struct view_tier *tiers; size_t n_tiers;
    bool owner, is_owner, flagged;      /* owner: who looks; is_owner: who is looked at */
};

#endif
