/* ledger, tray: the books, read, taken along, verified and rebuilt; money that fits no order. */
#include "admin/cli/cli.h"
#include "node/base/clock.h"
#include "node/base/i18n.h"
#include "node/db/db.h"
#include "node/money/ledger.h"
#include "node/money/money.h"
#include "node/money/order.h"
#include "node/money/rail_call.h"
#include "node/money/reconcile.h"
#include "node/money/tray.h"
#include "node/people/account.h"
#include "node/planet/planet.h"

#include <stdio.h>

enum { LIST_MAX = 1000, LIST_USUAL = 50 };

/* The planet that was named, or all. */
static enum err planets_of(struct cli *cli, struct planet **ret, size_t *ret_n)
{
    if (!cli_has(cli, "planet"))
        return planet_list(cli->cx, ret, ret_n);
    *ret = ARENA_NEW(cli->cx->arena, struct planet);
    *ret_n = 1;
    return cli_planet(cli, *ret);
}

static enum err cmd_verify(struct cli *cli)
{
    static const char *const columns[] = {"planet", "transactions", "entries", "sound", "head", "what", "memberships",
                                          NULL};
    struct planet *planets;
    size_t n;
    bool sound = true;
    TRY(planets_of(cli, &planets, &n));
    cli_begin(cli, true, columns);
    for (size_t i = 0; i < n; i++) {
        struct ledger_check c;
        struct ledger_grants g;
        TRY(ledger_verify(cli->cx, planets[i].id, &c));
        TRY(ledger_grants(cli->cx, planets[i].id, false, &g));
        int64_t off = g.n_wrong + g.n_missing + g.n_strange + g.n_sums;
        cli_row(cli, (struct str[]){planets[i].handle, cli_id(cli, c.n_txns), cli_id(cli, c.n_entries),
                                    str_c(c.ok ? "yes" : "no"), c.head, str_c(c.what),
                                    off == 0 ? STR("as written") : str_fmt(cli->cx->arena, "%lld differ", (long long)off)});
        sound = sound && c.ok;
        cli->failed = cli->failed || off != 0;
    }
    cli_end(cli);
    if (!sound)
        return cx_tell(cli->cx, ERR_CONFLICT,
                       N_("The ledger was changed after it was written. Restore it from a backup."));
    return OK;
}

static enum err cmd_rebuild(struct cli *cli)
{
    static const char *const columns[] = {"planet", "grants", "changes", "mended", "made_again", "strange", "older", "sums",
                                          NULL};
    struct planet *planets;
    size_t n;
    TRY(planets_of(cli, &planets, &n));
    cli_begin(cli, true, columns);
    for (size_t i = 0; i < n; i++) {
        struct ledger_grants g;
        struct ledger_check c;
        TRY(ledger_verify(cli->cx, planets[i].id, &c));
        if (!c.ok)
            return cx_tell(cli->cx, ERR_CONFLICT,
                           N_("The ledger was changed after it was written. Restore it from a backup."));
        TRY(ledger_grants(cli->cx, planets[i].id, true, &g));
        cli_row(cli, (struct str[]){planets[i].handle, cli_id(cli, g.n_grants), cli_id(cli, g.n_changes),
                                    cli_id(cli, g.n_wrong), cli_id(cli, g.n_missing), cli_id(cli, g.n_strange),
                                    cli_id(cli, g.n_older), cli_id(cli, g.n_sums)});
    }
    cli_end(cli);
    return OK;
}

/* ---- reading ---- */

static enum err day(struct cli *cli, const char *name, int64_t *ret_from, int64_t *ret_to)
{
    struct str s = cli_get(cli, name);
    if (s.n == 0)
        return OK;
    if (!zone_parse_day(i18n_zone(cli->cx), s, ret_from, ret_to))
        return cx_tell(cli->cx, ERR_INVALID, N_("Write days like 2026-11-20."));
    return OK;
}

static enum err read_filter(struct cli *cli, const struct planet *p, struct ledger_filter *f)
{
    struct order o;
    int64_t other;
    *f = LEDGER_ALL;
    f->kind = cli_get(cli, "kind");
    f->account = cli_get(cli, "ledger-account");
    TRY(day(cli, "from", &f->from, &other));
    TRY(day(cli, "to", &other, &f->to)); /* the last day is meant, too */
    if (!cli_has(cli, "order"))
        return OK;
    if (order_by_number(cli->cx, cli_get(cli, "order"), &o) != OK || o.planet_id != p->id)
        return cx_tell(cli->cx, ERR_NOT_FOUND, N_("There is no order with this number."));
    f->order_id = o.id;
    return OK;
}

static struct str entries_text(struct cli *cli, const struct txn *t)
{
    struct buf b;
    buf_init_arena(&b, cli->cx->arena, 1 << 16);
    for (size_t i = 0; i < t->n_entries; i++) {
        struct money m = money_of(t->entries[i].amount, str_c(t->entries[i].cur));
        buf_fmt(&b, "%s" STR_FMT " " STR_FMT, i > 0 ? ", " : "", STR_ARG(t->entries[i].account),
                STR_ARG(money_format(cli->cx->arena, m)));
    }
    return buf_str(&b);
}

static enum err cmd_list(struct cli *cli)
{
    static const char *const columns[] = {"number", "at", "kind", "entries", "memo", "order_id", "transaction", "before",
                                          NULL};
    struct planet p;
    struct ledger_filter f;
    struct ledger_place before = {0, 0};
    struct str place = cli_get(cli, "before");
    size_t dash = str_find_char(place, '-', 0), n;
    struct txn *list;
    int64_t limit;
    TRY(cli_planet(cli, &p));
    TRY(read_filter(cli, &p, &f));
    TRY(cli_i64(cli, "limit", LIST_USUAL, &limit));
    if (limit < 1 || limit > LIST_MAX)
        return cx_tell(cli->cx, ERR_INVALID, N_("--limit is 1 to 1000."));
    if (place.n > 0 && (dash == SIZE_MAX || !str_to_i64(str_sub(place, 0, dash), &before.at) ||
                        !str_to_i64(str_sub(place, dash + 1, place.n), &before.seq)))
        return cx_tell(cli->cx, ERR_INVALID, N_("--before is what the last line of the list before says."));
    TRY(ledger_page(cli->cx, p.id, &f, &before, (int)limit, &list, &n));
    cli_begin(cli, true, columns);
    for (size_t i = 0; i < n; i++)
        cli_row(cli, (struct str[]){cli_id(cli, list[i].seq), cli_time(cli, list[i].at), list[i].kind,
                                    entries_text(cli, &list[i]), list[i].memo,
                                    list[i].order_id == DB_NULL ? STR_NULL : cli_id(cli, list[i].order_id),
                                    cli_id(cli, list[i].id),
                                    str_fmt(cli->cx->arena, "%lld-%lld", (long long)list[i].at, (long long)list[i].seq)});
    cli_end(cli);
    return OK;
}

static enum err cmd_accounts(struct cli *cli)
{
    static const char *const columns[] = {"account", "currency", "amount", NULL};
    struct planet p;
    struct ledger_balance *b;
    size_t n;
    TRY(cli_planet(cli, &p));
    TRY(ledger_accounts(cli->cx, p.id, &b, &n));
    cli_begin(cli, true, columns);
    for (size_t i = 0; i < n; i++)
        cli_row(cli, (struct str[]){b[i].account, b[i].currency,
                                    money_decimal(cli->cx->arena, money_of(b[i].amount, b[i].currency))});
    cli_end(cli);
    return OK;
}

static enum err to_stdout(void *arg, struct str bytes)
{
    (void)arg;
    return fwrite(bytes.p, 1, bytes.n, stdout) == bytes.n ? OK : ERR_STORAGE;
}

static enum err cmd_export(struct cli *cli)
{
    struct planet p;
    struct ledger_filter f;
    struct str format = cli_get(cli, "format");
    bool csv = str_eq_c(format, "csv");
    TRY(cli_planet(cli, &p));
    TRY(read_filter(cli, &p, &f));
    if (format.n > 0 && !csv && !str_eq_c(format, "jsonl"))
        return cx_tell(cli->cx, ERR_INVALID, N_("--format is csv or jsonl."));
    return ledger_export(cli->cx, p.id, &f, csv ? LEDGER_CSV : LEDGER_LINES, to_stdout, NULL);
}

/* ---- the tray ---- */

static enum err cmd_tray_list(struct cli *cli)
{
    static const char *const columns[] = {"id", "state", "money", "reason", "rail", "order", "ref", "at", "note", NULL};
    struct planet p;
    struct unmatched *all;
    size_t n;
    TRY(cli_planet(cli, &p));
    TRY(cli_has(cli, "decided") ? unmatched_decided(cli->cx, p.id, LIST_MAX, &all, &n)
                                : unmatched_list(cli->cx, p.id, 0, LIST_MAX, &all, &n));
    cli_begin(cli, true, columns);
    for (size_t i = 0; i < n; i++)
        cli_row(cli, (struct str[]){cli_id(cli, all[i].id), all[i].state, money_format(cli->cx->arena, all[i].amount),
                                    all[i].reason, all[i].rail, all[i].order_number, all[i].rail_ref,
                                    cli_time(cli, all[i].created_at), all[i].note});
    cli_end(cli);
    return OK;
}

/* The item of --id and its planet; prints what became of it. */
static enum err the_item(struct cli *cli, struct planet *p, int64_t *ret_id)
{
    TRY(cli_planet(cli, p));
    TRY(cli_i64(cli, "id", 0, ret_id));
    return OK;
}

static enum err became(struct cli *cli, const struct planet *p, int64_t id)
{
    static const char *const columns[] = {"id", "state", "note", NULL};
    struct unmatched u;
    TRY(unmatched_by_id(cli->cx, p->id, id, &u));
    cli_begin(cli, false, columns);
    cli_row(cli, (struct str[]){cli_id(cli, u.id), u.state, u.note});
    cli_end(cli);
    return OK;
}

static enum err cmd_tray_assign(struct cli *cli)
{
    static const char *const columns[] = {"order", "state", NULL};
    struct planet p;
    struct tray_assign to = {.account_id = DB_NULL, .tier_id = DB_NULL, .unit = cli_get(cli, "unit")};
    struct account a;
    struct tier t;
    struct order o;
    int64_t id;
    TRY(the_item(cli, &p, &id));
    if (cli_has(cli, "account")) {
        TRY(cli_account(cli, &a));
        to.account_id = a.id;
    }
    if (cli_has(cli, "tier")) {
        TRY(tier_by_slug(cli->cx, p.id, cli_get(cli, "tier"), &t));
        to.tier_id = t.id;
        to.unit = to.unit.n == 0 ? STR("year") : to.unit;
        TRY(cli_i64(cli, "count", 1, &to.count));
    }
    TRY(tray_assign(cli->cx, p.id, id, &to, &o));
    cli_begin(cli, false, columns);
    cli_row(cli, (struct str[]){o.number, o.state});
    cli_end(cli);
    return OK;
}

static enum err cmd_tray_refund(struct cli *cli)
{
    struct planet p;
    int64_t id, call_id;
    TRY(the_item(cli, &p, &id));
    TRY(tray_refund(cli->cx, p.id, id, &call_id));
    TRY(rail_call_make(cli->cx, call_id));
    return became(cli, &p, id);
}

static enum err cmd_tray_keep(struct cli *cli)
{
    struct planet p;
    int64_t id;
    TRY(the_item(cli, &p, &id));
    TRY(tray_keep(cli->cx, p.id, id));
    return became(cli, &p, id);
}

static enum err cmd_tray_settle(struct cli *cli)
{
    struct planet p;
    int64_t id;
    TRY(the_item(cli, &p, &id));
    TRY(unmatched_settle(cli->cx, p.id, id));
    return became(cli, &p, id);
}

/* ---- reconciliation ---- */

static enum err cmd_recon_list(struct cli *cli)
{
    static const char *const columns[] = {"id", "rail", "what", "kind", "order", "theirs", "ours", "at", NULL};
    struct planet p;
    struct recon_diff *all;
    size_t n;
    TRY(cli_planet(cli, &p));
    TRY(recon_diffs(cli->cx, p.id, &all, &n));
    cli_begin(cli, true, columns);
    for (size_t i = 0; i < n; i++)
        cli_row(cli, (struct str[]){cli_id(cli, all[i].id), all[i].rail, all[i].what, all[i].kind, all[i].ref,
                                    money_format(cli->cx->arena, all[i].theirs),
                                    money_format(cli->cx->arena, all[i].ours), cli_time(cli, all[i].at)});
    cli_end(cli);
    return OK;
}

static enum err cmd_recon_run(struct cli *cli)
{
    struct planet p;
    int64_t days;
    TRY(cli_planet(cli, &p));
    TRY(cli_i64(cli, "days", 30, &days));
    if (days < 1 || days > 90)
        return cx_tell(cli->cx, ERR_INVALID, N_("--days is 1 to 90."));
    TRY(recon_now(cli->cx, p.id, cli_get(cli, "rail"), (int)days));
    return cmd_recon_list(cli);
}

static enum err cmd_recon_close(struct cli *cli)
{
    struct planet p;
    int64_t id;
    TRY(cli_planet(cli, &p));
    TRY(cli_i64(cli, "id", 0, &id));
    TRY(recon_close(cli->cx, p.id, id));
    return cmd_recon_list(cli);
}

#define ITEM_OPTIONS CLI_PLANET_OPTION, {"id", "ID", true, "the payment; 'tray list' names them"}

#define FILTER_OPTIONS \
    {"kind", "KIND", false, "payment, refund, dispute, fee, grant …"}, \
    {"ledger-account", "NAME", false, "an account of the books, such as clearing:stripe"}, \
    {"from", "DAY", false, "first day, such as 2026-11-01"}, \
    {"to", "DAY", false, "last day"}, \
    {"order", "NUMBER", false, "one order"}

static const struct cli_option planets_options[] = {{"planet", "HANDLE", false, "one planet; else all"}, {0}};
static const struct cli_option planet_options[] = {CLI_PLANET_OPTION, {0}};
static const struct cli_option list_options[] = {
    CLI_PLANET_OPTION, FILTER_OPTIONS, {"limit", "N", false, "how many, 50"},
    {"before", "PLACE", false, "go on behind this line of the list before"}, {0}};
static const struct cli_option export_options[] = {
    CLI_PLANET_OPTION, FILTER_OPTIONS, {"format", "FORMAT", false, "csv or jsonl (the usual, with hashes)"}, {0}};

static const struct cli_option tray_options[] = {CLI_PLANET_OPTION, {"decided", NULL, false, "those that were decided"}, {0}};
static const struct cli_option recon_options[] = {
    CLI_PLANET_OPTION, {"rail", "RAIL", true, "the provider; 'rail list' names them"},
    {"days", "N", false, "how far back, 30"}, {0}};
static const struct cli_option diff_options[] = {
    CLI_PLANET_OPTION, {"id", "ID", true, "the difference; 'reconcile list' names them"}, {0}};
static const struct cli_option item_options[] = {ITEM_OPTIONS, {0}};
static const struct cli_option assign_options[] = {
    ITEM_OPTIONS,
    {"account", "MAIL", false, "who it is from; else the buyer of the order that it names"},
    {"tier", "SLUG", false, "what it gives; else what that order would have given"},
    {"unit", "UNIT", false, "day, month, year (the usual) or once"},
    {"count", "N", false, "how many of them, 1"}, {0}};

const struct cli_verb cli_books_verbs[] = {
    {"ledger list", cmd_list, true, "what stands in a planet's books, newest first", list_options},
    {"ledger accounts", cmd_accounts, true, "what lies on each account of the books", planet_options},
    {"ledger export", cmd_export, true, "a planet's books, oldest first, to the standard output", export_options},
    {"ledger verify", cmd_verify, true, "walk each planet's chain of hashes, and compare memberships with it",
     planets_options},
    {"ledger rebuild", cmd_rebuild, true, "make memberships and sums again from what the ledger says", planets_options},
    {"reconcile run", cmd_recon_run, true, "compare a provider's report with the books now", recon_options},
    {"reconcile list", cmd_recon_list, true, "what differs", planet_options},
    {"reconcile close", cmd_recon_close, true, "you know why it differs", diff_options},
    {"tray list", cmd_tray_list, true, "payments that fit no order", tray_options},
    {"tray assign", cmd_tray_assign, true, "give a membership for one", assign_options},
    {"tray refund", cmd_tray_refund, true, "give one back through its provider", item_options},
    {"tray keep", cmd_tray_keep, true, "keep one as a tip", item_options},
    {"tray settle", cmd_tray_settle, true, "one was dealt with by hand", item_options},
    {0},
};
