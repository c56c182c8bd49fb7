/* Members, tiers and prices. */
#include "admin/desk.h"
#include "admin/html.h"
#include "node/base/i18n.h"
#include "node/db/db.h"
#include "node/money/money.h"
#include "node/money/trial_order.h"
#include "node/people/account.h"
#include "web/compose_form.h"
#include "web/page.h"
#include "web/planet_view.h"

enum { MEMBERS_SHOWN = 50 };

static struct str role_text(struct cx *cx, enum role role)
{
    switch (role) {
    case ROLE_OWNER: return str_c(tr(cx, N_("Owner")));
    case ROLE_PARTNER: return str_c(tr(cx, N_("Partner")));
    case ROLE_GUEST: return str_c(tr(cx, N_("Guest")));
    case ROLE_MODERATOR: return str_c(tr(cx, N_("Moderator")));
    case ROLE_BANNED: return str_c(tr(cx, N_("Banned")));
    case ROLE_NONE: return STR_NULL;
    }
    return STR_NULL;
}

static struct view_desk_member member_row(struct cx *cx, const struct member *m)
{
    bool ever = m->m.grant_id > 0, lifetime = ever && m->m.ends_at == DB_NULL;
    return (struct view_desk_member){
        .account_id = m->account_id,
        .grant_id = ever ? m->m.grant_id : 0,
        .person = {.name = m->name,
                   .handle = str_fmt(cx->arena, "@" STR_FMT, STR_ARG(m->username)),
                   .avatar = web_avatar(cx, m->name, DB_NULL)},
        .mail = m->mail,
        .role = role_text(cx, m->role),
        .tier = ever ? m->m.tier_name : STR_NULL,
        .kind = ever ? grant_kind_label(cx, m->m.kind) : STR_NULL,
        .since = ever ? i18n_date(cx, m->m.starts_at) : STR_NULL,
        /* taken away before its day: that day says nothing */
        .until = ever && !lifetime && (m->m.live || m->m.ends_at <= cx->now) ? i18n_date(cx, m->m.ends_at) : STR_NULL,
        .live = ever && m->m.live,
        .lifetime = lifetime,
        .is_owner = m->role == ROLE_OWNER,
        .banned = m->role == ROLE_BANNED,
    };
}

static enum err show_members(struct rq *rq, const struct planet *p, enum err e)
{
    struct cx *cx = rq->cx;
    struct view_desk *d;
    struct view_desk_members v = {0};
    struct member *all;
    size_t n;
    int64_t after = 0;
    if (e != OK)
        v.error = web_mendable(rq, e);
    TRY(desk_head(rq, p, DESK_MEMBERS, N_("Members"), &d));
    v.desk = d;
    (void)web_id(rq_query(rq, "after"), &after);
    TRY(member_list(cx, p->id, after, MEMBERS_SHOWN + 1, &all, &n));
    if (n > MEMBERS_SHOWN) {
        n = MEMBERS_SHOWN;
        v.older_url = str_fmt(cx->arena, STR_FMT "/members?after=%lld", STR_ARG(d->base),
                              (long long)all[n - 1].account_id);
    }
    struct view_desk_member *out = ARENA_ARRAY(cx->arena, struct view_desk_member, n);
    for (size_t i = 0; i < n; i++)
        out[i] = member_row(cx, &all[i]);
    v.members = out;
    v.n_members = n;
    TRY(compose_tiers(cx, p->id, &v.tiers, &v.n_tiers));
    struct buf buf = web_buf();
    html_desk_members(&buf, cx, &v);
    return web_send(rq, e == OK ? 200 : http_status_of(e), &buf);
}

enum err desk_members(struct rq *rq)
{
    struct planet p;
    TRY(desk_planet(rq, &p));
    return show_members(rq, &p, OK);
}

static enum err grant(struct rq *rq, const struct planet *p)
{
    struct cx *cx = rq->cx;
    struct account a;
    struct tier t;
    int64_t tier_id, count, id;
    struct str unit;
    struct str who = str_trim(rq_form(rq, "mail"));
    enum err e = str_starts(who, STR("@")) ? account_by_username(cx, str_sub(who, 1, SIZE_MAX), &a)
                                            : account_by_mail(cx, who, &a);
    if (e == ERR_NOT_FOUND)
        return cx_tell(cx, ERR_INVALID,
                       N_("Nobody here has that mail address or name. They sign in once, then you can give."));
    TRY(e);
    if (!web_id(rq_form(rq, "tier_id"), &tier_id) || tier_by_id(cx, tier_id, &t) != OK ||
        t.planet_id != p->id)
        return cx_tell(cx, ERR_INVALID, N_("Choose a tier."));
    TRY(desk_length(rq, &unit, &count));
    return membership_grant(cx, p->id, a.id, t.id, "comp", cx->now, term_end(i18n_zone(cx), cx->now, unit, count),
                            DB_NULL, DB_NULL, &id);
}

enum err desk_member_grant(struct rq *rq)
{
    struct planet p;
    TRY(desk_planet(rq, &p));
    enum err e = grant(rq, &p);
    if (desk_mendable(e))
        return show_members(rq, &p, e);
    TRY(e);
    return desk_done(rq, &p, "/members", "done");
}

enum err desk_member_revoke(struct rq *rq)
{
    struct planet p;
    int64_t account_id;
    TRY(desk_planet(rq, &p));
    if (!web_id(rq_form(rq, "account_id"), &account_id))
        return ERR_INVALID;
    struct str reason = str_trim(rq_form(rq, "reason"));
    enum err e = membership_end(rq->cx, p.id, account_id, reason.n > 0 ? reason : STR("by the owner"));
    if (desk_mendable(e))
        return show_members(rq, &p, e);
    TRY(e);
    return desk_done(rq, &p, "/members", "done");
}

enum err desk_member_role(struct rq *rq)
{
    struct planet p;
    int64_t account_id;
    struct str word = rq_form(rq, "role");
    TRY(desk_planet(rq, &p));
    if (!web_id(rq_form(rq, "account_id"), &account_id))
        return ERR_INVALID;
    enum role role = role_parse(word);
    if (role == ROLE_NONE && word.n > 0 && !str_eq_c(word, "none"))
        return ERR_INVALID;
    enum err e = role_set(rq->cx, p.id, account_id, role);
    if (desk_mendable(e))
        return show_members(rq, &p, e);
    TRY(e);
    return desk_done(rq, &p, "/members", "done");
}

/* ---- tiers ---- */

static enum err tier_row(struct cx *cx, const struct tier *t, struct view_desk_tier *ret)
{
    struct view_price *prices = ARENA_ARRAY(cx->arena, struct view_price, t->n_prices);
    for (size_t i = 0; i < t->n_prices; i++)
        prices[i] = (struct view_price){
            .id = t->prices[i].id,
            .money = i18n_money(cx, t->prices[i].money.minor, str_c(t->prices[i].money.cur)),
            .term = web_term(cx, t->prices[i].unit, t->prices[i].count),
            .trial_days = t->prices[i].trial_days,
        };
    *ret = (struct view_desk_tier){
        .id = t->id,
        .rank = t->rank,
        .slug = t->slug,
        .name = t->name,
        .about = t->about,
        .seats = t->seats == DB_NULL ? STR_NULL : str_fmt(cx->arena, "%lld", (long long)t->seats),
        .prices = prices,
        .n_prices = t->n_prices,
        .visible = t->visible,
    };
    return tier_members(cx, t->id, &ret->n_members);
}

static enum err show_tiers(struct rq *rq, const struct planet *p, enum err e)
{
    struct cx *cx = rq->cx;
    struct view_desk *d;
    struct view_desk_tiers v = {.currency = STR("CNY")};
    struct tier *tiers;
    size_t n;
    if (e != OK)
        v.error = web_mendable(rq, e);
    TRY(desk_head(rq, p, DESK_TIERS, N_("Tiers and prices"), &d));
    v.desk = d;
    TRY(tier_list(cx, p->id, &tiers, &n));
    struct view_desk_tier *rows = ARENA_ARRAY(cx->arena, struct view_desk_tier, n);
    for (size_t i = 0; i < n; i++) {
        TRY(tier_row(cx, &tiers[i], &rows[i]));
        if (tiers[i].n_prices > 0)
            v.currency = str_c(tiers[i].prices[0].money.cur);
    }
    v.tiers = rows;
    v.n_tiers = n;
    v.owns = desk_sees_money(rq, p);
    TRY(trial_rule_of(cx, p->id, &v.card_first));
    struct buf buf = web_buf();
    html_desk_tiers(&buf, cx, &v);
    return web_send(rq, e == OK ? 200 : http_status_of(e), &buf);
}

enum err desk_tiers(struct rq *rq)
{
    struct planet p;
    TRY(desk_planet(rq, &p));
    return show_tiers(rq, &p, OK);
}

enum err desk_trial_rule(struct rq *rq)
{
    struct planet p;
    TRY(desk_planet(rq, &p));
    if (!desk_sees_money(rq, &p))
        return ERR_NOT_FOUND;
    TRY(trial_rule_set(rq->cx, p.id, str_eq_c(rq_form(rq, "card_first"), "true")));
    return desk_done(rq, &p, "/tiers", "done");
}

static enum err make_tier(struct rq *rq, const struct planet *p)
{
    struct cx *cx = rq->cx;
    struct tier t;
    int64_t rank, seats = DB_NULL;
    struct str seats_text = str_trim(rq_form(rq, "seats"));
    if (!web_id(str_trim(rq_form(rq, "rank")), &rank))
        return cx_tell(cx, ERR_INVALID, N_("The rank is a number; 1 is the lowest."));
    if (seats_text.n > 0 && !web_id(seats_text, &seats))
        return cx_tell(cx, ERR_INVALID, N_("The number of seats is a number, or empty for no limit."));
    struct str slug = str_fmt(cx->arena, "tier%lld", (long long)rank);
    return tier_create(cx, p->id, slug, str_trim(rq_form(rq, "name")), str_trim(rq_form(rq, "about")),
                       rank, seats, &t);
}

enum err desk_tier_make(struct rq *rq)
{
    struct planet p;
    TRY(desk_planet(rq, &p));
    enum err e = make_tier(rq, &p);
    if (desk_mendable(e))
        return show_tiers(rq, &p, e);
    TRY(e);
    return desk_done(rq, &p, "/tiers", "done");
}

static enum err make_price(struct rq *rq, const struct planet *p)
{
    struct cx *cx = rq->cx;
    struct tier t;
    struct money m;
    struct price price;
    struct str unit;
    int64_t id, count, trial = 0;
    if (!web_id(rq_param(rq, "id"), &id) || tier_by_id(cx, id, &t) != OK || t.planet_id != p->id)
        return ERR_NOT_FOUND;
    TRY(money_parse_fields(cx, str_trim(rq_form(rq, "amount")), str_trim(rq_form(rq, "currency")), &m));
    TRY(desk_length(rq, &unit, &count));
    (void)web_id(str_trim(rq_form(rq, "trial_days")), &trial);
    return price_create(cx, t.id, m, unit, count, trial, &price);
}

enum err desk_price_make(struct rq *rq)
{
    struct planet p;
    TRY(desk_planet(rq, &p));
    enum err e = make_price(rq, &p);
    if (desk_mendable(e))
        return show_tiers(rq, &p, e);
    TRY(e);
    return desk_done(rq, &p, "/tiers", "done");
}
