/* The buyer's side of a payment that is confirmed by hand: where to send it, and that it is sent. */
#include "node/base/clock.h"
#include "node/base/i18n.h"
#include "node/base/id.h"
#include "node/db/db.h"
#include "node/jobs/jobs.h"
#include "node/media/media.h"
#include "node/money/code_text.h"
#include "node/money/ledger.h"
#include "node/money/money.h"
#include "node/money/rail.h"
#include "node/money/rail_adapters.h"
#include "node/money/transfer_int.h"
#include "node/node.h"
#include "node/people/account.h"
#include "node/people/letter.h"
#include "node/people/rate.h"
#include "node/planet/grant.h"
#include "node/planet/planet_sql.h"

enum { REF_MIN = 4, MEMO_TRIES = 16, SAYS_A_DAY = 30 };

struct transfer transfer_from(const struct transfer_row *r)
{
    return (struct transfer){
        .order_id = r->order_id,
        .planet_id = r->planet_id,
        .account_id = r->account_id,
        .tier_id = r->tier_id,
        .post_id = r->post_id,
        .created_at = r->created_at,
        .said_at = r->said_at,
        .decided_at = r->decided_at,
        .decided_by = r->decided_by,
        .expires_at = r->expires_at,
        .media_id = r->media_id,
        .says = r->says,
        .number = r->number,
        .memo = r->memo,
        .kind = r->kind,
        .username = r->username,
        .name = r->name,
        .state = r->state,
        .order_state = r->order_state,
        .payer = r->payer,
        .bank_ref = r->bank_ref,
        .reason = r->reason,
        .amount = money_of(r->amount, r->currency),
        .extra = r->extra,
        .provisional = r->provisional_grant_id != DB_NULL,
    };
}

enum err transfer_read(struct cx *cx, struct str order_number, struct transfer *ret)
{
    struct transfer_row row;
    struct order o;
    bool found;
    TRY(order_by_number(cx, order_number, &o));
    TRY(q_transfer_by_order(cx, o.id, &found, &row));
    if (!found)
        return ERR_NOT_FOUND;
    *ret = transfer_from(&row);
    return OK;
}

enum err transfer_of(struct cx *cx, struct str order_number, struct transfer *ret)
{
    struct transfer t;
    TRY(transfer_read(cx, order_number, &t));
    if (cx->viewer != 0 && cx->viewer != t.account_id && planet_may_own(cx, t.planet_id) != OK) {
        cx->tell = NULL;
        return ERR_NOT_FOUND;
    }
    *ret = t;
    return OK;
}

struct str transfer_ref(struct cx *cx, struct str typed)
{
    char *out = arena_alloc(cx->arena, typed.n + 1);
    size_t n = 0;
    for (size_t i = 0; i < typed.n; i++) {
        char c = typed.p[i];
        if (c >= 'a' && c <= 'z')
            c = (char)(c - 'a' + 'A');
        if ((c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (unsigned char)c >= 0x80)
            out[n++] = c;
    }
    return n < REF_MIN ? STR_NULL : (struct str){out, n};
}

/* ---- opening ---- */

static enum err new_memo(struct cx *cx, int64_t planet_id, struct str *ret)
{
    int64_t n = 1;
    for (int i = 0; i < MEMO_TRIES && n > 0; i++) {
        *ret = code_memo_new(cx->arena);
        TRY(q_transfer_memo_taken(cx, planet_id, *ret, &n));
    }
    return n == 0 ? OK : cx_fail(cx, ERR_INTERNAL, "no memo is left");
}

/* The first amount from the total on that nobody else is to send at the moment. All taken: the memo has to
 * do. Only where the smallest unit is a small thing. */
static enum err choose_extra(struct cx *cx, const struct order *o, int64_t *ret)
{
    int64_t *taken;
    size_t n;
    *ret = 0;
    if (money_exponent(o->total.cur) != 2)
        return OK;
    TRY(q_transfer_amounts(cx, o->planet_id, str_c(o->total.cur), o->total.minor,
                           o->total.minor + TRANSFER_UNLIKE - 1, &taken, &n));
    for (int64_t extra = 0; extra < TRANSFER_UNLIKE; extra++) {
        bool is_free = true;
        for (size_t i = 0; i < n; i++)
            is_free = is_free && taken[i] != o->total.minor + extra;
        if (is_free) {
            *ret = extra;
            return OK;
        }
    }
    return OK;
}

enum err transfer_open(struct cx *cx, const struct order *o, struct transfer *ret)
{
    struct rail_account acc;
    struct str memo;
    int64_t extra = 0;
    TX_SCOPE(cx);
    TRY(planet_lock(cx, o->planet_id)); /* one after the other: amounts differ */
    enum err e = transfer_read(cx, o->number, ret);
    if (e != ERR_NOT_FOUND)
        return e;
    TRY(rail_account_of(cx, &rail_transfer, o->planet_id, &acc));
    if (rail_switch(&acc, "unlike"))
        TRY(choose_extra(cx, o, &extra));
    TRY(new_memo(cx, o->planet_id, &memo));
    TRY(q_transfer_insert(cx, o->id, o->planet_id, o->account_id, memo, o->total.minor + extra, str_c(o->total.cur),
                          extra, cx->now, NULL));
    TRY(transfer_read(cx, o->number, ret));
    return tx_commit(cx);
}

/* ---- access before it is certain ---- */

/* Two days of the tier, for who was never refused here: the owner looks in the meantime. A gift or a post
 * waits. */
static enum err open_at_once(struct cx *cx, const struct transfer *t, const struct rail_account *acc)
{
    struct membership m = {.live = false};
    struct tier tier;
    int64_t had, grant_id;
    bool term = t->tier_id != DB_NULL && !str_eq_c(t->kind, "gift");
    if (!rail_switch(acc, "provisional") || !term)
        return OK;
    TRY(q_transfer_provisional_had(cx, t->account_id, t->planet_id, &had));
    if (had > 0)
        return OK;
    TRY(tier_by_id(cx, t->tier_id, &tier));
    enum err e = membership_of(cx, t->planet_id, t->account_id, &m);
    if (e != OK && e != ERR_NOT_FOUND)
        return e;
    if (m.live && m.rank >= tier.rank)
        return OK;
    const struct grant_new g = {
        .account_id = t->account_id,
        .planet_id = t->planet_id,
        .tier_id = t->tier_id,
        .kind = "comp",
        .term = {cx->now, cx->now + TRANSFER_PROVISIONAL_H * MS_HOUR, 0},
        .window_days = DB_NULL,
        .order_id = t->order_id,
        .price_id = DB_NULL,
    };
    TRY(grant_put(cx, &g, &grant_id));
    struct txn txn = {.planet_id = t->planet_id, .kind = STR("grant"), .order_id = t->order_id, .grant_id = grant_id,
                      .rail_event_id = DB_NULL, .reverses = DB_NULL, .memo = STR("provisional")};
    TRY(ledger_post(cx, &txn));
    return q_transfer_provisional(cx, t->order_id, grant_id, NULL);
}

enum err transfer_close(struct cx *cx, const struct transfer *t, const char *reason)
{
    struct transfer_row row;
    struct grant g;
    bool found;
    TRY(q_transfer_by_order(cx, t->order_id, &found, &row));
    if (!found || row.provisional_grant_id == DB_NULL)
        return OK;
    TRY(grant_by_id(cx, row.provisional_grant_id, &g));
    if (str_eq_c(g.state, "revoked") || (g.ends_at != DB_NULL && g.ends_at <= cx->now))
        return OK;
    TRY(grant_note(cx, g.id, GRANT_REVOKE, DB_NULL, str_c(reason)));
    struct txn txn = {.planet_id = t->planet_id, .kind = STR("grant_change"), .order_id = t->order_id, .grant_id = g.id,
                      .rail_event_id = DB_NULL, .reverses = DB_NULL, .memo = STR("revoke")};
    return ledger_post(cx, &txn);
}

/* ---- it is sent ---- */

/* Who has many of them hears once an hour that there are some. */
static enum err letter_said(struct cx *cx, void *arg, struct letter *l)
{
    const struct planet *p = arg;
    l->subject = str_c(tr(cx, N_("A transfer waits for you to look")));
    l->text = str_c(tr(cx, N_("A buyer says that the money is sent. Compare it with your bank statement or payment app, then confirm it or say that you did not find it.")));
    l->page = str_fmt(cx->arena, "/desk/" STR_FMT "/money/transfers", STR_ARG(p->handle));
    l->url = str_fmt(cx->arena, STR_FMT STR_FMT, STR_ARG(cx->node->origin), STR_ARG(l->page));
    l->label = str_c(tr(cx, N_("See the transfers")));
    return OK;
}

static enum err tell_owners(struct cx *cx, const struct transfer *t)
{
    struct planet p;
    TRY(planet_by_id(cx, t->planet_id, &p));
    struct str key = str_fmt(cx->arena, "transfer:said:%lld:%lld", (long long)p.id, (long long)(cx->now / MS_HOUR));
    return letter_to_owners(cx, p.id, "transfer", key, letter_said, &p);
}

static enum err may_say(struct cx *cx, struct str number, struct transfer *t)
{
    TRY(transfer_read(cx, number, t));
    if (cx->viewer != 0 && cx->viewer != t->account_id)
        return ERR_NOT_FOUND;
    bool open = str_eq_c(t->order_state, "new") || str_eq_c(t->order_state, "pending") ||
                str_eq_c(t->order_state, "expired") || str_eq_c(t->order_state, "failed");
    if (!open || str_eq_c(t->state, "confirmed") || str_eq_c(t->state, "tray"))
        return cx_tell(cx, ERR_CONFLICT, N_("This order is closed. Please start again."));
    if (t->says >= TRANSFER_SAYS)
        return cx_tell(cx, ERR_CONFLICT, N_("You have said so several times. Please write to the owner."));
    return OK;
}

static struct str words(struct cx *cx, struct str typed)
{
    struct str s = str_trim(typed);
    (void)cx;
    return s.n == 0 || !str_is_utf8(s) ? STR_NULL : str_utf8_cut(s, TRANSFER_WORDS);
}

/* The new picture takes the old one's place. */
static enum err keep_picture(struct cx *cx, const struct transfer *t, const struct media *m)
{
    if (t->media_id != DB_NULL)
        TRY(media_delete(cx, t->media_id));
    return job_put(cx, "transfer.forget", t->order_id, str_fmt(cx->arena, "%lld", (long long)m->id), STR_NULL,
                   cx->now + TRANSFER_PICTURE_DAYS * MS_DAY);
}

static enum err note_said(struct cx *cx, const struct transfer_say *say, const struct media *m)
{
    struct transfer_row row;
    struct rail_account acc;
    struct transfer t;
    bool found;
    TX_SCOPE(cx);
    TRY(transfer_read(cx, say->number, &t));
    TRY(planet_lock(cx, t.planet_id));
    TRY(may_say(cx, say->number, &t));
    TRY(q_transfer_by_order(cx, t.order_id, &found, &row));
    if (m->id != 0)
        TRY(keep_picture(cx, &t, m));
    TRY(q_transfer_said(cx, t.order_id, cx->now, words(cx, say->payer), transfer_ref(cx, words(cx, say->bank_ref)),
                        m->id != 0 ? m->id : t.media_id, m->id != 0 ? m->hash : row.picture, NULL));
    /* It is up to the owner now: the seat is kept for them meanwhile. */
    int64_t until = cx->now + TRANSFER_DAYS * MS_DAY;
    TRY(q_order_wait_until(cx, t.order_id, until, NULL));
    TRY(job_put(cx, "money.expire", t.order_id, STR_NULL, STR_NULL, until));
    TRY(rail_account_of(cx, &rail_transfer, t.planet_id, &acc));
    bool open = str_eq_c(t.order_state, "new") || str_eq_c(t.order_state, "pending");
    if (open)
        TRY(open_at_once(cx, &t, &acc));
    TRY(tell_owners(cx, &t));
    return tx_commit(cx);
}

enum err transfer_say(struct cx *cx, const struct transfer_say *say)
{
    struct media m = {.id = 0};
    struct transfer t;
    TRY(may_say(cx, say->number, &t));
    TRY(rate_hit(cx, "transfer", str_fmt(cx->arena, "%lld", (long long)t.account_id), MS_DAY, SAYS_A_DAY));
    if (say->picture.n > 0)
        TRY(media_add_image(cx, t.account_id, t.planet_id, say->picture, say->filename, STR(""), &m));
    enum err e = note_said(cx, say, &m);
    if (e != OK && m.id != 0 && media_delete(cx, m.id) != OK)
        return ERR_INTERNAL;
    return e;
}

/* ---- pictures ---- */

enum err transfer_picture(struct cx *cx, struct str order_number, struct media *ret)
{
    struct transfer t;
    TRY(transfer_of(cx, order_number, &t));
    return t.media_id == DB_NULL ? ERR_NOT_FOUND : media_by_id(cx, t.media_id, ret);
}

enum err transfer_code(struct cx *cx, int64_t planet_id, struct media *ret)
{
    struct rail_account acc;
    struct media m;
    int64_t id;
    TRY(rail_account_of(cx, &rail_transfer, planet_id, &acc));
    if (!str_to_i64(rail_setting(&acc, "code"), &id))
        return ERR_NOT_FOUND;
    TRY(media_by_id(cx, id, &m));
    if (m.planet_id != planet_id || !str_eq_c(m.kind, "image"))
        return ERR_NOT_FOUND;
    *ret = m;
    return OK;
}

static enum err forget(struct cx *cx, int64_t order_id, int64_t media_id)
{
    struct transfer_row row;
    bool found;
    TX_SCOPE(cx);
    TRY(q_transfer_by_order(cx, order_id, &found, &row));
    if (!found || row.media_id != media_id)
        return OK; /* another took its place, and has a job of its own */
    TRY(q_transfer_picture_gone(cx, order_id, NULL));
    enum err e = media_delete(cx, media_id);
    if (e != OK && e != ERR_NOT_FOUND)
        return e;
    return tx_commit(cx);
}

enum job_verdict transfer_forget_run(struct cx *cx, const struct job *job)
{
    int64_t media_id;
    if (!str_to_i64(job->payload, &media_id))
        return JOB_DONE;
    return forget(cx, job->subject, media_id) == OK ? JOB_DONE : JOB_RETRY;
}
