/* Activities under way: read once from the store, shared by all their deliveries, kept a little
 * while after the last one; read anew each second where other processes write the store, too.
 * Any thread. */
#ifndef FEDERATION_BODIES_H
#define FEDERATION_BODIES_H

#include "node/cx.h"

struct fed_bodies;
struct fed_body;

/* NOT_FOUND when there is no such activity. */
MUST_USE enum err fed_body_get(struct cx *cx, struct fed_bodies *b, int64_t activity_id,
                               struct fed_body **ret);
void fed_body_drop(struct fed_bodies *b, struct fed_body *body);
struct str fed_body_text(const struct fed_body *body);
int64_t fed_body_actor(const struct fed_body *body);
int64_t fed_body_key(const struct fed_body *body);   /* serial of the pair that signs it; 0: in use */
bool fed_body_is_answer(const struct fed_body *body); /* Accept or Reject */
/* A Create or Update of what is deleted by now: it need not be sent any more. */
bool fed_body_is_dead(const struct fed_body *body);
/* Around a transaction that changes stored texts, so that whoever asks after its commit gets the
 * new ones: nothing is remembered between the two, and what was remembered is forgotten. */
void fed_bodies_change_begin(struct fed_bodies *b);
void fed_bodies_change_end(struct fed_bodies *b);

/* Jobs whose inbox was said to be gone, until they run again. */
void fed_body_note_gone(struct fed_bodies *b, int64_t job_id);
bool fed_body_was_gone(struct fed_bodies *b, int64_t job_id);

/* One more 401 for this job; how many that makes. Forgotten at a restart, or for newer ones. */
int fed_body_note_refused(struct fed_bodies *b, int64_t job_id);

#endif
