/* Paid questions: who takes them for what, by which rule, and all that were asked. */
#include "admin/desk_money.h"
#include "admin/desk_offers.h"
#include "admin/html.h"
#include "node/base/i18n.h"
#include "node/db/db.h"
#include "node/money/money.h"
#include "node/money/percent.h"
#include "node/money/question.h"
#include "web/page.h"
#include "web/planet_view.h"
#include "web/questions.h"

#include <string.h>

enum { LIST_PAGE = 50 };

static bool sent(struct rq *rq, const char *what)
{
    return rq->method == POST && str_eq_c(rq_form(rq, "do"), what);
}

/* What is in force, or what was typed and refused. */
static void fill_answerer(struct rq *rq, const struct role_holder *h, const struct answerer *a,
                          struct view_money_answerer *ret)
{
    struct cx *cx = rq->cx;
    int64_t id = 0;
    *ret = (struct view_money_answerer){.id = h->account_id, .name = h->name, .role = planet_role_label(cx, h->role),
                                        .currency = STR("CNY")};
    if (a != NULL) {
        ret->price = money_decimal(cx->arena, a->price);
        ret->listen = a->listen.minor == 0 ? STR("") : money_decimal(cx->arena, a->listen);
        ret->currency = str_dup(cx->arena, str_c(a->price.cur));
        ret->about = a->about;
        ret->open = a->open;
    }
    if (!sent(rq, "answerer") || !web_id(rq_form(rq, "account"), &id) || id != h->account_id)
        return;
    ret->price = rq_form(rq, "price");
    ret->listen = rq_form(rq, "listen");
    ret->currency = rq_form(rq, "currency");
    ret->about = rq_form(rq, "about");
    ret->open = rq_form(rq, "open").n > 0;
}

static enum err fill_answerers(struct rq *rq, const struct planet *p, struct view_money_questions *v)
{
    struct cx *cx = rq->cx;
    struct role_holder *holders;
    struct answerer *all;
    size_t n_holders, n;
    TRY(role_list(cx, p->id, &holders, &n_holders));
    TRY(answerer_list(cx, p->id, false, &all, &n));
    struct view_money_answerer *out = ARENA_ARRAY(cx->arena, struct view_money_answerer, n_holders);
    for (size_t i = 0; i < n_holders; i++) {
        const struct answerer *a = NULL;
        if (holders[i].role < ROLE_GUEST)
            continue;
        for (size_t k = 0; k < n; k++)
            if (all[k].account_id == holders[i].account_id)
                a = &all[k];
        fill_answerer(rq, &holders[i], a, &out[v->n_answerers++]);
    }
    v->answerers = out;
    return OK;
}

static enum err fill_rule(struct rq *rq, const struct planet *p, struct view_money_questions *v)
{
    struct cx *cx = rq->cx;
    struct question_rule rule;
    TRY(question_rule_of(cx, p->id, &rule));
    v->f_days = str_fmt(cx->arena, "%lld", (long long)rule.days);
    v->f_members = rule.members_only;
    v->f_share = str_c(question_share_word(rule.share));
    v->f_share_days = str_fmt(cx->arena, "%lld", (long long)rule.share_days);
    v->f_share_percent = percent_text(cx->arena, rule.share_bp, PERCENT_BP);
    if (!sent(rq, "rule"))
        return OK;
    v->f_days = rq_form(rq, "days");
    v->f_members = rq_form(rq, "members").n > 0;
    v->f_share = rq_form(rq, "share");
    v->f_share_days = rq_form(rq, "share_days");
    v->f_share_percent = rq_form(rq, "share_percent");
    return OK;
}

static enum err fill_list(struct rq *rq, const struct planet *p, struct view_money_questions *v)
{
    struct cx *cx = rq->cx;
    struct question *list;
    int64_t before = 0;
    size_t n;
    (void)web_id(rq_query(rq, "before"), &before);
    TRY(question_list_of_planet(cx, p->id, before, LIST_PAGE + 1, &list, &n));
    if (n > LIST_PAGE) {
        n = LIST_PAGE;
        v->older_url = str_fmt(cx->arena, STR_FMT "/questions?before=%lld", STR_ARG(v->m->base), (long long)list[n - 1].id);
    }
    struct view_question *out = ARENA_ARRAY(cx->arena, struct view_question, n);
    for (size_t i = 0; i < n; i++)
        out[i] = question_view(rq, &list[i], p->handle);
    v->questions = out;
    v->n_questions = n;
    return OK;
}

static enum err show(struct rq *rq, const struct planet *p, enum err e)
{
    struct view_money *m;
    struct view_money_questions v = {0};
    if (e != OK)
        v.error = web_mendable(rq, e);
    TRY(desk_money_head(rq, p, MONEY_QUESTIONS, N_("Questions"), &m));
    v.m = m;
    TRY(fill_answerers(rq, p, &v));
    TRY(fill_rule(rq, p, &v));
    TRY(fill_list(rq, p, &v));
    struct buf out = web_buf();
    html_desk_money_questions(&out, rq->cx, &v);
    return web_send(rq, e == OK ? 200 : http_status_of(e), &out);
}

enum err desk_money_questions(struct rq *rq)
{
    struct planet p;
    TRY(desk_money_planet(rq, &p));
    return show(rq, &p, OK);
}

static enum err save_answerer(struct rq *rq, const struct planet *p)
{
    struct cx *cx = rq->cx;
    struct answerer a = {.about = rq_form(rq, "about"), .open = rq_form(rq, "open").n > 0};
    if (!web_id(rq_form(rq, "account"), &a.account_id))
        return ERR_NOT_FOUND;
    TRY(money_parse_fields(cx, rq_form(rq, "price"), rq_form(rq, "currency"), &a.price));
    memcpy(a.listen.cur, a.price.cur, sizeof a.listen.cur);
    if (str_trim(rq_form(rq, "listen")).n > 0)
        TRY(money_parse_fields(cx, rq_form(rq, "listen"), rq_form(rq, "currency"), &a.listen));
    return answerer_set(cx, p->id, &a);
}

static enum err save_rule(struct rq *rq, const struct planet *p)
{
    struct cx *cx = rq->cx;
    struct question_rule rule = {.members_only = rq_form(rq, "members").n > 0};
    TRY(desk_number(rq, "days", QUESTION_DAYS, &rule.days));
    TRY(desk_number(rq, "share_days", 1, &rule.share_days));
    if (!percent_read(rq_form(rq, "share_percent"), PERCENT_BP, &rule.share_bp) ||
        !question_share_parse(rq_form(rq, "share"), &rule.share))
        return cx_tell(cx, ERR_INVALID, N_("A share is 1 to 31 days, or up to 100 percent."));
    return question_rule_set(cx, p->id, &rule);
}

enum err desk_money_questions_save(struct rq *rq)
{
    struct planet p;
    TRY(desk_money_planet(rq, &p));
    enum err e = sent(rq, "rule") ? save_rule(rq, &p) : save_answerer(rq, &p);
    if (desk_mendable(e))
        return show(rq, &p, e);
    TRY(e);
    return desk_money_done(rq, &p, "/questions", "saved");
}
