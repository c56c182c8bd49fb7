#include "web/api/words.h"

#include "node/db/db.h"
#include "node/money/money.h"
#include "node/node.h"

void api_put_time(struct jw *w, const char *key, int64_t ms)
{
    if (ms != DB_NULL) {
        jw_key_moment(w, key, ms);
        return;
    }
    jw_key(w, key);
    jw_null(w);
}

void api_put_id(struct jw *w, const char *key, int64_t id)
{
    jw_key(w, key);
    if (id == DB_NULL)
        jw_null(w);
    else
        jw_id(w, id);
}

void api_put_int(struct jw *w, const char *key, int64_t v)
{
    jw_key(w, key);
    if (v == DB_NULL)
        jw_null(w);
    else
        jw_i64(w, v);
}

void api_put_money(struct api *a, const char *key, int64_t minor, struct str currency)
{
    struct jw *w = &a->w;
    if (key != NULL)
        jw_key(w, key);
    jw_obj(w);
    jw_key_str(w, "currency", currency);
    jw_key_i64(w, "minor", minor);
    jw_key_str(w, "decimal", money_decimal(a->cx->arena, money_of(minor, currency)));
    jw_end(w);
}

void api_put_term(struct jw *w, const char *key, struct str unit, int64_t count)
{
    jw_key(w, key);
    jw_obj(w);
    jw_key_str(w, "unit", unit);
    jw_key_i64(w, "count", count);
    jw_end(w);
}

struct str api_url(struct api *a, struct str path)
{
    return path.p == NULL ? path
                          : str_fmt(a->cx->arena, STR_FMT STR_FMT, STR_ARG(a->cx->node->origin), STR_ARG(path));
}

void api_put_url(struct api *a, const char *key, struct str path)
{
    jw_key_str(&a->w, key, api_url(a, path));
}

void api_put_price(struct api *a, const struct price *p)
{
    struct jw *w = &a->w;
    jw_obj(w);
    jw_key_id(w, "id", p->id);
    jw_key_id(w, "tier_id", p->tier_id);
    api_put_money(a, "money", p->money.minor, str_c(p->money.cur));
    api_put_term(w, "term", p->unit, p->count);
    jw_key_i64(w, "trial_days", p->trial_days);
    jw_end(w);
}

void api_put_tier(struct api *a, const struct tier *t)
{
    struct jw *w = &a->w;
    jw_obj(w);
    jw_key_id(w, "id", t->id);
    jw_key_str(w, "slug", t->slug);
    jw_key_str(w, "name", t->name);
    jw_key_str(w, "about", t->about.p == NULL ? STR("") : t->about);
    jw_key_i64(w, "rank", t->rank);
    api_put_int(w, "seats", t->seats);
    jw_key_bool(w, "visible", t->visible);
    jw_key(w, "prices");
    jw_arr(w);
    for (size_t i = 0; i < t->n_prices; i++)
        api_put_price(a, &t->prices[i]);
    jw_end(w);
    jw_end(w);
}

enum err api_put_person(struct api *a, const char *key, int64_t account_id)
{
    struct jw *w = &a->w;
    struct account who;
    jw_key(w, key);
    if (account_id == DB_NULL || account_id == 0) {
        jw_null(w);
        return OK;
    }
    TRY(account_by_id(a->cx, account_id, &who));
    jw_obj(w);
    jw_key_id(w, "id", who.id);
    jw_key_str(w, "username", who.username);
    jw_key_str(w, "name", who.name);
    jw_end(w);
    return OK;
}

enum err api_put_order(struct api *a, const struct order *o)
{
    struct jw *w = &a->w;
    struct str cur = str_c(o->total.cur);
    struct planet p;
    TRY(planet_by_id(a->cx, o->planet_id, &p));
    jw_obj(w);
    jw_key_str(w, "number", o->number);
    jw_key_str(w, "planet", p.handle);
    TRY(api_put_person(a, "account", o->account_id));
    jw_key_str(w, "kind", o->kind);
    jw_key_str(w, "state", o->state);
    jw_key_str(w, "rail", o->rail);
    api_put_id(w, "tier_id", o->tier_id);
    api_put_id(w, "price_id", o->price_id);
    api_put_id(w, "post_id", o->post_id);
    jw_key_i64(w, "quantity", o->quantity);
    api_put_money(a, "list", o->list_amount, cur);
    api_put_money(a, "discount", o->discount, cur);
    api_put_money(a, "credit", o->credit, cur);
    api_put_money(a, "tax", o->tax, cur);
    api_put_money(a, "total", o->total.minor, cur);
    api_put_money(a, "refunded", o->refunded, cur);
    api_put_time(w, "created_at", o->created_at);
    api_put_time(w, "expires_at", o->expires_at);
    api_put_time(w, "paid_at", o->paid_at);
    jw_end(w);
    return OK;
}

enum err api_put_grant(struct api *a, const struct grant *g)
{
    struct jw *w = &a->w;
    jw_obj(w);
    jw_key_id(w, "id", g->id);
    jw_key_id(w, "tier_id", g->tier_id);
    jw_key_str(w, "tier", g->tier_name);
    jw_key_i64(w, "rank", g->rank);
    jw_key_str(w, "kind", g->kind);
    jw_key_str(w, "state", g->state);
    jw_key_bool(w, "live", g->live);
    api_put_time(w, "starts_at", g->starts_at);
    api_put_time(w, "ends_at", g->ends_at);
    api_put_int(w, "window_days", g->window_days);
    jw_key_str(w, "order", g->order_number);
    api_put_time(w, "created_at", g->created_at);
    jw_key(w, "changes");
    jw_arr(w);
    for (size_t i = 0; i < g->n_changes; i++) {
        jw_obj(w);
        api_put_time(w, "at", g->changes[i].at);
        jw_key_str(w, "kind", g->changes[i].kind);
        api_put_time(w, "ends_at", g->changes[i].ends_at);
        jw_key_str(w, "reason", g->changes[i].reason);
        api_put_id(w, "by", g->changes[i].actor_account_id == 0 ? DB_NULL : g->changes[i].actor_account_id);
        jw_end(w);
    }
    jw_end(w);
    jw_end(w);
    return OK;
}
