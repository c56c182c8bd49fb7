#include "federation/nearby_read.h"

#include "federation/fed.h"
#include "federation/nearby.h"
#include "federation/remote.h"
#include "node/base/clock.h"
#include "node/base/url.h"
#include "node/db/db.h"
#include "node/text/excerpt.h"
#include "node/text/sanitize.h"
#include "node/text/scan.h"

enum { NAME_CHARS = 80, TEASER_CHARS = 180 };

static struct str plain(struct cx *cx, struct str html, size_t max_chars)
{
    struct safe_html safe;
    if (str_empty(html) || sanitize_html(cx->arena, html, &safe) != OK)
        return STR("");
    return text_name(cx->arena, html_to_text(cx->arena, safe, max_chars));
}

/* ---- its newest public words ---- */

/* What reads well in a line: addresses, which the link leads to anyway, left out; a title set off. */
static struct str words(struct cx *cx, struct str html)
{
    static const struct str title = STR_INIT("<p><strong>"), ends = STR_INIT("</strong></p>");
    struct str rest, word;
    struct excerpt e;
    size_t at = str_starts(html, title) ? str_find(html, ends, 0) : SIZE_MAX;
    if (at != SIZE_MAX)
        html = str_fmt(cx->arena, STR_FMT " · " STR_FMT, STR_ARG(str_sub(html, 0, at)), STR_ARG(str_sub(html, at, SIZE_MAX)));
    rest = plain(cx, html, 4 * TEASER_CHARS);
    excerpt_init(&e, cx->arena, TEASER_CHARS);
    while (str_next(&rest, ' ', &word)) {
        if (str_starts(word, STR("http://")) || str_starts(word, STR("https://")))
            continue;
        excerpt_put(&e, word);
        excerpt_gap(&e);
    }
    return excerpt_str(&e);
}

static bool is_public(const json_t *object, const json_t *activity)
{
    static const char *const keys[] = {"to", "cc"};
    const json_t *from = ld_get(object, "to") == NULL && ld_get(object, "cc") == NULL ? activity : object;
    for (size_t k = 0; k < 2; k++) {
        LD_EACH(i, one, ld_get(from, keys[k]))
            if (fed_is_public(ld_id(one)))
                return true;
    }
    return false;
}

/* Its own words, said to all, without a warning, no answer to somebody; newer than what we have. */
void fed_face_consider(struct cx *cx, struct fed_face *f, const json_t *object, const json_t *activity)
{
    int64_t at;
    struct str id = ld_str(object, "id");
    if (!json_is_object(object) || !fed_id_ok(cx, id, f->host) ||
        !(ld_type_is(object, "Note") || ld_type_is(object, "Article") || ld_type_is(object, "Page") ||
          ld_type_is(object, "Video") || ld_type_is(object, "Event")) ||
        !str_eq(ld_id_at(object, "attributedTo"), f->uri) || !is_public(object, activity) ||
        ld_id_at(object, "inReplyTo").p != NULL || ld_bool(object, "sensitive", false) ||
        !ld_time(object, "published", &at) || at > cx->now + MS_HOUR || (f->teaser.n > 0 && at <= f->teaser_at))
        return;
    struct str name = ld_lang(object, "name", NULL);
    bool note = ld_type_is(object, "Note");
    struct str warning = ld_lang(object, "summary", NULL);
    if (note && !str_empty(warning))
        return;
    struct str text = name.n > 0 && !note ? text_excerpt(cx->arena, text_name(cx->arena, name), TEASER_CHARS)
                                          : words(cx, ld_lang(object, "content", NULL));
    if (str_empty(text))
        return;
    struct str url = ld_url(object, "url");
    f->teaser = text;
    f->teaser_url = url.p != NULL && fed_id_ok(cx, url, f->host) ? url : id;
    f->teaser_at = at;
}

struct str fed_face_items(struct cx *cx, struct fed_face *f, const json_t *page)
{
    const json_t *items = ld_get(page, "orderedItems");
    struct str id = STR_NULL;
    if (items == NULL)
        items = ld_get(page, "items");
    LD_EACH(i, item, items) {
        if (i >= FED_FACE_ITEMS)
            break;
        if (ld_type_is(item, "Create"))
            fed_face_consider(cx, f, ld_get(item, "object"), item);
        else if (json_is_object(item))
            fed_face_consider(cx, f, item, NULL);
        else if (id.p == NULL && fed_id_ok(cx, json_text(item), f->host))
            id = json_text(item);
    }
    return f->teaser.n > 0 ? STR_NULL : id;
}

/* ---- who it is ---- */

/* interactionPolicy.canFeature: who is not asked may show; who says whom means all others not. */
static bool refuses(const json_t *doc)
{
    static const char *const keys[] = {"automaticApproval", "always"};
    const json_t *policy = ld_get(doc, "interactionPolicy.canFeature");
    if (policy == NULL || !json_is_object(policy) || json_object_size(policy) == 0)
        return false;
    for (size_t k = 0; k < 2; k++) {
        LD_EACH(i, one, ld_get(policy, keys[k]))
            if (fed_is_public(ld_id(one)))
                return false;
    }
    return true;
}

enum err fed_face_read(struct cx *cx, const json_t *doc, struct fed_face *ret)
{
    struct fed_doc d;
    if (fed_doc_read(cx->arena, doc, &d) != OK)
        return cx_fail(cx, ERR_INVALID, "not an actor");
    if (!fed_id_ok(cx, d.uri, d.host))
        return cx_fail(cx, ERR_INVALID, "an id that nobody may be asked for");
    *ret = (struct fed_face){
        .uri = d.uri, .host = d.host, .name = str_utf8_cut(d.name, NAME_CHARS),
        .url = fed_id_ok(cx, d.url, d.host) ? d.url : d.uri, .icon_url = d.icon_url,
        .handle = str_fmt(cx->arena, "@" STR_FMT "@" STR_FMT, STR_ARG(d.username), STR_ARG(d.host)),
        .line = plain(cx, ld_lang(doc, "summary", NULL), FED_LINE_CHARS),
        .endorsements = ld_id_at(doc, "endorsements"),
        .teaser_at = DB_NULL,
        .refused = refuses(doc),
        .moved = ld_id_at(doc, "movedTo").p != NULL,
    };
    return OK;
}

void fed_face_links(struct cx *cx, struct fed_face *f, const json_t *page)
{
    struct str *links = ARENA_ARRAY(cx->arena, struct str, FED_ENDORSE_READ);
    const json_t *items = ld_get(page, "orderedItems");
    size_t n = 0;
    LD_EACH(i, item, items == NULL ? ld_get(page, "items") : items) {
        struct str id = ld_id(item);
        if (n == FED_ENDORSE_READ)
            break;
        if (id.p != NULL && id.n <= URL_MAX && fed_id_ok(cx, id, fed_host_of(cx->arena, id)) && !str_eq(id, f->uri))
            links[n++] = id;
    }
    f->links = links;
    f->n_links = n;
}
