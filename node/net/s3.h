/* S3-compatible storage: AWS S3, MinIO, Ceph, R2 and what else speaks like them. One place is
 *
 *   s3://KEY:SECRET@HOST[:PORT]/BUCKET[/PREFIX][?region=R][&style=path|virtual][&scheme=https|http]
 *        [&public=https://HOST]
 *
 * KEY and SECRET may be percent-encoded or stand as they were given (a '/' or '+' in them does no
 * harm). region: us-east-1 unless said. style: how the bucket is named, in the path or as a part of
 * the host's name; unsaid, virtual for the clouds that demand it (AWS, Aliyun, Tencent), else path.
 * public: where browsers reach the same storage, when HOST is a name inside a network only.
 *
 * Calls wait for the network, on the caller's thread, never inside a transaction; each has a limit in
 * time, and what may safely be asked again is, twice, after a short rest. The owner named the host,
 * so private addresses are fine here (node/net/fetch.h refuses them), but for link-local ones: they
 * are a cloud machine's own secrets. Redirects are not followed. Errors, with the person told:
 * ERR_UPSTREAM (does not answer, or 5xx; retry_after_s is set), ERR_STORAGE (refuses us, or full),
 * ERR_NOT_FOUND (no such object; not told). Secrets and signed addresses stand in no error. */
#ifndef NODE_NET_S3_H
#define NODE_NET_S3_H

#include "node/cx.h"
#include "node/net/s3sign.h"

struct s3 {
    struct s3sign_key key;
    struct str bucket, prefix;              /* prefix: "" or "a/b", no slash at its ends */
    struct str origin, host;                /* "https://h:1", "h:1": where we go */
    struct str public_origin, public_host;  /* where browsers go */
    struct str root, base;                  /* "/bucket" or "/", "/bucket/prefix/": paths */
    bool first;                             /* new media go here (setting media.store) */
};

/* Read the spelling above into cx's arena. ERR_INVALID says what is wrong. */
MUST_USE enum err s3_parse(struct cx *cx, struct str url, struct s3 *ret);

/* Objects are named below the prefix: "ab/<hash>". put is confirmed by the storage, which compares
 * the bytes with their SHA-256 (hex). */
MUST_USE enum err s3_put(struct cx *cx, const struct s3 *s3, struct str object, struct str bytes,
                         struct str sha256, struct str mime);
MUST_USE enum err s3_head(struct cx *cx, const struct s3 *s3, struct str object, int64_t *ret_size);
/* Into an unlinked file of its own, read from its beginning; the caller closes. */
MUST_USE enum err s3_get(struct cx *cx, const struct s3 *s3, struct str object, int *ret_fd,
                         int64_t *ret_size);
MUST_USE enum err s3_delete(struct cx *cx, const struct s3 *s3, struct str object); /* gone is OK */
/* Names below the prefix, in order, behind `after`: one page of at most 1000. */
MUST_USE enum err s3_list(struct cx *cx, const struct s3 *s3, struct str after, struct str **ret,
                          size_t *ret_n, bool *ret_more);
/* An address that opens one object to whoever has it, for so many seconds from now on: equal within a
 * part of that time, so that browsers may keep what they have. No network. disposition STR_NULL: none. */
struct str s3_link(struct cx *cx, const struct s3 *s3, struct str object, bool head, int seconds,
                   struct str mime, struct str disposition);

/* The check of the setting media.s3_url: it can be read, the storage lets us write, read and remove,
 * and no other node keeps its media in the same place. */
MUST_USE enum err s3_check(struct cx *cx, struct str url);

/* A node's storage as it is set now: the setting is read again when something was changed, at the
 * latest after a second. *ret NULL: none is set. What it points to lives as long as the node. */
struct s3_keeper;
struct s3_keeper *s3_keeper_new(void);
struct s3_keeper *s3_keeper_free(struct s3_keeper *k);
MUST_USE enum err s3_of(struct cx *cx, const struct s3 **ret);
/* The same without looking into the store: what was known last. */
const struct s3 *s3_known(const struct node *node);

#endif
