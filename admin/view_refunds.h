/* What the desk's pages of refunds and orders are given. */
#ifndef ADMIN_VIEW_REFUNDS_H
#define ADMIN_VIEW_REFUNDS_H

#include "admin/view_money.h"

struct view_desk_refund {
    int64_t id;
    struct str money, who, what, number, kind, state, when, asked, said, why, order_url, member_url;
    struct str fee;                     /* what the provider keeps; NULL: not known */
    bool requested, failed, sent, good, by_rail;
};
struct view_desk_refunds {
    const struct view_money *m;
    const struct view_desk_refund *refunds; size_t n_refunds;
    struct str older_url, error;
    bool all;
    int64_t post_hours;
};

struct view_desk_order_event { struct str when, text, detail; };
struct view_desk_order {
    const struct view_money *m;
    struct str number, what, kind, state, total, refunded, rail, ordered, paid, who, member_url, error;
    struct str left, left_decimal, fee, credit;
    const struct view_desk_order_event *events; size_t n_events;
    const struct view_desk_refund *refunds; size_t n_refunds;
    struct str f_amount, f_words;
    bool good, bad, can_refund, by_rail, ends, renews, disputed, waits;
};

#endif
