/* Looking at an account elsewhere that somebody here named, and what follows from it: an alias more,
 * or the planet's followers are sent there. */
#include "federation/fanout.h"
#include "federation/fed.h"
#include "federation/finger.h"
#include "federation/move.h"
#include "federation/move_sql.h"
#include "federation/policy.h"
#include "federation/remote.h"
#include "federation/say.h"
#include "node/base/id.h"
#include "node/jobs/jobs.h"
#include "node/people/audit.h"

enum { WISH_TRIES = 4, WISH_LATER_S = 5 };

struct found {
    struct fed_doc doc;
    json_t *json;
    struct str handle;
};

/* Why the last step failed, in a word; NULL: it did not, or is worth another try. */
static const char *word_of(enum err e, const char *otherwise)
{
    switch ((int)e) {
    case ERR_NOT_FOUND:
    case ERR_GONE:
        return "unknown";
    case ERR_UPSTREAM:
    case ERR_TIMEOUT:
    case ERR_BUSY:
        return "unreachable";
    default:
        return otherwise;
    }
}

/* The account as its own server shows it at this moment. *ret_why NULL: all is well. */
static enum err look_at(struct cx *cx, struct str target, struct found *ret, const char **ret_why)
{
    struct str uri, user, host;
    struct fed_policy policy;
    int64_t id;
    *ret_why = "unknown";
    enum err e = fed_finger(cx, target, &uri);
    if (e == ERR_FORBIDDEN)
        *ret_why = "blocked";
    if (e != OK) {
        *ret_why = word_of(e, *ret_why);
        return e;
    }
    struct str at = fed_host_of(cx->arena, uri);
    *ret_why = "own";
    if (str_eq(at, cx->node->host))
        return ERR_FORBIDDEN;
    *ret_why = "blocked";
    TRY(fed_policy_of(cx, at, &policy));
    if (policy.level == FED_SUSPENDED)
        return ERR_FORBIDDEN;
    e = fed_object_get(cx, uri, &ret->json);
    *ret_why = word_of(e, "not_actor");
    TRY(e);
    *ret_why = "not_actor";
    TRY(fed_doc_read(cx->arena, ret->json, &ret->doc));
    if (ret->doc.inbox.p == NULL)
        return ERR_INVALID;
    TRY(fed_actor_store(cx, &ret->doc, &id));
    ret->handle = str_fmt(cx->arena, "@" STR_FMT "@" STR_FMT, STR_ARG(ret->doc.username),
                          STR_ARG(ret->doc.host));
    if (fed_handle_parse(cx->arena, target, &user, &host))
        ret->handle = str_fmt(cx->arena, "@" STR_FMT "@" STR_FMT, STR_ARG(user), STR_ARG(host));
    *ret_why = NULL;
    return OK;
}

static enum err end(struct cx *cx, int64_t wish_id, const char *why)
{
    TX_SCOPE(cx);
    TRY(q_wish_end(cx, wish_id, why == NULL ? STR("done") : STR("failed"), str_c(why), cx->now, NULL));
    return tx_commit(cx);
}

static enum err make_alias(struct cx *cx, const struct wish_row *w, const struct fed_local *l,
                           const struct found *f)
{
    bool planet = str_eq_c(l->kind, "planet");
    TX_SCOPE(cx);
    TRY(q_alias_put(cx, l->id, f->doc.uri, f->handle, cx->now, NULL));
    TRY(q_wish_end(cx, w->id, STR("done"), STR_NULL, cx->now, NULL));
    TRY(audit_put(cx, "alias.add", l->local_id, f->handle));
    TRY(event_emit(cx, planet ? EV_PLANET_CHANGED : EV_PROFILE_CHANGED, l->local_id, STR_NULL));
    return tx_commit(cx);
}

/* The redirect, the Update that says it and the Move are one: whichever is seen, the others come. */
static enum err move_away(struct cx *cx, const struct wish_row *w, const struct fed_local *l,
                          const struct found *f)
{
    struct actor_moved_row was;
    TX_SCOPE(cx);
    TRY(q_actor_moved(cx, l->id, &was));
    if (was.moved_to.p == NULL) {
        TRY(q_actor_set_moved(cx, l->id, f->doc.uri, cx->now, NULL));
        TRY(event_emit(cx, EV_PLANET_CHANGED, l->local_id, STR_NULL));
        TRY(job_put(cx, "fed.moved", l->id, STR_NULL, STR_NULL, 0));
        TRY(audit_put(cx, "move.done", l->local_id, f->handle));
    }
    TRY(q_wish_end(cx, w->id, STR("done"), STR_NULL, cx->now, NULL));
    return tx_commit(cx);
}

static enum err grant(struct cx *cx, const struct wish_row *w, const char **ret_why)
{
    struct fed_local l;
    struct found f;
    TRY(fed_local_by_id(cx, w->actor_id, &l));
    TRY(look_at(cx, w->target, &f, ret_why));
    if (str_eq_c(w->kind, "alias"))
        return make_alias(cx, w, &l, &f);
    *ret_why = "no_alias";
    if (!fed_doc_lists(f.json, "alsoKnownAs", l.uri))
        return ERR_FORBIDDEN;
    *ret_why = "moved";
    if (!str_empty(ld_id_at(f.json, "movedTo")))
        return ERR_FORBIDDEN;
    *ret_why = NULL;
    return move_away(cx, w, &l, &f);
}

enum job_verdict fed_wish_job(struct cx *cx, const struct job *job)
{
    struct wish_row w;
    const char *why = NULL;
    bool found;
    enum err e = q_wish_get(cx, job->subject, &found, &w);
    if (e == OK && (!found || !str_eq_c(w.state, "checking")))
        return JOB_DONE;
    if (e == OK)
        e = grant(cx, &w, &why);
    if (e == OK || e == ERR_STORAGE)
        return fed_verdict(cx, "fed.wish", e);
    if (job->attempts + 1 < WISH_TRIES && (why == NULL || str_eq_c(str_c(why), "unreachable"))) {
        cx->retry_after_s = WISH_LATER_S;
        return JOB_RETRY;
    }
    return fed_verdict(cx, "fed.wish", end(cx, job->subject, why == NULL ? "unreachable" : why));
}

/* To the followers alone: it is their servers that act upon it. */
static enum err say_moved(struct cx *cx, const struct job *job)
{
    struct fed_saying s = {.id = job->id, .type = "Move", .audience = FED_FOLLOWERS};
    struct actor_moved_row to;
    struct buf b;
    struct jw w;
    bool spoken;
    TRY(fed_say_resume(cx, job->id, &spoken));
    if (spoken)
        return OK;
    TRY(fed_local_by_id(cx, job->subject, &s.actor));
    TRY(q_actor_moved(cx, s.actor.id, &to));
    if (to.moved_to.p == NULL)
        return OK; /* taken back meanwhile */
    struct fed_out_envelope e = fed_saying_envelope(cx, &s);
    s.object_uri = s.actor.uri;
    buf_init_arena(&b, cx->arena, 65536);
    jw_init(&w, &b);
    fed_out_move(&w, &e, to.moved_to);
    TRY(fed_written(cx, &w, &b, &s.body));
    return fed_say(cx, &s);
}

enum job_verdict fed_moved_job(struct cx *cx, const struct job *job)
{
    return fed_verdict(cx, "fed.moved", say_moved(cx, job));
}
