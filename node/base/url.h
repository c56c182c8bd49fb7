/* Web addresses, read strictly: only http and https, at most 2,048 bytes, ASCII outside the host,
 * no userinfo, no control character, space, backslash or quote. The host comes out lower-cased and
 * in punycode (UTS 46), a trailing dot is refused, and so is every number that could be read as
 * an IPv4 address in another way (0x7f.1, 127.1), so that equal hosts are equal bytes. */
#ifndef NODE_BASE_URL_H
#define NODE_BASE_URL_H

#include "node/base/err.h"
#include "node/base/str.h"

struct arena;
struct sockaddr;

#define URL_MAX 2048

struct url {
    struct str scheme;   /* "http" or "https" */
    struct str host;     /* "example.org", "192.0.2.1", "[2001:db8::1]" */
    unsigned port;       /* always set; 443 or 80 when unsaid */
    struct str path;     /* begins with '/', as written */
    struct str query;    /* without '?'; p == NULL: none */
    struct str fragment; /* without '#'; p == NULL: none */
};

/* ERR_INVALID when it isn't such an address. Texts live in the arena. */
MUST_USE enum err url_parse(struct arena *a, struct str s, struct url *ret);
/* A host name alone, as typed in a handle or a Host header ("Example.org:8420"). ret_port is 0
 * when unsaid. */
MUST_USE enum err url_parse_host(struct arena *a, struct str s, struct str *ret_host,
                                 unsigned *ret_port);

bool url_is_default_port(const struct url *u);
struct str url_authority(struct arena *a, const struct url *u); /* host, ":port" if not default */
struct str url_origin(struct arena *a, const struct url *u);    /* https://host[:port] */
struct str url_target(struct arena *a, const struct url *u);    /* path[?query] */
struct str url_str(struct arena *a, const struct url *u);       /* put together again */
/* Scheme, host and port agree. False if either isn't an address that url_parse takes. */
bool url_same_origin(struct str x, struct str y);
/* Host and port agree, whatever the scheme. */
bool url_host_eq(struct str x, struct str y);
/* Is a host as in struct url an address rather than a name? */
bool url_is_ip_literal(struct str host);

/* Not for strangers to reach: loopback, private, link-local, multicast, documentation, and v4
 * addresses of these kinds inside v6. Unknown families are. */
bool ip_is_private(const struct sockaddr *sa);
bool ip_is_loopback(const struct sockaddr *sa);

#endif
