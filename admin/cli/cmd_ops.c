/* upgrade, queue: looking after a node. */
#include "admin/cli/cli.h"
#include "node/handover.h"
#include "node/db/db.h"
#include "node/jobs/jobs.h"
#include "node/planet/planet.h"

enum { PAGE = 500 };

static enum err cmd_queue_list(struct cli *cli)
{
    static const char *const columns[] = {"id", "kind", "state", "due", "attempts", "error", NULL};
    struct job_info *all;
    size_t n = PAGE;
    int64_t after = 0;
    const char *state = cli_has(cli, "resting") ? "resting" : NULL;
    cli_begin(cli, true, columns);
    while (n == PAGE) {
        TRY(job_list(cli->cx, state, after, PAGE, &all, &n));
        for (size_t i = 0; i < n; i++) {
            cli_row(cli, (struct str[]){cli_id(cli, all[i].id), all[i].kind, all[i].state,
                                        cli_time(cli, all[i].run_at), cli_id(cli, all[i].attempts),
                                        all[i].last_error});
            after = all[i].id;
        }
    }
    cli_end(cli);
    return OK;
}

static enum err known_job(struct cli *cli, enum err e)
{
    if (e == ERR_NOT_FOUND)
        return cx_tell(cli->cx, e, N_("There is no such job, or it runs at this moment."));
    return e;
}

static enum err cmd_queue_retry(struct cli *cli)
{
    int64_t id;
    TRY(cli_i64(cli, "id", 0, &id));
    return known_job(cli, job_retry(cli->cx, id));
}

static enum err cmd_queue_drop(struct cli *cli)
{
    int64_t id;
    TRY(cli_i64(cli, "id", 0, &id));
    return known_job(cli, job_drop(cli->cx, id));
}

static enum err cmd_grants_rebuild(struct cli *cli)
{
    static const char *const columns[] = {"changed", NULL};
    struct planet p;
    int64_t changed;
    TRY(cli_planet(cli, &p));
    TRY(grants_rebuild(cli->cx, p.id, &changed));
    cli_begin(cli, false, columns);
    cli_row(cli, (struct str[]){cli_id(cli, changed)});
    cli_end(cli);
    return OK;
}

static const char *why_no_upgrade(enum err e)
{
    if (e == ERR_NOT_FOUND)
        return N_("Nobody serves this directory. Start it instead.");
    if (e == ERR_FORBIDDEN)
        return N_("Run this as the user who serves the directory.");
    if (e == ERR_CONFLICT)
        return N_("An upgrade is under way. Try again when it is over.");
    if (e == ERR_UNSUPPORTED)
        return N_("The container ends with its first process. Start a new container instead.");
    return N_("The new process did not start, and the old one goes on. Its log says why.");
}

/* As a node's own user (or root), from the unit's ExecReload: it waits, so that whoever asked for it
 * hears how it went. */
static enum err cmd_upgrade(struct cli *cli)
{
    static const char *const columns[] = {"pid", NULL};
    int64_t pid;
    enum err e = handover_upgrade(cli->dir, &pid);
    if (e != OK)
        return cx_tell(cli->cx, e, why_no_upgrade(e));
    cli_begin(cli, false, columns);
    cli_row(cli, (struct str[]){cli_id(cli, pid)});
    cli_end(cli);
    return OK;
}

static const struct cli_option queue_options[] = {
    {"resting", NULL, false, "only what gave up and waits for a decision"}, {0}};
static const struct cli_option id_options[] = {
    {"id", "ID", true, "the job; 'queue list' names them"}, {0}};
static const struct cli_option planet_options[] = {CLI_PLANET_OPTION, {0}};

const struct cli_verb cli_ops_verbs[] = {
    {"upgrade", cmd_upgrade, false,
     "put the program that is installed now in the place of the one that serves DIR", NULL},
    {"queue list", cmd_queue_list, true, "jobs that wait, run, or gave up", queue_options},
    {"queue retry", cmd_queue_retry, true, "try a job again now", id_options},
    {"queue drop", cmd_queue_drop, true, "forget a job", id_options},
    {"member rebuild", cmd_grants_rebuild, true, "recompute memberships from their records",
     planet_options},
    {0},
};
