/* post sales, post toward, tip: single things that a planet sells, and tips. */
#include "admin/cli/cli.h"
#include "node/money/money.h"
#include "node/money/post_sale.h"
#include "node/money/tip.h"
#include "node/planet/planet.h"

static enum err cmd_post_sales(struct cli *cli)
{
    static const char *const columns[] = {"post", "title", "sold", "amount", NULL};
    struct planet p;
    struct post_sold *all;
    size_t n;
    TRY(cli_planet(cli, &p));
    TRY(post_sales(cli->cx, p.id, &all, &n));
    cli_begin(cli, true, columns);
    for (size_t i = 0; i < n; i++)
        cli_row(cli, (struct str[]){cli_id(cli, all[i].post_id), all[i].title, cli_id(cli, all[i].n),
                                    money_format(cli->cx->arena, all[i].money)});
    cli_end(cli);
    return OK;
}

static enum err cmd_post_toward(struct cli *cli)
{
    static const char *const columns[] = {"days", NULL};
    struct planet p;
    int64_t days;
    TRY(cli_planet(cli, &p));
    if (cli_has(cli, "days")) {
        TRY(cli_i64(cli, "days", 0, &days));
        TRY(post_toward_days_set(cli->cx, p.id, days));
    }
    TRY(post_toward_days(cli->cx, p.id, &days));
    cli_begin(cli, false, columns);
    cli_row(cli, (struct str[]){cli_id(cli, days)});
    cli_end(cli);
    return OK;
}

/* ---- tips ---- */

static enum err read_rules(struct cli *cli, struct tip_rule *rules, size_t *n)
{
    struct str least[CLI_MAX_VALUES], most[CLI_MAX_VALUES];
    size_t n_most = cli_all(cli, "most", most, CLI_MAX_VALUES);
    *n = cli_all(cli, "least", least, CLI_MAX_VALUES);
    if (*n != n_most || *n > TIP_RULES_MAX)
        return cx_tell(cli->cx, ERR_INVALID, N_("Say the least and the most that somebody may give, in one currency."));
    for (size_t i = 0; i < *n; i++) {
        TRY(money_parse(cli->cx, least[i], &rules[i].least));
        TRY(money_parse(cli->cx, most[i], &rules[i].most));
    }
    return OK;
}

static enum err cmd_tip_rules(struct cli *cli)
{
    static const char *const columns[] = {"least", "most", NULL};
    struct planet p;
    struct tip_rule rules[TIP_RULES_MAX];
    size_t n = 0;
    TRY(cli_planet(cli, &p));
    if (cli_has(cli, "off") || cli_has(cli, "least") || cli_has(cli, "most")) {
        if (!cli_has(cli, "off"))
            TRY(read_rules(cli, rules, &n));
        TRY(tip_rules_set(cli->cx, p.id, rules, n));
    }
    TRY(tip_rules(cli->cx, p.id, rules, &n));
    cli_begin(cli, true, columns);
    for (size_t i = 0; i < n; i++)
        cli_row(cli, (struct str[]){money_format(cli->cx->arena, rules[i].least),
                                    money_format(cli->cx->arena, rules[i].most)});
    cli_end(cli);
    return OK;
}

static enum err cmd_tip_list(struct cli *cli)
{
    static const char *const columns[] = {"id", "order", "at", "state", "amount", "name", "named", "hidden", "post",
                                          "comment", "words", NULL};
    struct planet p;
    struct tip *all;
    size_t n;
    int64_t before;
    TRY(cli_planet(cli, &p));
    TRY(cli_i64(cli, "before", 0, &before));
    TRY(tip_list_of_planet(cli->cx, p.id, before, 200, &all, &n));
    cli_begin(cli, true, columns);
    for (size_t i = 0; i < n; i++)
        cli_row(cli, (struct str[]){cli_id(cli, all[i].order_id), all[i].number, cli_time(cli, all[i].paid_at),
                                    all[i].state, money_format(cli->cx->arena, all[i].money), all[i].name,
                                    str_c(all[i].named ? "yes" : "no"), str_c(all[i].hidden ? "yes" : "no"),
                                    cli_id(cli, all[i].post_id),
                                    all[i].comment_id == 0 ? STR_NULL : cli_id(cli, all[i].comment_id), all[i].words});
    cli_end(cli);
    return OK;
}

static enum err cmd_tip_hide(struct cli *cli)
{
    struct planet p;
    int64_t id;
    TRY(cli_planet(cli, &p));
    TRY(cli_i64(cli, "id", 0, &id));
    return tip_hide(cli->cx, p.id, id, !cli_has(cli, "off"));
}

static const struct cli_option rules_options[] = {
    CLI_PLANET_OPTION,
    {"least", "MONEY", false, "at least so much: CNY:1; once for each currency, with --most"},
    {"most", "MONEY", false, "at most so much: CNY:500"},
    {"off", NULL, false, "take no tips"},
    {0},
};
static const struct cli_option list_options[] = {
    CLI_PLANET_OPTION, {"before", "ID", false, "older than this one"}, {0}};
static const struct cli_option hide_options[] = {
    CLI_PLANET_OPTION, {"id", "ID", true, "which one; 'tip list' names them"},
    {"off", NULL, false, "show it again"}, {0}};
static const struct cli_option planet_options[] = {CLI_PLANET_OPTION, {0}};
static const struct cli_option toward_options[] = {
    CLI_PLANET_OPTION,
    {"days", "N", false, "for so many days (14 is usual); 0: not at all"},
    {0},
};

const struct cli_verb cli_singles_verbs[] = {
    {"post sales", cmd_post_sales, true, "posts that were bought singly", planet_options, NULL},
    {"post toward", cmd_post_toward, true, "does what a post cost count toward a membership? Shows or changes it",
     toward_options, NULL},
    {"tip rules", cmd_tip_rules, true, "which tips are taken: shows or changes it", rules_options, NULL},
    {"tip list", cmd_tip_list, true, "tips that were given, the newest 200", list_options, NULL},
    {"tip hide", cmd_tip_hide, true, "take its name and words off the page; --off: show them again", hide_options, NULL},
    {0},
};
