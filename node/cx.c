#include "node/cx.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "node/base/clock.h"
#include "node/base/i18n.h"
#include "node/base/log.h"
#include "node/db/db.h"
#include "node/jobs/jobs.h"
#include "node/nodes.h"

struct cx *cx_new_unpinned(struct node *node)
{
    struct cx *cx = calloc(1, sizeof *cx);
    unsigned char name[8];
    if (cx == NULL || getrandom(name, sizeof name, 0) != sizeof name)
        abort();
    cx->arena = arena_new();
    cx->node = node;
    cx->unpinned = true;
    cx->now = clock_now();
    for (size_t i = 0; i < sizeof name; i++) {
        cx->trace[2 * i] = "0123456789abcdef"[name[i] >> 4];
        cx->trace[2 * i + 1] = "0123456789abcdef"[name[i] & 15];
    }
    return cx;
}

struct cx *cx_new(struct node *node)
{
    struct cx *cx = cx_new_unpinned(node);
    cx->unpinned = false;
    node_hold(node);
    return cx;
}

struct cx *cx_free(struct cx *cx)
{
    if (cx == NULL)
        return NULL;
    while (cx->tx_depth > 0)
        tx_rollback(cx);
    struct node *node = cx->unpinned ? NULL : cx->node;
    arena_free(cx->arena);
    free(cx);
    if (node != NULL)
        node_drop(node); /* last: what is bound to the arena may still need it */
    return NULL;
}

void cx_good_until(struct cx *cx, int64_t at)
{
    if (at > cx->now && (cx->good_until == 0 || at < cx->good_until))
        cx->good_until = at;
}

enum err cx_fail_at(struct cx *cx, enum err code, const char *file, int line, const char *fmt, ...)
{
    size_t n;
    va_list ap;
    va_start(ap, fmt);
    const char *words = arena_vprintf(cx->arena, &n, fmt, ap);
    va_end(ap);
    cx->fail = arena_printf(cx->arena, "%s (%s:%d)", words, file, line);
    return code;
}

enum err cx_tell(struct cx *cx, enum err code, const char *msgid)
{
    cx->tell = i18n_get(cx->locale, msgid);
    return code;
}

enum err cx_tellf(struct cx *cx, enum err code, const char *msgid, const struct str *args,
                  size_t n_args)
{
    cx->tell = str_z(cx->arena, i18n_fill(cx->arena, i18n_get(cx->locale, msgid), args, n_args));
    return code;
}

enum err tx_begin(struct cx *cx)
{
    cx->standing = NULL; /* after it, rights may be others */
    if (cx->tx_depth == 0)
        cx->locked_planet = 0;
    return db_tx_begin(cx, false);
}

enum err tx_begin_shared(struct cx *cx)
{
    cx->standing = NULL;
    if (cx->tx_depth == 0)
        cx->locked_planet = 0;
    return db_tx_begin(cx, true);
}

enum err tx_lock(struct cx *cx, struct str name)
{
    return db_tx_lock(cx, name);
}

/* What waits for this commit is woken only when it can be seen. */
enum err tx_commit(struct cx *cx)
{
    enum err e = db_tx_commit(cx);
    if (e != OK || cx->tx_depth == 0)
        cx->locked_planet = 0;
    TRY(e);
    if (cx->tx_depth > 0 || cx->wake == 0)
        return OK;
    unsigned wake = cx->wake;
    cx->wake = 0;
    if (db_is_shared(cx->node->db))
        db_notify(cx->node->db, wake);
    if (wake & WAKE_PUBLIC)
        atomic_fetch_add(&cx->node->public_generation, 1);
    if (wake & WAKE_JOBS)
        jobs_wake(cx->node);
    return OK;
}

void tx_rollback(struct cx *cx)
{
    db_tx_rollback(cx);
    cx->locked_planet = 0; /* the level that is undone may be the one that took it */
    if (cx->tx_depth == 0)
        cx->wake = 0;
}

void tx_scope_end(struct tx_scope *s)
{
    while (s->cx->tx_depth >= s->depth && s->cx->tx_depth > 0)
        tx_rollback(s->cx);
}

void cx_release(struct cx *cx)
{
    if (cx->tx_depth > 0)
        log_error("db", "trace=%s waits with a transaction open, and all writers with it",
                  cx->trace);
}
