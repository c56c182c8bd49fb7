/* Moving: an audience from elsewhere comes here, followers are sent elsewhere, and what can be taken
 * along in files. Checks of accounts on other servers are jobs; the page tells how they ended. */
#include "admin/desk_fedi.h"
#include "admin/html.h"
#include "federation/export.h"
#include "federation/federation.h"
#include "federation/keys.h"
#include "federation/move.h"
#include "node/base/clock.h"
#include "node/base/i18n.h"
#include "node/db/db.h"
#include "node/node.h"
#include "web/page.h"
#include "node/settings.h"

enum { SERVERS_SHOWN = 12, MISSING_SHOWN = 20 };

/* A check whose job never ended (it rests in the tray) is none that goes on. */
#define CHECK_MS (15 * MS_MINUTE)

/* The planet's aliases, or (?of=me) those of the author who looks. */
static bool is_mine(struct rq *rq)
{
    return str_eq_c(rq_query(rq, "of"), "me") || str_eq_c(rq_form(rq, "of"), "me");
}

static enum err wish_state(struct cx *cx, const char *kind, int64_t id, const char *what,
                           bool *ret_checking, struct str *ret_failed, struct str *ret_target)
{
    struct fed_wish w;
    bool found;
    TRY(fed_wish_last(cx, kind, id, what, &found, &w));
    if (!found)
        return OK;
    bool old = cx->now - w.created_at > CHECK_MS, checking = str_eq_c(w.state, "checking");
    *ret_target = w.target;
    *ret_checking = checking && !old;
    if (str_eq_c(w.state, "failed"))
        *ret_failed = str_c(tr(cx, fed_wish_sentence(w.why)));
    else if (checking && old)
        *ret_failed = str_c(tr(cx, fed_wish_sentence(STR("unreachable"))));
    return OK;
}

static enum err fill_aliases(struct rq *rq, const char *kind, int64_t id, struct view_fedi_moving *v,
                             int64_t *ret_since)
{
    struct cx *cx = rq->cx;
    struct fed_alias *all;
    size_t n;
    TRY(fed_alias_list(cx, kind, id, &all, &n));
    struct view_alias *rows = ARENA_ARRAY(cx->arena, struct view_alias, n + 1);
    *ret_since = n > 0 ? all[0].created_at : 0;
    for (size_t i = 0; i < n; i++)
        rows[i] = (struct view_alias){
            .handle = all[i].handle,
            .uri = all[i].uri,
            .since = i18n_date(cx, all[i].created_at),
            .moved = all[i].moved_at == DB_NULL ? STR_NULL : i18n_ago(cx, all[i].moved_at)};
    v->aliases = rows;
    v->n_aliases = n;
    return wish_state(cx, kind, id, "alias", &v->alias_checking, &v->alias_failed, &v->alias_target);
}

static enum err fill_progress(struct rq *rq, const struct planet *p, int64_t since,
                              struct view_fedi_moving *v)
{
    struct cx *cx = rq->cx;
    struct fed_gain *gains;
    struct str *missing;
    size_t n;
    if (since != 0) {
        TRY(fed_move_gains(cx, p->id, since, SERVERS_SHOWN, &gains, &n, &v->n_gained));
        struct view_gain *rows = ARENA_ARRAY(cx->arena, struct view_gain, n + 1);
        for (size_t i = 0; i < n; i++)
            rows[i] = (struct view_gain){gains[i].host, gains[i].n};
        v->gains = rows;
        v->n_gains = n;
        v->since = i18n_date(cx, since);
    }
    TRY(fed_expected_count(cx, p->id, &v->n_expected, &v->n_here));
    if (v->n_expected > v->n_here) {
        TRY(fed_expected_missing(cx, p->id, STR(""), MISSING_SHOWN, &missing, &v->n_missing));
        v->missing = missing;
    }
    return fed_follower_count(cx, p->id, &v->n_followers);
}

static enum err fill_away(struct rq *rq, const struct planet *p, struct view_fedi_moving *v)
{
    struct cx *cx = rq->cx;
    struct fed_moved to;
    int64_t until;
    bool moved;
    v->may_move = rq->session.is_owner || planet_may_own(cx, p->id) == OK;
    cx->tell = NULL; /* asking is no failure */
    TRY(fed_moved_of(cx, p->id, &moved, &to));
    if (moved) {
        v->moved_handle = to.handle;
        v->moved_url = to.url;
        v->moved_at = i18n_date(cx, to.at);
    }
    TRY(fed_move_rest(cx, p->id, &until));
    if (until != 0)
        v->rest_until = i18n_date(cx, until);
    return wish_state(cx, "planet", p->id, "move", &v->move_checking, &v->move_failed,
                      &v->move_target);
}

static enum err show(struct rq *rq, const struct planet *p, enum err e)
{
    struct cx *cx = rq->cx;
    struct view_fedi *f;
    struct fed_local l;
    struct view_fedi_moving v = {.planet_handle = p->handle};
    int64_t since = 0;
    if (e != OK)
        v.error = web_mendable(rq, e);
    bool mine = is_mine(rq);
    TRY(desk_fedi_head(rq, p, FEDI_MOVING, N_("Moving"), &f));
    v.f = f;
    v.of_me = mine;
    TRY(fed_local_ensure(cx, mine ? "account" : "planet", mine ? rq->session.account_id : p->id, &l));
    v.address = l.uri;
    v.handle = mine ? str_fmt(cx->arena, "@" STR_FMT "@" STR_FMT, STR_ARG(rq->session.username),
                              STR_ARG(setting_handle_host(cx)))
                    : f->handle;
    TRY(fill_aliases(rq, mine ? "account" : "planet", mine ? rq->session.account_id : p->id, &v, &since));
    if (!mine) {
        TRY(fill_progress(rq, p, since, &v));
        TRY(fill_away(rq, p, &v));
    }
    if (v.alias_checking || v.move_checking)
        rq_add_header(rq, "Refresh", STR("3")); /* looks again by itself, without script */
    struct buf out = web_buf();
    html_desk_fedi_moving(&out, cx, &v);
    return web_send(rq, e == OK ? 200 : http_status_of(e), &out);
}

enum err desk_fedi_moving(struct rq *rq)
{
    struct planet p;
    TRY(desk_planet(rq, &p));
    return show(rq, &p, OK);
}

/* The file, or what was pasted. */
static struct str list_of(struct rq *rq)
{
    const struct upload *uploads;
    size_t n = rq_uploads(rq, &uploads);
    for (size_t i = 0; i < n; i++)
        if (str_eq_c(uploads[i].field, "file") && uploads[i].bytes.n > 0)
            return uploads[i].bytes;
    return rq_form(rq, "list");
}

static enum err move_away(struct rq *rq, const struct planet *p)
{
    int64_t wish;
    struct str typed = str_trim(rq_form(rq, "confirm"));
    if (str_starts(typed, STR("@")))
        typed = str_sub(typed, 1, SIZE_MAX);
    if (!str_eq(typed, p->handle))
        return cx_tell(rq->cx, ERR_INVALID,
                       N_("Type the planet's handle to confirm: that cannot be taken back whole."));
    return fed_move_begin(rq->cx, p->id, rq_form(rq, "target"), &wish);
}

/* ret_flash: what to say when it went well. */
static enum err act(struct rq *rq, const struct planet *p, const char **ret_flash)
{
    struct cx *cx = rq->cx;
    struct str what = rq_form(rq, "do");
    const char *kind = is_mine(rq) ? "account" : "planet";
    int64_t id = is_mine(rq) ? rq->session.account_id : p->id, n;
    *ret_flash = "asked-there";
    if (str_eq_c(what, "alias"))
        return fed_alias_add(cx, kind, id, rq_form(rq, "target"), &n);
    if (str_eq_c(what, "move"))
        return move_away(rq, p);
    *ret_flash = "alias-removed";
    if (str_eq_c(what, "alias_remove")) {
        enum err e = fed_alias_remove(cx, kind, id, rq_form(rq, "uri"));
        return e == ERR_NOT_FOUND ? OK : e; /* sent twice */
    }
    *ret_flash = "compared";
    if (str_eq_c(what, "list"))
        return fed_expected_set(cx, p->id, list_of(rq), &n);
    *ret_flash = "deleted";
    if (str_eq_c(what, "list_clear"))
        return fed_expected_clear(cx, p->id);
    *ret_flash = "move-cancelled";
    if (str_eq_c(what, "cancel"))
        return fed_move_cancel(cx, p->id);
    return ERR_INVALID;
}

enum err desk_fedi_moving_do(struct rq *rq)
{
    struct planet p;
    TRY(desk_planet(rq, &p));
    const char *flash;
    enum err e = act(rq, &p, &flash);
    if (desk_mendable(e))
        return show(rq, &p, e);
    TRY(e);
    return desk_fedi_done(rq, &p, is_mine(rq) ? "/moving?of=me" : "/moving", flash);
}

enum err desk_fedi_moving_file(struct rq *rq)
{
    static const struct {
        const char *name, *type, *disposition;
        enum fed_export what;
    } files[] = {
        {"followers.csv", "text/csv; charset=utf-8", "attachment; filename=\"followers.csv\"",
         FED_EXPORT_FOLLOWERS},
        {"actor.json", "application/json", "attachment; filename=\"actor.json\"", FED_EXPORT_ACTOR},
        {"outbox.json", "application/json", "attachment; filename=\"outbox.json\"", FED_EXPORT_OUTBOX},
    };
    struct planet p;
    TRY(desk_planet(rq, &p));
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        struct buf b;
        if (!str_eq_c(rq_param(rq, "file"), files[i].name))
            continue;
        enum err e = fed_export(rq->cx, p.id, files[i].what, &b);
        if (e != OK) {
            buf_free(&b);
            return e;
        }
        rq_cache_control(rq, "no-store");
        rq_add_header(rq, "Content-Disposition", str_c(files[i].disposition));
        return reply_bytes(rq, 200, files[i].type, &b);
    }
    return ERR_NOT_FOUND;
}
