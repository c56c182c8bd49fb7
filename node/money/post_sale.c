#include "node/money/post_sale.h"

#include "node/base/clock.h"
#include "node/db/db.h"
#include "node/money/money.h"
#include "node/money/order_row.h"
#include "node/money/post_sale_sql.h"
#include "node/money/single.h"
#include "node/people/audit.h"
#include "node/planet/planet_sql.h"

/* ---- selling one ---- */

static enum err single_of(struct cx *cx, const struct post *post, int64_t account_id, struct single *ret)
{
    if (post->published_at == DB_NULL)
        return ERR_NOT_FOUND;
    if (post->gate.kind != GATE_PRICE)
        return cx_tell(cx, ERR_INVALID, N_("This post is not for sale."));
    *ret = (struct single){
        .account_id = account_id,
        .planet_id = post->planet_id,
        .post_id = post->id,
        .kind = "post",
        .list = money_of(post->price_amount, post->price_currency),
        .label = post->title.n > 0 ? post->title : str_utf8_cut(post->summary, 40),
    };
    return OK;
}

enum err post_offer_of(struct cx *cx, const struct post *post, struct post_offer *ret)
{
    struct access_pass pass;
    struct single s;
    *ret = (struct post_offer){.open = false};
    TRY(single_of(cx, post, cx->viewer, &s));
    TRY(access_decide(cx, &post->gate, &pass));
    ret->open = access_is_full(&pass);
    TRY(post_toward_days(cx, post->planet_id, &ret->count_days));
    return single_quote(cx, &s, &ret->quote);
}

/* Nobody pays for what is open to them already. The program itself (viewer 0) asks for the purchase alone. */
static enum err is_shut(struct cx *cx, const struct post *post, int64_t account_id)
{
    struct access_pass pass;
    int64_t had;
    TRY(q_post_right_had(cx, account_id, post->id, &had));
    if (had > 0)
        return cx_tell(cx, ERR_CONFLICT, N_("You have bought this post already."));
    if (cx->viewer != account_id)
        return OK;
    TRY(access_decide(cx, &post->gate, &pass));
    if (access_is_full(&pass))
        return cx_tell(cx, ERR_CONFLICT, N_("This post is open to you already."));
    return OK;
}

static enum err place(struct cx *cx, const struct post_ask *ask, struct order *ret)
{
    struct post post;
    struct single s;
    struct str number;
    int64_t id;
    TX_SCOPE(cx);
    TRY(post_by_id(cx, ask->post_id, &post));
    TRY(single_of(cx, &post, ask->account_id, &s));
    s.rail = ask->rail;
    s.agreed = ask->agreed;
    TRY(planet_lock(cx, post.planet_id));
    TRY(is_shut(cx, &post, ask->account_id));
    TRY(single_order(cx, &s, &number, &id));
    TRY(order_by_number(cx, number, ret));
    TRY(order_settle_if_free(cx, number, ret->total));
    TRY(order_by_number(cx, number, ret));
    return tx_commit(cx);
}

enum err post_buy(struct cx *cx, const struct post_ask *ask, struct order *ret)
{
    TRY(order_limit(cx, ask->account_id));
    return place(cx, ask, ret);
}

enum err post_sales(struct cx *cx, int64_t planet_id, struct post_sold **ret, size_t *ret_n)
{
    struct post_sold_row *rows;
    TRY(planet_may_own(cx, planet_id));
    TRY(q_post_sold(cx, planet_id, &rows, ret_n));
    struct post_sold *list = ARENA_ARRAY(cx->arena, struct post_sold, *ret_n);
    for (size_t i = 0; i < *ret_n; i++)
        list[i] = (struct post_sold){.post_id = rows[i].post_id, .n = rows[i].n, .title = rows[i].title,
                                     .slug = rows[i].slug, .money = money_of(rows[i].amount, rows[i].currency)};
    *ret = list;
    return OK;
}

/* ---- toward a membership ---- */

enum err post_toward_days(struct cx *cx, int64_t planet_id, int64_t *ret_days)
{
    bool found;
    TRY(q_single_rule_get(cx, planet_id, &found, ret_days));
    if (!found)
        *ret_days = 0;
    return OK;
}

enum err post_toward_days_set(struct cx *cx, int64_t planet_id, int64_t days)
{
    TRY(planet_may_own(cx, planet_id));
    if (days < 0 || days > POST_COUNT_DAYS_MAX)
        return cx_tell(cx, ERR_INVALID, N_("Posts count toward a membership for 0 to 90 days."));
    TX_SCOPE(cx);
    TRY(q_single_rule_put(cx, planet_id, days, NULL));
    TRY(audit_put(cx, "post.count", planet_id, str_fmt(cx->arena, "%lld", (long long)days)));
    return tx_commit(cx);
}

static enum err left(struct cx *cx, int64_t planet_id, int64_t account_id, struct str currency,
                     struct post_count_left_row **ret, size_t *ret_n)
{
    int64_t days;
    *ret_n = 0;
    TRY(post_toward_days(cx, planet_id, &days));
    if (days == 0 || account_id == 0)
        return OK;
    return q_post_count_left(cx, planet_id, account_id, currency, cx->now - days * MS_DAY, ret, ret_n);
}

enum err post_toward(struct cx *cx, int64_t planet_id, int64_t account_id, struct str currency, int64_t *ret)
{
    struct post_count_left_row *rows;
    size_t n;
    *ret = 0;
    TRY(left(cx, planet_id, account_id, currency, &rows, &n));
    for (size_t i = 0; i < n; i++)
        *ret += rows[i].amount > 0 ? rows[i].amount : 0;
    return OK;
}

enum err post_toward_take(struct cx *cx, int64_t order_id, int64_t planet_id, int64_t account_id,
                         struct str currency, int64_t amount)
{
    struct post_count_left_row *rows;
    size_t n;
    if (amount == 0)
        return OK;
    TRY(left(cx, planet_id, account_id, currency, &rows, &n));
    for (size_t i = 0; i < n && amount > 0; i++) {
        int64_t part = rows[i].amount < amount ? rows[i].amount : amount;
        if (part <= 0)
            continue;
        TRY(q_post_counted_insert(cx, order_id, rows[i].id, part, NULL));
        amount -= part;
    }
    return amount == 0 ? OK : cx_fail(cx, ERR_INTERNAL, "posts count for less than was quoted");
}

enum err post_toward_stands(struct cx *cx, int64_t order_id, bool *ret)
{
    int64_t n;
    TRY(q_post_counted_gone(cx, order_id, &n));
    *ret = n == 0;
    return OK;
}

enum err post_counted(struct cx *cx, int64_t post_order_id, bool *ret)
{
    int64_t n;
    TRY(q_post_counted_by(cx, post_order_id, &n));
    *ret = n > 0;
    return OK;
}
