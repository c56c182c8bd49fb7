/* Reports: what waits for a decision, and the decisions. Moderators come here, too, who otherwise have
 * no desk. */
#include "admin/desk_fedi.h"
#include "admin/html.h"
#include "federation/actor_rules.h"
#include "federation/flag.h"
#include "node/base/i18n.h"
#include "node/db/db.h"
#include "node/talk/comment.h"
#include "node/talk/report.h"
#include "web/page.h"

enum { SHOWN = 30 };

/* To whom may not decide there is no such page. */
static enum err report_planet(struct rq *rq, struct planet *ret)
{
    TRY(planet_by_handle(rq->cx, rq_param(rq, "planet"), ret));
    enum err e = report_may_decide(rq->cx, ret->id);
    return e == ERR_FORBIDDEN ? ERR_NOT_FOUND : e;
}

static struct str reason_text(struct cx *cx, struct str reason)
{
    static const char *const words[][2] = {{"spam", N_("Advertising or spam")},
                                           {"abuse", N_("Insults or harassment")},
                                           {"illegal", N_("Against the law")},
                                           {"other", N_("Something else")}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (str_eq_c(reason, words[i][0]))
            return str_c(tr(cx, words[i][1]));
    return reason;
}

static enum err item_view(struct cx *cx, const struct report_item *item, struct view_report_item *v)
{
    struct post post;
    struct planet planet;
    struct comment c;
    *v = (struct view_report_item){.comment_id = item->comment_id, .html = {STR("")}};
    enum err e = post_by_id(cx, item->post_id, &post);
    if (e != OK && e != ERR_NOT_FOUND && e != ERR_GONE)
        return e;
    if (e != OK) {
        v->label = str_c(tr(cx, N_("A post that is gone")));
        return OK;
    }
    TRY(planet_by_id(cx, post.planet_id, &planet));
    v->url = web_post_path(cx, planet.handle, post.slug);
    v->label = str_empty(post.title) ? post.summary : post.title;
    if (item->comment_id == 0)
        return OK;
    v->url = str_fmt(cx->arena, STR_FMT "#c-%lld", STR_ARG(v->url), (long long)item->comment_id);
    struct str args[] = {v->label};
    v->label = i18n_fill(cx->arena, tr(cx, N_("A comment on “{0}”")), args, 1);
    e = comment_by_id(cx, item->comment_id, &c);
    if (e == ERR_NOT_FOUND || e == ERR_GONE)
        return OK;
    TRY(e);
    v->html = c.html;
    v->hidden = str_eq_c(c.state, "hidden");
    return OK;
}

static struct str by_text(struct cx *cx, const struct report *r)
{
    if (r->from_elsewhere)
        return i18n_fill(cx->arena, tr(cx, N_("somebody at {0}")), &r->by_host, 1);
    return str_empty(r->by_name) ? str_c(tr(cx, N_("somebody here"))) : r->by_name;
}

static enum err report_view(struct cx *cx, const struct planet *p, const struct report *r,
                            struct view_report *v)
{
    struct view_report_item *items = ARENA_ARRAY(cx->arena, struct view_report_item, r->n_items + 1);
    for (size_t i = 0; i < r->n_items; i++)
        TRY(item_view(cx, &r->items[i], &items[i]));
    *v = (struct view_report){
        .id = r->id,
        .reason = reason_text(cx, r->reason),
        .text = r->text,
        .note = r->note,
        .about = r->about_name,
        .about_handle = r->about_handle,
        .by = by_text(cx, r),
        .when = i18n_ago(cx, r->created_at),
        .resolved = r->resolved_at == DB_NULL ? STR_NULL : i18n_ago(cx, r->resolved_at),
        .sent = r->sent_at == DB_NULL ? STR_NULL : i18n_ago(cx, r->sent_at),
        .planet = r->planet_id == p->id || r->planet_handle.p == NULL
                      ? STR_NULL
                      : str_fmt(cx->arena, "@" STR_FMT, STR_ARG(r->planet_handle)),
        .items = items,
        .n_items = r->n_items,
        .open = r->open,
        .may_send = r->about_remote && r->sent_at == DB_NULL,
        .may_block = r->about_remote,
    };
    return OK;
}

static enum err show(struct rq *rq, const struct planet *p, enum err e)
{
    struct cx *cx = rq->cx;
    struct report *all;
    struct view_fedi *f = NULL;
    struct view_fedi_reports v = {.resolved = str_eq_c(rq_query(rq, "show"), "settled")};
    int64_t before = 0;
    size_t n;
    if (e != OK)
        v.error = web_mendable(rq, e);
    if (planet_may_manage(cx, p->id) == OK) {
        TRY(desk_fedi_head(rq, p, FEDI_REPORTS, N_("Reports"), &f));
        v.page = f->desk->page;
    } else {
        struct view_page *page = web_page(rq);
        cx->tell = NULL; /* asking is no failure */
        web_page_planet(rq, page, p);
        page->title = str_c(tr(cx, N_("Reports")));
        page->noindex = true;
        rq_cache_control(rq, "no-store");
        v.page = page;
    }
    v.f = f;
    v.base = str_fmt(cx->arena, "/desk/" STR_FMT "/fediverse/reports", STR_ARG(p->handle));
    (void)web_id(rq_query(rq, "before"), &before);
    /* The node's owner sees those of all planets, and those of none. */
    TRY(report_list(cx, rq->session.is_owner ? 0 : p->id, !v.resolved, before, SHOWN + 1, &all, &n));
    if (n > SHOWN) {
        n = SHOWN;
        v.older_url = str_fmt(cx->arena, STR_FMT "?%sbefore=%lld", STR_ARG(v.base),
                              v.resolved ? "show=settled&" : "", (long long)all[n - 1].id);
    }
    struct view_report *rows = ARENA_ARRAY(cx->arena, struct view_report, n + 1);
    for (size_t i = 0; i < n; i++)
        TRY(report_view(cx, p, &all[i], &rows[i]));
    v.reports = rows;
    v.n_reports = n;
    struct buf out = web_buf();
    html_desk_fedi_reports(&out, cx, &v);
    return web_send(rq, e == OK ? 200 : http_status_of(e), &out);
}

enum err desk_fedi_reports(struct rq *rq)
{
    struct planet p;
    TRY(report_planet(rq, &p));
    return show(rq, &p, OK);
}

/* What a person did once is blocked for the planet that it was reported on. */
static enum err block(struct cx *cx, int64_t id)
{
    struct report r;
    TRY(report_by_id(cx, id, &r));
    if (!r.about_remote)
        return ERR_INVALID;
    return fed_actor_rule_set(cx, r.planet_id, r.about_actor_id, FED_ACTOR_BLOCKED,
                              str_fmt(cx->arena, "report %lld", (long long)id));
}

static enum err decide(struct rq *rq, int64_t id)
{
    struct cx *cx = rq->cx;
    struct str what = rq_form(rq, "do"), text = rq_form(rq, "text");
    int64_t comment_id = 0;
    (void)web_id(rq_form(rq, "comment_id"), &comment_id);
    if (str_eq_c(what, "resolve"))
        return report_resolve(cx, id, rq_form(rq, "note"));
    if (str_eq_c(what, "reopen"))
        return report_reopen(cx, id);
    if (str_eq_c(what, "note"))
        return report_note(cx, id, rq_form(rq, "note"));
    if (str_eq_c(what, "hide") || str_eq_c(what, "show"))
        return report_hide(cx, id, comment_id, str_eq_c(what, "hide"));
    if (str_eq_c(what, "send"))
        return fed_flag_send(cx, id, text);
    if (str_eq_c(what, "block"))
        return block(cx, id);
    return ERR_INVALID;
}

static const char *flash_of(struct str what)
{
    static const char *const said[][2] = {
        {"resolve", "settled"},     {"reopen", "reopened"}, {"note", "saved"}, {"hide", "comment-hidden"},
        {"show", "comment-shown"}, {"send", "sent"},       {"block", "person-blocked"},
    };
    for (size_t i = 0; i < sizeof said / sizeof *said; i++)
        if (str_eq_c(what, said[i][0]))
            return said[i][1];
    return "done";
}

enum err desk_fedi_report_decide(struct rq *rq)
{
    struct planet p;
    int64_t id;
    TRY(report_planet(rq, &p));
    if (!web_id(rq_param(rq, "id"), &id))
        return ERR_NOT_FOUND;
    enum err e = decide(rq, id);
    if (desk_mendable(e))
        return show(rq, &p, e);
    TRY(e);
    return desk_fedi_done(rq, &p, "/reports", flash_of(rq_form(rq, "do")));
}
