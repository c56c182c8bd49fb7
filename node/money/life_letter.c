#include "node/money/life_letter.h"

#include "node/base/i18n.h"
#include "node/db/db.h"
#include "node/money/quote.h"
#include "node/money/renew_link.h"
#include "node/node.h"
#include "node/people/letter.h"

/* {0} planet, {1} the day, {2} tier, {3} provider, {4} the price of a term, {5} the announced one. */
struct words { const char *kind, *subject, *text, *label; };

static const struct words all[] = {
    [NEWS_ENDS_SOON] = {"reminder", N_("Your membership in {0} ends on {1}"),
                        N_("Your membership ({2}) in {0} ends on {1}. Nothing is charged by itself.\n\nIf you want to stay: a further term costs {4}. The button leads to the payment, without signing in.\n\nIf not, you need do nothing; there you can also switch off these reminders."),
                        N_("Renew")},
    [NEWS_ENDS_TODAY] = {"reminder", N_("Your membership in {0} ends today"),
                         N_("Today, on {1}, your membership ({2}) in {0} ends. Nothing is charged by itself.\n\nIf you want to stay: a further term costs {4}. The button leads to the payment, without signing in."),
                         N_("Renew")},
    [NEWS_ENDED] = {"reminder", N_("Your membership in {0} has ended"),
                    N_("Your membership ({2}) in {0} ended on {1}. You see previews now.\n\nOne tap brings everything back: a term costs {4}. This is the last reminder."),
                    N_("Come back")},
    [NEWS_TRIAL_ENDS] = {"trial", N_("Your free days in {0} end on {1}"),
                         N_("Your free days in {0} end on {1}. Nothing is charged.\n\nIf you want to stay, choose your membership there."),
                         N_("See the prices")},
    [NEWS_PAST_DUE] = {"dunning", N_("A payment for {0} did not work"),
                       N_("{3} could not take the money for your next term in {0} ({2}), and will try again.\n\nEverything stays open for you until {1}. Please look whether your card is still good; there you can also end the membership."),
                       N_("See what to do")},
    [NEWS_EXPIRED] = {"dunning", N_("Your membership in {0} has ended"),
                      N_("The payment for your next term in {0} did not come about, so your membership ({2}) has ended. You see previews now.\n\nYou can come back at any time."),
                      N_("Come back")},
    [NEWS_PRICE] = {"price", N_("From {1} the price of {0} changes for you"),
                    N_("Your membership ({2}) in {0} costs {4} a term today. From {1} on, a further term costs {5}. Until then nothing changes, and what you have paid for stays as it is.\n\nIf that is not for you, cancel on the page behind the button, without signing in: nothing further is charged then."),
                    N_("See it, or cancel")},
};

static struct words words_of(const struct life *l, enum life_news news)
{
    struct words w = all[news];
    bool soon = news == NEWS_ENDS_SOON || news == NEWS_ENDS_TODAY;
    if (news == NEWS_TRIAL_ENDS && l->renews) {
        w.subject = N_("On {1} your free days in {0} become a membership");
        w.text = N_("On {1} your free days in {0} end, and {3} takes {4} for the first term.\n\nIf you don't want that, cancel on the page behind the button, without signing in: nothing is charged then.");
        w.label = N_("See it, or cancel");
    } else if (soon && !l->has_next) {
        w.text = N_("On {1} your membership ({2}) in {0} ends. Nothing is charged by itself.\n\nIf you want to stay, choose your membership there. If not, you need do nothing.");
        w.label = N_("See the prices");
    } else if (news == NEWS_ENDED && !l->has_next) {
        w.text = N_("Your membership ({2}) in {0} ended on {1}. You see previews now.\n\nYou can come back at any time. This is the last reminder.");
    } else if (news == NEWS_PAST_DUE && !l->m.live) {
        w.text = N_("{3} could not take the money for your next term in {0} ({2}), and will try again.\n\nYou see previews until then. Please look whether your card is still good; there you can also end the membership.");
    }
    return w;
}

/* In full: with the tax that comes on top for them. */
static struct str price_text(struct cx *cx, const struct life *l, const struct price *p)
{
    struct money m = p->money;
    if (quote_full(cx, l->planet_id, l->account_id, p->money, &m) != OK)
        m = p->money;
    return i18n_money(cx, m.minor, str_c(m.cur));
}

enum err life_letter(struct cx *cx, const struct life *l, enum life_news news, int64_t until, struct str once)
{
    struct planet p;
    const struct pay_rail *rail = l->has_sub ? rail_by_name(l->sub.rail) : NULL;
    TRY(planet_by_id(cx, l->planet_id, &p));
    LETTER_LANGUAGE(cx, l->account_id, l->planet_id);
    struct words w = words_of(l, news);
    struct str v[] = {
        p.name,
        until == DB_NULL ? STR("") : i18n_date(cx, until),
        l->m.tier_name,
        rail == NULL ? STR("") : str_c(tr(cx, rail->title)),
        l->has_next ? price_text(cx, l, &l->next) : STR(""),
        l->moving ? price_text(cx, l, &l->moves_to) : STR(""),
    };
    struct letter letter = {
        .account_id = l->account_id,
        .planet_id = l->planet_id,
        .kind = w.kind,
        .subject = i18n_fill(cx->arena, tr(cx, w.subject), v, 6),
        .text = i18n_fill(cx->arena, tr(cx, w.text), v, 6),
        .url = renew_link_url(cx, l->account_id, l->planet_id),
        .label = str_c(tr(cx, w.label)),
        .once_key = str_fmt(cx->arena, "life:%lld:%lld:%d:" STR_FMT, (long long)l->planet_id,
                            (long long)l->account_id, (int)news, STR_ARG(once)),
        .page = str_fmt(cx->arena, "/@" STR_FMT "/membership", STR_ARG(p.handle)),
    };
    return letter_put(cx, &letter);
}
