/* question: who answers for what, the rule, what was asked; and answering without a browser. */
#include "admin/cli/cli.h"
#include "node/db/db.h"
#include "node/money/money.h"
#include "node/money/percent.h"
#include "node/money/question.h"
#include "node/people/account.h"
#include "node/planet/planet.h"
#include "node/talk/answer.h"

#include <string.h>

static enum err cmd_answerer(struct cli *cli)
{
    struct planet p;
    struct account who;
    struct answerer a = {.about = cli_get(cli, "about"), .open = !cli_has(cli, "off")};
    TRY(cli_planet(cli, &p));
    TRY(cli_account(cli, &who));
    a.account_id = who.id;
    TRY(money_parse(cli->cx, cli_get(cli, "price"), &a.price));
    memcpy(a.listen.cur, a.price.cur, sizeof a.listen.cur);
    if (cli_has(cli, "listen"))
        TRY(money_parse(cli->cx, cli_get(cli, "listen"), &a.listen));
    if (a.about.p == NULL)
        a.about = STR("");
    return answerer_set(cli->cx, p.id, &a);
}

static enum err cmd_answerers(struct cli *cli)
{
    static const char *const columns[] = {"account", "username", "name", "price", "listen", "open", "about", NULL};
    struct planet p;
    struct answerer *all;
    size_t n;
    TRY(cli_planet(cli, &p));
    TRY(answerer_list(cli->cx, p.id, false, &all, &n));
    cli_begin(cli, true, columns);
    for (size_t i = 0; i < n; i++)
        cli_row(cli, (struct str[]){cli_id(cli, all[i].account_id), all[i].username, all[i].name,
                                    money_format(cli->cx->arena, all[i].price),
                                    all[i].listen.minor == 0 ? STR_NULL : money_format(cli->cx->arena, all[i].listen),
                                    str_c(all[i].open ? "yes" : "no"), all[i].about});
    cli_end(cli);
    return OK;
}

static enum err read_rule(struct cli *cli, struct question_rule *rule)
{
    TRY(cli_i64(cli, "days", rule->days, &rule->days));
    TRY(cli_i64(cli, "share-days", rule->share_days, &rule->share_days));
    if (cli_has(cli, "share") && !question_share_parse(cli_get(cli, "share"), &rule->share))
        return cx_tell(cli->cx, ERR_INVALID, N_("A share is none, days or credit."));
    if (cli_has(cli, "share-percent")) {
        if (!percent_read(cli_get(cli, "share-percent"), PERCENT_BP, &rule->share_bp))
            return cx_tell(cli->cx, ERR_INVALID, N_("A share is 1 to 31 days, or up to 100 percent."));
    }
    if (cli_has(cli, "asked-by"))
        rule->members_only = str_eq_c(cli_get(cli, "asked-by"), "members");
    return OK;
}

static enum err cmd_rule(struct cli *cli)
{
    static const char *const columns[] = {"days", "asked_by", "share", "share_days", "share_percent", NULL};
    static const char *const options[] = {"days", "asked-by", "share", "share-days", "share-percent"};
    struct planet p;
    struct question_rule rule;
    bool change = false;
    TRY(cli_planet(cli, &p));
    TRY(question_rule_of(cli->cx, p.id, &rule));
    for (size_t i = 0; i < sizeof options / sizeof *options; i++)
        change = change || cli_has(cli, options[i]);
    if (change) {
        TRY(read_rule(cli, &rule));
        TRY(question_rule_set(cli->cx, p.id, &rule));
    }
    cli_begin(cli, false, columns);
    cli_row(cli, (struct str[]){cli_id(cli, rule.days), str_c(rule.members_only ? "members" : "everybody"),
                                str_c(question_share_word(rule.share)), cli_id(cli, rule.share_days),
                                percent_text(cli->cx->arena, rule.share_bp, PERCENT_BP)});
    cli_end(cli);
    return OK;
}

static enum err cmd_list(struct cli *cli)
{
    static const char *const columns[] = {"id", "state", "paid", "due", "price", "asked_by", "answerer", "listen",
                                          "listeners", "hidden", "question", NULL};
    struct planet p;
    struct question *all;
    size_t n;
    int64_t before;
    TRY(cli_planet(cli, &p));
    TRY(cli_i64(cli, "before", 0, &before));
    TRY(question_list_of_planet(cli->cx, p.id, before, 200, &all, &n));
    cli_begin(cli, true, columns);
    for (size_t i = 0; i < n; i++)
        cli_row(cli, (struct str[]){cli_id(cli, all[i].id), all[i].state, cli_time(cli, all[i].paid_at),
                                    cli_time(cli, all[i].due_at), money_format(cli->cx->arena, all[i].price),
                                    all[i].asker_name, all[i].answerer_username,
                                    all[i].listen.minor == 0 ? STR_NULL : money_format(cli->cx->arena, all[i].listen),
                                    cli_id(cli, all[i].n_listeners), str_c(all[i].hidden ? "yes" : "no"), all[i].text});
    cli_end(cli);
    return OK;
}

static enum err cmd_answer(struct cli *cli)
{
    struct str text;
    int64_t id;
    TRY(cli_i64(cli, "id", 0, &id));
    TRY(cli_file(cli, "body-file", ANSWER_MAX + 1, &text));
    return question_answer(cli->cx, id, text);
}

static enum err cmd_decline(struct cli *cli)
{
    int64_t id;
    TRY(cli_i64(cli, "id", 0, &id));
    return question_decline(cli->cx, id, cli_has(cli, "why") ? cli_get(cli, "why") : STR(""));
}

static enum err cmd_hide(struct cli *cli)
{
    int64_t id;
    TRY(cli_i64(cli, "id", 0, &id));
    return question_hide(cli->cx, id, !cli_has(cli, "off"));
}

#define QUESTION_ID {"id", "ID", true, "the question; 'question list' names them"}
static const struct cli_option planet_options[] = {CLI_PLANET_OPTION, {0}};
static const struct cli_option answerer_options[] = {
    CLI_PLANET_OPTION,
    CLI_ACCOUNT_OPTION,
    {"price", "MONEY", true, "what a question costs: CNY:50"},
    {"listen", "MONEY", false, "what listening in costs: CNY:1; else nobody can"},
    {"about", "TEXT", false, "what one may ask about"},
    {"off", NULL, false, "they take no questions now"},
    {0},
};
static const struct cli_option rule_options[] = {
    CLI_PLANET_OPTION,
    {"days", "N", false, "to answer in, then the money goes back (7)"},
    {"asked-by", "WHO", false, "everybody (default) or members"},
    {"share", "WHAT", false, "of the asker, when somebody listens in: none (default), days or credit"},
    {"share-days", "N", false, "days of membership for each (1)"},
    {"share-percent", "N", false, "percent of what they pay, as credit (20)"},
    {0},
};
static const struct cli_option list_options[] = {
    CLI_PLANET_OPTION, {"before", "ID", false, "older than this one"}, {0}};
static const struct cli_option answer_options[] = {
    QUESTION_ID, {"body-file", "FILE", true, "the answer, Markdown ('-': standard input)"}, {0}};
static const struct cli_option decline_options[] = {
    QUESTION_ID, {"why", "TEXT", false, "a few words for who asked"}, {0}};
static const struct cli_option hide_options[] = {
    QUESTION_ID, {"off", NULL, false, "list it again"}, {0}};

const struct cli_verb cli_question_verbs[] = {
    {"question answerer", cmd_answerer, true, "who takes questions, for what", answerer_options, NULL},
    {"question answerers", cmd_answerers, true, "all of them", planet_options, NULL},
    {"question rule", cmd_rule, true, "time to answer, who may ask, the asker's share: shows or changes it", rule_options, NULL},
    {"question list", cmd_list, true, "what was asked, the newest 200", list_options, NULL},
    {"question answer", cmd_answer, true, "answer one that was asked of the node's owner", answer_options, NULL},
    {"question decline", cmd_decline, true, "don't: the money goes back", decline_options, NULL},
    {"question hide", cmd_hide, true, "take an answered one off the list; --off: list it again", hide_options, NULL},
    {0},
};
