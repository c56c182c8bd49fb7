/* A node with a planet made by the real verbs, for tests of people, planets and money: two tiers, a
 * price, an owner. The clock stands at 2027-01-31 10:00 UTC until a test moves cx->now. */
#ifndef TESTS_UNIT_DOMAIN_FIXTURE_H
#define TESTS_UNIT_DOMAIN_FIXTURE_H

#include "node/base/clock.h"
#include "node/base/crypt.h"
#include "node/event.h"
#include "node/money/order.h"
#include "node/people/account.h"
#include "node/people/login_mail.h"
#include "node/planet/planet.h"
#include "node/server.h"
#include "tests/unit/store.h"

#define OK_(call) assert_int_equal((call), OK)

struct domain {
    struct store *store;
    struct server server;
    struct cx *cx;
    struct account owner;
    struct planet tea;
    struct tier member, gold; /* ranks 1 and 2 */
    struct price month;       /* of member: CNY 30.00 a month */
    int n_people;
};

static const struct event_row domain_events[] = {
    {EV_LOGIN_MAIL, false, {"mail.login"}},
    {EV_NONE},
};
static const struct job_row domain_mail_jobs[] = {{.kind = "mail.login", .run = mail_login_run, .tries = 3}, {0}};
static const struct job_row *const domain_jobs[] = {domain_mail_jobs, NULL};
static const struct wiring domain_wiring = {.events = domain_events, .jobs = domain_jobs};

static inline int64_t at_time(const char *rfc3339)
{
    int64_t ms;
    assert_true(clock_parse_rfc3339(str_c(rfc3339), &ms));
    return ms;
}

static inline int64_t person(struct domain *d)
{
    struct account a;
    struct str mail = str_fmt(d->cx->arena, "p%d@t.example", d->n_people++);
    OK_(account_create(d->cx, mail, STR_NULL, STR("Somebody"), false, &a));
    return a.id;
}

static inline int domain_setup(void **state)
{
    struct domain *d = calloc(1, sizeof *d);
    struct money thirty = {3000, "CNY"};
    d->store = store_new();
    d->server.wiring = &domain_wiring;
    d->store->node.server = &d->server;
    d->store->node.dir = d->store->dir;
    d->store->node.origin = STR("https://t.example");
    d->store->node.host = STR("t.example");
    d->store->node.dev = true;
    crypt_random(d->store->node.secret, sizeof d->store->node.secret);
    struct cx *cx = d->cx = cx_new(&d->store->node);
    cx->now = at_time("2027-01-31T10:00:00Z");
    OK_(account_create(cx, STR("olga@t.example"), STR_NULL, STR("Olga"), true, &d->owner));
    OK_(planet_create(cx, STR("tea"), STR("Tea"), STR("en"), d->owner.id, &d->tea));
    OK_(tier_create(cx, d->tea.id, STR("member"), STR("Member"), STR(""), 1, DB_NULL, &d->member));
    OK_(tier_create(cx, d->tea.id, STR("gold"), STR("Gold"), STR(""), 2, DB_NULL, &d->gold));
    OK_(price_create(cx, d->member.id, thirty, STR("month"), 1, 7, &d->month));
    *state = d;
    return 0;
}

static inline int domain_teardown(void **state)
{
    struct domain *d = *state;
    cx_free(d->cx);
    store_free(d->store);
    free(d);
    return 0;
}

/* Behind the program's back, on a connection of its own. */
static inline int64_t raw(struct domain *d, const char *sql)
{
    return store_sql(d->store, sql);
}
#define RAW(d, ...) raw((d), str_fmt((d)->cx->arena, __VA_ARGS__).p)

#endif
