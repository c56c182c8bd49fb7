/* Who may speak with the node (federation.md 7.1–7.4): rules about hosts, and about people there.
 *
 * A rule's name covers the host itself and everything below it ("example.org" also covers
 * "social.example.org"; with a port, that port alone). Of the rules that fit the longest name
 * counts, as on Mastodon, so an exception may be made below a blocked name, and a block below an
 * allowed one. Two modes:
 *
 *   block  (the usual one) who has no rule may speak. An allow entry wins over the block of a parent
 *          and of its own name.
 *   allow  only who has an allow entry may speak; a suspension that fits wins over it.
 *
 * Asked before anything is taken from a host, fetched from it, sent to it, or shown of it:
 *
 *     struct fed_policy p;
 *     TRY(fed_policy_of(cx, host, &p));
 *     if (p.level == FED_SUSPENDED) …
 *
 * The rules are in memory on a serving node (dropped on change, looked at once a second for changes
 * by other processes), read from the store elsewhere. */
#ifndef FEDERATION_POLICY_H
#define FEDERATION_POLICY_H

#include "node/cx.h"

struct fed_rules;

enum fed_level {
    FED_OPEN,
    FED_SILENCED, /* what comes is held, nobody is told, nothing is listed */
    FED_SUSPENDED /* 403; nothing is fetched from there or sent there */
};

struct fed_policy {
    enum fed_level level;
    bool reject_media;   /* none of its pictures is fetched or shown; always when suspended */
    bool reject_reports; /* its reports (Flag) are dropped; always when suspended */
    bool unlisted;       /* suspended only because it is not on the list of an allow mode */
};

/* host as fed_host_of gives it ("host[:port]"). Any thread with a cx; may read the store once a
 * second. Fails only on a node without memory (no fed), when the store does. */
MUST_USE enum err fed_policy_of(struct cx *cx, struct str host, struct fed_policy *ret);
/* The same by an address. An address that is none is suspended. */
MUST_USE enum err fed_policy_of_url(struct cx *cx, struct str url, struct fed_policy *ret);
/* For threads without a cx (redirects on the fetcher's): what is remembered, however old. */
struct fed;
bool fed_policy_suspended_now(struct fed *fed, struct str host);
/* Another process changed something here: whoever asks next reads the rules anew. */
void fed_policy_forget(struct cx *cx);
/* FORBIDDEN with the cause for the log when the host is suspended: before a fetch. */
MUST_USE enum err fed_policy_may_fetch(struct cx *cx, struct str url);

/* One person elsewhere, as seen by a planet (0: the whole node). A rule of the node counts for every
 * planet. Reads the store. */
enum fed_actor_level { FED_ACTOR_OPEN, FED_ACTOR_MUTED, FED_ACTOR_BLOCKED };
MUST_USE enum err fed_actor_blocked(struct cx *cx, int64_t actor_id, int64_t planet_id,
                                    enum fed_actor_level *ret);

/* How what an actor does to this post is to be taken. */
enum fed_stand {
    FED_STAND_OPEN,
    FED_STAND_QUIET,  /* muted: it is shown, nobody is told */
    FED_STAND_HELD,   /* of a silenced host: it waits, nobody is told */
    FED_STAND_REFUSED /* of a suspended host, or blocked */
};
struct fed_actor;
MUST_USE enum err fed_stand_of(struct cx *cx, const struct fed_actor *actor, int64_t post_id,
                               enum fed_stand *ret);

/* The memory. load reads it (fed_start); forget makes the next who asks look (any thread). */
struct fed_rules *fed_rules_new(void);
struct fed_rules *fed_rules_free(struct fed_rules *r);
MUST_USE enum err fed_rules_load(struct cx *cx, struct fed_rules *r);
void fed_rules_forget(struct fed_rules *r);
/* Is anybody suspended at all? */
bool fed_rules_suspend_any(struct fed_rules *r);

#endif
