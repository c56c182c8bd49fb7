#include "web/planet_view.h"

#include <string.h>

#include "node/planet/field.h"

#include "federation/federation.h"
#include "federation/move.h"
#include "node/base/i18n.h"
#include "node/db/db.h"
#include "node/media/media.h"
#include "node/money/tax.h"
#include "node/money/order.h"
#include "node/money/rail.h"
#include "node/node.h"
#include "node/settings.h"
#include "node/talk/timeline.h"
#include "web/invited.h"
#include "web/page.h"

struct str planet_role_label(struct cx *cx, enum role role)
{
    switch (role) {
    case ROLE_OWNER: return str_c(tr(cx, N_("Owner")));
    case ROLE_PARTNER: return str_c(tr(cx, N_("Partner")));
    case ROLE_GUEST: return str_c(tr(cx, N_("Guest")));
    case ROLE_MODERATOR: return str_c(tr(cx, N_("Moderator")));
    case ROLE_NONE:
    case ROLE_BANNED: break;
    }
    return STR_NULL;
}

struct str grant_kind_label(struct cx *cx, struct str kind)
{
    static const char *const words[][2] = {
        {"paid", N_("bought")},
        {"trial", N_("a free trial")},
        {"trial_card", N_("a trial card")},
        {"gift", N_("a gift")},
        {"code", N_("a redeemed code")},
        {"comp", N_("given by the owner")},
        {"legacy", N_("a member from the free days")},
        {"bundle", N_("part of a bundle")},
        {"referral", N_("for an invitation")},
    };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (str_eq_c(kind, words[i][0]))
            return str_c(tr(cx, words[i][1]));
    return kind;
}

enum err planet_tier_name(struct cx *cx, int64_t planet_id, int64_t rank, struct str *ret)
{
    struct tier *tiers;
    size_t n;
    *ret = STR_NULL;
    TRY(tier_list(cx, planet_id, &tiers, &n));
    for (size_t i = 0; i < n; i++)
        if (tiers[i].rank == rank)
            *ret = tiers[i].name;
    return OK;
}

static struct str seats_left(struct cx *cx, int64_t left)
{
    struct str n = str_fmt(cx->arena, "%lld", (long long)left);
    return i18n_fill(cx->arena, i18n_getn(cx->locale, "{0} seat left", "{0} seats left", left), &n,
                     1);
}

/* A public page is the same for everybody: its prices say what they cost where the seller is. Who is signed in and
 * said where they are, sees theirs. */
static struct str tax_note(struct cx *cx, const struct tax_rule *rule, const struct buyer *who, struct money m)
{
    struct quote_tax t;
    tax_work_out(cx, rule, who, STR(""), m.minor, false, &t);
    struct str args[] = {t.label, i18n_money(cx, m.minor + t.added, str_c(m.cur))};
    if (t.amount == 0)
        return STR_NULL;
    return i18n_fill(cx->arena, t.added > 0 ? tr(cx, N_("{1} with {0}")) : tr(cx, N_("holds {0}")), args, 2);
}

static enum err tier_view(struct cx *cx, const struct tier *t, bool rail, const struct tax_rule *rule, const struct buyer *who, struct view_tier *ret)
{
    *ret = (struct view_tier){.id = t->id, .rank = t->rank, .slug = t->slug, .name = t->name,
                              .about = t->about};
    struct view_price *prices = ARENA_ARRAY(cx->arena, struct view_price, t->n_prices + 1);
    ret->payable = rail;
    for (size_t i = 0; i < t->n_prices; i++) {
        const struct price *p = &t->prices[i];
        prices[i] = (struct view_price){
            .id = p->id,
            .money = i18n_money(cx, p->money.minor, str_c(p->money.cur)),
            .term = web_term(cx, p->unit, p->count),
            .trial_days = p->trial_days,
            .tax = tax_note(cx, rule, who, p->money),
        };
    }
    ret->prices = prices;
    ret->n_prices = t->n_prices;
    if (t->seats != DB_NULL) {
        int64_t left, next;
        TRY(order_seats_left(cx, t->id, cx->viewer, &left));
        TRY(order_seats_next(cx, t->id, &next));
        cx_good_until(cx, next);
        ret->full = left == 0;
        ret->seats = seats_left(cx, left);
    }
    return OK;
}

/* The lowest amount asked, for the join box: of the currency that stands first, since amounts of different
 * ones can't be compared. */
static void lowest_price(const struct tier *tiers, size_t n, const struct price **ret)
{
    *ret = NULL;
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; tiers[i].visible && k < tiers[i].n_prices; k++) {
            const struct price *p = &tiers[i].prices[k];
            bool same = *ret != NULL && strcmp(p->money.cur, (*ret)->money.cur) == 0;
            if (*ret == NULL || p->money.minor == 0 || (same && p->money.minor < (*ret)->money.minor))
                *ret = p;
        }
}

static enum err fill_tiers(struct rq *rq, const struct planet *p, struct view_planet *v)
{
    struct cx *cx = rq->cx;
    struct tier *tiers;
    size_t n;
    const struct pay_rail *rail;
    const struct price *lowest;
    struct tax_rule rule;
    struct buyer who;
    TRY(tier_list(cx, p->id, &tiers, &n));
    TRY(tax_rule_of(cx, p->id, &rule));
    TRY(buyer_of(cx, cx->viewer, &who));
    bool payable = rail_list(cx, p->id, &rail, 1) > 0;
    struct view_tier *views = ARENA_ARRAY(cx->arena, struct view_tier, n + 1);
    for (size_t i = 0; i < n; i++)
        if (tiers[i].visible)
            TRY(tier_view(cx, &tiers[i], payable, &rule, &who, &views[v->n_tiers++]));
    v->tiers = views;
    lowest_price(tiers, n, &lowest);
    if (lowest != NULL) {
        struct quote_tax tax; /* in full, also here */
        tax_work_out(cx, &rule, &who, STR(""), lowest->money.minor, false, &tax);
        v->price_money = i18n_money(cx, lowest->money.minor + tax.added, str_c(lowest->money.cur));
        v->price_term = web_term(cx, lowest->unit, lowest->count);
    }
    if (!v->member)
        return OK;
    for (size_t i = 0; i < v->n_tiers; i++)
        views[i].current = str_eq(views[i].name, v->member_tier);
    return OK;
}

static enum err fill_owner(struct rq *rq, const struct planet *p, struct view_planet *v)
{
    struct role_holder *holders;
    size_t n;
    TRY(role_list(rq->cx, p->id, &holders, &n));
    for (size_t i = 0; i < n; i++) {
        const struct role_holder *h = &holders[i];
        if (h->role == ROLE_OWNER && v->owner.name.p == NULL)
            v->owner = (struct view_person){.name = h->name,
                                            .avatar = web_avatar(rq->cx, h->name, DB_NULL)};
        if (h->account_id != rq->session.account_id || h->account_id == 0)
            continue;
        v->is_owner = h->role == ROLE_OWNER || h->role == ROLE_PARTNER;
        v->may_write = v->is_owner || h->role == ROLE_GUEST;
    }
    return OK;
}

static enum err fill_membership(struct rq *rq, const struct planet *p, struct view_planet *v)
{
    struct membership m;
    if (rq->session.account_id == 0)
        return OK;
    enum err e = membership_of(rq->cx, p->id, rq->session.account_id, &m);
    if (e == ERR_NOT_FOUND)
        return OK;
    TRY(e);
    v->member = m.live;
    v->member_tier = m.tier_name;
    v->lifetime = m.ends_at == DB_NULL;
    if (!v->lifetime)
        v->member_until = i18n_date(rq->cx, m.ends_at);
    return OK;
}

static enum err fill_invited(struct rq *rq, const struct planet *p, struct view_planet *v)
{
    struct invite by;
    bool invited;
    if (v->member || web_invites(rq).n == 0)
        return OK;
    TRY(web_invited(rq, p->id, &invited, &by));
    if (invited)
        v->invited_by = by.name;
    return OK;
}

static enum err fill_fields(struct cx *cx, int64_t planet_id, struct view_planet *v)
{
    struct planet_field *fields;
    TRY(planet_fields(cx, planet_id, &fields, &v->n_fields));
    v->fields = fields;
    return OK;
}

enum err planet_view(struct rq *rq, const struct planet *p, struct view_planet *ret)
{
    struct cx *cx = rq->cx;
    *ret = (struct view_planet){
        .handle = p->handle,
        .full_handle = str_fmt(cx->arena, "@" STR_FMT "@" STR_FMT, STR_ARG(p->handle),
                               STR_ARG(setting_handle_host(cx))),
        .name = p->name,
        .tagline = p->tagline,
        .lang = p->lang,
        .accent = p->accent,
        .url = web_planet_path(cx, p->handle),
        .profile_url = str_fmt(cx->arena, STR_FMT "/@" STR_FMT, STR_ARG(cx->node->origin),
                               STR_ARG(p->handle)),
        .join_url = str_fmt(cx->arena, "/@" STR_FMT "/join", STR_ARG(p->handle)),
        .icon = media_picture_url(cx, p->icon_media_id, true),
        .cover = media_picture_url(cx, p->cover_media_id, false),
        .initial = str_utf8_cut(str_trim(p->name), 1),
        .about = p->about_html,
        .closed = str_eq_c(p->joining, "closed"),
        .by_approval = str_eq_c(p->joining, "approval"),
        .by_invitation = str_eq_c(p->joining, "invitation"),
        .node_name = cx->node->host,
    };
    struct fed_moved to;
    bool moved;
    TRY(fed_moved_of(cx, p->id, &moved, &to));
    if (moved) {
        ret->moved_handle = to.handle;
        ret->moved_url = to.url;
    }
    TRY(fed_planet_uri(cx, p->id, &ret->actor_uri));
    TRY(fill_owner(rq, p, ret));
    TRY(fill_membership(rq, p, ret));
    TRY(fill_invited(rq, p, ret));
    TRY(fill_tiers(rq, p, ret));
    TRY(fill_fields(cx, p->id, ret));
    TRY(post_count(cx, p->id, &ret->n_posts));
    return fed_follower_count(cx, p->id, &ret->n_followers);
}
