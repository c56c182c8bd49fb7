/* Saving: everything is checked and rendered first; the transaction only writes (db.h). */
#include "node/base/buf.h"
#include "node/base/clock.h"
#include "node/base/id.h"
#include "node/db/db.h"
#include "node/event.h"
#include "node/node.h"
#include "node/media/media_html.h"
#include "node/talk/attachment.h"
#include "node/talk/post.h"
#include "node/talk/post_body.h"
#include "node/talk/post_face.h"
#include "node/talk/post_row.h"
#include "node/talk/post_sql.h"
#include "node/text/markdown.h"
#include "node/text/sanitize.h"
#include "node/text/scan.h"

enum { SUMMARY_MAX = 200, SLUG_TYPED_MAX = 80, MEDIA_MAX = 100 };

struct work {
    const struct post_draft *draft;
    int64_t id, planet_id;
    struct str title, lang, teaser, body, summary, tags_text, kind, warning;
    struct safe_html html, teaser_html;
    struct str tags[POST_TAGS_MAX], keys[POST_TAGS_MAX];
    size_t n_tags;
    int64_t rank, price_amount;
    struct str price_currency;
    int64_t body_media[MEDIA_MAX], teaser_media[MEDIA_MAX];
    size_t n_body_media, n_teaser_media;
};

/* ---- checks -------------------------------------------------------------------------------- */

static enum err check_texts(struct cx *cx, struct work *w)
{
    const struct post_draft *d = w->draft;

    if (!str_is_utf8(d->title) || !str_is_utf8(d->body) || !str_is_utf8(d->teaser))
        return cx_tell(cx, ERR_INVALID, N_("The text isn't valid UTF-8. Save it as UTF-8 first."));
    w->title = str_trim(d->title);
    for (size_t i = 0; i < w->title.n; i++)
        if ((unsigned char)w->title.p[i] < 0x20 || w->title.p[i] == 0x7f)
            return cx_tell(cx, ERR_INVALID, N_("The title must be one line of text."));
    if (str_utf8_len(w->title) > POST_TITLE_MAX)
        return cx_tell(cx, ERR_INVALID, N_("The title is too long: 200 characters at most."));
    w->warning = str_trim(d->warning);
    if (!str_is_utf8(w->warning) || str_utf8_len(w->warning) > POST_WARNING_MAX)
        return cx_tell(cx, ERR_INVALID, N_("The warning is too long: 200 characters at most."));
    for (size_t i = 0; i < w->warning.n; i++)
        if ((unsigned char)w->warning.p[i] < 0x20 || w->warning.p[i] == 0x7f)
            return cx_tell(cx, ERR_INVALID, N_("The warning must be one line of text."));
    w->teaser = str_trim(d->teaser);
    if (str_utf8_len(w->teaser) > POST_TEASER_MAX)
        return cx_tell(cx, ERR_INVALID, N_("The teaser is too long: 5,000 characters at most."));
    if (d->body.n > POST_BODY_MAX)
        return cx_tell(cx, ERR_TOO_LARGE,
                       N_("The text is too long: 1 MiB at most. Split it into several posts."));
    w->body = d->body;
    w->kind = str_empty(w->title) ? STR("note") : STR("article");
    return OK;
}

/* Shape of a BCP 47 tag; which ones exist is nobody's business here. */
static bool is_language_tag(struct str s)
{
    if (s.n < 2 || s.n > 35 || s.p[0] == '-' || s.p[s.n - 1] == '-')
        return false;
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        bool alnum = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!alnum && c != '-')
            return false;
    }
    return true;
}

static enum err check_lang(struct cx *cx, struct work *w)
{
    struct post_planet_row planet;

    w->lang = str_trim(w->draft->lang);
    if (str_empty(w->lang)) {
        TRY(q_post_planet(cx, w->planet_id, &planet));
        w->lang = planet.lang;
    }
    if (!is_language_tag(w->lang))
        return cx_tell(cx, ERR_INVALID, N_("The language must be a tag like zh-CN or en."));
    return OK;
}

static enum err check_access(struct cx *cx, struct work *w)
{
    const struct post_draft *d = w->draft;
    int64_t known;

    w->price_amount = DB_NULL;
    w->price_currency = STR_NULL;
    switch (d->access) {
    case GATE_PUBLIC: w->rank = 0; return OK;
    case GATE_MEMBERS: w->rank = 1; return OK;
    case GATE_TIER:
        w->rank = d->tier_rank;
        TRY(q_post_tier_known(cx, w->planet_id, d->tier_rank, &known));
        if (known == 0)
            return cx_tell(cx, ERR_INVALID, N_("This planet has no such tier. Choose another."));
        return OK;
    case GATE_PRICE:
        w->rank = d->tier_rank > 0 ? d->tier_rank : 0;
        if (d->price_currency.n == 0 && (d->price_amount == 0 || d->price_amount == DB_NULL))
            return OK; /* not said yet: good enough for a draft */
        if (d->price_amount <= 0 || d->price_currency.n != 3)
            return post_no_price(cx);
        w->price_amount = d->price_amount;
        w->price_currency = d->price_currency;
        return OK;
    case GATE_ANSWER: break; /* no post */
    }
    return cx_fail(cx, ERR_INVALID, "access kind %d", (int)d->access);
}

static enum err check_tags(struct cx *cx, struct work *w)
{
    const struct post_draft *d = w->draft;
    struct buf text;

    buf_init_arena(&text, cx->arena, 64 << 10);
    for (size_t i = 0; i < d->n_tags; i++) {
        struct str tag = str_trim(d->tags[i]), key;
        bool known = false;
        if (str_starts(tag, STR("#")))
            tag = str_sub(tag, 1, SIZE_MAX);
        if (str_empty(tag))
            continue;
        if (!str_is_utf8(tag) || !tag_is_valid(tag))
            return cx_tell(cx, ERR_INVALID,
                           N_("A tag is one word of letters and digits. Correct the tags."));
        key = text_fold(cx->arena, tag);
        for (size_t k = 0; k < w->n_tags && !known; k++)
            known = str_eq(w->keys[k], key);
        if (known)
            continue;
        if (w->n_tags == POST_TAGS_MAX)
            return cx_tell(cx, ERR_INVALID, N_("Too many tags: 10 at most."));
        w->tags[w->n_tags] = tag;
        w->keys[w->n_tags++] = key;
        if (text.n > 0)
            buf_lit(&text, " ");
        buf_put(&text, tag);
    }
    w->tags_text = text.n > 0 ? buf_str(&text) : STR("");
    return OK;
}

/* ---- pictures ------------------------------------------------------------------------------ */

/* What the form names, then what the text shows. Texts name by number, so what is in there but not
 * this author's to show is left alone: the page shows nothing in its place. */
static enum err add_media(struct cx *cx, const struct work *w, const int64_t *named, size_t n_named,
                          struct str text, int64_t *ids, size_t *n)
{
    int64_t found[MEDIA_MAX];
    size_t n_found = attachment_scan(text, found, 0, MEDIA_MAX);

    if (n_named > MEDIA_MAX)
        return cx_tell(cx, ERR_INVALID, N_("Too many pictures and files: 100 at most."));
    for (size_t i = 0; i < n_named; i++)
        ids[(*n)++] = named[i];
    for (size_t i = 0; i < n_found && *n < MEDIA_MAX; i++) {
        bool mine, known = false;
        for (size_t k = 0; k < *n && !known; k++)
            known = ids[k] == found[i];
        TRY(attachment_may_show(cx, w->planet_id, w->draft->id, found[i], &mine));
        if (mine && !known)
            ids[(*n)++] = found[i];
    }
    return OK;
}

/* ---- preparing ----------------------------------------------------------------------------- */

static enum err render(struct cx *cx, struct work *w)
{
    int64_t all[2 * MEDIA_MAX];
    size_t n = 0;
    for (size_t i = 0; i < w->n_body_media; i++)
        all[n++] = w->body_media[i];
    for (size_t i = 0; i < w->n_teaser_media; i++)
        all[n++] = w->teaser_media[i];
    TRY(markdown_render(cx, MARKDOWN_POST, w->body, &w->html));
    TRY(media_expand_only(cx, w->html, all, n, &w->html));
    TRY(markdown_render(cx, MARKDOWN_POST, w->teaser, &w->teaser_html));
    TRY(media_expand_only(cx, w->teaser_html, w->teaser_media, w->n_teaser_media, &w->teaser_html));
    if (w->html.s.p == NULL)
        w->html.s = STR("");
    if (w->teaser_html.s.p == NULL)
        w->teaser_html.s = STR("");
    /* the summary is public, so it is never made of a locked text */
    if (!str_empty(w->teaser))
        w->summary = markdown_to_text(cx, w->teaser, SUMMARY_MAX);
    else if (w->draft->access == GATE_PUBLIC)
        w->summary = html_to_text(cx->arena, w->html, SUMMARY_MAX);
    else
        w->summary = STR("");
    return OK;
}

static enum err prepare(struct cx *cx, struct work *w)
{
    const struct post_draft *d = w->draft;

    TRY(check_texts(cx, w));
    TRY(check_lang(cx, w));
    TRY(check_access(cx, w));
    TRY(check_tags(cx, w));
    TRY(add_media(cx, w, d->body_media, d->n_body_media, w->body, w->body_media,
                  &w->n_body_media));
    TRY(add_media(cx, w, d->teaser_media, d->n_teaser_media, w->teaser, w->teaser_media,
                  &w->n_teaser_media));
    return render(cx, w);
}

/* ---- address ------------------------------------------------------------------------------- */

/* Words that stand for pages of the planet where a post's address would stand. */
static bool is_reserved(struct str slug)
{
    static const struct str words[] = {
        STR_INIT("about"), STR_INIT("archive"), STR_INIT("ask"), STR_INIT("drafts"), STR_INIT("feed"),
        STR_INIT("invite"), STR_INIT("membership"), STR_INIT("questions"),
        STR_INIT("followers"), STR_INIT("join"), STR_INIT("members"), STR_INIT("order"),
        STR_INIT("nearby"), STR_INIT("redeem"), STR_INIT("rss"), STR_INIT("search"), STR_INIT("settings"),
        STR_INIT("tag"), STR_INIT("tags"),
    };
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (str_eq(words[i], slug))
            return true;
    return false;
}

static bool is_slug(struct str s)
{
    if (s.n == 0 || s.n > SLUG_TYPED_MAX || s.p[0] == '-' || s.p[s.n - 1] == '-')
        return false;
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'))
            return false;
    }
    return !is_reserved(s);
}

static enum err typed_slug(struct cx *cx, const struct work *w, struct str *ret)
{
    struct str slug = str_lower(cx->arena, str_trim(w->draft->slug));
    int64_t taken;

    if (!is_slug(slug))
        return cx_tell(cx, ERR_INVALID,
                       N_("The address may hold letters a to z, digits and hyphens, and not the "
                          "name of another page. Correct it."));
    TRY(q_post_slug_taken(cx, w->planet_id, slug, w->id, &taken));
    if (taken > 0)
        return cx_tell(cx, ERR_CONFLICT,
                       N_("Another post of this planet has this address already. Choose another."));
    *ret = slug;
    return OK;
}

/* Forms send back the address that we made; only one that the author wrote himself binds us. */
static bool is_made(struct cx *cx, const struct post *p)
{
    return str_starts(p->slug, text_slug(cx->arena, p->title, p->id));
}

/* before is NULL for a new post. An address that was public stays. */
static enum err choose_slug(struct cx *cx, const struct work *w, const struct post *before,
                            struct str *ret)
{
    struct str base, slug;
    int64_t taken;

    if (!str_empty(w->draft->slug) &&
        (before == NULL || !str_eq(str_trim(w->draft->slug), before->slug)))
        return typed_slug(cx, w, ret);
    if (before != NULL && (before->published_at != DB_NULL || str_eq(before->title, w->title) ||
                           (!str_empty(w->draft->slug) && !is_made(cx, before)))) {
        *ret = before->slug;
        return OK;
    }
    base = text_slug(cx->arena, w->title, w->id);
    slug = base;
    for (int i = 2; i < 30; i++) {
        TRY(q_post_slug_taken(cx, w->planet_id, slug, w->id, &taken));
        if (taken == 0 && !is_reserved(slug)) {
            *ret = slug;
            return OK;
        }
        slug = str_fmt(cx->arena, STR_FMT "-%d", STR_ARG(base), i);
    }
    *ret = str_fmt(cx->arena, STR_FMT "-%lld", STR_ARG(base), (long long)w->id);
    return OK;
}

/* ---- writing (inside the transaction) ------------------------------------------------------ */

static enum err write_tags(struct cx *cx, const struct work *w)
{
    TRY(q_post_tags_clear(cx, w->id, NULL));
    for (size_t i = 0; i < w->n_tags; i++)
        TRY(q_post_tag_put(cx, w->id, w->tags[i], w->keys[i], (int64_t)i, NULL));
    return OK;
}

static enum err write_parts(struct cx *cx, const struct work *w)
{
    struct post post;

    TRY(post_body_store(cx, w->id, w->body, w->html));
    TRY(write_tags(cx, w));
    TRY(str_empty(w->warning) ? q_post_warning_clear(cx, w->id, NULL)
                              : q_post_warning_put(cx, w->id, w->warning, NULL));
    TRY(post_by_id(cx, w->id, &post));
    return attachment_set(cx, &post, w->body_media, w->n_body_media, w->teaser_media,
                          w->n_teaser_media);
}

static enum err write_new(struct cx *cx, const struct work *w)
{
    struct str slug;

    TRY(choose_slug(cx, w, NULL, &slug));
    TRY(q_post_insert(cx, w->id, w->planet_id, cx->viewer, slug, w->title, w->lang, w->kind,
                      gate_kind_name(w->draft->access), w->rank, w->price_amount,
                      w->price_currency, w->teaser, w->teaser_html.s, w->draft->not_in_trial,
                      w->summary, w->tags_text, cx->now, NULL));
    return write_parts(cx, w);
}

static enum err check_change(struct cx *cx, const struct work *w, const struct post *before)
{
    bool locked = w->draft->access != GATE_PUBLIC;

    if (before->version != w->draft->version)
        return cx_tell(cx, ERR_CONFLICT,
                       N_("This post was changed elsewhere meanwhile. Keep a copy of your text, open "
                          "the post again and make your changes there."));
    if (!str_eq(before->state, STR("published")) || !locked)
        return OK;
    if (w->draft->access == GATE_PRICE && w->price_amount == DB_NULL)
        return post_no_price(cx);
    if (str_empty(w->teaser))
        return cx_tell(cx, ERR_INVALID,
                       N_("Everybody sees the teaser of this post: write one, then save."));
    if (before->gate.kind == GATE_PUBLIC && !w->draft->teaser_confirmed)
        return cx_tell(cx, ERR_INVALID,
                       N_("This post was public and will be locked. Copies that other servers and "
                          "readers have can't be called back. Confirm the teaser to go on."));
    return OK;
}

static enum err write_change(struct cx *cx, const struct work *w)
{
    struct post before;
    struct str slug, face;
    int64_t changed;

    TRY(post_by_id(cx, w->id, &before));
    TRY(post_may_edit(cx, &before));
    TRY(check_change(cx, w, &before));
    TRY(choose_slug(cx, w, &before, &slug));
    TRY(post_face(cx, w->id, &face));
    TRY(q_post_update(cx, w->id, w->draft->version, slug, w->title, w->lang, w->kind,
                      gate_kind_name(w->draft->access), w->rank, w->price_amount,
                      w->price_currency, w->teaser, w->teaser_html.s, w->draft->not_in_trial,
                      w->summary, w->tags_text, cx->now, &changed));
    if (changed != 1)
        return cx_fail(cx, ERR_CONFLICT, "post %lld changed under our hands", (long long)w->id);
    TRY(write_parts(cx, w));
    return post_face_changed(cx, &before, face);
}

/* ---- the verb ------------------------------------------------------------------------------ */

/* Was it made for a form of ours, not long ago? */
static bool fresh_id_ok(int64_t id)
{
    int64_t age = clock_now() - id_time(id);

    return id > 0 && age > -MS_MINUTE && age < 30 * MS_DAY;
}

/* A form that is sent twice names the same fresh id: the second finds the post that the first made.
 * An id that somebody else's post has is no id of this form. */
static enum err was_sent_before(struct cx *cx, struct work *w, bool *ret_found, struct post *ret)
{
    struct post post;
    enum err e = post_by_id(cx, w->id, &post);

    *ret_found = false;
    if (e == ERR_NOT_FOUND)
        return OK;
    if (e != OK && e != ERR_GONE)
        return e;
    if (e == OK && post.author_id == cx->viewer && post.planet_id == w->planet_id) {
        *ret = post;
        *ret_found = true;
        return OK;
    }
    w->id = id_next(cx->node->ids);
    return OK;
}

static enum err find_target(struct cx *cx, struct work *w)
{
    struct post post;

    if (w->draft->id == 0) {
        TRY(post_may_author(cx, w->draft->planet_id));
        w->planet_id = w->draft->planet_id;
        w->id = fresh_id_ok(w->draft->fresh_id) ? w->draft->fresh_id : id_next(cx->node->ids);
        return OK;
    }
    TRY(post_by_id(cx, w->draft->id, &post));
    TRY(post_may_edit(cx, &post));
    if (w->draft->planet_id != 0 && w->draft->planet_id != post.planet_id)
        return cx_tell(cx, ERR_INVALID, N_("A post can't move to another planet."));
    w->id = post.id;
    w->planet_id = post.planet_id;
    return OK;
}

enum err post_save(struct cx *cx, const struct post_draft *draft, struct post *ret)
{
    struct work *w = ARENA_NEW(cx->arena, struct work);
    struct post post;
    bool sent_before;

    w->draft = draft;
    TRY(find_target(cx, w));
    TRY(prepare(cx, w));

    TX_SCOPE(cx);
    if (draft->id == 0) {
        TRY(was_sent_before(cx, w, &sent_before, ret));
        if (sent_before)
            return OK;
    }
    TRY(draft->id == 0 ? write_new(cx, w) : write_change(cx, w));
    TRY(post_by_id(cx, w->id, &post));
    TRY(tx_commit(cx));
    *ret = post;
    return OK;
}
