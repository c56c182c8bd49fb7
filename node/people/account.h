/* Accounts (账号): a person on this node. */
#ifndef NODE_PEOPLE_ACCOUNT_H
#define NODE_PEOPLE_ACCOUNT_H

#include "node/cx.h"

struct account {
    int64_t id;
    struct str mail;         /* empty: none; it signs in by a linked actor (identity.h) */
    struct str username, name, bio, locale;
    int64_t avatar_media_id; /* DB_NULL: none */
    bool is_owner, has_password;
    struct str state;
    int64_t created_at;
};

enum {
    NAME_MAX_CHARS = 60,
    BIO_MAX_CHARS = 500,
    PASSWORD_MIN_CHARS = 10,
    PASSWORD_MAX_CHARS = 256
};

MUST_USE enum err account_by_id(struct cx *cx, int64_t id, struct account *ret);
MUST_USE enum err account_by_mail(struct cx *cx, struct str mail, struct account *ret);
MUST_USE enum err account_by_username(struct cx *cx, struct str username, struct account *ret);
/* username STR_NULL: made of the mail's local part, made unique. ERR_CONFLICT when the mail is
 * taken. */
MUST_USE enum err account_create(struct cx *cx, struct str mail, struct str username,
                                 struct str name, bool is_owner, struct account *ret);
/* One without a mail address, for identity.c: the username is made of what is wanted, made unique. */
MUST_USE enum err account_create_linked(struct cx *cx, struct str wanted, struct str name,
                                        struct account *ret);
/* The first address of an account that has none, once somebody has proven it. CONFLICT with a
 * sentence: it has one, or the address is another's. Joins the caller's transaction. */
MUST_USE enum err account_add_mail(struct cx *cx, int64_t id, struct str mail);
MUST_USE enum err account_update_profile(struct cx *cx, int64_t id, struct str name, struct str bio,
                                         int64_t avatar_media_id);
/* Is this a mail address that we can write to? Trimmed; ret_key is the folded form for look-up. */
bool account_mail_ok(struct cx *cx, struct str mail, struct str *ret_mail, struct str *ret_key);
/* The node's first owner; ERR_NOT_FOUND before init is done. */
MUST_USE enum err account_owner(struct cx *cx, struct account *ret);
MUST_USE enum err account_list(struct cx *cx, int64_t after_id, int limit, struct account **ret,
                               size_t *ret_n);
/* active, suspended: the latter ends every session. Deleted accounts stay deleted. */
MUST_USE enum err account_set_state(struct cx *cx, int64_t id, struct str state);
/* current is checked if one is set. Ends every other session. */
/* Outside of transactions: it hashes. keep_session 0: ends all. */
MUST_USE enum err account_set_password(struct cx *cx, int64_t id, struct str current,
                                       struct str fresh, int64_t keep_session);
MUST_USE enum err account_set_locale(struct cx *cx, int64_t id, struct str locale);

#endif
