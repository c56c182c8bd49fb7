/* The ways in: codes, orders, and the page of the fake rail (docs/forms.md). */
#ifndef WEB_JOIN_H
#define WEB_JOIN_H

#include "node/http/http.h"

enum err web_join_show(struct rq *rq);   /* GET /@:handle/join */
enum err web_join_redeem(struct rq *rq); /* POST /@:handle/redeem */
enum err web_pay_show(struct rq *rq);    /* GET /dev/pay/:number */
enum err web_pay_do(struct rq *rq);      /* POST /dev/pay/:number */

#endif
