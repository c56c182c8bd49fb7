#include "federation/fed.h"
#include "federation/receive.h"
#include "node/talk/comment.h"
#include "node/talk/direct.h"
#include "node/talk/quote.h"

/* A quote that is gone needs no leave any more; there is nobody left to tell. */
static enum err drop_grants(struct cx *cx, const struct fed_in *in)
{
    struct quote_grant *grants;
    size_t n;
    TRY(quote_grants_of_note(cx, in->object_id, &grants, &n));
    for (size_t i = 0; i < n; i++)
        if (grants[i].actor_id == in->actor.id)
            TRY(quote_grant_revoke(cx, grants[i].id));
    return OK;
}

enum err fed_in_delete(struct cx *cx, const struct fed_in *in)
{
    if (str_empty(in->object_id))
        return OK;
    if (str_eq(in->object_id, in->actor.uri))
        return fed_actor_purge(cx, in->actor.id);
    if (!fed_id_ok(cx, in->object_id, in->actor.host))
        return cx_fail(cx, ERR_FORBIDDEN, "an object of another host");
    TX_SCOPE(cx);
    TRY(drop_grants(cx, in));
    TRY(direct_retract(cx, in->actor.id, in->object_id));
    enum err e = comment_delete_remote(cx, in->object_id, in->actor.id);
    if (e == ERR_FORBIDDEN)
        return cx_fail(cx, ERR_FORBIDDEN, "somebody else's object");
    if (e != OK && e != ERR_NOT_FOUND && e != ERR_GONE)
        return e;
    /* A Create that was overtaken is refused. */
    TRY(fed_burn(cx, in, in->object_id, ld_str(in->object, "formerType")));
    return tx_commit(cx);
}
