#include "web/questions.h"

#include "node/base/i18n.h"
#include "node/db/db.h"
#include "node/money/money.h"
#include "node/money/percent.h"
#include "node/money/question.h"
#include "node/planet/planet.h"
#include "node/talk/answer.h"
#include "web/card_view.h"
#include "web/html.h"
#include "web/page.h"
#include "web/planet_view.h"
#include "web/singles.h"

enum { LIST_PAGE = 20 };

/* ---- as pages show them ---- */

static struct str state_text(struct cx *cx, const struct question *q)
{
    static const char *const words[][2] = {
        {"draft", N_("not paid yet")},  {"held", N_("waits for an answer")}, {"answered", N_("has been answered")},
        {"released", N_("has been answered")},   {"declined", N_("declined, the money goes back")},
        {"expired", N_("not answered, the money goes back")}, {"refunded", N_("the money went back")},
    };
    if (q->disputed)
        return str_c(tr(cx, N_("payment disputed")));
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (str_eq_c(q->state, words[i][0]))
            return str_c(tr(cx, words[i][1]));
    return q->state;
}

static bool is_answered(const struct question *q)
{
    return str_eq_c(q->state, "answered") || str_eq_c(q->state, "released");
}

static struct str listeners_text(struct cx *cx, int64_t n)
{
    struct str s = str_fmt(cx->arena, "%lld", (long long)n);
    return n == 0 ? STR_NULL
                  : i18n_fill(cx->arena, i18n_getn(cx->locale, "{0} listens in", "{0} listen in", n), &s, 1);
}

struct view_question question_view(struct rq *rq, const struct question *q, struct str planet_handle)
{
    struct cx *cx = rq->cx;
    struct view_question v = {
        .id = q->id,
        .url = str_fmt(cx->arena, "/@" STR_FMT "/questions/%lld", STR_ARG(planet_handle), (long long)q->id),
        .text = q->text,
        .asker = q->asker_name.n > 0 ? q->asker_name : str_c(tr(cx, N_("Somebody"))),
        .answerer = q->answerer_name,
        .state = state_text(cx, q),
        .when = web_when(rq, q->paid_at == DB_NULL ? q->created_at : q->paid_at),
        .price = i18n_money(cx, q->price.minor, str_c(q->price.cur)),
        .listeners = listeners_text(cx, q->n_listeners),
        .why = q->why.n > 0 ? q->why : STR_NULL,
        .mine = q->mine,
        .to_me = q->to_me,
        .waits = str_eq_c(q->state, "held"),
        .answered = is_answered(q),
        .hidden = q->hidden,
        .good = is_answered(q),
    };
    if (q->listen.minor > 0)
        v.listen = i18n_money(cx, q->listen.minor, str_c(q->listen.cur));
    if (v.waits)
        v.due = i18n_date(cx, q->due_at);
    if (q->mine && str_eq_c(q->state, "draft"))
        v.pay_url = str_fmt(cx->arena, "/pay/" STR_FMT, STR_ARG(q->number));
    return v;
}

static struct view_answerer answerer_view(struct cx *cx, const struct answerer *a, struct str planet_handle)
{
    return (struct view_answerer){
        .id = a->account_id,
        .name = a->name,
        .about = a->about,
        .price = i18n_money(cx, a->price.minor, str_c(a->price.cur)),
        .listen = a->listen.minor == 0 ? STR_NULL : i18n_money(cx, a->listen.minor, str_c(a->listen.cur)),
        .url = str_fmt(cx->arena, "/@" STR_FMT "/questions/ask?to=%lld", STR_ARG(planet_handle), (long long)a->account_id),
    };
}

/* "20 % of it as credit"; NULL: nothing. */
static enum err share_text(struct cx *cx, int64_t planet_id, struct str *ret)
{
    struct question_rule rule;
    TRY(question_rule_of(cx, planet_id, &rule));
    *ret = STR_NULL;
    struct str days = str_fmt(cx->arena, "%lld", (long long)rule.share_days);
    struct str bp = percent_text(cx->arena, rule.share_bp, PERCENT_BP);
    if (rule.share == SHARE_DAYS)
        *ret = i18n_fill(cx->arena,
                         i18n_getn(cx->locale, "For each you get {0} day of membership, if you are or were a member.",
                                   "For each you get {0} days of membership, if you are or were a member.", rule.share_days),
                         &days, 1);
    if (rule.share == SHARE_CREDIT)
        *ret = i18n_fill(cx->arena, tr(cx, N_("For each you get {0} % of it as credit for your membership.")), &bp, 1);
    return OK;
}

static struct view_page *page_of(struct rq *rq, const struct planet *p, const char *title)
{
    struct view_page *page = web_page_form(rq);
    web_page_planet(rq, page, p);
    page->title = str_c(tr(rq->cx, title));
    rq_cache_control(rq, "no-store");
    return page;
}

/* ---- the planet's page ---- */

enum err web_questions(struct rq *rq)
{
    struct cx *cx = rq->cx;
    struct planet p;
    struct answerer *who;
    struct question *list;
    size_t n_who, n;
    int64_t before = 0;
    (void)web_id(rq_query(rq, "before"), &before);
    TRY(web_planet(rq, &p));
    TRY(answerer_list(cx, p.id, true, &who, &n_who));
    TRY(question_list(cx, p.id, before, LIST_PAGE + 1, &list, &n));
    struct view_planet *planet = ARENA_NEW(cx->arena, struct view_planet);
    TRY(planet_view(rq, &p, planet));
    struct view_questions v = {.page = page_of(rq, &p, N_("Questions")), .planet = planet};
    if (n > LIST_PAGE) {
        n = LIST_PAGE;
        v.older_url = str_fmt(cx->arena, "/@" STR_FMT "/questions?before=%lld", STR_ARG(p.handle), (long long)list[n - 1].id);
    }
    struct view_answerer *answerers = ARENA_ARRAY(cx->arena, struct view_answerer, n_who);
    struct view_question *questions = ARENA_ARRAY(cx->arena, struct view_question, n);
    for (size_t i = 0; i < n_who; i++)
        answerers[i] = answerer_view(cx, &who[i], p.handle);
    for (size_t i = 0; i < n; i++)
        questions[i] = question_view(rq, &list[i], p.handle);
    v.answerers = answerers;
    v.n_answerers = n_who;
    v.questions = questions;
    v.n_questions = n;
    struct buf out = web_buf();
    html_questions(&out, cx, &v);
    return web_send(rq, 200, &out);
}

static enum err fill_mine(struct rq *rq, bool to_me, const struct view_question **ret, size_t *ret_n)
{
    struct cx *cx = rq->cx;
    struct question *list;
    TRY(question_list_mine(cx, to_me, &list, ret_n));
    struct view_question *out = ARENA_ARRAY(cx->arena, struct view_question, *ret_n);
    for (size_t i = 0; i < *ret_n; i++) {
        struct planet p;
        TRY(planet_by_id(cx, list[i].planet_id, &p));
        i18n_clock(cx, p.zone);
        out[i] = question_view(rq, &list[i], p.handle);
        out[i].planet_name = p.name;
    }
    *ret = out;
    return OK;
}

enum err web_my_questions(struct rq *rq)
{
    struct view_page *page = web_page(rq);
    struct view_questions v = {.page = page};
    page->title = str_c(tr(rq->cx, N_("Questions")));
    page->noindex = true;
    rq_cache_control(rq, "no-store");
    TRY(fill_mine(rq, true, &v.to_me, &v.n_to_me));
    TRY(fill_mine(rq, false, &v.questions, &v.n_questions));
    struct buf out = web_buf();
    html_me_questions(&out, rq->cx, &v);
    return web_send(rq, 200, &out);
}

/* ---- asking ---- */

static enum err asked_whom(struct rq *rq, const struct planet *p, struct answerer *ret)
{
    struct answerer *all;
    size_t n;
    int64_t to = 0;
    bool said = web_id(rq->method == POST ? rq_form(rq, "to") : rq_query(rq, "to"), &to);
    TRY(answerer_list(rq->cx, p->id, true, &all, &n));
    for (size_t i = 0; i < n; i++)
        if (!said || all[i].account_id == to) {
            *ret = all[i];
            return OK;
        }
    return cx_tell(rq->cx, ERR_NOT_FOUND, N_("They take no questions now."));
}

static struct question_ask read_ask(struct rq *rq, const struct planet *p, const struct answerer *to)
{
    return (struct question_ask){
        .account_id = rq->session.account_id,
        .planet_id = p->id,
        .answerer_id = to->account_id,
        .text = rq_form(rq, "text"),
        .anonymous = str_eq_c(rq_form(rq, "anonymous"), "1"),
        .listen = str_eq_c(rq_form(rq, "listen"), "1"),
        .rail = web_sale_rail(rq, p->id),
        .agreed = web_sale_agreed(rq),
    };
}

static enum err send_form(struct rq *rq, const struct planet *p, const struct answerer *to, enum err failed)
{
    struct cx *cx = rq->cx;
    struct question_rule rule;
    struct quote q;
    struct view_sale *sale;
    struct question_ask ask = read_ask(rq, p, to);
    struct view_planet *planet = ARENA_NEW(cx->arena, struct view_planet);
    struct view_answerer *whom = ARENA_NEW(cx->arena, struct view_answerer);
    struct view_question_ask v = {.planet = planet, .to = whom, .text = ask.text, .anonymous = ask.anonymous,
                                  .listen = ask.listen};
    if (failed != OK)
        v.error = web_mendable(rq, failed);
    cx->tell = NULL;
    v.page = page_of(rq, p, N_("Ask a question"));
    TRY(planet_view(rq, p, planet));
    TRY(question_rule_of(cx, p->id, &rule));
    TRY(question_quote(cx, &ask, &q));
    *whom = answerer_view(cx, to, p->handle);
    TRY(web_sale_make(rq, &q, whom->url, &sale));
    v.sale = sale;
    v.days = rule.days;
    v.members_only = rule.members_only && !planet->member;
    TRY(share_text(cx, p->id, &v.share));
    struct buf out = web_buf();
    html_question_ask(&out, cx, &v);
    return web_send(rq, failed == OK ? 200 : http_status_of(failed), &out);
}

enum err web_question_form(struct rq *rq)
{
    struct planet p;
    struct answerer to;
    TRY(web_planet(rq, &p));
    TRY(asked_whom(rq, &p, &to));
    return send_form(rq, &p, &to, OK);
}

enum err web_question_make(struct rq *rq)
{
    struct planet p;
    struct answerer to;
    struct order order;
    int64_t id;
    TRY(web_planet(rq, &p));
    TRY(asked_whom(rq, &p, &to));
    struct question_ask ask = read_ask(rq, &p, &to);
    enum err e = question_place(rq->cx, &ask, &order, &id);
    if (web_sale_mendable(e))
        return send_form(rq, &p, &to, e);
    TRY(e);
    return web_sale_go(rq, &order, &p);
}

/* ---- one ---- */

static enum err read_question(struct rq *rq, struct planet *p, struct question *q)
{
    int64_t id;
    TRY(web_planet(rq, p));
    if (!web_id(rq_param(rq, "id"), &id))
        return ERR_NOT_FOUND;
    TRY(question_by_id(rq->cx, id, q));
    return q->planet_id == p->id ? OK : ERR_NOT_FOUND;
}

/* The answer for whom it is open to; for others the way to listen in. */
static enum err fill_answer(struct rq *rq, const struct question *q, struct view_question_page *v)
{
    struct cx *cx = rq->cx;
    struct access_pass pass;
    struct quote quote;
    struct view_sale *sale;
    struct gate gate = question_gate(q);
    TRY(access_decide(cx, &gate, &pass));
    v->open = is_answered(q) && access_is_full(&pass);
    if (v->open)
        TRY(answer_body(cx, q->id, &pass, &v->answer));
    if (v->open && q->to_me)
        TRY(answer_source(cx, q->id, &pass, &v->source));
    if (v->open || !is_answered(q) || q->listen.minor == 0 || q->hidden || access_why(&pass) == WHY_BANNED)
        return OK;
    TRY(listen_quote(cx, q, &quote));
    TRY(web_sale_make(rq, &quote, v->q->url, &sale));
    v->sale = sale;
    return OK;
}

static enum err send(struct rq *rq, const struct planet *p, const struct question *q, enum err failed)
{
    struct cx *cx = rq->cx;
    struct view_planet *planet = ARENA_NEW(cx->arena, struct view_planet);
    struct view_question *view = ARENA_NEW(cx->arena, struct view_question);
    struct view_question_page v = {.planet = planet, .q = view};
    if (failed != OK)
        v.error = web_mendable(rq, failed);
    cx->tell = NULL;
    struct view_page *page = page_of(rq, p, N_("Question"));
    page->noindex = !is_answered(q) || q->listen.minor == 0;
    v.page = page;
    TRY(planet_view(rq, p, planet));
    *view = question_view(rq, q, p->handle);
    TRY(fill_answer(rq, q, &v));
    v.may_answer = q->to_me && (view->waits || is_answered(q));
    if (failed != OK && rq_form(rq, "answer").p != NULL)
        v.source = rq_form(rq, "answer");
    bool known = rq->session.account_id != 0;
    v.may_decline = view->waits && !q->disputed && known && (q->to_me || planet_may_own(cx, p->id) == OK);
    v.may_hide = is_answered(q) && q->listen.minor > 0 && known && planet_may_manage(cx, p->id) == OK;
    cx->tell = NULL;
    if (q->mine && q->listen.minor > 0)
        TRY(share_text(cx, p->id, &v.share));
    struct buf out = web_buf();
    html_question(&out, cx, &v);
    return web_send(rq, failed == OK ? 200 : http_status_of(failed), &out);
}

enum err web_question_show(struct rq *rq)
{
    struct planet p;
    struct question q;
    TRY(read_question(rq, &p, &q));
    return send(rq, &p, &q, OK);
}

static enum err back_to(struct rq *rq, const struct planet *p, const struct question *q)
{
    web_flash(rq, "done");
    return web_go(rq, str_fmt(rq->cx->arena, "/@" STR_FMT "/questions/%lld", STR_ARG(p->handle), (long long)q->id));
}

enum err web_question_answer(struct rq *rq)
{
    struct planet p;
    struct question q;
    TRY(read_question(rq, &p, &q));
    enum err e = question_answer(rq->cx, q.id, rq_form(rq, "answer"));
    if (web_sale_mendable(e))
        return send(rq, &p, &q, e);
    TRY(e);
    return back_to(rq, &p, &q);
}

enum err web_question_decline(struct rq *rq)
{
    struct planet p;
    struct question q;
    TRY(read_question(rq, &p, &q));
    enum err e = question_decline(rq->cx, q.id, rq_form(rq, "why"));
    if (web_sale_mendable(e))
        return send(rq, &p, &q, e);
    TRY(e);
    return back_to(rq, &p, &q);
}

enum err web_question_listen(struct rq *rq)
{
    struct planet p;
    struct question q;
    struct order order;
    TRY(read_question(rq, &p, &q));
    const struct listen_ask ask = {.account_id = rq->session.account_id, .question_id = q.id,
                                   .rail = web_sale_rail(rq, p.id), .agreed = web_sale_agreed(rq)};
    enum err e = listen_place(rq->cx, &ask, &order);
    if (web_sale_mendable(e))
        return send(rq, &p, &q, e);
    TRY(e);
    return web_sale_go(rq, &order, &p);
}

enum err web_question_hide(struct rq *rq)
{
    struct planet p;
    struct question q;
    TRY(read_question(rq, &p, &q));
    TRY(question_hide(rq->cx, q.id, !str_eq_c(rq_form(rq, "hide"), "0")));
    return str_eq_c(rq_form(rq, "hide"), "0") ? back_to(rq, &p, &q)
                                              : web_go(rq, str_fmt(rq->cx->arena, "/@" STR_FMT "/questions", STR_ARG(p.handle)));
}
