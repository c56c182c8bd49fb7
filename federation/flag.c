#include "federation/flag.h"

#include "federation/fed.h"
#include "federation/policy.h"
#include "federation/remote.h"
#include "federation/say.h"
#include "node/base/id.h"
#include "node/talk/comment.h"
#include "node/talk/report.h"

/* What they wrote, by its id on their server; what stands here of others is left out. */
static enum err objects_of(struct cx *cx, const struct report *r, struct str *ret, size_t *ret_n)
{
    *ret_n = 0;
    for (size_t i = 0; i < r->n_items; i++) {
        struct comment c;
        if (r->items[i].comment_id == 0)
            continue;
        enum err e = comment_by_id(cx, r->items[i].comment_id, &c);
        if (e == ERR_NOT_FOUND || e == ERR_GONE)
            continue;
        TRY(e);
        if (c.actor_id == r->about_actor_id && !str_empty(c.object_uri))
            ret[(*ret_n)++] = c.object_uri;
    }
    return OK;
}

static enum err check(struct cx *cx, const struct report *r, struct str text, struct fed_actor *to)
{
    struct fed_policy policy;
    if (!r->about_remote)
        return cx_tell(cx, ERR_INVALID,
                       N_("This is about somebody here: there is no other server to tell."));
    if (r->sent_at != DB_NULL)
        return cx_tell(cx, ERR_CONFLICT, N_("This report was sent on already."));
    if (!str_is_utf8(text) || str_utf8_len(text) > REPORT_TEXT_MAX)
        return cx_tell(cx, ERR_INVALID, N_("That is too long: 2,000 characters at most."));
    TRY(fed_actor_by_id(cx, r->about_actor_id, to));
    TRY(fed_policy_of(cx, to->host, &policy));
    if (policy.level == FED_SUSPENDED)
        return cx_tell(cx, ERR_INVALID, N_("That server is blocked: nothing is sent there."));
    if (to->inbox.p == NULL || to->deleted_at != DB_NULL)
        return cx_tell(cx, ERR_GONE, N_("They are gone from their server: nobody could be told."));
    return OK;
}

enum err fed_flag_send(struct cx *cx, int64_t report_id, struct str text)
{
    struct report r;
    struct fed_actor to;
    struct str objects[REPORT_ITEMS_MAX];
    struct fed_saying s = {.id = id_next(cx->node->ids), .type = "Flag", .audience = FED_DIRECT,
                           .n_inboxes = 1};
    struct buf b;
    struct jw w;
    size_t n;
    text = str_trim(text);
    TRY(fed_local_ensure(cx, "instance", 0, &s.actor));
    TRY(report_by_id(cx, report_id, &r));
    TRY(check(cx, &r, text, &to));
    TRY(objects_of(cx, &r, objects, &n));
    struct fed_out_envelope e = fed_saying_envelope(cx, &s);
    e.to = to.uri;
    buf_init_arena(&b, cx->arena, FED_OUT_MAX);
    jw_init(&w, &b);
    fed_out_flag(&w, &e, text, objects, n);
    TRY(fed_written(cx, &w, &b, &s.body));
    s.object_uri = to.uri;
    s.inboxes = to.shared_inbox.p != NULL ? &to.shared_inbox : &to.inbox;
    TX_SCOPE(cx);
    TRY(report_by_id(cx, report_id, &r));
    if (r.sent_at != DB_NULL)
        return cx_tell(cx, ERR_CONFLICT, N_("This report was sent on already."));
    TRY(fed_say_to(cx, &s, STR_NULL));
    TRY(report_mark_sent(cx, r.id));
    return tx_commit(cx);
}
