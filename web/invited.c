#include "web/invited.h"

#include "node/base/i18n.h"
#include "node/db/db.h"
#include "node/money/credit.h"
#include "node/media/poster.h"
#include "node/node.h"
#include "node/planet/planet.h"
#include "node/text/qr_png.h"
#include "web/html.h"
#include "web/page.h"
#include "web/planet_view.h"

#define INVITES_COOKIE "invites"
enum { PNG_SCALE = 12, KEPT_MAX = 5, KEEP_S = INVITE_DAYS * 24 * 3600, COOKIE_MAX = KEPT_MAX * (INVITE_CODE_CHARS + 1) };

struct str web_invites(struct rq *rq)
{
    struct str kept = rq_cookie(rq, INVITES_COOKIE);
    return kept.n > COOKIE_MAX ? STR_NULL : kept;
}

enum err web_invited(struct rq *rq, int64_t planet_id, bool *ret_found, struct invite *ret)
{
    return invite_choose(rq->cx, planet_id, rq->session.account_id, web_invites(rq), ret_found, ret);
}

/* First touch: whoever invited to a planet first stays; the oldest of other planets makes room. */
enum err web_invite_keep(struct rq *rq, struct str code)
{
    struct cx *cx = rq->cx;
    struct invite fresh, had;
    bool found;
    enum err e = invite_by_code(cx, code, &fresh);
    if (e == ERR_NOT_FOUND)
        return OK;
    TRY(e);
    struct str kept = web_invites(rq), piece;
    TRY(invite_choose(cx, fresh.planet_id, 0, kept, &found, &had));
    if (found)
        return OK;
    struct str all = kept.n == 0 ? fresh.code
                                 : str_fmt(cx->arena, STR_FMT "." STR_FMT, STR_ARG(kept),
                                           STR_ARG(fresh.code));
    while (all.n > COOKIE_MAX && str_next(&all, '.', &piece))
        ;
    rq_set_cookie(rq, INVITES_COOKIE, all, KEEP_S, true);
    return OK;
}

enum err web_invite_go(struct rq *rq)
{
    struct planet p;
    TRY(web_planet(rq, &p));
    TRY(web_invite_keep(rq, rq_param(rq, "code")));
    rq_cache_control(rq, "no-store");
    return web_go(rq, web_planet_path(rq->cx, p.handle));
}

struct str web_invite_path(struct rq *rq, const struct planet *p)
{
    struct str s = rq_query(rq, "r");
    if (s.n == 0 || s.n > INVITE_CODE_CHARS)
        return STR_NULL;
    for (size_t i = 0; i < s.n; i++)
        if (!((s.p[i] >= 'a' && s.p[i] <= 'z') || (s.p[i] >= '0' && s.p[i] <= '9')))
            return STR_NULL;
    return str_fmt(rq->cx->arena, STR_FMT "/i/" STR_FMT, STR_ARG(web_planet_path(rq->cx, p->handle)),
                   STR_ARG(s));
}

/* ---- a member's own page ---- */

static struct str reward_text(struct cx *cx, const struct referral_rule *rule)
{
    struct str n;
    if (rule->reward == REWARD_DAYS) {
        n = str_fmt(cx->arena, "%lld", (long long)rule->days);
        return i18n_fill(cx->arena,
                         i18n_getn(cx->locale,
                                   "For each person who joins by it and pays, you get {0} day of membership.",
                                   "For each person who joins by it and pays, you get {0} days of membership.",
                                   rule->days),
                         &n, 1);
    }
    if (rule->reward != REWARD_CREDIT || rule->n_amounts == 0)
        return STR_NULL;
    n = i18n_money(cx, rule->amounts[0].minor, str_c(rule->amounts[0].cur));
    return i18n_fill(cx->arena,
                     tr(cx, N_("For each person who joins by it and pays, you get {0} of credit for your own membership.")),
                     &n, 1);
}

static struct str outcome(struct cx *cx, const struct referral *r)
{
    if (str_eq_c(r->state, "pending")) {
        struct str day = i18n_date(cx, r->due_at);
        return i18n_fill(cx->arena, tr(cx, N_("your reward comes on {0}")), &day, 1);
    }
    if (str_eq_c(r->state, "given"))
        return str_c(tr(cx, N_("rewarded")));
    if (str_eq_c(r->state, "taken_back"))
        return str_c(tr(cx, N_("taken back: the payment was refunded")));
    return str_c(tr(cx, N_("no reward")));
}

static enum err fill_came(struct rq *rq, int64_t planet_id, struct view_invite *v)
{
    struct cx *cx = rq->cx;
    struct referral *all;
    size_t n;
    TRY(referral_list(cx, planet_id, rq->session.account_id, &all, &n));
    struct view_invited *out = ARENA_ARRAY(cx->arena, struct view_invited, n);
    for (size_t i = 0; i < n; i++)
        out[i] = (struct view_invited){
            .name = all[i].name,
            .when = i18n_date(cx, all[i].created_at),
            .what = outcome(cx, &all[i]),
            .good = str_eq_c(all[i].state, "given"),
        };
    v->came = out;
    v->n_came = n;
    return OK;
}

static enum err fill_credit(struct rq *rq, int64_t planet_id, struct view_invite *v)
{
    struct cx *cx = rq->cx;
    struct credit_sum *sums;
    size_t n;
    TRY(credit_list(cx, rq->session.account_id, &sums, &n));
    for (size_t i = 0; i < n; i++)
        if (sums[i].planet_id == planet_id) {
            struct str one = i18n_money(cx, sums[i].money.minor, str_c(sums[i].money.cur));
            v->credit = v->credit.n == 0 ? one
                                         : str_fmt(cx->arena, STR_FMT ", " STR_FMT,
                                                   STR_ARG(v->credit), STR_ARG(one));
        }
    return OK;
}

static struct str link_of(struct cx *cx, const struct planet *p, const struct invite *i)
{
    return str_fmt(cx->arena, STR_FMT "/@" STR_FMT "/i/" STR_FMT, STR_ARG(cx->node->origin),
                   STR_ARG(p->handle), STR_ARG(i->code));
}

static enum err show(struct rq *rq, bool poster)
{
    struct cx *cx = rq->cx;
    struct planet p;
    struct invite mine;
    struct referral_rule rule;
    struct qr qr;
    struct view_invite v = {0};
    struct view_page *page = web_page(rq);
    struct view_planet *planet = ARENA_NEW(cx->arena, struct view_planet);
    TRY(web_planet(rq, &p));
    TRY(invite_mine(cx, p.id, rq->session.account_id, &mine));
    TRY(planet_view(rq, &p, planet));
    web_page_planet(rq, page, &p);
    page->title = str_c(tr(cx, N_("Invite others")));
    page->noindex = true;
    v.page = page;
    v.planet = planet;
    v.name = mine.name;
    v.code = mine.code;
    v.link = link_of(cx, &p, &mine);
    TRY(qr_make(cx->arena, v.link, &qr));
    v.qr = qr_svg(cx->arena, &qr, v.link);
    TRY(referral_rule_of(cx, p.id, &rule));
    v.reward = reward_text(cx, &rule);
    TRY(fill_came(rq, p.id, &v));
    TRY(fill_credit(rq, p.id, &v));
    rq_cache_control(rq, "no-store");
    struct buf out = web_buf();
    if (poster)
        html_invite_poster(&out, cx, &v);
    else
        html_invite(&out, cx, &v);
    return web_send(rq, 200, &out);
}

enum err web_invite_show(struct rq *rq)
{
    return show(rq, false);
}

enum err web_invite_poster(struct rq *rq)
{
    return show(rq, true);
}

enum err web_qr_reply(struct rq *rq, struct str link)
{
    struct qr qr;
    struct str png;
    struct buf out = web_buf();
    TRY(qr_make(rq->cx->arena, link, &qr));
    TRY(qr_png(rq->cx->arena, &qr, PNG_SCALE, &png));
    buf_put(&out, png);
    rq_cache_control(rq, "no-store");
    return reply_bytes(rq, 200, "image/png", &out);
}

enum err web_invite_picture(struct rq *rq)
{
    struct planet p;
    struct invite mine;
    TRY(web_planet(rq, &p));
    TRY(invite_mine(rq->cx, p.id, rq->session.account_id, &mine));
    return web_qr_reply(rq, link_of(rq->cx, &p, &mine));
}

enum err web_poster_reply(struct rq *rq, const struct planet *p, struct str line, struct str offer, struct str link)
{
    const struct poster poster = {.name = p->name, .tagline = p->tagline, .line = line, .offer = offer, .link = link,
                                  .accent = p->accent, .cover_media_id = p->cover_media_id, .icon_media_id = p->icon_media_id};
    struct str png;
    TRY(poster_png(rq->cx, &poster, &png));
    struct buf out;
    buf_init(&out, png.n + 1);
    buf_put(&out, png);
    rq_cache_control(rq, "no-store");
    return reply_bytes(rq, 200, "image/png", &out);
}

enum err web_invite_poster_picture(struct rq *rq)
{
    struct cx *cx = rq->cx;
    struct planet p;
    struct invite mine;
    TRY(web_planet(rq, &p));
    TRY(invite_mine(cx, p.id, rq->session.account_id, &mine));
    struct str line = i18n_fill(cx->arena, tr(cx, N_("{0} invites you.")), &mine.name, 1);
    return web_poster_reply(rq, &p, line, STR_NULL, link_of(cx, &p, &mine));
}
