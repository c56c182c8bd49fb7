/* doctor: is all well with a node? */
#include "admin/cli/cli.h"
#include "admin/doctor/doctor.h"

static void put_line(void *arg, const struct doctor_line *line)
{
    static const char *const states[] = {
        [DOCTOR_OK] = "ok", [DOCTOR_WARN] = "warn", [DOCTOR_FAIL] = "FAIL"};
    struct cli *cli = arg;
    cli_row(cli, (struct str[]){str_c(line->check), str_c(states[line->state]), line->what, line->todo});
}

static enum err cmd_doctor(struct cli *cli)
{
    static const char *const columns[] = {"check", "state", "what", "todo", NULL};
    struct doctor d = {.cx = cli->cx, .dir = cli->dir, .deep = cli_has(cli, "deep"),
                       .offline = cli_has(cli, "offline"), .say = put_line, .arg = cli};
    cli_begin(cli, true, columns);
    doctor_run(&d, cli->server);
    cli_end(cli);
    cli->failed = d.failed;
    return OK;
}

static const struct cli_option doctor_options[] = {
    {"deep", NULL, false, "read and hash every media file, too"},
    {"offline", NULL, false, "ask nobody: leave out DNS, WebFinger, actor and the mail server"},
    {0},
};

const struct cli_verb cli_doctor_verbs[] = {
    {"doctor", cmd_doctor, false, "is all well with the node, and what to do if not", doctor_options, NULL},
    {0},
};
