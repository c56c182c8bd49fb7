/* New keys for our own actors (federation.md 2.17).
 *
 *     steady     nothing goes on
 *     announced  the next pair stands in assertionMethod (publicKey has room for one), and everybody we
 *                know was told, signed with the pair in use
 *     switched   after a day and a half: the new pair signs and stands in publicKey, which everybody is
 *                told once more, signed with the old one: servers that keep keys and ask for none
 *                learn it so. A week later the old pair is forgotten
 *
 * A key that has leaked is put away at once, and the Update is signed with the new one. Then servers
 * that keep the old one refuse us until they look again.
 *
 * Each step is one transaction with the jobs that follow from it; a step that was taken is not taken
 * again. Keys are made outside of transactions. Jobs: fed.key_tell, fed.key_step (subject: actor). */
#ifndef FEDERATION_ROTATE_H
#define FEDERATION_ROTATE_H

#include "node/cx.h"
#include "node/event.h"

struct job;

enum fed_key_state { FED_KEY_STEADY, FED_KEY_ANNOUNCED, FED_KEY_SWITCHED };

struct fed_key_view {
    int64_t actor_id;
    struct str uri, username, key_id; /* "…#main-key", "…#main-key-2" */
    enum fed_key_state state;
    int64_t since;                    /* of the state; steady: of this key, DB_NULL: from the start */
    int64_t next_at;                  /* when the next step is due; DB_NULL: none */
};
/* Our actors with their keys, by id. */
MUST_USE enum err fed_key_list(struct cx *cx, struct fed_key_view **ret, size_t *ret_n);

/* Begin for one actor. Who is changing already is left alone (*ret_begun false), but for leaked.
 * Opens a transaction; leaves an audit row. NOT_FOUND: no actor of ours. */
MUST_USE enum err fed_key_rotate(struct cx *cx, int64_t actor_id, bool leaked, bool *ret_begun);
/* The same for all of them, by a job; for the desk. Opens a transaction. */
MUST_USE enum err fed_key_rotate_all(struct cx *cx, bool leaked);
/* The actor of a planet. */
MUST_USE enum err fed_key_actor_of_planet(struct cx *cx, int64_t planet_id, int64_t *ret_actor_id);

enum job_verdict fed_key_tell_run(struct cx *cx, const struct job *job);
enum job_verdict fed_key_step_run(struct cx *cx, const struct job *job);
enum job_verdict fed_key_all_run(struct cx *cx, const struct job *job);
/* Steps that are due, should their job have been dropped from the tray. */
MUST_USE enum err fed_key_steps(struct cx *cx);

#endif
