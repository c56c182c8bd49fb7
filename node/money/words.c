#include "node/money/words.h"

#include "node/base/i18n.h"
#include "node/money/rail.h"

struct word { const char *word, *text; };

static struct str look_up(struct cx *cx, struct str word, const struct word *w)
{
    for (; w->word != NULL; w++)
        if (str_eq_c(word, w->word))
            return str_c(tr(cx, w->text));
    return word;
}

struct str money_state_words(struct cx *cx, struct str state)
{
    static const struct word words[] = {
        {"new", N_("ordered")},       {"pending", N_("waiting for payment")},
        {"paid", N_("paid")},         {"part_refunded", N_("partly refunded")},
        {"refunded", N_("refunded")}, {"disputed", N_("disputed")},
        {"lost", N_("charged back")}, {"expired", N_("ran out unpaid")},
        {"failed", N_("failed")},     {"cancelled", N_("cancelled")},
        {NULL, NULL},
    };
    return look_up(cx, state, words);
}

struct str money_kind_words(struct cx *cx, struct str kind)
{
    static const struct word words[] = {
        {"membership", N_("membership")}, {"renewal", N_("renewal")},   {"upgrade", N_("upgrade")},
        {"gift", N_("gift")},             {"post", N_("single post")},  {"tip", N_("tip")},
        {"question", N_("question")},     {"listen_in", N_("listening in")},
        {NULL, NULL},
    };
    return look_up(cx, kind, words);
}

struct str money_reason_words(struct cx *cx, struct str reason)
{
    static const struct word words[] = {
        {"no such order", N_("It names an order that is not there.")},
        {"an order of another way of paying", N_("Its order was to be paid another way.")},
        {"another merchant", N_("It went to another account than the one that is connected.")},
        {"test money", N_("It is test money, and real money is taken here.")},
        {"real money in test mode", N_("It is real money, and the account is in test mode.")},
        {"another currency", N_("It came in another currency than the order's.")},
        {"another amount", N_("The amount is not the order's.")},
        {"a refund that does not fit", N_("More was given back than was paid.")},
        {"paid a second time", N_("The same order was paid a second time.")},
        {"no seat left", N_("It came late, and no seat is left.")},
        {"member for life already", N_("The buyer is a member for life already.")},
        {"its coupon was used up by another order", N_("It came late, and its coupon is used up.")},
        {"the posts that counted toward it count no more", N_("What had been paid for posts was counted toward another order meanwhile.")},
        {"the term that it replaces has changed", N_("The membership that it was to replace has changed meanwhile.")},
        {"the credit was spent elsewhere", N_("The credit of the order was spent elsewhere meanwhile.")},
        {NULL, NULL},
    };
    return look_up(cx, reason, words);
}

struct str money_txn_words(struct cx *cx, struct str kind)
{
    static const struct word words[] = {
        {"payment", N_("payment")},
        {"refund", N_("refund")},
        {"dispute", N_("dispute opened")},
        {"dispute_won", N_("dispute won")},
        {"dispute_lost", N_("dispute lost")},
        {"fee", N_("the provider's fee")},
        {"grant", N_("membership given")},
        {"grant_change", N_("membership changed")},
        {"referral", N_("reward for an invitation")},
        {"referral_undo", N_("reward taken back")},
        {"unmatched", N_("payment without an order")},
        {"unmatched_undo", N_("payment without an order, undone")},
        {"tip", N_("kept as a tip")},
        {"release", N_("question answered")},
        {"share", N_("share of who asked")},
        {"credit", N_("credit for what was left")},
        {"rounding", N_("rounding")},
        {"correction", N_("correction")},
        {NULL, NULL},
    };
    return look_up(cx, kind, words);
}

/* "stripe" of "clearing:stripe"; STR_NULL without a colon. */
static struct str behind_colon(struct str s)
{
    size_t colon = str_find_char(s, ':', 0);
    return colon == SIZE_MAX ? STR_NULL : str_sub(s, colon + 1, s.n);
}

static struct str rail_name(struct cx *cx, struct str name)
{
    const struct pay_rail *rail = rail_by_name(name);
    return rail == NULL ? name : str_c(tr(cx, rail->title != NULL ? rail->title : rail->label));
}

struct str money_account_words(struct cx *cx, struct str account)
{
    static const struct word words[] = {
        {"tax_payable", N_("Tax to be paid on")},
        {"refunds", N_("Given back")},
        {"disputes", N_("Disputed and charged back")},
        {"referral_cost", N_("Rewards for invitations")},
        {"member_credit", N_("Credit of members")},
        {"held:unmatched", N_("Waiting in the tray")},
        {"held:questions", N_("Held for questions")},
        {"rounding", N_("Rounding")},
        {NULL, NULL},
    };
    struct str what = behind_colon(account), arg;
    const char *pattern = NULL;
    if (str_starts(account, STR("member_credit:")))
        return str_c(tr(cx, N_("Credit of members")));
    if (str_starts(account, STR("clearing:")))
        pattern = N_("With {0}");
    else if (str_starts(account, STR("fee:")))
        pattern = N_("Fees of {0}");
    else if (str_starts(account, STR("revenue:")))
        pattern = N_("Income: {0}");
    if (pattern == NULL)
        return look_up(cx, account, words);
    arg = str_starts(account, STR("revenue:")) ? money_kind_words(cx, what) : rail_name(cx, what);
    return i18n_fill(cx->arena, tr(cx, pattern), &arg, 1);
}
