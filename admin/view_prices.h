/* What the desk's pages about prices in force are given. */
#ifndef ADMIN_VIEW_PRICES_H
#define ADMIN_VIEW_PRICES_H

#include "admin/view.h"

struct view_price_row { int64_t id; struct str tier, money, term; };
struct view_move_row { int64_t id; struct str from, to, tier, when; bool open, stopped; };
struct view_desk_prices {
    const struct view_desk *desk;
    struct str error;
    const struct view_price_row *old; size_t n_old;     /* no longer offered, still paid */
    const struct view_move_row *moves; size_t n_moves;
    int64_t grace;
    struct str zone;
    bool owns;                          /* the owner; partners look */
};
struct view_desk_price {
    const struct view_desk *desk;
    struct str error;
    struct view_price_row price;
    struct str currency, amount;
    int64_t n, n_renewing, n_cancelled, n_lapsed;
    bool offered, owns;
    const struct view_price_row *to; size_t n_to;       /* where its payers may be moved */
    bool looks;                                         /* before it is confirmed, what a move would do: */
    int64_t to_id, days, n_moves, n_asks, n_ends, n_by_hand;
    struct str to_what, when;
};

#endif
