#include "federation/fed.h"
#include "federation/out.h"

static void put_to(struct jw *w, const struct fed_out_envelope *e)
{
    jw_key(w, "to");
    jw_arr(w);
    if (e->to.p == NULL)
        jw_c(w, AS_PUBLIC);
    else
        jw_str(w, e->to);
    jw_end(w);
    if (e->to.p != NULL || e->unfollowed)
        return;
    jw_key(w, "cc");
    jw_arr(w);
    fed_put_below(w, e->actor, "/followers");
    if (e->cc.p != NULL)
        jw_str(w, e->cc);
    for (size_t i = 0; i < e->n_mentions; i++)
        jw_str(w, e->mentions[i].uri);
    jw_end(w);
}

void fed_put_envelope(struct jw *w, const struct fed_out_envelope *e, const char *context)
{
    jw_key(w, "@context");
    jw_raw(w, str_c(context));
    jw_key_str(w, "id", e->id);
    jw_key_str(w, "type", e->type);
    jw_key_str(w, "actor", e->actor);
    jw_key_time(w, "published", e->published);
    put_to(w, e);
}

void fed_out_create(struct jw *w, const struct fed_out_envelope *e, const struct fed_out_note *n)
{
    jw_obj(w);
    fed_put_envelope(w, e, FED_NOTE_CONTEXT);
    jw_key(w, "object");
    jw_obj(w);
    fed_out_note(w, n);
    jw_end(w);
    jw_end(w);
}

void fed_out_update_note(struct jw *w, const struct fed_out_envelope *e,
                         const struct fed_out_note *n)
{
    fed_out_create(w, e, n);
}

void fed_out_update_actor(struct jw *w, const struct fed_out_envelope *e,
                          const struct fed_out_actor *a)
{
    jw_obj(w);
    fed_put_envelope(w, e, FED_CONTEXT);
    jw_key(w, "object");
    fed_out_actor(w, a);
    jw_end(w);
}

void fed_out_tombstone(struct jw *w, struct str id, struct str former_type, int64_t deleted,
                       bool alone)
{
    jw_obj(w);
    if (alone)
        jw_key_c(w, "@context", "https://www.w3.org/ns/activitystreams");
    jw_key_str(w, "id", id);
    jw_key_c(w, "type", "Tombstone");
    jw_key_str(w, "formerType", former_type);
    jw_key_time(w, "deleted", deleted);
    jw_end(w);
}

void fed_out_delete(struct jw *w, const struct fed_out_envelope *e, struct str object,
                    struct str former_type)
{
    jw_obj(w);
    fed_put_envelope(w, e, FED_CONTEXT);
    jw_key(w, "object");
    fed_out_tombstone(w, object, former_type, e->published, false);
    jw_end(w);
}

void fed_out_answer(struct jw *w, const struct fed_out_envelope *e, struct str follow_id,
                    struct str follower, struct str target)
{
    jw_obj(w);
    fed_put_envelope(w, e, FED_CONTEXT);
    jw_key(w, "object");
    jw_obj(w);
    jw_key_str(w, "id", follow_id);
    jw_key_c(w, "type", "Follow");
    jw_key_str(w, "actor", follower);
    jw_key_str(w, "object", target);
    jw_end(w);
    jw_end(w);
}

void fed_out_flag(struct jw *w, const struct fed_out_envelope *e, struct str text,
                  const struct str *objects, size_t n_objects)
{
    jw_obj(w);
    fed_put_envelope(w, e, FED_CONTEXT);
    jw_key_str(w, "content", text);
    jw_key(w, "object");
    jw_arr(w);
    jw_str(w, e->to);
    for (size_t i = 0; i < n_objects; i++)
        jw_str(w, objects[i]);
    jw_end(w);
    jw_end(w);
}

void fed_out_move(struct jw *w, const struct fed_out_envelope *e, struct str target)
{
    jw_obj(w);
    jw_key_c(w, "@context", "https://www.w3.org/ns/activitystreams");
    jw_key_str(w, "id", e->id);
    jw_key_c(w, "type", "Move");
    jw_key_str(w, "actor", e->actor);
    jw_key_time(w, "published", e->published);
    jw_key(w, "to");
    jw_arr(w);
    fed_put_below(w, e->actor, "/followers");
    jw_end(w);
    jw_key_str(w, "object", e->actor);
    jw_key_str(w, "target", target);
    jw_end(w);
}
