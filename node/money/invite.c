#include "node/money/invite.h"

#include "node/base/crypt.h"
#include "node/db/db.h"
#include "node/money/invite_sql.h"
#include "node/money/money.h"
#include "node/node.h"
#include "node/people/audit.h"
#include "node/people/same.h"

#include <string.h>

enum { DAYS_MAX = 3660, WAIT_MAX = 365, CODES_LOOKED_AT = 6 };

static const char *const reward_words[] = {
    [REWARD_NONE] = "none", [REWARD_DAYS] = "days", [REWARD_CREDIT] = "credit"};

/* Somebody who may invite: a live member, or who has a part in looking after the planet. */
static enum err may_invite(struct cx *cx, int64_t planet_id, int64_t account_id, bool *ret)
{
    struct membership m = {.live = false};
    enum role role;
    TRY(role_of(cx, planet_id, account_id, &role));
    if (role == ROLE_BANNED || role != ROLE_NONE) {
        *ret = role != ROLE_BANNED;
        return OK;
    }
    enum err e = membership_of(cx, planet_id, account_id, &m);
    if (e != OK && e != ERR_NOT_FOUND)
        return e;
    *ret = m.live;
    return OK;
}

static struct str code_new(struct cx *cx)
{
    static const char digits[] = "23456789abcdefghjkmnpqrstvwxyz"; /* no look-alikes, no signs */
    unsigned char chance[INVITE_CODE_CHARS];
    char out[INVITE_CODE_CHARS];
    crypt_random(chance, sizeof chance);
    for (int i = 0; i < INVITE_CODE_CHARS; i++)
        out[i] = digits[chance[i] % (sizeof digits - 1)];
    return (struct str){arena_copy(cx->arena, out, sizeof out), sizeof out};
}

enum err invite_mine(struct cx *cx, int64_t planet_id, int64_t account_id, struct invite *ret)
{
    bool may, found;
    struct str code;
    if (cx->viewer != 0 && cx->viewer != account_id)
        return cx_fail(cx, ERR_FORBIDDEN, "an invitation of another account");
    TRY(may_invite(cx, planet_id, account_id, &may));
    if (!may)
        return cx_tell(cx, ERR_FORBIDDEN, N_("Members invite others: join first."));
    TRY(q_invite_get(cx, planet_id, account_id, &found, &code));
    if (!found) {
        TX_SCOPE(cx);
        TRY(q_invite_insert(cx, planet_id, account_id, code_new(cx), cx->now, NULL));
        TRY(q_invite_get(cx, planet_id, account_id, &found, &code));
        TRY(tx_commit(cx));
    }
    return invite_by_code(cx, code, ret);
}

enum err invite_by_code(struct cx *cx, struct str code, struct invite *ret)
{
    struct invite_find_row row;
    bool found = false, may;
    if (code.n == INVITE_CODE_CHARS && str_is_utf8(code))
        TRY(q_invite_find(cx, str_lower(cx->arena, code), &found, &row));
    if (!found)
        return ERR_NOT_FOUND;
    TRY(may_invite(cx, row.planet_id, row.account_id, &may));
    if (!may)
        return ERR_NOT_FOUND;
    *ret = (struct invite){
        .planet_id = row.planet_id,
        .account_id = row.account_id,
        .code = str_lower(cx->arena, code),
        .name = row.name,
        .username = row.username,
    };
    return OK;
}

enum err invite_choose(struct cx *cx, int64_t planet_id, int64_t account_id, struct str codes,
                       bool *ret_found, struct invite *ret)
{
    struct str rest = codes, piece;
    *ret_found = false;
    for (int i = 0; i < CODES_LOOKED_AT && str_next(&rest, '.', &piece); i++) {
        struct invite one;
        bool same = false;
        enum err e = invite_by_code(cx, piece, &one);
        if (e == ERR_NOT_FOUND || (e == OK && one.planet_id != planet_id))
            continue;
        TRY(e);
        if (account_id != 0)
            TRY(same_person(cx, one.account_id, account_id, &same));
        if (same)
            continue;
        *ret_found = true;
        *ret = one;
        return OK;
    }
    return OK;
}

/* ---- the rule ---- */

enum err referral_rule_of(struct cx *cx, int64_t planet_id, struct referral_rule *ret)
{
    struct referral_rule_get_row row;
    struct referral_amounts_row *amounts;
    struct referral_rule rule = {.reward = REWARD_NONE, .wait_days = REFERRAL_WAIT_MIN};
    size_t n;
    bool found;
    TRY(q_referral_rule_get(cx, planet_id, &found, &row));
    if (found) {
        rule.days = row.days;
        rule.wait_days = row.wait_days;
        for (int i = REWARD_NONE; i <= REWARD_CREDIT; i++)
            if (str_eq_c(row.reward, reward_words[i]))
                rule.reward = (enum reward)i;
    }
    TRY(q_referral_amounts(cx, planet_id, &amounts, &n));
    for (size_t i = 0; i < n && i < REFERRAL_AMOUNTS_MAX; i++)
        rule.amounts[rule.n_amounts++] = money_of(amounts[i].amount, amounts[i].currency);
    *ret = rule;
    return OK;
}

static enum err rule_ok(struct cx *cx, const struct referral_rule *r)
{
    if (r->reward == REWARD_DAYS && (r->days < 1 || r->days > DAYS_MAX))
        return cx_tell(cx, ERR_INVALID, N_("The reward is 1 to 3660 days."));
    if (r->reward == REWARD_CREDIT && r->n_amounts == 0)
        return cx_tell(cx, ERR_INVALID, N_("Say how much credit an invitation earns."));
    if (r->wait_days < REFERRAL_WAIT_MIN || r->wait_days > WAIT_MAX)
        return cx_tell(cx, ERR_INVALID,
                       N_("A reward waits 7 to 365 days, until the payment can no longer be taken back."));
    for (size_t i = 0; i < r->n_amounts; i++)
        if (r->amounts[i].minor < 1 || !money_currency_ok(str_c(r->amounts[i].cur)))
            return cx_tell(cx, ERR_INVALID, N_("Say how much credit an invitation earns."));
    return OK;
}

enum err referral_rule_set(struct cx *cx, int64_t planet_id, const struct referral_rule *rule)
{
    TRY(planet_may_own(cx, planet_id));
    TRY(rule_ok(cx, rule));
    TX_SCOPE(cx);
    TRY(q_referral_rule_put(cx, planet_id, str_c(reward_words[rule->reward]), rule->days,
                            rule->wait_days, NULL));
    TRY(q_referral_amounts_drop(cx, planet_id, NULL));
    for (size_t i = 0; i < rule->n_amounts; i++)
        TRY(q_referral_amount_put(cx, planet_id, str_dup(cx->arena, str_c(rule->amounts[i].cur)),
                                  rule->amounts[i].minor, NULL));
    TRY(audit_put(cx, "referral.rule", planet_id, str_c(reward_words[rule->reward])));
    return tx_commit(cx);
}
