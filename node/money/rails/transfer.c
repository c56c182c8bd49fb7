/* The rail without a provider: the owner's bank account, or a personal payment code. What becomes of an order
 * is decided by hand (node/money/transfer.h). */
#include "node/base/clock.h"
#include "node/db/db.h"
#include "node/media/media.h"
#include "node/money/money.h"
#include "node/money/rail_adapters.h"
#include "node/money/transfer.h"
#include "node/node.h"

#include <string.h>

static const struct rail_field fields[] = {
    {"holder", N_("Account holder"), N_("The name that buyers see on the bank's page or in the payment app."), RAIL_NEEDED},
    {"account", N_("Account number or IBAN"), N_("May stay empty when there is a payment code below."), RAIL_TEXT},
    {"bank", N_("Bank, branch, BIC"), NULL, RAIL_LONG},
    {"code", N_("Picture of your payment code"), N_("The QR code of your WeChat, Alipay or bank app. Only who has an order sees it."), RAIL_PICTURE},
    {"currencies", N_("Currencies"), N_("Those that you take there, like “CNY” or “EUR, USD”. Empty: all."), RAIL_TEXT},
    {"words", N_("Words to buyers"), N_("Shown beside the account, for example when you look at it."), RAIL_LONG},
    {"unlike", N_("Make amounts unlike each other"), N_("Up to 19 of the smallest unit more, like 99.07, so that you tell payments apart on a screenshot without a memo."), RAIL_SWITCH},
    {"provisional", N_("Open at once for 48 hours"), N_("Who says that the transfer is sent reads until you have looked. Not for those whose payment you did not find before."), RAIL_SWITCH},
    {NULL, NULL, NULL, RAIL_TEXT},
};

/* "eur, usd" to "EUR, USD". */
static bool tidy_currencies(struct cx *cx, struct str *v)
{
    char *up = arena_copy(cx->arena, v->n == 0 ? "" : v->p, v->n + (v->n == 0));
    struct str rest, piece;
    for (size_t i = 0; i < v->n; i++)
        up[i] = up[i] >= 'a' && up[i] <= 'z' ? (char)(up[i] - 'a' + 'A') : up[i] == ';' || up[i] == ' ' ? ',' : up[i];
    *v = rest = (struct str){up, v->n};
    while (str_next(&rest, ',', &piece))
        if (str_trim(piece).n > 0 && !money_currency_ok(str_trim(piece)))
            return false;
    return true;
}

static enum err transfer_check(struct cx *cx, struct rail_value *values, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(values[i].name, "currencies") == 0 && !tidy_currencies(cx, &values[i].value))
            return cx_tell(cx, ERR_INVALID, N_("A currency has three letters, like CNY."));
    return OK;
}

static enum err transfer_probe(struct cx *cx, const struct rail_account *acc, struct rail_probe *ret)
{
    struct media m;
    bool code = transfer_code(cx, acc->planet_id, &m) == OK;
    bool account = rail_setting(acc, "account").n > 0;
    cx->tell = NULL;
    ret->merchant = STR("by hand");
    ret->live = true;
    ret->rights[ret->n++] = (struct rail_right){.name = STR(N_("An account number or a payment code")),
                                                .ok = code || account, .needed = true,
                                                .why = code || account ? STR_NULL : STR(N_("Enter one of them, so that buyers know where to pay."))};
    return OK;
}

static bool transfer_takes(struct cx *cx, int64_t planet_id, struct str currency)
{
    struct rail_account acc;
    struct str rest, piece;
    bool any = true;
    if (rail_account_of(cx, &rail_transfer, planet_id, &acc) != OK)
        return false;
    rest = rail_setting(&acc, "currencies");
    while (str_next(&rest, ',', &piece)) {
        if (str_eq(str_trim(piece), currency))
            return true;
        any = any && str_trim(piece).n == 0;
    }
    return any;
}

static enum err transfer_checkout(struct cx *cx, const struct rail_step *s, struct rail_way *ret)
{
    struct transfer t;
    TRY(transfer_open(cx, s->order, &t));
    *ret = (struct rail_way){.go = RAIL_GO_PAGE, .ref = t.memo};
    return OK;
}

const struct pay_rail rail_transfer = {
    .name = "transfer",
    .label = N_("Bank transfer or payment code"),
    .title = N_("Bank transfer"),
    .about = N_("For who has no provider: buyers send the money to your bank account or personal payment code, and you confirm each payment by hand. Each order has a code of eight characters for the memo."),
    .fields = fields,
    .open_ms = TRANSFER_DAYS * MS_DAY,
    .takes = transfer_takes,
    .check = transfer_check,
    .probe = transfer_probe,
    .checkout = transfer_checkout,
};
