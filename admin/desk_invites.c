/* The reward for invitations, who came by them, and who asks to join. */
#include "admin/desk_offers.h"
#include "admin/html.h"
#include "node/base/i18n.h"
#include "node/db/db.h"
#include "node/money/invite.h"
#include "node/money/money.h"
#include "node/planet/admission.h"
#include "web/page.h"

static struct str typed(struct rq *rq, const char *name, struct str fallback)
{
    struct str s = rq->method == POST ? rq_form(rq, name) : STR_NULL;
    return s.p == NULL ? fallback : s;
}

static struct str number(struct cx *cx, int64_t n)
{
    return str_fmt(cx->arena, "%lld", (long long)n);
}

static enum err fill_rule(struct rq *rq, const struct planet *p, struct view_desk_invites *v)
{
    struct cx *cx = rq->cx;
    struct referral_rule rule;
    TRY(referral_rule_of(cx, p->id, &rule));
    bool credit = rule.n_amounts > 0;
    v->f_reward = typed(rq, "reward",
                        rule.reward == REWARD_DAYS     ? STR("days")
                        : rule.reward == REWARD_CREDIT ? STR("credit")
                                                       : STR("none"));
    v->f_days = typed(rq, "days", number(cx, rule.days > 0 ? rule.days : 14));
    v->f_wait = typed(rq, "wait", number(cx, rule.wait_days));
    v->f_amount = typed(rq, "amount", credit ? money_decimal(cx->arena, rule.amounts[0]) : STR(""));
    v->f_currency = typed(rq, "currency",
                          credit ? str_dup(cx->arena, str_c(rule.amounts[0].cur)) : STR("CNY"));
    return OK;
}

static struct str state_text(struct cx *cx, const struct referral *r)
{
    if (str_eq_c(r->state, "pending")) {
        struct str day = i18n_date(cx, r->due_at);
        return i18n_fill(cx->arena, tr(cx, N_("due {0}")), &day, 1);
    }
    if (str_eq_c(r->state, "given"))
        return str_c(tr(cx, N_("given")));
    if (str_eq_c(r->state, "taken_back"))
        return str_c(tr(cx, N_("taken back")));
    return str_c(tr(cx, N_("none")));
}

static struct str reward_text(struct cx *cx, const struct referral *r)
{
    if (r->days > 0) {
        struct str n = number(cx, r->days);
        return i18n_fill(cx->arena, i18n_getn(cx->locale, "{0} day", "{0} days", r->days), &n, 1);
    }
    return r->amount.minor > 0 ? i18n_money(cx, r->amount.minor, str_c(r->amount.cur)) : STR_NULL;
}

static enum err fill_came(struct rq *rq, const struct planet *p, struct view_desk_invites *v)
{
    struct cx *cx = rq->cx;
    struct referral *all;
    size_t n;
    TRY(referral_list_of_planet(cx, p->id, desk_before(rq), DESK_PAGE + 1, &all, &n));
    v->older_url = desk_older(rq, &n, n > DESK_PAGE ? &all[DESK_PAGE - 1].order_id : NULL);
    struct view_referral *out = ARENA_ARRAY(cx->arena, struct view_referral, n);
    for (size_t i = 0; i < n; i++)
        out[i] = (struct view_referral){
            .when = i18n_date(cx, all[i].created_at),
            .referrer = all[i].referrer_name,
            .name = all[i].name,
            .state = state_text(cx, &all[i]),
            .reward = reward_text(cx, &all[i]),
            .good = str_eq_c(all[i].state, "given"),
            .bad = str_eq_c(all[i].state, "taken_back"),
        };
    v->came = out;
    v->n_came = n;
    return OK;
}

static enum err show(struct rq *rq, const struct planet *p, enum err e)
{
    struct view_desk *d;
    struct view_desk_invites v = {0};
    if (e != OK)
        v.error = web_mendable(rq, e);
    TRY(desk_head(rq, p, DESK_OFFERS, N_("Invitations"), &d));
    v.desk = d;
    TRY(fill_rule(rq, p, &v));
    TRY(fill_came(rq, p, &v));
    struct buf b = web_buf();
    html_desk_invites(&b, rq->cx, &v);
    return web_send(rq, e == OK ? 200 : http_status_of(e), &b);
}

enum err desk_invites(struct rq *rq)
{
    struct planet p;
    TRY(desk_planet(rq, &p));
    return show(rq, &p, OK);
}

/* The form changes one currency; those that the command line added beside it stay. */
static enum err read_rule(struct rq *rq, const struct planet *p, struct referral_rule *ret)
{
    struct referral_rule rule;
    struct money m;
    struct str reward = rq_form(rq, "reward");
    bool there = false;
    TRY(referral_rule_of(rq->cx, p->id, &rule));
    rule.reward = str_eq_c(reward, "days")     ? REWARD_DAYS
                  : str_eq_c(reward, "credit") ? REWARD_CREDIT
                                               : REWARD_NONE;
    TRY(desk_number(rq, "days", 14, &rule.days));
    TRY(desk_number(rq, "wait", REFERRAL_WAIT_MIN, &rule.wait_days));
    if (str_trim(rq_form(rq, "amount")).n > 0) {
        TRY(money_parse_fields(rq->cx, rq_form(rq, "amount"), rq_form(rq, "currency"), &m));
        for (size_t i = 0; i < rule.n_amounts; i++)
            if (str_eq(str_c(rule.amounts[i].cur), str_c(m.cur))) {
                rule.amounts[i] = m;
                there = true;
            }
        if (!there && rule.n_amounts < REFERRAL_AMOUNTS_MAX)
            rule.amounts[rule.n_amounts++] = m;
    }
    *ret = rule;
    return OK;
}

enum err desk_invites_save(struct rq *rq)
{
    struct planet p;
    struct referral_rule rule;
    TRY(desk_planet(rq, &p));
    enum err e = read_rule(rq, &p, &rule);
    if (e == OK)
        e = referral_rule_set(rq->cx, p.id, &rule);
    if (desk_mendable(e))
        return show(rq, &p, e);
    TRY(e);
    return desk_done(rq, &p, "/offers/invites", "saved");
}

/* ---- who asks to join ---- */

static enum err show_requests(struct rq *rq, const struct planet *p, enum err e)
{
    struct cx *cx = rq->cx;
    struct view_desk *d;
    struct join_request *all;
    size_t n;
    struct view_desk_requests v = {.question = p->join_question,
                                   .by_approval = str_eq_c(p->joining, "approval")};
    if (e != OK)
        v.error = web_mendable(rq, e);
    TRY(desk_head(rq, p, DESK_MEMBERS, N_("Who asks to join"), &d));
    TRY(join_request_list(cx, p->id, 0, DESK_PAGE, &all, &n)); /* the next come as these are decided */
    struct view_request *out = ARENA_ARRAY(cx->arena, struct view_request, n);
    for (size_t i = 0; i < n; i++)
        out[i] = (struct view_request){
            .id = all[i].id,
            .name = all[i].name,
            .username = all[i].username,
            .mail = all[i].mail,
            .when = i18n_ago(cx, all[i].created_at),
            .answer = all[i].answer,
        };
    v.desk = d;
    v.requests = out;
    v.n_requests = n;
    struct buf b = web_buf();
    html_desk_requests(&b, cx, &v);
    return web_send(rq, e == OK ? 200 : http_status_of(e), &b);
}

enum err desk_requests(struct rq *rq)
{
    struct planet p;
    TRY(desk_planet(rq, &p));
    return show_requests(rq, &p, OK);
}

enum err desk_request_decide(struct rq *rq)
{
    struct planet p;
    int64_t id;
    struct str what = rq_form(rq, "do");
    TRY(desk_planet(rq, &p));
    bool approve = str_eq_c(what, "approve");
    if (!web_id(rq_param(rq, "id"), &id) || (!approve && !str_eq_c(what, "decline")))
        return ERR_NOT_FOUND;
    enum err e = join_request_decide(rq->cx, p.id, id, approve);
    if (e == ERR_NOT_FOUND)
        return show_requests(rq, &p, e);
    TRY(e);
    return desk_done(rq, &p, "/requests", "done");
}
