#include "federation/fed.h"
#include "federation/receive.h"
#include "node/talk/comment.h"

enum err fed_in_delete(struct cx *cx, const struct fed_in *in)
{
    if (str_empty(in->object_id))
        return OK;
    if (str_eq(in->object_id, in->actor.uri))
        return fed_actor_purge(cx, in->actor.id);
    if (!fed_id_ok(cx, in->object_id, in->actor.host))
        return cx_fail(cx, ERR_FORBIDDEN, "an object of another host");
    TX_SCOPE(cx);
    enum err e = comment_delete_remote(cx, in->object_id, in->actor.id);
    if (e == ERR_FORBIDDEN)
        return cx_fail(cx, ERR_FORBIDDEN, "somebody else's object");
    if (e != OK && e != ERR_NOT_FOUND && e != ERR_GONE)
        return e;
    /* A Create that was overtaken is refused. */
    TRY(fed_burn(cx, in, in->object_id, ld_str(in->object, "formerType")));
    return tx_commit(cx);
}
