#include "federation/fed.h"
#include "federation/rates.h"
#include "federation/receive.h"
#include "federation/receive_sql.h"
#include "node/base/clock.h"
#include "node/base/url.h"
#include "node/talk/comment.h"
#include "node/text/sanitize.h"

enum { CONTENT_MAX = 150 * 1024, TAGS_MAX = 100, MENTIONS_MAX = 50, ADDRESSED_MAX = 500 };

/* Said to everybody, loudly or quietly? What is not, is not for the page (3.12). */
static bool is_public(const struct fed_in *in, const json_t *note)
{
    const json_t *from = ld_get(note, "to") == NULL && ld_get(note, "cc") == NULL ? in->doc : note;
    static const char *const keys[] = {"to", "cc"};
    if (ld_count(ld_get(from, "to")) + ld_count(ld_get(from, "cc")) > ADDRESSED_MAX)
        return false;
    for (size_t k = 0; k < 2; k++) {
        LD_EACH(i, one, ld_get(from, keys[k]))
            if (fed_is_public(ld_id(one)))
                return true;
    }
    return false;
}

static bool is_spam(const json_t *note)
{
    size_t mentions = 0;
    LD_EACH(i, tag, ld_get(note, "tag"))
        mentions += ld_type_is(tag, "Mention");
    return mentions > MENTIONS_MAX || ld_count(ld_get(note, "tag")) > TAGS_MAX;
}

/* An answer to an answer that never came here. If one of ours is spoken to, the thread is followed
 * up to what we know, and its steps are taken with it (3.8, 3.13). */
static bool is_worth_climbing(struct cx *cx, const struct fed_in *in, const json_t *note)
{
    struct fed_local l;
    if (in->depth > 0)
        return true; /* somebody below was worth it */
    LD_EACH(i, tag, ld_get(note, "tag")) {
        struct str href = ld_str(tag, "href");
        if (i < TAGS_MAX && ld_type_is(tag, "Mention") && str_starts(href, cx->node->origin) &&
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

/* From a server where nobody follows anything of ours it waits for a moderator (3.9). */
static enum err put_comment(struct cx *cx, const struct fed_in *in, const struct fed_target *t,
                            struct str uri, struct str url, struct safe_html html,
                            int64_t published)
{
    struct comment_times_row was;
    struct comment c;
    bool known, neighbour;
    int64_t id;
    TX_SCOPE(cx);
    TRY(q_comment_times(cx, uri, &known, &was));
    TRY(q_follower_of_host(cx, in->actor.host, &neighbour, &id));
    TRY(comment_create_remote(cx, t->post_id, t->comment_id, in->actor.id, uri, url, html,
                              published, &c));
    if (!known && !neighbour)
        TRY(comment_hold(cx, c.id));
    return tx_commit(cx);
}

enum err fed_in_create(struct cx *cx, const struct fed_in *in)
{
    struct fed_target t;
    struct safe_html html;
    json_t *note;
    bool found, burnt;
    /* Whom it answers decides whether it concerns us at all: before anything is fetched. */
    struct str answers = ld_id_at(in->object, "inReplyTo");
    if (json_is_object(in->object) && ld_type(in->object).p != NULL && str_empty(answers))
        return OK;
    TRY(fed_note_trusted(cx, in, &note));
    answers = ld_id_at(note, "inReplyTo");
    TRY(fed_target_find(cx, answers, &found, &t));
    if (!found && is_public(in, note) && !is_spam(note))
        TRY(climb(cx, in, note, answers, &found, &t));
    if (!found || !is_public(in, note) || is_spam(note))
        return OK;
    struct str uri = ld_str(note, "id");
    TRY(fed_is_burnt(cx, uri, &burnt));
    struct str content = ld_lang(note, "content", NULL);
    /* A name without content is a vote (3c). */
    if (burnt || str_empty(content) || content.n > CONTENT_MAX)
        return OK;
    TRY(sanitize_html(cx->arena, content, &html));
    int64_t published = cx->now;
    if (!ld_time(note, "published", &published) || published > cx->now || published < 0)
        published = cx->now;
    return put_comment(cx, in, &t, uri, url_of(cx, in, note), html, published);
}
