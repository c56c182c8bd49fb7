/* Buying a term: the page that shows the whole price before anything is paid, with coupon, gift and ways
 * to pay; free trials; asking to join. */
#ifndef WEB_BUY_H
#define WEB_BUY_H

#include "node/http/http.h"

enum err web_buy_show(struct rq *rq);   /* GET /@:handle/join/:price, ?coupon=, ?gift=1 */
enum err web_buy_do(struct rq *rq);     /* POST /@:handle/buy */
enum err web_trial_start(struct rq *rq); /* POST /@:handle/trial */
enum err web_ask_show(struct rq *rq);   /* GET /@:handle/ask */
enum err web_ask_do(struct rq *rq);     /* POST /@:handle/ask */

#endif
