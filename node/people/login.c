#include "node/base/buf.h"
#include "node/base/clock.h"
#include "node/base/crypt.h"
#include "node/base/i18n.h"
#include "node/base/id.h"
#include "node/db/db.h"
#include "node/event.h"
#include "node/node.h"
#include "node/people/account_sql.h"
#include "node/people/login_sql.h"
#include "node/people/login_seal.h"
#include "node/people/password.h"
#include "node/people/rate.h"
#include "node/people/session.h"
#include "node/quota.h"

#include <string.h>

static struct str bytes(struct cx *cx, const void *p, size_t n)
{
    return (struct str){arena_copy(cx->arena, p, n), n};
}

static struct str hash_of(struct cx *cx, struct str token)
{
    unsigned char h[32];
    crypt_sha256(token, h);
    return bytes(cx, h, sizeof h);
}

static enum err link_is_bad(struct cx *cx)
{
    return cx_tell(cx, ERR_NOT_FOUND,
                   N_("This link was used already or has run out. Please ask for a new one."));
}

/* Six digits that follow from the link itself: shown twice, it is the same number. */
static struct str code_of(struct cx *cx, struct str token)
{
    unsigned char mac[32];
    struct str secret = {(const char *)cx->node->secret, sizeof cx->node->secret};
    crypt_hmac_sha256(secret, str_fmt(cx->arena, "login-code:" STR_FMT, STR_ARG(token)), mac);
    uint32_t v = (uint32_t)mac[0] << 24 | (uint32_t)mac[1] << 16 | (uint32_t)mac[2] << 8 | mac[3];
    return str_fmt(cx->arena, "%06u", v % 1000000);
}

static struct str code_hash(struct cx *cx, int64_t id, struct str code)
{
    unsigned char mac[32];
    struct str secret = {(const char *)cx->node->secret, sizeof cx->node->secret};
    crypt_hmac_sha256(
        secret, str_fmt(cx->arena, "login-code-hash:%lld:" STR_FMT, (long long)id, STR_ARG(code)),
        mac);
    return bytes(cx, mac, sizeof mac);
}

/* A path of ours, or nothing: "//host" and "/\host" would lead away. */
static struct str clean_next(struct str next)
{
    if (next.n == 0 || next.n > 500 || next.p[0] != '/' ||
        (next.n > 1 && (next.p[1] == '/' || next.p[1] == '\\')))
        return STR_NULL;
    for (size_t i = 0; i < next.n; i++)
        if ((unsigned char)next.p[i] <= ' ' || next.p[i] == 127 || next.p[i] == '\\')
            return STR_NULL;
    return next;
}

/* The row and its mail. to: letter for letter where it goes. */
static enum err put_request(struct cx *cx, struct str to, int64_t account_id, bool owner,
                            struct str next, struct str *ret_browser)
{
    struct str token = crypt_token(cx->arena, 32);
    struct str browser = crypt_token(cx->arena, 32);
    int64_t id = id_next(cx->node->ids);
    struct str sealed = login_seal(cx, token);
    TX_SCOPE(cx);
    TRY(q_login_forget_old(cx, cx->now - 2 * MS_DAY, NULL));
    TRY(q_login_insert(cx, id, hash_of(cx, token), to, account_id, hash_of(cx, browser),
                       clean_next(next), cx->now, cx->now + LOGIN_MINUTES * MS_MINUTE, NULL));
    TRY(quota_mail(cx, owner));
    TRY(event_emit(cx, EV_LOGIN_MAIL, id, sealed));
    TRY(tx_commit(cx));
    *ret_browser = browser;
    return OK;
}

enum err login_request(struct cx *cx, struct str mail, struct str ip, struct str next,
                       struct str *ret_browser)
{
    struct str key;
    struct account_row account;
    if (!account_mail_ok(cx, mail, &mail, &key))
        return cx_tell(cx, ERR_INVALID, N_("This is not a mail address that we can write to."));
    TRY(rate_hit(cx, "login-ip", rate_ip(cx->arena, ip, true), 15 * MS_MINUTE, 10));
    TRY(rate_hit(cx, "login-mail", key, MS_HOUR, 3));

    /* A known and an unknown address do the same work: a look-up, a row, a job, a mail. */
    enum err e = q_account_by_mail(cx, key, &account);
    if (e != OK && e != ERR_NOT_FOUND)
        return e;
    /* To the address that the account was made with, letter for letter: "Ann@" and "ann@" may be two
     * people to their mail server. */
    bool known = e == OK;
    return put_request(cx, known ? account.mail : mail, known ? account.id : DB_NULL,
                       known && account.is_owner != 0, next, ret_browser);
}

enum err login_request_mail(struct cx *cx, struct str mail, struct str ip, struct str next,
                            struct str *ret_browser)
{
    struct str key;
    struct account a;
    TRY(account_by_id(cx, cx->viewer, &a));
    if (a.mail.n > 0)
        return cx_tell(cx, ERR_CONFLICT, N_("This account has a mail address already."));
    if (!account_mail_ok(cx, mail, &mail, &key))
        return cx_tell(cx, ERR_INVALID, N_("This is not a mail address that we can write to."));
    TRY(rate_hit(cx, "login-ip", rate_ip(cx->arena, ip, true), 15 * MS_MINUTE, 10));
    TRY(rate_hit(cx, "login-mail", key, MS_HOUR, 3));
    /* Whether it is another's is told to who can read its mail, and to nobody else. */
    return put_request(cx, mail, a.id, false, next, ret_browser);
}

enum err login_make_link(struct cx *cx, int64_t account_id, struct str *ret_url)
{
    struct account account;
    TRY(account_by_id(cx, account_id, &account));
    struct str token = crypt_token(cx->arena, 32);
    TX_SCOPE(cx);
    TRY(q_login_insert(cx, id_next(cx->node->ids), hash_of(cx, token), account.mail, account_id,
                       STR_NULL, STR_NULL, cx->now, cx->now + LOGIN_LINK_HOURS * MS_HOUR, NULL));
    TRY(tx_commit(cx));
    *ret_url = str_fmt(cx->arena, STR_FMT LOGIN_PATH STR_FMT, STR_ARG(cx->node->origin),
                       STR_ARG(token));
    return OK;
}

static enum err find_good(struct cx *cx, struct str token, struct login_row *ret)
{
    struct login_row row;
    if (token.n < 20 || token.n > 100)
        return link_is_bad(cx);
    enum err e = q_login_by_hash(cx, hash_of(cx, token), &row);
    if (e == ERR_NOT_FOUND)
        return link_is_bad(cx);
    TRY(e);
    if (row.used_at != DB_NULL || row.expires_at <= cx->now)
        return link_is_bad(cx);
    *ret = row;
    return OK;
}

static bool same_browser(struct cx *cx, const struct login_row *row, struct str browser)
{
    if (row->browser_hash.p == NULL)
        return true;
    return browser.n > 0 && str_eq_secret(row->browser_hash, hash_of(cx, browser));
}

/* Somebody may have made the account since the link was asked for. */
static enum err account_of(struct cx *cx, const struct login_row *row, bool *ret_known,
                           struct account *ret)
{
    enum err e = row->account_id != DB_NULL ? account_by_id(cx, row->account_id, ret)
                                            : account_by_mail(cx, row->mail, ret);
    *ret_known = e == OK;
    return e == ERR_NOT_FOUND ? OK : e;
}

enum err login_peek(struct cx *cx, struct str token, struct str browser, struct login_peek *ret)
{
    struct login_row row;
    struct account account;
    bool known;
    TRY(find_good(cx, token, &row));
    TRY(account_of(cx, &row, &known, &account));
    *ret = (struct login_peek){
        .mail = row.mail.n > 0 || !known ? row.mail : str_fmt(cx->arena, "@" STR_FMT, STR_ARG(account.username)),
        .same_browser = same_browser(cx, &row, browser),
        .new_account = !known,
    };
    return OK;
}

enum err login_show_code(struct cx *cx, struct str token, struct str *ret_code)
{
    struct login_row row;
    TRY(find_good(cx, token, &row));
    struct str code = code_of(cx, token);
    if (row.code_hash.p == NULL) {
        TX_SCOPE(cx);
        TRY(q_login_set_code(cx, row.id, code_hash(cx, row.id, code), NULL));
        TRY(tx_commit(cx));
    }
    *ret_code = code;
    return OK;
}

static enum err code_is_bad(struct cx *cx)
{
    return cx_tell(cx, ERR_INVALID,
                   N_("This number is not right. Open the link in the mail once more and type the "
                      "six digits."));
}

/* The row whose code was typed. Each try is counted before it is looked at. */
static enum err find_by_code(struct cx *cx, struct str code, struct str browser, struct str ip,
                             struct login_row *ret)
{
    struct login_row row;
    struct buf digits;
    int64_t changes;
    TRY(rate_hit(cx, "login-code", rate_ip(cx->arena, ip, true), 10 * MS_MINUTE, 5));
    buf_init_arena(&digits, cx->arena, 12);
    for (size_t i = 0; i < code.n; i++) /* it is shown as "123 456" */
        if (code.p[i] != ' ' && code.p[i] != '-')
            buf_put_char(&digits, code.p[i]);
    if (browser.n == 0 || buf_str(&digits).n != 6)
        return code_is_bad(cx);
    enum err e = q_login_by_browser(cx, hash_of(cx, browser), cx->now, &row);
    if (e == ERR_NOT_FOUND)
        return code_is_bad(cx);
    TRY(e);
    TX_SCOPE(cx);
    TRY(q_login_try(cx, row.id, LOGIN_CODE_TRIES, &changes));
    TRY(tx_commit(cx));
    if (changes == 0)
        return cx_tell(cx, ERR_INVALID, N_("Too many wrong numbers. Please ask for a new link."));
    if (!str_eq_secret(row.code_hash, code_hash(cx, row.id, buf_str(&digits))))
        return code_is_bad(cx);
    *ret = row;
    return OK;
}

static enum err consume(struct cx *cx, const struct login_row *row, struct account *ret)
{
    int64_t changes;
    bool known;
    struct account account;
    TX_SCOPE(cx);
    TRY(q_login_use(cx, row->id, cx->now, &changes));
    if (changes == 0)
        return link_is_bad(cx);
    TRY(account_of(cx, row, &known, &account));
    if (!known)
        TRY(account_create(cx, row->mail, STR_NULL, STR_NULL, false, &account));
    if (!str_eq_c(account.state, "active"))
        return cx_tell(cx, ERR_FORBIDDEN,
                       N_("This account is suspended. Please write to the owner of this site."));
    if (account.mail.n == 0 && row->mail.n > 0) {
        TRY(account_add_mail(cx, account.id, row->mail));
        account.mail = row->mail;
    }
    TRY(tx_commit(cx));
    *ret = account;
    return OK;
}

enum err login_finish(struct cx *cx, struct str token, struct str code, struct str browser,
                      struct str ip, struct account *ret, struct str *ret_next)
{
    struct login_row row;
    if (token.n > 0) {
        TRY(find_good(cx, token, &row));
        if (!same_browser(cx, &row, browser))
            return cx_tell(
                cx, ERR_FORBIDDEN,
                N_("This link was asked for in another browser. Type the six digits there."));
    } else {
        TRY(find_by_code(cx, code, browser, ip, &row));
    }
    TRY(consume(cx, &row, ret));
    *ret_next = row.next;
    return OK;
}

enum err login_password(struct cx *cx, struct str mail, struct str password, struct str ip,
                        struct account *ret)
{
    struct account_row row = {.id = 0};
    struct account account;
    struct str key, encoded = STR_NULL;
    bool right;
    TRY(rate_hit(cx, "login-ip", rate_ip(cx->arena, ip, true), 15 * MS_MINUTE, 10));
    if (!account_mail_ok(cx, mail, &mail, &key))
        key = STR("nobody");
    TRY(rate_hit(cx, "login-password", key, 15 * MS_MINUTE, 10));
    TRY(password_normalize(cx, password, &password));
    enum err e = q_account_by_mail(cx, key, &row);
    if (e != OK && e != ERR_NOT_FOUND)
        return e;
    TRY(e == OK ? q_account_password(cx, row.id, &encoded) : OK);
    TRY(password_verify(cx, encoded, password, &right));
    if (!right)
        return cx_tell(
            cx, ERR_UNAUTHENTICATED,
            N_("Mail address or password are not right. You can always sign in by a mailed link."));
    TRY(account_by_id(cx, row.id, &account));
    if (!str_eq_c(account.state, "active"))
        return cx_tell(cx, ERR_FORBIDDEN,
                       N_("This account is suspended. Please write to the owner of this site."));
    *ret = account;
    return OK;
}
