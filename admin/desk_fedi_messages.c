/* The planet's mailbox: what people elsewhere wrote to it alone, and its answers. */
#include "admin/desk_fedi.h"
#include "admin/html.h"
#include "federation/federation.h"
#include "node/base/clock.h"
#include "node/base/i18n.h"
#include "node/base/id.h"
#include "node/db/db.h"
#include "node/media/far.h"
#include "node/node.h"
#include "node/talk/direct.h"
#include "node/text/sanitize.h"
#include "web/page.h"

enum { TALKS_SHOWN = 50, LETTERS_SHOWN = 50, BEGINNING = 120 };

static struct view_person person_of(struct cx *cx, const struct direct_talk *t)
{
    struct view_person p = {
        .name = t->name.n > 0 ? t->name : t->username,
        .handle = str_fmt(cx->arena, "@" STR_FMT "@" STR_FMT, STR_ARG(t->username), STR_ARG(t->host)),
        .url = t->url,
        .server = t->host,
        .avatar = web_avatar(cx, t->name, DB_NULL),
    };
    p.avatar.url = far_media_url_of(cx, t->host, t->icon_url, FAR_AVATAR);
    return p;
}

enum err desk_fedi_messages(struct rq *rq)
{
    struct cx *cx = rq->cx;
    struct planet p;
    struct view_fedi *f;
    struct view_fedi_mails v = {0};
    struct direct_talk *all;
    size_t n;
    int64_t before = 0;
    TRY(desk_planet(rq, &p));
    TRY(desk_fedi_head(rq, &p, FEDI_MESSAGES, N_("Messages"), &f));
    (void)web_id(rq_query(rq, "before"), &before);
    TRY(direct_talks(cx, p.id, before, TALKS_SHOWN + 1, &all, &n));
    if (n > TALKS_SHOWN) {
        n = TALKS_SHOWN;
        v.older_url = str_fmt(cx->arena, STR_FMT "/messages?before=%lld", STR_ARG(f->base),
                              (long long)all[n - 1].last_id);
    }
    struct view_fedi_mail *rows = ARENA_ARRAY(cx->arena, struct view_fedi_mail, n);
    for (size_t i = 0; i < n; i++)
        rows[i] = (struct view_fedi_mail){
            .actor_id = all[i].actor_id,
            .n_unread = all[i].n_unread,
            .person = person_of(cx, &all[i]),
            .when = i18n_ago(cx, all[i].at),
            .when_iso = clock_rfc3339(cx->arena, all[i].at),
            .last = html_to_text(cx->arena, all[i].last, BEGINNING),
            .ours = all[i].ours,
        };
    v.f = f;
    v.talks = rows;
    v.n_talks = n;
    struct buf out = web_buf();
    html_desk_fedi_messages(&out, cx, &v);
    return web_send(rq, 200, &out);
}

/* ---- one talk ---- */

static enum err find_talk(struct rq *rq, struct planet *p, struct direct_talk *ret)
{
    int64_t id;
    TRY(desk_planet(rq, p));
    if (!web_id(rq_param(rq, "id"), &id))
        return ERR_NOT_FOUND;
    return direct_talk_with(rq->cx, p->id, id, ret);
}

static enum err show(struct rq *rq, const struct planet *p, const struct direct_talk *t, enum err e,
                     struct str text)
{
    struct cx *cx = rq->cx;
    struct view_fedi *f;
    struct view_fedi_correspondence v = {.actor_id = t->actor_id, .text = text};
    struct direct_note *all;
    size_t n;
    int64_t before = 0;
    if (e != OK)
        v.error = web_mendable(rq, e);
    TRY(desk_fedi_head(rq, p, FEDI_MESSAGES, N_("Messages"), &f));
    (void)web_id(rq_query(rq, "before"), &before);
    TRY(direct_notes(cx, p->id, t->actor_id, before, LETTERS_SHOWN + 1, &all, &n));
    if (n > LETTERS_SHOWN) {
        n = LETTERS_SHOWN;
        v.older_url = str_fmt(cx->arena, STR_FMT "/messages/%lld?before=%lld", STR_ARG(f->base),
                              (long long)t->actor_id, (long long)all[n - 1].id);
    }
    struct view_fedi_letter *rows = ARENA_ARRAY(cx->arena, struct view_fedi_letter, n);
    for (size_t i = 0; i < n; i++) { /* the oldest on top, as one reads */
        const struct direct_note *d = &all[n - 1 - i];
        bool ours = d->account_id != DB_NULL;
        v.answerable = v.answerable || !ours;
        rows[i] = (struct view_fedi_letter){
            .author = ours ? d->author : t->name.n > 0 ? t->name : t->username,
            .when = i18n_datetime(cx, d->created_at),
            .when_iso = clock_rfc3339(cx->arena, d->created_at),
            .html = d->html,
            .ours = ours,
        };
    }
    v.f = f;
    v.person = person_of(cx, t);
    v.letters = rows;
    v.n_letters = n;
    v.form_id = id_next(cx->node->ids);
    struct buf out = web_buf();
    html_desk_fedi_message(&out, cx, &v);
    return web_send(rq, e == OK ? 200 : http_status_of(e), &out);
}

enum err desk_fedi_message(struct rq *rq)
{
    struct planet p;
    struct direct_talk t;
    TRY(find_talk(rq, &p, &t));
    if (t.n_unread > 0)
        TRY(direct_mark_read(rq->cx, p.id, t.actor_id));
    return show(rq, &p, &t, OK, STR_NULL);
}

enum err desk_fedi_message_send(struct rq *rq)
{
    struct planet p;
    struct direct_talk t;
    int64_t form_id;
    TRY(find_talk(rq, &p, &t));
    if (!web_id(rq_form(rq, "form_id"), &form_id))
        return ERR_INVALID;
    struct str text = rq_form(rq, "text");
    enum err e = fed_direct_answer(rq->cx, p.id, t.actor_id, form_id, text);
    if (desk_mendable(e))
        return show(rq, &p, &t, e, text);
    TRY(e);
    return desk_fedi_done(rq, &p, str_z(rq->cx->arena, str_fmt(rq->cx->arena, "/messages/%lld",
                                                               (long long)t.actor_id)), "sent");
}

enum err desk_fedi_message_forget(struct rq *rq)
{
    struct planet p;
    struct direct_talk t;
    TRY(find_talk(rq, &p, &t));
    TRY(direct_forget(rq->cx, p.id, t.actor_id));
    return desk_fedi_done(rq, &p, "/messages", "deleted");
}

/* A notice says that there is one, not where. */
enum err desk_mailbox(struct rq *rq)
{
    struct cx *cx = rq->cx;
    struct planet *mine;
    struct str to = STR_NULL;
    size_t n;
    TRY(planet_list_of_author(cx, rq->session.account_id, &mine, &n));
    for (size_t i = 0; i < n; i++) {
        int64_t unread;
        if (planet_may_manage(cx, mine[i].id) != OK)
            continue;
        TRY(direct_count_unread(cx, mine[i].id, &unread));
        if (to.p == NULL || unread > 0)
            to = str_fmt(cx->arena, "/desk/" STR_FMT "/fediverse/messages", STR_ARG(mine[i].handle));
        if (unread > 0)
            break;
    }
    cx->tell = NULL;
    if (to.p == NULL)
        return cx_tell(cx, ERR_NOT_FOUND, N_("You look after no planet here."));
    return web_go(rq, to);
}
