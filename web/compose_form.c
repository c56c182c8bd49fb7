#include "web/compose_form.h"

#include "node/base/i18n.h"
#include "node/db/db.h"
#include "node/media/media.h"
#include "node/money/money.h"
#include "node/talk/attachment.h"
#include "node/talk/post_body.h"
#include "web/page.h"

/* "tea, puer #茶" → three tags. */
static void split_tags(struct cx *cx, struct str text, struct post_draft *d)
{
    enum { MAX = POST_TAGS_MAX + 1 }; /* one more, so that the domain sees that there are too many */
    struct str *tags = ARENA_ARRAY(cx->arena, struct str, MAX);
    size_t n = 0, from = 0;
    for (size_t i = 0; i <= text.n && n < MAX; i++) {
        bool full_width_comma = i + 3 <= text.n && str_eq(str_sub(text, i, 3), STR("，"));
        if (i < text.n && text.p[i] != ',' && text.p[i] != ' ' && text.p[i] != '#' &&
            !full_width_comma)
            continue;
        if (i > from)
            tags[n++] = str_sub(text, from, i - from);
        if (full_width_comma)
            i += 2;
        from = i + 1;
    }
    d->tags = tags;
    d->n_tags = n;
}

/* For sale; whose membership opens it, too, stands in `included`: 0, or the rank of a tier. A price that is none is
 * left out, and the domain says so when it matters. */
static void read_price(struct rq *rq, struct compose_form *f)
{
    struct post_draft *d = &f->draft;
    struct money m;
    f->price = str_trim(rq_form(rq, "price"));
    f->currency = str_trim(rq_form(rq, "currency"));
    if (!str_eq_c(rq_form(rq, "access"), "price"))
        return;
    d->access = GATE_PRICE;
    d->tier_rank = 0;
    (void)web_id(rq_form(rq, "included"), &d->tier_rank);
    if (money_parse_fields(rq->cx, f->price, f->currency, &m) == OK) {
        d->price_amount = m.minor;
        d->price_currency = str_dup(rq->cx->arena, str_c(m.cur));
    }
    rq->cx->tell = NULL;
}

static enum err read_access(struct rq *rq, struct compose_form *f)
{
    struct post_draft *d = &f->draft;
    struct str access = rq_form(rq, "access");
    read_price(rq, f);
    if (d->access == GATE_PRICE)
        return OK;
    d->tier_rank = 0;
    if (access.n == 0 || str_eq_c(access, "public")) {
        d->access = GATE_PUBLIC;
    } else if (str_eq_c(access, "members")) {
        d->access = GATE_MEMBERS;
        d->tier_rank = 1;
    } else if (str_starts(access, STR("tier:")) &&
               web_id(str_sub(access, 5, SIZE_MAX), &d->tier_rank)) {
        d->access = GATE_TIER;
    } else {
        return cx_tell(rq->cx, ERR_INVALID, N_("Choose who may read this."));
    }
    return OK;
}

static bool has_id(const int64_t *ids, size_t n, int64_t id)
{
    for (size_t i = 0; i < n; i++)
        if (ids[i] == id)
            return true;
    return false;
}

static size_t read_ids(const struct rq *rq, const char *field, int64_t *ids, size_t max)
{
    struct str values[COMPOSE_MEDIA_MAX];
    size_t got = rq_form_all(rq, field, values, COMPOSE_MEDIA_MAX), n = 0;
    for (size_t i = 0; i < got && n < max; i++) {
        int64_t id;
        if (web_id(values[i], &id) && !has_id(ids, n, id))
            ids[n++] = id;
    }
    return n;
}

/* The lists of the draft: what everybody sees, and the rest. */
static void link_media(struct cx *cx, struct compose_form *f)
{
    int64_t *body = ARENA_ARRAY(cx->arena, int64_t, COMPOSE_MEDIA_MAX);
    size_t n = 0;
    for (size_t i = 0; i < f->n_media; i++)
        if (!has_id(f->teaser_media, f->n_teaser_media, f->media[i]))
            body[n++] = f->media[i];
    f->draft.body_media = body;
    f->draft.n_body_media = n;
    f->draft.teaser_media = f->teaser_media;
    f->draft.n_teaser_media = f->n_teaser_media;
}

static enum err known_post(struct rq *rq, int64_t id, struct compose_form *f, struct post *ret)
{
    TRY(post_by_id(rq->cx, id, ret));
    TRY(post_may_edit(rq->cx, ret));
    TRY(planet_by_id(rq->cx, ret->planet_id, &f->planet));
    f->draft.id = ret->id;
    f->draft.planet_id = ret->planet_id;
    f->published = str_eq_c(ret->state, "published");
    f->url = web_post_path(rq->cx, f->planet.handle, ret->slug);
    return OK;
}

/* The form of a new post that was sent before (twice, or after going back): it is that draft now. */
static enum err same_form_again(struct rq *rq, struct compose_form *f)
{
    struct post_draft *d = &f->draft;
    struct post post;
    if (d->id != 0 || !web_id(rq_form(rq, "fresh_id"), &d->fresh_id))
        return OK;
    enum err e = post_by_id(rq->cx, d->fresh_id, &post);
    if (e == ERR_NOT_FOUND || e == ERR_GONE || (e == OK && post.author_id != rq->session.account_id))
        return OK;
    TRY(e);
    if (str_eq_c(post.state, "published"))
        return cx_tell(rq->cx, ERR_CONFLICT, N_("This post is published already. Open it to edit it."));
    TRY(known_post(rq, post.id, f, &post));
    d->version = post.version;
    return OK;
}

enum err compose_form_read(struct rq *rq, struct compose_form *ret)
{
    struct cx *cx = rq->cx;
    struct compose_form *f = ret;
    int64_t id = 0;
    *f = (struct compose_form){0};
    struct post_draft *d = &f->draft;
    if (web_id(rq_form(rq, "id"), &id)) {
        struct post post;
        TRY(known_post(rq, id, f, &post));
    } else {
        TRY(planet_by_handle(cx, rq_form(rq, "planet"), &f->planet));
        TRY(post_may_author(cx, f->planet.id));
        d->planet_id = f->planet.id;
    }
    TRY(same_form_again(rq, f));
    if (d->version == 0 && !str_to_i64(rq_form(rq, "version"), &d->version))
        d->version = 0;
    d->title = str_trim(rq_form(rq, "title"));
    d->body = rq_form(rq, "body");
    d->teaser = str_trim(rq_form(rq, "teaser"));
    d->warning = str_trim(rq_form(rq, "warning"));
    d->lang = rq_form(rq, "lang").n > 0 ? rq_form(rq, "lang") : f->planet.lang;
    d->slug = rq_form(rq, "slug").n > 0 ? rq_form(rq, "slug") : STR_NULL;
    f->tags_text = rq_form(rq, "tags");
    split_tags(cx, f->tags_text, d);
    f->n_media = read_ids(rq, "media", f->media, COMPOSE_MEDIA_MAX);
    f->n_teaser_media = read_ids(rq, "teaser_media", f->teaser_media, COMPOSE_MEDIA_MAX);
    link_media(cx, f);
    return read_access(rq, f);
}

static enum err take_alt_texts(struct rq *rq, const struct compose_form *f)
{
    struct cx *cx = rq->cx;
    for (size_t i = 0; i < f->n_media; i++) {
        const char *field = arena_printf(cx->arena, "alt_%lld", (long long)f->media[i]);
        struct str alt = rq_form(rq, field);
        struct media m;
        if (alt.p == NULL || media_by_id(cx, f->media[i], &m) != OK ||
            m.account_id != rq->session.account_id || str_eq(m.alt, alt))
            continue;
        TRY(media_set_alt(cx, m.id, alt));
    }
    return OK;
}

enum err compose_form_take_uploads(struct rq *rq, struct compose_form *f)
{
    const struct upload *uploads;
    size_t n = rq_uploads(rq, &uploads);
    TRY(take_alt_texts(rq, f));
    for (size_t i = 0; i < n; i++) {
        const struct upload *u = &uploads[i];
        struct media m;
        if (u->bytes.n == 0)
            continue;
        if (f->n_media == COMPOSE_MEDIA_MAX)
            return cx_tell(rq->cx, ERR_TOO_LARGE, N_("A post carries at most 40 pictures and files."));
        if (str_istarts(u->type, STR("image/")))
            TRY(media_add_image(rq->cx, rq->session.account_id, f->planet.id, u->bytes, u->filename,
                                STR(""), &m));
        else
            TRY(media_add_file(rq->cx, rq->session.account_id, f->planet.id, u->bytes, u->filename,
                               u->type, &m));
        f->media[f->n_media++] = m.id;
    }
    link_media(rq->cx, f);
    return OK;
}

enum err compose_form_load(struct rq *rq, int64_t post_id, struct compose_form *ret)
{
    struct cx *cx = rq->cx;
    struct post post;
    struct compose_form *f = ret;
    *f = (struct compose_form){0};
    TRY(known_post(rq, post_id, f, &post));
    TRY(post_draft_of(cx, &post, &f->draft));
    f->tags_text = str_join(cx->arena, STR(", "), f->draft.tags, f->draft.n_tags);
    if (f->draft.price_amount != DB_NULL && f->draft.price_currency.n == 3) {
        f->currency = f->draft.price_currency;
        f->price = money_decimal(cx->arena, money_of(f->draft.price_amount, f->currency));
    }
    for (size_t i = 0; i < f->draft.n_body_media && f->n_media < COMPOSE_MEDIA_MAX; i++)
        f->media[f->n_media++] = f->draft.body_media[i];
    for (size_t i = 0; i < f->draft.n_teaser_media && f->n_media < COMPOSE_MEDIA_MAX; i++) {
        f->media[f->n_media++] = f->draft.teaser_media[i];
        f->teaser_media[f->n_teaser_media++] = f->draft.teaser_media[i];
    }
    link_media(cx, f);
    return OK;
}

enum err compose_form_new(struct rq *rq, struct compose_form *ret)
{
    struct cx *cx = rq->cx;
    struct str handle = rq_query(rq, "planet");
    struct planet *all;
    size_t n;
    *ret = (struct compose_form){0};
    ret->draft.access = GATE_MEMBERS;
    ret->draft.tier_rank = 1;
    if (handle.n > 0) {
        TRY(planet_by_handle(cx, handle, &ret->planet));
        TRY(post_may_author(cx, ret->planet.id));
    } else {
        TRY(planet_list(cx, &all, &n));
        for (size_t i = 0; i < n && ret->planet.id == 0; i++)
            if (post_may_author(cx, all[i].id) == OK)
                ret->planet = all[i];
        if (ret->planet.id == 0)
            return cx_tell(cx, ERR_FORBIDDEN, N_("Only a planet's authors write posts here."));
    }
    ret->draft.fresh_id = post_fresh_id(cx);
    ret->draft.planet_id = ret->planet.id;
    ret->draft.lang = ret->planet.lang;
    return OK;
}

static struct str size_text(struct cx *cx, int64_t bytes)
{
    if (bytes < 1024)
        return str_fmt(cx->arena, "%lld B", (long long)bytes);
    if (bytes < 1024 * 1024)
        return str_fmt(cx->arena, "%lld KB", (long long)(bytes / 1024));
    return str_fmt(cx->arena, "%lld.%lld MB", (long long)(bytes >> 20),
                   (long long)((bytes & 0xfffff) * 10 >> 20));
}

enum err compose_form_media(struct rq *rq, const struct compose_form *f,
                            const struct view_media_item **ret, size_t *ret_n)
{
    struct cx *cx = rq->cx;
    struct view_media_item *items = ARENA_ARRAY(cx->arena, struct view_media_item, f->n_media);
    size_t n = 0;
    for (size_t i = 0; i < f->n_media; i++) {
        struct media m;
        enum err e = media_by_id(cx, f->media[i], &m);
        if (e == ERR_NOT_FOUND)
            continue;
        TRY(e);
        TRY(attachment_may_open(cx, &m)); /* an id from elsewhere shows nothing */
        items[n++] = (struct view_media_item){
            .id = m.id,
            .url = media_url(cx, &m, false),
            .small_url = media_url(cx, &m, true),
            .name = m.filename,
            .alt = m.alt,
            .size = size_text(cx, m.size),
            .image = str_eq_c(m.kind, "image"),
            .in_teaser = has_id(f->teaser_media, f->n_teaser_media, m.id),
        };
    }
    *ret = items;
    *ret_n = n;
    return OK;
}

enum err compose_tiers(struct cx *cx, int64_t planet_id, const struct view_tier **ret, size_t *ret_n)
{
    struct tier *tiers;
    size_t n;
    TRY(tier_list(cx, planet_id, &tiers, &n));
    struct view_tier *views = ARENA_ARRAY(cx->arena, struct view_tier, n);
    for (size_t i = 0; i < n; i++)
        views[i] = (struct view_tier){
            .id = tiers[i].id, .rank = tiers[i].rank, .slug = tiers[i].slug, .name = tiers[i].name};
    *ret = views;
    *ret_n = n;
    return OK;
}

/* What the planet asks for memberships in. */
static enum err usual_currency(struct cx *cx, int64_t planet_id, struct str *ret)
{
    struct tier *tiers;
    size_t n;
    *ret = STR("CNY");
    TRY(tier_list(cx, planet_id, &tiers, &n));
    for (size_t i = 0; i < n; i++)
        if (tiers[i].n_prices > 0) {
            *ret = str_dup(cx->arena, str_c(tiers[i].prices[0].money.cur));
            return OK;
        }
    return OK;
}

enum err compose_form_view(struct rq *rq, const struct compose_form *f, struct view_compose *ret)
{
    struct cx *cx = rq->cx;
    const struct post_draft *d = &f->draft;
    struct view_page *page = web_page(rq);
    struct view_planet *planet = ARENA_NEW(cx->arena, struct view_planet);
    page->title = str_c(tr(cx, f->published ? N_("Edit") : N_("Write")));
    page->noindex = true;
    page->editor = true;
    web_page_planet(rq, page, &f->planet);
    planet->handle = f->planet.handle;
    planet->name = f->planet.name;
    planet->url = web_planet_path(cx, f->planet.handle);
    *ret = (struct view_compose){
        .page = page,
        .planet = planet,
        .planets = planet,
        .n_planets = 1,
        .id = d->id,
        .fresh_id = d->fresh_id,
        .version = d->version,
        .published = f->published,
        .title = d->title,
        .body = d->body,
        .teaser = d->teaser,
        .warning = d->warning,
        .tags = f->tags_text,
        .lang = d->lang,
        .slug = d->slug,
        .url = f->published ? f->url : STR_NULL,
        .access = d->access,
        .tier_rank = d->tier_rank,
        .price = f->price,
        .currency = f->currency,
    };
    if (ret->currency.n == 0)
        TRY(usual_currency(cx, f->planet.id, &ret->currency));
    TRY(compose_tiers(cx, f->planet.id, &ret->tiers, &ret->n_tiers));
    ret->included = d->access == GATE_PRICE ? d->tier_rank : ret->n_tiers > 0 ? ret->tiers[0].rank : 0;
    return compose_form_media(rq, f, &ret->media, &ret->n_media);
}
