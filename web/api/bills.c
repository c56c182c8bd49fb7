/* Tax, invoices and credit notes: the owner's rules and books, the buyer's details and receipts. */
#include "node/base/json.h"
#include "node/db/db.h"
#include "node/money/bill.h"
#include "node/money/tax.h"
#include "web/api/rows.h"
#include "web/api/words.h"

enum { UNSURE_SHOWN = 200 };

/* ---- rules ---- */

static void put_rate(struct api *a, const struct tax_rate *r)
{
    struct jw *w = &a->w;
    jw_obj(w);
    jw_key_str(w, "country", r->country[0] == '\0' ? STR_NULL : str_c(r->country));
    jw_key_str(w, "name", r->name);
    jw_key_i64(w, "ppm", r->ppm);
    jw_key_bool(w, "reverse", r->reverse);
    jw_end(w);
}

static struct str said(struct str s)
{
    return s.p == NULL ? STR("") : s;
}

static void put_seller(struct api *a, const struct seller *s)
{
    struct jw *w = &a->w;
    jw_key(w, "seller");
    jw_obj(w);
    jw_key_str(w, "name", said(s->name));
    jw_key_str(w, "address", said(s->address));
    jw_key_str(w, "country", said(s->country));
    jw_key_str(w, "tax_id", said(s->tax_id));
    jw_key_str(w, "note", said(s->note));
    jw_key_str(w, "prefix", said(s->prefix));
    jw_end(w);
}

static enum err send_rule(struct api *a)
{
    struct tax_rule r;
    TRY(tax_rule_of(a->cx, a->planet.id, &r));
    struct jw *w = api_begin(a);
    jw_obj(w);
    jw_key_c(w, "mode", tax_mode_word(r.mode));
    jw_key_bool(w, "fapiao", r.fapiao);
    put_seller(a, &r.seller);
    jw_key(w, "rates");
    jw_arr(w);
    for (size_t i = 0; i < r.n_rates; i++)
        put_rate(a, &r.rates[i]);
    jw_end(w);
    jw_end(w);
    return api_send(a, 200);
}

enum err api_tax_rule(struct api *a)
{
    TRY(planet_may_own(a->cx, a->planet.id));
    return send_rule(a);
}

enum err api_tax_rule_set(struct api *a)
{
    struct tax_rule r;
    struct str mode;
    json_t *seller = a->body == NULL ? NULL : json_object_get(a->body, "seller"), *v;
    const char *key;
    TRY(planet_may_own(a->cx, a->planet.id));
    TRY(tax_rule_of(a->cx, a->planet.id, &r));
    const struct { const char *name; struct str *to; } texts[] = {
        {"name", &r.seller.name}, {"address", &r.seller.address}, {"country", &r.seller.country},
        {"tax_id", &r.seller.tax_id}, {"note", &r.seller.note}, {"prefix", &r.seller.prefix}};
    enum { N_TEXTS = sizeof texts / sizeof *texts };
    TRY(api_get_text(a, "mode", &mode));
    if (mode.n > 0 && !tax_mode_parse(mode, &r.mode))
        return api_wrong(a, "mode", N_("Tax is none, inclusive, exclusive or rail."));
    TRY(api_get_bool(a, "fapiao", r.fapiao, &r.fapiao));
    (void)api_given(a, "seller");
    json_object_foreach(seller, key, v) {
        size_t i = 0;
        while (i < N_TEXTS && !str_eq_c(str_c(key), texts[i].name))
            i++;
        if (i == N_TEXTS || !json_is_string(v))
            return api_wrong(a, "seller", N_("A seller has texts: name, address, country, tax_id, note, prefix."));
        *texts[i].to = json_text(v);
    }
    TRY(api_read(a));
    TRY(tax_rule_save(a->cx, &r));
    return send_rule(a);
}

/* "DE"; "other": everywhere else. */
static enum err country_of_path(struct api *a, char ret[3])
{
    struct str c = rq_param(a->rq, "country");
    ret[0] = ret[1] = ret[2] = '\0';
    if (str_eq_c(c, "other"))
        return OK;
    for (size_t i = 0; i < c.n && i < 2; i++)
        ret[i] = c.p[i];
    return c.n == 2 && c.p[0] >= 'A' && c.p[0] <= 'Z' && c.p[1] >= 'A' && c.p[1] <= 'Z' ? OK : ERR_NOT_FOUND;
}

enum err api_tax_rate_set(struct api *a)
{
    struct tax_rate r = {.ppm = 0};
    TRY(country_of_path(a, r.country));
    TRY(api_get_text(a, "name", &r.name));
    r.name = said(r.name);
    TRY(api_get_int(a, "ppm", 0, &r.ppm));
    TRY(api_get_bool(a, "reverse", false, &r.reverse));
    TRY(api_read(a));
    TRY(tax_rate_put(a->cx, a->planet.id, &r));
    return send_rule(a);
}

enum err api_tax_rate_end(struct api *a)
{
    char country[3];
    TRY(country_of_path(a, country));
    TRY(tax_rate_drop(a->cx, a->planet.id, str_c(country)));
    return send_rule(a);
}

/* ---- invoices and credit notes ---- */

static void put_buyer(struct api *a, const char *key, const struct buyer *b)
{
    struct jw *w = &a->w;
    if (key != NULL)
        jw_key(w, key);
    jw_obj(w);
    jw_key_str(w, "name", said(b->name));
    jw_key_str(w, "address", said(b->address));
    jw_key_str(w, "country", said(b->country));
    jw_key_str(w, "tax_id", said(b->tax_id));
    jw_end(w);
}

static void put_bill(struct api *a, const struct bill *b)
{
    struct jw *w = &a->w;
    struct str cur = str_c(b->cur);
    jw_obj(w);
    jw_key_id(w, "id", b->id);
    jw_key_str(w, "number", b->number);
    jw_key_c(w, "kind", b->credit_note ? "credit_note" : "invoice");
    jw_key_str(w, "corrects", b->corrects_number.n == 0 ? STR_NULL : b->corrects_number);
    jw_key_str(w, "order", b->order_number);
    api_put_time(w, "issued_at", b->issued_at);
    api_put_time(w, "supply_from", b->supply_from);
    api_put_time(w, "supply_to", b->supply_to);
    put_seller(a, &b->seller);
    put_buyer(a, "buyer", &b->buyer);
    jw_key(w, "lines");
    jw_arr(w);
    for (size_t i = 0; i < b->n_lines; i++) {
        jw_obj(w);
        jw_key_str(w, "label", b->lines[i].label);
        api_put_money(a, "amount", b->lines[i].amount.minor, str_c(b->lines[i].amount.cur));
        jw_end(w);
    }
    jw_end(w);
    api_put_money(a, "net", b->net, cur);
    api_put_money(a, "tax", b->tax, cur);
    api_put_money(a, "total", b->total, cur);
    api_put_money(a, "by_credit", b->by_credit, cur);
    jw_key_str(w, "tax_name", said(b->tax_name));
    api_put_int(w, "tax_ppm", b->tax_ppm);
    jw_key_str(w, "tax_country", said(b->tax_country));
    jw_key_bool(w, "contained", b->contained);
    jw_key_bool(w, "reverse", b->reverse);
    jw_key_str(w, "rail", said(b->rail));
    jw_end(w);
}

enum err api_bill_span(struct api *a, struct bill_span *ret)
{
    struct str period = rq_query(a->rq, "period");
    a->rq->field = "period";
    TRY(bill_span_parse(a->cx, said(period), ret));
    a->rq->field = NULL;
    return OK;
}

static enum err put_bills(struct api *a, const struct bill *v, size_t n, int limit)
{
    size_t shown = n > (size_t)limit ? (size_t)limit : n;
    api_begin_list(a);
    for (size_t i = 0; i < shown; i++)
        put_bill(a, &v[i]);
    return api_send_list(a, n > shown ? v[shown - 1].id : 0);
}

enum err api_bills(struct api *a)
{
    struct bill_span span;
    struct bill *v;
    int64_t after;
    int limit;
    size_t n;
    TRY(api_page_limit(a, &limit));
    TRY(api_page_after(a, &after));
    TRY(planet_may_own(a->cx, a->planet.id));
    TRY(api_bill_span(a, &span));
    TRY(bill_list_of_planet(a->cx, a->planet.id, &span, after, limit + 1, &v, &n));
    return put_bills(a, v, n, limit);
}

enum err api_bill(struct api *a)
{
    struct bill b;
    int64_t id;
    TRY(api_path_id(a, "id", &id));
    TRY(planet_may_own(a->cx, a->planet.id));
    TRY(bill_by_id(a->cx, id, &b));
    if (b.planet_id != a->planet.id)
        return ERR_NOT_FOUND;
    api_begin(a);
    put_bill(a, &b);
    return api_send(a, 200);
}

enum err api_tax_sums(struct api *a)
{
    struct bill_span span;
    struct tax_sum *v;
    size_t n;
    TRY(planet_may_own(a->cx, a->planet.id));
    TRY(api_bill_span(a, &span));
    TRY(bill_tax_sums(a->cx, a->planet.id, &span, &v, &n));
    struct jw *w = api_begin_list(a);
    for (size_t i = 0; i < n; i++) {
        jw_obj(w);
        jw_key_str(w, "country", said(v[i].country));
        jw_key_str(w, "name", said(v[i].name));
        api_put_int(w, "ppm", v[i].ppm);
        jw_key_bool(w, "reverse", v[i].reverse);
        jw_key_i64(w, "bills", v[i].n);
        api_put_money(a, "net", v[i].net, v[i].currency);
        api_put_money(a, "tax", v[i].tax, v[i].currency);
        api_put_money(a, "total", v[i].total, v[i].currency);
        jw_end(w);
    }
    return api_send_list(a, 0);
}

enum err api_tax_unsure(struct api *a)
{
    static const char *const words[] = {[EVIDENCE_ENOUGH] = "enough", [EVIDENCE_THIN] = "thin",
                                        [EVIDENCE_CONTRADICTS] = "contradicts"};
    struct unsure *v;
    size_t n;
    TRY(planet_may_own(a->cx, a->planet.id));
    TRY(tax_unsure(a->cx, a->planet.id, UNSURE_SHOWN, &v, &n));
    struct jw *w = api_begin_list(a);
    for (size_t i = 0; i < n; i++) {
        jw_obj(w);
        jw_key_str(w, "order", v[i].number);
        api_put_money(a, "total", v[i].total.minor, str_c(v[i].total.cur));
        jw_key_c(w, "evidence", words[order_tax_evidence(&v[i].tax)]);
        jw_key_str(w, "said", said(v[i].tax.buyer.country));
        jw_key_str(w, "by_address", said(v[i].tax.ip_country));
        jw_key_str(w, "by_rail", said(v[i].tax.rail_country));
        api_put_time(w, "paid_at", v[i].paid_at);
        jw_end(w);
    }
    return api_send_list(a, 0);
}

/* ---- the buyer ---- */

static enum err send_buyer(struct api *a)
{
    struct buyer b;
    TRY(buyer_of(a->cx, a->account.id, &b));
    api_begin(a);
    put_buyer(a, NULL, &b);
    return api_send(a, 200);
}

enum err api_my_buyer(struct api *a)
{
    return send_buyer(a);
}

enum err api_my_buyer_set(struct api *a)
{
    struct buyer b;
    TRY(buyer_of(a->cx, a->account.id, &b));
    const struct { const char *name; struct str *to; } texts[] = {
        {"name", &b.name}, {"address", &b.address}, {"country", &b.country}, {"tax_id", &b.tax_id}};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct str value;
        TRY(api_get_text(a, texts[i].name, &value));
        *texts[i].to = value.p != NULL ? value : said(*texts[i].to);
    }
    TRY(api_read(a));
    TRY(buyer_save(a->cx, a->account.id, &b));
    return send_buyer(a);
}

enum err api_my_bills(struct api *a)
{
    struct bill *v;
    int64_t after, next = 0;
    int limit;
    size_t n;
    TRY(api_page_limit(a, &limit));
    TRY(api_page_after(a, &after));
    TRY(bill_list(a->cx, a->account.id, after, limit + 1, &v, &n));
    size_t shown = n > (size_t)limit ? (size_t)limit : n;
    if (n > shown)
        next = v[shown - 1].id;
    api_begin_list(a);
    for (size_t i = 0; i < shown; i++)
        if (a->token.planet_id == DB_NULL || a->token.planet_id == v[i].planet_id)
            put_bill(a, &v[i]);
    return api_send_list(a, next);
}

enum err api_my_bill(struct api *a)
{
    struct bill b;
    int64_t id;
    TRY(api_path_id(a, "id", &id));
    TRY(bill_by_id(a->cx, id, &b));
    if (b.account_id != a->account.id)
        return ERR_NOT_FOUND;
    TRY(api_planet_ok(a, b.planet_id));
    api_begin(a);
    put_bill(a, &b);
    return api_send(a, 200);
}
