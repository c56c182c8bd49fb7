/* init, owner, settings, routes. */
#include "admin/cli/cli.h"
#include "admin/demo.h"
#include "admin/furnish.h"
#include "node/base/i18n.h"
#include "node/base/url.h"
#include "node/db/db.h"
#include "node/http/http.h"
#include "node/node.h"
#include "node/people/account.h"
#include "node/people/session.h"
#include "node/planet/planet.h"
#include "node/server.h"
#include "node/settings.h"

#include <string.h>

/* "example.org" → "https://example.org"; "localhost:8420" → "http://…", which only --dev serves. */
static enum err origin_of(struct cli *cli, struct str domain, struct str *ret)
{
    struct cx *cx = cli->cx;
    struct url url;
    struct str origin = domain;
    if (!str_contains(domain, STR("://"))) {
        bool local = str_starts(domain, STR("localhost"));
        origin = str_fmt(cx->arena, "%s://" STR_FMT, local ? "http" : "https", STR_ARG(domain));
    }
    if (url_parse(cx->arena, origin, &url) != OK || (url.path.n > 0 && !str_eq_c(url.path, "/")))
        return cx_tell(cx, ERR_INVALID, N_("The domain is a host name such as example.org."));
    *ret = str_lower(cx->arena, str_ends(origin, STR("/")) ? str_sub(origin, 0, origin.n - 1) : origin);
    return OK;
}

/* From a file the password in it is seen by nobody who lists processes. NULL: a file of SQLite's. */
static enum err store_of(struct cli *cli, const char **ret)
{
    struct str store = cli_get(cli, "store");
    *ret = NULL;
    if (cli_has(cli, "store-file")) {
        TRY(cli_file(cli, "store-file", 4096, &store));
        store = str_trim(store);
    }
    if (store.n == 0)
        return OK;
    *ret = str_z(cli->cx->arena, store);
    if (!db_is_address(*ret))
        return cx_tell(cli->cx, ERR_INVALID, N_("A store is an address of the form postgresql://user:password@host/database?schema=name; without one it is a file in the directory."));
    return OK;
}

static enum err cmd_init(struct cli *cli)
{
    static const char *const columns[] = {"directory", "address", "planet", "sign_in", NULL};
    struct str origin, link;
    struct account owner;
    struct planet planet;
    struct node *node;
    const char *store = NULL;
    TRY(origin_of(cli, cli_get(cli, "domain"), &origin));
    TRY(store_of(cli, &store));
    enum err e = node_create_in(cli->dir, origin, store);
    if (e == ERR_CONFLICT && store != NULL)
        return cx_tell(cli->cx, e, N_("The directory is not empty, or that schema of the database holds something already; see the line above. Choose another one."));
    if (e == ERR_CONFLICT)
        return cx_tell(cli->cx, e, N_("The directory is not empty. Choose another one."));
    TRY(e);
    TRY(node_open(cli->server, cli->dir, &node));
    struct cx *cx = cx_new(node);
    e = furnish(cx, &(struct furnishing){cli_get(cli, "owner"), cli_get(cli, "owner-name"),
                                         cli_get(cli, "planet"), cli_get(cli, "title"),
                                         cli_get(cli, "lang")},
                &owner, &planet);
    if (e == OK)
        e = login_make_link(cx, owner.id, &link);
    if (e == OK) {
        cli_begin(cli, false, columns);
        cli_row(cli, (struct str[]){cli_dir(cli), origin,
                                    str_fmt(cx->arena, "@" STR_FMT "@" STR_FMT,
                                            STR_ARG(planet.handle), STR_ARG(node->host)),
                                    link});
        cli_end(cli);
    } else if (cx->tell != NULL || cx->fail != NULL) {
        const char *why = cx->tell != NULL ? cx->tell : cx->fail;
        cli->cx->tell = arena_copy(cli->cx->arena, why, strlen(why));
    }
    cx_free(cx);
    node_close(node);
    if (e != OK)
        node_discard(cli->dir);
    return e;
}

static enum err cmd_demo(struct cli *cli)
{
    static const char *const columns[] = {"posts", NULL};
    int64_t n;
    TRY(demo_fill(cli->cx, &n));
    cli_begin(cli, false, columns);
    cli_row(cli, (struct str[]){cli_id(cli, n)});
    cli_end(cli);
    return OK;
}

static enum err cmd_owner_login(struct cli *cli)
{
    static const char *const columns[] = {"sign_in", NULL};
    struct str link;
    if (cli->cx->viewer == 0)
        return cx_tell(cli->cx, ERR_NOT_FOUND, N_("This node has no owner yet."));
    TRY(login_make_link(cli->cx, cli->cx->viewer, &link));
    cli_begin(cli, false, columns);
    cli_row(cli, &link);
    cli_end(cli);
    return OK;
}

static enum err cmd_settings_list(struct cli *cli)
{
    static const char *const columns[] = {"key", "value", "type", "default", "fixed", "secret",
                                          "help", NULL};
    static const char *const types[] = {
        [SETTING_TEXT] = "text", [SETTING_BOOL] = "true or false", [SETTING_URL] = "address",
        [SETTING_MAIL] = "mail address", [SETTING_LOCALE] = "language"};
    cli_begin(cli, true, columns);
    for (const struct setting_row *r = setting_rows(); r->key != NULL; r++) {
        struct str value;
        TRY(setting_get(cli->cx, r->key, &value));
        if (r->secret && value.n > 0)
            value = STR("(set)");
        cli_row(cli, (struct str[]){str_c(r->key), value, str_c(types[r->type]),
                                    str_c(r->fallback), str_c(r->frozen ? "yes" : "no"),
                                    str_c(r->secret ? "yes" : "no"),
                                    str_c(tr(cli->cx, r->help))});
    }
    cli_end(cli);
    return OK;
}

static enum err cmd_settings_set(struct cli *cli)
{
    struct str value = cli_get(cli, "value");
    if (cli_has(cli, "value-file")) { /* a password stays out of the shell's history */
        TRY(cli_file(cli, "value-file", 4096, &value));
        value = str_trim(value);
    }
    if (value.p == NULL)
        return cx_tell(cli->cx, ERR_INVALID, N_("Say the value: --value TEXT or --value-file FILE."));
    return setting_set(cli->cx, cli_get(cli, "key"), value);
}

static void put_route(void *arg, const struct route_table *t, const struct route *r)
{
    static const char *const who[] = {
        [ANYONE] = "anyone", [ACCOUNT] = "account", [AUTHOR] = "author", [OWNER] = "owner",
        [SIGNED] = "signed", [WEBHOOK] = "webhook", [TOKEN] = "token"};
    static const struct { enum http_method m; const char *name; } methods[] = {
        {GET, "GET"}, {POST, "POST"}, {PUT, "PUT"}, {PATCH, "PATCH"}, {DELETE, "DELETE"}};
    struct cli *cli = arg;
    const char *method = "?";
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++)
        if (methods[i].m == r->method)
            method = methods[i].name;
    cli_row(cli, (struct str[]){str_c(t->area), str_c(method), str_c(r->path), str_c(who[r->who]),
                                cli_id(cli, r->body_cap), str_c(r->cached ? "yes" : "no"),
                                str_c(r->purpose)});
}

static enum err cmd_routes(struct cli *cli)
{
    static const char *const columns[] = {"area", "method", "path", "who", "body_cap", "cached",
                                          "purpose", NULL};
    cli_begin(cli, true, columns);
    http_each_route(cli->server->routes, put_route, cli);
    cli_end(cli);
    return OK;
}

static const struct cli_option init_options[] = {
    {"domain", "HOST", true, "where the node lives, for good: other servers know it by this name"},
    {"planet", "HANDLE", true, "the first planet's handle: letters, digits, _ ; at most 30"},
    {"title", "TEXT", true, "the planet's name, in any script"},
    {"owner", "MAIL", true, "your mail address"},
    {"owner-name", "TEXT", false, "your name, as people will see it"},
    {"lang", "TAG", false, "the planet's language: en or zh-CN"},
    {"store", "ADDRESS", false, "postgresql://…?schema=NAME instead of a file in DIR; docs/operate/postgres.md"},
    {"store-file", "FILE", false, "a file that holds that address ('-': standard input), for its password"},
    {0},
};
static const struct cli_option set_options[] = {
    {"key", "KEY", true, "which setting; 'settings list' names them"},
    {"value", "TEXT", false, "its value; empty: back to the default"},
    {"value-file", "FILE", false, "a file that holds the value ('-': standard input), for passwords"},
    {0},
};

const struct cli_verb cli_node_verbs[] = {
    {"init", cmd_init, false, "make a node in an empty directory", init_options},
    {"demo", cmd_demo, true, "fill the node with a demo planet's posts", NULL},
    {"owner login", cmd_owner_login, true, "print a one-time sign-in link for the owner", NULL},
    {"settings list", cmd_settings_list, true, "the node's settings", NULL},
    {"settings set", cmd_settings_set, true, "change a setting", set_options},
    {"routes", cmd_routes, true, "every address that the node answers", NULL},
    {0},
};
