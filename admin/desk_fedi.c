#include "admin/desk_fedi.h"

#include "federation/delivery.h"
#include "federation/followers.h"
#include "federation/room.h"
#include "node/base/clock.h"
#include "node/base/i18n.h"
#include "node/db/db.h"
#include "node/media/far.h"
#include "node/node.h"
#include "node/talk/direct.h"
#include "node/talk/report.h"
#include "web/page.h"

enum { WAITING_MAX = 99 };

static const struct {
    enum fedi_tab tab;
    const char *tail, *label;
    bool node_owner; /* what it shows is the node's */
} tabs[] = {
    {FEDI_OVERVIEW, "", N_("Overview"), false},
    {FEDI_FOLLOWERS, "/followers", N_("Followers"), false},
    {FEDI_TALK, "/talk", N_("Responses"), false},
    {FEDI_MESSAGES, "/messages", N_("Messages"), false},
    {FEDI_DELIVERY, "/delivery", N_("Delivery"), false},
    {FEDI_BLOCKS, "/blocks", N_("Blocks"), false},
    {FEDI_REPORTS, "/reports", N_("Reports"), false},
    {FEDI_MOVING, "/moving", N_("Moving"), false},
    {FEDI_NEIGHBOURS, "/neighbours", N_("Planets nearby"), false},
    {FEDI_SETTINGS, "/settings", N_("Settings"), false},
};

enum err desk_fedi_head(struct rq *rq, const struct planet *p, enum fedi_tab tab, const char *title,
                        struct view_fedi **ret)
{
    struct cx *cx = rq->cx;
    struct view_fedi *f = ARENA_NEW(cx->arena, struct view_fedi);
    struct view_fedi_link *links =
        ARENA_ARRAY(cx->arena, struct view_fedi_link, sizeof tabs / sizeof *tabs);
    struct view_desk *d;
    size_t n = 0;
    int64_t waits[FEDI_SETTINGS + 1] = {0};
    TRY(fed_came_waiting(cx, p->id, WAITING_MAX, &waits[FEDI_TALK]));
    TRY(fed_follow_requests(cx, p->id, WAITING_MAX, &waits[FEDI_FOLLOWERS]));
    TRY(direct_count_unread(cx, p->id, &waits[FEDI_MESSAGES]));
    TRY(desk_head(rq, p, DESK_FEDI, title, &d));
    *f = (struct view_fedi){
        .desk = d,
        .base = str_fmt(cx->arena, STR_FMT "/fediverse", STR_ARG(d->base)),
        .handle = d->planet->full_handle,
    };
    for (size_t i = 0; i < sizeof tabs / sizeof *tabs; i++) {
        if (tabs[i].node_owner && !rq->session.is_owner)
            continue;
        links[n++] = (struct view_fedi_link){
            .url = str_fmt(cx->arena, STR_FMT "%s", STR_ARG(f->base), tabs[i].tail),
            .label = str_c(tr(cx, tabs[i].label)),
            .n = waits[tabs[i].tab],
            .here = tabs[i].tab == tab,
        };
        if (tabs[i].tab == FEDI_REPORTS)
            TRY(report_count_open(cx, rq->session.is_owner ? 0 : p->id, &links[n - 1].n));
    }
    f->links = links;
    f->n_links = n;
    *ret = f;
    return OK;
}

enum err desk_fedi_done(struct rq *rq, const struct planet *p, const char *tail, const char *flash)
{
    struct str to = str_fmt(rq->cx->arena, "/fediverse%s", tail);
    return desk_done(rq, p, to.p, flash);
}

/* ---- what the pages print alike ---- */

struct view_person desk_fedi_person(struct cx *cx, struct str name, struct str handle, struct str host,
                                    struct str url, struct str icon_url)
{
    struct view_person p = {.name = name, .handle = handle, .url = url, .server = host,
                            .avatar = web_avatar(cx, name, DB_NULL)};
    p.avatar.url = far_media_url_of(cx, host, icon_url, FAR_AVATAR);
    return p;
}

static const char *what_came(enum fed_came_kind kind)
{
    switch (kind) {
    case FED_CAME_REPLY: return N_("answered");
    case FED_CAME_QUOTE: return N_("quoted");
    case FED_CAME_LIKE: return N_("liked");
    case FED_CAME_BOOST: return N_("boosted");
    case FED_CAME_FOLLOW: break;
    }
    return N_("follows the planet");
}

void desk_fedi_came(struct cx *cx, const struct planet *p, const struct fed_came *came,
                    struct view_fedi_came *ret)
{
    *ret = (struct view_fedi_came){
        .id = came->id,
        .actor_id = came->actor_id,
        .who = desk_fedi_person(cx, came->name, came->handle, came->host, came->url, came->icon_url),
        .what = str_c(tr(cx, what_came(came->kind))),
        .title = came->title,
        .when = i18n_ago(cx, came->at),
        .when_iso = clock_rfc3339(cx->arena, came->at),
        .state = came->state,
        .warning = came->warning,
        .html = came->html,
    };
    if (came->post_id == 0)
        return;
    ret->url = web_post_path(cx, p->handle, came->slug);
    if (came->comment_id != 0)
        ret->url = str_fmt(cx->arena, STR_FMT "#c-%lld", STR_ARG(ret->url), (long long)came->comment_id);
    if (str_empty(came->title))
        ret->title = came->slug;
}

struct str desk_fedi_number(struct cx *cx, int64_t n)
{
    return str_fmt(cx->arena, n >= FED_COUNT_MAX ? "%lld+" : "%lld", (long long)n);
}

static struct str counted(struct cx *cx, const char *pattern, int64_t n)
{
    struct str number = desk_fedi_number(cx, n);
    return i18n_fill(cx->arena, pattern, &number, 1);
}

void desk_fedi_spread(struct cx *cx, const struct fed_spread *s, struct view_fedi_said *ret)
{
    ret->told = s->servers == 0 ? str_c(tr(cx, N_("Nobody had to be told")))
                                : counted(cx, i18n_getn(cx->locale, "Delivered to {0} server",
                                                        "Delivered to {0} servers", s->delivered),
                                          s->delivered);
    if (s->waiting > 0)
        ret->waits = counted(cx, i18n_getn(cx->locale, "{0} waits", "{0} wait", s->waiting), s->waiting);
    if (s->lost > 0)
        ret->lost = counted(cx, tr(cx, N_("{0} in vain")), s->lost);
}

enum err desk_fedi_posts(struct cx *cx, const struct planet *p, struct str base, int n_max,
                         struct view_fedi_said **ret, size_t *ret_n)
{
    struct fed_sent_post *posts;
    size_t n;
    TRY(fed_sent_posts(cx, p->id, n_max, &posts, &n));
    struct view_fedi_said *v = ARENA_ARRAY(cx->arena, struct view_fedi_said, n + 1);
    for (size_t i = 0; i < n; i++) {
        struct fed_spread spread;
        TRY(fed_spread_of_object(cx, posts[i].object_uri, &spread));
        v[i] = (struct view_fedi_said){
            .id = posts[i].id,
            .title = str_empty(posts[i].title) ? posts[i].slug : posts[i].title,
            .url = str_fmt(cx->arena, STR_FMT "/delivery/posts/%lld", STR_ARG(base),
                           (long long)posts[i].id),
            .when = i18n_ago(cx, posts[i].at),
        };
        desk_fedi_spread(cx, &spread, &v[i]);
    }
    *ret = v;
    *ret_n = n;
    return OK;
}
