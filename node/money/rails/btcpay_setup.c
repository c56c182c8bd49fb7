/* BTCPay Server: connecting the owner's store, and what was told while we didn't hear. */
#include "node/base/buf.h"
#include "node/base/clock.h"
#include "node/base/crypt.h"
#include "node/base/jw.h"
#include "node/base/url.h"
#include "node/db/db.h"
#include "node/money/rail_adapters.h"
#include "node/money/rails/btcpay.h"
#include "node/node.h"

#include <stdlib.h>
#include <string.h>

enum { BODY_MAX = 4096, PAGE = 100, PAGES_MAX = 20, OLD_DAYS = 2 };

static const char *const events[] = {"InvoiceReceivedPayment", "InvoiceProcessing", "InvoiceExpired", "InvoiceSettled",
                                     "InvoiceInvalid", "InvoicePaymentSettled"};
enum { N_EVENTS = sizeof events / sizeof *events };

struct str btcpay_merchant(struct cx *cx, const struct rail_account *acc)
{
    struct url u;
    struct str url = rail_setting(acc, "url");
    if (url_parse(cx->arena, url, &u) != OK)
        return STR_NULL;
    return str_fmt(cx->arena, STR_FMT "/" STR_FMT, STR_ARG(u.host), STR_ARG(rail_setting(acc, "store")));
}

/* Scheme, host and path without a slash at the end. */
static bool tidy_url(struct cx *cx, struct str *v)
{
    struct url u;
    while (v->n > 0 && v->p[v->n - 1] == '/')
        v->n--;
    bool plain = str_starts(*v, STR("http://"));
    if (url_parse(cx->arena, *v, &u) != OK || u.host.n == 0 || str_contains(*v, STR("?")) || str_contains(*v, STR("#")) ||
        str_contains(*v, STR("@")))
        return false;
    /* In the clear only where a node is tried out. */
    return str_starts(*v, STR("https://")) || (plain && (cx->node->dev || str_starts(cx->node->origin, STR("http://"))));
}

enum err btcpay_check(struct cx *cx, struct rail_value *values, size_t n)
{
    static const char *const speeds[] = {"HighSpeed", "MediumSpeed", "LowMediumSpeed", "LowSpeed"};
    for (size_t i = 0; i < n; i++) {
        struct str v = values[i].value;
        bool ok = true;
        if (v.n == 0)
            continue;
        if (strcmp(values[i].name, "url") == 0 && !tidy_url(cx, &values[i].value))
            return cx_tell(cx, ERR_INVALID, N_("The address of your server begins with https://, like https://pay.example.org."));
        if (strcmp(values[i].name, "speed") == 0) {
            ok = false;
            for (size_t k = 0; k < sizeof speeds / sizeof *speeds; k++)
                ok = ok || str_eq_c(v, speeds[k]);
        }
        if (!ok)
            return cx_tell(cx, ERR_INVALID, N_("When a payment counts is one of HighSpeed, MediumSpeed, LowMediumSpeed, LowSpeed."));
    }
    return OK;
}

/* ---- rights ---- */

static enum err try_right(struct cx *cx, const struct rail_account *acc, const char *name, const char *method,
                          struct str path, const char *body, bool needed, struct rail_probe *ret, int *ret_status)
{
    json_t *j;
    TRY(btcpay_ask(cx, acc, method, path, body == NULL ? STR_NULL : str_c(body), ret_status, &j));
    if (*ret_status == 401)
        return cx_tell(cx, ERR_INVALID, N_("BTCPay does not know this key. Please copy it once more."));
    ret->rights[ret->n++] = (struct rail_right){.name = str_c(name), .ok = *ret_status != 403, .needed = needed};
    return OK;
}

enum err btcpay_probe(struct cx *cx, const struct rail_account *acc, struct rail_probe *ret)
{
    json_t *store;
    int status;
    ret->n = 0;
    ret->live = !rail_switch(acc, "testnet");
    ret->merchant = btcpay_merchant(cx, acc);
    TRY(try_right(cx, acc, "btcpay.store.canviewinvoices", "GET", btcpay_store_path(cx, acc, "/invoices?take=1"), NULL,
                  true, ret, &status));
    if (status == 404)
        return cx_tell(cx, ERR_INVALID, N_("There is no such store on this server, or the key is of another one."));
    /* What can't be made, so that nothing is. */
    TRY(try_right(cx, acc, "btcpay.store.cancreateinvoice", "POST", btcpay_store_path(cx, acc, "/invoices"),
                  "{\"amount\":\"-1\",\"currency\":\"USD\"}", true, ret, &status));
    TRY(try_right(cx, acc, "btcpay.store.webhooks.canmodifywebhooks", "GET", btcpay_store_path(cx, acc, "/webhooks"),
                  NULL, true, ret, &status));
    TRY(try_right(cx, acc, "btcpay.store.cancreatepullpayments", "POST",
                  btcpay_invoice_path(cx, acc, STR("none"), "/refund"), "{\"refundVariant\":\"Fiat\"}", true, ret, &status));
    TRY(try_right(cx, acc, "btcpay.store.canmanagepullpayments", "GET", btcpay_store_path(cx, acc, "/pull-payments"),
                  NULL, true, ret, &status));
    TRY(try_right(cx, acc, "btcpay.store.canviewstoresettings", "GET", btcpay_store_path(cx, acc, ""), NULL, false, ret,
                  &status));
    if (status != 200)
        return OK;
    TRY(btcpay_ask(cx, acc, "GET", btcpay_store_path(cx, acc, ""), STR_NULL, &status, &store));
    ret->title = status == 200 ? ld_str(store, "name") : STR_NULL;
    return OK;
}

/* ---- the webhook ---- */

static struct str hook_json(struct cx *cx, struct str hook_url, struct str secret)
{
    struct buf b;
    struct jw w;
    buf_init_arena(&b, cx->arena, BODY_MAX);
    jw_init(&w, &b);
    jw_obj(&w);
    jw_key_bool(&w, "enabled", true);
    jw_key_bool(&w, "automaticRedelivery", true);
    jw_key_str(&w, "url", hook_url);
    jw_key_str(&w, "secret", secret);
    jw_key(&w, "authorizedEvents");
    jw_obj(&w);
    jw_key_bool(&w, "everything", false);
    jw_key(&w, "specificEvents");
    jw_arr(&w);
    for (size_t i = 0; i < N_EVENTS; i++)
        jw_c(&w, events[i]);
    jw_end(&w);
    jw_end(&w);
    jw_end(&w);
    return jw_done(&w) ? buf_str(&b) : STR("{}");
}

/* The one that is there is set anew, with the secret that we know. */
enum err btcpay_connect(struct cx *cx, struct rail_account *acc, struct str hook_url)
{
    struct str id = rail_setting(acc, "webhook_id"), secret = rail_secret(acc, "webhook_secret");
    json_t *j;
    int status = 404;
    if (secret.n == 0)
        secret = crypt_token(cx->arena, 32);
    struct str body = hook_json(cx, hook_url, secret);
    if (id.n > 0) {
        struct buf path;
        buf_init_arena(&path, cx->arena, BODY_MAX);
        buf_put(&path, btcpay_store_path(cx, acc, "/webhooks/"));
        buf_put_url(&path, id);
        TRY(btcpay_ask(cx, acc, "PUT", buf_str(&path), body, &status, &j));
        if (status == 200)
            return OK;
    }
    TRY(btcpay_ask(cx, acc, "POST", btcpay_store_path(cx, acc, "/webhooks"), body, &status, &j));
    const struct rail_value v[] = {{"webhook_id", ld_str(j, "id")}, {"webhook_secret", secret}};
    if (status != 200 || v[0].value.n == 0)
        return cx_tell(cx, cx_fail(cx, ERR_CONFLICT, "BTCPay made no webhook: %d", status),
                       N_("Your BTCPay Server did not take the webhook. Please look at the rights of the key."));
    return rail_account_keep(cx, &rail_btcpay, acc, v, 2);
}

/* ---- what was missed ---- */

static struct str raw_of(struct cx *cx, const json_t *j)
{
    char *text = json_dumps(j, JSON_COMPACT);
    struct str s = text == NULL ? STR("{}") : str_dup(cx->arena, str_c(text));
    free(text);
    return s;
}

/* An invoice that is no longer new, of an order of this planet. */
static enum err take_invoice(struct cx *cx, const struct rail_account *acc, const json_t *j,
                             enum err (*take)(void *arg, struct str raw, const struct rail_state *s), void *arg)
{
    struct rail_state s = {.event = ORDER_PENDING, .topic = RAIL_ORDER, .at = cx->now, .sub = {.period_end = DB_NULL}};
    struct str status = ld_str(j, "status");
    struct order o;
    if (str_eq_c(status, "New") || btcpay_invoice(cx, j, false, false, &s) != OK)
        return OK;
    if (order_by_number(cx, s.order_number, &o) != OK || o.planet_id != acc->planet_id || !str_eq_c(o.rail, "btcpay"))
        return OK;
    s.event_id = str_fmt(cx->arena, "list-" STR_FMT "-" STR_FMT "-" STR_FMT, STR_ARG(s.ref), STR_ARG(status),
                         STR_ARG(ld_str(j, "additionalStatus")));
    s.merchant = btcpay_merchant(cx, acc);
    s.live = acc->live;
    s.hint = true;
    return take(arg, raw_of(cx, j), &s);
}

enum err btcpay_list_since(struct cx *cx, const struct rail_account *acc, int64_t since,
                           enum err (*take)(void *arg, struct str raw, const struct rail_state *s), void *arg)
{
    int64_t from = (since - OLD_DAYS * MS_DAY) / MS_SECOND; /* they are listed by when they were made */
    for (int page = 0; page < PAGES_MAX; page++) {
        json_t *list;
        int status;
        struct str tail = str_fmt(cx->arena, "/invoices?startDate=%lld&take=%d&skip=%d", (long long)from, PAGE, page * PAGE);
        TRY(btcpay_ask(cx, acc, "GET", btcpay_store_path(cx, acc, str_z(cx->arena, tail)), STR_NULL, &status, &list));
        if (status != 200)
            return cx_fail(cx, ERR_UPSTREAM, "BTCPay: its invoices: %d", status);
        for (size_t i = 0; i < json_array_size(list); i++)
            TRY(take_invoice(cx, acc, json_array_get(list, i), take, arg));
        if (json_array_size(list) < PAGE)
            break;
    }
    return OK;
}
