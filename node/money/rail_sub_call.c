#include "node/money/rail_sub_call.h"

#include "node/base/clock.h"
#include "node/base/i18n.h"
#include "node/db/db.h"
#include "node/money/coupon.h"
#include "node/money/life.h"
#include "node/money/rail_call.h"
#include "node/money/rail_call_sql.h"
#include "node/money/subscription_sql.h"
#include "node/node.h"
#include "node/people/letter.h"

#include <string.h>

enum {
    AGREE_DAYS = 7,   /* that long at least a payer has to agree; the charges until then are at the old price */
    BEFORE_H = 24,    /* before the next charge it is looked at whether they have */
};

enum err sub_call_overtaken(struct cx *cx, int64_t call_id, const struct subscription *s, struct str step,
                            int64_t price_id, bool *ret)
{
    int64_t n = 0, asked;
    bool found;
    *ret = false;
    if (str_eq_c(step, "cancel") || str_eq_c(step, "resume")) {
        TRY(q_rail_call_newer(cx, s->id, call_id, &n));
        *ret = n > 0;
    } else if (price_id != 0) {
        TRY(q_subscription_asked(cx, s->id, &found, &asked));
        *ret = s->ends_with_term || str_eq_c(s->state, "ended") || (found && asked != price_id);
    }
    return OK;
}

/* What a subscription's further terms cost, by the last word that its provider had or will have. */
static enum err price_now(struct cx *cx, const struct subscription *s, const struct order *first, struct price *ret)
{
    int64_t asked;
    bool found;
    TRY(q_subscription_asked(cx, s->id, &found, &asked));
    return price_by_id(cx, found ? asked : s->price_id != DB_NULL ? s->price_id : first->price_id, ret);
}

/* ---- what follows from an answer ---- */

static enum err tell_to_agree(struct cx *cx, const struct subscription *s, const struct rail_step *step, struct str url)
{
    struct planet p;
    TRY(planet_by_id(cx, s->planet_id, &p));
    LETTER_LANGUAGE(cx, s->account_id, p.id);
    struct str title = str_c(tr(cx, rail_by_name(s->rail)->title));
    struct str v[] = {p.name, i18n_money(cx, step->amount.minor, str_c(step->amount.cur)), title};
    const struct letter l = {
        .account_id = s->account_id,
        .planet_id = p.id,
        .kind = "price",
        .subject = i18n_fill(cx->arena, tr(cx, N_("Please agree to the new price of {0}")), v, 1),
        .text = i18n_fill(cx->arena, tr(cx, N_("A further term of {0} costs {1} from now on, as we wrote. {2} asks you to agree to it yourself: open the page below. If you don't, nothing more is taken from you, and your membership ends with a term that is paid.")), v, 3),
        .url = url,
        .label = i18n_fill(cx->arena, tr(cx, N_("Agree at {0}")), &title, 1),
        .page = str_fmt(cx->arena, "/@" STR_FMT "/membership", STR_ARG(p.handle)),
        .once_key = str_fmt(cx->arena, "agree:" STR_FMT, STR_ARG(step->key)),
    };
    return letter_put(cx, &l);
}

/* The day before the next charge, and a week from now at the earliest. */
static enum err look_again(struct cx *cx, const struct subscription *s, const struct rail_step *step, int64_t next_at,
                           int64_t not_before)
{
    int64_t id, at = next_at == DB_NULL ? not_before : next_at - BEFORE_H * MS_HOUR;
    at = at < not_before ? not_before : at;
    const struct rail_call_new c = {
        .planet_id = s->planet_id,
        .rail = rail_by_name(s->rail),
        .step = "agreed",
        .order_id = DB_NULL,
        .subscription_id = s->id,
        .group = str_fmt(cx->arena, "%lld", (long long)step->id),
        .amount = DB_NULL,
        .price_id = step->price->id,
        .wait_s = (int)((at - cx->now) / MS_SECOND),
    };
    return rail_call_put(cx, &c, &id);
}

static enum err priced(struct cx *cx, const struct subscription *s, const struct rail_step *step,
                       const struct rail_repriced *r)
{
    bool soon = r->next_at == DB_NULL || r->next_at - cx->now <= (BEFORE_H + 1) * MS_HOUR;
    if (r->agree.n == 0)
        return q_subscription_price(cx, s->id, step->price->id, NULL);
    if (str_eq_c(step->name, "reprice")) {
        TRY(tell_to_agree(cx, s, step, r->agree));
        return look_again(cx, s, step, r->next_at, cx->now + AGREE_DAYS * MS_DAY);
    }
    return soon ? sub_call_refused(cx, s->id) : look_again(cx, s, step, r->next_at, cx->now + MS_HOUR);
}

enum err sub_follow_price(struct cx *cx, const struct subscription *s, struct str why)
{
    struct order first;
    struct price now;
    int64_t holds, call;
    TRY(order_by_id(cx, s->order_id, &first));
    TRY(price_now(cx, s, &first, &now));
    TRY(price_holds(cx, now.id, &holds));
    return holds == now.id ? OK : rail_reprice(cx, s->id, holds, why, &call);
}

enum err sub_call_ended(struct cx *cx, const struct subscription *s, const struct rail_step *step,
                        const struct rail_repriced *repriced)
{
    bool cancel = str_eq_c(step->name, "cancel"), resume = str_eq_c(step->name, "resume");
    if (cancel || resume)
        TRY(q_subscription_ends(cx, s->id, cancel, NULL));
    if (resume)
        return sub_follow_price(cx, s, str_fmt(cx->arena, "%lld", (long long)step->id));
    return step->price == NULL ? OK : priced(cx, s, step, repriced);
}

enum err sub_call_refused(struct cx *cx, int64_t subscription_id)
{
    int64_t call;
    const char *tell = cx->tell;
    enum err e = rail_renewal(cx, subscription_id, false, &call);
    cx->tell = tell;
    return e == ERR_CONFLICT || e == ERR_UNSUPPORTED ? OK : e;
}

struct unstopped { struct subscription sub; struct order first; struct planet planet; struct str why; };

static enum err write_unstopped(struct cx *cx, void *arg, struct letter *l)
{
    const struct unstopped *u = arg;
    struct str v[] = {str_c(tr(cx, rail_by_name(u->sub.rail)->title)), u->sub.ref, u->why};
    l->subject = i18n_fill(cx->arena, tr(cx, N_("A renewal goes on that was to stop, at {0}")), v, 1);
    l->text = i18n_fill(cx->arena, tr(cx, N_("A member's renewal was cancelled, and {0} would not hear of it, so the next term would be charged all the same. Please end the subscription {1} in your account there, today if you can. What was said: {2}")), v, 3);
    l->page = str_fmt(cx->arena, "/desk/" STR_FMT "/money/orders/" STR_FMT, STR_ARG(u->planet.handle),
                      STR_ARG(u->first.number));
    l->url = str_fmt(cx->arena, STR_FMT STR_FMT, STR_ARG(cx->node->origin), STR_ARG(l->page));
    l->label = str_c(tr(cx, N_("See the order")));
    return OK;
}

enum err sub_stop_refused(struct cx *cx, int64_t subscription_id, int64_t call_id, struct str why)
{
    struct unstopped u = {.why = why};
    TRY(subscription_by_id(cx, subscription_id, &u.sub));
    if (str_eq_c(u.sub.state, "ended"))
        return OK;
    TRY(order_by_id(cx, u.sub.order_id, &u.first));
    TRY(planet_by_id(cx, u.sub.planet_id, &u.planet));
    return letter_to_owners(cx, u.planet.id, "renewal", str_fmt(cx->arena, "unstopped:%lld", (long long)call_id),
                            write_unstopped, &u);
}

/* ---- what others ask for ---- */

enum err rail_renewal(struct cx *cx, int64_t subscription_id, bool resume, int64_t *ret_call_id)
{
    struct subscription s;
    TX_SCOPE(cx);
    TRY(subscription_by_id(cx, subscription_id, &s));
    const struct pay_rail *rail = rail_by_name(s.rail);
    if (rail == NULL || rail->renewal == NULL)
        return cx_tell(cx, ERR_UNSUPPORTED, N_("Nothing renews itself here."));
    if (str_eq_c(s.state, "ended"))
        return cx_tell(cx, ERR_CONFLICT, N_("This subscription has ended. Please start a new one."));
    struct rail_call_new c = {
        .planet_id = s.planet_id,
        .rail = rail,
        .step = resume ? "resume" : "cancel",
        .order_id = DB_NULL,
        .subscription_id = s.id,
        .group = str_fmt(cx->arena, "%lld", (long long)cx->now),
        .amount = DB_NULL,
    };
    TRY(rail_call_put(cx, &c, ret_call_id));
    return tx_commit(cx);
}

enum err rail_renewals_stop(struct cx *cx, int64_t planet_id, int64_t account_id, int64_t but_order)
{
    int64_t *subs, call;
    size_t n;
    const char *tell = cx->tell;
    TRY(q_subscription_charging(cx, planet_id, account_id, but_order, &subs, &n));
    for (size_t i = 0; i < n; i++) {
        enum err e = rail_renewal(cx, subs[i], false, &call);
        if (e != OK && e != ERR_UNSUPPORTED)
            return e;
        cx->tell = tell; /* what can't be stopped doesn't renew by itself */
    }
    return OK;
}

enum err rail_moves(struct cx *cx, const struct subscription *s, const struct price *to, enum rail_moves *ret)
{
    const struct pay_rail *rail = rail_by_name(s->rail);
    struct coupon_fit fit;
    struct order first;
    struct price now;
    TRY(order_by_id(cx, s->order_id, &first));
    TRY(price_now(cx, s, &first, &now));
    /* Another length of term would begin at once there. What a coupon takes off is worked out anew for each price, and
     * the provider would go on taking off what it was told. */
    TRY(coupon_running(cx, s->planet_id, now.tier_id, s->account_id, now.money, &fit));
    bool same = strcmp(now.money.cur, to->money.cur) == 0 && str_eq(now.unit, to->unit) && now.count == to->count;
    bool able = rail != NULL && rail->reprice != NULL && same && to->money.minor > 0 && fit.coupon_id == DB_NULL;
    *ret = !able ? RAIL_MOVES_ENDS : !rail->reprice_asks ? RAIL_MOVES : now.tier_id == to->tier_id ? RAIL_MOVES_ASKS : RAIL_MOVES_ENDS;
    return OK;
}

enum err rail_reprice(struct cx *cx, int64_t subscription_id, int64_t price_id, struct str why, int64_t *ret_call_id)
{
    struct subscription s;
    struct order first;
    struct price now, to;
    enum rail_moves how;
    TRY(subscription_by_id(cx, subscription_id, &s));
    TRY(order_by_id(cx, s.order_id, &first));
    TRY(price_by_id(cx, price_id == 0 ? first.price_id : price_id, &to));
    TRY(price_now(cx, &s, &first, &now));
    const struct pay_rail *rail = rail_by_name(s.rail);
    *ret_call_id = DB_NULL;
    if (rail == NULL || str_eq_c(s.state, "ended") || s.ends_with_term || now.id == to.id)
        return OK;
    TRY(rail_moves(cx, &s, &to, &how));
    if (how == RAIL_MOVES_ENDS)
        return rail_renewal(cx, subscription_id, false, ret_call_id);
    TRY(q_subscription_ask(cx, s.id, now.id, cx->now - 1, NULL));
    TRY(q_subscription_ask(cx, s.id, to.id, cx->now, NULL));
    struct rail_call_new c = {
        .planet_id = s.planet_id,
        .rail = rail,
        .step = "reprice",
        .order_id = DB_NULL,
        .subscription_id = s.id,
        .group = str_fmt(cx->arena, "%lld-" STR_FMT, (long long)to.id, STR_ARG(why)),
        .amount = DB_NULL,
        .price_id = to.id,
    };
    return rail_call_put(cx, &c, ret_call_id);
}
