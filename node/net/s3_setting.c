/* Reading media.s3_url. */
#include "node/net/s3.h"

#include "node/base/arena.h"
#include "node/base/buf.h"
#include "node/base/url.h"

enum { BUCKET_MIN = 3, BUCKET_MAX = 63, PREFIX_MAX = 200, KEY_MAX = 256 };

/* Those that refuse the bucket in the path, or mean to. */
static const struct str virtual_hosts[] = {STR_INIT(".amazonaws.com"), STR_INIT(".amazonaws.com.cn"),
                                           STR_INIT(".aliyuncs.com"), STR_INIT(".myqcloud.com")};

static int hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* "%2F" is '/'; a '%' that begins no such thing stays. */
static struct str decoded(struct arena *a, struct str s)
{
    struct buf b;
    buf_init_arena(&b, a, s.n + 1);
    for (size_t i = 0; i < s.n; i++) {
        int high = s.p[i] == '%' && i + 2 < s.n ? hex(s.p[i + 1]) : -1;
        int low = high >= 0 ? hex(s.p[i + 2]) : -1;
        buf_put_char(&b, low >= 0 ? (char)(high << 4 | low) : s.p[i]);
        i += low >= 0 ? 2 : 0;
    }
    return s.n == 0 ? STR("") : buf_str(&b);
}

static bool all_of(struct str s, const char *also)
{
    struct str extra = str_c(also);
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i], l = (char)(c | 0x20);
        if (!((c >= '0' && c <= '9') || (l >= 'a' && l <= 'z') ||
              str_find_char(extra, c, 0) != SIZE_MAX))
            return false;
    }
    return true;
}

static bool is_printable(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] <= ' ' || s.p[i] >= 0x7f)
            return false;
    return s.n > 0 && s.n <= KEY_MAX;
}

static bool is_prefix(struct str s)
{
    struct str rest = s, piece;
    if (s.n > PREFIX_MAX || !all_of(s, "/-_.~"))
        return false;
    while (s.n > 0 && str_next(&rest, '/', &piece))
        if (piece.n == 0 || str_eq_c(piece, ".") || str_eq_c(piece, ".."))
            return false;
    return true;
}

struct parts {
    struct str id, secret, host, bucket, prefix, region, style, scheme, public_origin;
};

static enum err read_option(struct cx *cx, struct str pair, struct parts *p)
{
    size_t eq = str_find_char(pair, '=', 0);
    struct str name = str_sub(pair, 0, eq == SIZE_MAX ? pair.n : eq);
    struct str value = eq == SIZE_MAX ? STR("") : decoded(cx->arena, str_sub(pair, eq + 1, SIZE_MAX));
    if (str_eq_c(name, "region") && value.n > 0 && all_of(value, "-_"))
        p->region = value;
    else if (str_eq_c(name, "style") && (str_eq_c(value, "path") || str_eq_c(value, "virtual")))
        p->style = value;
    else if (str_eq_c(name, "scheme") && (str_eq_c(value, "https") || str_eq_c(value, "http")))
        p->scheme = value;
    else if (str_eq_c(name, "public"))
        p->public_origin = value;
    else
        return cx_tell(cx, ERR_INVALID,
                       N_("Behind the '?' of the storage's address stand region=…, style=path or "
                          "style=virtual, scheme=http, and public=https://host, and nothing else."));
    return OK;
}

static enum err split(struct cx *cx, struct str url, struct parts *p)
{
    static const char form[] = N_("The storage's address is written s3://KEY:SECRET@HOST/BUCKET?region=REGION.");
    if (!str_starts(url, STR("s3://")))
        return cx_tell(cx, ERR_INVALID, form);
    url = str_sub(url, 5, SIZE_MAX);
    size_t mark = str_find_char(url, '?', 0), at = SIZE_MAX;
    struct str query = mark == SIZE_MAX ? STR("") : str_sub(url, mark + 1, SIZE_MAX), pair;
    url = str_sub(url, 0, mark == SIZE_MAX ? url.n : mark);
    for (size_t i = 0; i < url.n; i++) /* the last one: a secret may hold it, a bucket can't */
        at = url.p[i] == '@' ? i : at;
    size_t colon = str_find_char(url, ':', 0);
    if (at == SIZE_MAX || colon == SIZE_MAX || colon > at)
        return cx_tell(cx, ERR_INVALID, form);
    p->id = decoded(cx->arena, str_sub(url, 0, colon));
    p->secret = decoded(cx->arena, str_sub(url, colon + 1, at - colon - 1));
    url = str_sub(url, at + 1, SIZE_MAX);
    size_t slash = str_find_char(url, '/', 0);
    if (slash == SIZE_MAX || !is_printable(p->id) || !is_printable(p->secret))
        return cx_tell(cx, ERR_INVALID, form);
    p->host = str_sub(url, 0, slash);
    struct str path = str_sub(url, slash + 1, SIZE_MAX);
    if (str_ends(path, STR("/")))
        path.n--;
    slash = str_find_char(path, '/', 0);
    p->bucket = str_sub(path, 0, slash == SIZE_MAX ? path.n : slash);
    p->prefix = slash == SIZE_MAX ? STR("") : str_sub(path, slash + 1, SIZE_MAX);
    if (p->bucket.n < BUCKET_MIN || p->bucket.n > BUCKET_MAX || !all_of(p->bucket, "-_."))
        return cx_tell(cx, ERR_INVALID, form);
    if (!is_prefix(p->prefix))
        return cx_tell(cx, ERR_INVALID, N_("What stands behind the bucket's name may have letters, "
                                           "digits, and - _ . ~ between slashes."));
    while (str_next(&query, '&', &pair))
        if (pair.n > 0)
            TRY(read_option(cx, pair, p));
    return OK;
}

static bool wants_virtual(const struct parts *p)
{
    if (p->style.p != NULL)
        return str_eq_c(p->style, "virtual");
    for (size_t i = 0; i < sizeof virtual_hosts / sizeof *virtual_hosts; i++)
        if (str_ends(p->host, virtual_hosts[i]))
            return true;
    return false;
}

/* "https://host:1" in its one spelling. */
static bool read_origin(struct cx *cx, struct str text, struct str *ret_origin, struct str *ret_host)
{
    struct url u;
    if (url_parse(cx->arena, text, &u) != OK || u.path.n > 1 || u.query.p != NULL || u.fragment.p != NULL)
        return false;
    *ret_origin = url_origin(cx->arena, &u);
    *ret_host = url_authority(cx->arena, &u);
    return true;
}

enum err s3_parse(struct cx *cx, struct str url, struct s3 *ret)
{
    struct arena *a = cx->arena;
    struct parts p = {.region = STR("us-east-1"), .scheme = STR("https")};
    struct s3 s3 = {0};
    TRY(split(cx, url, &p));
    bool in_name = wants_virtual(&p);
    struct str host = in_name ? str_fmt(a, STR_FMT "." STR_FMT, STR_ARG(p.bucket), STR_ARG(p.host)) : p.host;
    struct str origin = str_fmt(a, STR_FMT "://" STR_FMT, STR_ARG(p.scheme), STR_ARG(host));
    if (!read_origin(cx, origin, &s3.origin, &s3.host))
        return cx_tell(cx, ERR_INVALID, N_("The storage's host name can't be read. It stands between "
                                           "the '@' and the '/', like s3.example.org:9000."));
    s3.public_origin = s3.origin;
    s3.public_host = s3.host;
    if (p.public_origin.p != NULL && !read_origin(cx, p.public_origin, &s3.public_origin, &s3.public_host))
        return cx_tell(cx, ERR_INVALID, N_("public= is the address that browsers reach the storage at, "
                                           "like public=https://files.example.org."));
    s3.key = (struct s3sign_key){p.id, p.secret, str_dup(a, p.region)};
    s3.bucket = str_dup(a, p.bucket);
    s3.prefix = str_dup(a, p.prefix);
    s3.root = str_fmt(a, "/" STR_FMT, STR_ARG(in_name ? STR("") : p.bucket));
    s3.base = str_fmt(a, "/" STR_FMT "%s" STR_FMT "%s", STR_ARG(in_name ? STR("") : p.bucket),
                      in_name ? "" : "/", STR_ARG(p.prefix), p.prefix.n > 0 ? "/" : "");
    *ret = s3;
    return OK;
}
