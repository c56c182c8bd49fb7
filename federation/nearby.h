/* Planets nearby (D6): an owner recommends other planets, in public; visitors see those, and those that
 * they recommend, two steps deep.
 *
 * Any ActivityPub actor may be recommended, ours included. What is recommended stands in an
 * OrderedCollection beside the planet's actor ("endorsements"), which other nodes of our kind read as
 * we read theirs; of other software there is one step. A job looks at each actor at most every six
 * hours (its document, the first page of what it said, its own recommendations), a few at a time, and
 * ever more rarely when it does not answer.
 *
 * Nothing is shown of a host that the policy does not leave open, of a blocked person, of who
 * says (interactionPolicy.canFeature) that they don't want to be shown, of who has moved or is gone:
 * asked when it is shown, too. All texts are plain. */
#ifndef FEDERATION_NEARBY_H
#define FEDERATION_NEARBY_H

#include "node/cx.h"
#include "node/event.h"

enum { FED_ENDORSE_MAX = 50, FED_ENDORSE_READ = 20, FED_NEARBY_MAX = 1000 };

enum fed_endorsed {
    FED_ENDORSED_ASKED,   /* is being looked for */
    FED_ENDORSED_FOUND,
    FED_ENDORSED_UNKNOWN, /* there is nobody of that name, or nobody that we may ask */
    FED_ENDORSED_REFUSED, /* doesn't want to be shown */
    FED_ENDORSED_GONE,    /* deleted, or moved */
};
struct fed_endorsement {
    int64_t id;
    struct str asked;                    /* as it was typed */
    struct str uri, name, handle, url, icon; /* of one found; icon: for a page, NULL: none */
    enum fed_endorsed state;
};
/* Owner and partners. who: "@name@host" or an address; it is looked for by a job. Fails INVALID (neither,
 * or the planet itself), CONFLICT (there already), RATE_LIMITED (FED_ENDORSE_MAX); the person is told. */
MUST_USE enum err fed_endorse_add(struct cx *cx, int64_t planet_id, struct str who, int64_t *ret_id);
MUST_USE enum err fed_endorse_remove(struct cx *cx, int64_t planet_id, int64_t id);
/* Its row, by what was typed, a handle or an id. NOT_FOUND. */
MUST_USE enum err fed_endorse_find(struct cx *cx, int64_t planet_id, struct str who, int64_t *ret_id);
MUST_USE enum err fed_endorse_list(struct cx *cx, int64_t planet_id, struct fed_endorsement **ret,
                                   size_t *ret_n);
/* What the collection says: ids, without those whom the policy suspends. */
MUST_USE enum err fed_endorse_uris(struct cx *cx, int64_t planet_id, struct str **ret, size_t *ret_n);

struct fed_neighbour {
    struct str uri, host, handle, name, line, url;
    struct str icon;                     /* for a page; NULL: none */
    struct str teaser, teaser_url;       /* NULL: nothing fresh */
    int64_t teaser_at;
    int step;                            /* 1 or 2 */
    struct str by;                       /* the name of who recommends it, with step 2 */
};
/* What visitors of this planet may be shown, first steps first, the freshest first; at most max. Whether
 * the planet shows them at all is fed_nearby_is_shown. */
MUST_USE enum err fed_nearby(struct cx *cx, int64_t planet_id, size_t max, struct fed_neighbour **ret,
                             size_t *ret_n);
MUST_USE enum err fed_nearby_is_shown(struct cx *cx, int64_t planet_id, bool *ret);
/* Owner and partners: on the planet's page or not; one of the second step off it, or all back. */
MUST_USE enum err fed_nearby_set_shown(struct cx *cx, int64_t planet_id, bool shown);
MUST_USE enum err fed_nearby_hide(struct cx *cx, int64_t planet_id, struct str uri);
MUST_USE enum err fed_nearby_unhide(struct cx *cx, int64_t planet_id);
MUST_USE enum err fed_nearby_hidden(struct cx *cx, int64_t planet_id, int64_t *ret_n);

/* Inside federation/: an actor said that it changed, so it is looked at soon, if it is one of these. */
MUST_USE enum err fed_nearby_hurry(struct cx *cx, struct str uri);
/* Inside a transaction: the job for what is due next, in place of the one that waits; not before. */
MUST_USE enum err fed_nearby_plan(struct cx *cx, int64_t not_before);
/* The same at once, whatever is due: to clear up. */
MUST_USE enum err fed_nearby_plan_now(struct cx *cx);
/* The job fed.nearby: looks for who was asked for, at who is due, and clears up. */
enum job_verdict fed_nearby_run(struct cx *cx, const struct job *job);

#endif
