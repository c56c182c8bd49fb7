/* Sending one mail through a submission server, blocking: for jobs. Multipart/alternative, UTF-8;
 * nothing that a person typed can add a header or a recipient. */
#ifndef NODE_NET_SMTP_H
#define NODE_NET_SMTP_H

#include "node/base/err.h"
#include "node/base/str.h"

struct arena;
struct buf;
struct cx;

struct mail {
    struct str to;         /* local@host */
    struct str from;       /* local@host or Name <local@host> */
    struct str subject;
    struct str text;       /* plain; needed */
    struct str html;       /* p == NULL: none */
    struct str message_id; /* without <>; p == NULL: made here */
    struct str list_unsubscribe; /* an https address for one-click leaving (RFC 8058), or NULL */
};

/* smtp_url: smtp[s]://[user:password@]host[:port], percent-encoded. smtp:// must offer STARTTLS
 * unless the host is loopback. ERR_UPSTREAM, ERR_TIMEOUT: worth trying again (network, 4xx);
 * ERR_INVALID: never will (5xx, a bad address). */
MUST_USE enum err smtp_send(struct cx *cx, struct str smtp_url, const struct mail *m);
/* As far as sending would go without sending: connect, greet, STARTTLS, sign in. Blocking; ERR_UPSTREAM
 * or ERR_TIMEOUT with the server's words in cx->fail. */
MUST_USE enum err smtp_probe(struct cx *cx, struct str smtp_url, struct str from);
/* An address that we would write to: ASCII, one @, a host with a dot (or "localhost"), ≤254. */
bool smtp_address_ok(struct str address);
/* "Name <a@b>" or "a@b" taken apart; false when it isn't one. Views into from. */
bool smtp_split_from(struct str from, struct str *ret_name, struct str *ret_address);
/* The bytes that go over the wire. ERR_INVALID on a line break or control character in a header. */
MUST_USE enum err smtp_compose(struct arena *a, const struct mail *m, int64_t now,
                               struct buf *out);

#endif
