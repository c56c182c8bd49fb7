/* Fapiao: asked for by buyers, issued elsewhere and noted by the owner. */
#include "node/base/json.h"
#include "node/db/db.h"
#include "node/money/fapiao.h"
#include "node/money/order.h"
#include "web/api/rows.h"
#include "web/api/words.h"

static struct str said(struct str s)
{
    return s.p == NULL ? STR("") : s;
}

static enum err put_fapiao(struct api *a, const struct fapiao *f)
{
    struct jw *w = &a->w;
    struct str cur = str_c(f->amount.cur);
    jw_obj(w);
    jw_key_id(w, "id", f->id);
    jw_key_str(w, "order", f->order_number);
    TRY(api_put_person(a, "account", f->account_id));
    jw_key_str(w, "state", f->state);
    jw_key_str(w, "kind", f->kind);
    jw_key_str(w, "title", said(f->title));
    jw_key_str(w, "taxpayer_id", said(f->taxpayer_id));
    jw_key_str(w, "mail", said(f->mail));
    api_put_money(a, "amount", f->amount.minor, cur);
    api_put_money(a, "given_back", f->given_back, cur);
    jw_key_str(w, "answer", said(f->answer));
    api_put_time(w, "asked_at", f->asked_at);
    api_put_time(w, "done_at", f->done_at);
    jw_end(w);
    return OK;
}

/* ---- the owner ---- */

enum err api_fapiaos(struct api *a)
{
    struct str state = rq_query(a->rq, "state");
    struct fapiao *v;
    int64_t after;
    int limit;
    size_t n;
    TRY(api_page_limit(a, &limit));
    TRY(api_page_after(a, &after));
    TRY(planet_may_own(a->cx, a->planet.id));
    TRY(fapiao_list(a->cx, a->planet.id, state.n > 0 ? state : STR_NULL, after, limit + 1, &v, &n));
    size_t shown = n > (size_t)limit ? (size_t)limit : n;
    api_begin_list(a);
    for (size_t i = 0; i < shown; i++)
        TRY(put_fapiao(a, &v[i]));
    return api_send_list(a, n > shown ? v[shown - 1].id : 0);
}

enum err api_fapiao_done(struct api *a)
{
    int64_t ids[FAPIAO_MANY];
    struct str answer;
    json_t *list, *v;
    size_t i, n = 0;
    bool issued;
    TRY(planet_may_own(a->cx, a->planet.id));
    TRY(api_get_list(a, "ids", FAPIAO_MANY, &list));
    json_array_foreach(list, i, v) {
        if (!str_to_i64(json_text(v), &ids[n++]))
            return api_wrong(a, "ids", N_("These are ids of requests, as texts."));
    }
    TRY(api_get_bool(a, "issued", true, &issued));
    TRY(api_get_text(a, "answer", &answer));
    TRY(api_read(a));
    if (n == 0)
        return api_wrong(a, "ids", N_("These are ids of requests, as texts."));
    TRY(fapiao_done(a->cx, a->planet.id, ids, n, issued, said(answer), &n));
    struct jw *w = api_begin(a);
    jw_obj(w);
    jw_key_i64(w, "done", (int64_t)n);
    jw_end(w);
    return api_send(a, 200);
}

/* ---- the buyer ---- */

static enum err my_order(struct api *a, struct order *ret)
{
    TRY(order_by_number(a->cx, rq_param(a->rq, "number"), ret));
    if (ret->account_id != a->account.id)
        return ERR_NOT_FOUND;
    return api_planet_ok(a, ret->planet_id);
}

enum err api_my_fapiaos(struct api *a)
{
    struct order o;
    struct fapiao *v;
    size_t n;
    TRY(my_order(a, &o));
    TRY(fapiao_of_order(a->cx, o.id, &v, &n));
    api_begin_list(a);
    for (size_t i = 0; i < n; i++)
        TRY(put_fapiao(a, &v[i]));
    return api_send_list(a, 0);
}

enum err api_my_fapiao_ask(struct api *a)
{
    struct fapiao_ask ask;
    struct fapiao f;
    struct order o;
    TRY(my_order(a, &o));
    ask.number = o.number;
    TRY(api_get_text_needed(a, "kind", &ask.kind));
    TRY(api_get_text_needed(a, "title", &ask.title));
    TRY(api_get_text(a, "taxpayer_id", &ask.taxpayer_id));
    TRY(api_get_text(a, "mail", &ask.mail));
    ask.taxpayer_id = said(ask.taxpayer_id);
    ask.mail = said(ask.mail);
    TRY(api_read(a));
    TRY(fapiao_request(a->cx, &ask, &f));
    api_begin(a);
    TRY(put_fapiao(a, &f));
    return api_send(a, 201);
}

enum err api_my_fapiao_withdraw(struct api *a)
{
    struct order o;
    struct fapiao *v;
    int64_t id;
    size_t n, i = 0;
    TRY(my_order(a, &o));
    TRY(api_path_id(a, "id", &id));
    TRY(fapiao_of_order(a->cx, o.id, &v, &n));
    while (i < n && v[i].id != id)
        i++;
    if (i == n)
        return ERR_NOT_FOUND;
    TRY(fapiao_withdraw(a->cx, id));
    return api_send_empty(a);
}
