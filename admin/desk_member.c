/* One member on the desk: what they have, everything that happened, and what the owner can do. */
#include "admin/desk_member.h"

#include "admin/html.h"
#include "admin/view_member.h"
#include "node/base/clock.h"
#include "node/base/i18n.h"
#include "node/db/db.h"
#include "node/money/credit.h"
#include "node/money/member_file.h"
#include "node/money/words.h"
#include "node/people/account.h"
#include "web/compose_form.h"
#include "web/page.h"
#include "web/planet_view.h"

struct shown {
    struct planet planet;
    struct account who;
    int64_t account_id;
    bool owner;
};

/* Whoever has, or had, something here. */
static enum err member_of(struct rq *rq, struct shown *s)
{
    struct cx *cx = rq->cx;
    struct happening *all;
    struct grant *grants;
    enum role role;
    size_t n, n_grants;
    TRY(desk_planet(rq, &s->planet));
    if (!web_id(rq_param(rq, "id"), &s->account_id))
        return ERR_NOT_FOUND;
    TRY(account_by_id(cx, s->account_id, &s->who));
    TRY(role_of(cx, s->planet.id, s->account_id, &role));
    TRY(membership_list(cx, s->planet.id, s->account_id, &grants, &n_grants));
    TRY(member_history(cx, s->planet.id, s->account_id, &all, &n));
    s->owner = desk_sees_money(rq, &s->planet);
    cx->tell = NULL;
    return role == ROLE_NONE && n_grants == 0 && n == 0 ? ERR_NOT_FOUND : OK;
}

/* ---- history ---- */

static struct str what_text(struct cx *cx, const struct happening *h)
{
    static const char *const words[][2] = {
        {"grant", N_("{0} begins, {1}")},             {"extend", N_("{0} lasts longer")},
        {"shorten", N_("{0} ends earlier")},          {"suspend", N_("{0} rests")},
        {"restore", N_("{0} goes on")},               {"revoke", N_("{0} was taken back")},
        {"ordered", N_("Ordered: {2}")},              {"paid", N_("Paid: {2}")},
        {"part_refunded", N_("Partly given back: {2}")}, {"refunded", N_("Given back: {2}")},
        {"disputed", N_("Disputed: {2}")},            {"won", N_("Dispute won: {2}")},
        {"lost", N_("Charged back: {2}")},            {"expired", N_("Ran out unpaid: {2}")},
        {"failed", N_("Payment failed: {2}")},        {"cancelled", N_("Order cancelled: {2}")},
        {"refund_requested", N_("Asks for the money back: {2}")}, {"refund_sent", N_("Money sent back: {2}")},
        {"refund_failed", N_("A refund did not go through: {2}")}, {"refund_declined", N_("A refund was declined: {2}")},
        {"refund_withdrawn", N_("The wish for a refund was taken back: {2}")}, {"note", N_("Note")},
        {"flag", N_("Marked: a payment was charged back")}, {"flag_cleared", N_("The mark was taken away")},
    };
    struct str v[] = {h->tier, h->kind.n > 0 ? grant_kind_label(cx, h->kind) : STR(""),
                      h->order_kind.n > 0 ? money_kind_words(cx, h->order_kind) : STR("")};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (str_eq_c(h->what, words[i][0]))
            return i18n_fill(cx->arena, tr(cx, words[i][1]), v, 3);
    return h->what;
}

/* Reasons that the program itself gives. */
static struct str reason_text(struct cx *cx, struct str reason)
{
    static const char *const words[][2] = {
        {"refunded", N_("the money was given back")}, {"refund sent", N_("the money is on its way back")},
        {"no refund", N_("the money stays")},         {"disputed", N_("the payment is disputed")},
        {"dispute won", N_("the dispute was won")},   {"dispute lost", N_("the dispute was lost")},
        {"time lost in the dispute", N_("time that was lost in the dispute")},
        {"time lost while the money was under way", N_("time that was lost meanwhile")},
        {"by the owner", N_("by the owner")},         {"the planet takes money now", N_("the planet takes money now")},
        {"the planet is free now", N_("the planet is free now")},
    };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (str_eq_c(reason, words[i][0]))
            return str_c(tr(cx, words[i][1]));
    return reason;
}

static enum err fill_history(struct cx *cx, const struct shown *s, struct view_desk_file *v)
{
    struct happening *all;
    size_t n;
    TRY(member_history(cx, s->planet.id, s->account_id, &all, &n));
    struct view_file_line *out = ARENA_ARRAY(cx->arena, struct view_file_line, n);
    for (size_t i = 0; i < n; i++) {
        const struct happening *h = &all[i];
        bool dated = str_eq_c(h->what, "grant") || str_eq_c(h->what, "extend") || str_eq_c(h->what, "shorten");
        struct str until = h->until == DB_NULL ? str_c(tr(cx, N_("for ever"))) : i18n_date(cx, h->until);
        out[i] = (struct view_file_line){
            .when = i18n_datetime(cx, h->at),
            .text = what_text(cx, h),
            .until = dated ? i18n_fill(cx->arena, tr(cx, N_("until {0}")), &until, 1) : STR_NULL,
            .words = reason_text(cx, h->words),
            .by = h->by == DB_NULL ? STR_NULL : h->by_name,
            .money = h->money.cur[0] == '\0' || h->money.minor == 0
                         ? STR_NULL
                         : i18n_money(cx, h->money.minor, str_c(h->money.cur)),
            .url = s->owner && h->number.n > 0 && h->grant_id == DB_NULL
                       ? str_fmt(cx->arena, STR_FMT "/money/orders/" STR_FMT, STR_ARG(v->desk->base), STR_ARG(h->number))
                       : STR_NULL,
            .is_note = str_eq_c(h->what, "note"),
            .bad = str_eq_c(h->what, "flag") || str_eq_c(h->what, "lost") || str_eq_c(h->what, "disputed"),
        };
    }
    v->history = out;
    v->n_history = n;
    return OK;
}

/* ---- what they have ---- */

static enum err fill_grants(struct cx *cx, const struct shown *s, struct view_desk_file *v)
{
    struct grant *all;
    size_t n, kept = 0;
    TRY(membership_list(cx, s->planet.id, s->account_id, &all, &n));
    struct view_file_grant *out = ARENA_ARRAY(cx->arena, struct view_file_grant, n);
    for (size_t i = 0; i < n; i++) {
        const struct grant *g = &all[i];
        bool suspended = str_eq_c(g->state, "suspended");
        bool over = str_eq_c(g->state, "revoked") || (g->ends_at != DB_NULL && g->ends_at <= cx->now);
        if (over)
            continue;
        out[kept++] = (struct view_file_grant){
            .id = g->id,
            .tier = g->tier_name,
            .kind = grant_kind_label(cx, g->kind),
            .since = i18n_date(cx, g->starts_at),
            .until = g->ends_at == DB_NULL ? STR_NULL : i18n_date(cx, g->ends_at),
            .last = g->ends_at == DB_NULL ? STR("") : str_sub(clock_rfc3339(cx->arena, g->ends_at - 1), 0, 10),
            .live = g->live,
            .suspended = suspended,
            .later = !suspended && g->starts_at > cx->now,
        };
    }
    v->grants = out;
    v->n_grants = kept;
    return OK;
}

static enum err fill_money(struct cx *cx, const struct shown *s, struct view_desk_file *v)
{
    struct member_flag *flags;
    struct credit_sum *sums;
    size_t n;
    if (!s->owner)
        return OK;
    TRY(member_flags(cx, s->planet.id, s->account_id, &flags, &n));
    v->flagged = n > 0;
    TRY(credit_list(cx, s->account_id, &sums, &n));
    for (size_t i = 0; i < n; i++)
        if (sums[i].planet_id == s->planet.id && sums[i].money.minor != 0)
            v->credit = i18n_money(cx, sums[i].money.minor, str_c(sums[i].money.cur));
    return OK;
}

static enum err show(struct rq *rq, const struct shown *s, enum err error)
{
    struct cx *cx = rq->cx;
    struct view_desk *d;
    enum role role;
    struct view_desk_file v = {.owner = s->owner, .person = web_person(cx, &s->who), .mail = s->who.mail,
                               .account_id = s->account_id};
    if (error != OK)
        v.error = web_mendable(rq, error);
    TRY(desk_head(rq, &s->planet, DESK_MEMBERS, N_("Member"), &d));
    v.desk = d;
    v.url = str_fmt(cx->arena, STR_FMT "/members/%lld", STR_ARG(d->base), (long long)s->account_id);
    TRY(role_of(cx, s->planet.id, s->account_id, &role));
    v.role = role == ROLE_NONE ? STR_NULL : planet_role_label(cx, role);
    v.is_owner = role == ROLE_OWNER;
    v.has = role;
    TRY(fill_grants(cx, s, &v));
    TRY(fill_money(cx, s, &v));
    TRY(fill_history(cx, s, &v));
    TRY(compose_tiers(cx, s->planet.id, &v.tiers, &v.n_tiers));
    struct buf out = web_buf();
    html_desk_member(&out, cx, &v);
    return web_send(rq, error == OK ? 200 : http_status_of(error), &out);
}

enum err desk_member(struct rq *rq)
{
    struct shown s = {.account_id = 0};
    TRY(member_of(rq, &s));
    return show(rq, &s, OK);
}

/* ---- what the owner does ---- */

static enum err give(struct rq *rq, const struct shown *s)
{
    struct cx *cx = rq->cx;
    struct tier t;
    struct str unit, words = str_trim(rq_form(rq, "reason"));
    int64_t tier_id, count, id;
    if (!web_id(rq_form(rq, "tier_id"), &tier_id) || tier_by_id(cx, tier_id, &t) != OK || t.planet_id != s->planet.id)
        return cx_tell(cx, ERR_INVALID, N_("Choose a tier."));
    TRY(desk_length(rq, &unit, &count));
    TX_SCOPE(cx);
    TRY(membership_grant(cx, s->planet.id, s->account_id, t.id, "comp", cx->now,
                         term_end(i18n_zone(cx), cx->now, unit, count), DB_NULL, DB_NULL, &id));
    if (words.n > 0)
        TRY(member_note_put(cx, s->planet.id, s->account_id, words));
    return tx_commit(cx);
}

static enum err own_grant(struct rq *rq, const struct shown *s, struct grant *ret)
{
    struct grant *all;
    size_t n;
    int64_t id;
    if (!web_id(rq_form(rq, "grant_id"), &id))
        return ERR_INVALID;
    TRY(membership_list(rq->cx, s->planet.id, s->account_id, &all, &n));
    for (size_t i = 0; i < n; i++)
        if (all[i].id == id) {
            *ret = all[i];
            return OK;
        }
    return ERR_NOT_FOUND;
}

/* "2027-12-31": to the end of that day. For ever only when that is said: an empty field may be a slip. */
static enum err set_end(struct rq *rq, const struct grant *g, struct str reason)
{
    int64_t end;
    if (str_eq_c(rq_form(rq, "forever"), "1"))
        return membership_set_end(rq->cx, g->id, DB_NULL, reason);
    TRY(desk_last_day(rq, "until", &end));
    if (end == DB_NULL)
        return cx_tell(rq->cx, ERR_INVALID, N_("The last day is a date like 2027-12-31."));
    return membership_set_end(rq->cx, g->id, end, reason);
}

static enum err act(struct rq *rq, const struct shown *s)
{
    struct cx *cx = rq->cx;
    struct grant g;
    struct str do_ = rq_form(rq, "do"), reason = str_trim(rq_form(rq, "reason"));
    if (str_eq_c(do_, "note"))
        return member_note_put(cx, s->planet.id, s->account_id, rq_form(rq, "text"));
    if (str_eq_c(do_, "give"))
        return give(rq, s);
    if (str_eq_c(do_, "flag_clear"))
        return member_flag_clear(cx, s->planet.id, s->account_id);
    if (str_eq_c(do_, "remove"))
        return membership_end(cx, s->planet.id, s->account_id, reason.n > 0 ? reason : STR("by the owner"));
    if (str_eq_c(do_, "role")) {
        enum role role = role_parse(rq_form(rq, "role"));
        return role_set(cx, s->planet.id, s->account_id, role);
    }
    TRY(own_grant(rq, s, &g));
    if (str_eq_c(do_, "set_end"))
        return set_end(rq, &g, reason.n > 0 ? reason : STR("by the owner"));
    if (str_eq_c(do_, "end"))
        return membership_revoke(cx, g.id, reason.n > 0 ? reason : STR("by the owner"));
    return ERR_INVALID;
}

enum err desk_member_do(struct rq *rq)
{
    struct shown s = {.account_id = 0};
    TRY(member_of(rq, &s));
    enum err e = act(rq, &s);
    if (desk_mendable(e))
        return show(rq, &s, e);
    TRY(e);
    return desk_done(rq, &s.planet, str_fmt(rq->cx->arena, "/members/%lld", (long long)s.account_id).p, "done");
}
