#include "federation/fanout.h"

#include <string.h>

#include "federation/bodies.h"
#include "federation/deliver.h"
#include "federation/fanout_sql.h"
#include "federation/fed.h"
#include "federation/hosts.h"
#include "federation/out.h"
#include "federation/out_sql.h"
#include "federation/remote.h"
#include "node/base/id.h"
#include "node/base/log.h"
#include "node/jobs/jobs.h"

/* The first deliveries leave while the rest is still being queued, in transactions so short that
 * nobody waits long for the writer. To find the next inboxes costs as much as to find all, so they
 * are read by the page, outside of it. */
enum { FIRST_CHUNK = 64, CHUNK = 200, PAGE = 4000 };

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

/* What is to be said. body is made before the transaction. */
struct saying {
    int64_t id;              /* the job's */
    struct fed_local actor;
    const char *type;
    struct str object_uri, body;
    bool in_outbox;
    int64_t create_id;       /* Update: the Create whose text follows; else 0 */
    struct str create_body;
    int64_t post_id;         /* Delete: whose visitors are told, too; else 0 */
    struct str only_inbox;   /* NULL: the followers */
};

static struct fed_out_envelope envelope(struct cx *cx, const struct saying *s)
{
    return (struct fed_out_envelope){.id = fed_iri(cx, "/ap/x/%lld", (long long)s->id),
                                     .type = str_c(s->type), .actor = s->actor.uri,
                                     .published = cx->now};
}

static enum err write_note(struct cx *cx, const struct fed_out_envelope *e,
                           const struct fed_out_note *n, struct str *ret)
{
    struct buf b;
    struct jw w;
    buf_init_arena(&b, cx->arena, FED_OUT_MAX);
    jw_init(&w, &b);
    fed_out_create(&w, e, n);
    if (!jw_done(&w))
        return cx_fail(cx, ERR_TOO_LARGE, "an activity over its cap");
    *ret = buf_str(&b);
    return OK;
}

static enum err write_delete(struct cx *cx, struct saying *s)
{
    struct buf b;
    struct jw w;
    struct fed_out_envelope e = envelope(cx, s);
    buf_init_arena(&b, cx->arena, 65536);
    jw_init(&w, &b);
    fed_out_delete(&w, &e, s->object_uri, STR("Note"));
    if (!jw_done(&w))
        return cx_fail(cx, ERR_INTERNAL, "a Delete was not written whole");
    s->body = buf_str(&b);
    return OK;
}

/* Where an activity goes, and what has become of the Create of its object. */
struct spread {
    int64_t activity_id, actor_id;
    struct str type, object_uri;
    int64_t create_id; /* 0: none, or it may not be looked at */
    struct str *inboxes; /* of followers: a page, done up to at */
    size_t n, at;
};

/* 4.7: where the Create has not left yet, it will carry the new text, so no Update is needed; and
 * of what is deleted nothing need be said at all. */
static enum err put_one(struct cx *cx, const struct spread *sp, struct str inbox)
{
    int64_t id, n = 0;
    bool unsent = false;
    if (sp->create_id != 0) {
        struct str key = fed_deliver_key(cx, inbox, sp->object_uri);
        if (str_eq_c(sp->type, "Delete"))
            TRY(job_cancel(cx, "fed.deliver", sp->create_id, inbox, key, &n));
        else
            TRY(q_delivery_unsent(cx, sp->create_id, inbox, key, &unsent, &id));
    }
    return n > 0 || unsent ? OK
                           : fed_deliver_put(cx, sp->activity_id, inbox, sp->object_uri);
}

static enum err read_page(struct cx *cx, struct spread *sp, struct str after)
{
    sp->at = 0;
    return q_follower_inboxes(cx, sp->actor_id, after, PAGE, &sp->inboxes, &sp->n);
}

/* One chunk of deliveries; *cursor is the last inbox done, NULL when that was all. In a
 * transaction. */
static enum err queue_chunk(struct cx *cx, struct spread *sp, size_t n_max, struct str *cursor)
{
    size_t end = sp->n - sp->at < n_max ? sp->n : sp->at + n_max;
    for (; sp->at < end; sp->at++) {
        *cursor = sp->inboxes[sp->at];
        TRY(put_one(cx, sp, *cursor));
    }
    if (sp->at == sp->n && sp->n < PAGE)
        *cursor = STR_NULL;
    return q_activity_fanned(cx, sp->activity_id, *cursor, NULL);
}

static enum err queue_rest(struct cx *cx, struct spread *sp, struct str cursor)
{
    while (cursor.p != NULL) {
        if (sp->at == sp->n)
            TRY(read_page(cx, sp, cursor));
        TX_SCOPE(cx);
        TRY(queue_chunk(cx, sp, CHUNK, &cursor));
        TRY(tx_commit(cx));
    }
    return OK;
}

/* A process that does not send cannot know which texts the one that does has in memory. */
static enum err find_create(struct cx *cx, struct spread *sp)
{
    struct activity_of_object_row create;
    bool found = false;
    sp->create_id = 0;
    if (cx->node->fed == NULL || str_eq_c(sp->type, "Create"))
        return OK;
    TRY(q_activity_of_object(cx, sp->object_uri, STR("Create"), &found, &create));
    if (found)
        sp->create_id = create.id;
    return OK;
}

/* The activity, its effect on the outbox, and the first deliveries, in one transaction. */
static enum err say_first(struct cx *cx, const struct saying *s, struct spread *sp,
                          struct str *cursor)
{
    bool found;
    struct activity_of_object_row create;
    TX_SCOPE(cx);
    TRY(q_activity_of_object(cx, s->object_uri, STR("Create"), &found, &create));
    if (str_eq_c(str_c(s->type), "Create") && found)
        return cx_fail(cx, ERR_CONFLICT, "created meanwhile");
    *cursor = STR("");
    TRY(q_activity_put(cx, s->id, fed_iri(cx, "/ap/x/%lld", (long long)s->id), s->actor.id,
                       str_c(s->type), s->object_uri, s->in_outbox, *cursor, s->body, cx->now,
                       NULL));
    if (s->create_id != 0)
        TRY(q_activity_rewrite(cx, s->create_id, s->create_body, NULL));
    if (str_eq_c(str_c(s->type), "Delete")) {
        TRY(q_activity_leave_outbox(cx, s->object_uri, NULL));
        TRY(q_tombstone_mark(cx, s->object_uri, STR("Note"), cx->now, NULL));
    }
    if (s->post_id != 0) {
        struct str *inboxes;
        size_t n;
        TRY(q_involved_inboxes(cx, s->post_id, s->actor.id, &inboxes, &n));
        for (size_t i = 0; i < n; i++)
            TRY(put_one(cx, sp, inboxes[i]));
    }
    if (s->only_inbox.p != NULL) {
        TRY(put_one(cx, sp, s->only_inbox));
        *cursor = STR_NULL;
        TRY(q_activity_fanned(cx, s->id, STR_NULL, NULL));
    } else {
        TRY(queue_chunk(cx, sp, FIRST_CHUNK, cursor));
    }
    cx->wake |= WAKE_PUBLIC; /* the outbox says more now than what may be cached of it */
    return tx_commit(cx);
}

static enum err say(struct cx *cx, const struct saying *s)
{
    struct str cursor;
    struct spread sp = {.activity_id = s->id, .actor_id = s->actor.id, .type = str_c(s->type),
                        .object_uri = s->object_uri};
    struct fed_bodies *bodies = cx->node->fed == NULL ? NULL : cx->node->fed->bodies;
    bool changes = bodies != NULL && strcmp(s->type, "Create") != 0;
    if (cx->node->fed != NULL)
        TRY(fed_hosts_flush_revived(cx, cx->node->fed->hosts));
    TRY(find_create(cx, &sp));
    if (s->only_inbox.p == NULL)
        TRY(read_page(cx, &sp, STR("")));
    if (changes)
        fed_bodies_change_begin(bodies);
    enum err e = say_first(cx, s, &sp, &cursor);
    if (changes)
        fed_bodies_change_end(bodies);
    TRY(e);
    return queue_rest(cx, &sp, cursor);
}

/* Did an earlier run of this job speak already? Then only the rest is left. */
static enum err resume(struct cx *cx, int64_t id, bool *ret_spoken)
{
    struct activity_by_id_row a;
    TRY(q_activity_by_id(cx, id, ret_spoken, &a));
    if (!*ret_spoken)
        return OK;
    struct spread sp = {.activity_id = a.id, .actor_id = a.actor_id, .type = a.type,
                        .object_uri = a.object_uri};
    TRY(find_create(cx, &sp));
    return queue_rest(cx, &sp, a.fanned_to);
}

/* Create, or Update when it was created before. Fills everything but the recipients. */
static enum err prepare_note(struct cx *cx, struct saying *s, struct fed_out_note *n)
{
    struct activity_of_object_row create;
    bool found;
    s->object_uri = n->id;
    TRY(q_activity_of_object(cx, n->id, STR("Create"), &found, &create));
    s->type = found ? "Update" : "Create";
    s->in_outbox = !found;
    struct fed_out_envelope e = envelope(cx, s);
    if (n->mention_uri.p != NULL)
        e.cc = n->mention_uri;
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

static enum err fan_delete(struct cx *cx, const struct job *job, struct saying *s)
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
    s->post_id = job->subject;
    TRY(write_delete(cx, s));
    return say(cx, s);
}

static enum err fan_post(struct cx *cx, const struct job *job)
{
    struct saying s = {.id = job->id};
    struct public_post p;
    struct fed_out_note n;
    bool spoken;
    TRY(resume(cx, job->id, &spoken));
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
    TRY(prepare_note(cx, &s, &n));
    return say(cx, &s);
}

enum job_verdict fed_fanout(struct cx *cx, const struct job *job)
{
    return fed_verdict(cx, "fed.fanout", fan_post(cx, job));
}

/* A comment leaves only when one of the planet's authors answers somebody elsewhere, in public:
 * members' comments never do (9.4). */
static enum err fan_comment(struct cx *cx, const struct job *job)
{
    struct saying s = {.id = job->id};
    struct activity_of_object_row create;
    struct fed_out_note n;
    struct fed_actor to;
    int64_t to_id, actor_id;
    bool found, created;
    TRY(resume(cx, job->id, &found));
    if (found)
        return OK;
    TRY(q_comment_answers(cx, job->subject, &found, &to_id));
    if (!found)
        return OK;
    TRY(fed_actor_by_id(cx, to_id, &to));
    if (to.inbox.p == NULL || to.deleted_at != DB_NULL)
        return OK;
    s.only_inbox = to.inbox;
    s.object_uri = fed_iri(cx, "/ap/o/%lld", (long long)job->subject);
    TRY(q_activity_of_object(cx, s.object_uri, STR("Create"), &created, &create));
    enum err e = fed_load_comment(cx, job->subject, &n, &actor_id);
    if (e == ERR_NOT_FOUND && created) {
        struct activity_by_id_row a;
        TRY(q_activity_by_id(cx, create.id, &found, &a));
        TRY(fed_local_by_id(cx, a.actor_id, &s.actor));
        s.type = "Delete";
        TRY(write_delete(cx, &s));
        return say(cx, &s);
    }
    if (e == ERR_NOT_FOUND)
        return OK; /* a member's */
    TRY(e);
    TRY(fed_local_by_id(cx, actor_id, &s.actor));
    TRY(prepare_note(cx, &s, &n));
    s.in_outbox = false; /* answers are found below what they answer */
    return say(cx, &s);
}

enum job_verdict fed_comment(struct cx *cx, const struct job *job)
{
    return fed_verdict(cx, "fed.comment", fan_comment(cx, job));
}

/* Update of an actor, if anybody follows it. */
static enum err fan_actor(struct cx *cx, const struct job *job, const char *kind)
{
    struct saying s = {.id = job->id, .type = "Update"};
    struct fed_out_actor v;
    struct buf b;
    struct jw w;
    int64_t followers;
    bool spoken;
    TRY(resume(cx, job->id, &spoken));
    if (spoken)
        return OK;
    TRY(fed_local_by_ref(cx, kind, job->subject, &s.actor));
    TRY(q_follower_count(cx, s.actor.id, &followers));
    if (followers == 0)
        return OK;
    TRY(fed_load_actor(cx, &s.actor, &v));
    struct fed_out_envelope e = envelope(cx, &s);
    s.object_uri = s.actor.uri;
    buf_init_arena(&b, cx->arena, FED_OUT_MAX);
    jw_init(&w, &b);
    fed_out_update_actor(&w, &e, &v);
    if (!jw_done(&w))
        return cx_fail(cx, ERR_TOO_LARGE, "an actor over its cap");
    s.body = buf_str(&b);
    return say(cx, &s);
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
    struct saying s = {.id = id_next(cx->node->ids), .actor = *target,
                       .type = yes ? "Accept" : "Reject"};
    struct fed_out_envelope e = envelope(cx, &s);
    struct buf b;
    struct jw w;
    if (follower->inbox.p == NULL)
        return OK;
    e.to = follower->uri;
    buf_init_arena(&b, cx->arena, 65536);
    jw_init(&w, &b);
    fed_out_answer(&w, &e, follow_id, follower->uri, target->uri);
    if (!jw_done(&w))
        return cx_fail(cx, ERR_INTERNAL, "an answer was not written whole");
    TRY(q_activity_put(cx, s.id, e.id, target->id, e.type, follow_id, 0, STR_NULL, buf_str(&b),
                       cx->now, NULL));
    return fed_deliver_put(cx, s.id, follower->inbox, follower->uri);
}
