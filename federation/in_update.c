#include "federation/admit.h"
#include "federation/fed.h"
#include "federation/nearby.h"
#include "federation/note_read.h"
#include "federation/receive.h"
#include "federation/receive_sql.h"
#include "node/base/clock.h"
#include "node/people/identity.h"
#include "node/talk/comment.h"
#include "node/text/sanitize.h"

#define ACTOR_EVERY (5 * MS_MINUTE)

static enum err update_actor(struct cx *cx, const struct fed_in *in)
{
    int64_t id;
    /* Their server has shut it: nobody comes in by it (9.7). What its account has here stays. */
    if (ld_bool(in->object, "suspended", false)) {
        TX_SCOPE(cx);
        TRY(identity_actor_gone(cx, in->actor.id));
        TRY(tx_commit(cx));
    }
    if (cx->now - in->actor.fetched_at < ACTOR_EVERY)
        return OK;
    TRY(fed_nearby_hurry(cx, in->actor.uri));
    return fed_actor_get(cx, in->actor.uri, &id);
}

enum err fed_in_update(struct cx *cx, const struct fed_in *in)
{
    struct comment_times_row was;
    struct comment_far far = {0};
    struct safe_html html;
    json_t *note;
    bool found;
    if (str_eq(in->object_id, in->actor.uri))
        return update_actor(cx, in);
    TRY(q_comment_times(cx, in->object_id, &found, &was));
    if (!found && json_is_object(in->object)) {
        /* It overtook its Create, or that was lost: what it says is the newest word of it. */
        TRY(fed_in_create(cx, in));
        TRY(q_comment_times(cx, in->object_id, &found, &was));
    }
    if (!found)
        return OK;
    if (was.actor_id != in->actor.id)
        return cx_fail(cx, ERR_FORBIDDEN, "somebody else's object");
    TRY(fed_note_trusted(cx, in, &note));
    int64_t updated, last = was.edited_at == DB_NULL ? was.created_at : was.edited_at;
    if (!ld_time(note, "updated", &updated))
        updated = cx->now;
    /* Many say times by the second: an edit made within the second of what it edits is an edit. */
    if (updated / MS_SECOND < last / MS_SECOND)
        return OK; /* older than what we show: it came late */
    struct str content = ld_lang(note, "content", NULL);
    bool addressed = ld_get(note, "to") != NULL || ld_get(note, "cc") != NULL;
    /* As of a new one: no longer, and what its writer now says to a few is not ours to show. */
    if (str_empty(content) || content.n > FED_CONTENT_MAX ||
        (addressed && !fed_note_is_public(in, note)))
        return OK;
    TRY(sanitize_html(cx->arena, content, &html));
    fed_note_extras(cx->arena, note, &far);
    TX_SCOPE(cx);
    /* A date in the future would lock later edits out. */
    TRY(comment_update_remote(cx, in->object_id, in->actor.id, html,
                              updated > cx->now ? cx->now : updated));
    TRY(comment_set_far(cx, was.id, &far));
    if (str_eq_c(was.state, "shown")) {
        bool held;
        TRY(fed_admit_edit(cx, was.post_id, &held));
        if (held)
            TRY(comment_hold(cx, was.id)); /* what stands there was approved, word by word */
    }
    return tx_commit(cx);
}
