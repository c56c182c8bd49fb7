/* The desk's pages of payment providers: connecting one, seeing what its key may do, switching it off. */
#include "admin/desk_money.h"
#include "admin/html.h"
#include "admin/view_pay.h"
#include "node/base/i18n.h"
#include "node/base/json.h"
#include "node/db/db.h"
#include "node/media/media.h"
#include "node/money/rail.h"
#include "node/node.h"
#include "web/away.h"
#include "web/page.h"

enum { TEST_MS = 25000 };

static enum err owned_rail(struct rq *rq, struct planet *p, const struct pay_rail **ret)
{
    TRY(desk_money_planet(rq, p));
    *ret = rail_by_name(rq_param(rq, "rail"));
    return *ret == NULL || (*ret)->fields == NULL ? ERR_NOT_FOUND : OK;
}

static struct str said(struct cx *cx, const char *text)
{
    return text == NULL || *text == '\0' ? STR_NULL : str_c(tr(cx, text));
}

enum err desk_pay(struct rq *rq)
{
    struct cx *cx = rq->cx;
    struct planet p;
    struct view_money *m;
    struct rail_account *acc;
    size_t n, n_rails, n_out = 0;
    TRY(desk_money_planet(rq, &p));
    TRY(desk_money_head(rq, &p, MONEY_PROVIDERS, N_("Providers"), &m));
    TRY(rail_account_list(cx, p.id, &acc, &n));
    const struct pay_rail *const *rails = rail_all(&n_rails);
    struct view_desk_rail_line *out = ARENA_ARRAY(cx->arena, struct view_desk_rail_line, n_rails);
    for (size_t i = 0; i < n_rails; i++) {
        if (rails[i]->fields == NULL)
            continue;
        struct view_desk_rail_line *l = &out[n_out++];
        *l = (struct view_desk_rail_line){.name = str_c(rails[i]->name), .label = said(cx, rails[i]->label),
                                          .title = said(cx, rails[i]->title)};
        for (size_t k = 0; k < n; k++)
            if (str_eq_c(acc[k].rail, rails[i]->name)) {
                l->state = acc[k].state;
                l->live = acc[k].live;
                l->error = acc[k].error;
            }
    }
    struct view_desk_rails v = {.m = m, .rails = out, .n_rails = n_out, .pretends = cx->node->dev};
    struct buf b = web_buf();
    html_desk_pay(&b, cx, &v);
    return web_send(rq, 200, &b);
}

/* ---- one of them ---- */

static struct str form_value(struct rq *rq, const char *name)
{
    return rq->method == POST ? rq_form(rq, str_fmt(rq->cx->arena, "f_%s", name).p) : STR_NULL;
}

static void fill_fields(struct rq *rq, const struct pay_rail *rail, const struct rail_account *acc,
                        struct view_desk_rail *v)
{
    struct cx *cx = rq->cx;
    struct view_desk_field *out = ARENA_ARRAY(cx->arena, struct view_desk_field, RAIL_VALUES);
    int64_t media_id;
    for (const struct rail_field *f = rail->fields; f->name != NULL && v->n_fields < RAIL_VALUES; f++) {
        bool secret = (f->flags & RAIL_SECRET) != 0;
        struct str typed = form_value(rq, f->name), kept = acc == NULL ? STR_NULL : rail_setting(acc, f->name);
        if (f->flags & RAIL_SELF)
            continue;
        out[v->n_fields++] = (struct view_desk_field){
            .name = str_c(f->name),
            .label = said(cx, f->label),
            .help = said(cx, f->help),
            .value = secret ? STR("") : typed.p != NULL ? typed : kept,
            .hint = acc == NULL ? STR_NULL : rail_hint(acc, f->name),
            .secret = secret,
            .needed = (f->flags & RAIL_NEEDED) != 0,
            .lines = (f->flags & RAIL_LONG) != 0,
            .is_switch = (f->flags & RAIL_SWITCH) != 0,
            .on = str_eq_c(rq->method == POST ? typed : kept, "true"),
            .picture = (f->flags & RAIL_PICTURE) != 0,
        };
        v->has_secrets = v->has_secrets || secret;
        if (f->flags & RAIL_PICTURE) {
            v->has_pictures = true;
            out[v->n_fields - 1].value = web_id(kept, &media_id) ? media_picture_url(cx, media_id, true) : STR_NULL;
        }
    }
    v->fields = out;
}

static void fill_rights(struct cx *cx, const struct rail_account *acc, struct view_desk_rail *v)
{
    size_t n = json_array_size(acc->rights);
    struct view_desk_right *out = ARENA_ARRAY(cx->arena, struct view_desk_right, n);
    for (size_t i = 0; i < n; i++) {
        const json_t *r = json_array_get(acc->rights, i);
        out[i] = (struct view_desk_right){.name = said(cx, str_z(cx->arena, ld_str(r, "name"))),
                                          .why = said(cx, str_z(cx->arena, ld_str(r, "why"))),
                                          .ok = ld_bool(r, "ok", false), .needed = ld_bool(r, "needed", true)};
    }
    v->rights = out;
    v->n_rights = n;
    if (acc->checked_at != DB_NULL)
        v->tested = i18n_ago(cx, acc->checked_at);
}

static enum err show(struct rq *rq, const struct planet *p, const struct pay_rail *rail, enum err error)
{
    struct cx *cx = rq->cx;
    struct view_money *m;
    struct rail_account *list, *acc = NULL;
    struct view_desk_rail v = {.name = str_c(rail->name), .label = said(cx, rail->label), .title = said(cx, rail->title),
                               .about = said(cx, rail->about)};
    size_t n;
    if (error != OK)
        v.error = web_mendable(rq, error);
    TRY(desk_money_head(rq, p, MONEY_PROVIDERS, N_("Providers"), &m));
    TRY(rail_account_list(cx, p->id, &list, &n));
    for (size_t i = 0; i < n; i++)
        if (str_eq_c(list[i].rail, rail->name))
            acc = &list[i];
    v.m = m;
    if (rail->verify != NULL)
        TRY(rail_hook_url(cx, rail, p->id, &v.hook_url));
    fill_fields(rq, rail, acc, &v);
    if (acc != NULL) {
        fill_rights(cx, acc, &v);
        v.state = acc->state;
        v.live = acc->live;
        v.merchant = rail->verify != NULL ? acc->merchant : STR_NULL;
        v.last_error = acc->error;
    }
    struct buf b = web_buf();
    html_desk_pay_rail(&b, cx, &v);
    return web_send(rq, error == OK ? 200 : http_status_of(error), &b);
}

enum err desk_pay_rail(struct rq *rq)
{
    struct planet p;
    const struct pay_rail *rail;
    TRY(owned_rail(rq, &p, &rail));
    return show(rq, &p, rail, OK);
}

struct testing {
    const struct pay_rail *rail;
    struct planet planet;
    struct rail_probe probe;
};

static enum err test(struct cx *cx, void *arg)
{
    struct testing *t = arg;
    return rail_account_test(cx, t->rail, t->planet.id, &t->probe);
}

static enum err tested(struct rq *rq, enum err e, void *arg)
{
    struct testing *t = arg;
    bool whole = true;
    if (e != OK)
        return desk_mendable(e) || e == ERR_NOT_FOUND ? show(rq, &t->planet, t->rail, e) : e;
    for (size_t i = 0; i < t->probe.n; i++)
        whole = whole && (t->probe.rights[i].ok || !t->probe.rights[i].needed);
    return desk_money_done(rq, &t->planet, str_fmt(rq->cx->arena, "/providers/%s", t->rail->name).p,
                     whole ? "rail-on" : "rail-lacks");
}

/* A picture that came, or "" when it is to be taken away; else STR_NULL: as it was. */
static enum err take_picture(struct rq *rq, const struct planet *p, const char *name, struct str *ret)
{
    struct cx *cx = rq->cx;
    const struct upload *uploads;
    struct str field = str_fmt(cx->arena, "f_%s", name);
    size_t n = rq_uploads(rq, &uploads);
    struct media m;
    *ret = str_eq_c(rq_form(rq, str_fmt(cx->arena, "remove_%s", name).p), "1") ? STR("") : STR_NULL;
    for (size_t i = 0; i < n; i++) {
        if (!str_eq(uploads[i].field, field) || uploads[i].bytes.n == 0)
            continue;
        TRY(media_add_image(cx, rq->session.account_id, p->id, uploads[i].bytes, uploads[i].filename, STR(""), &m));
        *ret = str_fmt(cx->arena, "%lld", (long long)m.id);
    }
    return OK;
}

static enum err save(struct rq *rq, const struct planet *p, const struct pay_rail *rail)
{
    struct rail_value v[RAIL_VALUES];
    size_t n = 0;
    for (const struct rail_field *f = rail->fields; f->name != NULL && n < RAIL_VALUES; f++) {
        struct str value = form_value(rq, f->name);
        if (f->flags & RAIL_SELF)
            continue;
        if (f->flags & RAIL_SWITCH)
            value = str_eq_c(value, "true") ? STR("true") : STR("");
        if (f->flags & RAIL_PICTURE)
            TRY(take_picture(rq, p, f->name, &value));
        if (value.p != NULL)
            v[n++] = (struct rail_value){f->name, value};
    }
    return rail_account_save(rq->cx, rail, p->id, v, n);
}

enum err desk_pay_save(struct rq *rq)
{
    struct testing *t = ARENA_NEW(rq->cx->arena, struct testing);
    struct str do_ = rq_form(rq, "do");
    enum err e = OK;
    TRY(owned_rail(rq, &t->planet, &t->rail));
    if (str_eq_c(do_, "off") || str_eq_c(do_, "forget")) {
        bool off = str_eq_c(do_, "off");
        TRY(off ? rail_account_off(rq->cx, t->rail, t->planet.id) : rail_account_forget(rq->cx, t->rail, t->planet.id));
        return desk_money_done(rq, &t->planet, str_fmt(rq->cx->arena, "/providers/%s", t->rail->name).p, "done");
    }
    if (!str_eq_c(do_, "test"))
        e = save(rq, &t->planet, t->rail);
    if (desk_mendable(e))
        return show(rq, &t->planet, t->rail, e);
    TRY(e);
    return web_away(rq, test, t, TEST_MS, tested);
}
