/* The owner's side of payments by hand: what waits, what fits a line of the bank statement, yes or no. */
#include "node/base/buf.h"
#include "node/base/i18n.h"
#include "node/base/jw.h"
#include "node/db/db.h"
#include "node/money/code_text.h"
#include "node/money/ledger.h"
#include "node/money/money.h"
#include "node/money/rail.h"
#include "node/money/rail_adapters.h"
#include "node/money/transfer_int.h"
#include "node/money/tray.h"
#include "node/node.h"
#include "node/people/audit.h"
#include "node/people/letter.h"
#include "node/planet/planet_sql.h"

#include <string.h>

enum { SHOWN_MAX = 200 };

bool transfer_which_parse(struct str word, enum transfer_which *ret)
{
    static const char *const words[] = {"sent", "waiting", "done"};
    for (int i = 0; i < 3; i++)
        if (str_eq_c(word, words[i])) {
            *ret = (enum transfer_which)i;
            return true;
        }
    return false;
}

enum err transfer_warn(struct cx *cx, struct transfer *t)
{
    struct transfer_same_picture_row picture;
    struct transfer_same_ref_row ref;
    struct transfer_row row;
    bool found;
    TRY(q_transfer_by_order(cx, t->order_id, &found, &row));
    if (!found)
        return OK;
    if (row.picture.n > 0) {
        TRY(q_transfer_same_picture(cx, t->planet_id, t->order_id, row.picture, &found, &picture));
        t->same_picture = found ? picture.number : STR_NULL;
        t->used_before = t->used_before || (found && str_eq_c(picture.state, "confirmed"));
    }
    if (row.bank_ref.n > 0) {
        TRY(q_transfer_same_ref(cx, t->planet_id, t->order_id, row.bank_ref, &found, &ref));
        t->same_ref = found ? ref.number : STR_NULL;
        t->used_before = t->used_before || (found && str_eq_c(ref.state, "confirmed"));
    }
    return OK;
}

static enum err with_warnings(struct cx *cx, const struct transfer_row *rows, size_t n, struct transfer **ret,
                              size_t *ret_n)
{
    struct transfer *out = ARENA_ARRAY(cx->arena, struct transfer, n);
    for (size_t i = 0; i < n; i++) {
        out[i] = transfer_from(&rows[i]);
        TRY(transfer_warn(cx, &out[i]));
    }
    *ret = out;
    *ret_n = n;
    return OK;
}

enum err transfer_list(struct cx *cx, int64_t planet_id, enum transfer_which which, int64_t from, int limit,
                       struct transfer **ret, size_t *ret_n)
{
    struct transfer_row at = {0}, *rows;
    bool found = false, done = which == TRANSFER_DONE;
    size_t n;
    TRY(planet_may_own(cx, planet_id));
    if (from != 0)
        TRY(q_transfer_by_order(cx, from, &found, &at));
    int most = limit < SHOWN_MAX ? limit : SHOWN_MAX;
    const char *state = which == TRANSFER_SENT ? "sent" : "waiting";
    if (done)
        TRY(q_transfer_page_done(cx, planet_id, found && at.decided_at != DB_NULL ? at.decided_at : INT64_MAX,
                                 found ? from : INT64_MAX, most, &rows, &n));
    else
        TRY(q_transfer_page(cx, planet_id, str_c(state), str_c(state), found ? at.created_at : 0, found ? from : 0, most,
                            &rows, &n));
    return with_warnings(cx, rows, n, ret, ret_n);
}

/* "99.07": in whatever currency, as the decimals say. */
static int64_t amount_of(struct cx *cx, struct str what)
{
    struct money m;
    if (what.n == 0 || what.n > 20 || money_parse_fields(cx, what, STR("CNY"), &m) != OK) {
        cx->tell = NULL;
        return -1;
    }
    return m.minor;
}

enum err transfer_search(struct cx *cx, int64_t planet_id, struct str what, int limit, struct transfer **ret,
                         size_t *ret_n)
{
    struct transfer_row *rows;
    struct str memo, typed = str_trim(what), ref = transfer_ref(cx, typed);
    size_t n;
    TRY(planet_may_own(cx, planet_id));
    if (!code_memo_read(cx->arena, typed, &memo))
        memo = STR("-");
    TRY(q_transfer_find(cx, planet_id, memo, ref.n == 26 ? ref : STR("-"), ref.n == 0 ? STR("-") : ref,
                        amount_of(cx, typed), limit < SHOWN_MAX ? limit : SHOWN_MAX, &rows, &n));
    return with_warnings(cx, rows, n, ret, ret_n);
}

enum err transfer_count(struct cx *cx, int64_t planet_id, struct transfer_counts *ret)
{
    TRY(planet_may_own(cx, planet_id));
    TRY(q_transfer_count(cx, planet_id, STR("sent"), &ret->sent));
    return q_transfer_count(cx, planet_id, STR("waiting"), &ret->waiting);
}

/* ---- deciding ---- */

static enum err tell_buyer(struct cx *cx, const struct transfer *t, bool found, struct str reason)
{
    struct planet p;
    TRY(planet_by_id(cx, t->planet_id, &p));
    LETTER_LANGUAGE(cx, t->account_id, t->planet_id);
    struct str money = i18n_money(cx, t->amount.minor, str_c(t->amount.cur));
    struct str v[] = {p.name, money, t->number, reason};
    const char *yes = N_("{0} has your payment of {1}. Everything that you ordered is open now.\n\nOrder {2}");
    const char *no = N_("{0} did not find your payment of {1}, so nothing is open by it. If you did send it, say so once more on the page of your order, with the bank's reference or a screenshot.\n\nOrder {2}");
    const char *why = N_("{0} did not find your payment of {1}, so nothing is open by it. If you did send it, say so once more on the page of your order, with the bank's reference or a screenshot.\n\nWhat the owner says: {3}\n\nOrder {2}");
    struct letter l = {
        .account_id = t->account_id,
        .planet_id = t->planet_id,
        .kind = "transfer",
        .subject = str_c(found ? tr(cx, N_("Your payment has arrived")) : tr(cx, N_("Your payment was not found"))),
        .text = i18n_fill(cx->arena, tr(cx, found ? yes : reason.n > 0 ? why : no), v, 4),
        .label = str_c(tr(cx, N_("See the order"))),
        .page = str_fmt(cx->arena, "/pay/" STR_FMT, STR_ARG(t->number)),
        .once_key = str_fmt(cx->arena, "transfer:" STR_FMT ":%s:%lld", STR_ARG(t->number), found ? "in" : "out",
                            (long long)t->says),
    };
    l.url = str_fmt(cx->arena, STR_FMT STR_FMT, STR_ARG(cx->node->origin), STR_ARG(l.page));
    return letter_put(cx, &l);
}

/* What was sent above the total, to tell it from others (P17: rounding). */
static enum err book_extra(struct cx *cx, const struct transfer *t)
{
    struct entry entries[2] = {{.account = STR("clearing:transfer"), .amount = t->extra},
                               {.account = STR("rounding"), .amount = -t->extra}};
    struct txn txn = {.planet_id = t->planet_id, .kind = STR("rounding"), .order_id = t->order_id, .grant_id = DB_NULL,
                      .rail_event_id = DB_NULL, .reverses = DB_NULL, .memo = STR("unlike"), .entries = entries,
                      .n_entries = 2};
    memcpy(entries[0].cur, t->amount.cur, sizeof entries[0].cur);
    memcpy(entries[1].cur, t->amount.cur, sizeof entries[1].cur);
    return t->extra == 0 ? OK : ledger_post(cx, &txn);
}

/* What the owner saw on the statement, as a message of this rail. */
static struct str told_json(struct cx *cx, const struct transfer *t, struct money came, struct str ref)
{
    struct buf b;
    struct jw w;
    buf_init_arena(&b, cx->arena, 4096);
    jw_init(&w, &b);
    jw_obj(&w);
    jw_key_str(&w, "order", t->number);
    jw_key_str(&w, "came", money_format(cx->arena, came));
    jw_key_id(&w, "by", cx->viewer);
    jw_key_opt(&w, "bank_ref", ref);
    jw_end(&w);
    return jw_done(&w) ? buf_str(&b) : STR("{}");
}

static enum err not_used_before(struct cx *cx, struct transfer *t, struct str ref, bool anyway)
{
    struct transfer_same_ref_row row;
    bool found = false;
    TRY(transfer_warn(cx, t));
    if (ref.n > 0)
        TRY(q_transfer_same_ref(cx, t->planet_id, t->order_id, ref, &found, &row));
    bool used = t->used_before || (found && str_eq_c(row.state, "confirmed"));
    if (!used || anyway)
        return OK;
    struct str other = found && str_eq_c(row.state, "confirmed") ? row.number
                       : t->same_picture.n > 0                   ? t->same_picture
                                                                 : t->same_ref;
    return cx_tellf(cx, ERR_CONFLICT, N_("This picture or reference has confirmed order {0} already. Look twice before you confirm."),
                    &other, 1);
}

enum { TRAY_PAGE = 200 };

/* What was typed wrongly before the right amount was confirmed: it never came. */
static enum err clear_tray(struct cx *cx, const struct transfer *t)
{
    struct unmatched *list;
    int64_t after = 0;
    size_t n;
    do {
        TRY(unmatched_list(cx, t->planet_id, after, TRAY_PAGE, &list, &n));
        for (size_t i = 0; i < n; i++) {
            after = list[i].id;
            if (str_eq(list[i].order_number, t->number) && str_eq_c(list[i].rail, "transfer"))
                TRY(unmatched_settle(cx, t->planet_id, list[i].id));
        }
    } while (n == TRAY_PAGE);
    return OK;
}

static enum err confirm(struct cx *cx, struct transfer *t, const struct transfer_decision *d, enum transfer_outcome *ret)
{
    struct rail_account acc;
    struct money came = t->amount;
    enum order_verdict verdict;
    struct str ref = transfer_ref(cx, str_utf8_cut(str_trim(d->bank_ref), TRANSFER_WORDS));
    int64_t total = t->amount.minor - t->extra;
    if (ref.n == 0)
        ref = t->bank_ref;
    if (str_trim(d->amount).n > 0)
        TRY(money_parse_fields(cx, str_trim(d->amount), str_c(t->amount.cur), &came));
    TRY(not_used_before(cx, t, ref, d->anyway));
    TRY(rail_account_of(cx, &rail_transfer, t->planet_id, &acc));
    TRY(transfer_close(cx, t, "the payment is confirmed"));
    bool as_asked = came.minor == t->amount.minor;
    const struct rail_state s = {
        .event_id = str_fmt(cx->arena, "confirm:" STR_FMT ":%lld", STR_ARG(t->number), (long long)came.minor),
        .order_number = t->number,
        .topic = RAIL_ORDER,
        .event = ORDER_PAID,
        .at = cx->now,
        .paid = money_of(as_asked ? total : came.minor, str_c(came.cur)),
        /* Another payment than the one that was asked for has another name. */
        .ref = as_asked ? t->memo : str_fmt(cx->arena, STR_FMT "-%lld", STR_ARG(t->memo), (long long)came.minor),
        .merchant = acc.merchant,
        .live = acc.live,
        .sub = {.period_end = DB_NULL},
    };
    TRY(rail_settle(cx, &rail_transfer, t->planet_id, told_json(cx, t, came, ref), &s, &verdict));
    *ret = verdict == ORDER_APPLIED     ? TRANSFER_CONFIRMED
           : verdict == ORDER_UNMATCHED ? TRANSFER_TRAY
                                        : TRANSFER_KNOWN;
    if (*ret == TRANSFER_KNOWN)
        return OK;
    if (*ret == TRANSFER_CONFIRMED && as_asked)
        TRY(book_extra(cx, t));
    TRY(q_transfer_decided(cx, t->order_id, *ret == TRANSFER_CONFIRMED ? STR("confirmed") : STR("tray"), cx->now,
                           cx->viewer == 0 ? DB_NULL : cx->viewer, STR_NULL, ref, NULL));
    if (*ret == TRANSFER_CONFIRMED && str_eq_c(t->state, "tray"))
        TRY(clear_tray(cx, t));
    if (*ret == TRANSFER_CONFIRMED)
        TRY(tell_buyer(cx, t, true, STR_NULL));
    return audit_put(cx, "transfer.confirm", t->order_id, *ret == TRANSFER_TRAY ? STR("tray") : STR_NULL);
}

static enum err reject(struct cx *cx, const struct transfer *t, const struct transfer_decision *d,
                       enum transfer_outcome *ret)
{
    const struct order_change fail = {.event = ORDER_FAIL, .rail_event_id = DB_NULL, .rail_at = DB_NULL};
    struct str reason = str_utf8_cut(str_trim(d->reason), TRANSFER_WORDS);
    enum order_verdict verdict;
    *ret = TRANSFER_KNOWN;
    if (str_eq_c(t->state, "rejected"))
        return OK;
    if (str_eq_c(t->state, "confirmed") || str_eq_c(t->state, "tray"))
        return cx_tell(cx, ERR_CONFLICT, N_("This payment is confirmed. What is to be given back is a refund."));
    TRY(transfer_close(cx, t, "the payment was not found"));
    TRY(order_apply(cx, t->number, &fail, &verdict));
    TRY(q_transfer_decided(cx, t->order_id, STR("rejected"), cx->now, cx->viewer == 0 ? DB_NULL : cx->viewer,
                           reason.n == 0 ? STR_NULL : reason, t->bank_ref, NULL));
    TRY(tell_buyer(cx, t, false, reason));
    *ret = TRANSFER_REJECTED;
    return audit_put(cx, "transfer.reject", t->order_id, STR_NULL);
}

enum err transfer_decide(struct cx *cx, int64_t planet_id, const struct transfer_decision *d,
                         enum transfer_outcome *ret)
{
    struct transfer t;
    TRY(planet_may_own(cx, planet_id));
    if (!str_is_utf8(d->reason) || !str_is_utf8(d->bank_ref))
        return cx_fail(cx, ERR_INVALID, "not UTF-8");
    TX_SCOPE(cx);
    TRY(planet_lock(cx, planet_id));
    TRY(transfer_read(cx, d->number, &t));
    if (t.planet_id != planet_id)
        return ERR_NOT_FOUND;
    *ret = TRANSFER_KNOWN;
    if (!d->confirm)
        TRY(reject(cx, &t, d, ret));
    else if (!str_eq_c(t.state, "confirmed"))
        TRY(confirm(cx, &t, d, ret));
    return tx_commit(cx);
}
