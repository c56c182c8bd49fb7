#include "node/net/s3sign.h"

#include <string.h>
#include <time.h>

#include "node/base/arena.h"
#include "node/base/buf.h"
#include "node/base/crypt.h"

enum { TEXT_MAX = 1 << 16, DAY_LEN = 8, PAIRS_MAX = 32 };

static const struct str algorithm = STR_INIT("AWS4-HMAC-SHA256");

/* Everything but the unreserved of RFC 3986, in capitals; the standard leaves no choice. */
static void put_encoded(struct buf *b, struct str s, bool keep_slash)
{
    static const char hex[] = "0123456789ABCDEF";
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' ||
            c == '.' || c == '_' || c == '~' || (keep_slash && c == '/')) {
            buf_put_char(b, (char)c);
        } else {
            buf_put_char(b, '%');
            buf_put_char(b, hex[c >> 4]);
            buf_put_char(b, hex[c & 15]);
        }
    }
}

static struct str encoded(struct arena *a, struct str s, bool keep_slash)
{
    struct buf b;
    buf_init_arena(&b, a, s.n * 3 + 1);
    put_encoded(&b, s, keep_slash);
    return s.n == 0 ? STR("") : buf_str(&b);
}

struct str s3sign_path(struct arena *a, struct str path)
{
    return encoded(a, path, true);
}

static int compare(struct str x, struct str y)
{
    int c = memcmp(x.p, y.p, x.n < y.n ? x.n : y.n);
    return c != 0 ? c : (x.n > y.n) - (x.n < y.n);
}

/* A few at most, so the simplest sort does. */
static void sort(struct s3sign_pair *v, size_t n)
{
    for (size_t i = 1; i < n; i++)
        for (size_t k = i; k > 0 && compare(v[k - 1].name, v[k].name) > 0; k--) {
            struct s3sign_pair swap = v[k];
            v[k] = v[k - 1];
            v[k - 1] = swap;
        }
}

struct str s3sign_query(struct arena *a, const struct s3sign_pair *pairs, size_t n)
{
    struct s3sign_pair *v = ARENA_ARRAY(a, struct s3sign_pair, n + 1);
    struct buf b;
    for (size_t i = 0; i < n; i++)
        v[i] = (struct s3sign_pair){encoded(a, pairs[i].name, false),
                                    encoded(a, pairs[i].value, false)};
    sort(v, n);
    buf_init_arena(&b, a, TEXT_MAX);
    for (size_t i = 0; i < n; i++)
        buf_fmt(&b, "%s" STR_FMT "=" STR_FMT, i > 0 ? "&" : "", STR_ARG(v[i].name),
                STR_ARG(v[i].value));
    return n == 0 ? STR("") : buf_str(&b);
}

struct str s3sign_date(struct arena *a, int64_t now)
{
    char text[24];
    time_t s = (time_t)(now / 1000);
    struct tm tm;
    gmtime_r(&s, &tm);
    strftime(text, sizeof text, "%Y%m%dT%H%M%SZ", &tm);
    return str_dup(a, str_c(text));
}

static struct str scope_of(struct arena *a, const struct s3sign_key *k, struct str date)
{
    return str_fmt(a, "%.*s/" STR_FMT "/s3/aws4_request", DAY_LEN, date.p, STR_ARG(k->region));
}

static struct str hmac(struct arena *a, struct str key, struct str s)
{
    unsigned char mac[32];
    crypt_hmac_sha256(key, s, mac);
    return str_dup(a, (struct str){(const char *)mac, sizeof mac});
}

static struct str signature_of(struct arena *a, const struct s3sign_key *k, struct str date,
                               struct str canonical)
{
    struct str scope = scope_of(a, k, date), hash = crypt_sha256_hex(a, canonical);
    struct str text = str_fmt(a, STR_FMT "\n" STR_FMT "\n" STR_FMT "\n" STR_FMT, STR_ARG(algorithm),
                              STR_ARG(date), STR_ARG(scope), STR_ARG(hash));
    struct str key = hmac(a, str_fmt(a, "AWS4" STR_FMT, STR_ARG(k->secret)), str_sub(date, 0, DAY_LEN));
    key = hmac(a, key, k->region);
    key = hmac(a, key, STR("s3"));
    key = hmac(a, key, STR("aws4_request"));
    struct str mac = hmac(a, key, text);
    struct buf b;
    buf_init_arena(&b, a, 65);
    buf_put_hex(&b, mac.p, mac.n);
    return buf_str(&b);
}

/* Values as the wire carries them: inner runs of blanks count as one. */
static void put_header(struct buf *b, const struct s3sign_pair *h)
{
    struct str v = str_trim(h->value);
    buf_put(b, h->name);
    buf_put_char(b, ':');
    for (size_t i = 0; i < v.n; i++)
        if (v.p[i] != ' ' || v.p[i - 1] != ' ')
            buf_put_char(b, v.p[i]);
    buf_put_char(b, '\n');
}

/* The canonical request. headers are in order and hold the host; *ret_names: "host;x-amz-date". */
static struct str canonical_of(struct arena *a, const struct s3sign_request *rq, struct str query,
                               const struct s3sign_pair *headers, size_t n, struct str *ret_names)
{
    struct buf b, names;
    buf_init_arena(&b, a, TEXT_MAX);
    buf_init_arena(&names, a, TEXT_MAX);
    buf_fmt(&b, "%s\n" STR_FMT "\n" STR_FMT "\n", rq->method, STR_ARG(rq->path), STR_ARG(query));
    for (size_t i = 0; i < n; i++) {
        put_header(&b, &headers[i]);
        buf_fmt(&names, "%s" STR_FMT, i > 0 ? ";" : "", STR_ARG(headers[i].name));
    }
    *ret_names = buf_str(&names);
    buf_fmt(&b, "\n" STR_FMT "\n" STR_FMT, STR_ARG(*ret_names), STR_ARG(rq->payload));
    return buf_str(&b);
}

struct str s3sign_header(struct arena *a, const struct s3sign_key *k, const struct s3sign_request *rq)
{
    size_t n = rq->n_headers + 2;
    struct s3sign_pair *headers = ARENA_ARRAY(a, struct s3sign_pair, n);
    struct str date = s3sign_date(a, rq->now), names;
    headers[0] = (struct s3sign_pair){STR("host"), rq->host};
    headers[1] = (struct s3sign_pair){STR("x-amz-date"), date};
    for (size_t i = 0; i < rq->n_headers; i++)
        headers[i + 2] = rq->headers[i];
    sort(headers, n);
    struct str canonical = canonical_of(a, rq, rq->query, headers, n, &names);
    struct str scope = scope_of(a, k, date), signature = signature_of(a, k, date, canonical);
    return str_fmt(a, STR_FMT " Credential=" STR_FMT "/" STR_FMT ",SignedHeaders=" STR_FMT
                   ",Signature=" STR_FMT, STR_ARG(algorithm), STR_ARG(k->id), STR_ARG(scope),
                   STR_ARG(names), STR_ARG(signature));
}

struct str s3sign_url(struct arena *a, const struct s3sign_key *k, const struct s3sign_request *rq,
                      struct str origin, int seconds, const struct s3sign_pair *pairs, size_t n)
{
    struct s3sign_pair all[PAIRS_MAX], host = {STR("host"), rq->host};
    struct s3sign_request bare = *rq;
    struct str date = s3sign_date(a, rq->now), names;
    if (n > PAIRS_MAX - 5)
        n = PAIRS_MAX - 5;
    for (size_t i = 0; i < n; i++)
        all[i] = pairs[i];
    all[n++] = (struct s3sign_pair){STR("X-Amz-Algorithm"), algorithm};
    all[n++] = (struct s3sign_pair){
        STR("X-Amz-Credential"),
        str_fmt(a, STR_FMT "/" STR_FMT, STR_ARG(k->id), STR_ARG(scope_of(a, k, date)))};
    all[n++] = (struct s3sign_pair){STR("X-Amz-Date"), date};
    all[n++] = (struct s3sign_pair){STR("X-Amz-Expires"), str_fmt(a, "%d", seconds)};
    all[n++] = (struct s3sign_pair){STR("X-Amz-SignedHeaders"), STR("host")};
    struct str query = s3sign_query(a, all, n);
    bare.payload = STR("UNSIGNED-PAYLOAD");
    struct str canonical = canonical_of(a, &bare, query, &host, 1, &names);
    struct str signature = signature_of(a, k, date, canonical);
    return str_fmt(a, STR_FMT STR_FMT "?" STR_FMT "&X-Amz-Signature=" STR_FMT, STR_ARG(origin),
                   STR_ARG(rq->path), STR_ARG(query), STR_ARG(signature));
}
