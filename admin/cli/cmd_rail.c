/* rail: the accounts at payment providers. */
#include "admin/cli/cli.h"
#include "node/base/json.h"
#include "node/db/db.h"
#include "node/money/rail.h"
#include "node/planet/planet.h"

#include <string.h>

enum { FILE_MAX = 65536 };

static enum err the_rail(struct cli *cli, const struct pay_rail **ret)
{
    *ret = rail_by_name(cli_get(cli, "rail"));
    if (*ret == NULL || (*ret)->fields == NULL)
        return cx_tell(cli->cx, ERR_NOT_FOUND, N_("There is no such way to pay. 'rail list' names them."));
    return OK;
}

static enum err cmd_rail_list(struct cli *cli)
{
    static const char *const columns[] = {"rail", "state", "live", "merchant", "tested", "heard", "error", NULL};
    const struct pay_rail *const *all;
    struct rail_account *v;
    struct planet p;
    size_t n, n_rails;
    TRY(cli_planet(cli, &p));
    TRY(rail_account_list(cli->cx, p.id, &v, &n));
    all = rail_all(&n_rails);
    cli_begin(cli, true, columns);
    for (size_t i = 0; i < n_rails; i++) {
        const struct rail_account *a = NULL;
        for (size_t k = 0; k < n; k++)
            if (str_eq_c(v[k].rail, all[i]->name))
                a = &v[k];
        if (all[i]->fields == NULL)
            continue;
        if (a == NULL)
            cli_row(cli, (struct str[]){str_c(all[i]->name), STR("none"), STR_NULL, STR_NULL, STR_NULL, STR_NULL, STR_NULL});
        else
            cli_row(cli, (struct str[]){a->rail, a->state, a->live ? STR("yes") : STR("no"), a->merchant,
                                        cli_time(cli, a->checked_at), cli_time(cli, a->caught_up_at), a->error});
    }
    cli_end(cli);
    return OK;
}

/* "name=value" of --set, and the JSON object of --file, where secrets come from. */
static enum err read_values(struct cli *cli, const struct pay_rail *rail, struct rail_value *v, size_t *ret_n)
{
    struct str sets[CLI_MAX_VALUES], text;
    size_t n_sets = cli_all(cli, "set", sets, CLI_MAX_VALUES);
    json_t *j = NULL;
    *ret_n = 0;
    TRY(cli_file(cli, "file", FILE_MAX, &text));
    if (text.p != NULL && (json_read(cli->cx->arena, text, NULL, &j) != OK || !json_is_object(j)))
        return cx_tell(cli->cx, ERR_INVALID, N_("--file is a JSON object of texts, like {\"key\": \"rk_…\"}."));
    for (const struct rail_field *f = rail->fields; f->name != NULL && *ret_n < RAIL_VALUES; f++) {
        struct str value = json_text(json_object_get(j, f->name));
        for (size_t i = 0; i < n_sets; i++) {
            size_t eq = str_find_char(sets[i], '=', 0);
            if (eq == SIZE_MAX || !str_eq_c(str_sub(sets[i], 0, eq), f->name))
                continue;
            if (f->flags & RAIL_SECRET)
                return cx_tell(cli->cx, ERR_INVALID, N_("Secrets come by --file: others on this machine can read command lines."));
            value = str_sub(sets[i], eq + 1, SIZE_MAX);
        }
        if (value.p != NULL)
            v[(*ret_n)++] = (struct rail_value){f->name, value};
    }
    return OK;
}

static enum err print_test(struct cli *cli, const struct rail_probe *p)
{
    static const char *const columns[] = {"right", "there", "needed", "why", NULL};
    cli_begin(cli, true, columns);
    for (size_t i = 0; i < p->n; i++) {
        cli->failed = cli->failed || (p->rights[i].needed && !p->rights[i].ok);
        cli_row(cli, (struct str[]){p->rights[i].name, p->rights[i].ok ? STR("yes") : STR("no"),
                                    p->rights[i].needed ? STR("yes") : STR("no"), p->rights[i].why});
    }
    cli_end(cli);
    return OK;
}

static enum err cmd_rail_test(struct cli *cli)
{
    const struct pay_rail *rail;
    struct rail_probe probe;
    struct planet p;
    TRY(cli_planet(cli, &p));
    TRY(the_rail(cli, &rail));
    enum err e = rail_account_test(cli->cx, rail, p.id, &probe);
    if (e == ERR_NOT_FOUND)
        return cx_tell(cli->cx, e, N_("This is not connected. 'rail connect' does it."));
    TRY(e);
    return print_test(cli, &probe);
}

static enum err cmd_rail_connect(struct cli *cli)
{
    const struct pay_rail *rail;
    struct rail_value v[RAIL_VALUES];
    struct planet p;
    size_t n;
    TRY(cli_planet(cli, &p));
    TRY(the_rail(cli, &rail));
    TRY(read_values(cli, rail, v, &n));
    TRY(rail_account_save(cli->cx, rail, p.id, v, n));
    return cmd_rail_test(cli);
}

static enum err cmd_rail_disconnect(struct cli *cli)
{
    const struct pay_rail *rail;
    struct planet p;
    TRY(cli_planet(cli, &p));
    TRY(the_rail(cli, &rail));
    enum err e = cli_has(cli, "forget") ? rail_account_forget(cli->cx, rail, p.id)
                                        : rail_account_off(cli->cx, rail, p.id);
    if (e == ERR_NOT_FOUND)
        return cx_tell(cli->cx, e, N_("This is not connected. 'rail connect' does it."));
    return e;
}

#define RAIL_OPTION {"rail", "NAME", true, "the provider: stripe and others, see 'rail list'"}
static const struct cli_option list_options[] = {CLI_PLANET_OPTION, {0}};
static const struct cli_option test_options[] = {CLI_PLANET_OPTION, RAIL_OPTION, {0}};
static const struct cli_option connect_options[] = {
    CLI_PLANET_OPTION,
    RAIL_OPTION,
    {"file", "FILE", false, "a JSON object of the fields, secrets too; '-' is the standard input"},
    {"set", "FIELD=VALUE", false, "a field that is no secret; may be repeated"},
    {0},
};
static const struct cli_option disconnect_options[] = {
    CLI_PLANET_OPTION,
    RAIL_OPTION,
    {"forget", NULL, false, "erase its secrets, too: what was sold by it is not heard of any more"},
    {0},
};

const struct cli_verb cli_rail_verbs[] = {
    {"rail list", cmd_rail_list, true, "the payment providers of a planet, and how they stand", list_options},
    {"rail connect", cmd_rail_connect, true, "connect a payment provider, and test its key", connect_options},
    {"rail test", cmd_rail_test, true, "test each right of a provider's key", test_options},
    {"rail disconnect", cmd_rail_disconnect, true, "no new orders by a provider; what was sold goes on", disconnect_options},
    {0},
};
