#include "web/buy.h"

#include "node/base/clock.h"
#include "node/base/country.h"
#include "node/base/i18n.h"
#include "node/db/db.h"
#include "node/money/life.h"
#include "node/money/money.h"
#include "node/money/order.h"
#include "node/money/quote.h"
#include "node/money/rail.h"
#include "node/money/trial_order.h"
#include "node/money/upgrade.h"
#include "node/people/rate.h"
#include "node/planet/admission.h"
#include "node/planet/planet.h"
#include "web/bill_view.h"
#include "web/html.h"
#include "web/invited.h"
#include "web/page.h"
#include "web/pay.h"
#include "web/planet_view.h"

enum { RAILS_SHOWN = 16 };

/* What is bought, as the form or the address says. */
struct wish {
    struct planet planet;
    struct price price;
    struct tier tier;
    bool gift;
    struct str coupon, next, country;   /* country: chosen here; empty: as it is known */
};

static enum err read_wish(struct rq *rq, struct str price, struct wish *ret)
{
    struct cx *cx = rq->cx;
    bool form = rq->method == POST;
    int64_t id;
    TRY(web_planet(rq, &ret->planet));
    if (!web_id(price, &id))
        return cx_tell(cx, ERR_INVALID, N_("Choose a price."));
    TRY(price_by_id(cx, id, &ret->price));
    TRY(tier_by_id(cx, ret->price.tier_id, &ret->tier));
    if (ret->tier.planet_id != ret->planet.id)
        return ERR_NOT_FOUND;
    bool offered = false;
    for (size_t i = 0; i < ret->tier.n_prices; i++)
        offered = offered || ret->tier.prices[i].id == id;
    struct price own; /* nobody else's any more, but still theirs (P33) */
    if (!offered && rq->session.account_id != 0) {
        TRY(renewal_price(cx, ret->planet.id, rq->session.account_id, &offered, &own));
        offered = offered && own.id == id;
    }
    if (!offered)
        return cx_tell(cx, ERR_GONE, N_("This price is no longer offered. Please choose again."));
    ret->gift = str_eq_c(form ? rq_form(rq, "gift") : rq_query(rq, "gift"), "1");
    ret->next = web_next(rq, STR(""));
    ret->country = form ? rq_form(rq, "country") : rq_query(rq, "country");
    if (country_by_code(ret->country) == NULL)
        ret->country = STR("");
    ret->coupon = str_trim(form ? rq_form(rq, "coupon") : rq_query(rq, "coupon"));
    return OK;
}

/* Back here after signing in, with all that was chosen. */
static struct str wish_url(struct cx *cx, const struct wish *w)
{
    struct buf b;
    buf_init_arena(&b, cx->arena, 8192);
    buf_fmt(&b, STR_FMT "/join/%lld?gift=%d", STR_ARG(web_planet_path(cx, w->planet.handle)),
            (long long)w->price.id, w->gift);
    if (w->coupon.n > 0 && w->coupon.n <= COUPON_CODE_MAX) {
        buf_lit(&b, "&coupon=");
        buf_put_url(&b, w->coupon);
    }
    if (w->country.n > 0)
        buf_fmt(&b, "&country=" STR_FMT, STR_ARG(w->country));
    if (w->next.n > 0 && w->next.n <= 1000) {
        buf_lit(&b, "&next=");
        buf_put_url(&b, w->next);
    }
    return buf_str(&b);
}

/* ---- the sums ---- */

static struct str coupon_note(struct cx *cx, const struct coupon_fit *fit)
{
    struct str n;
    if (fit->coupon_id == DB_NULL || fit->terms_left == 0)
        return STR_NULL;
    if (fit->terms_left == DB_NULL)
        return str_c(tr(cx, N_("It makes every further term cheaper, too.")));
    n = str_fmt(cx->arena, "%lld", (long long)fit->terms_left);
    return i18n_fill(cx->arena,
                     i18n_getn(cx->locale, "It makes {0} further term cheaper, too.",
                               "It makes {0} further terms cheaper, too.", fit->terms_left),
                     &n, 1);
}

static void fill_lines(struct cx *cx, const struct quote *q, struct view_buy *v)
{
    struct view_sum *out = ARENA_ARRAY(cx->arena, struct view_sum, q->n_lines);
    for (size_t i = 0; i < q->n_lines; i++)
        out[i] = (struct view_sum){
            .label = q->lines[i].label,
            .money = i18n_money(cx, q->lines[i].amount.minor, str_c(q->lines[i].amount.cur)),
            .total = q->lines[i].kind == QUOTE_TOTAL,
            .contained = q->lines[i].contained,
        };
    v->lines = out;
    v->n_lines = q->n_lines;
    v->free = q->total.minor == 0;
    v->may_coupon = q->list.minor > 0;
    v->coupon_note = coupon_note(cx, &q->coupon);
}

/* Where the buyer is decides the tax: asked for where rates differ. */
static enum err fill_country(struct rq *rq, const struct wish *w, const struct quote *q, struct view_buy *v)
{
    struct cx *cx = rq->cx;
    struct tax_rule rule;
    struct buf b;
    TRY(tax_rule_of(cx, w->planet.id, &rule));
    bool by_rate = rule.mode == TAX_INCLUSIVE || rule.mode == TAX_EXCLUSIVE;
    v->asks_country = by_rate && rule.n_rates > 1 && q->list.minor > 0;
    v->country = str_dup(cx->arena, str_c(q->taxed.rate.country));
    if (v->asks_country)
        v->countries = web_countries(cx, v->country, v->country.n == 0);
    if (!by_rate || rq->session.account_id == 0)
        return OK;
    buf_init_arena(&b, cx->arena, 16384);
    buf_lit(&b, "/me/billing?next=");
    buf_put_url(&b, wish_url(cx, w));
    v->billing_url = buf_str(&b);
    return OK;
}

/* A coupon that does not fit is said beside its field; the price stands without it. Guessing at coupons
 * is slow. */
static enum err fill_quote(struct rq *rq, struct wish *w, struct view_buy *v)
{
    struct cx *cx = rq->cx;
    struct quote q;
    struct quote_ask ask = {
        .account_id = rq->session.account_id,
        .price_id = w->price.id,
        .kind = w->gift ? "gift" : NULL,
        .coupon = w->coupon,
        .country = w->country,
    };
    enum err e = OK;
    if (w->coupon.n > 0)
        e = rate_hit(cx, "coupon", rate_ip(cx->arena, rq->ip, false), MS_HOUR, 60);
    if (e == OK)
        e = price_quote(cx, &ask, &q);
    if (e != OK && w->coupon.n > 0 && (e == ERR_INVALID || e == ERR_RATE_LIMITED)) {
        v->coupon_error = web_mendable(rq, e);
        ask.coupon = STR_NULL;
        cx->tell = NULL;
        e = price_quote(cx, &ask, &q);
    }
    TRY(e);
    fill_lines(cx, &q, v);
    return fill_country(rq, w, &q, v);
}

/* ---- who may, how, until when ---- */

static enum err fill_rails(struct cx *cx, const struct wish *w, struct view_buy *v)
{
    const struct pay_rail *rails[RAILS_SHOWN];
    size_t n = rail_list_for(cx, w->planet.id, str_c(w->price.money.cur), rails, RAILS_SHOWN);
    struct view_pay_way *out = ARENA_ARRAY(cx->arena, struct view_pay_way, n);
    for (size_t i = 0; i < n; i++)
        out[i] = (struct view_pay_way){
            .name = str_c(rails[i]->name),
            .label = str_c(tr(cx, rails[i]->label)),
            .renews = rails[i]->renews && !w->gift && !str_eq_c(w->price.unit, "once"),
        };
    v->rails = out;
    v->n_rails = n;
    return OK;
}

static enum err fill_term(struct rq *rq, const struct wish *w, struct view_buy *v)
{
    struct cx *cx = rq->cx;
    struct term term;
    int64_t left;
    TRY(order_seats_left(cx, w->tier.id, w->gift ? 0 : rq->session.account_id, &left));
    if (left == 0)
        v->blocked = str_c(tr(cx, N_("All seats of this tier are taken.")));
    if (w->gift || left == 0)
        return OK;
    enum err e = membership_next_term(cx, w->planet.id, rq->session.account_id, w->tier.rank,
                                      w->price.unit, w->price.count, &term);
    if (e == ERR_CONFLICT) {
        v->blocked = web_mendable(rq, e);
        return OK;
    }
    TRY(e);
    v->starts = term.starts_at > cx->now ? i18n_date(cx, term.starts_at) : STR_NULL;
    v->until = term.ends_at == DB_NULL ? STR_NULL : i18n_date(cx, term.ends_at);
    return OK;
}

static enum err fill_admission(struct rq *rq, const struct wish *w, struct view_buy *v)
{
    struct cx *cx = rq->cx;
    struct invite by;
    bool invited;
    TRY(web_invited(rq, w->planet.id, &invited, &by));
    if (w->gift || v->blocked.n > 0)
        return OK;
    enum err e = admission_check(cx, &w->planet, rq->session.account_id, invited);
    if (e != ERR_FORBIDDEN)
        return e;
    v->blocked = web_mendable(rq, e);
    cx->tell = NULL;
    if (str_eq_c(w->planet.joining, "approval"))
        v->ask_url = str_fmt(cx->arena, "/@" STR_FMT "/ask", STR_ARG(w->planet.handle));
    return OK;
}

/* Free days are offered to who was never here. */
static enum err fill_trial(struct rq *rq, const struct wish *w, struct view_buy *v)
{
    struct membership m;
    if (w->gift || w->price.trial_days == 0 || v->blocked.n > 0)
        return OK;
    enum err e = membership_of(rq->cx, w->planet.id, rq->session.account_id, &m);
    if (e == ERR_NOT_FOUND)
        v->trial_days = w->price.trial_days;
    bool card_first;
    TRY(trial_rule_of(rq->cx, w->planet.id, &card_first));
    for (size_t i = 0; card_first && i < v->n_rails; i++)
        v->trial_ways = v->trial_ways || v->rails[i].renews;
    struct money then = w->price.money;
    if (card_first)
        TRY(quote_full(rq->cx, w->planet.id, rq->session.account_id, w->price.money, &then));
    v->trial_then = i18n_money(rq->cx, then.minor, str_c(then.cur));
    if (card_first && !v->trial_ways)
        v->trial_days = 0;
    return e == ERR_NOT_FOUND ? OK : e;
}

static enum err send_buy(struct rq *rq, struct wish *w, enum err failed)
{
    struct cx *cx = rq->cx;
    struct str error = failed == OK ? STR_NULL : web_mendable(rq, failed);
    struct view_page *page = web_page_form(rq);
    struct view_planet *planet = ARENA_NEW(cx->arena, struct view_planet);
    int status = failed == OK ? 200 : http_status_of(failed);
    cx->tell = NULL;
    TRY(planet_view(rq, &w->planet, planet));
    web_page_planet(rq, page, &w->planet);
    page->title = str_c(w->gift ? tr(cx, N_("Give a membership")) : tr(cx, N_("Your membership")));
    page->noindex = true;
    struct view_buy v = {
        .page = page,
        .planet = planet,
        .price_id = w->price.id,
        .tier = w->tier.name,
        .tier_about = w->tier.about,
        .term = web_term(cx, w->price.unit, w->price.count),
        .action = str_fmt(cx->arena, "/@" STR_FMT "/buy", STR_ARG(w->planet.handle)),
        .url = str_fmt(cx->arena, "/@" STR_FMT "/join/%lld", STR_ARG(w->planet.handle),
                       (long long)w->price.id),
        .next = w->next,
        .error = error,
        .coupon = w->coupon,
        .signed_in = rq->session.account_id != 0,
        .gift = w->gift,
        .gift_to = rq->method == POST ? rq_form(rq, "gift_to") : STR(""),
        .gift_words = rq->method == POST ? rq_form(rq, "gift_words") : STR(""),
    };
    struct buf login;
    buf_init_arena(&login, cx->arena, 32768);
    buf_lit(&login, "/login?next=");
    buf_put_url(&login, wish_url(cx, w));
    v.login_url = buf_str(&login);
    TRY(fill_quote(rq, w, &v));
    TRY(fill_rails(cx, w, &v));
    TRY(fill_term(rq, w, &v));
    TRY(fill_admission(rq, w, &v));
    TRY(fill_trial(rq, w, &v));
    struct buf out = web_buf();
    html_buy(&out, cx, &v);
    rq_cache_control(rq, "no-store");
    return web_send(rq, status, &out);
}

/* Of a running term something is left that a higher tier would count: the page that counts it. A coupon can't
 * be had with that; who brings one sees the price with it here. */
static enum err counts_rest(struct rq *rq, const struct wish *w, bool *ret)
{
    *ret = false;
    if (rq->session.account_id == 0 || w->gift || w->coupon.n > 0)
        return OK;
    return upgrade_counts(rq->cx, rq->session.account_id, w->price.id, ret);
}

enum err web_buy_show(struct rq *rq)
{
    struct wish w;
    bool up;
    TRY(read_wish(rq, rq_param(rq, "price"), &w));
    TRY(counts_rest(rq, &w, &up));
    if (up)
        return web_go(rq, str_fmt(rq->cx->arena, STR_FMT "/upgrade/%lld",
                                  STR_ARG(web_planet_path(rq->cx, w.planet.handle)), (long long)w.price.id));
    return send_buy(rq, &w, OK);
}

/* ---- ordering ---- */

static bool mendable(enum err e)
{
    return e == ERR_INVALID || e == ERR_CONFLICT || e == ERR_FORBIDDEN || e == ERR_RATE_LIMITED;
}

enum err web_buy_do(struct rq *rq)
{
    struct cx *cx = rq->cx;
    struct wish w;
    struct order order;
    const struct pay_rail *rails[RAILS_SHOWN];
    TRY(read_wish(rq, rq_form(rq, "price_id"), &w));
    size_t n = rail_list_for(cx, w.planet.id, str_c(w.price.money.cur), rails, RAILS_SHOWN);
    struct str rail = rq_form(rq, "rail");
    if (rail.n == 0 && n == 1)
        rail = str_c(rails[0]->name);
    struct order_ask ask = {
        .account_id = rq->session.account_id,
        .price_id = w.price.id,
        .rail = rail.n == 0 ? "none" : str_z(cx->arena, rail),
        .coupon = w.coupon,
        .invites = web_invites(rq),
        .gift = w.gift,
        .gift_to = rq_form(rq, "gift_to"),
        .gift_words = rq_form(rq, "gift_words"),
    };
    enum err e = w.country.n > 0 ? buyer_set_country(cx, rq->session.account_id, w.country) : OK;
    if (e == OK)
        e = order_place(cx, &ask, &order);
    if (mendable(e))
        return send_buy(rq, &w, e);
    TRY(e);
    if (!str_eq_c(order.state, "paid")) {
        if (!w.gift)
            web_pay_after(rq, order.number, web_next(rq, STR_NULL));
        return web_pay_go(rq, order.number);
    }
    web_flash(rq, w.gift ? "paid" : "joined");
    if (w.gift)
        return web_go(rq, str_fmt(cx->arena, "/me/gifts/" STR_FMT, STR_ARG(order.number)));
    return web_go(rq, web_next(rq, web_planet_path(cx, w.planet.handle)));
}

enum err web_trial_start(struct rq *rq)
{
    struct wish w;
    int64_t grant;
    struct order order;
    struct str rail = rq_form(rq, "rail");
    TRY(read_wish(rq, rq_form(rq, "price_id"), &w));
    if (rail.n > 0) {
        enum err placed = trial_order_place(rq->cx, rq->session.account_id, w.price.id, str_z(rq->cx->arena, rail),
                                            web_invites(rq), &order);
        if (mendable(placed))
            return send_buy(rq, &w, placed);
        TRY(placed);
        return web_pay_go(rq, order.number);
    }
    enum err e = trial_start(rq->cx, rq->session.account_id, w.price.id, &grant);
    if (mendable(e))
        return send_buy(rq, &w, e);
    TRY(e);
    web_flash(rq, "joined");
    return web_go(rq, web_next(rq, web_planet_path(rq->cx, w.planet.handle)));
}

/* ---- asking to join ---- */

static enum err send_ask(struct rq *rq, const struct planet *p, struct str answer, enum err failed)
{
    struct cx *cx = rq->cx;
    struct join_request asked;
    bool found;
    struct view_ask v = {.question = p->join_question, .answer = answer};
    if (failed != OK)
        v.error = web_mendable(rq, failed);
    struct view_page *page = web_page_form(rq);
    struct view_planet *planet = ARENA_NEW(cx->arena, struct view_planet);
    TRY(planet_view(rq, p, planet));
    web_page_planet(rq, page, p);
    page->title = str_c(tr(cx, N_("Ask to join")));
    page->noindex = true;
    v.page = page;
    v.planet = planet;
    TRY(join_request_of(cx, p->id, rq->session.account_id, &found, &asked));
    if (found)
        v.state = asked.state;
    struct buf out = web_buf();
    html_ask(&out, cx, &v);
    return web_send(rq, failed == OK ? 200 : http_status_of(failed), &out);
}

enum err web_ask_show(struct rq *rq)
{
    struct planet p;
    TRY(web_planet(rq, &p));
    return send_ask(rq, &p, STR(""), OK);
}

enum err web_ask_do(struct rq *rq)
{
    struct planet p;
    TRY(web_planet(rq, &p));
    struct str answer = rq_form(rq, "answer");
    enum err e = join_request_make(rq->cx, p.id, rq->session.account_id, answer);
    if (mendable(e))
        return send_ask(rq, &p, answer, e);
    TRY(e);
    web_flash(rq, "asked");
    return web_go(rq, str_fmt(rq->cx->arena, "/@" STR_FMT "/ask", STR_ARG(p.handle)));
}
