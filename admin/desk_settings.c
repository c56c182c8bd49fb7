#include "admin/desk.h"
#include "admin/html.h"
#include "node/base/i18n.h"
#include "node/db/db.h"
#include "node/media/media.h"
#include "node/planet/field.h"
#include "node/settings.h"
#include "web/page.h"

/* As they came with the form. */
static const struct planet_field *form_fields(struct rq *rq)
{
    struct str names[PLANET_FIELDS_MAX], values[PLANET_FIELDS_MAX];
    struct planet_field *v = ARENA_ARRAY(rq->cx->arena, struct planet_field, PLANET_FIELDS_MAX);
    size_t n_names = rq_form_all(rq, "field_name", names, PLANET_FIELDS_MAX);
    size_t n_values = rq_form_all(rq, "field_value", values, PLANET_FIELDS_MAX);
    for (size_t i = 0; i < PLANET_FIELDS_MAX; i++)
        v[i] = (struct planet_field){.name = i < n_names ? names[i] : STR(""),
                                     .value = i < n_values ? values[i] : STR("")};
    return v;
}

static enum err stored_fields(struct rq *rq, int64_t planet_id, const struct planet_field **ret)
{
    struct planet_field *stored, *v = ARENA_ARRAY(rq->cx->arena, struct planet_field, PLANET_FIELDS_MAX);
    size_t n;
    TRY(planet_fields(rq->cx, planet_id, &stored, &n));
    for (size_t i = 0; i < PLANET_FIELDS_MAX; i++)
        v[i] = i < n ? stored[i] : (struct planet_field){STR(""), STR(""), false};
    *ret = v;
    return OK;
}

/* The list, with what is set if that stands in none. */
static void fill_zones(struct rq *rq, struct view_desk_settings *v)
{
    struct cx *cx = rq->cx;
    struct str *list, *all;
    bool listed = false;
    size_t n;
    zone_list(cx->arena, &list, &n);
    all = ARENA_ARRAY(cx->arena, struct str, n + 1);
    for (size_t i = 0; i < n; i++) {
        all[i + 1] = list[i];
        listed = listed || str_eq(list[i], v->zone);
    }
    all[0] = v->zone;
    v->zones = listed ? all + 1 : all;
    v->n_zones = listed ? n : n + 1;
}

static enum err show_settings(struct rq *rq, const struct planet *p, enum err e)
{
    struct cx *cx = rq->cx;
    struct view_desk *d;
    struct view_desk_settings v = {0};
    struct str smtp;
    if (e != OK)
        v.error = web_mendable(rq, e);
    TRY(desk_head(rq, p, DESK_SETTINGS, N_("Name and looks"), &d));
    TRY(setting_get(cx, "site.name", &v.node_name));
    TRY(setting_get(cx, "mail.smtp_url", &smtp));
    if (e == OK)
        TRY(stored_fields(rq, p->id, &v.fields));
    else
        v.fields = form_fields(rq);
    v.n_fields = PLANET_FIELDS_MAX;
    v.desk = d;
    v.name = p->name;
    v.tagline = p->tagline;
    v.about = p->about;
    v.lang = p->lang;
    v.zone = p->zone;
    if (desk_sees_money(rq, p))
        fill_zones(rq, &v);
    v.accent = p->accent.n > 0 ? p->accent : STR("teal");
    v.joining = p->joining;
    v.question = p->join_question;
    v.icon = d->planet->icon;
    v.cover = d->planet->cover;
    v.smtp_state = str_c(tr(cx, smtp.n > 0 ? N_("Mail goes out through the server that you set.")
                                           : N_("No mail server is set: sign-in links wait in the tray.")));
    struct buf out = web_buf();
    html_desk_settings(&out, cx, &v);
    return web_send(rq, e == OK ? 200 : http_status_of(e), &out);
}

enum err desk_settings(struct rq *rq)
{
    struct planet p;
    TRY(desk_planet(rq, &p));
    return show_settings(rq, &p, OK);
}

/* The picture of a field, if one came; else as it was, or none if that was asked. */
static enum err take_picture(struct rq *rq, const char *field, const char *remove, int64_t planet_id,
                             struct str alt, int64_t *id)
{
    const struct upload *uploads;
    size_t n = rq_uploads(rq, &uploads);
    if (str_eq_c(rq_form(rq, remove), "1"))
        *id = DB_NULL;
    for (size_t i = 0; i < n; i++) {
        struct media m;
        if (!str_eq_c(uploads[i].field, field) || uploads[i].bytes.n == 0)
            continue;
        TRY(media_add_image(rq->cx, rq->session.account_id, planet_id, uploads[i].bytes,
                            uploads[i].filename, alt, &m));
        *id = m.id;
    }
    return OK;
}

static enum err save(struct rq *rq, struct planet *p)
{
    struct cx *cx = rq->cx;
    p->name = str_trim(rq_form(rq, "name"));
    p->tagline = str_trim(rq_form(rq, "tagline"));
    p->about = rq_form(rq, "about");
    p->lang = rq_form(rq, "lang");
    p->accent = rq_form(rq, "accent");
    if (rq_form(rq, "zone").n > 0)
        p->zone = rq_form(rq, "zone");
    p->joining = rq_form(rq, "joining");
    if (rq_form(rq, "question").p != NULL)
        p->join_question = rq_form(rq, "question");
    TRY(take_picture(rq, "icon", "remove_icon", p->id, p->name, &p->icon_media_id));
    TRY(take_picture(rq, "cover", "remove_cover", p->id, p->name, &p->cover_media_id));
    TX_SCOPE(cx);
    if (p->icon_media_id != DB_NULL)
        TRY(media_set_public(cx, p->icon_media_id, true));
    if (p->cover_media_id != DB_NULL)
        TRY(media_set_public(cx, p->cover_media_id, true));
    TRY(planet_update(cx, p));
    TRY(planet_fields_set(cx, p->id, form_fields(rq), PLANET_FIELDS_MAX));
    return tx_commit(cx);
}

enum err desk_settings_save(struct rq *rq)
{
    struct planet p;
    TRY(desk_planet(rq, &p));
    enum err e = save(rq, &p);
    if (desk_mendable(e))
        return show_settings(rq, &p, e);
    TRY(e);
    return desk_done(rq, &p, "/settings", "saved");
}
