#include "node/money/life.h"

#include "node/base/clock.h"
#include "node/db/db.h"
#include "node/event.h"
#include "node/money/life_sql.h"
#include "node/money/rail_call.h"
#include "node/money/subscription_sql.h"
#include "node/people/audit.h"
#include "node/planet/planet_sql.h"

enum { KEPT_DAYS = 30 };  /* P33: after the end, the old price is theirs that long */
enum { MOVES_MAX = 16 };  /* announcements that follow one another */

const char *life_word(enum life_face face)
{
    static const char *const words[] = {
        [LIFE_NEVER] = "never",     [LIFE_RUNS] = "runs",           [LIFE_RENEWS] = "renews",
        [LIFE_CANCELLED] = "cancelled", [LIFE_PAST_DUE] = "past_due", [LIFE_TRIAL] = "trial",
        [LIFE_CARD] = "card",       [LIFE_FOREVER] = "forever",     [LIFE_SUSPENDED] = "suspended",
        [LIFE_LAPSED] = "lapsed",   [LIFE_OLD_POSTS] = "old_posts",
    };
    return words[face];
}

/* ---- how a planet renews ---- */

enum err renewing_of(struct cx *cx, int64_t planet_id, struct renewing *ret)
{
    int64_t days = 0;
    bool found;
    TRY(q_renewing_get(cx, planet_id, &found, &days));
    *ret = found ? (struct renewing){days} : (struct renewing){GRACE_DAYS};
    return OK;
}

enum err renewing_set(struct cx *cx, int64_t planet_id, const struct renewing *r)
{
    TRY(planet_may_own(cx, planet_id));
    if (r->grace_days < 0 || r->grace_days > GRACE_DAYS_MAX)
        return cx_tell(cx, ERR_INVALID, N_("Grace is between 0 and 30 days."));
    TX_SCOPE(cx);
    TRY(q_renewing_put(cx, planet_id, r->grace_days, NULL));
    TRY(audit_put(cx, "renewing.rule", planet_id, str_fmt(cx->arena, "%lld", (long long)r->grace_days)));
    return tx_commit(cx);
}

/* ---- what the next term costs ---- */

/* Where the announcements lead that are in force. The next one, if there is one: ret_move_to (DB_NULL) and at. */
static enum err moved(struct cx *cx, int64_t price_id, int64_t *ret_price, int64_t *ret_move_to, int64_t *ret_at)
{
    struct price_move_of_row row;
    bool found = true;
    *ret_move_to = DB_NULL;
    for (int i = 0; i < MOVES_MAX && found; i++) {
        TRY(q_price_move_of(cx, price_id, &found, &row));
        if (found && row.effective_at > cx->now) {
            *ret_move_to = row.to_price_id;
            *ret_at = row.effective_at;
            break;
        }
        if (found)
            price_id = row.to_price_id;
    }
    *ret_price = price_id;
    return OK;
}

enum err price_holds(struct cx *cx, int64_t price_id, int64_t *ret)
{
    int64_t to, at;
    return moved(cx, price_id, ret, &to, &at);
}

struct next {
    bool found, offered, chosen;
    int64_t price_id, move_to, moves_at; /* move_to DB_NULL: nothing announced */
};

static enum err wish_of(struct cx *cx, int64_t planet_id, int64_t account_id, struct renewal_wish_get_row *ret)
{
    struct renewal_wish_get_row row;
    bool found;
    TRY(q_renewal_wish_get(cx, planet_id, account_id, &found, &row));
    *ret = found ? row : (struct renewal_wish_get_row){.off_at = DB_NULL, .next_price_id = DB_NULL};
    return OK;
}

static enum err next_of(struct cx *cx, int64_t planet_id, int64_t account_id, struct next *ret)
{
    struct renewal_last_price_row last;
    struct renewal_wish_get_row wish;
    bool found;
    int64_t n;
    *ret = (struct next){.move_to = DB_NULL};
    TRY(q_renewal_last_price(cx, planet_id, account_id, &found, &last));
    if (!found || last.ends_at == DB_NULL)
        return OK;
    TRY(wish_of(cx, planet_id, account_id, &wish));
    ret->chosen = wish.next_price_id != DB_NULL;
    TRY(moved(cx, ret->chosen ? wish.next_price_id : last.price_id, &ret->price_id, &ret->move_to, &ret->moves_at));
    TRY(q_price_is_offered(cx, ret->price_id, &n));
    ret->offered = n > 0;
    ret->found = ret->offered || cx->now <= last.ends_at + KEPT_DAYS * MS_DAY;
    return OK;
}

enum err renewal_price(struct cx *cx, int64_t planet_id, int64_t account_id, bool *ret_found, struct price *ret)
{
    struct next next;
    TRY(next_of(cx, planet_id, account_id, &next));
    *ret_found = next.found;
    return next.found ? price_by_id(cx, next.price_id, ret) : OK;
}

/* ---- what somebody has ---- */

static bool is_open_sub(const struct life *l)
{
    return l->has_sub && !str_eq_c(l->sub.state, "ended") && !str_eq_c(l->sub.state, "paused");
}

/* What a provider takes when free days are over: nothing was bought yet that would say so. */
static enum err charged_next(struct cx *cx, const struct life *l, struct next *ret)
{
    struct order first;
    int64_t n;
    enum err e = order_by_id(cx, l->sub.order_id, &first);
    if (e != OK && e != ERR_NOT_FOUND)
        return e;
    ret->price_id = l->sub.price_id != DB_NULL ? l->sub.price_id : e == OK ? first.price_id : DB_NULL;
    ret->found = ret->price_id != DB_NULL;
    if (ret->found)
        TRY(q_price_is_offered(cx, ret->price_id, &n));
    ret->offered = ret->found && n > 0;
    return OK;
}

static enum err fill_next(struct cx *cx, struct life *l)
{
    struct next next;
    TRY(next_of(cx, l->planet_id, l->account_id, &next));
    if (!next.found && l->renews)
        TRY(charged_next(cx, l, &next));
    l->has_next = next.found;
    if (!next.found)
        return OK;
    TRY(price_by_id(cx, next.price_id, &l->next));
    TRY(tier_by_id(cx, l->next.tier_id, &l->next_tier));
    l->next_is_theirs = !next.offered;
    l->going_down = next.chosen && l->next_tier.rank < l->m.rank;
    l->moving = next.move_to != DB_NULL;
    l->moves_at = next.moves_at;
    return l->moving ? price_by_id(cx, next.move_to, &l->moves_to) : OK;
}

/* When a grant that opens nothing stopped doing so. */
static int64_t over_since(const struct grant *g)
{
    int64_t at = g->ends_at;
    for (size_t i = 0; i < g->n_changes; i++)
        if (str_eq_c(g->changes[i].kind, "revoke") && (at == DB_NULL || g->changes[i].at < at))
            at = g->changes[i].at;
    return at;
}

/* Nothing opens now: is it over, or only held back? */
static enum err face_of_none(struct cx *cx, struct life *l)
{
    struct grant *all;
    size_t n;
    l->face = LIFE_LAPSED;
    l->until = DB_NULL;
    TRY(membership_list(cx, l->planet_id, l->account_id, &all, &n));
    for (size_t i = 0; i < n; i++) {
        int64_t over = over_since(&all[i]);
        if (str_eq_c(all[i].state, "suspended") && (over == DB_NULL || over > cx->now))
            l->face = LIFE_SUSPENDED;
        if (over == DB_NULL || (l->until != DB_NULL && over <= l->until))
            continue;
        l->until = over;
        l->taken_back = str_eq_c(all[i].state, "revoked");
        l->m.tier_name = all[i].tier_name;
        l->m.kind = all[i].kind;
        l->m.starts_at = all[i].starts_at;
    }
    return OK;
}

static enum life_face face_of_live(const struct life *l, bool off)
{
    if (str_eq_c(l->m.kind, "trial_card"))
        return LIFE_CARD;
    if (str_eq_c(l->m.kind, "trial"))
        return LIFE_TRIAL;
    if (l->m.old_posts)
        return LIFE_OLD_POSTS;
    if (l->m.ends_at == DB_NULL)
        return LIFE_FOREVER;
    if (l->has_sub && str_eq_c(l->sub.state, "past_due") && !off)
        return LIFE_PAST_DUE;
    if (l->renews)
        return LIFE_RENEWS;
    return off ? LIFE_CANCELLED : LIFE_RUNS;
}

static void fill_may(struct cx *cx, struct life *l, bool off)
{
    const struct pay_rail *rail = l->has_sub ? rail_by_name(l->sub.rail) : NULL;
    bool open = l->m.live && l->m.ends_at != DB_NULL && l->face != LIFE_CARD;
    (void)cx;
    l->may_pay = l->has_next && !l->renews && l->face != LIFE_PAST_DUE && l->face != LIFE_SUSPENDED;
    l->may_cancel = open && !off && (l->face != LIFE_TRIAL || l->renews);
    l->may_resume = open && off;
    l->may_manage = is_open_sub(l) && rail != NULL && rail->portal != NULL;
}

/* What was wished last counts, though the provider may not have heard it yet. */
static enum err will_end(struct cx *cx, struct subscription *io)
{
    int64_t n;
    TRY(q_subscription_will_end(cx, io->id, &n));
    io->ends_with_term = n != 0;
    return OK;
}

enum err life_of(struct cx *cx, int64_t planet_id, int64_t account_id, struct life *ret)
{
    struct renewal_wish_get_row wish;
    struct life l = {.planet_id = planet_id, .account_id = account_id, .until = DB_NULL};
    if (cx->viewer != account_id)
        TRY(planet_may_manage(cx, planet_id));
    enum err e = membership_of(cx, planet_id, account_id, &l.m);
    if (e == ERR_NOT_FOUND) {
        l.m = (struct membership){.ends_at = DB_NULL, .grace_from = DB_NULL};
        *ret = l;
        return OK;
    }
    TRY(e);
    e = subscription_of(cx, planet_id, account_id, &l.sub);
    if (e != OK && e != ERR_NOT_FOUND)
        return e;
    l.has_sub = e == OK;
    if (l.has_sub)
        TRY(will_end(cx, &l.sub));
    TRY(wish_of(cx, planet_id, account_id, &wish));
    bool off = wish.off_at != DB_NULL || (l.has_sub && l.sub.ends_with_term);
    l.renews = is_open_sub(&l) && !off;
    l.until = l.renews && l.m.grace_from != DB_NULL && !str_eq_c(l.sub.state, "past_due") ? l.m.grace_from : l.m.ends_at;
    TRY(fill_next(cx, &l));
    if (l.m.live)
        l.face = face_of_live(&l, off);
    else
        TRY(face_of_none(cx, &l));
    fill_may(cx, &l, off);
    *ret = l;
    return OK;
}

/* ---- no further term, or after all ---- */

static enum err may_act(struct cx *cx, int64_t account_id)
{
    if (cx->viewer != 0 && cx->viewer != account_id)
        return cx_fail(cx, ERR_FORBIDDEN, "another one's membership");
    return OK;
}

static enum err turn(struct cx *cx, const struct life *l, bool off, int64_t *ret_call_id)
{
    TRY(q_renewal_wish_put(cx, l->planet_id, l->account_id, off ? cx->now : DB_NULL, DB_NULL, cx->now, NULL));
    if (l->has_sub && l->sub.ends_with_term != off)
        TRY(rail_renewal(cx, l->sub.id, !off, ret_call_id));
    /* What is planned for this account, letters above all, is worked out anew. */
    return event_emit(cx, EV_GRANT_CHANGED, l->account_id, STR_NULL);
}

enum err life_cancel(struct cx *cx, int64_t planet_id, int64_t account_id, int64_t *ret_call_id)
{
    struct life l;
    *ret_call_id = DB_NULL;
    TRY(may_act(cx, account_id));
    TX_SCOPE(cx);
    TRY(planet_lock(cx, planet_id));
    TRY(life_of(cx, planet_id, account_id, &l));
    if (!l.may_cancel && !is_open_sub(&l))
        return cx_tell(cx, ERR_CONFLICT, N_("Nothing renews here: there is nothing to cancel."));
    if (l.face == LIFE_CANCELLED)
        return cx_tell(cx, ERR_CONFLICT, N_("This is cancelled already."));
    TRY(turn(cx, &l, true, ret_call_id));
    return tx_commit(cx);
}

enum err life_resume(struct cx *cx, int64_t planet_id, int64_t account_id, int64_t *ret_call_id)
{
    struct life l;
    *ret_call_id = DB_NULL;
    TRY(may_act(cx, account_id));
    TX_SCOPE(cx);
    TRY(planet_lock(cx, planet_id));
    TRY(life_of(cx, planet_id, account_id, &l));
    if (!l.may_resume)
        return cx_tell(cx, ERR_CONFLICT, N_("There is nothing to take up again. Please choose a price."));
    TRY(turn(cx, &l, false, ret_call_id));
    return tx_commit(cx);
}
