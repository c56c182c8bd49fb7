/* post, media: writing without a browser. */
#include "admin/cli/cli.h"
#include "node/db/db.h"
#include "node/media/media.h"
#include "node/money/money.h"
#include "node/node.h"
#include "node/planet/planet.h"
#include "node/talk/post.h"
#include "node/text/scan.h"
#include "node/talk/thread.h"

#include <string.h>

enum { MAX_MEDIA = 32, FILE_MAX = 200 << 20 };

/* public | members | tier:SLUG | price:CNY:9.90 */
static enum err parse_access(struct cli *cli, int64_t planet_id, struct str s, struct post_draft *d)
{
    struct cx *cx = cli->cx;
    if (s.p == NULL)
        return OK;
    d->tier_rank = 0;
    if (str_eq_c(s, "public")) {
        d->access = GATE_PUBLIC;
        return OK;
    }
    if (str_eq_c(s, "members")) {
        d->access = GATE_MEMBERS;
        d->tier_rank = 1;
        return OK;
    }
    if (str_starts(s, STR("tier:"))) {
        struct tier tier;
        enum err e = tier_by_slug(cx, planet_id, str_sub(s, 5, SIZE_MAX), &tier);
        if (e == ERR_NOT_FOUND)
            return cx_tell(cx, ERR_INVALID, N_("This planet has no such tier. 'tier list' names them."));
        d->access = GATE_TIER;
        d->tier_rank = tier.rank;
        return e;
    }
    if (str_starts(s, STR("price:"))) {
        struct money m;
        TRY(money_parse(cx, str_sub(s, 6, SIZE_MAX), &m));
        d->access = GATE_PRICE;
        d->price_amount = m.minor;
        d->price_currency = str_dup(cx->arena, str_c(m.cur));
        return OK;
    }
    return cx_tell(cx, ERR_INVALID, N_("Access is public, members, tier:NAME or price:CNY:9.90."));
}

static enum err parse_included(struct cli *cli, struct post_draft *d)
{
    struct tier tier;
    if (!cli_has(cli, "included"))
        return OK;
    if (d->access != GATE_PRICE)
        return cx_tell(cli->cx, ERR_INVALID, N_("--included goes with --access price:…"));
    enum err e = tier_by_slug(cli->cx, d->planet_id, cli_get(cli, "included"), &tier);
    if (e == ERR_NOT_FOUND)
        return cx_tell(cli->cx, ERR_INVALID, N_("This planet has no such tier. 'tier list' names them."));
    TRY(e);
    d->tier_rank = tier.rank;
    return OK;
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL ? path : slash + 1;
}

static enum err add_media(struct cli *cli, int64_t planet_id, struct str path, int64_t *ret_id)
{
    struct cx *cx = cli->cx;
    struct str bytes;
    struct media m;
    struct cli one = *cli;
    one.given[0].name = "path";
    one.given[0].value = path;
    one.n_given = 1;
    TRY(cli_file(&one, "path", FILE_MAX, &bytes));
    struct str name = str_c(base_name(path.p));
    enum err e = media_add_image(cx, cx->viewer, planet_id, bytes, name, STR(""), &m);
    if (e == ERR_INVALID) { /* no picture: a file like any other */
        cx->tell = NULL;
        e = media_add_file(cx, cx->viewer, planet_id, bytes, name, STR("application/octet-stream"), &m);
    }
    TRY(e);
    *ret_id = m.id;
    return OK;
}

static enum err add_all(struct cli *cli, const char *option, int64_t planet_id, const int64_t **ret,
                        size_t *ret_n)
{
    struct str paths[MAX_MEDIA];
    size_t n = cli_all(cli, option, paths, MAX_MEDIA);
    int64_t *ids = ARENA_ARRAY(cli->cx->arena, int64_t, n);
    for (size_t i = 0; i < n; i++)
        TRY(add_media(cli, planet_id, paths[i], &ids[i]));
    if (n > 0) {
        *ret = ids;
        *ret_n = n;
    }
    return OK;
}

static void print_post(struct cli *cli, const struct planet *planet, const struct post *p)
{
    static const char *const columns[] = {"id", "state", "address", "object", "version", NULL};
    struct cx *cx = cli->cx;
    cli_begin(cli, false, columns);
    cli_row(cli, (struct str[]){cli_id(cli, p->id), p->state,
                                str_fmt(cx->arena, STR_FMT STR_FMT, STR_ARG(cx->node->origin),
                                        STR_ARG(post_path(cx, planet->handle, p->slug))),
                                p->object_uri, cli_id(cli, p->version)});
    cli_end(cli);
}

/* The options that `post create` and `post edit` share, laid over the draft. */
static enum err read_draft(struct cli *cli, struct post_draft *d)
{
    struct cx *cx = cli->cx;
    struct str text;
    TRY(cli_file(cli, "body-file", POST_BODY_MAX + 1, &text));
    if (text.p != NULL)
        d->body = text;
    TRY(cli_file(cli, "teaser-file", 1 << 16, &text));
    if (text.p != NULL)
        d->teaser = str_trim(text);
    if (cli_has(cli, "title"))
        d->title = cli_get(cli, "title");
    if (cli_has(cli, "lang"))
        d->lang = cli_get(cli, "lang");
    if (cli_has(cli, "slug"))
        d->slug = cli_get(cli, "slug");
    if (cli_has(cli, "warning"))
        d->warning = cli_get(cli, "warning");
    if (cli_has(cli, "tag")) {
        struct str *tags = ARENA_ARRAY(cx->arena, struct str, CLI_MAX_VALUES);
        d->n_tags = cli_all(cli, "tag", tags, CLI_MAX_VALUES);
        d->tags = tags;
    }
    TRY(parse_access(cli, d->planet_id, cli_get(cli, "access"), d));
    TRY(parse_included(cli, d));
    TRY(add_all(cli, "media", d->planet_id, &d->body_media, &d->n_body_media));
    return add_all(cli, "teaser-media", d->planet_id, &d->teaser_media, &d->n_teaser_media);
}

static enum err cmd_post_create(struct cli *cli)
{
    struct cx *cx = cli->cx;
    struct planet planet;
    struct post post;
    TRY(cli_planet(cli, &planet));
    struct post_draft d = {.planet_id = planet.id, .lang = planet.lang, .teaser_confirmed = true};
    TRY(read_draft(cli, &d));
    TRY(post_save(cx, &d, &post));
    /* Typing the command with a teaser file is the author's word on it. */
    if (!cli_has(cli, "draft")) {
        bool confirmed = cli_has(cli, "teaser-file") || d.access == GATE_PUBLIC;
        enum err e = post_publish(cx, post.id, confirmed, &post);
        if (e != OK) { /* tried again, the command would leave a draft each time */
            const char *why = cx->tell;
            (void)!post_delete(cx, post.id);
            cx->tell = why;
            return e;
        }
    }
    print_post(cli, &planet, &post);
    return OK;
}

static enum err post_of(struct cli *cli, struct post *post, struct planet *planet)
{
    int64_t id;
    TRY(cli_i64(cli, "id", 0, &id));
    enum err e = post_by_id(cli->cx, id, post);
    if (e == ERR_NOT_FOUND)
        return cx_tell(cli->cx, e, N_("There is no such post. 'post list' names them."));
    TRY(e);
    return planet_by_id(cli->cx, post->planet_id, planet);
}

static enum err cmd_post_edit(struct cli *cli)
{
    struct cx *cx = cli->cx;
    struct planet planet;
    struct post post;
    struct post_draft d;
    TRY(post_of(cli, &post, &planet));
    TRY(post_draft_of(cx, &post, &d));
    d.teaser_confirmed = cli_has(cli, "teaser-file");
    TRY(read_draft(cli, &d));
    TRY(post_save(cx, &d, &post));
    print_post(cli, &planet, &post);
    return OK;
}

static enum err cmd_post_publish(struct cli *cli)
{
    struct planet planet;
    struct post post;
    TRY(post_of(cli, &post, &planet));
    TRY(post_publish(cli->cx, post.id, cli_has(cli, "teaser-confirmed"), &post));
    print_post(cli, &planet, &post);
    return OK;
}

static enum err cmd_post_unpublish(struct cli *cli)
{
    struct planet planet;
    struct post post;
    TRY(post_of(cli, &post, &planet));
    return post_unpublish(cli->cx, post.id);
}

static enum err cmd_post_delete(struct cli *cli)
{
    struct planet planet;
    struct post post;
    TRY(post_of(cli, &post, &planet));
    return post_delete(cli->cx, post.id);
}

static enum err cmd_post_pin(struct cli *cli)
{
    struct planet planet;
    struct post post;
    TRY(post_of(cli, &post, &planet));
    return post_pin(cli->cx, post.id, !cli_has(cli, "off"));
}

static enum err cmd_post_list(struct cli *cli)
{
    static const char *const columns[] = {"id", "state", "published", "slug", "title", NULL};
    struct cx *cx = cli->cx;
    struct planet planet;
    struct post *posts;
    size_t n;
    TRY(cli_planet(cli, &planet));
    if (cli_has(cli, "drafts"))
        TRY(post_drafts(cx, planet.id, &posts, &n));
    else
        TRY(post_timeline(cx, planet.id, STR_NULL, 0, 100, &posts, &n));
    cli_begin(cli, true, columns);
    for (size_t i = 0; i < n; i++)
        cli_row(cli, (struct str[]){cli_id(cli, posts[i].id), posts[i].state,
                                    cli_time(cli, posts[i].published_at), posts[i].slug,
                                    posts[i].title});
    cli_end(cli);
    return OK;
}

static enum err cmd_media_add(struct cli *cli)
{
    static const char *const columns[] = {"id", NULL};
    struct planet planet;
    int64_t id;
    TRY(cli_planet(cli, &planet));
    TRY(add_media(cli, planet.id, cli_get(cli, "file"), &id));
    if (cli_has(cli, "alt"))
        TRY(media_set_alt(cli->cx, id, cli_get(cli, "alt")));
    cli_begin(cli, false, columns);
    cli_row(cli, (struct str[]){cli_id(cli, id)});
    cli_end(cli);
    return OK;
}

#define WRITING_OPTIONS                                                                            \
    {"title", "TEXT", false, "the title; without one it is a note"},                               \
    {"body-file", "FILE", false, "the text, Markdown ('-': standard input)"},                      \
    {"teaser-file", "FILE", false, "what everybody may read of a locked post, Markdown"},          \
    {"access", "WHO", false, "public (default), members, tier:NAME or price:CNY:9.90"},            \
    {"included", "SLUG", false, "for sale, and members of this tier and above read it anyhow"},   \
    {"warning", "TEXT", false, "a content warning that folds the post away; '' takes it off"},      \
    {"tag", "TAG", false, "a tag; may be given several times"},                                    \
    {"media", "FILE", false, "a picture or file of the post; several times"},                      \
    {"teaser-media", "FILE", false, "a picture that everybody may see; several times"},            \
    {"slug", "TEXT", false, "the last part of its address"},                                       \
    {"lang", "TAG", false, "the post's language"}

#define ID_OPTION {"id", "ID", true, "the post; 'post list' names them"}

static const struct cli_option create_options[] = {
    CLI_PLANET_OPTION, WRITING_OPTIONS, {"draft", NULL, false, "don't publish it yet"}, {0}};
static const struct cli_option edit_options[] = {ID_OPTION, WRITING_OPTIONS, {0}};
static enum err cmd_post_close(struct cli *cli)
{
    struct planet planet;
    struct post post;
    TRY(post_of(cli, &post, &planet));
    return thread_close(cli->cx, post.id, !cli_has(cli, "off"));
}

static const struct cli_option close_options[] = {
    ID_OPTION, {"off", NULL, false, "people may write again"}, {0}};
static const struct cli_option publish_options[] = {
    ID_OPTION, {"teaser-confirmed", NULL, false, "you have read the teaser: everybody will"}, {0}};
static const struct cli_option id_options[] = {ID_OPTION, {0}};
static const struct cli_option pin_options[] = {
    ID_OPTION, {"off", NULL, false, "pinned no longer"}, {0}};
static const struct cli_option list_options[] = {
    CLI_PLANET_OPTION, {"drafts", NULL, false, "the drafts instead"}, {0}};
static const struct cli_option media_options[] = {
    CLI_PLANET_OPTION, {"file", "FILE", true, "the picture or file"},
    {"alt", "TEXT", false, "what the picture shows, in words"}, {0}};

const struct cli_verb cli_post_verbs[] = {
    {"post create", cmd_post_create, true, "write and publish a post", create_options},
    {"post edit", cmd_post_edit, true, "change a post", edit_options},
    {"post publish", cmd_post_publish, true, "publish a draft", publish_options},
    {"post unpublish", cmd_post_unpublish, true, "make it a draft again", id_options},
    {"post delete", cmd_post_delete, true, "delete a post for good", id_options},
    {"post pin", cmd_post_pin, true, "show it first, to other servers too; --off: no longer", pin_options},
    {"post close", cmd_post_close, true, "let nobody add to its thread, from elsewhere neither; --off: again", close_options},
    {"post list", cmd_post_list, true, "the newest posts, or the drafts", list_options},
    {"media add", cmd_media_add, true, "bring in a picture or file", media_options},
    {0},
};
