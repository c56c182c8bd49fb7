#include "node/talk/report.h"

#include "node/base/clock.h"
#include "node/base/id.h"
#include "node/base/log.h"
#include "node/db/db.h"
#include "node/node.h"
#include "node/people/account.h"
#include "node/people/audit.h"
#include "node/people/notice.h"
#include "node/people/rate.h"
#include "node/planet/planet.h"
#include "node/talk/comment.h"
#include "node/talk/report_sql.h"

#include <string.h>

/* More that wait of one house elsewhere, and nobody finds the others' any more. */
enum { REPORTS_A_DAY = 20, OPEN_OF_A_HOUSE = 100 };

/* ---- who may decide ------------------------------------------------------------------------ */

static enum err is_node_owner(struct cx *cx, bool *ret)
{
    struct account a;
    *ret = cx->viewer == 0;
    if (*ret)
        return OK;
    TRY(account_by_id(cx, cx->viewer, &a));
    *ret = a.is_owner && str_eq_c(a.state, "active");
    return OK;
}

enum err report_may_decide(struct cx *cx, int64_t planet_id)
{
    enum role role = ROLE_NONE;
    bool may;
    TRY(is_node_owner(cx, &may));
    if (!may && planet_id != 0) {
        TRY(role_of(cx, planet_id, cx->viewer, &role));
        may = role == ROLE_OWNER || role == ROLE_PARTNER || role == ROLE_MODERATOR;
    }
    if (!may)
        return cx_tell(cx, ERR_FORBIDDEN,
                       N_("Only the owner, partners and moderators decide about reports."));
    return OK;
}

/* ---- writing one --------------------------------------------------------------------------- */

static bool known_reason(struct str reason)
{
    static const char *const all[] = {"spam", "abuse", "illegal", "other"};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (str_eq_c(reason, all[i]))
            return true;
    return false;
}

/* Whom a thing is about: who wrote it. */
static enum err writer_of(struct cx *cx, const struct report_item *item, int64_t *ret_account,
                          int64_t *ret_actor, int64_t *ret_planet)
{
    struct report_planet_of_post_row post;
    struct report_writer_row writer;
    bool found;
    *ret_account = *ret_actor = DB_NULL;
    TRY(q_report_planet_of_post(cx, item->post_id, &found, &post));
    if (!found)
        return ERR_NOT_FOUND;
    *ret_planet = post.planet_id;
    *ret_account = post.author_id;
    if (item->comment_id == 0)
        return OK;
    TRY(q_report_writer(cx, item->comment_id, &found, &writer));
    if (!found)
        return ERR_NOT_FOUND;
    *ret_account = writer.account_id;
    *ret_actor = writer.actor_id;
    return OK;
}

/* Who is reported hears nothing of it, also not by a notice; of the others each gets one. */
static enum err tell_deciders(struct cx *cx, int64_t planet_id, const struct report_item *item,
                              int64_t about_account_id, struct str from)
{
    int64_t *who;
    size_t n;
    TRY(q_report_deciders(cx, planet_id, &who, &n));
    for (size_t i = 0; i < n; i++)
        if (who[i] != about_account_id && who[i] != cx->viewer)
            TRY(notice_put(cx, who[i], "report", item == NULL ? DB_NULL : item->post_id,
                           item == NULL || item->comment_id == 0 ? DB_NULL : item->comment_id, from,
                           STR_NULL));
    return OK;
}

/* May the viewer see it at all? Then they may say what is wrong with it. */
static enum err check_visible(struct cx *cx, const struct report_item *item)
{
    struct post post;
    struct comment c;
    struct access_pass pass;
    TRY(post_by_id(cx, item->post_id, &post));
    if (!str_eq_c(post.state, "published"))
        return ERR_NOT_FOUND;
    TRY(access_decide(cx, &post.gate, &pass));
    if (access_verdict(&pass) == ACCESS_NONE)
        return ERR_NOT_FOUND;
    if (item->comment_id == 0)
        return OK;
    TRY(comment_by_id(cx, item->comment_id, &c));
    return c.post_id == item->post_id && !str_eq_c(c.state, "deleted") ? OK : ERR_NOT_FOUND;
}

enum err report_create(struct cx *cx, int64_t post_id, int64_t comment_id, struct str reason,
                       struct str text, int64_t *ret_id)
{
    struct report_item item = {post_id, comment_id};
    struct account me;
    int64_t account, actor, planet, id = id_next(cx->node->ids);
    bool found;
    if (cx->viewer == 0)
        return cx_tell(cx, ERR_UNAUTHENTICATED, N_("Sign in first."));
    if (!known_reason(reason))
        return cx_tell(cx, ERR_INVALID, N_("Choose what is wrong with it."));
    text = str_trim(text);
    if (!str_is_utf8(text) || str_utf8_len(text) > REPORT_TEXT_MAX)
        return cx_tell(cx, ERR_INVALID, N_("That is too long: 2,000 characters at most."));
    TRY(check_visible(cx, &item));
    TRY(writer_of(cx, &item, &account, &actor, &planet));
    if (account == cx->viewer)
        return cx_tell(cx, ERR_INVALID, N_("That is your own. You can change or delete it."));
    TRY(account_by_id(cx, cx->viewer, &me));
    TRY(rate_hit(cx, "report", str_fmt(cx->arena, "%lld", (long long)cx->viewer), MS_DAY,
                 REPORTS_A_DAY));
    TX_SCOPE(cx);
    TRY(q_report_twin(cx, cx->viewer, post_id, comment_id, &found, ret_id));
    if (found)
        return tx_commit(cx);
    TRY(q_report_insert(cx, id, STR_NULL, planet, cx->viewer, DB_NULL, STR_NULL, account, actor, reason,
                        text, cx->now, &found, &id));
    TRY(q_report_item_insert(cx, id, post_id, comment_id, NULL));
    TRY(tell_deciders(cx, planet, &item, account, me.name));
    TRY(tx_commit(cx));
    *ret_id = id;
    return OK;
}

/* ---- from elsewhere ------------------------------------------------------------------------ */

/* The part of a Flag that one planet has to do with. */
static enum err take_for(struct cx *cx, const struct report_flag *f, int64_t planet_id)
{
    int64_t id = id_next(cx->node->ids), account, actor, planet;
    int64_t about_account = f->about_account_id, about_actor = f->about_actor_id;
    const struct report_item *first = NULL;
    int64_t n_open;
    bool fresh;
    TRY(q_report_open_of_house(cx, planet_id, f->house,
                               str_fmt(cx->arena, "%%." STR_FMT, STR_ARG(f->house)), OPEN_OF_A_HOUSE,
                               &n_open));
    if (n_open >= OPEN_OF_A_HOUSE) {
        log_info("talk", "a report of " STR_FMT " was dropped: many of them wait", STR_ARG(f->host));
        return OK;
    }
    for (size_t i = 0; i < f->n_items; i++) {
        TRY(writer_of(cx, &f->items[i], &account, &actor, &planet));
        if (planet != planet_id)
            continue;
        if (first == NULL && actor != DB_NULL)
            about_actor = actor, about_account = DB_NULL;
        else if (first == NULL)
            about_account = account;
        first = first == NULL ? &f->items[i] : first;
    }
    TRY(q_report_insert(cx, id, f->uri, planet_id, DB_NULL, f->actor_id, f->host, about_account,
                        about_actor, STR("other"), str_utf8_cut(f->text, REPORT_TEXT_MAX), cx->now,
                        &fresh, &id));
    if (!fresh)
        return OK; /* it came before */
    for (size_t i = 0; i < f->n_items; i++) {
        TRY(writer_of(cx, &f->items[i], &account, &actor, &planet));
        if (planet == planet_id)
            TRY(q_report_item_insert(cx, id, f->items[i].post_id, f->items[i].comment_id, NULL));
    }
    return f->quiet ? OK : tell_deciders(cx, planet_id, first, about_account, f->host);
}

enum err report_take(struct cx *cx, const struct report_flag *f)
{
    int64_t done[REPORT_ITEMS_MAX], account, actor, planet;
    size_t n_done = 0;
    TX_SCOPE(cx);
    for (size_t i = 0; i < f->n_items && i < REPORT_ITEMS_MAX; i++) {
        bool again = false;
        TRY(writer_of(cx, &f->items[i], &account, &actor, &planet));
        for (size_t k = 0; k < n_done; k++)
            again = again || done[k] == planet;
        if (again)
            continue;
        TRY(take_for(cx, f, planet));
        done[n_done++] = planet;
    }
    if (n_done == 0)
        TRY(take_for(cx, f, f->planet_id));
    return tx_commit(cx);
}

/* ---- deciding ------------------------------------------------------------------------------ */

static struct str handle_of(struct cx *cx, const struct report_row *r, bool remote)
{
    if (remote)
        return str_fmt(cx->arena, "@" STR_FMT "@" STR_FMT, STR_ARG(r->actor_username),
                       STR_ARG(r->actor_host));
    struct str name = r->account_username.p != NULL ? r->account_username : r->actor_username;
    return name.p == NULL ? STR_NULL : str_fmt(cx->arena, "@" STR_FMT, STR_ARG(name));
}

static enum err of_row(struct cx *cx, const struct report_row *r, struct report *ret)
{
    struct report_items_of_row *items;
    size_t n;
    bool remote = r->about_actor_id != DB_NULL && r->actor_local.p == NULL;
    TRY(q_report_items_of(cx, r->id, &items, &n));
    *ret = (struct report){
        .id = r->id,
        .planet_id = r->planet_id,
        .planet_handle = r->planet_handle,
        .from_elsewhere = r->by_account_id == DB_NULL,
        .by_name = r->by_name.p == NULL || (cx->viewer != 0 && r->about_account_id == cx->viewer)
                       ? STR("")
                       : r->by_name,
        .by_host = r->by_host,
        .about_account_id = r->about_account_id,
        .about_actor_id = r->about_actor_id,
        .about_name = remote || r->account_name.p == NULL ? r->actor_name : r->account_name,
        .about_handle = handle_of(cx, r, remote),
        .about_remote = remote,
        .reason = r->reason,
        .text = r->body,
        .open = str_eq_c(r->state, "open"),
        .note = r->note,
        .created_at = r->created_at,
        .resolved_at = r->resolved_at,
        .sent_at = r->sent_at,
        .resolved_by = r->decider,
        .items = ARENA_ARRAY(cx->arena, struct report_item, n + 1),
        .n_items = n,
    };
    for (size_t i = 0; i < n; i++)
        ret->items[i] = (struct report_item){items[i].post_id, items[i].comment_id};
    return OK;
}

enum err report_list(struct cx *cx, int64_t planet_id, bool open, int64_t before_id, int limit,
                     struct report **ret, size_t *ret_n)
{
    struct report_row *rows;
    size_t n;
    TRY(report_may_decide(cx, planet_id));
    TRY(q_report_page(cx, planet_id, open ? STR("open") : STR("resolved"),
                      before_id == 0 ? INT64_MAX : before_id, limit, &rows, &n));
    struct report *list = ARENA_ARRAY(cx->arena, struct report, n + 1);
    for (size_t i = 0; i < n; i++)
        TRY(of_row(cx, &rows[i], &list[i]));
    *ret = list;
    *ret_n = n;
    return OK;
}

enum err report_by_id(struct cx *cx, int64_t id, struct report *ret)
{
    struct report_row row;
    bool found;
    TRY(q_report_get(cx, id, &found, &row));
    if (!found)
        return ERR_NOT_FOUND;
    TRY(report_may_decide(cx, row.planet_id));
    return of_row(cx, &row, ret);
}

enum err report_count_open(struct cx *cx, int64_t planet_id, int64_t *ret)
{
    TRY(report_may_decide(cx, planet_id));
    return q_report_open(cx, planet_id, ret);
}

static enum err check_note(struct cx *cx, struct str note)
{
    if (!str_is_utf8(note) || str_utf8_len(note) > REPORT_NOTE_MAX)
        return cx_tell(cx, ERR_INVALID, N_("The note is too long: 2,000 characters at most."));
    return OK;
}

enum err report_resolve(struct cx *cx, int64_t id, struct str note)
{
    struct report r;
    note = str_trim(note);
    TRY(check_note(cx, note));
    TX_SCOPE(cx);
    TRY(report_by_id(cx, id, &r));
    if (!r.open)
        return tx_commit(cx);
    TRY(q_report_set_state(cx, id, STR("resolved"), str_empty(note) ? r.note : note, cx->now,
                           cx->viewer == 0 ? DB_NULL : cx->viewer, NULL));
    TRY(audit_put(cx, "report.resolve", id, STR_NULL));
    return tx_commit(cx);
}

enum err report_reopen(struct cx *cx, int64_t id)
{
    struct report r;
    TX_SCOPE(cx);
    TRY(report_by_id(cx, id, &r));
    if (r.open)
        return tx_commit(cx);
    TRY(q_report_set_state(cx, id, STR("open"), r.note, DB_NULL, DB_NULL, NULL));
    TRY(audit_put(cx, "report.reopen", id, STR_NULL));
    return tx_commit(cx);
}

enum err report_note(struct cx *cx, int64_t id, struct str note)
{
    struct report r;
    note = str_trim(note);
    TRY(check_note(cx, note));
    TX_SCOPE(cx);
    TRY(report_by_id(cx, id, &r));
    TRY(q_report_set_note(cx, id, note, NULL));
    TRY(audit_put(cx, "report.note", id, STR_NULL));
    return tx_commit(cx);
}

enum err report_hide(struct cx *cx, int64_t id, int64_t comment_id, bool hide)
{
    struct report r;
    bool named = false;
    TX_SCOPE(cx);
    TRY(report_by_id(cx, id, &r));
    for (size_t i = 0; i < r.n_items; i++)
        named = named || r.items[i].comment_id == comment_id;
    if (!named || comment_id == 0)
        return ERR_NOT_FOUND;
    TRY(hide ? comment_hide(cx, comment_id) : comment_show(cx, comment_id));
    TRY(audit_put(cx, hide ? "report.hide" : "report.show", id, STR_NULL));
    return tx_commit(cx);
}

enum err report_mark_sent(struct cx *cx, int64_t id)
{
    TRY(q_report_set_sent(cx, id, cx->now, NULL));
    return audit_put(cx, "report.send", id, STR_NULL);
}
