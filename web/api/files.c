/* What the owner knows of one member: history, notes, flags; and of one order. */
#include "node/db/db.h"
#include "node/money/member_file.h"
#include "node/money/order.h"
#include "web/api/rows.h"
#include "web/api/words.h"

enum err api_member_history(struct api *a)
{
    struct happening *v;
    int64_t id;
    size_t n;
    TRY(api_path_id(a, "account", &id));
    TRY(member_history(a->cx, a->planet.id, id, &v, &n));
    struct jw *w = api_begin_list(a);
    for (size_t i = 0; i < n; i++) {
        jw_obj(w);
        api_put_time(w, "at", v[i].at);
        jw_key_str(w, "what", v[i].what);
        jw_key_str(w, "order", v[i].number);
        jw_key_str(w, "order_kind", v[i].order_kind);
        jw_key_str(w, "tier", v[i].tier.n == 0 ? STR_NULL : v[i].tier);
        jw_key_str(w, "kind", v[i].kind.n == 0 ? STR_NULL : v[i].kind);
        jw_key_str(w, "words", v[i].words.n == 0 ? STR_NULL : v[i].words);
        if (v[i].money.cur[0] != '\0') {
            api_put_money(a, "money", v[i].money.minor, str_c(v[i].money.cur));
        } else {
            jw_key(w, "money");
            jw_null(w);
        }
        api_put_id(w, "grant_id", v[i].grant_id);
        api_put_time(w, "until", v[i].until == 0 ? DB_NULL : v[i].until);
        jw_key_str(w, "by", v[i].by_name.n == 0 ? STR_NULL : v[i].by_name);
        jw_end(w);
    }
    return api_send_list(a, 0);
}

enum err api_member_note(struct api *a)
{
    struct str text;
    int64_t id;
    TRY(api_path_id(a, "account", &id));
    TRY(api_get_text_needed(a, "text", &text));
    TRY(api_read(a));
    TRY(member_note_put(a->cx, a->planet.id, id, text));
    return api_send_empty(a);
}

enum err api_member_flags(struct api *a)
{
    struct member_flag *v;
    int64_t id;
    size_t n;
    TRY(api_path_id(a, "account", &id));
    TRY(member_flags(a->cx, a->planet.id, id, &v, &n));
    struct jw *w = api_begin_list(a);
    for (size_t i = 0; i < n; i++) {
        jw_obj(w);
        jw_key_str(w, "why", v[i].why);
        jw_key_str(w, "order", v[i].number);
        api_put_time(w, "at", v[i].at);
        jw_end(w);
    }
    return api_send_list(a, 0);
}

enum err api_member_flag_clear(struct api *a)
{
    int64_t id;
    TRY(api_path_id(a, "account", &id));
    TRY(member_flag_clear(a->cx, a->planet.id, id));
    return api_send_empty(a);
}

enum err api_order_history(struct api *a)
{
    struct order_happening *v;
    struct order o;
    size_t n;
    TRY(planet_may_own(a->cx, a->planet.id));
    TRY(order_by_number(a->cx, rq_param(a->rq, "number"), &o));
    if (o.planet_id != a->planet.id)
        return ERR_NOT_FOUND;
    TRY(order_history(a->cx, o.id, &v, &n));
    struct jw *w = api_begin_list(a);
    for (size_t i = 0; i < n; i++) {
        jw_obj(w);
        api_put_time(w, "at", v[i].at);
        jw_key_str(w, "event", v[i].event);
        jw_key_str(w, "from", v[i].from);
        jw_key_str(w, "to", v[i].to);
        jw_key_str(w, "detail", v[i].detail.n == 0 ? STR_NULL : v[i].detail);
        jw_end(w);
    }
    return api_send_list(a, 0);
}
