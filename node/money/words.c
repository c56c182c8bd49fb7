#include "node/money/words.h"

#include "node/base/i18n.h"

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
        {"the credit was spent elsewhere", N_("The credit of the order was spent elsewhere meanwhile.")},
        {NULL, NULL},
    };
    return look_up(cx, reason, words);
}
