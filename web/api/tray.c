/* Payments that fit no order, and what becomes of them. */
#include "node/db/db.h"
#include "node/money/rail_call.h"
#include "node/money/tray.h"
#include "web/api/rows.h"
#include "web/api/words.h"

enum { CALL_MS = 20000 };

static void put_unmatched(struct api *a, const struct unmatched *u)
{
    struct jw *w = &a->w;
    jw_obj(w);
    jw_key_id(w, "id", u->id);
    jw_key_str(w, "state", u->state);
    jw_key_str(w, "reason", u->reason);
    if (u->amount.cur[0] != '\0') {
        api_put_money(a, "amount", u->amount.minor, str_c(u->amount.cur));
    } else {
        jw_key(w, "amount");
        jw_null(w);
    }
    jw_key_str(w, "order", u->order_number);
    jw_key_str(w, "rail", u->rail);
    jw_key_str(w, "rail_ref", u->rail_ref);
    jw_key_bool(w, "booked", u->booked);
    jw_key_str(w, "note", u->note.n == 0 ? STR_NULL : u->note);
    api_put_time(w, "created_at", u->created_at);
    api_put_time(w, "settled_at", u->settled_at);
    jw_end(w);
}

/* Those that wait come oldest first: they are worked off. */
enum err api_unmatched(struct api *a)
{
    struct unmatched *v;
    size_t n;
    int limit;
    int64_t after, next = 0;
    bool decided = str_eq_c(rq_query(a->rq, "state"), "decided");
    TRY(api_page_limit(a, &limit));
    TRY(api_page_after(a, &after));
    TRY(decided ? unmatched_decided(a->cx, a->planet.id, limit, &v, &n)
                : unmatched_list(a->cx, a->planet.id, after, limit + 1, &v, &n));
    if (n > (size_t)limit) {
        n = (size_t)limit;
        next = v[n - 1].id;
    }
    api_begin_list(a);
    for (size_t i = 0; i < n; i++)
        put_unmatched(a, &v[i]);
    return api_send_list(a, next);
}

static enum err send_unmatched(struct api *a, int64_t id)
{
    struct unmatched u;
    TRY(unmatched_by_id(a->cx, a->planet.id, id, &u));
    api_begin(a);
    put_unmatched(a, &u);
    return api_send(a, 200);
}

static enum err on_payment(struct api *a, enum err (*verb)(struct cx *cx, int64_t planet_id, int64_t id))
{
    int64_t id;
    TRY(api_path_id(a, "id", &id));
    TRY(api_read(a));
    TRY(verb(a->cx, a->planet.id, id));
    return send_unmatched(a, id);
}

enum err api_unmatched_settle(struct api *a) { return on_payment(a, unmatched_settle); }
enum err api_unmatched_keep(struct api *a) { return on_payment(a, tray_keep); }

enum err api_unmatched_assign(struct api *a)
{
    struct tray_assign to = {.unit = STR("")};
    struct order o;
    struct tier t;
    int64_t id;
    TRY(api_path_id(a, "id", &id));
    TRY(api_get_account(a, "account", &to.account_id));
    TRY(api_get_id(a, "tier_id", &to.tier_id));
    TRY(api_get_text(a, "unit", &to.unit));
    TRY(api_get_int(a, "count", 1, &to.count));
    TRY(api_read(a));
    if (to.unit.p == NULL)
        to.unit = STR("");
    if (to.tier_id != DB_NULL) {
        enum err e = tier_by_id(a->cx, to.tier_id, &t);
        if (e == ERR_NOT_FOUND || (e == OK && t.planet_id != a->planet.id))
            return api_wrong(a, "tier_id", N_("This planet has no such tier."));
        TRY(e);
    }
    TRY(tray_assign(a->cx, a->planet.id, id, &to, &o));
    return api_send_order(a, o.number, 201);
}

struct giving { int64_t id, call; };

static enum err make_call(struct cx *cx, void *arg)
{
    const struct giving *g = arg;
    return rail_call_make(cx, g->call);
}

static enum err called(struct api *a, enum err e, void *arg)
{
    const struct giving *g = arg;
    if (e == ERR_INTERNAL || e == ERR_STORAGE)
        return e;
    a->cx->tell = NULL; /* how it went is the payment's state and note; a provider that is away is asked again */
    a->cx->retry_after_s = 0;
    return send_unmatched(a, g->id);
}

enum err api_unmatched_refund(struct api *a)
{
    struct giving *g = ARENA_NEW(a->cx->arena, struct giving);
    TRY(api_path_id(a, "id", &g->id));
    TRY(api_read(a));
    TRY(tray_refund(a->cx, a->planet.id, g->id, &g->call));
    return api_away(a, make_call, g, CALL_MS, called);
}
