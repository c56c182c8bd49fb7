/* What a hosting provider's plan allows a node (node->quota; 0: any number, and nothing is counted).
 *
 * Asked by the verb that is about to add something, in the transaction that adds it, so that two at a time
 * find one place between them. The person hears which limit it is, when room comes by itself, and whom to
 * ask: ERR_CONFLICT for members and storage, ERR_RATE_LIMITED with retry_after_s for posts and mails,
 * which are counted over the last 24 hours. */
#ifndef NODE_QUOTA_H
#define NODE_QUOTA_H

#include "node/cx.h"

enum quota_kind {
    QUOTA_MEMBERS, /* accounts with a membership that is live, on whatever planet */
    QUOTA_STORAGE, /* bytes of pictures and files */
    QUOTA_POSTS,   /* published, also if taken back since */
    QUOTA_MAILS,   /* queued; quota_mail counts them */
};

/* Is there room for so many more? */
MUST_USE enum err quota_check(struct cx *cx, enum quota_kind kind, int64_t more);
/* May this account become a member? One that is a member somewhere here takes no further room. */
MUST_USE enum err quota_member(struct cx *cx, int64_t account_id);
/* Inside a transaction: one more mail goes out. Those that the node's owner needs to sign in count, and
 * are never refused: how often they can be asked for is limited elsewhere, and the others' mails must
 * not lock out the one who can do something about it. */
MUST_USE enum err quota_mail(struct cx *cx, bool to_owner);

#endif
