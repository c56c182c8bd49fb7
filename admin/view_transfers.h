/* What the page of transfers (admin/html/desk_transfers.html) is given. */
#ifndef ADMIN_VIEW_TRANSFERS_H
#define ADMIN_VIEW_TRANSFERS_H

#include "admin/view_money.h"

struct view_desk_transfer {
    struct str number, memo, who, who_url, what, money, when, payer, bank_ref, picture_url, reason, state, tray_url;
    struct str same_picture, same_ref;  /* numbers of other orders; NULL: none */
    bool used_before;                   /* one of those is confirmed: only "all the same" */
    bool open;                          /* may be decided */
    bool opened;                        /* reads already */
};
struct view_desk_transfers {
    const struct view_money *m;
    struct str action, which, q, next_url, error; /* which: sent, waiting, done; STR_NULL: q says */
    int64_t n_sent, n_waiting;
    bool connected;                     /* there is an account to send to */
    const struct view_desk_transfer *rows; size_t n_rows;
    int64_t confirmed, rejected, tray, left; /* of the decision just made */
    struct str left_why;                /* why one was left; NULL */
};

#endif
