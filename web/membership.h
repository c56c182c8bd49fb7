/* One's own membership in a planet: what one has, why, until when, what happens next, and every button. */
#ifndef WEB_MEMBERSHIP_H
#define WEB_MEMBERSHIP_H

#include "node/http/http.h"

enum err web_membership(struct rq *rq);    /* GET /@:handle/membership */
enum err web_membership_do(struct rq *rq); /* POST the same: cancel, resume, manage … */
/* What one has and what happens next, in words; moving STR_NULL: no other price is announced. */
struct life;
void web_life_words(struct cx *cx, const struct life *l, struct str *ret_headline, struct str *ret_sentence,
                    struct str *ret_moving);
/* What an order's state means to its buyer. */
struct order;
struct str web_order_text(struct cx *cx, const struct order *o);
/* Of which kind it was: "a term", "a gift" … with its tier. */
struct str web_order_what(struct cx *cx, const struct order *o);

#endif
