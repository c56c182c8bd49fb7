#include "node/http/frame.h"

#include "node/base/arena.h"
#include "node/base/crypt.h"
#include "node/node.h"

/* On https every cookie of ours is a __Host- one: bound to this host and to Path=/, so that a
 * neighbouring subdomain can neither read nor plant it (RFC 6265bis section 4.1.3.2). */

enum { MAX_COOKIE_HEADER = 8 * 1024, VISITOR_BYTES = 16 };

static struct str wire_name(struct arena *a, bool secure, struct str name)
{
    return secure ? str_fmt(a, "__Host-" STR_FMT, STR_ARG(name)) : name;
}

struct str rq_cookie(const struct rq *rq, const char *name)
{
    struct str header = rq_header(rq, "Cookie");
    if (header.n == 0 || header.n > MAX_COOKIE_HEADER)
        return STR_NULL;
    return cookie_find(header, wire_name(rq->cx->arena, rq->secure, str_c(name)));
}

/* Without https, cookies of other programs on the same host come, too (they know no ports); they
 * cannot be told from ours and cost the cache's help. */
bool cookies_pass_cache(bool secure, struct str header)
{
    struct str piece;
    if (header.n > MAX_COOKIE_HEADER)
        return false;
    while (str_next(&header, ';', &piece)) {
        struct str name = str_trim(piece);
        size_t eq = str_find_char(name, '=', 0);
        name = str_sub(name, 0, eq == SIZE_MAX ? name.n : eq);
        if (secure) {
            if (!str_starts(name, STR("__Host-")))
                continue;
            name = str_sub(name, 7, name.n);
        }
        if (name.n > 0 && !str_eq(name, STR("lang")) && !str_eq(name, STR("theme")) &&
            !str_eq(name, STR("v")))
            return false;
    }
    return true;
}

static bool value_is_sound(struct str v)
{
    for (size_t i = 0; i < v.n; i++) {
        unsigned char ch = (unsigned char)v.p[i];
        if (ch <= 0x20 || ch >= 0x7f || ch == '"' || ch == ',' || ch == ';' || ch == '\\')
            return false;
    }
    return true;
}

void rq_set_cookie(struct rq *rq, const char *name, struct str value, int max_age_s, bool http_only)
{
    struct arena *a = rq->cx->arena;
    struct buf b;
    if (!value_is_sound(value)) {
        (void)!cx_fail(rq->cx, ERR_INTERNAL, "cookie %s has a value that no header can carry", name);
        return;
    }
    call_of(rq)->uncacheable = true;
    buf_init_arena(&b, a, MAX_COOKIE_HEADER);
    buf_put(&b, wire_name(a, rq->secure, str_c(name)));
    buf_lit(&b, "=");
    buf_put(&b, value);
    buf_lit(&b, "; Path=/; SameSite=Lax");
    if (max_age_s >= 0) {
        buf_lit(&b, "; Max-Age=");
        buf_put_i64(&b, max_age_s);
    }
    if (http_only)
        buf_lit(&b, "; HttpOnly");
    if (rq->secure)
        buf_lit(&b, "; Secure");
    rq_add_header(rq, "Set-Cookie", buf_str(&b));
}

/* ---- form tokens ---- */

static struct str visitor_token(struct rq *rq, struct str visitor)
{
    struct arena *a = rq->cx->arena;
    unsigned char mac[32];
    struct buf b;
    struct str key = {(const char *)rq->cx->node->secret, sizeof(rq->cx->node->secret)};
    crypt_hmac_sha256(key, str_fmt(a, "visitor form\n" STR_FMT, STR_ARG(visitor)), mac);
    buf_init_arena(&b, a, 64);
    buf_put_base64url(&b, mac, sizeof(mac));
    return buf_str(&b);
}

struct str rq_csrf(struct rq *rq)
{
    struct call *c = call_of(rq);
    c->uncacheable = true;
    if (rq->session.session_id != 0)
        return rq->session.csrf;
    if (c->visitor.n == 0) {
        c->visitor = rq_cookie(rq, "v");
        if (c->visitor.n < 16 || c->visitor.n > 64) {
            c->visitor = crypt_token(rq->cx->arena, VISITOR_BYTES);
            rq_set_cookie(rq, "v", c->visitor, -1, true);
        }
    }
    return visitor_token(rq, c->visitor);
}

bool visitor_token_ok(struct rq *rq, struct str token)
{
    struct str visitor = rq_cookie(rq, "v");
    return visitor.n >= 16 && visitor.n <= 64 && token.n > 0 &&
           str_eq_secret(token, visitor_token(rq, visitor));
}
