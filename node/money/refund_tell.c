/* Who hears of a refund: its buyer when it was sent by somebody else, has arrived or was declined; the owner when
 * one is asked for or could not be made. */
#include "node/base/i18n.h"
#include "node/db/db.h"
#include "node/money/refund_int.h"
#include "node/node.h"
#include "node/people/letter.h"

static struct str once(struct cx *cx, const struct refund *r)
{
    int64_t at = r->ended_at == DB_NULL ? r->created_at : r->ended_at;
    return str_fmt(cx->arena, "refund:%lld:" STR_FMT ":%lld", (long long)r->id, STR_ARG(r->state), (long long)at);
}

static struct str money_text(struct cx *cx, const struct refund *r)
{
    return i18n_money(cx, r->amount.minor, str_c(r->amount.cur));
}

static struct str order_url(struct cx *cx, const struct refund *r)
{
    return str_fmt(cx->arena, STR_FMT "/me/orders/" STR_FMT, STR_ARG(cx->node->origin), STR_ARG(r->number));
}

static struct str with_words(struct cx *cx, struct str text, struct str words)
{
    return words.n == 0 ? text : str_fmt(cx->arena, STR_FMT "\n\n" STR_FMT, STR_ARG(text), STR_ARG(words));
}

enum err refund_tell_buyer(struct cx *cx, const struct refund *r)
{
    struct planet p;
    TRY(planet_by_id(cx, r->planet_id, &p));
    LETTER_LANGUAGE(cx, r->account_id, r->planet_id);
    struct str v[] = {money_text(cx, r), p.name};
    bool back = str_eq_c(r->state, "succeeded");
    const char *subject = back ? N_("{0} was given back to you") : N_("About the refund you asked for in {1}");
    const char *text = back ? N_("{0} of your payment in {1} was given back the way you paid. Your bank may take some days to show it.")
                            : N_("The owner of {1} does not give back {0} for this order.");
    if (back && r->by_hand)
        text = N_("{0} of your payment in {1} was given back by the owner, outside of this page.");
    if (r->amount.minor == 0)
        return OK; /* credit alone: the page shows it at once */
    struct letter l = {
        .account_id = r->account_id,
        .planet_id = r->planet_id,
        .kind = "refund",
        .subject = i18n_fill(cx->arena, tr(cx, subject), v, 2),
        .text = with_words(cx, i18n_fill(cx->arena, tr(cx, text), v, 2), r->said),
        .url = order_url(cx, r),
        .label = str_c(tr(cx, N_("See the order"))),
        .once_key = once(cx, r),
        .page = str_fmt(cx->arena, "/me/orders/" STR_FMT, STR_ARG(r->number)),
    };
    return letter_put(cx, &l);
}

struct telling { const struct refund *r; struct planet planet; };

static enum err write_owner(struct cx *cx, void *arg, struct letter *l)
{
    const struct telling *t = arg;
    const struct refund *r = t->r;
    bool asked = str_eq_c(r->state, "requested");
    bool hangs = str_eq_c(r->state, "sent");
    struct str v[] = {money_text(cx, r), r->why};
    const char *text = asked   ? N_("A member asks for {0} back. Who, and why, stands on your desk; you decide.")
                       : hangs ? N_("{0} that you give back have not left yet: your provider does not take the request. It is tried again each day. Please look whether the account is still connected. What was said last: {1}")
                               : N_("{0} could not be given back the way it was paid. Please pay it by hand, then record it. The provider said: {1}");
    l->subject = i18n_fill(cx->arena, tr(cx, asked ? N_("A member asks for {0} back") : N_("A refund did not go through: {0}")), v, 2);
    l->text = i18n_fill(cx->arena, tr(cx, text), v, 2);
    l->page = str_fmt(cx->arena, "/desk/" STR_FMT "/money/refunds", STR_ARG(t->planet.handle));
    l->url = str_fmt(cx->arena, STR_FMT STR_FMT, STR_ARG(cx->node->origin), STR_ARG(l->page));
    l->label = str_c(tr(cx, N_("Refunds")));
    return OK;
}

enum err refund_tell_owner(struct cx *cx, const struct refund *r)
{
    struct telling t = {.r = r};
    TRY(planet_by_id(cx, r->planet_id, &t.planet));
    return letter_to_owners(cx, r->planet_id, "refund", once(cx, r), write_owner, &t);
}
