#include "node/money/quote.h"

#include "node/base/i18n.h"
#include "node/db/db.h"
#include "node/money/credit.h"
#include "node/money/money.h"
#include "node/money/post_sale.h"

#include <string.h>

static void line(struct quote *q, enum quote_kind kind, struct str label, int64_t minor)
{
    q->lines[q->n_lines++] = (struct quote_line){
        .kind = kind, .label = label, .amount = money_of(minor, str_c(q->list.cur))};
}

/* The tier behind a price, and whether this is a first or a further term. */
static enum err of_price(struct cx *cx, const struct quote_ask *ask, struct quote *q,
                         struct str *ret_label)
{
    struct price price;
    struct tier tier;
    struct membership m = {.live = false};
    TRY(price_by_id(cx, ask->price_id, &price));
    TRY(tier_by_id(cx, price.tier_id, &tier));
    q->planet_id = tier.planet_id;
    q->tier_id = tier.id;
    q->price_id = price.id;
    q->list = price.money;
    *ret_label = tier.name;
    if (q->kind != NULL)
        return OK;
    if (ask->account_id != 0) {
        enum err e = membership_of(cx, tier.planet_id, ask->account_id, &m);
        if (e != OK && e != ERR_NOT_FOUND)
            return e;
    }
    bool trial = m.live && (str_eq_c(m.kind, "trial") || str_eq_c(m.kind, "trial_card"));
    q->kind = m.live && !trial && m.tier_id == tier.id ? "renewal" : "membership";
    return OK;
}

static enum err with_coupon(struct cx *cx, const struct quote_ask *ask, struct quote *q)
{
    struct str typed = str_trim(ask->coupon);
    if (q->tier_id == DB_NULL) {
        if (typed.n > 0)
            return cx_tell(cx, ERR_INVALID, N_("Coupons are for memberships."));
        return OK;
    }
    if (typed.n > 0)
        TRY(coupon_fit(cx, q->planet_id, q->tier_id, ask->account_id, q->list, typed, &q->coupon));
    else if (strcmp(q->kind, "renewal") == 0)
        TRY(coupon_running(cx, q->planet_id, q->tier_id, ask->account_id, q->list, &q->coupon));
    q->discount = q->coupon.coupon_id == DB_NULL ? 0 : q->coupon.discount;
    if (q->discount > 0) {
        struct str args[] = {q->coupon.code};
        line(q, QUOTE_COUPON, i18n_fill(cx->arena, tr(cx, N_("Coupon {0}")), args, 1), -q->discount);
    }
    return OK;
}

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static void with_unused(struct cx *cx, const struct quote_ask *ask, struct quote *q, int64_t *due)
{
    if (ask->unused <= 0)
        return;
    q->unused = least(ask->unused, *due);
    *due -= q->unused;
    line(q, QUOTE_UNUSED, str_c(tr(cx, N_("Left of your running term"))), -q->unused);
}

/* Posts that were bought count toward the first membership. */
static enum err with_posts(struct cx *cx, const struct quote_ask *ask, struct quote *q, int64_t *due)
{
    int64_t paid = 0;
    if (q->tier_id != DB_NULL && strcmp(q->kind, "membership") == 0)
        TRY(post_toward(cx, q->planet_id, ask->account_id, str_c(q->list.cur), &paid));
    if (paid > 0 && *due > 0) {
        q->posts = least(paid, *due);
        *due -= q->posts;
        line(q, QUOTE_POSTS, str_c(tr(cx, N_("Posts that you bought"))), -q->posts);
    }
    return OK;
}

/* Credit is a way of paying, so it comes behind the tax. */
static enum err with_credit(struct cx *cx, const struct quote_ask *ask, struct quote *q,
                            int64_t *due)
{
    int64_t has = 0;
    if (!ask->keep_credit && q->tier_id != DB_NULL)
        TRY(credit_balance(cx, q->planet_id, ask->account_id, str_c(q->list.cur), &has));
    if (has > 0 && *due > 0) {
        q->credit = least(has, *due);
        *due -= q->credit;
        line(q, QUOTE_CREDIT, str_c(tr(cx, N_("Your credit"))), -q->credit);
    }
    return OK;
}

static enum err with_tax(struct cx *cx, const struct quote_ask *ask, struct quote *q, int64_t *due)
{
    struct quote_tax *t = &q->taxed;
    TRY(quote_tax_of(cx, ask, q, money_of(*due, str_c(q->list.cur)), t));
    q->tax = t->amount;
    q->tax_contained = t->contained;
    *due += t->added;
    if (t->label.n == 0)
        return OK;
    line(q, QUOTE_TAX, t->label, t->amount);
    q->lines[q->n_lines - 1].contained = t->contained && !t->reverse;
    return OK;
}

enum err price_quote(struct cx *cx, const struct quote_ask *ask, struct quote *ret)
{
    struct str label = ask->label;
    struct quote q = {
        .planet_id = ask->planet_id,
        .tier_id = DB_NULL,
        .price_id = DB_NULL,
        .kind = ask->kind,
        .list = ask->list,
        .coupon = {.coupon_id = DB_NULL},
    };
    if (ask->price_id != 0)
        TRY(of_price(cx, ask, &q, &label));
    line(&q, QUOTE_LIST, label, q.list.minor);
    TRY(with_coupon(cx, ask, &q));
    int64_t due = q.list.minor - q.discount;
    with_unused(cx, ask, &q, &due);
    TRY(with_posts(cx, ask, &q, &due));
    TRY(with_tax(cx, ask, &q, &due));
    TRY(with_credit(cx, ask, &q, &due));
    q.total = money_of(due, str_c(q.list.cur));
    line(&q, QUOTE_TOTAL, str_c(tr(cx, N_("To pay"))), due);
    *ret = q;
    return OK;
}
