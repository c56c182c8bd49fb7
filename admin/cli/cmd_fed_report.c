/* report: what people here and elsewhere complain about. */
#include "admin/cli/cli.h"
#include "federation/flag.h"
#include "node/db/db.h"
#include "node/planet/planet.h"
#include "node/talk/comment.h"
#include "node/talk/report.h"
#include "node/text/sanitize.h"

static struct str whom(const struct report *r)
{
    return r->about_handle.p == NULL ? STR("") : r->about_handle;
}

static struct str by(const struct report *r)
{
    return r->from_elsewhere ? r->by_host : r->by_name;
}

/* "post 12, comment 34" */
static struct str things(struct cli *cli, const struct report *r)
{
    struct buf b;
    buf_init_arena(&b, cli->cx->arena, 4096);
    for (size_t i = 0; i < r->n_items; i++) {
        const struct report_item *item = &r->items[i];
        buf_fmt(&b, "%s%s %lld", i > 0 ? ", " : "", item->comment_id == 0 ? "post" : "comment",
                (long long)(item->comment_id == 0 ? item->post_id : item->comment_id));
    }
    return buf_str(&b);
}

static enum err cmd_report_list(struct cli *cli)
{
    static const char *const columns[] = {"id", "planet", "about", "things", "reason", "by", "at", NULL};
    struct report *v;
    struct planet p = {.id = 0};
    size_t n = 1;
    if (cli_has(cli, "planet"))
        TRY(cli_planet(cli, &p));
    cli_begin(cli, true, columns);
    for (int64_t before = 0; n > 0;) {
        TRY(report_list(cli->cx, p.id, !cli_has(cli, "resolved"), before, 200, &v, &n));
        for (size_t i = 0; i < n; i++)
            cli_row(cli, (struct str[]){cli_id(cli, v[i].id), v[i].planet_handle, whom(&v[i]),
                                        things(cli, &v[i]), v[i].reason, by(&v[i]),
                                        cli_time(cli, v[i].created_at)});
        before = n > 0 ? v[n - 1].id : before;
    }
    cli_end(cli);
    return OK;
}

static enum err find(struct cli *cli, int64_t *ret)
{
    TRY(cli_i64(cli, "id", 0, ret));
    return OK;
}

static enum err told(struct cli *cli, enum err e)
{
    if (e == ERR_NOT_FOUND)
        return cx_tell(cli->cx, e, N_("There is no such report. 'report list' names them."));
    return e;
}

static enum err cmd_report_show(struct cli *cli)
{
    static const char *const columns[] = {"id",   "state", "planet",   "about",       "things", "reason", "text",
                                          "note", "by",    "at", "resolved_at", "sent_at", NULL};
    struct report r;
    int64_t id;
    TRY(find(cli, &id));
    TRY(told(cli, report_by_id(cli->cx, id, &r)));
    cli_begin(cli, false, columns);
    cli_row(cli, (struct str[]){cli_id(cli, r.id), r.open ? STR("open") : STR("resolved"),
                                r.planet_handle, whom(&r), things(cli, &r), r.reason, r.text, r.note,
                                by(&r), cli_time(cli, r.created_at), cli_time(cli, r.resolved_at),
                                cli_time(cli, r.sent_at)});
    cli_end(cli);
    return OK;
}

static enum err cmd_report_resolve(struct cli *cli)
{
    int64_t id;
    struct report r;
    TRY(find(cli, &id));
    if (cli_has(cli, "hide")) {
        TRY(told(cli, report_by_id(cli->cx, id, &r)));
        for (size_t i = 0; i < r.n_items; i++)
            if (r.items[i].comment_id != 0)
                TRY(report_hide(cli->cx, id, r.items[i].comment_id, true));
    }
    struct str note = cli_has(cli, "note") ? cli_get(cli, "note") : STR("");
    return told(cli, report_resolve(cli->cx, id, note));
}

static enum err cmd_report_send(struct cli *cli)
{
    int64_t id;
    TRY(find(cli, &id));
    struct str text = cli_has(cli, "text") ? cli_get(cli, "text") : STR("");
    return told(cli, fed_flag_send(cli->cx, id, text));
}

static const struct cli_option list_options[] = {
    {"planet", "HANDLE", false, "only those of this planet"},
    {"resolved", NULL, false, "those that are settled, instead of the open ones"},
    {0},
};
#define REPORT_OPTION {"id", "ID", true, "which; 'report list' names them"}
static const struct cli_option show_options[] = {REPORT_OPTION, {0}};
static const struct cli_option resolve_options[] = {
    REPORT_OPTION,
    {"note", "TEXT", false, "what was done, for those who decide"},
    {"hide", NULL, false, "hide the comments that it names, too"},
    {0},
};
static const struct cli_option send_options[] = {
    REPORT_OPTION,
    {"text", "TEXT", false, "what their server is told; the reporter's own words never are"},
    {0},
};

const struct cli_verb cli_report_verbs[] = {
    {"report list", cmd_report_list, true, "reports that wait for a decision", list_options},
    {"report show", cmd_report_show, true, "one report, with what was said", show_options},
    {"report resolve", cmd_report_resolve, true, "settle a report", resolve_options},
    {"report send", cmd_report_send, true, "pass a report on to the author's server", send_options},
    {0},
};
