/* The owner's pages of invoices, tax and fapiao, parts of the money room. */
#ifndef ADMIN_DESK_BILLS_H
#define ADMIN_DESK_BILLS_H

#include "admin/desk_money.h"

enum err desk_invoices(struct rq *rq);          /* GET …/invoices?span=2027-Q1 */
enum err desk_invoice(struct rq *rq);           /* GET …/invoices/:id */
enum err desk_invoices_csv(struct rq *rq);      /* GET …/invoices.csv */
enum err desk_invoices_lines(struct rq *rq);    /* GET …/invoices.jsonl */
enum err desk_tax(struct rq *rq);               /* GET …/tax */
enum err desk_tax_save(struct rq *rq);          /* POST …/tax: how tax is taken, and who sells */
enum err desk_tax_rate(struct rq *rq);          /* POST …/tax/rates: put, drop */
enum err desk_fapiao(struct rq *rq);            /* GET …/fapiao */
enum err desk_fapiao_done(struct rq *rq);       /* POST …/fapiao: issued, declined; many */
enum err desk_fapiao_csv(struct rq *rq);        /* GET …/fapiao.csv */

#endif
