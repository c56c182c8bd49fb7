/* The keys that our actors sign with. */
#include "admin/cli/cli.h"
#include "federation/rotate.h"
#include "node/planet/planet.h"

#include <stdio.h>

static struct str state_words(const struct fed_key_view *v)
{
    switch (v->state) {
    case FED_KEY_ANNOUNCED: return STR("announced");
    case FED_KEY_SWITCHED: return STR("switched");
    case FED_KEY_STEADY: break;
    }
    return STR("steady");
}

static enum err print_keys(struct cli *cli, int64_t only)
{
    static const char *const columns[] = {"actor", "name", "key", "state", "since", "next step", NULL};
    struct fed_key_view *v;
    size_t n;
    TRY(fed_key_list(cli->cx, &v, &n));
    cli_begin(cli, true, columns);
    for (size_t i = 0; i < n; i++) {
        if (only != 0 && v[i].actor_id != only)
            continue;
        const struct str values[] = {v[i].uri, v[i].username, v[i].key_id, state_words(&v[i]),
                                     cli_time(cli, v[i].since), cli_time(cli, v[i].next_at)};
        cli_row(cli, values);
    }
    cli_end(cli);
    return OK;
}

static enum err one_actor(struct cli *cli, int64_t *ret)
{
    struct planet p;
    *ret = 0;
    if (!cli_has(cli, "planet"))
        return OK;
    TRY(cli_planet(cli, &p));
    return fed_key_actor_of_planet(cli->cx, p.id, ret);
}

static enum err key_list(struct cli *cli)
{
    int64_t only;
    TRY(one_actor(cli, &only));
    return print_keys(cli, only);
}

static enum err key_rotate(struct cli *cli)
{
    struct fed_key_view *v;
    size_t n;
    int64_t only;
    bool begun, leaked = cli_has(cli, "leaked");
    TRY(one_actor(cli, &only));
    TRY(fed_key_list(cli->cx, &v, &n));
    for (size_t i = 0; i < n; i++)
        if (only == 0 || v[i].actor_id == only)
            TRY(fed_key_rotate(cli->cx, v[i].actor_id, leaked, &begun));
    if (leaked)
        fputs("The new keys sign from now on. Other servers refuse what we send until they have looked at our "
              "profiles again: most when the first signature does not fit, some after a day.\n", stderr);
    else
        fputs("The new keys are announced now and sign in a day and a half. The old ones stay readable for a week "
              "after that. The node must be served meanwhile.\n", stderr);
    return print_keys(cli, only);
}

const struct cli_verb cli_fed_key_verbs[] = {
    {"key list", key_list, true, "the keys that planets, authors and the node sign with",
     (const struct cli_option[]){CLI_PLANET_OPTION, {0}}, NULL},
    {"key rotate", key_rotate, true, "new keys for all, or for one planet; other servers are told first",
     (const struct cli_option[]){
         {"planet", "HANDLE", false, "only this planet's; else those of planets, authors and the node"},
         {"leaked", NULL, false, "a key is in wrong hands: put all away at once, whatever it costs"},
         {0}}, NULL},
    {0},
};
