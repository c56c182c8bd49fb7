/* token: programs that act for an account through the JSON API. */
#include "admin/cli/cli.h"
#include "node/base/clock.h"
#include "node/base/i18n.h"
#include "node/db/db.h"
#include "node/people/account.h"
#include "node/people/token.h"
#include "node/planet/planet.h"

enum { DAYS_MAX = 3650 };

/* Whose: --account, else the node's owner. A token is its account's own business, so the verb acts as it. */
static enum err whose(struct cli *cli, struct account *ret)
{
    if (cli_has(cli, "account"))
        TRY(cli_account(cli, ret));
    else
        TRY(account_owner(cli->cx, ret));
    cli->cx->viewer = ret->id;
    return OK;
}

static enum err planet_name(struct cli *cli, int64_t id, struct str *ret)
{
    struct planet p;
    *ret = STR_NULL;
    if (id == DB_NULL)
        return OK;
    TRY(planet_by_id(cli->cx, id, &p));
    *ret = p.handle;
    return OK;
}

static enum err cmd_token_create(struct cli *cli)
{
    static const char *const columns[] = {"id", "token", "name", "scopes", "planet", "expires", NULL};
    struct cx *cx = cli->cx;
    struct token t = {.name = cli_get(cli, "name"), .planet_id = DB_NULL, .expires_at = DB_NULL}, made;
    struct str scopes[CLI_MAX_VALUES], secret, planet;
    struct account a;
    int64_t days;
    TRY(whose(cli, &a));
    t.account_id = a.id;
    t.scopes = str_join(cx->arena, STR(" "), scopes, cli_all(cli, "scope", scopes, CLI_MAX_VALUES));
    TRY(cli_i64(cli, "days", 0, &days));
    if (days < 0 || days > DAYS_MAX)
        return cx_tell(cx, ERR_INVALID, N_("A token lives for 1 to 3650 days, or without an end."));
    if (days > 0)
        t.expires_at = cx->now + days * MS_DAY;
    if (cli_has(cli, "planet")) {
        struct planet p;
        TRY(cli_planet(cli, &p));
        t.planet_id = p.id;
    }
    TRY(token_create(cx, &t, &secret, &made));
    TRY(planet_name(cli, made.planet_id, &planet));
    cli_begin(cli, false, columns);
    cli_row(cli, (struct str[]){cli_id(cli, made.id), secret, made.name, made.scopes, planet,
                                cli_time(cli, made.expires_at)});
    cli_end(cli);
    return OK;
}

static enum err cmd_token_list(struct cli *cli)
{
    static const char *const columns[] = {"id", "name", "ends_in", "scopes", "planet", "created", "used", "expires", NULL};
    struct account a;
    struct token *v;
    size_t n;
    TRY(whose(cli, &a));
    TRY(token_list(cli->cx, a.id, &v, &n));
    cli_begin(cli, true, columns);
    for (size_t i = 0; i < n; i++) {
        struct str planet;
        TRY(planet_name(cli, v[i].planet_id, &planet));
        cli_row(cli, (struct str[]){cli_id(cli, v[i].id), v[i].name, v[i].hint, v[i].scopes, planet,
                                    cli_time(cli, v[i].created_at), cli_time(cli, v[i].used_at),
                                    cli_time(cli, v[i].expires_at)});
    }
    cli_end(cli);
    return OK;
}

static enum err cmd_token_revoke(struct cli *cli)
{
    struct account a;
    int64_t id;
    TRY(whose(cli, &a));
    TRY(cli_i64(cli, "id", 0, &id));
    enum err e = token_revoke(cli->cx, a.id, id);
    return e == ERR_NOT_FOUND ? cx_tell(cli->cx, e, N_("There is no such token. 'token list' names them.")) : e;
}

#define WHOSE_OPTION {"account", "MAIL", false, "whose, by mail address or @username; else the node's owner's"}
static const struct cli_option create_options[] = {
    WHOSE_OPTION,
    {"name", "TEXT", true, "what it is for, to know it again"},
    {"scope", "SCOPE", true, "what it is good for, as money:read; may be repeated. docs/api.md names them"},
    {"planet", "HANDLE", false, "for this planet only"},
    {"days", "N", false, "how long it lives; else without an end"},
    {0},
};
static const struct cli_option list_options[] = {WHOSE_OPTION, {0}};
static const struct cli_option revoke_options[] = {WHOSE_OPTION, {"id", "ID", true, "which; 'token list' names them"}, {0}};

const struct cli_verb cli_token_verbs[] = {
    {"token create", cmd_token_create, true, "a token for a program, shown this once", create_options},
    {"token list", cmd_token_list, true, "the tokens of an account", list_options},
    {"token revoke", cmd_token_revoke, true, "a token is good for nothing any more", revoke_options},
    {0},
};
