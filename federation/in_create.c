#include "federation/admit.h"
#include "federation/direct.h"
#include "federation/fed.h"
#include "federation/note_read.h"
#include "federation/quote.h"
#include "federation/rates.h"
#include "federation/receive.h"
#include "federation/receive_sql.h"
#include "federation/spam.h"
#include "node/base/clock.h"
#include "node/talk/comment.h"
#include "node/talk/thread.h"
#include "node/text/sanitize.h"

/* An answer to an answer that never came here. If one of ours is spoken to, the thread is followed
 * up to what we know, and its steps are taken with it (3.8, 3.13). */
static bool is_worth_climbing(struct cx *cx, const struct fed_in *in, const json_t *note)
{
    struct fed_local l;
    if (in->depth > 0)
        return true; /* somebody below was worth it */
    LD_EACH(i, tag, ld_get(note, "tag")) {
        struct str href = ld_str(tag, "href");
        if (i < FED_TAGS_MAX && ld_type_is(tag, "Mention") && str_starts(href, cx->node->origin) &&
            fed_local_by_uri(cx, href, &l) == OK)
            return true;
    }
    return false;
}

static enum err climb(struct cx *cx, const struct fed_in *in, const json_t *note, struct str parent,
                      bool *ret_found, struct fed_target *ret)
{
    if (str_empty(parent) || str_starts(parent, cx->node->origin) ||
        !is_worth_climbing(cx, in, note))
        return OK;
    if (in->depth == 0 && !fed_rate_climbs(cx, fed_house(in->actor.host)))
        return OK;
    enum err e = fed_take_note(cx, parent, false, in->depth + 1);
    if (e != OK && e != ERR_NOT_FOUND && e != ERR_GONE && e != ERR_FORBIDDEN &&
        e != ERR_INVALID && e != ERR_UNSUPPORTED)
        return e;
    return fed_target_find(cx, parent, ret_found, ret);
}

/* A person's page, not something that runs. */
static struct str url_of(struct cx *cx, const struct fed_in *in, const json_t *note)
{
    struct str url = ld_url(note, "url");
    if (url.p != NULL && fed_id_ok(cx, url, in->actor.host))
        return url;
    return ld_str(note, "id");
}

/* How it comes in is the planet's to say (3.9). */
static enum err put_comment(struct cx *cx, const struct fed_in *in, enum fed_spam spam,
                            struct comment_far *far)
{
    struct fed_admission how;
    struct comment c;
    bool closed = false;
    TX_SCOPE(cx);
    if (!far->is_quote)
        TRY(thread_is_closed(cx, far->post_id, &closed));
    if (closed)
        return tx_commit(cx);
    TRY(fed_admit_comment(cx, far->post_id, &in->actor, &how));
    TRY(fed_spam_weigh(cx, far->post_id, &in->actor, spam, &how));
    if (how.refused)
        return tx_commit(cx);
    far->held = how.held;
    far->quiet = how.quiet;
    TRY(comment_put_far(cx, far, &c));
    return tx_commit(cx);
}

enum err fed_comment_take(struct cx *cx, const struct fed_in *in, json_t *note,
                          struct comment_far *far)
{
    bool burnt;
    far->actor_id = in->actor.id;
    far->object_uri = ld_str(note, "id");
    TRY(fed_is_burnt(cx, far->object_uri, &burnt));
    struct str content = ld_lang(note, "content", NULL);
    /* A name without content is a vote (3c). */
    if (burnt || str_empty(content) || content.n > FED_CONTENT_MAX)
        return OK;
    TRY(sanitize_html(cx->arena, content, &far->html));
    if (!ld_time(note, "published", &far->published_at) || far->published_at > cx->now ||
        far->published_at < 0)
        far->published_at = cx->now;
    far->object_url = url_of(cx, in, note);
    fed_note_extras(cx->arena, note, far);
    return put_comment(cx, in, fed_spam_of(note, far->html), far);
}

/* Does an embedded note concern us at all? Asked before anything is fetched. */
static bool may_concern(const struct fed_in *in)
{
    struct str uris[FED_QUOTES_MAX];
    if (!json_is_object(in->object) || ld_type(in->object).p == NULL)
        return true; /* not embedded */
    return !str_empty(ld_id_at(in->object, "inReplyTo")) ||
           fed_note_quotes(in->object, uris) > 0;
}

enum err fed_in_create(struct cx *cx, const struct fed_in *in)
{
    struct fed_target t;
    struct fed_quoted q;
    json_t *note;
    bool found;
    TRY(fed_in_direct(cx, in, &found));
    if (found || !may_concern(in))
        return OK;
    TRY(fed_note_trusted(cx, in, &note));
    if (!fed_note_is_public(in, note) || fed_note_is_spam(note))
        return OK;
    struct str answers = ld_id_at(note, "inReplyTo");
    TRY(fed_target_find(cx, answers, &found, &t));
    if (!found)
        TRY(climb(cx, in, note, answers, &found, &t));
    if (found) {
        struct comment_far far = {.post_id = t.post_id, .parent_id = t.comment_id};
        return fed_comment_take(cx, in, note, &far);
    }
    TRY(fed_quoted_by(cx, note, &found, &q));
    return found ? fed_quote_take(cx, in, &q, note) : OK;
}
