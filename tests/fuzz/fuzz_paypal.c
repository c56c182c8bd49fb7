/* PayPal's events, certificates and their addresses: what is read is short and whole, and nothing is believed that
 * has no authority behind it. The first byte says which of the three. */
#include "node/base/arena.h"
#include "node/db/db.h"
#include "node/money/rails/paypal.h"
#include "node/node.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void must(bool ok)
{
    if (!ok)
        abort();
}

static void look_at(const struct paypal_told *t)
{
    const struct rail_state *s = &t->s;
    must(s->event_id.n > 0 && s->event_id.n <= 200 && s->at > 0 && s->event < ORDER_EVENT_COUNT);
    must(s->topic <= RAIL_NOTHING && s->paid.cur[3] == '\0' && s->paid.minor >= 0 && s->refunded >= 0);
    must(s->ref.n <= 200 && t->payment.n <= 200);
    for (size_t i = 0; i < RAIL_REFS; i++)
        must(s->refs[i].n <= 200);
    must(s->topic != RAIL_RENEWAL || s->sub.ref.n > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    static struct node node = {.origin = STR_INIT("https://us.example"), .host = STR_INIT("us.example")};
    struct cx cx = {.arena = arena_new(), .node = &node, .now = INT64_C(1790000000000)};
    struct paypal_told t;
    struct str in = {(const char *)p + 1, n > 0 ? n - 1 : 0}, key;
    int64_t until;
    if (n > 0 && p[0] % 3 == 0) {
        must(paypal_chain(&cx, in, true, &key, &until) != OK);
    } else if (n > 0 && p[0] % 3 == 1) {
        if (paypal_cert_url_ok(in, STR("http://127.0.0.1:1"), true, false))
            must(str_starts(in, STR("https://")) && str_contains(in, STR(".paypal.com/v1/notifications/certs/")) &&
                 str_find_char(in, '@', 0) == SIZE_MAX && str_find_char(in, '?', 0) == SIZE_MAX);
    } else if (n > 0 && paypal_event(&cx, in, &t) == OK) {
        look_at(&t);
    }
    arena_free(cx.arena);
    return 0;
}
