#include "node/people/login_mail.h"

#include "node/base/buf.h"
#include "node/base/clock.h"
#include "node/base/crypt.h"
#include "node/base/i18n.h"
#include "node/base/metrics.h"
#include "node/db/db.h"
#include "node/jobs/jobs.h"
#include "node/node.h"
#include "node/people/account.h"
#include "node/people/login_seal.h"
#include "node/people/login_sql.h"
#include "node/people/mail_frame.h"
#include "node/people/session.h"
#include "node/server.h"
#include "node/settings.h"

#include <stdio.h>
#include <string.h>

static void seal_key(const struct cx *cx, unsigned char ret[32])
{
    struct str secret = {(const char *)cx->node->secret, sizeof cx->node->secret};
    crypt_hmac_sha256(secret, STR("seal:login"), ret);
}

struct str login_seal(struct cx *cx, struct str token)
{
    unsigned char key[32];
    struct buf b;
    seal_key(cx, key);
    struct str plain = str_fmt(cx->arena, "%d " STR_FMT, (int)cx->locale, STR_ARG(token));
    struct str sealed = crypt_seal(cx->arena, key, plain);
    buf_init_arena(&b, cx->arena, 1000);
    buf_put_base64url(&b, sealed.p, sealed.n);
    return buf_str(&b);
}

enum err login_unseal(struct cx *cx, struct str sealed, struct str *ret_token,
                      enum locale *ret_locale)
{
    unsigned char key[32];
    struct str box, plain;
    seal_key(cx, key);
    if (!crypt_base64url_decode(cx->arena, sealed, &box))
        return cx_fail(cx, ERR_INVALID, "payload is not base64url");
    TRY(crypt_open(cx->arena, key, box, &plain));
    if (plain.n < 3 || plain.p[0] < '0' || plain.p[0] >= '0' + LOCALE_COUNT || plain.p[1] != ' ')
        return cx_fail(cx, ERR_INVALID, "payload has another form");
    *ret_locale = (enum locale)(plain.p[0] - '0');
    *ret_token = str_sub(plain, 2, plain.n);
    return OK;
}

static struct str link_of(struct cx *cx, struct str token)
{
    return str_fmt(cx->arena, STR_FMT LOGIN_PATH STR_FMT, STR_ARG(cx->node->origin),
                   STR_ARG(token));
}

static struct str fill(struct cx *cx, const char *msgid, struct str arg)
{
    return i18n_fill(cx->arena, i18n_get(cx->locale, msgid), &arg, 1);
}

static void compose(struct cx *cx, struct str site, struct str link, struct mail *m)
{
    struct str rules =
        fill(cx, N_("It works once, for {0} minutes, in the browser that asked for it."),
             str_fmt(cx->arena, "%d", LOGIN_MINUTES));
    struct str other = str_c(
        tr(cx, N_("If it was not you who asked, do nothing: nobody gets in without this mail.")));
    struct mail_words words = {
        .text = fill(cx, N_("Open this link to sign in to {0}:"), site),
        .url = link,
        .label = fill(cx, N_("Sign in to {0}"), site),
        .small = str_fmt(cx->arena, STR_FMT "\n" STR_FMT, STR_ARG(rules), STR_ARG(other)),
    };
    m->subject = words.label;
    mail_frame(cx, &words, m);
}

static enum job_verdict give_up_or_retry(enum err e)
{
    return e == ERR_INVALID ? JOB_REST : JOB_RETRY;
}

static enum job_verdict hand_over(struct cx *cx, const struct login_row *row, struct str link,
                                  struct str smtp_url)
{
    struct mail m = {.to = row->mail};
    struct str site = STR_NULL;
    enum err e = mail_from(cx, STR_NULL, &m.from);
    if (e == OK)
        e = setting_get(cx, "site.name", &site);
    if (e != OK)
        return JOB_RETRY;
    if (site.n == 0)
        site = cx->node->host;
    compose(cx, site, link, &m);
    cx_release(cx); /* a mail server may take its time */
    e = smtp_send(cx, smtp_url, &m);
    if (e != OK)
        return give_up_or_retry(e);
    NODE_COUNT(cx->node, mails, 1);
    METRICS_COUNT(cx->node->server->metrics, mails, 1);
    return JOB_DONE;
}

enum job_verdict mail_login_run(struct cx *cx, const struct job *job)
{
    struct login_row row;
    struct str token, smtp_url;
    enum err e = q_login_by_id(cx, job->subject, &row);
    if (e == ERR_NOT_FOUND)
        return JOB_DONE;
    if (e != OK)
        return JOB_RETRY;
    if (row.used_at != DB_NULL || row.expires_at <= cx->now)
        return JOB_DONE;
    e = login_unseal(cx, job->payload, &token, &cx->locale);
    if (e != OK)
        return JOB_REST;
    if (setting_get(cx, "mail.smtp_url", &smtp_url) != OK)
        return JOB_RETRY;
    if (smtp_url.n > 0)
        return hand_over(cx, &row, link_of(cx, token), smtp_url);
    if (cx->node->dev) {
        printf("sign-in link for " STR_FMT ": " STR_FMT "\n", STR_ARG(row.mail),
               STR_ARG(link_of(cx, token)));
        fflush(stdout);
    }
    e = cx_fail(cx, ERR_INVALID, "no mail server configured");
    return e == OK ? JOB_DONE : JOB_REST;
}

enum err login_pending_list(struct cx *cx, struct login_pending **ret, size_t *ret_n)
{
    struct login_resting_row *rows;
    size_t n, n_good = 0;
    if (cx->viewer != 0) {
        struct account me;
        TRY(account_by_id(cx, cx->viewer, &me));
        if (!me.is_owner)
            return cx_fail(cx, ERR_FORBIDDEN, "not the node's owner");
    }
    TRY(q_login_resting(cx, cx->now, &rows, &n));
    struct login_pending *list = ARENA_ARRAY(cx->arena, struct login_pending, n);
    for (size_t i = 0; i < n; i++) {
        struct str token;
        enum locale ignored;
        if (login_unseal(cx, rows[i].payload, &token, &ignored) != OK)
            continue;
        list[n_good++] = (struct login_pending){
            .job_id = rows[i].job_id,
            .mail = rows[i].mail,
            .url = link_of(cx, token),
            .created_at = rows[i].created_at,
            .expires_at = rows[i].expires_at,
        };
    }
    *ret = list;
    *ret_n = n_good;
    return OK;
}
