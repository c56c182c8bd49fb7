/* From what happened here to what is said, and to whom (federation.md 4.1).
 *
 * The job's id becomes the id of the activity that it makes, so a job that runs twice speaks once:
 * the second run finds the activity and goes on queueing deliveries where the first stopped. What
 * is said follows from the state of things, not from the event, so several edits that wait become
 * one. */
#ifndef FEDERATION_FANOUT_H
#define FEDERATION_FANOUT_H

#include "node/event.h"

enum job_verdict fed_fanout(struct cx *cx, const struct job *job);  /* subject: post */
enum job_verdict fed_comment(struct cx *cx, const struct job *job); /* subject: comment */
enum job_verdict fed_pin(struct cx *cx, const struct job *job);     /* subject: post */
enum job_verdict fed_planet(struct cx *cx, const struct job *job);  /* subject: planet */
enum job_verdict fed_account(struct cx *cx, const struct job *job); /* subject: account */
enum job_verdict fed_again(struct cx *cx, const struct job *job);   /* payload: host */
enum job_verdict fed_expire(struct cx *cx, const struct job *job);  /* daily */

/* Accept or Reject of a Follow, to the follower's own inbox. Inside a transaction. */
struct fed_actor;
struct fed_local;
MUST_USE enum err fed_answer_follow(struct cx *cx, const struct fed_local *target,
                                    const struct fed_actor *follower, struct str follow_id,
                                    bool yes);
/* OK → DONE, worth trying again → RETRY, else logged and DONE: what cannot be done never can. */
enum job_verdict fed_verdict(struct cx *cx, const char *what, enum err e);

/* For what is said of notes: Create, or Update when it was created before (everything but the
 * recipients is filled in), and Delete. */
struct fed_saying;
struct fed_out_note;
MUST_USE enum err fed_prepare_note(struct cx *cx, struct fed_saying *s, struct fed_out_note *n);
/* Adds the inboxes of those whom the note names to its recipients. */
MUST_USE enum err fed_add_named(struct cx *cx, struct fed_saying *s, const struct fed_out_note *n);
MUST_USE enum err fed_write_delete(struct cx *cx, struct fed_saying *s);

#endif
