/* Orders of a planet, money back, what waits in the tray, the ledger. */
#include "node/base/clock.h"
#include "node/db/db.h"
#include "node/money/ledger.h"
#include "node/money/order.h"
#include "node/money/refund.h"
#include "web/api/rows.h"
#include "web/api/words.h"

#include <stdio.h>

/* ---- orders ---- */

enum err api_orders(struct api *a)
{
    struct order *v;
    int64_t after;
    int limit;
    size_t n;
    TRY(api_page_limit(a, &limit));
    TRY(api_page_after(a, &after));
    TRY(order_list_of_planet(a->cx, a->planet.id, after, limit + 1, &v, &n));
    size_t shown = n > (size_t)limit ? (size_t)limit : n;
    api_begin_list(a);
    for (size_t i = 0; i < shown; i++)
        TRY(api_put_order(a, &v[i]));
    return api_send_list(a, n > shown ? v[shown - 1].id : 0);
}

static enum err order_of_path(struct api *a, struct order *ret)
{
    TRY(planet_may_own(a->cx, a->planet.id));
    TRY(order_by_number(a->cx, rq_param(a->rq, "number"), ret));
    return ret->planet_id == a->planet.id ? OK : ERR_NOT_FOUND;
}

enum err api_order(struct api *a)
{
    struct order o;
    TRY(order_of_path(a, &o));
    api_begin(a);
    TRY(api_put_order(a, &o));
    return api_send(a, 200);
}

/* ---- money back ---- */

enum err api_put_refund(struct api *a, const struct refund *r)
{
    struct jw *w = &a->w;
    struct str cur = str_c(r->amount.cur);
    jw_obj(w);
    jw_key_id(w, "id", r->id);
    jw_key_str(w, "order", r->number);
    TRY(api_put_person(a, "account", r->account_id));
    jw_key_str(w, "kind", r->kind);
    jw_key_str(w, "state", r->state);
    jw_key_str(w, "rail", r->rail);
    api_put_money(a, "amount", r->amount.minor, cur);
    jw_key_bool(w, "ends", r->ends);
    jw_key_bool(w, "by_hand", r->by_hand);
    jw_key_str(w, "asked", r->asked.n == 0 ? STR_NULL : r->asked);
    jw_key_str(w, "said", r->said.n == 0 ? STR_NULL : r->said);
    jw_key_str(w, "why", r->why.n == 0 ? STR_NULL : r->why);
    api_put_time(w, "created_at", r->created_at);
    api_put_time(w, "sent_at", r->sent_at);
    api_put_time(w, "ended_at", r->ended_at);
    jw_end(w);
    return OK;
}

static enum err send_refund(struct api *a, int64_t id, int status)
{
    struct refund r;
    TRY(refund_by_id(a->cx, id, &r));
    api_begin(a);
    TRY(api_put_refund(a, &r));
    return api_send(a, status);
}

enum err api_refund_preview(struct api *a)
{
    struct refund_preview p;
    struct order o;
    struct str cur, typed = rq_query(a->rq, "minor");
    int64_t amount = 0;
    TRY(order_of_path(a, &o));
    if (typed.n > 0 && (!str_to_i64(typed, &amount) || amount < 1))
        return api_wrong(a, "minor", N_("The amount is a whole number of the smallest unit."));
    TRY(refund_preview(a->cx, o.number, amount, &p));
    cur = str_c(o.total.cur);
    struct jw *w = api_begin(a);
    jw_obj(w);
    api_put_money(a, "amount", p.amount.minor, cur);
    api_put_money(a, "left", p.left.minor, cur);
    api_put_money(a, "fee", p.fee.minor, cur);
    api_put_money(a, "credit", p.credit, cur);
    jw_key_bool(w, "by_rail", p.by_rail);
    jw_key_bool(w, "whole", p.whole);
    jw_key_bool(w, "ends", p.ends);
    jw_key_bool(w, "renews", p.renews);
    jw_key_bool(w, "disputed", p.disputed);
    jw_end(w);
    return api_send(a, 200);
}

enum err api_put_refunds(struct api *a, int64_t order_id)
{
    struct refund *v;
    size_t n;
    TRY(refund_of_order(a->cx, order_id, &v, &n));
    api_begin_list(a);
    for (size_t i = 0; i < n; i++)
        TRY(api_put_refund(a, &v[i]));
    return api_send_list(a, 0);
}

enum err api_order_refunds(struct api *a)
{
    struct order o;
    TRY(order_of_path(a, &o));
    return api_put_refunds(a, o.id);
}

struct giving {
    int64_t amount;
    bool keeps, by_hand;
    struct str words;
};

static enum err read_giving(struct api *a, struct giving *g)
{
    TRY(api_get_int(a, "minor", 0, &g->amount));
    TRY(api_get_bool(a, "keeps", false, &g->keeps));
    TRY(api_get_bool(a, "by_hand", false, &g->by_hand));
    TRY(api_get_text(a, "words", &g->words));
    TRY(api_read(a));
    if (g->words.p == NULL)
        g->words = STR("");
    return g->amount >= 0 ? OK : api_wrong(a, "minor", N_("The amount is a whole number of the smallest unit."));
}

enum err api_refund_make(struct api *a)
{
    struct order o;
    struct giving g;
    struct refund r;
    TRY(order_of_path(a, &o));
    TRY(read_giving(a, &g));
    struct refund_give give = {.number = o.number, .amount = g.amount, .keeps = g.keeps, .by_hand = g.by_hand,
                               .words = g.words};
    TRY(refund_give(a->cx, &give, &r));
    return send_refund(a, r.id, 201);
}

enum err api_refunds(struct api *a)
{
    struct refund *v;
    int64_t after;
    int limit;
    size_t n;
    bool open = str_eq_c(rq_query(a->rq, "state"), "open");
    TRY(api_page_limit(a, &limit));
    TRY(api_page_after(a, &after));
    TRY(refund_list_of_planet(a->cx, a->planet.id, open ? REFUND_OPEN : REFUND_ALL, after, limit + 1, &v, &n));
    size_t shown = n > (size_t)limit ? (size_t)limit : n;
    api_begin_list(a);
    for (size_t i = 0; i < shown; i++)
        TRY(api_put_refund(a, &v[i]));
    return api_send_list(a, n > shown && !open ? v[shown - 1].id : 0);
}

static enum err refund_of_path(struct api *a, struct refund *ret)
{
    int64_t id;
    TRY(planet_may_own(a->cx, a->planet.id));
    TRY(api_path_id(a, "id", &id));
    TRY(refund_by_id(a->cx, id, ret));
    return ret->planet_id == a->planet.id ? OK : ERR_NOT_FOUND;
}

enum err api_refund(struct api *a)
{
    struct refund r;
    TRY(refund_of_path(a, &r));
    return send_refund(a, r.id, 200);
}

enum err api_refund_approve(struct api *a)
{
    struct refund r;
    struct giving g;
    TRY(refund_of_path(a, &r));
    TRY(read_giving(a, &g));
    TRY(refund_approve(a->cx, r.id, g.amount, g.keeps, g.by_hand, g.words, &r));
    return send_refund(a, r.id, 200);
}

static enum err with_words(struct api *a, enum err (*verb)(struct cx *cx, int64_t id, struct str words))
{
    struct refund r;
    struct str words;
    TRY(refund_of_path(a, &r));
    TRY(api_get_text(a, "words", &words));
    TRY(api_read(a));
    TRY(verb(a->cx, r.id, words.p == NULL ? STR("") : words));
    return send_refund(a, r.id, 200);
}

enum err api_refund_decline(struct api *a) { return with_words(a, refund_decline); }
enum err api_refund_by_hand(struct api *a) { return with_words(a, refund_by_hand); }
enum err api_refund_give_up(struct api *a) { return with_words(a, refund_give_up); }

enum err api_refund_retry(struct api *a)
{
    struct refund r;
    TRY(refund_of_path(a, &r));
    TRY(refund_retry(a->cx, r.id, &r));
    return send_refund(a, r.id, 200);
}

enum err api_refund_rule(struct api *a)
{
    struct refund_rule r;
    TRY(planet_may_own(a->cx, a->planet.id));
    TRY(refund_rule_of(a->cx, a->planet.id, &r));
    struct jw *w = api_begin(a);
    jw_obj(w);
    jw_key_i64(w, "post_hours", r.post_hours);
    jw_end(w);
    return api_send(a, 200);
}

enum err api_refund_rule_set(struct api *a)
{
    struct refund_rule r;
    TRY(refund_rule_of(a->cx, a->planet.id, &r));
    TRY(api_get_int(a, "post_hours", r.post_hours, &r.post_hours));
    TRY(api_read(a));
    TRY(refund_rule_set(a->cx, a->planet.id, &r));
    return api_refund_rule(a);
}

/* ---- the ledger ---- */

static void put_txn(struct api *a, const struct txn *t)
{
    struct jw *w = &a->w;
    struct buf hex;
    buf_init_arena(&hex, a->cx->arena, 2 * t->hash.n + 1);
    buf_put_hex(&hex, t->hash.p, t->hash.n);
    jw_obj(w);
    jw_key_id(w, "id", t->id);
    jw_key_i64(w, "seq", t->seq);
    api_put_time(w, "at", t->at);
    jw_key_str(w, "kind", t->kind);
    api_put_id(w, "order_id", t->order_id);
    api_put_id(w, "grant_id", t->grant_id);
    api_put_id(w, "reverses", t->reverses);
    jw_key_str(w, "memo", t->memo.p == NULL ? STR("") : t->memo);
    jw_key(w, "entries");
    jw_arr(w);
    for (size_t i = 0; i < t->n_entries; i++) {
        jw_obj(w);
        jw_key_str(w, "account", t->entries[i].account);
        api_put_money(a, "amount", t->entries[i].amount, str_c(t->entries[i].cur));
        jw_end(w);
    }
    jw_end(w);
    jw_key_str(w, "hash", buf_str(&hex));
    jw_end(w);
}

static enum err query_time(struct api *a, const char *name, int64_t *ret)
{
    struct str s = rq_query(a->rq, name);
    if (s.n > 0 && !clock_parse_rfc3339(s, ret))
        return api_wrong(a, name, N_("A moment is like 2027-01-31T10:00:00Z."));
    return OK;
}

enum err api_ledger_filter(struct api *a, struct ledger_filter *f)
{
    struct str number = rq_query(a->rq, "order");
    struct order o;
    *f = LEDGER_ALL;
    TRY(query_time(a, "from", &f->from));
    TRY(query_time(a, "to", &f->to));
    if (rq_query(a->rq, "kind").n > 0)
        f->kind = rq_query(a->rq, "kind");
    if (rq_query(a->rq, "account").n > 0)
        f->account = rq_query(a->rq, "account");
    if (number.n == 0)
        return OK;
    TRY(planet_may_own(a->cx, a->planet.id));
    enum err e = order_by_number(a->cx, number, &o);
    if (e == ERR_NOT_FOUND || (e == OK && o.planet_id != a->planet.id))
        return api_wrong(a, "order", N_("There is no such order."));
    TRY(e);
    f->order_id = o.id;
    return OK;
}

/* Newest first; the next page begins behind "AT-SEQ". */
enum err api_ledger(struct api *a)
{
    struct ledger_filter f;
    struct ledger_place before = {0};
    struct str after = rq_query(a->rq, "after"), first;
    struct txn *v;
    int limit;
    size_t n;
    TRY(api_page_limit(a, &limit));
    TRY(api_ledger_filter(a, &f));
    if (after.n > 0 && (!str_next(&after, '-', &first) || !str_to_i64(first, &before.at) || after.p == NULL ||
                        !str_to_i64(after, &before.seq) || before.at <= 0))
        return api_wrong(a, "after", N_("“after” comes from the page before: its “next”."));
    TRY(ledger_page(a->cx, a->planet.id, &f, &before, limit + 1, &v, &n));
    size_t shown = n > (size_t)limit ? (size_t)limit : n;
    api_begin_list(a);
    for (size_t i = 0; i < shown; i++)
        put_txn(a, &v[i]);
    if (n <= shown)
        return api_send_list(a, 0);
    return api_send_list_at(a, str_fmt(a->cx->arena, "%lld-%lld", (long long)v[shown - 1].at,
                                       (long long)v[shown - 1].seq));
}

enum err api_ledger_balances(struct api *a)
{
    struct ledger_balance *v;
    size_t n;
    TRY(ledger_accounts(a->cx, a->planet.id, &v, &n));
    struct jw *w = api_begin_list(a);
    for (size_t i = 0; i < n; i++) {
        jw_obj(w);
        jw_key_str(w, "account", v[i].account);
        api_put_money(a, "amount", v[i].amount, v[i].currency);
        jw_end(w);
    }
    return api_send_list(a, 0);
}

struct verifying { int64_t planet_id; struct ledger_check check; };

static enum err verify(struct cx *cx, void *arg)
{
    struct verifying *v = arg;
    return ledger_verify(cx, v->planet_id, &v->check);
}

static enum err verified(struct api *a, enum err e, void *arg)
{
    const struct verifying *v = arg;
    TRY(e);
    struct jw *w = api_begin(a);
    jw_obj(w);
    jw_key_bool(w, "sound", v->check.ok);
    jw_key_i64(w, "txns", v->check.n_txns);
    api_put_id(w, "bad_txn_id", v->check.ok ? DB_NULL : v->check.bad_txn_id);
    jw_key_str(w, "what", v->check.ok ? STR_NULL : str_c(v->check.what));
    jw_key_str(w, "head", v->check.head);
    jw_end(w);
    return api_send(a, 200);
}

enum { VERIFY_MS = 60000 };

enum err api_ledger_verify(struct api *a)
{
    struct verifying *v = ARENA_NEW(a->cx->arena, struct verifying);
    TRY(planet_may_own(a->cx, a->planet.id));
    *v = (struct verifying){.planet_id = a->planet.id};
    return api_away(a, verify, v, VERIFY_MS, verified);
}
