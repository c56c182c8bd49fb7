#include "node/money/renew_link.h"

#include "node/base/buf.h"
#include "node/base/clock.h"
#include "node/base/crypt.h"
#include "node/node.h"
#include "node/people/account.h"

static void seal_key(const struct cx *cx, unsigned char ret[32])
{
    struct str secret = {(const char *)cx->node->secret, sizeof cx->node->secret};
    crypt_hmac_sha256(secret, STR("seal:renew"), ret);
}

struct str renew_link_url(struct cx *cx, int64_t account_id, int64_t planet_id)
{
    unsigned char key[32];
    struct buf b;
    seal_key(cx, key);
    struct str plain = str_fmt(cx->arena, "%lld %lld %lld", (long long)account_id, (long long)planet_id,
                               (long long)(cx->now + RENEW_LINK_DAYS * MS_DAY));
    struct str sealed = crypt_seal(cx->arena, key, plain);
    buf_init_arena(&b, cx->arena, 1000);
    buf_put(&b, cx->node->origin);
    buf_lit(&b, RENEW_PATH);
    buf_put_base64url(&b, sealed.p, sealed.n);
    return buf_str(&b);
}

static bool part(struct str *rest, int64_t *ret)
{
    struct str piece;
    return str_next(rest, ' ', &piece) && str_to_i64(piece, ret);
}

enum err renew_link_open(struct cx *cx, struct str token, struct renew_link *ret)
{
    unsigned char key[32];
    struct account a;
    struct str sealed, plain;
    struct renew_link l;
    int64_t expires;
    if (token.n > 400 || !crypt_base64url_decode(cx->arena, token, &sealed))
        return ERR_NOT_FOUND;
    seal_key(cx, key);
    if (crypt_open(cx->arena, key, sealed, &plain) != OK)
        return ERR_NOT_FOUND;
    if (!part(&plain, &l.account_id) || !part(&plain, &l.planet_id) || !part(&plain, &expires) || expires <= cx->now)
        return ERR_NOT_FOUND;
    TRY(account_by_id(cx, l.account_id, &a));
    if (!str_eq_c(a.state, "active"))
        return ERR_NOT_FOUND;
    *ret = l;
    return OK;
}
