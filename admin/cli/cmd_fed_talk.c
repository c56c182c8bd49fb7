/* planet quotes: who elsewhere may quote a planet. */
#include "admin/cli/cli.h"
#include "node/planet/planet.h"
#include "node/talk/quote.h"

static enum err cmd_quotes(struct cli *cli)
{
    static const char *const columns[] = {"planet", "quotes", NULL};
    struct cx *cx = cli->cx;
    struct planet p;
    enum quote_rule rule;
    TRY(cli_planet(cli, &p));
    if (cli_has(cli, "allow")) {
        if (!quote_rule_parse(cli_get(cli, "allow"), &rule))
            return cx_tell(cx, ERR_INVALID,
                           N_("Quotes are for everybody, followers or nobody."));
        TRY(quote_rule_set(cx, p.id, rule));
    }
    TRY(quote_rule_of(cx, p.id, &rule));
    cli_begin(cli, false, columns);
    cli_row(cli, (struct str[]){p.handle, str_c(quote_rule_word(rule))});
    cli_end(cli);
    return OK;
}

static const struct cli_option quotes_options[] = {
    CLI_PLANET_OPTION, {"allow", "WHO", false, "everybody, followers or nobody"}, {0}};

const struct cli_verb cli_fed_talk_verbs[] = {
    {"planet quotes", cmd_quotes, true, "who elsewhere may quote a planet", quotes_options},
    {0},
};
