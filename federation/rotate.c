#include "federation/rotate.h"

#include "federation/fanout.h"
#include "federation/fed.h"
#include "federation/keys.h"
#include "federation/out.h"
#include "federation/rotate_sql.h"
#include "federation/say.h"
#include "node/base/clock.h"
#include "node/jobs/jobs.h"
#include "node/people/audit.h"

#define ANNOUNCED_FOR (36 * MS_HOUR) /* 2.17: 24 to 48 hours */
#define OLD_KEPT_FOR (7 * MS_DAY)

static enum fed_key_state state_of(const struct key_change_row *r)
{
    return str_eq_c(r->state, "announced")  ? FED_KEY_ANNOUNCED
           : str_eq_c(r->state, "switched") ? FED_KEY_SWITCHED
                                            : FED_KEY_STEADY;
}

static int64_t due_at(const struct key_change_row *r)
{
    switch (state_of(r)) {
    case FED_KEY_ANNOUNCED: return r->since + ANNOUNCED_FOR;
    case FED_KEY_SWITCHED: return r->since + OLD_KEPT_FOR;
    case FED_KEY_STEADY: break;
    }
    return DB_NULL;
}

enum err fed_key_list(struct cx *cx, struct fed_key_view **ret, size_t *ret_n)
{
    struct key_change_row *rows;
    size_t n;
    TRY(q_key_changes(cx, &rows, &n));
    struct fed_key_view *v = ARENA_ARRAY(cx->arena, struct fed_key_view, n + 1);
    for (size_t i = 0; i < n; i++) {
        struct key_change_row *r = &rows[i];
        v[i] = (struct fed_key_view){
            .actor_id = r->actor_id, .uri = r->uri, .username = r->username,
            .key_id = fed_key_id(cx->arena, r->uri, "main-key", r->serial), .state = state_of(r),
            .since = r->since == 0 ? DB_NULL : r->since, .next_at = due_at(r)};
    }
    *ret = v;
    *ret_n = n;
    return OK;
}

enum err fed_key_actor_of_planet(struct cx *cx, int64_t planet_id, int64_t *ret_actor_id)
{
    struct fed_local l;
    TRY(fed_local_ensure(cx, "planet", planet_id, &l));
    *ret_actor_id = l.id;
    return OK;
}

/* In a transaction. The tree of jobs: who is told now, and what is done then. */
static enum err put_jobs(struct cx *cx, int64_t actor_id, int64_t signed_with, int64_t step_at)
{
    struct str serial = str_fmt(cx->arena, "%lld", (long long)signed_with);
    TRY(job_put(cx, "fed.key_tell", actor_id, serial, STR_NULL, 0));
    return step_at == DB_NULL ? OK : job_put(cx, "fed.key_step", actor_id, STR_NULL, STR_NULL, step_at);
}

enum err fed_key_rotate(struct cx *cx, int64_t actor_id, bool leaked, bool *ret_begun)
{
    struct key_change_row r;
    struct str rsa, ed;
    *ret_begun = false;
    TRY(q_key_change_of(cx, actor_id, &r));
    if (!leaked && state_of(&r) != FED_KEY_STEADY)
        return OK;
    TRY(fed_key_pair_make(cx, &rsa, &ed)); /* takes a tenth of a second */
    TX_SCOPE(cx);
    TRY(q_key_change_of(cx, actor_id, &r));
    if (!leaked && state_of(&r) != FED_KEY_STEADY)
        return OK;
    int64_t next = (r.serial > r.other_serial ? r.serial : r.other_serial) + 1;
    if (leaked) {
        /* Not the announced pair either: it lay beside the one that leaked. */
        TRY(q_key_use(cx, actor_id, rsa, ed, NULL));
        TRY(q_key_settle(cx, actor_id, cx->now, next, NULL));
        TRY(put_jobs(cx, actor_id, next, DB_NULL));
    } else {
        TRY(q_key_announce(cx, actor_id, cx->now, r.serial, next, rsa, ed, NULL));
        TRY(put_jobs(cx, actor_id, r.serial, cx->now + ANNOUNCED_FOR));
    }
    TRY(audit_put(cx, leaked ? "key.leaked" : "key.rotate", actor_id, r.uri));
    cx->wake |= WAKE_ALL; /* the actor's document is another */
    TRY(tx_commit(cx));
    fed_signers_forget(cx, actor_id);
    *ret_begun = true;
    return OK;
}

enum err fed_key_rotate_all(struct cx *cx, bool leaked)
{
    TX_SCOPE(cx);
    TRY(job_put(cx, "fed.key_all", 0, leaked ? STR("leaked") : STR(""), STR("fed.key_all"), 0));
    TRY(audit_put(cx, leaked ? "key.leaked_all" : "key.rotate_all", 0, STR_NULL));
    return tx_commit(cx);
}

static enum err rotate_all(struct cx *cx, const struct job *job)
{
    bool leaked = str_eq_c(job->payload, "leaked"), begun;
    struct key_change_row *rows;
    size_t n;
    TRY(q_key_changes(cx, &rows, &n));
    for (size_t i = 0; i < n; i++) {
        /* Begun by an earlier run of this job. */
        if (leaked && rows[i].since >= job->created_at && state_of(&rows[i]) == FED_KEY_STEADY)
            continue;
        TRY(fed_key_rotate(cx, rows[i].actor_id, leaked, &begun));
    }
    return OK;
}

enum job_verdict fed_key_all_run(struct cx *cx, const struct job *job)
{
    return fed_verdict(cx, "fed.key_all", rotate_all(cx, job));
}

/* The old pair has become the other one. */
static enum err switch_over(struct cx *cx, const struct key_change_row *r)
{
    struct key_pairs_row p;
    TRY(q_key_pairs(cx, r->actor_id, &p));
    TRY(q_key_switch(cx, r->actor_id, cx->now, p.rsa, p.ed25519, NULL));
    TRY(q_key_use(cx, r->actor_id, p.other_rsa, p.other_ed25519, NULL));
    return put_jobs(cx, r->actor_id, r->serial, cx->now + OLD_KEPT_FOR);
}

static enum err step(struct cx *cx, int64_t actor_id)
{
    struct key_change_row r;
    TX_SCOPE(cx);
    TRY(q_key_change_of(cx, actor_id, &r));
    int64_t due = due_at(&r);
    if (due == DB_NULL || due > cx->now)
        return OK; /* taken already; the job of the next one waits */
    if (state_of(&r) == FED_KEY_ANNOUNCED)
        TRY(switch_over(cx, &r));
    else
        TRY(q_key_settle(cx, actor_id, cx->now, r.serial, NULL));
    cx->wake |= WAKE_ALL;
    TRY(tx_commit(cx));
    fed_signers_forget(cx, actor_id);
    return OK;
}

enum job_verdict fed_key_step_run(struct cx *cx, const struct job *job)
{
    return fed_verdict(cx, "fed.key_step", step(cx, job->subject));
}

enum err fed_key_steps(struct cx *cx)
{
    struct key_change_row *rows;
    size_t n;
    TRY(q_key_changes(cx, &rows, &n));
    for (size_t i = 0; i < n; i++)
        if (due_at(&rows[i]) != DB_NULL && due_at(&rows[i]) + MS_HOUR < cx->now)
            TRY(step(cx, rows[i].actor_id));
    return OK;
}

/* Update of the actor as it is now, to everybody we know. */
static enum err tell(struct cx *cx, const struct job *job)
{
    struct fed_saying s = {.id = job->id, .type = "Update", .audience = FED_KNOWN};
    struct fed_out_actor v;
    struct buf b;
    struct jw w;
    bool spoken;
    TRY(fed_say_resume(cx, job->id, &spoken));
    if (spoken)
        return OK;
    if (!str_to_i64(job->payload, &s.key_serial))
        return cx_fail(cx, ERR_INVALID, "which key?");
    TRY(fed_local_by_id(cx, job->subject, &s.actor));
    fed_signers_forget(cx, job->subject); /* another process may have taken the step just now */
    TRY(fed_load_actor(cx, &s.actor, &v));
    struct fed_out_envelope e = fed_saying_envelope(cx, &s);
    e.unfollowed = str_eq_c(s.actor.kind, "instance");
    s.object_uri = s.actor.uri;
    buf_init_arena(&b, cx->arena, FED_OUT_MAX);
    jw_init(&w, &b);
    fed_out_update_actor(&w, &e, &v);
    TRY(fed_written(cx, &w, &b, &s.body));
    return fed_say(cx, &s);
}

enum job_verdict fed_key_tell_run(struct cx *cx, const struct job *job)
{
    enum err e = tell(cx, job);
    return fed_verdict(cx, "fed.key_tell", e == ERR_NOT_FOUND || e == ERR_GONE ? OK : e);
}
