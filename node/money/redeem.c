#include "node/money/redeem.h"

#include "node/base/buf.h"
#include "node/base/clock.h"
#include "node/base/crypt.h"
#include "node/base/id.h"
#include "node/db/db.h"
#include "node/money/code_text.h"
#include "node/money/gift.h"
#include "node/money/order_row.h"
#include "node/money/redeem_int.h"
#include "node/money/redeem_sql.h"
#include "node/node.h"
#include "node/people/audit.h"
#include "node/people/rate.h"
#include "node/planet/grant.h"
#include "node/planet/planet_sql.h"
#include "node/quota.h"

enum { NAME_CHARS = 60, CSV_MAX = 4 << 20 };

/* A code that belongs to no money: ISO 4217's "no currency". */
static const struct money nothing = {0, "XXX"};

struct str redeem_hash(struct cx *cx, struct str code)
{
    unsigned char mac[32];
    struct str secret = {(const char *)cx->node->secret, sizeof cx->node->secret};
    crypt_hmac_sha256(secret, str_fmt(cx->arena, "code:" STR_FMT, STR_ARG(code)), mac);
    return (struct str){arena_copy(cx->arena, mac, sizeof mac), sizeof mac};
}

static struct code_batch batch_from(const struct code_batch_row *r)
{
    return (struct code_batch){
        .id = r->id,
        .planet_id = r->planet_id,
        .tier_id = r->tier_id,
        .count = r->count,
        .uses = r->uses,
        .created_at = r->created_at,
        .expires_at = r->expires_at,
        .created_by = r->created_by,
        .name = r->name,
        .tier_name = r->tier_name,
        .unit = r->unit,
        .n_codes = r->n_codes,
        .n_used = r->n_used,
        .n_revoked = r->n_revoked,
    };
}

static enum err batch_ok(struct cx *cx, struct str name, struct str unit, int64_t count,
                         int64_t uses, int64_t expires_at, size_t n)
{
    if (!str_is_utf8(name) || str_utf8_len(name) > NAME_CHARS)
        return cx_tell(cx, ERR_INVALID, N_("The name of a batch has at most 60 characters."));
    if (!term_ok(unit, count))
        return cx_tell(cx, ERR_INVALID,
                       N_("A code gives some days, months or years, or membership for life."));
    if (n < 1 || n > CODE_BATCH_MAX)
        return cx_tell(cx, ERR_INVALID, N_("Make between 1 and 10,000 codes at once."));
    if (uses < 1 || uses > CODE_USES_MAX)
        return cx_tell(cx, ERR_INVALID, N_("A code can be used between 1 and 100,000 times."));
    if (expires_at != DB_NULL && expires_at <= cx->now)
        return cx_tell(cx, ERR_INVALID,
                       N_("The codes would have run out already. Choose a later day."));
    return OK;
}

enum err code_batch_create(struct cx *cx, int64_t planet_id, int64_t tier_id, struct str name,
                           struct str unit, int64_t count, int64_t uses, int64_t expires_at,
                           size_t n, struct str **ret_codes, struct code_batch *ret)
{
    struct tier tier;
    struct code_batch_row row;
    int64_t id = id_next(cx->node->ids);
    name = str_trim(name);
    TRY(planet_may_manage(cx, planet_id));
    TRY(batch_ok(cx, name, unit, count, uses, expires_at, n));
    TRY(tier_by_id(cx, tier_id, &tier));
    if (tier.planet_id != planet_id)
        return cx_fail(cx, ERR_NOT_FOUND, "tier of another planet");

    /* Hashed before the transaction, which others wait for. */
    struct str *codes = ARENA_ARRAY(cx->arena, struct str, n);
    struct str *hashes = ARENA_ARRAY(cx->arena, struct str, n);
    for (size_t i = 0; i < n; i++) {
        codes[i] = code_text_new(cx->arena);
        hashes[i] = redeem_hash(cx, codes[i]);
    }
    TX_SCOPE(cx);
    TRY(q_code_batch_insert(cx, id, planet_id, tier_id, name, unit, count, uses, expires_at,
                            cx->viewer == 0 ? DB_NULL : cx->viewer, cx->now, NULL));
    for (size_t i = 0; i < n; i++)
        TRY(q_code_insert(cx, id_next(cx->node->ids), id, hashes[i],
                          str_sub(codes[i], CODE_CHARS - CODE_GROUP, CODE_GROUP), NULL));
    TRY(audit_put(cx, "code.create", id, str_fmt(cx->arena, "%lld", (long long)n)));
    TRY(q_code_batch_get(cx, id, &row));
    TRY(tx_commit(cx));
    for (size_t i = 0; i < n; i++)
        codes[i] = code_text_show(cx->arena, codes[i]);
    *ret_codes = codes;
    *ret = batch_from(&row);
    return OK;
}

enum err code_batch_list(struct cx *cx, int64_t planet_id, int64_t before_id, int limit,
                              struct code_batch **ret, size_t *ret_n)
{
    struct code_batch_row *rows;
    size_t n;
    TRY(planet_may_manage(cx, planet_id));
    TRY(q_code_batch_of_planet(cx, planet_id, before_id == 0 ? INT64_MAX : before_id, limit, &rows, &n));
    struct code_batch *list = ARENA_ARRAY(cx->arena, struct code_batch, n);
    for (size_t i = 0; i < n; i++)
        list[i] = batch_from(&rows[i]);
    *ret = list;
    *ret_n = n;
    return OK;
}

enum err code_used(struct cx *cx, int64_t planet_id, int64_t *ret)
{
    TRY(planet_may_manage(cx, planet_id));
    return q_code_used(cx, planet_id, ret);
}

enum err code_batch_by_id(struct cx *cx, int64_t planet_id, int64_t batch_id,
                          struct code_batch *ret)
{
    struct code_batch_row row;
    TRY(planet_may_manage(cx, planet_id));
    TRY(q_code_batch_get(cx, batch_id, &row));
    if (row.planet_id != planet_id)
        return ERR_NOT_FOUND;
    *ret = batch_from(&row);
    return OK;
}

enum err code_list(struct cx *cx, int64_t batch_id, struct code **ret, size_t *ret_n)
{
    struct code_batch_row batch;
    struct code_of_batch_row *rows;
    size_t n;
    TRY(q_code_batch_get(cx, batch_id, &batch));
    TRY(planet_may_manage(cx, batch.planet_id));
    TRY(q_code_of_batch(cx, batch_id, &rows, &n));
    struct code *list = ARENA_ARRAY(cx->arena, struct code, n);
    for (size_t i = 0; i < n; i++)
        list[i] = (struct code){.id = rows[i].id,
                                .used = rows[i].used,
                                .revoked_at = rows[i].revoked_at,
                                .hint = rows[i].hint};
    *ret = list;
    *ret_n = n;
    return OK;
}

enum err code_revoke(struct cx *cx, int64_t batch_id, int64_t code_id)
{
    struct code_batch_row batch;
    int64_t changes;
    TRY(q_code_batch_get(cx, batch_id, &batch));
    TRY(planet_may_manage(cx, batch.planet_id));
    TX_SCOPE(cx);
    if (code_id == 0)
        TRY(q_code_revoke_all(cx, batch_id, cx->now, &changes));
    else
        TRY(q_code_revoke_one(cx, batch_id, code_id, cx->now, &changes));
    if (changes == 0)
        return cx_tell(cx, ERR_NOT_FOUND, N_("There is nothing left here to take back."));
    TRY(audit_put(cx, "code.revoke", batch_id, STR_NULL));
    return tx_commit(cx);
}

/* A cell that a spreadsheet takes as text whatever it begins with. */
static void put_cell(struct buf *b, struct str s)
{
    buf_put_char(b, '"');
    if (s.n > 0 && (s.p[0] == '=' || s.p[0] == '+' || s.p[0] == '-' || s.p[0] == '@' ||
                    (unsigned char)s.p[0] < ' '))
        buf_put_char(b, '\'');
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '"')
            buf_put_char(b, '"');
        buf_put_char(b, s.p[i]);
    }
    buf_put_char(b, '"');
}

struct str code_csv(struct cx *cx, const struct code_batch *batch, const struct str *codes,
                    size_t n)
{
    struct buf b;
    struct str expires = batch->expires_at == DB_NULL ? STR("")
                                                      : clock_rfc3339(cx->arena, batch->expires_at);
    struct str term =
        str_fmt(cx->arena, "%lld " STR_FMT, (long long)batch->count, STR_ARG(batch->unit));
    buf_init_arena(&b, cx->arena, CSV_MAX);
    buf_lit(&b, "code,tier,term,uses,expires\r\n");
    for (size_t i = 0; i < n; i++) {
        put_cell(&b, codes[i]);
        buf_put_char(&b, ',');
        put_cell(&b, batch->tier_name);
        buf_put_char(&b, ',');
        put_cell(&b, term);
        buf_fmt(&b, ",%lld,", (long long)batch->uses);
        put_cell(&b, expires);
        buf_lit(&b, "\r\n");
    }
    return buf_str(&b);
}

enum err redeem_no_such_code(struct cx *cx)
{
    return cx_tell(cx, ERR_NOT_FOUND,
                   N_("This code does not work: it is wrong, or somebody has used it. Please ask "
                      "who gave it to you."));
}

/* Inside the transaction: may this account use this code now? */
static enum err code_check(struct cx *cx, int64_t account_id, struct str hash,
                           struct code_by_hash_row *ret_code, struct code_batch_row *ret_batch)
{
    enum role role;
    struct tier tier;
    int64_t had = 0;
    bool found;
    TRY(q_code_by_hash(cx, hash, &found, ret_code));
    if (!found)
        return redeem_no_such_code(cx);
    TRY(q_code_used_by(cx, ret_code->id, account_id, &had));
    if (had > 0)
        return cx_tell(cx, ERR_CONFLICT,
                       N_("You have redeemed this code already. Nothing was done twice."));
    TRY(q_code_batch_get(cx, ret_code->batch_id, ret_batch));
    if (ret_code->revoked_at != DB_NULL || ret_code->used >= ret_batch->uses)
        return redeem_no_such_code(cx);
    if (ret_batch->expires_at != DB_NULL && ret_batch->expires_at <= cx->now)
        return cx_tell(cx, ERR_GONE,
                       N_("This code has run out. Please ask who gave it to you for a new one."));
    TRY(role_of(cx, ret_batch->planet_id, account_id, &role));
    if (role == ROLE_BANNED)
        return cx_tell(cx, ERR_CONFLICT, N_("You cannot join this planet."));
    TRY(tier_by_id(cx, ret_batch->tier_id, &tier));
    TRY(quota_member(cx, account_id));
    return order_seat(cx, tier.id, account_id);
}

/* A zero-money order, paid at once: grant, ledger and event come from order_apply. */
static enum err give(struct cx *cx, int64_t account_id, const struct code_batch_row *batch,
                     int64_t *ret_order_id)
{
    struct order_change paid = {
        .event = ORDER_PAID, .amount = nothing, .rail_event_id = DB_NULL, .rail_at = DB_NULL};
    struct order_new o = {
        .account_id = account_id,
        .planet_id = batch->planet_id,
        .price_id = DB_NULL,
        .tier_id = batch->tier_id,
        .term_unit = batch->unit,
        .term_count = batch->count,
        .post_id = DB_NULL,
        .total = nothing,
        .rail = "code",
        .expires_at = cx->now + MS_MINUTE,
    };
    enum order_verdict verdict;
    struct str number;
    TRY(order_insert(cx, &o, &number, ret_order_id));
    TRY(order_apply(cx, number, &paid, &verdict));
    if (verdict != ORDER_APPLIED) /* has it for life: the code stays unused */
        return cx_tell(cx, ERR_CONFLICT,
                       N_("You are a member for life already. Keep the code for somebody else."));
    return OK;
}

static enum err redeem(struct cx *cx, int64_t account_id, struct str hash, struct redeemed *ret)
{
    struct code_by_hash_row code;
    struct code_batch_row batch;
    struct grant *grants;
    int64_t changes, order_id;
    size_t n;
    bool gift;
    TX_SCOPE(cx);
    TRY(gift_redeem(cx, account_id, hash, &gift, ret));
    if (gift)
        return tx_commit(cx);
    TRY(code_check(cx, account_id, hash, &code, &batch));
    TRY(planet_lock(cx, batch.planet_id));
    TRY(q_code_take(cx, code.id, batch.uses, &changes));
    if (changes == 0)
        return redeem_no_such_code(cx);
    TRY(give(cx, account_id, &batch, &order_id));
    TRY(q_code_use_insert(cx, code.id, account_id, order_id, cx->now, NULL));
    TRY(grant_of_order(cx, order_id, &grants, &n));
    if (n != 1)
        return cx_fail(cx, ERR_INTERNAL, "a code gave %zu grants", n);
    TRY(tx_commit(cx));
    *ret = (struct redeemed){
        .planet_id = batch.planet_id,
        .tier_id = batch.tier_id,
        .grant_id = grants[0].id,
        .order_id = order_id,
        .starts_at = grants[0].starts_at,
        .ends_at = grants[0].ends_at,
    };
    return OK;
}

enum err code_redeem(struct cx *cx, int64_t account_id, struct str typed, struct str ip,
                     struct redeemed *ret)
{
    struct str code;
    if (cx->viewer != 0 && cx->viewer != account_id)
        return cx_fail(cx, ERR_FORBIDDEN, "redeeming for another account");
    TRY(rate_hit(cx, "code-ip", rate_ip(cx->arena, ip, false), MS_MINUTE, 5));
    TRY(rate_hit(cx, "code-account", str_fmt(cx->arena, "%lld", (long long)account_id), MS_DAY,
                 20));
    bool well_formed = code_text_read(cx->arena, typed, &code);
    struct str hash = redeem_hash(cx, code);
    enum err e = redeem(cx, account_id, hash, ret);
    if (e == ERR_NOT_FOUND && !well_formed)
        return cx_tell(cx, ERR_INVALID,
                       N_("There is a typing error in the code: it has 20 letters and digits in "
                          "four groups."));
    return e;
}
