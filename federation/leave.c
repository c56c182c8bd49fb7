/* A node that is deleted says so once, for each of its actors, to everybody it ever spoke with: a
 * Delete of an actor is what makes other servers forget its posts and followers. */
#include "federation/deliver.h"
#include "federation/fanout_sql.h"
#include "federation/fed.h"
#include "federation/inbox_sql.h"
#include "federation/keys.h"
#include "federation/leave_sql.h"
#include "federation/out.h"
#include "federation/out_sql.h"
#include "node/base/id.h"
#include "node/db/db.h"

enum { CHUNK = 200 };

static enum err write_delete(struct cx *cx, int64_t id, struct str actor, struct str *ret)
{
    struct buf b;
    struct jw w;
    struct fed_out_envelope e = {.id = fed_iri(cx, "/ap/x/%lld", (long long)id),
                                 .type = STR("Delete"), .actor = actor, .published = cx->now};
    buf_init_arena(&b, cx->arena, 65536);
    jw_init(&w, &b);
    fed_out_delete(&w, &e, actor, STR("Person"));
    if (!jw_done(&w))
        return cx_fail(cx, ERR_INTERNAL, "a Delete was not written whole");
    *ret = buf_str(&b);
    return OK;
}

/* The activity of this actor, and how far its deliveries are queued already (NULL: all). */
static enum err begin(struct cx *cx, const struct leaving_actors_row *actor, int64_t *ret_id,
                      struct str *ret_cursor)
{
    struct activity_of_object_row row;
    struct activity_by_id_row a;
    struct str body;
    bool found;
    TRY(q_activity_of_object(cx, actor->uri, STR("Delete"), &found, &row));
    if (found) {
        TRY(q_activity_by_id(cx, row.id, &found, &a));
        *ret_id = row.id;
        *ret_cursor = a.fanned_to;
        return OK;
    }
    int64_t id = id_next(cx->node->ids);
    TRY(write_delete(cx, id, actor->uri, &body));
    TRY(q_activity_put(cx, id, fed_iri(cx, "/ap/x/%lld", (long long)id), actor->id, STR("Delete"),
                       actor->uri, 0, STR(""), body, cx->now, NULL));
    *ret_id = id;
    *ret_cursor = STR("");
    return OK;
}

static enum err tell_of(struct cx *cx, const struct leaving_actors_row *actor)
{
    struct str cursor, *inboxes;
    size_t n;
    int64_t id;
    TRY(begin(cx, actor, &id, &cursor));
    while (cursor.p != NULL) {
        TRY(q_leaving_inboxes(cx, cursor, CHUNK, &inboxes, &n));
        TX_SCOPE(cx);
        for (size_t i = 0; i < n; i++)
            TRY(fed_deliver_put(cx, id, inboxes[i], actor->uri));
        cursor = n < CHUNK ? STR_NULL : inboxes[n - 1];
        TRY(q_activity_fanned(cx, id, cursor, NULL));
        TRY(tx_commit(cx));
    }
    return OK;
}

enum err fed_leave(struct cx *cx)
{
    struct leaving_actors_row *actors;
    size_t n;
    TRY(q_leaving_actors(cx, &actors, &n));
    for (size_t i = 0; i < n; i++)
        TRY(tell_of(cx, &actors[i]));
    return OK;
}

enum err fed_leave_pending(struct cx *cx, int64_t *ret)
{
    return q_leaving_pending(cx, ret);
}
