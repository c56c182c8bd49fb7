/* The owner's accounts at payment providers. Secrets are written, never read. */
#include "node/base/i18n.h"
#include "node/base/json.h"
#include "node/db/db.h"
#include "node/money/rail.h"
#include "web/api/rows.h"
#include "web/api/words.h"

enum { TEST_MS = 25000 };

static struct str said(struct cx *cx, const char *text)
{
    return text == NULL || *text == '\0' ? STR_NULL : str_c(tr(cx, text));
}

static void put_fields(struct api *a, const struct pay_rail *rail, const struct rail_account *acc)
{
    struct jw *w = &a->w;
    jw_key(w, "fields");
    jw_arr(w);
    for (const struct rail_field *f = rail->fields; f->name != NULL; f++) {
        bool secret = (f->flags & RAIL_SECRET) != 0;
        if (f->flags & RAIL_SELF)
            continue;
        jw_obj(w);
        jw_key_c(w, "name", f->name);
        jw_key_str(w, "label", said(a->cx, f->label));
        jw_key_str(w, "help", said(a->cx, f->help));
        jw_key_bool(w, "secret", secret);
        jw_key_bool(w, "needed", (f->flags & RAIL_NEEDED) != 0);
        jw_key_bool(w, "switch", (f->flags & RAIL_SWITCH) != 0);
        jw_key_str(w, "value", acc == NULL || secret ? STR_NULL : rail_setting(acc, f->name));
        jw_key_str(w, "ends_in", acc == NULL || !secret ? STR_NULL : rail_hint(acc, f->name));
        jw_end(w);
    }
    jw_end(w);
}

static void put_rights(struct api *a, const struct rail_account *acc)
{
    struct jw *w = &a->w;
    size_t i;
    json_t *r;
    jw_key(w, "rights");
    jw_arr(w);
    json_array_foreach(acc == NULL ? NULL : acc->rights, i, r) {
        jw_obj(w);
        jw_key_str(w, "name", said(a->cx, str_z(a->cx->arena, ld_str(r, "name"))));
        jw_key_bool(w, "there", ld_bool(r, "ok", false));
        jw_key_bool(w, "needed", ld_bool(r, "needed", true));
        jw_key_str(w, "why", said(a->cx, str_z(a->cx->arena, ld_str(r, "why"))));
        jw_end(w);
    }
    jw_end(w);
}

static enum err put_rail(struct api *a, const struct pay_rail *rail, const struct rail_account *acc)
{
    struct jw *w = &a->w;
    struct str hook;
    TRY(rail_hook_url(a->cx, rail, a->planet.id, &hook));
    jw_obj(w);
    jw_key_c(w, "name", rail->name);
    jw_key_str(w, "title", said(a->cx, rail->title));
    jw_key_bool(w, "renews", rail->renews);
    jw_key_str(w, "state", acc == NULL ? STR("none") : acc->state);
    jw_key_bool(w, "live", acc != NULL && acc->live);
    jw_key_str(w, "merchant", acc == NULL ? STR_NULL : acc->merchant);
    jw_key_str(w, "error", acc == NULL ? STR_NULL : acc->error);
    jw_key_str(w, "hook_url", hook);
    put_fields(a, rail, acc);
    put_rights(a, acc);
    api_put_time(w, "tested_at", acc == NULL ? DB_NULL : acc->checked_at);
    api_put_time(w, "caught_up_at", acc == NULL ? DB_NULL : acc->caught_up_at);
    jw_end(w);
    return OK;
}

static const struct rail_account *account_of(const struct rail_account *v, size_t n, const struct pay_rail *rail)
{
    for (size_t i = 0; i < n; i++)
        if (str_eq_c(v[i].rail, rail->name))
            return &v[i];
    return NULL;
}

enum err api_rails(struct api *a)
{
    struct rail_account *v;
    size_t n, n_rails;
    TRY(rail_account_list(a->cx, a->planet.id, &v, &n));
    const struct pay_rail *const *rails = rail_all(&n_rails);
    api_begin_list(a);
    for (size_t i = 0; i < n_rails; i++)
        if (rails[i]->fields != NULL)
            TRY(put_rail(a, rails[i], account_of(v, n, rails[i])));
    return api_send_list(a, 0);
}

static enum err rail_of_path(struct api *a, const struct pay_rail **ret)
{
    TRY(planet_may_own(a->cx, a->planet.id));
    *ret = rail_by_name(rq_param(a->rq, "rail"));
    return *ret == NULL || (*ret)->fields == NULL ? ERR_NOT_FOUND : OK;
}

static enum err send_rail(struct api *a, const struct pay_rail *rail)
{
    struct rail_account *v;
    size_t n;
    TRY(rail_account_list(a->cx, a->planet.id, &v, &n));
    api_begin(a);
    TRY(put_rail(a, rail, account_of(v, n, rail)));
    return api_send(a, 200);
}

enum err api_rail(struct api *a)
{
    const struct pay_rail *rail;
    TRY(rail_of_path(a, &rail));
    return send_rail(a, rail);
}

/* Fields as in the form on the desk; those that are not named stay as they are. */
enum err api_rail_save(struct api *a)
{
    const struct pay_rail *rail;
    struct rail_value v[RAIL_VALUES];
    size_t n = 0;
    TRY(rail_of_path(a, &rail));
    for (const struct rail_field *f = rail->fields; f->name != NULL && n < RAIL_VALUES; f++) {
        struct str value;
        bool on;
        if ((f->flags & RAIL_SELF) || !api_given(a, f->name))
            continue;
        if (f->flags & RAIL_SWITCH) {
            TRY(api_get_bool(a, f->name, false, &on));
            value = on ? STR("true") : STR("");
        } else {
            TRY(api_get_text(a, f->name, &value));
        }
        v[n++] = (struct rail_value){f->name, value};
    }
    TRY(api_read(a));
    TRY(rail_account_save(a->cx, rail, a->planet.id, v, n));
    return send_rail(a, rail);
}

struct testing { const struct pay_rail *rail; int64_t planet_id; struct rail_probe probe; };

static enum err test(struct cx *cx, void *arg)
{
    struct testing *t = arg;
    return rail_account_test(cx, t->rail, t->planet_id, &t->probe);
}

static enum err tested(struct api *a, enum err e, void *arg)
{
    const struct testing *t = arg;
    TRY(e);
    return send_rail(a, t->rail);
}

enum err api_rail_test(struct api *a)
{
    struct testing *t = ARENA_NEW(a->cx->arena, struct testing);
    t->planet_id = a->planet.id;
    TRY(rail_of_path(a, &t->rail));
    return api_away(a, test, t, TEST_MS, tested);
}

enum err api_rail_off(struct api *a)
{
    const struct pay_rail *rail;
    TRY(rail_of_path(a, &rail));
    TRY(rail_account_off(a->cx, rail, a->planet.id));
    return send_rail(a, rail);
}

enum err api_rail_forget(struct api *a)
{
    const struct pay_rail *rail;
    TRY(rail_of_path(a, &rail));
    TRY(rail_account_forget(a->cx, rail, a->planet.id));
    return api_send_empty(a);
}
