#include "node/people/audit.h"

#include "node/base/id.h"
#include "node/db/db.h"
#include "node/node.h"
#include "node/people/audit_sql.h"

enum err audit_put(struct cx *cx, const char *what, int64_t subject, struct str detail)
{
    return q_audit_insert(cx, id_next(cx->node->ids), cx->now, cx->viewer == 0 ? DB_NULL : cx->viewer,
                          str_c(what), subject == 0 ? DB_NULL : subject, detail, NULL);
}
