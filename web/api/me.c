/* The account whose token asks: what it has and why, what it can do with it. */
#include "node/base/i18n.h"
#include "node/db/db.h"
#include "node/money/credit.h"
#include "node/money/gift.h"
#include "node/money/invite.h"
#include "node/money/redeem.h"
#include "node/money/refund.h"
#include "node/money/trial.h"
#include "node/planet/admission.h"
#include "web/api/rows.h"
#include "web/api/words.h"

/* ---- memberships ---- */

enum err api_my_memberships(struct api *a)
{
    int64_t *ids;
    size_t n;
    TRY(membership_planets(a->cx, a->account.id, &ids, &n));
    api_begin_list(a);
    for (size_t i = 0; i < n; i++) {
        struct planet p;
        if (a->token.planet_id != DB_NULL && a->token.planet_id != ids[i])
            continue;
        TRY(planet_by_id(a->cx, ids[i], &p));
        TRY(api_put_mine(a, &p, false));
    }
    return api_send_list(a, 0);
}

enum err api_my_credit(struct api *a)
{
    struct credit_sum *v;
    size_t n;
    TRY(credit_list(a->cx, a->account.id, &v, &n));
    struct jw *w = api_begin_list(a);
    for (size_t i = 0; i < n; i++) {
        struct planet p;
        if (a->token.planet_id != DB_NULL && a->token.planet_id != v[i].planet_id)
            continue;
        TRY(planet_by_id(a->cx, v[i].planet_id, &p));
        jw_obj(w);
        jw_key_str(w, "planet", p.handle);
        api_put_money(a, "amount", v[i].money.minor, str_c(v[i].money.cur));
        jw_end(w);
    }
    return api_send_list(a, 0);
}

/* ---- codes, cards ---- */

enum err api_redeem(struct api *a)
{
    struct redeemed r;
    struct str code;
    struct planet p;
    TRY(api_get_text_needed(a, "code", &code));
    TRY(api_read(a));
    if (a->token.planet_id != DB_NULL) /* nobody knows whose the code is before it is used */
        return cx_tell(a->cx, ERR_FORBIDDEN, N_("To redeem takes a token that is not bound to a planet."));
    TRY(code_redeem(a->cx, a->account.id, code, a->rq->ip, &r));
    TRY(planet_by_id(a->cx, r.planet_id, &p));
    struct jw *w = api_begin(a);
    jw_obj(w);
    jw_key_str(w, "planet", p.handle);
    jw_key_id(w, "tier_id", r.tier_id);
    api_put_time(w, "starts_at", r.starts_at);
    api_put_time(w, "ends_at", r.ends_at);
    jw_end(w);
    return api_send(a, 200);
}

/* The token of a link, or the link. */
static enum err read_card(struct api *a, struct str *ret, struct trial_card *ret_card)
{
    TRY(api_get_text_needed(a, "card", ret));
    TRY(api_read(a));
    for (size_t at = str_find_char(*ret, '/', 0); at != SIZE_MAX; at = str_find_char(*ret, '/', 0))
        *ret = str_sub(*ret, at + 1, SIZE_MAX);
    TRY(trial_card_look(a->cx, *ret, ret_card));
    return api_planet_ok(a, ret_card->planet_id);
}

enum err api_card_use(struct api *a)
{
    struct trial_card c;
    struct str token;
    struct planet p;
    int64_t grant;
    TRY(read_card(a, &token, &c));
    TRY(trial_card_use(a->cx, a->account.id, token, &grant));
    TRY(planet_by_id(a->cx, c.planet_id, &p));
    api_begin(a);
    TRY(api_put_mine(a, &p, true));
    return api_send(a, 200);
}

/* ---- gifts ---- */

enum err api_my_gifts(struct api *a)
{
    struct gift *v;
    struct api_span s;
    size_t n;
    TRY(gift_list(a->cx, a->account.id, &v, &n));
    TRY(API_SPAN(a, v, n, id, &s));
    api_begin_list(a);
    for (size_t i = s.from; i < s.to; i++)
        if (a->token.planet_id == DB_NULL || a->token.planet_id == v[i].planet_id)
            api_put_gift(a, &v[i]);
    return api_send_list(a, s.next);
}

static enum err my_gift(struct api *a, struct gift *ret)
{
    TRY(gift_of_order(a->cx, rq_param(a->rq, "number"), ret));
    return api_planet_ok(a, ret->planet_id);
}

enum err api_my_gift(struct api *a)
{
    struct gift g;
    TRY(my_gift(a, &g));
    api_begin(a);
    api_put_gift(a, &g);
    return api_send(a, 200);
}

enum err api_my_gift_refund(struct api *a)
{
    struct gift g;
    TRY(my_gift(a, &g));
    TRY(gift_refund(a->cx, g.number));
    return api_my_gift(a);
}

/* ---- one's own invitation ---- */

enum err api_my_invite(struct api *a)
{
    struct invite mine;
    struct referral *v;
    size_t n;
    TRY(invite_mine(a->cx, a->planet.id, a->account.id, &mine));
    TRY(referral_list(a->cx, a->planet.id, a->account.id, &v, &n));
    struct jw *w = api_begin(a);
    jw_obj(w);
    jw_key_str(w, "code", mine.code);
    api_put_url(a, "link", str_fmt(a->cx->arena, "/@" STR_FMT "/i/" STR_FMT, STR_ARG(a->planet.handle), STR_ARG(mine.code)));
    jw_key(w, "referrals");
    jw_arr(w);
    for (size_t i = 0; i < n; i++)
        api_put_referral(a, &v[i]);
    jw_end(w);
    jw_end(w);
    return api_send(a, 200);
}

/* ---- asking to join ---- */

static enum err send_request(struct api *a, int status)
{
    struct join_request r;
    bool found;
    TRY(join_request_of(a->cx, a->planet.id, a->account.id, &found, &r));
    if (!found)
        return ERR_NOT_FOUND;
    struct jw *w = api_begin(a);
    jw_obj(w);
    jw_key_id(w, "id", r.id);
    TRY(api_put_person(a, "account", r.account_id));
    jw_key_str(w, "answer", r.answer.p == NULL ? STR("") : r.answer);
    jw_key_str(w, "state", r.state);
    api_put_time(w, "created_at", r.created_at);
    jw_end(w);
    return api_send(a, status);
}

enum err api_my_join_request(struct api *a)
{
    return send_request(a, 200);
}

enum err api_my_join_ask(struct api *a)
{
    struct str answer;
    TRY(api_get_text(a, "answer", &answer));
    TRY(api_read(a));
    TRY(join_request_make(a->cx, a->planet.id, a->account.id, answer.p == NULL ? STR("") : answer));
    return send_request(a, 201);
}

/* ---- money back ---- */

static enum err my_order(struct api *a, struct order *ret)
{
    TRY(order_by_number(a->cx, rq_param(a->rq, "number"), ret));
    if (ret->account_id != a->account.id)
        return ERR_NOT_FOUND;
    return api_planet_ok(a, ret->planet_id);
}

enum err api_my_refund_offer(struct api *a)
{
    static const char *const doors[] = {[REFUND_NO] = "no", [REFUND_WAITS] = "waits", [REFUND_NOW] = "now", [REFUND_ASK] = "ask"};
    struct refund_offer f;
    struct order o;
    TRY(my_order(a, &o));
    TRY(refund_offer(a->cx, &o, &f));
    struct str cur = str_c(o.total.cur);
    struct jw *w = api_begin(a);
    jw_obj(w);
    jw_key_c(w, "door", doors[f.door]);
    api_put_money(a, "amount", f.amount.minor, cur);
    api_put_money(a, "credit", f.credit, cur);
    api_put_time(w, "until", f.door == REFUND_NOW ? f.until : DB_NULL);
    jw_key_str(w, "why", f.why == NULL ? STR_NULL : str_c(i18n_get(a->cx->locale, f.why)));
    jw_key_bool(w, "renews", f.renews);
    jw_end(w);
    return api_send(a, 200);
}

static enum err send_refund(struct api *a, const struct refund *r, int status)
{
    api_begin(a);
    TRY(api_put_refund(a, r));
    return api_send(a, status);
}

enum err api_my_refund(struct api *a)
{
    struct refund r;
    struct order o;
    TRY(my_order(a, &o));
    TRY(api_read(a));
    TRY(refund_mine(a->cx, o.number, &r));
    return send_refund(a, &r, 201);
}

enum err api_my_refund_ask(struct api *a)
{
    struct refund r;
    struct order o;
    struct str words;
    TRY(my_order(a, &o));
    TRY(api_get_text(a, "words", &words));
    TRY(api_read(a));
    TRY(refund_request(a->cx, o.number, words.p == NULL ? STR("") : words, &r));
    return send_refund(a, &r, 201);
}

enum err api_my_refunds(struct api *a)
{
    struct order o;
    TRY(my_order(a, &o));
    return api_put_refunds(a, o.id);
}

enum err api_my_refund_withdraw(struct api *a)
{
    struct refund r;
    int64_t id;
    TRY(api_path_id(a, "id", &id));
    TRY(refund_by_id(a->cx, id, &r));
    if (r.account_id != a->account.id)
        return ERR_NOT_FOUND;
    TRY(api_planet_ok(a, r.planet_id));
    TRY(refund_withdraw(a->cx, id));
    return api_send_empty(a);
}
