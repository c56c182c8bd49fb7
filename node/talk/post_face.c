#include "node/talk/post_face.h"

#include "node/base/buf.h"
#include "node/base/id.h"
#include "node/db/db.h"
#include "node/event.h"
#include "node/node.h"
#include "node/talk/post_sql.h"
#include "node/talk/public_view.h"

enum { FACE_MAX = 16 << 20 };

static void put_field(struct buf *b, struct str s)
{
    buf_fmt(b, "%zu:", s.n);
    buf_put(b, s);
}

enum err post_face(struct cx *cx, int64_t post_id, struct str *ret)
{
    struct public_post v;
    struct buf b;
    enum err e = public_post_by_id(cx, post_id, &v);

    if (e == ERR_NOT_FOUND) {
        *ret = STR_NULL;
        return OK;
    }
    if (e != OK)
        return e;
    buf_init_arena(&b, cx->arena, FACE_MAX);
    put_field(&b, v.url);
    put_field(&b, v.title);
    put_field(&b, v.lang);
    put_field(&b, v.warning);
    put_field(&b, v.locked ? STR("locked") : STR("public"));
    put_field(&b, v.html.s);
    for (size_t i = 0; i < v.n_tags; i++)
        put_field(&b, v.tags[i]);
    for (size_t i = 0; i < v.n_media; i++) {
        put_field(&b, v.media[i].url);
        put_field(&b, v.media[i].alt);
    }
    if (b.overflow)
        return cx_fail(cx, ERR_TOO_LARGE, "public face beyond %d bytes", FACE_MAX);
    *ret = buf_str(&b);
    return OK;
}

enum err post_face_mint(struct cx *cx, int64_t post_id)
{
    struct str uri = str_fmt(cx->arena, STR_FMT "/ap/o/%lld", STR_ARG(cx->node->origin),
                             (long long)id_next(cx->node->ids));

    TRY(q_post_set_published(cx, post_id, uri, cx->now, NULL));
    return event_emit(cx, EV_POST_PUBLISHED, post_id, STR_NULL);
}

enum err post_face_burn(struct cx *cx, int64_t post_id, struct str object_uri)
{
    if (str_empty(object_uri))
        return OK;
    TRY(q_tombstone_put(cx, object_uri, STR("Note"), cx->now, NULL));
    return event_emit(cx, EV_POST_DELETED, post_id, object_uri);
}

enum err post_face_changed(struct cx *cx, const struct post *before, struct str face_before)
{
    struct post after;
    struct str face;

    if (!str_eq(before->state, STR("published")))
        return OK;
    TRY(post_by_id(cx, before->id, &after));
    if (before->gate.kind == GATE_PUBLIC && after.gate.kind != GATE_PUBLIC) {
        TRY(post_face_burn(cx, before->id, before->object_uri));
        return post_face_mint(cx, before->id);
    }
    TRY(post_face(cx, before->id, &face));
    if (str_eq(face, face_before))
        return event_emit(cx, EV_POST_BODY_CHANGED, before->id, STR_NULL);
    TRY(q_post_set_face_at(cx, before->id, cx->now, NULL));
    return event_emit(cx, EV_POST_UPDATED, before->id, before->object_uri);
}
