/* Whom and what a planet lets in from elsewhere: comments (federation.md 3.9) and followers (1.8).
 *
 * The planet's owner chose one of four ways for comments; whatever that is, what comes from a silenced
 * host waits and nobody is told, what comes from a server where nobody follows anything here waits, too
 * (policy.h says who is silenced, muted or blocked). */
#ifndef FEDERATION_ADMIT_H
#define FEDERATION_ADMIT_H

#include "node/cx.h"

enum fed_comments {
    FED_COMMENTS_SHOWN, /* at once */
    FED_COMMENTS_FIRST, /* of somebody whose comments were never shown here: when approved */
    FED_COMMENTS_HELD,  /* when approved, edits too */
    FED_COMMENTS_OFF    /* not taken */
};
/* "shown", "first", "held", "off" and back. */
const char *fed_comments_word(enum fed_comments c);
bool fed_comments_parse(struct str word, enum fed_comments *ret);

/* How a planet meets other servers. */
struct fed_doors {
    enum fed_comments comments;
    bool approves_followers; /* a Follow rests until somebody accepts it */
};
MUST_USE enum err fed_doors_of(struct cx *cx, int64_t planet_id, struct fed_doors *ret);
/* By owner and partners (or the program): FORBIDDEN else. Written to the audit; followers' servers hear
 * whether follows are approved. Opens a transaction. */
MUST_USE enum err fed_doors_set(struct cx *cx, int64_t planet_id, const struct fed_doors *doors);

struct fed_admission {
    bool refused; /* forgotten */
    bool held;    /* it waits for a decision */
    bool quiet;   /* nobody is told */
};
/* A public comment by this actor under this post. */
struct fed_actor;
MUST_USE enum err fed_admit_comment(struct cx *cx, int64_t post_id, const struct fed_actor *from,
                                    struct fed_admission *ret);
/* Its author changed a comment that is shown: does it wait again? */
MUST_USE enum err fed_admit_edit(struct cx *cx, int64_t post_id, bool *ret_held);
/* Does a Follow of this planet by this actor wait for a decision? */
MUST_USE enum err fed_admit_follow(struct cx *cx, int64_t planet_id, const struct fed_actor *from,
                                   struct fed_admission *ret);

#endif
