/* post sales, post toward: single things that a planet sells. */
#include "admin/cli/cli.h"
#include "node/money/money.h"
#include "node/money/post_sale.h"
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
    {0},
};
