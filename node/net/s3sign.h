/* AWS Signature Version 4 for S3, as a header and as a presigned address
 * (docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-authenticating-requests.html). S3 and all that
 * speak like it: the path is encoded once and not normalized. No I/O, any thread; what is made lies
 * in the arena. The secret stands in none of it. */
#ifndef NODE_NET_S3SIGN_H
#define NODE_NET_S3SIGN_H

#include <stdint.h>

#include "node/base/str.h"

struct arena;

struct s3sign_key {
    struct str id, secret, region;
};

struct s3sign_pair {
    struct str name, value;
};

struct s3sign_request {
    const char *method;
    struct str host;  /* as the Host header says it */
    struct str path;  /* by s3sign_path */
    struct str query; /* by s3sign_query; STR_NULL: none */
    /* Further headers that are signed: names in lower case, without host and x-amz-date. */
    const struct s3sign_pair *headers;
    size_t n_headers;
    struct str payload; /* SHA-256 of the body in hex, or UNSIGNED-PAYLOAD */
    int64_t now;        /* ms UTC */
};

/* "/a b/ü" as "/a%20b/%C3%BC". */
struct str s3sign_path(struct arena *a, struct str path);
/* Names and values encoded and in order: what is signed and, byte for byte, what is sent. */
struct str s3sign_query(struct arena *a, const struct s3sign_pair *pairs, size_t n);
struct str s3sign_date(struct arena *a, int64_t now); /* of the x-amz-date header */
/* The Authorization header's value. The request carries x-amz-date and, for S3,
 * x-amz-content-sha256 among its headers. */
struct str s3sign_header(struct arena *a, const struct s3sign_key *k, const struct s3sign_request *rq);
/* origin "https://host" and path with a query that lets whoever has it in for so many seconds. Of rq
 * method, host, path and now are read; pairs are signed parameters of the request itself. */
struct str s3sign_url(struct arena *a, const struct s3sign_key *k, const struct s3sign_request *rq,
                      struct str origin, int seconds, const struct s3sign_pair *pairs, size_t n);

#endif
