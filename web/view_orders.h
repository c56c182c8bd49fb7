/* What the pages of one's own orders are given; a part of web/view.h. */
#ifndef WEB_VIEW_ORDERS_H
#define WEB_VIEW_ORDERS_H

struct view_order_line { struct str label, money; bool total; };
struct view_refund_row { struct str state, money, when, words, why; bool good, bad; };

/* The button that gives money back, on the page of an order and beside a membership. */
struct view_refund {
    const struct view_page *page;
    struct str url;                     /* where its forms go: /me/orders/NUMBER/refund */
    struct str money, credit;           /* what comes back; NULL: none of it */
    struct str until;                   /* of now: NULL: no end */
    struct str why;                     /* why there is no button, or why it must be asked for */
    bool now, ask, waiting, requested, renews, gift, post;
    int64_t id;                         /* of requested */
};

struct view_my_order {
    const struct view_page *page;
    struct str number, what, planet_name, planet_url, state, rail, ordered, paid, error, f_words;
    const struct view_order_line *lines; size_t n_lines;
    const struct view_refund_row *refunds; size_t n_refunds;
    const struct view_refund *refund;
    struct str receipt_url;             /* NULL: nothing was paid */
    struct str pay_url, gift_url;       /* open: to go on; a gift: its page; NULL: none */
    bool bad;                           /* nothing came of it, or it was taken back */
};
struct view_my_order_row { struct str url, what, planet_name, when, money, state; bool good, bad; };
struct view_my_orders {
    const struct view_page *page;
    const struct view_my_order_row *orders; size_t n_orders;
    struct str older_url;
};

#endif
