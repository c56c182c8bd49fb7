/* The lines that a planet's profile shows, here and on other servers. */
#include "admin/cli/cli.h"
#include "node/planet/field.h"
#include "node/planet/planet.h"

static enum err cmd_field_list(struct cli *cli)
{
    static const char *const columns[] = {"name", "value", NULL};
    struct planet p;
    struct planet_field *fields;
    size_t n;
    TRY(cli_planet(cli, &p));
    TRY(planet_fields(cli->cx, p.id, &fields, &n));
    cli_begin(cli, true, columns);
    for (size_t i = 0; i < n; i++)
        cli_row(cli, (struct str[]){fields[i].name, fields[i].value});
    cli_end(cli);
    return OK;
}

/* Under its name, or behind the others. */
static enum err cmd_field_set(struct cli *cli)
{
    struct planet p;
    struct planet_field *was, now[PLANET_FIELDS_MAX + 1];
    struct str name = str_trim(cli_get(cli, "name"));
    size_t n, at = 0;
    TRY(cli_planet(cli, &p));
    TRY(planet_fields(cli->cx, p.id, &was, &n));
    for (size_t i = 0; i < n; i++)
        now[i] = was[i];
    while (at < n && !str_eq(now[at].name, name))
        at++;
    now[at] = (struct planet_field){.name = name, .value = cli_get(cli, "value")};
    return planet_fields_set(cli->cx, p.id, now, at == n ? n + 1 : n);
}

static enum err cmd_field_remove(struct cli *cli)
{
    struct planet p;
    struct planet_field *was, now[PLANET_FIELDS_MAX];
    size_t n, kept = 0;
    TRY(cli_planet(cli, &p));
    TRY(planet_fields(cli->cx, p.id, &was, &n));
    for (size_t i = 0; i < n; i++)
        if (!str_eq(was[i].name, cli_get(cli, "name")))
            now[kept++] = was[i];
    if (kept == n)
        return cx_tell(cli->cx, ERR_NOT_FOUND,
                       N_("There is no profile line of that name. 'field list' names them."));
    return planet_fields_set(cli->cx, p.id, now, kept);
}

static const struct cli_option list_options[] = {CLI_PLANET_OPTION, {0}};
static const struct cli_option set_options[] = {
    CLI_PLANET_OPTION,
    {"name", "TEXT", true, "such as Website; at most 40 characters"},
    {"value", "TEXT", true, "a text or an address; at most 200 characters"},
    {0},
};
static const struct cli_option remove_options[] = {
    CLI_PLANET_OPTION,
    {"name", "TEXT", true, "the line's name"},
    {0},
};

const struct cli_verb cli_field_verbs[] = {
    {"field list", cmd_field_list, true, "the lines of a planet's profile", list_options},
    {"field set", cmd_field_set, true, "add a line to a planet's profile, or change it", set_options},
    {"field remove", cmd_field_remove, true, "take a line out of a planet's profile", remove_options},
    {0},
};
