/* Somebody elsewhere reports something of ours (federation.md 7.5): an actor, posts, comments, by id
 * or in full, or, from Misskey, as addresses in the text. What is not ours is left out; who reported
 * is not kept by name. */
#include "federation/fed.h"
#include "federation/policy.h"
#include "federation/receive.h"
#include "federation/receive_sql.h"
#include "node/db/db.h"
#include "node/planet/planet.h"
#include "node/talk/post.h"
#include "node/talk/report.h"
#include "node/text/link.h"
#include "node/text/sanitize.h"

enum { OBJECTS_MAX = 50, TEXT_MAX = 20000 };

/* What a Flag names, put together. */
struct named {
    struct report_item items[REPORT_ITEMS_MAX];
    size_t n;
    int64_t planet_id, account_id, actor_id;
    bool ours;
};

static void add_item(struct named *f, int64_t post_id, int64_t comment_id)
{
    for (size_t i = 0; i < f->n; i++)
        if (f->items[i].post_id == post_id && f->items[i].comment_id == comment_id)
            return;
    f->ours = true;
    if (f->n < REPORT_ITEMS_MAX)
        f->items[f->n++] = (struct report_item){post_id, comment_id};
}

/* An actor of ours. One who writes on a single planet is reported to those who look after it. */
static enum err add_actor(struct cx *cx, struct named *f, const struct fed_local *l)
{
    struct planet *planets;
    size_t n;
    f->ours = true;
    f->actor_id = l->id;
    if (str_eq_c(l->kind, "planet")) {
        f->planet_id = l->local_id;
    } else if (str_eq_c(l->kind, "account")) {
        f->account_id = l->local_id;
        TRY(planet_list_of_author(cx, l->local_id, &planets, &n));
        if (n == 1 && f->planet_id == 0)
            f->planet_id = planets[0].id;
    }
    return OK;
}

/* A page of ours, as people see it: "/@tea/slug", "/@tea/slug#c-12", "/@tea". */
static enum err add_page(struct cx *cx, struct named *f, struct str uri)
{
    struct str path = str_sub(uri, cx->node->origin.n + 2, SIZE_MAX), slug, handle = path;
    struct str anchor = STR_NULL;
    struct planet planet;
    struct post post;
    struct fed_target t;
    struct fed_local l;
    bool found = false;
    int64_t id;
    size_t at = str_find_char(path, '#', 0);
    if (at != SIZE_MAX) {
        anchor = str_sub(path, at + 1, SIZE_MAX);
        path = handle = str_sub(path, 0, at);
    }
    at = str_find_char(path, '/', 0);
    if (at != SIZE_MAX)
        handle = str_sub(path, 0, at);
    enum err e = planet_by_handle(cx, handle, &planet);
    if (e != OK)
        return e;
    slug = at == SIZE_MAX ? STR("") : str_sub(path, at + 1, SIZE_MAX);
    if (str_empty(slug)) {
        e = fed_local_by_ref(cx, "planet", planet.id, &l);
        return e == OK ? add_actor(cx, f, &l) : e;
    }
    TRY(post_by_slug(cx, planet.id, slug, &post));
    if (!str_eq_c(post.state, "published"))
        return OK;
    if (str_starts(anchor, STR("c-")) && str_to_i64(str_sub(anchor, 2, SIZE_MAX), &id)) {
        TRY(fed_target_find(cx, fed_iri(cx, "/ap/o/%lld", (long long)id), &found, &t));
        found = found && t.post_id == post.id && t.comment_id != 0;
    }
    add_item(f, post.id, found ? t.comment_id : 0);
    return OK;
}

static enum err add_uri(struct cx *cx, struct named *f, struct str uri)
{
    struct fed_target t;
    struct fed_local l;
    bool found;
    if (str_empty(uri))
        return OK;
    TRY(fed_target_find(cx, uri, &found, &t));
    if (found) {
        add_item(f, t.post_id, t.comment_id);
        return OK;
    }
    if (!str_starts(uri, cx->node->origin))
        return OK;
    enum err e = fed_local_by_uri(cx, uri, &l);
    if (e == OK)
        return add_actor(cx, f, &l);
    if (e == ERR_NOT_FOUND && str_starts(str_sub(uri, cx->node->origin.n, SIZE_MAX), STR("/@")))
        e = add_page(cx, f, uri);
    return e == ERR_NOT_FOUND || e == ERR_GONE ? OK : e;
}

/* Misskey names the actor alone as the object and writes "Note: https://…" into the text. */
static enum err add_links(struct cx *cx, struct named *f, struct str text)
{
    size_t at = 0, n, from = 0;
    for (int i = 0; i < OBJECTS_MAX && link_find(text, from, &at, &n); i++) {
        struct str uri = str_sub(text, at, n);
        from = at + n;
        if (str_starts(uri, cx->node->origin))
            TRY(add_uri(cx, f, uri));
    }
    return OK;
}

/* Mostly plain, from some in HTML. */
static struct str plain(struct cx *cx, struct str content)
{
    struct safe_html html;
    content = str_utf8_cut(content, TEXT_MAX);
    if (str_find_char(content, '<', 0) == SIZE_MAX)
        return str_trim(content);
    if (sanitize_html(cx->arena, content, &html) != OK)
        return STR("");
    return html_to_text(cx->arena, html, REPORT_TEXT_MAX);
}

enum err fed_in_flag(struct cx *cx, const struct fed_in *in)
{
    struct named f = {.account_id = DB_NULL, .actor_id = DB_NULL};
    struct fed_policy policy;
    TRY(fed_policy_of(cx, in->actor.host, &policy));
    if (policy.reject_reports)
        return OK;
    struct str text = plain(cx, ld_lang(in->doc, "content", NULL));
    LD_EACH(i, one, ld_get(in->doc, "object"))
        if (i < OBJECTS_MAX)
            TRY(add_uri(cx, &f, ld_id(one)));
    TRY(add_links(cx, &f, text));
    if (!f.ours)
        return OK;
    struct report_flag flag = {.uri = in->id, .host = in->actor.host,
                               .house = fed_house(in->actor.host), .text = text,
                               .actor_id = in->actor.id, .planet_id = f.planet_id,
                               .about_account_id = f.account_id, .about_actor_id = f.actor_id,
                               .items = f.items, .n_items = f.n,
                               .quiet = policy.level == FED_SILENCED};
    return report_take(cx, &flag);
}
