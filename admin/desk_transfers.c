/* The page where the owner compares what members say that they sent with the bank's statement. */
#include "admin/desk_money.h"
#include "admin/html.h"
#include "admin/view_transfers.h"
#include "node/base/i18n.h"
#include "node/db/db.h"
#include "node/money/rail.h"
#include "node/money/transfer.h"
#include "node/money/words.h"
#include "web/page.h"

enum { SHOWN = 50, CHOSEN_MAX = 200 };

static struct str what_of(struct cx *cx, const struct transfer *t)
{
    struct tier tier;
    if (t->tier_id != DB_NULL && tier_by_id(cx, t->tier_id, &tier) == OK)
        return tier.name;
    return money_kind_words(cx, t->kind);
}

static struct view_desk_transfer row_of(struct cx *cx, const struct view_money *m, const struct transfer *t)
{
    bool done = str_eq_c(t->state, "confirmed") || str_eq_c(t->state, "tray");
    return (struct view_desk_transfer){
        .number = t->number,
        .memo = t->memo,
        .who = t->name.n > 0 ? t->name : t->username,
        .who_url = str_fmt(cx->arena, STR_FMT "/members/%lld", STR_ARG(m->desk->base), (long long)t->account_id),
        .what = what_of(cx, t),
        .money = i18n_money(cx, t->amount.minor, str_c(t->amount.cur)),
        .when = i18n_ago(cx, t->decided_at != DB_NULL ? t->decided_at : t->said_at != DB_NULL ? t->said_at : t->created_at),
        .payer = t->payer,
        .bank_ref = t->bank_ref,
        .picture_url = t->media_id == DB_NULL ? STR_NULL : str_fmt(cx->arena, "/pay/" STR_FMT "/picture", STR_ARG(t->number)),
        .reason = t->reason,
        .state = t->state,
        .tray_url = str_fmt(cx->arena, STR_FMT "/tray", STR_ARG(m->base)),
        .same_picture = t->same_picture,
        .same_ref = t->same_ref,
        .used_before = t->used_before,
        .open = !done,
        .opened = t->provisional,
    };
}

static enum err fill_rows(struct rq *rq, const struct planet *p, struct view_desk_transfers *v)
{
    struct cx *cx = rq->cx;
    enum transfer_which which = TRANSFER_SENT;
    struct transfer *list;
    int64_t from = 0;
    size_t n;
    v->q = str_trim(rq->method == POST ? rq_form(rq, "q") : rq_query(rq, "q"));
    struct str show = rq->method == POST ? rq_form(rq, "show") : rq_query(rq, "show");
    if (!transfer_which_parse(show, &which))
        show = STR("sent");
    (void)web_id(rq_query(rq, "from"), &from);
    if (v->q.n > 0)
        TRY(transfer_search(cx, p->id, v->q, SHOWN, &list, &n));
    else
        TRY(transfer_list(cx, p->id, which, from, SHOWN, &list, &n));
    v->which = v->q.n > 0 ? STR("") : show;
    struct view_desk_transfer *out = ARENA_ARRAY(cx->arena, struct view_desk_transfer, n);
    for (size_t i = 0; i < n; i++)
        out[i] = row_of(cx, v->m, &list[i]);
    v->rows = out;
    v->n_rows = n;
    if (v->q.n == 0 && n == SHOWN)
        v->next_url = str_fmt(cx->arena, STR_FMT "?show=" STR_FMT "&from=%lld", STR_ARG(v->action), STR_ARG(show),
                              (long long)list[n - 1].order_id);
    return OK;
}

struct decided { int64_t confirmed, rejected, tray, left; struct str left_why; };

static enum err show(struct rq *rq, const struct planet *p, const struct decided *d, enum err error)
{
    struct cx *cx = rq->cx;
    struct view_money *m;
    struct transfer_counts counts;
    struct rail_account acc;
    struct view_desk_transfers v = {.confirmed = d->confirmed, .rejected = d->rejected, .tray = d->tray, .left = d->left,
                                    .left_why = d->left_why};
    if (error != OK)
        v.error = web_mendable(rq, error);
    TRY(desk_money_head(rq, p, MONEY_TRANSFERS, N_("Transfers"), &m));
    v.m = m;
    v.action = str_fmt(cx->arena, STR_FMT "/transfers", STR_ARG(m->base));
    TRY(transfer_count(cx, p->id, &counts));
    v.n_sent = counts.sent;
    v.n_waiting = counts.waiting;
    enum err e = rail_account_for(cx, rail_by_name(STR("transfer")), p->id, &acc);
    if (e != OK && e != ERR_NOT_FOUND)
        return e;
    v.connected = e == OK;
    TRY(fill_rows(rq, p, &v));
    struct buf out = web_buf();
    html_desk_transfers(&out, cx, &v);
    rq_cache_control(rq, "no-store");
    return web_send(rq, error != OK ? http_status_of(error) : d->left > 0 ? 409 : 200, &out);
}

enum err desk_transfers(struct rq *rq)
{
    struct planet p;
    const struct decided none = {0};
    TRY(desk_money_planet(rq, &p));
    return show(rq, &p, &none, OK);
}

/* Each by itself: one that can't be decided keeps none of the others. */
static enum err decide(struct rq *rq, const struct planet *p, struct transfer_decision d, struct decided *sum)
{
    struct cx *cx = rq->cx;
    enum transfer_outcome outcome;
    d.amount = rq_form(rq, str_fmt(cx->arena, "amount_" STR_FMT, STR_ARG(d.number)).p);
    d.bank_ref = rq_form(rq, str_fmt(cx->arena, "ref_" STR_FMT, STR_ARG(d.number)).p);
    d.reason = rq_form(rq, "reason");
    enum err e = transfer_decide(cx, p->id, &d, &outcome);
    if (desk_mendable(e)) {
        sum->left++;
        sum->left_why = str_c(http_sentence(rq, e));
        cx->tell = NULL;
        return OK;
    }
    TRY(e);
    sum->confirmed += outcome == TRANSFER_CONFIRMED;
    sum->rejected += outcome == TRANSFER_REJECTED;
    sum->tray += outcome == TRANSFER_TRAY;
    return OK;
}

enum err desk_transfers_decide(struct rq *rq)
{
    struct planet p;
    struct decided sum = {0};
    struct str rest = rq_form(rq, "do"), word, one, numbers[CHOSEN_MAX];
    size_t n = rq_form_all(rq, "number", numbers, CHOSEN_MAX);
    TRY(desk_money_planet(rq, &p));
    if (!str_next(&rest, ':', &word))
        return ERR_INVALID;
    bool single = str_next(&rest, ':', &one);
    struct transfer_decision d = {.confirm = !str_eq_c(word, "reject"), .anyway = str_eq_c(word, "anyway")};
    if (d.confirm && !d.anyway && !str_eq_c(word, "confirm"))
        return ERR_INVALID;
    if (single) {
        numbers[0] = one;
        n = 1;
    } else if (n == 0 || d.anyway) {
        return show(rq, &p, &sum, cx_tell(rq->cx, ERR_INVALID, N_("Choose at least one.")));
    }
    for (size_t i = 0; i < n; i++) {
        d.number = numbers[i];
        TRY(decide(rq, &p, d, &sum));
    }
    return show(rq, &p, &sum, OK);
}
