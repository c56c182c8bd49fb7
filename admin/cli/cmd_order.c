/* order, refund: what was bought, and money back. */
#include "admin/cli/cli.h"
#include "node/db/db.h"
#include "node/money/money.h"
#include "node/money/rail_call.h"
#include "node/money/refund.h"
#include "node/planet/planet.h"

enum { PAGE = 200 };

static const char *const refund_columns[] = {"id",     "order", "member", "kind", "state", "amount",
                                             "by_hand", "asked", "said",   "why",  "created", "ended", NULL};

static void refund_row_out(struct cli *cli, const struct refund *r)
{
    cli_row(cli, (struct str[]){cli_id(cli, r->id), r->number, r->username, r->kind, r->state,
                                money_format(cli->cx->arena, r->amount), str_c(r->by_hand ? "yes" : "no"), r->asked, r->said,
                                r->why, cli_time(cli, r->created_at), cli_time(cli, r->ended_at)});
}

/* The call is written down; it is made at once, else by a serving node's job. */
static enum err made(struct cli *cli, struct refund *r)
{
    struct cx *cx = cli->cx;
    if (r->call_id != DB_NULL && str_eq_c(r->state, "sent")) {
        enum err e = rail_call_make(cx, r->call_id);
        if (e == ERR_INTERNAL || e == ERR_STORAGE)
            return e;
    }
    TRY(refund_by_id(cx, r->id, r));
    cli_begin(cli, false, refund_columns);
    refund_row_out(cli, r);
    cli_end(cli);
    return OK;
}

static enum err of_number(struct cli *cli, struct order *ret)
{
    enum err e = order_by_number(cli->cx, cli_get(cli, "number"), ret);
    return e == ERR_NOT_FOUND ? cx_tell(cli->cx, e, N_("There is no such order.")) : e;
}

static enum err amount_of(struct cli *cli, struct money total, int64_t *ret)
{
    struct money amount = {.minor = 0};
    if (cli_has(cli, "amount"))
        TRY(money_parse_fields(cli->cx, cli_get(cli, "amount"), str_c(total.cur), &amount));
    *ret = amount.minor;
    return OK;
}

static struct str words_of(struct cli *cli)
{
    return cli_has(cli, "words") ? cli_get(cli, "words") : STR("");
}

static enum err show_preview(struct cli *cli, struct str number, int64_t amount)
{
    static const char *const columns[] = {"order", "amount", "left", "fee", "by_rail", "ends_access", "stops_renewal", NULL};
    struct refund_preview p;
    struct arena *a = cli->cx->arena;
    TRY(refund_preview(cli->cx, number, amount, &p));
    cli_begin(cli, false, columns);
    cli_row(cli, (struct str[]){number, money_format(a, p.amount), money_format(a, p.left), money_format(a, p.fee),
                                str_c(p.by_rail ? "yes" : "no"), str_c(p.ends && p.whole ? "yes" : p.ends ? "unless --keep" : "no"),
                                str_c(p.renews ? "yes" : "no")});
    cli_end(cli);
    return OK;
}

static enum err cmd_order_refund(struct cli *cli)
{
    struct order o;
    struct refund r;
    int64_t amount;
    TRY(of_number(cli, &o));
    TRY(amount_of(cli, o.total, &amount));
    if (cli_has(cli, "preview"))
        return show_preview(cli, o.number, amount);
    const struct refund_give g = {.number = o.number, .amount = amount, .keeps = cli_has(cli, "keep"),
                                  .by_hand = cli_has(cli, "by-hand"), .words = words_of(cli)};
    TRY(refund_give(cli->cx, &g, &r));
    return made(cli, &r);
}

static enum err cmd_refund_list(struct cli *cli)
{
    struct planet p;
    struct refund *all;
    size_t n = PAGE;
    int64_t before = 0;
    bool whole = cli_has(cli, "all");
    TRY(cli_planet(cli, &p));
    cli_begin(cli, true, refund_columns);
    while (n == PAGE) {
        TRY(refund_list_of_planet(cli->cx, p.id, whole ? REFUND_ALL : REFUND_OPEN, before, PAGE, &all, &n));
        for (size_t i = 0; i < n; i++) {
            refund_row_out(cli, &all[i]);
            before = all[i].id;
        }
        if (!whole)
            break; /* those that are open are not paged */
    }
    cli_end(cli);
    return OK;
}

static enum err of_id(struct cli *cli, struct refund *ret)
{
    int64_t id;
    TRY(cli_i64(cli, "id", 0, &id));
    enum err e = refund_by_id(cli->cx, id, ret);
    return e == ERR_NOT_FOUND ? cx_tell(cli->cx, e, N_("There is no such refund.")) : e;
}

static enum err cmd_refund_approve(struct cli *cli)
{
    struct refund r;
    int64_t amount;
    TRY(of_id(cli, &r));
    TRY(amount_of(cli, r.amount, &amount));
    TRY(refund_approve(cli->cx, r.id, amount, cli_has(cli, "keep"), cli_has(cli, "by-hand"), words_of(cli), &r));
    return made(cli, &r);
}

static enum err show_again(struct cli *cli, int64_t id)
{
    struct refund r;
    TRY(refund_by_id(cli->cx, id, &r));
    cli_begin(cli, false, refund_columns);
    refund_row_out(cli, &r);
    cli_end(cli);
    return OK;
}

static enum err cmd_refund_decline(struct cli *cli)
{
    struct refund r;
    TRY(of_id(cli, &r));
    TRY(refund_decline(cli->cx, r.id, words_of(cli)));
    return show_again(cli, r.id);
}

static enum err cmd_refund_paid(struct cli *cli)
{
    struct refund r;
    TRY(of_id(cli, &r));
    TRY(refund_by_hand(cli->cx, r.id, words_of(cli)));
    return show_again(cli, r.id);
}

static enum err cmd_refund_retry(struct cli *cli)
{
    struct refund r;
    TRY(of_id(cli, &r));
    TRY(refund_retry(cli->cx, r.id, &r));
    return made(cli, &r);
}

static enum err cmd_refund_give_up(struct cli *cli)
{
    struct refund r;
    TRY(of_id(cli, &r));
    TRY(refund_give_up(cli->cx, r.id, words_of(cli)));
    return show_again(cli, r.id);
}

static enum err cmd_refund_rule(struct cli *cli)
{
    static const char *const columns[] = {"planet", "post_hours", NULL};
    struct planet p;
    struct refund_rule rule;
    TRY(cli_planet(cli, &p));
    TRY(refund_rule_of(cli->cx, p.id, &rule));
    if (cli_has(cli, "post-hours")) {
        TRY(cli_i64(cli, "post-hours", 0, &rule.post_hours));
        TRY(refund_rule_set(cli->cx, p.id, &rule));
    }
    cli_begin(cli, false, columns);
    cli_row(cli, (struct str[]){p.handle, cli_id(cli, rule.post_hours)});
    cli_end(cli);
    return OK;
}

#define AMOUNT_OPTION {"amount", "AMOUNT", false, "a part of it, as \"40.00\"; else all that is left"}
#define KEEP_OPTION {"keep", NULL, false, "of a part: the membership or post stays"}
#define BY_HAND_OPTION {"by-hand", NULL, false, "it was paid outside already: only record it"}
#define WORDS_OPTION {"words", "TEXT", false, "for the member"}
#define ID_OPTION {"id", "ID", true, "the refund, as 'refund list' names it"}

static const struct cli_option refund_options[] = {
    {"number", "NUMBER", true, "the order"},
    AMOUNT_OPTION, KEEP_OPTION, BY_HAND_OPTION, WORDS_OPTION,
    {"preview", NULL, false, "only say what it would do, and what the provider keeps"},
    {0},
};
static const struct cli_option list_options[] = {
    CLI_PLANET_OPTION, {"all", NULL, false, "those that are over, too; newest first"}, {0}};
static const struct cli_option approve_options[] = {ID_OPTION, AMOUNT_OPTION, KEEP_OPTION, BY_HAND_OPTION, WORDS_OPTION, {0}};
static const struct cli_option words_options[] = {ID_OPTION, WORDS_OPTION, {0}};
static const struct cli_option id_options[] = {ID_OPTION, {0}};
static const struct cli_option rule_options[] = {
    CLI_PLANET_OPTION, {"post-hours", "N", false, "0 to 24: how long an opened single post can be given back"}, {0}};

const struct cli_verb cli_order_verbs[] = {
    {"order refund", cmd_order_refund, true, "give money back by the provider that took it", refund_options},
    {"refund list", cmd_refund_list, true, "refunds that are asked for, failed or under way", list_options},
    {"refund approve", cmd_refund_approve, true, "give back what a member asked for", approve_options},
    {"refund decline", cmd_refund_decline, true, "say no", words_options},
    {"refund paid", cmd_refund_paid, true, "record that a failed one was paid by hand", words_options},
    {"refund retry", cmd_refund_retry, true, "try a failed one at the provider once more", id_options},
    {"refund give-up", cmd_refund_give_up, true, "give a failed one up: what was bought goes on", words_options},
    {"refund rule", cmd_refund_rule, true, "show or set how long opened posts can be given back", rule_options},
    {0},
};
