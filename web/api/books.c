/* Taking the books along, and comparing them with the providers'. */
#include "node/db/db.h"
#include "node/money/bill.h"
#include "node/money/ledger.h"
#include "node/money/reconcile.h"
#include "web/api/rows.h"
#include "web/api/words.h"
#include "web/export_file.h"

enum { EXPORT_MS = 60000, RUNS_SHOWN = 100, RUN_MS = 60000, DAYS_MAX = 90 };

/* ---- exports ---- */

struct taking {
    int64_t planet_id;
    struct str name;              /* of the file */
    const char *type;
    struct ledger_filter filter;
    enum ledger_format format;
    struct bill_span span;
    struct export_file file;
    enum err (*write)(struct cx *cx, struct taking *t);
};

static enum err put(void *arg, struct str bytes)
{
    return export_file_put(&((struct taking *)arg)->file, bytes);
}

static enum err take(struct cx *cx, void *arg)
{
    struct taking *t = arg;
    TRY(export_file_open(cx, &t->file));
    return t->write(cx, t);
}

static enum err taken(struct api *a, enum err e, void *arg)
{
    struct taking *t = arg;
    TRY(e);
    return export_file_send(a->rq, &t->file, t->type, t->name);
}

static enum err export(struct api *a, const char *name, bool csv, const struct taking *what)
{
    struct taking *t = ARENA_NEW(a->cx->arena, struct taking);
    TRY(planet_may_own(a->cx, a->planet.id));
    *t = *what;
    t->planet_id = a->planet.id;
    t->name = str_fmt(a->cx->arena, STR_FMT "-%s.%s", STR_ARG(a->planet.handle), name, csv ? "csv" : "jsonl");
    t->type = csv ? "text/csv; charset=utf-8" : "application/jsonl; charset=utf-8";
    arena_defer(a->cx->arena, export_file_close, &t->file);
    return api_away(a, take, t, EXPORT_MS, taken);
}

static enum err write_ledger(struct cx *cx, struct taking *t)
{
    return ledger_export(cx, t->planet_id, &t->filter, t->format, put, t);
}

static enum err take_ledger(struct api *a, enum ledger_format format)
{
    struct taking t = {.format = format, .write = write_ledger};
    TRY(api_ledger_filter(a, &t.filter));
    return export(a, "ledger", format == LEDGER_CSV, &t);
}

enum err api_ledger_csv(struct api *a) { return take_ledger(a, LEDGER_CSV); }
enum err api_ledger_lines(struct api *a) { return take_ledger(a, LEDGER_LINES); }

struct billing { struct cx *cx; struct taking *taking; };

static enum err write_bill(void *arg, const struct bill *b)
{
    const struct billing *w = arg;
    bool csv = w->taking->format == LEDGER_CSV;
    return put(w->taking, csv ? bill_csv(w->cx->arena, b) : bill_json(w->cx->arena, b));
}

static enum err write_bills(struct cx *cx, struct taking *t)
{
    struct billing w = {cx, t};
    if (t->format == LEDGER_CSV)
        TRY(put(t, bill_csv_head()));
    return bill_each(cx, t->planet_id, &t->span, write_bill, &w);
}

static enum err take_bills(struct api *a, enum ledger_format format)
{
    struct taking t = {.format = format, .write = write_bills};
    TRY(api_bill_span(a, &t.span));
    return export(a, "bills", format == LEDGER_CSV, &t);
}

enum err api_bills_csv(struct api *a) { return take_bills(a, LEDGER_CSV); }
enum err api_bills_lines(struct api *a) { return take_bills(a, LEDGER_LINES); }

/* ---- with the providers' ---- */

enum err api_recon_diffs(struct api *a)
{
    struct recon_diff *v;
    struct api_span s;
    size_t n;
    TRY(recon_diffs(a->cx, a->planet.id, &v, &n));
    TRY(API_SPAN(a, v, n, id, &s));
    struct jw *w = api_begin_list(a);
    for (size_t i = s.from; i < s.to; i++) {
        jw_obj(w);
        jw_key_id(w, "id", v[i].id);
        jw_key_str(w, "rail", v[i].rail);
        jw_key_str(w, "what", v[i].what);
        jw_key_str(w, "kind", v[i].kind);
        jw_key_str(w, "ref", v[i].ref);
        api_put_money(a, "theirs", v[i].theirs.minor, str_c(v[i].theirs.cur));
        api_put_money(a, "ours", v[i].ours.minor, str_c(v[i].ours.cur));
        api_put_time(w, "at", v[i].at);
        api_put_time(w, "found_at", v[i].found_at);
        jw_end(w);
    }
    return api_send_list(a, s.next);
}

static enum err send_runs(struct api *a)
{
    struct recon_run *v;
    size_t n;
    TRY(recon_runs(a->cx, a->planet.id, RUNS_SHOWN, &v, &n));
    struct jw *w = api_begin_list(a);
    for (size_t i = 0; i < n; i++) {
        jw_obj(w);
        jw_key_id(w, "id", v[i].id);
        jw_key_str(w, "rail", v[i].rail);
        api_put_time(w, "from", v[i].from_at);
        api_put_time(w, "to", v[i].to_at);
        api_put_time(w, "ran_at", v[i].ran_at);
        jw_key_i64(w, "lines", v[i].n_lines);
        jw_key_i64(w, "same", v[i].n_same);
        jw_key_i64(w, "open", v[i].n_open);
        jw_key_str(w, "error", v[i].error);
        jw_end(w);
    }
    return api_send_list(a, 0);
}

enum err api_recon_runs(struct api *a)
{
    return send_runs(a);
}

enum err api_recon_close(struct api *a)
{
    int64_t id;
    TRY(api_path_id(a, "id", &id));
    TRY(recon_close(a->cx, a->planet.id, id));
    return api_send_empty(a);
}

struct running { int64_t planet_id, days; struct str rail; };

static enum err run(struct cx *cx, void *arg)
{
    const struct running *r = arg;
    return recon_now(cx, r->planet_id, r->rail, (int)r->days);
}

static enum err ran(struct api *a, enum err e, void *arg)
{
    (void)arg;
    TRY(e);
    return send_runs(a);
}

enum err api_recon_run(struct api *a)
{
    struct running *r = ARENA_NEW(a->cx->arena, struct running);
    TRY(planet_may_own(a->cx, a->planet.id));
    r->planet_id = a->planet.id;
    TRY(api_get_text_needed(a, "rail", &r->rail));
    TRY(api_get_int(a, "days", 3, &r->days));
    TRY(api_read(a));
    if (r->days < 1 || r->days > DAYS_MAX)
        return api_wrong(a, "days", N_("Compare 1 to 90 days."));
    return api_away(a, run, r, RUN_MS, ran);
}
