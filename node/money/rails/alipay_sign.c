#include "node/money/rails/alipay_sign.h"

#include "node/base/arena.h"
#include "node/base/buf.h"
#include "node/base/json.h"

#include <stdlib.h>
#include <string.h>

enum { TEXT_MAX = 512 * 1024, NESTED_MAX = 64 };

static int by_name(const void *x, const void *y)
{
    const struct alipay_param *p = x, *q = y;
    size_t n = p->name.n < q->name.n ? p->name.n : q->name.n;
    int c = n == 0 ? 0 : memcmp(p->name.p, q->name.p, n);
    return c != 0 ? c : (p->name.n > q->name.n) - (p->name.n < q->name.n);
}

enum { WITH_EMPTY = 1, WITHOUT_SIGN_TYPE = 2, WITHOUT_CERT = 4 };

static struct str joined(struct arena *a, const struct alipay_param *params, size_t n, unsigned how)
{
    struct alipay_param *sorted = ARENA_ARRAY(a, struct alipay_param, n + 1);
    struct buf b;
    buf_init_arena(&b, a, TEXT_MAX);
    for (size_t i = 0; i < n; i++)
        sorted[i] = params[i];
    qsort(sorted, n, sizeof *sorted, by_name);
    for (size_t i = 0; i < n; i++) {
        const struct alipay_param *p = &sorted[i];
        if (str_eq_c(p->name, "sign") || (p->value.n == 0 && (how & WITH_EMPTY) == 0) ||
            (str_eq_c(p->name, "sign_type") && (how & WITHOUT_SIGN_TYPE) != 0) ||
            (str_eq_c(p->name, "alipay_cert_sn") && (how & WITHOUT_CERT) != 0))
            continue;
        if (b.n > 0)
            buf_put_char(&b, '&');
        buf_put(&b, p->name);
        buf_put_char(&b, '=');
        buf_put(&b, p->value);
    }
    return buf_str(&b);
}

struct str alipay_canonical(struct arena *a, const struct alipay_param *params, size_t n)
{
    return joined(a, params, n, 0);
}

struct str alipay_sign(struct arena *a, const struct crypt_key *key,
                       const struct alipay_param *params, size_t n)
{
    struct buf b;
    struct str raw = crypt_sign(a, key, alipay_canonical(a, params, n));
    buf_init_arena(&b, a, raw.n * 2);
    buf_put_base64(&b, raw.p, raw.n);
    return buf_str(&b);
}

struct str alipay_query(struct arena *a, const struct crypt_key *key,
                        const struct alipay_param *params, size_t n)
{
    struct buf b;
    buf_init_arena(&b, a, TEXT_MAX);
    for (size_t i = 0; i < n; i++) {
        if (params[i].value.n == 0)
            continue;
        buf_put_url(&b, params[i].name);
        buf_put_char(&b, '=');
        buf_put_url(&b, params[i].value);
        buf_put_char(&b, '&');
    }
    buf_lit(&b, "sign=");
    buf_put_url(&b, alipay_sign(a, key, params, n));
    return buf_str(&b);
}

static size_t past_space(struct str s, size_t at)
{
    while (at < s.n && (s.p[at] == ' ' || s.p[at] == '\n' || s.p[at] == '\r' || s.p[at] == '\t'))
        at++;
    return at;
}

/* Behind the string that begins at `at`; SIZE_MAX when it does not end. */
static size_t past_string(struct str s, size_t at)
{
    for (at++; at < s.n; at++) {
        if (s.p[at] == '\\')
            at++;
        else if (s.p[at] == '"')
            return at + 1;
    }
    return SIZE_MAX;
}

/* Behind the value that begins at `at`. That it is JSON has been seen before. */
static size_t past_value(struct str s, size_t at)
{
    int depth = 0;
    while (at < s.n) {
        char c = s.p[at];
        if (c == '"') {
            at = past_string(s, at);
            if (at == SIZE_MAX)
                return SIZE_MAX;
            if (depth == 0)
                return at;
            continue;
        }
        if (depth == 0 && (c == ',' || c == '}'))
            return at;
        depth += c == '{' || c == '[';
        depth -= c == '}' || c == ']';
        at++;
        if (depth == 0 && (c == '}' || c == ']'))
            return at;
        if (depth > NESTED_MAX || depth < 0)
            return SIZE_MAX;
    }
    return SIZE_MAX;
}

struct str alipay_raw_value(struct str json, struct str key)
{
    struct str found = STR_NULL;
    size_t at = past_space(json, 0);
    if (at >= json.n || json.p[at] != '{')
        return STR_NULL;
    at = past_space(json, at + 1);
    while (at < json.n && json.p[at] == '"') {
        size_t name = at + 1, end = past_string(json, at);
        if (end == SIZE_MAX)
            return STR_NULL;
        at = past_space(json, end);
        if (at >= json.n || json.p[at] != ':')
            return STR_NULL;
        at = past_space(json, at + 1);
        size_t behind = past_value(json, at);
        if (behind == SIZE_MAX)
            return STR_NULL;
        if (str_eq(str_sub(json, name, end - 1 - name), key)) {
            if (found.p != NULL)
                return STR_NULL;
            found = str_trim(str_sub(json, at, behind - at));
        }
        at = past_space(json, behind);
        if (at >= json.n || json.p[at] != ',')
            return at < json.n && json.p[at] == '}' ? found : STR_NULL;
        at = past_space(json, at + 1);
    }
    return STR_NULL;
}

struct str alipay_answer_cert(struct arena *a, struct str body)
{
    json_t *j;
    return json_read(a, body, NULL, &j) == OK ? ld_str(j, "alipay_cert_sn") : STR("");
}

static bool signed_by(struct arena *a, const struct crypt_key *key, struct str text,
                      struct str sign)
{
    struct str raw;
    return crypt_base64_decode(a, sign, &raw) && crypt_verify(key, text, raw);
}

enum err alipay_answer_read(struct arena *a, const struct crypt_key *alipay_key, struct str method,
                            struct str body, json_t **ret)
{
    struct buf name;
    json_t *j;
    TRY(json_read(a, body, NULL, &j)); /* refuses a key that comes twice, at any depth */
    buf_init_arena(&name, a, 256);
    for (size_t i = 0; i < method.n; i++)
        buf_put_char(&name, method.p[i] == '.' ? '_' : method.p[i]);
    buf_lit(&name, "_response");
    struct str raw = alipay_raw_value(body, buf_str(&name));
    if (raw.p == NULL)
        raw = alipay_raw_value(body, STR("error_response"));
    if (raw.n == 0 || raw.p[0] != '{')
        return ERR_INVALID;
    if (!signed_by(a, alipay_key, raw, ld_str(j, "sign")))
        return ERR_UNAUTHENTICATED;
    return json_read(a, raw, NULL, ret);
}

static int hex_of(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool decoded(struct arena *a, struct str s, struct str *ret)
{
    char *out = arena_alloc(a, s.n + 1);
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i] == '+' ? ' ' : s.p[i];
        if (c == '%') {
            int high = i + 2 < s.n ? hex_of(s.p[i + 1]) : -1;
            int low = i + 2 < s.n ? hex_of(s.p[i + 2]) : -1;
            if (high < 0 || low < 0)
                return false;
            c = (char)(unsigned char)(high << 4 | low);
            i += 2;
        }
        out[n++] = c;
    }
    *ret = (struct str){out, n};
    return true;
}

enum err alipay_form_read(struct arena *a, struct str body, struct alipay_param **ret,
                          size_t *ret_n)
{
    struct alipay_param *v = ARENA_ARRAY(a, struct alipay_param, ALIPAY_PARAMS_MAX);
    struct str rest = body, piece;
    size_t n = 0;
    if (body.n > TEXT_MAX)
        return ERR_TOO_LARGE;
    while (str_next(&rest, '&', &piece)) {
        size_t eq = str_find_char(piece, '=', 0);
        if (piece.n == 0)
            continue;
        if (n == ALIPAY_PARAMS_MAX || eq == SIZE_MAX || eq == 0 ||
            !decoded(a, str_sub(piece, 0, eq), &v[n].name) ||
            !decoded(a, str_sub(piece, eq + 1, piece.n), &v[n].value))
            return ERR_INVALID;
        for (size_t i = 0; i < n; i++)
            if (str_eq(v[i].name, v[n].name))
                return ERR_INVALID;
        n++;
    }
    *ret = v;
    *ret_n = n;
    return OK;
}

struct str alipay_param_get(const struct alipay_param *params, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (str_eq_c(params[i].name, name))
            return params[i].value;
    return STR("");
}

bool alipay_notice_verify(struct arena *a, const struct crypt_key *alipay_key,
                          const struct alipay_param *params, size_t n)
{
    struct str sign = alipay_param_get(params, n, "sign");
    struct str type = alipay_param_get(params, n, "sign_type");
    if (sign.n == 0 || (type.n > 0 && !str_eq_c(type, "RSA2")))
        return false;
    static const unsigned ways[] = {WITHOUT_SIGN_TYPE, 0, WITHOUT_SIGN_TYPE | WITHOUT_CERT, WITHOUT_CERT};
    size_t n_ways = alipay_param_get(params, n, "alipay_cert_sn").n > 0 ? 4 : 2;
    for (size_t i = 0; i < n_ways; i++)
        if (signed_by(a, alipay_key, joined(a, params, n, WITH_EMPTY | ways[i]), sign))
            return true;
    return false;
}
