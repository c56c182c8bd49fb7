#include "node/money/tip.h"

#include "node/base/i18n.h"
#include "node/db/db.h"
#include "node/event.h"
#include "node/money/money.h"
#include "node/money/order_row.h"
#include "node/money/single.h"
#include "node/money/tip_sql.h"
#include "node/people/account.h"
#include "node/people/audit.h"
#include "node/people/letter.h"
#include "node/people/notice.h"
#include "node/planet/planet_sql.h"

#include <string.h>

/* ---- the owner's rule ---- */

enum err tip_rules(struct cx *cx, int64_t planet_id, struct tip_rule *ret, size_t *ret_n)
{
    struct tip_rule_list_row *rows;
    size_t n;
    TRY(q_tip_rule_list(cx, planet_id, &rows, &n));
    *ret_n = n < TIP_RULES_MAX ? n : TIP_RULES_MAX;
    for (size_t i = 0; i < *ret_n; i++)
        ret[i] = (struct tip_rule){money_of(rows[i].least, rows[i].currency), money_of(rows[i].most, rows[i].currency)};
    return OK;
}

static enum err rules_ok(struct cx *cx, const struct tip_rule *rules, size_t n)
{
    if (n > TIP_RULES_MAX)
        return cx_tell(cx, ERR_INVALID, N_("Tips may be given in 8 currencies at most."));
    for (size_t i = 0; i < n; i++) {
        bool known = strcmp(rules[i].least.cur, rules[i].most.cur) == 0 && money_currency_ok(str_c(rules[i].least.cur));
        if (!known || rules[i].least.minor <= 0 || rules[i].most.minor < rules[i].least.minor)
            return cx_tell(cx, ERR_INVALID, N_("Say the least and the most that somebody may give, in one currency."));
        for (size_t k = 0; k < i; k++)
            if (strcmp(rules[k].least.cur, rules[i].least.cur) == 0)
                return cx_tell(cx, ERR_INVALID, N_("Say the least and the most once for each currency."));
    }
    return OK;
}

enum err tip_rules_set(struct cx *cx, int64_t planet_id, const struct tip_rule *rules, size_t n)
{
    TRY(planet_may_own(cx, planet_id));
    TRY(rules_ok(cx, rules, n));
    TX_SCOPE(cx);
    TRY(planet_lock(cx, planet_id));
    TRY(q_tip_rule_clear(cx, planet_id, NULL));
    for (size_t i = 0; i < n; i++)
        TRY(q_tip_rule_put(cx, planet_id, str_dup(cx->arena, str_c(rules[i].least.cur)), rules[i].least.minor,
                           rules[i].most.minor, NULL));
    TRY(audit_put(cx, "tip.rules", planet_id, str_fmt(cx->arena, "%zu", n)));
    TRY(event_emit(cx, EV_GRANT_CHANGED, cx->viewer, STR_NULL)); /* pages of the planet change */
    return tx_commit(cx);
}

/* ---- giving ---- */

/* Whose comment; only those to whom the money may go: the planet's own authors. */
static enum err comment_author(struct cx *cx, const struct post *post, int64_t comment_id, int64_t *ret)
{
    struct comment c;
    enum role role;
    TRY(comment_by_id(cx, comment_id, &c));
    if (c.post_id != post->id || !str_eq_c(c.state, "shown"))
        return ERR_NOT_FOUND;
    *ret = c.account_id;
    if (c.account_id != 0)
        TRY(role_of(cx, post->planet_id, c.account_id, &role));
    if (c.account_id == 0 || role < ROLE_GUEST)
        return cx_tell(cx, ERR_INVALID, N_("Tips go to this planet's authors. This was written by somebody else."));
    return OK;
}

enum err tip_may(struct cx *cx, const struct post *post, int64_t comment_id, int64_t *ret_to)
{
    struct tip_rule rules[TIP_RULES_MAX];
    struct access_pass pass;
    size_t n;
    if (post->published_at == DB_NULL)
        return ERR_NOT_FOUND;
    TRY(tip_rules(cx, post->planet_id, rules, &n));
    if (n == 0)
        return cx_tell(cx, ERR_UNSUPPORTED, N_("This planet takes no tips."));
    TRY(access_decide(cx, &post->gate, &pass));
    *ret_to = post->author_id;
    if (comment_id != 0)
        TRY(comment_author(cx, post, comment_id, ret_to));
    else if (!access_is_full(&pass))
        return cx_tell(cx, ERR_FORBIDDEN, N_("Read the post first, then say thank you."));
    if (access_why(&pass) == WHY_BANNED)
        return cx_tell(cx, ERR_FORBIDDEN, N_("The owner of this planet has taken away your access."));
    if (*ret_to == cx->viewer)
        return cx_tell(cx, ERR_INVALID, N_("You wrote this yourself."));
    return OK;
}

static enum err single_of(struct cx *cx, const struct tip_ask *ask, const struct post *post, struct single *ret)
{
    struct tip_rule rules[TIP_RULES_MAX];
    size_t n;
    TRY(tip_rules(cx, post->planet_id, rules, &n));
    for (size_t i = 0; i < n; i++) {
        if (strcmp(rules[i].least.cur, ask->amount.cur) != 0)
            continue;
        if (ask->amount.minor < rules[i].least.minor || ask->amount.minor > rules[i].most.minor) {
            struct str args[] = {i18n_money(cx, rules[i].least.minor, str_c(rules[i].least.cur)),
                                 i18n_money(cx, rules[i].most.minor, str_c(rules[i].most.cur))};
            return cx_tellf(cx, ERR_INVALID, N_("A tip is between {0} and {1}."), args, 2);
        }
        *ret = (struct single){
            .account_id = ask->account_id,
            .planet_id = post->planet_id,
            .post_id = DB_NULL,
            .kind = "tip",
            .list = ask->amount,
            .label = str_c(tr(cx, N_("Tip"))),
            .rail = ask->rail,
            .agreed = ask->agreed != 0 ? ask->agreed : ask->amount.minor,
        };
        return OK;
    }
    return cx_tell(cx, ERR_INVALID, N_("Tips are not taken in this currency."));
}

enum err tip_quote(struct cx *cx, const struct tip_ask *ask, struct quote *ret)
{
    struct post post;
    struct single s;
    TRY(post_by_id(cx, ask->post_id, &post));
    TRY(single_of(cx, ask, &post, &s));
    return single_quote(cx, &s, ret);
}

static enum err words_ok(struct cx *cx, struct str words)
{
    if (!str_is_utf8(words) || str_utf8_len(words) > TIP_WORDS_MAX)
        return cx_tell(cx, ERR_INVALID, N_("The words are too long: 200 characters at most."));
    return OK;
}

static enum err place(struct cx *cx, const struct tip_ask *ask, struct order *ret)
{
    struct post post;
    struct single s;
    struct str number, words = str_trim(ask->words);
    int64_t id, to;
    TX_SCOPE(cx);
    TRY(post_by_id(cx, ask->post_id, &post));
    TRY(tip_may(cx, &post, ask->comment_id, &to));
    TRY(single_of(cx, ask, &post, &s));
    TRY(words_ok(cx, words));
    TRY(planet_lock(cx, post.planet_id));
    TRY(single_order(cx, &s, &number, &id));
    TRY(q_tip_insert(cx, id, post.planet_id, post.id, ask->comment_id, ask->account_id, to,
                     words.n == 0 ? STR("") : words, ask->named, NULL));
    TRY(order_by_number(cx, number, ret));
    return tx_commit(cx);
}

enum err tip_give(struct cx *cx, const struct tip_ask *ask, struct order *ret)
{
    TRY(order_limit(cx, ask->account_id));
    return place(cx, ask, ret);
}

enum err tip_of_order(struct cx *cx, int64_t order_id, int64_t *ret_post_id, int64_t *ret_comment_id)
{
    struct tip_get_row row;
    bool found;
    TRY(q_tip_get(cx, order_id, &found, &row));
    if (!found)
        return ERR_NOT_FOUND;
    *ret_post_id = row.post_id;
    *ret_comment_id = row.comment_id;
    return OK;
}

/* ---- what order_apply tells ---- */

enum err tip_paid(struct cx *cx, int64_t order_id)
{
    struct tip_get_row row;
    struct account from;
    bool found;
    TRY(q_tip_get(cx, order_id, &found, &row));
    if (!found)
        return cx_fail(cx, ERR_INTERNAL, "an order of a tip without one");
    LETTER_LANGUAGE(cx, row.to_account_id, row.planet_id);
    struct str name = str_c(tr(cx, N_("Somebody")));
    if (row.named) {
        TRY(account_by_id(cx, row.account_id, &from));
        name = from.name;
    }
    TRY(notice_put(cx, row.to_account_id, "tip", row.post_id, row.comment_id == 0 ? DB_NULL : row.comment_id, name,
                   STR_NULL));
    return event_emit(cx, EV_REACTION_CHANGED, row.post_id, STR_NULL);
}

enum err tip_changed(struct cx *cx, int64_t order_id)
{
    struct tip_get_row row;
    bool found;
    TRY(q_tip_get(cx, order_id, &found, &row));
    return found ? event_emit(cx, EV_REACTION_CHANGED, row.post_id, STR_NULL) : OK;
}

/* ---- lists ---- */

static struct tip *from_rows(struct cx *cx, const struct tip_row *rows, size_t n)
{
    struct tip *list = ARENA_ARRAY(cx->arena, struct tip, n);
    for (size_t i = 0; i < n; i++)
        list[i] = (struct tip){
            .order_id = rows[i].order_id,
            .post_id = rows[i].post_id,
            .comment_id = rows[i].comment_id,
            .account_id = rows[i].account_id,
            .paid_at = rows[i].paid_at,
            .money = money_of(rows[i].total - rows[i].refunded, rows[i].currency),
            .number = rows[i].number,
            .state = rows[i].state,
            .name = rows[i].name,
            .words = rows[i].words,
            .title = rows[i].title,
            .slug = rows[i].slug,
            .named = rows[i].named != 0,
            .hidden = rows[i].hidden != 0,
        };
    return list;
}

enum err tip_list(struct cx *cx, const struct post *post, const struct access_pass *pass, struct tip **ret,
                  size_t *ret_n)
{
    struct tip_row *rows;
    *ret_n = 0;
    *ret = NULL;
    if (!access_is_full(pass))
        return OK;
    TRY(q_tip_of_post(cx, post->id, TIPS_SHOWN, &rows, ret_n));
    *ret = from_rows(cx, rows, *ret_n);
    return OK;
}

enum err tip_list_of_planet(struct cx *cx, int64_t planet_id, int64_t before_id, int limit, struct tip **ret,
                            size_t *ret_n)
{
    struct tip_row *rows;
    TRY(planet_may_own(cx, planet_id));
    TRY(q_tip_of_planet(cx, planet_id, before_id == 0 ? INT64_MAX : before_id, limit, &rows, ret_n));
    *ret = from_rows(cx, rows, *ret_n);
    return OK;
}

enum err tip_hide(struct cx *cx, int64_t planet_id, int64_t order_id, bool hide)
{
    struct tip_get_row row;
    enum role role = ROLE_OWNER;
    int64_t changed;
    bool found;
    if (cx->viewer != 0)
        TRY(role_of(cx, planet_id, cx->viewer, &role));
    if (role != ROLE_OWNER && role != ROLE_PARTNER && role != ROLE_MODERATOR)
        return cx_tell(cx, ERR_FORBIDDEN, N_("Only those who look after the planet can do this."));
    TX_SCOPE(cx);
    TRY(q_tip_set_hidden(cx, planet_id, order_id, hide, &changed));
    if (changed == 0)
        return ERR_NOT_FOUND;
    TRY(q_tip_get(cx, order_id, &found, &row));
    TRY(audit_put(cx, hide ? "tip.hide" : "tip.show", order_id, STR_NULL));
    TRY(event_emit(cx, EV_REACTION_CHANGED, row.post_id, STR_NULL));
    return tx_commit(cx);
}
