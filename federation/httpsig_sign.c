#include "federation/httpsig_int.h"

#include "node/base/arena.h"
#include "node/base/clock.h"
#include "node/base/url.h"

#include <string.h>

enum { EXPIRES_S = 300 };

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

static void put_value(struct buf *b, struct arena *a, const struct sig_sign *s,
                      const struct url *u, struct str component, struct str date, struct str digest)
{
    struct url bare = *u;
    bare.fragment = STR_NULL;
    if (str_eq_c(component, "@method"))
        buf_put_c(b, s->method);
    else if (str_eq_c(component, "@target-uri"))
        buf_put(b, url_str(a, &bare));
    else if (str_eq_c(component, "@authority") || str_eq_c(component, "host"))
        buf_put(b, url_authority(a, u));
    else if (str_eq_c(component, "@scheme"))
        buf_put(b, u->scheme);
    else if (str_eq_c(component, "@path"))
        buf_put(b, u->path);
    else if (str_eq_c(component, "date"))
        buf_put(b, date);
    else
        buf_put(b, digest); /* sig_wish_read lets nothing else through */
}

static struct str params_of(struct arena *a, const struct sig_sign *s, const struct sig_wish *w)
{
    struct buf b;
    int64_t created = s->now / MS_SECOND;
    bool rsa = crypt_key_type(s->key) == CRYPT_RSA;
    buf_init_arena(&b, a, SIG_BASE_MAX);
    for (size_t i = 0; i < w->n_components; i++) {
        buf_put_c(&b, i == 0 ? "(\"" : " \"");
        buf_put(&b, w->components[i]);
        buf_put_char(&b, '"');
    }
    buf_fmt(&b, ");created=%lld;keyid=\"", (long long)created);
    buf_put(&b, s->key_id);
    buf_put_c(&b, rsa ? "\";alg=\"rsa-v1_5-sha256\"" : "\";alg=\"ed25519\"");
    if (w->expires)
        buf_fmt(&b, ";expires=%lld", (long long)created + EXPIRES_S);
    if (w->nonce.p != NULL)
        buf_put(&b, str_fmt(a, ";nonce=\"" STR_FMT "\"", STR_ARG(w->nonce)));
    if (w->tag.p != NULL)
        buf_put(&b, str_fmt(a, ";tag=\"" STR_FMT "\"", STR_ARG(w->tag)));
    return buf_str(&b);
}

/* federation.md 2.3, 2.13 */
static void sign_9421(struct arena *a, const struct sig_sign *s, const struct url *u,
                      struct sig_headers *ret)
{
    bool body = s->body.p != NULL;
    struct str date = clock_http_date(a, s->now), digest = STR_NULL;
    struct sig_wish w = {.label = STR("sig1"), .n_components = body ? 3 : 2,
                         .components = {STR("@method"), STR("@target-uri"), STR("content-digest")}};
    if (s->wish.p != NULL)
        (void)sig_wish_read(a, s->wish, crypt_key_type(s->key) == CRYPT_RSA, s->key_id, body, &w);
    struct str params = params_of(a, s, &w);
    add(ret, STR("Date"), date);
    if (body) {
        struct str hash = crypt_sha256_base64(a, s->body);
        digest = str_fmt(a, "sha-256=:" STR_FMT ":", STR_ARG(hash));
        add(ret, STR("Content-Digest"), digest);
    }
    struct buf b;
    buf_init_arena(&b, a, SIG_BASE_MAX);
    for (size_t i = 0; i < w.n_components; i++) {
        buf_put_char(&b, '"');
        buf_put(&b, w.components[i]);
        buf_lit(&b, "\": ");
        put_value(&b, a, s, u, w.components[i], date, digest);
        buf_put_char(&b, '\n');
    }
    buf_lit(&b, "\"@signature-params\": ");
    buf_put(&b, params);
    struct str sig = base64(a, crypt_sign(a, s->key, buf_str(&b)));
    add(ret, STR("Signature-Input"), str_fmt(a, STR_FMT "=" STR_FMT, STR_ARG(w.label), STR_ARG(params)));
    add(ret, STR("Signature"), str_fmt(a, STR_FMT "=:" STR_FMT ":", STR_ARG(w.label), STR_ARG(sig)));
}

bool httpsig_wish(struct arena *a, struct str accept_signature, const struct crypt_key *key,
                  struct str key_id, bool has_body)
{
    struct sig_wish w;
    return accept_signature.p != NULL &&
           sig_wish_read(a, accept_signature, crypt_key_type(key) == CRYPT_RSA, key_id, has_body, &w);
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
