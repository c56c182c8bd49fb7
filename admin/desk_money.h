/* What the pages of the money room share: /desk/:planet/money and below. It is the planet's owner's alone;
 * to others it does not exist. A page of the room is a row in the table of desk_money.c (all that are
 * planned stand there), rows in admin/routes.c, a .c and an .html of its own:
 *
 *     TRY(desk_money_planet(rq, &p));
 *     TRY(desk_money_head(rq, &p, MONEY_LEDGER, N_("Ledger"), &m));
 *
 * and in the template: {% in layout(v->m->desk->page) %} {% use desk_money_head(v->m) %}. */
#ifndef ADMIN_DESK_MONEY_H
#define ADMIN_DESK_MONEY_H

#include "admin/desk.h"
#include "admin/view_money.h"

/* The planet of ":planet", if it is the viewer's own; else ERR_NOT_FOUND. */
MUST_USE enum err desk_money_planet(struct rq *rq, struct planet *ret);
/* What waits for the owner on each page; waits is zeroed by the caller. */
MUST_USE enum err desk_money_waits(struct cx *cx, const struct planet *p, int64_t waits[MONEY_TABS]);
/* The head of a page of the room; in the request's arena. */
MUST_USE enum err desk_money_head(struct rq *rq, const struct planet *p, enum money_tab tab, const char *title,
                                  struct view_money **ret);
/* 303 to "/desk/tea/money<tail>" with a flash. */
MUST_USE enum err desk_money_done(struct rq *rq, const struct planet *p, const char *tail, const char *flash);

enum err desk_money(struct rq *rq);             /* GET /desk/:planet/money */
enum err desk_ledger(struct rq *rq);            /* GET …/ledger?kind=&account=&from=&to=&order=&before= */
enum err desk_ledger_csv(struct rq *rq);        /* GET …/ledger.csv, with the same filter */
enum err desk_ledger_lines(struct rq *rq);      /* GET …/ledger.jsonl */
enum err desk_ledger_verify(struct rq *rq);     /* POST …/ledger/verify */
enum err desk_money_tray(struct rq *rq);        /* GET …/tray: money without an order */
enum err desk_money_decide(struct rq *rq);      /* POST …/tray/:id: assign, refund, keep, settle */
enum err desk_transfers(struct rq *rq);         /* GET …/transfers: payments that the owner confirms by hand */
enum err desk_transfers_decide(struct rq *rq);  /* POST …/transfers */
enum err desk_reconcile(struct rq *rq);         /* GET …/reconcile: what differs from the provider's report */
enum err desk_reconcile_do(struct rq *rq);      /* POST …/reconcile: compare now, or close one */
enum err desk_money_questions(struct rq *rq);   /* GET …/questions: the rule, who answers, what was asked */
enum err desk_money_questions_save(struct rq *rq); /* POST: do = rule, answerer */
enum err desk_pay(struct rq *rq);               /* GET …/providers: the ways to take money */
enum err desk_pay_rail(struct rq *rq);          /* GET …/providers/:rail */
enum err desk_pay_save(struct rq *rq);          /* POST …/providers/:rail: save and test, test, off, forget */

#endif
