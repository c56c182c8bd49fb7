#include "federation/admit.h"
#include "federation/fed.h"
#include "federation/move_sql.h"
#include "federation/out.h"
#include "federation/out_sql.h"
#include "federation/remote.h"
#include "node/media/media.h"
#include "node/people/account.h"
#include "node/planet/planet.h"
#include "node/settings.h"
#include "node/talk/thread.h"

/* A public picture's absolute address; nothing when there is none. */
static void load_picture(struct cx *cx, int64_t media_id, struct str *ret_type, struct str *ret_url)
{
    struct media m;
    if (media_id == DB_NULL || media_id == 0 || media_by_id(cx, media_id, &m) != OK || !m.is_public)
        return;
    *ret_type = m.mime;
    *ret_url = str_fmt(cx->arena, STR_FMT STR_FMT, STR_ARG(cx->node->origin),
                       STR_ARG(media_url(cx, &m, false)));
}

static struct safe_html paragraph(struct arena *a, struct str text)
{
    struct buf b;
    if (str_empty(text))
        return (struct safe_html){STR("")};
    buf_init_arena(&b, a, 65536);
    buf_lit(&b, "<p>");
    buf_put_html(&b, text);
    buf_lit(&b, "</p>");
    return (struct safe_html){buf_str(&b)};
}

/* Where it comes from, and where it went (8.1, 8.2). */
static enum err load_moves(struct cx *cx, const struct fed_local *l, struct fed_out_actor *v)
{
    struct aliases_of_row *rows;
    struct actor_moved_row moved;
    size_t n;
    TRY(q_aliases_of(cx, l->id, &rows, &n));
    struct str *uris = ARENA_ARRAY(cx->arena, struct str, n + 1);
    for (size_t i = 0; i < n; i++)
        uris[i] = rows[i].uri;
    v->aliases = uris;
    v->n_aliases = n;
    TRY(q_actor_moved(cx, l->id, &moved));
    v->moved_to = moved.moved_to;
    return OK;
}

enum err fed_is_author(struct cx *cx, int64_t account_id, bool *ret)
{
    struct planet *planets;
    size_t n;
    TRY(planet_list_of_author(cx, account_id, &planets, &n));
    *ret = n > 0;
    return OK;
}

static enum err load_fields(struct cx *cx, int64_t planet_id, struct fed_out_actor *v)
{
    struct planet_field *fields;
    TRY(planet_fields(cx, planet_id, &fields, &v->n_fields));
    v->fields = fields;
    return OK;
}

enum err fed_load_actor(struct cx *cx, const struct fed_local *l, struct fed_out_actor *ret)
{
    const struct fed_signer *s, *other;
    TRY(fed_signer_pair(cx, l->id, &s, &other));
    struct fed_out_actor v = {.uri = l->uri, .kind = STR("Person"), .username = l->username,
                              .url = l->uri, .handle_host = setting_handle_host(cx),
                              .page_host = cx->node->host,
                              .shared_inbox = fed_iri(cx, "/ap/inbox"),
                              .published = l->created_at, .collections = true,
                              .summary = {STR("")}};
    v.inbox = str_fmt(cx->arena, STR_FMT "/inbox", STR_ARG(l->uri));
    v.rsa_pem = crypt_key_public_pem(cx->arena, s->rsa);
    v.ed_multikey = crypt_key_multikey(cx->arena, s->ed);
    v.rsa_id = s->rsa_id;
    v.ed_id = s->ed_id;
    if (other != NULL) {
        v.more_keys[0].id = other->rsa_id;
        v.more_keys[0].multikey = crypt_key_multikey(cx->arena, other->rsa);
        v.more_keys[1].id = other->ed_id;
        v.more_keys[1].multikey = crypt_key_multikey(cx->arena, other->ed);
        v.n_more_keys = 2;
    }
    if (str_eq_c(l->kind, "planet")) {
        struct planet p;
        v.endorses = true;
        struct fed_doors doors;
        TRY(planet_by_id(cx, l->local_id, &p));
        TRY(fed_doors_of(cx, p.id, &doors));
        v.approves = doors.approves_followers;
        v.username = p.handle;
        v.name = p.name;
        v.published = p.created_at;
        v.url = fed_iri(cx, "/@" STR_FMT, STR_ARG(p.handle));
        v.join_url = fed_iri(cx, "/@" STR_FMT "/join", STR_ARG(p.handle));
        v.join_name = str_starts(p.lang, STR("zh")) ? STR("加入") : STR("Membership");
        TRY(load_fields(cx, p.id, &v));
        v.summary = str_empty(p.about_html.s) ? paragraph(cx->arena, p.tagline) : p.about_html;
        load_picture(cx, p.icon_media_id, &v.icon_type, &v.icon_url);
        load_picture(cx, p.cover_media_id, &v.image_type, &v.image_url);
    } else if (str_eq_c(l->kind, "account")) {
        struct account a;
        bool author;
        enum err e = account_by_id(cx, l->local_id, &a);
        if (e == ERR_NOT_FOUND)
            return ERR_GONE; /* deleted */
        TRY(e);
        if (!str_eq_c(a.state, "active"))
            return ERR_NOT_FOUND; /* suspended: it may come back */
        TRY(fed_is_author(cx, a.id, &author));
        v.username = a.username;
        v.name = a.name;
        v.quiet = !author;
        /* Of somebody who only answers, nothing but what stands beside the answer (9.4). */
        if (author) {
            v.published = a.created_at;
            v.summary = paragraph(cx->arena, a.bio);
        }
        load_picture(cx, a.avatar_media_id, &v.icon_type, &v.icon_url);
    } else {
        v.kind = STR("Application");
        v.username = fed_instance_name(cx);
        v.name = cx->node->host;
        v.inbox = v.shared_inbox;
        v.url = fed_iri(cx, "/");
        v.collections = false;
    }
    TRY(load_moves(cx, l, &v));
    *ret = v;
    return OK;
}

enum err fed_load_post(struct cx *cx, const struct public_post *p, struct fed_out_note *ret)
{
    struct fed_local l;
    struct planet planet;
    TRY(fed_local_ensure(cx, "planet", p->planet_id, &l));
    TRY(planet_by_id(cx, p->planet_id, &planet));
    struct fed_out_note v = {.id = p->object_uri, .actor_uri = l.uri, .url = p->url,
                             .lang = p->lang, .published = p->published_at,
                             .updated = p->edited_at, .tags = p->tags, .n_tags = p->n_tags,
                             .media = p->media, .n_media = p->n_media, .n_likes = p->n_likes,
                             .n_shares = p->n_announces};
    v.tag_url = fed_iri(cx, "/@" STR_FMT "/tag/", STR_ARG(planet.handle));
    struct fed_mention *named;
    TRY(fed_load_mentions(cx, p->html, &named, &v.n_mentions));
    v.mentions = named;
    v.content = fed_out_content(cx->arena, p, v.tag_url, named, v.n_mentions);
    v.warning = p->warning;
    TRY(quote_rule_of(cx, p->planet_id, &v.quotes));
    TRY(thread_is_closed(cx, p->id, &v.closed));
    TRY(fed_load_replies(cx, p->id, DB_NULL, 0, &v.replies));
    *ret = v;
    return OK;
}

/* Whom and what a comment of ours answers. */
static enum err load_parent(struct cx *cx, const struct comment_ours_row *c, struct fed_out_note *v)
{
    struct comment_parent_row p;
    struct fed_actor to;
    bool found = false;
    v->in_reply_to = c->post_uri;
    if (c->parent_id == DB_NULL || c->parent_id == 0)
        return OK;
    TRY(q_comment_parent(cx, c->parent_id, &found, &p));
    if (!found || !str_eq_c(p.audience, "public"))
        return OK;
    v->in_reply_to = p.object_uri.p != NULL
                         ? p.object_uri
                         : fed_iri(cx, "/ap/o/%lld", (long long)c->parent_id);
    if (p.actor_id == DB_NULL || fed_actor_by_id(cx, p.actor_id, &to) != OK)
        return OK;
    for (size_t i = 0; i < v->n_mentions; i++)
        if (str_eq(v->mentions[i].uri, to.uri))
            return OK; /* named in the text already */
    v->mention_uri = to.uri;
    v->mention_name = str_fmt(cx->arena, "@" STR_FMT "@" STR_FMT, STR_ARG(to.username),
                              STR_ARG(to.host));
    v->content = fed_out_mentioning(cx->arena, to.url.p == NULL ? to.uri : to.url, to.username,
                                    v->content);
    return OK;
}

/* Names in the text of a comment. */
static enum err load_named(struct cx *cx, struct fed_out_note *v)
{
    struct fed_mention *named;
    v->content = fed_out_reduced(cx->arena, v->content);
    TRY(fed_load_mentions(cx, v->content, &named, &v->n_mentions));
    struct fed_markup m = {.mentions = named, .n_mentions = v->n_mentions};
    v->content = fed_out_marked(cx->arena, v->content, &m);
    v->mentions = named;
    return OK;
}

enum err fed_load_comment(struct cx *cx, int64_t comment_id, struct fed_out_note *ret,
                          int64_t *ret_actor_id)
{
    struct comment_ours_row c;
    struct tombstone_find_row t;
    struct fed_local l;
    bool burnt;
    TRY(q_comment_ours(cx, comment_id, &c));
    TRY(fed_local_by_ref(cx, "account", c.account_id, &l));
    struct fed_out_note v = {.actor_uri = l.uri, .lang = c.lang, .published = c.created_at,
                             .updated = c.edited_at, .content = {c.html}, .tag_url = STR(""),
                             .n_likes = c.n_likes, .n_shares = c.n_shares};
    v.id = fed_iri(cx, "/ap/o/%lld", (long long)c.id);
    TRY(q_tombstone_find(cx, v.id, &burnt, &t));
    if (burnt)
        return ERR_NOT_FOUND; /* it was hidden for a while: an id dies once */
    v.url = fed_iri(cx, "/@" STR_FMT "/" STR_FMT "#c-%lld", STR_ARG(c.planet_handle),
                    STR_ARG(c.slug), (long long)c.id);
    TRY(load_named(cx, &v));
    TRY(load_parent(cx, &c, &v));
    TRY(quote_rule_of(cx, c.planet_id, &v.quotes));
    TRY(fed_load_replies(cx, c.post_id, c.id, 0, &v.replies));
    *ret = v;
    *ret_actor_id = l.id;
    return OK;
}
