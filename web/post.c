#include "web/post.h"

#include "federation/delivery.h"
#include "federation/federation.h"
#include "node/base/clock.h"
#include "node/base/i18n.h"
#include "node/db/db.h"
#include "node/media/far.h"
#include "node/money/life.h"
#include "node/money/quote.h"
#include "node/node.h"
#include "node/people/account.h"
#include "node/planet/planet.h"
#include "node/talk/attachment.h"
#include "node/talk/post_body.h"
#include "node/talk/public_view.h"
#include "node/talk/reaction.h"
#include "node/talk/timeline.h"
#include "node/talk/thread.h"
#include "web/card_view.h"
#include "web/html.h"
#include "web/page.h"
#include "web/planet_view.h"
#include "web/thread_view.h"
#include "web/tips.h"

enum { FACES_MAX = 20 };

/* What the page is asked to show beside the post. */
struct asked {
    int64_t reply_id, edit_id;
    struct str comment_text, comment_error;
    int status;
};

static struct str file_size(struct cx *cx, int64_t bytes)
{
    if (bytes < 1000)
        return str_fmt(cx->arena, "%lld B", (long long)bytes);
    if (bytes < 1000000)
        return str_fmt(cx->arena, "%lld KB", (long long)(bytes / 1000));
    return str_fmt(cx->arena, "%.1f MB", (double)bytes / 1e6);
}

/* Does the text itself show this picture already? */
static bool shown_inline(struct cx *cx, struct safe_html html, int64_t media_id)
{
    return str_contains(html.s, str_fmt(cx->arena, "/media/%lld/", (long long)media_id));
}

static enum err fill_attachments(struct cx *cx, const struct post *post,
                                 const struct access_pass *pass, struct view_post *v)
{
    struct attachment *list;
    size_t n;
    TRY(attachment_list(cx, post, pass, &list, &n));
    struct view_picture *pictures = ARENA_ARRAY(cx->arena, struct view_picture, n + 1);
    struct view_file *files = ARENA_ARRAY(cx->arena, struct view_file, n + 1);
    for (size_t i = 0; i < n; i++) {
        const struct media *m = &list[i].media;
        if (!str_eq_c(m->kind, "image")) {
            files[v->n_files++] = (struct view_file){.id = m->id, .url = media_url(cx, m, false),
                .name = m->filename, .size = file_size(cx, m->size), .type = m->mime};
        } else if (!shown_inline(cx, v->open ? v->body : v->teaser, m->id)) {
            pictures[v->n_pictures++] = (struct view_picture){.id = m->id,
                .url = media_url(cx, m, false), .small_url = media_url(cx, m, true), .alt = m->alt,
                .width = m->width, .height = m->height, .small_width = m->small_width};
        }
    }
    v->pictures = pictures;
    v->files = files;
    return OK;
}

static enum err fill_reactions(struct rq *rq, const struct post *post, struct view_post *v)
{
    struct cx *cx = rq->cx;
    struct reaction_by *list;
    size_t n;
    v->n_likes = v->open ? post->n_likes : post->n_remote_likes;
    /* Everybody may open a public post, but not know of its members' thread. */
    v->n_comments = v->open && v->locked ? post->n_comments : post->n_public_comments;
    v->n_announces = post->n_announces;
    v->may_like = rq->session.account_id != 0 && v->open;
    if (v->may_like)
        TRY(reaction_mine(cx, post->id, &v->liked));
    TRY(reaction_list_remote(cx, post->id, FACES_MAX, &list, &n));
    struct view_person *likers = ARENA_ARRAY(cx->arena, struct view_person, n + 1);
    struct view_person *announcers = ARENA_ARRAY(cx->arena, struct view_person, n + 1);
    for (size_t i = 0; i < n; i++) {
        struct view_person p = {
            .name = list[i].name,
            .url = list[i].url,
            .server = list[i].host,
            .handle = str_fmt(cx->arena, "@" STR_FMT "@" STR_FMT, STR_ARG(list[i].username),
                              STR_ARG(list[i].host)),
            .avatar = web_avatar(cx, list[i].name, DB_NULL),
        };
        p.avatar.url = far_media_url_of(cx, list[i].host, list[i].icon_url, FAR_AVATAR);
        if (list[i].kind == REACTION_LIKE)
            likers[v->n_likers++] = p;
        else
            announcers[v->n_announcers++] = p;
    }
    v->likers = likers;
    v->announcers = announcers;
    return OK;
}

/* Who was a member comes back by one tap, at the price of their own. */
static enum err fill_way_back(struct rq *rq, const struct post *post, struct view_way_in *w)
{
    struct cx *cx = rq->cx;
    struct price price;
    struct money full;
    bool found;
    if (w->why != WHY_LAPSED || !w->by_membership)
        return OK;
    TRY(renewal_price(cx, post->planet_id, rq->session.account_id, &found, &price));
    if (!found)
        return OK;
    TRY(quote_full(cx, post->planet_id, rq->session.account_id, price.money, &full));
    w->back_money = i18n_money(cx, full.minor, str_c(full.cur));
    w->back_url = str_fmt(cx->arena, STR_FMT "/join/%lld?next=" STR_FMT, STR_ARG(w->planet->url), (long long)price.id,
                          STR_ARG(w->next));
    return OK;
}

static enum err fill_way_in(struct rq *rq, const struct post *post, const struct access_pass *pass,
                            struct view_post *v)
{
    struct cx *cx = rq->cx;
    struct view_way_in *w = ARENA_NEW(cx->arena, struct view_way_in);
    *w = (struct view_way_in){
        .planet = v->planet,
        .why = access_why(pass),
        .signed_in = rq->session.account_id != 0,
        .login_url = str_fmt(cx->arena, "/login?next=" STR_FMT, STR_ARG(v->url)),
        .next = v->url,
        .csrf = v->page->csrf,
    };
    w->by_membership = post->gate.kind != GATE_PRICE || post->gate.rank > 0;
    if (post->gate.kind == GATE_PRICE && post->price_amount != DB_NULL) {
        w->buy_money = i18n_money(cx, post->price_amount, post->price_currency);
        w->buy_url = str_fmt(cx->arena, STR_FMT "/buy", STR_ARG(v->url));
    }
    if (post->gate.kind != GATE_MEMBERS && post->gate.rank > 1)
        TRY(planet_tier_name(cx, post->planet_id, post->gate.rank, &w->need));
    v->way_in = w;
    return fill_way_back(rq, post, w);
}

static enum err fill_near(struct cx *cx, const struct planet *planet, const struct post *post,
                          struct view_post *v)
{
    struct post *older;
    size_t n;
    if (post->published_at == DB_NULL)
        return OK;
    TRY(post_timeline(cx, post->planet_id, STR_NULL, post->id, 1, &older, &n));
    if (n == 0)
        return OK;
    v->older_url = web_post_path(cx, planet->handle, older[0].slug);
    v->older_title = older[0].title.n > 0 ? older[0].title : str_utf8_cut(older[0].summary, 60);
    return OK;
}

/* What search engines and cards elsewhere are told: the public face and nothing else. */
static enum err fill_head(struct rq *rq, const struct post *post, struct view_page *page,
                          const struct view_post *v)
{
    struct cx *cx = rq->cx;
    struct public_media *media;
    size_t n;
    page->title = post->title.n > 0 ? post->title : str_utf8_cut(post->summary, 40);
    page->description = str_empty(v->warning) ? post->summary : v->warning;
    page->og_type = STR("article");
    page->noindex = post->published_at == DB_NULL;
    page->alternate_activity_url = post->object_uri;
    if (!str_empty(post->object_uri))
        rq_add_header(rq, "Link", str_fmt(cx->arena, "<" STR_FMT ">; rel=\"alternate\"; "
                                          "type=\"application/activity+json\"",
                                          STR_ARG(post->object_uri)));
    page->canonical_url = str_fmt(cx->arena, STR_FMT STR_FMT, STR_ARG(cx->node->origin),
                                  STR_ARG(v->url));
    if (page->noindex || !str_empty(v->warning))
        return OK;
    TRY(public_media_list(cx, post->id, &media, &n));
    if (n > 0)
        page->og_image = media[0].url;
    return OK;
}

static enum err fill_post(struct rq *rq, const struct planet *planet, const struct post *post,
                          const struct access_pass *pass, struct view_post *v)
{
    struct cx *cx = rq->cx;
    struct account author;
    int64_t at = post->published_at == DB_NULL ? post->created_at : post->published_at;
    v->id = post->id;
    v->url = web_post_path(cx, planet->handle, post->slug);
    v->title = post->title;
    v->lang = post->lang;
    v->when = i18n_date(cx, at);
    v->when_iso = clock_rfc3339(cx->arena, at);
    v->locked = post->gate.kind != GATE_PUBLIC;
    v->open = access_is_full(pass);
    v->mark = post_mark(&post->gate, v->open);
    v->teaser = post->teaser_html;
    TRY(post_warning(cx, post->id, &v->warning));
    if (post->edited_at != DB_NULL)
        v->edited = web_when(rq, post->edited_at);
    if (v->open)
        TRY(post_body(cx, post, pass, &v->body));
    if (v->open && v->locked && access_until(pass) != DB_NULL)
        v->until = i18n_date(cx, access_until(pass));
    TRY(account_by_id(cx, post->author_id, &author));
    v->author = web_person(cx, &author);
    v->may_edit = rq->session.account_id != 0 && post_may_edit(cx, post) == OK;
    v->pinned = post->pinned;
    v->may_pin = rq->session.account_id != 0 && post->published_at != DB_NULL &&
                 planet_may_manage(cx, planet->id) == OK;
    cx->tell = NULL;
    TRY(thread_is_closed(cx, post->id, &v->closed));
    TRY(thread_may_close(cx, post, &v->may_close));
    v->may_close = v->may_close && post->published_at != DB_NULL;
    v->edit_url = str_fmt(cx->arena, "/compose/%lld", (long long)post->id);
    TRY(post_access_label(cx, post, &v->access));
    return tag_views(cx, planet->handle, post->tags, &v->tags, &v->n_tags);
}

/* For who wrote it, or looks after the planet: how far it has come (federation.md 4.12). */
static enum err fill_delivered(struct rq *rq, const struct planet *planet, const struct post *post,
                               struct view_post *v)
{
    struct cx *cx = rq->cx;
    struct fed_spread s;
    if (!v->may_edit || str_empty(post->object_uri))
        return OK;
    TRY(fed_spread_of_object(cx, post->object_uri, &s));
    v->told = s.servers > 0;
    v->n_delivered = s.delivered;
    v->n_waiting = s.waiting;
    v->n_lost = s.lost;
    if (v->may_pin)
        v->delivery_url = str_fmt(cx->arena, "/desk/" STR_FMT "/fediverse/delivery/posts/%lld",
                                  STR_ARG(planet->handle), (long long)post->id);
    return OK;
}

static enum err send_post(struct rq *rq, const struct planet *planet, const struct post *post,
                          const struct access_pass *pass, const struct asked *asked)
{
    struct cx *cx = rq->cx;
    struct view_page *page = web_page(rq);
    struct view_planet *planet_v = ARENA_NEW(cx->arena, struct view_planet);
    struct view_post v = {.page = page, .planet = planet_v, .comment_text = asked->comment_text,
                          .comment_error = asked->comment_error};
    web_page_planet(rq, page, planet);
    TRY(planet_view(rq, planet, planet_v));
    page->may_write = planet_v->may_write;
    TRY(fill_post(rq, planet, post, pass, &v));
    TRY(fill_head(rq, post, page, &v));
    TRY(fill_delivered(rq, planet, post, &v));
    TRY(fill_attachments(cx, post, pass, &v));
    TRY(fill_reactions(rq, post, &v));
    TRY(web_tips_below(rq, post, pass, &v));
    if (!v.open)
        TRY(fill_way_in(rq, post, pass, &v));
    TRY(thread_view(rq, post, pass, asked->reply_id, asked->edit_id, &v));
    TRY(fill_near(cx, planet, post, &v));
    if (rq->method == POST)
        page->path = v.url;
    struct buf out = web_buf();
    html_post_show(&out, cx, &v);
    return web_send(rq, asked->status, &out);
}

enum err web_post_show(struct rq *rq)
{
    struct cx *cx = rq->cx;
    struct planet planet;
    struct post post;
    struct access_pass pass;
    struct asked asked = {.status = 200};
    TRY(web_planet(rq, &planet));
    TRY(post_by_slug(cx, planet.id, rq_param(rq, "slug"), &post));
    TRY(access_decide(cx, &post.gate, &pass));
    if (access_verdict(&pass) == ACCESS_NONE)
        return ERR_NOT_FOUND; /* a draft: that it is there is nobody's business */
    if (rq->repr == REPR_ACTIVITY)
        return fed_object_reply(rq, post.id);
    (void)web_id(rq_query(rq, "reply"), &asked.reply_id);
    (void)web_id(rq_query(rq, "edit"), &asked.edit_id);
    return send_post(rq, &planet, &post, &pass, &asked);
}

enum err web_post_again(struct rq *rq, const struct planet *planet, const struct post *post,
                        enum err e, struct str text, int64_t parent_id)
{
    struct access_pass pass;
    struct asked asked = {.status = http_status_of(e), .reply_id = parent_id, .comment_text = text,
                          .comment_error = web_mendable(rq, e)};
    TRY(access_decide(rq->cx, &post->gate, &pass));
    if (access_verdict(&pass) == ACCESS_NONE)
        return ERR_NOT_FOUND;
    return send_post(rq, planet, post, &pass, &asked);
}
