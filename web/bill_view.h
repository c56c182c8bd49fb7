/* Invoices, credit notes, fapiao and countries as pages show them: to members and, on the desk, to owners. */
#ifndef WEB_BILL_VIEW_H
#define WEB_BILL_VIEW_H

#include "node/money/bill.h"
#include "node/money/fapiao.h"
#include "web/view.h"

/* base: where one of them is shown, "/me/receipts". Lines only when the bill has them. */
MUST_USE enum err web_bill_view(struct cx *cx, const struct bill *b, const char *base, struct view_bill *ret);
void web_fapiao_view(struct cx *cx, const struct fapiao *f, struct view_fapiao *ret);
struct str web_country_name(struct cx *cx, struct str code);   /* empty for none */
/* For a select; chosen may be empty. */
struct view_countries web_countries(struct cx *cx, struct str chosen, bool any);

#endif
