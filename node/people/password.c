#include "node/people/password.h"

#include "node/base/clock.h"
#include "node/base/crypt.h"
#include "node/base/turnstile.h"
#include "node/node.h"
#include "node/people/account.h"
#include "node/people/account_sql.h"
#include "node/people/rate.h"
#include "node/people/session_sql.h"
#include "node/server.h"

#include <unicode/unorm2.h>
#include <unicode/ustring.h>

enum { BYTES_MAX = PASSWORD_MAX_CHARS * 4, TURN_WAIT_MS = 15000 };

enum err password_normalize(struct cx *cx, struct str password, struct str *ret)
{
    UErrorCode status = U_ZERO_ERROR;
    UChar wide[BYTES_MAX + 1], normal[BYTES_MAX * 4];
    char out[BYTES_MAX * 4 * 3];
    int32_t n_wide, n_normal, n_out;

    if (password.n > BYTES_MAX || !str_is_utf8(password))
        return cx_tell(cx, ERR_INVALID, N_("A password has at most 256 characters."));
    const UNormalizer2 *nfkc = unorm2_getNFKCInstance(&status);
    u_strFromUTF8(wide, BYTES_MAX, &n_wide, password.p == NULL ? "" : password.p,
                  (int32_t)password.n, &status);
    n_normal = unorm2_normalize(nfkc, wide, n_wide, normal, BYTES_MAX * 4, &status);
    u_strToUTF8(out, sizeof out, &n_out, normal, n_normal, &status);
    if (U_FAILURE(status))
        return cx_tell(cx, ERR_INVALID, N_("A password has at most 256 characters."));
    *ret = (struct str){arena_copy(cx->arena, out, (size_t)n_out), (size_t)n_out};
    return OK;
}

static bool everybodys(struct cx *cx, struct str password, struct str mail)
{
    static const char *const list[] = {
        "1234567890", "12345678910", "0123456789", "9876543210", "qwertyuiop", "qwerty12345",
        "password12", "password123", "password1234", "passw0rd123", "iloveyou123", "1q2w3e4r5t",
        "q1w2e3r4t5", "abcdefghij", "abcd123456", "abc1234567", "a123456789", "123456789a",
        "1qaz2wsx3edc", "woaini1314", "woaini520", "5201314520", "1314520520", "asdfghjkl123",
        "qwertyuiop123", "administrator", "letmein123", "welcome123", "changeme123",
    };
    struct str low = str_lower(cx->arena, password);
    bool same = true;
    for (size_t i = 1; i < low.n; i++)
        same = same && low.p[i] == low.p[0];
    if (same || str_eq(low, str_lower(cx->arena, mail)))
        return true;
    for (size_t i = 0; i < sizeof list / sizeof *list; i++)
        if (str_eq_c(low, list[i]))
            return true;
    return false;
}

enum err password_check(struct cx *cx, struct str normalized, struct str mail)
{
    size_t n = str_utf8_len(normalized);
    if (n < PASSWORD_MIN_CHARS)
        return cx_tell(cx, ERR_INVALID,
                       N_("A password has at least 10 characters. A short sentence is good."));
    if (n > PASSWORD_MAX_CHARS)
        return cx_tell(cx, ERR_INVALID, N_("A password has at most 256 characters."));
    if (everybodys(cx, normalized, mail))
        return cx_tell(cx, ERR_INVALID,
                       N_("This password is too easy to guess. Please choose another."));
    return OK;
}

static struct turnstile *turnstile_of(struct cx *cx)
{
    return cx->node->server == NULL ? NULL : cx->node->server->hashing;
}

static enum err take_turn(struct cx *cx)
{
    if (cx->tx_depth > 0)
        return cx_fail(cx, ERR_INTERNAL, "hashing inside a transaction");
    if (turnstile_enter(turnstile_of(cx), TURN_WAIT_MS))
        return OK;
    cx->retry_after_s = 2;
    return cx_tell(cx, ERR_BUSY,
                   N_("Many people are signing in right now. Please try again in a moment."));
}

enum err password_hash(struct cx *cx, struct str normalized, struct str *ret_encoded)
{
    TRY(take_turn(cx));
    *ret_encoded = crypt_password_hash(cx->arena, normalized);
    turnstile_leave(turnstile_of(cx));
    return OK;
}

enum err password_verify(struct cx *cx, struct str encoded, struct str normalized, bool *ret)
{
    TRY(take_turn(cx));
    if (encoded.p == NULL) {
        crypt_password_waste(normalized);
        *ret = false;
    } else {
        *ret = crypt_password_verify(encoded, normalized);
    }
    turnstile_leave(turnstile_of(cx));
    return OK;
}

enum err account_set_password(struct cx *cx, int64_t id, struct str current, struct str fresh,
                              int64_t keep_session)
{
    struct account account;
    struct str old, encoded;
    if (cx->viewer != 0 && cx->viewer != id)
        return cx_fail(cx, ERR_FORBIDDEN, "another's password");
    TRY(account_by_id(cx, id, &account));
    TRY(password_normalize(cx, fresh, &fresh));
    TRY(password_check(cx, fresh, account.mail));
    TRY(q_account_password(cx, id, &old));
    if (old.p != NULL && cx->viewer != 0) { /* the command line sets it without the old one */
        bool right;
        TRY(rate_hit(cx, "password", str_fmt(cx->arena, "%lld", (long long)id), 15 * MS_MINUTE,
                     10));
        TRY(password_normalize(cx, current, &current));
        TRY(password_verify(cx, old, current, &right));
        if (!right)
            return cx_tell(cx, ERR_INVALID, N_("The current password is not right."));
    }
    TRY(password_hash(cx, fresh, &encoded));

    TX_SCOPE(cx);
    TRY(q_account_set_password(cx, id, encoded, NULL));
    TRY(q_session_delete_others(cx, id, keep_session, NULL));
    return tx_commit(cx);
}
