#include "federation/httpsig_int.h"

#include "node/base/arena.h"
#include "node/base/clock.h"

#include <string.h>

#define SKEW_MIN (5 * MS_MINUTE)
#define SKEW_MAX (12 * MS_HOUR)

bool sig_covers(const struct sig_parsed *p, const char *component)
{
    for (size_t i = 0; i < p->n_components; i++)
        if (str_eq_c(p->components[i], component))
            return true;
    return false;
}

bool sig_needs_digest(const struct sig_request *rq)
{
    return (rq->has_body && rq->body.n > 0) || strcmp(rq->method, "POST") == 0 ||
           strcmp(rq->method, "PUT") == 0 || strcmp(rq->method, "PATCH") == 0;
}

struct str sig_authority(struct arena *a, const struct sig_request *rq)
{
    struct str h = str_lower(a, str_trim(rq->host));
    struct str port = strcmp(rq->scheme, "https") == 0 ? STR(":443") : STR(":80");
    return str_ends(h, port) ? str_sub(h, 0, h.n - port.n) : h;
}

bool sig_header(const struct sig_request *rq, struct arena *a, struct str name, struct str *ret)
{
    struct str v = str_eq_c(name, "host") ? rq->host : rq->header(rq->arg, str_z(a, name));
    if (v.p == NULL || str_find_char(v, '\n', 0) != SIZE_MAX ||
        str_find_char(v, '\r', 0) != SIZE_MAX)
        return false;
    *ret = str_trim(v);
    return true;
}

/* "SHA-256=b64, SHA-512=b64" or, structured, "sha-256=:b64:, …" (RFC 9530). What we know must all
 * agree, and something must be known. */
enum err sig_digest_check(struct arena *a, struct str header, bool structured, struct str body,
                          const char **ret_why)
{
    bool seen256 = false, seen512 = false;
    struct str rest = header, one;
    while (str_next(&rest, ',', &one)) {
        one = str_trim(one);
        size_t eq = str_find_char(one, '=', 0);
        if (eq == SIZE_MAX)
            SIG_REFUSE(ret_why, "malformed digest header");
        struct str name = str_sub(one, 0, eq), value = str_sub(one, eq + 1, SIZE_MAX);
        bool is256 = str_ieq_c(name, "sha-256"), is512 = str_ieq_c(name, "sha-512");
        if (!is256 && !is512)
            continue;
        if (is256 ? seen256 : seen512)
            SIG_REFUSE(ret_why, "repeated digest");
        *(is256 ? &seen256 : &seen512) = true;
        if (structured) {
            if (value.n < 2 || value.p[0] != ':' || value.p[value.n - 1] != ':')
                SIG_REFUSE(ret_why, "malformed digest header");
            value = str_sub(value, 1, value.n - 2);
        }
        struct str expect = is256 ? crypt_sha256_base64(a, body) : crypt_sha512_base64(a, body);
        if (!str_eq_secret(value, expect))
            SIG_REFUSE(ret_why, "digest does not match the body");
    }
    if (!seen256 && !seen512)
        SIG_REFUSE(ret_why, "no known digest algorithm");
    return OK;
}

static enum err check_body(struct arena *a, const struct sig_request *rq,
                           const struct sig_parsed *p, const char **ret_why)
{
    bool structured = p->scheme == SIG_RFC9421;
    struct str name = structured ? STR("content-digest") : STR("digest");
    bool covered = sig_covers(p, name.p);
    if (!covered && sig_needs_digest(rq))
        SIG_REFUSE(ret_why, structured ? "content-digest is not signed" : "digest is not signed");
    if (!covered)
        return OK;
    struct str v;
    if (!sig_header(rq, a, name, &v))
        SIG_REFUSE(ret_why, "the digest header is missing");
    return sig_digest_check(a, v, structured, rq->body, ret_why);
}

static enum err check_time(const struct sig_parsed *p, int64_t now, int64_t skew,
                           const char **ret_why)
{
    if (skew < SKEW_MIN)
        skew = SKEW_MIN;
    if (skew > SKEW_MAX)
        skew = SKEW_MAX;
    if (p->created < now - skew)
        SIG_REFUSE(ret_why, "signature is too old");
    if (p->created > now + skew)
        SIG_REFUSE(ret_why, "signature is from the future");
    if (p->expires != 0 && p->expires < now - skew)
        SIG_REFUSE(ret_why, "signature has expired");
    if (p->expires != 0 && p->expires < p->created)
        SIG_REFUSE(ret_why, "signature expires before it was made");
    return OK;
}

static enum err check_alg(const struct sig_parsed *p, const char **ret_why)
{
    static const char *const draft[] = {"rsa-sha256", "hs2019", "ed25519",
                                       "ed25519-sha512" /* Misskey's name for it */};
    static const char *const rfc[] = {"rsa-v1_5-sha256", "ed25519"};
    if (p->alg.p == NULL)
        return OK;
    const char *const *known = p->scheme == SIG_DRAFT ? draft : rfc;
    size_t n = p->scheme == SIG_DRAFT ? 4 : 2;
    for (size_t i = 0; i < n; i++)
        if (str_ieq_c(p->alg, known[i]))
            return OK;
    SIG_REFUSE(ret_why, "signature algorithm is not supported");
}

enum err httpsig_parse(struct arena *a, const struct sig_request *rq, int64_t now, int64_t skew_ms,
                       struct sig_parsed *ret, const char **ret_why)
{
    struct sig_parsed p = {0};
    *ret_why = "";
    if (rq->target.n == 0 || rq->target.p[0] != '/' ||
        str_find_char(rq->target, '\n', 0) != SIZE_MAX)
        SIG_REFUSE(ret_why, "unusual request target");
    if (rq->host.n == 0)
        SIG_REFUSE(ret_why, "no host");
    if (rq->header(rq->arg, "signature-input").p != NULL) {
        p.scheme = SIG_RFC9421;
        TRY(sig_9421_parse(a, rq, &p, ret_why));
    } else {
        p.scheme = SIG_DRAFT;
        TRY(sig_draft_parse(a, rq, &p, ret_why));
    }
    TRY(check_alg(&p, ret_why));
    TRY(check_time(&p, now, skew_ms, ret_why));
    TRY(check_body(a, rq, &p, ret_why));
    *ret = p;
    return OK;
}

bool httpsig_base(struct arena *a, const struct sig_request *rq, const struct sig_parsed *p,
                  bool without_query, struct str *ret)
{
    return p->scheme == SIG_DRAFT ? sig_draft_base(a, rq, p, without_query, ret)
                                  : sig_9421_base(a, rq, p, ret);
}

/* The name must fit the key; unsaid and hs2019 leave it to the key (federation.md 2.11). */
static bool alg_fits(const struct sig_parsed *p, const struct crypt_key *key)
{
    if (p->alg.p == NULL || str_ieq_c(p->alg, "hs2019"))
        return true;
    bool ed = str_istarts(p->alg, STR("ed25519"));
    return ed == (crypt_key_type(key) == CRYPT_ED25519);
}

enum err httpsig_verify(struct arena *a, const struct sig_request *rq, const struct sig_parsed *p,
                        const struct crypt_key *key, const char **ret_why)
{
    struct str base;
    *ret_why = "";
    if (!alg_fits(p, key))
        SIG_REFUSE(ret_why, "signature algorithm does not fit the key");
    if (!httpsig_base(a, rq, p, false, &base))
        SIG_REFUSE(ret_why, "a signed header is missing");
    if (crypt_verify(key, base, p->signature))
        return OK;
    if (p->scheme == SIG_DRAFT && str_find_char(rq->target, '?', 0) != SIZE_MAX &&
        httpsig_base(a, rq, p, true, &base) && crypt_verify(key, base, p->signature))
        return OK;
    SIG_REFUSE(ret_why, "signature does not verify");
}
