/* follower, delivery, comment, planet admit: the owner's federation room on the command line. */
#include "admin/cli/cli.h"
#include "federation/admit.h"
#include "federation/delivery.h"
#include "federation/federation.h"
#include "federation/followers.h"
#include "federation/room.h"
#include "node/db/db.h"
#include "node/planet/planet.h"
#include "node/talk/comment.h"

enum { PAGE = 200 };

static struct str number(struct cli *cli, int64_t n)
{
    return str_fmt(cli->cx->arena, "%lld", (long long)n);
}

/* ---- followers ---- */

static enum err cmd_follower_list(struct cli *cli)
{
    static const char *const columns[] = {"handle", "actor", "since", NULL};
    struct fed_follow_query q = {.requests = cli_has(cli, "requests"), .words = cli_get(cli, "search"),
                                 .host = cli_get(cli, "host"), .n_max = PAGE};
    struct planet p;
    struct fed_follow *v;
    size_t n = PAGE;
    TRY(cli_planet(cli, &p));
    cli_begin(cli, true, columns);
    while (n == PAGE) {
        TRY(fed_follow_find(cli->cx, p.id, &q, &v, &n));
        for (size_t i = 0; i < n; i++) {
            cli_row(cli, (struct str[]){v[i].handle, v[i].uri, cli_time(cli, v[i].since)});
            q.before_id = v[i].id;
        }
    }
    cli_end(cli);
    return OK;
}

static enum err follow_named(struct cli *cli, struct planet *p, int64_t *ret_id)
{
    TRY(cli_planet(cli, p));
    enum err e = fed_follow_of(cli->cx, p->id, cli_get(cli, "actor"), ret_id);
    if (e == ERR_NOT_FOUND)
        return cx_tell(cli->cx, e, N_("Nobody of that address follows it. 'follower list' names them."));
    return e;
}

static enum err cmd_follower_remove(struct cli *cli)
{
    struct planet p;
    int64_t id;
    TRY(follow_named(cli, &p, &id));
    return fed_follow_end(cli->cx, p.id, id);
}

static enum err decide(struct cli *cli, bool yes)
{
    struct planet p;
    int64_t id;
    TRY(follow_named(cli, &p, &id));
    enum err e = fed_follow_decide(cli->cx, p.id, id, yes);
    if (e == ERR_NOT_FOUND)
        return cx_tell(cli->cx, e, N_("They follow already. 'follower remove' ends that."));
    return e;
}

static enum err cmd_follower_approve(struct cli *cli)
{
    return decide(cli, true);
}

static enum err cmd_follower_decline(struct cli *cli)
{
    return decide(cli, false);
}

/* ---- deliveries ---- */

static enum err cmd_delivery_list(struct cli *cli)
{
    static const char *const columns[] = {"id", "host", "type", "object", "state", "attempts",
                                          "due", "error", NULL};
    struct fed_delivery_query q = {.host = cli_get(cli, "host"), .n_max = PAGE};
    struct fed_delivery *v;
    size_t n = PAGE;
    TRY(cli_i64(cli, "activity", 0, &q.activity_id));
    q.resting = cli_has(cli, "resting");
    cli_begin(cli, true, columns);
    while (n == PAGE) {
        TRY(fed_delivery_list(cli->cx, &q, &v, &n));
        for (size_t i = 0; i < n; i++) {
            cli_row(cli, (struct str[]){cli_id(cli, v[i].id), v[i].host, v[i].type, v[i].object_uri,
                                        v[i].state, number(cli, v[i].attempts),
                                        cli_time(cli, v[i].run_at), v[i].last_error});
            q.after_id = v[i].id;
        }
    }
    cli_end(cli);
    return OK;
}

static enum err cmd_delivery_posts(struct cli *cli)
{
    static const char *const columns[] = {"post", "title", "servers", "delivered", "waiting", "lost", NULL};
    struct planet p;
    struct fed_sent_post *posts;
    size_t n;
    TRY(cli_planet(cli, &p));
    TRY(fed_sent_posts(cli->cx, p.id, PAGE, &posts, &n));
    cli_begin(cli, true, columns);
    for (size_t i = 0; i < n; i++) {
        struct fed_spread s;
        TRY(fed_spread_of_object(cli->cx, posts[i].object_uri, &s));
        cli_row(cli, (struct str[]){cli_id(cli, posts[i].id), posts[i].title, number(cli, s.servers),
                                    number(cli, s.delivered), number(cli, s.waiting),
                                    number(cli, s.lost)});
    }
    cli_end(cli);
    return OK;
}

static enum err cmd_delivery_hosts(struct cli *cli)
{
    static const char *const columns[] = {"host", "queued", "resting", "oldest", "success", "failure",
                                          "closed_until", "fail_days", "dead", "error", NULL};
    enum fed_host_which which = cli_has(cli, "all")        ? FED_HOSTS_ALL
                                : cli_has(cli, "troubled") ? FED_HOSTS_TROUBLED
                                                           : FED_HOSTS_QUEUED;
    struct fed_host_state *v;
    struct str after = STR("");
    size_t n = PAGE;
    cli_begin(cli, true, columns);
    while (n == PAGE) {
        TRY(fed_host_list(cli->cx, which, after, PAGE, &v, &n));
        for (size_t i = 0; i < n; i++) {
            cli_row(cli, (struct str[]){
                             v[i].host, number(cli, v[i].queued), number(cli, v[i].resting),
                             cli_time(cli, v[i].oldest_at), cli_time(cli, v[i].last_success_at),
                             cli_time(cli, v[i].last_failure_at),
                             v[i].open_until == 0 ? STR_NULL : cli_time(cli, v[i].open_until),
                             number(cli, v[i].fail_days), str_c(v[i].dead ? "yes" : "no"),
                             v[i].last_error});
            after = v[i].host;
        }
    }
    cli_end(cli);
    return OK;
}

/* --id: one delivery; --host: all that waits for a server. */
static enum err settle(struct cli *cli, bool again)
{
    static const char *const columns[] = {"deliveries", NULL};
    int64_t id, n = 1;
    TRY(cli_i64(cli, "id", 0, &id));
    if ((id == 0) == !cli_has(cli, "host"))
        return cx_tell(cli->cx, ERR_INVALID, N_("Name one delivery (--id) or one server (--host)."));
    enum err e = id == 0 ? (again ? fed_host_again(cli->cx, cli_get(cli, "host"), &n)
                                  : fed_host_drop(cli->cx, cli_get(cli, "host"), &n))
                         : (again ? fed_delivery_retry(cli->cx, 0, id) : fed_delivery_drop(cli->cx, 0, id));
    if (e == ERR_NOT_FOUND)
        return cx_tell(cli->cx, e, N_("There is no such delivery, or it is on its way at this moment."));
    TRY(e);
    cli_begin(cli, false, columns);
    cli_row(cli, (struct str[]){number(cli, n)});
    cli_end(cli);
    return OK;
}

static enum err cmd_delivery_retry(struct cli *cli)
{
    return settle(cli, true);
}

static enum err cmd_delivery_drop(struct cli *cli)
{
    return settle(cli, false);
}

/* ---- comments from elsewhere ---- */

static enum err cmd_comment_list(struct cli *cli)
{
    static const char *const columns[] = {"id", "kind", "state", "handle", "post", "url", "arrived", NULL};
    struct str state = cli_has(cli, "state") ? cli_get(cli, "state") : STR("held");
    struct planet p;
    struct fed_came *v;
    size_t n = PAGE;
    int64_t before = 0;
    if (!str_eq_c(state, "held") && !str_eq_c(state, "shown") && !str_eq_c(state, "hidden"))
        return cx_tell(cli->cx, ERR_INVALID, N_("A comment is held, shown or hidden."));
    TRY(cli_planet(cli, &p));
    cli_begin(cli, true, columns);
    while (n == PAGE) {
        TRY(fed_came_comments(cli->cx, p.id, str_z(cli->cx->arena, state), before, PAGE, &v, &n));
        for (size_t i = 0; i < n; i++) {
            cli_row(cli, (struct str[]){cli_id(cli, v[i].id),
                                        str_c(v[i].kind == FED_CAME_QUOTE ? "quote" : "reply"),
                                        v[i].state, v[i].handle, v[i].slug, v[i].url,
                                        cli_time(cli, v[i].at)});
            before = v[i].id;
        }
    }
    cli_end(cli);
    return OK;
}

static enum err moderate(struct cli *cli, enum err (*verb)(struct cx *cx, int64_t id))
{
    int64_t id;
    TRY(cli_i64(cli, "id", 0, &id));
    enum err e = verb(cli->cx, id);
    if (e == ERR_NOT_FOUND)
        return cx_tell(cli->cx, e, N_("There is no such comment. 'comment list' names them."));
    return e;
}

static enum err cmd_comment_show(struct cli *cli)
{
    return moderate(cli, comment_show);
}

static enum err cmd_comment_hide(struct cli *cli)
{
    return moderate(cli, comment_hide);
}

/* ---- who comes in ---- */

static enum err cmd_admit(struct cli *cli)
{
    static const char *const columns[] = {"planet", "comments", "followers", NULL};
    struct planet p;
    struct fed_doors doors;
    TRY(cli_planet(cli, &p));
    TRY(fed_doors_of(cli->cx, p.id, &doors));
    if (cli_has(cli, "comments") && !fed_comments_parse(cli_get(cli, "comments"), &doors.comments))
        return cx_tell(cli->cx, ERR_INVALID, N_("Comments are shown, first, held or off."));
    if (cli_has(cli, "followers")) {
        struct str word = cli_get(cli, "followers");
        if (!str_eq_c(word, "open") && !str_eq_c(word, "ask"))
            return cx_tell(cli->cx, ERR_INVALID, N_("Following is open, or they ask."));
        doors.approves_followers = str_eq_c(word, "ask");
    }
    if (cli_has(cli, "comments") || cli_has(cli, "followers"))
        TRY(fed_doors_set(cli->cx, p.id, &doors));
    cli_begin(cli, false, columns);
    cli_row(cli, (struct str[]){p.handle, str_c(fed_comments_word(doors.comments)),
                                str_c(doors.approves_followers ? "ask" : "open")});
    cli_end(cli);
    return OK;
}

static const struct cli_option follower_list_options[] = {
    CLI_PLANET_OPTION,
    {"requests", NULL, false, "those who ask and wait for a decision, instead"},
    {"search", "TEXT", false, "part of a name, username or server"},
    {"host", "HOST", false, "of this server"},
    {0},
};
static const struct cli_option follower_options[] = {
    CLI_PLANET_OPTION, {"actor", "WHO", true, "their address or @user@host; 'follower list' names them"}, {0}};
static const struct cli_option planet_options[] = {CLI_PLANET_OPTION, {0}};
static const struct cli_option delivery_list_options[] = {
    {"host", "HOST", false, "for this server"},
    {"activity", "ID", false, "of this activity (the number in /ap/x/ID)"},
    {"resting", NULL, false, "only what gave up; the usual when nothing else is asked"},
    {0},
};
static const struct cli_option hosts_options[] = {
    {"troubled", NULL, false, "those that don't answer, instead of those with something that waits"},
    {"all", NULL, false, "all that were ever delivered to"},
    {0},
};
static const struct cli_option settle_options[] = {
    {"id", "ID", false, "one delivery; 'delivery list' names them"},
    {"host", "HOST", false, "all that waits for this server"},
    {0},
};
static const struct cli_option comment_list_options[] = {
    CLI_PLANET_OPTION, {"state", "STATE", false, "held (default), shown or hidden"}, {0}};
static const struct cli_option comment_options[] = {
    {"id", "ID", true, "the comment; 'comment list' names them"}, {0}};
static const struct cli_option admit_options[] = {
    CLI_PLANET_OPTION,
    {"comments", "WAY", false, "shown, first (new writers wait), held or off"},
    {"followers", "WAY", false, "open, or ask (you decide)"},
    {0},
};

const struct cli_verb cli_room_verbs[] = {
    {"follower list", cmd_follower_list, true, "who follows a planet from elsewhere", follower_list_options},
    {"follower remove", cmd_follower_remove, true, "end somebody's following; their server is told",
     follower_options},
    {"follower approve", cmd_follower_approve, true, "let somebody follow who asked", follower_options},
    {"follower decline", cmd_follower_decline, true, "don't let them; their server is told",
     follower_options},
    {"delivery list", cmd_delivery_list, true, "deliveries to other servers that are not done",
     delivery_list_options},
    {"delivery posts", cmd_delivery_posts, true, "a planet's posts, and how many servers have them",
     planet_options},
    {"delivery hosts", cmd_delivery_hosts, true, "servers, and what waits for them", hosts_options},
    {"delivery retry", cmd_delivery_retry, true, "try again now", settle_options},
    {"delivery drop", cmd_delivery_drop, true, "forget what waits", settle_options},
    {"comment list", cmd_comment_list, true, "comments from elsewhere", comment_list_options},
    {"comment show", cmd_comment_show, true, "let everybody read a comment", comment_options},
    {"comment hide", cmd_comment_hide, true, "take a comment out of sight", comment_options},
    {"planet admit", cmd_admit, true, "how comments and followers from elsewhere come in", admit_options},
    {0},
};
