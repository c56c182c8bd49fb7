#include "web/report.h"

#include "node/base/i18n.h"
#include "node/planet/planet.h"
#include "node/talk/comment.h"
#include "node/talk/report.h"
#include "web/html.h"
#include "web/page.h"

/* What is to be reported, from the query or the form, if the viewer may see it. */
struct reported {
    int64_t post_id, comment_id;
    struct post post;
    struct planet planet;
    struct view_report_form view;
};

static struct str given(struct rq *rq, const char *name)
{
    struct str s = rq_form(rq, name);
    return s.p != NULL ? s : rq_query(rq, name);
}

static enum err find(struct rq *rq, struct reported *r)
{
    struct cx *cx = rq->cx;
    struct comment c;
    struct access_pass pass;
    bool comment = web_id(given(rq, "comment"), &r->comment_id);
    if (comment) {
        TRY(comment_by_id(cx, r->comment_id, &c));
        r->post_id = c.post_id;
        r->view.html = c.html;
        r->view.author = c.author_name;
    } else if (!web_id(given(rq, "post"), &r->post_id)) {
        return ERR_NOT_FOUND;
    }
    TRY(post_by_id(cx, r->post_id, &r->post));
    TRY(access_decide(cx, &r->post.gate, &pass));
    if (access_verdict(&pass) == ACCESS_NONE || !str_eq_c(r->post.state, "published"))
        return ERR_NOT_FOUND;
    TRY(planet_by_id(cx, r->post.planet_id, &r->planet));
    r->view.title = str_empty(r->post.title) ? r->post.summary : r->post.title;
    r->view.post_id = r->post_id;
    r->view.comment_id = r->comment_id;
    r->view.back_url = web_post_path(cx, r->planet.handle, r->post.slug);
    if (comment)
        r->view.back_url = str_fmt(cx->arena, STR_FMT "#c-%lld", STR_ARG(r->view.back_url),
                                   (long long)r->comment_id);
    return OK;
}

static enum err show(struct rq *rq, struct reported *r, enum err e)
{
    struct view_page *page = web_page(rq);
    if (e != OK)
        r->view.error = web_mendable(rq, e);
    web_page_planet(rq, page, &r->planet);
    page->title = str_c(tr(rq->cx, N_("Report")));
    page->noindex = true;
    rq_cache_control(rq, "no-store");
    r->view.page = page;
    r->view.text = rq_form(rq, "text");
    r->view.reason = rq_form(rq, "reason");
    struct buf out = web_buf();
    html_report(&out, rq->cx, &r->view);
    return web_send(rq, e == OK ? 200 : http_status_of(e), &out);
}

enum err web_report_form(struct rq *rq)
{
    struct reported r = {0};
    TRY(find(rq, &r));
    return show(rq, &r, OK);
}

enum err web_report_make(struct rq *rq)
{
    struct reported r = {0};
    int64_t id;
    TRY(find(rq, &r));
    enum err e = report_create(rq->cx, r.post_id, r.comment_id, rq_form(rq, "reason"),
                               rq_form(rq, "text"), &id);
    if (e == ERR_INVALID || e == ERR_RATE_LIMITED)
        return show(rq, &r, e);
    TRY(e);
    web_flash(rq, "reported");
    return web_go(rq, r.view.back_url);
}
