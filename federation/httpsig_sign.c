#include "federation/httpsig_int.h"

#include "node/base/arena.h"
#include "node/base/clock.h"
#include "node/base/url.h"

#include <string.h>

static void add(struct sig_headers *h, struct str name, struct str value)
{
    h->v[h->n++] = (struct fetch_header){name, value};
}

/* What may stand between quotes in both schemes without escapes. */
static bool quotable(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] < 0x20 || s.p[i] >= 0x7f || s.p[i] == '"' || s.p[i] == '\\')
            return false;
    return s.n > 0;
}

static struct str base64(struct arena *a, struct str raw)
{
    struct buf b;
    buf_init_arena(&b, a, raw.n * 2 + 4);
    buf_put_base64(&b, raw.p, raw.n);
    return buf_str(&b);
}

/* federation.md 2.1, 2.2 */
static void sign_draft(struct arena *a, const struct sig_sign *s, const struct url *u,
                       struct sig_headers *ret)
{
    struct str target = s->without_query ? u->path : url_target(a, u);
    struct str host = url_authority(a, u);
    struct str date = clock_http_date(a, s->now);
    bool body = s->body.p != NULL;
    struct buf b;
    buf_init_arena(&b, a, SIG_BASE_MAX);
    buf_lit(&b, "(request-target): ");
    buf_put(&b, str_lower(a, str_c(s->method)));
    buf_put_char(&b, ' ');
    buf_put(&b, target);
    buf_lit(&b, "\nhost: ");
    buf_put(&b, host);
    buf_lit(&b, "\ndate: ");
    buf_put(&b, date);
    add(ret, STR("Date"), date);
    if (body) {
        struct str hash = crypt_sha256_base64(a, s->body);
        struct str digest = str_fmt(a, "SHA-256=" STR_FMT, STR_ARG(hash));
        buf_lit(&b, "\ndigest: ");
        buf_put(&b, digest);
        add(ret, STR("Digest"), digest);
    }
    struct str sig = base64(a, crypt_sign(a, s->key, buf_str(&b)));
    bool rsa = crypt_key_type(s->key) == CRYPT_RSA;
    add(ret, STR("Signature"),
        str_fmt(a,
                "keyId=\"" STR_FMT "\",algorithm=\"%s\",headers=\"(request-target) host date%s\","
                "signature=\"" STR_FMT "\"",
                STR_ARG(s->key_id), rsa ? "rsa-sha256" : "hs2019", body ? " digest" : "",
                STR_ARG(sig)));
}

/* federation.md 2.3 */
static void sign_9421(struct arena *a, const struct sig_sign *s, const struct url *u,
                      struct sig_headers *ret)
{
    struct url bare = *u;
    bare.fragment = STR_NULL;
    bool body = s->body.p != NULL;
    bool rsa = crypt_key_type(s->key) == CRYPT_RSA;
    struct str params = str_fmt(
        a, "(\"@method\" \"@target-uri\"%s);created=%lld;keyid=\"" STR_FMT "\";alg=\"%s\"",
        body ? " \"content-digest\"" : "", (long long)(s->now / MS_SECOND), STR_ARG(s->key_id),
        rsa ? "rsa-v1_5-sha256" : "ed25519");
    add(ret, STR("Date"), clock_http_date(a, s->now));
    struct buf b;
    buf_init_arena(&b, a, SIG_BASE_MAX);
    buf_lit(&b, "\"@method\": ");
    buf_put_c(&b, s->method);
    buf_lit(&b, "\n\"@target-uri\": ");
    buf_put(&b, url_str(a, &bare));
    if (body) {
        struct str hash = crypt_sha256_base64(a, s->body);
        struct str digest = str_fmt(a, "sha-256=:" STR_FMT ":", STR_ARG(hash));
        buf_lit(&b, "\n\"content-digest\": ");
        buf_put(&b, digest);
        add(ret, STR("Content-Digest"), digest);
    }
    buf_lit(&b, "\n\"@signature-params\": ");
    buf_put(&b, params);
    struct str sig = base64(a, crypt_sign(a, s->key, buf_str(&b)));
    add(ret, STR("Signature-Input"), str_fmt(a, "sig1=" STR_FMT, STR_ARG(params)));
    add(ret, STR("Signature"), str_fmt(a, "sig1=:" STR_FMT ":", STR_ARG(sig)));
}

enum err httpsig_sign(struct arena *a, const struct sig_sign *s, struct sig_headers *ret)
{
    struct url u;
    if (url_parse(a, s->url, &u) != OK || !quotable(s->key_id) || s->key_id.n > URL_MAX)
        return ERR_INVALID;
    ret->n = 0;
    if (s->scheme == SIG_DRAFT)
        sign_draft(a, s, &u, ret);
    else
        sign_9421(a, s, &u, ret);
    return OK;
}
