/* The books and the door of payments. Prints one line a figure: "name value".
 *
 *     bench_books books ENTRIES    make books of so many entries; first page, sums, verifying
 *     bench_books hooks N          N deliveries of payments, a third of them repeats, shuffled, by THREADS at
 *                                  once; and by turns with it, PARTS times, how many durable transactions of
 *                                  as many rows as a payment writes the same threads get committed in groups,
 *                                  a third of them empty; the processor's time for one of each; and how many
 *                                  transactions of one row */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "node/base/clock.h"
#include "node/base/crypt.h"
#include "node/base/id.h"
#include "node/cx.h"
#include "node/db/db.h"
#include "node/jobs/jobs.h"
#include "node/money/ledger.h"
#include "node/money/rail.h"
#include "node/node.h"
#include "node/people/account.h"
#include "node/planet/planet.h"
#include "node/server.h"
#include "node/wiring.h"

enum { ROWS = 16, /* that a settled payment writes */ THREADS = 16, GROUP = 500, PARTS = 5, LIMIT_MS = 800, DAYS = 730, PAGE = 51 };

struct bench {
    char dir[200], path[256];
    struct server server;
    struct node node;
    struct planet planet;
    struct tier tier;
    struct price price;
    struct str *bodies, *sigs;
    long *order; /* which delivery comes when */
    long n, n_unique;
    _Atomic long next, done;
    long until; /* of the deliveries: where this part ends */
    _Atomic int stop;
    int rows;
};

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void must(bool ok, const char *what)
{
    if (ok)
        return;
    fprintf(stderr, "bench_books: %s failed\n", what);
    exit(1);
}

static void begin(struct bench *b)
{
    struct account owner;
    const char *tmp = getenv("TMPDIR"), *store = getenv("BENCH_STORE");
    snprintf(b->dir, sizeof b->dir, "%s/orrery-bench-XXXXXX", tmp == NULL ? "/tmp" : tmp);
    must(mkdtemp(b->dir) != NULL, "a directory");
    snprintf(b->path, sizeof b->path, "%s/store.db", b->dir);
    b->server.wiring = &wiring;
    b->node = (struct node){.server = &b->server, .dir = b->dir, .origin = STR("https://t.example"),
                            .host = STR("t.example"), .dev = true, .ids = id_maker_new()};
    crypt_random(b->node.secret, sizeof b->node.secret);
    must(db_open(store != NULL ? store : b->path, db_migrations, &b->node.db) == OK, "the store");
    struct cx *cx = cx_new(&b->node);
    cx->now = clock_now();
    must(account_create(cx, STR("o@t.example"), STR_NULL, STR("O"), true, &owner) == OK, "an owner");
    must(planet_create(cx, STR("tea"), STR("Tea"), STR("en"), owner.id, &b->planet) == OK, "a planet");
    must(tier_create(cx, b->planet.id, STR("member"), STR("Member"), STR(""), 1, DB_NULL, &b->tier) == OK, "a tier");
    must(price_create(cx, b->tier.id, (struct money){3000, "CNY"}, STR("month"), 1, 0, &b->price) == OK, "a price");
    b->planet.handle = b->planet.name = b->planet.tagline = STR("tea"); /* the arena goes */
    cx_free(cx);
}

static void end(struct bench *b)
{
    char command[300];
    db_close(b->node.db);
    id_maker_free(b->node.ids);
    unlink(b->path);
    snprintf(command, sizeof command, "%s-wal", b->path);
    unlink(command);
    snprintf(command, sizeof command, "%s-shm", b->path);
    unlink(command);
    rmdir(b->dir);
}

/* ---- books ---- */

static enum err put_group(struct cx *cx, const struct bench *b, long from, int n, long all)
{
    int64_t begun = clock_now() - DAYS * MS_DAY;
    TX_SCOPE(cx);
    for (int i = 0; i < n; i++) {
        bool fee = (from + i) % 3 == 2;
        struct entry e[2] = {{fee ? STR("fee:stripe") : STR("clearing:stripe"), "CNY", fee ? 59 : 3000},
                             {fee ? STR("clearing:stripe") : STR("revenue:membership"), "CNY", fee ? -59 : -3000}};
        struct txn t = {.planet_id = b->planet.id, .kind = fee ? STR("fee") : STR("payment"), .order_id = from + i,
                        .grant_id = DB_NULL, .rail_event_id = from + i, .reverses = DB_NULL, .memo = STR("membership"),
                        .entries = e, .n_entries = 2};
        cx->now = begun + (int64_t)((double)(from + i) / (double)all * DAYS * MS_DAY);
        TRY(ledger_post(cx, &t));
    }
    return tx_commit(cx);
}

static double first_page(struct bench *b, const struct ledger_filter *f)
{
    double best = 1e9;
    for (int i = 0; i < 3; i++) {
        struct cx *cx = cx_new(&b->node);
        struct ledger_place newest = {0, 0};
        struct ledger_balance *accounts;
        struct txn *list;
        size_t n;
        double began = seconds();
        must(ledger_page(cx, b->planet.id, f, &newest, PAGE, &list, &n) == OK && n == PAGE, "a page");
        must(ledger_accounts(cx, b->planet.id, &accounts, &n) == OK, "accounts");
        double took = seconds() - began;
        best = i > 0 && took > best ? best : took;
        cx_free(cx);
    }
    return best * 1000;
}

static void books(struct bench *b, long entries)
{
    struct cx *cx = cx_new(&b->node);
    struct ledger_check c;
    struct ledger_sum *sums;
    struct ledger_filter all = LEDGER_ALL, one = LEDGER_ALL, old = LEDGER_ALL;
    size_t n;
    long txns = entries / 2;
    double began = seconds();
    for (long i = 0; i < txns; i += GROUP) {
        must(put_group(cx, b, i, txns - i < GROUP ? (int)(txns - i) : GROUP, txns) == OK, "a group");
        arena_reset(cx->arena);
    }
    printf("books.posted %.0f /s\n", (double)txns / (seconds() - began));
    printf("books.first_page %.1f ms\n", first_page(b, &all));
    one.account = STR("fee:stripe");
    printf("books.first_page_of_an_account %.1f ms\n", first_page(b, &one));
    old.to = clock_now() - DAYS / 2 * MS_DAY;
    printf("books.first_page_a_year_ago %.1f ms\n", first_page(b, &old));
    began = seconds();
    must(ledger_sums(cx, b->planet.id, clock_now() / MS_DAY - 365, INT64_MAX, &sums, &n) == OK, "sums");
    printf("books.sums_of_a_year %.1f ms\n", (seconds() - began) * 1000);
    began = seconds();
    must(ledger_verify(cx, b->planet.id, &c) == OK && c.ok && c.n_entries == txns * 2, "verifying");
    printf("books.verified %.0f entries/s\n", (double)c.n_entries / (seconds() - began));
    cx_free(cx);
}

/* ---- deliveries ---- */

/* Orders that wait for their payment, each of a person of its own, and the messages that pay them. */
static void prepare(struct bench *b, long n)
{
    b->n = n;
    b->n_unique = n - n / 3;
    b->bodies = calloc((size_t)b->n_unique, sizeof *b->bodies);
    b->sigs = calloc((size_t)b->n_unique, sizeof *b->sigs);
    b->order = calloc((size_t)n, sizeof *b->order);
    must(b->bodies != NULL && b->sigs != NULL && b->order != NULL, "memory");
    for (long i = 0; i < b->n_unique; i++) {
        struct cx *cx = cx_new(&b->node);
        struct account a;
        struct order o;
        struct str url, body, sig;
        cx->now = clock_now();
        must(account_create(cx, str_fmt(cx->arena, "p%ld@t.example", i), STR_NULL, STR("P"), false, &a) == OK, "a person");
        must(order_open(cx, a.id, b->price.id, "fake", &o) == OK && rail_checkout(cx, o.number, &url) == OK, "an order");
        cx->now = clock_now();
        must(fake_rail_event(cx, o.number, STR("paid"), 3000, STR("CNY"), &body, &sig) == OK, "a message");
        b->bodies[i] = str_c(strndup(body.p, body.n));
        b->sigs[i] = str_c(strndup(sig.p, sig.n));
        cx_free(cx);
    }
    for (long i = 0; i < n; i++)
        b->order[i] = i % b->n_unique;
    srandom(7);
    for (long i = n - 1; i > 0; i--) {
        long k = random() % (i + 1), was = b->order[i];
        b->order[i] = b->order[k];
        b->order[k] = was;
    }
}

static void *deliver(void *arg)
{
    struct bench *b = arg;
    for (long i; (i = b->next++) < b->until;) {
        struct cx *cx = cx_new(&b->node);
        enum order_verdict v;
        long which = b->order[i];
        cx->now = clock_now();
        must(rail_receive(cx, STR("fake"), b->planet.id, b->bodies[which], b->sigs[which], NULL, 0, &v) == OK, "a delivery");
        must(v != ORDER_UNMATCHED, "a payment that fits");
        cx_free(cx);
    }
    return NULL;
}

static enum err put_rows(struct cx *cx, int rows)
{
    TX_SCOPE(cx);
    for (int i = 0; i < rows; i++)
        TRY(job_put(cx, "bench.row", 1, STR("forty bytes of a row"), STR_NULL, INT64_MAX / 2));
    return tx_commit(cx);
}

/* Two thirds write what a payment writes, a third nothing, as repeats do. */
static void *commit_rows(void *arg)
{
    struct bench *b = arg;
    while (!b->stop) {
        struct cx *cx = cx_new(&b->node);
        long i = b->done++;
        if (b->rows == 1 || i % 3 != 0)
            must(put_rows(cx, b->rows) == OK, "a commit");
        cx_free(cx);
    }
    return NULL;
}

struct took {
    double wall, cpu;
    long n;
};

static double cpu_seconds(void)
{
    struct rusage r;
    getrusage(RUSAGE_SELF, &r);
    return (double)(r.ru_utime.tv_sec + r.ru_stime.tv_sec) +
           (double)(r.ru_utime.tv_usec + r.ru_stime.tv_usec) / 1e6;
}

/* What THREADS do until it is done, or for so long. */
static void by_all(struct bench *b, void *(*work)(void *), int ms, struct took *add)
{
    pthread_t t[THREADS];
    double began = seconds(), cpu = cpu_seconds();
    b->stop = 0;
    for (int i = 0; i < THREADS; i++)
        must(pthread_create(&t[i], NULL, work, b) == 0, "a thread");
    if (ms > 0)
        usleep((useconds_t)ms * 1000);
    b->stop = 1;
    for (int i = 0; i < THREADS; i++)
        pthread_join(t[i], NULL);
    add->wall += seconds() - began;
    add->cpu += cpu_seconds() - cpu;
}

static void limit(struct bench *b, int rows, struct took *add)
{
    b->rows = rows;
    b->done = 0;
    by_all(b, commit_rows, LIMIT_MS, add);
    add->n += b->done;
}

static void hooks(struct bench *b, long n)
{
    struct cx *cx = cx_new(&b->node);
    struct ledger_check c;
    struct ledger_balance *all;
    size_t n_all;
    struct took ours = {.n = n}, bare = {0}, one = {0};
    prepare(b, n);
    for (int i = 0; i < PARTS; i++) {
        limit(b, ROWS, &bare);
        b->until = i == PARTS - 1 ? n : n / PARTS * (i + 1);
        b->next = n / PARTS * i;
        by_all(b, deliver, 0, &ours);
    }
    limit(b, 1, &one);
    must(ledger_verify(cx, b->planet.id, &c) == OK && c.ok && c.n_entries == b->n_unique * 2, "each payment once");
    must(ledger_balances(cx, b->planet.id, &all, &n_all) == OK, "balances");
    for (size_t i = 0; i < n_all; i++)
        must(labs((long)all[i].amount) == b->n_unique * 3000, "the sums");
    printf("hooks.settled %.0f /s\n", (double)n / ours.wall);
    printf("hooks.limit %.0f /s\n", (double)bare.n / bare.wall);
    printf("hooks.cpu %.0f us\n", ours.cpu * 1e6 / (double)n);
    printf("hooks.limit_cpu %.0f us\n", bare.cpu * 1e6 / (double)bare.n);
    printf("hooks.limit_of_one_row %.0f /s\n", (double)one.n / one.wall);
    cx_free(cx);
    for (long i = 0; i < b->n_unique; i++) {
        free((char *)(uintptr_t)b->bodies[i].p);
        free((char *)(uintptr_t)b->sigs[i].p);
    }
    free(b->bodies);
    free(b->sigs);
    free(b->order);
}

int main(int argc, char **argv)
{
    struct bench b = {.next = 0};
    int64_t n;
    must(argc == 3 && str_to_i64(str_c(argv[2]), &n) && n > 0, "bench_books books|hooks N:");
    begin(&b);
    if (strcmp(argv[1], "books") == 0)
        books(&b, (long)n);
    else
        hooks(&b, (long)n);
    end(&b);
    return 0;
}
