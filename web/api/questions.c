/* Paid questions: the owner's rule, who answers, asking, answering, listening in. */
#include "node/db/db.h"
#include "node/money/question.h"
#include "node/talk/answer.h"
#include "web/api/rows.h"
#include "web/api/words.h"

/* ---- the rule ---- */

static enum err send_rule(struct api *a)
{
    struct question_rule r;
    TRY(question_rule_of(a->cx, a->planet.id, &r));
    struct jw *w = api_begin(a);
    jw_obj(w);
    jw_key_i64(w, "days", r.days);
    jw_key_bool(w, "members_only", r.members_only);
    jw_key_c(w, "share", question_share_word(r.share));
    jw_key_i64(w, "share_days", r.share_days);
    jw_key_i64(w, "share_bp", r.share_bp);
    jw_end(w);
    return api_send(a, 200);
}

enum err api_question_rule(struct api *a)
{
    return send_rule(a);
}

enum err api_question_rule_set(struct api *a)
{
    struct question_rule r;
    struct str share;
    TRY(question_rule_of(a->cx, a->planet.id, &r));
    TRY(api_get_int(a, "days", r.days, &r.days));
    TRY(api_get_bool(a, "members_only", r.members_only, &r.members_only));
    TRY(api_get_text(a, "share", &share));
    if (share.n > 0 && !question_share_parse(share, &r.share))
        return api_wrong(a, "share", N_("A share is none, days or credit."));
    TRY(api_get_int(a, "share_days", r.share_days, &r.share_days));
    TRY(api_get_int(a, "share_bp", r.share_bp, &r.share_bp));
    TRY(api_read(a));
    TRY(question_rule_set(a->cx, a->planet.id, &r));
    return send_rule(a);
}

/* ---- who answers ---- */

static enum err send_answerers(struct api *a, bool open_only)
{
    struct answerer *v;
    size_t n;
    TRY(answerer_list(a->cx, a->planet.id, open_only, &v, &n));
    struct jw *w = api_begin_list(a);
    for (size_t i = 0; i < n; i++) {
        jw_obj(w);
        jw_key_id(w, "id", v[i].account_id);
        jw_key_str(w, "username", v[i].username);
        jw_key_str(w, "name", v[i].name);
        jw_key_str(w, "about", v[i].about.p == NULL ? STR("") : v[i].about);
        api_put_money(a, "price", v[i].price.minor, str_c(v[i].price.cur));
        api_put_money(a, "listen", v[i].listen.minor, str_c(v[i].price.cur));
        jw_key_bool(w, "open", v[i].open);
        jw_end(w);
    }
    return api_send_list(a, 0);
}

enum err api_answerers(struct api *a)
{
    return send_answerers(a, true);
}

enum err api_answerer_set(struct api *a)
{
    struct answerer who = {.planet_id = a->planet.id};
    bool listens;
    TRY(planet_may_own(a->cx, a->planet.id));
    TRY(api_path_id(a, "account", &who.account_id));
    TRY(api_get_money_needed(a, "price", &who.price));
    TRY(api_get_money(a, "listen", &listens, &who.listen));
    if (!listens)
        who.listen = (struct money){.minor = 0};
    TRY(api_get_text(a, "about", &who.about));
    if (who.about.p == NULL)
        who.about = STR("");
    TRY(api_get_bool(a, "open", true, &who.open));
    TRY(api_read(a));
    TRY(answerer_set(a->cx, a->planet.id, &who));
    return send_answerers(a, false);
}

/* ---- questions ---- */

/* The answer comes with a pass only: access_decide says who reads it. */
static enum err put_answer(struct api *a, const struct question *q)
{
    struct gate gate = question_gate(q);
    struct access_pass pass;
    struct safe_html answer;
    TRY(access_decide(a->cx, &gate, &pass));
    jw_key_bool(&a->w, "readable", access_is_full(&pass));
    if (q->answered_at == DB_NULL || !access_is_full(&pass)) {
        jw_key(&a->w, "answer_html");
        jw_null(&a->w);
        return OK;
    }
    TRY(answer_body(a->cx, q->id, &pass, &answer));
    jw_key_str(&a->w, "answer_html", answer.s);
    return OK;
}

static enum err put_question(struct api *a, const struct question *q, bool whole)
{
    struct jw *w = &a->w;
    jw_obj(w);
    jw_key_id(w, "id", q->id);
    jw_key_str(w, "state", q->state);
    jw_key_str(w, "text", q->text);
    jw_key_str(w, "why", q->why.n == 0 ? STR_NULL : q->why);
    jw_key_str(w, "order", q->number);
    jw_key_str(w, "asker", q->asker_name);
    jw_key_str(w, "answerer", q->answerer_name);
    api_put_money(a, "price", q->price.minor, str_c(q->price.cur));
    api_put_money(a, "listen", q->listen.minor, str_c(q->price.cur));
    jw_key_i64(w, "listeners", q->n_listeners);
    jw_key_bool(w, "anonymous", q->anonymous);
    jw_key_bool(w, "hidden", q->hidden);
    jw_key_bool(w, "mine", q->mine);
    jw_key_bool(w, "to_me", q->to_me);
    api_put_time(w, "created_at", q->created_at);
    api_put_time(w, "due_at", q->due_at);
    api_put_time(w, "answered_at", q->answered_at);
    if (whole)
        TRY(put_answer(a, q));
    jw_end(w);
    return OK;
}

static enum err send_questions(struct api *a, const struct question *v, size_t n, int limit)
{
    size_t shown = n > (size_t)limit ? (size_t)limit : n;
    api_begin_list(a);
    for (size_t i = 0; i < shown; i++)
        if (a->token.planet_id == DB_NULL || a->token.planet_id == v[i].planet_id)
            TRY(put_question(a, &v[i], false));
    return api_send_list(a, n > shown ? v[shown - 1].id : 0);
}

enum err api_questions(struct api *a)
{
    struct question *v;
    int64_t after;
    int limit;
    size_t n;
    TRY(api_page_limit(a, &limit));
    TRY(api_page_after(a, &after));
    TRY(question_list(a->cx, a->planet.id, after, limit + 1, &v, &n));
    return send_questions(a, v, n, limit);
}

enum err api_questions_paid(struct api *a)
{
    struct question *v;
    int64_t after;
    int limit;
    size_t n;
    TRY(planet_may_own(a->cx, a->planet.id));
    TRY(api_page_limit(a, &limit));
    TRY(api_page_after(a, &after));
    TRY(question_list_of_planet(a->cx, a->planet.id, after, limit + 1, &v, &n));
    return send_questions(a, v, n, limit);
}

static enum err send_mine(struct api *a, bool to_me)
{
    struct question *v;
    size_t n;
    TRY(question_list_mine(a->cx, to_me, &v, &n));
    return send_questions(a, v, n, INT32_MAX);
}

enum err api_my_questions(struct api *a) { return send_mine(a, false); }
enum err api_my_questions_to_me(struct api *a) { return send_mine(a, true); }

static enum err question_of_path(struct api *a, struct question *ret)
{
    int64_t id;
    TRY(api_path_id(a, "id", &id));
    TRY(question_by_id(a->cx, id, ret));
    return ret->planet_id == a->planet.id ? OK : ERR_NOT_FOUND;
}

static enum err send_question(struct api *a, int64_t id, int status)
{
    struct question q;
    TRY(question_by_id(a->cx, id, &q));
    api_begin(a);
    TRY(put_question(a, &q, true));
    return api_send(a, status);
}

enum err api_question(struct api *a)
{
    struct question q;
    TRY(question_of_path(a, &q));
    return send_question(a, q.id, 200);
}

static enum err read_ask(struct api *a, struct question_ask *ask)
{
    *ask = (struct question_ask){.account_id = a->account.id, .planet_id = a->planet.id};
    TRY(api_get_id_needed(a, "answerer_id", &ask->answerer_id));
    TRY(api_get_text_needed(a, "text", &ask->text));
    TRY(api_get_bool(a, "anonymous", false, &ask->anonymous));
    TRY(api_get_bool(a, "listen", false, &ask->listen));
    TRY(api_get_int(a, "agreed", 0, &ask->agreed));
    TRY(api_get_rail(a, &ask->rail));
    return api_read(a);
}

enum err api_question_quote(struct api *a)
{
    struct question_ask ask;
    struct quote q;
    TRY(read_ask(a, &ask));
    TRY(question_quote(a->cx, &ask, &q));
    return api_send_quote(a, &q);
}

enum err api_question_ask(struct api *a)
{
    struct question_ask ask;
    struct order o;
    int64_t id;
    TRY(read_ask(a, &ask));
    TRY(question_place(a->cx, &ask, &o, &id));
    return api_send_order(a, o.number, 201);
}

enum err api_question_answer(struct api *a)
{
    struct question q;
    struct str text;
    TRY(question_of_path(a, &q));
    TRY(api_get_text_needed(a, "markdown", &text));
    TRY(api_read(a));
    TRY(question_answer(a->cx, q.id, text));
    return send_question(a, q.id, 200);
}

enum err api_question_decline(struct api *a)
{
    struct question q;
    struct str why;
    TRY(question_of_path(a, &q));
    TRY(api_get_text(a, "words", &why));
    TRY(api_read(a));
    TRY(question_decline(a->cx, q.id, why.p == NULL ? STR("") : why));
    return send_question(a, q.id, 200);
}

static enum err hide(struct api *a, bool yes)
{
    struct question q;
    TRY(question_of_path(a, &q));
    TRY(question_hide(a->cx, q.id, yes));
    return api_send_empty(a);
}

enum err api_question_hide(struct api *a) { return hide(a, true); }
enum err api_question_show(struct api *a) { return hide(a, false); }

enum err api_listen(struct api *a)
{
    struct question q;
    struct listen_ask ask = {.account_id = a->account.id};
    struct order o;
    TRY(question_of_path(a, &q));
    ask.question_id = q.id;
    TRY(api_get_rail(a, &ask.rail));
    TRY(api_get_int(a, "agreed", 0, &ask.agreed));
    TRY(api_read(a));
    TRY(listen_place(a->cx, &ask, &o));
    return api_send_order(a, o.number, 201);
}
