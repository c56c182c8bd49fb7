/* What the pages about one's own membership are given; included by web/view.h. Whoever adds a part to the page
 * /@:handle/membership adds its fields at the end of struct view_life, its template
 * html/parts_membership_….html to html/membership.html, and its fill function to web/membership.c. */
#ifndef WEB_VIEW_LIFE_H
#define WEB_VIEW_LIFE_H

struct view_life_row { struct str when, what, why, tier, span; bool live; };
struct view_life_order { struct str when, what, money, url, number; bool open; };
struct view_life_change {               /* another tier, up or down, with what it would cost */
    int64_t price_id;
    struct str tier, about, money, term, sentence, due;
    bool up;
};

struct view_life {
    const struct view_page *page;
    const struct view_planet *planet;
    struct str face;                    /* life_word */
    struct str headline, sentence, then; /* what one has; what happens next; what it costs */
    struct str tier, kind, since, until; /* until NULL: for ever, or nothing */
    bool member, good, warn;
    struct str rail;                    /* who renews it; NULL: nobody */
    struct str moving;                  /* another price is announced; NULL */
    struct str pay_url, pay_label;      /* one tap; NULL: nothing to pay */
    bool may_cancel, may_resume, may_manage, may_keep_tier;
    const struct view_life_change *changes; size_t n_changes;
    const struct view_life_row *history; size_t n_history;
    const struct view_life_order *orders; size_t n_orders;
    struct str credit, error;           /* NULL: none */
    const struct view_refund *refund;   /* of the payment that can be given back; NULL: none */
    struct str agree_url, agree_label, agree; /* the provider's page to agree to another price; NULL: nobody waits */
};
struct view_term {                      /* one term to pay for: by the link of a reminder, or a higher tier */
    const struct view_page *page;
    const struct view_planet *planet;
    struct str headline, sentence, moving, action, tier, term, error;
    const struct view_sum *lines; size_t n_lines;
    const struct view_pay_way *rails; size_t n_rails;
    bool may_pay, free, may_cancel, may_resume;
    bool link;                          /* the reader may not be signed in */
};
struct view_life_go { const struct view_page *page; struct str url, host, back_url; };

#endif
