/* Invoices and credit notes, read: lists, exports, what is to be declared. */
#include "node/money/bill_int.h"

#include "node/base/buf.h"
#include "node/base/i18n.h"
#include "node/base/jw.h"
#include "node/db/db.h"
#include "node/money/csv.h"
#include "node/money/money.h"

#include <string.h>

enum { PAGE = 200, LINE_MAX_BYTES = 1 << 16 };

void bill_from(struct cx *cx, const struct bill_row *r, struct bill *ret)
{
    *ret = (struct bill){
        .id = r->id,
        .planet_id = r->planet_id,
        .order_id = r->order_id,
        .account_id = r->account_id,
        .credit_note = str_eq_c(r->kind, "credit_note"),
        .year = r->year,
        .seq = r->seq,
        .issued_at = r->issued_at,
        .corrects = r->corrects,
        .supply_from = r->supply_from,
        .supply_to = r->supply_to,
        .number = r->number,
        .order_number = r->order_number,
        .corrects_number = r->corrects_number,
        .seller = {r->seller_name, r->seller_address, r->seller_country, r->seller_tax_id, r->note, STR("")},
        .buyer = {r->buyer_name, r->buyer_address, r->buyer_country, r->buyer_tax_id},
        .net = r->net,
        .tax = r->tax,
        .total = r->total,
        .by_credit = r->by_credit,
        .tax_name = r->tax_name,
        .tax_ppm = r->tax_ppm,
        .tax_country = r->tax_country,
        .contained = r->contained != 0,
        .reverse = r->reverse != 0,
        .rail = r->rail,
        .rail_ref = r->rail_ref,
        .lang = r->lang,
        .zone = i18n_zone_of(cx, r->zone),
    };
    memcpy(ret->cur, r->currency.p, r->currency.n < 3 ? r->currency.n : 3);
}

static enum err with_lines(struct cx *cx, struct bill *b)
{
    struct bill_lines_row *rows;
    TRY(q_bill_lines(cx, b->id, &rows, &b->n_lines));
    b->lines = ARENA_ARRAY(cx->arena, struct bill_line, b->n_lines);
    for (size_t i = 0; i < b->n_lines; i++)
        b->lines[i] = (struct bill_line){rows[i].label, money_of(rows[i].amount, str_c(b->cur))};
    return OK;
}

static enum err from_rows(struct cx *cx, const struct bill_row *rows, size_t n, struct bill **ret)
{
    struct bill *list = ARENA_ARRAY(cx->arena, struct bill, n);
    for (size_t i = 0; i < n; i++)
        bill_from(cx, &rows[i], &list[i]);
    *ret = list;
    return OK;
}

static enum err may_see(struct cx *cx, const struct bill *b)
{
    if (cx->viewer != 0 && cx->viewer == b->account_id)
        return OK;
    enum err e = planet_may_own(cx, b->planet_id);
    if (e == ERR_FORBIDDEN)
        cx->tell = NULL;
    return e == ERR_FORBIDDEN ? ERR_NOT_FOUND : e;
}

enum err bill_by_id(struct cx *cx, int64_t id, struct bill *ret)
{
    struct bill_row row;
    struct bill b;
    TRY(q_bill_one(cx, id, &row));
    bill_from(cx, &row, &b);
    TRY(may_see(cx, &b));
    TRY(with_lines(cx, &b));
    *ret = b;
    return OK;
}

enum err bill_by_number(struct cx *cx, int64_t planet_id, struct str number, struct bill *ret)
{
    struct bill_row row;
    TRY(q_bill_numbered(cx, planet_id, number, &row));
    return bill_by_id(cx, row.id, ret);
}

enum err bill_list(struct cx *cx, int64_t account_id, int64_t before_id, int limit, struct bill **ret, size_t *ret_n)
{
    struct bill_row *rows;
    if (cx->viewer != 0 && cx->viewer != account_id)
        return ERR_FORBIDDEN;
    TRY(q_bills_of_account(cx, account_id, before_id == 0 ? INT64_MAX : before_id, limit, &rows, ret_n));
    return from_rows(cx, rows, *ret_n, ret);
}

enum err bill_of_order(struct cx *cx, int64_t order_id, struct bill **ret, size_t *ret_n)
{
    struct bill_row *rows;
    TRY(q_bills_of_order(cx, order_id, &rows, ret_n));
    TRY(from_rows(cx, rows, *ret_n, ret));
    return *ret_n == 0 ? OK : may_see(cx, *ret);
}

/* ---- of a planet ---- */

enum err bill_span_parse(struct cx *cx, struct str text, struct bill_span *ret)
{
    struct str s = str_trim(text);
    int64_t year, part = 0;
    bool quarter = s.n == 7 && (s.p[5] == 'Q' || s.p[5] == 'q');
    *ret = (struct bill_span){0, INT64_MAX};
    if (s.n == 0)
        return OK;
    bool fine = (s.n == 4 || (s.n == 7 && s.p[4] == '-')) && str_to_i64(str_sub(s, 0, 4), &year) && year >= 2000 && year < 3000;
    if (fine && s.n == 7)
        fine = str_to_i64(quarter ? str_sub(s, 6, 1) : str_sub(s, 5, 2), &part) && part >= 1 && part <= (quarter ? 4 : 12);
    if (!fine)
        return cx_tell(cx, ERR_INVALID, N_("A period is a year, a quarter or a month: 2027, 2027-Q1, 2027-01."));
    int64_t first = s.n == 4 ? 1 : quarter ? part * 3 - 2 : part;
    int64_t months = s.n == 4 ? 12 : quarter ? 3 : 1;
    const struct zone *z = i18n_zone(cx);
    *ret = (struct bill_span){zone_month_start(z, year, first), zone_month_start(z, year, first + months)};
    return OK;
}

enum err bill_list_of_planet(struct cx *cx, int64_t planet_id, const struct bill_span *span, int64_t before_id,
                             int limit, struct bill **ret, size_t *ret_n)
{
    struct bill_row *rows;
    TRY(planet_may_own(cx, planet_id));
    TRY(q_bills_of_planet(cx, planet_id, span->from, span->to, before_id == 0 ? INT64_MAX : before_id, limit, &rows,
                          ret_n));
    return from_rows(cx, rows, *ret_n, ret);
}

enum err bill_each(struct cx *cx, int64_t planet_id, const struct bill_span *span, bill_take_fn *take, void *arg)
{
    struct bill_row *rows;
    int64_t after = 0;
    size_t n;
    TRY(planet_may_own(cx, planet_id));
    do {
        TRY(q_bills_after(cx, planet_id, span->from, span->to, after, PAGE, &rows, &n));
        for (size_t i = 0; i < n; i++) {
            struct bill b;
            bill_from(cx, &rows[i], &b);
            TRY(with_lines(cx, &b));
            TRY(take(arg, &b));
            after = b.id;
        }
    } while (n == PAGE);
    return OK;
}

enum err bill_tax_sums(struct cx *cx, int64_t planet_id, const struct bill_span *span, struct tax_sum **ret,
                       size_t *ret_n)
{
    struct bill_sums_row *rows;
    size_t n;
    TRY(planet_may_own(cx, planet_id));
    TRY(q_bill_sums(cx, planet_id, span->from, span->to, &rows, &n));
    struct tax_sum *list = ARENA_ARRAY(cx->arena, struct tax_sum, n);
    for (size_t i = 0; i < n; i++)
        list[i] = (struct tax_sum){.currency = rows[i].currency, .country = rows[i].country, .name = rows[i].name,
                                   .ppm = rows[i].ppm < 0 ? DB_NULL : rows[i].ppm, .net = rows[i].net,
                                   .tax = rows[i].tax, .total = rows[i].total, .n = rows[i].n,
                                   .reverse = rows[i].reverse != 0};
    *ret = list;
    *ret_n = n;
    return OK;
}

/* ---- exports ---- */

struct str bill_csv_head(void)
{
    return STR("number,kind,issued,order,corrects,supply_from,supply_to,seller,seller_tax_id,buyer,buyer_address,"
               "buyer_country,buyer_tax_id,description,currency,net,tax_name,tax_percent,tax_country,tax,total,"
               "by_credit,reverse_charge,rail,rail_ref\n");
}

static struct str day(struct arena *a, const struct bill *b, int64_t ms)
{
    return ms == DB_NULL ? STR("") : zone_print_day(a, b->zone, ms);
}

static void sum(struct arena *a, struct buf *b, const struct bill *bill, int64_t minor)
{
    csv_sum(b, a, money_of(minor, str_c(bill->cur)));
}

static struct str percent(struct arena *a, int64_t ppm)
{
    return ppm == DB_NULL ? STR("") : str_fmt(a, "%lld.%04lld", (long long)(ppm / 10000), (long long)(ppm % 10000));
}

struct str bill_csv(struct arena *a, const struct bill *l)
{
    struct buf b;
    buf_init_arena(&b, a, LINE_MAX_BYTES);
    csv_cell(&b, l->number);
    csv_cell(&b, l->credit_note ? STR("credit_note") : STR("invoice"));
    csv_cell(&b, zone_rfc3339(a, l->zone, l->issued_at));
    csv_cell(&b, l->order_number);
    csv_cell(&b, l->corrects_number);
    csv_cell(&b, day(a, l, l->supply_from));
    csv_cell(&b, day(a, l, l->supply_to));
    csv_cell(&b, l->seller.name);
    csv_cell(&b, l->seller.tax_id);
    csv_cell(&b, l->buyer.name);
    csv_cell(&b, l->buyer.address);
    csv_cell(&b, l->buyer.country);
    csv_cell(&b, l->buyer.tax_id);
    csv_cell(&b, l->n_lines > 0 ? l->lines[0].label : STR(""));
    csv_cell(&b, str_c(l->cur));
    sum(a, &b, l, l->net);
    csv_cell(&b, l->tax_name);
    buf_fmt(&b, STR_FMT ",", STR_ARG(percent(a, l->tax_ppm)));
    csv_cell(&b, l->tax_country);
    sum(a, &b, l, l->tax);
    sum(a, &b, l, l->total);
    sum(a, &b, l, l->by_credit);
    buf_fmt(&b, "%d,", l->reverse);
    csv_cell(&b, l->rail);
    csv_cell(&b, l->rail_ref);
    return csv_line(&b, a);
}

static void day_or_null(struct arena *a, struct jw *w, const struct bill *b, const char *key, int64_t ms)
{
    jw_key(w, key);
    if (ms == DB_NULL)
        jw_null(w);
    else
        jw_str(w, day(a, b, ms));
}

static void party(struct jw *w, const char *key, struct str name, struct str address, struct str country,
                  struct str tax_id)
{
    jw_key(w, key);
    jw_obj(w);
    jw_key_str(w, "name", name);
    jw_key_str(w, "address", address);
    jw_key_str(w, "country", country);
    jw_key_str(w, "tax_id", tax_id);
    jw_end(w);
}

struct str bill_json(struct arena *a, const struct bill *l)
{
    struct buf b;
    struct jw w;
    buf_init_arena(&b, a, LINE_MAX_BYTES);
    jw_init(&w, &b);
    jw_obj(&w);
    jw_key_id(&w, "id", l->id);
    jw_key_str(&w, "number", l->number);
    jw_key_c(&w, "kind", l->credit_note ? "credit_note" : "invoice");
    jw_key_str(&w, "issued_at", zone_rfc3339(a, l->zone, l->issued_at));
    jw_key_str(&w, "order", l->order_number);
    jw_key_str(&w, "corrects", l->corrects_number);
    day_or_null(a, &w, l, "supply_from", l->supply_from);
    day_or_null(a, &w, l, "supply_to", l->supply_to);
    party(&w, "seller", l->seller.name, l->seller.address, l->seller.country, l->seller.tax_id);
    party(&w, "buyer", l->buyer.name, l->buyer.address, l->buyer.country, l->buyer.tax_id);
    jw_key(&w, "lines");
    jw_arr(&w);
    for (size_t i = 0; i < l->n_lines; i++) {
        jw_obj(&w);
        jw_key_str(&w, "label", l->lines[i].label);
        jw_key_i64(&w, "amount", l->lines[i].amount.minor);
        jw_end(&w);
    }
    jw_end(&w);
    jw_key_c(&w, "currency", l->cur);
    jw_key_i64(&w, "net", l->net);
    jw_key_i64(&w, "tax", l->tax);
    jw_key_i64(&w, "total", l->total);
    jw_key_i64(&w, "by_credit", l->by_credit);
    jw_key_str(&w, "tax_name", l->tax_name);
    jw_key(&w, "tax_percent");
    if (l->tax_ppm == DB_NULL)
        jw_null(&w);
    else
        jw_str(&w, percent(a, l->tax_ppm));
    jw_key_str(&w, "tax_country", l->tax_country);
    jw_key_bool(&w, "tax_contained", l->contained);
    jw_key_bool(&w, "reverse_charge", l->reverse);
    jw_key_str(&w, "rail", l->rail);
    jw_key_str(&w, "rail_ref", l->rail_ref);
    jw_key_str(&w, "note", l->seller.note);
    jw_end(&w);
    buf_put_c(&b, "\n");
    return buf_str(&b);
}
