#include "federation/receive.h"

#include "federation/fanout.h"
#include "federation/fanout_sql.h"
#include "federation/fed.h"
#include "federation/ids.h"
#include "federation/out_sql.h"
#include "federation/policy.h"
#include "federation/receive_sql.h"
#include "node/base/log.h"
#include "node/jobs/jobs.h"

/* What we act upon. Everything else was answered 202 and ends here, Accept, Reject, Add and
 * Move among it: we ask for nothing that could be accepted, and the rest is not spoken yet. */
static const struct {
    const char *type;
    enum err (*run)(struct cx *cx, const struct fed_in *in);
} dispatch[] = {
    {"Follow", fed_in_follow},     {"Undo", fed_in_undo},     {"Create", fed_in_create},
    {"Update", fed_in_update},     {"Delete", fed_in_delete}, {"Like", fed_in_like},
    {"EmojiReact", fed_in_like},   {"Announce", fed_in_announce}, {"Block", fed_in_block},
    {"Flag", fed_in_flag},         {"QuoteRequest", fed_in_quote_request}, {"Move", fed_in_move},
};

/* Its actor may have been deleted meanwhile, by another job: what this one wrote goes, too. Each writes
 * in a transaction of its own, so one of the two sees what the other did. */
static enum err leave_nothing_of_the_dead(struct cx *cx, const struct fed_in *in)
{
    struct fed_actor now;
    if (str_eq(in->object_id, in->actor.uri))
        return OK; /* it was this one */
    TRY(fed_actor_by_id(cx, in->actor.id, &now));
    return now.deleted_at == DB_NULL ? OK : fed_actor_purge(cx, in->actor.id);
}

static enum err receive(struct cx *cx, const struct job *job)
{
    struct fed_in in = {0};
    TRY(json_read(cx->arena, job->payload, NULL, &in.doc));
    fed_ids_spell(cx->arena, in.doc);
    TRY(fed_actor_by_id(cx, job->subject, &in.actor));
    in.id = ld_str(in.doc, "id");
    in.type = ld_type(in.doc);
    in.object = ld_first(ld_get(in.doc, "object"));
    in.object_id = ld_id(in.object);
    in.signed_by_actor = true;
    /* The inbox checked this; the rows are still ours to doubt. */
    if (!str_eq(ld_id_at(in.doc, "actor"), in.actor.uri) || in.actor.local_kind.p != NULL ||
        !fed_id_ok(cx, in.id, in.actor.host))
        return cx_fail(cx, ERR_FORBIDDEN, "the signer is not the actor");
    struct fed_policy policy;
    if (in.actor.deleted_at != DB_NULL)
        return OK;
    TRY(fed_policy_of(cx, in.actor.host, &policy));
    if (policy.level == FED_SUSPENDED)
        return OK; /* since it was accepted */
    for (size_t i = 0; i < sizeof dispatch / sizeof *dispatch; i++)
        if (str_eq_c(in.type, dispatch[i].type)) {
            TRY(dispatch[i].run(cx, &in));
            return leave_nothing_of_the_dead(cx, &in);
        }
    return OK;
}

enum job_verdict fed_receive(struct cx *cx, const struct job *job)
{
    return fed_verdict(cx, "fed.receive", receive(cx, job));
}

enum job_verdict fed_check(struct cx *cx, const struct job *job)
{
    struct fed_actor actor;
    int64_t id;
    enum err e = fed_actor_by_id(cx, job->subject, &actor);
    if (e != OK)
        return fed_verdict(cx, "fed.check", e);
    e = fed_actor_get(cx, actor.uri, &id);
    if (e == ERR_GONE)
        e = fed_actor_purge(cx, actor.id);
    if (e == OK || e == ERR_STORAGE || e == ERR_BUSY)
        return fed_verdict(cx, "fed.check", e);
    cx->retry_after_s = 24 * 3600; /* no clear word: nothing is done (2.21) */
    return JOB_RETRY;
}

enum err fed_target_find(struct cx *cx, struct str uri, bool *ret_found, struct fed_target *ret)
{
    struct public_comment_row c;
    int64_t id = 0;
    *ret_found = false;
    if (str_empty(uri))
        return OK;
    *ret = (struct fed_target){0};
    if (str_starts(uri, cx->node->origin)) {
        TRY(q_post_of_object(cx, uri, ret_found, &ret->post_id));
        if (*ret_found || !fed_iri_id(cx, uri, "/ap/o/", &id))
            return OK;
    }
    TRY(q_public_comment(cx, id, uri, ret_found, &c));
    if (*ret_found)
        *ret = (struct fed_target){c.post_id, c.id};
    return OK;
}

static bool is_note(const json_t *j)
{
    static const char *const types[] = {"Note", "Article", "Page", "Question", "Event", "Video"};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (ld_type_is(j, types[i]))
            return true;
    return false;
}

struct str fed_note_author(const json_t *note)
{
    const json_t *by = ld_get(note, "attributedTo");
    LD_EACH(i, who, by)
        if (ld_type_is(who, "Person") && !str_empty(ld_id(who)))
            return ld_id(who);
    return ld_id(by);
}

static bool is_by(struct cx *cx, const json_t *note, const struct fed_in *in)
{
    return fed_id_ok(cx, ld_str(note, "id"), in->actor.host) &&
           str_eq(fed_note_author(note), in->actor.uri);
}

enum err fed_note_trusted(struct cx *cx, const struct fed_in *in, json_t **ret)
{
    json_t *j = in->object;
    if (!fed_id_ok(cx, in->object_id, in->actor.host))
        return cx_fail(cx, ERR_FORBIDDEN, "an object of another host");
    if (!json_is_object(j) || ld_type(j).p == NULL || !is_by(cx, j, in)) {
        if (json_is_object(j) && ld_get(j, "attributedTo") != NULL)
            return cx_fail(cx, ERR_FORBIDDEN, "somebody else's object");
        TRY(fed_object_get(cx, in->object_id, &j));
    }
    if (!is_by(cx, j, in))
        return cx_fail(cx, ERR_FORBIDDEN, "somebody else's object");
    if (!is_note(j))
        return cx_fail(cx, ERR_UNSUPPORTED, "not a note");
    *ret = j;
    return OK;
}

enum err fed_burn(struct cx *cx, const struct fed_in *in, struct str uri, struct str type)
{
    if (!fed_id_ok(cx, uri, in->actor.host))
        return OK;
    return q_tombstone_mark(cx, uri, str_empty(type) ? STR("Object") : str_utf8_cut(type, 40),
                            cx->now, NULL);
}

enum err fed_is_burnt(struct cx *cx, struct str uri, bool *ret)
{
    struct tombstone_find_row t;
    return q_tombstone_find(cx, uri, ret, &t);
}
