/* Payments that the owner confirms by hand: what the buyer says, what the owner decides. */
#include "node/db/db.h"
#include "node/money/transfer.h"
#include "web/api/rows.h"
#include "web/api/words.h"

enum { FOUND_MAX = 50, DECIDED_MAX = 200 };

static enum err put_transfer(struct api *a, const struct transfer *t)
{
    struct jw *w = &a->w;
    jw_obj(w);
    jw_key_str(w, "order", t->number);
    TRY(api_put_person(a, "account", t->account_id));
    jw_key_str(w, "kind", t->kind);
    jw_key_str(w, "state", t->state);
    jw_key_str(w, "order_state", t->order_state);
    jw_key_str(w, "memo", t->memo);
    api_put_money(a, "amount", t->amount.minor, str_c(t->amount.cur));
    jw_key_i64(w, "extra", t->extra);
    jw_key_i64(w, "says", t->says);
    jw_key_str(w, "payer", t->payer);
    jw_key_str(w, "bank_ref", t->bank_ref);
    jw_key_bool(w, "picture", t->media_id != DB_NULL);
    jw_key_bool(w, "provisional", t->provisional);
    jw_key_str(w, "same_picture", t->same_picture);
    jw_key_str(w, "same_ref", t->same_ref);
    jw_key_bool(w, "used_before", t->used_before);
    jw_key_str(w, "reason", t->reason);
    api_put_time(w, "created_at", t->created_at);
    api_put_time(w, "said_at", t->said_at);
    api_put_time(w, "decided_at", t->decided_at);
    api_put_time(w, "expires_at", t->expires_at);
    jw_end(w);
    return OK;
}

static enum err put_all(struct api *a, const struct transfer *v, size_t n)
{
    api_begin_list(a);
    for (size_t i = 0; i < n; i++)
        TRY(put_transfer(a, &v[i]));
    return OK;
}

enum err api_transfers(struct api *a)
{
    enum transfer_which which = TRANSFER_SENT;
    struct str word = rq_query(a->rq, "state"), what = rq_query(a->rq, "q");
    struct transfer *v;
    int64_t after;
    int limit;
    size_t n;
    TRY(api_page_limit(a, &limit));
    TRY(api_page_after(a, &after));
    if (what.n > 0) {
        TRY(transfer_search(a->cx, a->planet.id, what, FOUND_MAX, &v, &n));
        TRY(put_all(a, v, n));
        return api_send_list(a, 0);
    }
    if (word.n > 0 && !transfer_which_parse(word, &which))
        return api_wrong(a, "state", N_("Transfers are sent, waiting or done."));
    TRY(transfer_list(a->cx, a->planet.id, which, after, limit + 1, &v, &n));
    size_t shown = n > (size_t)limit ? (size_t)limit : n;
    TRY(put_all(a, v, shown));
    return api_send_list(a, n > shown ? v[shown - 1].order_id : 0);
}

static enum err send_transfer(struct api *a, struct str number)
{
    struct transfer t;
    TRY(transfer_of(a->cx, number, &t));
    api_begin(a);
    TRY(put_transfer(a, &t));
    return api_send(a, 200);
}

static enum err order_here(struct api *a, struct str *ret)
{
    struct order o;
    TRY(planet_may_own(a->cx, a->planet.id));
    TRY(order_by_number(a->cx, rq_param(a->rq, "number"), &o));
    *ret = o.number;
    return o.planet_id == a->planet.id ? OK : ERR_NOT_FOUND;
}

enum err api_transfer(struct api *a)
{
    struct str number;
    TRY(order_here(a, &number));
    return send_transfer(a, number);
}

/* What became of the decision is the transfer's state: confirmed, rejected, or tray when the money did not fit. */
static enum err decide(struct api *a, struct transfer_decision *d)
{
    enum transfer_outcome outcome;
    TRY(api_read(a));
    if (d->amount.p == NULL)
        d->amount = STR("");
    if (d->bank_ref.p == NULL)
        d->bank_ref = STR("");
    if (d->reason.p == NULL)
        d->reason = STR("");
    TRY(transfer_decide(a->cx, a->planet.id, d, &outcome));
    return send_transfer(a, d->number);
}

enum err api_transfer_confirm(struct api *a)
{
    struct transfer_decision d = {.confirm = true};
    TRY(order_here(a, &d.number));
    TRY(api_get_text(a, "amount", &d.amount));
    TRY(api_get_text(a, "bank_ref", &d.bank_ref));
    TRY(api_get_bool(a, "anyway", false, &d.anyway));
    return decide(a, &d);
}

enum err api_transfer_reject(struct api *a)
{
    struct transfer_decision d = {.confirm = false};
    TRY(order_here(a, &d.number));
    TRY(api_get_text(a, "reason", &d.reason));
    return decide(a, &d);
}

/* ---- the buyer ---- */

static enum err my_order(struct api *a, struct order *ret)
{
    TRY(order_by_number(a->cx, rq_param(a->rq, "number"), ret));
    if (ret->account_id != a->account.id)
        return ERR_NOT_FOUND;
    return api_planet_ok(a, ret->planet_id);
}

enum err api_my_transfer(struct api *a)
{
    struct order o;
    struct transfer t;
    TRY(my_order(a, &o));
    TRY(transfer_open(a->cx, &o, &t));
    return send_transfer(a, o.number);
}

/* With a picture as multipart/form-data. */
enum err api_my_transfer_say(struct api *a)
{
    struct order o;
    struct transfer_say say = {.picture = STR("")};
    const struct upload *files;
    TRY(my_order(a, &o));
    say.number = o.number;
    TRY(api_get_text(a, "payer", &say.payer));
    TRY(api_get_text(a, "bank_ref", &say.bank_ref));
    TRY(api_read(a));
    size_t n = rq_uploads(a->rq, &files);
    for (size_t i = 0; i < n; i++)
        if (str_eq_c(files[i].field, "picture")) {
            say.picture = files[i].bytes;
            say.filename = files[i].filename;
        }
    TRY(transfer_say(a->cx, &say));
    return send_transfer(a, o.number);
}
