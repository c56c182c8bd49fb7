/* What we know of hosts as places to deliver to: the signature that they take, whether they
 * answer, when to ask again (federation.md 2.12, 4.4–4.6). In memory, read from the store when
 * first asked, written back now and then: losing the last moments of it costs nothing. */
#ifndef FEDERATION_HOSTS_H
#define FEDERATION_HOSTS_H

#include "node/cx.h"

struct fed_hosts;

enum { FED_DEAD_DAYS = 7 }; /* as in the queries */

struct fed_hosts *fed_hosts_new(void);
struct fed_hosts *fed_hosts_free(struct fed_hosts *h);
/* Write what changed. Opens a transaction. */
MUST_USE enum err fed_hosts_flush(struct cx *cx, struct fed_hosts *h);
/* The same if there is something to write and the last time is a while ago. */
MUST_USE enum err fed_hosts_flush_some(struct cx *cx, struct fed_hosts *h);

/* Those that were in trouble, from the store, so that a word from them frees them (4.6). At start. */
MUST_USE enum err fed_hosts_load(struct cx *cx, struct fed_hosts *h);
/* The same now and then where other processes deliver, too: what they found out is learnt. */
MUST_USE enum err fed_hosts_look_again(struct cx *cx, struct fed_hosts *h);
/* What is in memory of it, over what a row said. Texts in the arena. Any thread, no store. */
struct fed_host_state;
void fed_host_peek(struct fed_hosts *h, struct arena *a, struct fed_host_state *s);
/* Its failures are forgotten, and it may be asked at once. Any thread, no store. */
void fed_host_forgive(struct fed_hosts *h, struct str host);
/* Did a dead one speak? Then what is known is written down, for those who choose recipients. */
MUST_USE enum err fed_hosts_flush_revived(struct cx *cx, struct fed_hosts *h);

struct fed_host_view {
    bool rfc9421;       /* begin with RFC 9421: proven to be taken (2.12) */
    int64_t wait_until; /* don't ask before (breaker open, or it said so); 0: go */
};
/* Counts as the probe when the breaker is just due, so that only one goes. */
MUST_USE enum err fed_host_ask(struct cx *cx, struct fed_hosts *h, struct str host,
                               struct fed_host_view *ret);

/* Any thread, no store. */
void fed_host_took(struct fed_hosts *h, struct str host, bool rfc9421);   /* a 2xx */
void fed_host_answered(struct fed_hosts *h, struct str host, const char *error); /* a 4xx */
void fed_host_failed(struct fed_hosts *h, struct str host, const char *error); /* network, 5xx */
void fed_host_wait(struct fed_hosts *h, struct str host, int64_t until);  /* Retry-After */
/* It sent us something that verified: it lives, and it speaks RFC 9421 if that was it. */
void fed_host_alive(struct fed_hosts *h, struct str host, bool rfc9421);
/* Does it check signatures of GETs without the query (2.2)? */
bool fed_host_bare(struct fed_hosts *h, struct str host);
void fed_host_note_bare(struct fed_hosts *h, struct str host);
/* It asked us not to fetch before (429, 503): 0 or the time. Any thread, memory only. */
int64_t fed_host_get_wait(struct fed_hosts *h, struct str host);
void fed_host_note_get_wait(struct fed_hosts *h, struct str host, int64_t until);
/* Is RFC 9421 known to be taken there? From memory; forgotten after thirty days. It is known by proof:
 * it signed so, asked for it (Accept-Signature), says to implement it, or took it and not the draft. */
bool fed_host_is_9421(struct fed_hosts *h, struct str host);
void fed_host_note_9421(struct fed_hosts *h, struct str host);

#endif
