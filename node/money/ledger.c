#include "node/money/ledger.h"

#include "node/base/clock.h"
#include "node/base/crypt.h"
#include "node/base/id.h"
#include "node/base/jw.h"
#include "node/db/db.h"
#include "node/money/ledger_int.h"
#include "node/node.h"
#include "node/planet/planet.h"

#include <string.h>

enum { FACTS_MAX = 4096 };
const char ledger_genesis[LEDGER_HASH];

static void key_id_or_null(struct jw *w, const char *key, int64_t id)
{
    jw_key(w, key);
    if (id == DB_NULL)
        jw_null(w);
    else
        jw_id(w, id);
}

static void key_i64_or_null(struct jw *w, const char *key, int64_t v)
{
    jw_key(w, key);
    if (v == DB_NULL)
        jw_null(w);
    else
        jw_i64(w, v);
}

/* Keys in alphabetical order. This text is hashed: changing it breaks every ledger there is. */
void ledger_json_put(struct buf *out, const struct txn *t)
{
    struct jw w;
    jw_init(&w, out);
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
    if (t->facts.p != NULL) {
        jw_key(&w, "facts");
        jw_raw(&w, t->facts);
    }
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
}

struct str ledger_json(struct arena *a, const struct txn *t)
{
    struct buf b;
    buf_init_arena(&b, a, LEDGER_JSON_MAX);
    ledger_json_put(&b, t);
    return buf_str(&b);
}

void ledger_hash(struct buf *scratch, struct str prev, const struct txn *t, unsigned char ret[LEDGER_HASH])
{
    buf_clear(scratch);
    buf_put(scratch, prev);
    ledger_json_put(scratch, t);
    crypt_sha256(buf_str(scratch), ret);
}

bool ledger_balanced(const struct txn *t)
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
    if (!ledger_balanced(t))
        return cx_fail(cx, ERR_INTERNAL, "ledger entries of a %s do not sum to zero",
                       str_z(cx->arena, t->kind));
    return OK;
}

/* What is said of a grant when a txn first names it: all of its row that never changes, so that the row can
 * be made again from here. */
static enum err grant_facts(struct cx *cx, int64_t grant_id, struct str *ret)
{
    struct grant_facts_row g;
    struct buf b;
    struct jw w;
    TRY(q_grant_facts(cx, grant_id, &g));
    buf_init_arena(&b, cx->arena, FACTS_MAX);
    jw_init(&w, &b);
    jw_obj(&w);
    jw_key_id(&w, "account", g.account_id);
    jw_key_i64(&w, "anchor", g.anchor_day);
    jw_key_i64(&w, "created", g.created_at);
    key_i64_or_null(&w, "ends", g.ends_at);
    jw_key_bool(&w, "files", g.with_files != 0);
    jw_key_str(&w, "kind", g.kind);
    key_id_or_null(&w, "order", g.order_id);
    key_id_or_null(&w, "price", g.price_id);
    jw_key_i64(&w, "rank", g.rank);
    jw_key_i64(&w, "starts", g.starts_at);
    jw_key_id(&w, "tier", g.tier_id);
    key_i64_or_null(&w, "window", g.window_days);
    jw_end(&w);
    if (!jw_done(&w))
        return cx_fail(cx, ERR_INTERNAL, "a grant too long for the ledger");
    *ret = buf_str(&b);
    return OK;
}

struct str ledger_sum_account(struct str account)
{
    return str_starts(account, STR("member_credit:")) ? STR("member_credit") : account;
}

static enum err put_entries(struct cx *cx, const struct txn *t)
{
    for (size_t i = 0; i < t->n_entries; i++) {
        const struct entry *e = &t->entries[i];
        TRY(q_entry_insert(cx, id_next(cx->node->ids), t->id, e->account, str_c(e->cur), e->amount, NULL));
        TRY(q_ledger_day_add(cx, t->planet_id, ledger_sum_account(e->account), str_c(e->cur), t->at / MS_DAY,
                             e->amount > 0 ? e->amount : 0, e->amount < 0 ? -e->amount : 0, NULL));
    }
    return OK;
}

enum err ledger_post(struct cx *cx, struct txn *t)
{
    unsigned char hash[LEDGER_HASH];
    struct txn_head_row head;
    struct buf scratch;
    bool found;
    TRY(entries_ok(cx, t));
    if (cx->tx_depth == 0)
        return cx_fail(cx, ERR_INTERNAL, "ledger_post outside of a transaction");
    TRY(planet_lock(cx, t->planet_id)); /* one writer at a time to a chain */
    TRY(q_txn_head(cx, t->planet_id, &found, &head));
    if (!found)
        head = (struct txn_head_row){.seq = 0, .hash = {ledger_genesis, LEDGER_HASH}};
    if (t->grant_id != DB_NULL && t->facts.p == NULL && !str_eq_c(t->kind, "grant_change"))
        TRY(grant_facts(cx, t->grant_id, &t->facts));
    t->id = id_next(cx->node->ids);
    t->seq = head.seq + 1;
    t->at = cx->now;
    buf_init_arena(&scratch, cx->arena, LEDGER_JSON_MAX);
    ledger_hash(&scratch, head.hash, t, hash);
    t->hash = (struct str){arena_copy(cx->arena, hash, sizeof hash), sizeof hash};
    TRY(q_txn_insert(cx, t->id, t->planet_id, t->seq, t->at, t->kind, t->order_id, t->grant_id,
                     t->rail_event_id, t->reverses, t->memo, t->facts, head.hash, t->hash, NULL));
    return put_entries(cx, t);
}
