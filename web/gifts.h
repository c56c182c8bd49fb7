/* Gifts and trial cards as people meet them: what one bought, to print; what one was given, to use. */
#ifndef WEB_GIFTS_H
#define WEB_GIFTS_H

#include "node/http/http.h"

enum err web_gifts(struct rq *rq);      /* GET /me/gifts */
enum err web_gift_mine(struct rq *rq);  /* GET /me/gifts/:number */
enum err web_gift_refund(struct rq *rq); /* POST /me/gifts/:number/refund */
enum err web_gift_picture(struct rq *rq); /* GET /me/gifts/:number/qr.png */
enum err web_gift_open(struct rq *rq);  /* GET /gift/:code */
enum err web_gift_take(struct rq *rq);  /* POST /gift/:code */
enum err web_card_show(struct rq *rq);  /* GET /t/:token */
enum err web_card_use(struct rq *rq);   /* POST /t/:token */

#endif
