/* Reading the chain in its own order: pages, the walk that verifies it, exports. */
#include "node/base/clock.h"
#include "node/db/db.h"
#include "node/money/ledger_int.h"
#include "node/money/money.h"
#include "node/node.h"
#include "node/planet/planet.h"

#include <string.h>

enum { PAGE = 1000, LINE_MAX_BYTES = 1 << 21 };

struct txn ledger_txn(const struct txn_row *r)
{
    return (struct txn){
        .id = r->id, .planet_id = r->planet_id, .seq = r->seq, .at = r->at, .kind = r->kind,
        .order_id = r->order_id, .grant_id = r->grant_id, .rail_event_id = r->rail_event_id,
        .reverses = r->reverses, .memo = r->memo, .facts = r->facts, .hash = r->hash,
    };
}

enum err ledger_chain_page(struct cx *cx, int64_t planet_id, int64_t after_seq, int limit,
                           struct txn **ret, struct str **ret_prev, size_t *ret_n)
{
    struct txn_row *rows;
    struct entry_range_row *entries;
    size_t n, n_entries = 0, e = 0;
    TRY(q_txn_page(cx, planet_id, after_seq, limit, &rows, &n));
    if (n > 0)
        TRY(q_entry_range(cx, planet_id, rows[0].seq, rows[n - 1].seq, &entries, &n_entries));
    struct txn *list = ARENA_ARRAY(cx->arena, struct txn, n);
    struct str *prev = ARENA_ARRAY(cx->arena, struct str, n);
    struct entry *all = ARENA_ARRAY(cx->arena, struct entry, n_entries);
    for (size_t i = 0; i < n; i++) {
        list[i] = ledger_txn(&rows[i]);
        list[i].entries = all + e;
        prev[i] = rows[i].prev_hash;
        for (; e < n_entries && entries[e].txn_id == rows[i].id; e++) {
            all[e] = (struct entry){.account = entries[e].account, .amount = entries[e].amount};
            memcpy(all[e].cur, entries[e].currency.p,
                   entries[e].currency.n < 3 ? entries[e].currency.n : 3);
            list[i].n_entries++;
        }
    }
    *ret = list;
    *ret_prev = prev;
    *ret_n = n;
    return OK;
}

enum err ledger_list(struct cx *cx, int64_t planet_id, int64_t after_seq, int limit,
                     struct txn **ret, size_t *ret_n)
{
    struct str *prev;
    TRY(planet_may_own(cx, planet_id));
    return ledger_chain_page(cx, planet_id, after_seq, limit, ret, &prev, ret_n);
}

/* A cx whose arena is emptied page by page: the books may be longer than memory. */
static struct cx *walker(struct cx *cx)
{
    struct cx *w = cx_new(cx->node);
    w->viewer = cx->viewer;
    w->locale = cx->locale;
    w->now = cx->now;
    return w;
}

/* ---- verifying ---- */

struct walk {
    struct ledger_check check;
    struct buf scratch;
    char prev[LEDGER_HASH];
};

static const char *what_is_wrong(struct walk *w, const struct txn *t, struct str prev)
{
    unsigned char hash[LEDGER_HASH];
    if (t->seq != w->check.n_txns + 1)
        return "a transaction is missing";
    if (!str_eq(prev, (struct str){w->prev, LEDGER_HASH}))
        return "it does not follow the one before it";
    if (!ledger_balanced(t))
        return "its entries do not sum to zero";
    ledger_hash(&w->scratch, prev, t, hash);
    if (t->hash.n != LEDGER_HASH || memcmp(t->hash.p, hash, LEDGER_HASH) != 0)
        return "it was changed after it was written";
    return NULL;
}

static enum err walk_chain(struct cx *cx, int64_t planet_id, struct walk *w)
{
    struct txn *list;
    struct str *prevs;
    size_t n;
    do {
        arena_reset(cx->arena);
        TRY(ledger_chain_page(cx, planet_id, w->check.n_txns, PAGE, &list, &prevs, &n));
        for (size_t i = 0; i < n; i++) {
            w->check.what = what_is_wrong(w, &list[i], prevs[i]);
            if (w->check.what != NULL) {
                w->check.ok = false;
                w->check.bad_txn_id = list[i].id;
                w->check.bad_seq = list[i].seq;
                return OK;
            }
            memcpy(w->prev, list[i].hash.p, LEDGER_HASH);
            w->check.n_txns++;
            w->check.n_entries += (int64_t)list[i].n_entries;
        }
    } while (n == PAGE);
    return OK;
}

enum err ledger_verify(struct cx *cx, int64_t planet_id, struct ledger_check *ret)
{
    struct walk w = {.check = {.ok = true}};
    struct buf hex;
    TRY(planet_may_own(cx, planet_id));
    struct cx *own = walker(cx);
    buf_init(&w.scratch, LEDGER_JSON_MAX);
    enum err e = walk_chain(own, planet_id, &w);
    buf_free(&w.scratch);
    if (e != OK && own->fail != NULL)
        cx->fail = str_fmt(cx->arena, "%s", own->fail).p;
    cx_free(own);
    TRY(e);
    buf_init_arena(&hex, cx->arena, 2 * LEDGER_HASH);
    buf_put_hex(&hex, w.prev, LEDGER_HASH);
    w.check.head = buf_str(&hex);
    *ret = w.check;
    return OK;
}

/* ---- exports ---- */

static bool wanted(const struct ledger_filter *f, const struct txn *t)
{
    if ((f->from != DB_NULL && t->at < f->from) || (f->to != DB_NULL && t->at >= f->to))
        return false;
    if (f->kind.n > 0 && !str_eq(f->kind, t->kind))
        return false;
    if (f->order_id != DB_NULL && f->order_id != t->order_id)
        return false;
    if (f->account.n == 0)
        return true;
    for (size_t i = 0; i < t->n_entries; i++)
        if (str_eq(t->entries[i].account, f->account) || str_eq(ledger_sum_account(t->entries[i].account), f->account))
            return true;
    return false;
}

/* Spreadsheets take a cell that begins so for a formula. */
static void put_cell(struct buf *out, struct str s)
{
    bool formula = s.n > 0 && strchr("=+-@\t", s.p[0]) != NULL;
    bool quote = formula || str_find_char(s, ',', 0) != SIZE_MAX || str_find_char(s, '"', 0) != SIZE_MAX ||
                 str_find_char(s, '\n', 0) != SIZE_MAX;
    if (!quote) {
        buf_put(out, s);
        return;
    }
    buf_put_char(out, '"');
    if (formula)
        buf_put_char(out, '\'');
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '"')
            buf_put_char(out, '"');
        buf_put_char(out, s.p[i]);
    }
    buf_put_char(out, '"');
}

static void put_id(struct buf *out, int64_t id)
{
    buf_put_char(out, ',');
    if (id != DB_NULL)
        buf_put_i64(out, id);
}

/* One line an entry; a txn without entries has one, too. */
static void put_csv(struct arena *a, struct buf *out, const struct txn *t)
{
    size_t lines = t->n_entries == 0 ? 1 : t->n_entries;
    for (size_t i = 0; i < lines; i++) {
        buf_put_i64(out, t->seq);
        buf_put_char(out, ',');
        buf_put(out, clock_rfc3339(a, t->at));
        buf_put_char(out, ',');
        put_cell(out, t->kind);
        buf_put_char(out, ',');
        if (i < t->n_entries) {
            put_cell(out, t->entries[i].account);
            buf_put_char(out, ',');
            buf_put_c(out, t->entries[i].cur);
            buf_put_char(out, ',');
            buf_put(out, money_decimal(a, money_of(t->entries[i].amount, str_c(t->entries[i].cur))));
        } else {
            buf_put_c(out, ",,");
        }
        buf_put_char(out, ',');
        put_cell(out, t->memo);
        put_id(out, t->id);
        put_id(out, t->order_id);
        put_id(out, t->grant_id);
        put_id(out, t->reverses);
        buf_put_char(out, ',');
        buf_put_hex(out, t->hash.p, t->hash.n);
        buf_put_c(out, "\r\n");
    }
}

static void put_line(struct buf *out, const struct txn *t)
{
    buf_put_c(out, "{\"hash\":\"");
    buf_put_hex(out, t->hash.p, t->hash.n);
    buf_put_c(out, "\",\"txn\":");
    ledger_json_put(out, t);
    buf_put_c(out, "}\n");
}

static enum err export(struct cx *cx, int64_t planet_id, const struct ledger_filter *f, enum ledger_format format,
                       struct buf *out, enum err (*put)(void *arg, struct str bytes), void *arg)
{
    struct txn *list;
    struct str *prevs;
    size_t n;
    int64_t after = 0;
    if (format == LEDGER_CSV)
        TRY(put(arg, STR("number,at,kind,account,currency,amount,memo,transaction,order,grant,reverses,hash\r\n")));
    do {
        arena_reset(cx->arena);
        TRY(ledger_chain_page(cx, planet_id, after, PAGE, &list, &prevs, &n));
        for (size_t i = 0; i < n; i++) {
            after = list[i].seq;
            if (!wanted(f, &list[i]))
                continue;
            buf_clear(out);
            if (format == LEDGER_CSV)
                put_csv(cx->arena, out, &list[i]);
            else
                put_line(out, &list[i]);
            TRY(put(arg, buf_str(out)));
        }
    } while (n == PAGE);
    return OK;
}

enum err ledger_export(struct cx *cx, int64_t planet_id, const struct ledger_filter *f, enum ledger_format format,
                       enum err (*put)(void *arg, struct str bytes), void *arg)
{
    struct buf out;
    TRY(planet_may_own(cx, planet_id));
    struct cx *own = walker(cx);
    buf_init(&out, LINE_MAX_BYTES);
    enum err e = export(own, planet_id, f, format, &out, put, arg);
    buf_free(&out);
    cx_free(own);
    return e;
}
