/* transfer: payments that the owner confirms by hand. */
#include "admin/cli/cli.h"
#include "node/db/db.h"
#include "node/media/media.h"
#include "node/money/money.h"
#include "node/money/rail.h"
#include "node/money/transfer.h"
#include "node/planet/planet.h"

enum { PAGE = 200 };

static void put_row(struct cli *cli, const struct transfer *t)
{
    struct str warn = t->same_picture.n > 0 ? str_fmt(cli->cx->arena, "picture of " STR_FMT, STR_ARG(t->same_picture))
                      : t->same_ref.n > 0   ? str_fmt(cli->cx->arena, "reference of " STR_FMT, STR_ARG(t->same_ref))
                                            : STR_NULL;
    cli_row(cli, (struct str[]){t->number, t->memo, money_format(cli->cx->arena, t->amount), t->state, t->username,
                                t->payer, t->bank_ref, cli_time(cli, t->said_at), cli_time(cli, t->decided_at),
                                t->media_id == DB_NULL ? STR_NULL : cli_id(cli, t->media_id), t->reason, warn});
}

static enum err cmd_transfer_list(struct cli *cli)
{
    static const char *const columns[] = {"order", "memo", "amount", "state", "buyer", "payer", "bank_ref", "said",
                                          "decided", "picture", "reason", "warning", NULL};
    enum transfer_which which = TRANSFER_SENT;
    struct transfer *v;
    struct planet p;
    int64_t from = 0;
    size_t n;
    TRY(cli_planet(cli, &p));
    if (cli_has(cli, "show") && !transfer_which_parse(cli_get(cli, "show"), &which))
        return cx_tell(cli->cx, ERR_INVALID, N_("--show is sent, waiting or done."));
    cli_begin(cli, true, columns);
    do {
        if (cli_has(cli, "find"))
            TRY(transfer_search(cli->cx, p.id, cli_get(cli, "find"), PAGE, &v, &n));
        else
            TRY(transfer_list(cli->cx, p.id, which, from, PAGE, &v, &n));
        for (size_t i = 0; i < n; i++)
            put_row(cli, &v[i]);
        from = n > 0 ? v[n - 1].order_id : 0;
    } while (n == PAGE && !cli_has(cli, "find"));
    cli_end(cli);
    return OK;
}

static enum err decide(struct cli *cli, bool confirm)
{
    static const char *const columns[] = {"order", "outcome", NULL}, *const words[] = {"confirmed", "rejected", "tray", "known"};
    struct str numbers[CLI_MAX_VALUES];
    size_t n = cli_all(cli, "number", numbers, CLI_MAX_VALUES);
    enum transfer_outcome outcome;
    struct planet p;
    TRY(cli_planet(cli, &p));
    if (n > 1 && (cli_has(cli, "amount") || cli_has(cli, "reference")))
        return cx_tell(cli->cx, ERR_INVALID, N_("--amount and --reference are of one order."));
    cli_begin(cli, true, columns);
    for (size_t i = 0; i < n; i++) {
        const struct transfer_decision d = {
            .number = numbers[i],
            .confirm = confirm,
            .anyway = cli_has(cli, "anyway"),
            .amount = cli_get(cli, "amount"),
            .bank_ref = cli_get(cli, "reference"),
            .reason = cli_get(cli, "reason"),
        };
        enum err e = transfer_decide(cli->cx, p.id, &d, &outcome);
        if (e == ERR_NOT_FOUND)
            return cx_tell(cli->cx, e, N_("There is no such transfer on this planet."));
        TRY(e);
        cli->failed = cli->failed || outcome == TRANSFER_TRAY;
        cli_row(cli, (struct str[]){numbers[i], str_c(words[outcome])});
    }
    cli_end(cli);
    return OK;
}

static enum err cmd_transfer_confirm(struct cli *cli)
{
    return decide(cli, true);
}

static enum err cmd_transfer_reject(struct cli *cli)
{
    return decide(cli, false);
}

static enum err cmd_transfer_code(struct cli *cli)
{
    static const char *const columns[] = {"picture", NULL};
    const struct pay_rail *rail = rail_by_name(STR("transfer"));
    struct rail_value v = {"code", STR_NULL};
    struct rail_probe probe;
    struct media m;
    struct planet p;
    struct str bytes;
    TRY(cli_planet(cli, &p));
    TRY(planet_may_own(cli->cx, p.id));
    TRY(cli_file(cli, "file", MEDIA_IMAGE_MAX, &bytes));
    TRY(media_add_image(cli->cx, cli->cx->viewer, p.id, bytes, STR("code"), STR(""), &m));
    v.value = cli_id(cli, m.id);
    TRY(rail_account_save(cli->cx, rail, p.id, &v, 1));
    enum err e = rail_account_test(cli->cx, rail, p.id, &probe);
    if (e != OK && e != ERR_INVALID) /* the rest may come later */
        return e;
    cli->cx->tell = NULL;
    cli_begin(cli, false, columns);
    cli_row(cli, &v.value);
    cli_end(cli);
    return OK;
}

#define NUMBER_OPTION {"number", "NUMBER", true, "the order; may be repeated"}
static const struct cli_option list_options[] = {
    CLI_PLANET_OPTION,
    {"show", "WHICH", false, "sent (said to be sent, the usual), waiting (not said yet) or done"},
    {"find", "TEXT", false, "by memo, order number, bank reference or amount, in any state"},
    {0},
};
static const struct cli_option confirm_options[] = {
    CLI_PLANET_OPTION,
    NUMBER_OPTION,
    {"amount", "AMOUNT", false, "what came, as \"98.00\"; else what was asked for"},
    {"reference", "TEXT", false, "the bank's reference"},
    {"anyway", NULL, false, "also when its picture or reference was used before"},
    {0},
};
static const struct cli_option reject_options[] = {
    CLI_PLANET_OPTION,
    NUMBER_OPTION,
    {"reason", "TEXT", false, "what the buyer is told"},
    {0},
};
static const struct cli_option code_options[] = {
    CLI_PLANET_OPTION,
    {"file", "FILE", true, "a picture of the personal payment code that buyers scan"},
    {0},
};

const struct cli_verb cli_transfer_verbs[] = {
    {"transfer list", cmd_transfer_list, true, "payments by bank transfer or payment code", list_options},
    {"transfer confirm", cmd_transfer_confirm, true, "the money is there: open what was bought", confirm_options},
    {"transfer reject", cmd_transfer_reject, true, "the money was not found", reject_options},
    {"transfer code", cmd_transfer_code, true, "set the picture of one's payment code", code_options},
    {0},
};
