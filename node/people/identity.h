/* Who an account is on the fediverse: a linked actor, by its id (never its name, which changes
 * hands). One actor belongs to one account at most; an account may have several. How the proof is
 * made is federation's business (federation/link.h); this is what is kept of it.
 *
 * An account that was made by a linked actor has no mail (account.h) and signs in by it alone, until
 * it adds an address. */
#ifndef NODE_PEOPLE_IDENTITY_H
#define NODE_PEOPLE_IDENTITY_H

#include "node/people/account.h"

enum { IDENTITIES_MAX = 5 };

struct identity {
    int64_t id, account_id, actor_id, created_at, verified_at;
    struct str way;                    /* oauth, miauth, note, profile */
    struct str uri, username, host, name, url, inbox, icon_url; /* of the actor; the last two may be NULL */
    struct str moved_uri, moved_name, moved_host; /* where it says that it has gone; NULL: nowhere.
                                                     Name and host only once we know that one */
    bool gone;                         /* the actor was deleted */
};

MUST_USE enum err identity_by_id(struct cx *cx, int64_t id, struct identity *ret);
MUST_USE enum err identity_by_actor(struct cx *cx, int64_t actor_id, bool *ret_found,
                                    struct identity *ret);
MUST_USE enum err identity_list(struct cx *cx, int64_t account_id, struct identity **ret,
                                size_t *ret_n);
/* "@user@host" */
struct str identity_handle(struct cx *cx, const struct identity *i);

/* The actor was proven to be this account's. Proven again, only the date is new. CONFLICT with a
 * sentence: it is another account's, or there are too many. Opens a transaction. */
MUST_USE enum err identity_link(struct cx *cx, int64_t account_id, int64_t actor_id,
                                const char *way, int64_t *ret_id);
/* A new account of an actor that nobody has linked: no mail, its username after the actor's. Opens a
 * transaction, links as above. */
MUST_USE enum err identity_join(struct cx *cx, int64_t actor_id, const char *way,
                                struct account *ret, int64_t *ret_id);
/* Ends it, with its notices and the sessions that were begun by it: somebody else may hold the actor.
 * keep_session: the one that asks, 0: none. CONFLICT with a sentence: it is the last way to sign in.
 * Opens a transaction. */
MUST_USE enum err identity_unlink(struct cx *cx, int64_t account_id, int64_t id, int64_t keep_session);
/* Its actor is gone: the link goes, what the account has stays, even if it was the last way in (the
 * node's owner can make a sign-in link). Joins the caller's transaction. Unknown: nothing happens. */
MUST_USE enum err identity_actor_gone(struct cx *cx, int64_t actor_id);
/* Ends the sessions that were begun by this identity. */
MUST_USE enum err identity_end_sessions(struct cx *cx, int64_t account_id, int64_t id);

/* ---- notices about a planet's posts, as direct notes ---- */

struct identity_planet {
    int64_t planet_id;
    struct str handle, name;
    bool wanted, answerable;  /* answerable: they have written to this planet */
};
/* Every planet that the account may read now. */
MUST_USE enum err identity_planets(struct cx *cx, const struct identity *i,
                                   struct identity_planet **ret, size_t *ret_n);
/* Switch; on, what is published from now on is told. FORBIDDEN: no access there. Opens a
 * transaction. */
MUST_USE enum err identity_set_wanted(struct cx *cx, int64_t id, int64_t planet_id, bool wanted);
/* Off, at whatever planet (0: all), for the identity of an actor; ret_n (NULL allowed): how many
 * were on. Joins the caller's transaction. */
MUST_USE enum err identity_stop(struct cx *cx, int64_t actor_id, int64_t planet_id, int64_t *ret_n);
/* They wrote to the planet: notices answer that, so that their server shows them. Joins the
 * caller's transaction. */
MUST_USE enum err identity_wrote(struct cx *cx, int64_t id, int64_t planet_id, struct str uri);

/* Does the account have a right in the planet now: a live membership or a role that isn't a ban? */
MUST_USE enum err identity_has_access(struct cx *cx, int64_t account_id, int64_t planet_id,
                                      bool *ret);

/* A page of those who are to be told of a planet, by identity id, after exclusive. */
struct identity_told {
    int64_t id, account_id, actor_id, told_to;
    struct str locale;        /* the account's; NULL: never chosen */
    struct str reply_uri;     /* NULL: none */
};
MUST_USE enum err identity_told_page(struct cx *cx, int64_t planet_id, int64_t after_id, int limit,
                                     struct identity_told **ret, size_t *ret_n);
/* The last notice of a planet to anybody, 0: never. */
MUST_USE enum err identity_last_told(struct cx *cx, int64_t planet_id, int64_t *ret);
/* Joins the caller's transaction. sent: a notice went out. */
MUST_USE enum err identity_set_told(struct cx *cx, int64_t id, int64_t planet_id, int64_t told_to,
                                    bool sent);

#endif
