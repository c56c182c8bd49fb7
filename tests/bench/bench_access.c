/* What the access decision costs: cold (one query) in a planet of many members, and warm, as the further
 * decisions of one request. Prints "name value unit".
 *
 *     bench_access [MEMBERS]        100,000 unless said */
#include <time.h>

#include "node/planet/access.h"
#include "node/planet/grant.h"
#include "tests/unit/domain_fixture.h"

enum { WARM = 2000000, COLD = 20000, POSTS = 20, CHUNK = 5000 };

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Each has had three memberships; the last one runs. */
static int64_t *members(struct domain *d, int n)
{
    int64_t *ids = calloc((size_t)n, sizeof *ids), grant;
    struct cx *seed = d->cx;
    for (int i = 0; i < n;) {
        d->cx = cx_new(&d->store->node);
        d->cx->now = seed->now;
        OK_(tx_begin(d->cx));
        for (int k = 0; k < CHUNK && i < n; k++, i++) {
            ids[i] = person(d);
            for (int t = 0; t < 3; t++) {
                int64_t from = d->cx->now + (t - 2) * 30 * MS_DAY;
                struct grant_new g = {.account_id = ids[i], .planet_id = d->tea.id, .tier_id = d->member.id,
                                      .kind = "paid", .term = {from, from + 30 * MS_DAY, 1}, .window_days = DB_NULL,
                                      .order_id = DB_NULL, .price_id = DB_NULL};
                OK_(grant_put(d->cx, &g, &grant));
            }
        }
        OK_(tx_commit(d->cx));
        cx_free(d->cx);
    }
    d->cx = seed;
    return ids;
}

static struct gate post(struct domain *d, int i)
{
    return (struct gate){.post_id = 900 + i, .planet_id = d->tea.id, .author_id = d->owner.id, .kind = GATE_MEMBERS,
                         .rank = 1, .published_at = d->cx->now - i * MS_DAY};
}

static double cold(struct domain *d, const int64_t *ids, int n)
{
    double start = seconds();
    for (int i = 0; i < COLD; i++) {
        struct cx *cx = cx_new(&d->store->node);
        struct gate g = post(d, i % POSTS);
        struct access_pass pass;
        cx->now = d->cx->now;
        cx->viewer = ids[(int64_t)i * 7919 % n];
        OK_(access_decide(cx, &g, &pass));
        assert_true(access_is_full(&pass));
        cx_free(cx);
    }
    return (seconds() - start) / COLD;
}

static double warm(struct domain *d, int64_t who)
{
    struct gate gates[POSTS];
    struct access_pass passes[POSTS];
    for (int i = 0; i < POSTS; i++)
        gates[i] = post(d, i);
    d->cx->viewer = who;
    d->cx->recall = true;
    OK_(access_decide_many(d->cx, gates, POSTS, passes));
    double start = seconds();
    for (int i = 0; i < WARM; i++) {
        OK_(access_decide(d->cx, &gates[i % POSTS], passes));
        assert_true(access_is_full(passes));
    }
    return (seconds() - start) / WARM;
}

int main(int argc, char **argv)
{
    int n = argc > 1 ? (int)strtol(argv[1], NULL, 10) : 100000;
    void *state;
    domain_setup(&state);
    struct domain *d = state;
    int64_t *few = members(d, 10);
    printf("access_cold_few %.2f us\n", cold(d, few, 10) * 1e6);
    int64_t *many = members(d, n);
    printf("access_cold_many %.2f us\n", cold(d, many, n) * 1e6);
    printf("access_warm %.3f us\n", warm(d, many[n / 2]) * 1e6);
    free(few);
    free(many);
    return domain_teardown(&state);
}
