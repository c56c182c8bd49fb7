/* The room's first page: who follows, what is said, what was delivered. */
#include "admin/desk_fedi.h"
#include "admin/html.h"
#include "federation/federation.h"
#include "node/base/i18n.h"
#include "web/page.h"

static struct str number(struct cx *cx, int64_t n)
{
    return str_fmt(cx->arena, "%lld", (long long)n);
}

enum err desk_fedi_overview(struct rq *rq)
{
    struct cx *cx = rq->cx;
    struct planet p;
    struct view_fedi *f;
    int64_t followers;
    TRY(desk_planet(rq, &p));
    TRY(desk_fedi_head(rq, &p, FEDI_OVERVIEW, N_("Fediverse"), &f));
    TRY(fed_follower_count(cx, p.id, &followers));
    struct view_desk_number *numbers = ARENA_ARRAY(cx->arena, struct view_desk_number, 1);
    numbers[0] = (struct view_desk_number){str_c(tr(cx, N_("Followers elsewhere"))),
                                           number(cx, followers), STR_NULL};
    struct view_fedi_overview v = {.f = f, .numbers = numbers, .n_numbers = 1};
    struct buf out = web_buf();
    html_desk_fedi_overview(&out, cx, &v);
    return web_send(rq, 200, &out);
}
