/* What the pages of invoices, tax and fapiao (admin/html/desk_tax.html …) are given. */
#ifndef ADMIN_VIEW_BILLS_H
#define ADMIN_VIEW_BILLS_H

#include "admin/view_money.h"

struct view_tax_sum { struct str place, rate, n, net, tax, total; };
struct view_desk_invoices {
    const struct view_money *m;
    const struct view_bill *bills; size_t n_bills;
    const struct view_tax_sum *sums; size_t n_sums;
    struct str span, older_url, error, csv_url, json_url;
};
struct view_desk_invoice { const struct view_money *m; const struct view_bill *bill; };

struct view_tax_rate { struct str country, place, name, percent; bool reverse; };
struct view_tax_unsure { struct str number, when, money, place, said, ip, card; bool contradicts; };
struct view_desk_tax {
    const struct view_money *m;
    struct str mode, error;
    struct str f_name, f_address, f_tax_id, f_note, f_prefix, next_number;
    struct view_countries countries;    /* of the seller */
    struct view_countries places;       /* of one more rate */
    bool fapiao, has_table;             /* has_table: addresses can be looked up */
    const struct view_tax_rate *rates; size_t n_rates;
    const struct view_tax_unsure *unsure; size_t n_unsure;
};

struct view_desk_fapiao {
    const struct view_money *m;
    const struct view_fapiao *all; size_t n_all;
    struct str older_url, error, csv_url, answer;
    bool on, done;                      /* done: those that were answered */
};

#endif
