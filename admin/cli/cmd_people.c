/* account, member. */
#include "admin/cli/cli.h"
#include "node/base/clock.h"
#include "node/db/db.h"
#include "node/people/account.h"
#include "node/people/session.h"
#include "node/planet/planet.h"

enum { PAGE = 200 };

static enum err cmd_account_list(struct cli *cli)
{
    static const char *const columns[] = {"id", "mail", "username", "name", "state", "created", NULL};
    struct account *all;
    size_t n = PAGE;
    int64_t after = 0;
    cli_begin(cli, true, columns);
    while (n == PAGE) {
        TRY(account_list(cli->cx, after, PAGE, &all, &n));
        for (size_t i = 0; i < n; i++) {
            cli_row(cli, (struct str[]){cli_id(cli, all[i].id), all[i].mail, all[i].username,
                                        all[i].name, all[i].state, cli_time(cli, all[i].created_at)});
            after = all[i].id;
        }
    }
    cli_end(cli);
    return OK;
}

static enum err cmd_account_create(struct cli *cli)
{
    static const char *const columns[] = {"id", "username", "sign_in", NULL};
    struct account a;
    struct str link;
    TRY(account_create(cli->cx, cli_get(cli, "mail"), cli_get(cli, "username"), cli_get(cli, "name"),
                       false, &a));
    TRY(login_make_link(cli->cx, a.id, &link));
    cli_begin(cli, false, columns);
    cli_row(cli, (struct str[]){cli_id(cli, a.id), a.username, link});
    cli_end(cli);
    return OK;
}

/* For who has no mail address, and whose account elsewhere is gone. */
static enum err cmd_account_login(struct cli *cli)
{
    static const char *const columns[] = {"username", "sign_in", NULL};
    struct account a;
    struct str link;
    TRY(cli_account(cli, &a));
    TRY(login_make_link(cli->cx, a.id, &link));
    cli_begin(cli, false, columns);
    cli_row(cli, (struct str[]){a.username, link});
    cli_end(cli);
    return OK;
}

static enum err cmd_account_state(struct cli *cli)
{
    struct account a;
    TRY(cli_account(cli, &a));
    return account_set_state(cli->cx, a.id, cli_get(cli, "state"));
}

static enum err cmd_member_list(struct cli *cli)
{
    static const char *const columns[] = {"account", "username", "name", "mail", "role", "tier",
                                          "kind", "until", "live", NULL};
    struct planet p;
    struct member *all;
    size_t n = PAGE;
    int64_t after = 0;
    TRY(cli_planet(cli, &p));
    cli_begin(cli, true, columns);
    while (n == PAGE) {
        TRY(member_list(cli->cx, p.id, after, PAGE, &all, &n));
        for (size_t i = 0; i < n; i++) {
            const struct member *m = &all[i];
            cli_row(cli, (struct str[]){cli_id(cli, m->account_id), m->username, m->name, m->mail,
                                        m->role == ROLE_NONE ? STR_NULL : str_c(role_word(m->role)), m->m.tier_name, m->m.kind,
                                        cli_time(cli, m->m.ends_at), str_c(m->m.live ? "yes" : "no")});
            after = m->account_id;
        }
    }
    cli_end(cli);
    return OK;
}

static enum err cmd_member_grant(struct cli *cli)
{
    static const char *const columns[] = {"grant", "until", NULL};
    struct cx *cx = cli->cx;
    struct planet p;
    struct account a;
    struct tier t;
    const struct zone *zone;
    int64_t count, grant;
    TRY(cli_planet(cli, &p));
    TRY(cli_account(cli, &a));
    enum err e = tier_by_slug(cx, p.id, cli_get(cli, "tier"), &t);
    if (e == ERR_NOT_FOUND)
        return cx_tell(cx, ERR_INVALID, N_("This planet has no such tier. 'tier list' names them."));
    TRY(e);
    TRY(cli_i64(cli, "count", 1, &count));
    struct str unit = cli_has(cli, "unit") ? cli_get(cli, "unit") : STR("year");
    if (!term_ok(unit, count))
        return cx_tell(cx, ERR_INVALID, N_("A term is a number of day, month or year, or once."));
    TRY(planet_zone(cx, p.id, &zone));
    int64_t end = term_end(zone, cx->now, unit, count);
    TRY(membership_grant(cx, p.id, a.id, t.id, "comp", cx->now, end, DB_NULL, DB_NULL, &grant));
    cli_begin(cli, false, columns);
    cli_row(cli, (struct str[]){cli_id(cli, grant), cli_time(cli, end)});
    cli_end(cli);
    return OK;
}

static enum err cmd_member_revoke(struct cli *cli)
{
    struct planet p;
    struct account a;
    struct membership m;
    TRY(cli_planet(cli, &p));
    TRY(cli_account(cli, &a));
    enum err e = membership_of(cli->cx, p.id, a.id, &m);
    if (e == ERR_NOT_FOUND || (e == OK && !m.live))
        return cx_tell(cli->cx, ERR_NOT_FOUND, N_("This account is no member now."));
    TRY(e);
    struct str reason = cli_has(cli, "reason") ? cli_get(cli, "reason") : STR("by the owner");
    return membership_end(cli->cx, p.id, a.id, reason);
}

static enum err cmd_member_role(struct cli *cli)
{
    struct planet p;
    struct account a;
    struct str word = cli_get(cli, "role");
    TRY(cli_planet(cli, &p));
    TRY(cli_account(cli, &a));
    enum role role = role_parse(word);
    if (role == ROLE_NONE && !str_eq_c(word, "none"))
        return cx_tell(cli->cx, ERR_INVALID,
                       N_("A role is owner, partner, guest, moderator, banned or none."));
    return role_set(cli->cx, p.id, a.id, role);
}

static const struct cli_option account_create_options[] = {
    {"mail", "MAIL", true, "the mail address"},
    {"username", "NAME", false, "letters, digits, _ ; else made of the address"},
    {"name", "TEXT", false, "the name, as people see it"},
    {0},
};
static const struct cli_option account_state_options[] = {
    CLI_ACCOUNT_OPTION, {"state", "STATE", true, "active or suspended"}, {0}};
static const struct cli_option account_login_options[] = {CLI_ACCOUNT_OPTION, {0}};
static const struct cli_option member_list_options[] = {CLI_PLANET_OPTION, {0}};
static const struct cli_option member_grant_options[] = {
    CLI_PLANET_OPTION, CLI_ACCOUNT_OPTION, {"tier", "SLUG", true, "which tier"},
    {"unit", "UNIT", false, "day, month, year (default) or once"},
    {"count", "N", false, "how many of them (1)"}, {0}};
static const struct cli_option member_revoke_options[] = {
    CLI_PLANET_OPTION, CLI_ACCOUNT_OPTION, {"reason", "TEXT", false, "why, for the record"}, {0}};
static const struct cli_option member_role_options[] = {
    CLI_PLANET_OPTION, CLI_ACCOUNT_OPTION,
    {"role", "ROLE", true, "owner, partner, guest, moderator, banned or none"}, {0}};

const struct cli_verb cli_people_verbs[] = {
    {"account list", cmd_account_list, true, "the node's accounts", NULL},
    {"account create", cmd_account_create, true, "make an account; prints its sign-in link",
     account_create_options},
    {"account state", cmd_account_state, true, "suspend an account, or bring it back",
     account_state_options},
    {"account login", cmd_account_login, true,
     "a sign-in link for who cannot sign in otherwise; works once", account_login_options},
    {"member list", cmd_member_list, true, "a planet's members, and why they are", member_list_options},
    {"member grant", cmd_member_grant, true, "give a membership", member_grant_options},
    {"member revoke", cmd_member_revoke, true, "end a membership at once", member_revoke_options},
    {"member role", cmd_member_role, true, "give or take a role", member_role_options},
    {0},
};
