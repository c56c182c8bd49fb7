/* member life, cancel …; price …; planet renewing: how memberships go on, and what a change of price does. */
#include "admin/cli/cli.h"
#include "node/base/clock.h"
#include "node/db/db.h"
#include "node/money/life.h"
#include "node/money/money.h"
#include "node/money/order.h"
#include "node/money/price_move.h"
#include "node/money/rail_call.h"
#include "node/money/upgrade.h"
#include "node/people/account.h"
#include "node/planet/planet.h"

static struct str money_text(struct cli *cli, const struct price *p)
{
    return money_format(cli->cx->arena, p->money);
}

/* ---- a member ---- */

static enum err show(struct cli *cli, int64_t planet_id, int64_t account_id)
{
    static const char *const columns[] = {"face", "tier", "kind", "since", "until", "renews", "rail", "next_price", "next_money",
                                          "moves_at", "moves_to", NULL};
    struct life l;
    TRY(life_of(cli->cx, planet_id, account_id, &l));
    cli_begin(cli, false, columns);
    cli_row(cli, (struct str[]){
                     str_c(life_word(l.face)), l.face == LIFE_NEVER ? STR_NULL : l.m.tier_name,
                     l.face == LIFE_NEVER ? STR_NULL : l.m.kind,
                     l.face == LIFE_NEVER ? STR_NULL : cli_time(cli, l.m.starts_at), cli_time(cli, l.until),
                     l.renews ? STR("yes") : STR("no"), l.has_sub ? l.sub.rail : STR_NULL,
                     l.has_next ? cli_id(cli, l.next.id) : STR_NULL, l.has_next ? money_text(cli, &l.next) : STR_NULL,
                     l.moving ? cli_time(cli, l.moves_at) : STR_NULL,
                     l.moving ? money_text(cli, &l.moves_to) : STR_NULL});
    cli_end(cli);
    return OK;
}

static enum err whose(struct cli *cli, struct planet *p, struct account *a)
{
    TRY(cli_planet(cli, p));
    return cli_account(cli, a);
}

static enum err cmd_life(struct cli *cli)
{
    struct planet p;
    struct account a;
    TRY(whose(cli, &p, &a));
    return show(cli, p.id, a.id);
}

/* On behalf of the member, at their word: the program itself does it. */
static enum err act(struct cli *cli, enum err (*verb)(struct cx *, int64_t, int64_t, int64_t *))
{
    struct planet p;
    struct account a;
    int64_t call;
    TRY(whose(cli, &p, &a));
    TRY(planet_may_own(cli->cx, p.id));
    cli->cx->viewer = 0;
    TRY(verb(cli->cx, p.id, a.id, &call));
    if (call != DB_NULL)
        TRY(rail_call_make(cli->cx, call));
    return show(cli, p.id, a.id);
}

static enum err cmd_cancel(struct cli *cli)
{
    return act(cli, life_cancel);
}

static enum err cmd_resume(struct cli *cli)
{
    return act(cli, life_resume);
}

static enum err cmd_upgrade_quote(struct cli *cli)
{
    static const char *const columns[] = {"tier", "list", "unused", "to_pay", "extra_days", "until", NULL};
    struct cx *cx = cli->cx;
    struct planet p;
    struct account a;
    struct upgrade u;
    int64_t id;
    TRY(whose(cli, &p, &a));
    TRY(cli_i64(cli, "price", 0, &id));
    TRY(upgrade_of(cx, a.id, id, &u));
    int64_t due = u.price.money.minor - u.unused;
    struct price unused = u.price, to_pay = u.price;
    unused.money.minor = u.unused;
    to_pay.money.minor = due < 0 ? 0 : due;
    cli_begin(cli, false, columns);
    cli_row(cli, (struct str[]){u.tier.name, money_text(cli, &u.price), money_text(cli, &unused), money_text(cli, &to_pay),
                                cli_id(cli, u.extra_ms / MS_DAY), cli_time(cli, u.ends_at)});
    cli_end(cli);
    return OK;
}

static enum err cmd_downgrade(struct cli *cli)
{
    struct planet p;
    struct account a;
    int64_t id, call;
    TRY(whose(cli, &p, &a));
    TRY(cli_i64(cli, "price", 0, &id));
    TRY(planet_may_own(cli->cx, p.id));
    cli->cx->viewer = 0;
    TRY(downgrade_plan(cli->cx, p.id, a.id, id, &call));
    if (call != DB_NULL)
        TRY(rail_call_make(cli->cx, call));
    return show(cli, p.id, a.id);
}

/* ---- prices ---- */

static void price_row(struct cli *cli, const struct price *p, struct str tier, const char *offered)
{
    cli_row(cli, (struct str[]){cli_id(cli, p->id), tier, money_text(cli, p), p->unit, cli_id(cli, p->count),
                                cli_id(cli, p->trial_days), str_c(offered)});
}

/* What is offered, and behind it what is not and still somebody's. */
static enum err cmd_prices(struct cli *cli)
{
    static const char *const columns[] = {"id", "tier", "price", "unit", "count", "trial_days", "offered", NULL};
    struct planet p;
    struct tier *tiers, t;
    struct price *old;
    size_t n, n_old;
    TRY(cli_planet(cli, &p));
    TRY(tier_list(cli->cx, p.id, &tiers, &n));
    TRY(price_old_list(cli->cx, p.id, &old, &n_old));
    cli_begin(cli, true, columns);
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < tiers[i].n_prices; k++)
            price_row(cli, &tiers[i].prices[k], tiers[i].slug, "yes");
    for (size_t i = 0; i < n_old; i++) {
        TRY(tier_by_id(cli->cx, old[i].tier_id, &t));
        price_row(cli, &old[i], t.slug, "no");
    }
    cli_end(cli);
    return OK;
}

static enum err cmd_payers(struct cli *cli)
{
    static const char *const columns[] = {"members", "renewing", "cancelled", "lapsed", "moves", "asks", "ends", NULL};
    struct price_payers r;
    int64_t id, to;
    TRY(cli_i64(cli, "price", 0, &id));
    TRY(cli_i64(cli, "to", 0, &to));
    TRY(price_payers(cli->cx, id, to, &r));
    cli_begin(cli, false, columns);
    cli_row(cli, (struct str[]){cli_id(cli, r.n), cli_id(cli, r.n_renewing), cli_id(cli, r.n_cancelled),
                                cli_id(cli, r.n_lapsed), cli_id(cli, r.n_moves), cli_id(cli, r.n_asks), cli_id(cli, r.n_ends)});
    cli_end(cli);
    return OK;
}

static enum err cmd_change(struct cli *cli)
{
    static const char *const columns[] = {"id", NULL};
    struct price fresh;
    struct money m;
    int64_t id;
    TRY(cli_i64(cli, "price", 0, &id));
    TRY(money_parse(cli->cx, cli_get(cli, "to"), &m));
    TRY(price_change(cli->cx, id, m, &fresh));
    cli_begin(cli, false, columns);
    cli_row(cli, (struct str[]){cli_id(cli, fresh.id)});
    cli_end(cli);
    return OK;
}

static enum err cmd_retire(struct cli *cli)
{
    int64_t id;
    TRY(cli_i64(cli, "price", 0, &id));
    return price_retire(cli->cx, id);
}

static const char *const move_columns[] = {"id", "from", "from_money", "to", "to_money", "effective_at", "stopped_at", NULL};

static void move_row(struct cli *cli, const struct price_move *m)
{
    cli_row(cli, (struct str[]){cli_id(cli, m->id), cli_id(cli, m->from.id), money_text(cli, &m->from), cli_id(cli, m->to.id),
                                money_text(cli, &m->to), cli_time(cli, m->effective_at), cli_time(cli, m->stopped_at)});
}

static enum err cmd_move(struct cli *cli)
{
    struct price_move m;
    int64_t from, to, days;
    TRY(cli_i64(cli, "price", 0, &from));
    TRY(cli_i64(cli, "to", 0, &to));
    TRY(cli_i64(cli, "days", NOTICE_DAYS, &days));
    TRY(price_move_plan(cli->cx, from, to, cli->cx->now + days * MS_DAY, &m));
    cli_begin(cli, false, move_columns);
    move_row(cli, &m);
    cli_end(cli);
    return OK;
}

static enum err cmd_moves(struct cli *cli)
{
    struct planet p;
    struct price_move *list;
    size_t n;
    TRY(cli_planet(cli, &p));
    TRY(price_move_list(cli->cx, p.id, &list, &n));
    cli_begin(cli, true, move_columns);
    for (size_t i = 0; i < n; i++)
        move_row(cli, &list[i]);
    cli_end(cli);
    return OK;
}

static enum err cmd_stop(struct cli *cli)
{
    int64_t id;
    TRY(cli_i64(cli, "id", 0, &id));
    return price_move_stop(cli->cx, id);
}

/* ---- the planet ---- */

static enum err cmd_renewing(struct cli *cli)
{
    static const char *const columns[] = {"grace_days", NULL};
    struct planet p;
    struct renewing r;
    TRY(cli_planet(cli, &p));
    TRY(renewing_of(cli->cx, p.id, &r));
    TRY(cli_i64(cli, "grace-days", r.grace_days, &r.grace_days));
    if (cli_has(cli, "grace-days"))
        TRY(renewing_set(cli->cx, p.id, &r));
    cli_begin(cli, false, columns);
    cli_row(cli, (struct str[]){cli_id(cli, r.grace_days)});
    cli_end(cli);
    return OK;
}

static const struct cli_option member_options[] = {CLI_PLANET_OPTION, CLI_ACCOUNT_OPTION, {0}};
static const struct cli_option up_options[] = {
    CLI_PLANET_OPTION, CLI_ACCOUNT_OPTION, {"price", "ID", true, "a price of the higher tier"}, {0}};
static const struct cli_option down_options[] = {
    CLI_PLANET_OPTION, CLI_ACCOUNT_OPTION, {"price", "ID", false, "a price of the lower tier; left out: as it is after all"}, {0}};
static const struct cli_option price_options[] = {{"price", "ID", true, "which price; 'price list' names them"}, {0}};
static const struct cli_option payers_options[] = {
    {"price", "ID", true, "which price; 'price list' names them"},
    {"to", "ID", false, "as if they were moved to this one (to one of the same term)"},
    {0},
};
static const struct cli_option change_options[] = {
    {"price", "ID", true, "which price; 'price list' names them"}, {"to", "MONEY", true, "the new amount: CNY:40"}, {0}};
static const struct cli_option move_options[] = {
    {"price", "ID", true, "the price that they pay"},
    {"to", "ID", true, "the price that they shall pay"},
    {"days", "N", false, "from when on: in so many days (30, the least)"},
    {0},
};
static const struct cli_option planet_options[] = {CLI_PLANET_OPTION, {0}};
static const struct cli_option stop_options[] = {{"id", "ID", true, "which change; 'price moves' names them"}, {0}};
static const struct cli_option renewing_options[] = {
    CLI_PLANET_OPTION,
    {"grace-days", "N", false, "0 to 30: access after a renewal that failed"},
    {0},
};

const struct cli_verb cli_life_verbs[] = {
    {"member life", cmd_life, true, "what a member has, until when, what happens next", member_options},
    {"member cancel", cmd_cancel, true, "no further term, at the member's word", member_options},
    {"member resume", cmd_resume, true, "go on after all", member_options},
    {"member upgrade", cmd_upgrade_quote, true, "what a higher tier would cost a member now", up_options},
    {"member downgrade", cmd_downgrade, true, "a lower tier from the next term on", down_options},
    {"price list", cmd_prices, true, "prices and their ids, old ones that are still paid too", planet_options},
    {"price payers", cmd_payers, true, "how many members pay a price, and what a move would do", payers_options},
    {"price change", cmd_change, true, "a new price in its place; who pays the old one keeps it", change_options},
    {"price retire", cmd_retire, true, "offer a price no more", price_options},
    {"price move", cmd_move, true, "move who pays a price to another, with notice by letter", move_options},
    {"price moves", cmd_moves, true, "the changes that were announced", planet_options},
    {"price stop", cmd_stop, true, "stop one that is not in force", stop_options},
    {"planet renewing", cmd_renewing, true, "days of grace; without an option: show them", renewing_options},
    {0},
};
