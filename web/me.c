#include "web/me.h"

#include "node/base/clock.h"
#include "node/base/i18n.h"
#include "node/db/db.h"
#include "node/media/media.h"
#include "node/money/order.h"
#include "node/people/account.h"
#include "node/people/notice.h"
#include "node/people/session.h"
#include "node/planet/planet.h"
#include "node/talk/post.h"
#include "web/html.h"
#include "web/membership.h"
#include "web/page.h"
#include "web/pay.h"
#include "web/planet_view.h"

enum { NOTICES_SHOWN = 100, ORDERS_SHOWN = 50 };

static struct view_page *my_page(struct rq *rq, const char *title)
{
    struct view_page *page = web_page(rq);
    page->title = str_c(tr(rq->cx, title));
    page->noindex = true;
    rq_cache_control(rq, "no-store");
    return page;
}

static enum err me(struct rq *rq, struct account *ret)
{
    return account_by_id(rq->cx, rq->session.account_id, ret);
}

/* ---- membership ---- */

static enum err fill_memberships(struct rq *rq, struct view_me *v)
{
    struct cx *cx = rq->cx;
    int64_t *planets;
    size_t n;
    TRY(membership_planets(cx, rq->session.account_id, &planets, &n));
    struct view_membership *out = ARENA_ARRAY(cx->arena, struct view_membership, n);
    for (size_t i = 0; i < n; i++) {
        struct planet p;
        struct membership m;
        TRY(planet_by_id(cx, planets[i], &p));
        i18n_clock(cx, p.zone);
        TRY(membership_of(cx, p.id, rq->session.account_id, &m));
        bool lifetime = m.ends_at == DB_NULL;
        out[i] = (struct view_membership){
            .planet_name = p.name,
            .planet_url = web_planet_path(cx, p.handle),
            .tier = m.tier_name,
            .kind = grant_kind_label(cx, m.kind),
            .since = i18n_date(cx, m.starts_at),
            .until = lifetime ? STR_NULL : i18n_date(cx, m.ends_at),
            .live = m.live,
            .lifetime = lifetime,
            .soon = m.live && !lifetime && m.ends_at - cx->now < 14 * MS_DAY,
            .renew_url = str_fmt(cx->arena, "/@" STR_FMT "/membership", STR_ARG(p.handle)),
        };
    }
    v->memberships = out;
    v->n_memberships = n;
    return OK;
}

static enum err fill_history(struct rq *rq, struct view_me *v)
{
    struct cx *cx = rq->cx;
    struct order *orders;
    size_t n;
    TRY(order_list(cx, rq->session.account_id, 0, ORDERS_SHOWN, &orders, &n));
    struct view_history_row *rows = ARENA_ARRAY(cx->arena, struct view_history_row, n);
    for (size_t i = 0; i < n; i++) {
        struct planet p;
        TRY(planet_by_id(cx, orders[i].planet_id, &p));
        i18n_clock(cx, p.zone);
        rows[i] = (struct view_history_row){
            .when = i18n_date(cx, orders[i].created_at),
            .planet_name = p.name,
            .what = web_order_title(cx, &orders[i]),
            .state = web_order_text(cx, &orders[i]),
            .url = str_fmt(cx->arena, "/me/orders/" STR_FMT, STR_ARG(orders[i].number)),
            .money = orders[i].total.minor == 0
                         ? STR_NULL
                         : i18n_money(cx, orders[i].total.minor, str_c(orders[i].total.cur)),
        };
    }
    v->history = rows;
    v->n_history = n;
    return OK;
}

enum err web_me(struct rq *rq)
{
    struct account a;
    struct view_me v = {.page = my_page(rq, N_("Your account"))};
    TRY(me(rq, &a));
    v.person = web_person(rq->cx, &a);
    v.mail = a.mail;
    v.since = i18n_date(rq->cx, a.created_at);
    TRY(fill_memberships(rq, &v));
    TRY(fill_history(rq, &v));
    struct buf out = web_buf();
    html_me(&out, rq->cx, &v);
    return web_send(rq, 200, &out);
}

/* ---- profile ---- */

static enum err show_profile(struct rq *rq, int status, const struct account *a, struct str name,
                             struct str bio, struct str error)
{
    struct view_profile v = {
        .page = my_page(rq, N_("Profile")),
        .person = web_person(rq->cx, a),
        .name = name,
        .bio = bio,
        .username = a->username,
        .error = error,
    };
    struct buf out = web_buf();
    html_me_profile(&out, rq->cx, &v);
    return web_send(rq, status, &out);
}

enum err web_me_profile(struct rq *rq)
{
    struct account a;
    TRY(me(rq, &a));
    return show_profile(rq, 200, &a, a.name, a.bio, STR_NULL);
}

static enum err save_profile(struct rq *rq, const struct account *a, struct str name, struct str bio)
{
    struct cx *cx = rq->cx;
    int64_t picture = a->avatar_media_id;
    const struct upload *uploads;
    size_t n = rq_uploads(rq, &uploads);
    if (str_eq_c(rq_form(rq, "remove_picture"), "1"))
        picture = DB_NULL;
    for (size_t i = 0; i < n; i++) {
        struct media m;
        if (!str_eq_c(uploads[i].field, "picture") || uploads[i].bytes.n == 0)
            continue;
        TRY(media_add_image(cx, a->id, DB_NULL, uploads[i].bytes, uploads[i].filename, name, &m));
        picture = m.id;
    }
    TX_SCOPE(cx);
    if (picture != DB_NULL && picture != a->avatar_media_id)
        TRY(media_set_public(cx, picture, true));
    TRY(account_update_profile(cx, a->id, name, bio, picture));
    return tx_commit(cx);
}

enum err web_me_profile_save(struct rq *rq)
{
    struct account a;
    TRY(me(rq, &a));
    struct str name = str_trim(rq_form(rq, "name")), bio = str_trim(rq_form(rq, "bio"));
    enum err e = save_profile(rq, &a, name, bio);
    if (e == ERR_INTERNAL)
        return e;
    if (e != OK)
        return show_profile(rq, http_status_of(e), &a, name, bio, web_mendable(rq, e));
    web_flash(rq, "saved");
    return web_go(rq, STR("/me/profile"));
}

/* ---- password ---- */

static enum err show_password(struct rq *rq, int status, const struct account *a, struct str error)
{
    struct view_password v = {
        .page = my_page(rq, N_("Password")),
        .has_password = a->has_password,
        .mail = a->mail,
        .error = error,
    };
    struct buf out = web_buf();
    html_me_password(&out, rq->cx, &v);
    return web_send(rq, status, &out);
}

enum err web_me_password(struct rq *rq)
{
    struct account a;
    TRY(me(rq, &a));
    return show_password(rq, 200, &a, STR_NULL);
}

enum err web_me_password_save(struct rq *rq)
{
    struct account a;
    TRY(me(rq, &a));
    enum err e = account_set_password(rq->cx, a.id, rq_form(rq, "current"), rq_form(rq, "fresh"),
                                      rq->session.session_id);
    if (e == ERR_INTERNAL)
        return e;
    if (e != OK)
        return show_password(rq, http_status_of(e), &a, web_mendable(rq, e));
    web_flash(rq, "password");
    return web_go(rq, STR("/me/password"));
}

/* ---- sessions ---- */

/* "Firefox on Android", from the User-Agent: good enough to tell one's own devices apart. */
static struct str device_text(struct cx *cx, struct str ua)
{
    static const char *const browsers[][2] = {{"MicroMessenger", "WeChat"}, {"Edg/", "Edge"},
                                              {"OPR/", "Opera"},            {"Firefox/", "Firefox"},
                                              {"Chrome/", "Chrome"},        {"Safari/", "Safari"},
                                              {"curl/", "curl"}};
    static const char *const systems[][2] = {{"iPhone", "iPhone"},   {"iPad", "iPad"},
                                             {"Android", "Android"}, {"Windows", "Windows"},
                                             {"Mac OS X", "macOS"},  {"Linux", "Linux"}};
    const char *browser = NULL, *system = NULL;
    for (size_t i = 0; browser == NULL && i < sizeof browsers / sizeof *browsers; i++)
        if (str_contains(ua, str_c(browsers[i][0])))
            browser = browsers[i][1];
    for (size_t i = 0; system == NULL && i < sizeof systems / sizeof *systems; i++)
        if (str_contains(ua, str_c(systems[i][0])))
            system = systems[i][1];
    if (browser == NULL)
        return str_c(tr(cx, N_("A browser")));
    if (system == NULL)
        return str_c(browser);
    struct str args[] = {str_c(browser), str_c(system)};
    return i18n_fill(cx->arena, tr(cx, N_("{0} on {1}")), args, 2);
}

static struct str how_text(struct cx *cx, struct str how)
{
    static const char *const words[][2] = {{"mail", N_("by a mailed link")},
                                           {"password", N_("with a password")},
                                           {"fediverse", N_("with the fediverse")}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (str_eq_c(how, words[i][0]))
            return str_c(tr(cx, words[i][1]));
    return STR_NULL;
}

enum err web_me_sessions(struct rq *rq)
{
    struct cx *cx = rq->cx;
    struct session *all;
    size_t n;
    TRY(session_list(cx, rq->session.account_id, &all, &n));
    struct view_session *rows = ARENA_ARRAY(cx->arena, struct view_session, n);
    for (size_t i = 0; i < n; i++)
        rows[i] = (struct view_session){
            .id = all[i].id,
            .device = device_text(cx, all[i].user_agent),
            .ip = all[i].ip,
            .how = how_text(cx, all[i].how),
            .created = i18n_datetime(cx, all[i].created_at),
            .seen = i18n_ago(cx, all[i].seen_at),
            .current = all[i].id == rq->session.session_id,
        };
    struct view_sessions v = {
        .page = my_page(rq, N_("Where you are signed in")), .sessions = rows, .n_sessions = n};
    struct buf out = web_buf();
    html_me_sessions(&out, cx, &v);
    return web_send(rq, 200, &out);
}

enum err web_me_session_end(struct rq *rq)
{
    struct cx *cx = rq->cx;
    struct str which = rq_form(rq, "session_id");
    int64_t id = 0;
    if (str_eq_c(which, "0")) { /* all but this one */
        struct session *all;
        size_t n;
        TRY(session_list(cx, rq->session.account_id, &all, &n));
        for (size_t i = 0; i < n; i++)
            if (all[i].id != rq->session.session_id)
                TRY(session_end(cx, rq->session.account_id, all[i].id));
    } else if (web_id(which, &id)) {
        TRY(session_end(cx, rq->session.account_id, id));
    } else {
        return ERR_INVALID;
    }
    web_flash(rq, "session-ended");
    return web_go(rq, STR("/me/sessions"));
}

/* ---- notices ---- */

static struct str notice_text(struct cx *cx, struct str kind)
{
    static const char *const words[][2] = {
        {"mention", N_("mentioned you")},
        {"reply", N_("answered you")},
        {"comment", N_("commented on your post")},
        {"quote", N_("quoted your post")},
        {"like", N_("likes what you wrote")},
        {"boost", N_("boosted what you wrote")},
        {"follow", N_("follows the planet")},
        {"follow_request", N_("asks to follow the planet")},
        {"held", N_("wrote a comment that waits for your decision")},
        {"membership", N_("Your membership has changed")},
        {"join_request", N_("asks to join your planet")},
        {"join_approved", N_("has let you in: choose your membership")},
        {"join_declined", N_("did not take up your wish to join")},
        {"reward", N_("thanks you for your invitation")},
        {"gift", N_("has redeemed your gift")},
        {"tip", N_("says thank you with a tip")},
        {"message", N_("sent your planet a private message")},
        {"report", N_("reports something on your planet")},
        {"letter", N_("See more")},
    };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (str_eq_c(kind, words[i][0]))
            return str_c(tr(cx, words[i][1]));
    return kind;
}

static enum err notice_url(struct cx *cx, const struct notice *n, struct str *ret)
{
    struct post post;
    struct planet planet;
    *ret = str_eq_c(n->kind, "report")    ? STR("/desk")
           : str_eq_c(n->kind, "message") ? STR("/me/messages")
                                          : STR("/me");
    if (str_starts(n->kind, STR("join_")) || str_eq_c(n->kind, "reward") ||
        str_eq_c(n->kind, "gift") || str_eq_c(n->kind, "letter"))
        *ret = n->from_url.n > 0 ? n->from_url : *ret;
    if (n->post_id == DB_NULL)
        return OK;
    enum err e = post_by_id(cx, n->post_id, &post);
    if (e == ERR_NOT_FOUND || e == ERR_GONE)
        return OK;
    TRY(e);
    TRY(planet_by_id(cx, post.planet_id, &planet));
    if (str_eq_c(n->kind, "report")) {
        *ret = str_fmt(cx->arena, "/desk/" STR_FMT "/fediverse/reports", STR_ARG(planet.handle));
        return OK;
    }
    *ret = web_post_path(cx, planet.handle, post.slug);
    if (n->comment_id != DB_NULL)
        *ret = str_fmt(cx->arena, STR_FMT "#c-%lld", STR_ARG(*ret), (long long)n->comment_id);
    return OK;
}

/* Likes of one thing, boosts of it, new followers: those of a day are told in one line. */
static bool same_news(const struct notice *a, const struct notice *b)
{
    static const char *const kinds[] = {"like", "boost", "quote", "follow"};
    int64_t apart = a->created_at - b->created_at;
    if (!str_eq(a->kind, b->kind) || a->post_id != b->post_id || a->comment_id != b->comment_id ||
        (a->read_at == DB_NULL) != (b->read_at == DB_NULL) || apart > MS_DAY || apart < -MS_DAY)
        return false;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (str_eq_c(a->kind, kinds[i]))
            return true;
    return false;
}

/* Each stands where the newest of its news does; all[i] of row i moves to place i. */
static size_t group(struct notice *all, size_t n, int64_t *more)
{
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) {
        size_t k = 0;
        while (k < kept && !same_news(&all[k], &all[i]))
            k++;
        if (k < kept) {
            more[k]++;
        } else {
            more[kept] = 0;
            all[kept++] = all[i];
        }
    }
    return kept;
}

enum err web_me_notices(struct rq *rq)
{
    struct cx *cx = rq->cx;
    struct notice *all;
    size_t n;
    int64_t before = 0;
    (void)web_id(rq_query(rq, "before"), &before);
    TRY(notice_list(cx, rq->session.account_id, before, NOTICES_SHOWN + 1, &all, &n));
    struct view_notices v = {.page = my_page(rq, N_("Notices"))};
    if (n > NOTICES_SHOWN) {
        n = NOTICES_SHOWN;
        v.older_url = str_fmt(cx->arena, "/me/notices?before=%lld", (long long)all[n - 1].id);
    }
    int64_t *more = ARENA_ARRAY(cx->arena, int64_t, n + 1);
    n = group(all, n, more);
    struct view_notice *rows = ARENA_ARRAY(cx->arena, struct view_notice, n);
    for (size_t i = 0; i < n; i++) {
        rows[i] = (struct view_notice){
            .from = {.name = all[i].from_name,
                     .url = all[i].from_url,
                     .avatar = web_avatar(cx, all[i].from_name, DB_NULL)},
            .kind = all[i].kind,
            .text = notice_text(cx, all[i].kind),
            .when = i18n_ago(cx, all[i].created_at),
            .when_iso = clock_rfc3339(cx->arena, all[i].created_at),
            .unread = all[i].read_at == DB_NULL,
            .n_more = more[i],
        };
        TRY(notice_url(cx, &all[i], &rows[i].url));
    }
    v.notices = rows;
    v.n_notices = n;
    struct buf out = web_buf();
    html_me_notices(&out, cx, &v);
    return web_send(rq, 200, &out);
}

enum err web_me_notices_read(struct rq *rq)
{
    TRY(notice_mark_read(rq->cx, rq->session.account_id, 0));
    return web_go(rq, STR("/me/notices"));
}
