#include "web/nearby_view.h"

#include "node/base/clock.h"
#include "node/base/i18n.h"
#include "node/db/db.h"
#include "node/planet/planet.h"
#include "web/card_view.h"
#include "web/html.h"
#include "web/page.h"

enum { BESIDE = 5, OF_ALL = 6, OF_EACH = 3, PAGE_MAX = 200 };

enum err nearby_views(struct rq *rq, const struct fed_neighbour *v, size_t n, const struct view_neighbour **ret)
{
    struct cx *cx = rq->cx;
    struct view_neighbour *out = ARENA_ARRAY(cx->arena, struct view_neighbour, n + 1);
    for (size_t i = 0; i < n; i++) {
        out[i] = (struct view_neighbour){
            .uri = v[i].uri, .name = v[i].name, .handle = v[i].handle, .url = v[i].url, .line = v[i].line,
            .by = v[i].by, .teaser = v[i].teaser, .teaser_url = v[i].teaser_url,
            .avatar = web_avatar(cx, v[i].name, DB_NULL),
        };
        out[i].avatar.url = v[i].icon;
        if (v[i].teaser.n == 0)
            continue;
        out[i].when = web_when(rq, v[i].teaser_at);
        out[i].when_iso = clock_rfc3339(cx->arena, v[i].teaser_at);
    }
    *ret = out;
    return OK;
}

enum err nearby_beside(struct rq *rq, const struct planet *p, struct view_nearby *ret)
{
    struct fed_neighbour *v;
    size_t n;
    bool shown;
    *ret = (struct view_nearby){0};
    TRY(fed_nearby_is_shown(rq->cx, p->id, &shown));
    if (!shown)
        return OK;
    TRY(fed_nearby(rq->cx, p->id, BESIDE + 1, &v, &n));
    if (n > BESIDE) {
        n = BESIDE;
        ret->more_url = str_fmt(rq->cx->arena, "/@" STR_FMT "/nearby", STR_ARG(p->handle));
    }
    ret->n = n;
    return nearby_views(rq, v, n, &ret->v);
}

static bool is_among(const struct fed_neighbour *v, size_t n, struct str uri)
{
    for (size_t i = 0; i < n; i++)
        if (str_eq(v[i].uri, uri))
            return true;
    return false;
}

enum err nearby_of_all(struct rq *rq, const struct planet *planets, size_t n, struct view_nearby *ret)
{
    struct fed_neighbour some[OF_ALL], *v;
    size_t n_some = 0, n_v;
    bool shown;
    *ret = (struct view_nearby){0};
    for (size_t i = 0; i < n && n_some < OF_ALL; i++) {
        TRY(fed_nearby_is_shown(rq->cx, planets[i].id, &shown));
        if (!shown)
            continue;
        TRY(fed_nearby(rq->cx, planets[i].id, OF_EACH, &v, &n_v));
        for (size_t k = 0; k < n_v && n_some < OF_ALL; k++)
            if (!is_among(some, n_some, v[k].uri))
                some[n_some++] = v[k];
    }
    ret->n = n_some;
    return nearby_views(rq, some, n_some, &ret->v);
}

enum err web_nearby_show(struct rq *rq)
{
    struct cx *cx = rq->cx;
    struct planet p;
    struct fed_neighbour *v;
    bool shown;
    TRY(web_planet(rq, &p));
    TRY(fed_nearby_is_shown(cx, p.id, &shown));
    if (!shown)
        return ERR_NOT_FOUND;
    struct view_nearby_page page = {.planet_name = p.name};
    struct view_page *frame = web_page(rq);
    web_page_planet(rq, frame, &p);
    frame->title = str_c(tr(cx, N_("Planets nearby")));
    page.page = frame;
    TRY(fed_nearby(cx, p.id, PAGE_MAX, &v, &page.near.n));
    TRY(nearby_views(rq, v, page.near.n, &page.near.v));
    struct buf out = web_buf();
    html_nearby(&out, cx, &page);
    return web_send(rq, 200, &out);
}
