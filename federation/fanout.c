#include "federation/fanout.h"

#include <string.h>

#include "federation/fanout_sql.h"
#include "federation/fed.h"
#include "federation/move.h"
#include "federation/out.h"
#include "federation/out_sql.h"
#include "federation/remote.h"
#include "federation/say.h"
#include "node/base/id.h"
#include "node/base/log.h"
#include "node/jobs/jobs.h"

enum job_verdict fed_verdict(struct cx *cx, const char *what, enum err e)
{
    switch ((int)e) {
    case OK:
        return JOB_DONE;
    case ERR_UPSTREAM:
    case ERR_TIMEOUT:
    case ERR_BUSY:
    case ERR_STORAGE:
    case ERR_INTERNAL:
    case ERR_CONFLICT:
    case ERR_RATE_LIMITED:
        return JOB_RETRY;
    default:
        log_info("fed", "%s: nothing to do: %s (%s)", what, err_name(e),
                 cx->fail == NULL ? "-" : cx->fail);
        return JOB_DONE;
    }
}

static enum err write_note(struct cx *cx, const struct fed_out_envelope *e,
                           const struct fed_out_note *n, struct str *ret)
{
    struct buf b;
    struct jw w;
    buf_init_arena(&b, cx->arena, FED_OUT_MAX);
    jw_init(&w, &b);
    fed_out_create(&w, e, n);
    return fed_written(cx, &w, &b, ret);
}

enum err fed_write_delete(struct cx *cx, struct fed_saying *s)
{
    struct buf b;
    struct jw w;
    struct fed_out_envelope e = fed_saying_envelope(cx, s);
    buf_init_arena(&b, cx->arena, 65536);
    jw_init(&w, &b);
    fed_out_delete(&w, &e, s->object_uri, STR("Note"));
    return fed_written(cx, &w, &b, &s->body);
}

enum err fed_prepare_note(struct cx *cx, struct fed_saying *s, struct fed_out_note *n)
{
    struct activity_of_object_row create;
    bool found;
    s->object_uri = n->id;
    TRY(q_activity_of_object(cx, n->id, STR("Create"), &found, &create));
    s->type = found ? "Update" : "Create";
    s->in_outbox = !found;
    struct fed_out_envelope e = fed_saying_envelope(cx, s);
    if (n->mention_uri.p != NULL)
        e.cc = n->mention_uri;
    e.mentions = n->mentions;
    e.n_mentions = n->n_mentions;
    e.published = found ? cx->now : n->published;
    /* Without a newer "updated" peers ignore the text (1.16). */
    if (found && (n->updated == DB_NULL || n->updated <= n->published))
        n->updated = cx->now > n->published ? cx->now : n->published + 1000;
    TRY(write_note(cx, &e, n, &s->body));
    if (!found)
        return OK;
    s->create_id = create.id;
    e.id = fed_iri(cx, "/ap/x/%lld", (long long)create.id);
    e.type = STR("Create");
    e.published = n->published;
    return write_note(cx, &e, n, &s->create_body);
}

/* Who is named hears of it, too; each server once. */
enum err fed_add_named(struct cx *cx, struct fed_saying *s, const struct fed_out_note *n)
{
    struct str *all = ARENA_ARRAY(cx->arena, struct str, s->n_inboxes + n->n_mentions);
    size_t m = 0;
    int64_t id;
    for (size_t i = 0; i < s->n_inboxes; i++)
        all[m++] = s->inboxes[i];
    for (size_t i = 0; i < n->n_mentions; i++) {
        struct str inbox = n->mentions[i].inbox;
        bool there = inbox.p == NULL;
        for (size_t k = 0; k < m && !there; k++)
            there = str_eq(all[k], inbox);
        if (!there && s->audience == FED_FOLLOWERS)
            TRY(q_inbox_follows(cx, s->actor.id, inbox, &there, &id));
        if (!there)
            all[m++] = inbox;
    }
    s->inboxes = all;
    s->n_inboxes = m;
    return OK;
}

/* What people here said about it to other servers goes with it: each has its own object. */
static enum err comments_go(struct cx *cx, int64_t post_id)
{
    int64_t *ids;
    size_t n;
    TRY(q_comments_abroad(cx, post_id, &ids, &n));
    TX_SCOPE(cx);
    for (size_t i = 0; i < n; i++)
        TRY(job_put(cx, "fed.comment", ids[i], STR_NULL, STR_NULL, 0));
    return tx_commit(cx);
}

static enum err fan_delete(struct cx *cx, const struct job *job, struct fed_saying *s)
{
    struct activity_by_id_row a;
    struct activity_of_object_row create;
    bool found;
    s->object_uri = job->payload;
    TRY(q_activity_of_object(cx, s->object_uri, STR("Create"), &found, &create));
    if (!found)
        return OK; /* nobody ever heard of it */
    TRY(q_activity_by_id(cx, create.id, &found, &a));
    TRY(fed_local_by_id(cx, a.actor_id, &s->actor));
    s->type = "Delete";
    /* Who answered, liked or boosted it is told, too. */
    struct str *inboxes;
    TRY(q_involved_inboxes(cx, job->subject, s->actor.id, &inboxes, &s->n_inboxes));
    s->inboxes = inboxes;
    TRY(comments_go(cx, job->subject));
    TRY(fed_write_delete(cx, s));
    return fed_say(cx, s);
}

static enum err fan_post(struct cx *cx, const struct job *job)
{
    struct fed_saying s = {.id = job->id};
    struct public_post p;
    struct fed_out_note n;
    struct fed_moved to;
    bool spoken, moved;
    TRY(fed_say_resume(cx, job->id, &spoken));
    if (spoken)
        return OK;
    enum err e = public_post_by_id(cx, job->subject, &p);
    if (e != OK && e != ERR_NOT_FOUND && e != ERR_GONE)
        return e;
    if (!str_empty(job->payload) && !(e == OK && str_eq(p.object_uri, job->payload)))
        return fan_delete(cx, job, &s);
    if (e != OK)
        return OK; /* deleted meanwhile: that event says so */
    /* An edit names the object. One that nobody was told of does not become news by it (1.16). */
    if (!str_empty(job->payload)) {
        struct activity_of_object_row create;
        TRY(q_activity_of_object(cx, p.object_uri, STR("Create"), &spoken, &create));
        if (!spoken)
            return OK;
    }
    TRY(fed_load_post(cx, &p, &n));
    TRY(fed_local_by_uri(cx, n.actor_uri, &s.actor));
    TRY(fed_prepare_note(cx, &s, &n));
    TRY(fed_add_named(cx, &s, &n));
    /* Who has moved says nothing new from the old place; what was said can be mended. */
    TRY(fed_moved_of(cx, p.planet_id, &moved, &to));
    if (moved && strcmp(s.type, "Create") == 0)
        return OK;
    return fed_say(cx, &s);
}

enum job_verdict fed_fanout(struct cx *cx, const struct job *job)
{
    return fed_verdict(cx, "fed.fanout", fan_post(cx, job));
}

/* An account was deleted: whoever knows its actor forgets it, and its words with it. Said once. */
static enum err say_gone(struct cx *cx, struct fed_saying *s)
{
    struct activity_of_object_row said;
    struct buf b;
    struct jw w;
    bool found;
    s->type = "Delete";
    s->object_uri = s->actor.uri;
    s->audience = FED_KNOWN;
    TRY(q_activity_of_object(cx, s->object_uri, STR("Delete"), &found, &said));
    if (found)
        return OK;
    struct fed_out_envelope e = fed_saying_envelope(cx, s);
    buf_init_arena(&b, cx->arena, 65536);
    jw_init(&w, &b);
    fed_out_delete(&w, &e, s->object_uri, STR("Person"));
    TRY(fed_written(cx, &w, &b, &s->body));
    return fed_say(cx, s);
}

/* Update of an actor, if anybody follows it. */
static enum err fan_actor(struct cx *cx, const struct job *job, const char *kind)
{
    struct fed_saying s = {.id = job->id, .type = "Update"};
    struct fed_out_actor v;
    struct buf b;
    struct jw w;
    int64_t followers;
    bool spoken;
    TRY(fed_say_resume(cx, job->id, &spoken));
    if (spoken)
        return OK;
    TRY(fed_local_by_ref(cx, kind, job->subject, &s.actor));
    enum err gone = fed_load_actor(cx, &s.actor, &v);
    if (gone == ERR_GONE)
        return say_gone(cx, &s);
    TRY(gone);
    TRY(q_follower_count(cx, s.actor.id, &followers));
    if (followers == 0)
        return OK;
    struct fed_out_envelope e = fed_saying_envelope(cx, &s);
    s.object_uri = s.actor.uri;
    buf_init_arena(&b, cx->arena, FED_OUT_MAX);
    jw_init(&w, &b);
    fed_out_update_actor(&w, &e, &v);
    TRY(fed_written(cx, &w, &b, &s.body));
    return fed_say(cx, &s);
}

enum job_verdict fed_planet(struct cx *cx, const struct job *job)
{
    enum err e = fed_setup(cx); /* a new planet, or new authors */
    if (e == OK)
        e = fan_actor(cx, job, "planet");
    return fed_verdict(cx, "fed.planet", e);
}

enum job_verdict fed_account(struct cx *cx, const struct job *job)
{
    enum err e = fan_actor(cx, job, "account");
    return fed_verdict(cx, "fed.account", e == ERR_NOT_FOUND ? OK : e);
}

enum err fed_answer_follow(struct cx *cx, const struct fed_local *target,
                           const struct fed_actor *follower, struct str follow_id, bool yes)
{
    struct fed_saying s = {.id = id_next(cx->node->ids), .actor = *target,
                           .type = yes ? "Accept" : "Reject", .object_uri = follow_id,
                           .audience = FED_DIRECT, .inboxes = &follower->inbox, .n_inboxes = 1};
    struct fed_out_envelope e = fed_saying_envelope(cx, &s);
    struct buf b;
    struct jw w;
    if (follower->inbox.p == NULL)
        return OK;
    e.to = follower->uri;
    buf_init_arena(&b, cx->arena, 65536);
    jw_init(&w, &b);
    fed_out_answer(&w, &e, follow_id, follower->uri, target->uri);
    TRY(fed_written(cx, &w, &b, &s.body));
    return fed_say_to(cx, &s, follower->uri);
}
