#include "admin/desk.h"
#include "admin/html.h"
#include "node/base/clock.h"
#include "node/base/i18n.h"
#include "node/db/db.h"
#include "node/money/redeem.h"
#include "web/compose_form.h"
#include "web/page.h"

static enum err fill_batches(struct rq *rq, const struct planet *p, struct view_desk_codes *v)
{
    struct cx *cx = rq->cx;
    struct code_batch *all;
    size_t n;
    TRY(code_batch_list(cx, p->id, desk_before(rq), DESK_PAGE + 1, &all, &n));
    v->older_url = desk_older(rq, &n, n > DESK_PAGE ? &all[DESK_PAGE - 1].id : NULL);
    struct view_code_batch *out = ARENA_ARRAY(cx->arena, struct view_code_batch, n);
    for (size_t i = 0; i < n; i++)
        out[i] = (struct view_code_batch){
            .id = all[i].id,
            .name = all[i].name,
            .tier = all[i].tier_name,
            .term = web_term(cx, all[i].unit, all[i].count),
            .created = i18n_date(cx, all[i].created_at),
            .expires = all[i].expires_at == DB_NULL ? STR_NULL : i18n_date(cx, all[i].expires_at),
            .n_codes = all[i].n_codes,
            .n_used = all[i].n_used,
            .uses = all[i].uses,
            .over = all[i].n_revoked == all[i].n_codes ||
                    (all[i].expires_at != DB_NULL && all[i].expires_at <= cx->now),
        };
    v->batches = out;
    v->n_batches = n;
    return OK;
}

static struct str form_or(const struct rq *rq, const char *name, struct str fallback)
{
    struct str s = rq->method == POST ? rq_form(rq, name) : STR_NULL;
    return s.p == NULL ? fallback : s;
}

static enum err show_codes(struct rq *rq, const struct planet *p, enum err e)
{
    struct cx *cx = rq->cx;
    struct view_desk *d;
    struct view_desk_codes v = {0};
    if (e != OK)
        v.error = web_mendable(rq, e);
    TRY(desk_head(rq, p, DESK_CODES, N_("Codes"), &d));
    v.desk = d;
    TRY(compose_tiers(cx, p->id, &v.tiers, &v.n_tiers));
    TRY(fill_batches(rq, p, &v));
    v.f_name = form_or(rq, "name", STR(""));
    v.f_count = form_or(rq, "count", STR("10"));
    v.f_unit = form_or(rq, "unit", STR("year"));
    v.f_length = form_or(rq, "length", STR("1"));
    v.f_uses = form_or(rq, "uses", STR("1"));
    v.f_expires = form_or(rq, "expires", STR(""));
    (void)web_id(form_or(rq, "tier_id", STR("")), &v.f_tier);
    struct buf out = web_buf();
    html_desk_codes(&out, cx, &v);
    return web_send(rq, e == OK ? 200 : http_status_of(e), &out);
}

enum err desk_codes(struct rq *rq)
{
    struct planet p;
    TRY(desk_planet(rq, &p));
    return show_codes(rq, &p, OK);
}

/* The end of the day that a date field names; DB_NULL when empty. */
static enum err read_expiry(struct rq *rq, int64_t *ret)
{
    TRY(desk_last_day(rq, "expires", ret));
    if (*ret != DB_NULL && *ret <= rq->cx->now)
        return cx_tell(rq->cx, ERR_INVALID, N_("The last day has passed already."));
    return OK;
}

static enum err make(struct rq *rq, const struct planet *p, struct str **ret_codes, size_t *ret_n,
                     struct code_batch *ret)
{
    int64_t tier_id, n, uses, count, expires;
    struct str unit;
    if (!web_id(rq_form(rq, "tier_id"), &tier_id))
        return cx_tell(rq->cx, ERR_INVALID, N_("Choose a tier."));
    if (!web_id(str_trim(rq_form(rq, "count")), &n) || n > CODE_BATCH_MAX)
        return cx_tell(rq->cx, ERR_INVALID, N_("A batch has 1 to 10000 codes."));
    if (!web_id(str_trim(rq_form(rq, "uses")), &uses))
        return cx_tell(rq->cx, ERR_INVALID, N_("Say how many accounts may use each code."));
    TRY(desk_length(rq, &unit, &count));
    TRY(read_expiry(rq, &expires));
    *ret_n = (size_t)n;
    return code_batch_create(rq->cx, p->id, tier_id, str_trim(rq_form(rq, "name")), unit, count, uses,
                             expires, (size_t)n, ret_codes, ret);
}

enum err desk_codes_make(struct rq *rq)
{
    struct cx *cx = rq->cx;
    struct planet p;
    struct str *codes;
    size_t n;
    struct code_batch batch;
    struct view_desk *d;
    TRY(desk_planet(rq, &p));
    enum err e = make(rq, &p, &codes, &n, &batch);
    if (desk_mendable(e))
        return show_codes(rq, &p, e);
    TRY(e);
    if (str_eq_c(rq_form(rq, "as"), "csv")) {
        struct buf csv = web_buf();
        buf_put(&csv, code_csv(cx, &batch, codes, n));
        rq_cache_control(rq, "no-store");
        rq_add_header(rq, "Content-Disposition", STR("attachment; filename=\"codes.csv\""));
        return reply_bytes(rq, 200, "text/csv; charset=utf-8", &csv);
    }
    TRY(desk_head(rq, &p, DESK_CODES, N_("Codes"), &d));
    struct view_desk_codes_made v = {
        .desk = d,
        .name = batch.name,
        .tier = batch.tier_name,
        .term = web_term(cx, batch.unit, batch.count),
        .codes = codes,
        .n_codes = n,
        .all = str_join(cx->arena, STR("\n"), codes, n),
    };
    struct buf out = web_buf();
    html_desk_codes_made(&out, cx, &v);
    return web_send(rq, 200, &out);
}

/* What is still known of a batch: the end of each code and how often it was used. */
enum err desk_codes_csv(struct rq *rq)
{
    struct cx *cx = rq->cx;
    struct planet p;
    struct code_batch batch;
    struct code *codes;
    size_t n;
    int64_t id;
    struct str file = rq_param(rq, "file");
    TRY(desk_planet(rq, &p));
    if (!str_ends(file, STR(".csv")) || !web_id(str_sub(file, 0, file.n - 4), &id))
        return ERR_NOT_FOUND;
    TRY(code_batch_by_id(cx, p.id, id, &batch));
    TRY(code_list(cx, id, &codes, &n));
    struct buf out = web_buf();
    buf_lit(&out, "code_ends_with,used,taken_back\r\n");
    for (size_t i = 0; i < n; i++)
        buf_fmt(&out, STR_FMT ",%lld,%s\r\n", STR_ARG(codes[i].hint), (long long)codes[i].used,
                codes[i].revoked_at == DB_NULL ? "no" : "yes");
    rq_cache_control(rq, "no-store");
    rq_add_header(rq, "Content-Disposition", STR("attachment; filename=\"codes.csv\""));
    return reply_bytes(rq, 200, "text/csv; charset=utf-8", &out);
}

enum err desk_codes_revoke(struct rq *rq)
{
    struct planet p;
    struct code_batch batch;
    int64_t id;
    TRY(desk_planet(rq, &p));
    if (!web_id(rq_param(rq, "id"), &id))
        return ERR_NOT_FOUND;
    TRY(code_batch_by_id(rq->cx, p.id, id, &batch));
    TRY(code_revoke(rq->cx, id, 0));
    return desk_done(rq, &p, "/codes", "done");
}
