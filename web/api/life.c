/* A membership through its life: what follows, cancel, resume, the provider's own page; how a planet renews. */
#include "node/db/db.h"
#include "node/money/life.h"
#include "node/money/rail_call.h"
#include "node/money/upgrade.h"
#include "web/api/rows.h"
#include "web/api/words.h"
#include "web/page.h"

enum { CALL_MS = 20000 };

static void put_subscription(struct api *a, const struct life *l)
{
    struct jw *w = &a->w;
    jw_key(w, "subscription");
    if (!l->has_sub) {
        jw_null(w);
        return;
    }
    jw_obj(w);
    jw_key_id(w, "id", l->sub.id);
    jw_key_str(w, "rail", l->sub.rail);
    jw_key_str(w, "state", l->sub.state);
    jw_key_bool(w, "ends_with_term", l->sub.ends_with_term);
    api_put_time(w, "period_end", l->sub.period_end);
    jw_end(w);
}

static void put_next(struct api *a, const struct life *l)
{
    struct jw *w = &a->w;
    jw_key(w, "next");
    if (l->has_next)
        api_put_price(a, &l->next);
    else
        jw_null(w);
    jw_key_str(w, "next_tier", l->has_next ? l->next_tier.name : STR_NULL);
    jw_key(w, "moves_to");
    if (l->moving)
        api_put_price(a, &l->moves_to);
    else
        jw_null(w);
    api_put_time(w, "moves_at", l->moving ? l->moves_at : DB_NULL);
}

enum err api_put_mine(struct api *a, const struct planet *p, bool whole)
{
    struct jw *w = &a->w;
    struct life l;
    struct grant *grants;
    size_t n;
    TRY(life_of(a->cx, p->id, a->account.id, &l));
    jw_obj(w);
    jw_key_str(w, "planet", p->handle);
    jw_key_str(w, "name", p->name);
    jw_key_c(w, "face", life_word(l.face));
    api_put_time(w, "until", l.face == LIFE_NEVER ? DB_NULL : l.until);
    jw_key_bool(w, "renews", l.renews);
    api_put_membership(a, "membership", l.face == LIFE_NEVER ? NULL : &l.m);
    put_subscription(a, &l);
    put_next(a, &l);
    jw_key_bool(w, "may_pay", l.may_pay);
    jw_key_bool(w, "may_cancel", l.may_cancel);
    jw_key_bool(w, "may_resume", l.may_resume);
    jw_key_bool(w, "may_manage", l.may_manage);
    if (whole) {
        TRY(membership_list(a->cx, p->id, a->account.id, &grants, &n));
        jw_key(w, "grants");
        jw_arr(w);
        for (size_t i = 0; i < n; i++)
            TRY(api_put_grant(a, &grants[i]));
        jw_end(w);
    }
    jw_end(w);
    return OK;
}

enum err api_my_membership(struct api *a)
{
    api_begin(a);
    TRY(api_put_mine(a, &a->planet, true));
    return api_send(a, 200);
}

/* ---- no further term, or after all ---- */

static enum err make_call(struct cx *cx, void *arg)
{
    return rail_call_make(cx, *(int64_t *)arg);
}

/* A provider that can't be reached now is told by the job. */
static enum err called(struct api *a, enum err e, void *arg)
{
    (void)arg;
    if (e != OK && e != ERR_BUSY && e != ERR_UPSTREAM && e != ERR_TIMEOUT)
        return e;
    a->cx->tell = NULL;
    a->cx->retry_after_s = 0;
    return api_my_membership(a);
}

static enum err turn(struct api *a, enum err (*verb)(struct cx *cx, int64_t planet_id, int64_t account_id, int64_t *ret_call_id))
{
    int64_t *call = ARENA_NEW(a->cx->arena, int64_t);
    TRY(api_read(a));
    TRY(verb(a->cx, a->planet.id, a->account.id, call));
    return *call == DB_NULL ? api_my_membership(a) : api_away(a, make_call, call, CALL_MS, called);
}

enum err api_my_cancel(struct api *a) { return turn(a, life_cancel); }
enum err api_my_resume(struct api *a) { return turn(a, life_resume); }

/* Without a price: as it is after all. */
enum err api_my_downgrade(struct api *a)
{
    int64_t *call = ARENA_NEW(a->cx->arena, int64_t), price;
    TRY(api_get_id(a, "price_id", &price));
    TRY(api_read(a));
    TRY(downgrade_plan(a->cx, a->planet.id, a->account.id, price == DB_NULL ? 0 : price, call));
    return *call == DB_NULL ? api_my_membership(a) : api_away(a, make_call, call, CALL_MS, called);
}

/* ---- the provider's own page ---- */

struct visiting { int64_t subscription_id; struct str back, url; };

static enum err find_page(struct cx *cx, void *arg)
{
    struct visiting *v = arg;
    return rail_portal(cx, v->subscription_id, v->back, &v->url);
}

static enum err found_page(struct api *a, enum err e, void *arg)
{
    const struct visiting *v = arg;
    TRY(e);
    struct jw *w = api_begin(a);
    jw_obj(w);
    jw_key_str(w, "url", v->url);
    jw_end(w);
    return api_send(a, 200);
}

enum err api_my_portal(struct api *a)
{
    struct visiting *v = ARENA_NEW(a->cx->arena, struct visiting);
    struct life l;
    TRY(life_of(a->cx, a->planet.id, a->account.id, &l));
    if (!l.has_sub || !l.may_manage)
        return cx_tell(a->cx, ERR_CONFLICT, N_("There is no page of a provider about this membership."));
    *v = (struct visiting){.subscription_id = l.sub.id, .back = api_url(a, web_planet_path(a->cx, a->planet.handle))};
    return api_away(a, find_page, v, CALL_MS, found_page);
}

/* ---- how a planet renews ---- */

static enum err send_renewing(struct api *a)
{
    struct renewing r;
    TRY(renewing_of(a->cx, a->planet.id, &r));
    struct jw *w = api_begin(a);
    jw_obj(w);
    jw_key_i64(w, "grace_days", r.grace_days);
    jw_end(w);
    return api_send(a, 200);
}

enum err api_renewing(struct api *a)
{
    TRY(planet_may_manage(a->cx, a->planet.id));
    return send_renewing(a);
}

enum err api_renewing_set(struct api *a)
{
    struct renewing r;
    TRY(renewing_of(a->cx, a->planet.id, &r));
    TRY(api_get_int(a, "grace_days", r.grace_days, &r.grace_days));
    TRY(api_read(a));
    TRY(renewing_set(a->cx, a->planet.id, &r));
    return send_renewing(a);
}
