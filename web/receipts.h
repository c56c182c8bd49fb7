/* One's receipts, the details that stand on them, and asking for a fapiao (docs/forms.md). */
#ifndef WEB_RECEIPTS_H
#define WEB_RECEIPTS_H

#include "node/http/http.h"

enum err web_receipts(struct rq *rq);        /* GET /me/receipts */
enum err web_receipt(struct rq *rq);         /* GET /me/receipts/:id */
enum err web_receipt_fapiao(struct rq *rq);  /* POST /me/receipts/:id/fapiao */
enum err web_billing(struct rq *rq);         /* GET /me/billing */
enum err web_billing_save(struct rq *rq);    /* POST /me/billing */

#endif
