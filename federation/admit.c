#include "federation/admit.h"

#include "federation/admit_sql.h"
#include "federation/policy.h"
#include "federation/remote.h"
#include "node/event.h"
#include "node/people/audit.h"
#include "node/planet/planet.h"

static const char *const words[] = {[FED_COMMENTS_SHOWN] = "shown", [FED_COMMENTS_FIRST] = "first",
                                    [FED_COMMENTS_HELD] = "held", [FED_COMMENTS_OFF] = "off"};

const char *fed_comments_word(enum fed_comments c)
{
    return words[c];
}

bool fed_comments_parse(struct str word, enum fed_comments *ret)
{
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (str_eq_c(word, words[i])) {
            *ret = (enum fed_comments)i;
            return true;
        }
    return false;
}

enum err fed_doors_of(struct cx *cx, int64_t planet_id, struct fed_doors *ret)
{
    struct doors_find_row row;
    bool found;
    *ret = (struct fed_doors){FED_COMMENTS_SHOWN, false};
    TRY(q_doors_find(cx, planet_id, &found, &row));
    if (!found)
        return OK;
    ret->approves_followers = row.approves_followers != 0;
    if (!fed_comments_parse(row.comments, &ret->comments))
        return cx_fail(cx, ERR_INTERNAL, "an unknown way to admit comments");
    return OK;
}

enum err fed_doors_set(struct cx *cx, int64_t planet_id, const struct fed_doors *doors)
{
    struct fed_doors was;
    TRY(planet_may_manage(cx, planet_id));
    TX_SCOPE(cx);
    TRY(fed_doors_of(cx, planet_id, &was));
    TRY(q_doors_put(cx, planet_id, str_c(words[doors->comments]), doors->approves_followers, NULL));
    if (was.comments != doors->comments)
        TRY(audit_put(cx, "fediverse.comments", planet_id, str_c(words[doors->comments])));
    if (was.approves_followers != doors->approves_followers) {
        TRY(audit_put(cx, "fediverse.approves", planet_id,
                       str_c(doors->approves_followers ? "yes" : "no")));
        TRY(event_emit(cx, EV_PLANET_CHANGED, planet_id, STR_NULL));
    }
    return tx_commit(cx);
}

enum err fed_admit_comment(struct cx *cx, int64_t post_id, const struct fed_actor *from,
                           struct fed_admission *ret)
{
    struct fed_doors doors;
    enum fed_stand stand;
    int64_t planet_id, id, known = 0;
    bool neighbour;
    *ret = (struct fed_admission){0};
    TRY(q_admit_planet(cx, post_id, &planet_id));
    TRY(fed_doors_of(cx, planet_id, &doors));
    TRY(fed_stand_of(cx, from, post_id, &stand));
    ret->refused = doors.comments == FED_COMMENTS_OFF || stand == FED_STAND_REFUSED;
    if (ret->refused)
        return OK;
    TRY(q_admit_neighbour(cx, from->host, &neighbour, &id));
    if (doors.comments == FED_COMMENTS_FIRST)
        TRY(q_admit_is_known(cx, from->id, planet_id, &known));
    ret->held = !neighbour || stand == FED_STAND_HELD || doors.comments == FED_COMMENTS_HELD ||
                (doors.comments == FED_COMMENTS_FIRST && known == 0);
    ret->quiet = stand == FED_STAND_HELD || stand == FED_STAND_QUIET;
    return OK;
}

enum err fed_admit_edit(struct cx *cx, int64_t post_id, bool *ret_held)
{
    struct fed_doors doors;
    int64_t planet_id;
    TRY(q_admit_planet(cx, post_id, &planet_id));
    TRY(fed_doors_of(cx, planet_id, &doors));
    *ret_held = doors.comments == FED_COMMENTS_HELD;
    return OK;
}

/* Who is silenced or muted may follow, and nobody hears of it. */
enum err fed_admit_follow(struct cx *cx, int64_t planet_id, const struct fed_actor *from,
                          struct fed_admission *ret)
{
    struct fed_doors doors;
    struct fed_policy policy;
    enum fed_actor_level level;
    TRY(fed_policy_of(cx, from->host, &policy));
    TRY(fed_actor_blocked(cx, from->id, planet_id, &level));
    TRY(fed_doors_of(cx, planet_id, &doors));
    *ret = (struct fed_admission){
        .refused = policy.level == FED_SUSPENDED || level == FED_ACTOR_BLOCKED,
        .held = doors.approves_followers,
        .quiet = policy.level == FED_SILENCED || level == FED_ACTOR_MUTED,
    };
    return OK;
}
