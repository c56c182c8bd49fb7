#include "node/people/account.h"

#include "node/base/buf.h"
#include "node/base/crypt.h"
#include "node/base/i18n.h"
#include "node/base/id.h"
#include "node/db/db.h"
#include "node/event.h"
#include "node/node.h"
#include "node/people/account_sql.h"
#include "node/people/session_sql.h"
#include "node/text/scan.h"

#include <string.h>

enum { USERNAME_MAX = 30 };

static struct account account_from(const struct account_row *r)
{
    return (struct account){
        .id = r->id,
        .mail = r->mail,
        .username = r->username,
        .name = r->name,
        .bio = r->bio,
        .locale = r->locale,
        .avatar_media_id = r->avatar_media_id,
        .is_owner = r->is_owner != 0,
        .has_password = r->has_password != 0,
        .state = r->state,
        .created_at = r->created_at,
    };
}

bool account_mail_ok(struct cx *cx, struct str mail, struct str *ret_mail, struct str *ret_key)
{
    mail = str_trim(mail);
    size_t at = str_find_char(mail, '@', 0);
    if (mail.n > 254 || at == SIZE_MAX || at == 0 || at > 64 || at + 1 >= mail.n)
        return false;
    struct str host = str_sub(mail, at + 1, mail.n);
    if (str_find_char(host, '@', 0) != SIZE_MAX || host.p[0] == '.' || host.p[0] == '-' ||
        host.p[host.n - 1] == '.' || str_contains(mail, STR("..")))
        return false;
    if (str_find_char(host, '.', 0) == SIZE_MAX && !str_ieq_c(host, "localhost"))
        return false;
    for (size_t i = 0; i < mail.n; i++) {
        unsigned char c = (unsigned char)mail.p[i];
        if (c <= ' ' || c >= 127 || strchr("\"(),:;<>[]\\", c) != NULL)
            return false;
    }
    *ret_mail = mail;
    *ret_key = str_lower(cx->arena, mail);
    return true;
}

enum err account_by_id(struct cx *cx, int64_t id, struct account *ret)
{
    struct account_row row;
    TRY(q_account_by_id(cx, id, &row));
    *ret = account_from(&row);
    return OK;
}

enum err account_by_mail(struct cx *cx, struct str mail, struct account *ret)
{
    struct account_row row;
    TRY(q_account_by_mail(cx, str_lower(cx->arena, str_trim(mail)), &row));
    *ret = account_from(&row);
    return OK;
}

enum err account_by_username(struct cx *cx, struct str username, struct account *ret)
{
    struct account_row row;
    TRY(q_account_by_username(cx, str_lower(cx->arena, username), &row));
    *ret = account_from(&row);
    return OK;
}

enum err account_owner(struct cx *cx, struct account *ret)
{
    struct account_row row;
    TRY(q_account_owner(cx, &row));
    *ret = account_from(&row);
    return OK;
}

enum err account_list(struct cx *cx, int64_t after_id, int limit, struct account **ret,
                      size_t *ret_n)
{
    struct account_row *rows;
    size_t n;
    TRY(q_account_list(cx, after_id, limit, &rows, &n));
    struct account *list = ARENA_ARRAY(cx->arena, struct account, n);
    for (size_t i = 0; i < n; i++)
        list[i] = account_from(&rows[i]);
    *ret = list;
    *ret_n = n;
    return OK;
}

/* Addresses of ours that a person's name must not stand in for. */
static bool reserved(struct str name)
{
    static const char *const names[] = {"admin", "actor", "instance", "root", "postmaster",
                                        "abuse", "support", "security", "system"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (str_eq_c(name, names[i]))
            return true;
    return false;
}

static bool username_ok(struct str name)
{
    if (name.n == 0 || name.n > USERNAME_MAX)
        return false;
    for (size_t i = 0; i < name.n; i++) {
        char c = name.p[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'))
            return false;
    }
    return true;
}

static struct str username_from_mail(struct cx *cx, struct str key)
{
    struct buf b;
    bool gap = false;
    buf_init_arena(&b, cx->arena, USERNAME_MAX - 6);
    for (size_t i = 0; i < key.n && key.p[i] != '@' && key.p[i] != '+'; i++) {
        char c = key.p[i];
        if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) {
            if (gap && b.n > 0)
                buf_put_char(&b, '_');
            buf_put_char(&b, c);
            gap = false;
        } else {
            gap = true;
        }
    }
    return b.n == 0 ? STR("member") : str_dup(cx->arena, buf_str(&b));
}

static enum err username_unique(struct cx *cx, struct str base, struct str *ret)
{
    struct str name = base;
    for (int i = 2; i < 2000; i++) {
        int64_t taken;
        TRY(q_account_name_taken(cx, name, &taken));
        if (taken == 0 && !reserved(name)) {
            *ret = name;
            return OK;
        }
        unsigned short r = 0;
        if (i > 20)
            crypt_random(&r, sizeof r);
        name = str_fmt(cx->arena, STR_FMT "%d", STR_ARG(base), i > 20 ? 1000 + r % 9000 : i);
    }
    return cx_fail(cx, ERR_CONFLICT, "no free username");
}

static enum err clean_name(struct cx *cx, struct str *name)
{
    *name = str_trim(*name);
    if (!str_is_utf8(*name))
        return cx_tell(cx, ERR_INVALID, N_("The text isn't valid UTF-8."));
    for (size_t i = 0; i < name->n; i++)
        if ((unsigned char)name->p[i] < ' ' || name->p[i] == 127)
            return cx_tell(cx, ERR_INVALID, N_("The name must be one line of text."));
    *name = text_name(cx->arena, *name);
    if (name->n == 0)
        return cx_tell(cx, ERR_INVALID, N_("The name is missing."));
    if (str_utf8_len(*name) > NAME_MAX_CHARS)
        return cx_tell(cx, ERR_INVALID, N_("The name is too long: at most 60 characters."));
    return OK;
}

enum err account_create(struct cx *cx, struct str mail, struct str username, struct str name,
                        bool is_owner, struct account *ret)
{
    struct str key, fixed;
    int64_t taken;
    if (!account_mail_ok(cx, mail, &mail, &key))
        return cx_tell(cx, ERR_INVALID, N_("This is not a mail address that we can write to."));
    if (username.p != NULL) {
        username = str_lower(cx->arena, username);
        if (!username_ok(username))
            return cx_tell(cx, ERR_INVALID,
                           N_("A username has 1 to 30 letters a–z, digits and underscores."));
    }
    TX_SCOPE(cx);
    TRY(q_account_mail_taken(cx, key, &taken));
    if (taken > 0)
        return cx_tell(cx, ERR_CONFLICT, N_("There is an account with this mail address already."));
    if (username.p == NULL) {
        TRY(username_unique(cx, username_from_mail(cx, key), &fixed));
    } else {
        TRY(q_account_name_taken(cx, username, &taken));
        if (taken > 0 || reserved(username))
            return cx_tell(cx, ERR_CONFLICT, N_("This username is taken. Please choose another."));
        fixed = username;
    }
    if (str_trim(name).n == 0)
        name = fixed;
    TRY(clean_name(cx, &name));
    int64_t id = id_next(cx->node->ids);
    TRY(q_account_insert(cx, id, mail, key, fixed, name,
                         STR_NULL /* the browser's, until they choose */, is_owner ? 1 : 0, cx->now,
                         NULL));
    TRY(account_by_id(cx, id, ret));
    return tx_commit(cx);
}

/* Letters, digits and underscores of what they are called elsewhere, as far as there are any. */
static struct str username_wanted(struct cx *cx, struct str wanted)
{
    return username_from_mail(cx, str_lower(cx->arena, wanted));
}

enum err account_create_linked(struct cx *cx, struct str wanted, struct str name,
                               struct account *ret)
{
    struct str fixed;
    name = str_utf8_cut(text_name(cx->arena, name), NAME_MAX_CHARS);
    TX_SCOPE(cx);
    TRY(username_unique(cx, username_wanted(cx, wanted), &fixed));
    if (str_trim(name).n == 0)
        name = fixed;
    TRY(clean_name(cx, &name));
    int64_t id = id_next(cx->node->ids);
    TRY(q_account_insert(cx, id, STR(""), str_fmt(cx->arena, "#%lld", (long long)id), fixed, name,
                         STR_NULL, 0, cx->now, NULL));
    TRY(account_by_id(cx, id, ret));
    return tx_commit(cx);
}

enum err account_add_mail(struct cx *cx, int64_t id, struct str mail)
{
    struct str key;
    int64_t taken, changes;
    if (!account_mail_ok(cx, mail, &mail, &key))
        return cx_tell(cx, ERR_INVALID, N_("This is not a mail address that we can write to."));
    TX_SCOPE(cx);
    TRY(q_account_mail_taken(cx, key, &taken));
    if (taken > 0)
        return cx_tell(cx, ERR_CONFLICT, N_("There is an account with this mail address already."));
    TRY(q_account_add_mail(cx, id, mail, key, &changes));
    if (changes == 0)
        return cx_tell(cx, ERR_CONFLICT, N_("This account has a mail address already."));
    return tx_commit(cx);
}

/* What is one's own, by oneself or the program. */
static enum err own(struct cx *cx, int64_t id)
{
    return cx->viewer == 0 || cx->viewer == id
               ? OK
               : cx_fail(cx, ERR_FORBIDDEN, "account %lld is another's", (long long)id);
}

enum err account_update_profile(struct cx *cx, int64_t id, struct str name, struct str bio,
                                int64_t avatar_media_id)
{
    int64_t changes;
    TRY(own(cx, id));
    TRY(clean_name(cx, &name));
    bio = str_trim(bio);
    if (!str_is_utf8(bio) || str_utf8_len(bio) > BIO_MAX_CHARS)
        return cx_tell(cx, ERR_INVALID,
                       N_("The text about you is too long: at most 500 characters."));
    TX_SCOPE(cx);
    TRY(q_account_set_profile(cx, id, name, bio.n == 0 ? STR_NULL : bio, avatar_media_id,
                              &changes));
    if (changes == 0)
        return ERR_NOT_FOUND;
    TRY(event_emit(cx, EV_PROFILE_CHANGED, id, STR_NULL));
    return tx_commit(cx);
}

enum err account_set_locale(struct cx *cx, int64_t id, struct str locale)
{
    enum locale known;
    TRY(own(cx, id));
    if (!i18n_parse(locale, &known))
        return cx_tell(cx, ERR_INVALID, N_("We do not speak this language yet."));
    TX_SCOPE(cx);
    TRY(q_account_set_locale(cx, id, i18n_tag(known), NULL));
    return tx_commit(cx);
}

enum err account_set_state(struct cx *cx, int64_t id, struct str state)
{
    int64_t changes;
    if (!str_eq_c(state, "active") && !str_eq_c(state, "suspended"))
        return cx_tell(cx, ERR_INVALID, N_("An account is either active or suspended."));
    if (cx->viewer != 0) {
        struct account me;
        TRY(account_by_id(cx, cx->viewer, &me));
        if (!me.is_owner || cx->viewer == id)
            return cx_fail(cx, ERR_FORBIDDEN, "not the node's owner");
    }
    TX_SCOPE(cx);
    TRY(q_account_set_state(cx, id, state, &changes));
    if (changes == 0)
        return ERR_NOT_FOUND;
    if (str_eq_c(state, "suspended"))
        TRY(q_session_delete_others(cx, id, 0, NULL));
    TRY(event_emit(cx, EV_GRANT_CHANGED, id, STR_NULL)); /* what they have renews no more */
    return tx_commit(cx);
}
