#include "node/money/question.h"

#include "node/base/i18n.h"
#include "node/base/id.h"
#include "node/db/db.h"
#include "node/event.h"
#include "node/money/money.h"
#include "node/money/order_row.h"
#include "node/money/question_int.h"
#include "node/money/single.h"
#include "node/node.h"
#include "node/people/account.h"
#include "node/people/audit.h"
#include "node/planet/planet_sql.h"

enum { LIST_MAX = 200, SHARE_DAYS_MAX = 31, WHOLE_BP = 10000 };

/* ---- the rule ---- */

static const char *const share_words[] = {[SHARE_NONE] = "none", [SHARE_DAYS] = "days", [SHARE_CREDIT] = "credit"};

const char *question_share_word(enum question_share s)
{
    return share_words[s];
}

bool question_share_parse(struct str word, enum question_share *ret)
{
    for (size_t i = 0; i < sizeof share_words / sizeof *share_words; i++)
        if (str_eq_c(word, share_words[i])) {
            *ret = (enum question_share)i;
            return true;
        }
    return false;
}

enum err question_rule_of(struct cx *cx, int64_t planet_id, struct question_rule *ret)
{
    struct question_rule_get_row row;
    bool found;
    TRY(q_question_rule_get(cx, planet_id, &found, &row));
    *ret = (struct question_rule){.days = QUESTION_DAYS, .share_days = 1, .share_bp = 2000};
    if (!found)
        return OK;
    *ret = (struct question_rule){.days = row.days, .members_only = row.members_only != 0, .share_days = row.share_days,
                                  .share_bp = row.share_bp};
    return question_share_parse(row.share, &ret->share) ? OK : cx_fail(cx, ERR_INTERNAL, "a share of no kind");
}

enum err question_rule_set(struct cx *cx, int64_t planet_id, const struct question_rule *rule)
{
    TRY(planet_may_own(cx, planet_id));
    if (rule->days < 1 || rule->days > QUESTION_DAYS_MAX)
        return cx_tell(cx, ERR_INVALID, N_("Say in how many days an answer is due: 1 to 30."));
    if (rule->share_days < 1 || rule->share_days > SHARE_DAYS_MAX || rule->share_bp < 1 || rule->share_bp > WHOLE_BP)
        return cx_tell(cx, ERR_INVALID, N_("A share is 1 to 31 days, or up to 100 percent."));
    TX_SCOPE(cx);
    TRY(q_question_rule_put(cx, planet_id, rule->days, rule->members_only, str_c(share_words[rule->share]),
                            rule->share_days, rule->share_bp, NULL));
    TRY(audit_put(cx, "question.rule", planet_id, STR_NULL));
    TRY(event_emit(cx, EV_GRANT_CHANGED, cx->viewer, STR_NULL)); /* pages of the planet change */
    return tx_commit(cx);
}

enum err answerer_list(struct cx *cx, int64_t planet_id, bool open_only, struct answerer **ret, size_t *ret_n)
{
    struct answerer_of_planet_row *rows;
    size_t n;
    if (!open_only)
        TRY(planet_may_own(cx, planet_id));
    TRY(q_answerer_of_planet(cx, planet_id, &rows, &n));
    struct answerer *list = ARENA_ARRAY(cx->arena, struct answerer, n);
    *ret_n = 0;
    for (size_t i = 0; i < n; i++)
        if (!open_only || rows[i].is_open != 0)
            list[(*ret_n)++] = (struct answerer){
                .planet_id = planet_id,
                .account_id = rows[i].account_id,
                .price = money_of(rows[i].amount, rows[i].currency),
                .listen = money_of(rows[i].listen_amount, rows[i].currency),
                .about = rows[i].about,
                .name = rows[i].name,
                .username = rows[i].username,
                .open = rows[i].is_open != 0,
            };
    *ret = list;
    return OK;
}

enum err answerer_set(struct cx *cx, int64_t planet_id, const struct answerer *a)
{
    enum role role;
    TRY(planet_may_own(cx, planet_id));
    TRY(role_of(cx, planet_id, a->account_id, &role));
    if (role < ROLE_GUEST)
        return cx_tell(cx, ERR_INVALID, N_("Questions go to the owner, to partners and guests. Give them the role first."));
    if (a->price.minor <= 0 || a->listen.minor < 0 || !money_currency_ok(str_c(a->price.cur)))
        return cx_tell(cx, ERR_INVALID, N_("Say what a question costs."));
    if (a->listen.minor > 0 && !str_eq_c(str_c(a->listen.cur), a->price.cur))
        return cx_tell(cx, ERR_INVALID, N_("Asking and listening in are paid in one currency."));
    if (!str_is_utf8(a->about) || str_utf8_len(a->about) > QUESTION_ABOUT_MAX)
        return cx_tell(cx, ERR_INVALID, N_("The words are too long: 300 characters at most."));
    TX_SCOPE(cx);
    struct str about = str_trim(a->about);
    TRY(q_answerer_put(cx, planet_id, a->account_id, str_dup(cx->arena, str_c(a->price.cur)), a->price.minor,
                       a->listen.minor, about.n == 0 ? STR("") : about, a->open, NULL));
    TRY(audit_put(cx, "question.answerer", a->account_id, STR_NULL));
    TRY(event_emit(cx, EV_GRANT_CHANGED, cx->viewer, STR_NULL));
    return tx_commit(cx);
}

/* ---- looking ---- */

struct str question_path(struct cx *cx, struct str planet_handle, int64_t id)
{
    return str_fmt(cx->arena, "/@" STR_FMT "/questions/%lld", STR_ARG(planet_handle), (long long)id);
}

struct gate question_gate(const struct question *q)
{
    return (struct gate){
        .post_id = q->id,
        .planet_id = q->planet_id,
        .author_id = q->answerer_id,
        .kind = GATE_ANSWER,
        .published_at = q->answered_at,
    };
}

static struct question from_row(const struct cx *cx, const struct question_row *r)
{
    bool mine = cx->viewer != 0 && r->asker_id == cx->viewer, named = mine || r->anonymous == 0;
    return (struct question){
        .id = r->id,
        .planet_id = r->planet_id,
        .order_id = r->order_id,
        .asker_id = named ? r->asker_id : 0,
        .answerer_id = r->answerer_id,
        .created_at = r->created_at,
        .paid_at = r->paid_at,
        .due_at = r->due_at,
        .answered_at = r->answered_at,
        .ended_at = r->ended_at,
        .number = mine ? r->number : STR_NULL,
        .text = r->text,
        .state = r->state,
        .why = r->why,
        .asker_name = named ? r->asker_name : STR_NULL,
        .answerer_name = r->answerer_name,
        .answerer_username = r->answerer_username,
        .price = money_of(r->total, r->currency),
        .listen = money_of(r->listen_amount, r->currency),
        .anonymous = r->anonymous != 0,
        .hidden = r->hidden != 0,
        .disputed = str_eq_c(r->order_state, "disputed"),
        .mine = mine,
        .to_me = cx->viewer != 0 && r->answerer_id == cx->viewer,
        .n_listeners = r->listeners,
    };
}

static struct question *from_rows(struct cx *cx, const struct question_row *rows, size_t n)
{
    struct question *list = ARENA_ARRAY(cx->arena, struct question, n);
    for (size_t i = 0; i < n; i++)
        list[i] = from_row(cx, &rows[i]);
    return list;
}

static bool is_answered(const struct question_row *r)
{
    return str_eq_c(r->state, "answered") || str_eq_c(r->state, "released");
}

/* Whoever paid to listen in keeps it, on the list or not. */
static enum err listens(struct cx *cx, const struct question_row *r, bool *ret)
{
    int64_t had;
    TRY(q_post_right_had(cx, cx->viewer, r->id, &had));
    *ret = had > 0;
    return OK;
}

enum err question_by_id(struct cx *cx, int64_t id, struct question *ret)
{
    struct question_row r;
    enum role role = ROLE_NONE;
    TRY(q_question_get(cx, id, &r));
    bool party = cx->viewer != 0 && r.asker_id == cx->viewer; /* 0 is a visitor here */
    bool draft = str_eq_c(r.state, "draft");
    if (cx->viewer != 0 && !party && !draft) {
        TRY(role_of(cx, r.planet_id, cx->viewer, &role));
        party = r.answerer_id == cx->viewer || role == ROLE_OWNER;
    }
    if (cx->viewer != 0 && !party)
        TRY(listens(cx, &r, &party));
    if (!party && (!is_answered(&r) || r.listen_amount == 0 || r.hidden != 0))
        return ERR_NOT_FOUND;
    *ret = from_row(cx, &r);
    return OK;
}

enum err question_list(struct cx *cx, int64_t planet_id, int64_t before_id, int limit, struct question **ret,
                       size_t *ret_n)
{
    struct question_row *rows;
    TRY(q_question_listed(cx, planet_id, before_id == 0 ? INT64_MAX : before_id, limit, &rows, ret_n));
    *ret = from_rows(cx, rows, *ret_n);
    return OK;
}

enum err question_list_mine(struct cx *cx, bool to_me, struct question **ret, size_t *ret_n)
{
    struct question_row *rows;
    TRY(to_me ? q_question_asked_of(cx, cx->viewer, LIST_MAX, &rows, ret_n)
              : q_question_asked_by(cx, cx->viewer, LIST_MAX, &rows, ret_n));
    *ret = from_rows(cx, rows, *ret_n);
    return OK;
}

enum err question_list_of_planet(struct cx *cx, int64_t planet_id, int64_t before_id, int limit, struct question **ret,
                                 size_t *ret_n)
{
    struct question_row *rows;
    TRY(planet_may_own(cx, planet_id));
    TRY(q_question_of_planet(cx, planet_id, before_id == 0 ? INT64_MAX : before_id, limit, &rows, ret_n));
    *ret = from_rows(cx, rows, *ret_n);
    return OK;
}

/* ---- asking ---- */

static enum err find_answerer(struct cx *cx, const struct question_ask *ask, struct answerer *ret)
{
    struct answerer *all;
    size_t n;
    TRY(answerer_list(cx, ask->planet_id, true, &all, &n));
    for (size_t i = 0; i < n; i++)
        if (all[i].account_id == ask->answerer_id) {
            *ret = all[i];
            return OK;
        }
    return cx_tell(cx, ERR_INVALID, N_("They take no questions now."));
}

static struct single asking(struct cx *cx, const struct question_ask *ask, const struct answerer *a)
{
    struct str args[] = {a->name};
    return (struct single){
        .account_id = ask->account_id,
        .planet_id = ask->planet_id,
        .post_id = DB_NULL,
        .kind = "question",
        .list = a->price,
        .label = i18n_fill(cx->arena, tr(cx, N_("Question to {0}")), args, 1),
        .rail = ask->rail,
        .agreed = ask->agreed,
    };
}

enum err question_quote(struct cx *cx, const struct question_ask *ask, struct quote *ret)
{
    struct answerer a;
    TRY(find_answerer(cx, ask, &a));
    struct single s = asking(cx, ask, &a);
    return single_quote(cx, &s, ret);
}

static enum err may_ask(struct cx *cx, const struct question_ask *ask, const struct question_rule *rule)
{
    struct membership m = {.live = false};
    struct str text = str_trim(ask->text);
    int64_t waiting;
    if (text.n == 0)
        return cx_tell(cx, ERR_INVALID, N_("Write your question first."));
    if (!str_is_utf8(text) || str_utf8_len(text) > QUESTION_CHARS)
        return cx_tell(cx, ERR_INVALID, N_("The question is too long: 2,000 characters at most."));
    if (ask->account_id == ask->answerer_id)
        return cx_tell(cx, ERR_INVALID, N_("You can't ask yourself."));
    enum err e = membership_of(cx, ask->planet_id, ask->account_id, &m);
    if (e != OK && e != ERR_NOT_FOUND)
        return e;
    if (rule->members_only && !m.live)
        return cx_tell(cx, ERR_FORBIDDEN, N_("Only members can ask here."));
    TRY(q_question_open_of(cx, ask->planet_id, ask->account_id, cx->now, &waiting));
    if (waiting >= QUESTION_OPEN_MAX)
        return cx_tell(cx, ERR_CONFLICT, N_("Five of your questions wait already. Please wait for an answer."));
    return OK;
}

static enum err place(struct cx *cx, const struct question_ask *ask, struct order *ret, int64_t *ret_id)
{
    struct answerer a;
    struct question_rule rule;
    struct str number, text = str_trim(ask->text);
    int64_t order_id, id = id_next(cx->node->ids);
    TX_SCOPE(cx);
    TRY(planet_lock(cx, ask->planet_id));
    TRY(find_answerer(cx, ask, &a));
    TRY(question_rule_of(cx, ask->planet_id, &rule));
    TRY(may_ask(cx, ask, &rule));
    struct single s = asking(cx, ask, &a);
    s.post_id = id;
    TRY(single_order(cx, &s, &number, &order_id));
    TRY(q_question_insert(cx, id, ask->planet_id, order_id, ask->account_id, a.account_id, text, ask->anonymous,
                          ask->listen ? a.listen.minor : 0, str_dup(cx->arena, str_c(a.price.cur)),
                          str_c(share_words[rule.share]), rule.share_days, rule.share_bp, rule.days, cx->now, NULL));
    TRY(order_by_number(cx, number, ret));
    *ret_id = id;
    return tx_commit(cx);
}

enum err question_place(struct cx *cx, const struct question_ask *ask, struct order *ret, int64_t *ret_id)
{
    TRY(order_limit(cx, ask->account_id));
    return place(cx, ask, ret, ret_id);
}

/* ---- listening in ---- */

static enum err listening(struct cx *cx, const struct question *q, struct single *ret)
{
    bool answered = str_eq_c(q->state, "answered") || str_eq_c(q->state, "released");
    if (!answered || q->listen.minor == 0 || q->hidden)
        return cx_tell(cx, ERR_INVALID, N_("Nobody can listen in on this answer."));
    *ret = (struct single){
        .account_id = cx->viewer,
        .planet_id = q->planet_id,
        .post_id = q->id,
        .kind = "listen_in",
        .list = q->listen,
        .label = str_c(tr(cx, N_("Listening in on an answer"))),
    };
    return OK;
}

enum err listen_quote(struct cx *cx, const struct question *q, struct quote *ret)
{
    struct single s;
    TRY(listening(cx, q, &s));
    return single_quote(cx, &s, ret);
}

static enum err listen(struct cx *cx, const struct listen_ask *ask, struct order *ret)
{
    struct question q;
    struct single s;
    struct access_pass pass;
    struct str number;
    int64_t id, had;
    TX_SCOPE(cx);
    TRY(question_by_id(cx, ask->question_id, &q));
    TRY(planet_lock(cx, q.planet_id));
    TRY(question_by_id(cx, ask->question_id, &q));
    TRY(listening(cx, &q, &s));
    s.account_id = ask->account_id;
    s.rail = ask->rail;
    s.agreed = ask->agreed;
    struct gate gate = question_gate(&q);
    TRY(q_post_right_had(cx, ask->account_id, q.id, &had));
    TRY(access_decide(cx, &gate, &pass));
    if (had > 0 || (cx->viewer == ask->account_id && access_is_full(&pass)))
        return cx_tell(cx, ERR_CONFLICT, N_("This answer is open to you already."));
    TRY(single_order(cx, &s, &number, &id));
    TRY(order_by_number(cx, number, ret));
    return tx_commit(cx);
}

enum err listen_place(struct cx *cx, const struct listen_ask *ask, struct order *ret)
{
    TRY(order_limit(cx, ask->account_id));
    return listen(cx, ask, ret);
}

enum err question_hide(struct cx *cx, int64_t id, bool hide)
{
    struct question_row r;
    enum role role = ROLE_OWNER;
    TRY(q_question_get(cx, id, &r));
    if (cx->viewer != 0)
        TRY(role_of(cx, r.planet_id, cx->viewer, &role));
    if (role != ROLE_OWNER && role != ROLE_PARTNER && role != ROLE_MODERATOR)
        return cx_tell(cx, ERR_FORBIDDEN, N_("Only those who look after the planet can do this."));
    TX_SCOPE(cx);
    TRY(q_question_set_hidden(cx, id, hide, NULL));
    TRY(audit_put(cx, hide ? "question.hide" : "question.show", id, STR_NULL));
    return tx_commit(cx);
}
