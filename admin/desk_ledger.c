/* The books of a planet: what happened, newest first, by kind, account, time or order; to take along; and
 * whether the chain holds. */
#include "admin/desk_money.h"
#include "admin/html.h"
#include "node/base/clock.h"
#include "node/base/i18n.h"
#include "node/db/db.h"
#include "node/money/ledger.h"
#include "node/money/money.h"
#include "node/money/order.h"
#include "node/money/words.h"
#include "node/node.h"
#include "web/away.h"
#include "web/page.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

enum { TXNS_SHOWN = 50, HASH_SHOWN = 6, VERIFY_MS = 600000 };

/* ---- what is asked for ---- */

static enum err read_filter(struct rq *rq, const struct planet *p, struct ledger_filter *f)
{
    struct cx *cx = rq->cx;
    struct str from = str_trim(rq_query(rq, "from")), to = str_trim(rq_query(rq, "to"));
    struct str number = str_trim(rq_query(rq, "order"));
    struct order o;
    int64_t other;
    *f = LEDGER_ALL;
    f->kind = rq_query(rq, "kind");
    f->account = rq_query(rq, "account");
    if ((from.n > 0 && !zone_parse_day(i18n_zone(cx), from, &f->from, &other)) ||
        (to.n > 0 && !zone_parse_day(i18n_zone(cx), to, &other, &f->to))) /* the last day is meant, too */
        return cx_tell(cx, ERR_INVALID, N_("Write days like 2026-11-20."));
    if (number.n == 0)
        return OK;
    enum err e = order_by_number(cx, number, &o);
    if (e == ERR_NOT_FOUND || (e == OK && o.planet_id != p->id))
        return cx_tell(cx, ERR_INVALID, N_("There is no order with this number."));
    f->order_id = e == OK ? o.id : DB_NULL;
    return e;
}

static struct str query_of(struct rq *rq, const char *tail)
{
    static const char *const names[] = {"kind", "account", "from", "to", "order"};
    struct buf b;
    buf_init_arena(&b, rq->cx->arena, KB(4));
    buf_put_c(&b, tail);
    char sep = '?';
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct str v = rq_query(rq, names[i]);
        if (v.n == 0 || v.n > 100)
            continue;
        buf_put_char(&b, sep);
        buf_fmt(&b, "%s=", names[i]);
        buf_put_url(&b, v);
        sep = '&';
    }
    return buf_str(&b);
}

/* "at-seq" of the last txn of the page before. */
static struct ledger_place place_of(struct str s)
{
    struct ledger_place p = {0, 0};
    size_t dash = str_find_char(s, '-', 0);
    if (dash == SIZE_MAX || !str_to_i64(str_sub(s, 0, dash), &p.at) || !str_to_i64(str_sub(s, dash + 1, s.n), &p.seq))
        return (struct ledger_place){0, 0};
    return p;
}

/* ---- the page ---- */

static struct str hash_words(struct cx *cx, struct str hash)
{
    struct buf b;
    buf_init_arena(&b, cx->arena, 4 * HASH_SHOWN);
    buf_put_hex(&b, hash.p, hash.n < HASH_SHOWN ? hash.n : HASH_SHOWN);
    return buf_str(&b);
}

static enum err fill_txn(struct cx *cx, const struct txn *t, struct view_ledger_txn *ret)
{
    struct order o;
    struct view_ledger_entry *e = ARENA_ARRAY(cx->arena, struct view_ledger_entry, t->n_entries);
    for (size_t i = 0; i < t->n_entries; i++)
        e[i] = (struct view_ledger_entry){
            .account = money_account_words(cx, t->entries[i].account),
            .money = i18n_money(cx, t->entries[i].amount, str_c(t->entries[i].cur)),
            .out = t->entries[i].amount < 0,
        };
    *ret = (struct view_ledger_txn){
        .number = str_fmt(cx->arena, "%lld", (long long)t->seq),
        .when = i18n_datetime(cx, t->at),
        .what = money_txn_words(cx, t->kind),
        .memo = money_kind_words(cx, t->memo),
        .hash = hash_words(cx, t->hash),
        .entries = e,
        .n_entries = t->n_entries,
    };
    if (t->order_id == DB_NULL)
        return OK;
    enum err found = order_by_id(cx, t->order_id, &o);
    if (found == OK)
        ret->order = o.number;
    return found == ERR_NOT_FOUND ? OK : found;
}

static enum err fill_choices(struct rq *rq, const struct planet *p, struct view_ledger *v)
{
    static const char *const kinds[] = {"payment", "refund", "dispute", "dispute_won", "dispute_lost", "fee", "grant",
                                        "grant_change", "referral", "unmatched", "tip", "release", "share", "credit", "rounding"};
    struct cx *cx = rq->cx;
    struct str kind = rq_query(rq, "kind"), account = rq_query(rq, "account");
    struct ledger_balance *b;
    size_t n, n_kinds = sizeof kinds / sizeof *kinds;
    struct view_ledger_choice *k = ARENA_ARRAY(cx->arena, struct view_ledger_choice, n_kinds);
    for (size_t i = 0; i < n_kinds; i++)
        k[i] = (struct view_ledger_choice){str_c(kinds[i]), money_txn_words(cx, str_c(kinds[i])),
                                           str_eq_c(kind, kinds[i])};
    TRY(ledger_accounts(cx, p->id, &b, &n));
    struct view_ledger_choice *a = ARENA_ARRAY(cx->arena, struct view_ledger_choice, n);
    for (size_t i = 0; i < n; i++)
        if (i == 0 || !str_eq(b[i].account, b[i - 1].account))
            a[v->n_accounts++] = (struct view_ledger_choice){b[i].account, money_account_words(cx, b[i].account),
                                                             str_eq(account, b[i].account)};
    v->kinds = k;
    v->n_kinds = n_kinds;
    v->accounts = a;
    return OK;
}

static enum err fill_page(struct rq *rq, const struct planet *p, const struct ledger_filter *f, struct view_ledger *v)
{
    struct cx *cx = rq->cx;
    struct ledger_place before = place_of(rq_query(rq, "before"));
    struct txn *list;
    size_t n;
    TRY(ledger_page(cx, p->id, f, &before, TXNS_SHOWN + 1, &list, &n));
    bool more = n > TXNS_SHOWN;
    n = more ? TXNS_SHOWN : n;
    struct view_ledger_txn *out = ARENA_ARRAY(cx->arena, struct view_ledger_txn, n);
    for (size_t i = 0; i < n; i++)
        TRY(fill_txn(cx, &list[i], &out[i]));
    v->txns = out;
    v->n_txns = n;
    struct str base = str_fmt(cx->arena, STR_FMT "/ledger", STR_ARG(v->m->base)), here = query_of(rq, base.p);
    v->filtered = here.n != base.n;
    if (before.at != 0)
        v->newest_url = here;
    if (more)
        v->older_url = str_fmt(cx->arena, STR_FMT "%cbefore=%lld-%lld", STR_ARG(here), v->filtered ? '&' : '?',
                               (long long)list[n - 1].at, (long long)list[n - 1].seq);
    v->csv_url = query_of(rq, str_fmt(cx->arena, STR_FMT ".csv", STR_ARG(base)).p);
    v->lines_url = query_of(rq, str_fmt(cx->arena, STR_FMT ".jsonl", STR_ARG(base)).p);
    return OK;
}

static enum err show(struct rq *rq, const struct planet *p, const struct ledger_check *check)
{
    struct cx *cx = rq->cx;
    struct view_money *m;
    struct ledger_filter f;
    struct view_ledger v = {.f_from = rq_query(rq, "from"), .f_to = rq_query(rq, "to"), .f_order = rq_query(rq, "order")};
    enum err e = read_filter(rq, p, &f);
    if (e != OK && !desk_mendable(e))
        return e;
    if (e != OK)
        v.error = web_mendable(rq, e);
    TRY(desk_money_head(rq, p, MONEY_LEDGER, N_("Ledger"), &m));
    v.m = m;
    TRY(fill_choices(rq, p, &v));
    if (e == OK)
        TRY(fill_page(rq, p, &f, &v));
    if (check != NULL) {
        v.checked = true;
        v.sound = check->ok;
        v.n_checked = check->ok ? check->n_txns : check->bad_seq;
        v.head = check->head;
    }
    struct buf out = web_buf();
    html_desk_ledger(&out, cx, &v);
    return web_send(rq, e == OK ? 200 : http_status_of(e), &out);
}

enum err desk_ledger(struct rq *rq)
{
    struct planet p;
    TRY(desk_money_planet(rq, &p));
    return show(rq, &p, NULL);
}

/* ---- verifying: on the server's crew, since long books take seconds ---- */

struct verifying {
    struct planet planet;
    struct ledger_check check;
};

static enum err verify(struct cx *cx, void *arg)
{
    struct verifying *v = arg;
    return ledger_verify(cx, v->planet.id, &v->check);
}

static enum err verified(struct rq *rq, enum err e, void *arg)
{
    struct verifying *v = arg;
    TRY(e);
    return show(rq, &v->planet, &v->check);
}

enum err desk_ledger_verify(struct rq *rq)
{
    struct verifying *v = ARENA_NEW(rq->cx->arena, struct verifying);
    TRY(desk_money_planet(rq, &v->planet));
    return web_away(rq, verify, v, VERIFY_MS, verified);
}

/* ---- taking it along ---- */

struct taking {
    struct planet planet;
    struct ledger_filter filter;
    enum ledger_format format;
    FILE *file;
};

static enum err write_bytes(void *arg, struct str bytes)
{
    return fwrite(bytes.p, 1, bytes.n, ((struct taking *)arg)->file) == bytes.n ? OK : ERR_STORAGE;
}

static void close_file(void *arg)
{
    struct taking *t = arg;
    if (t->file != NULL)
        fclose(t->file);
}

/* Into a file without a name, which then is sent: however long the books are, memory stays small. */
static enum err take(struct cx *cx, void *arg)
{
    struct taking *t = arg;
    const char *dir = cx->node->dir == NULL ? "/tmp" : cx->node->dir;
    int fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd < 0)
        fd = memfd_create("ledger", MFD_CLOEXEC); /* not every file system knows such files */
    t->file = fd < 0 ? NULL : fdopen(fd, "w+");
    if (t->file == NULL) {
        if (fd >= 0)
            close(fd);
        return cx_fail(cx, ERR_STORAGE, "no file for an export");
    }
    TRY(ledger_export(cx, t->planet.id, &t->filter, t->format, write_bytes, t));
    return fflush(t->file) == 0 ? OK : cx_fail(cx, ERR_STORAGE, "no room for an export");
}

static enum err taken(struct rq *rq, enum err e, void *arg)
{
    struct taking *t = arg;
    bool csv = t->format == LEDGER_CSV;
    TRY(e);
    off_t size = lseek(fileno(t->file), 0, SEEK_END);
    int fd = fcntl(fileno(t->file), F_DUPFD_CLOEXEC, 0);
    if (size < 0 || fd < 0)
        return cx_fail(rq->cx, ERR_STORAGE, "an export is gone");
    struct str as = str_fmt(rq->cx->arena, "attachment; filename=\"" STR_FMT "-ledger.%s\"", STR_ARG(t->planet.handle),
                            csv ? "csv" : "jsonl");
    return reply_file(rq, fd, size, csv ? "text/csv; charset=utf-8" : "application/jsonl; charset=utf-8", STR_NULL,
                      "no-store", as);
}

static enum err export(struct rq *rq, enum ledger_format format)
{
    struct taking *t = ARENA_NEW(rq->cx->arena, struct taking);
    TRY(desk_money_planet(rq, &t->planet));
    TRY(read_filter(rq, &t->planet, &t->filter));
    t->format = format;
    arena_defer(rq->cx->arena, close_file, t);
    return web_away(rq, take, t, VERIFY_MS, taken);
}

enum err desk_ledger_csv(struct rq *rq)
{
    return export(rq, LEDGER_CSV);
}

enum err desk_ledger_lines(struct rq *rq)
{
    return export(rq, LEDGER_LINES);
}
