/* What the pages about joining, giving and inviting are given; the last part of web/view.h. */
#ifndef WEB_VIEW_OFFERS_H
#define WEB_VIEW_OFFERS_H

struct view_country { struct str code, name; bool on; };
struct view_countries { const struct view_country *all; size_t n; bool any; }; /* any: one may leave it open */

struct view_pay_way { struct str name, label; bool renews; };
struct view_sum { struct str label, money; bool total, contained; }; /* contained: in the total already */

struct view_buy {                       /* one price, in full, before it is paid */
    const struct view_page *page;
    const struct view_planet *planet;
    int64_t price_id;
    struct str tier, tier_about, term, action, url, login_url, next, error;
    const struct view_sum *lines; size_t n_lines;
    struct str coupon, coupon_error, coupon_note; /* note: "for 3 terms" */
    const struct view_pay_way *rails; size_t n_rails;
    bool signed_in, gift, free, may_coupon;
    struct str gift_to, gift_words;
    struct str starts, until;           /* what one will have; until NULL: for ever */
    struct str trial_then;              /* they want a way of paying first: "CNY 30.00 a month"; else empty */
    bool trial_ways;                    /* and there is one */
    int64_t trial_days;                 /* free days to begin with; 0: none, or had already */
    struct str blocked, ask_url;        /* who may not join is told why, and where to ask */
    bool asks_country;                  /* its tax depends on where the buyer is */
    struct view_countries countries;
    struct str country, billing_url;
};

struct view_ask {                       /* asking to join */
    const struct view_page *page;
    const struct view_planet *planet;
    struct str question, answer, state, error; /* state NULL: not asked yet */
};

struct view_card {                      /* a trial card, to who got its link */
    const struct view_page *page;
    const struct view_planet *planet;
    struct str tier, action, login_url, error, expires;
    int64_t days, window_days, left;
    bool signed_in, with_files, over;
};

struct view_gift {
    int64_t id;
    struct str url, number, planet_name, planet_url, tier, term, to_name, words, code, link, bought, until,
        redeemed, money, by;
    struct safe_html qr;
    bool good;                          /* paid, not redeemed, not run out */
    bool may_refund, refunding, refunded;
};
struct view_gifts {
    const struct view_page *page;
    const struct view_gift *gifts; size_t n_gifts;
};
struct view_gift_page {                 /* one, to its buyer for printing, or to who got it */
    const struct view_page *page;
    const struct view_planet *planet;
    const struct view_gift *gift;
    struct str login_url, error;
    bool signed_in, lifetime;
};

struct view_invited { struct str name, when, what; bool good; };
struct view_invite {                    /* a member's own invitation */
    const struct view_page *page;
    const struct view_planet *planet;
    struct str link, code, reward, name, credit; /* reward, credit: NULL: none */
    struct safe_html qr;
    const struct view_invited *came; size_t n_came;
};

#endif
