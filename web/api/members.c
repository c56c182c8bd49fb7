/* Members and what was given to them; roles; who asks to join; gifts and invitations of a planet. */
#include "node/base/json.h"
#include "node/base/i18n.h"
#include "node/db/db.h"
#include "node/money/gift.h"
#include "node/money/invite.h"
#include "node/planet/admission.h"
#include "node/planet/grant.h"
#include "web/api/rows.h"
#include "web/api/words.h"

/* ---- members ---- */

void api_put_membership(struct api *a, const char *key, const struct membership *m)
{
    struct jw *w = &a->w;
    if (key != NULL)
        jw_key(w, key);
    if (m == NULL || m->grant_id == 0) {
        jw_null(w);
        return;
    }
    jw_obj(w);
    jw_key_id(w, "tier_id", m->tier_id);
    jw_key_str(w, "tier", m->tier_name);
    jw_key_i64(w, "rank", m->rank);
    jw_key_str(w, "kind", m->kind);
    jw_key_bool(w, "live", m->live);
    api_put_time(w, "starts_at", m->starts_at);
    api_put_time(w, "ends_at", m->ends_at);
    jw_end(w);
}

static void put_role(struct jw *w, enum role role)
{
    jw_key_str(w, "role", role == ROLE_NONE ? STR_NULL : str_c(role_word(role)));
}

enum err api_members(struct api *a)
{
    struct member *v;
    int64_t after;
    int limit;
    size_t n;
    TRY(api_page_limit(a, &limit));
    TRY(api_page_after(a, &after));
    TRY(member_list(a->cx, a->planet.id, after, limit + 1, &v, &n));
    size_t shown = n > (size_t)limit ? (size_t)limit : n;
    struct jw *w = api_begin_list(a);
    for (size_t i = 0; i < shown; i++) {
        jw_obj(w);
        jw_key_id(w, "id", v[i].account_id);
        jw_key_str(w, "username", v[i].username);
        jw_key_str(w, "name", v[i].name);
        jw_key_str(w, "mail", v[i].mail.n == 0 ? STR_NULL : v[i].mail);
        put_role(w, v[i].role);
        api_put_membership(a, "membership", &v[i].m);
        jw_end(w);
    }
    return api_send_list(a, n > shown ? v[shown - 1].account_id : 0);
}

static enum err send_member(struct api *a, int64_t account_id, int status)
{
    struct cx *cx = a->cx;
    struct membership m = {.grant_id = 0};
    struct account who;
    struct grant *grants;
    enum role role;
    size_t n;
    TRY(planet_may_manage(cx, a->planet.id));
    TRY(account_by_id(cx, account_id, &who));
    TRY(role_of(cx, a->planet.id, account_id, &role));
    enum err e = membership_of(cx, a->planet.id, account_id, &m);
    if (e != OK && e != ERR_NOT_FOUND)
        return e;
    if (e == ERR_NOT_FOUND && role == ROLE_NONE && status == 200)
        return ERR_NOT_FOUND;
    TRY(membership_list(cx, a->planet.id, account_id, &grants, &n));
    struct jw *w = api_begin(a);
    jw_obj(w);
    jw_key_id(w, "id", who.id);
    jw_key_str(w, "username", who.username);
    jw_key_str(w, "name", who.name);
    jw_key_str(w, "mail", who.mail.n == 0 ? STR_NULL : who.mail);
    put_role(w, role);
    api_put_membership(a, "membership", &m);
    jw_key(w, "grants");
    jw_arr(w);
    for (size_t i = 0; i < n; i++)
        TRY(api_put_grant(a, &grants[i]));
    jw_end(w);
    jw_end(w);
    return api_send(a, status);
}

enum err api_member(struct api *a)
{
    int64_t id;
    TRY(api_path_id(a, "account", &id));
    return send_member(a, id, 200);
}

/* "ends_at", or a term from the start, or "for_life". */
static enum err read_end(struct api *a, int64_t from, bool needed, int64_t *ret)
{
    struct str unit;
    int64_t count;
    bool life;
    TRY(api_get_time(a, "ends_at", ret));
    TRY(api_get_text(a, "unit", &unit));
    TRY(api_get_int(a, "count", 1, &count));
    TRY(api_get_bool(a, "for_life", false, &life));
    if (unit.n > 0 && !term_ok(unit, count))
        return api_wrong(a, "unit", N_("A term is so many days, months or years, or once for life."));
    if ((*ret != DB_NULL) + (unit.n > 0) + life > 1 || (needed && *ret == DB_NULL && unit.n == 0 && !life))
        return api_wrong(a, "ends_at", N_("Say the end in one way: “ends_at”, “unit” with “count”, or “for_life”."));
    if (unit.n > 0)
        *ret = term_end(i18n_zone(a->cx), from, unit, count);
    return OK;
}

enum err api_grant_make(struct api *a)
{
    int64_t account, tier_id, starts, ends, id;
    struct tier t;
    TRY(api_get_account(a, "account", &account));
    TRY(api_get_id_needed(a, "tier_id", &tier_id));
    TRY(api_get_time(a, "starts_at", &starts));
    if (starts == DB_NULL)
        starts = a->cx->now;
    TRY(read_end(a, starts, true, &ends));
    TRY(api_read(a));
    enum err e = tier_by_id(a->cx, tier_id, &t);
    if (e == ERR_NOT_FOUND || (e == OK && t.planet_id != a->planet.id))
        return api_wrong(a, "tier_id", N_("This planet has no such tier."));
    TRY(e);
    TRY(membership_grant(a->cx, a->planet.id, account, tier_id, "comp", starts, ends, DB_NULL, DB_NULL, &id));
    return send_member(a, account, 201);
}

static enum err grant_of_path(struct api *a, struct grant *ret)
{
    int64_t id;
    TRY(api_path_id(a, "id", &id));
    TRY(grant_by_id(a->cx, id, ret));
    return ret->planet_id == a->planet.id ? OK : ERR_NOT_FOUND;
}

enum err api_grant_change(struct api *a)
{
    struct grant g;
    struct str reason;
    int64_t ends;
    TRY(grant_of_path(a, &g));
    TRY(read_end(a, a->cx->now, true, &ends));
    TRY(api_get_text_needed(a, "reason", &reason));
    TRY(api_read(a));
    TRY(membership_set_end(a->cx, g.id, ends, reason));
    return send_member(a, g.account_id, 200);
}

static enum err on_grant(struct api *a, enum err (*verb)(struct cx *cx, int64_t id, struct str reason))
{
    struct grant g;
    struct str reason;
    TRY(grant_of_path(a, &g));
    TRY(api_get_text_needed(a, "reason", &reason));
    TRY(api_read(a));
    TRY(verb(a->cx, g.id, reason));
    return send_member(a, g.account_id, 200);
}

enum err api_grant_revoke(struct api *a) { return on_grant(a, membership_revoke); }
enum err api_grant_suspend(struct api *a) { return on_grant(a, membership_suspend); }
enum err api_grant_restore(struct api *a) { return on_grant(a, membership_restore); }

enum err api_member_end(struct api *a)
{
    struct str reason;
    int64_t id;
    TRY(api_path_id(a, "account", &id));
    TRY(api_get_text_needed(a, "reason", &reason));
    TRY(api_read(a));
    TRY(membership_end(a->cx, a->planet.id, id, reason));
    return send_member(a, id, 200);
}

/* ---- roles ---- */

enum err api_roles(struct api *a)
{
    struct role_holder *v;
    size_t n;
    TRY(planet_may_manage(a->cx, a->planet.id));
    TRY(role_list(a->cx, a->planet.id, &v, &n));
    struct jw *w = api_begin_list(a);
    for (size_t i = 0; i < n; i++) {
        jw_obj(w);
        jw_key_id(w, "id", v[i].account_id);
        jw_key_str(w, "username", v[i].username);
        jw_key_str(w, "name", v[i].name);
        jw_key_c(w, "role", role_word(v[i].role));
        jw_end(w);
    }
    return api_send_list(a, 0);
}

enum err api_role_set(struct api *a)
{
    struct str word;
    int64_t id;
    struct account who;
    TRY(api_path_id(a, "account", &id));
    TRY(api_get_text(a, "role", &word));
    TRY(api_read(a));
    enum role role = word.n == 0 ? ROLE_NONE : role_parse(word);
    if (word.n > 0 && role == ROLE_NONE)
        return api_wrong(a, "role", N_("A role is owner, partner, guest, moderator or banned."));
    TRY(planet_may_own(a->cx, a->planet.id));
    TRY(account_by_id(a->cx, id, &who));
    TRY(role_set(a->cx, a->planet.id, id, role));
    return api_send_empty(a);
}

/* ---- who asks to join ---- */

enum err api_join_requests(struct api *a)
{
    struct join_request *v;
    int64_t after, next = 0;
    int limit;
    size_t n;
    TRY(api_page_limit(a, &limit));
    TRY(api_page_after(a, &after));
    TRY(join_request_list(a->cx, a->planet.id, after, limit + 1, &v, &n));
    if (n > (size_t)limit) {
        n = (size_t)limit;
        next = v[n - 1].id;
    }
    struct jw *w = api_begin_list(a);
    for (size_t i = 0; i < n; i++) {
        jw_obj(w);
        jw_key_id(w, "id", v[i].id);
        TRY(api_put_person(a, "account", v[i].account_id));
        jw_key_str(w, "answer", v[i].answer.p == NULL ? STR("") : v[i].answer);
        jw_key_str(w, "state", v[i].state);
        api_put_time(w, "created_at", v[i].created_at);
        jw_end(w);
    }
    return api_send_list(a, next);
}

static enum err decide(struct api *a, bool approve)
{
    int64_t id;
    TRY(api_path_id(a, "id", &id));
    TRY(join_request_decide(a->cx, a->planet.id, id, approve));
    return api_send_empty(a);
}

enum err api_join_approve(struct api *a) { return decide(a, true); }
enum err api_join_decline(struct api *a) { return decide(a, false); }

/* ---- gifts, and who brought whom ---- */

void api_put_gift(struct api *a, const struct gift *g)
{
    struct jw *w = &a->w;
    jw_obj(w);
    jw_key_id(w, "id", g->id);
    jw_key_str(w, "order", g->number);
    jw_key_str(w, "state", g->state);
    jw_key_str(w, "tier", g->tier_name);
    api_put_term(w, "term", g->unit, g->count);
    api_put_time(w, "paid_at", g->paid_at);
    api_put_time(w, "redeem_until", g->redeem_until);
    api_put_time(w, "redeemed_at", g->redeemed_at);
    jw_key_bool(w, "refundable", gift_may_refund(g));
    jw_key_str(w, "to", g->to_name.n == 0 ? STR_NULL : g->to_name);
    jw_key_str(w, "code", g->code.n == 0 ? STR_NULL : g->code);
    api_put_url(a, "link", g->code.n == 0 ? STR_NULL : str_fmt(a->cx->arena, "/gift/" STR_FMT, STR_ARG(g->code)));
    jw_end(w);
}

enum err api_gifts(struct api *a)
{
    struct gift *v;
    int64_t after, next = 0;
    int limit;
    size_t n;
    TRY(api_page_limit(a, &limit));
    TRY(api_page_after(a, &after));
    TRY(gift_list_of_planet(a->cx, a->planet.id, after, limit + 1, &v, &n));
    if (n > (size_t)limit) {
        n = (size_t)limit;
        next = v[n - 1].id;
    }
    api_begin_list(a);
    for (size_t i = 0; i < n; i++)
        api_put_gift(a, &v[i]);
    return api_send_list(a, next);
}

void api_put_referral(struct api *a, const struct referral *r)
{
    struct jw *w = &a->w;
    jw_obj(w);
    jw_key_id(w, "id", r->order_id);
    jw_key_str(w, "state", r->state);
    jw_key_str(w, "by", r->referrer_name);
    jw_key_str(w, "who", r->name);
    jw_key_i64(w, "days", r->days);
    if (r->amount.minor > 0) {
        api_put_money(a, "credit", r->amount.minor, str_c(r->amount.cur));
    } else {
        jw_key(w, "credit");
        jw_null(w);
    }
    jw_key_str(w, "reason", r->reason.n == 0 ? STR_NULL : r->reason);
    api_put_time(w, "created_at", r->created_at);
    api_put_time(w, "due_at", r->due_at);
    jw_end(w);
}

enum err api_referrals(struct api *a)
{
    struct referral *v;
    int64_t after, next = 0;
    int limit;
    size_t n;
    TRY(api_page_limit(a, &limit));
    TRY(api_page_after(a, &after));
    TRY(referral_list_of_planet(a->cx, a->planet.id, after, limit + 1, &v, &n));
    if (n > (size_t)limit) {
        n = (size_t)limit;
        next = v[n - 1].order_id;
    }
    api_begin_list(a);
    for (size_t i = 0; i < n; i++)
        api_put_referral(a, &v[i]);
    return api_send_list(a, next);
}

static const char *const rewards[] = {[REWARD_NONE] = "none", [REWARD_DAYS] = "days", [REWARD_CREDIT] = "credit"};

enum err api_referral_rule(struct api *a)
{
    struct referral_rule r;
    TRY(planet_may_own(a->cx, a->planet.id));
    TRY(referral_rule_of(a->cx, a->planet.id, &r));
    struct jw *w = api_begin(a);
    jw_obj(w);
    jw_key_c(w, "reward", rewards[r.reward]);
    jw_key_i64(w, "days", r.days);
    jw_key_i64(w, "wait_days", r.wait_days);
    jw_key(w, "credit");
    jw_arr(w);
    for (size_t i = 0; i < r.n_amounts; i++)
        api_put_money(a, NULL, r.amounts[i].minor, str_c(r.amounts[i].cur));
    jw_end(w);
    jw_end(w);
    return api_send(a, 200);
}

enum err api_referral_rule_set(struct api *a)
{
    struct referral_rule r;
    struct str word;
    json_t *list, *v;
    size_t i;
    TRY(referral_rule_of(a->cx, a->planet.id, &r));
    TRY(api_get_text(a, "reward", &word));
    for (i = 0; word.n > 0 && i < sizeof rewards / sizeof *rewards; i++)
        if (str_eq_c(word, rewards[i]))
            break;
    if (word.n > 0 && i == sizeof rewards / sizeof *rewards)
        return api_wrong(a, "reward", N_("A reward is none, days or credit."));
    if (word.n > 0)
        r.reward = (enum reward)i;
    TRY(api_get_int(a, "days", r.days, &r.days));
    TRY(api_get_int(a, "wait_days", r.wait_days, &r.wait_days));
    TRY(api_get_list(a, "credit", REFERRAL_AMOUNTS_MAX, &list));
    if (list != NULL)
        r.n_amounts = 0;
    json_array_foreach(list, i, v)
        TRY(api_money_of(a, "credit", v, &r.amounts[r.n_amounts++]));
    TRY(api_read(a));
    TRY(referral_rule_set(a->cx, a->planet.id, &r));
    return api_referral_rule(a);
}
