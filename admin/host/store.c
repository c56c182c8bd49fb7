/* Nodes that change their store. The old one stays as it is until the new one is whole. */
#include "admin/host/row.h"
#include "node/base/arena.h"

struct str host_store_word(struct str store)
{
    return str_starts(store, STR("postgresql")) ? STR("postgresql") : STR("sqlite");
}

enum err host_change_store(struct cx *cx, const struct host_row *r, struct str to,
                           const char **ret_error)
{
    (void)cx;
    (void)r;
    (void)to;
    *ret_error = "this program cannot move a store";
    return ERR_UNSUPPORTED;
}

enum err host_drop_store(struct cx *cx, const struct host_row *r, const char *dir)
{
    (void)cx;
    (void)r;
    (void)dir;
    return OK;
}
