/* BTCPay's signature, messages and invoices: whatever comes, nothing is believed that was not signed, and what is
 * read is short and whole. The first byte says which. */
#include "node/base/arena.h"
#include "node/db/db.h"
#include "node/money/rails/btcpay.h"
#include "node/node.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void must(bool ok)
{
    if (!ok)
        abort();
}

static void invoice(struct cx *cx, struct str in, bool paid)
{
    struct rail_state s = {.sub = {.period_end = DB_NULL}};
    json_t *j;
    if (json_read(cx->arena, in, NULL, &j) != OK)
        return;
    (void)btcpay_all_settled(j);
    if (btcpay_invoice(cx, j, paid, btcpay_is_late(j), &s) != OK)
        return;
    must(s.ref.n > 0 && s.ref.n <= 100 && s.paid.minor >= 0 && s.paid.cur[3] == '\0');
    must(s.event != ORDER_DISPUTE_LOST || paid);
    must(!s.seen || s.event == ORDER_PENDING);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    static struct node node = {.origin = STR_INIT("https://us.example"), .host = STR_INIT("us.example")};
    struct cx cx = {.arena = arena_new(), .node = &node, .now = INT64_C(1790000000000)};
    struct btcpay_event e;
    struct str in = {(const char *)p + 1, n > 0 ? n - 1 : 0};
    if (n > 0 && p[0] % 4 == 0) {
        must(!btcpay_signed(in, STR("{}"), STR("unknown")));
        must(!btcpay_signed(in, STR("{}"), STR("")));
    } else if (n > 0 && p[0] % 4 == 1) {
        if (btcpay_event(&cx, in, &e) == OK)
            must(e.id.n > 0 && e.id.n <= 100 && e.at > 0 && e.invoice.n <= in.n);
    } else if (n > 0) {
        invoice(&cx, in, p[0] % 4 == 2);
    }
    arena_free(cx.arena);
    return 0;
}
