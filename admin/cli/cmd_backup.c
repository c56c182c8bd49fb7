/* backup, restore, store copy. */
#include "admin/backup/backup.h"
#include "admin/cli/cli.h"
#include "node/base/arena.h"
#include "node/base/i18n.h"
#include "node/base/log.h"
#include "node/db/copy.h"
#include "node/db/db.h"
#include "node/lock.h"
#include "node/node.h"
#include "node/where.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static struct str size_text(struct cli *cli, int64_t bytes)
{
    if (cli->json || bytes < 10240)
        return cli_id(cli, bytes);
    if (bytes < 10 << 20)
        return str_fmt(cli->cx->arena, "%lld KB", (long long)bytes / 1024);
    return str_fmt(cli->cx->arena, "%lld MB", (long long)bytes >> 20);
}

static enum err cmd_backup(struct cli *cli)
{
    static const char *const columns[] = {"file", "id", "address", "size", "media", "media_before",
                                          "media_missing", "media_damaged", "note", NULL};
    struct node *node = NULL;
    if (cli_has(cli, "media")) {
        enum err e = node_open(cli->server, cli->dir, &node);
        if (e != OK)
            return cx_fail(cli->cx, e, "the node cannot be opened; the log says why");
    }
    const struct backup_order order = {.dir = cli->dir,
                                       .fetch_from = node,
                                       .to = cli_get(cli, "to").p,
                                       .since = cli_get(cli, "since").p,
                                       .force = cli_has(cli, "force"),
                                       .hurry = cli_has(cli, "hurry")};
    struct backup_done d;
    signal(SIGXFSZ, SIG_IGN); /* a file at its limit is a failed write, as a full disk is */
    enum err e = backup_make(cli->cx, &order, &d);
    node_close(node);
    TRY(e);
    const char *note = d.media_left_out
                           ? N_("This file holds the node's keys: guard it like the node. Media that lie in S3 are not in it.")
                           : N_("This file holds the node's keys: guard it like the node.");
    cli_begin(cli, false, columns);
    cli_row(cli, (struct str[]){cli_get(cli, "to"), d.id, d.origin, size_text(cli, d.bytes),
                                cli_id(cli, d.n_media), cli_id(cli, d.n_before),
                                cli_id(cli, d.n_missing), cli_id(cli, d.n_damaged),
                                str_c(tr(cli->cx, note))});
    cli_end(cli);
    return OK;
}

static enum err cmd_restore(struct cli *cli)
{
    static const char *const columns[] = {"directory", "address", "made", "size", "media",
                                          "media_missing", "note", NULL};
    const struct restore_order order = {.files = cli->files, .n_files = cli->n_files,
                                        .dir = cli->dir, .store = cli_get(cli, "store").p};
    struct restore_done d;
    if (order.store != NULL && !db_is_address(order.store))
        return cx_tell(cli->cx, ERR_INVALID, N_("--store is an address such as postgresql://user@host/database."));
    signal(SIGXFSZ, SIG_IGN);
    TRY(restore_run(cli->cx, &order, &d));
    const char *note = N_("Never serve it while the node that it was made of still runs: both would deliver.");
    cli_begin(cli, false, columns);
    cli_row(cli, (struct str[]){cli_dir(cli), d.origin, cli_time(cli, d.created_at),
                                size_text(cli, d.bytes), cli_id(cli, d.n_media),
                                cli_id(cli, d.n_missing), str_c(tr(cli->cx, note))});
    cli_end(cli);
    return OK;
}

/* ---- store copy ---- */

static enum err rename_away(struct cli *cli, const char *name)
{
    struct arena *a = cli->cx->arena;
    const char *from = arena_printf(a, "%s/%s", cli->dir, name);
    const char *to = arena_printf(a, "%s.old", from);
    if (rename(from, to) == 0 || errno == ENOENT)
        return OK;
    return cx_fail(cli->cx, ERR_STORAGE, "%s: %s", from, strerror(errno));
}

/* While store.url is there it is the store: it comes last, and goes first. */
static enum err switch_to(struct cli *cli, const char *to)
{
    if (!db_is_address(to))
        return rename_away(cli, "store.url");
    TRY(where_write(cli->cx->arena, cli->dir, to));
    TRY(rename_away(cli, "store.sqlite"));
    return OK;
}

/* With --switch the new file becomes the node's, so it must be where the node looks for it. */
static enum err target_of(struct cli *cli, const char *from, const char **ret)
{
    *ret = cli_get(cli, "to").p;
    const char *own = arena_printf(cli->cx->arena, "%s/store.sqlite", cli->dir);
    if (cli_has(cli, "switch") && !db_is_address(*ret) && (!db_is_address(from) || strcmp(*ret, own) != 0)) {
        struct str name = str_c(own);
        return cx_tellf(cli->cx, ERR_INVALID,
                        N_("To switch a node from PostgreSQL to SQLite, say --to {0}."), &name, 1);
    }
    return OK;
}

static void print_copy(struct cli *cli, const struct db_copy_report *r)
{
    static const char *const columns[] = {"table", "rows", "sha256", NULL};
    cli_begin(cli, true, columns);
    for (size_t i = 0; i < r->n_tables; i++)
        cli_row(cli, (struct str[]){r->tables[i].name, cli_id(cli, r->tables[i].rows),
                                    str_c(r->tables[i].sha256)});
    cli_end(cli);
}

static enum err cmd_store_copy(struct cli *cli)
{
    const char *from, *to;
    int lock = -1;
    struct db_copy_report report;
    enum err e = where_find(cli->cx->arena, cli->dir, &from);
    if (e != OK)
        return cx_fail(cli->cx, e, "the log says why");
    if (cli_has(cli, "while-serving") && cli_has(cli, "switch"))
        return cx_tell(cli->cx, ERR_INVALID, N_("What is written while the copy is made would be lost: stop the server, or leave out --switch."));
    TRY(target_of(cli, from, &to));
    if (!cli_has(cli, "while-serving")) {
        e = lock_dir(cli->dir, &lock);
        if (e != OK)
            return cx_tell(cli->cx, e, N_("The node must not be served meanwhile, or what is written would be lost: stop the server, or say --while-serving for a copy of this moment."));
    }
    e = db_copy(cli->cx, from, to, cli_has(cli, "switch"), &report);
    if (e == OK && report.left_as != NULL)
        log_info("store", "the old schema is kept as %s", report.left_as);
    if (e == OK && cli_has(cli, "switch"))
        e = switch_to(cli, to);
    if (lock >= 0)
        close(lock);
    if (e == OK)
        print_copy(cli, &report);
    return e;
}

static const struct cli_option backup_options[] = {
    {"to", "FILE", true, "the file to write; it will hold the node's keys"},
    {"since", "FILE", false, "an earlier backup: leave out the media that it and those before it hold"},
    {"media", NULL, false, "fetch the media that lie in S3 into it, too"},
    {"force", NULL, false, "write it even if it is there already"},
    {"hurry", NULL, false, "do not step back behind everything else on this machine"},
    {0},
};
static const struct cli_option restore_options[] = {
    {"store", "URL", false, "postgresql://… to keep the store there; else it is SQLite"},
    {0},
};
static const struct cli_option copy_options[] = {
    {"to", "STORE", true, "a new SQLite file, or postgresql://… with an empty schema"},
    {"switch", NULL, false, "then let the node use it; the old one is kept as it is"},
    {"while-serving", NULL, false, "copy this moment, though the node goes on in the old store"},
    {0},
};

const struct cli_verb cli_backup_verbs[] = {
    {"backup", cmd_backup, false, "the whole node into one file, while it serves", backup_options, NULL},
    {"restore", cmd_restore, false, "a node out of a backup (and those that it builds upon)",
     restore_options, "FILE…"},
    {"store copy", cmd_store_copy, false, "the store into another one, SQLite or PostgreSQL", copy_options,
     NULL},
    {0},
};
