/* How a planet takes tax: mode, who sells, rates, and payments whose country is not sure. */
#include "admin/desk_bills.h"
#include "admin/html.h"
#include "admin/view_bills.h"
#include "node/base/i18n.h"
#include "node/db/db.h"
#include "node/node.h"
#include "node/money/tax.h"
#include "web/bill_view.h"
#include "web/page.h"

#include <string.h>
#include <unistd.h>

enum { UNSURE_SHOWN = 50 };

static void fill_rates(struct cx *cx, const struct tax_rule *rule, struct view_desk_tax *v)
{
    struct view_tax_rate *out = ARENA_ARRAY(cx->arena, struct view_tax_rate, rule->n_rates);
    for (size_t i = 0; i < rule->n_rates; i++) {
        const struct tax_rate *r = &rule->rates[i];
        out[i] = (struct view_tax_rate){
            .country = str_c(r->country),
            .place = r->country[0] == '\0' ? str_c(tr(cx, N_("everywhere else"))) : web_country_name(cx, str_c(r->country)),
            .name = r->name,
            .percent = tax_percent(cx->arena, r->ppm),
            .reverse = r->reverse,
        };
    }
    v->rates = out;
    v->n_rates = rule->n_rates;
}

static enum err fill_unsure(struct cx *cx, const struct planet *p, struct view_desk_tax *v)
{
    struct unsure *all;
    size_t n;
    TRY(tax_unsure(cx, p->id, UNSURE_SHOWN, &all, &n));
    struct view_tax_unsure *out = ARENA_ARRAY(cx->arena, struct view_tax_unsure, n);
    for (size_t i = 0; i < n; i++) {
        const struct order_tax *t = &all[i].tax;
        out[i] = (struct view_tax_unsure){
            .number = all[i].number,
            .when = i18n_date(cx, all[i].paid_at),
            .money = i18n_money(cx, all[i].total.minor, str_c(all[i].total.cur)),
            .place = web_country_name(cx, str_c(t->rate.country)),
            .said = web_country_name(cx, t->buyer.country),
            .ip = web_country_name(cx, t->ip_country),
            .card = web_country_name(cx, t->rail_country),
            .contradicts = order_tax_evidence(t) == EVIDENCE_CONTRADICTS,
        };
    }
    v->unsure = out;
    v->n_unsure = n;
    return OK;
}

static struct str typed(struct rq *rq, const char *name, struct str kept)
{
    struct str s = rq->method == POST ? rq_form(rq, name) : STR_NULL;
    return s.p == NULL ? kept : s;
}

static enum err show(struct rq *rq, const struct planet *p, enum err failed)
{
    struct cx *cx = rq->cx;
    struct view_money *m;
    struct tax_rule rule;
    struct view_desk_tax v = {.error = failed == OK ? STR_NULL : web_mendable(rq, failed)};
    cx->tell = NULL;
    TRY(desk_money_head(rq, p, MONEY_TAX, N_("Tax"), &m));
    TRY(tax_rule_of(cx, p->id, &rule));
    v.m = m;
    v.mode = typed(rq, "mode", str_c(tax_mode_word(rule.mode)));
    v.f_name = typed(rq, "name", rule.planet_id == 0 || rule.seller.name.n == 0 ? STR("") : rule.seller.name);
    v.f_address = typed(rq, "address", rule.seller.address);
    v.f_tax_id = typed(rq, "tax_id", rule.seller.tax_id);
    v.f_note = typed(rq, "note", rule.seller.note);
    v.f_prefix = typed(rq, "prefix", rule.seller.prefix);
    v.countries = web_countries(cx, typed(rq, "country", rule.seller.country), true);
    v.places = web_countries(cx, STR(""), true);
    v.fapiao = rq->method == POST && rq_form(rq, "mode").n > 0 ? rq_form(rq, "fapiao").n > 0 : rule.fapiao;
    v.has_table = access(str_fmt(cx->arena, "%s/countries.csv", cx->node->dir).p, R_OK) == 0;
    fill_rates(cx, &rule, &v);
    TRY(fill_unsure(cx, p, &v));
    struct buf out = web_buf();
    html_desk_tax(&out, cx, &v);
    return web_send(rq, failed == OK ? 200 : http_status_of(failed), &out);
}

enum err desk_tax(struct rq *rq)
{
    struct planet p;
    TRY(desk_money_planet(rq, &p));
    return show(rq, &p, OK);
}

enum err desk_tax_save(struct rq *rq)
{
    struct planet p;
    TRY(desk_money_planet(rq, &p));
    struct tax_rule rule = {
        .planet_id = p.id,
        .seller = {rq_form(rq, "name"), rq_form(rq, "address"), rq_form(rq, "country"), rq_form(rq, "tax_id"),
                   rq_form(rq, "note"), rq_form(rq, "prefix")},
        .fapiao = rq_form(rq, "fapiao").n > 0,
    };
    enum err e = tax_mode_parse(rq_form(rq, "mode"), &rule.mode)
                     ? tax_rule_save(rq->cx, &rule)
                     : cx_tell(rq->cx, ERR_INVALID, N_("Choose how tax is taken."));
    if (desk_mendable(e))
        return show(rq, &p, e);
    TRY(e);
    return desk_money_done(rq, &p, "/tax", "saved");
}

enum err desk_tax_rate(struct rq *rq)
{
    struct planet p;
    struct str country = rq_form(rq, "country");
    struct tax_rate rate = {.name = rq_form(rq, "rate_name"), .reverse = rq_form(rq, "reverse").n > 0};
    TRY(desk_money_planet(rq, &p));
    if (str_eq_c(rq_form(rq, "do"), "drop")) {
        TRY(tax_rate_drop(rq->cx, p.id, country));
        return desk_money_done(rq, &p, "/tax", "done");
    }
    if (country.n == 2)
        memcpy(rate.country, country.p, 2);
    enum err e = tax_ppm_parse(rq->cx, rq_form(rq, "percent"), &rate.ppm);
    if (e == OK)
        e = tax_rate_put(rq->cx, p.id, &rate);
    if (desk_mendable(e))
        return show(rq, &p, e);
    TRY(e);
    return desk_money_done(rq, &p, "/tax", "saved");
}
