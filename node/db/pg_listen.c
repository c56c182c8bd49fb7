/* Who else writes this database, and what is to be woken for it: one connection and thread per
 * database, which hears NOTIFY and says it for this process, too. It speaks outside of everybody's
 * transactions, since NOTIFY takes a lock of the whole database at the commit, and at most a hundred
 * times a second however many commits there are. */
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "node/base/arena.h"
#include "node/base/buf.h"
#include "node/base/clock.h"
#include "node/base/crypt.h"
#include "node/base/log.h"
#include "node/db/pg_private.h"

enum { SPACING_MS = 10, AGAIN_MS = 1000, MAX_TEXT = 1 << 20 };

struct word {
    char schema[PG_SCHEMA_MAX + 1];
    unsigned wake;
};

/* One database. */
struct pg_ear {
    struct db_listener *owner;
    struct pg_address at;
    pthread_t thread;
    int event;
    PGconn *h;           /* the thread's */
    bool complained;
    _Atomic bool held;   /* the lock that says that this process lives */
    pthread_mutex_t lock; /* guards what follows */
    bool stop;
    struct word *words;  /* to be said */
    size_t n, cap;
    struct pg_ear *next;
};

struct db_listener {
    void (*heard)(void *arg, struct str schema, unsigned wake);
    void *arg;
    char owner[17];
    pthread_mutex_t hearing; /* held while heard runs; guards deaf */
    bool deaf;
    pthread_mutex_t lock;
    struct pg_ear *ears;
};

/* ---- saying -------------------------------------------------------------------------------- */

static void ring(const struct pg_ear *ear)
{
    const uint64_t one = 1;
    (void)!write(ear->event, &one, sizeof one);
}

void pg_ear_post(struct pg_ear *ear, const char *schema, unsigned wake)
{
    pthread_mutex_lock(&ear->lock);
    bool first = ear->n == 0;
    size_t i = 0;
    while (i < ear->n && strcmp(ear->words[i].schema, schema) != 0)
        i++;
    if (i == ear->cap) {
        ear->cap = ear->cap == 0 ? 16 : ear->cap * 2;
        ear->words = realloc(ear->words, ear->cap * sizeof *ear->words);
        if (ear->words == NULL)
            abort();
    }
    if (i == ear->n) {
        ear->words[i] = (struct word){.wake = 0};
        memcpy(ear->words[i].schema, schema, strlen(schema) + 1);
        ear->n++;
    }
    ear->words[i].wake |= wake;
    pthread_mutex_unlock(&ear->lock);
    if (first)
        ring(ear);
}

static bool has_words(struct pg_ear *ear)
{
    pthread_mutex_lock(&ear->lock);
    bool has = ear->n > 0;
    pthread_mutex_unlock(&ear->lock);
    return has;
}

/* What could not be said stays to be said. */
static bool say(struct pg_ear *ear)
{
    struct arena *a = arena_new();
    struct buf list;
    buf_init_arena(&list, a, MAX_TEXT);
    pthread_mutex_lock(&ear->lock);
    struct word *words = ear->words;
    size_t n = ear->n;
    ear->words = NULL;
    ear->n = ear->cap = 0;
    pthread_mutex_unlock(&ear->lock);
    bool said = true;
    for (size_t i = 0; i < n; i++)
        buf_fmt(&list, "%s\"%s %u\"", i == 0 ? "{" : ",", words[i].schema, words[i].wake);
    if (n > 0) {
        buf_lit(&list, "}");
        const char *const in[] = {buf_str(&list).p};
        PGresult *res = PQexecParams(ear->h, "SELECT pg_notify('orrery', w) FROM unnest($1::text[]) w",
                                     1, NULL, in, NULL, NULL, 0);
        said = PQresultStatus(res) == PGRES_TUPLES_OK;
        PQclear(res);
    }
    for (size_t i = 0; i < n && !said; i++)
        pg_ear_post(ear, words[i].schema, words[i].wake);
    free(words);
    arena_free(a);
    return said;
}

/* ---- hearing ------------------------------------------------------------------------------- */

static void tell(struct db_listener *l, struct str schema, unsigned wake)
{
    pthread_mutex_lock(&l->hearing);
    if (!l->deaf)
        l->heard(l->arg, schema, wake);
    pthread_mutex_unlock(&l->hearing);
}

static void hear(const struct pg_ear *ear)
{
    PGnotify *n;
    while ((n = PQnotifies(ear->h)) != NULL) {
        struct str rest = str_c(n->extra), schema;
        int64_t wake = 0;
        if (n->be_pid != PQbackendPID(ear->h) && str_next(&rest, ' ', &schema) &&
            str_to_i64(rest, &wake) && wake > 0)
            tell(ear->owner, schema, (unsigned)wake);
        PQfreemem(n);
    }
}

/* Shared with ourselves: one database may have several addresses (a user for each node), and a
 * connection of ours that was lost may hold it until the server notices. False while somebody looks
 * whether we live. */
static bool hold_owner(struct pg_ear *ear)
{
    const char *const in[] = {ear->owner->owner};
    PGresult *res = PQexecParams(
        ear->h, "SELECT pg_try_advisory_lock_shared(hashtextextended('orrery owner ' || $1::text, 0))",
        1, NULL, in, NULL, NULL, 0);
    bool held = PQresultStatus(res) == PGRES_TUPLES_OK && strcmp(PQgetvalue(res, 0, 0), "t") == 0;
    PQclear(res);
    return held;
}

static void lose(struct pg_ear *ear)
{
    atomic_store(&ear->held, false);
    PQfinish(ear->h);
    ear->h = NULL;
}

/* After a gap anything may have happened. */
static bool tune_in(struct pg_ear *ear)
{
    char fault[PG_FAULT];
    ear->h = pg_connect(&ear->at, fault);
    if (ear->h == NULL) {
        if (!ear->complained)
            log_warn("db", "nobody can be heard of other processes: %s", fault);
        ear->complained = true;
        return false;
    }
    ear->complained = false;
    PGresult *res = PQexec(ear->h, "SET synchronous_commit = off; LISTEN orrery");
    bool listens = PQresultStatus(res) == PGRES_COMMAND_OK;
    PQclear(res);
    listens = listens && hold_owner(ear);
    atomic_store(&ear->held, listens);
    if (listens)
        tell(ear->owner, STR_NULL, WAKE_ALL);
    return listens;
}

static bool is_stopping(struct pg_ear *ear)
{
    pthread_mutex_lock(&ear->lock);
    bool stop = ear->stop;
    pthread_mutex_unlock(&ear->lock);
    return stop;
}

/* True when there is something to say. */
static bool wait_for_word(const struct pg_ear *ear, int ms)
{
    uint64_t n = 0;
    struct pollfd p[] = {{.fd = ear->event, .events = POLLIN},
                         {.fd = ear->h == NULL ? -1 : PQsocket(ear->h), .events = POLLIN}};
    poll(p, 2, ms);
    return (p[0].revents & POLLIN) != 0 && read(ear->event, &n, sizeof n) == sizeof n;
}

static void *listen_thread(void *arg)
{
    struct pg_ear *ear = arg;
    int64_t said_at = 0;
    while (!is_stopping(ear)) {
        if (ear->h == NULL && !tune_in(ear)) {
            lose(ear);
            (void)wait_for_word(ear, AGAIN_MS);
            continue;
        }
        /* What was posted while nobody listened has rung in vain. */
        bool word = has_words(ear) || wait_for_word(ear, 30000);
        int64_t early = said_at + SPACING_MS - clock_monotonic();
        if (word && early > 0)
            usleep((unsigned)early * 1000);
        bool well = !word || say(ear);
        if (word)
            said_at = clock_monotonic();
        well = PQconsumeInput(ear->h) == 1 && well;
        hear(ear);
        if (!well || PQstatus(ear->h) != CONNECTION_OK) {
            lose(ear);
            (void)wait_for_word(ear, AGAIN_MS);
        }
    }
    return NULL;
}

/* ---- who listens --------------------------------------------------------------------------- */

struct db_listener *db_listener_new(void (*heard)(void *arg, struct str schema, unsigned wake),
                                    void *arg)
{
    struct db_listener *l = calloc(1, sizeof *l);
    if (l == NULL)
        abort();
    l->heard = heard;
    l->arg = arg;
    uint64_t name;
    crypt_random(&name, sizeof name);
    snprintf(l->owner, sizeof l->owner, "%016llx", (unsigned long long)name);
    pthread_mutex_init(&l->lock, NULL);
    pthread_mutex_init(&l->hearing, NULL);
    return l;
}

static struct pg_ear *ear_new(struct db_listener *l, const struct pg_address *at)
{
    struct pg_ear *ear = calloc(1, sizeof *ear);
    if (ear == NULL)
        abort();
    ear->owner = l;
    pg_address_copy(&ear->at, at);
    ear->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    pthread_mutex_init(&ear->lock, NULL);
    if (ear->event < 0 || pthread_create(&ear->thread, NULL, listen_thread, ear) != 0)
        abort();
    return ear;
}

void db_listener_add(struct db_listener *l, struct db *base)
{
    struct pg_db *db = pg_db_of(base);
    if (db == NULL)
        return;
    pthread_mutex_lock(&l->lock);
    struct pg_ear *ear = l->ears;
    while (ear != NULL && strcmp(ear->at.url, db->at.url) != 0)
        ear = ear->next;
    if (ear == NULL) {
        ear = ear_new(l, &db->at);
        ear->next = l->ears;
        l->ears = ear;
    }
    db->ear = ear;
    pthread_mutex_unlock(&l->lock);
}

void db_listener_stop(struct db_listener *l)
{
    pthread_mutex_lock(&l->hearing);
    l->deaf = true;
    pthread_mutex_unlock(&l->hearing);
}

const char *db_listener_owner(const struct db_listener *l)
{
    return l->owner;
}

bool db_owner_is_held(const struct db *base)
{
    const struct pg_db *db = pg_db_of((struct db *)(uintptr_t)base);
    return db == NULL || db->ear == NULL || atomic_load(&db->ear->held);
}

static void ear_free(struct pg_ear *ear)
{
    pthread_mutex_lock(&ear->lock);
    ear->stop = true;
    pthread_mutex_unlock(&ear->lock);
    ring(ear);
    pthread_join(ear->thread, NULL);
    PQfinish(ear->h);
    close(ear->event);
    pthread_mutex_destroy(&ear->lock);
    pg_address_free(&ear->at);
    free(ear->words);
    free(ear);
}

struct db_listener *db_listener_free(struct db_listener *l)
{
    while (l != NULL && l->ears != NULL) {
        struct pg_ear *ear = l->ears;
        l->ears = ear->next;
        ear_free(ear);
    }
    if (l != NULL) {
        pthread_mutex_destroy(&l->lock);
        pthread_mutex_destroy(&l->hearing);
    }
    free(l);
    return NULL;
}
