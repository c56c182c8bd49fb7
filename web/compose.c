#include "web/compose.h"

#include "node/base/clock.h"
#include "node/base/i18n.h"
#include "node/base/jw.h"
#include "node/db/db.h"
#include "node/media/media.h"
#include "node/media/media_html.h"
#include "node/text/markdown.h"
#include "web/compose_form.h"
#include "web/html.h"
#include "web/page.h"

static enum err send_editor(struct rq *rq, int status, const struct view_compose *v)
{
    struct buf out = web_buf();
    rq_cache_control(rq, "no-store");
    html_compose(&out, rq->cx, v);
    return web_send(rq, status, &out);
}

/* An error that the author can mend: the editor again, with all that was typed. */
static enum err editor_again(struct rq *rq, enum err e, const struct compose_form *form)
{
    struct view_compose v;
    if (e == ERR_INTERNAL || e == ERR_FORBIDDEN)
        return e;
    struct str sentence = web_mendable(rq, e);
    if (compose_form_view(rq, form, &v) != OK)
        return e;
    v.error = sentence;
    return send_editor(rq, http_status_of(e), &v);
}

static enum err render_preview(struct cx *cx, struct str markdown, struct safe_html *ret)
{
    struct safe_html html;
    TRY(markdown_render(cx, MARKDOWN_POST, markdown, &html));
    return media_expand(cx, html, ret);
}

enum err web_compose_new(struct rq *rq)
{
    struct compose_form form;
    struct view_compose v;
    TRY(compose_form_new(rq, &form));
    TRY(compose_form_view(rq, &form, &v));
    return send_editor(rq, 200, &v);
}

static enum err id_in_path(struct rq *rq, int64_t *ret)
{
    return web_id(rq_param(rq, "id"), ret) ? OK : ERR_NOT_FOUND;
}

enum err web_compose_edit(struct rq *rq)
{
    int64_t id;
    struct compose_form form;
    struct view_compose v;
    TRY(id_in_path(rq, &id));
    TRY(compose_form_load(rq, id, &form));
    TRY(compose_form_view(rq, &form, &v));
    return send_editor(rq, 200, &v);
}

/* ---- saving ---- */

static enum err reply_saved_json(struct rq *rq, const struct post *post)
{
    struct buf out = web_buf();
    struct jw w;
    jw_init(&w, &out);
    jw_obj(&w);
    jw_key_id(&w, "id", post->id);
    jw_key_i64(&w, "version", post->version);
    jw_key_str(&w, "saved", str_c(tr(rq->cx, N_("Saved."))));
    jw_end(&w);
    return reply_bytes(rq, 200, "application/json", &out);
}

static struct str confirm_path(struct cx *cx, int64_t id)
{
    return str_fmt(cx->arena, "/compose/%lld/confirm", (long long)id);
}

static struct str edit_path(struct cx *cx, int64_t id)
{
    return str_fmt(cx->arena, "/compose/%lld", (long long)id);
}

enum err web_compose_save(struct rq *rq)
{
    struct cx *cx = rq->cx;
    struct compose_form form;
    struct post post;
    struct str what = rq_form(rq, "do");
    TRY(compose_form_read(rq, &form));
    enum err e = compose_form_take_uploads(rq, &form);
    if (e != OK)
        return editor_again(rq, e, &form);
    if (str_eq_c(what, "preview") || str_eq_c(what, "upload")) {
        struct view_compose v;
        TRY(compose_form_view(rq, &form, &v));
        if (str_eq_c(what, "preview"))
            e = render_preview(cx, form.draft.body, &v.preview);
        return e == OK ? send_editor(rq, 200, &v) : editor_again(rq, e, &form);
    }
    form.draft.teaser_confirmed = str_eq_c(rq_form(rq, "teaser_confirmed"), "1");
    e = post_save(cx, &form.draft, &post);
    if (rq->repr == REPR_JSON)
        return e == OK ? reply_saved_json(rq, &post) : e;
    if (e != OK)
        return editor_again(rq, e, &form);
    if (form.published) {
        web_flash(rq, "saved");
        return web_go(rq, web_post_path(cx, form.planet.handle, post.slug));
    }
    if (str_eq_c(what, "publish"))
        return web_go(rq, confirm_path(cx, post.id));
    web_flash(rq, "saved");
    return web_go(rq, edit_path(cx, post.id));
}

enum err web_compose_preview(struct rq *rq)
{
    struct safe_html html;
    struct str body = rq_form(rq, "body");
    if (body.n > POST_BODY_MAX)
        return ERR_TOO_LARGE;
    TRY(render_preview(rq->cx, body, &html));
    struct buf out = web_buf();
    buf_put(&out, html.s);
    rq_cache_control(rq, "no-store");
    return web_send(rq, 200, &out);
}

enum err web_compose_upload(struct rq *rq)
{
    struct cx *cx = rq->cx;
    struct compose_form form = {0};
    const struct view_media_item *items;
    size_t n;
    TRY(planet_by_handle(cx, rq_form(rq, "planet"), &form.planet));
    TRY(post_may_author(cx, form.planet.id));
    TRY(compose_form_take_uploads(rq, &form));
    TRY(compose_form_media(rq, &form, &items, &n));
    if (n != 1)
        return cx_tell(cx, ERR_INVALID, N_("Send one file at a time."));
    struct buf out = web_buf();
    struct jw w;
    jw_init(&w, &out);
    jw_obj(&w);
    jw_key_id(&w, "id", items[0].id);
    jw_key_str(&w, "url", items[0].url);
    jw_key_str(&w, "small_url", items[0].small_url);
    jw_key_str(&w, "name", items[0].name);
    jw_key_str(&w, "size", items[0].size);
    jw_key_bool(&w, "image", items[0].image);
    struct str markdown =
        items[0].image ? str_fmt(cx->arena, "![](media:%lld)", (long long)items[0].id)
                       : str_fmt(cx->arena, "[" STR_FMT "](media:%lld)", STR_ARG(items[0].name),
                                 (long long)items[0].id);
    jw_key_str(&w, "markdown", markdown);
    jw_end(&w);
    return reply_bytes(rq, 201, "application/json", &out);
}

/* ---- publishing ---- */

/* The public face of a draft as the author wrote it, or as we propose it. */
static enum err confirm_view(struct rq *rq, const struct compose_form *form, struct view_confirm *ret)
{
    struct cx *cx = rq->cx;
    const struct post_draft *d = &form->draft;
    struct view_compose editor;
    TRY(compose_form_view(rq, form, &editor));
    struct view_page *page = web_page(rq);
    page->title = str_c(tr(cx, N_("Before you publish")));
    page->noindex = true;
    web_page_planet(rq, page, &form->planet);
    *ret = (struct view_confirm){
        .page = page,
        .planet = editor.planet,
        .id = d->id,
        .version = d->version,
        .title = d->title,
        .teaser = d->teaser,
        .edit_url = edit_path(cx, d->id),
        .url = form->url,
        .locked = d->access != GATE_PUBLIC,
        .published = form->published,
        .media = editor.media,
        .n_media = editor.n_media,
    };
    if (ret->locked && d->teaser.n == 0) {
        ret->teaser = post_suggest_teaser(cx, d->body);
        ret->suggested = true;
    }
    ret->access = str_c(tr(cx, d->access == GATE_PUBLIC ? N_("Everybody") : N_("Members")));
    if (d->access == GATE_PRICE && d->price_amount > 0) {
        struct str args[] = {i18n_money(cx, d->price_amount, d->price_currency)};
        ret->access = i18n_fill(cx->arena, tr(cx, N_("those who buy it for {0}")), args, 1);
    }
    for (size_t i = 0; d->access == GATE_TIER && i < editor.n_tiers; i++)
        if (editor.tiers[i].rank == d->tier_rank)
            ret->access = editor.tiers[i].name;
    struct safe_html html;
    TRY(markdown_render(cx, MARKDOWN_POST, ret->locked ? ret->teaser : d->body, &html));
    return media_expand(cx, html, &ret->teaser_html);
}

static enum err send_confirm(struct rq *rq, int status, const struct view_confirm *v)
{
    struct buf out = web_buf();
    rq_cache_control(rq, "no-store");
    html_compose_confirm(&out, rq->cx, v);
    return web_send(rq, status, &out);
}

enum err web_compose_confirm(struct rq *rq)
{
    int64_t id;
    struct compose_form form;
    struct view_confirm v;
    TRY(id_in_path(rq, &id));
    TRY(compose_form_load(rq, id, &form));
    if (form.published)
        return web_go(rq, form.url);
    TRY(confirm_view(rq, &form, &v));
    return send_confirm(rq, 200, &v);
}

/* What the confirmation page sends back: the teaser as the author left it, the pictures ticked public. */
static void apply_confirmation(struct rq *rq, struct compose_form *form)
{
    struct str picked[COMPOSE_MEDIA_MAX];
    size_t n = rq_form_all(rq, "public_media", picked, COMPOSE_MEDIA_MAX);
    struct post_draft *d = &form->draft;
    int64_t *body = ARENA_ARRAY(rq->cx->arena, int64_t, COMPOSE_MEDIA_MAX);
    size_t n_body = 0;
    if (rq_form(rq, "teaser").p != NULL)
        d->teaser = str_trim(rq_form(rq, "teaser"));
    form->n_teaser_media = 0;
    for (size_t i = 0; i < form->n_media; i++) {
        bool is_public = false;
        for (size_t k = 0; k < n; k++) {
            int64_t id;
            is_public = is_public || (web_id(picked[k], &id) && id == form->media[i]);
        }
        if (is_public)
            form->teaser_media[form->n_teaser_media++] = form->media[i];
        else
            body[n_body++] = form->media[i];
    }
    d->body_media = body;
    d->n_body_media = n_body;
    d->teaser_media = form->teaser_media;
    d->n_teaser_media = form->n_teaser_media;
}

enum err web_compose_publish(struct rq *rq)
{
    struct cx *cx = rq->cx;
    int64_t id, seen;
    struct compose_form form;
    struct view_confirm v;
    struct post post;
    TRY(id_in_path(rq, &id));
    TRY(compose_form_load(rq, id, &form));
    if (form.published) /* sent twice: it is out already */
        return web_go(rq, form.url);
    if (str_to_i64(rq_form(rq, "version"), &seen))
        form.draft.version = seen;
    apply_confirmation(rq, &form);
    bool again = str_eq_c(rq_form(rq, "do"), "again");
    bool confirmed = str_eq_c(rq_form(rq, "teaser_confirmed"), "1");
    enum err e = post_save(cx, &form.draft, &post);
    if (e == OK && !again)
        e = post_publish(cx, id, confirmed, &post);
    if (e == OK && !again) {
        web_flash(rq, "published");
        return web_go(rq, web_post_path(cx, form.planet.handle, post.slug));
    }
    if (e == ERR_INTERNAL || e == ERR_FORBIDDEN)
        return e;
    struct str sentence = e == OK ? STR_NULL : web_mendable(rq, e);
    struct str teaser = form.draft.teaser;
    TRY(compose_form_load(rq, id, &form)); /* the version has moved on */
    form.draft.teaser = teaser;
    TRY(confirm_view(rq, &form, &v));
    v.error = sentence;
    return send_confirm(rq, e == OK ? 200 : http_status_of(e), &v);
}

/* ---- taking back ---- */

static enum err ask_first(struct rq *rq, const struct compose_form *form, bool unpublish)
{
    struct view_page *page = web_page(rq);
    page->title = str_c(tr(rq->cx, unpublish ? N_("Take back") : N_("Delete")));
    page->noindex = true;
    web_page_planet(rq, page, &form->planet);
    struct view_post_delete v = {
        .page = page,
        .id = form->draft.id,
        .title = form->draft.title,
        .url = str_fmt(rq->cx->arena, "/compose/%lld/%s", (long long)form->draft.id,
                       unpublish ? "unpublish" : "delete"),
        .back_url = form->published ? form->url : edit_path(rq->cx, form->draft.id),
        .unpublish = unpublish,
    };
    struct buf out = web_buf();
    html_post_delete(&out, rq->cx, &v);
    return web_send(rq, 200, &out);
}

static enum err take_back(struct rq *rq, bool unpublish)
{
    int64_t id;
    struct compose_form form;
    TRY(id_in_path(rq, &id));
    TRY(compose_form_load(rq, id, &form));
    if (!str_eq_c(rq_form(rq, "sure"), "1"))
        return ask_first(rq, &form, unpublish);
    if (unpublish) {
        TRY(post_unpublish(rq->cx, id));
        web_flash(rq, "unpublished");
        return web_go(rq, edit_path(rq->cx, id));
    }
    TRY(post_delete(rq->cx, id));
    web_flash(rq, "deleted");
    return web_go(rq, web_planet_path(rq->cx, form.planet.handle));
}

enum err web_compose_unpublish(struct rq *rq)
{
    return take_back(rq, true);
}

enum err web_compose_delete(struct rq *rq)
{
    return take_back(rq, false);
}

enum err web_drafts(struct rq *rq)
{
    struct cx *cx = rq->cx;
    struct compose_form form;
    struct post *posts;
    size_t n;
    TRY(compose_form_new(rq, &form));
    TRY(post_drafts(cx, form.planet.id, &posts, &n));
    struct view_draft *drafts = ARENA_ARRAY(cx->arena, struct view_draft, n);
    for (size_t i = 0; i < n; i++)
        drafts[i] = (struct view_draft){
            .id = posts[i].id,
            .title = posts[i].title,
            .edited = i18n_ago(cx, posts[i].edited_at == DB_NULL ? posts[i].created_at
                                                                  : posts[i].edited_at),
            .url = edit_path(cx, posts[i].id),
            .excerpt = markdown_to_text(cx, posts[i].teaser, 140),
        };
    struct view_compose editor;
    TRY(compose_form_view(rq, &form, &editor));
    struct view_page *page = web_page(rq);
    page->title = str_c(tr(cx, N_("Drafts")));
    page->noindex = true;
    web_page_planet(rq, page, &form.planet);
    struct view_drafts v = {
        .page = page, .planet = editor.planet, .drafts = drafts, .n_drafts = n};
    struct buf out = web_buf();
    html_drafts(&out, cx, &v);
    return web_send(rq, 200, &out);
}
