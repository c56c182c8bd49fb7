/* From free to paid and back, a tier at a time (P34). */
#include "node/db/db.h"
#include "node/money/paywall.h"
#include "web/api/rows.h"
#include "web/api/words.h"

static enum err read_ask(struct api *a, struct paywall_ask *ask)
{
    struct str choice;
    struct tier t;
    bool priced;
    *ask = (struct paywall_ask){.unit = STR("")};
    TRY(planet_may_own(a->cx, a->planet.id));
    TRY(api_path_id(a, "id", &ask->tier_id));
    TRY(tier_by_id(a->cx, ask->tier_id, &t));
    if (t.planet_id != a->planet.id)
        return ERR_NOT_FOUND;
    TRY(api_get_bool(a, "to_free", false, &ask->to_free));
    TRY(api_get_text(a, "choice", &choice));
    if (choice.n > 0 && !paywall_choice_parse(choice, &ask->choice))
        return api_wrong(a, "choice", N_("Members keep it forever, until a day, or posts."));
    TRY(api_get_time(a, "until", &ask->until_at));
    TRY(api_get_money(a, "price", &priced, &ask->price));
    if (!priced)
        ask->price = (struct money){.minor = 0};
    TRY(api_get_text(a, "unit", &ask->unit));
    if (ask->unit.p == NULL)
        ask->unit = STR("");
    TRY(api_get_int(a, "count", 1, &ask->count));
    return api_read(a);
}

enum err api_paywall_preview(struct api *a)
{
    struct paywall_preview p;
    struct paywall_ask ask;
    TRY(read_ask(a, &ask));
    TRY(paywall_preview(a->cx, &ask, &p));
    struct jw *w = api_begin(a);
    jw_obj(w);
    jw_key_i64(w, "members", p.n_members);
    jw_key_i64(w, "free", p.n_free);
    jw_key_i64(w, "paying", p.n_paying);
    jw_key_i64(w, "renewing", p.n_renewing);
    jw_key_i64(w, "posts_locked", p.n_posts_locked);
    jw_key_i64(w, "posts_public", p.n_posts_public);
    jw_key_i64(w, "prices", p.n_prices);
    jw_key_bool(w, "has_price", p.has_price);
    jw_end(w);
    return api_send(a, 200);
}

static enum err send_switches(struct api *a)
{
    struct paywall *v;
    struct api_span s;
    size_t n;
    TRY(paywall_list(a->cx, a->planet.id, &v, &n));
    TRY(API_SPAN(a, v, n, id, &s));
    struct jw *w = api_begin_list(a);
    for (size_t i = s.from; i < s.to; i++) {
        jw_obj(w);
        jw_key_id(w, "id", v[i].id);
        jw_key_id(w, "tier_id", v[i].tier_id);
        jw_key_str(w, "tier", v[i].tier_name);
        jw_key_str(w, "direction", v[i].direction);
        jw_key_str(w, "choice", v[i].choice.n == 0 ? STR_NULL : v[i].choice);
        api_put_time(w, "until", v[i].until_at);
        api_put_time(w, "at", v[i].at);
        jw_key_i64(w, "carried", v[i].n_done);
        api_put_time(w, "done_at", v[i].done_at);
        jw_end(w);
    }
    return api_send_list(a, s.next);
}

enum err api_paywall_switch(struct api *a)
{
    struct paywall_ask ask;
    int64_t id;
    TRY(read_ask(a, &ask));
    TRY(paywall_switch(a->cx, &ask, &id));
    return send_switches(a);
}

enum err api_paywalls(struct api *a)
{
    TRY(planet_may_own(a->cx, a->planet.id));
    return send_switches(a);
}

enum err api_paywall_rests(struct api *a)
{
    struct paywall_rest *v;
    struct tier t;
    int64_t id;
    size_t n;
    TRY(planet_may_own(a->cx, a->planet.id));
    TRY(api_path_id(a, "id", &id));
    TRY(tier_by_id(a->cx, id, &t));
    if (t.planet_id != a->planet.id)
        return ERR_NOT_FOUND;
    TRY(paywall_rests(a->cx, id, &v, &n));
    struct jw *w = api_begin_list(a);
    for (size_t i = 0; i < n; i++) {
        jw_obj(w);
        TRY(api_put_person(a, "account", v[i].account_id));
        jw_key_str(w, "order", v[i].number);
        api_put_money(a, "amount", v[i].amount.minor, str_c(v[i].amount.cur));
        api_put_time(w, "ends_at", v[i].ends_at);
        jw_key_bool(w, "under_way", v[i].under_way);
        jw_end(w);
    }
    return api_send_list(a, 0);
}
