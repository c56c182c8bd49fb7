/* The job fed.receive (subject: the signer's actor row; payload: the activity as it came, its
 * signature checked). Every function below may run twice, late, and in any order (federation.md
 * section 3): what is there already stays, what is not there is not missed. */
#ifndef FEDERATION_RECEIVE_H
#define FEDERATION_RECEIVE_H

#include "federation/remote.h"
#include "node/event.h"

struct fed_in {
    struct str id, type;
    struct fed_actor actor;  /* who signed and did it */
    json_t *doc;
    json_t *object;          /* NULL when absent */
    struct str object_id;    /* its id, or STR_NULL */
};

enum err fed_in_follow(struct cx *cx, const struct fed_in *in);
enum err fed_in_undo(struct cx *cx, const struct fed_in *in);
enum err fed_in_create(struct cx *cx, const struct fed_in *in);
enum err fed_in_update(struct cx *cx, const struct fed_in *in);
enum err fed_in_delete(struct cx *cx, const struct fed_in *in);
enum err fed_in_like(struct cx *cx, const struct fed_in *in);
enum err fed_in_announce(struct cx *cx, const struct fed_in *in);
enum err fed_in_block(struct cx *cx, const struct fed_in *in);

enum job_verdict fed_receive(struct cx *cx, const struct job *job);
/* fed.check (subject: actor): is it gone? Then what it left goes, too. */
enum job_verdict fed_check(struct cx *cx, const struct job *job);

/* A post or public comment of this node, by its ActivityPub id. */
struct fed_target {
    int64_t post_id, comment_id; /* comment_id 0: the post */
};
MUST_USE enum err fed_target_find(struct cx *cx, struct str uri, bool *ret_found,
                                  struct fed_target *ret);
/* The note that an activity carries, if it can be trusted: embedded with the signer as its author
 * on the signer's host, else fetched from there (3.10). FORBIDDEN else. */
MUST_USE enum err fed_note_trusted(struct cx *cx, const struct fed_in *in, json_t **ret);
/* Burn an id of the signer's host, so that what was named is refused if it comes late. */
MUST_USE enum err fed_burn(struct cx *cx, const struct fed_in *in, struct str uri, struct str type);
MUST_USE enum err fed_is_burnt(struct cx *cx, struct str uri, bool *ret);

#endif
