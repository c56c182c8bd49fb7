#include "node/planet/admission.h"

#include "node/base/clock.h"
#include "node/base/id.h"
#include "node/db/db.h"
#include "node/node.h"
#include "node/people/account.h"
#include "node/people/audit.h"
#include "node/people/notice.h"
#include "node/people/rate.h"
#include "node/planet/admission_sql.h"

static struct join_request from_row(const struct join_request_row *r)
{
    return (struct join_request){
        .id = r->id,
        .planet_id = r->planet_id,
        .account_id = r->account_id,
        .created_at = r->created_at,
        .decided_at = r->decided_at,
        .answer = r->answer,
        .state = r->state,
        .username = r->username,
        .name = r->name,
        .mail = r->mail,
    };
}

enum err join_request_of(struct cx *cx, int64_t planet_id, int64_t account_id, bool *ret_found,
                         struct join_request *ret)
{
    struct join_request_row row;
    TRY(q_join_request_get(cx, planet_id, account_id, ret_found, &row));
    if (*ret_found)
        *ret = from_row(&row);
    return OK;
}

enum err admission_check(struct cx *cx, const struct planet *p, int64_t account_id, bool invited)
{
    struct membership m;
    struct join_request asked;
    bool found;
    if (str_eq_c(p->joining, "open"))
        return OK;
    enum err e = membership_of(cx, p->id, account_id, &m);
    if (e != OK && e != ERR_NOT_FOUND)
        return e;
    if (str_eq_c(p->joining, "closed"))
        return e == OK && m.live ? OK
                                 : cx_tell(cx, ERR_FORBIDDEN,
                                           N_("This planet takes no new members at the moment."));
    if (e == OK)
        return OK; /* they were let in once */
    TRY(join_request_of(cx, p->id, account_id, &found, &asked));
    if (found && str_eq_c(asked.state, "approved"))
        return OK;
    if (str_eq_c(p->joining, "approval"))
        return cx_tell(cx, ERR_FORBIDDEN,
                       N_("The owner decides who joins. Ask to join; you will be told."));
    if (invited)
        return OK;
    return cx_tell(cx, ERR_FORBIDDEN,
                   N_("This planet is joined by invitation. Ask a member for their link."));
}

static enum err tell_owners(struct cx *cx, const struct planet *p, int64_t account_id)
{
    struct role_holder *holders;
    struct account a;
    size_t n;
    TRY(account_by_id(cx, account_id, &a));
    TRY(role_list(cx, p->id, &holders, &n));
    for (size_t i = 0; i < n; i++)
        if (holders[i].role >= ROLE_PARTNER)
            TRY(notice_put(cx, holders[i].account_id, "join_request", DB_NULL, DB_NULL, a.name,
                           str_fmt(cx->arena, "/desk/" STR_FMT "/requests", STR_ARG(p->handle))));
    return OK;
}

static enum err may_ask(struct cx *cx, const struct planet *p, int64_t account_id,
                        struct str answer)
{
    enum role role;
    if (cx->viewer != 0 && cx->viewer != account_id)
        return cx_fail(cx, ERR_FORBIDDEN, "asking for another account");
    if (!str_eq_c(p->joining, "approval"))
        return cx_tell(cx, ERR_CONFLICT, N_("There is nothing to ask for: choose a price and join."));
    TRY(role_of(cx, p->id, account_id, &role));
    if (role == ROLE_BANNED)
        return cx_tell(cx, ERR_FORBIDDEN, N_("You cannot join this planet."));
    if (!str_is_utf8(answer) || str_utf8_len(answer) > JOIN_ANSWER_MAX)
        return cx_tell(cx, ERR_INVALID, N_("An answer has at most 1,000 characters."));
    if (p->join_question.n > 0 && answer.n == 0)
        return cx_tell(cx, ERR_INVALID, N_("Please answer the question of the planet's owner."));
    return OK;
}

enum err join_request_make(struct cx *cx, int64_t planet_id, int64_t account_id, struct str answer)
{
    struct planet p;
    int64_t changes;
    answer = str_trim(answer);
    TRY(planet_by_id(cx, planet_id, &p));
    TRY(may_ask(cx, &p, account_id, answer));
    TRY(rate_hit(cx, "join", str_fmt(cx->arena, "%lld", (long long)account_id), MS_DAY, 10));
    TX_SCOPE(cx);
    if (admission_check(cx, &p, account_id, false) == OK)
        return cx_tell(cx, ERR_CONFLICT, N_("There is nothing to ask for: choose a price and join."));
    cx->tell = NULL;
    TRY(q_join_request_put(cx, id_next(cx->node->ids), planet_id, account_id, answer, cx->now,
                           &changes));
    if (changes == 0)
        return cx_tell(cx, ERR_CONFLICT, N_("You have asked already. The owner will answer."));
    TRY(tell_owners(cx, &p, account_id));
    return tx_commit(cx);
}

enum err join_request_list(struct cx *cx, int64_t planet_id, int64_t after_id, int limit,
                              struct join_request **ret, size_t *ret_n)
{
    struct join_request_row *rows;
    TRY(planet_may_manage(cx, planet_id));
    TRY(q_join_request_waiting(cx, planet_id, after_id, limit, &rows, ret_n));
    struct join_request *list = ARENA_ARRAY(cx->arena, struct join_request, *ret_n);
    for (size_t i = 0; i < *ret_n; i++)
        list[i] = from_row(&rows[i]);
    *ret = list;
    return OK;
}

enum err join_request_decide(struct cx *cx, int64_t planet_id, int64_t id, bool approve)
{
    struct planet p;
    int64_t account_id, changes;
    bool found;
    TRY(planet_may_manage(cx, planet_id));
    TRY(planet_by_id(cx, planet_id, &p));
    TX_SCOPE(cx);
    TRY(q_join_request_by_id(cx, planet_id, id, &found, &account_id));
    if (!found)
        return cx_tell(cx, ERR_NOT_FOUND, N_("Somebody has decided this already."));
    TRY(q_join_request_set(cx, id, approve ? STR("approved") : STR("declined"), cx->now,
                           cx->viewer == 0 ? DB_NULL : cx->viewer, &changes));
    TRY(audit_put(cx, approve ? "join.approve" : "join.decline", account_id, p.handle));
    if (approve)
        TRY(notice_put(cx, account_id, "join_approved", DB_NULL, DB_NULL, p.name,
                       str_fmt(cx->arena, "/@" STR_FMT "/join", STR_ARG(p.handle))));
    else
        TRY(notice_put(cx, account_id, "join_declined", DB_NULL, DB_NULL, p.name,
                       str_fmt(cx->arena, "/@" STR_FMT, STR_ARG(p.handle))));
    return tx_commit(cx);
}
