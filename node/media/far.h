/* Pictures of other servers: avatars, pictures, custom emoji. A reader's browser never asks a stranger's
 * server (it would learn who reads what here): it asks us, and we fetch once and keep it for a while
 * (federation.md 6.3, 6.4).
 *
 * Views write far_media_url() where they would have written the address. It is signed with the node's
 * key, so we fetch for nobody but our own pages, and it is the same each time, so that browsers keep what
 * it leads to. What comes is believed by its first bytes alone, decoded and written anew in orrery-media
 * (no metadata; of a moving one the first picture), and kept in DIR/far.
 *
 * The bytes lie in the node's directory wherever uploads go: a cache that is lost is made again, and
 * reading it must not wait for a network. A backup leaves it out, and it doesn't count as storage of the
 * plan: nobody here chose what is in it. It has bounds of its own: FAR_KEEP_DAYS since somebody last
 * looked, and the setting media.far_mb, of which at most a quarter of the plan's storage is used. */
#ifndef NODE_MEDIA_FAR_H
#define NODE_MEDIA_FAR_H

#include "node/cx.h"
#include "node/event.h"

struct server;
struct fetch_header;

enum far_kind { FAR_AVATAR, FAR_PICTURE, FAR_EMOJI };
enum { FAR_AVATAR_MAX = 2 << 20, FAR_PICTURE_MAX = 10 << 20, FAR_EMOJI_MAX = 256 << 10, FAR_KEEP_DAYS = 14 };

/* "/far/a/…" for a page. STR_NULL when there is nothing to show: no address, one that nobody may be
 * asked for, or a host whose pictures we refuse. An address of our own comes back as a path.
 * owner: the host of the person or object that shows it ("social.example"). Its pictures may lie
 * elsewhere, and who refuses pictures of a server means those, too; a list of allowed servers names
 * none of the places where they keep their files. */
struct str far_media_url_of(struct cx *cx, struct str owner, struct str url, enum far_kind kind);
/* When nothing is known but the address. */
struct str far_media_url(struct cx *cx, struct str url, enum far_kind kind);

/* ---- the route's side ---- */

struct far_thing {
    enum far_kind kind;
    struct str url, host, owner, name; /* name: under which it is kept */
};
/* What an address of far_media_url means; the three pieces of its path. ERR_NOT_FOUND: not ours. */
MUST_USE enum err far_read(struct cx *cx, struct str kind, struct str mac, struct str code, struct far_thing *ret);

struct far_bytes {
    int fd; /* the caller's */
    int64_t size;
    const char *mime;
    struct str etag;
};
/* From the cache. ERR_NOT_FOUND: it doesn't come (refused, failed lately); ERR_UPSTREAM: not here yet,
 * ask with far_fetch. */
MUST_USE enum err far_open(struct cx *cx, const struct far_thing *what, struct far_bytes *ret);
/* Fetch it; ready is called once, from any thread, when it is in the cache, or isn't to be had, or
 * there was no time: then look with far_open. One fetch serves all who wait for the same. ERR_BUSY: no
 * room, and ready is not called. */
MUST_USE enum err far_fetch(struct cx *cx, const struct far_thing *what, void (*ready)(void *arg), void *arg);

/* ---- the engine: one a process ---- */

/* Upward: may we show what lies on host for owner (as in struct far_thing)? And headers that make a
 * GET ours (signed by the node); they may be none. Both from any thread, and NULL: not asked. */
struct far_hooks {
    bool (*may)(struct cx *cx, struct str owner, struct str host);
    void (*sign)(struct cx *cx, struct str url, const struct fetch_header **ret, size_t *ret_n);
};
struct far_engine;
/* Two threads, made when first needed, each with one helper at most. server->fetcher is used. hooks
 * outlives it; NULL: none. */
struct far_engine *far_engine_new(struct server *server, const struct far_hooks *hooks);
/* Nothing new begins, and all who wait hear that it is over. Before HTTP stops. Takes NULL. */
void far_engine_leave(struct far_engine *e);
/* When the fetcher has stopped, before nodes are closed. Takes NULL, returns NULL. */
struct far_engine *far_engine_stop(struct far_engine *e);

/* ---- housekeeping ---- */

/* "far.prune" (daily): what nobody looked at, what is too much, files without a row. */
extern const struct job_row far_jobs[];
/* Forget what came from or for this host; it is fetched again when asked for. Not inside a transaction. */
MUST_USE enum err far_forget_host(struct cx *cx, struct str host);
struct far_stats {
    int64_t kept, vain, bytes, limit;
};
MUST_USE enum err far_stats(struct cx *cx, struct far_stats *ret);

#endif
