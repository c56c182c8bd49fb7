/* What the desk's page of a switch between free and paid is given. */
#ifndef ADMIN_VIEW_PAYWALL_H
#define ADMIN_VIEW_PAYWALL_H

#include "admin/view.h"

struct view_paywall_rest { struct str number, name, money, until, order_url; bool under_way; };
struct view_paywall_past { struct str when, text; bool done; };
struct view_desk_paywall {
    const struct view_desk *desk;
    struct str tier, url, error;
    int64_t n_free, n_paying, n_renewing, n_members, n_posts_locked, n_posts_public, n_prices;
    bool to_free, has_price, is_free, previewed;
    struct str f_choice, f_until, f_amount, f_currency, f_length, f_unit;
    const struct view_paywall_rest *rests; size_t n_rests;
    const struct view_paywall_past *past; size_t n_past;
};

#endif
