#include "node/money/member_file.h"

#include "node/base/id.h"
#include "node/db/db.h"
#include "node/money/member_file_sql.h"
#include "node/money/money.h"
#include "node/money/order.h"
#include "node/node.h"
#include "node/people/audit.h"


struct file {
    struct happening *rows;
    size_t n, room;
};

static struct happening *put(struct cx *cx, struct file *f, int64_t at, struct str what)
{
    if (f->n == f->room) {
        struct happening *more = ARENA_ARRAY(cx->arena, struct happening, f->room * 2 + 32);
        for (size_t i = 0; i < f->n; i++)
            more[i] = f->rows[i];
        f->rows = more;
        f->room = f->room * 2 + 32;
    }
    struct happening *h = &f->rows[f->n++];
    *h = (struct happening){.at = at, .what = what, .words = STR(""), .grant_id = DB_NULL, .until = DB_NULL, .by = DB_NULL};
    return h;
}

static enum err put_grants(struct cx *cx, struct file *f, int64_t planet_id, int64_t account_id)
{
    struct grant *all;
    size_t n;
    TRY(membership_list(cx, planet_id, account_id, &all, &n));
    for (size_t i = n; i-- > 0;) {
        const struct grant *g = &all[i];
        struct happening *h = put(cx, f, g->created_at, STR("grant"));
        h->tier = g->tier_name;
        h->kind = g->kind;
        h->number = g->order_number;
        h->grant_id = g->id;
        h->until = g->first_ends_at;
        for (size_t k = 0; k < g->n_changes; k++) {
            h = put(cx, f, g->changes[k].at, g->changes[k].kind);
            h->tier = g->tier_name;
            h->kind = g->kind;
            h->number = g->order_number;
            h->words = g->changes[k].reason;
            h->grant_id = g->id;
            h->until = g->changes[k].ends_at;
            h->by = g->changes[k].actor_account_id;
        }
    }
    return OK;
}

static enum err put_orders(struct cx *cx, struct file *f, int64_t planet_id, int64_t account_id)
{
    struct file_orders_row *orders;
    struct file_order_events_row *events;
    size_t n;
    TRY(q_file_orders(cx, planet_id, account_id, &orders, &n));
    for (size_t i = 0; i < n; i++) {
        struct happening *h = put(cx, f, orders[i].at, STR("ordered"));
        h->number = orders[i].number;
        h->order_kind = orders[i].kind;
        h->money = money_of(orders[i].total, orders[i].currency);
    }
    TRY(q_file_order_events(cx, planet_id, account_id, &events, &n));
    for (size_t i = 0; i < n; i++) {
        bool won = str_eq_c(events[i].event, "dispute_won");
        struct happening *h = put(cx, f, events[i].at, won ? STR("won") : events[i].to_state);
        h->number = events[i].number;
        h->order_kind = events[i].kind;
        h->money = money_of(events[i].total, events[i].currency);
    }
    return OK;
}

static struct happening *put_refund(struct cx *cx, struct file *f, const struct file_refunds_row *r, int64_t at,
                                    const char *what)
{
    struct happening *h = put(cx, f, at, str_c(what));
    h->number = r->number;
    h->order_kind = r->order_kind;
    h->money = money_of(r->amount, r->currency);
    return h;
}

static enum err put_refunds(struct cx *cx, struct file *f, int64_t planet_id, int64_t account_id)
{
    struct file_refunds_row *rows;
    size_t n;
    TRY(q_file_refunds(cx, planet_id, account_id, &rows, &n));
    for (size_t i = 0; i < n; i++) {
        const struct file_refunds_row *r = &rows[i];
        if (str_eq_c(r->kind, "asked"))
            put_refund(cx, f, r, r->created_at, "refund_requested")->words = r->asked;
        if (r->sent_at != DB_NULL) {
            struct happening *h = put_refund(cx, f, r, r->sent_at, "refund_sent");
            h->words = r->said;
            h->by = r->decided_by;
        }
        if (r->ended_at == DB_NULL || str_eq_c(r->state, "succeeded"))
            continue; /* what arrived, the order's own change says */
        struct happening *h = put_refund(cx, f, r, r->ended_at, str_fmt(cx->arena, "refund_" STR_FMT, STR_ARG(r->state)).p);
        bool is_failed = str_eq_c(r->state, "failed");
        h->words = is_failed ? r->why : r->said;
        h->by = is_failed ? DB_NULL : r->decided_by;
    }
    return OK;
}

static enum err put_flags(struct cx *cx, struct file *f, int64_t planet_id, int64_t account_id)
{
    struct file_flags_row *rows;
    size_t n;
    TRY(q_file_flags(cx, planet_id, account_id, &rows, &n));
    for (size_t i = 0; i < n; i++) {
        put(cx, f, rows[i].at, STR("flag"))->number = rows[i].number;
        if (rows[i].cleared_at != DB_NULL)
            put(cx, f, rows[i].cleared_at, STR("flag_cleared"))->by = rows[i].cleared_by;
    }
    return OK;
}

static enum err put_notes(struct cx *cx, struct file *f, int64_t planet_id, int64_t account_id)
{
    struct file_notes_row *rows;
    size_t n;
    TRY(q_file_notes(cx, planet_id, account_id, &rows, &n));
    for (size_t i = 0; i < n; i++) {
        struct happening *h = put(cx, f, rows[i].at, STR("note"));
        h->words = rows[i].text;
        h->by = rows[i].by_account;
    }
    return OK;
}

static enum err put_names(struct cx *cx, struct file *f)
{
    int64_t last = DB_NULL;
    struct str name = STR_NULL;
    bool found;
    for (size_t i = 0; i < f->n; i++) {
        if (f->rows[i].by == DB_NULL)
            continue;
        if (f->rows[i].by != last)
            TRY(q_file_name(cx, f->rows[i].by, &found, &name));
        last = f->rows[i].by;
        f->rows[i].by_name = name;
    }
    return OK;
}

/* Newest first; of the same moment, what was written later stands first. */
static void sort(struct cx *cx, struct file *f)
{
    struct happening *out = ARENA_ARRAY(cx->arena, struct happening, f->n);
    for (size_t i = 0; i < f->n; i++) {
        size_t k = i;
        for (; k > 0 && out[k - 1].at <= f->rows[i].at; k--)
            out[k] = out[k - 1];
        out[k] = f->rows[i];
    }
    f->rows = out;
}

enum err member_history(struct cx *cx, int64_t planet_id, int64_t account_id, struct happening **ret, size_t *ret_n)
{
    struct file f = {.n = 0};
    TRY(planet_may_manage(cx, planet_id));
    bool owner = planet_may_own(cx, planet_id) == OK;
    if (owner)
        TRY(put_orders(cx, &f, planet_id, account_id));
    TRY(put_grants(cx, &f, planet_id, account_id));
    if (owner) {
        TRY(put_refunds(cx, &f, planet_id, account_id));
        TRY(put_flags(cx, &f, planet_id, account_id));
    }
    TRY(put_notes(cx, &f, planet_id, account_id));
    TRY(put_names(cx, &f));
    sort(cx, &f);
    *ret = f.rows;
    *ret_n = f.n;
    return OK;
}

enum err member_note_put(struct cx *cx, int64_t planet_id, int64_t account_id, struct str text)
{
    text = str_trim(text);
    TRY(planet_may_manage(cx, planet_id));
    if (text.n == 0 || !str_is_utf8(text) || str_utf8_len(text) > MEMBER_NOTE_MAX)
        return cx_tell(cx, ERR_INVALID, N_("A note has 1 to 2000 characters."));
    return q_file_note_insert(cx, id_next(cx->node->ids), planet_id, account_id,
                              cx->viewer == 0 ? DB_NULL : cx->viewer, cx->now, text, NULL);
}

enum err member_flags(struct cx *cx, int64_t planet_id, int64_t account_id, struct member_flag **ret, size_t *ret_n)
{
    struct file_flags_row *rows;
    size_t n, kept = 0;
    TRY(planet_may_own(cx, planet_id));
    TRY(q_file_flags(cx, planet_id, account_id, &rows, &n));
    struct member_flag *out = ARENA_ARRAY(cx->arena, struct member_flag, n);
    for (size_t i = 0; i < n; i++)
        if (rows[i].cleared_at == DB_NULL)
            out[kept++] = (struct member_flag){.planet_id = planet_id, .account_id = account_id,
                                               .order_id = rows[i].order_id, .at = rows[i].at, .why = rows[i].why,
                                               .number = rows[i].number};
    *ret = out;
    *ret_n = kept;
    return OK;
}

enum err member_flag_clear(struct cx *cx, int64_t planet_id, int64_t account_id)
{
    int64_t changes;
    TRY(planet_may_own(cx, planet_id));
    TX_SCOPE(cx);
    TRY(q_file_flag_clear(cx, planet_id, account_id, cx->viewer == 0 ? DB_NULL : cx->viewer, cx->now, &changes));
    if (changes == 0)
        return cx_tell(cx, ERR_CONFLICT, N_("This was decided already."));
    TRY(audit_put(cx, "member.flag_clear", account_id, STR_NULL));
    return tx_commit(cx);
}

enum err member_flag_put(struct cx *cx, int64_t planet_id, int64_t account_id, int64_t order_id, const char *why)
{
    return q_file_flag_put(cx, planet_id, account_id, order_id, str_c(why), cx->now, NULL);
}

enum err member_flagged(struct cx *cx, int64_t planet_id, int64_t account_id, bool *ret)
{
    int64_t n;
    TRY(q_file_flagged(cx, planet_id, account_id, &n));
    *ret = n > 0;
    return OK;
}

enum err order_history(struct cx *cx, int64_t order_id, struct order_happening **ret, size_t *ret_n)
{
    struct file_order_history_row *rows;
    struct order o;
    TRY(order_by_id(cx, order_id, &o));
    TRY(planet_may_own(cx, o.planet_id));
    TRY(q_file_order_history(cx, order_id, &rows, ret_n));
    struct order_happening *out = ARENA_ARRAY(cx->arena, struct order_happening, *ret_n);
    for (size_t i = 0; i < *ret_n; i++)
        out[i] = (struct order_happening){.at = rows[i].at, .event = rows[i].event, .from = rows[i].from_state,
                                          .to = rows[i].to_state, .detail = rows[i].detail};
    *ret = out;
    return OK;
}
