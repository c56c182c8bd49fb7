#include "federation/httpsig.h"
#include "federation/httpsig_int.h"

#include "node/base/arena.h"
#include "node/base/clock.h"
#include "node/base/url.h"

#include <string.h>

#include "tests/unit/httpsig_vectors.h"
#include "tests/unit/unit.h"

#define NOW INT64_C(1795161600000) /* 20 Nov 2026 08:00 UTC */
#define KEY_ID STR("https://a.example/ap/a/1#main-key")
#define BODY STR("{\"type\":\"Follow\"}")

struct header {
    const char *name;
    struct str value;
};

/* A request as it arrives, with headers that a test can change. */
struct arrived {
    struct sig_request rq;
    struct header v[16];
    size_t n;
};

struct fixture {
    struct arena *a;
    struct crypt_key *rsa, *ed, *other;
};

static struct str get_header(void *arg, const char *name)
{
    struct arrived *r = arg;
    for (size_t i = 0; i < r->n; i++)
        if (strcmp(r->v[i].name, name) == 0)
            return r->v[i].value;
    return STR_NULL;
}

static void set_header(struct arrived *r, const char *name, struct str value)
{
    size_t i = 0;
    while (i < r->n && strcmp(r->v[i].name, name) != 0)
        i++;
    assert_true(i < 16);
    if (i == r->n)
        r->n++;
    r->v[i] = (struct header){name, value};
}

static void del_header(struct arrived *r, const char *name)
{
    for (size_t i = 0; i < r->n; i++)
        if (strcmp(r->v[i].name, name) == 0)
            r->v[i] = r->v[--r->n];
}

static void arrive(struct arrived *r, const char *method, struct str target, struct str host,
                   struct str body)
{
    *r = (struct arrived){.rq = {.method = method, .target = target, .host = host,
                                 .scheme = "https", .header = get_header, .arg = r, .body = body,
                                 .has_body = body.p != NULL}};
}

static int begin(void **state)
{
    struct fixture *f = test_calloc(1, sizeof *f);
    f->a = arena_new();
    assert_int_equal(crypt_key_read_private(str_c(RFC9421_RSA_PRIVATE), &f->rsa), OK);
    assert_int_equal(crypt_key_read_private(str_c(RFC9421_ED25519_PRIVATE), &f->ed), OK);
    assert_int_equal(crypt_key_generate(CRYPT_ED25519, &f->other), OK);
    *state = f;
    return 0;
}

static int end(void **state)
{
    struct fixture *f = *state;
    arena_free(f->a);
    crypt_key_free(f->rsa);
    crypt_key_free(f->ed);
    crypt_key_free(f->other);
    test_free(f);
    return 0;
}

static enum err check(struct arena *a, struct arrived *r, const struct crypt_key *key,
                      const char **why)
{
    struct sig_parsed p;
    r->rq.arg = r;
    TRY(httpsig_parse(a, &r->rq, NOW, SIG_SKEW_MS, &p, why));
    return httpsig_verify(a, &r->rq, &p, key, why);
}

static void expect_ok(struct fixture *f, struct arrived *r, const struct crypt_key *key)
{
    const char *why = "";
    if (check(f->a, r, key, &why) != OK)
        fail_msg("refused: %s", why);
}

static void expect_refused(struct fixture *f, struct arrived *r, const struct crypt_key *key,
                           const char *expect)
{
    const char *why = "";
    if (check(f->a, r, key, &why) != ERR_UNAUTHENTICATED)
        fail_msg("accepted, expected: %s", expect);
    if (strstr(why, expect) == NULL)
        fail_msg("refused with \"%s\", expected \"%s\"", why, expect);
}

/* Sign with our own signer and let it arrive. */
static void send_signed(struct fixture *f, struct arrived *r, enum sig_scheme scheme,
                        const struct crypt_key *key, const char *method, const char *url,
                        struct str body)
{
    struct sig_sign s = {.scheme = scheme, .key = key, .key_id = KEY_ID, .method = method,
                         .url = str_c(url), .body = body, .now = NOW};
    struct sig_headers h;
    assert_int_equal(httpsig_sign(f->a, &s, &h), OK);
    struct url u;
    assert_int_equal(url_parse(f->a, str_c(url), &u), OK);
    arrive(r, method, url_target(f->a, &u), url_authority(f->a, &u), body);
    r->rq.scheme = str_z(f->a, u.scheme);
    for (size_t i = 0; i < h.n; i++)
        set_header(r, str_lower(f->a, h.v[i].name).p, h.v[i].value);
}

/* draft-cavage-http-signatures-12, appendix C */
static void draft_vectors(void **state)
{
    struct fixture *f = *state;
    struct crypt_key *key, *pub;
    assert_int_equal(crypt_key_read_private_min(str_c(DRAFT_PRIVATE), 1024, &key), OK);
    assert_int_equal(crypt_key_read_public_min(str_c(DRAFT_PUBLIC), 1024, &pub), OK);
    struct arrived r;
    arrive(&r, "POST", STR("/foo?param=value&pet=dog"), STR("example.com"),
           STR("{\"hello\": \"world\"}"));
    set_header(&r, "date", STR("Sun, 05 Jan 2014 21:31:40 GMT"));
    set_header(&r, "content-type", STR("application/json"));
    set_header(&r, "digest", STR("SHA-256=X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE="));
    set_header(&r, "content-length", STR("18"));
    static const struct { struct str headers, signature; } v[] = {
        {STR_INIT("date"), STR_INIT(DRAFT_C1)},
        {STR_INIT("(request-target) host date"), STR_INIT(DRAFT_C2)},
        {STR_INIT("(request-target) host date content-type digest content-length"),
         STR_INIT(DRAFT_C3)},
    };
    for (size_t i = 0; i < 3; i++) {
        struct sig_parsed p = {.scheme = SIG_DRAFT};
        struct str rest = v[i].headers, base, raw;
        while (str_next(&rest, ' ', &p.components[p.n_components]))
            p.n_components++;
        assert_true(httpsig_base(f->a, &r.rq, &p, false, &base));
        assert_true(crypt_base64_decode(f->a, v[i].signature, &raw));
        assert_true(str_eq(crypt_sign(f->a, key, base), raw));
        assert_true(crypt_verify(pub, base, raw));
    }
    /* The last one covers what we ask for, so the whole way is open to it in its own time. */
    struct sig_parsed p;
    const char *why;
    set_header(&r, "signature", STR("keyId=\"Test\",algorithm=\"rsa-sha256\",headers=\""
                                    "(request-target) host date content-type digest "
                                    "content-length\",signature=\"" DRAFT_C3 "\""));
    int64_t then;
    assert_true(clock_parse_http_date(STR("Sun, 05 Jan 2014 21:31:40 GMT"), &then));
    assert_int_equal(httpsig_parse(f->a, &r.rq, then, SIG_SKEW_MS, &p, &why), OK);
    assert_int_equal(httpsig_verify(f->a, &r.rq, &p, pub, &why), OK);
    assert_int_equal(httpsig_parse(f->a, &r.rq, NOW, SIG_SKEW_MS, &p, &why), ERR_UNAUTHENTICATED);
    crypt_key_free(key);
    crypt_key_free(pub);
}

/* RFC 9421 section 4.3, the only rsa-v1_5-sha256 signature in it. It leaves the query out, which
 * we would not accept, so the target here has none; the signed text is the same. */
static void rfc9421_proxy_vector(void **state)
{
    struct fixture *f = *state;
    struct crypt_key *pub;
    assert_int_equal(crypt_key_read_public(str_c(RFC9421_RSA_PUBLIC), &pub), OK);
    struct arrived r;
    arrive(&r, "POST", STR("/foo"), STR("origin.host.internal.example"),
           STR("{\"hello\": \"world\"}"));
    set_header(&r, "content-type", STR("application/json"));
    set_header(&r, "content-length", STR("18"));
    set_header(&r, "forwarded", STR("for=192.0.2.123;host=example.com;proto=https"));
    set_header(&r, "content-digest", STR(RFC9421_DIGEST));
    set_header(&r, "signature-input", STR("proxy_sig=" RFC9421_PROXY_PARAMS));
    set_header(&r, "signature", STR("proxy_sig=:" RFC9421_PROXY_SIG ":"));
    struct sig_parsed p;
    const char *why = "";
    int64_t then = INT64_C(1618884500000);
    assert_int_equal(httpsig_parse(f->a, &r.rq, then, SIG_SKEW_MS, &p, &why), OK);
    assert_int_equal(httpsig_verify(f->a, &r.rq, &p, pub, &why), OK);
    struct str base, raw;
    assert_true(httpsig_base(f->a, &r.rq, &p, false, &base));
    assert_true(crypt_base64_decode(f->a, STR(RFC9421_PROXY_SIG), &raw));
    assert_true(str_eq(crypt_sign(f->a, f->rsa, base), raw));
    /* Beside another signature under another label, that covers too little. */
    set_header(&r, "signature-input",
               STR("sig1=(\"@method\");created=1618884475;keyid=\"x\", proxy_sig="
                   RFC9421_PROXY_PARAMS));
    set_header(&r, "signature", STR("sig1=:AAAA:, proxy_sig=:" RFC9421_PROXY_SIG ":"));
    assert_int_equal(httpsig_parse(f->a, &r.rq, then, SIG_SKEW_MS, &p, &why), OK);
    assert_int_equal(httpsig_verify(f->a, &r.rq, &p, pub, &why), OK);
    r.rq.target = STR("/foo?param=Value&Pet=dog");
    assert_int_equal(httpsig_parse(f->a, &r.rq, then, SIG_SKEW_MS, &p, &why),
                     ERR_UNAUTHENTICATED);
    crypt_key_free(pub);
}

/* RFC 9421 B.2.6. It doesn't cover the digest, so only the text and the key are tried. */
static void rfc9421_ed25519_vector(void **state)
{
    struct fixture *f = *state;
    struct arrived r;
    arrive(&r, "POST", STR("/foo?param=Value&Pet=dog"), STR("example.com"),
           STR("{\"hello\": \"world\"}"));
    set_header(&r, "date", STR("Tue, 20 Apr 2021 02:07:55 GMT"));
    set_header(&r, "content-type", STR("application/json"));
    set_header(&r, "content-length", STR("18"));
    struct sig_parsed p = {.scheme = SIG_RFC9421, .n_components = 6,
                           .params = STR(RFC9421_B26_PARAMS),
                           .components = {STR("date"), STR("@method"), STR("@path"),
                                          STR("@authority"), STR("content-type"),
                                          STR("content-length")}};
    assert_true(crypt_base64_decode(f->a, STR(RFC9421_B26_SIG), &p.signature));
    const char *why = "";
    struct crypt_key *pub;
    assert_int_equal(crypt_key_read_public(str_c(RFC9421_ED25519_PUBLIC), &pub), OK);
    assert_int_equal(httpsig_verify(f->a, &r.rq, &p, pub, &why), OK);
    struct str base;
    assert_true(httpsig_base(f->a, &r.rq, &p, false, &base));
    assert_true(str_eq(crypt_sign(f->a, f->ed, base), p.signature));
    crypt_key_free(pub);
}

static void what_we_sign_we_verify(void **state)
{
    struct fixture *f = *state;
    static const char *const urls[] = {
        "https://b.example/inbox",        "https://b.example/ap/inbox?x=1&y=%20z",
        "https://B.example:8443/",        "http://localhost:8420/ap/a/1/inbox",
        "https://b.example",              "https://b.example:443/x?#frag",
        "https://bücher.example/inbox",
    };
    const struct crypt_key *keys[] = {f->rsa, f->ed};
    for (int scheme = SIG_DRAFT; scheme <= SIG_RFC9421; scheme++)
        for (size_t k = 0; k < 2; k++)
            for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
                struct arrived r;
                send_signed(f, &r, scheme, keys[k], "POST", urls[i], BODY);
                expect_ok(f, &r, keys[k]);
                expect_refused(f, &r, f->other, "");
                send_signed(f, &r, scheme, keys[k], "GET", urls[i], STR_NULL);
                expect_ok(f, &r, keys[k]);
                expect_refused(f, &r, keys[1 - k], "");
            }
}

static void signed_headers_read_as_agreed(void **state)
{
    struct fixture *f = *state;
    struct arrived r;
    send_signed(f, &r, SIG_DRAFT, f->rsa, "POST", "https://b.example/inbox?a=b", BODY);
    assert_true(str_starts(get_header(&r, "signature"),
                           STR("keyId=\"https://a.example/ap/a/1#main-key\",algorithm="
                               "\"rsa-sha256\",headers=\"(request-target) host date digest\","
                               "signature=\"")));
    CHECK_STR(get_header(&r, "date"), "Fri, 20 Nov 2026 08:00:00 GMT");
    assert_true(str_starts(get_header(&r, "digest"), STR("SHA-256=")));
    send_signed(f, &r, SIG_RFC9421, f->rsa, "POST", "https://b.example/inbox?a=b", BODY);
    CHECK_STR(get_header(&r, "signature-input"),
              "sig1=(\"@method\" \"@target-uri\" \"content-digest\");created=1795161600;"
              "keyid=\"https://a.example/ap/a/1#main-key\";alg=\"rsa-v1_5-sha256\"");
    send_signed(f, &r, SIG_RFC9421, f->ed, "GET", "https://b.example/", STR_NULL);
    CHECK_STR(get_header(&r, "signature-input"),
              "sig1=(\"@method\" \"@target-uri\");created=1795161600;"
              "keyid=\"https://a.example/ap/a/1#main-key\";alg=\"ed25519\"");
    struct sig_headers h;
    struct sig_sign s = {.key = f->ed, .key_id = STR("a\"b"), .method = "GET",
                         .url = STR("https://b.example/"), .now = NOW};
    assert_int_equal(httpsig_sign(f->a, &s, &h), ERR_INVALID);
    s.key_id = KEY_ID;
    s.url = STR("ftp://b.example/");
    assert_int_equal(httpsig_sign(f->a, &s, &h), ERR_INVALID);
}

static void a_signature_without_the_query_is_tried(void **state)
{
    struct fixture *f = *state;
    struct sig_sign s = {.scheme = SIG_DRAFT, .key = f->ed, .key_id = KEY_ID, .method = "GET",
                         .url = STR("https://b.example/x?page=1"), .now = NOW,
                         .without_query = true};
    struct sig_headers h;
    assert_int_equal(httpsig_sign(f->a, &s, &h), OK);
    struct arrived r;
    arrive(&r, "GET", STR("/x?page=1"), STR("b.example"), STR_NULL);
    for (size_t i = 0; i < h.n; i++)
        set_header(&r, str_lower(f->a, h.v[i].name).p, h.v[i].value);
    expect_ok(f, &r, f->ed);
    r.rq.target = STR("/y?page=1");
    expect_refused(f, &r, f->ed, "does not verify");
}

/* Every byte of everything that is signed or signs, changed, is refused. */
static void no_byte_can_be_changed(void **state)
{
    struct fixture *f = *state;
    for (int scheme = SIG_DRAFT; scheme <= SIG_RFC9421; scheme++) {
        struct arrived good, r;
        send_signed(f, &good, scheme, f->ed, "POST", "https://b.example/inbox", BODY);
        for (size_t h = 0; h < good.n; h++) {
            if (scheme == SIG_RFC9421 && strcmp(good.v[h].name, "date") == 0)
                continue; /* sent for old peers, not covered */
            for (size_t i = 0; i < good.v[h].value.n; i++) {
                struct arena *outer = f->a;
                const char *why;
                f->a = arena_new();
                char *bytes = arena_copy(f->a, good.v[h].value.p, good.v[h].value.n);
                bytes[i] ^= 1;
                r = good;
                r.v[h].value.p = bytes;
                /* The draft doesn't sign keyId and algorithm: finding the key binds them. */
                bool unsigned_part = scheme == SIG_DRAFT &&
                                     i < str_find(good.v[h].value, STR(",headers="), 0) &&
                                     strcmp(good.v[h].name, "signature") == 0;
                if (check(f->a, &r, f->ed, &why) == OK && !unsigned_part)
                    fail_msg("scheme %d: %s accepted", scheme, bytes);
                arena_free(f->a);
                f->a = outer;
            }
        }
        r = good;
        r.rq.body = STR("{\"type\":\"follow\"}");
        expect_refused(f, &r, f->ed, "digest does not match");
        r.rq.body = STR("");
        expect_refused(f, &r, f->ed, "digest does not match");
        r = good;
        r.rq.target = STR("/Inbox");
        expect_refused(f, &r, f->ed, "does not verify");
        r = good;
        r.rq.host = STR("c.example");
        expect_refused(f, &r, f->ed, "does not verify");
        r = good;
        r.rq.method = "PUT";
        expect_refused(f, &r, f->ed, "does not verify");
    }
    struct arrived r;
    send_signed(f, &r, SIG_RFC9421, f->ed, "POST", "https://b.example/inbox", BODY);
    r.rq.scheme = "http";
    expect_refused(f, &r, f->ed, "does not verify");
}

static void time_is_limited(void **state)
{
    struct fixture *f = *state;
    for (int scheme = SIG_DRAFT; scheme <= SIG_RFC9421; scheme++) {
        struct arrived r;
        struct sig_parsed p;
        const char *why;
        send_signed(f, &r, scheme, f->ed, "POST", "https://b.example/inbox", BODY);
        static const struct { int64_t off; int64_t skew; enum err err; } v[] = {
            {0, SIG_SKEW_MS, OK},
            {3600000, SIG_SKEW_MS, OK},
            {3601000, SIG_SKEW_MS, ERR_UNAUTHENTICATED},
            {-3600000, SIG_SKEW_MS, OK},
            {-3601000, SIG_SKEW_MS, ERR_UNAUTHENTICATED},
            {301000, 0, ERR_UNAUTHENTICATED}, /* 5 minutes are the least */
            {299000, 0, OK},
            {43200000, INT64_MAX / 2, OK}, /* and 12 hours the most */
            {43201000, INT64_MAX / 2, ERR_UNAUTHENTICATED},
        };
        for (size_t i = 0; i < sizeof v / sizeof *v; i++)
            assert_int_equal(
                httpsig_parse(f->a, &r.rq, NOW + v[i].off, v[i].skew, &p, &why), v[i].err);
    }
}

/* Draft headers are put together by hand here. */
static void draft(struct fixture *f, struct arrived *r, const char *method, const char *params,
                  const char *headers)
{
    arrive(r, method, STR("/inbox"), STR("b.example"), method[0] == 'P' ? BODY : STR_NULL);
    set_header(r, "date", clock_http_date(f->a, NOW));
    struct str hash = crypt_sha256_base64(f->a, BODY);
    set_header(r, "digest", str_fmt(f->a, "SHA-256=" STR_FMT, STR_ARG(hash)));
    struct sig_parsed p = {.scheme = SIG_DRAFT, .created_raw = STR("1795161600"),
                           .expires_raw = STR("1795161700")};
    struct str rest = str_c(headers), base;
    while (str_next(&rest, ' ', &p.components[p.n_components]))
        p.n_components++;
    struct str sig64 = STR("AAAA");
    if (httpsig_base(f->a, &r->rq, &p, false, &base)) {
        struct str raw = crypt_sign(f->a, f->rsa, base);
        struct buf b;
        buf_init_arena(&b, f->a, 1000);
        buf_put_base64(&b, raw.p, raw.n);
        sig64 = buf_str(&b);
    }
    set_header(r, "signature",
               str_fmt(f->a, "keyId=\"k\",%sheaders=\"%s\",signature=\"" STR_FMT "\"", params,
                       headers, STR_ARG(sig64)));
}

#define ALL "(request-target) host date digest"

static void draft_coverage_is_demanded(void **state)
{
    struct fixture *f = *state;
    struct arrived r;
    static const struct { const char *method, *params, *headers, *why; } v[] = {
        {"POST", "", ALL, NULL},
        {"POST", "algorithm=\"rsa-sha256\",", ALL, NULL},
        {"POST", "algorithm=\"RSA-SHA256\",", ALL, NULL},
        {"POST", "algorithm=\"hs2019\",", ALL, NULL},
        {"POST", "unknown=\"x\", ", ALL, NULL},
        {"GET", "", "(request-target) host date", NULL},
        {"POST", "algorithm=\"hs2019\",created=1795161600,",
         "(request-target) host (created) digest", NULL},
        {"POST", "algorithm=\"hs2019\",created=1795161600,expires=1795161700,",
         "(request-target) host (created) (expires) digest", NULL},
        {"POST", "created=1795161600,", "(request-target) host (created) digest", NULL},
        {"POST", "algorithm=\"rsa-sha256\",created=1795161600,",
         "(request-target) host (created) digest", "hs2019"},
        {"POST", "algorithm=\"hs2019\",", "(request-target) host (created) digest", "created"},
        {"POST", "algorithm=\"hs2019\",created=1,", "(request-target) host (created) digest",
         "too old"},
        {"POST", "algorithm=\"hs2019\",expires=1795100000,", ALL, "expire"},
        {"POST", "algorithm=\"hs2019\",expires=soon,", ALL, "expires"},
        {"POST", "", "host date digest", "(request-target)"},
        {"POST", "", "(request-target) date digest", "host"},
        {"POST", "", "(request-target) host digest", "date"},
        {"POST", "", "(request-target) host date", "digest"},
        {"GET", "", "(request-target) host", "date"},
        {"POST", "", "date", "(request-target)"},
        {"POST", "", ALL " x-absent", "missing"},
        {"POST", "", ALL " date", "twice"},
        {"POST", "", ALL " (other)", "unknown"},
        {"POST", "algorithm=\"rsa-sha1\",", ALL, "not supported"},
        {"POST", "algorithm=\"hmac-sha256\",", ALL, "not supported"},
        {"POST", "algorithm=\"none\",", ALL, "not supported"},
        {"POST", "algorithm=\"\",", ALL, "not supported"},
        {"POST", "algorithm=\"ed25519\",", ALL, "fit the key"},
        {"POST", "keyId=\"other\",", ALL, "repeated"},
        {"POST", "x=\"1\",x=\"2\",", ALL, "repeated"},
        {"POST", "x=\"a\\\"b\",", ALL, "malformed"},
        {"POST", ",", ALL, "malformed"},
        {"POST", "x=,", ALL, "malformed"},
        {"POST", "x y,", ALL, "malformed"},
    };
    for (size_t i = 0; i < sizeof v / sizeof *v; i++) {
        draft(f, &r, v[i].method, v[i].params, v[i].headers);
        if (v[i].why == NULL)
            expect_ok(f, &r, f->rsa);
        else
            expect_refused(f, &r, f->rsa, v[i].why);
    }
}

static void draft_header_oddities(void **state)
{
    struct fixture *f = *state;
    struct arrived r;
    static const char *const bad[] = {
        "", "x", "keyId", "keyId=", "keyId=\"k", "keyId=\"k\"", "keyId=\"k\",",
        "keyId=\"k\",signature=\"\",headers=\"" ALL "\"",
        "keyId=\"\",signature=\"AAAA\",headers=\"" ALL "\"",
        "keyId=\"k\",signature=\"A\",headers=\"" ALL "\"",
        "keyId=\"k\",signature=\"AAAA\"", "keyId=\"k\",signature=\"AAAA\",headers=\"\"",
        "keyId=\"k\" signature=\"AAAA\",headers=\"" ALL "\"",
        "KEYID=\"k\",signature=\"AAAA\",headers=\"" ALL "\"",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        draft(f, &r, "POST", "", ALL);
        set_header(&r, "signature", str_c(bad[i]));
        expect_refused(f, &r, f->rsa, "");
    }
    draft(f, &r, "POST", "", ALL);
    struct str s = get_header(&r, "signature");
    set_header(&r, "authorization", str_fmt(f->a, "Signature " STR_FMT, STR_ARG(s)));
    del_header(&r, "signature");
    expect_ok(f, &r, f->rsa);
    del_header(&r, "authorization");
    expect_refused(f, &r, f->rsa, "not signed");
    /* Two Signature lines are joined and then say everything twice. */
    set_header(&r, "signature", str_fmt(f->a, STR_FMT ", " STR_FMT, STR_ARG(s), STR_ARG(s)));
    expect_refused(f, &r, f->rsa, "repeated");
    draft(f, &r, "POST", "", ALL);
    r.rq.target = STR("https://b.example/inbox");
    expect_refused(f, &r, f->rsa, "target");
    draft(f, &r, "POST", "", ALL);
    r.rq.host = STR_NULL;
    expect_refused(f, &r, f->rsa, "host");
    draft(f, &r, "POST", "", ALL);
    set_header(&r, "date", STR("yesterday"));
    expect_refused(f, &r, f->rsa, "date");
}

static void digests_are_checked(void **state)
{
    struct fixture *f = *state;
    struct str h256 = crypt_sha256_base64(f->a, BODY), h512 = crypt_sha512_base64(f->a, BODY);
    struct str wrong = crypt_sha256_base64(f->a, STR("x"));
    const struct { struct str draft, rfc; bool ok; } v[] = {
        {str_fmt(f->a, "SHA-256=%s", h256.p), str_fmt(f->a, "sha-256=:%s:", h256.p), true},
        {str_fmt(f->a, "sha-256=%s", h256.p), str_fmt(f->a, "SHA-256=:%s:", h256.p), true},
        {str_fmt(f->a, "SHA-512=%s", h512.p), str_fmt(f->a, "sha-512=:%s:", h512.p), true},
        {str_fmt(f->a, "SHA-512=%s,SHA-256=%s", h512.p, h256.p),
         str_fmt(f->a, "sha-512=:%s:, sha-256=:%s:", h512.p, h256.p), true},
        {str_fmt(f->a, "MD5=x, SHA-256=%s", h256.p),
         str_fmt(f->a, "md5=:x:, sha-256=:%s:", h256.p), true},
        {str_fmt(f->a, "SHA-256=%s", wrong.p), str_fmt(f->a, "sha-256=:%s:", wrong.p), false},
        {str_fmt(f->a, "SHA-256=%s,SHA-256=%s", wrong.p, h256.p),
         str_fmt(f->a, "sha-256=:%s:, sha-256=:%s:", h256.p, h256.p), false},
        {str_fmt(f->a, "SHA-512=%s,SHA-256=%s", wrong.p, h256.p),
         str_fmt(f->a, "sha-512=:%s:, sha-256=:%s:", wrong.p, h256.p), false},
        {STR("MD5=x"), STR("md5=:x:"), false},
        {STR(""), STR(""), false},
        {STR("SHA-256"), STR("sha-256"), false},
        {STR("SHA-256="), STR("sha-256=:"), false},
        {str_fmt(f->a, "SHA-256=:%s:", h256.p), str_fmt(f->a, "sha-256=%s", h256.p), false},
    };
    const char *why;
    for (size_t i = 0; i < sizeof v / sizeof *v; i++) {
        assert_int_equal(sig_digest_check(f->a, v[i].draft, false, BODY, &why) == OK, v[i].ok);
        assert_int_equal(sig_digest_check(f->a, v[i].rfc, true, BODY, &why) == OK, v[i].ok);
    }
}

/* RFC 9421 headers put together by hand: list and parameters as given. */
static void rfc(struct fixture *f, struct arrived *r, const char *method, const char *list,
                const char *params)
{
    arrive(r, method, STR("/inbox?x=1"), STR("b.example"), method[0] == 'P' ? BODY : STR_NULL);
    struct str hash = crypt_sha256_base64(f->a, BODY);
    set_header(r, "content-digest", str_fmt(f->a, "sha-256=:" STR_FMT ":", STR_ARG(hash)));
    set_header(r, "date", clock_http_date(f->a, NOW));
    struct str all = str_fmt(f->a, "%s%s", list, params), base;
    struct sig_parsed p = {.scheme = SIG_RFC9421, .params = all};
    struct str rest = str_c(list), one;
    while (str_next(&rest, '"', &one)) {
        if (!str_next(&rest, '"', &one))
            break;
        p.components[p.n_components++] = one;
    }
    struct buf b;
    buf_init_arena(&b, f->a, 1000);
    buf_lit(&b, "AAAA");
    if (httpsig_base(f->a, &r->rq, &p, false, &base)) {
        struct str raw = crypt_sign(f->a, f->rsa, base);
        buf_clear(&b);
        buf_put_base64(&b, raw.p, raw.n);
    }
    struct str sig = buf_str(&b);
    set_header(r, "signature-input", str_fmt(f->a, "sig1=" STR_FMT, STR_ARG(all)));
    set_header(r, "signature", str_fmt(f->a, "sig1=:" STR_FMT ":", STR_ARG(sig)));
}

#define LIST "(\"@method\" \"@target-uri\" \"content-digest\")"
#define PARAMS ";created=1795161600;keyid=\"k\""

static void rfc9421_coverage_is_demanded(void **state)
{
    struct fixture *f = *state;
    struct arrived r;
    static const struct { const char *method, *list, *params, *why; } v[] = {
        {"POST", LIST, PARAMS, NULL},
        {"POST", LIST, ";alg=\"rsa-v1_5-sha256\";keyid=\"k\";created=1795161600", NULL},
        {"POST", LIST, PARAMS ";nonce=\"n\";tag=\"t\";flag;bool=?1;b=:AAAA:;d=1.5", NULL},
        {"POST", LIST, "; created=1795161600; keyid=\"k\"", NULL},
        {"POST", "( \"@method\"  \"@target-uri\" \"content-digest\" )", PARAMS, NULL},
        {"POST", "(\"@method\" \"@authority\" \"@path\" \"@query\" \"content-digest\" \"date\")",
         PARAMS, NULL},
        {"POST", "(\"@method\" \"@target-uri\" \"@authority\" \"host\" \"date\" "
         "\"content-digest\" \"@scheme\" \"@request-target\")", PARAMS, NULL},
        {"GET", "(\"@method\" \"@target-uri\")", PARAMS, NULL},
        {"POST", LIST, PARAMS ";expires=1795161700", NULL},
        {"POST", "(\"@target-uri\" \"content-digest\")", PARAMS, "@method"},
        {"POST", "(\"@method\" \"content-digest\")", PARAMS, "@target-uri"},
        {"POST", "(\"@method\" \"@authority\" \"@path\" \"content-digest\")", PARAMS,
         "@target-uri"},
        {"POST", "(\"@method\" \"@target-uri\")", PARAMS, "content-digest"},
        {"POST", "()", PARAMS, "@method"},
        {"POST", LIST, ";keyid=\"k\"", "created"},
        {"POST", LIST, ";created=1795161600", "keyid"},
        {"POST", LIST, "", "keyid"},
        {"POST", LIST, ";created=1795161600;keyid=\"\"", "malformed"},
        {"POST", LIST, ";created=\"1795161600\";keyid=\"k\"", "malformed"},
        {"POST", LIST, ";created=1795161600;keyid=k", "malformed"},
        {"POST", LIST, ";created=1795161600.5;keyid=\"k\"", "malformed"},
        {"POST", LIST, ";created;keyid=\"k\"", "malformed"},
        {"POST", LIST, PARAMS ";created=1795161600", "repeated"},
        {"POST", LIST, PARAMS ";keyid=\"k2\"", "repeated"},
        {"POST", LIST, PARAMS ";expires=1795100000", "expired"},
        {"POST", LIST, ";created=1795100000;keyid=\"k\"", "too old"},
        {"POST", LIST, ";created=1795300000;keyid=\"k\"", "future"},
        {"POST", LIST, PARAMS ";alg=\"rsa-pss-sha512\"", "not supported"},
        {"POST", LIST, PARAMS ";alg=\"hmac-sha256\"", "not supported"},
        {"POST", LIST, PARAMS ";alg=\"rsa-sha256\"", "not supported"},
        {"POST", LIST, PARAMS ";alg=\"ed25519\"", "fit the key"},
        {"POST", "(\"@method\" \"@target-uri\" \"content-digest\" \"@method\")", PARAMS, "twice"},
        {"POST", "(\"@method\" \"@target-uri\" \"content-digest\" \"@status\")", PARAMS,
         "unknown"},
        {"POST", "(\"@method\" \"@target-uri\" \"content-digest\" \"@query-param\";name=\"x\")",
         PARAMS, "not supported"},
        {"POST", "(\"@method\" \"@target-uri\" \"content-digest\";sf)", PARAMS, "not supported"},
        {"POST", "(\"@method\" \"@target-uri\" \"content-digest\";req)", PARAMS,
         "not supported"},
        {"POST", "(\"@method\" \"@target-uri\" \"Content-Digest\")", PARAMS, "unknown"},
        {"POST", "(\"@method\" \"@target-uri\" \"content-digest\" \"x-absent\")", PARAMS,
         "missing"},
        {"POST", "(\"@method\"\"@target-uri\" \"content-digest\")", PARAMS, "malformed"},
        {"POST", "(\"@method\" @target-uri \"content-digest\")", PARAMS, "malformed"},
        {"POST", "(\"@method\" \"@target-uri\" \"content-digest\"", PARAMS, "malformed"},
        {"POST", "\"@method\"", PARAMS, "malformed"},
        {"POST", LIST, PARAMS ",", "malformed"},
        {"POST", LIST, PARAMS " x", "malformed"},
    };
    for (size_t i = 0; i < sizeof v / sizeof *v; i++) {
        rfc(f, &r, v[i].method, v[i].list, v[i].params);
        if (v[i].why == NULL)
            expect_ok(f, &r, f->rsa);
        else
            expect_refused(f, &r, f->rsa, v[i].why);
    }
}

static void rfc9421_labels(void **state)
{
    struct fixture *f = *state;
    struct arrived r;
    rfc(f, &r, "POST", LIST, PARAMS);
    struct str input = get_header(&r, "signature-input"), sig = get_header(&r, "signature");
    set_header(&r, "signature-input", str_fmt(f->a, "%s, %s", input.p, input.p));
    expect_refused(f, &r, f->rsa, "repeated signature label");
    set_header(&r, "signature-input", input);
    set_header(&r, "signature", str_fmt(f->a, "%s, %s", sig.p, sig.p));
    expect_refused(f, &r, f->rsa, "repeated signature label");
    set_header(&r, "signature", str_fmt(f->a, "other%s", sig.p));
    expect_refused(f, &r, f->rsa, "missing");
    set_header(&r, "signature", STR("sig1=abc"));
    expect_refused(f, &r, f->rsa, "malformed");
    del_header(&r, "signature");
    expect_refused(f, &r, f->rsa, "missing");
    /* A valid draft signature does not rescue a request that says RFC 9421. */
    draft(f, &r, "POST", "", ALL);
    set_header(&r, "signature-input", STR("sig1=()"));
    expect_refused(f, &r, f->rsa, "");
    rfc(f, &r, "POST", LIST, PARAMS);
    set_header(&r, "signature-input",
               str_fmt(f->a, "a=(), b=(), c=(), d=(), %s", input.p));
    expect_refused(f, &r, f->rsa, "too many");
    /* A proxy on the way signs over the sender's, or over what we do not know: that is for others, before or
     * behind it (RFC 9421, 4.3). */
    static const char *const theirs[] = {
        "ttrp=(\"signature\";key=\"sig1\" \"forwarded\");created=1;keyid=\"proxy\";alg=\"hmac-sha256\"",
        "ttrp=(\"@query-param\";name=\"a\");created=1", "ttrp=(\"date\";bs;sf \"@later\")"};
    for (size_t i = 0; i < sizeof theirs / sizeof *theirs; i++) {
        for (int before = 0; before < 2; before++) {
            rfc(f, &r, "POST", LIST, PARAMS);
            set_header(&r, "signature-input",
                       before ? str_fmt(f->a, "%s, %s", theirs[i], input.p)
                              : str_fmt(f->a, "%s, %s", input.p, theirs[i]));
            set_header(&r, "signature", before ? str_fmt(f->a, "ttrp=:AAAA:, %s", sig.p)
                                               : str_fmt(f->a, "%s, ttrp=:AAAA:", sig.p));
            expect_ok(f, &r, f->rsa);
        }
        set_header(&r, "signature-input", str_c(theirs[i]));
        expect_refused(f, &r, f->rsa, "");
    }
}

#define T(f) cmocka_unit_test_setup_teardown(f, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(draft_vectors),
        T(rfc9421_proxy_vector),
        T(rfc9421_ed25519_vector),
        T(what_we_sign_we_verify),
        T(signed_headers_read_as_agreed),
        T(a_signature_without_the_query_is_tried),
        T(no_byte_can_be_changed),
        T(time_is_limited),
        T(draft_coverage_is_demanded),
        T(draft_header_oddities),
        T(digests_are_checked),
        T(rfc9421_coverage_is_demanded),
        T(rfc9421_labels),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
