/* Planets, tiers, prices; the token that asks. */
#include "node/db/db.h"
#include "node/node.h"
#include "web/api/rows.h"
#include "web/api/words.h"
#include "web/page.h"

/* ---- the token ---- */

enum err api_token_show(struct api *a)
{
    struct jw *w = api_begin(a);
    struct str scopes = a->token.scopes, word;
    struct planet p;
    jw_obj(w);
    jw_key_id(w, "id", a->token.id);
    jw_key_str(w, "name", a->token.name);
    jw_key(w, "scopes");
    jw_arr(w);
    while (str_next(&scopes, ' ', &word))
        jw_str(w, word);
    jw_end(w);
    if (a->token.planet_id != DB_NULL) {
        TRY(planet_by_id(a->cx, a->token.planet_id, &p));
        jw_key_str(w, "planet", p.handle);
    } else {
        jw_key(w, "planet");
        jw_null(w);
    }
    TRY(api_put_person(a, "account", a->account.id));
    api_put_time(w, "created_at", a->token.created_at);
    api_put_time(w, "expires_at", a->token.expires_at);
    jw_end(w);
    return api_send(a, 200);
}

enum err api_token_end(struct api *a)
{
    TRY(token_revoke(a->cx, a->account.id, a->token.id));
    return api_send_empty(a);
}

/* ---- planets ---- */

static enum err put_planet(struct api *a, const struct planet *p)
{
    struct jw *w = &a->w;
    enum role role = ROLE_NONE;
    if (a->known)
        TRY(role_of(a->cx, p->id, a->account.id, &role));
    jw_obj(w);
    jw_key_id(w, "id", p->id);
    jw_key_str(w, "handle", p->handle);
    jw_key_str(w, "name", p->name);
    jw_key_str(w, "tagline", p->tagline.p == NULL ? STR("") : p->tagline);
    jw_key_str(w, "lang", p->lang);
    jw_key_str(w, "zone", p->zone);
    api_put_url(a, "url", web_planet_path(a->cx, p->handle));
    jw_key_str(w, "joining", p->joining);
    jw_key_str(w, "join_question", p->join_question.n == 0 ? STR_NULL : p->join_question);
    jw_key_str(w, "role", role == ROLE_NONE ? STR_NULL : str_c(role_word(role)));
    api_put_time(w, "created_at", p->created_at);
    jw_end(w);
    return OK;
}

enum err api_planets(struct api *a)
{
    struct planet *v;
    size_t n;
    TRY(planet_list(a->cx, &v, &n));
    api_begin_list(a);
    for (size_t i = 0; i < n; i++)
        TRY(put_planet(a, &v[i]));
    return api_send_list(a, 0);
}

enum err api_zones(struct api *a)
{
    struct str *all;
    size_t n;
    zone_list(a->cx->arena, &all, &n);
    struct jw *w = api_begin_list(a);
    for (size_t i = 0; i < n; i++)
        jw_str(w, all[i]);
    return api_send_list(a, 0);
}

enum err api_planet(struct api *a)
{
    api_begin(a);
    TRY(put_planet(a, &a->planet));
    return api_send(a, 200);
}

enum err api_planet_change(struct api *a)
{
    struct planet *p = &a->planet;
    const struct { const char *name; struct str *to; } texts[] = {
        {"name", &p->name}, {"tagline", &p->tagline}, {"about", &p->about},
        {"joining", &p->joining}, {"join_question", &p->join_question}, {"zone", &p->zone}};
    TRY(planet_may_manage(a->cx, p->id));
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct str value;
        TRY(api_get_text(a, texts[i].name, &value));
        if (value.p != NULL)
            *texts[i].to = value;
    }
    TRY(api_read(a));
    TRY(planet_update(a->cx, p));
    TRY(planet_by_id(a->cx, p->id, p));
    return api_planet(a);
}

/* ---- tiers ---- */

static bool sees_hidden(struct api *a)
{
    const char *tell = a->cx->tell;
    bool yes = a->known && token_may(&a->token, "offers:read") && planet_may_manage(a->cx, a->planet.id) == OK;
    a->cx->tell = tell;
    return yes;
}

enum err api_tiers(struct api *a)
{
    struct tier *v;
    size_t n;
    bool all = sees_hidden(a);
    TRY(tier_list(a->cx, a->planet.id, &v, &n));
    api_begin_list(a);
    for (size_t i = 0; i < n; i++)
        if (all || v[i].visible)
            api_put_tier(a, &v[i]);
    return api_send_list(a, 0);
}

static enum err tier_of_path(struct api *a, struct tier *ret)
{
    int64_t id;
    TRY(api_path_id(a, "id", &id));
    TRY(tier_by_id(a->cx, id, ret));
    return ret->planet_id == a->planet.id ? OK : ERR_NOT_FOUND;
}

static enum err send_tier(struct api *a, int64_t id, int status)
{
    struct tier t;
    TRY(tier_by_id(a->cx, id, &t));
    api_begin(a);
    api_put_tier(a, &t);
    return api_send(a, status);
}

enum err api_tier(struct api *a)
{
    struct tier t;
    TRY(tier_of_path(a, &t));
    if (!t.visible && !sees_hidden(a))
        return ERR_NOT_FOUND;
    return send_tier(a, t.id, 200);
}

enum err api_tier_make(struct api *a)
{
    struct str slug, name, about;
    int64_t rank, seats;
    struct tier t;
    TRY(api_get_text_needed(a, "slug", &slug));
    TRY(api_get_text_needed(a, "name", &name));
    TRY(api_get_text(a, "about", &about));
    TRY(api_get_int(a, "rank", 1, &rank));
    TRY(api_get_int(a, "seats", DB_NULL, &seats));
    TRY(api_read(a));
    TRY(tier_create(a->cx, a->planet.id, slug, name, about.p == NULL ? STR("") : about, rank, seats, &t));
    return send_tier(a, t.id, 201);
}

enum err api_tier_change(struct api *a)
{
    struct tier t;
    struct str name, about;
    TRY(tier_of_path(a, &t));
    TRY(api_get_text(a, "name", &name));
    TRY(api_get_text(a, "about", &about));
    TRY(api_get_bool(a, "visible", t.visible, &t.visible));
    TRY(api_get_int(a, "seats", t.seats, &t.seats));
    bool unlimited;
    TRY(api_get_bool(a, "unlimited", false, &unlimited));
    TRY(api_read(a));
    if (unlimited)
        t.seats = DB_NULL;
    if (name.p != NULL)
        t.name = name;
    if (about.p != NULL)
        t.about = about;
    TRY(tier_update(a->cx, &t));
    return send_tier(a, t.id, 200);
}

enum err api_price_make(struct api *a)
{
    struct tier t;
    struct money money;
    struct str unit;
    int64_t count, trial;
    struct price p;
    TRY(tier_of_path(a, &t));
    TRY(api_get_money_needed(a, "money", &money));
    TRY(api_get_text_needed(a, "unit", &unit));
    TRY(api_get_int(a, "count", 1, &count));
    TRY(api_get_int(a, "trial_days", 0, &trial));
    TRY(api_read(a));
    TRY(price_create(a->cx, t.id, money, unit, count, trial, &p));
    api_begin(a);
    api_put_price(a, &p);
    return api_send(a, 201);
}

enum err api_price_end(struct api *a)
{
    int64_t id;
    struct price p;
    struct tier t;
    TRY(api_path_id(a, "id", &id));
    TRY(price_by_id(a->cx, id, &p));
    TRY(tier_by_id(a->cx, p.tier_id, &t));
    if (t.planet_id != a->planet.id)
        return ERR_NOT_FOUND;
    TRY(price_retire(a->cx, id));
    return api_send_empty(a);
}
