/* Accounts (账号): a person on this node. */
#ifndef NODE_PEOPLE_ACCOUNT_H
#define NODE_PEOPLE_ACCOUNT_H

#include "node/cx.h"

struct account {
    int64_t id;
    struct str mail, username, name, bio, locale;
    int64_t avatar_media_id; /* DB_NULL: none */
    bool is_owner, has_password;
    struct str state;
    int64_t created_at;
};

MUST_USE enum err account_by_id(struct cx *cx, int64_t id, struct account *ret);
MUST_USE enum err account_by_mail(struct cx *cx, struct str mail, struct account *ret);
MUST_USE enum err account_by_username(struct cx *cx, struct str username, struct account *ret);
/* username STR_NULL: made of the mail's local part, made unique. ERR_CONFLICT when the mail is taken. */
MUST_USE enum err account_create(struct cx *cx, struct str mail, struct str username, struct str name,
                                 bool is_owner, struct account *ret);
MUST_USE enum err account_update_profile(struct cx *cx, int64_t id, struct str name, struct str bio,
                                         int64_t avatar_media_id);
/* current is checked if one is set. Ends every other session. */
MUST_USE enum err account_set_password(struct cx *cx, int64_t id, struct str current, struct str fresh,
                                       int64_t keep_session);
MUST_USE enum err account_set_locale(struct cx *cx, int64_t id, struct str locale);

#endif
