#include "node/money/payer.h"

#include "node/base/crypt.h"
#include "node/base/i18n.h"
#include "node/db/db.h"
#include "node/money/money.h"
#include "node/money/payer_sql.h"
#include "node/node.h"
#include "node/people/letter.h"

size_t payer_fingerprints(struct cx *cx, const struct order *o, const struct rail_state *s, struct str *ret)
{
    struct str secret = {(const char *)cx->node->secret, sizeof cx->node->secret};
    unsigned char mac[32];
    size_t n = 0;
    for (size_t i = 0; i < RAIL_PAYERS; i++) {
        if (s->payers[i].n == 0)
            continue;
        crypt_hmac_sha256(secret, str_fmt(cx->arena, "payer:" STR_FMT ":" STR_FMT, STR_ARG(o->rail), STR_ARG(s->payers[i])), mac);
        ret[n++] = (struct str){arena_copy(cx->arena, mac, sizeof mac), sizeof mac};
    }
    return n;
}

enum err payer_note(struct cx *cx, const struct order *o, const struct rail_state *s)
{
    struct str prints[RAIL_PAYERS];
    size_t n = payer_fingerprints(cx, o, s, prints);
    for (size_t i = 0; i < n; i++)
        TRY(q_payer_put(cx, o->planet_id, prints[i], o->account_id, cx->now, NULL));
    return OK;
}

enum err payer_shared(struct cx *cx, int64_t planet_id, int64_t account_id, int64_t other_id, bool *ret)
{
    int64_t n;
    TRY(q_payer_shared(cx, planet_id, account_id, other_id, &n));
    *ret = n > 0;
    return OK;
}

struct warning {
    const struct order *order;
    struct planet planet;
};

static enum err write_warning(struct cx *cx, void *arg, struct letter *l)
{
    const struct warning *w = arg;
    struct str v[] = {w->order->number, money_format(cx->arena, w->order->total)};
    l->subject = i18n_fill(cx->arena, tr(cx, N_("A payment may be fraud: order {0}")), v, 2);
    l->text = i18n_fill(cx->arena, tr(cx, N_("The card's bank warns that its holder may not have made the payment of {1} for order {0}. If you give it back now, there will be no dispute, and no fee for one. You decide: nothing was changed.")), v, 2);
    l->page = str_fmt(cx->arena, "/desk/" STR_FMT "/money/orders/" STR_FMT, STR_ARG(w->planet.handle), STR_ARG(w->order->number));
    l->url = str_fmt(cx->arena, STR_FMT STR_FMT, STR_ARG(cx->node->origin), STR_ARG(l->page));
    l->label = str_c(tr(cx, N_("Look at the order")));
    return OK;
}

enum err payer_warn(struct cx *cx, const struct order *o)
{
    struct warning w = {.order = o};
    TRY(planet_by_id(cx, o->planet_id, &w.planet));
    return letter_to_owners(cx, o->planet_id, "fraud", str_fmt(cx->arena, "fraud:" STR_FMT, STR_ARG(o->number)), write_warning, &w);
}
