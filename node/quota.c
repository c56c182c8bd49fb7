#include "node/quota.h"

#include <stdatomic.h>
#include <stddef.h>

#include "node/base/clock.h"
#include "node/node.h"
#include "node/quota_sql.h"

enum { DAY_HOURS = 24 };

static enum err members(struct cx *cx, int64_t limit, int64_t more)
{
    int64_t n;
    TRY(q_quota_members(cx, cx->now, limit, &n));
    if (n + more <= limit)
        return OK;
    struct str arg = str_fmt(cx->arena, "%lld", (long long)limit);
    return cx_tellf(cx, ERR_CONFLICT,
                    N_("This node has room for {0} members, and all of it is taken. Please ask the node's "
                       "owner: room comes when a membership ends, or with a larger plan of the hosting "
                       "provider."), &arg, 1);
}

/* "12", or with one decimal what is less than 10. */
static struct str megabytes(struct cx *cx, int64_t bytes)
{
    int64_t tenths = bytes / (100000);
    return tenths >= 100 || tenths % 10 == 0
               ? str_fmt(cx->arena, "%lld", (long long)(tenths / 10))
               : str_fmt(cx->arena, "%lld.%lld", (long long)(tenths / 10), (long long)(tenths % 10));
}

static enum err storage(struct cx *cx, int64_t limit, int64_t more)
{
    int64_t bytes;
    TRY(q_quota_storage(cx, &bytes));
    if (more <= limit - bytes)
        return OK;
    struct str args[] = {megabytes(cx, limit), megabytes(cx, bytes)};
    return cx_tellf(cx, ERR_CONFLICT,
                    N_("This node may keep {0} MB of pictures and files and has {1} MB, so this one is too "
                       "much. Please make it smaller, or ask the node's owner: room comes when files are "
                       "deleted, or with a larger plan of the hosting provider."), args, 2);
}

/* "2027-01-31 10:00" */
static struct str minute_of(struct cx *cx, int64_t at)
{
    struct str s = clock_rfc3339(cx->arena, at + MS_MINUTE - 1);
    return str_fmt(cx->arena, "%.10s %.5s", s.p, s.p + 11);
}

static enum err wait_until(struct cx *cx, const char *sentence, int64_t limit, int64_t free_at)
{
    struct str args[] = {str_fmt(cx->arena, "%lld", (long long)limit), minute_of(cx, free_at)};
    cx->retry_after_s = free_at > cx->now ? (free_at - cx->now) / MS_SECOND + 1 : 1;
    return cx_tellf(cx, ERR_RATE_LIMITED, sentence, args, 2);
}

static enum err posts(struct cx *cx, int64_t limit, int64_t more)
{
    struct quota_posts_row r;
    TRY(q_quota_posts(cx, cx->now - MS_DAY, &r));
    if (r.n + more <= limit)
        return OK;
    return wait_until(cx, N_("This node may publish {0} posts in 24 hours, and did. The next one can go out "
                             "at {1} UTC; until then it stays a draft. A larger plan comes from the node's "
                             "hosting provider."), limit, r.oldest + MS_DAY);
}

static enum err mails(struct cx *cx, int64_t limit, int64_t more)
{
    struct quota_mails_row r;
    TRY(q_quota_mails(cx, cx->now / MS_HOUR - DAY_HOURS, &r));
    if (r.n + more <= limit)
        return OK;
    return wait_until(cx, N_("This node may send {0} mails in 24 hours, and did. The next one can go out at "
                             "{1} UTC. If you need it sooner, please ask the node's owner."), limit,
                      (r.oldest_hour + DAY_HOURS) * MS_HOUR);
}

enum err quota_check(struct cx *cx, enum quota_kind kind, int64_t more)
{
    static const struct {
        size_t limit;
        enum err (*check)(struct cx *cx, int64_t limit, int64_t more);
    } kinds[] = {
        [QUOTA_MEMBERS] = {offsetof(struct node_quota, members), members},
        [QUOTA_STORAGE] = {offsetof(struct node_quota, storage_bytes), storage},
        [QUOTA_POSTS] = {offsetof(struct node_quota, posts_a_day), posts},
        [QUOTA_MAILS] = {offsetof(struct node_quota, mails_a_day), mails},
    };
    const char *quota = (const char *)&cx->node->quota;
    int64_t limit = atomic_load((const _Atomic int64_t *)(const void *)(quota + kinds[kind].limit));
    return limit <= 0 || more <= 0 ? OK : kinds[kind].check(cx, limit, more);
}

enum err quota_member(struct cx *cx, int64_t account_id)
{
    int64_t n;
    if (atomic_load(&cx->node->quota.members) <= 0)
        return OK;
    TRY(q_quota_is_member(cx, account_id, cx->now, &n));
    return n > 0 ? OK : quota_check(cx, QUOTA_MEMBERS, 1);
}

enum err quota_mail(struct cx *cx, bool to_owner)
{
    int64_t hour = cx->now / MS_HOUR;
    if (atomic_load(&cx->node->quota.mails_a_day) <= 0)
        return OK;
    if (!to_owner)
        TRY(quota_check(cx, QUOTA_MAILS, 1));
    TRY(q_quota_mail_forget(cx, hour - DAY_HOURS, NULL));
    return q_quota_mail_add(cx, hour, NULL);
}
