#include "admin/desk_offers.h"
#include "admin/html.h"
#include "node/base/i18n.h"
#include "node/db/db.h"
#include "node/money/trial.h"
#include "node/node.h"
#include "node/text/qr.h"
#include "web/compose_form.h"
#include "web/invited.h"
#include "web/page.h"

static struct str counted(struct cx *cx, const char *sentence, int64_t n)
{
    struct str s = str_fmt(cx->arena, "%lld", (long long)n);
    return i18n_fill(cx->arena, sentence, &s, 1);
}

static struct str link_of(struct cx *cx, const struct trial_card *c)
{
    return str_fmt(cx->arena, STR_FMT "/t/" STR_FMT, STR_ARG(cx->node->origin), STR_ARG(c->token));
}

static enum err card_view(struct cx *cx, const struct trial_card *c, bool with_qr,
                          struct view_desk_card *ret)
{
    struct str used[] = {str_fmt(cx->arena, "%lld", (long long)c->used),
                         str_fmt(cx->arena, "%lld", (long long)c->uses)};
    struct qr qr;
    *ret = (struct view_desk_card){
        .id = c->id,
        .name = c->name,
        .tier = c->tier_name,
        .days = counted(cx, i18n_getn(cx->locale, "{0} day", "{0} days", c->days), c->days),
        .window = counted(cx,
                          i18n_getn(cx->locale, "posts of the last {0} day",
                                    "posts of the last {0} days", c->window_days),
                          c->window_days),
        .uses = i18n_fill(cx->arena, tr(cx, N_("{0} of {1} used")), used, 2),
        .joined = c->n_joined == 0
                      ? STR_NULL
                      : counted(cx, tr(cx, N_("{0} paid later")), c->n_joined),
        .expires = c->expires_at == DB_NULL ? STR_NULL : i18n_date(cx, c->expires_at - 1),
        .link = link_of(cx, c),
        .with_files = c->with_files,
        .over = c->ended_at != DB_NULL || c->used >= c->uses ||
                (c->expires_at != DB_NULL && c->expires_at <= cx->now),
    };
    if (!with_qr)
        return OK;
    TRY(qr_make(cx->arena, ret->link, &qr));
    ret->qr = qr_svg(cx->arena, &qr, ret->link);
    return OK;
}

static struct str typed(struct rq *rq, const char *name, struct str fallback)
{
    struct str s = rq->method == POST ? rq_form(rq, name) : STR_NULL;
    return s.p == NULL ? fallback : s;
}

static enum err show(struct rq *rq, const struct planet *p, enum err e)
{
    struct cx *cx = rq->cx;
    struct view_desk *d;
    struct trial_card *all;
    size_t n;
    struct view_desk_cards v = {0};
    if (e != OK)
        v.error = web_mendable(rq, e);
    TRY(desk_head(rq, p, DESK_OFFERS, N_("Trial cards"), &d));
    TRY(trial_card_list(cx, p->id, desk_before(rq), DESK_PAGE + 1, &all, &n));
    v.older_url = desk_older(rq, &n, n > DESK_PAGE ? &all[DESK_PAGE - 1].id : NULL);
    struct view_desk_card *out = ARENA_ARRAY(cx->arena, struct view_desk_card, n);
    for (size_t i = 0; i < n; i++)
        TRY(card_view(cx, &all[i], false, &out[i]));
    v.desk = d;
    v.owns = desk_sees_money(rq, p);
    v.cards = out;
    v.n_cards = n;
    TRY(compose_tiers(cx, p->id, &v.tiers, &v.n_tiers));
    v.f_name = typed(rq, "name", STR(""));
    v.f_uses = typed(rq, "uses", STR("100"));
    v.f_days = typed(rq, "days", STR("3"));
    v.f_window = typed(rq, "window", STR("30"));
    v.f_expires = typed(rq, "expires", STR(""));
    v.f_files = str_eq_c(typed(rq, "files", STR("")), "1");
    (void)web_id(typed(rq, "tier_id", STR("")), &v.f_tier);
    struct buf b = web_buf();
    html_desk_cards(&b, cx, &v);
    return web_send(rq, e == OK ? 200 : http_status_of(e), &b);
}

enum err desk_cards(struct rq *rq)
{
    struct planet p;
    TRY(desk_planet(rq, &p));
    return show(rq, &p, OK);
}

static enum err make(struct rq *rq, const struct planet *p, struct trial_card *ret)
{
    struct trial_card c = {.name = rq_form(rq, "name"),
                           .with_files = str_eq_c(rq_form(rq, "files"), "1")};
    if (!web_id(rq_form(rq, "tier_id"), &c.tier_id))
        return cx_tell(rq->cx, ERR_INVALID, N_("Choose a tier."));
    TRY(desk_number(rq, "uses", 1, &c.uses));
    TRY(desk_number(rq, "days", 3, &c.days));
    TRY(desk_number(rq, "window", 30, &c.window_days));
    TRY(desk_last_day(rq, "expires", &c.expires_at));
    return trial_card_create(rq->cx, p->id, &c, ret);
}

enum err desk_card_make(struct rq *rq)
{
    struct planet p;
    struct trial_card made;
    TRY(desk_planet(rq, &p));
    enum err e = make(rq, &p, &made);
    if (desk_mendable(e))
        return show(rq, &p, e);
    TRY(e);
    return desk_done(rq, &p, str_fmt(rq->cx->arena, "/offers/cards/%lld", (long long)made.id).p, "saved");
}

static enum err one(struct rq *rq, struct planet *ret_planet, struct trial_card *ret)
{
    int64_t id;
    TRY(desk_planet(rq, ret_planet));
    if (!web_id(rq_param(rq, "id"), &id))
        return ERR_NOT_FOUND;
    return trial_card_by_id(rq->cx, ret_planet->id, id, ret);
}

enum err desk_card(struct rq *rq)
{
    struct cx *cx = rq->cx;
    struct planet p;
    struct trial_card c;
    struct trial_card_user *users;
    struct view_desk *d;
    struct view_desk_card card;
    size_t n;
    TRY(one(rq, &p, &c));
    TRY(trial_card_users(cx, p.id, c.id, desk_before(rq), DESK_PAGE + 1, &users, &n));
    struct str older_url = desk_older(rq, &n, n > DESK_PAGE ? &users[DESK_PAGE - 1].grant_id : NULL);
    TRY(card_view(cx, &c, true, &card));
    TRY(desk_head(rq, &p, DESK_OFFERS, N_("Trial card"), &d));
    struct view_card_user *out = ARENA_ARRAY(cx->arena, struct view_card_user, n);
    for (size_t i = 0; i < n; i++)
        out[i] = (struct view_card_user){
            .name = users[i].name,
            .when = i18n_date(cx, users[i].at),
            .until = users[i].ends_at == DB_NULL ? STR_NULL : i18n_date(cx, users[i].ends_at),
            .paid = users[i].paid,
        };
    struct view_desk_card_page v = {
        .desk = d, .owns = desk_sees_money(rq, &p), .card = &card, .users = out, .n_users = n,
        .older_url = older_url};
    struct buf b = web_buf();
    html_desk_card(&b, cx, &v);
    return web_send(rq, 200, &b);
}

enum err desk_card_picture(struct rq *rq)
{
    struct planet p;
    struct trial_card c;
    TRY(one(rq, &p, &c));
    return web_qr_reply(rq, link_of(rq->cx, &c));
}

enum err desk_card_poster(struct rq *rq)
{
    struct cx *cx = rq->cx;
    struct planet p;
    struct trial_card c;
    TRY(one(rq, &p, &c));
    struct str n = str_fmt(cx->arena, "%lld", (long long)c.days);
    struct str offer = i18n_fill(cx->arena, i18n_getn(cx->locale, "{0} day to look around, free", "{0} days to look around, free", c.days), &n, 1);
    return web_poster_reply(rq, &p, str_c(tr(cx, N_("You are invited"))), offer, link_of(cx, &c));
}

enum err desk_card_end(struct rq *rq)
{
    struct planet p;
    struct trial_card c;
    TRY(one(rq, &p, &c));
    enum err e = trial_card_end(rq->cx, p.id, c.id);
    if (desk_mendable(e))
        return show(rq, &p, e);
    TRY(e);
    return desk_done(rq, &p, "/offers/cards", "done");
}
