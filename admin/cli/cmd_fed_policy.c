/* domain, actor: which servers, and which people there, may speak with this node. */
#include "admin/cli/cli.h"
#include "federation/actor_rules.h"
#include "federation/domain_import.h"
#include "node/db/db.h"
#include "node/planet/planet.h"

#include <stdio.h>

enum { LIST_PAGE = 500 };

static struct str yes(bool b)
{
    return b ? STR("yes") : STR("no");
}

static struct str word(const struct fed_domain *d)
{
    return d->allow ? STR("allow") : str_c(fed_level_word(d->level));
}

static enum err cmd_domain_list(struct cli *cli)
{
    static const char *const columns[] = {"host",      "rule",           "reject_media", "reject_reports",
                                          "obfuscate", "public_comment", "private_comment", "since", NULL};
    struct str after = STR(""), search = cli_get(cli, "search");
    struct fed_domain *v;
    size_t n;
    cli_begin(cli, true, columns);
    while (after.p != NULL) {
        TRY(fed_domain_list(cli->cx, search, after, LIST_PAGE, &v, &n, &after));
        for (size_t i = 0; i < n; i++)
            cli_row(cli, (struct str[]){v[i].host, word(&v[i]), yes(v[i].reject_media),
                                        yes(v[i].reject_reports), yes(v[i].obfuscate),
                                        v[i].public_comment, v[i].private_comment,
                                        cli_time(cli, v[i].created_at)});
    }
    cli_end(cli);
    return OK;
}

/* What it would end must be said once more: the name, typed again. */
static enum err sure(struct cli *cli, const struct fed_domain_change *c, struct str name)
{
    struct fed_effect e;
    TRY(fed_domain_effect(cli->cx, c, &e));
    if (str_eq(cli_get(cli, "confirm"), name))
        return OK;
    struct str args[] = {cli_id(cli, e.followers_lost), cli_id(cli, e.comments_hidden), name};
    return cx_tellf(cli->cx, ERR_CONFLICT,
                    N_("{0} follows would end and {1} comments go out of sight. If that is meant, say it "
                       "again with --confirm {2}."), args, 3);
}

static enum err read_rule(struct cli *cli, struct fed_domain *d)
{
    struct fed_domain was;
    bool found;
    *d = (struct fed_domain){.level = FED_SUSPENDED};
    TRY(fed_domain_name(cli->cx, cli_get(cli, "host"), &d->host));
    TRY(fed_domain_find(cli->cx, d->host, false, &found, &was));
    if (found)
        *d = was;
    if (cli_has(cli, "level") && !fed_level_of_word(cli_get(cli, "level"), &d->level))
        return cx_tell(cli->cx, ERR_INVALID, N_("The level is suspend, silence or none."));
    d->reject_media = d->reject_media || cli_has(cli, "reject-media");
    d->reject_reports = d->reject_reports || cli_has(cli, "reject-reports");
    d->obfuscate = d->obfuscate || cli_has(cli, "obfuscate");
    if (cli_has(cli, "comment"))
        d->public_comment = cli_get(cli, "comment");
    if (cli_has(cli, "private"))
        d->private_comment = cli_get(cli, "private");
    return OK;
}

static enum err cmd_domain_block(struct cli *cli)
{
    struct fed_domain d;
    TRY(read_rule(cli, &d));
    struct fed_domain_change c = {.put = &d, .n_put = 1};
    if (d.level == FED_SUSPENDED)
        TRY(sure(cli, &c, d.host));
    return fed_domain_change(cli->cx, &c);
}

static enum err cmd_domain_allow(struct cli *cli)
{
    struct fed_domain d = {.allow = true, .private_comment = cli_get(cli, "private")};
    TRY(fed_domain_name(cli->cx, cli_get(cli, "host"), &d.host));
    return fed_domain_change(cli->cx, &(struct fed_domain_change){.put = &d, .n_put = 1});
}

static enum err cmd_domain_remove(struct cli *cli)
{
    struct fed_domain d = {.allow = cli_has(cli, "allow")};
    TRY(fed_domain_name(cli->cx, cli_get(cli, "host"), &d.host));
    return fed_domain_change(cli->cx, &(struct fed_domain_change){.remove = &d, .n_remove = 1});
}

static enum err cmd_domain_mode(struct cli *cli)
{
    static const char *const columns[] = {"mode", "blocks", "allows", NULL};
    struct str set = cli_get(cli, "set");
    int64_t blocks, allows;
    bool allow_mode;
    if (set.p != NULL) {
        bool to_allow = str_eq_c(set, "allow");
        if (!to_allow && !str_eq_c(set, "block"))
            return cx_tell(cli->cx, ERR_INVALID, N_("The mode is block or allow."));
        struct fed_domain_change c = {.mode = to_allow ? DOMAIN_MODE_ALLOW : DOMAIN_MODE_BLOCK};
        if (to_allow)
            TRY(sure(cli, &c, STR("allow")));
        TRY(fed_domain_change(cli->cx, &c));
    }
    TRY(fed_domain_mode(cli->cx, &allow_mode));
    TRY(fed_domain_count(cli->cx, &blocks, &allows));
    cli_begin(cli, false, columns);
    cli_row(cli, (struct str[]){allow_mode ? STR("allow") : STR("block"), cli_id(cli, blocks),
                                cli_id(cli, allows)});
    cli_end(cli);
    return OK;
}

/* ---- lists --------------------------------------------------------------------------------- */

static void put_step(struct cli *cli, const struct fed_import_step *s)
{
    static const char *const words[] = {"add", "change", "remove"};
    cli_row(cli, (struct str[]){str_c(words[s->what]), s->is.host,
                                s->what == IMPORT_ADD ? STR_NULL : word(&s->was),
                                s->what == IMPORT_REMOVE ? STR_NULL : word(&s->is), STR_NULL});
}

static enum err cmd_domain_import(struct cli *cli)
{
    static const char *const columns[] = {"what", "host", "was", "becomes", "note", NULL};
    struct fed_import_options o = {cli_has(cli, "allow"), cli_has(cli, "replace")};
    struct fed_import i;
    struct str text;
    TRY(cli_file(cli, "file", DOMAIN_LIST_MAX, &text));
    TRY(fed_import_plan(cli->cx, text, &o, &i));
    cli_begin(cli, true, columns);
    for (size_t k = 0; k < i.n_steps; k++)
        put_step(cli, &i.steps[k]);
    for (size_t k = 0; k < i.list.n_skipped; k++)
        cli_row(cli, (struct str[]){STR("skip"), i.list.skipped[k].name, STR_NULL, STR_NULL,
                                    i.list.skipped[k].is_us ? STR("this server")
                                                            : STR("its name is masked")});
    for (size_t k = 0; k < i.effect.n_hosts; k++)
        cli_row(cli, (struct str[]){STR("loses"), i.effect.hosts[k].host, STR_NULL, STR_NULL,
                                    str_fmt(cli->cx->arena, "%lld follows, %lld comments",
                                            (long long)i.effect.hosts[k].followers,
                                            (long long)i.effect.hosts[k].comments)});
    if (i.effect.members_cut > 0)
        cli_row(cli, (struct str[]){STR("members"), STR_NULL, STR_NULL, STR_NULL,
                                    str_fmt(cli->cx->arena, "%lld members have linked an account there",
                                            (long long)i.effect.members_cut)});
    cli_end(cli);
    return cli_has(cli, "apply") ? fed_import_apply(cli->cx, &i) : OK;
}

static enum err cmd_domain_export(struct cli *cli)
{
    struct buf b;
    buf_init_arena(&b, cli->cx->arena, 16 << 20);
    TRY(fed_domain_export(cli->cx, cli_has(cli, "allow"), cli_has(cli, "public"), &b));
    struct str s = buf_str(&b);
    fwrite(s.p, 1, s.n, stdout);
    return OK;
}

static enum err cmd_domain_undo(struct cli *cli)
{
    struct str host;
    struct buf b;
    TRY(fed_domain_name(cli->cx, cli_get(cli, "host"), &host));
    buf_init_arena(&b, cli->cx->arena, 256 << 20);
    TRY(fed_domain_undo_export(cli->cx, host, &b));
    struct str s = buf_str(&b);
    fwrite(s.p, 1, s.n, stdout);
    putchar('\n');
    return OK;
}

/* ---- people -------------------------------------------------------------------------------- */

static enum err scope(struct cli *cli, int64_t *ret)
{
    struct planet p;
    *ret = 0;
    if (cli_has(cli, "node"))
        return OK;
    TRY(cli_planet(cli, &p));
    *ret = p.id;
    return OK;
}

static enum err set_rule(struct cli *cli, enum fed_actor_level level)
{
    int64_t planet_id, actor_id;
    struct str note = cli_has(cli, "note") ? cli_get(cli, "note") : STR("");
    TRY(scope(cli, &planet_id));
    TRY(fed_actor_find(cli->cx, cli_get(cli, "actor"), &actor_id));
    return fed_actor_rule_set(cli->cx, planet_id, actor_id, level, note);
}

static enum err cmd_actor_block(struct cli *cli)
{
    return set_rule(cli, FED_ACTOR_BLOCKED);
}

static enum err cmd_actor_mute(struct cli *cli)
{
    return set_rule(cli, FED_ACTOR_MUTED);
}

static enum err cmd_actor_unblock(struct cli *cli)
{
    return set_rule(cli, FED_ACTOR_OPEN);
}

static enum err cmd_actor_list(struct cli *cli)
{
    static const char *const columns[] = {"actor", "name", "rule", "note", "since", "address", NULL};
    struct fed_actor_rule *v;
    int64_t planet_id, after = 0;
    size_t n;
    TRY(scope(cli, &planet_id));
    cli_begin(cli, true, columns);
    do {
        TRY(fed_actor_rule_list(cli->cx, planet_id, after, LIST_PAGE, &v, &n));
        for (size_t i = 0; i < n; i++)
            cli_row(cli, (struct str[]){v[i].handle, v[i].name, str_c(fed_actor_level_word(v[i].level)),
                                        v[i].note, cli_time(cli, v[i].created_at), v[i].uri});
        after = n > 0 ? v[n - 1].actor_id : after;
    } while (n == LIST_PAGE);
    cli_end(cli);
    return OK;
}

#define HOST_OPTION {"host", "HOST", true, "the server; what lies below its name is meant, too"}
static const struct cli_option list_options[] = {
    {"search", "TEXT", false, "only names with this in them"}, {0}};
static const struct cli_option block_options[] = {
    HOST_OPTION,
    {"level", "LEVEL", false, "suspend (as when left out), silence or none"},
    {"reject-media", NULL, false, "take no pictures from there"},
    {"reject-reports", NULL, false, "drop its reports"},
    {"obfuscate", NULL, false, "put stars into its name in lists that are given away"},
    {"comment", "TEXT", false, "why, for everybody"},
    {"private", "TEXT", false, "why, for you alone"},
    {"confirm", "HOST", false, "the name again, to suspend it"},
    {0},
};
static const struct cli_option allow_options[] = {
    HOST_OPTION, {"private", "TEXT", false, "why, for you alone"}, {0}};
static const struct cli_option remove_options[] = {
    HOST_OPTION, {"allow", NULL, false, "the allow entry; else the block"}, {0}};
static const struct cli_option mode_options[] = {
    {"set", "MODE", false, "block (who has no rule may speak) or allow (only who is allowed may)"},
    {"confirm", "WORD", false, "allow, to switch to the allow list"},
    {0},
};
static const struct cli_option import_options[] = {
    {"file", "FILE", true, "the list: Mastodon's CSV, JSON, or a name a line; - is standard input"},
    {"allow", NULL, false, "a list of servers to be allowed"},
    {"replace", NULL, false, "rules that are not in it go"},
    {"apply", NULL, false, "do it; else it is only shown"},
    {0},
};
static const struct cli_option export_options[] = {
    {"allow", NULL, false, "the allow entries; else the blocks"},
    {"public", NULL, false, "to be given away: with stars where a rule says so"},
    {0},
};
static const struct cli_option undo_options[] = {HOST_OPTION, {0}};

#define ACTOR_OPTION {"actor", "WHO", true, "@name@host, or their address"}
#define SCOPE_OPTIONS CLI_PLANET_OPTION, {"node", NULL, false, "on every planet of the node"}
static const struct cli_option actor_options[] = {
    ACTOR_OPTION, SCOPE_OPTIONS, {"note", "TEXT", false, "why, for those who look after it"}, {0}};
static const struct cli_option unblock_options[] = {ACTOR_OPTION, SCOPE_OPTIONS, {0}};
static const struct cli_option people_options[] = {SCOPE_OPTIONS, {0}};

const struct cli_verb cli_policy_verbs[] = {
    {"domain list", cmd_domain_list, true, "rules about other servers", list_options},
    {"domain block", cmd_domain_block, true, "suspend or silence a server, or refuse its pictures", block_options},
    {"domain allow", cmd_domain_allow, true, "let a server in, whatever is said of its parents", allow_options},
    {"domain remove", cmd_domain_remove, true, "lift a rule; what it took from sight comes back", remove_options},
    {"domain mode", cmd_domain_mode, true, "who may speak without a rule: all (block) or nobody (allow)", mode_options},
    {"domain import", cmd_domain_import, true, "show what a list of rules would change, or apply it", import_options},
    {"domain export", cmd_domain_export, true, "the rules as Mastodon's CSV", export_options},
    {"domain undo", cmd_domain_undo, true, "what rules about a server took from sight, as JSON", undo_options},
    {"actor list", cmd_actor_list, true, "people elsewhere who are blocked or muted", people_options},
    {"actor block", cmd_actor_block, true, "hear nothing more of somebody elsewhere", actor_options},
    {"actor mute", cmd_actor_mute, true, "no notices of what somebody elsewhere does", actor_options},
    {"actor unblock", cmd_actor_unblock, true, "lift a block or mute", unblock_options},
    {0},
};
