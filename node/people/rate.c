#include "node/people/rate.h"

#include "node/base/buf.h"
#include "node/base/clock.h"
#include "node/base/crypt.h"
#include "node/db/db.h"
#include "node/node.h"
#include "node/people/rate_sql.h"

#include <arpa/inet.h>
#include <string.h>

enum { SLICES = 12 };

static struct str rate_key(struct cx *cx, const char *what, struct str who)
{
    unsigned char mac[32];
    struct str secret = {(const char *)cx->node->secret, sizeof cx->node->secret};
    struct str text = str_fmt(cx->arena, "rate:%s:" STR_FMT, what, STR_ARG(who));
    struct buf b;
    crypt_hmac_sha256(secret, text, mac);
    buf_init_arena(&b, cx->arena, 128);
    buf_put_c(&b, what);
    buf_put_char(&b, ':');
    buf_put_hex(&b, mac, 16);
    return buf_str(&b);
}

static enum err look(struct cx *cx, struct str key, int64_t window_ms, int max)
{
    struct rate_sum_row sum;
    int64_t slice = window_ms / SLICES;
    TRY(q_rate_sum(cx, key, cx->now - window_ms - slice, &sum));
    if (sum.hits < max)
        return OK;
    int64_t free_at = sum.oldest + window_ms + slice;
    cx->retry_after_s = free_at > cx->now ? (free_at - cx->now + MS_SECOND - 1) / MS_SECOND : 1;
    return cx_tell(cx, ERR_RATE_LIMITED,
                   N_("Too many attempts. Please wait a while and try again."));
}

enum err rate_check(struct cx *cx, const char *what, struct str who, int64_t window_ms, int max)
{
    return look(cx, rate_key(cx, what, who), window_ms, max);
}

enum err rate_hit(struct cx *cx, const char *what, struct str who, int64_t window_ms, int max)
{
    struct str key = rate_key(cx, what, who);
    int64_t slice = window_ms / SLICES, hits;
    {
        /* Shared: the sum and the count of one key are one behind the other by its lock, in however
         * many processes; other keys are no business of it. */
        TX_SCOPE_SHARED(cx);
        TRY(tx_lock(cx, key));
        TRY(look(cx, key, window_ms, max));
        TRY(q_rate_count(cx, key, cx->now - cx->now % slice, &hits));
        TRY(tx_commit(cx));
    }
    if (hits == 1) /* now and then is enough, and no timer is needed */
        TRY(q_rate_forget(cx, cx->now - 2 * MS_DAY, NULL));
    return OK;
}

struct str rate_ip(struct arena *a, struct str ip, bool net)
{
    unsigned char v4[4], v6[16];
    char text[64];
    if (ip.n == 0 || ip.n >= sizeof text)
        return STR("unknown");
    memcpy(text, ip.p, ip.n);
    text[ip.n] = '\0';
    if (inet_pton(AF_INET, text, v4) == 1)
        return net ? str_fmt(a, "%u.%u.%u", v4[0], v4[1], v4[2])
                   : str_fmt(a, "%u.%u.%u.%u", v4[0], v4[1], v4[2], v4[3]);
    if (inet_pton(AF_INET6, text, v6) != 1)
        return STR("unknown");
    if (IN6_IS_ADDR_V4MAPPED((struct in6_addr *)v6))
        return net ? str_fmt(a, "%u.%u.%u", v6[12], v6[13], v6[14])
                   : str_fmt(a, "%u.%u.%u.%u", v6[12], v6[13], v6[14], v6[15]);
    struct buf b;
    buf_init_arena(&b, a, 64);
    buf_put_hex(&b, v6, net ? 7 : 8);
    return buf_str(&b);
}
