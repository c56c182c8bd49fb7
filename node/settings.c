#include "node/settings.h"

#include "node/base/buf.h"
#include "node/base/crypt.h"
#include "node/base/i18n.h"
#include "node/base/url.h"
#include "node/net/s3.h"
#include "node/node.h"
#include "node/settings_sql.h"

#include <string.h>

static enum err check_store(struct cx *cx, struct str value)
{
    struct str url;
    if (str_eq_c(value, "dir"))
        return OK;
    if (!str_eq_c(value, "s3"))
        return cx_tell(cx, ERR_INVALID, N_("This setting is dir or s3."));
    TRY(setting_get(cx, "media.s3_url", &url));
    if (url.n == 0)
        return cx_tell(cx, ERR_INVALID, N_("There is no storage yet. Please set media.s3_url first."));
    return OK;
}

static enum err check_far_mb(struct cx *cx, struct str value)
{
    int64_t mb;
    if (str_to_i64(value, &mb) && mb >= 1 && mb <= 1000000)
        return OK;
    return cx_tell(cx, ERR_INVALID, N_("This setting is a number of megabytes, from 1 to 1000000."));
}

static enum err check_forget_days(struct cx *cx, struct str value)
{
    int64_t days;
    if (str_to_i64(value, &days) && (days == 0 || (days >= 30 && days <= 36500)))
        return OK;
    return cx_tell(cx, ERR_INVALID, N_("This setting is a number of days, at least 30; or 0 to keep everything."));
}

static enum err check_host(struct cx *cx, struct str value)
{
    struct str host;
    unsigned port;
    if (url_parse_host(cx->arena, value, &host, &port) == OK && str_eq(host, value) && port == 0 &&
        !url_is_ip_literal(host))
        return OK;
    return cx_tell(cx, ERR_INVALID, N_("This setting is the name of a host in small letters, like example.org."));
}

static const struct setting_row rows[] = {
    {"origin", SETTING_URL, NULL, true, false,
     N_("Where this node lives. Fixed when it was made: other servers know it by this name."), NULL},
    {"site.name", SETTING_TEXT, NULL, false, false, N_("The name of the node."), NULL},
    {"mail.smtp_url", SETTING_URL, NULL, false, true,
     N_("The server that sends our mail: smtp://user:password@host:587 or smtps://host."), NULL},
    {"mail.from", SETTING_MAIL, NULL, false, false, N_("The sender of our mail."), NULL},
    {"media.s3_url", SETTING_URL, NULL, false, true,
     N_("S3-compatible storage for pictures and files: "
        "s3://KEY:SECRET@HOST/BUCKET?region=REGION. Tried out before it is kept."), s3_check},
    {"media.store", SETTING_TEXT, NULL, false, false,
     N_("Where new pictures and files go: dir or s3. Empty: to the storage as soon as there is one."),
     check_store},
    {"federation.handle_host", SETTING_TEXT, NULL, false, false,
     N_("The name behind the @ of handles, if it is not the node's own: its /.well-known/webfinger must lead here. Decide before anybody follows."),
     check_host},
    {"federation.secure_mode", SETTING_BOOL, "false", false, false,
     N_("Other servers must sign to read posts and profiles as documents. Keeps out who is blocked; some servers can then not follow."), NULL},
    {"media.far_mb", SETTING_TEXT, "1024", false, false,
     N_("How many megabytes pictures of other servers may take here, which are kept for readers for a while."),
     check_far_mb},
    {"pay.stripe.base_url", SETTING_URL, NULL, false, false,
     N_("Another Stripe to talk to, for trying out: heeded with serve --dev only."), NULL},
    {"pay.wechat.base_url", SETTING_URL, NULL, false, false,
     N_("Another WeChat Pay to talk to, for trying out: heeded with serve --dev only."), NULL},
    {"pay.alipay.base_url", SETTING_URL, NULL, false, false,
     N_("Another Alipay to talk to, for trying out: heeded with serve --dev only."), NULL},
    {"pay.paypal.base_url", SETTING_URL, NULL, false, false,
     N_("Another PayPal to talk to, for trying out: heeded with serve --dev only."), NULL},
    {"pay.forget_days", SETTING_TEXT, "180", false, false,
     N_("After how many days what providers told of payments in full, with names and mail addresses, is emptied: 30 or more, or 0 for never. What is not settled and the books stay."),
     check_forget_days},
    {NULL, SETTING_TEXT, NULL, false, false, NULL, NULL},
};

const struct setting_row *setting_rows(void)
{
    return rows;
}

static const struct setting_row *find(struct str key)
{
    for (const struct setting_row *r = rows; r->key != NULL; r++)
        if (str_eq_c(key, r->key))
            return r;
    return NULL;
}

enum err setting_get(struct cx *cx, const char *key, struct str *ret)
{
    const struct setting_row *row = find(str_c(key));
    if (row == NULL)
        return cx_fail(cx, ERR_INTERNAL, "no setting %s", key);
    struct str stored;
    enum err e = q_setting_read(cx, str_c(key), &stored);
    if (e == ERR_NOT_FOUND) {
        *ret = str_c(row->fallback);
        return OK;
    }
    TRY(e);
    if (!row->secret) {
        *ret = stored;
        return OK;
    }
    struct str sealed;
    if (!crypt_base64url_decode(cx->arena, stored, &sealed))
        return cx_fail(cx, ERR_INTERNAL, "setting %s is damaged", key);
    return crypt_open(cx->arena, cx->node->secret, sealed, ret);
}

static enum err check_value(struct cx *cx, const struct setting_row *row, struct str value)
{
    enum locale ignored;
    for (size_t i = 0; i < value.n; i++)
        if ((unsigned char)value.p[i] < 0x20)
            return cx_tell(cx, ERR_INVALID, N_("A setting is one line without control characters."));
    if (value.n > 1000)
        return cx_tell(cx, ERR_TOO_LARGE, N_("A setting has at most 1000 bytes."));
    switch (row->type) {
    case SETTING_TEXT: return OK;
    case SETTING_BOOL:
        if (!str_eq_c(value, "true") && !str_eq_c(value, "false"))
            return cx_tell(cx, ERR_INVALID, N_("This setting is true or false."));
        return OK;
    case SETTING_URL:
        if (!str_contains(value, STR("://")))
            return cx_tell(cx, ERR_INVALID, N_("This setting is an address with its scheme, like smtp://host:587."));
        return OK;
    case SETTING_MAIL:
        if (str_find_char(value, '@', 1) == SIZE_MAX)
            return cx_tell(cx, ERR_INVALID, N_("This setting is a mail address, with or without a name: Tea <tea@example.org>."));
        return OK;
    case SETTING_LOCALE:
        if (!i18n_parse(value, &ignored))
            return cx_tell(cx, ERR_INVALID, N_("This setting is a language: en or zh-CN."));
        return OK;
    }
    return OK;
}

static enum err store(struct cx *cx, const struct setting_row *row, struct str value)
{
    if (row->secret) {
        struct str sealed = crypt_seal(cx->arena, cx->node->secret, value);
        struct buf b;
        buf_init_arena(&b, cx->arena, 4096);
        buf_put_base64url(&b, sealed.p, sealed.n);
        value = buf_str(&b);
    }
    TX_SCOPE(cx);
    cx->wake |= WAKE_PUBLIC; /* the node's name stands on pages */
    TRY(q_setting_write(cx, str_c(row->key), value, NULL));
    return tx_commit(cx);
}

enum err setting_set(struct cx *cx, struct str key, struct str value)
{
    const struct setting_row *row = find(key);
    if (row == NULL)
        return cx_tell(cx, ERR_NOT_FOUND, N_("There is no such setting."));
    if (row->frozen)
        return cx_tell(cx, ERR_FORBIDDEN, N_("This setting was fixed when the node was made."));
    if (str_empty(value)) { /* back to the default */
        TX_SCOPE(cx);
        cx->wake |= WAKE_PUBLIC;
        TRY(q_setting_erase(cx, key, NULL));
        return tx_commit(cx);
    }
    TRY(check_value(cx, row, value));
    if (row->check != NULL)
        TRY(row->check(cx, value));
    return store(cx, row, value);
}

enum err setting_freeze(struct cx *cx, const char *key, struct str value)
{
    const struct setting_row *row = find(str_c(key));
    if (row == NULL || !row->frozen)
        return cx_fail(cx, ERR_INTERNAL, "%s is no frozen setting", key);
    TRY(check_value(cx, row, value));
    return store(cx, row, value);
}

struct str setting_handle_host(struct cx *cx)
{
    struct str host;
    if (setting_get(cx, "federation.handle_host", &host) != OK || host.n == 0)
        return cx->node->host;
    return host;
}
