/* Signed requests. Input, a line each: method, target, host, then "name: value" headers, an empty
 * line, the body. Nothing of it may verify against a key that signed nothing. */
#include "federation/httpsig.h"

#include "node/base/arena.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static struct str header(void *arg, const char *name)
{
    struct str rest = *(struct str *)arg, line;
    while (str_next(&rest, '\n', &line)) {
        size_t colon = str_find_char(line, ':', 0);
        if (colon != SIZE_MAX && str_ieq_c(str_sub(line, 0, colon), name))
            return str_trim(str_sub(line, colon + 1, SIZE_MAX));
    }
    return STR_NULL;
}

/* What is wished for is fulfilled, if at all, with what we always cover. */
static void fulfil(struct arena *a, struct str wish)
{
    struct crypt_key *signer;
    if (crypt_key_read_private(STR("-----BEGIN PRIVATE KEY-----\n"
                                   "MC4CAQAwBQYDK2VwBCIEIJ+DYvh6SEqVTm50DFtMDoQikTmiCqirVv9mWG9qfSnF\n"
                                   "-----END PRIVATE KEY-----\n"), &signer) != OK)
        abort();
    struct sig_sign s = {.scheme = SIG_RFC9421, .key = signer, .key_id = STR("https://a.example/u#k"),
                         .method = "POST", .url = STR("https://b.example/inbox"), .body = STR("{}"),
                         .now = INT64_C(1795161600000), .wish = wish};
    struct sig_headers made;
    if (httpsig_wish(a, wish, signer, s.key_id, true)) {
        if (httpsig_sign(a, &s, &made) != OK)
            abort();
        for (size_t i = 0; i < made.n; i++)
            if (str_eq_c(made.v[i].name, "Signature-Input") &&
                (!str_contains(made.v[i].value, STR("\"@target-uri\"")) ||
                 !str_contains(made.v[i].value, STR("\"content-digest\""))))
                abort();
    }
    crypt_key_free(signer);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    struct arena *a = arena_new();
    struct str in = {arena_copy(a, p, n), n}, method = STR_NULL, target = STR_NULL,
               host = STR_NULL;
    str_next(&in, '\n', &method);
    str_next(&in, '\n', &target);
    str_next(&in, '\n', &host);
    size_t end = str_find(in, STR("\n\n"), 0);
    struct str headers = str_sub(in, 0, end);
    struct sig_request rq = {
        .method = str_z(a, method),
        .target = target,
        .host = host,
        .scheme = "https",
        .header = header,
        .arg = &headers,
        .body = end == SIZE_MAX ? STR("") : str_sub(in, end + 2, SIZE_MAX),
        .has_body = end != SIZE_MAX,
    };
    struct sig_parsed parsed;
    const char *why = NULL;
    struct crypt_key *key;
    if (crypt_key_read_multikey(STR("z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp"), &key) !=
        OK)
        abort();
    if (httpsig_parse(a, &rq, INT64_C(1795161600000), SIG_SKEW_MS, &parsed, &why) == OK) {
        if (parsed.key_id.n == 0 || parsed.created == 0 ||
            httpsig_verify(a, &rq, &parsed, key, &why) == OK)
            abort();
    }
    if (why == NULL)
        abort();
    if (header(&headers, "accept-signature").p != NULL)
        fulfil(a, header(&headers, "accept-signature"));
    crypt_key_free(key);
    arena_free(a);
    return 0;
}
