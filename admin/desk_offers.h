/* The desk's pages about offers: coupons, trial cards, invitations, gifts, and who asks to join. */
#ifndef ADMIN_DESK_OFFERS_H
#define ADMIN_DESK_OFFERS_H

#include "admin/desk.h"

enum err desk_coupons(struct rq *rq);       /* GET /desk/:planet/offers */
enum err desk_coupon_make(struct rq *rq);   /* POST /desk/:planet/offers/coupons */
enum err desk_coupon_end(struct rq *rq);    /* POST /desk/:planet/offers/coupons/:id/end */
enum err desk_cards(struct rq *rq);         /* GET /desk/:planet/offers/cards */
enum err desk_card_make(struct rq *rq);     /* POST /desk/:planet/offers/cards */
enum err desk_card(struct rq *rq);          /* GET /desk/:planet/offers/cards/:id */
enum err desk_card_picture(struct rq *rq);  /* GET /desk/:planet/offers/cards/:id/qr.png */
enum err desk_card_poster(struct rq *rq);   /* GET /desk/:planet/offers/cards/:id/poster.png */
enum err desk_card_end(struct rq *rq);      /* POST /desk/:planet/offers/cards/:id/end */
enum err desk_invites(struct rq *rq);       /* GET /desk/:planet/offers/invites */
enum err desk_invites_save(struct rq *rq);  /* POST /desk/:planet/offers/invites */
enum err desk_gifts(struct rq *rq);         /* GET /desk/:planet/offers/gifts */
enum err desk_singles(struct rq *rq);       /* GET /desk/:planet/offers/singles: posts for sale, tips */
enum err desk_singles_save(struct rq *rq);  /* POST: do = toward, tips */
enum err desk_requests(struct rq *rq);      /* GET /desk/:planet/requests */
enum err desk_request_decide(struct rq *rq); /* POST /desk/:planet/requests/:id */

/* A whole number of a field; empty gives fallback. ERR_INVALID: not one from 1. */
MUST_USE enum err desk_number(struct rq *rq, const char *field, int64_t fallback, int64_t *ret);

#endif
