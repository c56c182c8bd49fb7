/* draft-cavage-http-signatures-12 */
#include "federation/httpsig_int.h"

#include "node/base/arena.h"
#include "node/base/clock.h"

#include <string.h>

#define PARAMS_MAX 16

struct param {
    struct str key, value;
};

static bool is_token_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           c == '-' || c == '_' || c == '.';
}

static void skip_space(struct str *s)
{
    while (s->n > 0 && (s->p[0] == ' ' || s->p[0] == '\t'))
        *s = str_sub(*s, 1, SIZE_MAX);
}

static struct str take_token(struct str *s)
{
    size_t n = 0;
    while (n < s->n && is_token_char(s->p[n]))
        n++;
    struct str t = str_sub(*s, 0, n);
    *s = str_sub(*s, n, SIZE_MAX);
    return t;
}

/* k="v" or k=123, separated by commas. Nobody escapes here, so a backslash is refused. */
static bool read_params(struct str s, struct param *ret, size_t *ret_n)
{
    size_t n = 0;
    for (;;) {
        skip_space(&s);
        if (n == PARAMS_MAX)
            return false;
        struct param *p = &ret[n++];
        p->key = take_token(&s);
        skip_space(&s);
        if (p->key.n == 0 || s.n == 0 || s.p[0] != '=')
            return false;
        s = str_sub(s, 1, SIZE_MAX);
        skip_space(&s);
        if (s.n > 0 && s.p[0] == '"') {
            size_t end = str_find_char(s, '"', 1);
            if (end == SIZE_MAX)
                return false;
            p->value = str_sub(s, 1, end - 1);
            if (str_find_char(p->value, '\\', 0) != SIZE_MAX)
                return false;
            s = str_sub(s, end + 1, SIZE_MAX);
        } else {
            p->value = take_token(&s);
            if (p->value.n == 0)
                return false;
        }
        skip_space(&s);
        if (s.n == 0)
            break;
        if (s.p[0] != ',')
            return false;
        s = str_sub(s, 1, SIZE_MAX);
    }
    *ret_n = n;
    return true;
}

static bool any_twice(const struct param *v, size_t n)
{
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < i; j++)
            if (str_eq(v[i].key, v[j].key))
                return true;
    return false;
}

static struct str find(const struct param *v, size_t n, const char *key)
{
    for (size_t i = 0; i < n; i++)
        if (str_eq_c(v[i].key, key))
            return v[i].value;
    return STR_NULL;
}

static bool seconds(struct str s, int64_t *ret_ms)
{
    int64_t v;
    if (!str_to_i64(s, &v) || v <= 0 || v > INT64_C(99999999999))
        return false;
    *ret_ms = v * MS_SECOND;
    return true;
}

static enum err read_components(struct arena *a, struct str list, struct sig_parsed *p,
                                const char **ret_why)
{
    struct str rest = str_lower(a, list), one;
    while (str_next(&rest, ' ', &one)) {
        if (one.n == 0)
            continue;
        if (p->n_components == SIG_COMPONENTS_MAX)
            SIG_REFUSE(ret_why, "too many signed headers");
        for (size_t i = 0; i < p->n_components; i++)
            if (str_eq(p->components[i], one))
                SIG_REFUSE(ret_why, "a header is signed twice");
        if (one.p[0] == '(' && !str_eq_c(one, "(request-target)") &&
            !str_eq_c(one, "(created)") && !str_eq_c(one, "(expires)"))
            SIG_REFUSE(ret_why, "unknown signed component");
        p->components[p->n_components++] = one;
    }
    return OK;
}

static enum err read_times(struct arena *a, const struct sig_request *rq, struct sig_parsed *p,
                           const char **ret_why)
{
    bool by_created = sig_covers(p, "(created)");
    /* Draft 12, section 2.3: an error with rsa-…, hmac-… and ecdsa-… names. */
    if ((by_created || sig_covers(p, "(expires)")) && p->alg.p != NULL &&
        !str_ieq_c(p->alg, "hs2019"))
        SIG_REFUSE(ret_why, "(created) and (expires) need hs2019");
    if (sig_covers(p, "(expires)") && p->expires_raw.p == NULL)
        SIG_REFUSE(ret_why, "expires is missing");
    if (p->expires_raw.p != NULL && !seconds(p->expires_raw, &p->expires))
        SIG_REFUSE(ret_why, "malformed expires");
    if (by_created) {
        if (!seconds(p->created_raw, &p->created))
            SIG_REFUSE(ret_why, "created is missing or malformed");
    }
    if (!sig_covers(p, "date"))
        return OK;
    struct str date;
    int64_t at;
    if (!sig_header(rq, a, STR("date"), &date) || !clock_parse_http_date(date, &at))
        SIG_REFUSE(ret_why, "date is missing or malformed");
    /* With both, the older one counts, so that neither can stretch the window. */
    if (!by_created || at < p->created)
        p->created = at;
    return OK;
}

enum err sig_draft_parse(struct arena *a, const struct sig_request *rq, struct sig_parsed *ret,
                         const char **ret_why)
{
    struct str h = rq->header(rq->arg, "signature");
    if (h.p == NULL) {
        h = rq->header(rq->arg, "authorization");
        if (!str_istarts(h, STR("Signature ")))
            SIG_REFUSE(ret_why, "request is not signed");
        h = str_sub(h, 10, SIZE_MAX);
    }
    struct param v[PARAMS_MAX];
    size_t n;
    if (h.n > SIG_HEADER_MAX || !read_params(h, v, &n))
        SIG_REFUSE(ret_why, "malformed signature header");
    if (any_twice(v, n))
        SIG_REFUSE(ret_why, "repeated signature parameter");
    ret->key_id = find(v, n, "keyId");
    ret->alg = find(v, n, "algorithm");
    ret->created_raw = find(v, n, "created");
    ret->expires_raw = find(v, n, "expires");
    if (ret->key_id.n == 0)
        SIG_REFUSE(ret_why, "keyId is missing");
    struct str sig = find(v, n, "signature");
    if (sig.n == 0 || !crypt_base64_decode(a, sig, &ret->signature))
        SIG_REFUSE(ret_why, "signature is missing or malformed");
    struct str list = find(v, n, "headers");
    TRY(read_components(a, list.p == NULL ? STR("date") : list, ret, ret_why));
    if (!sig_covers(ret, "(request-target)"))
        SIG_REFUSE(ret_why, "(request-target) is not signed");
    if (!sig_covers(ret, "host"))
        SIG_REFUSE(ret_why, "host is not signed");
    if (!sig_covers(ret, "date") && !sig_covers(ret, "(created)"))
        SIG_REFUSE(ret_why, "date is not signed");
    return read_times(a, rq, ret, ret_why);
}

bool sig_draft_base(struct arena *a, const struct sig_request *rq, const struct sig_parsed *p,
                    bool without_query, struct str *ret)
{
    struct buf b;
    buf_init_arena(&b, a, SIG_BASE_MAX);
    struct str target = rq->target;
    if (without_query)
        target = str_sub(target, 0, str_find_char(target, '?', 0));
    for (size_t i = 0; i < p->n_components; i++) {
        struct str c = p->components[i], v;
        if (i > 0)
            buf_put_char(&b, '\n');
        buf_put(&b, c);
        buf_lit(&b, ": ");
        if (str_eq_c(c, "(request-target)")) {
            buf_put(&b, str_lower(a, str_c(rq->method)));
            buf_put_char(&b, ' ');
            buf_put(&b, target);
        } else if (str_eq_c(c, "(created)")) {
            buf_put(&b, p->created_raw);
        } else if (str_eq_c(c, "(expires)")) {
            buf_put(&b, p->expires_raw);
        } else {
            if (!sig_header(rq, a, c, &v))
                return false;
            buf_put(&b, v);
        }
    }
    *ret = buf_str(&b);
    return !b.overflow;
}
