/* The connections of one schema: opened when needed, kept while used, replaced when lost. */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "node/base/clock.h"
#include "node/base/log.h"
#include "node/db/pg_private.h"

static void conn_free(struct pg_conn *c)
{
    pg_forget_prepared(c);
    PQfinish(c->h);
    free(c);
}

/* While it is down nobody waits for it in vain: who comes is told to come again. */
static bool is_down(struct pg_db *db)
{
    pthread_mutex_lock(&db->lock);
    bool down = db->down_at != 0 && clock_monotonic() - db->down_at < PG_DOWN_MS;
    pthread_mutex_unlock(&db->lock);
    return down;
}

static void note_answer(struct pg_db *db, bool answers, const char *fault)
{
    pthread_mutex_lock(&db->lock);
    bool was_down = db->down_at != 0;
    db->down_at = answers ? 0 : clock_monotonic();
    pthread_mutex_unlock(&db->lock);
    if (answers && was_down)
        log_info("db", "the store answers again schema=%s", db->at.schema);
    if (!answers && !was_down)
        log_error("db", "the store does not answer schema=%s: %s", db->at.schema, fault);
}

static enum err open_handle(struct pg_conn *c)
{
    struct pg_db *db = c->db;
    c->bad = true;
    if (is_down(db)) {
        pg_fault_set(c->fault, "the store does not answer", NULL);
        return ERR_BUSY;
    }
    c->h = pg_connect(&db->at, c->fault);
    note_answer(db, c->h != NULL, c->fault);
    if (c->h == NULL)
        return ERR_BUSY;
    if (PQenterPipelineMode(c->h) != 1) {
        pg_fault_set(c->fault, PQerrorMessage(c->h), &db->at);
        return ERR_INTERNAL;
    }
    c->bad = false;
    return OK;
}

enum err pg_reopen(struct pg_conn *c)
{
    pg_forget_prepared(c);
    PQfinish(c->h);
    c->h = NULL;
    c->begun = c->control = false;
    c->reopened = true;
    return open_handle(c);
}

/* The server ends a connection with a word, so a quiet one has nothing to read. What was used just
 * now isn't asked: reads and first statements are tried again anyway. */
static bool is_alive(const struct pg_conn *c, bool sure)
{
    if (!sure && !c->bad && clock_monotonic() - c->base.used_at < PG_FRESH_MS)
        return true;
    struct pollfd p = {.fd = PQsocket(c->h), .events = POLLIN};
    return !c->bad && PQstatus(c->h) == CONNECTION_OK && poll(&p, 1, 0) == 0;
}

static void conn_gone(struct pg_db *db)
{
    pthread_mutex_lock(&db->lock);
    db->n_conns--;
    pthread_cond_signal(&db->free);
    pthread_mutex_unlock(&db->lock);
}

/* An idle one, or room for a new one (NULL). */
static enum err take_place(struct pg_db *db, struct pg_conn **ret)
{
    const struct timespec until = clock_deadline(DB_CONN_WAIT_MS);
    enum err e = OK;
    pthread_mutex_lock(&db->lock);
    while (db->idle == NULL && db->n_conns == DB_MAX_CONNS && e == OK)
        if (pthread_cond_timedwait(&db->free, &db->lock, &until) == ETIMEDOUT)
            e = ERR_BUSY;
    *ret = (struct pg_conn *)db->idle;
    if (*ret != NULL) {
        db->idle = (*ret)->base.next;
        e = OK;
    } else if (e == OK) {
        db->n_conns++;
    }
    pthread_mutex_unlock(&db->lock);
    return e;
}

enum err pg_take(struct pg_db *db, bool sure, struct pg_conn **ret, char fault[PG_FAULT])
{
    struct pg_conn *c;
    enum err e = take_place(db, &c);
    if (e != OK) {
        pg_fault_set(fault, "no connection became free in time", NULL);
        return e;
    }
    if (c == NULL) {
        c = calloc(1, sizeof *c);
        if (c == NULL)
            abort();
        c->db = db;
        e = open_handle(c);
    } else if (!is_alive(c, sure)) {
        e = pg_reopen(c);
    }
    if (e != OK) {
        memcpy(fault, c->fault, PG_FAULT);
        conn_free(c);
        conn_gone(db);
        return e;
    }
    c->begun = c->control = c->reopened = false;
    c->n_pending = 0;
    *ret = c;
    return OK;
}

/* The idle ones stand in the order of their last use. */
static void trim(struct pg_db *db)
{
    int64_t before = clock_monotonic() - DB_IDLE_MS;
    pthread_mutex_lock(&db->lock);
    struct db_conn **at = &db->idle;
    while (*at != NULL && (*at)->used_at >= before)
        at = &(*at)->next;
    struct db_conn *old = *at;
    *at = NULL;
    for (struct db_conn *c = old; c != NULL; c = c->next)
        db->n_conns--;
    pthread_mutex_unlock(&db->lock);
    while (old != NULL) {
        struct pg_conn *c = (struct pg_conn *)old;
        old = old->next;
        conn_free(c);
    }
}

void pg_give(struct pg_db *db, struct pg_conn *c)
{
    if (c->bad || c->begun || c->n_pending > 0) {
        conn_free(c);
        conn_gone(db);
        return;
    }
    int64_t now = clock_monotonic();
    c->base.used_at = now;
    pthread_mutex_lock(&db->lock);
    c->base.next = db->idle;
    db->idle = &c->base;
    bool trims = now - db->trimmed_at > DB_IDLE_MS / 2;
    if (trims)
        db->trimmed_at = now;
    pthread_cond_signal(&db->free);
    pthread_mutex_unlock(&db->lock);
    if (trims)
        trim(db);
}

void pg_pool_end(struct pg_db *db)
{
    while (db->idle != NULL) {
        struct pg_conn *c = (struct pg_conn *)db->idle;
        db->idle = c->base.next;
        conn_free(c);
    }
}
