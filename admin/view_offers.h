/* What the desk's pages about offers are given; the last part of admin/view.h. */
#ifndef ADMIN_VIEW_OFFERS_H
#define ADMIN_VIEW_OFFERS_H

enum offers_tab { OFFERS_COUPONS, OFFERS_CARDS, OFFERS_INVITES, OFFERS_GIFTS, OFFERS_SINGLES };

struct view_coupon {
    int64_t id;
    struct str code, note, what, terms, uses, expires, tiers; /* expires NULL: never */
    bool over;
};
struct view_coupon_row { struct str amount, currency, min; };
struct view_coupon_tier { int64_t id; struct str name; bool on; };
struct view_desk_coupons {
    const struct view_desk *desk;
    const struct view_coupon *coupons; size_t n_coupons;
    struct str older_url;
    const struct view_coupon_tier *tiers; size_t n_tiers;
    struct str error, f_code, f_note, f_off, f_percent, f_terms, f_count, f_total, f_account, f_expires;
    const struct view_coupon_row *rows; size_t n_rows;
};

struct view_desk_card {
    int64_t id;
    struct str name, tier, days, window, uses, expires, link, joined;
    struct safe_html qr;
    bool over, with_files;
};
struct view_card_user { struct str name, when, until; bool paid; };
struct view_desk_cards {
    const struct view_desk *desk;
    bool owns;
    const struct view_desk_card *cards; size_t n_cards;
    struct str older_url;
    const struct view_tier *tiers; size_t n_tiers;
    struct str error, f_name, f_uses, f_days, f_window, f_expires;
    int64_t f_tier;
    bool f_files;
};
struct view_desk_card_page {
    const struct view_desk *desk;
    bool owns;
    const struct view_desk_card *card;
    const struct view_card_user *users; size_t n_users;
    struct str older_url;
};

struct view_referral { struct str when, referrer, name, state, reward; bool good, bad; };
struct view_desk_invites {
    const struct view_desk *desk;
    struct str error, f_reward, f_days, f_wait, f_amount, f_currency;
    const struct view_referral *came; size_t n_came;
    struct str older_url;
};

struct view_desk_gifts { const struct view_desk *desk; const struct view_gift *gifts; size_t n_gifts; struct str older_url; };

struct view_request { int64_t id; struct str name, username, mail, when, answer; };
struct view_desk_requests {
    const struct view_desk *desk;
    struct str question, error;
    bool by_approval;
    const struct view_request *requests; size_t n_requests;
};

struct view_desk_sold { struct str title, url, money; int64_t n; };
struct view_desk_tip_rule { struct str currency, least, most; };
struct view_desk_singles {              /* posts that are sold alone, and tips */
    const struct view_desk *desk;
    struct str error, tips_error, f_days;
    bool f_count;
    const struct view_desk_tip_rule *rules; size_t n_rules;
    const struct view_desk_sold *sold; size_t n_sold;
    const struct view_tip *tips; size_t n_tips;
    struct str older_url;
};

#endif
