#include "admin/desk_offers.h"
#include "admin/html.h"
#include "node/base/i18n.h"
#include "node/db/db.h"
#include "node/money/money.h"
#include "node/money/post_sale.h"
#include "node/money/tip.h"
#include "web/page.h"

enum { ROWS = 3, TIPS_PAGE = 50 };

static enum err fill_sold(struct rq *rq, const struct planet *p, struct view_desk_singles *v)
{
    struct cx *cx = rq->cx;
    struct post_sold *all;
    size_t n;
    TRY(post_sales(cx, p->id, &all, &n));
    struct view_desk_sold *out = ARENA_ARRAY(cx->arena, struct view_desk_sold, n);
    for (size_t i = 0; i < n; i++)
        out[i] = (struct view_desk_sold){
            .title = all[i].title.n > 0 ? all[i].title : all[i].slug,
            .url = web_post_path(cx, p->handle, all[i].slug),
            .money = i18n_money(cx, all[i].money.minor, str_c(all[i].money.cur)),
            .n = all[i].n,
        };
    v->sold = out;
    v->n_sold = n;
    return OK;
}

static enum err fill_tips(struct rq *rq, const struct planet *p, struct view_desk_singles *v)
{
    struct cx *cx = rq->cx;
    struct tip *all;
    size_t n;
    int64_t before = 0;
    (void)web_id(rq_query(rq, "before"), &before);
    TRY(tip_list_of_planet(cx, p->id, before, TIPS_PAGE + 1, &all, &n));
    if (n > TIPS_PAGE) {
        n = TIPS_PAGE;
        v->older_url = str_fmt(cx->arena, "/desk/" STR_FMT "/offers/singles?before=%lld#tips", STR_ARG(p->handle),
                               (long long)all[n - 1].order_id);
    }
    struct view_tip *out = ARENA_ARRAY(cx->arena, struct view_tip, n);
    for (size_t i = 0; i < n; i++)
        out[i] = (struct view_tip){
            .id = all[i].order_id,
            .name = all[i].name,
            .money = i18n_money(cx, all[i].money.minor, str_c(all[i].money.cur)),
            .words = all[i].words,
            .when = i18n_date(cx, all[i].paid_at),
            .title = all[i].title.n > 0 ? all[i].title : all[i].slug,
            .url = web_post_path(cx, p->handle, all[i].slug),
            .named = all[i].named,
            .hidden = all[i].hidden,
            .undone = !str_eq_c(all[i].state, "paid") && !str_eq_c(all[i].state, "part_refunded"),
        };
    v->tips = out;
    v->n_tips = n;
    return OK;
}

static bool sent(struct rq *rq, const char *what)
{
    return rq->method == POST && str_eq_c(rq_form(rq, "do"), what);
}

/* What is in force, or what was typed and refused. */
static enum err fill_forms(struct rq *rq, const struct planet *p, struct view_desk_singles *v)
{
    struct cx *cx = rq->cx;
    struct tip_rule rules[TIP_RULES_MAX];
    struct str cur[TIP_RULES_MAX + 1] = {{0}}, least[TIP_RULES_MAX + 1] = {{0}}, most[TIP_RULES_MAX + 1] = {{0}};
    int64_t days;
    size_t n;
    TRY(post_toward_days(cx, p->id, &days));
    TRY(tip_rules(cx, p->id, rules, &n));
    v->f_count = sent(rq, "toward") ? rq_form(rq, "count").n > 0 : days > 0;
    v->f_days = sent(rq, "toward") ? rq_form(rq, "days")
                                   : str_fmt(cx->arena, "%lld", (long long)(days > 0 ? days : POST_COUNT_DAYS));
    v->n_rules = n + 1 > ROWS ? n + 1 : ROWS;
    v->n_rules = v->n_rules > TIP_RULES_MAX ? TIP_RULES_MAX : v->n_rules;
    struct view_desk_tip_rule *out = ARENA_ARRAY(cx->arena, struct view_desk_tip_rule, v->n_rules);
    if (sent(rq, "tips")) {
        (void)rq_form_all(rq, "currency", cur, TIP_RULES_MAX);
        (void)rq_form_all(rq, "least", least, TIP_RULES_MAX);
        (void)rq_form_all(rq, "most", most, TIP_RULES_MAX);
    }
    for (size_t i = 0; i < v->n_rules; i++) {
        if (sent(rq, "tips"))
            out[i] = (struct view_desk_tip_rule){cur[i], least[i], most[i]};
        else if (i < n)
            out[i] = (struct view_desk_tip_rule){str_dup(cx->arena, str_c(rules[i].least.cur)),
                                                 money_decimal(cx->arena, rules[i].least),
                                                 money_decimal(cx->arena, rules[i].most)};
    }
    v->rules = out;
    return OK;
}

static enum err show(struct rq *rq, const struct planet *p, enum err e)
{
    struct view_desk *d;
    struct view_desk_singles v = {0};
    if (e != OK)
        *(sent(rq, "tips") ? &v.tips_error : &v.error) = web_mendable(rq, e);
    TRY(desk_head(rq, p, DESK_OFFERS, N_("Posts and tips"), &d));
    v.desk = d;
    TRY(fill_forms(rq, p, &v));
    TRY(fill_sold(rq, p, &v));
    TRY(fill_tips(rq, p, &v));
    struct buf out = web_buf();
    html_desk_singles(&out, rq->cx, &v);
    return web_send(rq, e == OK ? 200 : http_status_of(e), &out);
}

enum err desk_singles(struct rq *rq)
{
    struct planet p;
    TRY(desk_planet(rq, &p));
    return show(rq, &p, OK);
}

/* An empty row is none. */
static enum err save_tips(struct rq *rq, const struct planet *p)
{
    struct str cur[TIP_RULES_MAX] = {{0}}, least[TIP_RULES_MAX] = {{0}}, most[TIP_RULES_MAX] = {{0}};
    struct tip_rule rules[TIP_RULES_MAX];
    size_t n = 0, rows = rq_form_all(rq, "currency", cur, TIP_RULES_MAX);
    (void)rq_form_all(rq, "least", least, TIP_RULES_MAX);
    (void)rq_form_all(rq, "most", most, TIP_RULES_MAX);
    for (size_t i = 0; i < rows && i < TIP_RULES_MAX; i++) {
        if (str_trim(least[i]).n == 0 && str_trim(most[i]).n == 0)
            continue;
        TRY(money_parse_fields(rq->cx, least[i], cur[i], &rules[n].least));
        TRY(money_parse_fields(rq->cx, most[i], cur[i], &rules[n].most));
        n++;
    }
    return tip_rules_set(rq->cx, p->id, rules, n);
}

static enum err save_toward(struct rq *rq, const struct planet *p)
{
    int64_t days = 0;
    if (rq_form(rq, "count").n > 0)
        TRY(desk_number(rq, "days", POST_COUNT_DAYS, &days));
    return post_toward_days_set(rq->cx, p->id, days);
}

enum err desk_singles_save(struct rq *rq)
{
    struct planet p;
    TRY(desk_planet(rq, &p));
    enum err e = sent(rq, "tips") ? save_tips(rq, &p) : save_toward(rq, &p);
    if (desk_mendable(e))
        return show(rq, &p, e);
    TRY(e);
    return desk_done(rq, &p, "/offers/singles", "saved");
}
