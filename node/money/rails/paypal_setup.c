/* PayPal: connecting the owner's app, what was told while we didn't hear, and its fees (Y4, Y7). */
#include "node/base/buf.h"
#include "node/base/clock.h"
#include "node/base/jw.h"
#include "node/db/db.h"
#include "node/money/money.h"
#include "node/money/rail_adapters.h"
#include "node/money/rail_refunds.h"
#include "node/money/rails/paypal.h"

#include <stdlib.h>
#include <string.h>

enum { BODY_MAX = 16384, PAGE = 100, PAGES_MAX = 50, REPORT_PAGE = 500, REPORT_DAYS = 30, EVENT_DAYS = 29, REFUNDS_DAYS = 60 };

/* Y4 */
static const char *const events[] = {
    "CHECKOUT.ORDER.APPROVED",
    "PAYMENT.CAPTURE.COMPLETED", "PAYMENT.CAPTURE.PENDING", "PAYMENT.CAPTURE.DENIED", "PAYMENT.CAPTURE.REFUNDED",
    "PAYMENT.CAPTURE.REVERSED",
    "BILLING.SUBSCRIPTION.ACTIVATED", "BILLING.SUBSCRIPTION.UPDATED", "BILLING.SUBSCRIPTION.EXPIRED",
    "BILLING.SUBSCRIPTION.CANCELLED", "BILLING.SUBSCRIPTION.SUSPENDED", "BILLING.SUBSCRIPTION.PAYMENT.FAILED",
    "PAYMENT.SALE.COMPLETED", "PAYMENT.SALE.REFUNDED", "PAYMENT.SALE.REVERSED",
    "CUSTOMER.DISPUTE.CREATED", "CUSTOMER.DISPUTE.UPDATED", "CUSTOMER.DISPUTE.RESOLVED",
};
enum { N_EVENTS = sizeof events / sizeof *events };

/* ---- rights ---- */

struct trial {
    const char *name, *method, *path, *body, *why;
    bool needed, renews;    /* renews: for subscriptions only */
};
static const struct trial trials[] = {
    {N_("Refunds"), "POST", "/v2/payments/captures/NONE/refund", "{}", NULL, true, false},
    {N_("Products"), "GET", "/v1/catalogs/products?page_size=1", NULL, NULL, true, true},
    {N_("Plans"), "GET", "/v1/billing/plans?page_size=1", NULL, NULL, true, true},
    {N_("Subscriptions"), "GET", "/v1/billing/subscriptions/I-NONE", NULL, NULL, true, true},
    {N_("Webhooks"), "GET", "/v1/notifications/webhooks", NULL, NULL, true, false},
    {N_("Disputes"), "GET", "/v1/customer/disputes?page_size=1", NULL,
     N_("Switch on \"Customer disputes\" in the app's features: without it a dispute is known by PayPal's messages alone."), false, false},
};
enum { N_TRIALS = sizeof trials / sizeof *trials };

static bool refused(const struct paypal_answer *a)
{
    return a->status == 403 || str_eq_c(a->name, "NOT_AUTHORIZED") || str_eq_c(a->name, "PERMISSION_DENIED");
}

static void note(struct rail_probe *ret, const char *name, bool ok, bool needed, const char *why)
{
    ret->rights[ret->n++] = (struct rail_right){.name = str_c(name), .ok = ok, .needed = needed,
                                                .why = ok || why == NULL ? STR_NULL : str_c(why)};
}

/* An order that nobody will approve and that PayPal forgets: it tells whose the money would be. */
static enum err try_orders(struct cx *cx, const struct rail_account *acc, struct rail_probe *ret)
{
    struct paypal_answer a;
    TRY(paypal_try(cx, acc, "POST", STR("/v2/checkout/orders"),
                   STR("{\"intent\":\"CAPTURE\",\"purchase_units\":[{\"reference_id\":\"test\",\"description\":\"Connection test, "
                       "never paid\",\"amount\":{\"currency_code\":\"USD\",\"value\":\"1.00\"}}]}"),
                   str_fmt(cx->arena, "probe-%lld-%lld", (long long)acc->id, (long long)cx->now), &a));
    struct str merchant = ld_str(a.j, "purchase_units.payee.merchant_id");
    note(ret, N_("Orders and captures"), a.status < 300 && merchant.n > 0, true, NULL);
    ret->merchant = merchant;
    return OK;
}

static enum err try_reports(struct cx *cx, const struct rail_account *acc, struct rail_probe *ret)
{
    struct paypal_answer a;
    TRY(paypal_try(cx, acc, "GET",
                   str_fmt(cx->arena, "/v1/reporting/transactions?start_date=" STR_FMT "&end_date=" STR_FMT "&page_size=1",
                           STR_ARG(clock_rfc3339(cx->arena, cx->now - MS_DAY)), STR_ARG(clock_rfc3339(cx->arena, cx->now))),
                   STR_NULL, STR_NULL, &a));
    note(ret, N_("Transaction search"), !refused(&a), false,
         N_("Switch on \"Transaction search\" in the app's features: without it PayPal's fees are not booked. It may take hours to come into force."));
    return OK;
}

enum err paypal_probe(struct cx *cx, const struct rail_account *acc, struct rail_probe *ret)
{
    bool one_off = rail_switch(acc, "one_off");
    ret->n = 0;
    ret->live = !rail_switch(acc, "sandbox");
    TRY(try_orders(cx, acc, ret));
    for (size_t i = 0; i < N_TRIALS; i++) {
        const struct trial *t = &trials[i];
        struct paypal_answer a;
        TRY(paypal_try(cx, acc, t->method, str_c(t->path), t->body == NULL ? STR_NULL : str_c(t->body), STR_NULL, &a));
        note(ret, t->name, !refused(&a), t->needed && !(t->renews && one_off), t->why);
    }
    return try_reports(cx, acc, ret);
}

/* ---- the webhook ---- */

static void put_events(struct jw *w)
{
    jw_arr(w);
    for (size_t i = 0; i < N_EVENTS; i++) {
        jw_obj(w);
        jw_key_c(w, "name", events[i]);
        jw_end(w);
    }
    jw_end(w);
}

static struct str webhook_body(struct cx *cx, struct str url, bool fresh)
{
    struct buf b;
    struct jw w;
    buf_init_arena(&b, cx->arena, BODY_MAX);
    jw_init(&w, &b);
    if (fresh) {
        jw_obj(&w);
        jw_key_str(&w, "url", url);
        jw_key(&w, "event_types");
        put_events(&w);
    } else { /* a patch of one that is there */
        jw_arr(&w);
        jw_obj(&w);
        jw_key_c(&w, "op", "replace");
        jw_key_c(&w, "path", "/event_types");
        jw_key(&w, "value");
        put_events(&w);
        jw_end(&w);
    }
    jw_end(&w);
    return jw_done(&w) ? buf_str(&b) : STR_NULL;
}

static enum err find_webhook(struct cx *cx, const struct rail_account *acc, struct str url, struct str *ret)
{
    struct paypal_answer a;
    *ret = STR_NULL;
    TRY(paypal_call(cx, acc, "GET", STR("/v1/notifications/webhooks"), STR_NULL, STR_NULL, &a));
    LD_EACH(i, hook, ld_get(a.j, "webhooks"))
        if (str_eq(ld_str(hook, "url"), url))
            *ret = ld_str(hook, "id");
    return OK;
}

enum err paypal_connect(struct cx *cx, struct rail_account *acc, struct str hook_url)
{
    struct paypal_answer a;
    struct str id;
    TRY(find_webhook(cx, acc, hook_url, &id));
    if (id.n > 0) {
        struct str path = paypal_path(cx->arena, "/v1/notifications/webhooks/", id, "");
        TRY(paypal_try(cx, acc, "PATCH", path, webhook_body(cx, hook_url, false), STR_NULL, &a)); /* all there: 400 */
    } else {
        TRY(paypal_call(cx, acc, "POST", STR("/v1/notifications/webhooks"), webhook_body(cx, hook_url, true), STR_NULL, &a));
        id = ld_str(a.j, "id");
    }
    if (id.n == 0)
        return cx_fail(cx, ERR_UPSTREAM, "paypal made no webhook");
    const struct rail_value v = {"webhook_id", id};
    return rail_account_keep(cx, &rail_paypal, acc, &v, 1);
}

/* ---- what was missed ---- */

static struct str raw_of(struct cx *cx, const json_t *j)
{
    char *text = json_dumps(j, JSON_COMPACT);
    struct str s = text == NULL ? STR("{}") : str_dup(cx->arena, str_c(text));
    free(text);
    return s;
}

/* The path of a link to a further page, which must lead to where we asked. */
static struct str next_path(const json_t *j, const char *path)
{
    struct str href = paypal_link(j, "next");
    size_t at = str_find(href, str_c(path), 0);
    return at == SIZE_MAX ? STR_NULL : str_sub(href, at, SIZE_MAX);
}

struct page {
    json_t *items[PAGE * PAGES_MAX];
    size_t n;
};

static enum err list_events(struct cx *cx, const struct rail_account *acc, int64_t since, struct page *ret)
{
    static const char path[] = "/v1/notifications/webhooks-events?";
    int64_t kept = cx->now - EVENT_DAYS * MS_DAY;
    struct str next = str_fmt(cx->arena, "%spage_size=%d&start_time=" STR_FMT "&end_time=" STR_FMT, path, PAGE,
                              STR_ARG(clock_rfc3339(cx->arena, since > kept ? since : kept)),
                              STR_ARG(clock_rfc3339(cx->arena, cx->now)));
    for (int i = 0; i < PAGES_MAX && next.n > 0; i++) {
        struct paypal_answer a;
        TRY(paypal_call(cx, acc, "GET", next, STR_NULL, STR_NULL, &a));
        size_t n = ld_count(ld_get(a.j, "events"));
        LD_EACH(k, e, ld_get(a.j, "events"))
            if (ret->n < PAGE * PAGES_MAX)
                ret->items[ret->n++] = e;
        next = n == 0 ? STR_NULL : next_path(a.j, path);
    }
    return OK;
}

static int by_time(const void *a, const void *b)
{
    const json_t *const *x = a, *const *y = b;
    int64_t at_x = 0, at_y = 0;
    (void)ld_time(*x, "create_time", &at_x);
    (void)ld_time(*y, "create_time", &at_y);
    return at_x < at_y ? -1 : at_x > at_y;
}

/* A refund that was "pending" there when it was made: PayPal tells of one that failed by no message. */
static enum err look_at_refund(struct cx *cx, const struct rail_account *acc, const struct rail_refund_asked *r,
                               enum err (*take)(void *arg, struct str raw, const struct rail_state *s), void *arg)
{
    struct paypal_answer a;
    struct rail_state s = {.topic = RAIL_ORDER, .order_number = r->order_number, .event = ORDER_PENDING, .hint = true,
                           .at = cx->now, .merchant = acc->merchant, .live = acc->live, .sub = {.period_end = DB_NULL}};
    TRY(paypal_try(cx, acc, "GET", paypal_path(cx->arena, "/v2/payments/refunds/", r->ref, ""), STR_NULL, STR_NULL, &a));
    struct str status = ld_str(a.j, "status");
    bool lost = str_eq_c(status, "FAILED") || str_eq_c(status, "CANCELLED");
    if (a.status >= 300 || (!lost && !str_eq_c(status, "COMPLETED")))
        return OK;
    s.event_id = str_fmt(cx->arena, "refund:" STR_FMT ":%s", STR_ARG(r->key), lost ? "failed" : "done");
    if (lost) {
        s.topic = RAIL_REFUND_LOST;
        s.hint = false;
        s.refund_key = r->key;
        s.refs[0] = r->ref;
        TRY(rail_refund_lost_note(cx, acc->planet_id, rail_paypal.title, r->order_number, status, &s.note));
    }
    return take(arg, raw_of(cx, a.j), &s); /* one that has arrived: the payment is asked how much went back in all */
}

static enum err look_at_refunds(struct cx *cx, const struct rail_account *acc,
                                enum err (*take)(void *arg, struct str raw, const struct rail_state *s), void *arg)
{
    struct rail_refund_asked *asked;
    size_t n;
    TRY(rail_refunds_open(cx, acc->planet_id, STR("paypal"), cx->now - REFUNDS_DAYS * MS_DAY, &asked, &n));
    for (size_t i = 0; i < n; i++)
        if (asked[i].ref.n > 0 && str_eq_c(asked[i].state, "sent"))
            TRY(look_at_refund(cx, acc, &asked[i], take, arg));
    return OK;
}

enum err paypal_list_since(struct cx *cx, const struct rail_account *acc, int64_t since,
                           enum err (*take)(void *arg, struct str raw, const struct rail_state *s), void *arg)
{
    struct page *p = ARENA_NEW(cx->arena, struct page);
    p->n = 0;
    TRY(list_events(cx, acc, since, p));
    qsort(p->items, p->n, sizeof *p->items, by_time);
    for (size_t i = 0; i < p->n; i++) {
        struct paypal_told t;
        if (paypal_event_json(cx, p->items[i], &t) != OK)
            continue;
        TRY(paypal_own(cx, acc, &t));
        if (t.s.live != acc->live)
            continue;
        enum err e = take(arg, raw_of(cx, p->items[i]), &t.s);
        if (e != OK && !t.s.hint)
            return e; /* a hint that PayPal doesn't confirm now is none */
    }
    return look_at_refunds(cx, acc, take, arg);
}

/* ---- fees ---- */

static bool signed_money(const json_t *m, struct money *ret)
{
    struct str value = ld_str(m, "value");
    bool minus = str_starts(value, STR("-"));
    if (!paypal_money_of(ld_str(m, "currency_code"), str_sub(value, minus, SIZE_MAX), ret))
        return false;
    ret->minor = minus ? -ret->minor : ret->minor;
    return true;
}

static enum err take_fee(const json_t *info, enum err (*take)(void *arg, const struct rail_fee *fee), void *arg)
{
    struct str id = ld_str(info, "transaction_id"), code = ld_str(info, "transaction_event_code");
    struct rail_fee f = {.ref = id, .also = ld_str(info, "paypal_reference_id"), .line = id};
    bool fee = signed_money(ld_get(info, "fee_amount"), &f.fee);
    if (id.n == 0)
        return OK;
    f.fee.minor = -f.fee.minor; /* what was taken has a minus there; what came back with a refund has none */
    if (signed_money(ld_get(info, "transaction_amount"), &f.amount))
        f.kind = str_starts(code, STR("T00")) ? RAIL_LINE_PAYMENT : str_eq_c(code, "T1107") ? RAIL_LINE_REFUND : RAIL_LINE_FEE;
    if (f.kind == RAIL_LINE_FEE && (!fee || f.fee.minor == 0))
        return OK;
    f.at = 0;
    (void)ld_time(info, "transaction_initiation_date", &f.at);
    return take(arg, &f);
}

enum err paypal_fees(struct cx *cx, const struct rail_account *acc, int64_t since,
                     enum err (*take)(void *arg, const struct rail_fee *fee), void *arg)
{
    int64_t from = since > cx->now - REPORT_DAYS * MS_DAY ? since : cx->now - REPORT_DAYS * MS_DAY, pages = 1;
    for (int64_t page = 1; page <= pages && page <= PAGES_MAX; page++) {
        struct paypal_answer a;
        TRY(paypal_try(cx, acc, "GET",
                       str_fmt(cx->arena, "/v1/reporting/transactions?start_date=" STR_FMT "&end_date=" STR_FMT
                                          "&fields=transaction_info&page_size=%d&page=%lld",
                               STR_ARG(clock_rfc3339(cx->arena, from)), STR_ARG(clock_rfc3339(cx->arena, cx->now)), REPORT_PAGE,
                               (long long)page),
                       STR_NULL, STR_NULL, &a));
        if (a.status >= 300)
            return cx_fail(cx, refused(&a) ? ERR_UNSUPPORTED : ERR_UPSTREAM, "paypal gives no report: %d", a.status);
        (void)ld_i64(a.j, "total_pages", &pages);
        LD_EACH(i, line, ld_get(a.j, "transaction_details")) {
            const json_t *info = ld_get(line, "transaction_info");
            if (str_eq_c(ld_str(info, "transaction_status"), "S"))
                TRY(take_fee(info, take, arg));
        }
    }
    return OK;
}
