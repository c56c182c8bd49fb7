/* The store against bare SQLite on the same disk in the same run. Prints "name value unit".
 *
 *     bench_store            all
 *     bench_store raw        only how many durable commits bare SQLite makes */
#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "node/base/id.h"
#include "node/cx.h"
#include "node/db/db.h"
#include "node/jobs/jobs.h"
#include "node/jobs/jobs_sql.h"
#include "node/node.h"

enum { SECONDS = 2, GROUP = 100, MAX_THREADS = 64 };

static const char payload[] = "a payload of some forty bytes, as they are";

struct bench {
    char dir[200];
    struct node node;
    _Atomic int stop;
    _Atomic long done;
    int group;
};

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void must(int ok, const char *what)
{
    if (ok)
        return;
    fprintf(stderr, "bench_store: %s failed\n", what);
    exit(1);
}

static enum err put_group(struct cx *cx, int n)
{
    TX_SCOPE(cx);
    for (int i = 0; i < n; i++)
        TRY(job_put(cx, "bench.row", i, str_c(payload), STR_NULL, 0));
    return tx_commit(cx);
}

static void *writer(void *arg)
{
    struct bench *b = arg;
    struct cx *cx = cx_new(&b->node);
    while (!b->stop) {
        must(put_group(cx, b->group) == OK, "a commit");
        b->done += b->group;
        arena_reset(cx->arena);
    }
    cx_free(cx);
    return NULL;
}

static double run_ours(struct bench *b, int n_threads, int group)
{
    pthread_t t[MAX_THREADS];
    b->stop = 0;
    b->done = 0;
    b->group = group;
    double began = seconds();
    for (int i = 0; i < n_threads; i++)
        must(pthread_create(&t[i], NULL, writer, b) == 0, "a thread");
    sleep(SECONDS);
    b->stop = 1;
    for (int i = 0; i < n_threads; i++)
        pthread_join(t[i], NULL);
    return (double)b->done / (seconds() - began);
}

static double run_raw(const char *path, int group)
{
    sqlite3 *h;
    sqlite3_stmt *stmt;
    must(sqlite3_open(path, &h) == SQLITE_OK, "open");
    sqlite3_exec(h, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL", NULL, NULL, NULL);
    must(sqlite3_exec(h, "CREATE TABLE IF NOT EXISTS job (id INTEGER PRIMARY KEY, kind TEXT NOT NULL, subject INTEGER, "
                         "payload TEXT, order_key TEXT, state TEXT, run_at INTEGER, attempts INTEGER, lease_owner TEXT, "
                         "lease_until INTEGER, last_error TEXT, created_at INTEGER) STRICT;"
                         "CREATE INDEX IF NOT EXISTS job_due ON job (state, kind, run_at, id);"
                         "CREATE INDEX IF NOT EXISTS job_order ON job (order_key, state, id)",
                      NULL, NULL, NULL) == SQLITE_OK, "the raw table");
    must(sqlite3_prepare_v2(h, dbq_job_insert.sql, -1, &stmt, NULL) == SQLITE_OK, "prepare");
    int64_t id = 0;
    long done = 0;
    double began = seconds();
    while (seconds() - began < SECONDS) {
        sqlite3_exec(h, "BEGIN IMMEDIATE", NULL, NULL, NULL);
        for (int i = 0; i < group; i++) {
            sqlite3_bind_int64(stmt, 1, ++id);
            sqlite3_bind_text(stmt, 2, "bench.row", -1, SQLITE_STATIC);
            sqlite3_bind_int64(stmt, 3, i);
            sqlite3_bind_text(stmt, 4, payload, -1, SQLITE_STATIC);
            sqlite3_bind_int64(stmt, 6, 1);
            sqlite3_bind_int64(stmt, 7, 1);
            must(sqlite3_step(stmt) == SQLITE_DONE, "a raw row");
            sqlite3_reset(stmt);
        }
        must(sqlite3_exec(h, "COMMIT", NULL, NULL, NULL) == SQLITE_OK, "a raw commit");
        done += group;
    }
    double rate = (double)done / (seconds() - began);
    sqlite3_finalize(stmt);
    sqlite3_close(h);
    return rate;
}

static double run_reads(struct bench *b)
{
    struct cx *cx = cx_new(&b->node);
    long done = 0;
    double began = seconds();
    while (seconds() - began < SECONDS) {
        struct job_info *list;
        size_t n;
        for (int i = 0; i < 100; i++)
            must(job_list(cx, NULL, 0, 1, &list, &n) == OK && n == 1, "a read");
        done += 100;
        arena_reset(cx->arena);
    }
    cx_free(cx);
    return (double)done / (seconds() - began);
}

static void run_all(struct bench *b, const char *raw)
{
    double limit = run_raw(raw, 1);
    printf("store.commits.raw_sqlite %.0f /s\n", limit);
    double one = run_ours(b, 1, 1);
    printf("store.commits.1_thread %.0f /s (%.2f of raw)\n", one, one / limit);
    uint64_t commits0, members0, commits, members;
    db_counters(b->node.db, &commits0, &members0);
    double many = run_ours(b, 16, 1);
    db_counters(b->node.db, &commits, &members);
    printf("store.commits.16_threads %.0f /s (%.2f of raw, %.1f a sync)\n", many, many / limit,
           (double)(members - members0) / (double)(commits - commits0));
    unlink(raw);
    double raw_rows = run_raw(raw, GROUP), rows = run_ours(b, 1, GROUP);
    printf("store.rows.raw_sqlite %.0f /s\n", raw_rows);
    printf("store.rows.in_hundreds %.0f /s (%.2f of raw)\n", rows, rows / raw_rows);
    printf("store.reads.1_thread %.0f /s\n", run_reads(b));
}

int main(int argc, char **argv)
{
    struct bench b = {0};
    char path[256], raw[256];
    const char *tmp = getenv("TMPDIR");
    snprintf(b.dir, sizeof b.dir, "%s/orrery-bench-XXXXXX", tmp == NULL ? "/tmp" : tmp);
    must(mkdtemp(b.dir) != NULL, "a directory");
    snprintf(path, sizeof path, "%s/store.db", b.dir);
    snprintf(raw, sizeof raw, "%s/raw.db", b.dir);
    if (argc > 1 && strcmp(argv[1], "raw") == 0) {
        printf("%.0f\n", run_raw(raw, 1));
    } else {
        b.node.ids = id_maker_new();
        must(db_open(path, db_migrations, &b.node.db) == OK, "db_open");
        run_all(&b, raw);
        db_close(b.node.db);
        id_maker_free(b.node.ids);
        unlink(path);
    }
    unlink(raw);
    rmdir(b.dir);
    return 0;
}
