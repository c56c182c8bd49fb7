#include "federation/note_read.h"

#include "federation/fed.h"
#include "node/base/buf.h"
#include "node/base/url.h"
#include "node/db/db.h"
#include "node/text/sanitize.h"
#include "node/text/scan.h"

enum { ALT_CHARS = 1500, EMOJI_LIST_MAX = 64 << 10, MIME_MAX = 100, SIDE_MAX = 100000 };

/* The object's own addressing, or the activity's where it has none (3.12). */
static const json_t *addressed(const struct fed_in *in, const json_t *note)
{
    return ld_get(note, "to") == NULL && ld_get(note, "cc") == NULL ? in->doc : note;
}

bool fed_note_is_public(const struct fed_in *in, const json_t *note)
{
    static const char *const keys[] = {"to", "cc"};
    const json_t *from = addressed(in, note);
    if (ld_count(ld_get(from, "to")) + ld_count(ld_get(from, "cc")) > FED_ADDRESSED_MAX)
        return false;
    for (size_t k = 0; k < 2; k++) {
        LD_EACH(i, one, ld_get(from, keys[k]))
            if (fed_is_public(ld_id(one)))
                return true;
    }
    return false;
}

/* Ids of collections are their owner's to choose; these endings are what all servers use. */
static bool is_collection(const struct fed_in *in, struct str id)
{
    static const char *const tails[] = {"/followers", "/following", "/subscribers"};
    for (size_t i = 0; i < sizeof tails / sizeof *tails; i++)
        if (str_ends(id, str_c(tails[i])))
            return true;
    return str_starts(id, in->actor.uri) && !str_eq(id, in->actor.uri);
}

bool fed_note_is_direct(const struct fed_in *in, const json_t *note)
{
    static const char *const keys[] = {"to", "cc"};
    const json_t *from = addressed(in, note);
    size_t n = ld_count(ld_get(from, "to")) + ld_count(ld_get(from, "cc"));
    if (n == 0 || n > FED_ADDRESSED_MAX)
        return false;
    for (size_t k = 0; k < 2; k++) {
        LD_EACH(i, one, ld_get(from, keys[k]))
            if (fed_is_public(ld_id(one)) || is_collection(in, ld_id(one)))
                return false;
    }
    return true;
}

bool fed_note_is_spam(const json_t *note)
{
    size_t mentions = 0;
    LD_EACH(i, tag, ld_get(note, "tag"))
        mentions += ld_type_is(tag, "Mention");
    return mentions > FED_MENTIONS_MAX || ld_count(ld_get(note, "tag")) > FED_TAGS_MAX;
}

static bool is_address(struct arena *a, struct str url)
{
    return url.p != NULL && url.n <= URL_MAX && fed_host_of(a, url).p != NULL;
}

struct str fed_emoji_of(struct arena *a, const json_t *object)
{
    struct buf list;
    size_t n = 0;
    buf_init_arena(&list, a, EMOJI_LIST_MAX);
    LD_EACH(i, tag, ld_get(object, "tag")) {
        if (i >= FED_TAGS_MAX || n == EMOJI_MAX)
            break;
        if (!ld_type_is(tag, "Emoji"))
            continue;
        struct str name = ld_str(tag, "name");
        if (str_starts(name, STR(":")) && str_ends(name, STR(":")) && name.n > 2)
            name = str_sub(name, 1, name.n - 2);
        struct str url = ld_url(ld_get(tag, "icon"), "url");
        if (!is_address(a, url) || list.n + name.n + url.n + 2 > EMOJI_LIST_MAX)
            continue;
        n += emoji_list_put(&list, name, url);
    }
    return list.n > 0 ? buf_str(&list) : STR("");
}

static struct str kind_of(const json_t *j, struct str mime)
{
    static const char *const kinds[][2] = {{"Image", "image"}, {"Video", "video"}, {"Audio", "audio"}};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (str_istarts(mime, str_c(kinds[i][1])) || (str_empty(mime) && ld_type_is(j, kinds[i][0])))
            return str_c(kinds[i][1]);
    return STR("file");
}

static int64_t side_of(const json_t *j, const char *key)
{
    int64_t v;
    return ld_i64(j, key, &v) && v > 0 && v <= SIDE_MAX ? v : DB_NULL;
}

static struct str plain(struct arena *a, struct str html, size_t max_chars)
{
    struct safe_html safe;
    if (str_empty(html) || sanitize_html(a, html, &safe) != OK)
        return STR("");
    return text_name(a, html_to_text(a, safe, max_chars));
}

static bool media_of(struct arena *a, const json_t *j, struct comment_media *ret)
{
    struct str url = ld_url(j, "url"), mime = ld_str(j, "mediaType"), alt = ld_lang(j, "name", NULL);
    if (url.p == NULL)
        url = ld_str(j, "href"); /* a Link: an address and nothing else */
    if (!is_address(a, url))
        return false;
    if (str_empty(alt))
        alt = ld_lang(j, "summary", NULL); /* which GoToSocial reads first */
    if (mime.p == NULL || mime.n > MIME_MAX)
        mime = STR("");
    *ret = (struct comment_media){.kind = kind_of(j, mime), .url = url, .mime = mime,
                                  .alt = text_name(a, str_utf8_cut(alt, ALT_CHARS)),
                                  .width = side_of(j, "width"), .height = side_of(j, "height")};
    if (ret->alt.p == NULL)
        ret->alt = STR("");
    return true;
}

void fed_note_extras(struct arena *a, const json_t *note, struct comment_far *far)
{
    struct comment_media *media = ARENA_ARRAY(a, struct comment_media, COMMENT_MEDIA_MAX);
    size_t n = 0;
    LD_EACH(i, one, ld_get(note, "attachment")) {
        if (n == COMMENT_MEDIA_MAX)
            break;
        n += media_of(a, one, &media[n]);
    }
    far->media = media;
    far->n_media = n;
    far->sensitive = ld_bool(note, "sensitive", false);
    far->emoji = fed_emoji_of(a, note);
    far->warning = STR("");
    /* A note's summary is a warning; an article's only if its writer says that it is one. */
    if (far->sensitive || ld_type_is(note, "Note") || ld_type_is(note, "Question"))
        far->warning = plain(a, ld_lang(note, "summary", NULL), COMMENT_WARNING_MAX);
}

static void add(struct str *v, size_t *n, struct str id)
{
    if (str_empty(id) || *n == FED_QUOTES_MAX)
        return;
    for (size_t i = 0; i < *n; i++)
        if (str_eq(v[i], id))
            return;
    v[(*n)++] = id;
}

/* A link to an object, not to a page (FEP-e232). */
static bool is_object_link(const json_t *tag)
{
    struct str mime = ld_str(tag, "mediaType");
    return ld_type_is(tag, "Link") && (str_istarts(mime, STR("application/activity+json")) ||
                                       str_istarts(mime, STR("application/ld+json")));
}

size_t fed_note_quotes(const json_t *note, struct str *ret)
{
    /* FEP-044f; Misskey and its kin; Fedibird; older Pleroma. */
    static const char *const keys[] = {"quote", "quoteUrl", "_misskey_quote", "quoteUri", "quoteURL"};
    size_t n = 0;
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        add(ret, &n, ld_id_at(note, keys[i]));
    LD_EACH(k, tag, ld_get(note, "tag"))
        if (k < FED_TAGS_MAX && is_object_link(tag))
            add(ret, &n, ld_str(tag, "href"));
    return n;
}
