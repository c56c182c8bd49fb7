#include "node/people/letter.h"

#include "node/base/buf.h"
#include "node/base/crypt.h"
#include "node/base/i18n.h"
#include "node/base/id.h"
#include "node/base/json.h"
#include "node/base/metrics.h"
#include "node/db/db.h"
#include "node/jobs/jobs.h"
#include "node/node.h"
#include "node/people/account.h"
#include "node/people/letter_sql.h"
#include "node/people/mail_frame.h"
#include "node/people/notice.h"
#include "node/server.h"
#include "node/settings.h"

#include <stdio.h>
#include <string.h>

enum { SUBJECT_MAX = 200, LETTER_MAX = 16 * 1024 };

/* What is kept of a letter until it is sent. */
struct words {
    struct str to, subject, text, url, label;
    enum locale locale;
};

static void seal_key(const struct cx *cx, unsigned char ret[32])
{
    struct str secret = {(const char *)cx->node->secret, sizeof cx->node->secret};
    crypt_hmac_sha256(secret, STR("seal:letter"), ret);
}

static void put_text(struct buf *b, const char *name, struct str value)
{
    buf_fmt(b, ",\"%s\":", name);
    buf_put_json(b, value);
}

static enum err seal(struct cx *cx, const struct letter *l, struct str *ret)
{
    unsigned char key[32];
    struct buf b;
    struct str subject = str_trim(l->subject);
    buf_init_arena(&b, cx->arena, LETTER_MAX);
    buf_fmt(&b, "{\"locale\":%d", (int)cx->locale);
    put_text(&b, "to", l->account_id == 0 ? l->mail : STR(""));
    put_text(&b, "subject", str_utf8_cut(subject, SUBJECT_MAX));
    put_text(&b, "text", l->text);
    put_text(&b, "url", l->url);
    put_text(&b, "label", l->label);
    buf_lit(&b, "}");
    if (b.overflow)
        return cx_fail(cx, ERR_TOO_LARGE, "a letter of more than %d bytes", LETTER_MAX);
    seal_key(cx, key);
    *ret = crypt_seal(cx->arena, key, buf_str(&b));
    return OK;
}

static enum err unseal(struct cx *cx, struct str sealed, struct words *ret)
{
    unsigned char key[32];
    struct str plain;
    json_t *j;
    int64_t locale;
    seal_key(cx, key);
    TRY(crypt_open(cx->arena, key, sealed, &plain));
    TRY(json_read(cx->arena, plain, NULL, &j));
    if (!ld_i64(j, "locale", &locale) || locale < 0 || locale >= LOCALE_COUNT)
        return cx_fail(cx, ERR_INVALID, "a letter without a language");
    *ret = (struct words){
        .to = ld_str(j, "to"),
        .subject = ld_str(j, "subject"),
        .text = ld_str(j, "text"),
        .url = ld_str(j, "url"),
        .label = ld_str(j, "label"),
        .locale = (enum locale)locale,
    };
    return OK;
}

static enum err checked(struct cx *cx, const struct letter *l)
{
    struct str mail, key;
    if (l->once_key.n == 0 || str_trim(l->subject).n == 0 || l->text.n == 0)
        return cx_fail(cx, ERR_INVALID, "a letter without key, subject or text");
    if (l->account_id == 0 && !account_mail_ok(cx, l->mail, &mail, &key))
        return cx_fail(cx, ERR_INVALID, "a letter to nobody");
    return OK;
}

enum err letter_was_put(struct cx *cx, struct str once_key, bool *ret)
{
    int64_t n;
    TRY(q_letter_put_already(cx, once_key, &n));
    *ret = n > 0;
    return OK;
}

enum err letter_put(struct cx *cx, const struct letter *l)
{
    struct str sealed;
    int64_t changes, id = id_next(cx->node->ids);
    TRY(checked(cx, l));
    TRY(seal(cx, l, &sealed));
    TX_SCOPE(cx);
    TRY(q_letter_insert(cx, id, l->once_key, l->account_id == 0 ? DB_NULL : l->account_id,
                        l->planet_id == 0 ? DB_NULL : l->planet_id, str_c(l->kind), sealed, cx->now,
                        &changes));
    if (changes == 0)
        return tx_commit(cx);
    TRY(job_put(cx, "mail.letter", id, STR_NULL, STR_NULL, 0));
    if (l->account_id != 0 && !l->no_notice)
        TRY(notice_put(cx, l->account_id, "letter", DB_NULL, DB_NULL,
                       str_utf8_cut(str_trim(l->subject), SUBJECT_MAX), l->page));
    return tx_commit(cx);
}

enum err letter_waiting(struct cx *cx, int64_t account_id, struct letter **ret, size_t *ret_n)
{
    struct letter_waiting_row *rows;
    size_t n;
    TRY(q_letter_waiting(cx, account_id, &rows, &n));
    struct letter *list = ARENA_ARRAY(cx->arena, struct letter, n);
    for (size_t i = 0; i < n; i++) {
        struct words w;
        TRY(unseal(cx, rows[i].sealed, &w));
        list[i] = (struct letter){
            .account_id = account_id,
            .mail = w.to,
            .planet_id = rows[i].planet_id == DB_NULL ? 0 : rows[i].planet_id,
            .kind = str_z(cx->arena, rows[i].kind),
            .subject = w.subject,
            .text = w.text,
            .url = w.url,
            .label = w.label,
            .once_key = rows[i].once_key,
        };
    }
    *ret = list;
    *ret_n = n;
    return OK;
}

enum err letter_language(struct cx *cx, int64_t account_id, int64_t planet_id, enum locale *ret)
{
    struct account a;
    struct letter_planet_row p;
    bool found = false;
    if (planet_id != 0)
        TRY(q_letter_planet(cx, planet_id, &found, &p));
    if (found)
        i18n_clock(cx, p.zone);
    if (account_id != 0) {
        enum err e = account_by_id(cx, account_id, &a);
        if (e != OK && e != ERR_NOT_FOUND)
            return e;
        if (e == OK && i18n_parse(a.locale, ret))
            return OK;
    }
    if (!found || !i18n_parse(p.lang, ret))
        *ret = cx->locale;
    return OK;
}

void letter_language_end(struct letter_language *l)
{
    l->cx->locale = l->before;
    i18n_clock(l->cx, l->clock_before);
}

static enum err to_owner(struct cx *cx, int64_t account_id, int64_t planet_id, const char *kind,
                         struct str once_key, letter_write_fn *write, void *arg)
{
    LETTER_LANGUAGE(cx, account_id, planet_id);
    struct letter l = {.account_id = account_id, .planet_id = planet_id, .kind = kind};
    TRY(write(cx, arg, &l));
    l.once_key = str_fmt(cx->arena, STR_FMT ":%lld", STR_ARG(once_key), (long long)account_id);
    return letter_put(cx, &l);
}

enum err letter_to_owners(struct cx *cx, int64_t planet_id, const char *kind, struct str once_key,
                          letter_write_fn *write, void *arg)
{
    int64_t *owners;
    size_t n;
    TX_SCOPE(cx);
    TRY(q_letter_owners(cx, planet_id, &owners, &n));
    for (size_t i = 0; i < n; i++)
        TRY(to_owner(cx, owners[i], planet_id, kind, once_key, write, arg));
    return tx_commit(cx);
}

/* ---- sending ---- */

static enum err end(struct cx *cx, int64_t id, const char *state)
{
    return q_letter_end(cx, id, str_c(state), cx->now, NULL);
}

/* Who it goes to by now; empty: nobody. */
static enum err address(struct cx *cx, const struct letter_row *row, const struct words *w,
                        struct str *ret)
{
    struct account a;
    *ret = w->to;
    if (row->account_id == DB_NULL)
        return OK;
    enum err e = account_by_id(cx, row->account_id, &a);
    *ret = e == OK && str_eq_c(a.state, "active") ? a.mail : STR("");
    return e == ERR_NOT_FOUND ? OK : e;
}

static enum err sender(struct cx *cx, const struct letter_row *row, struct str *ret_name)
{
    struct letter_planet_row p;
    bool found = false;
    if (row->planet_id == DB_NULL)
        return setting_get(cx, "site.name", ret_name);
    TRY(q_letter_planet(cx, row->planet_id, &found, &p));
    *ret_name = found ? p.name : STR_NULL;
    return OK;
}

static void print_for_dev(const struct mail *m)
{
    printf("letter to " STR_FMT ": " STR_FMT "\n" STR_FMT "\n", STR_ARG(m->to), STR_ARG(m->subject),
           STR_ARG(m->text));
    fflush(stdout);
}

static enum err send(struct cx *cx, const struct letter_row *row, const struct words *w,
                     const char **ret_state)
{
    struct mail m = {.subject = w->subject};
    struct str url, name;
    TRY(setting_get(cx, "mail.smtp_url", &url));
    TRY(sender(cx, row, &name));
    TRY(mail_from(cx, name, &m.from));
    TRY(address(cx, row, w, &m.to));
    struct str why[] = {name.n > 0 ? name : cx->node->host, cx->node->host};
    struct mail_words words = {
        .text = w->text,
        .url = w->url,
        .label = w->label,
        .small = i18n_fill(cx->arena, tr(cx, N_("{0} on {1} wrote this to you.")), why, 2),
    };
    mail_frame(cx, &words, &m);
    if (m.to.n > 0 && url.n == 0 && cx->node->dev)
        print_for_dev(&m);
    *ret_state = "unsent";
    if (m.to.n == 0 || url.n == 0)
        return OK;
    cx_release(cx); /* a mail server may take its time */
    enum err e = smtp_send(cx, url, &m);
    *ret_state = e == OK ? "sent" : "failed";
    if (e == OK) {
        NODE_COUNT(cx->node, mails, 1);
        METRICS_COUNT(cx->node->server->metrics, mails, 1);
    }
    return e == ERR_INVALID ? OK : e; /* an address that doesn't exist, for ever */
}

enum job_verdict letter_run(struct cx *cx, const struct job *job)
{
    struct letter_row row;
    struct words w;
    const char *state = "failed";
    bool found;
    if (q_letter_by_id(cx, job->subject, &found, &row) != OK)
        return JOB_RETRY;
    if (!found || !str_eq_c(row.state, "waiting"))
        return JOB_DONE;
    if (unseal(cx, row.sealed, &w) != OK)
        return JOB_REST; /* the node's secret is another one */
    cx->locale = w.locale;
    if (send(cx, &row, &w, &state) != OK)
        return JOB_RETRY;
    return end(cx, row.id, state) == OK ? JOB_DONE : JOB_RETRY;
}
