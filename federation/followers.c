/* The people elsewhere who follow a planet: who they are is its owner's to know, and to end. */
#include "federation/fanout.h"
#include "federation/fed.h"
#include "federation/receive_sql.h"
#include "federation/remote.h"
#include "node/db/db.h"
#include "node/event.h"

enum err fed_follower_list(struct cx *cx, int64_t planet_id, int64_t after_id, int64_t n_max,
                           struct fed_follower **ret, size_t *ret_n)
{
    struct fed_local l;
    struct followers_page_row *rows;
    size_t n;
    *ret_n = 0;
    enum err e = fed_local_by_ref(cx, "planet", planet_id, &l);
    if (e == ERR_NOT_FOUND)
        return OK;
    TRY(e);
    TRY(q_followers_page(cx, l.id, after_id, n_max, &rows, &n));
    struct fed_follower *v = ARENA_ARRAY(cx->arena, struct fed_follower, n + 1);
    for (size_t i = 0; i < n; i++)
        v[i] = (struct fed_follower){
            rows[i].id, rows[i].uri,
            str_fmt(cx->arena, "@" STR_FMT "@" STR_FMT, STR_ARG(rows[i].username),
                    STR_ARG(rows[i].host)),
            rows[i].created_at};
    *ret = v;
    *ret_n = n;
    return OK;
}

/* Their server is told, or it would go on believing that they follow (Reject of the Follow). */
enum err fed_follower_remove(struct cx *cx, int64_t planet_id, struct str actor_uri)
{
    struct fed_local l;
    struct fed_actor actor;
    struct follow_uri_row row;
    bool found;
    TRY(fed_local_by_ref(cx, "planet", planet_id, &l));
    TRY(fed_actor_by_uri(cx, actor_uri, &actor));
    TX_SCOPE(cx);
    TRY(q_follow_uri(cx, actor.id, l.id, &found, &row));
    if (!found)
        return ERR_NOT_FOUND;
    TRY(q_follow_remove(cx, actor.id, l.id, NULL));
    TRY(event_emit(cx, EV_FOLLOW_ENDED, l.id, STR_NULL));
    TRY(fed_answer_follow(cx, &l, &actor, row.activity_uri, false));
    return tx_commit(cx);
}
