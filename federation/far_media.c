/* What node/media/far.h asks upward: whether, and as whom. */
#include "federation/fed.h"
#include "federation/httpsig.h"
#include "federation/keys.h"
#include "federation/policy.h"

bool fed_far_may(struct cx *cx, struct str owner, struct str host)
{
    struct fed_policy p;
    if (fed_policy_of(cx, owner, &p) != OK || p.level == FED_SUSPENDED || p.reject_media)
        return false;
    if (str_eq(owner, host))
        return true;
    /* Where a server that may speak keeps its files is its own affair, unless somebody ruled about it. */
    return fed_policy_of(cx, host, &p) == OK && (p.unlisted || !p.reject_media);
}

void fed_far_sign(struct cx *cx, struct str url, const struct fetch_header **ret, size_t *ret_n)
{
    const struct fed_signer *signer;
    struct sig_headers *h = ARENA_NEW(cx->arena, struct sig_headers);
    *ret_n = 0;
    if (fed_signer_instance(cx, &signer) != OK)
        return;
    struct sig_sign s = {.scheme = SIG_DRAFT, .key = signer->rsa, .key_id = signer->rsa_id, .method = "GET",
                         .url = url, .now = cx->now};
    if (httpsig_sign(cx->arena, &s, h) != OK)
        return;
    *ret = h->v;
    *ret_n = h->n;
}
