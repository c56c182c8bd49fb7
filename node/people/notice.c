#include "node/people/notice.h"

#include "node/base/clock.h"
#include "node/base/id.h"
#include "node/db/db.h"
#include "node/node.h"
#include "node/people/notice_sql.h"

#include <string.h>

#define SAID_ONCE_MS (90 * MS_DAY)

static bool known(const char *kind)
{
    static const char *const kinds[] = {"mention", "reply", "comment", "like", "boost", "quote",
                                        "follow", "follow_request", "held", "membership", "message",
                                        "report", "join_request", "join_approved", "join_declined",
                                        "reward", "gift", "tip", "letter"};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(kind, kinds[i]) == 0)
            return true;
    return false;
}

/* A like that is taken back and given again says nothing new, read or not. */
static bool said_once(const char *kind)
{
    return strcmp(kind, "like") == 0 || strcmp(kind, "boost") == 0 || strcmp(kind, "follow") == 0 ||
           strcmp(kind, "follow_request") == 0 || strcmp(kind, "quote") == 0;
}

static enum err lock_notices(struct cx *cx, int64_t account_id)
{
    return tx_lock(cx, str_fmt(cx->arena, "notice:%lld", (long long)account_id));
}

enum err notice_put(struct cx *cx, int64_t account_id, const char *kind, int64_t post_id,
                    int64_t comment_id, struct str from_name, struct str from_url)
{
    int64_t same;
    if (!known(kind))
        return cx_fail(cx, ERR_INVALID, "no notices of kind %s", kind);
    /* Shared: who looks whether it was said already holds the account's lock until it is. */
    TX_SCOPE_SHARED(cx);
    TRY(lock_notices(cx, account_id));
    TRY(q_notice_same_unread(cx, account_id, str_c(kind), post_id == DB_NULL ? 0 : post_id,
                             comment_id == DB_NULL ? 0 : comment_id, from_name, from_url,
                             cx->now - MS_DAY, &same));
    if (same == 0 && said_once(kind))
        TRY(q_notice_same_ever(cx, account_id, str_c(kind), post_id == DB_NULL ? 0 : post_id,
                               comment_id == DB_NULL ? 0 : comment_id, from_name, from_url,
                               cx->now - SAID_ONCE_MS, &same));
    if (same > 0)
        return tx_commit(cx);
    TRY(q_notice_insert(cx, id_next(cx->node->ids), account_id, str_c(kind), post_id, comment_id,
                        from_name, from_url, cx->now, NULL));
    return tx_commit(cx);
}

enum err notice_list(struct cx *cx, int64_t account_id, int64_t before_id, int limit,
                     struct notice **ret, size_t *ret_n)
{
    struct notice_row *rows;
    size_t n;
    TRY(q_notice_page(cx, account_id, before_id == 0 ? INT64_MAX : before_id, limit, &rows, &n));
    struct notice *list = ARENA_ARRAY(cx->arena, struct notice, n);
    for (size_t i = 0; i < n; i++)
        list[i] = (struct notice){
            .id = rows[i].id,
            .account_id = rows[i].account_id,
            .post_id = rows[i].post_id,
            .comment_id = rows[i].comment_id,
            .kind = rows[i].kind,
            .from_name = rows[i].from_name,
            .from_url = rows[i].from_url,
            .created_at = rows[i].created_at,
            .read_at = rows[i].read_at,
        };
    *ret = list;
    *ret_n = n;
    return OK;
}

enum err notice_count_unread(struct cx *cx, int64_t account_id, int64_t *ret_n)
{
    return q_notice_unread(cx, account_id, NOTICE_COUNT_MAX, ret_n);
}

enum err notice_mark_read(struct cx *cx, int64_t account_id, int64_t up_to_id)
{
    /* Shared: one statement; the lock keeps two of them from waiting for each other's rows. */
    TX_SCOPE_SHARED(cx);
    TRY(lock_notices(cx, account_id));
    TRY(q_notice_read(cx, account_id, up_to_id == 0 ? INT64_MAX : up_to_id, cx->now, NULL));
    return tx_commit(cx);
}
