#include "node/base/url.h"

#include "node/base/arena.h"

#include <arpa/inet.h>
#include <string.h>
#include <unicode/uidna.h>

#define HOST_MAX 253

static bool is_alnum(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static bool is_ascii(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] >= 0x80)
            return false;
    return true;
}

/* What may stand outside the host as it is. */
static bool plain(struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (c <= 0x20 || c >= 0x7f || c == '\\' || c == '"' || c == '<' || c == '>')
            return false;
    }
    return true;
}

/* UTS 46, for names that need it. */
static bool to_ascii(struct arena *a, struct str s, struct str *ret)
{
    UErrorCode e = U_ZERO_ERROR;
    UIDNA *idna = uidna_openUTS46(UIDNA_NONTRANSITIONAL_TO_ASCII | UIDNA_CHECK_BIDI |
                                      UIDNA_CHECK_CONTEXTJ | UIDNA_USE_STD3_RULES,
                                  &e);
    if (U_FAILURE(e))
        return false;
    char out[HOST_MAX + 3];
    UIDNAInfo info = UIDNA_INFO_INITIALIZER;
    int32_t n = uidna_nameToASCII_UTF8(idna, s.p, (int32_t)s.n, out, sizeof out, &info, &e);
    uidna_close(idna);
    if (U_FAILURE(e) || info.errors != 0 || n <= 0 || n > HOST_MAX)
        return false;
    *ret = str_dup(a, (struct str){out, (size_t)n});
    return true;
}

static bool labels_ok(struct str host)
{
    if (host.n == 0 || host.n > HOST_MAX)
        return false;
    struct str rest = host, label;
    while (str_next(&rest, '.', &label)) {
        if (label.n == 0 || label.n > 63 || label.p[0] == '-' || label.p[label.n - 1] == '-')
            return false;
        for (size_t i = 0; i < label.n; i++)
            if (!is_alnum(label.p[i]) && label.p[i] != '-' && label.p[i] != '_')
                return false;
    }
    return true;
}

static bool is_v4(struct str s)
{
    char z[16];
    struct in_addr v4;
    if (s.n == 0 || s.n >= sizeof z)
        return false;
    memcpy(z, s.p, s.n);
    z[s.n] = '\0';
    return inet_pton(AF_INET, z, &v4) == 1;
}

/* Would a lenient resolver take this name for a number ("127.1", "0x7f000001")? */
static bool ends_in_number(struct str host)
{
    struct str rest = host, label = STR_NULL;
    while (str_next(&rest, '.', &label))
        continue;
    if (str_starts(label, STR("0x")))
        return true;
    for (size_t i = 0; i < label.n; i++)
        if (label.p[i] < '0' || label.p[i] > '9')
            return false;
    return true;
}

static bool read_v6(struct arena *a, struct str s, struct str *ret)
{
    char z[INET6_ADDRSTRLEN];
    struct in6_addr v6;
    if (s.n < 4 || s.n - 2 >= sizeof z)
        return false;
    memcpy(z, s.p + 1, s.n - 2);
    z[s.n - 2] = '\0';
    if (inet_pton(AF_INET6, z, &v6) != 1 || inet_ntop(AF_INET6, &v6, z, sizeof z) == NULL)
        return false;
    *ret = str_fmt(a, "[%s]", z);
    return true;
}

static bool read_host(struct arena *a, struct str s, struct str *ret)
{
    if (s.n == 0 || s.n > URL_MAX)
        return false;
    if (s.p[0] == '[')
        return s.p[s.n - 1] == ']' && read_v6(a, s, ret);
    struct str host = is_ascii(s) ? str_lower(a, s) : s;
    if (!is_ascii(host) || str_contains(host, STR("xn--"))) {
        if (!str_is_utf8(host) || !to_ascii(a, host, &host))
            return false;
    }
    if (!labels_ok(host) || (ends_in_number(host) && !is_v4(host)))
        return false;
    *ret = host;
    return true;
}

/* host[:port]; *ret_port stays 0 when unsaid. */
static bool read_authority(struct arena *a, struct str s, struct str *ret_host,
                           unsigned *ret_port)
{
    size_t from = 0;
    if (s.n > 0 && s.p[0] == '[') {
        from = str_find_char(s, ']', 0);
        if (from == SIZE_MAX)
            return false;
    }
    size_t colon = str_find_char(s, ':', from);
    int64_t port = 0;
    if (colon != SIZE_MAX) {
        struct str digits = str_sub(s, colon + 1, SIZE_MAX);
        if (digits.n == 0 || digits.n > 5 || digits.p[0] == '-' || !str_to_i64(digits, &port) ||
            port < 1 || port > 65535)
            return false;
        s = str_sub(s, 0, colon);
    }
    if (!read_host(a, s, ret_host))
        return false;
    *ret_port = (unsigned)port;
    return true;
}

enum err url_parse_host(struct arena *a, struct str s, struct str *ret_host, unsigned *ret_port)
{
    return read_authority(a, s, ret_host, ret_port) ? OK : ERR_INVALID;
}

enum err url_parse(struct arena *a, struct str s, struct url *ret)
{
    struct url u = {.port = 443, .scheme = STR("https")};
    if (s.n > URL_MAX)
        return ERR_INVALID;
    s = str_dup(a, s);
    if (str_istarts(s, STR("https://"))) {
        s = str_sub(s, 8, SIZE_MAX);
    } else if (str_istarts(s, STR("http://"))) {
        s = str_sub(s, 7, SIZE_MAX);
        u.scheme = STR("http");
        u.port = 80;
    } else {
        return ERR_INVALID;
    }
    size_t end = 0;
    while (end < s.n && s.p[end] != '/' && s.p[end] != '?' && s.p[end] != '#')
        end++;
    unsigned port = 0;
    if (!read_authority(a, str_sub(s, 0, end), &u.host, &port))
        return ERR_INVALID;
    if (port != 0)
        u.port = port;
    s = str_sub(s, end, SIZE_MAX);
    if (!plain(s))
        return ERR_INVALID;
    size_t hash = str_find_char(s, '#', 0);
    if (hash != SIZE_MAX) {
        u.fragment = str_sub(s, hash + 1, SIZE_MAX);
        if (str_find_char(u.fragment, '#', 0) != SIZE_MAX)
            return ERR_INVALID;
        s = str_sub(s, 0, hash);
    }
    size_t mark = str_find_char(s, '?', 0);
    if (mark != SIZE_MAX) {
        u.query = str_sub(s, mark + 1, SIZE_MAX);
        s = str_sub(s, 0, mark);
    }
    u.path = s.n == 0 ? STR("/") : s;
    *ret = u;
    return OK;
}

bool url_is_default_port(const struct url *u)
{
    return u->port == (u->scheme.n == 5 ? 443u : 80u);
}

struct str url_authority(struct arena *a, const struct url *u)
{
    if (url_is_default_port(u))
        return u->host;
    return str_fmt(a, STR_FMT ":%u", STR_ARG(u->host), u->port);
}

struct str url_origin(struct arena *a, const struct url *u)
{
    struct str at = url_authority(a, u);
    return str_fmt(a, STR_FMT "://" STR_FMT, STR_ARG(u->scheme), STR_ARG(at));
}

struct str url_target(struct arena *a, const struct url *u)
{
    if (u->query.p == NULL)
        return u->path;
    return str_fmt(a, STR_FMT "?" STR_FMT, STR_ARG(u->path), STR_ARG(u->query));
}

struct str url_str(struct arena *a, const struct url *u)
{
    struct str origin = url_origin(a, u), target = url_target(a, u);
    return str_fmt(a, STR_FMT STR_FMT "%s" STR_FMT, STR_ARG(origin), STR_ARG(target),
                   u->fragment.p == NULL ? "" : "#", STR_ARG(u->fragment));
}

static bool both(struct str x, struct str y, bool with_scheme)
{
    struct arena *a = arena_new();
    struct url u, v;
    bool eq = url_parse(a, x, &u) == OK && url_parse(a, y, &v) == OK &&
              str_eq(u.host, v.host) && u.port == v.port &&
              (!with_scheme || str_eq(u.scheme, v.scheme));
    arena_free(a);
    return eq;
}

bool url_same_origin(struct str x, struct str y)
{
    return both(x, y, true);
}

bool url_host_eq(struct str x, struct str y)
{
    return both(x, y, false);
}

bool url_is_ip_literal(struct str host)
{
    return host.n > 0 && (host.p[0] == '[' || is_v4(host));
}
