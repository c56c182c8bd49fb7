#include "federation/direct.h"

#include "federation/deliver.h"
#include "federation/fed.h"
#include "federation/policy.h"
#include "node/base/clock.h"
#include "node/base/id.h"
#include "node/people/rate.h"
#include "node/planet/planet.h"
#include "node/talk/direct.h"
#include "node/text/markdown.h"
#include "node/text/sanitize.h"

enum { ANSWERS_AN_HOUR = 120 };

static void put_list(struct jw *w, const char *key, struct str one)
{
    jw_key(w, key);
    jw_arr(w);
    if (one.p != NULL)
        jw_str(w, one);
    jw_end(w);
}

static void put_note(struct jw *w, const struct fed_direct *d)
{
    jw_obj(w);
    jw_key_str(w, "id", d->id);
    jw_key_c(w, "type", "Note");
    jw_key_str(w, "attributedTo", d->actor_uri);
    jw_key_opt(w, "inReplyTo", d->in_reply_to);
    jw_key_time(w, "published", d->published);
    put_list(w, "to", d->to_uri);
    put_list(w, "cc", STR_NULL);
    jw_key_str(w, "content", d->html.s);
    if (!str_empty(d->lang)) {
        jw_key(w, "contentMap");
        jw_obj(w);
        jw_key_s(w, d->lang);
        jw_str(w, d->html.s);
        jw_end(w);
    }
    jw_key_bool(w, "sensitive", false);
    jw_key(w, "tag");
    jw_arr(w);
    jw_obj(w);
    jw_key_c(w, "type", "Mention");
    jw_key_str(w, "href", d->to_uri);
    jw_key_str(w, "name", d->to_name);
    jw_end(w);
    jw_end(w);
    jw_end(w);
}

void fed_out_direct(struct jw *w, struct fed_out_envelope *e, const struct fed_direct *d)
{
    e->to = d->to_uri;
    jw_obj(w);
    fed_put_envelope(w, e, FED_NOTE_CONTEXT);
    jw_key(w, "object");
    put_note(w, d);
    jw_end(w);
}

enum err fed_direct_say(struct cx *cx, int64_t planet_id, const struct fed_actor *to,
                        struct str in_reply_to, struct str lang, struct safe_html html,
                        int64_t id, struct str *ret_uri)
{
    struct fed_saying s = {.id = id_next(cx->node->ids), .type = "Create", .audience = FED_DIRECT,
                           .inboxes = &to->inbox, .n_inboxes = 1};
    struct fed_policy p;
    struct buf b;
    struct jw w;
    if (id == 0)
        id = id_next(cx->node->ids);
    if (ret_uri != NULL)
        *ret_uri = STR_NULL;
    TRY(fed_policy_of(cx, to->host, &p));
    if (to->inbox.p == NULL || to->deleted_at != DB_NULL || p.level == FED_SUSPENDED)
        return OK;
    TRY(fed_local_by_ref(cx, "planet", planet_id, &s.actor));
    s.object_uri = fed_iri(cx, "/ap/d/%lld", (long long)id);
    struct str url = to->url.p == NULL ? to->uri : to->url;
    struct fed_direct d = {.id = s.object_uri, .actor_uri = s.actor.uri, .to_uri = to->uri,
                           .to_name = str_fmt(cx->arena, "@" STR_FMT "@" STR_FMT,
                                              STR_ARG(to->username), STR_ARG(to->host)),
                           .in_reply_to = in_reply_to, .lang = lang, .published = cx->now,
                           .html = fed_out_mentioning(cx->arena, url, to->username, html)};
    struct fed_out_envelope e = fed_saying_envelope(cx, &s);
    buf_init_arena(&b, cx->arena, 1 << 18);
    jw_init(&w, &b);
    fed_out_direct(&w, &e, &d);
    TRY(fed_written(cx, &w, &b, &s.body));
    /* What is said to one person reaches them in order. */
    TRY(fed_say_to(cx, &s, to->uri));
    if (ret_uri != NULL)
        *ret_uri = s.object_uri;
    return OK;
}

enum err fed_direct_answer(struct cx *cx, int64_t planet_id, int64_t actor_id, int64_t form_id,
                           struct str markdown)
{
    struct fed_actor to;
    struct planet p;
    struct safe_html html;
    struct str last, uri;
    bool known;
    TRY(planet_may_manage(cx, planet_id));
    markdown = str_trim(markdown);
    if (markdown.n == 0)
        return cx_tell(cx, ERR_INVALID, N_("Write something first."));
    if (!str_is_utf8(markdown) || str_utf8_len(markdown) > DIRECT_CHARS_MAX)
        return cx_tell(cx, ERR_INVALID, N_("The message is too long: at most 5,000 characters."));
    TRY(markdown_render(cx, MARKDOWN_COMMENT, markdown, &html));
    TRY(planet_by_id(cx, planet_id, &p));
    TRY(rate_hit(cx, "direct-answer", str_fmt(cx->arena, "%lld", (long long)planet_id), MS_HOUR,
                 ANSWERS_AN_HOUR));
    TX_SCOPE(cx);
    TRY(direct_is_known(cx, fed_iri(cx, "/ap/d/%lld", (long long)form_id), &known));
    if (known)
        return tx_commit(cx);
    TRY(fed_actor_by_id(cx, actor_id, &to));
    TRY(direct_last_of(cx, planet_id, actor_id, &last));
    if (last.p == NULL)
        return cx_tell(cx, ERR_CONFLICT, N_("Only who wrote to the planet can be answered."));
    TRY(fed_direct_say(cx, planet_id, &to, last, p.lang, html, form_id, &uri));
    if (uri.p == NULL)
        return cx_tell(cx, ERR_CONFLICT, N_("They cannot be reached: their account is gone, or their server "
                                            "is blocked."));
    TRY(direct_put(cx, form_id, planet_id, actor_id, uri, html));
    return tx_commit(cx);
}
