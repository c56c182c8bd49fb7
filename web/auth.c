/* Signing in and out: mailed links, codes, passwords; language and theme. */
#include "web/auth.h"

#include "node/base/crypt.h"
#include "node/base/i18n.h"
#include "node/db/db.h"
#include "node/node.h"
#include "node/people/session.h"
#include "node/planet/planet.h"
#include "node/settings.h"
#include "web/html.h"
#include "web/page.h"

enum { BROWSER_COOKIE_S = 15 * 60, YEAR_S = 365 * 24 * 3600 };

/* ---- the frame's questions ---- */

enum err auth_identify(struct rq *rq)
{
    struct cx *cx = rq->cx;
    struct str token = rq_cookie(rq, "s");
    if (token.n == 0)
        return OK;
    struct session s;
    struct account a;
    enum err e = session_find(cx, token, &s, &a);
    if (e == ERR_NOT_FOUND)
        return OK; /* ended or expired: a visitor */
    TRY(e);
    rq->session = (struct session_info){
        .session_id = s.id,
        .account_id = a.id,
        .is_owner = a.is_owner,
        .name = a.name,
        .username = a.username,
        .avatar = web_avatar(cx, a.name, a.avatar_media_id).url,
    };
    rq->session.csrf = s.csrf;
    rq->session.unread = s.unread;
    cx->viewer = a.id;
    if (rq_cookie(rq, "lang").p == NULL && a.locale.n > 0)
        (void)i18n_parse(a.locale, &cx->locale);
    return OK;
}

bool auth_csrf_ok(struct rq *rq, struct str token)
{
    return rq->session.csrf.n > 0 && str_eq_secret(rq->session.csrf, token);
}

bool auth_is_author(struct rq *rq)
{
    struct planet *planets;
    size_t n;
    return planet_list_of_author(rq->cx, rq->session.account_id, &planets, &n) == OK && n > 0;
}

/* ---- pages ---- */

static struct view_login *login_view(struct rq *rq)
{
    struct view_login *v = ARENA_NEW(rq->cx->arena, struct view_login);
    struct view_page *page = web_page_form(rq);
    struct str smtp;
    page->title = str_c(tr(rq->cx, N_("Sign in")));
    page->noindex = true;
    page->bare = true;
    v->page = page;
    v->next = web_next(rq, STR("/"));
    v->no_mail = setting_get(rq->cx, "mail.smtp_url", &smtp) != OK || smtp.n == 0;
    return v;
}



static enum err send_login(struct rq *rq, int status, void (*render)(struct buf *, struct cx *, const struct view_login *), struct view_login *v)
{
    struct buf out = web_buf();
    rq_cache_control(rq, "no-store");
    render(&out, rq->cx, v);
    return web_send(rq, status, &out);
}

enum err web_login_show(struct rq *rq)
{
    if (rq->session.account_id != 0)
        return web_go(rq, web_next(rq, STR("/")));
    struct view_login *v = login_view(rq);
    v->with_password = str_eq_c(rq_query(rq, "with"), "password");
    v->mail = rq_query(rq, "mail");
    return send_login(rq, 200, html_login, v);
}

/* An error that the person can mend is shown above the form again; the rest is the frame's. */
static enum err login_again(struct rq *rq, enum err e, void (*render)(struct buf *, struct cx *, const struct view_login *), struct view_login *v)
{
    if (e == ERR_INTERNAL || e == ERR_STORAGE)
        return e;
    v->error = web_mendable(rq, e);
    return send_login(rq, http_status_of(e), render, v);
}

enum err web_login_send(struct rq *rq)
{
    struct view_login *v = login_view(rq);
    struct str browser;
    v->mail = str_trim(rq_form(rq, "mail"));
    enum err e = login_request(rq->cx, v->mail, rq->ip, v->next, &browser);
    if (e != OK)
        return login_again(rq, e, html_login, v);
    rq_set_cookie(rq, "b", browser, BROWSER_COOKIE_S, true);
    return send_login(rq, 200, html_login_sent, v);
}

enum err auth_sign_in(struct rq *rq, const struct account *a, const char *how,
                      int64_t identity_id, struct str next)
{
    struct str token;
    struct session s;
    if (rq->session.session_id != 0) /* a new id at each sign-in */
        TRY(session_end(rq->cx, rq->session.account_id, rq->session.session_id));
    TRY(session_create_by(rq->cx, a->id, how, identity_id, rq_header(rq, "User-Agent"), rq->ip,
                          &token, &s));
    rq_set_cookie(rq, "s", token, COOKIE_SESSION_DAYS * 24 * 3600, true);
    rq_set_cookie(rq, "b", STR(""), 0, true);
    if (identity_id != DB_NULL)
        rq_set_cookie(rq, "f", STR(""), 0, true);
    web_flash(rq, "signed-in");
    return web_go(rq, next);
}

enum err web_login_password(struct rq *rq)
{
    struct view_login *v = login_view(rq);
    struct account a;
    v->with_password = true;
    v->mail = str_trim(rq_form(rq, "mail"));
    enum err e = login_password(rq->cx, v->mail, rq_form(rq, "password"), rq->ip, &a);
    if (e != OK)
        return login_again(rq, e, html_login, v);
    return auth_sign_in(rq, &a, "password", DB_NULL, v->next);
}

enum err web_login_code(struct rq *rq)
{
    struct view_login *v = login_view(rq);
    struct account a;
    struct str next;
    enum err e = login_finish(rq->cx, STR_NULL, rq_form(rq, "code"), rq_cookie(rq, "b"), rq->ip, &a,
                              &next);
    if (e != OK)
        return login_again(rq, e, html_login_code, v);
    return auth_sign_in(rq, &a, "mail", DB_NULL, next.n > 0 ? next : v->next);
}

/* The mailed link. GET shows a button, since mail scanners open links; POST consumes. Opened in another
 * browser than the one that asked, it shows a code to type there. */
enum err web_login_token(struct rq *rq)
{
    struct cx *cx = rq->cx;
    struct view_login *v = login_view(rq);
    struct login_peek peek;
    v->token = rq_param(rq, "token");
    enum err e = login_peek(cx, v->token, rq_cookie(rq, "b"), &peek);
    if (e != OK)
        return login_again(rq, e, html_login, v);
    v->mail = peek.mail;
    v->new_account = peek.new_account;
    if (peek.same_browser)
        return send_login(rq, 200, html_login_confirm, v);
    TRY(login_show_code(cx, v->token, &v->code));
    return send_login(rq, 200, html_login_show_code, v);
}

enum err web_login_consume(struct rq *rq)
{
    struct view_login *v = login_view(rq);
    struct account a;
    struct str next;
    enum err e = login_finish(rq->cx, rq_param(rq, "token"), STR_NULL, rq_cookie(rq, "b"), rq->ip, &a,
                              &next);
    if (e != OK)
        return login_again(rq, e, html_login, v);
    return auth_sign_in(rq, &a, "mail", DB_NULL, next.n > 0 ? next : STR("/"));
}

/* Somebody who came without one: a link is sent there, and the address is theirs when it is used. */
enum err web_add_mail(struct rq *rq)
{
    struct view_login *v = login_view(rq);
    struct str browser;
    v->mail = str_trim(rq_form(rq, "mail"));
    v->next = STR("/me/password");
    TRY(login_request_mail(rq->cx, v->mail, rq->ip, v->next, &browser));
    rq_set_cookie(rq, "b", browser, BROWSER_COOKIE_S, true);
    return send_login(rq, 200, html_login_sent, v);
}

enum err web_logout(struct rq *rq)
{
    if (rq->session.session_id != 0)
        TRY(session_end(rq->cx, rq->session.account_id, rq->session.session_id));
    rq_set_cookie(rq, "s", STR(""), 0, true);
    web_flash(rq, "signed-out");
    return web_go(rq, STR("/"));
}

enum err web_set_lang(struct rq *rq)
{
    enum locale l;
    if (!i18n_parse(rq_query(rq, "to"), &l))
        return cx_tell(rq->cx, ERR_INVALID, N_("This page is there in English and in Chinese."));
    rq_set_cookie(rq, "lang", i18n_tag(l), YEAR_S, false);
    /* Another site's link may turn this browser's page, but not the account's mails. */
    if (rq->session.account_id != 0 && !str_eq_c(rq_header(rq, "Sec-Fetch-Site"), "cross-site"))
        TRY(account_set_locale(rq->cx, rq->session.account_id, i18n_tag(l)));
    return web_go(rq, web_next(rq, STR("/")));
}

enum err web_set_theme(struct rq *rq)
{
    struct str to = rq_query(rq, "to");
    if (str_eq_c(to, "auto"))
        rq_set_cookie(rq, "theme", STR(""), 0, false);
    else if (str_eq_c(to, "light") || str_eq_c(to, "dark"))
        rq_set_cookie(rq, "theme", to, YEAR_S, false);
    else
        return cx_tell(rq->cx, ERR_INVALID, N_("The page can be light, dark, or as your system says."));
    return web_go(rq, web_next(rq, STR("/")));
}
