#include "node/money/trial.h"

#include "node/base/clock.h"
#include "node/base/crypt.h"
#include "node/base/id.h"
#include "node/db/db.h"
#include "node/money/ledger.h"
#include "node/money/order_row.h"
#include "node/money/payer_sql.h"
#include "node/money/trial_int.h"
#include "node/money/trial_order.h"
#include "node/money/trial_sql.h"
#include "node/node.h"
#include "node/people/account.h"
#include "node/people/audit.h"
#include "node/people/same.h"
#include "node/planet/grant.h"
#include "node/planet/planet_sql.h"

enum { TOKEN_BYTES = 16, TOKEN_CHARS = 22, CARD_NAME_MAX = 60 };

static struct str keyed(struct cx *cx, const char *what, struct str s)
{
    unsigned char mac[32];
    struct str secret = {(const char *)cx->node->secret, sizeof cx->node->secret};
    crypt_hmac_sha256(secret, str_fmt(cx->arena, "%s:" STR_FMT, what, STR_ARG(s)), mac);
    return (struct str){arena_copy(cx->arena, mac, sizeof mac), sizeof mac};
}

static enum err book(struct cx *cx, int64_t planet_id, int64_t grant_id, struct str memo)
{
    struct txn t = {
        .planet_id = planet_id,
        .kind = STR("grant"),
        .order_id = DB_NULL,
        .grant_id = grant_id,
        .rail_event_id = DB_NULL,
        .reverses = DB_NULL,
        .memo = memo,
    };
    return ledger_post(cx, &t);
}

/* ---- free days before the first payment ---- */

static enum err once(struct cx *cx)
{
    return cx_tell(cx, ERR_CONFLICT, N_("A free trial can be had once, before the first membership."));
}

enum err trial_may_have(struct cx *cx, int64_t planet_id, int64_t account_id)
{
    struct account a;
    int64_t n, by_account, by_mail = 0;
    TRY(q_trial_had(cx, planet_id, account_id, &n));
    TRY(account_by_id(cx, account_id, &a));
    struct str mail = same_mail(cx->arena, a.mail), id = str_fmt(cx->arena, "%lld", (long long)account_id);
    TRY(q_trial_had_by(cx, planet_id, keyed(cx, "trial-account", id), &by_account));
    if (mail.n > 0)
        TRY(q_trial_had_by(cx, planet_id, keyed(cx, "trial-mail", mail), &by_mail));
    return n + by_account + by_mail == 0 ? OK : once(cx);
}

/* Once for this account and for this mail address, whatever became of the account that had it. */
enum err trial_claim(struct cx *cx, int64_t planet_id, int64_t account_id, const struct str *payers, size_t n)
{
    struct account a;
    int64_t had, fresh;
    struct str mail;
    TRY(q_trial_had(cx, planet_id, account_id, &had));
    TRY(account_by_id(cx, account_id, &a));
    mail = same_mail(cx->arena, a.mail);
    if (had == 0)
        TRY(q_trial_had_put(cx, planet_id,
                            keyed(cx, "trial-account",
                                  str_fmt(cx->arena, "%lld", (long long)account_id)),
                            cx->now, &fresh));
    if (had == 0 && fresh > 0 && mail.n > 0)
        TRY(q_trial_had_put(cx, planet_id, keyed(cx, "trial-mail", mail), cx->now, &fresh));
    for (size_t i = 0; had == 0 && fresh > 0 && i < n; i++)
        TRY(q_trial_had_put(cx, planet_id, payers[i], cx->now, &fresh));
    return had > 0 || fresh == 0 ? once(cx) : OK;
}

enum err trial_start(struct cx *cx, int64_t account_id, int64_t price_id, int64_t *ret_grant_id)
{
    struct price price;
    struct tier tier;
    struct money nothing = {.minor = 0};
    int64_t id;
    bool card_first;
    TX_SCOPE(cx);
    TRY(price_by_id(cx, price_id, &price));
    TRY(tier_by_id(cx, price.tier_id, &tier));
    TRY(order_may_buy(cx, account_id, tier.planet_id, nothing, "none"));
    if (price.trial_days <= 0)
        return cx_tell(cx, ERR_INVALID, N_("There is no free trial of this."));
    bool offered = false;
    for (size_t i = 0; i < tier.n_prices; i++)
        offered = offered || tier.prices[i].id == price_id;
    if (!offered)
        return cx_tell(cx, ERR_INVALID, N_("This price is no longer offered. Please choose again."));
    TRY(planet_lock(cx, tier.planet_id));
    TRY(trial_rule_of(cx, tier.planet_id, &card_first));
    if (card_first)
        return cx_tell(cx, ERR_CONFLICT, N_("Free days here want a way of paying first. Please choose one."));
    TRY(trial_claim(cx, tier.planet_id, account_id, NULL, 0));
    TRY(order_may_join(cx, account_id, &tier, nothing, false));
    struct grant_new g = {
        .account_id = account_id,
        .planet_id = tier.planet_id,
        .tier_id = tier.id,
        .kind = "trial",
        .term = {cx->now, cx->now + price.trial_days * MS_DAY, 0},
        .window_days = DB_NULL,
        .order_id = DB_NULL,
        .price_id = price_id,
    };
    TRY(grant_put(cx, &g, &id));
    TRY(book(cx, tier.planet_id, id, STR("trial")));
    TRY(tx_commit(cx));
    *ret_grant_id = id;
    return OK;
}

/* ---- cards ---- */

static struct trial_card from_row(const struct trial_card_row *r)
{
    return (struct trial_card){
        .id = r->id,
        .planet_id = r->planet_id,
        .tier_id = r->tier_id,
        .uses = r->uses,
        .used = r->used,
        .days = r->days,
        .window_days = r->window_days,
        .created_at = r->created_at,
        .expires_at = r->expires_at,
        .ended_at = r->ended_at,
        .with_files = r->with_files != 0,
        .name = r->name,
        .tier_name = r->tier_name,
        .token = STR_NULL,
    };
}

static enum err with_token(struct cx *cx, const struct trial_card_row *r, struct trial_card *ret)
{
    struct trial_card c = from_row(r);
    TRY(crypt_open(cx->arena, cx->node->secret, r->token_sealed, &c.token));
    TRY(q_trial_card_joined(cx, c.id, &c.n_joined));
    *ret = c;
    return OK;
}

static enum err card_ok(struct cx *cx, const struct trial_card *c, struct str name)
{
    if (!str_is_utf8(name) || str_utf8_len(name) > CARD_NAME_MAX)
        return cx_tell(cx, ERR_INVALID, N_("The name of a trial card has at most 60 characters."));
    if (c->uses < 1 || c->uses > TRIAL_CARD_USES_MAX)
        return cx_tell(cx, ERR_INVALID, N_("A trial card is for 1 to 100,000 people."));
    if (c->days < 1 || c->days > TRIAL_CARD_DAYS_MAX)
        return cx_tell(cx, ERR_INVALID, N_("A trial card lasts 1 to 90 days."));
    if (c->window_days < 1 || c->window_days > TRIAL_CARD_WINDOW_MAX)
        return cx_tell(cx, ERR_INVALID, N_("A trial card opens the posts of the last 1 to 3650 days."));
    if (c->expires_at != DB_NULL && c->expires_at <= cx->now)
        return cx_tell(cx, ERR_INVALID, N_("The last day has passed already."));
    return OK;
}

enum err trial_card_create(struct cx *cx, int64_t planet_id, const struct trial_card *c,
                           struct trial_card *ret)
{
    struct tier tier;
    int64_t id = id_next(cx->node->ids);
    struct str token = crypt_token(cx->arena, TOKEN_BYTES);
    struct str name = c->name.p == NULL ? STR("") : str_trim(c->name);
    TRY(planet_may_manage(cx, planet_id));
    TRY(card_ok(cx, c, name));
    TRY(tier_by_id(cx, c->tier_id, &tier));
    if (tier.planet_id != planet_id)
        return cx_fail(cx, ERR_NOT_FOUND, "tier of another planet");
    TX_SCOPE(cx);
    TRY(q_trial_card_insert(cx, id, planet_id, tier.id, name, keyed(cx, "trial-card", token),
                            crypt_seal(cx->arena, cx->node->secret, token), c->uses, c->days,
                            c->window_days, c->with_files ? 1 : 0, c->expires_at,
                            cx->viewer == 0 ? DB_NULL : cx->viewer, cx->now, NULL));
    TRY(audit_put(cx, "trial_card.create", id, name));
    TRY(trial_card_by_id(cx, planet_id, id, ret));
    return tx_commit(cx);
}

enum err trial_card_list(struct cx *cx, int64_t planet_id, int64_t before_id, int limit,
                              struct trial_card **ret, size_t *ret_n)
{
    struct trial_card_row *rows;
    size_t n;
    TRY(planet_may_manage(cx, planet_id));
    TRY(q_trial_card_of_planet(cx, planet_id, before_id == 0 ? INT64_MAX : before_id, limit, &rows, &n));
    struct trial_card *list = ARENA_ARRAY(cx->arena, struct trial_card, n);
    for (size_t i = 0; i < n; i++)
        TRY(with_token(cx, &rows[i], &list[i]));
    *ret = list;
    *ret_n = n;
    return OK;
}

enum err trial_card_by_id(struct cx *cx, int64_t planet_id, int64_t id, struct trial_card *ret)
{
    struct trial_card_row row;
    bool found;
    TRY(planet_may_manage(cx, planet_id));
    TRY(q_trial_card_get(cx, id, &found, &row));
    if (!found || row.planet_id != planet_id)
        return ERR_NOT_FOUND;
    return with_token(cx, &row, ret);
}

enum err trial_card_end(struct cx *cx, int64_t planet_id, int64_t id)
{
    struct trial_card c;
    int64_t changes;
    TX_SCOPE(cx);
    TRY(trial_card_by_id(cx, planet_id, id, &c));
    TRY(q_trial_card_end(cx, id, cx->now, &changes));
    if (changes == 0)
        return cx_tell(cx, ERR_CONFLICT, N_("This trial card has ended already."));
    TRY(audit_put(cx, "trial_card.end", id, c.name));
    return tx_commit(cx);
}

enum err trial_card_users(struct cx *cx, int64_t planet_id, int64_t id, int64_t before_id, int limit,
                              struct trial_card_user **ret, size_t *ret_n)
{
    struct trial_card c;
    struct trial_card_users_row *rows;
    TRY(trial_card_by_id(cx, planet_id, id, &c));
    TRY(q_trial_card_users(cx, id, before_id == 0 ? INT64_MAX : before_id, limit, &rows, ret_n));
    struct trial_card_user *list = ARENA_ARRAY(cx->arena, struct trial_card_user, *ret_n);
    for (size_t i = 0; i < *ret_n; i++)
        list[i] = (struct trial_card_user){
            .grant_id = rows[i].grant_id,
            .account_id = rows[i].account_id,
            .at = rows[i].at,
            .ends_at = rows[i].ends_at,
            .name = rows[i].name,
            .username = rows[i].username,
            .paid = rows[i].paid > 0,
        };
    *ret = list;
    return OK;
}

static enum err find(struct cx *cx, struct str token, struct trial_card_row *ret)
{
    bool found = false;
    if (token.n == TOKEN_CHARS && str_is_utf8(token))
        TRY(q_trial_card_by_hash(cx, keyed(cx, "trial-card", token), &found, ret));
    if (!found)
        return cx_tell(cx, ERR_NOT_FOUND,
                       N_("There is no such trial card. Please ask who gave you the link."));
    if (ret->ended_at != DB_NULL || ret->used >= ret->uses ||
        (ret->expires_at != DB_NULL && ret->expires_at <= cx->now))
        return cx_tell(cx, ERR_GONE,
                       N_("This trial card is used up or has run out. You can still join."));
    return OK;
}

enum err trial_card_look(struct cx *cx, struct str token, struct trial_card *ret)
{
    struct trial_card_row row;
    TRY(find(cx, token, &row));
    *ret = from_row(&row);
    return OK;
}

/* Inside the transaction, with the planet's lock. */
static enum err may_use(struct cx *cx, int64_t account_id, const struct trial_card_row *c)
{
    struct money nothing = {.minor = 0};
    struct membership m;
    int64_t had;
    TRY(order_may_buy(cx, account_id, c->planet_id, nothing, "none"));
    enum err e = membership_of(cx, c->planet_id, account_id, &m);
    if (e != OK && e != ERR_NOT_FOUND)
        return e;
    if (e == OK && m.live)
        return cx_tell(cx, ERR_CONFLICT, N_("You are a member already."));
    TRY(q_trial_card_had(cx, c->planet_id, account_id, &had));
    if (had > 0)
        return cx_tell(cx, ERR_CONFLICT, N_("You have used a trial card here before: one for each."));
    TRY(order_seat(cx, c->tier_id, account_id));
    return order_quota(cx, account_id);
}

enum err trial_card_use(struct cx *cx, int64_t account_id, struct str token, int64_t *ret_grant_id)
{
    struct trial_card_row c;
    int64_t changes, id;
    TX_SCOPE(cx);
    TRY(find(cx, token, &c));
    TRY(planet_lock(cx, c.planet_id));
    TRY(find(cx, token, &c)); /* again: another may have held the lock */
    TRY(may_use(cx, account_id, &c));
    TRY(q_trial_card_take(cx, c.id, &changes));
    if (changes == 0)
        return cx_tell(cx, ERR_GONE,
                       N_("This trial card is used up or has run out. You can still join."));
    struct grant_new g = {
        .account_id = account_id,
        .planet_id = c.planet_id,
        .tier_id = c.tier_id,
        .kind = "trial_card",
        .term = {cx->now, cx->now + c.days * MS_DAY, 0},
        .window_days = c.window_days,
        .with_files = c.with_files != 0,
        .order_id = DB_NULL,
        .price_id = DB_NULL,
    };
    TRY(grant_put(cx, &g, &id));
    TRY(q_trial_card_use_insert(cx, c.planet_id, account_id, c.id, id, cx->now, NULL));
    TRY(book(cx, c.planet_id, id, STR("trial_card")));
    TRY(tx_commit(cx));
    *ret_grant_id = id;
    return OK;
}
