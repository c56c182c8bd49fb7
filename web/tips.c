#include "web/tips.h"

#include "node/base/i18n.h"
#include "node/db/db.h"
#include "node/money/money.h"
#include "node/money/tip.h"
#include "node/people/account.h"
#include "node/planet/planet.h"
#include "web/card_view.h"
#include "web/html.h"
#include "web/page.h"
#include "web/planet_view.h"
#include "web/singles.h"

#include <string.h>

/* ---- below a post ---- */

enum err web_tips_below(struct rq *rq, const struct post *post, const struct access_pass *pass, struct view_post *v)
{
    struct cx *cx = rq->cx;
    struct tip_rule rules[TIP_RULES_MAX];
    struct tip *tips;
    size_t n;
    TRY(tip_rules(cx, post->planet_id, rules, &n));
    v->tips_on = n > 0 && post->published_at != DB_NULL;
    if (v->tips_on && v->open && post->author_id != rq->session.account_id)
        v->tip_url = str_fmt(cx->arena, STR_FMT "/tip", STR_ARG(v->url));
    TRY(tip_list(cx, post, pass, &tips, &n));
    struct view_tip *out = ARENA_ARRAY(cx->arena, struct view_tip, n);
    for (size_t i = 0; i < n; i++)
        out[i] = (struct view_tip){
            .id = tips[i].order_id,
            .name = tips[i].name,
            .money = i18n_money(cx, tips[i].money.minor, str_c(tips[i].money.cur)),
            .words = tips[i].words,
            .when = web_when(rq, tips[i].paid_at),
        };
    v->tips = out;
    v->n_tips = n;
    return OK;
}

/* ---- giving one ---- */

struct wish {
    struct planet planet;
    struct post post;
    struct comment comment;      /* of ask.comment_id */
    struct tip_ask ask;
    struct tip_rule rules[TIP_RULES_MAX];
    size_t n_rules;
    int64_t to;
    struct str amount, currency; /* as typed */
    bool typed;                  /* an amount that is one */
};

static struct str field(struct rq *rq, const char *name)
{
    return str_trim(rq->method == POST ? rq_form(rq, name) : rq_query(rq, name));
}

static enum err read_wish(struct rq *rq, struct wish *w)
{
    struct cx *cx = rq->cx;
    struct access_pass pass;
    *w = (struct wish){.amount = field(rq, "amount"), .currency = field(rq, "currency")};
    TRY(web_planet(rq, &w->planet));
    TRY(post_by_slug(cx, w->planet.id, rq_param(rq, "slug"), &w->post));
    TRY(access_decide(cx, &w->post.gate, &pass));
    if (access_verdict(&pass) == ACCESS_NONE)
        return ERR_NOT_FOUND;
    TRY(tip_rules(cx, w->planet.id, w->rules, &w->n_rules));
    w->ask = (struct tip_ask){
        .account_id = rq->session.account_id,
        .post_id = w->post.id,
        .words = field(rq, "words"),
        .named = str_eq_c(field(rq, "named"), "1"),
        .agreed = web_sale_agreed(rq),
    };
    if (web_id(field(rq, "comment"), &w->ask.comment_id))
        TRY(comment_by_id(cx, w->ask.comment_id, &w->comment));
    if (w->currency.n == 0 && w->n_rules > 0)
        w->currency = str_dup(cx->arena, str_c(w->rules[0].least.cur));
    w->typed = w->amount.n > 0 && money_parse_fields(cx, w->amount, w->currency, &w->ask.amount) == OK;
    cx->tell = NULL;
    return OK;
}

static struct str tip_path(struct cx *cx, const struct wish *w)
{
    struct str post = web_post_path(cx, w->planet.handle, w->post.slug);
    if (w->ask.comment_id == 0)
        return str_fmt(cx->arena, STR_FMT "/tip", STR_ARG(post));
    return str_fmt(cx->arena, STR_FMT "/tip?comment=%lld", STR_ARG(post), (long long)w->ask.comment_id);
}

static void add_amount(struct cx *cx, const struct wish *w, int64_t minor, const char *cur, struct view_tip_amount *out,
                       size_t *n)
{
    struct money m = money_of(minor, str_c(cur));
    struct str decimal = money_decimal(cx->arena, m), path = tip_path(cx, w);
    out[(*n)++] = (struct view_tip_amount){
        .amount = decimal,
        .currency = str_dup(cx->arena, str_c(cur)),
        .money = i18n_money(cx, minor, str_c(cur)),
        .url = str_fmt(cx->arena, STR_FMT "%samount=" STR_FMT "&currency=%s", STR_ARG(path),
                       w->ask.comment_id == 0 ? "?" : "&", STR_ARG(decimal), cur),
        .on = w->typed && w->ask.amount.minor == minor && strcmp(w->ask.amount.cur, cur) == 0,
    };
}

/* A few round steps between the least and the most, of the currency that is chosen. */
static void fill_amounts(struct cx *cx, const struct wish *w, struct view_tip_give *v)
{
    static const int steps[] = {1, 2, 5, 10, 20, 50};
    struct view_tip_amount *out = ARENA_ARRAY(cx->arena, struct view_tip_amount, 6);
    struct str *currencies = ARENA_ARRAY(cx->arena, struct str, w->n_rules);
    struct str *ranges = ARENA_ARRAY(cx->arena, struct str, w->n_rules);
    for (size_t i = 0; i < w->n_rules; i++) {
        const struct tip_rule *r = &w->rules[i];
        currencies[i] = str_dup(cx->arena, str_c(r->least.cur));
        ranges[i] = str_fmt(cx->arena, STR_FMT " – " STR_FMT,
                            STR_ARG(i18n_money(cx, r->least.minor, str_c(r->least.cur))),
                            STR_ARG(i18n_money(cx, r->most.minor, str_c(r->most.cur))));
        for (size_t k = 0; str_eq(currencies[i], w->currency) && k < sizeof steps / sizeof *steps; k++)
            if (r->least.minor <= r->most.minor / steps[k])
                add_amount(cx, w, r->least.minor * steps[k], r->least.cur, out, &v->n_amounts);
    }
    v->amounts = out;
    v->currencies = currencies;
    v->n_currencies = w->n_rules;
    v->range = str_join(cx->arena, STR(", "), ranges, w->n_rules);
}

/* The ways of paying; the sums are shown when it costs another amount than was typed. */
static enum err fill_sale(struct rq *rq, struct wish *w, struct view_tip_give *v)
{
    struct quote q = {.planet_id = w->planet.id};
    bool good = w->typed && tip_quote(rq->cx, &w->ask, &q) == OK;
    rq->cx->tell = NULL;
    if (!good)
        q = (struct quote){.planet_id = w->planet.id,
                           .total = w->n_rules == 1 ? money_of(1, str_c(w->rules[0].least.cur)) : (struct money){.minor = 1}};
    v->sums = good && q.total.minor != w->ask.amount.minor;
    struct view_sale *s;
    TRY(web_sale_make(rq, &q, tip_path(rq->cx, w), &s));
    if (!v->sums)
        s->agreed = 0; /* they may type another amount */
    v->sale = s;
    return OK;
}

static enum err send(struct rq *rq, struct wish *w, enum err failed)
{
    struct cx *cx = rq->cx;
    struct account to;
    struct view_page *page = web_page_form(rq);
    struct view_planet *planet = ARENA_NEW(cx->arena, struct view_planet);
    struct view_tip_give v = {.page = page, .planet = planet};
    if (failed != OK)
        v.error = web_mendable(rq, failed);
    cx->tell = NULL;
    TRY(planet_view(rq, &w->planet, planet));
    TRY(account_by_id(cx, w->to, &to));
    web_page_planet(rq, page, &w->planet);
    page->title = str_c(tr(cx, N_("Say thank you")));
    page->noindex = true;
    v.url = web_post_path(cx, w->planet.handle, w->post.slug);
    v.action = str_fmt(cx->arena, STR_FMT "/tip", STR_ARG(v.url));
    v.title = w->post.title.n > 0 ? w->post.title : str_utf8_cut(w->post.summary, 60);
    v.to = to.name;
    v.comment_id = w->ask.comment_id;
    if (w->ask.comment_id != 0)
        v.quoted = w->comment.html;
    v.amount = w->amount;
    v.currency = w->currency;
    v.words = w->ask.words;
    v.named = w->ask.named;
    fill_amounts(cx, w, &v);
    TRY(fill_sale(rq, w, &v));
    struct buf out = web_buf();
    html_tip_give(&out, cx, &v);
    rq_cache_control(rq, "no-store");
    return web_send(rq, failed == OK ? 200 : http_status_of(failed), &out);
}

enum err web_tip_show(struct rq *rq)
{
    struct wish w;
    TRY(read_wish(rq, &w));
    TRY(tip_may(rq->cx, &w.post, w.ask.comment_id, &w.to));
    return send(rq, &w, OK);
}

enum err web_tip_do(struct rq *rq)
{
    struct wish w;
    struct order order;
    TRY(read_wish(rq, &w));
    TRY(tip_may(rq->cx, &w.post, w.ask.comment_id, &w.to));
    w.ask.rail = web_sale_rail(rq, w.planet.id);
    enum err e = w.typed ? tip_give(rq->cx, &w.ask, &order)
                         : cx_tell(rq->cx, ERR_INVALID, N_("Say how much, as in 9.90."));
    if (web_sale_mendable(e))
        return send(rq, &w, e);
    TRY(e);
    return web_sale_go(rq, &order, &w.planet);
}

enum err web_tip_hide(struct rq *rq)
{
    struct planet p;
    int64_t id;
    TRY(web_planet(rq, &p));
    if (!web_id(rq_param(rq, "id"), &id))
        return ERR_NOT_FOUND;
    TRY(tip_hide(rq->cx, p.id, id, !str_eq_c(rq_form(rq, "hide"), "0")));
    struct str next = web_post_path(rq->cx, p.handle, rq_param(rq, "slug"));
    web_flash(rq, "done");
    return web_go(rq, web_next(rq, next));
}
