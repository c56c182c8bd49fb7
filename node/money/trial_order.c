#include "node/money/trial_order.h"

#include "node/base/clock.h"
#include "node/base/i18n.h"
#include "node/db/db.h"
#include "node/money/invite.h"
#include "node/money/money.h"
#include "node/money/order_row.h"
#include "node/money/payer.h"
#include "node/money/payer_sql.h"
#include "node/money/rail_call.h"
#include "node/money/subscription.h"
#include "node/money/trial_int.h"
#include "node/people/account.h"
#include "node/people/audit.h"
#include "node/people/letter.h"
#include "node/planet/planet_sql.h"

enum err trial_rule_of(struct cx *cx, int64_t planet_id, bool *ret_card_first)
{
    int64_t card = 0;
    bool found;
    TRY(q_trial_rule_get(cx, planet_id, &found, &card));
    *ret_card_first = found && card != 0;
    return OK;
}

enum err trial_rule_set(struct cx *cx, int64_t planet_id, bool card_first)
{
    TRY(planet_may_own(cx, planet_id));
    TX_SCOPE(cx);
    TRY(q_trial_rule_put(cx, planet_id, card_first ? 1 : 0, NULL));
    TRY(audit_put(cx, "trial.rule", planet_id, card_first ? STR("card first") : STR("no card")));
    return tx_commit(cx);
}

bool trial_order_is(const struct order *o)
{
    return str_eq_c(o->kind, "trial");
}

enum err trial_order_terms(struct cx *cx, const struct order *o, struct price *ret)
{
    return price_by_id(cx, o->price_id, ret);
}

static enum err place(struct cx *cx, int64_t account_id, const struct price *price, const struct tier *tier, const char *rail,
                      struct str invites, struct order *ret)
{
    struct money nothing = money_of(0, str_c(price->money.cur));
    struct invite by = {0};
    struct str number;
    int64_t id;
    bool invited;
    TX_SCOPE(cx);
    TRY(planet_lock(cx, tier->planet_id));
    TRY(trial_may_have(cx, tier->planet_id, account_id));
    TRY(invite_choose(cx, tier->planet_id, account_id, invites, &invited, &by));
    TRY(order_may_join(cx, account_id, tier, nothing, invited));
    struct order_new o = {
        .account_id = account_id,
        .planet_id = tier->planet_id,
        .price_id = price->id,
        .tier_id = tier->id,
        .term_unit = price->unit,
        .term_count = price->count,
        .post_id = DB_NULL,
        .kind = "trial",
        .total = nothing,
        .list = price->money.minor,
        .discount = price->money.minor,
        .rail = rail,
        .expires_at = cx->now + ORDER_OPEN_MS,
    };
    TRY(order_insert(cx, &o, &number, &id));
    if (invited)
        TRY(referral_ordered(cx, id, tier->planet_id, by.account_id, account_id));
    TRY(order_by_number(cx, number, ret));
    return tx_commit(cx);
}

enum err trial_order_place(struct cx *cx, int64_t account_id, int64_t price_id, const char *rail, struct str invites,
                           struct order *ret)
{
    struct price price;
    struct tier tier;
    const struct pay_rail *r = rail_by_name(str_c(rail));
    TRY(price_by_id(cx, price_id, &price));
    TRY(tier_by_id(cx, price.tier_id, &tier));
    TRY(order_may_buy(cx, account_id, tier.planet_id, price.money, rail));
    if (price.trial_days <= 0)
        return cx_tell(cx, ERR_INVALID, N_("There is no free trial of this."));
    if (r == NULL || !r->renews || str_eq_c(price.unit, "once") || price.money.minor == 0)
        return cx_tell(cx, ERR_INVALID, N_("Free days need a way of paying that renews by itself."));
    TRY(order_limit(cx, account_id));
    return place(cx, account_id, &price, &tier, rail, invites, ret);
}

/* ---- when the rail says that the card is there ---- */

static enum err drop(struct cx *cx, const struct order *o)
{
    struct subscription sub;
    int64_t id;
    enum err e = subscription_of_order(cx, o->id, &sub);
    if (e == ERR_NOT_FOUND)
        return OK;
    TRY(e);
    const struct rail_call_new c = {
        .planet_id = o->planet_id,
        .rail = rail_by_name(o->rail),
        .step = "drop",
        .order_id = DB_NULL,
        .subscription_id = sub.id,
        .group = STR(""),
        .amount = DB_NULL,
    };
    return rail_call_put(cx, &c, &id);
}

static enum err say_no(struct cx *cx, const struct order *o)
{
    LETTER_LANGUAGE(cx, o->account_id, o->planet_id);
    struct letter l = {
        .account_id = o->account_id,
        .planet_id = o->planet_id,
        .kind = "trial",
        .subject = str_c(tr(cx, N_("Your free days could not begin"))),
        .text = str_c(tr(cx, N_("This way of paying had free days here before. Nothing was charged, and the subscription has been ended. You can still join."))),
        .once_key = str_fmt(cx->arena, "trial-no:" STR_FMT, STR_ARG(o->number)),
    };
    return letter_put(cx, &l);
}

enum err trial_order_admit(struct cx *cx, const struct order *o, const struct rail_state *s, bool *ret_no)
{
    struct str prints[RAIL_PAYERS];
    size_t n = payer_fingerprints(cx, o, s, prints);
    int64_t had = 0, one;
    *ret_no = false;
    if (o->paid_at != DB_NULL || str_eq_c(o->state, "failed"))
        return OK;
    for (size_t i = 0; i < n; i++) {
        TRY(q_trial_had_by(cx, o->planet_id, prints[i], &one));
        had += one;
    }
    enum err e = had > 0 ? ERR_CONFLICT : trial_claim(cx, o->planet_id, o->account_id, prints, n);
    if (e != ERR_CONFLICT)
        return e;
    cx->tell = NULL;
    *ret_no = true;
    TRY(drop(cx, o));
    return say_no(cx, o);
}
