#include "node/db/db.h"
#include "node/event.h"
#include "node/planet/access.h"
#include "node/planet/planet.h"
#include "node/planet/planet_sql.h"

static const struct {
    enum role role;
    const char *word;
} words[] = {
    {ROLE_BANNED, "banned"},   {ROLE_MODERATOR, "moderator"}, {ROLE_GUEST, "guest"},
    {ROLE_PARTNER, "partner"}, {ROLE_OWNER, "owner"},
};

const char *role_word(enum role role)
{
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (words[i].role == role)
            return words[i].word;
    return "";
}

enum role role_parse(struct str word)
{
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (str_eq_c(word, words[i].word))
            return words[i].role;
    return ROLE_NONE;
}

enum err role_of(struct cx *cx, int64_t planet_id, int64_t account_id, enum role *ret)
{
    struct str word;
    bool found = false;
    if (account_id != 0 && account_id == cx->viewer && cx->recall)
        return access_role(cx, planet_id, ret);
    if (account_id != 0)
        TRY(q_role_get(cx, planet_id, account_id, &found, &word));
    *ret = found ? role_parse(word) : ROLE_NONE;
    return OK;
}

static enum err viewer_has(struct cx *cx, int64_t planet_id, enum role least)
{
    enum role role;
    if (cx->viewer == 0)
        return OK;
    TRY(role_of(cx, planet_id, cx->viewer, &role));
    if (role >= least)
        return OK;
    return cx_tell(cx, ERR_FORBIDDEN,
                   least == ROLE_OWNER ? N_("Only the owner of the planet may do this.")
                                       : N_("Only those who look after the planet may do this."));
}

enum err planet_may_manage(struct cx *cx, int64_t planet_id)
{
    return viewer_has(cx, planet_id, ROLE_PARTNER);
}

enum err planet_may_own(struct cx *cx, int64_t planet_id)
{
    return viewer_has(cx, planet_id, ROLE_OWNER);
}

enum err role_set(struct cx *cx, int64_t planet_id, int64_t account_id, enum role role)
{
    enum role now;
    int64_t owners;
    TX_SCOPE(cx);
    TRY(planet_lock(cx, planet_id));
    TRY(role_of(cx, planet_id, account_id, &now));
    /* Keeping order is a moderator's work, too; giving powers is the owner's alone. */
    if (role <= ROLE_BANNED && now <= ROLE_BANNED)
        TRY(viewer_has(cx, planet_id, ROLE_MODERATOR));
    else
        TRY(planet_may_own(cx, planet_id));
    if (now == ROLE_OWNER && role != ROLE_OWNER) {
        TRY(q_role_owners(cx, planet_id, &owners));
        if (owners <= 1)
            return cx_tell(cx, ERR_CONFLICT,
                           N_("A planet needs an owner. Name another one first."));
    }
    if (role == ROLE_NONE)
        TRY(q_role_drop(cx, planet_id, account_id, NULL));
    else
        TRY(q_role_put(cx, planet_id, account_id, str_c(role_word(role)), cx->now, NULL));
    TRY(event_emit(cx, EV_GRANT_CHANGED, account_id, STR_NULL));
    return tx_commit(cx);
}

enum err role_list(struct cx *cx, int64_t planet_id, struct role_holder **ret, size_t *ret_n)
{
    struct role_of_planet_row *rows;
    size_t n;
    TRY(q_role_of_planet(cx, planet_id, &rows, &n));
    struct role_holder *list = ARENA_ARRAY(cx->arena, struct role_holder, n);
    for (size_t i = 0; i < n; i++)
        list[i] = (struct role_holder){
            .account_id = rows[i].account_id,
            .role = role_parse(rows[i].role),
            .username = rows[i].username,
            .name = rows[i].name,
        };
    *ret = list;
    *ret_n = n;
    return OK;
}
