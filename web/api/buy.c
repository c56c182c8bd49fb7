/* What something costs, ordering it, paying for it: for the account whose token asks. */
#include "node/base/clock.h"
#include "node/db/db.h"
#include "node/money/order.h"
#include "node/money/quote.h"
#include "node/money/rail.h"
#include "node/money/upgrade.h"
#include "node/people/rate.h"
#include "web/api/rows.h"
#include "web/api/words.h"

#include <string.h>

enum { CHECKOUT_MS = 20000, RAILS_SHOWN = 16, COUPONS_AN_HOUR = 60 };

/* ---- prices in full ---- */

static void put_ways(struct api *a, struct str currency)
{
    const struct pay_rail *rails[RAILS_SHOWN];
    size_t n = rail_list_for(a->cx, a->planet.id, currency, rails, RAILS_SHOWN);
    jw_key(&a->w, "rails");
    jw_arr(&a->w);
    for (size_t i = 0; i < n; i++)
        jw_c(&a->w, rails[i]->name);
    jw_end(&a->w);
}

enum err api_send_quote(struct api *a, const struct quote *q)
{
    static const char *const kinds[] = {[QUOTE_LIST] = "list", [QUOTE_COUPON] = "coupon", [QUOTE_UNUSED] = "unused", [QUOTE_POSTS] = "posts",
                                        [QUOTE_CREDIT] = "credit", [QUOTE_TAX] = "tax", [QUOTE_TOTAL] = "total"};
    struct jw *w = api_begin(a);
    jw_obj(w);
    api_put_id(w, "price_id", q->price_id);
    jw_key_c(w, "kind", q->kind);
    jw_key(w, "lines");
    jw_arr(w);
    for (size_t i = 0; i < q->n_lines; i++) {
        const struct quote_line *l = &q->lines[i];
        bool known = (size_t)l->kind < sizeof kinds / sizeof *kinds && kinds[l->kind] != NULL;
        jw_obj(w);
        jw_key_c(w, "kind", known ? kinds[l->kind] : "other");
        jw_key_str(w, "label", l->label);
        api_put_money(a, "amount", l->amount.minor, str_c(l->amount.cur));
        jw_key_bool(w, "contained", l->contained);
        jw_end(w);
    }
    jw_end(w);
    api_put_money(a, "total", q->total.minor, str_c(q->total.cur));
    put_ways(a, str_c(q->total.cur));
    jw_end(w);
    return api_send(a, 200);
}

/* Guessing at coupons is slow. */
static enum err count_coupon(struct api *a, struct str coupon)
{
    if (coupon.n == 0)
        return OK;
    return rate_hit(a->cx, "coupon", rate_ip(a->cx->arena, a->rq->ip, false), MS_HOUR, COUPONS_AN_HOUR);
}

static enum err price_here(struct api *a, int64_t *ret)
{
    struct price p;
    struct tier t;
    TRY(api_get_id_needed(a, "price_id", ret));
    enum err e = price_by_id(a->cx, *ret, &p);
    if (e == OK)
        e = tier_by_id(a->cx, p.tier_id, &t);
    if (e == ERR_NOT_FOUND || (e == OK && t.planet_id != a->planet.id))
        return api_wrong(a, "price_id", N_("Choose a price."));
    return e;
}

/* What is left of a running term counts toward a higher tier without being asked for, as on the page. */
static enum err kind_of(struct api *a, int64_t price_id, bool gift, bool upgrade, struct str coupon, const char **ret)
{
    bool counts = upgrade;
    *ret = gift ? "gift" : NULL;
    if (!gift && !upgrade && a->known && coupon.n == 0)
        TRY(upgrade_counts(a->cx, a->account.id, price_id, &counts));
    if (counts)
        *ret = "upgrade";
    return OK;
}

enum err api_quote(struct api *a)
{
    struct quote_ask ask = {.account_id = a->account.id};
    struct quote q;
    struct upgrade up;
    bool gift, upgrade;
    TRY(price_here(a, &ask.price_id));
    TRY(api_get_text(a, "coupon", &ask.coupon));
    TRY(api_get_bool(a, "gift", false, &gift));
    TRY(api_get_bool(a, "upgrade", false, &upgrade));
    TRY(api_get_bool(a, "keep_credit", false, &ask.keep_credit));
    TRY(api_get_text(a, "country", &ask.country));
    TRY(api_read(a));
    if (upgrade && !a->known)
        return cx_tell(a->cx, ERR_UNAUTHENTICATED, N_("Send a token: Authorization: Bearer orr_…"));
    TRY(kind_of(a, ask.price_id, gift, upgrade, ask.coupon, &ask.kind));
    if (ask.kind != NULL && strcmp(ask.kind, "upgrade") == 0) {
        TRY(upgrade_of(a->cx, a->account.id, ask.price_id, &up));
        ask.unused = up.unused;
    }
    TRY(count_coupon(a, ask.coupon));
    TRY(price_quote(a->cx, &ask, &q));
    return api_send_quote(a, &q);
}

/* ---- ordering ---- */

enum err api_send_order(struct api *a, struct str number, int status)
{
    struct order o;
    TRY(order_by_number(a->cx, number, &o));
    api_begin(a);
    TRY(api_put_order(a, &o));
    return api_send(a, status);
}

/* The way of paying: the only one there is, when none was named. */
enum err api_get_rail(struct api *a, const char **ret)
{
    const struct pay_rail *rails[RAILS_SHOWN];
    struct str name;
    TRY(api_get_text(a, "rail", &name));
    size_t n = rail_list(a->cx, a->planet.id, rails, RAILS_SHOWN);
    *ret = name.n > 0 ? str_z(a->cx->arena, name) : n == 1 ? rails[0]->name : "none";
    return OK;
}

enum err api_buy(struct api *a)
{
    struct order_ask ask = {.account_id = a->account.id};
    struct str country;
    struct order o;
    bool upgrade;
    TRY(price_here(a, &ask.price_id));
    TRY(api_get_text(a, "country", &country));
    TRY(api_get_rail(a, &ask.rail));
    TRY(api_get_text(a, "coupon", &ask.coupon));
    TRY(api_get_text(a, "invite", &ask.invites));
    TRY(api_get_bool(a, "gift", false, &ask.gift));
    TRY(api_get_text(a, "gift_to", &ask.gift_to));
    TRY(api_get_text(a, "gift_words", &ask.gift_words));
    TRY(api_get_bool(a, "keep_credit", false, &ask.keep_credit));
    TRY(api_get_bool(a, "upgrade", false, &upgrade));
    TRY(api_read(a));
    TRY(kind_of(a, ask.price_id, ask.gift, upgrade, ask.coupon, &ask.kind));
    if (ask.gift)
        ask.kind = NULL;
    if (country.n > 0)
        TRY(buyer_set_country(a->cx, a->account.id, country));
    TRY(order_place(a->cx, &ask, &o));
    return api_send_order(a, o.number, 201);
}

enum err api_trial(struct api *a)
{
    int64_t price, grant;
    TRY(price_here(a, &price));
    TRY(api_read(a));
    TRY(trial_start(a->cx, a->account.id, price, &grant));
    return api_send_empty(a);
}

/* ---- to the till ---- */

static enum err my_order(struct api *a, struct order *ret)
{
    TRY(order_by_number(a->cx, rq_param(a->rq, "number"), ret));
    if (ret->account_id != a->account.id)
        return ERR_NOT_FOUND;
    return api_planet_ok(a, ret->planet_id);
}

struct going { struct str number; struct rail_visit visit; struct rail_way way; };

static enum err make_way(struct cx *cx, void *arg)
{
    struct going *g = arg;
    return rail_checkout_at(cx, g->number, &g->visit, &g->way);
}

static enum err made_way(struct api *a, enum err e, void *arg)
{
    static const char *const ways[] = {[RAIL_GO_URL] = "url", [RAIL_GO_CODE] = "code", [RAIL_GO_PAGE] = "page"};
    const struct going *g = arg;
    TRY(e);
    struct str page = str_fmt(a->cx->arena, "/pay/" STR_FMT, STR_ARG(g->number));
    struct jw *w = api_begin(a);
    jw_obj(w);
    jw_key_c(w, "go", ways[g->way.go]);
    if (g->way.url.n == 0 || g->way.go == RAIL_GO_PAGE)
        api_put_url(a, "url", page);
    else if (g->way.url.p[0] == '/')
        api_put_url(a, "url", g->way.url);
    else
        jw_key_str(w, "url", g->way.url);
    api_put_url(a, "page", page);
    api_put_time(w, "expires_at", g->way.expires_at == 0 ? DB_NULL : g->way.expires_at);
    jw_end(w);
    return api_send(a, 200);
}

enum err api_my_order_checkout(struct api *a)
{
    struct going *g = ARENA_NEW(a->cx->arena, struct going);
    struct order o;
    TRY(my_order(a, &o));
    *g = (struct going){.number = o.number, .visit = rail_visit_of(a->rq->ip, rq_header(a->rq, "User-Agent"))};
    return api_away(a, make_way, g, CHECKOUT_MS, made_way);
}

enum err api_my_order_cancel(struct api *a)
{
    struct order o;
    TRY(my_order(a, &o));
    TRY(order_cancel(a->cx, o.number));
    return api_send_order(a, o.number, 200);
}

enum err api_my_order(struct api *a)
{
    struct order o;
    TRY(my_order(a, &o));
    return api_send_order(a, o.number, 200);
}

enum err api_my_orders(struct api *a)
{
    struct order *v;
    int64_t after, next = 0;
    int limit;
    size_t n;
    TRY(api_page_limit(a, &limit));
    TRY(api_page_after(a, &after));
    TRY(order_list(a->cx, a->account.id, after, limit + 1, &v, &n));
    size_t shown = n > (size_t)limit ? (size_t)limit : n;
    if (n > shown)
        next = v[shown - 1].id;
    api_begin_list(a);
    for (size_t i = 0; i < shown; i++)
        if (a->token.planet_id == DB_NULL || a->token.planet_id == v[i].planet_id)
            TRY(api_put_order(a, &v[i]));
    return api_send_list(a, next);
}
