/* Pinned posts: the collection featured of a planet's voice, and Add and Remove when it changes
 * (federation.md 4.10a). */
#include "federation/docs.h"
#include "federation/fanout.h"
#include "federation/fanout_sql.h"
#include "federation/fed.h"
#include "federation/out.h"
#include "federation/out_sql.h"
#include "federation/say.h"
#include "node/base/clock.h"
#include "node/db/db.h"
#include "node/jobs/jobs.h"
#include "node/talk/post.h"

#define ACTOR_AFTER (20 * MS_SECOND)

static enum err write_pin(struct cx *cx, struct fed_saying *s, struct str object)
{
    struct fed_out_envelope e = fed_saying_envelope(cx, s);
    struct buf b;
    struct jw w;
    buf_init_arena(&b, cx->arena, 65536);
    jw_init(&w, &b);
    fed_out_pin(&w, &e, object);
    return fed_written(cx, &w, &b, &s->body);
}

/* GoToSocial knows neither Add nor Remove: it reads `featured` when it hears of the actor. Somewhat later,
 * so that several pins are one Update. */
static enum err tell_of_the_actor(struct cx *cx, int64_t planet_id)
{
    struct str order = str_fmt(cx->arena, "pins|%lld", (long long)planet_id);
    bool waits;
    int64_t id;
    TX_SCOPE(cx);
    TRY(q_delivery_pending(cx, order, &waits, &id));
    if (!waits)
        TRY(job_put(cx, "fed.planet", planet_id, STR_NULL, order, cx->now + ACTOR_AFTER));
    return tx_commit(cx);
}

/* What is said is what is so now. A post that nobody heard of is not pinned for them, and one that is
 * gone left with its Delete. */
static enum err fan_pin(struct cx *cx, const struct job *job)
{
    struct fed_saying s = {.id = job->id, .audience = FED_FOLLOWERS};
    struct activity_of_object_row create;
    struct post p;
    bool found;
    TRY(fed_say_resume(cx, job->id, &found));
    if (found)
        return OK;
    enum err e = post_by_id(cx, job->subject, &p);
    if (e == ERR_NOT_FOUND || e == ERR_GONE)
        return OK;
    TRY(e);
    if (str_empty(p.object_uri) || !str_eq_c(p.state, "published"))
        return OK;
    TRY(q_activity_of_object(cx, p.object_uri, STR("Create"), &found, &create));
    if (!found)
        return OK;
    TRY(fed_local_ensure(cx, "planet", p.planet_id, &s.actor));
    /* In order with other pins, not with the post: its Create may still be on its way. */
    s.object_uri = str_fmt(cx->arena, STR_FMT "/featured", STR_ARG(s.actor.uri));
    s.type = p.pinned ? "Add" : "Remove";
    TRY(write_pin(cx, &s, p.object_uri));
    TRY(tell_of_the_actor(cx, p.planet_id));
    return fed_say(cx, &s);
}

enum job_verdict fed_pin(struct cx *cx, const struct job *job)
{
    return fed_verdict(cx, "fed.pin", fan_pin(cx, job));
}

/* Whole posts, so that a server that meets the planet shows them at once. */
enum err fed_get_featured(struct rq *rq)
{
    struct cx *cx = rq->cx;
    struct fed_local l;
    struct public_post p;
    struct buf b;
    struct jw w;
    int64_t *ids = NULL, id;
    size_t n = 0, n_notes = 0;
    if (!str_to_i64(rq_param(rq, "id"), &id))
        return ERR_NOT_FOUND;
    TRY(fed_local_by_id(cx, id, &l));
    if (str_eq_c(l.kind, "instance"))
        return ERR_NOT_FOUND;
    if (str_eq_c(l.kind, "planet"))
        TRY(q_featured_posts(cx, l.local_id, POST_PINS_MAX, &ids, &n));
    struct fed_out_note *notes = ARENA_ARRAY(cx->arena, struct fed_out_note, n + 1);
    for (size_t i = 0; i < n; i++)
        if (public_post_by_id(cx, ids[i], &p) == OK)
            TRY(fed_load_post(cx, &p, &notes[n_notes++]));
    buf_init(&b, (size_t)FED_OUT_MAX * 4);
    jw_init(&w, &b);
    fed_out_featured(&w, str_fmt(cx->arena, STR_FMT "/featured", STR_ARG(l.uri)), notes, n_notes);
    if (!jw_done(&w)) {
        buf_free(&b);
        return cx_fail(cx, ERR_INTERNAL, "pinned posts were not written whole");
    }
    return fed_reply(rq, 200, &b);
}
