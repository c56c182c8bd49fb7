/* Memberships and the ledger: each change of a grant is posted, and grants can be made again from what the
 * ledger says of them. */
#include "node/base/clock.h"
#include "node/base/id.h"
#include "node/base/json.h"
#include "node/base/jw.h"
#include "node/db/db.h"
#include "node/money/ledger_int.h"
#include "node/node.h"
#include "node/planet/grant.h"
#include "node/planet/member_sql.h"
#include "node/planet/planet_sql.h"

enum { FACTS_MAX = 4096, PAGE = 500 };

/* ---- posting ---- */

/* The reason may be personal: it stays in grant_event, outside of what is hashed. */
static struct str event_facts(struct cx *cx, int64_t event_id, enum grant_happening what, int64_t ends_at)
{
    struct buf b;
    struct jw w;
    buf_init_arena(&b, cx->arena, FACTS_MAX);
    jw_init(&w, &b);
    jw_obj(&w);
    jw_key(&w, "actor");
    if (cx->viewer == 0)
        jw_null(&w);
    else
        jw_id(&w, cx->viewer);
    jw_key(&w, "ends");
    if (ends_at == DB_NULL)
        jw_null(&w);
    else
        jw_i64(&w, ends_at);
    jw_key_id(&w, "event", event_id);
    jw_key_c(&w, "kind", grant_happening_word(what));
    jw_end(&w);
    return buf_str(&b);
}

enum err grant_note(struct cx *cx, int64_t grant_id, enum grant_happening what, int64_t ends_at,
                    struct str reason)
{
    struct grant_row g;
    bool dated = what == GRANT_EXTEND || what == GRANT_SHORTEN || what == GRANT_GRACE;
    int64_t event_id = id_next(cx->node->ids);
    TX_SCOPE(cx);
    TRY(q_grant_by_id(cx, grant_id, &g));
    TRY(planet_lock(cx, g.planet_id));
    TRY(grant_noted(cx, &g, event_id, what, ends_at, reason));
    struct txn t = {
        .planet_id = g.planet_id,
        .kind = STR("grant_change"),
        .order_id = g.order_id,
        .grant_id = grant_id,
        .rail_event_id = DB_NULL,
        .reverses = DB_NULL,
        .memo = str_c(grant_happening_word(what)),
        .facts = event_facts(cx, event_id, what, dated ? ends_at : DB_NULL),
    };
    TRY(ledger_post(cx, &t));
    return tx_commit(cx);
}

/* ---- making them again ---- */

static int64_t id_of(const json_t *j, const char *key)
{
    int64_t v;
    struct str s = ld_str(j, key);
    return s.n > 0 && str_to_i64(s, &v) ? v : DB_NULL;
}

static int64_t number_of(const json_t *j, const char *key)
{
    int64_t v;
    return ld_i64(j, key, &v) ? v : DB_NULL;
}

static struct grant_facts_row said(const json_t *j)
{
    return (struct grant_facts_row){
        .account_id = id_of(j, "account"),
        .tier_id = id_of(j, "tier"),
        .rank = number_of(j, "rank"),
        .kind = ld_str(j, "kind"),
        .starts_at = number_of(j, "starts"),
        .ends_at = number_of(j, "ends"),
        .anchor_day = number_of(j, "anchor"),
        .window_days = number_of(j, "window"),
        .order_id = id_of(j, "order"),
        .price_id = id_of(j, "price"),
        .with_files = ld_bool(j, "files", false) ? 1 : 0,
        .created_at = number_of(j, "created"),
    };
}

static bool same(const struct grant_facts_row *a, const struct grant_facts_row *b)
{
    return a->account_id == b->account_id && a->tier_id == b->tier_id && a->rank == b->rank && str_eq(a->kind, b->kind) &&
           a->starts_at == b->starts_at && a->ends_at == b->ends_at && a->anchor_day == b->anchor_day &&
           a->window_days == b->window_days && a->order_id == b->order_id && a->price_id == b->price_id &&
           a->with_files == b->with_files && a->created_at == b->created_at;
}

static enum err look_at_grant(struct cx *cx, const struct txn *t, const json_t *j, bool fix, struct ledger_grants *r)
{
    struct grant_facts_row now, is = said(j);
    enum err e = q_grant_facts(cx, t->grant_id, &now);
    if (e != OK && e != ERR_NOT_FOUND)
        return e;
    r->n_grants++;
    if (e == OK && same(&now, &is))
        return OK;
    *(e == OK ? &r->n_wrong : &r->n_missing) += 1;
    if (!fix)
        return OK;
    if (e == OK)
        return q_grant_mend(cx, t->grant_id, is.account_id, is.tier_id, is.rank, is.kind, is.starts_at, is.ends_at,
                            is.anchor_day, is.window_days, is.order_id, is.price_id, is.with_files, is.created_at,
                            NULL);
    return q_grant_insert(cx, t->grant_id, is.account_id, t->planet_id, is.tier_id, is.rank, is.kind, is.starts_at,
                          is.ends_at, is.anchor_day, is.window_days, is.order_id, is.price_id, is.with_files,
                          is.created_at, NULL);
}

static enum err look_at_change(struct cx *cx, const struct txn *t, const json_t *j, bool fix, struct ledger_grants *r)
{
    struct grant_event_by_id_row now;
    bool found;
    int64_t id = id_of(j, "event"), ends_at = number_of(j, "ends");
    struct str kind = ld_str(j, "kind");
    TRY(q_grant_event_by_id(cx, id, &found, &now));
    r->n_changes++;
    if (found && now.grant_id == t->grant_id && now.at == t->at && str_eq(now.kind, kind) && now.ends_at == ends_at)
        return OK;
    *(found ? &r->n_wrong : &r->n_missing) += 1;
    if (!fix || found) /* what was written of a grant can't be written over: the triggers see to it */
        return OK;
    if (str_eq_c(kind, "grace"))
        return q_grant_grace_insert(cx, id, t->grant_id, t->at, ends_at, STR(""), NULL);
    return q_grant_event_insert(cx, id, t->grant_id, t->at, kind, ends_at, STR(""), id_of(j, "actor"), NULL);
}

static enum err look_at_page(struct cx *cx, int64_t planet_id, bool fix, int64_t *after, size_t *ret_n,
                             struct ledger_grants *r)
{
    struct txn *list;
    struct str *prevs;
    TRY(ledger_chain_page(cx, planet_id, *after, PAGE, &list, &prevs, ret_n));
    for (size_t i = 0; i < *ret_n; i++) {
        json_t *j;
        *after = list[i].seq;
        if (list[i].grant_id == DB_NULL)
            continue;
        bool change = str_eq_c(list[i].kind, "grant_change");
        if (list[i].facts.p == NULL) {
            r->n_older += change ? 0 : 1;
            continue;
        }
        TRY(json_read(cx->arena, list[i].facts, NULL, &j));
        TRY(change ? look_at_change(cx, &list[i], j, fix, r) : look_at_grant(cx, &list[i], j, fix, r));
    }
    return OK;
}

static enum err mend_page(struct cx *cx, int64_t planet_id, int64_t *after, size_t *ret_n, struct ledger_grants *r)
{
    TX_SCOPE(cx);
    TRY(look_at_page(cx, planet_id, true, after, ret_n, r));
    return tx_commit(cx);
}

/* The columns that follow from the changes, and sums. A look is a try that is taken back. */
static enum err look_at_derived(struct cx *cx, int64_t planet_id, bool fix, struct ledger_grants *r)
{
    int64_t changed;
    TX_SCOPE(cx);
    TRY(planet_lock(cx, planet_id));
    TRY(grants_rebuild(cx, planet_id, &changed));
    r->n_wrong += changed;
    TRY(q_ledger_days_wrong(cx, planet_id, MS_DAY, &r->n_sums));
    TRY(q_grants_strange(cx, planet_id, &r->n_strange));
    if (!fix)
        return OK;
    if (r->n_sums > 0) {
        TRY(q_ledger_days_forget(cx, planet_id, NULL));
        TRY(q_ledger_days_fill(cx, planet_id, MS_DAY, NULL));
    }
    return tx_commit(cx);
}

enum err ledger_grants(struct cx *cx, int64_t planet_id, bool fix, struct ledger_grants *ret)
{
    int64_t after = 0;
    size_t n = PAGE;
    enum err e = OK;
    *ret = (struct ledger_grants){0};
    TRY(planet_may_own(cx, planet_id));
    struct cx *own = cx_new(cx->node);
    own->viewer = cx->viewer;
    own->now = cx->now;
    while (n == PAGE && e == OK) {
        arena_reset(own->arena);
        e = fix ? mend_page(own, planet_id, &after, &n, ret) : look_at_page(own, planet_id, false, &after, &n, ret);
    }
    if (e == OK)
        e = look_at_derived(own, planet_id, fix, ret);
    cx_free(own);
    return e;
}
