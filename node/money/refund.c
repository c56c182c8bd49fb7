/* Who may have money back, who asks for it, who decides. What is done then stands in refund_send.c. */
#include "node/money/refund.h"

#include "node/base/clock.h"
#include "node/base/crypt.h"
#include "node/base/id.h"
#include "node/db/db.h"
#include "node/money/credit.h"
#include "node/money/gift.h"
#include "node/money/member_file.h"
#include "node/money/money.h"
#include "node/money/post_sale.h"
#include "node/money/rail_call.h"
#include "node/money/refund_int.h"
#include "node/money/upgrade.h"
#include "node/node.h"
#include "node/people/account.h"
#include "node/people/audit.h"
#include "node/people/rate.h"
#include "node/people/same.h"
#include "node/planet/grant.h"
#include "node/planet/planet_sql.h"

#define YEAR_MS (365 * MS_DAY)

static bool is_paid(const struct order *o)
{
    return str_eq_c(o->state, "paid") || str_eq_c(o->state, "part_refunded");
}

static bool is_term(const struct order *o)
{
    return str_eq_c(o->kind, "membership") || str_eq_c(o->kind, "renewal") || str_eq_c(o->kind, "upgrade");
}

struct refund refund_from(const struct refund_row *r)
{
    return (struct refund){
        .id = r->id,
        .planet_id = r->planet_id,
        .order_id = r->order_id,
        .account_id = r->account_id,
        .call_id = r->call_id,
        .decided_by = r->decided_by,
        .created_at = r->created_at,
        .sent_at = r->sent_at,
        .ended_at = r->ended_at,
        .number = r->number,
        .order_kind = r->order_kind,
        .rail = r->rail,
        .kind = r->kind,
        .state = r->state,
        .amount = money_of(r->amount, r->currency),
        .ends = r->ends != 0,
        .by_hand = r->by_hand != 0,
        .asked = r->asked,
        .said = r->said,
        .why = r->why,
        .name = r->name,
        .username = r->username,
    };
}

static enum err words_ok(struct cx *cx, struct str words)
{
    if (!str_is_utf8(words) || str_utf8_len(words) > REFUND_WORDS_MAX)
        return cx_tell(cx, ERR_INVALID, N_("Please say it in at most 500 characters."));
    return OK;
}

/* ---- may they? ---- */

static struct str keyed(struct cx *cx, const char *what, struct str s)
{
    unsigned char mac[32];
    struct str secret = {(const char *)cx->node->secret, sizeof cx->node->secret};
    crypt_hmac_sha256(secret, str_fmt(cx->arena, "%s:" STR_FMT, what, STR_ARG(s)), mac);
    return (struct str){arena_copy(cx->arena, mac, sizeof mac), sizeof mac};
}

/* An account that is made anew with the same mail address is the same person. */
static enum err prints_of(struct cx *cx, int64_t account_id, struct str *ret_account, struct str *ret_mail)
{
    struct account a;
    TRY(account_by_id(cx, account_id, &a));
    struct str mail = same_mail(cx->arena, a.mail);
    *ret_account = keyed(cx, "refund-account", str_fmt(cx->arena, "%lld", (long long)account_id));
    *ret_mail = mail.n > 0 ? keyed(cx, "refund-mail", mail) : *ret_account;
    return OK;
}

static enum err had_it(struct cx *cx, const struct order *o, const char **ret_why)
{
    struct str by_account, by_mail;
    int64_t n;
    TRY(prints_of(cx, o->account_id, &by_account, &by_mail));
    TRY(q_refund_had(cx, o->planet_id, by_account, by_mail, &n));
    if (n > 0)
        *ret_why = N_("You have had the refund of the first seven days here once already.");
    return OK;
}

static enum err remember_it(struct cx *cx, const struct order *o)
{
    struct str by_account, by_mail;
    TRY(prints_of(cx, o->account_id, &by_account, &by_mail));
    TRY(q_refund_had_put(cx, o->planet_id, by_account, cx->now, NULL));
    return q_refund_had_put(cx, o->planet_id, by_mail, cx->now, NULL);
}

/* P30. Why there is no button that gives the money back at once; NULL: there is. */
static enum err term_limits(struct cx *cx, const struct order *o, const char **ret_why)
{
    int64_t n;
    *ret_why = NULL;
    if (str_eq_c(o->state, "part_refunded"))
        *ret_why = N_("A part of it was given back already.");
    else if (cx->now - o->paid_at > REFUND_DAYS * MS_DAY)
        *ret_why = N_("The seven days in which you can do it by yourself are over.");
    if (*ret_why != NULL)
        return OK;
    bool took;
    TRY(upgrade_took(cx, o->id, &took));
    if (took) {
        *ret_why = N_("What was left of it was taken into account when you changed to another tier.");
        return OK;
    }
    TRY(q_refund_earlier(cx, o->account_id, o->planet_id, o->id, &n));
    if (n > 0)
        *ret_why = N_("The refund of seven days is for the first payment in a planet.");
    else
        TRY(had_it(cx, o, ret_why));
    if (*ret_why != NULL)
        return OK;
    bool flagged;
    TRY(member_flagged(cx, o->planet_id, o->account_id, &flagged));
    if (flagged) {
        *ret_why = N_("An earlier payment of yours here was charged back.");
        return OK;
    }
    TRY(q_refund_had_since(cx, o->account_id, cx->now - YEAR_MS, &n));
    if (n >= REFUND_A_YEAR)
        *ret_why = N_("You have had three such refunds within a year.");
    return OK;
}

/* A post that was opened was had; the owner may give some hours all the same. */
static enum err post_door(struct cx *cx, const struct order *o, struct refund_offer *ret)
{
    struct refund_rule rule;
    int64_t opened, n;
    TRY(q_refund_post_opened(cx, o->id, &opened));
    TRY(refund_rule_of(cx, o->planet_id, &rule));
    ret->until = o->paid_at + (opened > 0 ? rule.post_hours * MS_HOUR : REFUND_DAYS * MS_DAY);
    ret->why = opened > 0 ? N_("You have opened this post, so it can't be given back.")
                          : N_("The seven days in which you can do it by yourself are over.");
    if (cx->now > ret->until)
        return OK;
    bool counted;
    TRY(post_counted(cx, o->id, &counted));
    TRY(q_refund_had_since(cx, o->account_id, cx->now - YEAR_MS, &n));
    ret->door = counted || n >= REFUND_A_YEAR ? REFUND_ASK : REFUND_NOW;
    ret->why = counted ? N_("What you paid for this post was taken off your membership.")
               : n >= REFUND_A_YEAR ? N_("You have had three such refunds within a year.") : NULL;
    return OK;
}

static enum err gift_door(struct cx *cx, const struct order *o, struct refund_offer *ret)
{
    struct gift g;
    TRY(gift_of_order(cx, o->number, &g));
    ret->until = DB_NULL;
    ret->door = gift_may_refund(&g) ? REFUND_NOW : REFUND_NO;
    ret->why = g.redeemed_at != DB_NULL ? N_("This gift was redeemed, so it can't be given back.") : NULL;
    return OK;
}

static enum err door_of(struct cx *cx, const struct order *o, struct refund_offer *ret)
{
    const struct pay_rail *rail = rail_by_name(o->rail);
    if (str_eq_c(o->kind, "tip")) {
        ret->why = N_("A tip is a present and can't be taken back.");
        return OK;
    }
    if (str_eq_c(o->kind, "post"))
        TRY(post_door(cx, o, ret));
    else if (str_eq_c(o->kind, "gift"))
        TRY(gift_door(cx, o, ret));
    else if (is_term(o)) {
        TRY(term_limits(cx, o, &ret->why));
        ret->door = ret->why == NULL ? REFUND_NOW : REFUND_ASK;
        ret->until = o->paid_at + REFUND_DAYS * MS_DAY;
    }
    if (ret->door == REFUND_NOW && ret->amount.minor > 0 && (rail == NULL || rail->refund == NULL)) {
        ret->door = REFUND_ASK;
        ret->why = N_("This way of paying can't give money back by itself: the owner does it by hand.");
    }
    return OK;
}

static enum err open_row(struct cx *cx, int64_t order_id, struct refund_row *ret, bool *ret_declined, bool *ret_open)
{
    struct refund_row *rows;
    size_t n;
    *ret_open = *ret_declined = false;
    TRY(q_refund_of_order(cx, order_id, &rows, &n));
    for (size_t i = 0; i < n; i++) {
        bool open = str_eq_c(rows[i].state, "requested") || str_eq_c(rows[i].state, "sent") ||
                    str_eq_c(rows[i].state, "failed");
        *ret_declined = *ret_declined || str_eq_c(rows[i].state, "declined");
        if (open) {
            *ret = rows[i];
            *ret_open = true;
        }
    }
    return OK;
}

static enum err credit_part_of(struct cx *cx, const struct order *o, int64_t *ret)
{
    struct credit_part credit;
    TRY(credit_of_order(cx, o->id, &credit));
    *ret = credit.spent_txn != DB_NULL && credit.returned_at == DB_NULL ? credit.amount : 0;
    return OK;
}

static enum err renews(struct cx *cx, const struct order *o, bool *ret)
{
    int64_t *subs;
    size_t n;
    TRY(q_refund_subscriptions(cx, o->account_id, o->planet_id, o->rail, &subs, &n));
    *ret = n > 0 && is_term(o);
    return OK;
}

enum err refund_offer(struct cx *cx, const struct order *o, struct refund_offer *ret)
{
    struct refund_row row;
    bool open, declined;
    struct refund_offer r = {.door = REFUND_NO, .until = DB_NULL,
                             .amount = money_of(o->total.minor - o->refunded, str_c(o->total.cur))};
    *ret = r;
    if (cx->viewer != 0 && cx->viewer != o->account_id)
        return ERR_NOT_FOUND;
    if (!is_paid(o) || o->paid_at == DB_NULL)
        return OK;
    TRY(credit_part_of(cx, o, &r.credit));
    if (r.amount.minor + r.credit <= 0)
        return OK;
    TRY(renews(cx, o, &r.renews));
    TRY(open_row(cx, o->id, &row, &declined, &open));
    if (open)
        r.door = REFUND_WAITS;
    else
        TRY(door_of(cx, o, &r));
    if (r.door == REFUND_ASK && declined) {
        r.door = REFUND_NO;
        r.why = N_("The owner has declined it.");
    }
    *ret = r;
    return OK;
}

/* ---- the member ---- */

static enum err own_order(struct cx *cx, struct str number, struct order *ret)
{
    TRY(order_by_number(cx, number, ret));
    if (cx->viewer != 0 && cx->viewer != ret->account_id)
        return ERR_NOT_FOUND;
    TRY(planet_lock(cx, ret->planet_id));
    return order_by_number(cx, number, ret); /* as it stands under the lock */
}

static enum err no_button(struct cx *cx, const struct refund_offer *offer)
{
    if (offer->door == REFUND_WAITS)
        return cx_tell(cx, ERR_CONFLICT, N_("A refund of this order is under way."));
    return cx_tell(cx, ERR_CONFLICT,
                   offer->why != NULL ? offer->why : N_("Of this order nothing can be given back now."));
}

enum err refund_mine(struct cx *cx, struct str number, struct refund *ret)
{
    struct order o;
    struct refund_offer offer;
    int64_t id;
    TX_SCOPE(cx);
    TRY(own_order(cx, number, &o));
    TRY(refund_offer(cx, &o, &offer));
    if (offer.door != REFUND_NOW)
        return no_button(cx, &offer);
    if (str_eq_c(o.kind, "gift")) {
        TRY(gift_refund(cx, number));
        TRY(refund_last(cx, o.id, ret));
        return tx_commit(cx);
    }
    if (is_term(&o))
        TRY(remember_it(cx, &o));
    const struct refund_new r = {.order_id = o.id, .kind = "button", .decided_by = DB_NULL};
    TRY(refund_send(cx, &r, &id));
    TRY(refund_by_id_unasked(cx, id, ret));
    return tx_commit(cx);
}

enum err refund_request(struct cx *cx, struct str number, struct str words, struct refund *ret)
{
    struct order o;
    struct refund_offer offer;
    int64_t id = id_next(cx->node->ids);
    words = str_trim(words);
    TRY(words_ok(cx, words));
    if (cx->viewer != 0)
        TRY(rate_hit(cx, "refund-ask", str_fmt(cx->arena, "%lld", (long long)cx->viewer), MS_DAY, 10));
    TX_SCOPE(cx);
    TRY(own_order(cx, number, &o));
    TRY(refund_offer(cx, &o, &offer));
    if (offer.door == REFUND_NOW)
        return cx_tell(cx, ERR_CONFLICT, N_("You needn't ask: the button gives the money back at once."));
    if (offer.door != REFUND_ASK)
        return no_button(cx, &offer);
    TRY(q_refund_insert(cx, id, o.planet_id, o.id, o.account_id, STR("asked"), STR("requested"), offer.amount.minor, 1,
                        words, cx->now, NULL));
    TRY(refund_by_id_unasked(cx, id, ret));
    TRY(refund_tell_owner(cx, ret));
    return tx_commit(cx);
}

enum err refund_withdraw(struct cx *cx, int64_t id)
{
    struct refund r;
    TX_SCOPE(cx);
    TRY(refund_by_id_unasked(cx, id, &r));
    TRY(planet_lock(cx, r.planet_id));
    TRY(refund_by_id_unasked(cx, id, &r));
    if (cx->viewer != 0 && cx->viewer != r.account_id)
        return ERR_NOT_FOUND;
    if (!str_eq_c(r.state, "requested"))
        return cx_tell(cx, ERR_CONFLICT, N_("This was decided already."));
    TRY(q_refund_end(cx, id, STR("withdrawn"), STR(""), cx->now, NULL));
    return tx_commit(cx);
}

/* ---- looking ---- */

enum err refund_by_id_unasked(struct cx *cx, int64_t id, struct refund *ret)
{
    struct refund_row row;
    TRY(q_refund_by_id(cx, id, &row));
    *ret = refund_from(&row);
    return OK;
}

enum err refund_last(struct cx *cx, int64_t order_id, struct refund *ret)
{
    struct refund_row *rows;
    size_t n;
    TRY(q_refund_of_order(cx, order_id, &rows, &n));
    if (n == 0)
        return ERR_NOT_FOUND;
    *ret = refund_from(&rows[n - 1]);
    return OK;
}

static struct refund *list_from(struct cx *cx, const struct refund_row *rows, size_t n)
{
    struct refund *list = ARENA_ARRAY(cx->arena, struct refund, n);
    for (size_t i = 0; i < n; i++)
        list[i] = refund_from(&rows[i]);
    return list;
}

enum err refund_by_id(struct cx *cx, int64_t id, struct refund *ret)
{
    TRY(refund_by_id_unasked(cx, id, ret));
    return cx->viewer == ret->account_id ? OK : planet_may_own(cx, ret->planet_id);
}

enum err refund_of_order(struct cx *cx, int64_t order_id, struct refund **ret, size_t *ret_n)
{
    struct refund_row *rows;
    struct order o;
    TRY(order_by_id(cx, order_id, &o));
    if (cx->viewer != o.account_id)
        TRY(planet_may_own(cx, o.planet_id));
    TRY(q_refund_of_order(cx, order_id, &rows, ret_n));
    *ret = list_from(cx, rows, *ret_n);
    return OK;
}

enum err refund_list_of_planet(struct cx *cx, int64_t planet_id, enum refund_list which, int64_t before_id,
                               int limit, struct refund **ret, size_t *ret_n)
{
    struct refund_row *rows;
    TRY(planet_may_own(cx, planet_id));
    if (which == REFUND_OPEN)
        TRY(q_refund_open(cx, planet_id, limit, &rows, ret_n));
    else
        TRY(q_refund_page(cx, planet_id, before_id == 0 ? INT64_MAX : before_id, limit, &rows, ret_n));
    *ret = list_from(cx, rows, *ret_n);
    return OK;
}

enum err refund_waiting(struct cx *cx, int64_t planet_id, int64_t *ret)
{
    TRY(planet_may_own(cx, planet_id));
    return q_refund_waiting(cx, planet_id, ret);
}

enum err refund_rule_of(struct cx *cx, int64_t planet_id, struct refund_rule *ret)
{
    bool found;
    int64_t hours;
    TRY(q_refund_rule_get(cx, planet_id, &found, &hours));
    ret->post_hours = found ? hours : 0;
    return OK;
}

enum err refund_rule_set(struct cx *cx, int64_t planet_id, const struct refund_rule *rule)
{
    TRY(planet_may_own(cx, planet_id));
    if (rule->post_hours < 0 || rule->post_hours > REFUND_POST_HOURS_MAX)
        return cx_tell(cx, ERR_INVALID, N_("An opened post can be given back for at most 24 hours."));
    TX_SCOPE(cx);
    TRY(q_refund_rule_put(cx, planet_id, rule->post_hours, NULL));
    TRY(audit_put(cx, "refund.rule", planet_id, str_fmt(cx->arena, "%lld", (long long)rule->post_hours)));
    return tx_commit(cx);
}

enum err refund_preview(struct cx *cx, struct str number, int64_t amount, struct refund_preview *ret)
{
    struct order o;
    struct grant *grants;
    size_t n;
    int64_t credit;
    TRY(order_by_number(cx, number, &o));
    TRY(planet_may_own(cx, o.planet_id));
    const struct pay_rail *rail = rail_by_name(o.rail);
    struct str cur = str_c(o.total.cur);
    struct refund_preview p = {.left = money_of(o.total.minor - o.refunded, cur),
                               .disputed = str_eq_c(o.state, "disputed"), .fee = money_of(0, cur)};
    p.amount = amount == 0 ? p.left : money_of(amount, cur);
    if (p.amount.minor < 0 || p.amount.minor > p.left.minor)
        return cx_tell(cx, ERR_INVALID, N_("That is more than what is left of this order."));
    p.whole = p.amount.minor == p.left.minor;
    p.by_rail = rail != NULL && rail->refund != NULL;
    TRY(credit_part_of(cx, &o, &credit));
    p.credit = p.whole ? credit : 0;
    if (rail != NULL)
        TRY(q_refund_fee(cx, o.id, str_fmt(cx->arena, "fee:%s", rail->name), cur, &p.fee.minor));
    TRY(upgrade_grants(cx, o.id, &grants, &n));
    for (size_t i = 0; i < n; i++)
        p.ends = p.ends || (!str_eq_c(grants[i].state, "revoked") &&
                            (grants[i].ends_at == DB_NULL || grants[i].ends_at > cx->now));
    p.ends = p.ends || str_eq_c(o.kind, "post");
    TRY(renews(cx, &o, &p.renews));
    *ret = p;
    return OK;
}

/* ---- the owner ---- */

static int64_t decider(const struct cx *cx)
{
    return cx->viewer == 0 ? DB_NULL : cx->viewer;
}

/* Under the planet's lock: a row in one of these states. */
static enum err owned(struct cx *cx, int64_t id, const char *state, struct refund *ret)
{
    TRY(refund_by_id_unasked(cx, id, ret));
    TRY(planet_may_own(cx, ret->planet_id));
    TRY(planet_lock(cx, ret->planet_id));
    TRY(refund_by_id_unasked(cx, id, ret));
    return str_eq_c(ret->state, state) ? OK : cx_tell(cx, ERR_CONFLICT, N_("This was decided already."));
}

enum err refund_give(struct cx *cx, const struct refund_give *g, struct refund *ret)
{
    struct order o;
    struct refund_row row;
    bool declined, open;
    int64_t id;
    struct str words = str_trim(g->words);
    TRY(words_ok(cx, words));
    TX_SCOPE(cx);
    TRY(order_by_number(cx, g->number, &o));
    TRY(planet_may_own(cx, o.planet_id));
    TRY(planet_lock(cx, o.planet_id));
    TRY(open_row(cx, o.id, &row, &declined, &open));
    if (open && str_eq_c(row.state, "sent"))
        return cx_tell(cx, ERR_CONFLICT, N_("A refund of this order is under way."));
    /* What was asked for, or failed, is answered by it. */
    const struct refund_new r = {.order_id = o.id, .kind = "owner", .amount = g->amount, .keeps = g->keeps,
                                 .by_hand = g->by_hand, .said = words, .decided_by = decider(cx),
                                 .row_id = open ? row.id : 0};
    TRY(refund_send(cx, &r, &id));
    TRY(audit_put(cx, "order.refund", o.id, STR_NULL));
    TRY(refund_by_id_unasked(cx, id, ret));
    return tx_commit(cx);
}

enum err refund_approve(struct cx *cx, int64_t id, int64_t amount, bool keeps, bool by_hand, struct str words,
                        struct refund *ret)
{
    struct refund was;
    TX_SCOPE(cx);
    TRY(owned(cx, id, "requested", &was));
    const struct refund_give g = {.number = was.number, .amount = amount, .keeps = keeps, .by_hand = by_hand,
                                  .words = words};
    TRY(refund_give(cx, &g, ret));
    return tx_commit(cx);
}

enum err refund_decline(struct cx *cx, int64_t id, struct str words)
{
    struct refund r;
    words = str_trim(words);
    TRY(words_ok(cx, words));
    TX_SCOPE(cx);
    TRY(owned(cx, id, "requested", &r));
    TRY(q_refund_decide(cx, id, STR("declined"), words, decider(cx), cx->now, NULL));
    TRY(audit_put(cx, "refund.decline", r.order_id, STR_NULL));
    TRY(refund_by_id_unasked(cx, id, &r));
    TRY(refund_tell_buyer(cx, &r));
    return tx_commit(cx);
}

static enum err again(struct cx *cx, int64_t id, bool by_hand, struct str words, struct refund *ret)
{
    struct refund was;
    int64_t same;
    words = str_trim(words);
    TRY(words_ok(cx, words));
    TX_SCOPE(cx);
    TRY(owned(cx, id, "failed", &was));
    const struct refund_new r = {.order_id = was.order_id, .kind = "owner", .amount = was.amount.minor,
                                 .keeps = !was.ends, .by_hand = by_hand, .said = words.n > 0 ? words : was.said,
                                 .decided_by = decider(cx), .row_id = id};
    TRY(refund_send(cx, &r, &same));
    TRY(audit_put(cx, by_hand ? "refund.by_hand" : "refund.retry", was.order_id, STR_NULL));
    TRY(refund_by_id_unasked(cx, id, ret));
    return tx_commit(cx);
}

enum err refund_by_hand(struct cx *cx, int64_t id, struct str words)
{
    struct refund r;
    return again(cx, id, true, words, &r);
}

enum err refund_retry(struct cx *cx, int64_t id, struct refund *ret)
{
    return again(cx, id, false, STR(""), ret);
}

enum err refund_give_up(struct cx *cx, int64_t id, struct str words)
{
    struct refund r;
    words = str_trim(words);
    TRY(words_ok(cx, words));
    TX_SCOPE(cx);
    TRY(owned(cx, id, "failed", &r));
    TRY(refund_rights_back(cx, r.order_id));
    TRY(q_refund_decide(cx, id, STR("declined"), words, decider(cx), cx->now, NULL));
    TRY(audit_put(cx, "refund.give_up", r.order_id, STR_NULL));
    TRY(refund_by_id_unasked(cx, id, &r));
    TRY(refund_tell_buyer(cx, &r));
    return tx_commit(cx);
}
