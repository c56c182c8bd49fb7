/* What one server tells of another's doing: its signer is not the actor, so nothing in it is
 * believed. It only says where to look: the object is fetched from where it lives (3.5, 3.10). */
#include "federation/fanout.h"
#include "federation/fanout_sql.h"
#include "federation/fed.h"
#include "federation/ids.h"
#include "federation/rates.h"
#include "federation/receive.h"
#include "federation/receive_sql.h"
#include "node/jobs/jobs.h"
#include "node/talk/comment.h"

/* Fetches a job may lead to: two a step, the note and its author. */
enum { CLIMB_MAX = 10 };

bool fed_forward_wanted(struct str type)
{
    return str_eq_c(type, "Create") || str_eq_c(type, "Update") || str_eq_c(type, "Delete");
}

static enum err author_of(struct cx *cx, const json_t *note, struct str host,
                          struct fed_actor *ret)
{
    struct str uri = fed_note_author(note);
    int64_t id;
    if (!fed_id_ok(cx, uri, host))
        return cx_fail(cx, ERR_FORBIDDEN, "an author of another host");
    enum err e = fed_actor_by_uri(cx, uri, ret);
    if (e != ERR_NOT_FOUND)
        return e;
    if (!fed_rate_discovery(cx, host))
        return cx_fail(cx, ERR_RATE_LIMITED, "too many new actors of " STR_FMT, STR_ARG(host));
    TRY(fed_actor_get(cx, uri, &id));
    return fed_actor_by_id(cx, id, ret);
}

enum err fed_take_note(struct cx *cx, struct str uri, bool update, int depth)
{
    struct fed_in in = {.type = update ? STR("Update") : STR("Create"), .depth = depth};
    struct str host = fed_host_of(cx->arena, uri);
    if (depth > CLIMB_MAX || !fed_id_ok(cx, uri, host) || str_eq(host, cx->node->host))
        return OK;
    TRY(fed_object_get(cx, uri, &in.object));
    TRY(author_of(cx, in.object, host, &in.actor));
    if (in.actor.deleted_at != DB_NULL || in.actor.local_kind.p != NULL)
        return OK;
    in.doc = in.object; /* its own to and cc */
    in.object_id = in.id = ld_str(in.object, "id");
    return update ? fed_in_update(cx, &in) : fed_in_create(cx, &in);
}

/* Said to be deleted: is it? */
static enum err look_for_deleted(struct cx *cx, struct str uri)
{
    struct comment_times_row was;
    json_t *j = NULL;
    bool known;
    TRY(q_comment_times(cx, uri, &known, &was));
    if (!known || was.actor_id == DB_NULL)
        return OK;
    enum err e = fed_object_get(cx, uri, &j);
    if (e == OK && !ld_type_is(j, "Tombstone"))
        return OK; /* it stands */
    if (e != OK && e != ERR_GONE && e != ERR_NOT_FOUND)
        return e;
    TX_SCOPE(cx);
    e = comment_delete_remote(cx, uri, was.actor_id);
    if (e != OK && e != ERR_NOT_FOUND && e != ERR_GONE)
        return e;
    TRY(q_tombstone_mark(cx, uri, STR("Note"), cx->now, NULL));
    return tx_commit(cx);
}

enum err fed_look_at(struct cx *cx, const json_t *activity)
{
    const json_t *object = ld_first(ld_get(activity, "object"));
    struct str type = ld_type(activity), uri = ld_id(object);
    struct comment_times_row was;
    struct fed_target t;
    bool concerns;
    if (str_empty(uri) || !fed_forward_wanted(type))
        return OK;
    if (str_eq_c(type, "Delete"))
        return look_for_deleted(cx, uri);
    if (str_eq_c(type, "Update")) {
        TRY(q_comment_times(cx, uri, &concerns, &was));
    } else {
        /* A lie here only costs its teller one of its forwards. */
        TRY(fed_target_find(cx, ld_id_at(object, "inReplyTo"), &concerns, &t));
        concerns = concerns || !json_is_object(object);
    }
    return concerns ? fed_take_note(cx, uri, str_eq_c(type, "Update"), 0) : OK;
}

static enum err forwarded(struct cx *cx, const struct job *job)
{
    json_t *j;
    TRY(json_read(cx->arena, job->payload, NULL, &j));
    fed_ids_spell(cx->arena, j);
    return fed_look_at(cx, j);
}

enum job_verdict fed_forward(struct cx *cx, const struct job *job)
{
    return fed_verdict(cx, "fed.forward", forwarded(cx, job));
}
