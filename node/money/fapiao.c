#include "node/money/fapiao.h"

#include "node/base/buf.h"
#include "node/base/clock.h"
#include "node/base/i18n.h"
#include "node/base/id.h"
#include "node/db/db.h"
#include "node/money/csv.h"
#include "node/money/fapiao_sql.h"
#include "node/money/money.h"
#include "node/money/order.h"
#include "node/money/tax.h"
#include "node/node.h"
#include "node/people/account.h"
#include "node/people/audit.h"
#include "node/people/letter.h"
#include "node/planet/planet_sql.h"

static void from_row(const struct fapiao_row *r, struct fapiao *ret)
{
    *ret = (struct fapiao){
        .id = r->id,
        .planet_id = r->planet_id,
        .account_id = r->account_id,
        .order_id = r->order_id,
        .asked_at = r->asked_at,
        .done_at = r->done_at,
        .paid_at = r->paid_at,
        .order_number = r->order_number,
        .kind = r->kind,
        .title = r->title,
        .taxpayer_id = r->taxpayer_id,
        .mail = r->mail,
        .amount = money_of(r->amount, r->currency),
        .state = r->state,
        .answer = r->answer,
        .given_back = r->given_back,
    };
}

static void from_rows(struct cx *cx, const struct fapiao_row *rows, size_t n, struct fapiao **ret)
{
    struct fapiao *list = ARENA_ARRAY(cx->arena, struct fapiao, n);
    for (size_t i = 0; i < n; i++)
        from_row(&rows[i], &list[i]);
    *ret = list;
}

static bool mine(const struct cx *cx, int64_t account_id)
{
    return cx->viewer == 0 || cx->viewer == account_id;
}

/* Is one asked for, or issued? */
static enum err has_one(struct cx *cx, int64_t order_id, bool *ret)
{
    struct fapiao_row *rows;
    size_t n;
    TRY(q_fapiao_by_order(cx, order_id, &rows, &n));
    *ret = false;
    for (size_t i = 0; i < n; i++)
        *ret = *ret || str_eq_c(rows[i].state, "asked") || str_eq_c(rows[i].state, "issued");
    return OK;
}

static enum err may(struct cx *cx, const struct order *o, bool *ret)
{
    struct tax_rule rule;
    bool has, stands = str_eq_c(o->state, "paid") || str_eq_c(o->state, "part_refunded");
    *ret = false;
    if (!stands || !str_eq_c(str_c(o->total.cur), "CNY") || o->total.minor <= o->refunded)
        return OK;
    TRY(tax_rule_of(cx, o->planet_id, &rule));
    if (!rule.fapiao)
        return OK;
    TRY(has_one(cx, o->id, &has));
    *ret = !has;
    return OK;
}

enum err fapiao_may(struct cx *cx, int64_t order_id, bool *ret)
{
    struct order o;
    TRY(order_by_id(cx, order_id, &o));
    return may(cx, &o, ret);
}

static enum err check(struct cx *cx, const struct fapiao_ask *ask, struct fapiao_ask *ret)
{
    bool company = str_eq_c(ask->kind, "company");
    struct str key;
    *ret = (struct fapiao_ask){ask->number, company ? STR("company") : STR("person"), str_trim(ask->title),
                               STR(""), STR("")};
    if (ret->title.n == 0 || !str_is_utf8(ret->title) || str_utf8_len(ret->title) > FAPIAO_TITLE_MAX)
        return cx_tell(cx, ERR_INVALID, N_("Whose name shall stand on the fapiao? Up to 100 characters."));
    if (company && (str_trim(ask->taxpayer_id).n == 0 ||
                    !tax_id_ok(cx->arena, STR("CN"), ask->taxpayer_id, &ret->taxpayer_id)))
        return cx_tell(cx, ERR_INVALID, N_("This can't be a taxpayer's number: 18 characters, as on the business licence."));
    if (!account_mail_ok(cx, ask->mail, &ret->mail, &key))
        return cx_tell(cx, ERR_INVALID, N_("Enter the mail address that the fapiao is sent to."));
    return OK;
}

static enum err write_owner(struct cx *cx, void *arg, struct letter *l)
{
    const struct planet *p = arg;
    l->subject = i18n_fill(cx->arena, tr(cx, N_("{0}: somebody asks for a fapiao")), &p->name, 1);
    l->text = str_c(tr(cx, N_("Issue it where you usually do, and note here that it is done: the member is told then.")));
    l->page = str_fmt(cx->arena, "/desk/" STR_FMT "/money/fapiao", STR_ARG(p->handle));
    l->url = str_fmt(cx->arena, STR_FMT STR_FMT, STR_ARG(cx->node->origin), STR_ARG(l->page));
    l->label = str_c(tr(cx, N_("See the requests")));
    return OK;
}

enum err fapiao_request(struct cx *cx, const struct fapiao_ask *given, struct fapiao *ret)
{
    struct order o;
    struct planet p;
    struct fapiao_ask ask;
    struct fapiao_row row;
    bool allowed;
    int64_t id = id_next(cx->node->ids);
    TRY(check(cx, given, &ask));
    TX_SCOPE(cx);
    TRY(order_by_number(cx, ask.number, &o));
    if (!mine(cx, o.account_id))
        return ERR_NOT_FOUND;
    TRY(planet_lock(cx, o.planet_id));
    TRY(may(cx, &o, &allowed));
    if (!allowed)
        return cx_tell(cx, ERR_CONFLICT, N_("For this order there is no fapiao to be asked for."));
    TRY(q_fapiao_insert(cx, id, o.planet_id, o.account_id, o.id, o.number, ask.kind, ask.title, ask.taxpayer_id,
                        ask.mail, o.total.minor - o.refunded, str_c(o.total.cur), cx->now, NULL));
    TRY(planet_by_id(cx, o.planet_id, &p));
    TRY(letter_to_owners(cx, p.id, "fapiao", str_fmt(cx->arena, "fapiao:%lld", (long long)id), write_owner, &p));
    TRY(q_fapiao_one(cx, id, &row));
    from_row(&row, ret);
    return tx_commit(cx);
}

enum err fapiao_withdraw(struct cx *cx, int64_t id)
{
    struct fapiao_row row;
    int64_t changes;
    TX_SCOPE(cx);
    TRY(q_fapiao_one(cx, id, &row));
    if (!mine(cx, row.account_id))
        return ERR_NOT_FOUND;
    TRY(q_fapiao_change(cx, id, STR("withdrawn"), STR(""), cx->now, cx->viewer == 0 ? DB_NULL : cx->viewer, &changes));
    if (changes == 0)
        return cx_tell(cx, ERR_CONFLICT, N_("The owner has answered already."));
    return tx_commit(cx);
}

enum err fapiao_of_order(struct cx *cx, int64_t order_id, struct fapiao **ret, size_t *ret_n)
{
    struct order o;
    struct fapiao_row *rows;
    TRY(order_by_id(cx, order_id, &o));
    if (!mine(cx, o.account_id))
        TRY(planet_may_own(cx, o.planet_id));
    TRY(q_fapiao_by_order(cx, order_id, &rows, ret_n));
    from_rows(cx, rows, *ret_n, ret);
    return OK;
}

/* ---- the owner ---- */

enum err fapiao_list(struct cx *cx, int64_t planet_id, struct str state, int64_t before_id, int limit,
                     struct fapiao **ret, size_t *ret_n)
{
    struct fapiao_row *rows;
    TRY(planet_may_own(cx, planet_id));
    TRY(q_fapiao_page(cx, planet_id, state.n == 0 ? STR_NULL : state, before_id == 0 ? INT64_MAX : before_id, limit,
                      &rows, ret_n));
    from_rows(cx, rows, *ret_n, ret);
    return OK;
}

enum err fapiao_waiting(struct cx *cx, int64_t planet_id, int64_t *ret)
{
    TRY(planet_may_own(cx, planet_id));
    return q_fapiao_count(cx, planet_id, ret);
}

static enum err tell_buyer(struct cx *cx, const struct fapiao_row *f, bool issued, struct str answer)
{
    struct planet p;
    TRY(planet_by_id(cx, f->planet_id, &p));
    LETTER_LANGUAGE(cx, f->account_id, f->planet_id);
    struct str args[] = {p.name, f->mail, answer};
    const char *subject = issued ? tr(cx, N_("{0}: your fapiao was issued")) : tr(cx, N_("{0}: no fapiao was issued"));
    const char *text = issued ? tr(cx, N_("It goes to {1}.")) : tr(cx, N_("The owner of {0} can't issue the fapiao that you asked for."));
    struct str body = i18n_fill(cx->arena, text, args, 3);
    if (answer.n > 0)
        body = str_fmt(cx->arena, STR_FMT "\n\n" STR_FMT, STR_ARG(body), STR_ARG(answer));
    struct letter l = {
        .account_id = f->account_id,
        .planet_id = f->planet_id,
        .kind = "fapiao",
        .subject = i18n_fill(cx->arena, subject, args, 1),
        .text = body,
        .once_key = str_fmt(cx->arena, "fapiao-done:%lld", (long long)f->id),
        .page = STR("/me/receipts"),
    };
    return letter_put(cx, &l);
}

enum err fapiao_done(struct cx *cx, int64_t planet_id, const int64_t *ids, size_t n, bool issued, struct str given,
                     size_t *ret_n)
{
    struct str answer = str_trim(given);
    int64_t changes;
    size_t done = 0;
    TRY(planet_may_own(cx, planet_id));
    if (!str_is_utf8(answer) || str_utf8_len(answer) > FAPIAO_ANSWER_MAX)
        return cx_tell(cx, ERR_INVALID, N_("The answer has at most 200 characters."));
    if (n == 0)
        return cx_tell(cx, ERR_INVALID, N_("Choose at least one."));
    TX_SCOPE(cx);
    for (size_t i = 0; i < n; i++) {
        struct fapiao_row row;
        TRY(q_fapiao_one(cx, ids[i], &row));
        if (row.planet_id != planet_id)
            return ERR_NOT_FOUND;
        TRY(q_fapiao_change(cx, row.id, issued ? STR("issued") : STR("declined"), answer, cx->now,
                            cx->viewer == 0 ? DB_NULL : cx->viewer, &changes));
        if (changes == 0)
            continue;
        TRY(tell_buyer(cx, &row, issued, answer));
        TRY(audit_put(cx, issued ? "fapiao.issued" : "fapiao.declined", row.id, row.order_number));
        done++;
    }
    *ret_n = done;
    return tx_commit(cx);
}

struct str fapiao_csv_head(void)
{
    return STR("asked,sold,order,kind,title,taxpayer_id,mail,currency,amount,state,answer,given_back\n");
}

static void put_day(struct cx *cx, struct buf *b, int64_t ms)
{
    csv_cell(b, ms == DB_NULL ? STR("") : zone_print_day(cx->arena, i18n_zone(cx), ms));
}

struct str fapiao_csv(struct cx *cx, const struct fapiao *f)
{
    struct arena *a = cx->arena;
    struct buf b;
    buf_init_arena(&b, a, 1 << 14);
    put_day(cx, &b, f->asked_at);
    put_day(cx, &b, f->paid_at);
    csv_cell(&b, f->order_number);
    csv_cell(&b, f->kind);
    csv_cell(&b, f->title);
    csv_cell(&b, f->taxpayer_id);
    csv_cell(&b, f->mail);
    csv_cell(&b, str_c(f->amount.cur));
    csv_sum(&b, a, f->amount);
    csv_cell(&b, f->state);
    csv_cell(&b, f->answer);
    csv_sum(&b, a, money_of(f->given_back, str_c(f->amount.cur)));
    return csv_line(&b, a);
}
