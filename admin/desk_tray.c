/* The tray: jobs that gave up and sign-in links that no mail carried. */
#include "admin/desk.h"
#include "admin/html.h"
#include "node/base/i18n.h"
#include "node/jobs/jobs.h"
#include "node/people/login_mail.h"
#include "web/page.h"

enum { JOBS_SHOWN = 100 };

/* Of the node, so for its owner alone. */
static enum err fill_jobs(struct rq *rq, struct view_desk_tray *v)
{
    struct cx *cx = rq->cx;
    struct job_info *jobs;
    size_t n, kept = 0;
    TRY(job_list(cx, "resting", 0, JOBS_SHOWN, &jobs, &n));
    struct view_tray_job *out = ARENA_ARRAY(cx->arena, struct view_tray_job, n);
    for (size_t i = 0; i < n; i++) {
        if (str_eq_c(jobs[i].kind, "mail.login"))
            continue; /* shown as links */
        out[kept++] = (struct view_tray_job){
            .id = jobs[i].id,
            .kind = jobs[i].kind,
            .subject = str_fmt(cx->arena, "%lld", (long long)jobs[i].subject),
            .error = jobs[i].last_error,
            .when = i18n_ago(cx, jobs[i].created_at),
            .tries = jobs[i].attempts,
        };
    }
    v->jobs = out;
    v->n_jobs = kept;
    return OK;
}

static enum err fill_links(struct rq *rq, struct view_desk_tray *v)
{
    struct cx *cx = rq->cx;
    struct login_pending *pending;
    size_t n;
    TRY(login_pending_list(cx, &pending, &n));
    struct view_tray_link *out = ARENA_ARRAY(cx->arena, struct view_tray_link, n);
    for (size_t i = 0; i < n; i++)
        out[i] = (struct view_tray_link){
            .mail = pending[i].mail, .url = pending[i].url, .when = i18n_ago(cx, pending[i].created_at)};
    v->links = out;
    v->n_links = n;
    return OK;
}

enum err desk_tray(struct rq *rq)
{
    struct planet p;
    struct view_desk *d;
    struct view_desk_tray v = {0};
    TRY(desk_planet(rq, &p));
    TRY(desk_head(rq, &p, DESK_TRAY, N_("Tray"), &d));
    v.desk = d;
    if (rq->session.is_owner) {
        TRY(fill_jobs(rq, &v));
        TRY(fill_links(rq, &v));
    }
    struct buf out = web_buf();
    html_desk_tray(&out, rq->cx, &v);
    return web_send(rq, 200, &out);
}

static enum err on_job(struct rq *rq, enum err (*verb)(struct cx *cx, int64_t id))
{
    struct planet p;
    int64_t id;
    TRY(desk_planet(rq, &p));
    if (!rq->session.is_owner || !web_id(rq_param(rq, "id"), &id))
        return ERR_NOT_FOUND;
    TRY(verb(rq->cx, id));
    return desk_done(rq, &p, "/tray", "done");
}

enum err desk_job_retry(struct rq *rq)
{
    return on_job(rq, job_retry);
}

enum err desk_job_drop(struct rq *rq)
{
    return on_job(rq, job_drop);
}
