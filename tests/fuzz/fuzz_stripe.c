/* Stripe's header and events: whatever comes, nothing is believed that was not signed, and what is read is short
 * and whole. The first byte says which of the two. */
#include "node/base/arena.h"
#include "node/db/db.h"
#include "node/money/rails/stripe.h"
#include "node/node.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void must(bool ok)
{
    if (!ok)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    static struct node node = {.origin = STR_INIT("https://us.example"), .host = STR_INIT("us.example")};
    struct cx cx = {.arena = arena_new(), .node = &node, .now = INT64_C(1790000000000)};
    struct rail_state s;
    struct str in = {(const char *)p + 1, n > 0 ? n - 1 : 0};
    if (n > 0 && (p[0] & 1)) {
        must(!stripe_signed(in, STR("{}"), STR("whsec_unknown"), cx.now));
    } else if (n > 0 && stripe_event(&cx, in, &s) == OK) {
        must(s.event_id.n > 0 && s.event_id.n <= 200 && s.at > 0 && s.event < ORDER_EVENT_COUNT);
        must(s.topic <= RAIL_NOTHING && s.paid.cur[3] == '\0');
        for (size_t i = 0; i < RAIL_REFS; i++)
            must(s.refs[i].n <= 200);
        must(s.topic != RAIL_RENEWAL || s.sub.ref.n > 0);
    }
    arena_free(cx.arena);
    return 0;
}
