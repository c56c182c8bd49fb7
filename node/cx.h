/* The context of one request or one job: first parameter of every domain function.
 *
 * It belongs to one thread at a time. It owns the arena that all results live in, the store
 * connection in use, who is looking, in which language, and what went wrong last.
 *
 *     TX_SCOPE(cx);                       begins; rolled back unless committed
 *     TRY(q_post_insert(cx, …));
 *     TRY(event_emit(cx, EV_POST_PUBLISHED, post_id, STR_NULL));
 *     TRY(tx_commit(cx));                 returns when it is on disk
 */
#ifndef NODE_CX_H
#define NODE_CX_H

#include <stdbool.h>
#include <stdint.h>

#include "node/base/arena.h"
#include "node/base/err.h"
#include "node/base/str.h"

struct node;
struct db_conn;
struct standing;
struct zone;

enum locale { LOCALE_EN, LOCALE_ZH_CN, LOCALE_COUNT };

struct cx {
    struct arena *arena;
    struct node *node;
    struct db_conn *conn;   /* the connection of the open transaction; else NULL */
    int tx_depth;
    int tx_lost;            /* the level that a failed statement lost, with all in it; 0: none */
    enum err tx_lost_by;
    bool tx_shared;         /* the open transaction is a shared one */
    bool tx_flat;           /* its levels have no room of their own: one undone loses all (tx_together) */
    bool unpinned;
    int64_t viewer;         /* account id, 0 = visitor */
    struct str ip;          /* where the browser of this request is; STR_NULL: no request */
    enum locale locale;
    struct str zone_name;   /* whose days and hours are shown and read: i18n_clock; none: UTC */
    const struct zone *zone; /* the same, once it was needed */
    int64_t now;            /* fixed at the start of the request or job; tests set it */
    char trace[17];         /* names this request or job in the log */
    const char *fail;       /* for the log: what failed and where; NULL if nothing did */
    const char *tell;       /* for the person, already translated; NULL: a sentence by code */
    int64_t retry_after_s;  /* with ERR_RATE_LIMITED, ERR_BUSY, ERR_UPSTREAM; 0 = not said */
    bool recall;            /* this only shows: public queries may be answered from memory (node/db) */
    const struct standing *standing; /* with recall: what is known of viewers (node/planet/access.c) */
    int64_t call_by;        /* calls to providers end by then (clock_monotonic); 0: by their own time */
    int64_t locked_planet;  /* of the open transaction (planet_lock); 0: none */
    bool lazy;              /* the next transactions need not outlive a power cut (leases) */
    unsigned wake;          /* WAKE_…: what to do after the outermost commit */
    int64_t good_until;     /* a page that is made holds something that changes by the clock then; 0: nothing */
};
enum {
    WAKE_JOBS = 1,
    WAKE_PUBLIC = 2, /* an anonymous page changes: node->public_generation */
    WAKE_ALL = WAKE_JOBS | WAKE_PUBLIC,
};

/* A fresh cx on a node (arena made here), which stays awake until cx_free (node/nodes.h). cx_free
 * rolls back what was left open. */
struct cx *cx_new(struct node *node);
/* The same for who keeps the node open by other means and must not count as using it (the jobs engine
 * looks into each queue once a second). */
struct cx *cx_new_unpinned(struct node *node);
struct cx *cx_free(struct cx *cx);

/* What the page says is true until then at most; DB_NULL or the past: as it is. The earliest counts. */
void cx_good_until(struct cx *cx, int64_t at);

/* Record the cause for the log and return the code. Never put locked text or secrets in it. */
#define cx_fail(cx, code, ...) cx_fail_at((cx), (code), __FILE__, __LINE__, __VA_ARGS__)
MUST_USE enum err cx_fail_at(struct cx *cx, enum err code, const char *file, int line,
                             const char *fmt, ...) __attribute__((format(printf, 5, 6)));
/* Set what the person is told, an English sentence marked N_("…"); translated here with the
 * cx's locale. Returns the code: return cx_tell(cx, ERR_INVALID, N_("The title is missing.")); */
MUST_USE enum err cx_tell(struct cx *cx, enum err code, const char *msgid);
/* The same with values: {0}, {1}… in the sentence. */
MUST_USE enum err cx_tellf(struct cx *cx, enum err code, const char *msgid, const struct str *args,
                           size_t n_args);
#define N_(s) s

/* Transactions nest: only the outermost commits; an inner one that is rolled back undoes its own
 * part. One thread has at most one open at a time. After a failed tx_commit nothing is stored.
 *
 * A statement that fails loses the innermost level: what follows in it fails, too, until it is
 * rolled back. Who wants to go on after a failure nests a level around what may fail.
 *
 * Those begun with tx_begin run one after the other on a node, whatever the store and however many
 * processes there are. */
MUST_USE enum err tx_begin(struct cx *cx);
/* For hot paths whose every statement is guarded by its own constraints or by tx_lock: on stores
 * that can, shared ones run side by side, though never beside one begun with tx_begin. In a
 * transaction of either kind it is a level like any other; tx_begin inside a shared one is
 * ERR_INTERNAL on every store. */
MUST_USE enum err tx_begin_shared(struct cx *cx);
/* In a shared transaction: waits until no other shared one of this node holds the same name, and
 * holds it to the end of the transaction. Elsewhere it has nothing to do. ERR_BUSY: waited in vain,
 * or two wait for each other. */
MUST_USE enum err tx_lock(struct cx *cx, struct str name);
MUST_USE enum err tx_commit(struct cx *cx);
void tx_rollback(struct cx *cx);
/* A whole transaction in which work is done, committed when this returns OK; those of threads that come at the
 * same time are made as one, one work after the other, which costs each a fraction. work is short and does
 * nothing but read and write by its cx, always the caller's, though it may run on another's thread meanwhile;
 * whatever it fails with is undone for all of them, and then it runs once more, alone: what it says by arg it
 * says anew. Inside a transaction it is a level like any other. */
MUST_USE enum err tx_together(struct cx *cx, enum err (*work)(struct cx *cx, void *arg), void *arg);

struct tx_scope {
    struct cx *cx;
    int depth;
};
void tx_scope_end(struct tx_scope *s);
#define TX_SCOPE(c)                                                                                \
    TRY(tx_begin(c));                                                                              \
    __attribute__((cleanup(tx_scope_end), unused)) struct tx_scope tx_scope_ = {(c), (c)->tx_depth}
#define TX_SCOPE_SHARED(c)                                                                         \
    TRY(tx_begin_shared(c));                                                                       \
    __attribute__((cleanup(tx_scope_end), unused)) struct tx_scope tx_scope_ = {(c), (c)->tx_depth}

/* Before a long wait: complains in the log if a transaction is open. Readers are held for one query
 * at a time, so there is nothing else to give back. */
void cx_release(struct cx *cx);

#endif
