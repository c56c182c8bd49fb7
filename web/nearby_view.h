/* Planets nearby, as pages show them (federation/nearby.h). */
#ifndef WEB_NEARBY_VIEW_H
#define WEB_NEARBY_VIEW_H

#include "federation/nearby.h"
#include "node/http/http.h"
#include "web/view.h"

struct planet;

MUST_USE enum err nearby_views(struct rq *rq, const struct fed_neighbour *v, size_t n,
                               const struct view_neighbour **ret);
/* Beside a planet's posts: a few, and the way to all; nothing unless the planet shows them. */
MUST_USE enum err nearby_beside(struct rq *rq, const struct planet *p, struct view_nearby *ret);
/* On the page of a node with several planets: some of each. */
MUST_USE enum err nearby_of_all(struct rq *rq, const struct planet *planets, size_t n, struct view_nearby *ret);

enum err web_nearby_show(struct rq *rq); /* GET /@:handle/nearby */

#endif
