/* The desk's pages about prices in force: who pays what, another price, moving members to it, and how the planet
 * renews. */
#ifndef ADMIN_DESK_PRICES_H
#define ADMIN_DESK_PRICES_H

#include "admin/desk.h"

enum err desk_prices(struct rq *rq);      /* GET /desk/:planet/prices */
enum err desk_prices_save(struct rq *rq); /* POST: do = renewing, stop */
enum err desk_price(struct rq *rq);       /* GET /desk/:planet/prices/:id */
enum err desk_price_do(struct rq *rq);    /* POST: do = change, retire, move */

#endif
