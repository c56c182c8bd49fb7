#include "node/money/tax.h"

#include "node/base/country.h"
#include "node/base/i18n.h"
#include "node/db/db.h"
#include "node/money/money.h"
#include "node/money/percent.h"
#include "node/money/tax_sql.h"
#include "node/node.h"
#include "node/people/audit.h"

#include <string.h>

static const char *const words[] = {"none", "inclusive", "exclusive", "rail"};

const char *tax_mode_word(enum tax_mode mode)
{
    return words[mode];
}

bool tax_mode_parse(struct str word, enum tax_mode *ret)
{
    for (int i = 0; i < 4; i++)
        if (str_eq_c(word, words[i])) {
            *ret = (enum tax_mode)i;
            return true;
        }
    return false;
}

static enum tax_mode mode_of(struct str word)
{
    enum tax_mode mode = TAX_NONE;
    (void)tax_mode_parse(word, &mode);
    return mode;
}

static void put_country(char ret[3], struct str code)
{
    memset(ret, 0, 3);
    if (code.n == 2)
        memcpy(ret, code.p, 2);
}

/* ---- what the owner entered ---- */

enum err tax_rule_of(struct cx *cx, int64_t planet_id, struct tax_rule *ret)
{
    struct tax_rule_one_row row;
    struct tax_rates_row *rates;
    struct tax_rule rule = {.planet_id = planet_id};
    bool found;
    TRY(q_tax_rule_one(cx, planet_id, &found, &row));
    if (found) {
        rule.mode = mode_of(row.mode);
        rule.seller = (struct seller){row.seller_name, row.seller_address, row.seller_country, row.seller_tax_id,
                                      row.note, row.prefix};
        rule.fapiao = row.fapiao != 0;
        TRY(q_tax_rates(cx, planet_id, &rates, &rule.n_rates));
        rule.rates = ARENA_ARRAY(cx->arena, struct tax_rate, rule.n_rates);
        for (size_t i = 0; i < rule.n_rates; i++) {
            rule.rates[i] = (struct tax_rate){
                .name = rates[i].name, .ppm = rates[i].ppm, .reverse = rates[i].reverse != 0};
            put_country(rule.rates[i].country, rates[i].country);
        }
    }
    *ret = rule;
    return OK;
}

static enum err country_ok(struct cx *cx, struct str code)
{
    if (code.n > 0 && country_by_code(code) == NULL)
        return cx_tell(cx, ERR_INVALID, N_("Choose a country or region of the list."));
    return OK;
}

static struct str upper(struct cx *cx, struct str s)
{
    char *p = arena_copy(cx->arena, s.p, s.n);
    for (size_t i = 0; i < s.n; i++)
        if (p[i] >= 'a' && p[i] <= 'z')
            p[i] = (char)(p[i] - 'a' + 'A');
    return (struct str){p, s.n};
}

/* Letters, digits and dashes: it stands in file names, too. */
static bool prefix_ok(struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (!((c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-'))
            return false;
    }
    return s.n <= PREFIX_MAX;
}

static enum err tax_id_of(struct cx *cx, struct str country, struct str typed, struct str *ret)
{
    *ret = STR("");
    if (str_trim(typed).n == 0)
        return OK;
    if (!tax_id_ok(cx->arena, country, typed, ret))
        return cx_tell(cx, ERR_INVALID, N_("This can't be a tax number of that country. Please look at it again."));
    return OK;
}

enum err tax_rule_save(struct cx *cx, const struct tax_rule *rule)
{
    struct seller s = rule->seller;
    TRY(planet_may_own(cx, rule->planet_id));
    s.name = str_trim(s.name);
    s.address = str_trim(s.address);
    s.country = str_trim(s.country);
    s.note = str_trim(s.note);
    s.prefix = upper(cx, str_trim(s.prefix));
    TRY(country_ok(cx, s.country));
    TRY(tax_id_of(cx, s.country, s.tax_id, &s.tax_id));
    if (s.name.n > SELLER_TEXT_MAX || s.address.n > SELLER_TEXT_MAX || s.note.n > SELLER_TEXT_MAX)
        return cx_tell(cx, ERR_INVALID, N_("Name, address and note of the seller are too long."));
    if (!prefix_ok(s.prefix))
        return cx_tell(cx, ERR_INVALID, N_("A prefix has at most 12 letters A to Z, digits and dashes."));
    if ((rule->mode == TAX_INCLUSIVE || rule->mode == TAX_EXCLUSIVE) &&
        (s.name.n == 0 || s.address.n == 0 || s.country.n == 0))
        return cx_tell(cx, ERR_INVALID,
                       N_("Who takes tax must say who sells: enter name, address and country."));
    TX_SCOPE(cx);
    TRY(q_tax_rule_put(cx, rule->planet_id, str_c(words[rule->mode]), s.name, s.address, s.country, s.tax_id,
                       s.note, s.prefix, rule->fapiao, cx->now, NULL));
    TRY(audit_put(cx, "tax.rule", rule->planet_id, str_c(words[rule->mode])));
    cx->wake |= WAKE_PUBLIC; /* prices stand on public pages */
    return tx_commit(cx);
}

enum err tax_rate_put(struct cx *cx, int64_t planet_id, const struct tax_rate *rate)
{
    struct str name = str_trim(rate->name), country = str_c(rate->country);
    struct tax_rule rule;
    TRY(planet_may_own(cx, planet_id));
    TRY(country_ok(cx, country));
    if (name.n == 0)
        name = STR("VAT");
    if (!str_is_utf8(name) || str_utf8_len(name) > TAX_NAME_MAX)
        return cx_tell(cx, ERR_INVALID, N_("The name of a tax is too long."));
    if (rate->ppm < 0 || rate->ppm > TAX_PPM_MAX)
        return cx_tell(cx, ERR_INVALID, N_("A rate is between 0 and 100 percent, with up to 4 decimals."));
    TX_SCOPE(cx);
    TRY(tax_rule_of(cx, planet_id, &rule));
    TRY(q_tax_rule_put(cx, planet_id, str_c(words[rule.mode]), rule.seller.name, rule.seller.address,
                       rule.seller.country, rule.seller.tax_id, rule.seller.note, rule.seller.prefix, rule.fapiao,
                       cx->now, NULL));
    TRY(q_tax_rate_set(cx, planet_id, country, name, rate->ppm, rate->reverse, NULL));
    TRY(audit_put(cx, "tax.rate", planet_id, country));
    cx->wake |= WAKE_PUBLIC;
    return tx_commit(cx);
}

enum err tax_rate_drop(struct cx *cx, int64_t planet_id, struct str country)
{
    int64_t changes;
    TRY(planet_may_own(cx, planet_id));
    TX_SCOPE(cx);
    TRY(q_tax_rate_delete(cx, planet_id, country, &changes));
    if (changes == 0)
        return ERR_NOT_FOUND;
    TRY(audit_put(cx, "tax.rate_drop", planet_id, country));
    cx->wake |= WAKE_PUBLIC;
    return tx_commit(cx);
}

enum err tax_ppm_parse(struct cx *cx, struct str percent, int64_t *ret)
{
    if (!percent_read(percent, PERCENT_PPM, ret))
        return cx_tell(cx, ERR_INVALID, N_("A rate is between 0 and 100 percent, with up to 4 decimals."));
    return OK;
}

struct str tax_percent(struct arena *a, int64_t ppm)
{
    return str_fmt(a, STR_FMT "\xC2\xA0%%", STR_ARG(percent_text(a, ppm, PERCENT_PPM)));
}

/* ---- who buys ---- */

enum err buyer_of(struct cx *cx, int64_t account_id, struct buyer *ret)
{
    struct buyer_one_row row;
    bool found = false;
    *ret = (struct buyer){STR(""), STR(""), STR(""), STR("")};
    if (account_id != 0)
        TRY(q_buyer_one(cx, account_id, &found, &row));
    if (found)
        *ret = (struct buyer){row.name, row.address, row.country, row.tax_id};
    return OK;
}

enum err buyer_save(struct cx *cx, int64_t account_id, const struct buyer *b)
{
    struct buyer n = {str_trim(b->name), str_trim(b->address), str_trim(b->country), STR("")};
    if (account_id == 0 || (cx->viewer != 0 && cx->viewer != account_id))
        return ERR_FORBIDDEN;
    TRY(country_ok(cx, n.country));
    if (n.name.n > SELLER_TEXT_MAX || n.address.n > SELLER_TEXT_MAX || !str_is_utf8(n.name) || !str_is_utf8(n.address))
        return cx_tell(cx, ERR_INVALID, N_("Name or address is too long."));
    if (str_trim(b->tax_id).n > 0 && n.country.n == 0)
        return cx_tell(cx, ERR_INVALID, N_("A tax number belongs to a country: choose one."));
    TRY(tax_id_of(cx, n.country, b->tax_id, &n.tax_id));
    TX_SCOPE(cx);
    TRY(q_buyer_put(cx, account_id, n.name, n.address, n.country, n.tax_id, cx->now, NULL));
    return tx_commit(cx);
}

enum err buyer_set_country(struct cx *cx, int64_t account_id, struct str country)
{
    struct buyer b;
    TRY(buyer_of(cx, account_id, &b));
    if (str_eq(b.country, country))
        return OK;
    b.country = country;
    b.tax_id = STR(""); /* it was of the other one */
    return buyer_save(cx, account_id, &b);
}

struct str buyer_ip_country(struct cx *cx)
{
    char code[3];
    const char *path = str_fmt(cx->arena, "%s/countries.csv", cx->node->dir).p;
    if (!country_of_ip(path, cx->ip, code))
        return STR("");
    return str_dup(cx->arena, str_c(code));
}

/* ---- what follows ---- */

static const struct tax_rate *rate_of(const struct tax_rule *rule, struct str country)
{
    const struct tax_rate *rest = NULL;
    for (size_t i = 0; i < rule->n_rates; i++) {
        if (rule->rates[i].country[0] == '\0')
            rest = &rule->rates[i];
        else if (str_eq_c(country, rule->rates[i].country))
            return &rule->rates[i];
    }
    return rest;
}

/* Half away from nothing; no amount is large enough to overflow. */
static int64_t part_of(int64_t amount, int64_t up, int64_t down)
{
    __int128 n = (__int128)amount * up;
    __int128 half = down / 2;
    return (int64_t)((n >= 0 ? n + half : n - half) / down);
}

void tax_work_out(struct cx *cx, const struct tax_rule *rule, const struct buyer *who, struct str ip_country,
                  int64_t due, bool always_contained, struct quote_tax *ret)
{
    struct str country = who->country.n > 0 ? who->country : ip_country.n > 0 ? ip_country : rule->seller.country;
    struct quote_tax t = {.mode = rule->mode, .label = STR("")};
    const struct tax_rate *rate = rate_of(rule, country);
    t.contained = always_contained || rule->mode != TAX_EXCLUSIVE;
    if (rate != NULL && rule->mode != TAX_NONE && rule->mode != TAX_RAIL)
        t.rate = *rate;
    put_country(t.rate.country, country);
    bool abroad = !str_eq(country, rule->seller.country);
    t.reverse = t.rate.reverse && abroad && who->tax_id.n > 0 && t.rate.ppm > 0;
    if (t.reverse) {
        t.label = str_c(tr(cx, N_("Reverse charge: you owe the tax yourself")));
    } else if (t.rate.ppm > 0 && due > 0) {
        t.amount = t.contained ? due - part_of(due, TAX_PPM_MAX, TAX_PPM_MAX + t.rate.ppm)
                               : part_of(due, t.rate.ppm, TAX_PPM_MAX);
        t.added = t.contained ? 0 : t.amount;
        t.label = str_fmt(cx->arena, STR_FMT " " STR_FMT, STR_ARG(t.rate.name),
                          STR_ARG(tax_percent(cx->arena, t.rate.ppm)));
    }
    *ret = t;
}

int64_t tax_share(int64_t tax, int64_t gross, int64_t before, int64_t after)
{
    if (tax == 0 || gross <= 0)
        return 0;
    return part_of(after, tax, gross) - part_of(before, tax, gross);
}

/* ---- with an order ---- */

enum err order_tax_put(struct cx *cx, int64_t order_id, int64_t account_id, const struct quote_tax *taxed)
{
    struct quote_tax none = {.mode = TAX_NONE};
    const struct quote_tax *t = taxed == NULL ? &none : taxed;
    struct buyer b;
    TRY(buyer_of(cx, account_id, &b));
    return q_order_tax_insert(cx, order_id, str_c(words[t->mode]), str_c(t->rate.country),
                              t->rate.name.p == NULL ? STR("") : t->rate.name, t->rate.ppm, t->contained,
                              t->reverse, b.name, b.address, b.tax_id, b.country, buyer_ip_country(cx), NULL);
}

static void from_row(const struct order_tax_row *r, struct order_tax *ret)
{
    *ret = (struct order_tax){
        .mode = mode_of(r->mode),
        .rate = {.name = r->name, .ppm = r->ppm, .reverse = r->reverse != 0},
        .contained = r->contained != 0,
        .reverse = r->reverse != 0,
        .buyer = {r->buyer_name, r->buyer_address, r->said_country, r->buyer_tax_id},
        .ip_country = r->ip_country,
        .rail_country = r->rail_country,
    };
    put_country(ret->rate.country, r->country);
}

enum err order_tax_of(struct cx *cx, int64_t order_id, struct order_tax *ret)
{
    struct order_tax_row row;
    TRY(q_order_tax_one(cx, order_id, &row));
    from_row(&row, ret);
    return OK;
}

enum err order_tax_told(struct cx *cx, int64_t order_id, struct str country, int64_t tax)
{
    struct order_tax t;
    if (country_by_code(country) != NULL)
        TRY(q_order_tax_rail_country(cx, order_id, country, NULL));
    if (tax <= 0)
        return OK;
    enum err e = order_tax_of(cx, order_id, &t);
    if (e != OK)
        return e == ERR_NOT_FOUND ? OK : e;
    return t.mode == TAX_RAIL ? q_order_tax_amount(cx, order_id, tax, NULL) : OK;
}

enum evidence order_tax_evidence(const struct order_tax *t)
{
    const struct str all[] = {t->buyer.country, t->ip_country, t->rail_country};
    int agree = 0, differ = 0;
    for (int i = 0; i < 3; i++) {
        agree += str_eq_c(all[i], t->rate.country);
        differ += all[i].n > 0 && !str_eq_c(all[i], t->rate.country);
    }
    return agree >= 2 ? EVIDENCE_ENOUGH : differ > 0 ? EVIDENCE_CONTRADICTS : EVIDENCE_THIN;
}

enum err tax_unsure(struct cx *cx, int64_t planet_id, int limit, struct unsure **ret, size_t *ret_n)
{
    struct tax_unsure_row *rows;
    size_t n;
    TRY(planet_may_own(cx, planet_id));
    TRY(q_tax_unsure(cx, planet_id, limit, &rows, &n));
    struct unsure *list = ARENA_ARRAY(cx->arena, struct unsure, n);
    for (size_t i = 0; i < n; i++) {
        const struct tax_unsure_row *r = &rows[i];
        struct order_tax_row t = {r->mode, r->country, r->name, r->ppm, r->contained, r->reverse, r->buyer_name,
                                  r->buyer_address, r->buyer_tax_id, r->said_country, r->ip_country,
                                  r->rail_country};
        list[i] = (struct unsure){.order_id = r->order_id, .paid_at = r->paid_at, .number = r->number,
                                  .total = money_of(r->total, r->currency)};
        from_row(&t, &list[i].tax);
    }
    *ret = list;
    *ret_n = n;
    return OK;
}
