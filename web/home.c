#include "node/node.h"
#include "node/planet/planet.h"
#include "web/html.h"
#include "web/nearby_view.h"
#include "web/page.h"
#include "web/planet.h"
#include "web/planet_view.h"

/* A node with one planet is that planet: nobody needs a list of one. */
enum err web_home(struct rq *rq)
{
    struct cx *cx = rq->cx;
    struct planet *planets;
    size_t n;
    TRY(planet_list(cx, &planets, &n));
    if (n == 1)
        return web_go(rq, web_planet_path(cx, planets[0].handle));
    struct view_page *page = web_page(rq);
    struct view_planet *views = ARENA_ARRAY(cx->arena, struct view_planet, n + 1);
    for (size_t i = 0; i < n; i++)
        TRY(planet_view(rq, &planets[i], &views[i]));
    page->canonical_url = str_fmt(cx->arena, STR_FMT "/", STR_ARG(cx->node->origin));
    struct view_home v = {.page = page, .node_name = page->site_name, .node_host = cx->node->host,
                          .planets = views, .n_planets = n};
    TRY(nearby_of_all(rq, planets, n, &v.near));
    struct buf out = web_buf();
    html_home(&out, cx, &v);
    return web_send(rq, 200, &out);
}
