/* The job fed.receive (subject: the signer's actor row; payload: the activity as it came, its
 * signature checked). Every function below may run twice, late, and in any order (federation.md
 * section 3): what is there already stays, what is not there is not missed. */
#ifndef FEDERATION_RECEIVE_H
#define FEDERATION_RECEIVE_H

#include "federation/remote.h"
#include "node/event.h"
#include "node/talk/reaction.h"

struct fed_in {
    struct str id, type;
    struct fed_actor actor;  /* who signed and did it */
    json_t *doc;
    json_t *object;          /* NULL when absent */
    struct str object_id;    /* its id, or STR_NULL */
    bool signed_by_actor;    /* its actor's own signature brought it: no fetch, nobody between */
    int depth;               /* how far up a thread we are; 0: what was sent */
};

enum err fed_in_follow(struct cx *cx, const struct fed_in *in);
enum err fed_in_undo(struct cx *cx, const struct fed_in *in);
enum err fed_in_create(struct cx *cx, const struct fed_in *in);
enum err fed_in_update(struct cx *cx, const struct fed_in *in);
enum err fed_in_delete(struct cx *cx, const struct fed_in *in);
enum err fed_in_like(struct cx *cx, const struct fed_in *in);
enum err fed_in_announce(struct cx *cx, const struct fed_in *in);
enum err fed_in_block(struct cx *cx, const struct fed_in *in);
enum err fed_in_flag(struct cx *cx, const struct fed_in *in);
enum err fed_in_quote_request(struct cx *cx, const struct fed_in *in);
enum err fed_in_move(struct cx *cx, const struct fed_in *in);

enum job_verdict fed_receive(struct cx *cx, const struct job *job);
/* fed.forward (payload: an activity whose signer is not its actor). */
enum job_verdict fed_forward(struct cx *cx, const struct job *job);
/* Types that may be told of others; the rest needs its actor's own signature. */
bool fed_forward_wanted(struct str type);
/* Something is said about a thing elsewhere, and nothing of it is believed: if it concerns us, the
 * thing is fetched, and what is found there is taken. Jobs only. */
MUST_USE enum err fed_look_at(struct cx *cx, const json_t *activity);
/* Fetch a note and its author, and take it as if its author had sent it. Jobs only. */
MUST_USE enum err fed_take_note(struct cx *cx, struct str uri, bool update, int depth);
/* fed.check (subject: actor): is it gone? Then what it left goes, too. */
enum job_verdict fed_check(struct cx *cx, const struct job *job);

/* The emoji of a Like or EmojiReact, without its place; false: there is none. */
struct reaction_emoji;
bool fed_emoji_in(struct cx *cx, const json_t *activity, struct reaction_emoji *ret);
/* A trusted public note becomes a comment: far says where, this fills the rest. What was deleted or is
 * empty is none. */
struct comment_far;
MUST_USE enum err fed_comment_take(struct cx *cx, const struct fed_in *in, json_t *note,
                                   struct comment_far *far);
/* A post or public comment of this node, by its ActivityPub id. */
struct fed_target {
    int64_t post_id, comment_id; /* comment_id 0: the post */
};
MUST_USE enum err fed_target_find(struct cx *cx, struct str uri, bool *ret_found,
                                  struct fed_target *ret);
/* The note that an activity carries, if it can be trusted: embedded with the signer as its author
 * on the signer's host, else fetched from there (3.10). FORBIDDEN else. */
/* Who wrote it: of several (PeerTube: the person and the channel) the first person (5.8). */
struct str fed_note_author(const json_t *note);
MUST_USE enum err fed_note_trusted(struct cx *cx, const struct fed_in *in, json_t **ret);
/* A like or boost as the rules about its actor want it: counted, put aside, or refused. */
MUST_USE enum err fed_react(struct cx *cx, const struct fed_in *in, enum reaction_kind kind,
                            const struct fed_target *t);
/* Burn an id of the signer's host, so that what was named is refused if it comes late. */
MUST_USE enum err fed_burn(struct cx *cx, const struct fed_in *in, struct str uri, struct str type);
MUST_USE enum err fed_is_burnt(struct cx *cx, struct str uri, bool *ret);

#endif
