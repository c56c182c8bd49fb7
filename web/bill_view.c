#include "web/bill_view.h"

#include "node/base/country.h"
#include "node/base/i18n.h"
#include "node/db/db.h"
#include "node/money/rail.h"
#include "node/planet/planet.h"

#include <string.h>

struct str web_country_name(struct cx *cx, struct str code)
{
    const struct country *c = country_by_code(code);
    if (c == NULL)
        return STR("");
    return str_c(cx->locale == LOCALE_ZH_CN ? c->zh : c->en);
}

struct view_countries web_countries(struct cx *cx, struct str chosen, bool any)
{
    size_t n;
    const struct country *all = country_all(&n);
    struct view_country *out = ARENA_ARRAY(cx->arena, struct view_country, n);
    for (size_t i = 0; i < n; i++)
        out[i] = (struct view_country){str_c(all[i].code), str_c(cx->locale == LOCALE_ZH_CN ? all[i].zh : all[i].en),
                                       str_eq_c(chosen, all[i].code)};
    return (struct view_countries){out, n, any};
}

static void party(struct cx *cx, struct str name, struct str address, struct str country, struct str tax_id,
                  struct view_bill_party *ret)
{
    struct str *lines = ARENA_ARRAY(cx->arena, struct str, 10), rest = address, line;
    *ret = (struct view_bill_party){.name = name, .country = web_country_name(cx, country), .tax_id = tax_id,
                                    .lines = lines};
    while (rest.n > 0 && ret->n_lines < 10 && str_next(&rest, '\n', &line))
        if (str_trim(line).n > 0)
            lines[ret->n_lines++] = str_trim(line);
}

static struct str money(struct cx *cx, const struct bill *b, int64_t minor)
{
    return i18n_money(cx, minor, str_c(b->cur));
}

static struct str tax_label(struct cx *cx, const struct bill *b)
{
    struct str name = b->tax_name.n > 0 ? b->tax_name : str_c(tr(cx, N_("Tax")));
    if (b->tax_ppm == DB_NULL || b->tax_ppm == 0)
        return name;
    return str_fmt(cx->arena, STR_FMT " " STR_FMT, STR_ARG(name), STR_ARG(tax_percent(cx->arena, b->tax_ppm)));
}

/* Lines, net, tax, total, and what of it was credit. */
static void sums(struct cx *cx, const struct bill *b, struct view_bill *v)
{
    struct view_sum *out = ARENA_ARRAY(cx->arena, struct view_sum, b->n_lines + 5);
    size_t n = 0;
    for (size_t i = 0; i < b->n_lines; i++)
        out[n++] = (struct view_sum){.label = b->lines[i].label, .money = money(cx, b, b->lines[i].amount.minor)};
    if (b->tax != 0) {
        out[n++] = (struct view_sum){.label = str_c(tr(cx, N_("Net"))), .money = money(cx, b, b->net)};
        out[n++] = (struct view_sum){.label = tax_label(cx, b), .money = money(cx, b, b->tax)};
    }
    out[n++] = (struct view_sum){.label = str_c(tr(cx, N_("Total"))), .money = money(cx, b, b->total), .total = true};
    if (b->by_credit != 0)
        out[n++] = (struct view_sum){.label = str_c(tr(cx, N_("of it by credit"))), .money = money(cx, b, b->by_credit)};
    v->sums = out;
    v->n_sums = n;
}

static struct str supply(struct cx *cx, const struct bill *b)
{
    struct str args[2];
    if (b->credit_note || b->supply_from == DB_NULL)
        return STR_NULL;
    args[0] = i18n_date(cx, b->supply_from);
    if (b->supply_to == DB_NULL)
        return i18n_fill(cx->arena, tr(cx, N_("from {0}, for ever")), args, 1);
    args[1] = i18n_date(cx, b->supply_to);
    return str_eq(args[0], args[1]) ? args[0] : i18n_fill(cx->arena, tr(cx, N_("{0} to {1}")), args, 2);
}

enum err web_bill_view(struct cx *cx, const struct bill *b, const char *base, struct view_bill *ret)
{
    struct planet p;
    const struct pay_rail *rail = rail_by_name(b->rail);
    bool whole = b->seller.address.n > 0;
    TRY(planet_by_id(cx, b->planet_id, &p));
    i18n_clock(cx, zone_name(b->zone));
    *ret = (struct view_bill){
        .id = b->id,
        .url = str_fmt(cx->arena, "%s/%lld", base, (long long)b->id),
        .title = str_c(b->credit_note ? tr(cx, N_("Credit note")) : whole ? tr(cx, N_("Invoice")) : tr(cx, N_("Receipt"))),
        .number = b->number,
        .issued = i18n_date(cx, b->issued_at),
        .supply = supply(cx, b),
        .order = b->order_number,
        .corrects = b->corrects_number,
        .money = money(cx, b, b->total),
        .planet = p.name,
        .paid_by = rail == NULL || rail->title == NULL ? STR_NULL : str_c(tr(cx, rail->title)),
        .rail_ref = b->rail_ref,
        .note = b->seller.note,
        .credit_note = b->credit_note,
        .reverse = b->reverse,
    };
    party(cx, b->seller.name, b->seller.address, b->seller.country, b->seller.tax_id, &ret->seller);
    party(cx, b->buyer.name, b->buyer.address, b->buyer.country, b->buyer.tax_id, &ret->buyer);
    sums(cx, b, ret);
    return OK;
}

void web_fapiao_view(struct cx *cx, const struct fapiao *f, struct view_fapiao *ret)
{
    static const struct { const char *state, *words; } all[] = {{"asked", N_("asked for")}, {"issued", N_("issued")},
                                                                {"declined", N_("declined")}, {"withdrawn", N_("withdrawn")}};
    *ret = (struct view_fapiao){
        .id = f->id,
        .title = f->title,
        .taxpayer_id = f->taxpayer_id,
        .mail = f->mail,
        .answer = f->answer,
        .order = f->order_number,
        .money = i18n_money(cx, f->amount.minor, str_c(f->amount.cur)),
        .when = i18n_date(cx, f->asked_at),
        .asked = str_eq_c(f->state, "asked"),
        .issued = str_eq_c(f->state, "issued"),
        .company = str_eq_c(f->kind, "company"),
        .red = str_eq_c(f->state, "issued") && f->given_back > 0,
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (str_eq_c(f->state, all[i].state))
            ret->state = str_c(i18n_get(cx->locale, all[i].words));
}
