/* What is here follows the rules: the job fed.policy (payload: the host whose rule changed, "" for
 * all; or subject: an actor). What should stand is worked out from the rules as they are, not from
 * the change, so it may run twice, late, and after others. */
#include "federation/policy_apply.h"

#include "federation/fanout.h"
#include "federation/fed.h"
#include "federation/policy.h"
#include "federation/policy_sql.h"
#include "node/base/jw.h"
#include "node/base/log.h"
#include "node/jobs/jobs.h"
#include "node/talk/aside.h"

enum { CHUNK = 50, LOOKS_MAX = 20 };

/* Somebody's things, and how they should stand; worked out before the transaction. */
struct stand {
    int64_t actor_id;
    bool may_follow;
    size_t n, n_hidden;
    int64_t *planets;
    enum aside_place *places;
    struct str *hidden; /* addresses of comments that may come back */
};

static enum err work_out(struct cx *cx, int64_t actor_id, struct str host, struct stand *ret)
{
    struct fed_policy p;
    TRY(fed_policy_of(cx, host, &p));
    *ret = (struct stand){.actor_id = actor_id, .may_follow = p.level != FED_SUSPENDED};
    TRY(aside_planets(cx, actor_id, &ret->planets, &ret->n));
    if (ret->may_follow)
        TRY(q_aside_hidden_uris(cx, actor_id, LOOKS_MAX, &ret->hidden, &ret->n_hidden));
    ret->places = ARENA_ARRAY(cx->arena, enum aside_place, ret->n + 1);
    for (size_t i = 0; i < ret->n; i++) {
        enum fed_actor_level level;
        TRY(fed_actor_blocked(cx, actor_id, ret->planets[i], &level));
        ret->places[i] = p.level == FED_SUSPENDED || level == FED_ACTOR_BLOCKED ? ASIDE_HIDDEN
                         : p.level == FED_SILENCED                             ? ASIDE_HELD
                                                                               : ASIDE_SEEN;
    }
    return OK;
}

static enum err take_follows(struct cx *cx, const struct stand *s, int64_t *lost)
{
    int64_t n;
    TRY(q_aside_follows_take(cx, s->actor_id, NULL));
    TRY(q_actor_follows_end(cx, s->actor_id, &n));
    *lost += n;
    return n > 0 ? event_emit(cx, EV_FOLLOW_ENDED, s->actor_id, STR_NULL) : OK;
}

/* Nobody told their server that they follow no more, so they still believe that they do. */
static enum err give_follows(struct cx *cx, const struct stand *s, int64_t *back)
{
    int64_t n;
    TRY(q_aside_follows_give(cx, s->actor_id, &n));
    TRY(q_aside_follows_forget(cx, s->actor_id, NULL));
    *back += n;
    return n > 0 ? event_emit(cx, EV_FOLLOW_ENDED, s->actor_id, STR_NULL) : OK;
}

/* What was deleted there while we did not listen, we never heard of: it is asked for, as if somebody
 * had told us of a Delete (forward.c). */
static enum err look_again(struct cx *cx, const struct stand *s)
{
    for (size_t i = 0; i < s->n_hidden; i++) {
        struct buf b;
        struct jw w;
        buf_init_arena(&b, cx->arena, 8192);
        jw_init(&w, &b);
        jw_obj(&w);
        jw_key_c(&w, "type", "Delete");
        jw_key_str(&w, "object", s->hidden[i]);
        jw_end(&w);
        if (jw_done(&w))
            TRY(job_put(cx, "fed.forward", s->actor_id, buf_str(&b), STR_NULL, 0));
    }
    return OK;
}

/* In a transaction. */
static enum err put_in_place(struct cx *cx, const struct stand *s, int64_t *lost, int64_t *back)
{
    for (size_t i = 0; i < s->n; i++)
        TRY(aside_place(cx, s->actor_id, s->planets[i], s->places[i]));
    if (s->n_hidden > 0)
        TRY(look_again(cx, s));
    return s->may_follow ? give_follows(cx, s, back) : take_follows(cx, s, lost);
}

enum err fed_policy_apply_actor(struct cx *cx, int64_t actor_id)
{
    struct policy_actor_row a;
    struct stand s;
    int64_t lost = 0, back = 0;
    bool found;
    TRY(q_policy_actor(cx, actor_id, &found, &a));
    if (!found)
        return OK;
    TX_SCOPE(cx);
    TRY(work_out(cx, a.id, a.host, &s));
    TRY(put_in_place(cx, &s, &lost, &back));
    return tx_commit(cx);
}

static enum err chunk(struct cx *cx, const struct policy_actors_row *rows, size_t n, int64_t *lost,
                      int64_t *back)
{
    struct stand s[CHUNK];
    for (size_t i = 0; i < n; i++)
        TRY(work_out(cx, rows[i].id, rows[i].host, &s[i]));
    TX_SCOPE(cx);
    for (size_t i = 0; i < n; i++)
        TRY(put_in_place(cx, &s[i], lost, back));
    return tx_commit(cx);
}

static enum err apply(struct cx *cx, struct str host)
{
    struct policy_actors_row *rows;
    struct str below = str_fmt(cx->arena, "%%." STR_FMT, STR_ARG(host)),
               port = str_fmt(cx->arena, STR_FMT ":%%", STR_ARG(host)),
               below_port = str_fmt(cx->arena, "%%." STR_FMT ":%%", STR_ARG(host));
    int64_t after = 0, lost = 0, back = 0, seen = 0;
    size_t n;
    /* The change may have been another process's, a moment ago. */
    if (cx->node->fed != NULL)
        TRY(fed_rules_load(cx, cx->node->fed->rules));
    do {
        TRY(q_policy_actors(cx, host, below, port, below_port, after, CHUNK, &rows, &n));
        TRY(chunk(cx, rows, n, &lost, &back));
        seen += (int64_t)n;
        if (n > 0)
            after = rows[n - 1].id;
    } while (n == CHUNK);
    if (seen > 0)
        log_info("fed", "rules about " STR_FMT ": %lld people, %lld follows put aside, %lld back",
                 STR_ARG(str_empty(host) ? STR("everybody") : host), (long long)seen,
                 (long long)lost, (long long)back);
    return OK;
}

enum job_verdict fed_policy_run(struct cx *cx, const struct job *job)
{
    enum err e = job->subject != 0 ? fed_policy_apply_actor(cx, job->subject)
                                   : apply(cx, job->payload.p == NULL ? STR("") : job->payload);
    return fed_verdict(cx, "fed.policy", e);
}
