#include "federation/quote.h"

#include "federation/fed.h"
#include "federation/note_read.h"
#include "federation/policy.h"
#include "federation/quote_sql.h"
#include "federation/receive_sql.h"
#include "federation/say.h"
#include "node/base/id.h"
#include "node/text/sanitize.h"

enum err fed_quoted_find(struct cx *cx, struct str uri, bool *ret_found, struct fed_quoted *ret)
{
    struct quoted_comment_row c;
    struct fed_quoted q = {.uri = uri};
    enum err e;
    *ret_found = false;
    if (!str_starts(uri, cx->node->origin))
        return OK;
    TRY(fed_target_find(cx, uri, ret_found, &q.target));
    if (!*ret_found)
        return OK;
    if (q.target.comment_id == 0) {
        TRY(q_quoted_post(cx, q.target.post_id, &q.planet_id));
        e = fed_local_by_ref(cx, "planet", q.planet_id, &q.owner);
    } else {
        TRY(q_quoted_comment(cx, q.target.comment_id, ret_found, &c));
        if (!*ret_found)
            return OK;
        q.planet_id = c.planet_id;
        e = fed_local_by_ref(cx, "account", c.account_id, &q.owner);
    }
    *ret_found = e == OK;
    if (e == OK)
        *ret = q;
    return e == ERR_NOT_FOUND ? OK : e;
}

enum err fed_quoted_by(struct cx *cx, const json_t *note, bool *ret_found, struct fed_quoted *ret)
{
    struct str uris[FED_QUOTES_MAX];
    size_t n = fed_note_quotes(note, uris);
    *ret_found = false;
    for (size_t i = 0; i < n && !*ret_found; i++)
        TRY(fed_quoted_find(cx, uris[i], ret_found, ret));
    return OK;
}

enum err fed_quote_may(struct cx *cx, const struct fed_quoted *q, int64_t actor_id, bool *ret)
{
    enum fed_actor_level level;
    enum quote_rule rule;
    struct fed_local planet;
    int64_t follow_id;
    *ret = false;
    TRY(fed_actor_blocked(cx, actor_id, q->planet_id, &level));
    if (level == FED_ACTOR_BLOCKED)
        return OK;
    TRY(quote_rule_of(cx, q->planet_id, &rule));
    if (rule != QUOTE_FOLLOWERS) {
        *ret = rule == QUOTE_EVERYBODY;
        return OK;
    }
    TRY(fed_local_by_ref(cx, "planet", q->planet_id, &planet));
    TRY(q_follow_find(cx, actor_id, planet.id, ret, &follow_id));
    if (!*ret && q->owner.id != planet.id)
        TRY(q_follow_find(cx, actor_id, q->owner.id, ret, &follow_id));
    return OK;
}

/* ---- keeping them -------------------------------------------------------------------------- */

enum err fed_quote_take(struct cx *cx, const struct fed_in *in, const struct fed_quoted *q,
                        json_t *note)
{
    struct comment_far far = {.post_id = q->target.post_id, .is_quote = true};
    struct quote_grant grant;
    bool granted, may;
    if (!fed_note_is_public(in, note) || fed_note_is_spam(note))
        return OK;
    TRY(quote_grant_find(cx, ld_str(note, "id"), q->uri, &granted, &grant));
    if (granted && grant.revoked_at != DB_NULL)
        return OK; /* it was taken back, and stays so */
    TRY(fed_quote_may(cx, q, in->actor.id, &may));
    if (!may && !granted)
        return OK;
    return fed_comment_take(cx, in, note, &far);
}

/* ---- asked for ----------------------------------------------------------------------------- */

/* The quoting note: its id is on the asker's host; in full if it can be trusted, else fetched. What
 * cannot be had for good leaves *ret_note NULL: the rule decides without it. */
static enum err read_instrument(struct cx *cx, const struct fed_in *in, struct str *ret_uri,
                                json_t **ret_note)
{
    struct fed_in as = *in;
    *ret_note = NULL;
    as.object = ld_first(ld_get(in->doc, "instrument"));
    as.object_id = ld_id(as.object);
    *ret_uri = as.object_id;
    if (!fed_id_ok(cx, as.object_id, in->actor.host))
        return cx_fail(cx, ERR_FORBIDDEN, "a quote on another host");
    enum err e = fed_note_trusted(cx, &as, ret_note);
    if (e == ERR_NOT_FOUND || e == ERR_GONE || e == ERR_UNSUPPORTED ||
        (e == ERR_FORBIDDEN && !json_is_object(as.object)))
        return OK;
    return e;
}

static bool quotes_it(const json_t *note, struct str uri)
{
    struct str uris[FED_QUOTES_MAX];
    size_t n = fed_note_quotes(note, uris);
    for (size_t i = 0; i < n; i++)
        if (str_eq(uris[i], uri))
            return true;
    return n == 0;
}

static enum err write_answer(struct cx *cx, const struct fed_in *in, const struct fed_quoted *q,
                             struct str quote_uri, struct fed_saying *s, struct str result)
{
    struct fed_out_envelope e = fed_saying_envelope(cx, s);
    struct fed_out_quote_answer a = {.request = in->id, .asker = in->actor.uri, .target = q->uri,
                                     .quote = quote_uri, .result = result};
    struct buf b;
    struct jw w;
    e.to = in->actor.uri;
    buf_init_arena(&b, cx->arena, 65536);
    jw_init(&w, &b);
    fed_out_quote_answer(&w, &e, &a);
    return fed_written(cx, &w, &b, &s->body);
}

/* A grant that was taken back is not given again; asked twice, the same is given twice. */
static enum err answer(struct cx *cx, const struct fed_in *in, const struct fed_quoted *q,
                       struct str quote_uri, bool yes)
{
    struct quote_grant grant = {.id = id_next(cx->node->ids), .post_id = q->target.post_id,
                                .actor_id = in->actor.id, .local_actor_id = q->owner.id,
                                .target_uri = q->uri, .quote_uri = quote_uri};
    struct fed_saying s = {.id = id_next(cx->node->ids), .actor = q->owner, .object_uri = in->id,
                           .audience = FED_DIRECT, .inboxes = &in->actor.inbox, .n_inboxes = 1};
    TX_SCOPE(cx);
    if (yes)
        TRY(quote_grant_put(cx, &grant, &grant));
    yes = yes && grant.revoked_at == DB_NULL && grant.actor_id == in->actor.id;
    s.type = yes ? "Accept" : "Reject";
    TRY(write_answer(cx, in, q, quote_uri, &s,
                     yes ? fed_iri(cx, "/ap/q/%lld", (long long)grant.id) : STR_NULL));
    if (in->actor.inbox.p != NULL)
        TRY(fed_say_to(cx, &s, in->actor.uri));
    return tx_commit(cx);
}

enum err fed_in_quote_request(struct cx *cx, const struct fed_in *in)
{
    struct fed_quoted q;
    struct str quote_uri;
    json_t *note;
    bool found, burnt, may;
    TRY(fed_quoted_find(cx, in->object_id, &found, &q));
    if (!found)
        return OK;
    TRY(read_instrument(cx, in, &quote_uri, &note));
    TRY(fed_is_burnt(cx, quote_uri, &burnt));
    if (burnt)
        return OK; /* deleted before it was asked for */
    TRY(fed_quote_may(cx, &q, in->actor.id, &may));
    if (note != NULL && !quotes_it(note, q.uri))
        may = false;
    TRY(answer(cx, in, &q, quote_uri, may));
    if (!may || note == NULL)
        return OK;
    enum err e = fed_quote_take(cx, in, &q, note);
    return e == ERR_GONE ? OK : e;
}

/* ---- taken back ---------------------------------------------------------------------------- */

static enum err write_revocation(struct cx *cx, const struct quote_grant *g, struct str uri,
                                 struct str asker, struct fed_saying *s)
{
    struct fed_out_quote_grant v = {.id = uri, .actor = s->actor.uri, .quote = g->quote_uri,
                                    .target = g->target_uri};
    struct fed_out_envelope e = fed_saying_envelope(cx, s);
    struct buf b;
    struct jw w;
    e.cc = asker;
    buf_init_arena(&b, cx->arena, 65536);
    jw_init(&w, &b);
    fed_out_quote_revoked(&w, &e, &v);
    return fed_written(cx, &w, &b, &s->body);
}

static enum err revoke(struct cx *cx, const struct quote_grant *g)
{
    struct fed_actor asker;
    struct fed_saying s = {.id = id_next(cx->node->ids), .type = "Delete", .audience = FED_NAMED,
                           .inboxes = &asker.inbox, .n_inboxes = 1};
    TRY(fed_actor_by_id(cx, g->actor_id, &asker));
    TRY(fed_local_by_id(cx, g->local_actor_id, &s.actor));
    s.object_uri = fed_iri(cx, "/ap/q/%lld", (long long)g->id);
    TRY(quote_grant_revoke(cx, g->id));
    if (asker.inbox.p == NULL || asker.deleted_at != DB_NULL)
        return OK;
    TRY(write_revocation(cx, g, s.object_uri, asker.uri, &s));
    return fed_say_to(cx, &s, asker.uri);
}

enum err fed_quotes_revoke(struct cx *cx, const struct quote_grant *grants, size_t n)
{
    if (n == 0)
        return OK;
    TX_SCOPE(cx);
    for (size_t i = 0; i < n; i++)
        TRY(revoke(cx, &grants[i]));
    return tx_commit(cx);
}

enum err fed_quote_settle(struct cx *cx, int64_t comment_id, bool *ret_is_quote)
{
    struct quote_state_row row;
    struct quote_grant *grants;
    size_t n;
    TRY(q_quote_state(cx, comment_id, ret_is_quote, &row));
    if (!*ret_is_quote || (!str_eq_c(row.state, "hidden") && !str_eq_c(row.state, "deleted")))
        return OK;
    TRY(quote_grants_of_note(cx, row.object_uri, &grants, &n));
    return fed_quotes_revoke(cx, grants, n);
}

enum err fed_quotes_revoke_actor(struct cx *cx, int64_t actor_id)
{
    struct quote_grant *grants;
    size_t n;
    TRY(quote_grants_of_actor(cx, actor_id, &grants, &n));
    return fed_quotes_revoke(cx, grants, n);
}
