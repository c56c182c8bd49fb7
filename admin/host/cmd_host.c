/* `orrery host …`: the verbs of admin/host/verbs.h on the command line. */
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "admin/cli/cli.h"
#include "admin/host/row.h"
#include "admin/host/verbs.h"
#include "node/base/arena.h"
#include "node/base/clock.h"
#include "node/base/id.h"
#include "node/db/db.h"
#include "node/lock.h"

enum { WAIT_S = 600 };

static enum err on_host(struct cli *cli, enum err (*fn)(struct cli *cli, struct cx *cx))
{
    struct host *h;
    enum err e = host_open(cli->server, cli->dir, &h);
    if (e != OK)
        return cx_tell(cli->cx, e, N_("There is no host in this directory. Make one with 'orrery host init'."));
    struct cx *cx = cx_new(&h->node);
    e = fn(cli, cx);
    if (e != OK)
        (void)host_pass_on(cli->cx, cx, e);
    cx_free(cx);
    host_close(h);
    return e;
}

/* ---- printing ---- */

static const char *const node_columns[] = {
    "name", "domain", "address", "owner", "plan", "state", "store", "directory", "awake", "members",
    "storage", "error", "archive_until", "created_at", "changed_at", "sign_in", "made", NULL};

static void put_node(struct cli *cli, const struct host_node *n, struct str link, const char *made)
{
    cli_row(cli, (struct str[]){n->name, n->host, n->origin, n->owner, n->plan, n->state, n->store,
                                n->dir, str_c(n->awake ? "yes" : "no"), cli_id(cli, n->members),
                                cli_id(cli, n->storage), n->error, cli_time(cli, n->archive_until),
                                cli_time(cli, n->created_at), cli_time(cli, n->changed_at), link,
                                str_c(made)});
}

/* Without the two columns of create. */
static enum err print_node(struct cli *cli, const struct host_node *n)
{
    const char *some[sizeof node_columns / sizeof *node_columns];
    memcpy(some, node_columns, sizeof some);
    some[15] = NULL;
    cli_begin(cli, false, some);
    put_node(cli, n, STR_NULL, NULL);
    cli_end(cli);
    return OK;
}

/* ---- host ---- */

static enum err cmd_host_init(struct cli *cli)
{
    static const char *const columns[] = {"directory", "registry", "nodes", NULL};
    struct host_init init = {cli_get(cli, "store").p, cli_get(cli, "nodes").p};
    struct host *h;
    enum err e = host_make(cli->server, cli->dir, &init);
    if (e == ERR_CONFLICT)
        return cx_tell(cli->cx, e, N_("The directory is not empty. Choose another one."));
    TRY(e);
    TRY(host_open(cli->server, cli->dir, &h));
    cli_begin(cli, false, columns);
    cli_row(cli, (struct str[]){str_c(h->dir), str_c(h->store_url == NULL ? "sqlite" : "postgresql"),
                                str_c(h->nodes_dir)});
    cli_end(cli);
    host_close(h);
    return OK;
}

/* ---- nodes ---- */

static enum err node_create_verb(struct cli *cli, struct cx *cx)
{
    struct host_ask ask = {cli_get(cli, "domain"), cli_get(cli, "owner"), cli_get(cli, "plan"),
                           cli_get(cli, "name"),   cli_get(cli, "planet"), cli_get(cli, "title"),
                           cli_get(cli, "lang")};
    struct host_node n;
    struct str link;
    bool made;
    TRY(host_create(cx, &ask, &n, &link, &made));
    cli_begin(cli, false, node_columns);
    put_node(cli, &n, link, made ? "yes" : "no");
    cli_end(cli);
    return OK;
}

/* For the eye; --json has them all. */
static const char *const list_columns[] = {"name", "domain", "state", "plan", "store", "awake",
                                           "members", "storage", "error", NULL};

static void list_node(struct cli *cli, const struct host_node *n)
{
    cli_row(cli, (struct str[]){n->name, n->host, n->state, n->plan, n->store,
                                str_c(n->awake ? "yes" : "no"), cli_id(cli, n->members),
                                cli_id(cli, n->storage), n->error});
}

static enum err node_list_verb(struct cli *cli, struct cx *cx)
{
    const char *some[sizeof node_columns / sizeof *node_columns];
    struct str after = STR("");
    memcpy(some, node_columns, sizeof some);
    some[15] = NULL;
    cli_begin(cli, true, cli->json ? some : list_columns);
    for (;;) {
        struct host_node *v;
        size_t n;
        TRY(host_list(cx, after, cli_get(cli, "state"), HOST_PAGE_MAX, &v, &n));
        for (size_t i = 0; i < n && cli->json; i++)
            put_node(cli, &v[i], STR_NULL, NULL);
        for (size_t i = 0; i < n && !cli->json; i++)
            list_node(cli, &v[i]);
        if (n < HOST_PAGE_MAX)
            break;
        after = v[n - 1].name;
    }
    cli_end(cli);
    return OK;
}

static enum err node_show_verb(struct cli *cli, struct cx *cx)
{
    struct host_node n;
    TRY(host_find(cx, cli_get(cli, "node"), &n));
    return print_node(cli, &n);
}

static enum err node_suspend_verb(struct cli *cli, struct cx *cx)
{
    struct host_node n;
    TRY(host_suspend(cx, cli_get(cli, "node"), &n));
    return print_node(cli, &n);
}

static enum err node_resume_verb(struct cli *cli, struct cx *cx)
{
    struct host_node n;
    TRY(host_resume(cx, cli_get(cli, "node"), &n));
    return print_node(cli, &n);
}

static enum err node_rename_verb(struct cli *cli, struct cx *cx)
{
    struct host_node n;
    TRY(host_rename(cx, cli_get(cli, "node"), cli_get(cli, "to"), &n));
    return print_node(cli, &n);
}

static enum err node_plan_verb(struct cli *cli, struct cx *cx)
{
    struct host_node n;
    TRY(host_set_plan(cx, cli_get(cli, "node"), cli_get(cli, "plan"), &n));
    return print_node(cli, &n);
}

static enum err node_link_verb(struct cli *cli, struct cx *cx)
{
    static const char *const columns[] = {"sign_in", NULL};
    struct str link;
    TRY(host_sign_in_link(cx, cli_get(cli, "node"), &link));
    cli_begin(cli, false, columns);
    cli_row(cli, &link);
    cli_end(cli);
    return OK;
}

/* When nobody serves we do it ourselves, and nobody can begin to serve meanwhile. */
static enum err work_here(struct cx *cx)
{
    struct host *h = host_of(cx);
    bool served;
    int lock;
    TRY(host_is_served(cx, &served));
    if (served || lock_dir(h->dir, &lock) != OK)
        return OK;
    h->process = str_fmt(cx->arena, "command-%d", (int)getpid());
    enum err e = host_work(cx);
    close(lock);
    return e;
}

static enum err node_move_verb(struct cli *cli, struct cx *cx)
{
    struct host_node n;
    TRY(host_move(cx, cli_get(cli, "node"), cli_get(cli, "to"), cli_get(cli, "store"), &n));
    for (int s = 0; str_eq_c(n.state, "moving") && s < WAIT_S * 5; s++) {
        cx->now = clock_now();
        TRY(work_here(cx));
        TRY(host_find(cx, n.host, &n));
        if (str_eq_c(n.state, "moving"))
            nanosleep(&(struct timespec){0, 200 * 1000 * 1000}, NULL);
    }
    if (str_eq_c(n.state, "moving"))
        return cx_tell(cx, ERR_TIMEOUT, N_("It is still being moved; 'orrery host node show' says when it is done."));
    if (n.error.p != NULL)
        return cx_tellf(cx, ERR_STORAGE, N_("It was not moved. {0}"), &n.error, 1);
    return print_node(cli, &n);
}

static enum err node_delete_verb(struct cli *cli, struct cx *cx)
{
    struct host_node n;
    int64_t days;
    TRY(cli_i64(cli, "grace", HOST_GRACE_DAYS, &days));
    TRY(host_delete(cx, cli_get(cli, "node"), days, cli_has(cli, "now"), &n));
    return print_node(cli, &n);
}

/* ---- usage ---- */

static const char *const usage_columns[] = {"name", "domain", "day", "requests", "bytes",
                                            "deliveries", "mails", "job_cpu_ms", "storage",
                                            "members", NULL};

/* RFC 4180; nothing that a spreadsheet takes for a formula is in these columns. */
static void csv_row(struct cli *cli, const struct str *v)
{
    for (size_t i = 0; usage_columns[i] != NULL; i++) {
        if (i > 0)
            buf_put_char(&cli->out, ',');
        buf_put(&cli->out, v == NULL ? str_c(usage_columns[i]) : v[i].p == NULL ? STR("") : v[i]);
    }
    buf_lit(&cli->out, "\r\n");
}

static enum err node_usage_verb(struct cli *cli, struct cx *cx)
{
    struct host_usage_ask ask = {cli_get(cli, "node"), cli_get(cli, "from"), cli_get(cli, "to"),
                                 STR_NULL, HOST_PAGE_MAX};
    bool csv = cli_has(cli, "csv");
    if (csv)
        csv_row(cli, NULL);
    else
        cli_begin(cli, true, usage_columns);
    for (;;) {
        struct host_usage *v;
        size_t n;
        TRY(host_usage_list(cx, &ask, &v, &n));
        for (size_t i = 0; i < n; i++) {
            const struct host_usage *u = &v[i];
            const struct str row[] = {u->name, u->domain, u->day, cli_id(cli, u->requests),
                                      cli_id(cli, u->bytes), cli_id(cli, u->deliveries),
                                      cli_id(cli, u->mails), cli_id(cli, u->job_cpu_ms),
                                      cli_id(cli, u->storage), cli_id(cli, u->members)};
            if (csv)
                csv_row(cli, row);
            else
                cli_row(cli, row);
        }
        if (n < HOST_PAGE_MAX)
            break;
        ask.after = host_usage_mark(cx, &v[n - 1]);
    }
    if (!csv)
        cli_end(cli);
    return OK;
}

/* ---- plans, tokens ---- */

static const char *const plan_columns[] = {"name", "members", "storage", "posts_a_day",
                                           "mails_a_day", "nodes", NULL};

static void put_plan(struct cli *cli, const struct host_plan *p)
{
    cli_row(cli, (struct str[]){p->name, cli_id(cli, p->members), cli_id(cli, p->storage),
                                cli_id(cli, p->posts_a_day), cli_id(cli, p->mails_a_day),
                                cli_id(cli, p->nodes)});
}

static enum err plan_set_verb(struct cli *cli, struct cx *cx)
{
    struct host_plan p = {.name = cli_get(cli, "plan")};
    TRY(cli_i64(cli, "members", 0, &p.members));
    TRY(cli_i64(cli, "storage", 0, &p.storage));
    TRY(cli_i64(cli, "posts-a-day", 0, &p.posts_a_day));
    TRY(cli_i64(cli, "mails-a-day", 0, &p.mails_a_day));
    TRY(host_plan_set(cx, &p));
    TRY(host_plan_find(cx, p.name, &p));
    cli_begin(cli, false, plan_columns);
    put_plan(cli, &p);
    cli_end(cli);
    return OK;
}

static enum err plan_list_verb(struct cli *cli, struct cx *cx)
{
    struct host_plan *v;
    size_t n;
    TRY(host_plan_list(cx, &v, &n));
    cli_begin(cli, true, plan_columns);
    for (size_t i = 0; i < n; i++)
        put_plan(cli, &v[i]);
    cli_end(cli);
    return OK;
}

static enum err plan_delete_verb(struct cli *cli, struct cx *cx)
{
    (void)cli;
    return host_plan_delete(cx, cli_get(cli, "plan"));
}

static enum err token_create_verb(struct cli *cli, struct cx *cx)
{
    static const char *const columns[] = {"name", "token", NULL};
    struct str token;
    TRY(host_token_create(cx, cli_get(cli, "name"), &token));
    cli_begin(cli, false, columns);
    cli_row(cli, (struct str[]){cli_get(cli, "name"), token});
    cli_end(cli);
    return OK;
}

static enum err token_list_verb(struct cli *cli, struct cx *cx)
{
    static const char *const columns[] = {"name", "created_at", "used_at", "revoked_at", NULL};
    struct host_token *v;
    size_t n;
    TRY(host_token_list(cx, &v, &n));
    cli_begin(cli, true, columns);
    for (size_t i = 0; i < n; i++)
        cli_row(cli, (struct str[]){v[i].name, cli_time(cli, v[i].created_at),
                                    cli_time(cli, v[i].used_at), cli_time(cli, v[i].revoked_at)});
    cli_end(cli);
    return OK;
}

static enum err token_revoke_verb(struct cli *cli, struct cx *cx)
{
    (void)cli;
    return host_token_revoke(cx, cli_get(cli, "name"));
}

/* ---- the table ---- */

#define ON_HOST(name)                                                                              \
    static enum err cmd_host_##name(struct cli *cli)                                               \
    {                                                                                              \
        return on_host(cli, name##_verb);                                                          \
    }
ON_HOST(node_create)
ON_HOST(node_list)
ON_HOST(node_show)
ON_HOST(node_suspend)
ON_HOST(node_resume)
ON_HOST(node_rename)
ON_HOST(node_plan)
ON_HOST(node_link)
ON_HOST(node_move)
ON_HOST(node_delete)
ON_HOST(node_usage)
ON_HOST(plan_set)
ON_HOST(plan_list)
ON_HOST(plan_delete)
ON_HOST(token_create)
ON_HOST(token_list)
ON_HOST(token_revoke)

#define NODE_OPTION {"node", "NAME", true, "the node's name or domain"}

static const struct cli_option init_options[] = {
    {"store", "URL", false, "where the registry is: left out, a SQLite file; or postgresql://…"},
    {"nodes", "DIR", false, "where the nodes' directories are made (HOSTDIR/nodes)"},
    {0}};
static const struct cli_option create_options[] = {
    {"domain", "HOST", true, "where the node lives, for good: other servers know it by this name"},
    {"owner", "MAIL", true, "the owner's mail address"},
    {"plan", "NAME", false, "its plan; may be left out when there is one"},
    {"name", "NAME", false, "its label: a to z, digits, hyphens; made of the domain when left out"},
    {"planet", "HANDLE", false, "the first planet's handle (home)"},
    {"title", "TEXT", false, "the planet's name"},
    {"lang", "TAG", false, "the planet's language: en or zh-CN"},
    {0}};
static const struct cli_option list_options[] = {
    {"state", "STATE", false, "active, suspended, moving, leaving or deleted; left out: all but deleted"},
    {0}};
static const struct cli_option node_options[] = {NODE_OPTION, {0}};
static const struct cli_option rename_options[] = {NODE_OPTION,
                                                   {"to", "NAME", true, "the new label"},
                                                   {0}};
static const struct cli_option node_plan_options[] = {NODE_OPTION,
                                                      {"plan", "NAME", true, "the new plan"},
                                                      {0}};
static const struct cli_option move_options[] = {
    NODE_OPTION,
    {"to", "DIR", false, "an absolute path where nothing is yet"},
    {"store", "STORE", false, "sqlite, postgresql (the registry's database), or an address"},
    {0}};
static const struct cli_option delete_options[] = {
    NODE_OPTION,
    {"grace", "DAYS", false, "how long the data is kept in HOSTDIR/archive (30)"},
    {"now", NULL, false, "no archive, and the Deletes get one minute"},
    {0}};
static const struct cli_option usage_options[] = {
    {"node", "NAME", false, "one node; left out: all"},
    {"from", "DAY", false, "first day, UTC, like 2026-11-01 (30 days ago)"},
    {"to", "DAY", false, "last day (today)"},
    {"csv", NULL, false, "print CSV"},
    {0}};
static const struct cli_option plan_set_options[] = {
    {"plan", "NAME", true, "the plan's name"},
    {"members", "N", false, "accounts with a live membership; 0 or left out: any number"},
    {"storage", "BYTES", false, "pictures and files; 0 or left out: any size"},
    {"posts-a-day", "N", false, "posts published a day; 0 or left out: any number"},
    {"mails-a-day", "N", false, "mails sent a day; 0 or left out: any number"},
    {0}};
static const struct cli_option plan_options[] = {{"plan", "NAME", true, "the plan's name"}, {0}};
static const struct cli_option token_options[] = {{"name", "NAME", true, "what it is for"}, {0}};

const struct cli_verb cli_host_verbs[] = {
    {"host init", cmd_host_init, false, "make a hosting provider's registry in an empty directory", init_options},
    {"host node create", cmd_host_node_create, false, "make a node and print its owner's sign-in link", create_options},
    {"host node list", cmd_host_node_list, false, "the host's nodes; all columns with --json", list_options},
    {"host node show", cmd_host_node_show, false, "one node", node_options},
    {"host node suspend", cmd_host_node_suspend, false, "visitors see a page, other servers get 503, jobs rest", node_options},
    {"host node resume", cmd_host_node_resume, false, "end a suspension", node_options},
    {"host node rename", cmd_host_node_rename, false, "change a node's label; its domain stays", rename_options},
    {"host node plan", cmd_host_node_plan, false, "give a node another plan", node_plan_options},
    {"host node sign-in-link", cmd_host_node_link, false, "print a one-time sign-in link for the owner", node_options},
    {"host node move", cmd_host_node_move, false, "move a node's data; it answers 503 meanwhile", move_options},
    {"host node delete", cmd_host_node_delete, false, "tell other servers, then archive its data for a while", delete_options},
    {"host node usage", cmd_host_node_usage, false, "what nodes used, by day", usage_options},
    {"host plan set", cmd_host_plan_set, false, "make or change a plan", plan_set_options},
    {"host plan list", cmd_host_plan_list, false, "all plans", NULL},
    {"host plan delete", cmd_host_plan_delete, false, "remove a plan that no node has", plan_options},
    {"host token create", cmd_host_token_create, false, "make a token for the HTTP API; it is shown once", token_options},
    {"host token list", cmd_host_token_list, false, "the API's tokens", NULL},
    {"host token revoke", cmd_host_token_revoke, false, "end a token", token_options},
    {0},
};
