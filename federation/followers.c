#include "federation/followers.h"

#include "federation/actor_rules.h"
#include "federation/backfill.h"
#include "federation/fanout.h"
#include "federation/fed.h"
#include "federation/followers_sql.h"
#include "federation/keys.h"
#include "federation/out_sql.h"
#include "federation/receive_sql.h"
#include "federation/remote.h"
#include "node/base/clock.h"
#include "node/db/db.h"
#include "node/event.h"
#include "node/people/audit.h"
#include "node/planet/planet.h"

enum { KEEP_DAYS = 400 };

static struct str handle_of(struct cx *cx, struct str username, struct str host)
{
    return str_fmt(cx->arena, "@" STR_FMT "@" STR_FMT, STR_ARG(username), STR_ARG(host));
}

/* The planet's actor. A planet that has none yet has no followers. */
static enum err actor_of(struct cx *cx, int64_t planet_id, bool *ret_found, struct fed_local *ret)
{
    enum err e = fed_local_by_ref(cx, "planet", planet_id, ret);
    *ret_found = e == OK;
    return e == ERR_NOT_FOUND ? OK : e;
}

enum err fed_follower_list(struct cx *cx, int64_t planet_id, int64_t after_id, int64_t n_max,
                           struct fed_follower **ret, size_t *ret_n)
{
    struct fed_local l;
    struct followers_page_row *rows;
    size_t n;
    bool found;
    *ret_n = 0;
    TRY(actor_of(cx, planet_id, &found, &l));
    if (!found)
        return OK;
    TRY(q_followers_page(cx, l.id, after_id, n_max, &rows, &n));
    struct fed_follower *v = ARENA_ARRAY(cx->arena, struct fed_follower, n + 1);
    for (size_t i = 0; i < n; i++)
        v[i] = (struct fed_follower){rows[i].id, rows[i].uri,
                                     handle_of(cx, rows[i].username, rows[i].host),
                                     rows[i].created_at};
    *ret = v;
    *ret_n = n;
    return OK;
}

/* "%words%" in lower case, nothing of it special. */
static struct str pattern(struct cx *cx, struct str words)
{
    struct buf b;
    words = str_lower(cx->arena, str_sub(str_trim(words), 0, 100));
    if (str_starts(words, STR("@")))
        words = str_sub(words, 1, SIZE_MAX);
    words = str_utf8_cut(str_sub(words, 0, str_find_char(words, '@', 0)), 100);
    if (str_empty(words))
        return STR("");
    buf_init_arena(&b, cx->arena, 1024);
    buf_put_char(&b, '%');
    for (size_t i = 0; i < words.n; i++) {
        if (words.p[i] == '%' || words.p[i] == '_' || words.p[i] == '!')
            buf_put_char(&b, '!');
        buf_put_char(&b, words.p[i]);
    }
    buf_put_char(&b, '%');
    return buf_str(&b);
}

/* Of "@ann@far.example" the host. */
static struct str host_in(struct cx *cx, const struct fed_follow_query *q)
{
    struct str words = str_trim(q->words);
    size_t from = str_starts(words, STR("@")) ? 1 : 0, at = str_find_char(words, '@', from);
    if (!str_empty(q->host) || at == SIZE_MAX)
        return q->host;
    return str_lower(cx->arena, str_sub(words, at + 1, SIZE_MAX));
}

enum err fed_follow_find(struct cx *cx, int64_t planet_id, const struct fed_follow_query *q,
                         struct fed_follow **ret, size_t *ret_n)
{
    struct fed_local l;
    struct follower_row *rows;
    size_t n;
    bool found;
    *ret_n = 0;
    TRY(planet_may_manage(cx, planet_id));
    TRY(actor_of(cx, planet_id, &found, &l));
    if (!found)
        return OK;
    TRY(q_followers_find(cx, l.id, q->requests ? STR("pending") : STR("accepted"),
                         q->before_id == 0 ? INT64_MAX : q->before_id, host_in(cx, q),
                         pattern(cx, q->words), q->n_max, &rows, &n));
    struct fed_follow *v = ARENA_ARRAY(cx->arena, struct fed_follow, n + 1);
    for (size_t i = 0; i < n; i++)
        v[i] = (struct fed_follow){
            .id = rows[i].id,
            .actor_id = rows[i].actor_id,
            .uri = rows[i].uri,
            .handle = handle_of(cx, rows[i].username, rows[i].host),
            .name = str_empty(rows[i].name) ? rows[i].username : rows[i].name,
            .host = rows[i].host,
            .url = rows[i].url,
            .icon_url = rows[i].icon_url,
            .since = rows[i].created_at,
            .answer_waits = rows[i].answer_id != DB_NULL,
            .answer_error = rows[i].answer_error,
        };
    *ret = v;
    *ret_n = n;
    return OK;
}

enum err fed_follow_requests(struct cx *cx, int64_t planet_id, int max, int64_t *ret)
{
    struct fed_local l;
    bool found;
    *ret = 0;
    TRY(planet_may_manage(cx, planet_id));
    TRY(actor_of(cx, planet_id, &found, &l));
    return found ? q_follow_requests(cx, l.id, max, ret) : OK;
}

/* ---- verbs ---- */

/* Their server is told, or it would go on believing that they follow (Reject of the Follow). */
static enum err end(struct cx *cx, const struct fed_local *l, const struct fed_actor *actor,
                    struct str follow_uri, bool was_accepted, const char *what)
{
    TRY(q_follow_remove(cx, actor->id, l->id, NULL));
    if (was_accepted) {
        TRY(fed_follow_count(cx, l->id, -1));
        TRY(event_emit(cx, EV_FOLLOW_ENDED, l->id, STR_NULL));
    }
    TRY(audit_put(cx, what, l->local_id, handle_of(cx, actor->username, actor->host)));
    return fed_answer_follow(cx, l, actor, follow_uri, false);
}

enum err fed_follower_remove(struct cx *cx, int64_t planet_id, struct str actor_uri)
{
    struct fed_local l;
    struct fed_actor actor;
    struct follow_state_of_row row;
    bool found;
    TRY(fed_local_by_ref(cx, "planet", planet_id, &l));
    TRY(fed_actor_by_uri(cx, actor_uri, &actor));
    TRY(q_follow_state_of(cx, actor.id, l.id, &found, &row));
    return found ? fed_follow_end(cx, planet_id, row.id) : ERR_NOT_FOUND;
}

enum err fed_follow_end(struct cx *cx, int64_t planet_id, int64_t follow_id)
{
    struct fed_local l;
    struct fed_actor actor;
    struct follow_of_planet_row row;
    bool found;
    TRY(planet_may_manage(cx, planet_id));
    TRY(fed_local_by_ref(cx, "planet", planet_id, &l));
    TX_SCOPE(cx);
    TRY(q_follow_of_planet(cx, follow_id, l.id, &found, &row));
    if (!found)
        return ERR_NOT_FOUND;
    TRY(fed_actor_by_id(cx, row.actor_id, &actor));
    bool accepted = str_eq_c(row.state, "accepted");
    TRY(end(cx, &l, &actor, row.activity_uri, accepted,
            accepted ? "follower.remove" : "follower.decline"));
    return tx_commit(cx);
}

static enum err accept(struct cx *cx, const struct fed_local *l, const struct fed_actor *actor,
                       const struct follow_of_planet_row *row)
{
    TRY(q_follow_accept(cx, row->id, cx->now, NULL));
    TRY(fed_follow_count(cx, l->id, 1));
    TRY(event_emit(cx, EV_FOLLOW_RECEIVED, row->id, STR_NULL));
    TRY(audit_put(cx, "follower.approve", l->local_id,
                   handle_of(cx, actor->username, actor->host)));
    TRY(fed_answer_follow(cx, l, actor, row->activity_uri, true));
    return fed_backfill_put(cx, row->id, actor->host, l->id);
}

enum err fed_follow_decide(struct cx *cx, int64_t planet_id, int64_t follow_id, bool yes)
{
    struct fed_local l;
    struct fed_actor actor;
    struct follow_of_planet_row row;
    bool found;
    TRY(planet_may_manage(cx, planet_id));
    TRY(fed_local_by_ref(cx, "planet", planet_id, &l));
    TX_SCOPE(cx);
    TRY(q_follow_of_planet(cx, follow_id, l.id, &found, &row));
    if (!found || !str_eq_c(row.state, "pending"))
        return ERR_NOT_FOUND;
    TRY(fed_actor_by_id(cx, row.actor_id, &actor));
    if (yes)
        TRY(accept(cx, &l, &actor, &row));
    else
        TRY(end(cx, &l, &actor, row.activity_uri, false, "follower.decline"));
    return tx_commit(cx);
}

enum err fed_follow_of(struct cx *cx, int64_t planet_id, struct str who, int64_t *ret_id)
{
    struct fed_local l;
    struct follow_state_of_row row;
    int64_t actor_id;
    bool found;
    TRY(planet_may_manage(cx, planet_id));
    TRY(fed_local_by_ref(cx, "planet", planet_id, &l));
    TRY(fed_actor_find(cx, who, &actor_id));
    TRY(q_follow_state_of(cx, actor_id, l.id, &found, &row));
    if (!found)
        return ERR_NOT_FOUND;
    *ret_id = row.id;
    return OK;
}

/* ---- numbers ---- */

enum err fed_follow_hosts(struct cx *cx, int64_t planet_id, struct fed_follow_host **ret,
                          size_t *ret_n)
{
    struct fed_local l;
    struct followers_by_host_row *rows;
    size_t n;
    bool found;
    *ret_n = 0;
    TRY(planet_may_manage(cx, planet_id));
    TRY(actor_of(cx, planet_id, &found, &l));
    if (!found)
        return OK;
    TRY(q_followers_by_host(cx, l.id, &rows, &n));
    struct fed_follow_host *v = ARENA_ARRAY(cx->arena, struct fed_follow_host, n + 1);
    for (size_t i = 0; i < n; i++)
        v[i] = (struct fed_follow_host){rows[i].host, rows[i].n};
    *ret = v;
    *ret_n = n;
    return OK;
}

/* A day without a row is like the one before it. */
enum err fed_follow_days(struct cx *cx, int64_t planet_id, int n_days, int64_t **ret)
{
    struct fed_local l;
    struct follower_day_list_row *rows;
    size_t n, at = 0;
    int64_t today = cx->now / MS_DAY, first = today - n_days + 1, last = 0, now;
    int64_t *v = ARENA_ARRAY(cx->arena, int64_t, (size_t)n_days);
    bool found;
    *ret = v;
    TRY(planet_may_manage(cx, planet_id));
    TRY(actor_of(cx, planet_id, &found, &l));
    if (!found)
        return OK;
    TRY(q_follower_day_before(cx, l.id, first, &found, &last));
    if (!found)
        last = 0;
    TRY(q_follower_day_list(cx, l.id, first, &rows, &n));
    for (int64_t day = first; day <= today; day++) {
        if (at < n && rows[at].day == day)
            last = rows[at++].n;
        v[day - first] = last;
    }
    TRY(q_follower_count(cx, l.id, &now));
    v[n_days - 1] = now;
    return OK;
}

enum err fed_follow_count(struct cx *cx, int64_t target_id, int64_t n)
{
    int64_t day = cx->now / MS_DAY, changed;
    TRY(q_follower_day_add(cx, target_id, day, n, &changed));
    return changed > 0 ? OK : q_follower_day_count(cx, target_id, day, NULL);
}

enum err fed_follow_gone(struct cx *cx, int64_t actor_id, int64_t target_id)
{
    struct follow_state_of_row row;
    bool found;
    TRY(q_follow_state_of(cx, actor_id, target_id, &found, &row));
    if (!found)
        return OK;
    TRY(q_follow_remove(cx, actor_id, target_id, NULL));
    if (!str_eq_c(row.state, "accepted"))
        return OK;
    TRY(fed_follow_count(cx, target_id, -1));
    return event_emit(cx, EV_FOLLOW_ENDED, target_id, STR_NULL);
}

enum err fed_follow_count_all(struct cx *cx)
{
    int64_t *ids, day = cx->now / MS_DAY;
    size_t n;
    TRY(q_planet_actors(cx, &ids, &n));
    for (size_t i = 0; i < n; i++)
        TRY(q_follower_day_count(cx, ids[i], day, NULL));
    return q_follower_day_expire(cx, day - KEEP_DAYS, NULL);
}
