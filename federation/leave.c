/* A node that is deleted says so once, for each of its actors, to everybody it ever spoke with: a
 * Delete of an actor is what makes other servers forget its posts and followers. */
#include "federation/fanout_sql.h"
#include "federation/fed.h"
#include "federation/leave_sql.h"
#include "federation/say.h"
#include "node/base/id.h"
#include "node/db/db.h"

static enum err write_delete(struct cx *cx, struct fed_saying *s)
{
    struct buf b;
    struct jw w;
    struct fed_out_envelope e = fed_saying_envelope(cx, s);
    buf_init_arena(&b, cx->arena, 65536);
    jw_init(&w, &b);
    fed_out_delete(&w, &e, s->object_uri, STR("Person"));
    return fed_written(cx, &w, &b, &s->body);
}

static enum err tell_of(struct cx *cx, const struct leaving_actors_row *actor)
{
    struct activity_of_object_row row;
    struct fed_saying s = {.type = "Delete", .object_uri = actor->uri, .audience = FED_KNOWN};
    bool found, spoken;
    TRY(q_activity_of_object(cx, actor->uri, STR("Delete"), &found, &row));
    if (found)
        return fed_say_resume(cx, row.id, &spoken);
    TRY(fed_local_by_id(cx, actor->id, &s.actor));
    s.id = id_next(cx->node->ids);
    TRY(write_delete(cx, &s));
    return fed_say(cx, &s);
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
