/* What the pages of the money room (admin/html/desk_money*.html) are given. */
#ifndef ADMIN_VIEW_MONEY_H
#define ADMIN_VIEW_MONEY_H

#include "admin/view.h"

/* A sub-tab stands in the row when its page has a route (desk_money.c holds addresses and labels). */
enum money_tab {
    MONEY_OVERVIEW, MONEY_LEDGER, MONEY_TRAY, MONEY_TRANSFERS, MONEY_REFUNDS, MONEY_QUESTIONS, MONEY_INVOICES,
    MONEY_TAX, MONEY_FAPIAO, MONEY_RECONCILE, MONEY_PROVIDERS, MONEY_TABS
};

struct view_money_link { struct str url, label; int64_t n; bool here; }; /* n: what waits there */

/* Head of every page of the room. */
struct view_money {
    const struct view_desk *desk;
    const struct view_money_link *links; size_t n_links;
    struct str base;                    /* "/desk/tea/money" */
};

struct view_tray_money {
    int64_t id, f_tier;
    struct str reason, money, number, when, rail, ref, who, note, state;
    struct str f_who, f_unit, f_length; /* the form, filled in from the order that it names */
    bool booked, waits, can_refund;
};
struct view_money_tray {
    const struct view_money *m;
    const struct view_tray_money *money; size_t n_money;
    const struct view_tray_money *decided; size_t n_decided;
    const struct view_tier *tiers; size_t n_tiers;
    struct str error;
};

struct view_ledger_entry { struct str account, money; bool out; };
struct view_ledger_txn {
    struct str number, when, what, memo, order, reverses, hash;
    const struct view_ledger_entry *entries; size_t n_entries;
};
struct view_ledger_choice { struct str value, label; bool on; };
struct view_ledger {
    const struct view_money *m;
    const struct view_ledger_txn *txns; size_t n_txns;
    const struct view_ledger_choice *kinds; size_t n_kinds;
    const struct view_ledger_choice *accounts; size_t n_accounts;
    struct str f_from, f_to, f_order, error;
    struct str newest_url, older_url, csv_url, lines_url;
    bool filtered, checked, sound;      /* checked: the chain was walked just now */
    int64_t n_checked;
    struct str head, what;
};

struct view_recon_diff { int64_t id; struct str what, kind, ref, theirs, ours, when; };
struct view_recon_run { struct str rail, when, from, error; int64_t n_lines, n_same, n_open; };
struct view_recon {
    const struct view_money *m;
    const struct view_recon_diff *diffs; size_t n_diffs;
    const struct view_recon_run *runs; size_t n_runs;
    const struct view_ledger_choice *rails; size_t n_rails;
    struct str error;
};

struct view_income_month { struct str month, currency, income, back, disputes, fees, tax, rest; };
struct view_money_balance { struct str account, money; };

struct view_money_order { struct str number, who, what, money, state, when; };
struct view_money_overview {
    const struct view_money *m;
    const struct view_money_order *orders; size_t n_orders;
    const struct view_income_month *months; size_t n_months;
    const struct view_money_balance *balances; size_t n_balances;
};

struct view_money_answerer { int64_t id; struct str name, role, price, listen, currency, about; bool open; };
struct view_money_questions {           /* paid questions: the rule, who answers, what was asked */
    const struct view_money *m;
    struct str error, f_days, f_share, f_share_days, f_share_percent;
    bool f_members;
    const struct view_money_answerer *answerers; size_t n_answerers;
    const struct view_question *questions; size_t n_questions;
    struct str older_url;
};

#endif
