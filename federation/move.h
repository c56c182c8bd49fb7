/* Moving, in both directions (federation.md section 8).
 *
 * In: an account elsewhere becomes an alias of a planet or author here (alsoKnownAs), and that server
 * sends its followers over with a Move; they follow anew by themselves. Out: a planet names an account
 * elsewhere that has it as an alias; movedTo stands in its document, its followers' servers are sent a
 * Move. Whoever is named is looked at by a job, since other servers take their time: fed_alias_add and
 * fed_move_begin only note a wish, whose end fed_wish_last tells.
 *
 * While a planet has moved it takes no followers and tells those it has of nothing new; posts go on
 * being read here. Its documents and keys stay for good, and the redirect can be taken back.
 *
 * Rights: aliases of a planet are its owner's and partners' to set, of an author their own; a move is
 * the owner's alone. The node's owner may do both for all. viewer 0 is the program itself. */
#ifndef FEDERATION_MOVE_H
#define FEDERATION_MOVE_H

#include "node/cx.h"
#include "node/event.h"

enum { FED_ALIASES_MAX = 10, FED_MOVE_REST_DAYS = 30, FED_EXPECTED_MAX = 200000 };

/* Whose: "planet" or "account" and its id. */
struct fed_alias {
    struct str uri, handle;     /* "@old@host" */
    int64_t created_at;
    int64_t moved_at;           /* when its Move reached us; DB_NULL: not yet, or its server tells nobody */
};
MUST_USE enum err fed_alias_list(struct cx *cx, const char *kind, int64_t local_id,
                                 struct fed_alias **ret, size_t *ret_n);
/* target: "@old@host" or an address. INVALID: neither; CONFLICT: has ten already. */
MUST_USE enum err fed_alias_add(struct cx *cx, const char *kind, int64_t local_id, struct str target,
                                int64_t *ret_wish_id);
/* By its uri or handle. NOT_FOUND: it has no such alias. */
MUST_USE enum err fed_alias_remove(struct cx *cx, const char *kind, int64_t local_id,
                                   struct str which);

/* What became of the last wish of a kind, "alias" or "move". */
struct fed_wish {
    int64_t id;
    struct str target, state;   /* state: checking, done, failed */
    struct str why;             /* of a failed one: unknown, unreachable, not_actor, own, blocked,
                                   no_alias, moved */
    int64_t created_at;
};
MUST_USE enum err fed_wish_last(struct cx *cx, const char *kind, int64_t local_id,
                                const char *wish, bool *ret_found, struct fed_wish *ret);
/* Why it failed, as a sentence for people (an N_ msgid). */
const char *fed_wish_sentence(struct str why);

/* Ask to move the planet's followers to target. CONFLICT: it has moved already, or the last move is
 * less than thirty days ago. */
MUST_USE enum err fed_move_begin(struct cx *cx, int64_t planet_id, struct str target,
                                 int64_t *ret_wish_id);
/* Take the redirect back. Who has gone stays gone. CONFLICT: it has not moved. */
MUST_USE enum err fed_move_cancel(struct cx *cx, int64_t planet_id);
/* When the next move may begin; 0: now. */
MUST_USE enum err fed_move_rest(struct cx *cx, int64_t planet_id, int64_t *ret_until);

struct fed_moved {
    struct str uri, url, handle; /* where to: its id, its page, "@new@host" */
    int64_t at;
};
/* Has it moved away? For pages: says what everybody may know. */
MUST_USE enum err fed_moved_of(struct cx *cx, int64_t planet_id, bool *ret, struct fed_moved *ret_to);

/* Followers that came since then, by server, most first; at most n_max servers, *ret_all in all. */
struct fed_gain {
    struct str host;
    int64_t n;
};
MUST_USE enum err fed_move_gains(struct cx *cx, int64_t planet_id, int64_t since, int64_t n_max,
                                 struct fed_gain **ret, size_t *ret_n, int64_t *ret_all);

/* A list of followers that there were elsewhere: the CSV that Mastodon and we write ("Account
 * address"), or one handle a line. It makes nobody follow; it shows who has come over. Replaces the
 * one before; *ret_n: how many names it has. INVALID: none at all. Opens transactions. */
MUST_USE enum err fed_expected_set(struct cx *cx, int64_t planet_id, struct str csv, int64_t *ret_n);
MUST_USE enum err fed_expected_clear(struct cx *cx, int64_t planet_id);
MUST_USE enum err fed_expected_count(struct cx *cx, int64_t planet_id, int64_t *ret_all,
                                     int64_t *ret_here);
/* Those of the list who are not here yet, by name; after exclusive. */
MUST_USE enum err fed_expected_missing(struct cx *cx, int64_t planet_id, struct str after,
                                       int64_t n_max, struct str **ret, size_t *ret_n);

enum job_verdict fed_wish_job(struct cx *cx, const struct job *job);  /* subject: wish */
enum job_verdict fed_moved_job(struct cx *cx, const struct job *job); /* subject: our actor */

#endif
