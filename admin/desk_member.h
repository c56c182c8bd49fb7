/* One member on the desk. */
#ifndef ADMIN_DESK_MEMBER_H
#define ADMIN_DESK_MEMBER_H

#include "admin/desk.h"

enum err desk_member(struct rq *rq);    /* GET /desk/:planet/members/:id */
/* POST the same: do = give, set_end, end, remove, role, note, flag_clear */
enum err desk_member_do(struct rq *rq);

#endif
