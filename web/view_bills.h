/* What the pages of receipts, buyer's details and fapiao are given; a part of web/view.h. */
#ifndef WEB_VIEW_BILLS_H
#define WEB_VIEW_BILLS_H

struct view_bill_party { struct str name, country, tax_id; const struct str *lines; size_t n_lines; };
struct view_bill {
    int64_t id;
    struct str url, title, number, issued, supply, order, corrects, money, planet, paid_by, rail_ref, note;
    struct view_bill_party seller, buyer;
    const struct view_sum *sums; size_t n_sums;
    bool credit_note, reverse, below; /* below: under another heading */
};
struct view_fapiao { int64_t id; struct str title, taxpayer_id, mail, state, answer, order, money, when, url; bool asked, issued, company, red; };

struct view_receipts {
    const struct view_page *page;
    const struct view_bill *bills; size_t n_bills;
    struct str older_url;
};
struct view_receipt {
    const struct view_page *page;
    const struct view_bill *bill;
    const struct view_fapiao *fapiao; size_t n_fapiao;
    bool may_fapiao;
    struct str error, f_kind, f_title, f_taxpayer_id, f_mail;
};
struct view_billing {
    const struct view_page *page;
    struct view_countries countries;
    struct str error, next, f_name, f_address, f_tax_id;
};

#endif
