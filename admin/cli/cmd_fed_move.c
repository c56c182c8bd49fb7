/* planet alias, planet move, planet export-fediverse: coming here with one's followers, and leaving
 * with them. */
#include "admin/cli/cli.h"
#include "federation/export.h"
#include "federation/move.h"
#include "node/db/db.h"
#include "node/people/account.h"
#include "node/planet/planet.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* The serving process looks at other servers; so long is waited for what it finds. */
enum { WAIT_S = 45, STEP_MS = 200 };

/* --author USERNAME, else the planet. */
static enum err whose(struct cli *cli, const char **ret_kind, int64_t *ret_id)
{
    struct account a;
    struct planet p;
    if (!cli_has(cli, "author")) {
        TRY(cli_planet(cli, &p));
        *ret_kind = "planet";
        *ret_id = p.id;
        return OK;
    }
    enum err e = account_by_username(cli->cx, cli_get(cli, "author"), &a);
    if (e == ERR_NOT_FOUND)
        return cx_tell(cli->cx, ERR_INVALID, N_("Nobody here has that username."));
    TRY(e);
    *ret_kind = "account";
    *ret_id = a.id;
    return OK;
}

static enum err wait_for(struct cli *cli, const char *kind, int64_t id, const char *what)
{
    static const char *const columns[] = {"state", "account", "why", NULL};
    struct fed_wish w;
    bool found = false;
    for (int i = 0; i < WAIT_S * 1000 / STEP_MS; i++) {
        struct timespec step = {0, STEP_MS * 1000000L};
        TRY(fed_wish_last(cli->cx, kind, id, what, &found, &w));
        if (!found || !str_eq_c(w.state, "checking"))
            break;
        nanosleep(&step, NULL);
    }
    if (!found)
        return OK;
    if (str_eq_c(w.state, "failed"))
        return cx_tell(cli->cx, ERR_CONFLICT, fed_wish_sentence(w.why));
    cli_begin(cli, false, columns);
    cli_row(cli, (struct str[]){w.state, w.target, w.why});
    cli_end(cli);
    return OK;
}

static enum err cmd_alias_list(struct cli *cli)
{
    static const char *const columns[] = {"account", "actor", "since", "moved", NULL};
    struct fed_alias *v;
    const char *kind;
    int64_t id;
    size_t n;
    TRY(whose(cli, &kind, &id));
    TRY(fed_alias_list(cli->cx, kind, id, &v, &n));
    cli_begin(cli, true, columns);
    for (size_t i = 0; i < n; i++)
        cli_row(cli, (struct str[]){v[i].handle, v[i].uri, cli_time(cli, v[i].created_at),
                                    cli_time(cli, v[i].moved_at)});
    cli_end(cli);
    return OK;
}

static enum err cmd_alias_add(struct cli *cli)
{
    const char *kind;
    int64_t id, wish;
    TRY(whose(cli, &kind, &id));
    TRY(fed_alias_add(cli->cx, kind, id, cli_get(cli, "of"), &wish));
    return wait_for(cli, kind, id, "alias");
}

static enum err cmd_alias_remove(struct cli *cli)
{
    const char *kind;
    int64_t id;
    TRY(whose(cli, &kind, &id));
    return fed_alias_remove(cli->cx, kind, id, cli_get(cli, "of"));
}

static enum err cmd_move(struct cli *cli)
{
    static const char *const columns[] = {"state", NULL};
    struct planet p;
    int64_t wish;
    TRY(cli_planet(cli, &p));
    if (cli_has(cli, "cancel")) {
        TRY(fed_move_cancel(cli->cx, p.id));
        cli_begin(cli, false, columns);
        cli_row(cli, (struct str[]){STR("cancelled")});
        cli_end(cli);
        return OK;
    }
    if (!cli_has(cli, "to"))
        return cx_tell(cli->cx, ERR_INVALID, N_("Say where to: --to @new@its.server"));
    if (!str_eq(cli_get(cli, "confirm"), p.handle))
        return cx_tell(cli->cx, ERR_INVALID,
                       N_("This sends every follower away from here. If that is meant, repeat the "
                          "planet's handle: --confirm HANDLE"));
    TRY(fed_move_begin(cli->cx, p.id, cli_get(cli, "to"), &wish));
    return wait_for(cli, "planet", p.id, "move");
}

static enum err write_file(struct cli *cli, const char *dir, const char *name, struct str text)
{
    const char *path = str_z(cli->cx->arena, str_fmt(cli->cx->arena, "%s/%s", dir, name));
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    FILE *f = fd < 0 ? NULL : fdopen(fd, "w");
    if (f == NULL)
        return cx_tellf(cli->cx, ERR_STORAGE, N_("{0} cannot be written: {1}."),
                        (struct str[]){str_c(path), str_c(strerror(errno))}, 2);
    bool ok = fwrite(text.p, 1, text.n, f) == text.n;
    if (fclose(f) != 0 || !ok)
        return cx_tellf(cli->cx, ERR_STORAGE, N_("{0} cannot be written: {1}."),
                        (struct str[]){str_c(path), str_c(strerror(errno))}, 2);
    return OK;
}

static enum err cmd_export(struct cli *cli)
{
    static const char *const columns[] = {"file", "bytes", NULL};
    static const struct {
        const char *name;
        enum fed_export what;
    } files[] = {{"actor.json", FED_EXPORT_ACTOR},
                 {"outbox.json", FED_EXPORT_OUTBOX},
                 {"followers.csv", FED_EXPORT_FOLLOWERS}};
    const char *to = str_z(cli->cx->arena, cli_get(cli, "to"));
    struct planet p;
    TRY(cli_planet(cli, &p));
    if (mkdir(to, 0700) != 0 && errno != EEXIST)
        return cx_tellf(cli->cx, ERR_STORAGE, N_("{0} cannot be written: {1}."),
                        (struct str[]){str_c(to), str_c(strerror(errno))}, 2);
    cli_begin(cli, true, columns);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        struct buf b;
        enum err e = fed_export(cli->cx, p.id, files[i].what, &b);
        if (e == OK)
            e = write_file(cli, to, files[i].name, buf_str(&b));
        if (e == OK)
            cli_row(cli, (struct str[]){str_c(files[i].name), cli_id(cli, (int64_t)b.n)});
        buf_free(&b);
        TRY(e);
    }
    cli_end(cli);
    return OK;
}

static enum err cmd_expect(struct cli *cli)
{
    static const char *const columns[] = {"listed", "here", NULL};
    struct planet p;
    struct str csv;
    int64_t all, here;
    TRY(cli_planet(cli, &p));
    TRY(cli_file(cli, "list", 16 << 20, &csv));
    if (csv.p != NULL)
        TRY(fed_expected_set(cli->cx, p.id, csv, &all));
    TRY(fed_expected_count(cli->cx, p.id, &all, &here));
    cli_begin(cli, false, columns);
    cli_row(cli, (struct str[]){cli_id(cli, all), cli_id(cli, here)});
    cli_end(cli);
    return OK;
}

#define AUTHOR_OPTION {"author", "USERNAME", false, "of this author, instead of the planet"}
static const struct cli_option list_options[] = {CLI_PLANET_OPTION, AUTHOR_OPTION, {0}};
static const struct cli_option alias_options[] = {
    CLI_PLANET_OPTION,
    AUTHOR_OPTION,
    {"of", "ACCOUNT", true, "@old@its.server, or the account's address"},
    {0},
};
static const struct cli_option move_options[] = {
    CLI_PLANET_OPTION,
    {"to", "ACCOUNT", false, "@new@its.server; it must have the planet as an alias"},
    {"confirm", "HANDLE", false, "the planet's handle once more, to go ahead"},
    {"cancel", NULL, false, "take the redirect back"},
    {0},
};
static const struct cli_option export_options[] = {
    CLI_PLANET_OPTION,
    {"to", "DIRECTORY", true, "where the files go; made if missing"},
    {0},
};
static const struct cli_option expect_options[] = {
    CLI_PLANET_OPTION,
    {"list", "FILE", false, "CSV of the followers that there were elsewhere; else the last one stands"},
    {0},
};

const struct cli_verb cli_move_verbs[] = {
    {"planet alias list", cmd_alias_list, true, "accounts elsewhere that may send their followers here",
     list_options},
    {"planet alias add", cmd_alias_add, true, "let an account elsewhere send its followers here",
     alias_options},
    {"planet alias remove", cmd_alias_remove, true, "take an alias back", alias_options},
    {"planet move", cmd_move, true, "send the followers to an account elsewhere, or take that back",
     move_options},
    {"planet export-fediverse", cmd_export, true,
     "write actor.json, outbox.json and followers.csv", export_options},
    {"follower compare", cmd_expect, true, "who of a list of followers elsewhere is here by now",
     expect_options},
    {0},
};
