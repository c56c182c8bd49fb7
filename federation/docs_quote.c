/* The authorization of a quote: /ap/q/<id> (FEP-044f). Other servers look at it before they show the
 * quote, and again from time to time. */
#include "federation/docs.h"

#include "federation/fed.h"
#include "federation/out.h"
#include "node/talk/quote.h"

enum err fed_get_quote(struct rq *rq)
{
    struct cx *cx = rq->cx;
    struct quote_grant g;
    struct fed_local l;
    struct buf b;
    struct jw w;
    int64_t id;
    if (!str_to_i64(rq_param(rq, "id"), &id) || id <= 0)
        return ERR_NOT_FOUND;
    TRY(quote_grant_by_id(cx, id, &g));
    struct str uri = fed_iri(cx, "/ap/q/%lld", (long long)id);
    bool gone = g.revoked_at != DB_NULL;
    if (gone && fed_wants_page(rq))
        return ERR_GONE;
    buf_init(&b, 65536);
    jw_init(&w, &b);
    if (gone) {
        fed_out_tombstone(&w, uri, STR("QuoteAuthorization"), g.revoked_at, true);
    } else {
        TRY(fed_local_by_id(cx, g.local_actor_id, &l));
        struct fed_out_quote_grant v = {.id = uri, .actor = l.uri, .quote = g.quote_uri,
                                        .target = g.target_uri};
        fed_out_quote_grant(&w, &v);
    }
    if (!jw_done(&w)) {
        buf_free(&b);
        return cx_fail(cx, ERR_INTERNAL, "an authorization was not written whole");
    }
    return fed_reply(rq, gone ? 410 : 200, &b);
}
