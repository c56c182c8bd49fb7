/* What the pages about single things (a post, a tip, a question) are given; the last part of web/view.h. */
#ifndef WEB_VIEW_SINGLES_H
#define WEB_VIEW_SINGLES_H

/* The sums and the ways of paying that every page of a sale shows. */
struct view_sale {
    const struct view_sum *lines; size_t n_lines;
    const struct view_pay_way *rails; size_t n_rails;
    int64_t agreed;                     /* the total as it stands there */
    struct str login_url;
    bool signed_in, free;
};

struct view_post_buy {
    const struct view_page *page;
    const struct view_planet *planet;
    const struct view_sale *sale;
    struct str title, url, action, error;
    struct str blocked;                 /* why it can't be bought; NULL: it can */
    struct str member_money;            /* a membership that opens it, too, costs from; NULL: none does */
    int64_t count_days;                 /* counts toward a membership; 0: does not */
};

struct view_tip_amount { struct str amount, currency, money, url; bool on; };
struct view_tip_give {
    const struct view_page *page;
    const struct view_planet *planet;
    const struct view_sale *sale;
    struct str title, url, action, to;  /* to: who wrote it */
    struct safe_html quoted;            /* of a comment; empty: the post itself */
    struct str amount, currency, words, error, range; /* range: "¥1 – ¥500" of each currency */
    const struct str *currencies; size_t n_currencies;
    const struct view_tip_amount *amounts; size_t n_amounts; /* to choose from */
    int64_t comment_id;
    bool named;
    bool sums;                          /* something comes on top, so they are shown */
};

struct view_question {
    int64_t id;
    struct str url, text, asker, answerer, state, when, due, price, listen, listeners, planet_name, pay_url, why;
    bool mine, to_me, waits, answered, hidden, good, bad; /* good, bad: how its state looks */
};
struct view_answerer { int64_t id; struct str name, about, price, listen, url; };
struct view_questions {                 /* the planet's page of questions; or one's own */
    const struct view_page *page;
    const struct view_planet *planet;   /* NULL: one's own */
    const struct view_answerer *answerers; size_t n_answerers;
    const struct view_question *questions; size_t n_questions;
    const struct view_question *to_me; size_t n_to_me;
    struct str older_url;
};
struct view_question_page {
    const struct view_page *page;
    const struct view_planet *planet;
    const struct view_question *q;
    const struct view_sale *sale;       /* listening in; NULL: not for the viewer */
    bool open;                          /* the answer is there */
    struct safe_html answer;
    struct str source;                  /* Markdown, for who is asked */
    bool may_answer, may_decline, may_hide;
    struct str error, share;            /* share: what the asker gets for each who listens in */
};
struct view_question_ask {
    const struct view_page *page;
    const struct view_planet *planet;
    const struct view_answerer *to;
    const struct view_sale *sale;
    int64_t days;
    struct str text, error, share;
    bool anonymous, listen, members_only;
};

#endif
