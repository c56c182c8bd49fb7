/* Connecting an app of Alipay's open platform: what to fill in, what it must look like, and what its
 * keys may. */
#include "node/base/buf.h"
#include "node/base/clock.h"
#include "node/base/i18n.h"
#include "node/base/jw.h"
#include "node/money/rails/alipay_talk.h"
#include "node/money/rails/cn.h"
#include "node/money/rails/cn_setup.h"
#include "node/node.h"

enum { PROBE_MS = 10 * MS_MINUTE, NUMBER_LEN = 16 };

const struct rail_field ali_fields[] = {
    {"app_id", N_("App ID"), N_("16 digits, on the app's page of open.alipay.com."), RAIL_TEXT | RAIL_NEEDED},
    {"seller_id", N_("Seller's number (PID)"), N_("16 digits, begins with 2088: your account that gets the money."), RAIL_TEXT | RAIL_NEEDED},
    {"private_key", N_("The app's private key"), N_("As the key tool wrote it: PKCS#1 or PKCS#8, with or without the lines around it."), RAIL_SECRET | RAIL_NEEDED | RAIL_LONG},
    {"alipay_public_key", N_("Alipay's public key or certificate"), N_("Shown in the console after you have set the app's public key; not the app's own one. In certificate mode the whole of alipayCertPublicKey_RSA2.crt."), RAIL_TEXT | RAIL_NEEDED | RAIL_LONG},
    {"app_cert", N_("The app's certificate"), N_("In certificate mode only: the whole of appCertPublicKey_….crt."), RAIL_TEXT | RAIL_LONG},
    {"root_cert", N_("Alipay's root certificate"), N_("In certificate mode only: the whole of alipayRootCert.crt."), RAIL_TEXT | RAIL_LONG},
    {"qr", N_("Show a QR code on the desk"), N_("Needs the product for payment in person; without it the desk goes to Alipay's own page."), RAIL_SWITCH},
    {"sandbox", N_("This is the sandbox"), N_("Test money, for trying out."), RAIL_SWITCH},
    {"certificates", N_("Alipay's later certificates"), NULL, RAIL_SELF | RAIL_LONG},
    {NULL, NULL, NULL, RAIL_TEXT},
};

/* ---- what it must look like ---- */

/* A certificate stays one: what it is signed with is asked for later. */
static enum err check_theirs(struct cx *cx, struct rail_value *v, bool *ret_cert, const struct crypt_key **ret)
{
    struct rail_certs certs;
    *ret_cert = v != NULL && rail_certs_read(cx->arena, v->value, &certs) == OK;
    if (!*ret_cert)
        return cn_public(cx, v, ALI_KEY_SAYS, ret);
    v->value = rail_certs_pem(cx->arena, &certs);
    return rail_key_public(cx->arena, v->value, ret, NULL) == OK ? OK : cx_tell(cx, ERR_INVALID, ALI_KEY_SAYS);
}

static enum err check_certs(struct cx *cx, struct rail_value *app, struct rail_value *root, const struct crypt_key *mine)
{
    struct rail_certs certs;
    struct rail_cert cert;
    if (app != NULL) {
        if (rail_certs_read(cx->arena, app->value, &certs) != OK || rail_cert_read(cx->arena, app->value, &cert) != OK)
            return cx_tell(cx, ERR_INVALID, N_("The app's certificate can't be read. Please paste the whole of appCertPublicKey_….crt."));
        if (mine != NULL && !cn_same_key(cx, mine, cert.key))
            return cx_tell(cx, ERR_INVALID, N_("The app's certificate and its private key don't belong together."));
        app->value = rail_certs_pem(cx->arena, &certs);
    }
    if (root != NULL) {
        if (rail_certs_read(cx->arena, root->value, &certs) != OK || alipay_root_sn(cx->arena, &certs).n == 0)
            return cx_tell(cx, ERR_INVALID, N_("Alipay's root certificate can't be read. Please paste the whole of alipayRootCert.crt."));
        root->value = rail_certs_pem(cx->arena, &certs);
    }
    return OK;
}

enum err ali_check(struct cx *cx, struct rail_value *values, size_t n)
{
    static const struct cn_rule rules[] = {
        {"app_id", "0123456789", NULL, NUMBER_LEN, NUMBER_LEN, N_("The app ID has 16 digits.")},
        {"seller_id", "0123456789", "2088", NUMBER_LEN, NUMBER_LEN,
         N_("The seller's number has 16 digits and begins with 2088.")},
    };
    struct rail_value *theirs = cn_value(values, n, "alipay_public_key");
    struct rail_value *app = cn_value(values, n, "app_cert"), *root = cn_value(values, n, "root_cert");
    const struct crypt_key *key = NULL, *alipay = NULL;
    bool cert;
    TRY(cn_rules(cx, rules, sizeof rules / sizeof *rules, values, n));
    TRY(cn_private(cx, cn_value(values, n, "private_key"), N_("The app's private key can't be read. Please paste it again."), &key));
    TRY(check_theirs(cx, theirs, &cert, &alipay));
    if (cn_same_key(cx, key, alipay))
        return cx_tell(cx, ERR_INVALID, N_("That is the app's own public key. Alipay's public key is another one, which the console shows."));
    TRY(check_certs(cx, app, root, key));
    /* What isn't said now stays as it was, and ali_begin looks at all of it. */
    if (theirs != NULL && ((app == NULL) != (root == NULL) || (app != NULL && !cert)))
        return cx_tell(cx, ERR_INVALID, ALI_THREE_FILES);
    return OK;
}

/* ---- what its keys may ---- */

static void granted(struct cx *cx, struct rail_right *r, bool ok, const struct ali_answer *a)
{
    cn_granted(cx, r, ok, a->sub_code.n > 0 ? a->sub_code : a->code, a->sub_msg);
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
    struct rail_right *app = cn_right(p, N_("The app and its key"), true);
    struct rail_right *theirs = cn_right(p, N_("Alipay's public key"), true);
    TRY(ali_ask(a, "alipay.trade.query", trial_json(cx, number, false), NULL, &answer));
    bool unsigned_app = str_eq_c(answer.sub_code, "isv.invalid-signature") ||
                        str_eq_c(answer.sub_code, "isv.missing-signature-config");
    granted(cx, app, str_eq_c(answer.sub_code, "ACQ.TRADE_NOT_EXIST") || str_eq_c(answer.code, "10000"), &answer);
    if (unsigned_app && a->app_sn.n == 0) {
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
    struct rail_right *r = cn_right(p, N_("Payment in person: a QR code on the desk"), true);
    TRY(ali_ask(a, "alipay.trade.precreate", trial_json(cx, number, true), NULL, &answer));
    granted(cx, r, answer.genuine && str_eq_c(answer.code, "10000"), &answer);
    if (!r->ok)
        return OK;
    return ali_ask(a, "alipay.trade.close", trial_json(cx, number, false), NULL, &closed);
}

/* Of a day whose bill is made: that nothing moved is an answer, too. */
static enum err probe_bill(struct ali *a, struct rail_probe *p)
{
    struct cx *cx = a->cx;
    struct ali_answer answer;
    struct rail_right *r = cn_right(p, N_("Bills, for what Alipay keeps for itself"), false);
    enum err e = ali_bill_of(a, cn_day(cx->arena, cx->now - 2 * MS_DAY), &answer);
    if (e != OK && e != ERR_NOT_FOUND && e != ERR_UNSUPPORTED && e != ERR_CONFLICT)
        return e;
    granted(cx, r, e == OK || e == ERR_NOT_FOUND, &answer);
    return OK;
}

/* Certificates end: the app's, and Alipay's, whose next one has to come from the same root. */
static void probe_certs(struct ali *a, struct rail_probe *p)
{
    struct cx *cx = a->cx;
    struct rail_right *app = cn_right(p, N_("The app's certificate is in force"), true);
    app->ok = a->until > cx->now;
    if (!app->ok)
        app->why = STR(N_("It has run out. Please make a new one in the console."));
    struct rail_right *root = cn_right(p, N_("Alipay's certificate comes from its root certificate"), false);
    root->ok = rail_certs_hold(&a->given, &a->roots, cx->now);
    if (!root->ok)
        root->why = STR(N_("So its next certificate will not be taken by itself. Please look whether all three files are of this app."));
}

enum err ali_probe(struct cx *cx, const struct rail_account *acc, struct rail_probe *ret)
{
    struct ali a;
    struct rail_probe p = {.n = 0};
    struct str number = cn_trial_number(cx);
    TRY(ali_begin(cx, acc, &a));
    p.merchant = ali_merchant(cx, a.seller_id, a.app_id);
    p.title = a.app_id;
    p.live = a.live;
    TRY(probe_keys(&a, &p, number));
    if (a.app_sn.n > 0)
        probe_certs(&a, &p);
    if (p.rights[0].ok && p.rights[1].ok && rail_switch(acc, "qr"))
        TRY(probe_code(&a, &p, number));
    if (p.rights[0].ok && p.rights[1].ok)
        TRY(probe_bill(&a, &p));
    *ret = p;
    return OK;
}
