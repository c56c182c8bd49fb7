/* Shared by the two schemes of httpsig; nobody else includes it. */
#ifndef FEDERATION_HTTPSIG_INT_H
#define FEDERATION_HTTPSIG_INT_H

#include "federation/httpsig.h"

#include "node/base/buf.h"

#define SIG_HEADER_MAX 8192 /* bytes of one signature header that we read */
#define SIG_BASE_MAX 65536

#define SIG_REFUSE(why_, words)                                                                    \
    do {                                                                                           \
        *(why_) = (words);                                                                         \
        return ERR_UNAUTHENTICATED;                                                                \
    } while (0)

/* Syntax, coverage and what else is particular to the scheme; the rest is in httpsig.c. */
MUST_USE enum err sig_draft_parse(struct arena *a, const struct sig_request *rq,
                                  struct sig_parsed *ret, const char **ret_why);
MUST_USE enum err sig_9421_parse(struct arena *a, const struct sig_request *rq,
                                 struct sig_parsed *ret, const char **ret_why);
bool sig_draft_base(struct arena *a, const struct sig_request *rq, const struct sig_parsed *p,
                    bool without_query, struct str *ret);
bool sig_9421_base(struct arena *a, const struct sig_request *rq, const struct sig_parsed *p,
                   struct str *ret);
/* Compare "Digest" or "Content-Digest" with the body. */
MUST_USE enum err sig_digest_check(struct arena *a, struct str header, bool structured,
                                   struct str body, const char **ret_why);

/* One wish of an Accept-Signature, as it is to be fulfilled. */
struct sig_wish {
    struct str label;
    struct str components[SIG_COMPONENTS_MAX]; /* what we always cover is among them */
    size_t n_components;
    bool expires;
    struct str nonce, tag; /* NULL: not asked for */
};
/* The first that we can fulfil. */
bool sig_wish_read(struct arena *a, struct str header, bool rsa, struct str key_id, bool has_body,
                   struct sig_wish *ret);

bool sig_covers(const struct sig_parsed *p, const char *component);
/* A request that must say what its body is. */
bool sig_needs_digest(const struct sig_request *rq);
/* Host header, lower-cased, without the scheme's default port. */
struct str sig_authority(struct arena *a, const struct sig_request *rq);
/* The header's value without white space around it; false if absent or with a line break. */
bool sig_header(const struct sig_request *rq, struct arena *a, struct str name, struct str *ret);

#endif
