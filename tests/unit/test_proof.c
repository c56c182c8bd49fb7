/* Integrity proofs, by the FEP's own example (its present text and the one before). */
#include "federation/ids.h"
#include "federation/proof.h"
#include "node/base/arena.h"
#include "node/base/base58.h"
#include "node/base/clock.h"
#include "node/base/json.h"

#include <string.h>

#include "tests/unit/unit.h"

#define FEP_KEY "z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2"
#define FEP_METHOD "https://server.example/users/alice#ed25519-key"
#define CONTEXT                                                                                    \
    "[\"https://www.w3.org/ns/activitystreams\",\"https://w3id.org/security/data-integrity/v2\"]"
#define NOTE(content)                                                                              \
    "\"id\":\"https://server.example/activities/1\",\"type\":\"Create\","                          \
    "\"actor\":\"https://server.example/users/alice\",\"object\":{"                                \
    "\"id\":\"https://server.example/objects/1\",\"type\":\"Note\","                               \
    "\"attributedTo\":\"https://server.example/users/alice\",\"content\":\"" content "\","         \
    "\"location\":{\"type\":\"Place\",\"longitude\":-71.184902,\"latitude\":25.273962}}"
#define PROOF_REST                                                                                 \
    "\"type\":\"DataIntegrityProof\",\"cryptosuite\":\"eddsa-jcs-2022\","                          \
    "\"verificationMethod\":\"" FEP_METHOD "\",\"proofPurpose\":\"assertionMethod\","
#define PROOF_VALUE                                                                                \
    "\"proofValue\":\"z42ffGu6AUKPCFcFPiabmUvnGLPJzC7e4DGWC52NUasSSH37UMa9c58tdgVszUcZ"            \
    "fytxa4fQ5TYHaJENCxUDe9SdL\","
#define PROOF "{\"@context\":" CONTEXT "," PROOF_REST PROOF_VALUE "\"created\":\"2023-02-24T23:36:38Z\"}"

static int begin(void **state)
{
    *state = arena_new();
    return 0;
}

static int end(void **state)
{
    arena_free(*state);
    return 0;
}

static int64_t made_at(void)
{
    int64_t t = 0;
    assert_true(clock_parse_rfc3339(STR("2023-02-24T23:36:38Z"), &t));
    return t;
}

static enum err reads(struct arena *a, const char *text, int64_t now, struct proof *p)
{
    json_t *j;
    const char *why;
    assert_int_equal(json_read(a, str_c(text), NULL, &j), OK);
    return proof_read(a, j, now, p, &why);
}

static bool holds(struct arena *a, const char *text)
{
    struct crypt_key *k = NULL;
    struct proof p;
    assert_int_equal(crypt_key_read_multikey(STR(FEP_KEY), &k), OK);
    bool ok = reads(a, text, made_at(), &p) == OK && proof_verify(&p, k);
    if (ok)
        CHECK_STR(p.key_id, FEP_METHOD);
    crypt_key_free(k);
    return ok;
}

static void the_examples_hold(void **state)
{
    struct arena *a = *state;
    assert_true(holds(a, "{\"@context\":" CONTEXT "," NOTE("Hello world") ",\"proof\":" PROOF "}"));
    /* Members in another order and numbers written in another way are the same document. */
    assert_true(holds(a, "{\"proof\":[" PROOF "],\"object\":{\"location\":{\"latitude\":"
                         "2.5273962E1,\"longitude\":-71.1849020,\"type\":\"Place\"},"
                         "\"content\":\"Hello \\u0077orld\",\"attributedTo\":"
                         "\"https://server.example/users/alice\",\"type\":\"Note\","
                         "\"id\":\"https://server.example/objects/1\"},"
                         "\"actor\":\"https://server.example/users/alice\",\"type\":\"Create\","
                         "\"id\":\"https://server.example/activities/1\",\"@context\":" CONTEXT "}"));
    /* An LD signature that was put beside it later. */
    assert_true(holds(a, "{\"@context\":" CONTEXT "," NOTE("Hello world")
                         ",\"signature\":{\"type\":\"RsaSignature2017\"},\"proof\":" PROOF "}"));
    /* The text of 2023: the proof names no context. */
    assert_true(holds(a,
        "{\"@context\":[\"https://www.w3.org/ns/activitystreams\","
        "\"https://w3id.org/security/data-integrity/v1\"],\"type\":\"Create\","
        "\"actor\":\"https://server.example/users/alice\",\"object\":{\"type\":\"Note\","
        "\"content\":\"Hello world\"},\"proof\":{" PROOF_REST
        "\"proofValue\":\"z3sXaxjKs4M3BRicwWA9peyNPJvJqxtGsDmpt1jjoHCjgeUf71TRFz56osPSfDErszyLp"
        "5Ks1EhYSgpDaNM977Rg2\",\"created\":\"2023-02-24T23:36:38Z\"}}"));
}

static void whatever_is_changed_breaks_it(void **state)
{
    struct arena *a = *state;
    static const char *const not[] = {
        "{\"@context\":" CONTEXT "," NOTE("Hello World") ",\"proof\":" PROOF "}",
        "{\"@context\":" CONTEXT "," NOTE("Hello world") ",\"to\":[],\"proof\":" PROOF "}",
        "{\"@context\":\"https://www.w3.org/ns/activitystreams\"," NOTE("Hello world")
        ",\"proof\":" PROOF "}",
        "{" NOTE("Hello world") ",\"proof\":" PROOF "}",
        "{\"@context\":" CONTEXT "," NOTE("Hello world") ",\"proof\":{\"@context\":" CONTEXT
        "," PROOF_REST PROOF_VALUE "\"created\":\"2023-02-24T23:36:39Z\"}}",
        "{\"@context\":" CONTEXT "," NOTE("Hello world") ",\"proof\":{\"@context\":" CONTEXT
        ",\"challenge\":\"x\"," PROOF_REST PROOF_VALUE "\"created\":\"2023-02-24T23:36:38Z\"}}",
    };
    for (size_t i = 0; i < sizeof not / sizeof *not; i++)
        if (holds(a, not[i]))
            fail_msg("believed: %s", not[i]);
    struct crypt_key *other = NULL;
    struct proof p;
    assert_int_equal(reads(a, "{\"@context\":" CONTEXT "," NOTE("Hello world") ",\"proof\":" PROOF "}",
                           made_at(), &p), OK);
    assert_int_equal(crypt_key_generate(CRYPT_ED25519, &other), OK);
    assert_false(proof_verify(&p, other));
    crypt_key_free(other);
    assert_int_equal(crypt_key_generate(CRYPT_RSA, &other), OK);
    assert_false(proof_verify(&p, other));
    crypt_key_free(other);
}

static void what_is_no_proof_is_said_to_be_none(void **state)
{
    struct arena *a = *state;
    struct proof p;
#define WITH(proof) "{\"@context\":" CONTEXT "," NOTE("Hello world") ",\"proof\":" proof "}"
    assert_int_equal(reads(a, "{\"type\":\"Create\"}", made_at(), &p), ERR_NOT_FOUND);
    assert_int_equal(reads(a, WITH("\"x\""), made_at(), &p), ERR_NOT_FOUND);
    assert_int_equal(reads(a, WITH("{\"type\":\"Ed25519Signature2020\"}"), made_at(), &p),
                     ERR_NOT_FOUND);
    assert_int_equal(reads(a, WITH("{" PROOF_REST "\"created\":\"2023-02-24T23:36:38Z\"}"),
                           made_at(), &p), ERR_UNAUTHENTICATED);
    assert_int_equal(reads(a, WITH("{" PROOF_REST PROOF_VALUE "\"created\":\"then\"}"), made_at(),
                           &p), ERR_UNAUTHENTICATED);
    assert_int_equal(reads(a, WITH("{" PROOF_REST "\"proofValue\":\"z2NEpo7TZRRrLZSi2U\","
                                   "\"created\":\"2023-02-24T23:36:38Z\"}"), made_at(), &p),
                     ERR_UNAUTHENTICATED);
    assert_int_equal(reads(a, WITH("{\"type\":\"DataIntegrityProof\",\"cryptosuite\":"
                                   "\"eddsa-jcs-2022\",\"verificationMethod\":\"" FEP_METHOD "\","
                                   "\"proofPurpose\":\"authentication\"," PROOF_VALUE
                                   "\"created\":\"2023-02-24T23:36:38Z\"}"), made_at(), &p),
                     ERR_UNAUTHENTICATED);
    /* Ids are known for thirty days: an older one may have been played before. */
    assert_int_equal(reads(a, WITH(PROOF), made_at() + PROOF_AGE_MAX_MS - 1000, &p), OK);
    assert_int_equal(reads(a, WITH(PROOF), made_at() + PROOF_AGE_MAX_MS + 1000, &p),
                     ERR_UNAUTHENTICATED);
    assert_int_equal(reads(a, WITH(PROOF), made_at() - 2 * MS_HOUR, &p), ERR_UNAUTHENTICATED);
    assert_int_equal(reads(a, WITH("{\"expires\":\"2023-02-25T00:00:00Z\"," PROOF_REST PROOF_VALUE
                                   "\"created\":\"2023-02-24T23:36:38Z\"}"),
                           made_at() + MS_DAY, &p), ERR_UNAUTHENTICATED);
}

/* 3.11: one spelling for scheme, host and port; nothing else of an id is touched, and no text. */
static void ids_are_spelled_once(void **state)
{
    struct arena *a = *state;
    static const char *const of[][2] = {
        {"https://a.example/Users/Ann?B=C#D", "https://a.example/Users/Ann?B=C#D"},
        {"HTTPS://A.Example/Users/Ann#D", "https://a.example/Users/Ann#D"},
        {"https://a.example:443/x", "https://a.example/x"},
        {"https://a.example:80/x", "https://a.example:80/x"},
        {"HTTP://a.example:80", "http://a.example"}, /* no slash is put behind it */
        {"https://B\xc3\xbc" "cher.example/x", "https://xn--bcher-kva.example/x"},
        {"https://Ann@A.example/x", "https://Ann@A.example/x"}, /* none that we take: left alone */
        {"acct:Ann@A.example", "acct:Ann@A.example"},
        {"As:Public", "As:Public"},
        {"", ""},
    };
    for (size_t i = 0; i < sizeof of / sizeof *of; i++)
        CHECK_STR(fed_id_spell(a, str_c(of[i][0])), of[i][1]);
    assert_null(fed_id_spell(a, STR_NULL).p);
    json_t *j;
    assert_int_equal(json_read(a, STR("{\"id\":\"HTTPS://A.example/1\",\"content\":\"HTTPS://A.example/1\","
                                      "\"to\":[\"HTTPS://A.example/2\",\"as:Public\"],"
                                      "\"object\":{\"attributedTo\":{\"id\":\"HTTPS://A.example/3\"},"
                                      "\"name\":\"HTTPS://A.example/4\"}}"), NULL, &j), OK);
    fed_ids_spell(a, j);
    CHECK_STR(ld_str(j, "id"), "https://a.example/1");
    CHECK_STR(ld_str(j, "content"), "HTTPS://A.example/1");
    CHECK_STR(ld_str(j, "to"), "https://a.example/2");
    CHECK_STR(ld_str(j, "object.attributedTo.id"), "https://a.example/3");
    CHECK_STR(ld_str(j, "object.name"), "HTTPS://A.example/4");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_examples_hold, begin, end),
        cmocka_unit_test_setup_teardown(whatever_is_changed_breaks_it, begin, end),
        cmocka_unit_test_setup_teardown(what_is_no_proof_is_said_to_be_none, begin, end),
        cmocka_unit_test_setup_teardown(ids_are_spelled_once, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
