/* HTTP signatures of requests: draft-cavage-http-signatures-12, as the fediverse speaks it, and
 * RFC 9421. No network and no store here: the caller finds the key between parse and verify.
 *
 *     struct sig_parsed p;
 *     const char *why;
 *     TRY(httpsig_parse(a, &rq, now, SIG_SKEW_MS, &p, &why));     401 with why
 *     … find the key of p.key_id …
 *     TRY(httpsig_verify(a, &rq, &p, key, &why));
 *
 * Everything works on the arena given; any thread. */
#ifndef FEDERATION_HTTPSIG_H
#define FEDERATION_HTTPSIG_H

#include "node/base/crypt.h"
#include "node/base/err.h"
#include "node/base/str.h"
#include "node/net/fetch.h"

struct arena;

#define SIG_SKEW_MS INT64_C(3600000)

enum sig_scheme { SIG_DRAFT, SIG_RFC9421 };

struct sig_request {
    const char *method;
    struct str target;  /* path?query exactly as it came over the wire */
    struct str host;    /* Host header exactly as it came */
    const char *scheme; /* of our public address, from the settings and not from the socket */
    /* A header's value by lower-case name, repeated lines joined with ", "; STR_NULL: absent. */
    struct str (*header)(void *arg, const char *name);
    void *arg;
    struct str body;
    bool has_body;
};

#define SIG_COMPONENTS_MAX 32

struct sig_parsed {
    enum sig_scheme scheme;
    struct str key_id;    /* a view into the header; not checked to be an address */
    struct str alg;       /* STR_NULL when unsaid */
    struct str signature; /* raw bytes; their SHA-256 serves the replay cache */
    int64_t created;      /* ms; draft: (created) or else Date */
    int64_t expires;      /* ms; 0 when unsaid */
    struct str params;    /* RFC 9421: inner list and parameters as received */
    struct str components[SIG_COMPONENTS_MAX];
    size_t n_components;
    struct str created_raw, expires_raw; /* draft: as written */
};

/* All checks that need no key: which scheme, syntax, no duplicates, coverage, body digest, time
 * window, algorithm known, nothing signed that we cannot rebuild (federation.md 2.6–2.11).
 * ERR_UNAUTHENTICATED with *ret_why, a short English phrase fit for a 401's text. */
MUST_USE enum err httpsig_parse(struct arena *a, const struct sig_request *rq, int64_t now,
                                int64_t skew_ms, struct sig_parsed *ret, const char **ret_why);
/* Does key stand behind it? A draft signature over a target with a query is tried without the
 * query too: some senders leave it out. ERR_UNAUTHENTICATED if not. */
MUST_USE enum err httpsig_verify(struct arena *a, const struct sig_request *rq,
                                 const struct sig_parsed *p, const struct crypt_key *key,
                                 const char **ret_why);
/* The text that is signed. False when a covered header is missing. */
bool httpsig_base(struct arena *a, const struct sig_request *rq, const struct sig_parsed *p,
                  bool without_query, struct str *ret);

struct sig_headers {
    struct fetch_header v[6];
    size_t n;
};

struct sig_sign {
    enum sig_scheme scheme;
    const struct crypt_key *key; /* RSA, or Ed25519 */
    struct str key_id;
    const char *method;          /* "GET", "POST" */
    struct str url;
    struct str body;             /* p == NULL: none */
    int64_t now;
    bool without_query;          /* draft GET, for peers that verify without the query (2.2) */
    struct str wish;             /* RFC 9421: the peer's Accept-Signature, if httpsig_wish took it */
};

/* Does this Accept-Signature ask for a signature that we can make with such a key (RFC 9421 section
 * 5)? All its components and parameters must be known to us, keyid and alg ours. */
bool httpsig_wish(struct arena *a, struct str accept_signature, const struct crypt_key *key,
                  struct str key_id, bool has_body);

/* The headers to send along: Date, Digest or Content-Digest, Signature-Input, Signature. Host is
 * covered by the draft and must go out as curl writes it. Content-Type is the caller's.
 * ERR_INVALID when url isn't an address. Sign when sending: the date counts. */
MUST_USE enum err httpsig_sign(struct arena *a, const struct sig_sign *s, struct sig_headers *ret);

#endif
