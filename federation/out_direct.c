#include "federation/direct.h"

#include "federation/deliver.h"
#include "federation/fed.h"
#include "federation/policy.h"
#include "node/base/id.h"

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
                        int64_t *ret_id, struct str *ret_uri)
{
    struct fed_saying s = {.id = id_next(cx->node->ids), .type = "Create", .audience = FED_DIRECT,
                           .inboxes = &to->inbox, .n_inboxes = 1};
    struct fed_policy p;
    struct buf b;
    struct jw w;
    int64_t id = id_next(cx->node->ids);
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
    if (ret_id != NULL)
        *ret_id = id;
    if (ret_uri != NULL)
        *ret_uri = s.object_uri;
    return OK;
}
