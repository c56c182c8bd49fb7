/* Another price for those who pay one already (P33): what it would do, changing it, moving people. */
#include "node/db/db.h"
#include "node/money/price_move.h"
#include "web/api/rows.h"
#include "web/api/words.h"

static enum err price_here(struct api *a, int64_t id)
{
    struct price p;
    struct tier t;
    TRY(price_by_id(a->cx, id, &p));
    TRY(tier_by_id(a->cx, p.tier_id, &t));
    return t.planet_id == a->planet.id ? OK : ERR_NOT_FOUND;
}

static enum err price_of_path(struct api *a, int64_t *ret)
{
    TRY(planet_may_manage(a->cx, a->planet.id));
    TRY(api_path_id(a, "id", ret));
    return price_here(a, *ret);
}

enum err api_prices_old(struct api *a)
{
    struct price *v;
    size_t n;
    TRY(planet_may_manage(a->cx, a->planet.id));
    TRY(price_old_list(a->cx, a->planet.id, &v, &n));
    api_begin_list(a);
    for (size_t i = 0; i < n; i++)
        api_put_price(a, &v[i]);
    return api_send_list(a, 0);
}

enum err api_price_payers(struct api *a)
{
    struct price_payers p;
    int64_t id, to = 0;
    struct str typed = rq_query(a->rq, "to");
    TRY(price_of_path(a, &id));
    if (typed.n > 0 && (!str_to_i64(typed, &to) || to <= 0))
        return ERR_NOT_FOUND;
    TRY(price_payers(a->cx, id, to, &p));
    struct jw *w = api_begin(a);
    jw_obj(w);
    jw_key_i64(w, "members", p.n);
    jw_key_i64(w, "renewing", p.n_renewing);
    jw_key_i64(w, "cancelled", p.n_cancelled);
    jw_key_i64(w, "lapsed", p.n_lapsed);
    jw_key_i64(w, "moves", p.n_moves);
    jw_key_i64(w, "asks", p.n_asks);
    jw_key_i64(w, "ends", p.n_ends);
    jw_end(w);
    return api_send(a, 200);
}

enum err api_price_change(struct api *a)
{
    struct money to;
    struct price p;
    int64_t id;
    TRY(price_of_path(a, &id));
    TRY(api_get_money_needed(a, "money", &to));
    TRY(api_read(a));
    TRY(price_change(a->cx, id, to, &p));
    api_begin(a);
    api_put_price(a, &p);
    return api_send(a, 201);
}

static void put_move(struct api *a, const struct price_move *m)
{
    struct jw *w = &a->w;
    jw_obj(w);
    jw_key_id(w, "id", m->id);
    jw_key(w, "from");
    api_put_price(a, &m->from);
    jw_key(w, "to");
    api_put_price(a, &m->to);
    api_put_time(w, "effective_at", m->effective_at);
    api_put_time(w, "created_at", m->created_at);
    api_put_time(w, "stopped_at", m->stopped_at);
    jw_end(w);
}

enum err api_price_move(struct api *a)
{
    struct price_move m;
    int64_t from, to, at;
    TRY(price_of_path(a, &from));
    TRY(api_get_id_needed(a, "to_price_id", &to));
    TRY(api_get_time(a, "effective_at", &at));
    TRY(api_read(a));
    enum err e = price_here(a, to);
    if (e == ERR_NOT_FOUND)
        return api_wrong(a, "to_price_id", N_("Choose a price."));
    TRY(e);
    TRY(price_move_plan(a->cx, from, to, at == DB_NULL ? 0 : at, &m));
    api_begin(a);
    put_move(a, &m);
    return api_send(a, 201);
}

static enum err moves_here(struct api *a, struct price_move **ret, size_t *ret_n)
{
    TRY(planet_may_own(a->cx, a->planet.id));
    return price_move_list(a->cx, a->planet.id, ret, ret_n);
}

enum err api_price_moves(struct api *a)
{
    struct price_move *v;
    size_t n;
    TRY(moves_here(a, &v, &n));
    api_begin_list(a);
    for (size_t i = 0; i < n; i++)
        put_move(a, &v[i]);
    return api_send_list(a, 0);
}

enum err api_price_move_stop(struct api *a)
{
    struct price_move *v;
    int64_t id;
    size_t n, i = 0;
    TRY(api_path_id(a, "id", &id));
    TRY(moves_here(a, &v, &n));
    while (i < n && v[i].id != id)
        i++;
    if (i == n)
        return ERR_NOT_FOUND;
    TRY(price_move_stop(a->cx, id));
    return api_send_empty(a);
}
