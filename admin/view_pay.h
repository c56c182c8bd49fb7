/* What the pages of payment providers are given (/desk/:planet/money/providers). */
#ifndef ADMIN_VIEW_PAY_H
#define ADMIN_VIEW_PAY_H

#include "admin/view_money.h"

struct view_desk_rail_line { struct str name, label, title, state, error; bool live; };
struct view_desk_rails {
    const struct view_money *m;
    const struct view_desk_rail_line *rails; size_t n_rails;
    bool pretends;                      /* the practice till is there, too (--dev) */
};

struct view_desk_field {
    struct str name, label, help, value, hint; /* hint: "…4242", of a secret that is there */
    bool secret, needed, lines, is_switch, on, picture; /* picture: value is where to see it */
};
struct view_desk_right { struct str name, why; bool ok, needed; };
struct view_desk_rail {
    const struct view_money *m;
    struct str name, label, title, about, hook_url, merchant, error, last_error, tested;
    struct str state;                   /* none, draft, on, off */
    bool live, tested_once, has_secrets, has_pictures;
    const struct view_desk_field *fields; size_t n_fields;
    const struct view_desk_right *rights; size_t n_rights;
};

#endif
