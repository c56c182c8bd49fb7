/* endorse, nearby: whom a planet recommends, and what its visitors are shown. */
#include "admin/cli/cli.h"
#include "federation/nearby.h"
#include "node/db/db.h"
#include "node/planet/planet.h"

static struct str state_word(enum fed_endorsed state)
{
    switch (state) {
    case FED_ENDORSED_ASKED: return STR("asked");
    case FED_ENDORSED_FOUND: return STR("found");
    case FED_ENDORSED_UNKNOWN: return STR("unknown");
    case FED_ENDORSED_REFUSED: return STR("refused");
    case FED_ENDORSED_GONE: return STR("gone");
    }
    return STR("");
}

static enum err cmd_endorse_list(struct cli *cli)
{
    static const char *const columns[] = {"id", "who", "name", "state", "uri", NULL};
    struct fed_endorsement *v;
    struct planet p;
    size_t n;
    TRY(cli_planet(cli, &p));
    TRY(fed_endorse_list(cli->cx, p.id, &v, &n));
    cli_begin(cli, true, columns);
    for (size_t i = 0; i < n; i++)
        cli_row(cli, (struct str[]){cli_id(cli, v[i].id), v[i].handle.n > 0 ? v[i].handle : v[i].asked, v[i].name,
                                    state_word(v[i].state), v[i].uri});
    cli_end(cli);
    return OK;
}

static enum err cmd_endorse_add(struct cli *cli)
{
    static const char *const columns[] = {"id", "state", NULL};
    struct planet p;
    int64_t id;
    TRY(cli_planet(cli, &p));
    TRY(fed_endorse_add(cli->cx, p.id, cli_get(cli, "who"), &id));
    cli_begin(cli, false, columns);
    cli_row(cli, (struct str[]){cli_id(cli, id), state_word(FED_ENDORSED_ASKED)});
    cli_end(cli);
    return OK;
}

static enum err cmd_endorse_remove(struct cli *cli)
{
    struct planet p;
    int64_t id;
    TRY(cli_planet(cli, &p));
    enum err e = fed_endorse_find(cli->cx, p.id, cli_get(cli, "who"), &id);
    if (e == ERR_NOT_FOUND)
        return cx_tell(cli->cx, e, N_("This planet doesn't recommend that one."));
    TRY(e);
    return fed_endorse_remove(cli->cx, p.id, id);
}

static enum err cmd_nearby_list(struct cli *cli)
{
    static const char *const columns[] = {"step", "who", "name", "by", "teaser", "url", NULL};
    struct fed_neighbour *v;
    struct planet p;
    size_t n;
    TRY(cli_planet(cli, &p));
    TRY(fed_nearby(cli->cx, p.id, 200, &v, &n));
    cli_begin(cli, true, columns);
    for (size_t i = 0; i < n; i++)
        cli_row(cli, (struct str[]){v[i].step == 1 ? STR("1") : STR("2"), v[i].handle, v[i].name, v[i].by, v[i].teaser,
                                    v[i].url});
    cli_end(cli);
    return OK;
}

static enum err cmd_nearby_switch(struct cli *cli)
{
    struct planet p;
    struct str to = cli_get(cli, "to");
    TRY(cli_planet(cli, &p));
    if (!str_eq_c(to, "on") && !str_eq_c(to, "off"))
        return cx_tell(cli->cx, ERR_INVALID, N_("--to is on or off."));
    return fed_nearby_set_shown(cli->cx, p.id, str_eq_c(to, "on"));
}

static const struct cli_option planet_options[] = {CLI_PLANET_OPTION, {0}};
static const struct cli_option who_options[] = {
    CLI_PLANET_OPTION,
    {"who", "NAME", true, "@name@host, or the address of their page"},
    {0},
};
static const struct cli_option switch_options[] = {
    CLI_PLANET_OPTION,
    {"to", "on|off", true, "whether the planet's page shows them"},
    {0},
};

const struct cli_verb cli_nearby_verbs[] = {
    {"endorse add", cmd_endorse_add, true, "recommend another planet, in public", who_options},
    {"endorse remove", cmd_endorse_remove, true, "recommend it no more", who_options},
    {"endorse list", cmd_endorse_list, true, "whom a planet recommends", planet_options},
    {"nearby list", cmd_nearby_list, true, "planets nearby, as visitors may see them", planet_options},
    {"nearby switch", cmd_nearby_switch, true, "show planets nearby on the planet's page, or not", switch_options},
    {0},
};
