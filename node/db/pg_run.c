/* Statements on PostgreSQL: prepared once a connection, in pipeline mode, so that what prepares them
 * and what surrounds them (BEGIN, the lock, savepoints) costs no round trip of its own. */
#include <stdlib.h>
#include <string.h>

#include "node/db/pg_private.h"
#include "node/node.h"

enum { MAX_STEPS = 2 * PG_MAX_PENDING + 8 /* each may have to be prepared */ };

/* One thing sent, whose answer is to be read. */
struct step {
    const struct db_query *q;
    enum { STEP_PREPARE, STEP_CONTROL, STEP_STATEMENT } kind;
};

struct exchange {
    struct step steps[MAX_STEPS];
    int n;
    enum err result; /* of the first that failed */
};

/* ---- prepared statements ------------------------------------------------------------------- */

void pg_forget_prepared(struct pg_conn *c)
{
    free(c->slots);
    c->slots = NULL;
    c->n = c->cap = 0;
    c->names = 0;
}

static struct pg_slot *slot_of(const struct pg_conn *c, const struct db_query *q)
{
    size_t i = ((uintptr_t)q >> 4) * UINT64_C(0x9E3779B97F4A7C15) >> 32;
    for (i &= c->cap - 1; c->slots[i].query != NULL && c->slots[i].query != q;)
        i = (i + 1) & (c->cap - 1);
    return &c->slots[i];
}

static void slots_grow(struct pg_conn *c)
{
    struct pg_slot *old = c->slots;
    size_t n = c->cap;
    c->cap = n == 0 ? 32 : n * 2;
    c->slots = calloc(c->cap, sizeof *c->slots);
    if (c->slots == NULL)
        abort();
    for (size_t i = 0; i < n; i++)
        if (old[i].query != NULL)
            *slot_of(c, old[i].query) = old[i];
    free(old);
}

static struct pg_slot *slot_for(struct pg_conn *c, const struct db_query *q)
{
    if ((c->n + 1) * 2 > c->cap)
        slots_grow(c);
    struct pg_slot *s = slot_of(c, q);
    if (s->query == NULL) {
        *s = (struct pg_slot){.query = q, .name = c->names++};
        c->n++;
    }
    return s;
}

static void name_of(const struct pg_slot *s, char ret[16])
{
    char digits[12];
    int n = 0;
    for (unsigned v = s->name; n == 0 || v > 0; v /= 10)
        digits[n++] = (char)('0' + v % 10);
    ret[0] = 's';
    for (int i = 0; i < n; i++)
        ret[1 + i] = digits[n - 1 - i];
    ret[1 + n] = '\0';
}

static bool send_prepare(struct pg_conn *c, const char *name, const struct db_query *q)
{
    Oid types[DB_MAX_COLUMNS];
    int n = 0;
    for (; q->in[n] != '\0'; n++)
        types[n] = pg_type_of(q->in[n]);
    return PQsendPrepare(c->h, name, q->pg, n, types) == 1;
}

static bool send_query(struct pg_conn *c, struct exchange *x, const struct db_query *q, int kind,
                       const struct pg_params *p)
{
    char name[16];
    struct pg_slot *s = slot_for(c, q);
    name_of(s, name);
    if (s->state == PG_NEW) {
        if (!send_prepare(c, name, q))
            return false;
        s->state = PG_SENT;
        x->steps[x->n++] = (struct step){q, STEP_PREPARE};
    }
    if (PQsendQueryPrepared(c->h, name, (int)strlen(q->in), p->values, p->lengths, p->formats,
                            1) != 1)
        return false;
    x->steps[x->n++].q = q;
    x->steps[x->n - 1].kind = kind;
    return true;
}

/* ---- one round trip ------------------------------------------------------------------------ */

static enum err lost(struct pg_conn *c)
{
    c->bad = true;
    pg_fault_set(c->fault, PQerrorMessage(c->h), &c->db->at);
    return ERR_BUSY;
}

static enum err send_all(struct pg_conn *c, struct exchange *x, const struct db_call *call,
                         const struct pg_params *params)
{
    bool sent = true;
    for (int i = 0; i < c->n_pending && sent; i++) {
        struct pg_params p;
        const union db_value arg = {.i = c->pending[i].arg};
        (void)pg_params_fill(&p, c->pending[i].q->in, &arg);
        sent = send_query(c, x, c->pending[i].q, STEP_CONTROL, &p);
    }
    if (sent && call != NULL)
        sent = send_query(c, x, call->q, STEP_STATEMENT, params);
    for (int i = 0; i < c->n_after && sent; i++)
        sent = send_query(c, x, c->after[i], STEP_CONTROL, params);
    return sent && PQpipelineSync(c->h) == 1 ? OK : lost(c);
}

static enum err failed(struct pg_conn *c, const PGresult *res, const struct step *s)
{
    const char *state = PQresultErrorField(res, PG_DIAG_SQLSTATE);
    pg_fault_of(res, c->fault);
    if (s->kind == STEP_CONTROL)
        c->control = true;
    if (state == NULL || pg_is_end(state)) {
        c->bad = true;
        return ERR_BUSY;
    }
    return pg_code(state);
}

static enum err take_rows(struct cx *cx, struct pg_conn *c, const PGresult *res,
                          const struct db_call *call)
{
    c->fault[0] = '\0'; /* what is wrong with a row is said in the cx */
    c->gave = PQntuples(res) > 0;
    if (call->q->out[0] != '\0')
        TRY(pg_rows_read(cx, res, call));
    if (call->ret_n != NULL) {
        if (call->q->out[0] != '\0')
            *call->ret_n = PQntuples(res);
        else if (!str_to_i64(str_c(PQcmdTuples((PGresult *)(uintptr_t)res)), call->ret_n))
            *call->ret_n = 0;
    }
    return OK;
}

/* The answer to one step, which must be read to its end whatever it is. */
static void read_step(struct cx *cx, struct pg_conn *c, struct exchange *x, const struct step *s,
                      const struct db_call *call)
{
    PGresult *res = PQgetResult(c->h);
    enum err e = OK;
    switch (res == NULL ? PGRES_FATAL_ERROR : PQresultStatus(res)) {
    case PGRES_COMMAND_OK:
    case PGRES_TUPLES_OK:
        if (s->kind == STEP_PREPARE)
            slot_of(c, s->q)->state = PG_READY;
        else if (s->kind == STEP_STATEMENT)
            e = take_rows(cx, c, res, call);
        else if (pg_is_commit(s->q) && strcmp(PQcmdStatus(res), "COMMIT") != 0)
            e = ERR_INTERNAL;
        break;
    case PGRES_PIPELINE_ABORTED:
        break;
    default:
        if (x->result == OK)
            e = res == NULL ? lost(c) : failed(c, res, s);
        break;
    }
    if (x->result == OK)
        x->result = e;
    while (res != NULL) {
        PQclear(res);
        res = PQgetResult(c->h);
    }
}

static void read_sync(struct pg_conn *c, struct exchange *x)
{
    PGresult *res = PQgetResult(c->h);
    if (res == NULL || PQresultStatus(res) != PGRES_PIPELINE_SYNC) {
        if (x->result == OK)
            x->result = lost(c);
        c->bad = true;
    }
    PQclear(res);
    for (int i = 0; i < x->n; i++) {
        struct pg_slot *s = slot_of(c, x->steps[i].q);
        if (s->state == PG_SENT)
            s->state = PG_NEW; /* skipped after a failure */
    }
}

enum err pg_exchange(struct cx *cx, struct pg_conn *c, const struct db_call *call)
{
    struct exchange x = {.result = OK};
    struct pg_params params;
    x.n = 0;
    c->gave = false;
    if (call != NULL) {
        int missing = pg_params_fill(&params, call->q->in, call->in);
        if (missing >= 0) {
            c->fault[0] = '\0';
            c->n_after = 0;
            return cx_fail(cx, ERR_INTERNAL, "query %s: value %d must not be NULL", call->q->name,
                           missing + 1);
        }
    }
    TRY(send_all(c, &x, call, &params));
    for (int i = 0; i < x.n && !c->bad; i++)
        read_step(cx, c, &x, &x.steps[i], call);
    if (!c->bad)
        read_sync(c, &x);
    if (c->bad && x.result == OK)
        x.result = lost(c);
    c->n_after = 0;
    if (x.result == OK || !c->bad) {
        c->n_pending = 0;
        c->begun = !c->bad && PQtransactionStatus(c->h) != PQTRANS_IDLE;
    }
    return x.result;
}

/* ---- queries ------------------------------------------------------------------------------- */

/* Nothing of a transaction was answered before its first statement was, so if the connection is lost
 * by then, another one may begin it again. */
enum err pg_run(struct cx *cx, struct db_conn *base, const struct db_call *call)
{
    struct pg_conn *c = (struct pg_conn *)base;
    bool first = !c->begun;
    enum err e = pg_exchange(cx, c, call);
    if (e != OK && c->bad && first && !c->reopened && !c->gave && pg_reopen(c) == OK)
        e = pg_exchange(cx, c, call);
    return e == OK || c->fault[0] == '\0' ? e : pg_fail(cx, c, e, call->q->name);
}

enum err pg_read(struct cx *cx, struct db *base, const struct db_call *call)
{
    struct pg_db *db = (struct pg_db *)base;
    struct pg_conn *c = NULL;
    char fault[PG_FAULT];
    enum err e = pg_take(db, false, &c, fault);
    if (e != OK) {
        cx->retry_after_s = DB_OUTAGE_RETRY_S;
        return cx_fail(cx, e, "query %s: %s", call->q->name, fault);
    }
    e = pg_run(cx, &c->base, call);
    pg_give(db, c);
    return e;
}

/* Prepared under no name and described, to compare with what the query says of itself. */
enum err pg_check(struct cx *cx, struct db *base, const struct db_query *q)
{
    struct pg_db *db = (struct pg_db *)base;
    struct pg_conn *c = NULL;
    char fault[PG_FAULT] = "";
    enum err e = pg_take(db, false, &c, fault);
    if (e != OK)
        return cx_fail(cx, e, "query %s: %s", q->name, fault);
    bool sent = send_prepare(c, "", q) && PQsendDescribePrepared(c->h, "") == 1 &&
                PQpipelineSync(c->h) == 1;
    for (int i = 0; sent && i < 2; i++) {
        PGresult *res = PQgetResult(c->h);
        ExecStatusType status = PQresultStatus(res);
        if (status == PGRES_FATAL_ERROR && e == OK) {
            pg_fault_of(res, fault);
            e = cx_fail(cx, ERR_INTERNAL, "query %s: %s", q->name, fault);
        }
        if (status == PGRES_COMMAND_OK && i == 1) {
            int n_out = PQnfields(res);
            if (n_out != (int)strlen(q->out) || PQnparams(res) != (int)strlen(q->in))
                e = cx_fail(cx, ERR_INTERNAL, "query %s takes %d values and gives %d columns; described are %zu and %zu",
                            q->name, PQnparams(res), n_out, strlen(q->in), strlen(q->out));
            for (int k = 0; e == OK && k < n_out; k++)
                if (!pg_type_fits(PQftype(res, k), q->out[k]))
                    e = cx_fail(cx, ERR_INTERNAL, "query %s: column %d is of type %u, not '%c'",
                                q->name, k + 1, PQftype(res, k), q->out[k]);
        }
        for (; res != NULL; res = PQgetResult(c->h))
            PQclear(res);
    }
    PQclear(sent ? PQgetResult(c->h) : NULL);
    if (!sent || PQstatus(c->h) != CONNECTION_OK) {
        c->bad = true;
        e = cx_fail(cx, ERR_BUSY, "query %s: the connection is lost", q->name);
    }
    pg_give(db, c);
    return e;
}
