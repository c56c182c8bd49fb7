/* A small PayPal for unit tests: it looks at each field that it gets, keeps one order or subscription, and signs
 * with a certificate of its own authority (SSL_CERT_FILE). */
#ifndef TESTS_PAYPAL_WORLD_H
#define TESTS_PAYPAL_WORLD_H

#include "node/base/arena.h"
#include "node/base/buf.h"
#include "node/base/json.h"
#include "node/base/jw.h"
#include "node/money/rail_call.h"
#include "node/money/rails/paypal.h"
#include "node/settings.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "tests/unit/domain_fixture.h"
#include "tests/unit/loopback.h"
#include "tests/unit/rail_world.h"

#define CLIENT "AeA1QIZXiflr1_-r0U2UbWTziOWX1GRQer5jkUq4ZfWT5qwb6qQRPq7jDtv57TL4"
#define SECRET "EGnHDxD_qRPdaLdZz8iCr8N7_MzF-YHPTkjs6NKYQvQSBngp4PTTVWkPZRbL"
#define MERCHANT "7LNFB3KM9CQXE"
#define ORDER_ID "5O190127TN364715T"
#define CAPTURE_ID "3C679366HH908993F"
#define SUB_ID "I-BW452GLLEP1G"
#define WEBHOOK_ID "0EH40505U7160970P"
#define CERT_NAME "CERT-360caa42-fca2a594-1d93a270"

struct platform {
    struct loopback loopback;
    struct arena *arena;
    int64_t now;
    EVP_PKEY *ca_key, *key;
    char *ca, *cert;                  /* PEM */
    bool no_cert, says_signed, broken, declines, lost_answers;
    char order_status[32], number[32], value[32], cur[4], merchant[32], capture_status[32], sub_status[32], hook[160];
    char sub_id[24];
    char refunded[32], refund_status[32], dispute[32], outcome[40], plan[2048];
    char charges[4][2][24]; int n_charges; /* id, time */
    char charge_value[4][16], charge_status[4][24];
    int n_orders, n_captures, n_refunds, n_plans, n_products, n_tokens, n_certs, n_asked;
    int bad;
    char keys[16][120]; int n_keys;   /* PayPal-Request-Id of POSTs that were answered */
};

static inline void oops(struct platform *p, const char *what)
{
    fprintf(stderr, "paypal: %s\n", what);
    p->bad++;
}

/* Has it these members and no others? */
static inline void only(struct platform *p, const json_t *j, const char *names)
{
    const char *key;
    json_t *v;
    size_t n = 0, want = 1;
    for (const char *c = names; *c != '\0'; c++)
        want += *c == ' ';
    json_object_foreach((json_t *)(uintptr_t)j, key, v) {
        char *one = arena_printf(p->arena, " %s ", key);
        if (strstr(arena_printf(p->arena, " %s ", names), one) == NULL)
            oops(p, key);
        n++;
    }
    if (n != want)
        oops(p, names);
}

static inline bool reply(struct platform *p, int fd, const char *status, const char *body)
{
    char *head = arena_printf(p->arena, "HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n", status,
                              strlen(body));
    if (p->lost_answers)
        return false;
    return loopback_put(fd, head, strlen(head)) && loopback_put(fd, body, strlen(body));
}

#define MONEY(p, v) arena_printf((p)->arena, "{\"currency_code\":\"%s\",\"value\":\"%s\"}", (p)->cur, (v))

static inline char *order_json(struct platform *p)
{
    const char *payments = "";
    char *base = arena_printf(p->arena, "http://127.0.0.1:%d", p->loopback.port);
    if (p->capture_status[0] != '\0')
        payments = arena_printf(p->arena,
            ",\"payments\":{\"captures\":[{\"id\":\"" CAPTURE_ID "\",\"status\":\"%s\",\"amount\":%s,\"custom_id\":\"%s\"}]%s}",
            p->capture_status, MONEY(p, p->value), p->number,
            p->refunded[0] == '\0' ? ""
                : arena_printf(p->arena, ",\"refunds\":[{\"id\":\"1JU08902781691411\",\"status\":\"COMPLETED\",\"amount\":%s}]",
                               MONEY(p, p->refunded)));
    return arena_printf(p->arena,
        "{\"id\":\"" ORDER_ID "\",\"status\":\"%s\",\"intent\":\"CAPTURE\",\"purchase_units\":[{\"reference_id\":\"default\","
        "\"custom_id\":\"%s\",\"amount\":%s,\"payee\":{\"merchant_id\":\"%s\"}%s}],\"payer\":{\"payer_id\":\"BUYER1234\"},"
        "\"links\":[{\"href\":\"%s/v2/checkout/orders/" ORDER_ID "\",\"rel\":\"self\"},"
        "{\"href\":\"%s/checkoutnow?token=" ORDER_ID "\",\"rel\":\"payer-action\"}]}",
        p->order_status, p->number, MONEY(p, p->value), p->merchant, payments, base, base);
}

static inline void check_order(struct platform *p, const json_t *j)
{
    const json_t *unit = ld_get(j, "purchase_units"), *how = ld_get(j, "payment_source.paypal.experience_context");
    if (!str_eq_c(ld_str(j, "intent"), "CAPTURE"))
        oops(p, "intent");
    if (ld_get(j, "payment_source") == NULL) { /* the connection test */
        only(p, j, "intent purchase_units");
        KEEP(p->number, STR(""));
    } else {
        only(p, j, "intent purchase_units payment_source");
        only(p, ld_first(unit), "reference_id custom_id invoice_id description amount");
        only(p, how, "brand_name locale user_action shipping_preference return_url cancel_url");
        if (!str_eq(ld_str(unit, "custom_id"), ld_str(unit, "invoice_id")) || ld_str(unit, "custom_id").n != 26 ||
            !str_eq_c(ld_str(how, "user_action"), "PAY_NOW") || !str_eq_c(ld_str(how, "shipping_preference"), "NO_SHIPPING") ||
            !str_ends(ld_str(how, "return_url"), STR("?back=1")) || !str_starts(ld_str(how, "cancel_url"), STR("https://t.example/pay/")) ||
            ld_str(unit, "description").n == 0 || ld_str(unit, "description").n > 127)
            oops(p, "order");
        KEEP(p->number, ld_str(unit, "custom_id"));
    }
    KEEP(p->value, ld_str(unit, "amount.value"));
    KEEP(p->cur, ld_str(unit, "amount.currency_code"));
}

static inline void check_plan(struct platform *p, const json_t *j)
{
    size_t n = ld_count(ld_get(j, "billing_cycles"));
    only(p, j, "product_id name status billing_cycles payment_preferences");
    only(p, ld_get(j, "payment_preferences"), "auto_bill_outstanding setup_fee_failure_action payment_failure_threshold");
    struct buf b;
    buf_init_arena(&b, p->arena, sizeof p->plan - 1);
    LD_EACH(i, c, ld_get(j, "billing_cycles")) {
        int64_t sequence = 0, count = 0, times = -1;
        only(p, c, "frequency tenure_type sequence total_cycles pricing_scheme");
        (void)ld_i64(c, "sequence", &sequence);
        (void)ld_i64(c, "frequency.interval_count", &count);
        (void)ld_i64(c, "total_cycles", &times);
        if (sequence != (int64_t)i + 1 || !str_eq_c(ld_str(c, "tenure_type"), i + 1 == n ? "REGULAR" : "TRIAL") ||
            (i + 1 == n) != (times == 0))
            oops(p, "cycle");
        buf_fmt(&b, "%s" STR_FMT "%lldx%lld=" STR_FMT, i == 0 ? "" : " ", STR_ARG(ld_str(c, "frequency.interval_unit")),
                (long long)count, (long long)times, STR_ARG(ld_str(c, "pricing_scheme.fixed_price.value")));
    }
    KEEP(p->plan, buf_str(&b));
    p->n_plans++;
}

static inline char *subscription_json(struct platform *p)
{
    char *base = arena_printf(p->arena, "http://127.0.0.1:%d", p->loopback.port);
    bool past_due = strcmp(p->sub_status, "PAST") == 0;
    return arena_printf(p->arena,
        "{\"id\":\"I-%s\",\"status\":\"%s\",\"custom_id\":\"%s\",\"plan_id\":\"P-1\",\"subscriber\":{\"payer_id\":\"BUYER1234\"},"
        "\"billing_info\":{\"failed_payments_count\":%d,\"next_billing_time\":\"2027-02-28T10:00:00Z\"},"
        "\"links\":[{\"href\":\"%s/webapps/billing/subscriptions?ba_token=BA-1\",\"rel\":\"approve\"}]}",
        p->sub_id + 2, past_due ? "ACTIVE" : p->sub_status, p->number, past_due, base);
}

static inline char *charges_json(struct platform *p)
{
    struct buf b;
    buf_init_arena(&b, p->arena, 8192);
    buf_lit(&b, "{\"transactions\":[");
    for (int i = p->n_charges; i-- > 0;) /* the newest first, as it may be */
        buf_fmt(&b, "{\"id\":\"%s\",\"status\":\"%s\",\"time\":\"%s\",\"amount_with_breakdown\":{\"gross_amount\":%s}}%s",
                p->charges[i][0], p->charge_status[i], p->charges[i][1], MONEY(p, p->charge_value[i]), i == 0 ? "" : ",");
    buf_lit(&b, "]}");
    return b.p;
}

static inline bool serve_post(struct platform *p, int fd, struct str target, const json_t *j)
{
    if (str_eq_c(target, "/v2/checkout/orders")) {
        check_order(p, j);
        p->n_orders++;
        KEEP(p->order_status, STR("PAYER_ACTION_REQUIRED"));
        return reply(p, fd, "201 Created", order_json(p));
    }
    if (str_eq_c(target, "/v2/checkout/orders/" ORDER_ID "/capture")) {
        if (json_object_size(j) != 0)
            oops(p, "capture");
        if (p->declines)
            return reply(p, fd, "422 No", "{\"name\":\"UNPROCESSABLE_ENTITY\",\"details\":[{\"issue\":\"INSTRUMENT_DECLINED\"}]}");
        if (strcmp(p->order_status, "COMPLETED") == 0)
            return reply(p, fd, "422 No", "{\"name\":\"UNPROCESSABLE_ENTITY\",\"details\":[{\"issue\":\"ORDER_ALREADY_CAPTURED\"}]}");
        p->n_captures++;
        KEEP(p->order_status, STR("COMPLETED"));
        KEEP(p->capture_status, STR("COMPLETED"));
        return reply(p, fd, "201 Created", order_json(p));
    }
    if (str_ends(target, STR("/refund"))) {
        if (str_contains(target, STR("/NONE/")))
            return reply(p, fd, "404 No", "{\"name\":\"RESOURCE_NOT_FOUND\"}");
        only(p, j, "amount custom_id note_to_payer");
        p->n_refunds++;
        KEEP(p->refunded, ld_str(j, "amount.value"));
        return reply(p, fd, "201 Created", arena_printf(p->arena, "{\"id\":\"1JU08902781691411\",\"status\":\"%s\"}", p->refund_status));
    }
    if (str_eq_c(target, "/v1/catalogs/products")) {
        only(p, j, "name type");
        p->n_products++;
        return reply(p, fd, "201 Created", "{\"id\":\"PROD-1\"}");
    }
    if (str_eq_c(target, "/v1/billing/plans")) {
        check_plan(p, j);
        return reply(p, fd, "201 Created", arena_printf(p->arena, "{\"id\":\"P-%d\"}", p->n_plans));
    }
    if (str_eq_c(target, "/v1/billing/subscriptions")) {
        only(p, j, "plan_id custom_id application_context");
        only(p, ld_get(j, "application_context"), "brand_name locale shipping_preference user_action return_url cancel_url");
        KEEP(p->number, ld_str(j, "custom_id"));
        KEEP(p->sub_status, STR("APPROVAL_PENDING"));
        return reply(p, fd, "201 Created", subscription_json(p));
    }
    if (str_starts(target, STR("/v1/billing/subscriptions/I-"))) {
        only(p, j, "reason");
        KEEP(p->sub_status, str_ends(target, STR("/cancel")) ? STR("CANCELLED") : str_ends(target, STR("/suspend")) ? STR("SUSPENDED")
                                                                                                                     : STR("ACTIVE"));
        return reply(p, fd, "204 No Content", "");
    }
    if (str_eq_c(target, "/v1/notifications/webhooks")) {
        only(p, j, "url event_types");
        if (ld_count(ld_get(j, "event_types")) != 18)
            oops(p, "event types");
        KEEP(p->hook, ld_str(j, "url"));
        return reply(p, fd, "201 Created", "{\"id\":\"" WEBHOOK_ID "\"}");
    }
    if (str_eq_c(target, "/v1/notifications/verify-webhook-signature")) {
        only(p, j, "auth_algo cert_url transmission_id transmission_sig transmission_time webhook_id webhook_event");
        p->n_asked++;
        return reply(p, fd, "200 OK", arena_printf(p->arena, "{\"verification_status\":\"%s\"}", p->says_signed ? "SUCCESS" : "FAILURE"));
    }
    oops(p, "no such address to post to");
    return reply(p, fd, "404 No", "{}");
}

static inline bool serve_get(struct platform *p, int fd, struct str target)
{
    if (str_starts(target, STR("/v1/notifications/certs/"))) {
        p->n_certs++;
        return p->no_cert ? reply(p, fd, "404 No", "{}") : reply(p, fd, "200 OK", p->cert);
    }
    if (str_eq_c(target, "/v2/checkout/orders/" ORDER_ID))
        return reply(p, fd, "200 OK", order_json(p));
    if (str_starts(target, STR("/v2/payments/captures/")))
        for (int i = 0; i < p->n_charges; i++)
            if (str_ends(target, str_c(p->charges[i][0])))
                return reply(p, fd, "200 OK", arena_printf(p->arena, "{\"id\":\"%s\",\"status\":\"%s\",\"amount\":%s}", p->charges[i][0],
                                                           p->charge_status[i], MONEY(p, p->charge_value[i])));
    if (str_eq_c(target, "/v2/payments/refunds/1JU08902781691411"))
        return reply(p, fd, "200 OK", arena_printf(p->arena, "{\"id\":\"1JU08902781691411\",\"status\":\"%s\"}", p->refund_status));
    if (str_starts(target, STR("/v1/customer/disputes?disputed_transaction_id=")))
        return reply(p, fd, "200 OK", p->dispute[0] == '\0' ? "{\"items\":[]}"
                         : arena_printf(p->arena, "{\"items\":[{\"dispute_id\":\"PP-D-1\",\"status\":\"%s\",\"create_time\":\"2027-02-01T10:00:00Z\"}]}", p->dispute));
    if (str_eq_c(target, "/v1/customer/disputes/PP-D-1"))
        return reply(p, fd, "200 OK", arena_printf(p->arena, "{\"dispute_id\":\"PP-D-1\",\"status\":\"%s\",\"dispute_outcome\":{\"outcome_code\":\"%s\"}}",
                                                   p->dispute, p->outcome));
    if (str_starts(target, STR("/v1/billing/subscriptions/I-")) && !str_contains(target, STR("/transactions?")) &&
        !str_ends(target, STR("I-NONE")))
        return reply(p, fd, "200 OK", subscription_json(p));
    if (str_starts(target, STR("/v1/billing/subscriptions/" SUB_ID "/transactions?start_time=")))
        return reply(p, fd, "200 OK", charges_json(p));
    if (str_eq_c(target, "/v1/notifications/webhooks"))
        return reply(p, fd, "200 OK", "{\"webhooks\":[]}");
    if (str_starts(target, STR("/v1/reporting/transactions?")))
        return reply(p, fd, "200 OK", "{\"transaction_details\":[{\"transaction_info\":{\"transaction_id\":\"" CAPTURE_ID "\",\"transaction_status\":"
                     "\"S\",\"transaction_initiation_date\":\"2027-01-31T10:00:00+0000\",\"fee_amount\":{\"currency_code\":\"EUR\",\"value\":\"-0.59\"}}}],"
                     "\"total_pages\":1}");
    if (str_starts(target, STR("/v1/notifications/webhooks-events?")))
        return reply(p, fd, "200 OK", "{\"events\":[]}");
    bool empty = str_starts(target, STR("/v1/catalogs/products?")) || str_starts(target, STR("/v1/billing/plans?")) ||
                 str_starts(target, STR("/v1/customer/disputes?page_size"));
    return reply(p, fd, empty ? "200 OK" : "404 No", "{}");
}

static inline bool serve(struct loopback *l, int fd, const char *head_z, const char *body_p, size_t body_n)
{
    struct platform *p = l->arg;
    struct str head = str_c(head_z), body = {body_p, body_n}, method = between(head, "", " "), target = between(head, " ", " ");
    json_t *j = NULL;
    if (p->broken)
        return reply(p, fd, "503 Away", "{}");
    if (str_eq_c(target, "/v1/oauth2/token")) {
        p->n_tokens++;
        if (!str_eq_c(body, "grant_type=client_credentials") || !str_contains(head, STR("\r\nAuthorization: Basic ")))
            oops(p, "token");
        return reply(p, fd, "200 OK", arena_printf(p->arena, "{\"access_token\":\"A21.%d\",\"expires_in\":32400}", p->n_tokens));
    }
    if (str_starts(target, STR("/v1/notifications/certs/")))
        return serve_get(p, fd, target);
    if (!str_contains(head, str_c(arena_printf(p->arena, "\r\nAuthorization: Bearer A21.%d\r\n", p->n_tokens))))
        return reply(p, fd, "401 Who", "{\"error\":\"invalid_token\"}");
    if (str_eq_c(method, "GET"))
        return serve_get(p, fd, target);
    if (json_read(p->arena, body, NULL, &j) != OK || !str_contains(head, STR("\r\nContent-Type: application/json\r\n")))
        oops(p, "body");
    return serve_post(p, fd, target, j);
}

/* ---- its authority ---- */

static inline X509 *cert_new(EVP_PKEY *key, const char *cn, EVP_PKEY *by, X509 *issuer, int64_t now)
{
    X509 *x = X509_new();
    X509V3_CTX c;
    X509_set_version(x, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(x), issuer == NULL ? 1 : 2);
    ASN1_TIME_set(X509_getm_notBefore(x), (time_t)(now / 1000 - 86400));
    ASN1_TIME_set(X509_getm_notAfter(x), (time_t)(now / 1000 + 400 * 86400));
    X509_set_pubkey(x, key);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_ASC, (const unsigned char *)cn, -1, -1, 0);
    X509_set_issuer_name(x, X509_get_subject_name(issuer == NULL ? x : issuer));
    X509V3_set_ctx(&c, issuer == NULL ? x : issuer, x, NULL, NULL, 0);
    X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, &c, NID_basic_constraints, issuer == NULL ? "critical,CA:TRUE" : "CA:FALSE");
    X509_add_ext(x, e, -1);
    X509_EXTENSION_free(e);
    X509_sign(x, by, EVP_sha256());
    return x;
}

static inline char *pem_of(struct arena *a, X509 *x)
{
    char *p;
    BIO *out = BIO_new(BIO_s_mem());
    PEM_write_bio_X509(out, x);
    long n = BIO_get_mem_data(out, &p);
    char *s = (char *)(uintptr_t)str_z(a, (struct str){p, (size_t)n});
    BIO_free(out);
    return s;
}

static inline void authority(struct platform *p, const char *name)
{
    X509 *ca = cert_new(p->ca_key, "Test Authority", p->ca_key, NULL, p->now);
    X509 *leaf = cert_new(p->key, name, p->ca_key, ca, p->now);
    p->ca = pem_of(p->arena, ca);
    p->cert = pem_of(p->arena, leaf);
    X509_free(ca);
    X509_free(leaf);
}

static inline struct str signature(struct platform *p, EVP_PKEY *key, struct str text)
{
    unsigned char sig[512];
    size_t n = sizeof sig;
    struct buf b;
    EVP_MD_CTX *c = EVP_MD_CTX_new();
    assert_int_equal(EVP_DigestSignInit(c, NULL, EVP_sha256(), NULL, key), 1);
    assert_int_equal(EVP_DigestSign(c, sig, &n, (const unsigned char *)text.p, text.n), 1);
    EVP_MD_CTX_free(c);
    buf_init_arena(&b, p->arena, 2048);
    buf_put_base64(&b, sig, n);
    return buf_str(&b);
}

#endif
