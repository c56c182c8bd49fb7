#include "node/money/ledger.h"

#include "node/base/buf.h"
#include "node/base/crypt.h"
#include "node/base/id.h"
#include "node/base/jw.h"
#include "node/db/db.h"
#include "node/money/ledger_sql.h"
#include "node/node.h"
#include "node/planet/planet.h"
#include "node/planet/planet_sql.h"

#include <string.h>

enum { HASH = 32, PAGE = 500, JSON_MAX = 1 << 20 };
static const char genesis[HASH]; /* what the first txn follows */

static void key_id_or_null(struct jw *w, const char *key, int64_t id)
{
    jw_key(w, key);
    if (id == DB_NULL)
        jw_null(w);
    else
        jw_id(w, id);
}

/* Keys in alphabetical order. This text is hashed: changing it breaks every ledger there is. */
struct str ledger_json(struct arena *a, const struct txn *t)
{
    struct buf b;
    struct jw w;
    buf_init_arena(&b, a, JSON_MAX);
    jw_init(&w, &b);
    jw_obj(&w);
    jw_key_i64(&w, "at", t->at);
    jw_key(&w, "entries");
    jw_arr(&w);
    for (size_t i = 0; i < t->n_entries; i++) {
        jw_obj(&w);
        jw_key_str(&w, "account", t->entries[i].account);
        jw_key_i64(&w, "amount", t->entries[i].amount);
        jw_key_c(&w, "currency", t->entries[i].cur);
        jw_end(&w);
    }
    jw_end(&w);
    key_id_or_null(&w, "grant", t->grant_id);
    jw_key_id(&w, "id", t->id);
    jw_key_str(&w, "kind", t->kind);
    jw_key_str(&w, "memo", t->memo);
    key_id_or_null(&w, "order", t->order_id);
    jw_key_id(&w, "planet", t->planet_id);
    key_id_or_null(&w, "rail_event", t->rail_event_id);
    key_id_or_null(&w, "reverses", t->reverses);
    jw_key_i64(&w, "seq", t->seq);
    jw_end(&w);
    return buf_str(&b);
}

static struct str hash_after(struct arena *a, struct str prev, const struct txn *t)
{
    unsigned char h[HASH];
    struct buf b;
    buf_init_arena(&b, a, JSON_MAX + HASH);
    buf_put(&b, prev);
    buf_put(&b, ledger_json(a, t));
    crypt_sha256(buf_str(&b), h);
    return (struct str){arena_copy(a, h, sizeof h), sizeof h};
}

/* Nothing arises and nothing vanishes, in any currency. */
static bool balanced(const struct txn *t)
{
    for (size_t i = 0; i < t->n_entries; i++) {
        int64_t sum = 0;
        for (size_t k = 0; k < t->n_entries; k++)
            if (memcmp(t->entries[k].cur, t->entries[i].cur, 3) == 0 &&
                __builtin_add_overflow(sum, t->entries[k].amount, &sum))
                return false;
        if (sum != 0)
            return false;
    }
    return true;
}

static enum err entries_ok(struct cx *cx, const struct txn *t)
{
    for (size_t i = 0; i < t->n_entries; i++)
        if (t->entries[i].amount == 0 || t->entries[i].account.n == 0 ||
            strlen(t->entries[i].cur) != 3)
            return cx_fail(cx, ERR_INTERNAL, "a ledger entry says nothing");
    if (!balanced(t))
        return cx_fail(cx, ERR_INTERNAL, "ledger entries of a %s do not sum to zero",
                       str_z(cx->arena, t->kind));
    return OK;
}

enum err ledger_post(struct cx *cx, struct txn *t)
{
    struct txn_head_row head = {.seq = 0, .hash = {genesis, HASH}};
    bool found;
    TRY(entries_ok(cx, t));
    if (cx->tx_depth == 0)
        return cx_fail(cx, ERR_INTERNAL, "ledger_post outside of a transaction");
    TRY(q_planet_lock(cx, t->planet_id, NULL)); /* one writer at a time to a chain */
    TRY(q_txn_head(cx, t->planet_id, &found, &head));
    if (!found)
        head = (struct txn_head_row){.seq = 0, .hash = {genesis, HASH}};
    t->id = id_next(cx->node->ids);
    t->seq = head.seq + 1;
    t->at = cx->now;
    t->hash = hash_after(cx->arena, head.hash, t);
    TRY(q_txn_insert(cx, t->id, t->planet_id, t->seq, t->at, t->kind, t->order_id, t->grant_id,
                     t->rail_event_id, t->reverses, t->memo, head.hash, t->hash, NULL));
    for (size_t i = 0; i < t->n_entries; i++)
        TRY(q_entry_insert(cx, id_next(cx->node->ids), t->id, t->entries[i].account,
                           str_c(t->entries[i].cur), t->entries[i].amount, NULL));
    return OK;
}

/* A page of txns with their entries; prev_hashes (may be NULL) runs beside it. */
static enum err page(struct cx *cx, int64_t planet_id, int64_t after_seq, int limit,
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
        list[i] = (struct txn){
            .id = rows[i].id,
            .planet_id = rows[i].planet_id,
            .seq = rows[i].seq,
            .at = rows[i].at,
            .kind = rows[i].kind,
            .order_id = rows[i].order_id,
            .grant_id = rows[i].grant_id,
            .rail_event_id = rows[i].rail_event_id,
            .reverses = rows[i].reverses,
            .memo = rows[i].memo,
            .hash = rows[i].hash,
            .entries = all + e,
        };
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
    return page(cx, planet_id, after_seq, limit, ret, &prev, ret_n);
}

static const char *what_is_wrong(struct cx *cx, const struct txn *t, struct str prev, int64_t seq,
                                 struct str expected_prev)
{
    if (t->seq != seq)
        return "a transaction is missing";
    if (!str_eq(prev, expected_prev))
        return "it does not follow the one before it";
    if (!balanced(t))
        return "its entries do not sum to zero";
    if (!str_eq(t->hash, hash_after(cx->arena, prev, t)))
        return "it was changed after it was written";
    return NULL;
}

enum err ledger_verify(struct cx *cx, int64_t planet_id, struct ledger_check *ret)
{
    struct ledger_check check = {.ok = true};
    struct str prev = {genesis, HASH}, *prevs;
    struct txn *list;
    size_t n;
    TRY(planet_may_own(cx, planet_id));
    do {
        TRY(page(cx, planet_id, check.n_txns, PAGE, &list, &prevs, &n));
        for (size_t i = 0; i < n && check.ok; i++) {
            check.what = what_is_wrong(cx, &list[i], prevs[i], check.n_txns + 1, prev);
            if (check.what != NULL) {
                check.ok = false;
                check.bad_txn_id = list[i].id;
                check.bad_seq = list[i].seq;
                break;
            }
            prev = list[i].hash;
            check.n_txns++;
        }
    } while (check.ok && n == PAGE);
    struct buf hex;
    buf_init_arena(&hex, cx->arena, 2 * HASH);
    buf_put_hex(&hex, prev.p, prev.n);
    check.head = buf_str(&hex);
    *ret = check;
    return OK;
}

enum err ledger_balances(struct cx *cx, int64_t planet_id, struct ledger_balance **ret,
                         size_t *ret_n)
{
    struct ledger_balance_row *rows;
    size_t n;
    TRY(planet_may_own(cx, planet_id));
    TRY(q_ledger_balance(cx, planet_id, &rows, &n));
    struct ledger_balance *list = ARENA_ARRAY(cx->arena, struct ledger_balance, n);
    for (size_t i = 0; i < n; i++)
        list[i] = (struct ledger_balance){rows[i].account, rows[i].currency, rows[i].amount};
    *ret = list;
    *ret_n = n;
    return OK;
}
