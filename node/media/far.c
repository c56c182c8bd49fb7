/* Addresses of far pictures, and looking them up. */
#include "node/media/far_int.h"

#include <unistd.h>

#include "node/base/buf.h"
#include "node/base/clock.h"
#include "node/base/crypt.h"
#include "node/base/url.h"
#include "node/db/db.h"
#include "node/media/far_sql.h"
#include "node/net/fetch.h"
#include "node/node.h"
#include "node/server.h"

enum { MAC_BYTES = 16, FRESH_DAYS = 7, HOST_MAX = 300 };

static const char letters[] = {[FAR_AVATAR] = 'a', [FAR_PICTURE] = 'p', [FAR_EMOJI] = 'e'};

/* What an address says: "url", or "owner url" when the two hosts differ. */
static struct str mac_of(struct cx *cx, struct str says, enum far_kind kind)
{
    unsigned char mac[32];
    struct buf b;
    crypt_hmac_sha256((struct str){(const char *)cx->node->secret, sizeof cx->node->secret},
                      str_fmt(cx->arena, "far:%c:" STR_FMT, letters[kind], STR_ARG(says)), mac);
    buf_init_arena(&b, cx->arena, 2 * MAC_BYTES);
    buf_put_base64url(&b, mac, MAC_BYTES);
    return buf_str(&b);
}

struct str far_host_of(struct arena *a, struct str url)
{
    struct url u;
    return url_parse(a, url, &u) == OK ? url_authority(a, &u) : STR_NULL;
}

/* ERR_FORBIDDEN: nobody may be asked for it. */
static enum err thing_of(struct cx *cx, struct str owner, struct str url, enum far_kind kind,
                         struct far_thing *ret)
{
    struct str host = far_host_of(cx->arena, url);
    if (host.p == NULL || fetch_url_allowed(cx->node->dev, url) != OK)
        return ERR_FORBIDDEN;
    *ret = (struct far_thing){
        .kind = kind,
        .url = url,
        .host = host,
        .owner = str_empty(owner) ? host : owner,
        .name = crypt_sha256_hex(cx->arena, str_fmt(cx->arena, "%c:" STR_FMT, letters[kind], STR_ARG(url))),
    };
    return OK;
}

bool far_may(struct cx *cx, struct str owner, struct str host)
{
    const struct server *s = cx->node->server;
    const struct far_hooks *hooks = s == NULL ? NULL : far_engine_hooks(s->far);
    return hooks == NULL || hooks->may == NULL || hooks->may(cx, owner, host);
}

/* A picture of ours, as another server names it back to us: a path, if it is one of a picture. */
static bool is_ours(struct cx *cx, struct str url, struct str *ret)
{
    struct str path = str_sub(url, cx->node->origin.n, SIZE_MAX);
    if (!str_starts(url, cx->node->origin) || !str_starts(path, STR("/")))
        return false;
    *ret = str_starts(path, STR("/media/")) ? path : STR_NULL;
    return true;
}

struct str far_media_url_of(struct cx *cx, struct str owner, struct str url, enum far_kind kind)
{
    struct far_thing t;
    struct str says = url, path;
    struct buf b;
    if (str_empty(url) || url.n > URL_MAX || owner.n > HOST_MAX)
        return STR_NULL;
    if (is_ours(cx, url, &path))
        return path;
    if (thing_of(cx, owner, url, kind, &t) != OK || !far_may(cx, t.owner, t.host))
        return STR_NULL;
    if (!str_eq(t.owner, t.host))
        says = str_fmt(cx->arena, STR_FMT " " STR_FMT, STR_ARG(t.owner), STR_ARG(url));
    struct str mac = mac_of(cx, says, kind);
    buf_init_arena(&b, cx->arena, 2 * (URL_MAX + HOST_MAX));
    buf_fmt(&b, "/far/%c/" STR_FMT "/", letters[kind], STR_ARG(mac));
    buf_put_base64url(&b, says.p, says.n);
    return buf_str(&b);
}

struct str far_media_url(struct cx *cx, struct str url, enum far_kind kind)
{
    return far_media_url_of(cx, STR_NULL, url, kind);
}

enum err far_read(struct cx *cx, struct str kind, struct str mac, struct str code, struct far_thing *ret)
{
    struct str says, owner = STR_NULL;
    size_t k = 0;
    while (k < sizeof letters && !(kind.n == 1 && kind.p[0] == letters[k]))
        k++;
    if (k == sizeof letters || code.n > 2 * (URL_MAX + HOST_MAX) ||
        !crypt_base64url_decode(cx->arena, code, &says) ||
        !str_eq_secret(mac, mac_of(cx, says, (enum far_kind)k)))
        return ERR_NOT_FOUND;
    /* Signed by us, and yet: a node that was in --dev may have signed what we would not ask today. */
    size_t space = str_find_char(says, ' ', 0);
    if (space != SIZE_MAX) {
        owner = str_sub(says, 0, space);
        says = str_sub(says, space + 1, SIZE_MAX);
    }
    return thing_of(cx, owner, says, (enum far_kind)k, ret) == OK ? OK : ERR_NOT_FOUND;
}

enum err far_open(struct cx *cx, const struct far_thing *what, struct far_bytes *ret)
{
    struct far_row row;
    bool found;
    if (!far_may(cx, what->owner, what->host))
        return ERR_NOT_FOUND;
    TRY(q_far_get(cx, what->name, &found, &row));
    if (!found)
        return ERR_UPSTREAM;
    if (row.mime.p == NULL)
        return row.retry_at > cx->now ? ERR_NOT_FOUND : ERR_UPSTREAM;
    int fd;
    enum err e = far_file_open(cx, what->name, row.size, &fd);
    if (e == ERR_NOT_FOUND)
        return ERR_UPSTREAM;
    TRY(e);
    /* One small write a day and picture; whether it is remembered matters little. */
    if (row.used_at < cx->now - MS_DAY) {
        cx->lazy = true;
        if (q_far_touch(cx, what->name, cx->now, NULL) != OK)
            cx->fail = NULL;
        cx->lazy = false;
    }
    if (row.fetched_at < cx->now - FRESH_DAYS * MS_DAY && row.retry_at <= cx->now)
        far_refresh(cx, what);
    *ret = (struct far_bytes){
        .fd = fd,
        .size = row.size,
        .mime = str_eq_c(row.mime, "image/png") ? "image/png" : "image/jpeg",
        .etag = str_fmt(cx->arena, "%.16s-%llx", what->name.p, (unsigned long long)row.fetched_at),
    };
    return OK;
}
