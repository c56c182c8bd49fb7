/* member, tier switch: one member's history, notes and terms; from free to paid and back. */
#include "admin/cli/cli.h"
#include "node/base/i18n.h"
#include "node/db/db.h"
#include "node/money/member_file.h"
#include "node/money/money.h"
#include "node/money/paywall.h"
#include "node/money/refund.h"
#include "node/people/account.h"
#include "node/planet/planet.h"

static enum err cmd_member_history(struct cli *cli)
{
    static const char *const columns[] = {"at", "what", "tier", "kind", "order", "amount", "until", "words", "by", "grant", NULL};
    struct planet p;
    struct account a;
    struct happening *all;
    size_t n;
    TRY(cli_planet(cli, &p));
    TRY(cli_account(cli, &a));
    TRY(member_history(cli->cx, p.id, a.id, &all, &n));
    cli_begin(cli, true, columns);
    for (size_t i = 0; i < n; i++) {
        const struct happening *h = &all[i];
        cli_row(cli, (struct str[]){cli_time(cli, h->at), h->what, h->tier, h->kind, h->number,
                                    h->money.cur[0] == '\0' ? STR_NULL : money_format(cli->cx->arena, h->money),
                                    cli_time(cli, h->until), h->words, h->by_name,
                                    h->grant_id == DB_NULL ? STR_NULL : cli_id(cli, h->grant_id)});
    }
    cli_end(cli);
    return OK;
}

static enum err cmd_member_note(struct cli *cli)
{
    struct planet p;
    struct account a;
    TRY(cli_planet(cli, &p));
    TRY(cli_account(cli, &a));
    return member_note_put(cli->cx, p.id, a.id, cli_get(cli, "text"));
}

static enum err cmd_member_unflag(struct cli *cli)
{
    struct planet p;
    struct account a;
    TRY(cli_planet(cli, &p));
    TRY(cli_account(cli, &a));
    return member_flag_clear(cli->cx, p.id, a.id);
}

static enum err day_of(struct cli *cli, const char *option, int64_t *ret)
{
    int64_t begins;
    *ret = DB_NULL;
    if (!cli_has(cli, option))
        return OK;
    if (!zone_parse_day(i18n_zone(cli->cx), cli_get(cli, option), &begins, ret))
        return cx_tell(cli->cx, ERR_INVALID, N_("The last day is a date like 2027-12-31."));
    return OK;
}

static enum err cmd_member_until(struct cli *cli)
{
    int64_t grant, end;
    struct str reason = cli_has(cli, "reason") ? cli_get(cli, "reason") : STR("by the owner");
    TRY(cli_i64(cli, "grant", 0, &grant));
    TRY(day_of(cli, "until", &end));
    return membership_set_end(cli->cx, grant, end, reason);
}

/* ---- free or paid ---- */

static enum err tier_of(struct cli *cli, struct tier *ret)
{
    struct planet p;
    TRY(cli_planet(cli, &p));
    enum err e = tier_by_slug(cli->cx, p.id, cli_get(cli, "tier"), ret);
    return e == ERR_NOT_FOUND ? cx_tell(cli->cx, ERR_INVALID, N_("This planet has no such tier. 'tier list' names them.")) : e;
}

static enum err ask_of(struct cli *cli, const struct tier *t, struct paywall_ask *ret)
{
    struct cx *cx = cli->cx;
    struct str to = cli_get(cli, "to");
    struct paywall_ask a = {.tier_id = t->id, .to_free = str_eq_c(to, "free"), .unit = STR("year")};
    if (!a.to_free && !str_eq_c(to, "paid"))
        return cx_tell(cx, ERR_INVALID, N_("--to is free or paid."));
    TRY(day_of(cli, "until", &a.until_at));
    if (cli_has(cli, "keep") && !paywall_choice_parse(cli_get(cli, "keep"), &a.choice))
        return cx_tell(cx, ERR_INVALID, N_("Choose what those who are in keep."));
    if (cli_has(cli, "price"))
        TRY(money_parse(cx, cli_get(cli, "price"), &a.price));
    if (cli_has(cli, "unit"))
        a.unit = cli_get(cli, "unit");
    TRY(cli_i64(cli, "count", 1, &a.count));
    *ret = a;
    return OK;
}

static enum err cmd_tier_switch(struct cli *cli)
{
    static const char *const columns[] = {"tier", "to", "members", "free", "paying", "renewing", "prices", "posts_locked",
                                          "posts_public", "switch", "carried", NULL};
    struct cx *cx = cli->cx;
    struct paywall_preview v;
    struct paywall_ask ask;
    struct tier t;
    struct str id_text = STR_NULL, carried = STR_NULL;
    int64_t id, n = 0;
    bool more = true;
    TRY(tier_of(cli, &t));
    TRY(ask_of(cli, &t, &ask));
    TRY(paywall_preview(cx, &ask, &v));
    if (!cli_has(cli, "preview")) {
        TRY(paywall_switch(cx, &ask, &id));
        while (more) { /* a serving node's job may do some of it */
            TRY(paywall_step(cx, id, &more));
            n++;
        }
        id_text = cli_id(cli, id);
        carried = str_c("yes");
    }
    cli_begin(cli, false, columns);
    cli_row(cli, (struct str[]){t.slug, str_c(ask.to_free ? "free" : "paid"), cli_id(cli, v.n_members),
                                cli_id(cli, v.n_free), cli_id(cli, v.n_paying), cli_id(cli, v.n_renewing),
                                cli_id(cli, v.n_prices), cli_id(cli, v.n_posts_locked), cli_id(cli, v.n_posts_public),
                                id_text, carried});
    cli_end(cli);
    return OK;
}

static enum err cmd_tier_rests(struct cli *cli)
{
    static const char *const columns[] = {"order", "member", "amount", "until", "under_way", NULL};
    struct cx *cx = cli->cx;
    struct paywall_rest *all;
    struct tier t;
    size_t n;
    TRY(tier_of(cli, &t));
    TRY(paywall_rests(cx, t.id, &all, &n));
    cli_begin(cli, true, columns);
    for (size_t i = 0; i < n; i++) {
        struct refund r;
        const struct refund_give g = {.number = all[i].number, .amount = all[i].amount.minor, .keeps = true};
        if (cli_has(cli, "give-back") && !all[i].under_way)
            TRY(refund_give(cx, &g, &r));
        cli_row(cli, (struct str[]){all[i].number, all[i].name, money_format(cx->arena, all[i].amount),
                                    cli_time(cli, all[i].ends_at),
                                    str_c(all[i].under_way || cli_has(cli, "give-back") ? "yes" : "no")});
    }
    cli_end(cli);
    return OK;
}

static const struct cli_option who_options[] = {CLI_PLANET_OPTION, CLI_ACCOUNT_OPTION, {0}};
static const struct cli_option note_options[] = {
    CLI_PLANET_OPTION, CLI_ACCOUNT_OPTION, {"text", "TEXT", true, "for those who look after the planet"}, {0}};
static const struct cli_option until_options[] = {
    {"grant", "ID", true, "which membership, as 'member history' names it"},
    {"until", "DATE", false, "the last day, as 2027-12-31; without: for ever"},
    {"reason", "TEXT", false, "why, for the record"}, {0}};
static const struct cli_option switch_options[] = {
    CLI_PLANET_OPTION, {"tier", "SLUG", true, "which tier"}, {"to", "WHICH", true, "free or paid"},
    {"keep", "WHAT", false, "to paid: what those keep who are in: forever (default), until, posts"},
    {"until", "DATE", false, "with --keep until: the last day, at least thirty days from now"},
    {"price", "MONEY", false, "to paid: a price to begin with, as \"CNY:99\""},
    {"unit", "UNIT", false, "its term: day, month, year (default) or once"},
    {"count", "N", false, "how many of them (1)"},
    {"preview", NULL, false, "only say what it would do to whom"}, {0}};
static const struct cli_option rests_options[] = {
    CLI_PLANET_OPTION, {"tier", "SLUG", true, "a tier that has become free"},
    {"give-back", NULL, false, "give these amounts back"}, {0}};

const struct cli_verb cli_member_verbs[] = {
    {"member history", cmd_member_history, true, "everything that was paid, given and changed, and why", who_options},
    {"member note", cmd_member_note, true, "keep a note about a member", note_options},
    {"member until", cmd_member_until, true, "let a membership end on another day", until_options},
    {"member unflag", cmd_member_unflag, true, "take away the mark of a payment that was charged back", who_options},
    {"tier switch", cmd_tier_switch, true, "from free to paid, or back", switch_options},
    {"tier rests", cmd_tier_rests, true, "what is left of paid terms, after a tier became free", rests_options},
    {0},
};
