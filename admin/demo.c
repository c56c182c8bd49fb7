#include "admin/demo.h"

#include "node/base/buf.h"
#include "node/base/clock.h"
#include "node/base/embed.h"
#include "node/db/db.h"
#include "node/media/media.h"
#include "node/planet/planet.h"
#include "node/talk/post.h"
#include "node/talk/timeline.h"

#include <string.h>

extern const struct embedded demo_files[];

static const struct embedded *file_named(struct str name)
{
    for (const struct embedded *f = demo_files; f->name != NULL; f++)
        if (str_eq_c(name, f->name))
            return f;
    return NULL;
}

static struct str bytes_of(const struct embedded *f)
{
    return (struct str){(const char *)f->bytes, f->n};
}

/* "key: value" lines up to "---"; the rest of a locked post is teaser, "---", body. */
struct demo_post {
    struct str title, lang, access, tags, slug, cover, cover_alt, media, media_alt, teaser, body;
};

static void take_line(struct demo_post *p, struct str line)
{
    const struct { const char *key; struct str *value; } keys[] = {
        {"title", &p->title},         {"lang", &p->lang},   {"access", &p->access},
        {"tags", &p->tags},           {"slug", &p->slug},   {"cover", &p->cover},
        {"cover-alt", &p->cover_alt}, {"media", &p->media}, {"media-alt", &p->media_alt},
    };
    size_t colon = str_find(line, STR(": "), 0);
    for (size_t i = 0; colon != SIZE_MAX && i < sizeof keys / sizeof *keys; i++)
        if (str_eq_c(str_sub(line, 0, colon), keys[i].key))
            *keys[i].value = str_sub(line, colon + 2, SIZE_MAX);
}

static void read_post(struct str text, struct demo_post *p)
{
    const struct str fence = STR("---\n");
    struct str line;
    *p = (struct demo_post){0};
    while (str_next(&text, '\n', &line) && !str_eq_c(line, "---"))
        take_line(p, line);
    if (str_eq_c(p->access, "public")) {
        p->body = text;
        return;
    }
    size_t at = str_find(text, STR("\n---\n"), 0);
    p->teaser = str_trim(str_sub(text, 0, at));
    p->body = str_sub(text, at + 1 + fence.n, SIZE_MAX);
}

/* The whole text of a locked post begins with what everybody may read of it, up to the marker. */
static struct str whole_text(struct cx *cx, const struct demo_post *p)
{
    if (str_empty(p->teaser))
        return p->body;
    return str_fmt(cx->arena, STR_FMT "\n\n<!--more-->\n\n" STR_FMT, STR_ARG(p->teaser),
                   STR_ARG(p->body));
}

static enum err add_picture(struct cx *cx, int64_t planet_id, struct str name, struct str alt,
                            int64_t *ret_id)
{
    const struct embedded *f = file_named(name);
    struct media m;
    if (f == NULL)
        return cx_fail(cx, ERR_INTERNAL, "the demo has no picture of that name");
    TRY(media_add_image(cx, cx->viewer, planet_id, bytes_of(f), name, alt, &m));
    *ret_id = m.id;
    return OK;
}

/* "media:1" in the text stands for the post's own picture. */
static struct str with_media(struct cx *cx, struct str body, int64_t id)
{
    const struct str mark = STR("(media:1)");
    size_t at = str_find(body, mark, 0);
    if (at == SIZE_MAX)
        return body;
    return str_fmt(cx->arena, STR_FMT "(media:%lld)" STR_FMT, STR_ARG(str_sub(body, 0, at)),
                   (long long)id, STR_ARG(str_sub(body, at + mark.n, SIZE_MAX)));
}

static enum err set_access(struct cx *cx, const struct planet *planet, struct str access,
                           struct post_draft *d)
{
    struct tier tier;
    if (str_eq_c(access, "public")) {
        d->access = GATE_PUBLIC;
    } else if (str_eq_c(access, "members")) {
        d->access = GATE_MEMBERS;
        d->tier_rank = 1;
    } else {
        TRY(tier_by_slug(cx, planet->id, str_sub(access, 5, SIZE_MAX), &tier));
        d->access = GATE_TIER;
        d->tier_rank = tier.rank;
    }
    return OK;
}

static enum err add_post(struct cx *cx, const struct planet *planet, const struct embedded *f)
{
    struct demo_post p;
    struct str tags[POST_TAGS_MAX], rest, tag;
    int64_t cover = 0, picture = 0;
    struct post post;
    read_post(bytes_of(f), &p);
    struct post_draft d = {.planet_id = planet->id,
                           .title = p.title,
                           .lang = p.lang,
                           .slug = p.slug,
                           .teaser = p.teaser,
                           .body = whole_text(cx, &p),
                           .tags = tags};
    TRY(set_access(cx, planet, p.access, &d));
    rest = p.tags;
    while (d.n_tags < POST_TAGS_MAX && str_next(&rest, ',', &tag))
        tags[d.n_tags++] = str_trim(tag);
    if (p.cover.n > 0) {
        TRY(add_picture(cx, planet->id, p.cover, p.cover_alt, &cover));
        d.teaser_media = &cover;
        d.n_teaser_media = 1;
    }
    if (p.media.n > 0) {
        TRY(add_picture(cx, planet->id, p.media, p.media_alt, &picture));
        d.body_media = &picture;
        d.n_body_media = 1;
        d.body = with_media(cx, d.body, picture);
    }
    TRY(post_save(cx, &d, &post));
    return post_publish(cx, post.id, true, &post);
}

static enum err furnish(struct cx *cx, struct planet *planet)
{
    struct tier member, friend;
    struct price price;
    int64_t cover;
    TRY(tier_by_slug(cx, planet->id, STR("member"), &member));
    member.about = STR("全部会员主题、产地笔记与实验数据，随时提问。");
    TRY(tier_update(cx, &member));
    TRY(price_create(cx, member.id, (struct money){3800, "CNY"}, STR("month"), 1, 0, &price));
    TRY(price_create(cx, member.id, (struct money){36500, "CNY"}, STR("year"), 1, 0, &price));
    TRY(tier_create(cx, planet->id, STR("friend"), STR("茶友"),
                    STR("会员的一切，外加每年的小仓茶和线下茶席。"), 2, 64, &friend));
    TRY(price_create(cx, friend.id, (struct money){98000, "CNY"}, STR("year"), 1, 0, &price));
    TRY(add_picture(cx, planet->id, STR("dawn.jpg"), STR("日出前的群山，云海在山腰"), &cover));
    planet->tagline = STR("一座山怎样变成一杯茶。A weekly letter on tea.");
    planet->about = bytes_of(file_named(STR("about.md")));
    planet->cover_media_id = cover;
    planet->accent = STR("teal");
    TRY(tx_begin(cx));
    enum err e = media_set_public(cx, cover, true);
    if (e == OK)
        e = tx_commit(cx);
    else
        tx_rollback(cx);
    TRY(e);
    return planet_update(cx, planet);
}

enum err demo_fill(struct cx *cx, int64_t *ret_posts)
{
    struct planet *planets;
    size_t n;
    int64_t posts;
    TRY(planet_list(cx, &planets, &n));
    if (n == 0)
        return cx_tell(cx, ERR_NOT_FOUND, N_("This node has no planet yet."));
    TRY(post_count(cx, planets[0].id, &posts));
    if (posts > 0)
        return cx_tell(cx, ERR_CONFLICT, N_("The planet has posts already; the demo is for an empty one."));
    TRY(furnish(cx, &planets[0]));
    *ret_posts = 0;
    int64_t now = cx->now;
    cx->now -= 16 * MS_DAY;
    for (const struct embedded *f = demo_files; f->name != NULL; f++) {
        if (f->name[0] < '0' || f->name[0] > '9')
            continue;
        TRY(add_post(cx, &planets[0], f));
        cx->now += 2 * MS_DAY + 3 * MS_HOUR; /* a planet that has been there for a while */
        if (cx->now > now)
            cx->now = now;
        ++*ret_posts;
    }
    cx->now = now;
    return OK;
}
