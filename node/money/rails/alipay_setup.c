/* Connecting an app of Alipay's open platform: what to fill in, what it must look like, and what its
 * keys may. */
#include "node/base/buf.h"
#include "node/base/clock.h"
#include "node/base/i18n.h"
#include "node/base/id.h"
#include "node/base/jw.h"
#include "node/money/rails/alipay_talk.h"
#include "node/money/rails/cn.h"
#include "node/money/rails/key.h"
#include "node/node.h"

#include <string.h>

enum { PROBE_MS = 10 * MS_MINUTE, NUMBER_LEN = 16 };

const struct rail_field ali_fields[] = {
    {"app_id", N_("App ID"), N_("16 digits, on the app's page of open.alipay.com."), RAIL_TEXT | RAIL_NEEDED},
    {"seller_id", N_("Seller's number (PID)"), N_("16 digits, begins with 2088: your account that gets the money."), RAIL_TEXT | RAIL_NEEDED},
    {"private_key", N_("The app's private key"), N_("As the key tool wrote it: PKCS#1 or PKCS#8, with or without the lines around it."), RAIL_SECRET | RAIL_NEEDED | RAIL_LONG},
    {"alipay_public_key", N_("Alipay's public key"), N_("Shown in the console after you have set the app's public key. Not the app's own one."), RAIL_TEXT | RAIL_NEEDED | RAIL_LONG},
    {"qr", N_("Show a QR code on the desk"), N_("Needs the product for payment in person; without it the desk goes to Alipay's own page."), RAIL_SWITCH},
    {"sandbox", N_("This is the sandbox"), N_("Test money, for trying out."), RAIL_SWITCH},
    {NULL, NULL, NULL, RAIL_TEXT},
};

static struct rail_value *value_of(struct rail_value *v, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(v[i].name, name) == 0 && v[i].value.n > 0)
            return &v[i];
    return NULL;
}

static bool is_number(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
    return s.n == NUMBER_LEN;
}

enum err ali_check(struct cx *cx, struct rail_value *values, size_t n)
{
    struct rail_value *app = value_of(values, n, "app_id"), *seller = value_of(values, n, "seller_id");
    struct rail_value *mine = value_of(values, n, "private_key"), *theirs = value_of(values, n, "alipay_public_key");
    const struct crypt_key *key = NULL, *alipay = NULL;
    if (app != NULL && !is_number(app->value))
        return cx_tell(cx, ERR_INVALID, N_("The app ID has 16 digits."));
    if (seller != NULL && (!is_number(seller->value) || !str_starts(seller->value, STR("2088"))))
        return cx_tell(cx, ERR_INVALID, N_("The seller's number has 16 digits and begins with 2088."));
    if (mine != NULL && rail_key_private(cx->arena, mine->value, &key, &mine->value) != OK)
        return cx_tell(cx, ERR_INVALID, N_("The app's private key can't be read. Please paste it again."));
    if (theirs != NULL && rail_key_public(cx->arena, theirs->value, &alipay, &theirs->value) != OK)
        return cx_tell(cx, ERR_INVALID, N_("Alipay's public key can't be read. Please paste it again."));
    if (key != NULL && alipay != NULL &&
        str_eq(rail_key_fingerprint(cx->arena, key), rail_key_fingerprint(cx->arena, alipay)))
        return cx_tell(cx, ERR_INVALID, N_("That is the app's own public key. Alipay's public key is another one, which the console shows."));
    return OK;
}

/* ---- what its keys may ---- */

static struct rail_right *right(struct rail_probe *p, struct str name, bool needed)
{
    struct rail_right *r = &p->rights[p->n < RAIL_RIGHTS - 1 ? p->n++ : p->n];
    *r = (struct rail_right){.name = name, .needed = needed, .why = STR_NULL};
    return r;
}

static struct str why_of(struct cx *cx, const struct ali_answer *a)
{
    return str_fmt(cx->arena, STR_FMT ": " STR_FMT, STR_ARG(a->sub_code.n > 0 ? a->sub_code : a->code), STR_ARG(a->sub_msg));
}

static struct str trial_json(struct cx *cx, struct str number, bool pay)
{
    struct buf b;
    struct jw j;
    buf_init_arena(&b, cx->arena, 1024);
    jw_init(&j, &b);
    jw_obj(&j);
    jw_key_str(&j, "out_trade_no", number);
    if (pay) {
        jw_key_c(&j, "total_amount", "0.01");
        jw_key_c(&j, "subject", "Orrery");
        jw_key_str(&j, "time_expire", cn_time(cx->arena, cx->now + PROBE_MS));
    }
    jw_end(&j);
    return buf_str(&b);
}

/* A question about an order that there is not: Alipay knows the app by its signature before it says so,
 * and we know Alipay by its own. */
static enum err probe_keys(struct ali *a, struct rail_probe *p, struct str number)
{
    struct cx *cx = a->cx;
    struct ali_answer answer;
    struct rail_right *app = right(p, STR(N_("The app and its key")), true);
    struct rail_right *theirs = right(p, STR(N_("Alipay's public key")), true);
    TRY(ali_ask(a, "alipay.trade.query", trial_json(cx, number, false), NULL, &answer));
    bool unsigned_app = str_eq_c(answer.sub_code, "isv.invalid-signature") ||
                        str_eq_c(answer.sub_code, "isv.missing-signature-config");
    app->ok = str_eq_c(answer.sub_code, "ACQ.TRADE_NOT_EXIST") || str_eq_c(answer.code, "10000");
    if (!app->ok)
        app->why = why_of(cx, &answer);
    if (unsigned_app) {
        struct str v[] = {rail_key_public_base64(cx->arena, a->key), rail_key_fingerprint(cx->arena, a->key)};
        app->why = i18n_fill(cx->arena, tr(cx, N_("Alipay has another public key of this app. Please set this one in the console: {0} (SHA-256 {1})")), v, 2);
    }
    theirs->ok = answer.genuine;
    if (!theirs->ok)
        theirs->why = STR(N_("Alipay's answer is not signed by this key."));
    return OK;
}

static enum err probe_code(struct ali *a, struct rail_probe *p, struct str number)
{
    struct cx *cx = a->cx;
    struct ali_answer answer, closed;
    struct rail_right *r = right(p, STR(N_("Payment in person: a QR code on the desk")), true);
    TRY(ali_ask(a, "alipay.trade.precreate", trial_json(cx, number, true), NULL, &answer));
    r->ok = answer.genuine && str_eq_c(answer.code, "10000");
    if (!r->ok) {
        r->why = why_of(cx, &answer);
        return OK;
    }
    return ali_ask(a, "alipay.trade.close", trial_json(cx, number, false), NULL, &closed);
}

/* Of a day whose bill is made: that nothing moved is an answer, too. */
static enum err probe_bill(struct ali *a, struct rail_probe *p)
{
    struct cx *cx = a->cx;
    struct ali_answer answer;
    struct rail_right *r = right(p, STR(N_("Bills, for what Alipay keeps for itself")), false);
    enum err e = ali_bill_of(a, cn_day(cx->arena, cx->now - 2 * MS_DAY), &answer);
    r->ok = e == OK || e == ERR_NOT_FOUND;
    if (e != ERR_UNSUPPORTED && e != ERR_CONFLICT)
        return r->ok ? OK : e;
    r->why = why_of(cx, &answer);
    return OK;
}

enum err ali_probe(struct cx *cx, const struct rail_account *acc, struct rail_probe *ret)
{
    struct ali a;
    struct rail_probe p = {.n = 0};
    struct str number = str_fmt(cx->arena, "PROBE%lld", (long long)id_next(cx->node->ids));
    TRY(ali_begin(cx, acc, &a));
    p.merchant = ali_merchant(cx, a.seller_id, a.app_id);
    p.title = a.app_id;
    p.live = a.live;
    TRY(probe_keys(&a, &p, number));
    if (p.rights[0].ok && p.rights[1].ok && rail_switch(acc, "qr"))
        TRY(probe_code(&a, &p, number));
    if (p.rights[0].ok && p.rights[1].ok)
        TRY(probe_bill(&a, &p));
    *ret = p;
    return OK;
}
