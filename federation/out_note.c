#include <stdio.h>

#include "federation/fed.h"
#include "federation/out.h"
#include "node/text/sanitize.h"

enum { TEASER_CHARS = 1000, BEGINNING_CHARS = 5000 };

/* Only the elements that other servers know (6.2); pictures go along as attachments. What is too
 * long for that is told by its beginning. */
struct safe_html fed_out_reduced(struct arena *a, struct safe_html html)
{
    struct safe_html out;
    if (sanitize_html(a, html.s, &out) == OK)
        return out;
    struct buf b;
    buf_init_arena(&b, a, FED_OUT_MAX);
    buf_lit(&b, "<p>");
    buf_put_html(&b, html_to_text(a, html, BEGINNING_CHARS));
    buf_lit(&b, "</p>");
    return (struct safe_html){buf_str(&b)};
}

struct safe_html fed_out_mentioning(struct arena *a, struct str url, struct str username,
                                    struct safe_html html)
{
    struct buf b;
    buf_init_arena(&b, a, FED_OUT_MAX);
    buf_lit(&b, "<p><span class=\"h-card\" translate=\"no\"><a href=\"");
    buf_put_html(&b, url);
    buf_lit(&b, "\" class=\"u-url mention\">@<span>");
    buf_put_html(&b, username);
    buf_lit(&b, "</span></a></span></p>");
    buf_put(&b, html.s);
    return (struct safe_html){buf_str(&b)};
}

struct safe_html fed_out_content(struct arena *a, const struct public_post *p, struct str tag_url,
                                 const struct fed_mention *mentions, size_t n_mentions)
{
    struct fed_markup m = {mentions, n_mentions, p->tags, p->n_tags, tag_url, 0};
    struct buf b;
    size_t n_left = 0;
    buf_init_arena(&b, a, FED_OUT_MAX);
    buf_lit(&b, "<p><strong>");
    buf_put_html(&b, p->title);
    buf_lit(&b, "</strong></p>");
    /* A teaser is short everywhere (1.9). One that its author made longer loses its mark-up and
     * its end here; the page has it whole. */
    struct str cut = p->locked ? html_to_text(a, p->html, TEASER_CHARS + 1) : STR_NULL;
    if (cut.p != NULL && str_utf8_len(cut) > TEASER_CHARS) {
        buf_lit(&b, "<p>");
        buf_put_html(&b, str_utf8_cut(cut, TEASER_CHARS - 100));
        buf_lit(&b, "…</p>");
    } else {
        buf_put(&b, fed_out_marked(a, fed_out_reduced(a, p->html), &m).s);
    }
    /* Those that do not stand in the text already. */
    for (size_t i = 0; i < p->n_tags; i++) {
        if (i < 64 && (m.used & (UINT64_C(1) << i)) != 0)
            continue;
        buf_put_c(&b, n_left++ == 0 ? "<p>" : " ");
        fed_out_hashtag(&b, tag_url, p->tags[i]);
    }
    if (n_left > 0)
        buf_lit(&b, "</p>");
    buf_lit(&b, "<p><a href=\"");
    buf_put_html(&b, p->url);
    buf_lit(&b, "\" rel=\"nofollow noopener\">");
    buf_put_html(&b, p->url);
    buf_lit(&b, "</a></p>");
    return (struct safe_html){buf_str(&b)};
}

static void put_mention(struct jw *w, struct str uri, struct str name)
{
    jw_obj(w);
    jw_key_c(w, "type", "Mention");
    jw_key_str(w, "href", uri);
    jw_key_str(w, "name", name);
    jw_end(w);
}

static void put_tags(struct jw *w, const struct fed_out_note *v)
{
    struct buf b;
    buf_init(&b, 4096);
    jw_key(w, "tag");
    jw_arr(w);
    for (size_t i = 0; i < v->n_tags; i++) {
        jw_obj(w);
        jw_key_c(w, "type", "Hashtag");
        buf_clear(&b);
        buf_put(&b, v->tag_url);
        buf_put_url(&b, v->tags[i]);
        jw_key_str(w, "href", buf_str(&b));
        buf_clear(&b);
        buf_put_char(&b, '#');
        buf_put(&b, v->tags[i]);
        jw_key_str(w, "name", buf_str(&b));
        jw_end(w);
    }
    if (v->mention_uri.p != NULL)
        put_mention(w, v->mention_uri, v->mention_name);
    for (size_t i = 0; i < v->n_mentions; i++)
        put_mention(w, v->mentions[i].uri, v->mentions[i].handle);
    jw_end(w);
    buf_free(&b);
}

static void put_media(struct jw *w, const struct fed_out_note *v)
{
    jw_key(w, "attachment");
    jw_arr(w);
    for (size_t i = 0; i < v->n_media; i++) {
        const struct public_media *m = &v->media[i];
        jw_obj(w);
        jw_key_c(w, "type", str_starts(m->mime, STR("image/")) ? "Image" : "Document");
        jw_key_str(w, "mediaType", m->mime);
        jw_key_str(w, "url", m->url);
        if (!str_empty(m->alt)) {
            jw_key_str(w, "name", m->alt);
            jw_key_str(w, "summary", m->alt);
        }
        if (m->width > 0 && m->height > 0) {
            jw_key_i64(w, "width", m->width);
            jw_key_i64(w, "height", m->height);
        }
        if (!str_empty(m->blurhash))
            jw_key_str(w, "blurhash", m->blurhash);
        jw_end(w);
    }
    jw_end(w);
}

static void put_counted(struct jw *w, const char *key, struct str id, const char *tail,
                        int64_t total)
{
    jw_key(w, key);
    jw_obj(w);
    jw_key(w, "id");
    fed_put_below(w, id, tail);
    jw_key_c(w, "type", "Collection");
    jw_key_i64(w, "totalItems", total);
    jw_end(w);
}

/* As peers expect it: the first page is there, with our own answers; the next has those of others. */
static void put_replies(struct jw *w, const struct fed_out_note *v)
{
    char next[40] = "/replies/p/0";
    if (v->replies.more_after > 0)
        snprintf(next, sizeof next, "/replies/p/o%lld", (long long)v->replies.more_after);
    jw_key(w, "replies");
    jw_obj(w);
    jw_key(w, "id");
    fed_put_below(w, v->id, "/replies");
    jw_key_c(w, "type", "Collection");
    jw_key(w, "first");
    jw_obj(w);
    jw_key(w, "id");
    fed_put_below(w, v->id, "/replies/p/o0");
    jw_key_c(w, "type", "CollectionPage");
    jw_key(w, "partOf");
    fed_put_below(w, v->id, "/replies");
    jw_key(w, "items");
    jw_arr(w);
    for (size_t i = 0; i < v->replies.n; i++)
        jw_str(w, v->replies.ids[i]);
    jw_end(w);
    jw_key(w, "next");
    fed_put_below(w, v->id, next);
    jw_end(w);
    jw_end(w);
}

/* Requests are answered by the same rule (quote.c). Who is silent about it means nobody (1.12). */
static void put_policy(struct jw *w, const struct fed_out_note *v)
{
    jw_key(w, "interactionPolicy");
    jw_obj(w);
    jw_key(w, "canQuote");
    jw_obj(w);
    jw_key(w, "automaticApproval");
    jw_arr(w);
    if (v->quotes == QUOTE_EVERYBODY)
        jw_c(w, AS_PUBLIC);
    else if (v->quotes == QUOTE_FOLLOWERS)
        fed_put_below(w, v->actor_uri, "/followers");
    else
        jw_str(w, v->actor_uri);
    jw_end(w);
    jw_end(w);
    if (v->closed) { /* nobody else may answer: what comes is refused (in_create.c) */
        jw_key(w, "canReply");
        jw_obj(w);
        jw_key(w, "automaticApproval");
        jw_arr(w);
        jw_str(w, v->actor_uri);
        jw_end(w);
        jw_end(w);
    }
    jw_end(w);
}

void fed_out_note(struct jw *w, const struct fed_out_note *v)
{
    jw_key_str(w, "id", v->id);
    jw_key_c(w, "type", "Note");
    jw_key_str(w, "attributedTo", v->actor_uri);
    jw_key_opt(w, "inReplyTo", v->in_reply_to);
    jw_key_str(w, "url", v->url);
    jw_key_time(w, "published", v->published);
    if (v->updated != DB_NULL)
        /* Others take an edit by this alone: it must be later than published, and than the last. */
        jw_key_moment(w, "updated", v->updated);
    jw_key(w, "to");
    jw_arr(w);
    jw_c(w, AS_PUBLIC);
    jw_end(w);
    jw_key(w, "cc");
    jw_arr(w);
    fed_put_below(w, v->actor_uri, "/followers");
    if (v->mention_uri.p != NULL)
        jw_str(w, v->mention_uri);
    for (size_t i = 0; i < v->n_mentions; i++)
        jw_str(w, v->mentions[i].uri);
    jw_end(w);
    jw_key_str(w, "content", v->content.s);
    if (!str_empty(v->lang)) {
        jw_key(w, "contentMap");
        jw_obj(w);
        jw_key_s(w, v->lang);
        jw_str(w, v->content.s);
        jw_end(w);
    }
    if (!str_empty(v->warning))
        jw_key_str(w, "summary", v->warning);
    jw_key_bool(w, "sensitive", !str_empty(v->warning));
    put_tags(w, v);
    put_media(w, v);
    put_replies(w, v);
    put_counted(w, "likes", v->id, "/likes", v->n_likes);
    put_counted(w, "shares", v->id, "/shares", v->n_shares);
    put_policy(w, v);
}

void fed_out_object(struct jw *w, const struct fed_out_note *v)
{
    jw_obj(w);
    jw_key(w, "@context");
    jw_raw(w, STR(FED_NOTE_CONTEXT));
    fed_out_note(w, v);
    jw_end(w);
}
