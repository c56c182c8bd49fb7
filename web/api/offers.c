/* Redeem codes, coupons, trial cards. */
#include "node/base/json.h"
#include "node/db/db.h"
#include "node/money/coupon.h"
#include "node/money/money.h"
#include "node/money/redeem.h"
#include "node/money/trial.h"
#include "web/api/rows.h"
#include "web/api/words.h"

#include <string.h>

/* ---- redeem codes ---- */

static void put_batch(struct api *a, const char *key, const struct code_batch *b)
{
    struct jw *w = &a->w;
    if (key != NULL)
        jw_key(w, key);
    jw_obj(w);
    jw_key_id(w, "id", b->id);
    jw_key_str(w, "name", b->name.p == NULL ? STR("") : b->name);
    jw_key_id(w, "tier_id", b->tier_id);
    jw_key_str(w, "tier", b->tier_name);
    api_put_term(w, "term", b->unit, b->count);
    jw_key_i64(w, "uses", b->uses);
    jw_key_i64(w, "codes", b->n_codes);
    jw_key_i64(w, "used", b->n_used);
    jw_key_i64(w, "revoked", b->n_revoked);
    api_put_time(w, "created_at", b->created_at);
    api_put_time(w, "expires_at", b->expires_at);
    jw_end(w);
}

enum err api_code_batches(struct api *a)
{
    struct code_batch *v;
    int64_t after, next = 0;
    int limit;
    size_t n;
    TRY(api_page_limit(a, &limit));
    TRY(api_page_after(a, &after));
    TRY(code_batch_list(a->cx, a->planet.id, after, limit + 1, &v, &n));
    if (n > (size_t)limit) {
        n = (size_t)limit;
        next = v[n - 1].id;
    }
    api_begin_list(a);
    for (size_t i = 0; i < n; i++)
        put_batch(a, NULL, &v[i]);
    return api_send_list(a, next);
}

/* The tier of the field "tier_id", which is this planet's. */
static enum err read_tier(struct api *a, int64_t *ret)
{
    struct tier t;
    TRY(api_get_id_needed(a, "tier_id", ret));
    enum err e = tier_by_id(a->cx, *ret, &t);
    if (e == ERR_NOT_FOUND || (e == OK && t.planet_id != a->planet.id))
        return api_wrong(a, "tier_id", N_("This planet has no such tier."));
    return e;
}

enum err api_code_batch_make(struct api *a)
{
    struct str name, unit, *codes;
    int64_t tier_id, count, uses, expires, n;
    struct code_batch b;
    TRY(read_tier(a, &tier_id));
    TRY(api_get_text(a, "name", &name));
    TRY(api_get_text_needed(a, "unit", &unit));
    TRY(api_get_int(a, "count", 1, &count));
    TRY(api_get_int(a, "uses", 1, &uses));
    TRY(api_get_int(a, "codes", 1, &n));
    TRY(api_get_time(a, "expires_at", &expires));
    TRY(api_read(a));
    if (n < 1 || n > CODE_BATCH_MAX)
        return api_wrong(a, "codes", N_("A batch has 1 to 10000 codes."));
    TRY(code_batch_create(a->cx, a->planet.id, tier_id, name.p == NULL ? STR("") : name, unit, count, uses, expires,
                          (size_t)n, &codes, &b));
    struct jw *w = api_begin(a);
    jw_obj(w);
    put_batch(a, "batch", &b);
    jw_key(w, "codes");
    jw_arr(w);
    for (int64_t i = 0; i < n; i++)
        jw_str(w, codes[i]);
    jw_end(w);
    jw_end(w);
    return api_send(a, 201);
}

static enum err batch_of_path(struct api *a, struct code_batch *ret)
{
    int64_t id;
    TRY(api_path_id(a, "id", &id));
    return code_batch_by_id(a->cx, a->planet.id, id, ret);
}

enum err api_code_batch(struct api *a)
{
    struct code_batch b;
    struct code *v;
    size_t n;
    TRY(batch_of_path(a, &b));
    TRY(code_list(a->cx, b.id, &v, &n));
    struct jw *w = api_begin(a);
    jw_obj(w);
    put_batch(a, "batch", &b);
    jw_key(w, "codes");
    jw_arr(w);
    for (size_t i = 0; i < n; i++) {
        jw_obj(w);
        jw_key_id(w, "id", v[i].id);
        jw_key_str(w, "ends_in", v[i].hint);
        jw_key_i64(w, "used", v[i].used);
        api_put_time(w, "revoked_at", v[i].revoked_at);
        jw_end(w);
    }
    jw_end(w);
    jw_end(w);
    return api_send(a, 200);
}

enum err api_code_batch_revoke(struct api *a)
{
    struct code_batch b;
    int64_t code;
    TRY(batch_of_path(a, &b));
    TRY(api_get_id(a, "code_id", &code));
    TRY(api_read(a));
    TRY(code_revoke(a->cx, b.id, code == DB_NULL ? 0 : code));
    return api_send_empty(a);
}

/* ---- coupons ---- */

static void put_coupon(struct api *a, const struct coupon *c)
{
    struct jw *w = &a->w;
    jw_obj(w);
    jw_key_id(w, "id", c->id);
    jw_key_str(w, "code", c->code);
    jw_key_str(w, "note", c->note.p == NULL ? STR("") : c->note);
    api_put_int(w, "percent_bp", c->percent_bp);
    jw_key(w, "amounts");
    jw_arr(w);
    for (size_t i = 0; i < c->n_amounts; i++) {
        jw_obj(w);
        api_put_money(a, "off", c->amounts[i].off, str_c(c->amounts[i].cur));
        api_put_money(a, "from", c->amounts[i].min_total, str_c(c->amounts[i].cur));
        jw_end(w);
    }
    jw_end(w);
    jw_key(w, "tiers");
    jw_arr(w);
    for (size_t i = 0; i < c->n_tiers; i++)
        jw_id(w, c->tiers[i]);
    jw_end(w);
    api_put_int(w, "terms", c->periods);
    api_put_int(w, "total", c->total_max);
    jw_key_i64(w, "each", c->account_max);
    jw_key_i64(w, "used", c->n_taken);
    jw_key_i64(w, "reserved", c->n_open);
    api_put_time(w, "created_at", c->created_at);
    api_put_time(w, "expires_at", c->expires_at);
    api_put_time(w, "ended_at", c->ended_at);
    jw_end(w);
}

enum err api_coupons(struct api *a)
{
    struct coupon *v;
    int64_t after, next = 0;
    int limit;
    size_t n;
    TRY(api_page_limit(a, &limit));
    TRY(api_page_after(a, &after));
    TRY(coupon_list(a->cx, a->planet.id, after, limit + 1, &v, &n));
    if (n > (size_t)limit) {
        n = (size_t)limit;
        next = v[n - 1].id;
    }
    api_begin_list(a);
    for (size_t i = 0; i < n; i++)
        put_coupon(a, &v[i]);
    return api_send_list(a, next);
}

static enum err send_coupon(struct api *a, int64_t id, int status)
{
    struct coupon c;
    TRY(coupon_by_id(a->cx, a->planet.id, id, &c));
    api_begin(a);
    put_coupon(a, &c);
    return api_send(a, status);
}

enum err api_coupon(struct api *a)
{
    int64_t id;
    TRY(api_path_id(a, "id", &id));
    return send_coupon(a, id, 200);
}

/* "off" and "from": lists of money, one a currency. */
static enum err read_amounts(struct api *a, const char *name, struct coupon *c)
{
    struct money m;
    json_t *list, *v;
    size_t i, k;
    TRY(api_get_list(a, name, COUPON_AMOUNTS_MAX, &list));
    json_array_foreach(list, i, v) {
        TRY(api_money_of(a, name, v, &m));
        for (k = 0; k < c->n_amounts && strcmp(c->amounts[k].cur, m.cur) != 0;)
            k++;
        if (k == COUPON_AMOUNTS_MAX)
            return api_wrong(a, name, N_("These are too many currencies for one coupon."));
        if (k == c->n_amounts)
            memcpy(c->amounts[c->n_amounts++].cur, m.cur, sizeof m.cur);
        *(strcmp(name, "off") == 0 ? &c->amounts[k].off : &c->amounts[k].min_total) = m.minor;
    }
    return OK;
}

static enum err read_tiers(struct api *a, struct coupon *c)
{
    json_t *list, *v;
    size_t i;
    TRY(api_get_list(a, "tiers", COUPON_TIERS_MAX, &list));
    json_array_foreach(list, i, v) {
        int64_t id = json_integer_value(v);
        if (!json_is_integer(v) && !str_to_i64(json_text(v), &id))
            return api_wrong(a, "tiers", N_("This planet has no such tier."));
        c->tiers[c->n_tiers++] = id;
    }
    return OK;
}

enum err api_coupon_make(struct api *a)
{
    struct coupon made, c = {.percent_bp = DB_NULL};
    bool ever;
    TRY(api_get_text(a, "code", &c.code));
    TRY(api_get_text(a, "note", &c.note));
    TRY(api_get_int(a, "percent_bp", DB_NULL, &c.percent_bp));
    TRY(read_amounts(a, "off", &c));
    TRY(read_amounts(a, "from", &c));
    TRY(read_tiers(a, &c));
    TRY(api_get_int(a, "terms", 1, &c.periods));
    TRY(api_get_bool(a, "for_ever", false, &ever));
    TRY(api_get_int(a, "total", DB_NULL, &c.total_max));
    TRY(api_get_int(a, "each", 1, &c.account_max));
    TRY(api_get_time(a, "expires_at", &c.expires_at));
    TRY(api_read(a));
    if (ever)
        c.periods = DB_NULL;
    if (c.code.p == NULL)
        c.code = STR("");
    if (c.note.p == NULL)
        c.note = STR("");
    TRY(coupon_create(a->cx, a->planet.id, &c, &made));
    return send_coupon(a, made.id, 201);
}

enum err api_coupon_end(struct api *a)
{
    int64_t id;
    TRY(api_path_id(a, "id", &id));
    TRY(coupon_end(a->cx, a->planet.id, id));
    return api_send_empty(a);
}

/* ---- trial cards ---- */

static void put_card(struct api *a, const struct trial_card *c)
{
    struct jw *w = &a->w;
    jw_obj(w);
    jw_key_id(w, "id", c->id);
    jw_key_str(w, "name", c->name.p == NULL ? STR("") : c->name);
    jw_key_id(w, "tier_id", c->tier_id);
    jw_key_str(w, "tier", c->tier_name);
    jw_key_i64(w, "uses", c->uses);
    jw_key_i64(w, "used", c->used);
    jw_key_i64(w, "days", c->days);
    jw_key_i64(w, "window_days", c->window_days);
    jw_key_bool(w, "with_files", c->with_files);
    jw_key_i64(w, "paid_later", c->n_joined);
    api_put_url(a, "link", c->token.n == 0 ? STR_NULL : str_fmt(a->cx->arena, "/t/" STR_FMT, STR_ARG(c->token)));
    api_put_time(w, "created_at", c->created_at);
    api_put_time(w, "expires_at", c->expires_at);
    api_put_time(w, "ended_at", c->ended_at);
    jw_end(w);
}

enum err api_cards(struct api *a)
{
    struct trial_card *v;
    int64_t after, next = 0;
    int limit;
    size_t n;
    TRY(api_page_limit(a, &limit));
    TRY(api_page_after(a, &after));
    TRY(trial_card_list(a->cx, a->planet.id, after, limit + 1, &v, &n));
    if (n > (size_t)limit) {
        n = (size_t)limit;
        next = v[n - 1].id;
    }
    api_begin_list(a);
    for (size_t i = 0; i < n; i++)
        put_card(a, &v[i]);
    return api_send_list(a, next);
}

static enum err send_card(struct api *a, int64_t id, int status)
{
    struct trial_card c;
    TRY(trial_card_by_id(a->cx, a->planet.id, id, &c));
    api_begin(a);
    put_card(a, &c);
    return api_send(a, status);
}

enum err api_card(struct api *a)
{
    int64_t id;
    TRY(api_path_id(a, "id", &id));
    return send_card(a, id, 200);
}

enum err api_card_make(struct api *a)
{
    struct trial_card made, c = {.id = 0};
    TRY(read_tier(a, &c.tier_id));
    TRY(api_get_text(a, "name", &c.name));
    TRY(api_get_int(a, "uses", 100, &c.uses));
    TRY(api_get_int(a, "days", 3, &c.days));
    TRY(api_get_int(a, "window_days", 30, &c.window_days));
    TRY(api_get_bool(a, "with_files", false, &c.with_files));
    TRY(api_get_time(a, "expires_at", &c.expires_at));
    TRY(api_read(a));
    if (c.name.p == NULL)
        c.name = STR("");
    TRY(trial_card_create(a->cx, a->planet.id, &c, &made));
    return send_card(a, made.id, 201);
}

enum err api_card_end(struct api *a)
{
    int64_t id;
    TRY(api_path_id(a, "id", &id));
    TRY(trial_card_end(a->cx, a->planet.id, id));
    return api_send_empty(a);
}

enum err api_card_users(struct api *a)
{
    struct trial_card_user *v;
    int64_t id;
    int64_t after, next = 0;
    int limit;
    size_t n;
    TRY(api_path_id(a, "id", &id));
    TRY(api_page_limit(a, &limit));
    TRY(api_page_after(a, &after));
    TRY(trial_card_users(a->cx, a->planet.id, id, after, limit + 1, &v, &n));
    if (n > (size_t)limit) {
        n = (size_t)limit;
        next = v[n - 1].grant_id;
    }
    struct jw *w = api_begin_list(a);
    for (size_t i = 0; i < n; i++) {
        jw_obj(w);
        TRY(api_put_person(a, "account", v[i].account_id));
        api_put_time(w, "at", v[i].at);
        api_put_time(w, "ends_at", v[i].ends_at);
        jw_key_bool(w, "paid", v[i].paid);
        jw_end(w);
    }
    return api_send_list(a, next);
}
