#include "web/membership.h"

#include "node/base/clock.h"
#include "node/base/i18n.h"
#include "node/base/url.h"
#include "node/db/db.h"
#include "node/money/credit.h"
#include "node/money/life.h"
#include "node/money/order.h"
#include "node/money/quote.h"
#include "node/money/rail_call.h"
#include "node/money/upgrade.h"
#include "node/node.h"
#include "node/planet/planet.h"
#include "web/away.h"
#include "web/html.h"
#include "web/orders.h"
#include "web/page.h"
#include "web/planet_view.h"

enum { ORDERS_SHOWN = 200, CALL_MS = 15000 };

static struct str say(struct cx *cx, const char *msgid, struct str a, struct str b, struct str c)
{
    struct str args[] = {a, b, c};
    return i18n_fill(cx->arena, tr(cx, msgid), args, 3);
}

/* ---- what one has, and what happens next ---- */

/* In full: with the tax that comes on top for who looks. */
static struct str price_money(struct cx *cx, const struct life *l, const struct price *p)
{
    struct money m = p->money;
    if (quote_full(cx, l->planet_id, l->account_id, p->money, &m) != OK)
        m = p->money;
    return i18n_money(cx, m.minor, str_c(m.cur));
}

static struct str price_words(struct cx *cx, const struct life *l, const struct price *p)
{
    return str_fmt(cx->arena, STR_FMT " · " STR_FMT,
                   STR_ARG(price_money(cx, l, p)),
                   STR_ARG(web_term(cx, p->unit, p->count)));
}

static void fill_words(struct cx *cx, const struct life *l, struct view_life *v)
{
    static const char *const heads[] = {
        [LIFE_NEVER] = N_("You are not a member yet"),
        [LIFE_RUNS] = N_("You are a member"),
        [LIFE_RENEWS] = N_("You are a member"),
        [LIFE_CANCELLED] = N_("Cancelled, and open to the end"),
        [LIFE_PAST_DUE] = N_("A payment did not work"),
        [LIFE_TRIAL] = N_("You are trying it out"),
        [LIFE_CARD] = N_("You are trying it out"),
        [LIFE_FOREVER] = N_("You are a member for ever"),
        [LIFE_SUSPENDED] = N_("A payment is in dispute"),
        [LIFE_LAPSED] = N_("Your membership has ended"),
        [LIFE_OLD_POSTS] = N_("The older posts are yours"),
    };
    static const char *const sentences[] = {
        [LIFE_NEVER] = N_("Here you will see what you have, until when, and what happens next."),
        [LIFE_RUNS] = N_("It ends on {0}. Nothing is charged by itself."),
        [LIFE_RENEWS] = N_("On {0} it renews by itself through {1}."),
        [LIFE_CANCELLED] = N_("Everything stays open until {0}. Nothing further is charged."),
        [LIFE_PAST_DUE] = N_("{1} could not take the money for your next term and tries again. Everything stays open until {0}."),
        [LIFE_TRIAL] = N_("Your free days end on {0}. Nothing is charged."),
        [LIFE_CARD] = N_("Your trial card is good until {0}. Nothing is charged."),
        [LIFE_FOREVER] = N_("There is nothing to renew."),
        [LIFE_SUSPENDED] = N_("Until it is settled with your bank, the planet's posts rest for you."),
        [LIFE_LAPSED] = N_("It ended on {0}. You see previews now; one tap brings everything back."),
        [LIFE_OLD_POSTS] = N_("What was published while this planet was free stays open to you. A membership opens what has come since."),
    };
    const struct pay_rail *rail = l->has_sub ? rail_by_name(l->sub.rail) : NULL;
    struct str until = l->until == DB_NULL ? STR("") : i18n_date(cx, l->until);
    v->rail = rail == NULL ? STR_NULL : str_c(tr(cx, rail->title));
    v->face = str_c(life_word(l->face));
    v->headline = str_c(tr(cx, heads[l->face]));
    v->sentence = say(cx, sentences[l->face], until, v->rail, STR(""));
    if (l->face == LIFE_LAPSED && !l->may_pay)
        v->sentence = say(cx, N_("It ended on {0}. You see previews now."), until, STR(""), STR(""));
    if (l->face == LIFE_TRIAL && l->renews)
        v->sentence = say(cx, N_("On {0} your free days become a membership, paid through {1}."), until, v->rail, STR(""));
    if (l->has_next && l->face != LIFE_FOREVER && l->face != LIFE_CANCELLED)
        v->then = say(cx, l->going_down ? N_("From then on: {0}, {1}.") : N_("The next term: {0}, {1}."),
                      l->next_tier.name, price_words(cx, l, &l->next), STR(""));
    if (l->moving)
        v->moving = say(cx, N_("From {0} a term costs {1}. Until then your price stays as it is. You may cancel at any time."),
                        i18n_date(cx, l->moves_at), price_words(cx, l, &l->moves_to), STR(""));
}

void web_life_words(struct cx *cx, const struct life *l, struct str *ret_headline, struct str *ret_sentence,
                    struct str *ret_moving)
{
    struct view_life v = {0};
    fill_words(cx, l, &v);
    *ret_headline = v.headline;
    *ret_sentence = v.sentence;
    *ret_moving = v.moving;
}

static void fill_has(struct cx *cx, const struct life *l, struct view_life *v)
{
    if (l->face == LIFE_NEVER)
        return;
    v->tier = l->m.tier_name;
    v->kind = grant_kind_label(cx, l->m.kind);
    v->since = i18n_date(cx, l->m.starts_at);
    v->until = l->until == DB_NULL ? STR_NULL : i18n_date(cx, l->until);
    v->member = l->m.live;
    v->warn = l->face == LIFE_PAST_DUE || l->face == LIFE_SUSPENDED;
    v->good = l->m.live && !v->warn;
}

static void fill_buttons(struct cx *cx, const struct life *l, struct view_life *v)
{
    v->may_cancel = l->may_cancel;
    v->may_resume = l->may_resume;
    v->may_manage = l->may_manage;
    v->may_keep_tier = l->going_down;
    if (!l->may_pay)
        return;
    v->pay_url = str_fmt(cx->arena, STR_FMT "/join/%lld?next=" STR_FMT "/membership", STR_ARG(v->planet->url),
                         (long long)l->next.id, STR_ARG(v->planet->url));
    v->pay_label = say(cx, l->m.live ? N_("Renew for {0}") : N_("Come back for {0}"),
                       price_money(cx, l, &l->next), STR(""), STR(""));
}

/* Another price that holds only when they have said yes at the provider; the letter says so, too. */
static enum err fill_agree(struct cx *cx, const struct life *l, struct view_life *v)
{
    enum err e = l->renews ? rail_agree_of(cx, &l->sub, &v->agree_url) : ERR_NOT_FOUND;
    if (e == ERR_NOT_FOUND)
        return OK;
    TRY(e);
    v->agree = say(cx, N_("{0} asks you to agree to the new price yourself. If you don't, nothing more is taken from you, and your membership ends with a term that is paid. If you have agreed there already, all is done."),
                   v->rail, STR(""), STR(""));
    v->agree_label = say(cx, N_("Agree at {0}"), v->rail, STR(""), STR(""));
    return OK;
}

/* ---- other tiers ---- */

static enum err change_up(struct cx *cx, const struct life *l, const struct tier *t, const struct price *p,
                          struct view_life_change *c, bool *ret)
{
    struct upgrade u;
    struct quote q;
    enum err e = upgrade_of(cx, l->account_id, p->id, &u);
    cx->tell = NULL;
    *ret = e == OK;
    if (e == ERR_CONFLICT || e == ERR_INVALID)
        return OK;
    TRY(e);
    struct quote_ask ask = {.account_id = l->account_id, .price_id = p->id, .kind = "upgrade", .unused = u.unused};
    TRY(price_quote(cx, &ask, &q));
    c->up = true;
    c->due = i18n_money(cx, q.total.minor, str_c(q.total.cur));
    c->sentence = say(cx, u.unused > 0 ? N_("At once. Of what you have paid, {0} counts.") : N_("At once."),
                      i18n_money(cx, u.unused, str_c(q.total.cur)), STR(""), STR(""));
    (void)t;
    return OK;
}

static enum err fill_changes(struct cx *cx, const struct life *l, struct view_life *v)
{
    struct tier *tiers;
    size_t n, rows = 0, k = 0;
    if (!l->m.live || l->face == LIFE_TRIAL || l->face == LIFE_CARD)
        return OK;
    TRY(tier_list(cx, l->planet_id, &tiers, &n));
    for (size_t i = 0; i < n; i++)
        rows += tiers[i].visible ? tiers[i].n_prices : 0;
    struct view_life_change *out = ARENA_ARRAY(cx->arena, struct view_life_change, rows);
    for (size_t i = 0; i < n; i++)
        for (size_t p = 0; p < tiers[i].n_prices && tiers[i].visible; p++) {
            const struct price *price = &tiers[i].prices[p];
            struct view_life_change c = {
                .price_id = price->id,
                .tier = tiers[i].name,
                .about = tiers[i].about,
                .money = price_money(cx, l, price),
                .term = web_term(cx, price->unit, price->count),
            };
            bool fits, down = tiers[i].rank < l->m.rank && l->face != LIFE_FOREVER && price->money.minor > 0;
            TRY(change_up(cx, l, &tiers[i], price, &c, &fits));
            if (!fits && !down)
                continue;
            if (!fits)
                c.sentence = say(cx, N_("From {0} on, when your term ends."),
                                 l->until == DB_NULL ? STR("") : i18n_date(cx, l->until), STR(""), STR(""));
            out[k++] = c;
        }
    v->changes = out;
    v->n_changes = k;
    return OK;
}

/* ---- history ---- */

static struct str change_words(struct cx *cx, const struct grant_change *c)
{
    static const char *const words[][2] = {
        {"extend", N_("extended to {0}")},   {"shorten", N_("shortened to {0}")},
        {"revoke", N_("taken back")},        {"suspend", N_("held back")},
        {"restore", N_("open again")},       {"grace", N_("kept open until {0}, while the payment is tried again")},
    };
    struct str end = c->ends_at == DB_NULL ? str_c(tr(cx, N_("for ever"))) : i18n_date(cx, c->ends_at);
    if (str_eq_c(c->kind, "grace") && c->ends_at == DB_NULL)
        return str_c(tr(cx, N_("no longer kept open beyond its term")));
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (str_eq_c(c->kind, words[i][0]))
            return say(cx, words[i][1], end, STR(""), STR(""));
    return c->kind;
}

static struct str span_of(struct cx *cx, int64_t from, int64_t to)
{
    if (to == DB_NULL)
        return say(cx, N_("{0}, for ever"), i18n_date(cx, from), STR(""), STR(""));
    return say(cx, N_("{0} to {1}"), i18n_date(cx, from), i18n_date(cx, to), STR(""));
}

static enum err fill_history(struct cx *cx, const struct life *l, struct view_life *v)
{
    struct grant *all;
    size_t n, rows = 0, k = 0;
    TRY(membership_list(cx, l->planet_id, l->account_id, &all, &n));
    for (size_t i = 0; i < n; i++)
        rows += 1 + all[i].n_changes;
    struct view_life_row *out = ARENA_ARRAY(cx->arena, struct view_life_row, rows);
    for (size_t i = 0; i < n; i++) {
        for (size_t c = all[i].n_changes; c-- > 0;) /* newest first */
            out[k++] = (struct view_life_row){
                .when = i18n_date(cx, all[i].changes[c].at),
                .what = change_words(cx, &all[i].changes[c]),
                .tier = all[i].tier_name,
            };
        out[k++] = (struct view_life_row){
            .when = i18n_date(cx, all[i].created_at),
            .what = grant_kind_label(cx, all[i].kind),
            .tier = all[i].tier_name,
            .span = span_of(cx, all[i].starts_at, all[i].first_ends_at),
            .live = all[i].live,
        };
    }
    v->history = out;
    v->n_history = rows;
    return OK;
}

struct str web_order_text(struct cx *cx, const struct order *o)
{
    static const char *const words[][2] = {
        {"new", N_("ordered")},       {"pending", N_("waiting for payment")},
        {"paid", N_("paid")},         {"part_refunded", N_("partly refunded")},
        {"refunded", N_("refunded")}, {"disputed", N_("disputed")},
        {"lost", N_("charged back")}, {"expired", N_("ran out unpaid")},
        {"failed", N_("failed")},     {"cancelled", N_("cancelled")},
    };
    if (str_eq_c(o->rail, "code") && str_eq_c(o->state, "paid"))
        return str_c(tr(cx, N_("code redeemed")));
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (str_eq_c(o->state, words[i][0]))
            return str_c(tr(cx, words[i][1]));
    return o->state;
}

struct str web_order_what(struct cx *cx, const struct order *o)
{
    static const char *const words[][2] = {
        {"membership", N_("Membership")}, {"renewal", N_("Further term")}, {"upgrade", N_("Change to a higher tier")},
        {"gift", N_("Gift")},             {"post", N_("A post")},          {"tip", N_("Tip")},
        {"question", N_("Question")},     {"listen_in", N_("Listening in")},
    };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (str_eq_c(o->kind, words[i][0]))
            return str_c(tr(cx, words[i][1]));
    return o->kind;
}

static enum err fill_orders(struct cx *cx, const struct life *l, struct view_life *v)
{
    struct order *all;
    size_t n, k = 0;
    TRY(order_list(cx, l->account_id, 0, ORDERS_SHOWN, &all, &n));
    struct view_life_order *out = ARENA_ARRAY(cx->arena, struct view_life_order, n);
    for (size_t i = 0; i < n; i++) {
        if (all[i].planet_id != l->planet_id)
            continue;
        bool open = str_eq_c(all[i].state, "new") || str_eq_c(all[i].state, "pending");
        out[k++] = (struct view_life_order){
            .when = i18n_date(cx, all[i].created_at),
            .what = str_fmt(cx->arena, STR_FMT " · " STR_FMT, STR_ARG(web_order_what(cx, &all[i])),
                            STR_ARG(web_order_text(cx, &all[i]))),
            .money = all[i].total.minor == 0 ? STR_NULL
                                             : i18n_money(cx, all[i].total.minor, str_c(all[i].total.cur)),
            .url = str_fmt(cx->arena, open ? "/pay/" STR_FMT : "/me/orders/" STR_FMT, STR_ARG(all[i].number)),
            .number = all[i].number,
            .open = open,
        };
    }
    v->orders = out;
    v->n_orders = k;
    return OK;
}

/* The button of the newest payment that has one. */
static enum err fill_refund(struct rq *rq, const struct view_page *page, const struct life *l, struct view_life *v)
{
    struct order *all;
    size_t n;
    TRY(order_list(rq->cx, l->account_id, 0, ORDERS_SHOWN, &all, &n));
    for (size_t i = 0; i < n && v->refund == NULL; i++) {
        struct view_refund *r = ARENA_NEW(rq->cx->arena, struct view_refund);
        bool term = all[i].planet_id == l->planet_id && all[i].tier_id != DB_NULL && !str_eq_c(all[i].kind, "gift");
        if (!term || all[i].paid_at == DB_NULL)
            continue;
        TRY(web_refund_view(rq, page, &all[i], r));
        if (r->now || r->ask || r->waiting)
            v->refund = r;
    }
    if (l->face == LIFE_SUSPENDED && v->refund != NULL && v->refund->waiting) {
        v->headline = str_c(tr(rq->cx, N_("Your money is on its way back.")));
        v->sentence = STR("");
    }
    return OK;
}

static enum err fill_credit(struct cx *cx, const struct life *l, struct view_life *v)
{
    struct credit_sum *sums;
    size_t n;
    TRY(credit_list(cx, l->account_id, &sums, &n));
    for (size_t i = 0; i < n; i++)
        if (sums[i].planet_id == l->planet_id && sums[i].money.minor > 0)
            v->credit = i18n_money(cx, sums[i].money.minor, str_c(sums[i].money.cur));
    return OK;
}

/* ---- the page ---- */

static enum err send_page(struct rq *rq, const struct planet *p, enum err failed)
{
    struct cx *cx = rq->cx;
    struct life l;
    struct view_planet *planet = ARENA_NEW(cx->arena, struct view_planet);
    struct view_life v = {.planet = planet};
    if (failed != OK)
        v.error = web_mendable(rq, failed);
    cx->tell = NULL;
    struct view_page *page = web_page(rq);
    TRY(planet_view(rq, p, planet));
    web_page_planet(rq, page, p);
    page->title = str_c(tr(cx, N_("Your membership")));
    page->noindex = true;
    v.page = page;
    TRY(life_of(cx, p->id, rq->session.account_id, &l));
    fill_words(cx, &l, &v);
    fill_has(cx, &l, &v);
    fill_buttons(cx, &l, &v);
    TRY(fill_agree(cx, &l, &v));
    TRY(fill_changes(cx, &l, &v));
    TRY(fill_history(cx, &l, &v));
    TRY(fill_orders(cx, &l, &v));
    TRY(fill_credit(cx, &l, &v));
    TRY(fill_refund(rq, page, &l, &v));
    struct buf out = web_buf();
    html_membership(&out, cx, &v);
    rq_cache_control(rq, "no-store");
    return web_send(rq, failed == OK ? 200 : http_status_of(failed), &out);
}

enum err web_membership(struct rq *rq)
{
    struct planet p;
    TRY(web_planet(rq, &p));
    return send_page(rq, &p, OK);
}

/* ---- buttons ---- */

struct doing {
    struct planet planet;
    int64_t call_id, subscription_id;
    struct str back, url;
    const char *flash;
};

static enum err go_back(struct rq *rq, const struct doing *d)
{
    if (d->flash != NULL)
        web_flash(rq, d->flash);
    return web_go(rq, str_fmt(rq->cx->arena, STR_FMT "/membership", STR_ARG(web_planet_path(rq->cx, d->planet.handle))));
}

static enum err make_call(struct cx *cx, void *arg)
{
    struct doing *d = arg;
    return rail_call_make(cx, d->call_id);
}

/* What they wish is written down; whether the provider heard it at once or a job tells it again, it holds. */
static enum err made_call(struct rq *rq, enum err e, void *arg)
{
    struct doing *d = arg;
    rq->cx->tell = NULL;
    rq->cx->retry_after_s = 0;
    return e == ERR_INTERNAL ? e : go_back(rq, d);
}

static enum err turned(struct rq *rq, struct doing *d)
{
    return d->call_id == DB_NULL ? go_back(rq, d) : web_away(rq, make_call, d, CALL_MS, made_call);
}

static enum err ask_portal(struct cx *cx, void *arg)
{
    struct doing *d = arg;
    return rail_portal(cx, d->subscription_id, d->back, &d->url);
}

static enum err to_portal(struct rq *rq, enum err e, void *arg)
{
    struct cx *cx = rq->cx;
    struct doing *d = arg;
    struct url u;
    if (e != OK)
        return send_page(rq, &d->planet, e);
    struct view_page *page = web_page(rq);
    web_page_planet(rq, page, &d->planet);
    page->title = str_c(tr(cx, N_("Your membership")));
    page->noindex = true;
    struct view_life_go v = {.page = page, .url = d->url, .back_url = d->back};
    v.host = url_parse(cx->arena, d->url, &u) == OK ? u.host : STR("");
    rq_add_header(rq, "Refresh", str_fmt(cx->arena, "0; url=" STR_FMT, STR_ARG(d->url)));
    rq_add_header(rq, "Referrer-Policy", STR("no-referrer"));
    rq_cache_control(rq, "no-store");
    struct buf out = web_buf();
    html_membership_go(&out, cx, &v);
    return web_send(rq, 200, &out);
}

static enum err manage(struct rq *rq, struct doing *d)
{
    struct life l;
    TRY(life_of(rq->cx, d->planet.id, rq->session.account_id, &l));
    if (!l.may_manage)
        return go_back(rq, d);
    d->subscription_id = l.sub.id;
    d->back = str_fmt(rq->cx->arena, STR_FMT STR_FMT "/membership", STR_ARG(rq->cx->node->origin),
                      STR_ARG(web_planet_path(rq->cx, d->planet.handle)));
    return web_away(rq, ask_portal, d, CALL_MS, to_portal);
}

enum err web_membership_do(struct rq *rq)
{
    struct cx *cx = rq->cx;
    struct str what = rq_form(rq, "do");
    struct doing *d = ARENA_NEW(cx->arena, struct doing);
    *d = (struct doing){.call_id = DB_NULL};
    enum err e;
    TRY(web_planet(rq, &d->planet));
    if (str_eq_c(what, "manage"))
        return manage(rq, d);
    if (str_eq_c(what, "cancel")) {
        d->flash = "not-renewing";
        e = life_cancel(cx, d->planet.id, rq->session.account_id, &d->call_id);
    } else if (str_eq_c(what, "resume")) {
        d->flash = "renewing";
        e = life_resume(cx, d->planet.id, rq->session.account_id, &d->call_id);
    } else if (str_eq_c(what, "down") || str_eq_c(what, "keep")) {
        int64_t price_id = 0;
        if (str_eq_c(what, "down") && !web_id(rq_form(rq, "price_id"), &price_id))
            return ERR_INVALID;
        d->flash = "saved";
        e = downgrade_plan(cx, d->planet.id, rq->session.account_id, price_id, &d->call_id);
    } else {
        return ERR_INVALID;
    }
    if (e == ERR_CONFLICT || e == ERR_UNSUPPORTED || e == ERR_INVALID)
        return send_page(rq, &d->planet, e);
    TRY(e);
    return turned(rq, d);
}
