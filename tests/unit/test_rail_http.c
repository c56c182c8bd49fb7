/* Asking a provider: what is repeated, what isn't, and when it ends; and the polls of an order. */
#include "tests/unit/domain_fixture.h"

#include "node/jobs/jobs.h"
#include "node/money/rail.h"
#include "node/money/rail_http.h"
#include "node/net/fetch.h"
#include "node/settings.h"
#include "tests/unit/loopback.h"

#include <stdatomic.h>

struct provider {
    struct loopback l;
    _Atomic int n;           /* requests so far */
    int bad;                 /* that many are answered with status */
    const char *status, *headers;
    const char *body;        /* of the good ones */
    char last[512];
};

static bool serve(struct loopback *l, int fd, const char *head, const char *body, size_t body_n)
{
    struct provider *p = l->arg;
    (void)body;
    (void)body_n;
    snprintf(p->last, sizeof p->last, "%.500s", head);
    if (atomic_fetch_add(&p->n, 1) < p->bad)
        return loopback_reply(fd, p->status, p->headers, "{}", 2);
    return loopback_reply(fd, "200 OK", "Date: Sun, 31 Jan 2027 10:00:05 GMT\r\n", p->body, strlen(p->body));
}

static struct str start(struct domain *d, struct provider *p)
{
    p->l = (struct loopback){.arg = p, .serve = serve};
    if (p->body == NULL)
        p->body = "{}";
    if (p->headers == NULL)
        p->headers = "";
    assert_true(loopback_start(&p->l, "127.0.0.1", 0));
    OK_(fetcher_start(true, STR("test"), &d->server.fetcher));
    struct str base = str_fmt(d->cx->arena, "http://127.0.0.1:%d", p->l.port);
    OK_(setting_set(d->cx, STR("pay.stripe.base_url"), base));
    return base;
}

static void stop(struct domain *d, struct provider *p)
{
    d->server.fetcher = fetcher_stop(d->server.fetcher);
    loopback_stop(&p->l);
}

static enum err ask(struct domain *d, struct str base, int tries, struct rail_answer *ret)
{
    static const char *const want[] = {"Stripe-Should-Retry", NULL};
    const struct rail_request rq = {.method = "GET", .base = base, .path = STR("/x?y=1"), .tries = tries, .want = want};
    return rail_http(d->cx, &rq, ret);
}

static void what_may_pass_is_tried_again(void **state)
{
    struct domain *d = *state;
    struct provider p = {.bad = 2, .status = "503 Busy"};
    struct rail_answer a;
    struct str base = start(d, &p);
    OK_(ask(d, base, 3, &a));
    assert_int_equal(a.status, 200);
    assert_int_equal(p.n, 3);
    assert_int_equal(a.at, at_time("2027-01-31T10:00:05Z"));
    p.n = 0;
    OK_(ask(d, base, 1, &a)); /* not what mustn't be repeated */
    assert_int_equal(a.status, 503);
    assert_int_equal(p.n, 1);
    p.bad = 9;
    p.status = "400 No";
    p.n = 0;
    OK_(ask(d, base, 3, &a));
    assert_int_equal(a.status, 400);
    assert_int_equal(p.n, 1);
    p.status = "409 Twice";
    p.headers = "Stripe-Should-Retry: false\r\n";
    p.n = 0;
    OK_(ask(d, base, 3, &a));
    assert_int_equal(a.status, 409);
    CHECK_STR(a.wanted[0], "false");
    assert_int_equal(p.n, 1);
    p.status = "429 Slow";
    p.headers = "Retry-After: 60\r\n"; /* longer than anybody waits here */
    p.n = 0;
    OK_(ask(d, base, 3, &a));
    assert_int_equal(p.n, 1);
    p.headers = "Retry-After: 1\r\n";
    p.bad = 1;
    p.n = 0;
    int64_t began = clock_monotonic();
    OK_(ask(d, base, 3, &a));
    assert_int_equal(a.status, 200);
    assert_true(clock_monotonic() - began >= 1000);
    d->cx->call_by = clock_monotonic() + 50;
    assert_int_equal(ask(d, base, 3, &a), ERR_TIMEOUT);
    d->cx->call_by = 0;
    stop(d, &p);
    assert_int_equal(ask(d, base, 1, &a), ERR_UPSTREAM);
}

static void another_address_is_for_trying_out_only(void **state)
{
    struct domain *d = *state;
    OK_(setting_set(d->cx, STR("pay.stripe.base_url"), STR("http://127.0.0.1:1")));
    CHECK_STR(rail_base(d->cx, "stripe", "https://api.stripe.com"), "http://127.0.0.1:1");
    d->store->node.dev = false;
    CHECK_STR(rail_base(d->cx, "stripe", "https://api.stripe.com"), "https://api.stripe.com");
}

static void connect_stripe(struct domain *d)
{
    const struct rail_value v[] = {{"key", STR("rk_test_abcdefghijklmnop")}, {"webhook_secret", STR("whsec_x")}};
    d->cx->viewer = d->owner.id;
    OK_(rail_account_save(d->cx, rail_by_name(STR("stripe")), d->tea.id, v, 2));
    d->cx->viewer = 0;
    raw(d, "UPDATE rail_account SET state = 'on', merchant = 'acct_tea', live = 0");
}

static int64_t next_look(struct domain *d)
{
    return raw(d, "SELECT MAX(run_at) FROM job WHERE kind = 'pay.look'");
}

static void look(struct domain *d, const struct order *o, const char *payload)
{
    const struct job job = {.id = 1, .kind = STR("pay.look"), .subject = o->id, .payload = str_c(payload)};
    raw(d, "DELETE FROM job WHERE kind = 'pay.look'");
    assert_int_equal(rail_look_run(d->cx, &job), JOB_DONE);
}

/* P42: and what is paid while nobody told it is found. */
static void an_open_order_is_looked_at_until_it_is_old(void **state)
{
    struct domain *d = *state;
    struct provider p = {.body = "{\"id\":\"cs_test_1\",\"object\":\"checkout.session\",\"url\":\"http://127.0.0.1/pay\","
                                 "\"status\":\"open\",\"payment_status\":\"unpaid\",\"mode\":\"payment\",\"livemode\":false}"};
    struct order o;
    struct str url;
    start(d, &p);
    connect_stripe(d);
    OK_(order_open(d->cx, person(d), d->month.id, "stripe", &o));
    OK_(rail_checkout(d->cx, o.number, &url));
    CHECK_STR(url, "http://127.0.0.1/pay");
    OK_(order_by_number(d->cx, o.number, &o));
    CHECK_STR(o.state, "pending");
    assert_int_equal(next_look(d), d->cx->now + 15 * MS_SECOND);
    look(d, &o, "0");
    assert_int_equal(next_look(d), d->cx->now + 30 * MS_SECOND);
    look(d, &o, "5");
    assert_int_equal(next_look(d), d->cx->now + 30 * MS_MINUTE);
    look(d, &o, "6");
    assert_int_equal(next_look(d), d->cx->now + MS_HOUR);
    look(d, &o, "99");
    assert_int_equal(next_look(d), d->cx->now + MS_HOUR);
    raw(d, "UPDATE purchase_order SET state = 'expired'"); /* P8: it may still be paid */
    p.body = "{\"id\":\"cs_test_1\",\"object\":\"checkout.session\",\"status\":\"complete\",\"payment_status\":\"paid\","
             "\"mode\":\"payment\",\"amount_total\":3000,\"currency\":\"cny\",\"livemode\":false}";
    look(d, &o, "99");
    OK_(order_by_number(d->cx, o.number, &o));
    CHECK_STR(o.state, "paid");
    assert_int_equal(raw(d, "SELECT COUNT(*) FROM job WHERE kind = 'pay.look'"), 0);
    look(d, &o, "0");
    assert_int_equal(raw(d, "SELECT COUNT(*) FROM rail_event"), 1);
    raw(d, "UPDATE purchase_order SET state = 'expired', paid_at = NULL");
    d->cx->now = o.expires_at + MS_DAY + 1;
    int before = p.n;
    look(d, &o, "0");
    assert_int_equal(p.n, before); /* too old: nobody is asked */
    stop(d, &p);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, domain_setup, domain_teardown)
    const struct CMUnitTest tests[] = {
        T(what_may_pass_is_tried_again),
        T(another_address_is_for_trying_out_only),
        T(an_open_order_is_looked_at_until_it_is_old),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
