/* The link of a reminder: pay the next term of one membership, or end it, without signing in (P27, P33). */
#ifndef WEB_RENEW_H
#define WEB_RENEW_H

#include "node/http/http.h"

enum err web_renew(struct rq *rq);    /* GET /renew/:token */
enum err web_renew_do(struct rq *rq); /* POST the same: pay, cancel, resume */
enum err web_upgrade(struct rq *rq);    /* GET /@:handle/upgrade/:price: what a higher tier costs, in full */
enum err web_upgrade_do(struct rq *rq); /* POST the same: order it */

#endif
