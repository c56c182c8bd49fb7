#include "web/page.h"

#include "node/base/i18n.h"
#include "node/db/db.h"
#include "node/media/media.h"
#include "node/node.h"
#include "node/people/account.h"
#include "node/planet/planet.h"
#include "node/settings.h"

enum { PAGE_MAX = 8 << 20 };

static const struct {
    const char *name;
    bool bad;
    const char *sentence;
} flashes[] = {
    {"signed-in", false, N_("Welcome. You are signed in.")},
    {"signed-out", false, N_("You are signed out.")},
    {"rail-on", false, N_("Connected. Members can pay this way from now on.")},
    {"rail-lacks", true, N_("Something is missing yet: see below.")},
    {"joined", false, N_("Welcome aboard. You are a member now.")},
    {"paid", false, N_("Thank you. Your payment has arrived.")},
    {"cancelled", true, N_("The payment was cancelled. Nothing was charged.")},
    {"transfer-said", false, N_("Thank you. The owner looks for it, and you will be told.")},
    {"saved", false, N_("Saved.")},
    {"published", false, N_("Published.")},
    {"unpublished", false, N_("Taken back. It is a draft again.")},
    {"deleted", false, N_("Deleted.")},
    {"commented", false, N_("Your comment is there.")},
    {"password", false, N_("Your password is set. Other browsers were signed out.")},
    {"session-ended", false, N_("That session has ended.")},
    {"reported", false, N_("Thank you. Those who look after this planet will see it.")},
    {"done", false, N_("Done.")},
    {"refunding", false, N_("Your money is on its way back.")},
    {"refund-asked", false, N_("You have asked for the money back. The owner decides.")},
    {"trying", false, N_("Welcome. Look around: the posts are open to you.")},
    {"not-renewing", false, N_("Cancelled. Everything stays open to the end of your term.")},
    {"renewing", false, N_("It goes on.")},
    {"asked", false, N_("You have asked. You will find the answer in your notices.")},
    {"keys-changing", false, N_("The keys are being changed. Other servers are told.")},
    {"sent", false, N_("Sent.")},
    {"linked", false, N_("Linked. You can sign in with it from now on.")},
    {"unlinked", false, N_("Unlinked.")},
    {"accepted", false, N_("Accepted. Their server is told.")},
    {"declined", false, N_("Declined. Their server is told.")},
    {"all-accepted", false, N_("All who asked may follow now.")},
    {"follower-removed", false, N_("Removed. Their server is told.")},
    {"person-blocked", false, N_("Blocked on this planet.")},
    {"person-muted", false, N_("Muted on this planet.")},
    {"person-freed", false, N_("The block is lifted.")},
    {"rule-set", false, N_("The rule holds from now on.")},
    {"rule-lifted", false, N_("The rule is lifted.")},
    {"rules-read", false, N_("The list is applied.")},
    {"mode-allow", false, N_("Only servers that are allowed may speak with this node now.")},
    {"mode-block", false, N_("Every server may speak with this node again, unless a rule says otherwise.")},
    {"retrying", false, N_("It is being tried again.")},
    {"dropped", false, N_("Dropped. It is not tried again.")},
    {"comment-shown", false, N_("Shown below the post now.")},
    {"comment-hidden", false, N_("Hidden from everybody else.")},
    {"hidden-all", false, N_("All by this person is hidden.")},
    {"asked-there", false, N_("Their server is being asked. Look again in a moment.")},
    {"alias-removed", false, N_("Taken away. That account cannot send its followers here any more.")},
    {"compared", false, N_("The list is compared below.")},
    {"move-cancelled", false, N_("The redirect is taken back.")},
    {"recommended", false, N_("It is being looked for. That takes a minute at most.")},
    {"unrecommended", false, N_("You recommend it no more.")},
    {"nearby-hidden", false, N_("It is kept off your page.")},
    {"nearby-back", false, N_("All are back on your page.")},
    {"settled", false, N_("The report is settled.")},
    {"reopened", false, N_("The report is open again.")},
};

struct buf web_buf(void)
{
    struct buf b;
    buf_init(&b, PAGE_MAX);
    return b;
}

enum err web_send(struct rq *rq, int status, struct buf *take)
{
    if (take->overflow) {
        buf_free(take);
        return cx_fail(rq->cx, ERR_INTERNAL, "page larger than %d bytes", PAGE_MAX);
    }
    return reply_html(rq, status, take);
}

struct str web_mendable(struct rq *rq, enum err e)
{
    if (e == ERR_RATE_LIMITED && rq->cx->retry_after_s > 0)
        rq_add_header(rq, "Retry-After",
                      str_fmt(rq->cx->arena, "%lld", (long long)rq->cx->retry_after_s));
    return str_c(http_sentence(rq, e));
}

void web_flash(struct rq *rq, const char *name)
{
    rq_set_cookie(rq, "flash", str_c(name), 60, true);
}

static void take_flash(struct rq *rq, struct view_page *page)
{
    struct str name = rq_cookie(rq, "flash");
    if (name.p == NULL)
        return;
    for (size_t i = 0; i < sizeof flashes / sizeof *flashes; i++) {
        if (str_eq_c(name, flashes[i].name)) {
            page->flash = str_c(tr(rq->cx, flashes[i].sentence));
            page->flash_bad = flashes[i].bad;
        }
    }
    rq_set_cookie(rq, "flash", STR(""), 0, true);
}

static struct str site_name(struct rq *rq)
{
    struct str name;
    if (setting_get(rq->cx, "site.name", &name) == OK && name.n > 0)
        return name;
    return rq->cx->node->host;
}

static void fill_session(struct rq *rq, struct view_page *page)
{
    const struct session_info *s = &rq->session;
    if (s->account_id == 0)
        return;
    page->signed_in = true;
    page->is_owner = s->is_owner;
    page->may_write = s->is_owner;
    page->user_name = s->name;
    page->username = s->username;
    page->avatar = s->avatar;
    page->csrf = rq_csrf(rq);
    page->unread = s->unread;
}

struct view_page *web_page(struct rq *rq)
{
    struct view_page *page = ARENA_NEW(rq->cx->arena, struct view_page);
    struct str theme = rq_cookie(rq, "theme");
    page->lang = i18n_tag(rq->cx->locale);
    if (str_eq_c(theme, "light") || str_eq_c(theme, "dark"))
        page->theme = theme;
    page->site_name = site_name(rq);
    page->path = rq->method == POST ? STR("/") : rq->target;
    fill_session(rq, page);
    take_flash(rq, page);
    return page;
}

struct view_page *web_page_form(struct rq *rq)
{
    struct view_page *page = web_page(rq);
    page->csrf = rq_csrf(rq);
    return page;
}

void web_page_planet(struct rq *rq, struct view_page *page, const struct planet *planet)
{
    struct cx *cx = rq->cx;
    page->planet_handle = planet->handle;
    page->planet_name = planet->name;
    page->planet_url = web_planet_path(cx, planet->handle);
    page->planet_icon = web_avatar(cx, planet->name, planet->icon_media_id).url;
    page->accent = planet->accent;
    page->site_name = planet->name;
}

struct str web_next(struct rq *rq, struct str fallback)
{
    struct str next = rq_form(rq, "next");
    if (next.p == NULL)
        next = rq_query(rq, "next");
    if (next.n == 0 || next.n > 1000 || next.p[0] != '/')
        return fallback;
    if (next.n > 1 && (next.p[1] == '/' || next.p[1] == '\\')) /* another host to a browser */
        return fallback;
    for (size_t i = 0; i < next.n; i++)
        if ((unsigned char)next.p[i] <= ' ' || next.p[i] == 127 || next.p[i] == '\\')
            return fallback;
    return next;
}

enum err web_go(struct rq *rq, struct str path)
{
    return reply_redirect(rq, path);
}

bool web_id(struct str s, int64_t *ret)
{
    return str_to_i64(s, ret) && *ret > 0;
}

enum err web_planet(struct rq *rq, struct planet *ret)
{
    struct str handle = rq_param(rq, "handle");
    if (handle.p == NULL)
        handle = rq_param(rq, "planet");
    TRY(planet_by_handle(rq->cx, handle, ret));
    i18n_clock(rq->cx, ret->zone);
    return OK;
}

struct str web_planet_path(struct cx *cx, struct str handle)
{
    return str_fmt(cx->arena, "/@" STR_FMT, STR_ARG(handle));
}

struct str web_post_path(struct cx *cx, struct str handle, struct str slug)
{
    return str_fmt(cx->arena, "/@" STR_FMT "/" STR_FMT, STR_ARG(handle), STR_ARG(slug));
}

/* The first letter of the first and last word; of Han names the first character. */
static struct str initials(struct cx *cx, struct str name)
{
    struct str trimmed = str_trim(name), first = str_utf8_cut(trimmed, 1);
    size_t space = SIZE_MAX, at = 0;
    while ((at = str_find_char(trimmed, ' ', at)) != SIZE_MAX)
        space = at++;
    if (space == SIZE_MAX || first.n > 1)
        return first;
    struct str last = str_utf8_cut(str_sub(trimmed, space + 1, SIZE_MAX), 1);
    return str_fmt(cx->arena, STR_FMT STR_FMT, STR_ARG(first), STR_ARG(last));
}

struct view_avatar web_avatar(struct cx *cx, struct str name, int64_t media_id)
{
    struct view_avatar v = {.initials = initials(cx, name)};
    unsigned hash = 0;
    for (size_t i = 0; i < name.n; i++)
        hash = hash * 31 + (unsigned char)name.p[i];
    v.hue = hash % 6;
    v.url = media_picture_url(cx, media_id, true);
    return v;
}

struct view_person web_person(struct cx *cx, const struct account *a)
{
    return (struct view_person){
        .name = a->name,
        .handle = str_fmt(cx->arena, "@" STR_FMT, STR_ARG(a->username)),
        .avatar = web_avatar(cx, a->name, a->avatar_media_id),
    };
}

struct str web_term(struct cx *cx, struct str unit, int64_t count)
{
    const char *pattern = "";
    if (str_eq_c(unit, "once"))
        return str_c(tr(cx, N_("for ever")));
    if (str_eq_c(unit, "month") && count == 3)
        return str_c(tr(cx, N_("a quarter")));
    if (str_eq_c(unit, "day"))
        pattern = i18n_getn(cx->locale, "a day", "{0} days", count);
    else if (str_eq_c(unit, "month"))
        pattern = i18n_getn(cx->locale, "a month", "{0} months", count);
    else
        pattern = i18n_getn(cx->locale, "a year", "{0} years", count);
    struct str n = str_fmt(cx->arena, "%lld", (long long)count);
    return i18n_fill(cx->arena, pattern, &n, 1);
}
