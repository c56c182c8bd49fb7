#include "node/money/dispute.h"

#include "node/base/i18n.h"
#include "node/db/db.h"
#include "node/money/member_file.h"
#include "node/money/order_row.h"
#include "node/node.h"
#include "node/people/letter.h"

struct telling {
    struct order order;
    struct planet planet;
    enum dispute_turn turn;
    struct money amount;
};

static enum err write_owner(struct cx *cx, void *arg, struct letter *l)
{
    static const char *const subjects[] = {
        [DISPUTE_OPENED] = N_("A payment is disputed: {0}"),
        [DISPUTE_WON] = N_("A dispute was won: {0}"),
        [DISPUTE_LOST] = N_("A dispute was lost: {0}"),
    };
    static const char *const texts[] = {
        [DISPUTE_OPENED] = N_("A member has asked the bank for {0} back. What was bought rests until it is decided. Answer at your provider, with what you know of the payment: there is a time limit."),
        [DISPUTE_WON] = N_("{0} stay with you. What was bought is open again, with the lost time added."),
        [DISPUTE_LOST] = N_("{0} went back to the buyer. What was bought has ended, and the account is marked on your desk."),
    };
    const struct telling *t = arg;
    struct str v = i18n_money(cx, t->amount.minor, str_c(t->amount.cur));
    l->subject = i18n_fill(cx->arena, tr(cx, subjects[t->turn]), &v, 1);
    l->text = i18n_fill(cx->arena, tr(cx, texts[t->turn]), &v, 1);
    l->page = str_fmt(cx->arena, "/desk/" STR_FMT "/money/orders/" STR_FMT, STR_ARG(t->planet.handle),
                      STR_ARG(t->order.number));
    l->url = str_fmt(cx->arena, STR_FMT STR_FMT, STR_ARG(cx->node->origin), STR_ARG(l->page));
    l->label = str_c(tr(cx, N_("See the order")));
    return OK;
}

enum err dispute_turned(struct cx *cx, int64_t order_id, enum dispute_turn turn, struct money amount)
{
    struct telling t = {.turn = turn, .amount = amount};
    TRY(order_by_id(cx, order_id, &t.order));
    TRY(planet_by_id(cx, t.order.planet_id, &t.planet));
    if (turn == DISPUTE_LOST) {
        TRY(member_flag_put(cx, t.order.planet_id, t.order.account_id, order_id, "dispute_lost"));
        TRY(order_stop_renewals(cx, &t.order));
    }
    struct str once = str_fmt(cx->arena, "dispute:%lld:%d:%lld", (long long)order_id, (int)turn, (long long)cx->now);
    return letter_to_owners(cx, t.order.planet_id, "dispute", once, write_owner, &t);
}
