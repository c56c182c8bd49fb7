#include "federation/ids.h"

#include <string.h>

#include "node/base/arena.h"
#include "node/base/url.h"

enum { DEPTH_MAX = 40 };

/* Where the path begins. SIZE_MAX: no address on http or https. */
static size_t authority_end(struct str id, size_t *ret_from)
{
    size_t from = str_istarts(id, STR("https://"))  ? 8
                  : str_istarts(id, STR("http://")) ? 7
                                                    : 0;
    size_t end = from;
    if (from == 0)
        return SIZE_MAX;
    while (end < id.n && strchr("/?#", id.p[end]) == NULL)
        end++;
    *ret_from = from;
    return end;
}

/* Nearly all are, so this is all that it costs. */
static bool is_spelled(struct str id, size_t from, size_t end)
{
    for (size_t i = 0; i < end; i++)
        if ((id.p[i] >= 'A' && id.p[i] <= 'Z') || (unsigned char)id.p[i] >= 0x80)
            return false;
    struct str port = from == 8 ? STR(":443") : STR(":80");
    return !str_ends(str_sub(id, 0, end), port);
}

struct str fed_id_spell(struct arena *a, struct str id)
{
    size_t from, end;
    struct url u;
    if (id.p == NULL || id.n > URL_MAX)
        return id;
    end = authority_end(id, &from);
    if (end == SIZE_MAX || is_spelled(id, from, end))
        return id;
    /* Only the front is read anew: url_parse would put a slash behind a bare host. */
    if (url_parse(a, str_sub(id, 0, end), &u) != OK)
        return id;
    struct str rest = str_sub(id, end, SIZE_MAX);
    return str_fmt(a, STR_FMT STR_FMT, STR_ARG(url_origin(a, &u)), STR_ARG(rest));
}

static bool holds_ids(const char *name)
{
    static const char *const names[] = {
        "id", "@id", "actor", "object", "target", "attributedTo", "inReplyTo", "to", "cc", "bto", "bcc",
        "audience", "inbox", "outbox", "followers", "following", "featured", "sharedInbox", "owner",
        "controller", "publicKey", "assertionMethod", "verificationMethod", "href", "url", "movedTo",
        "alsoKnownAs", "instrument", "result", "quote", "quoteUrl", "quoteUri", "quoteAuthorization",
        "interactingObject", "interactionTarget", "origin", "partOf", "first", "next", "items",
        "orderedItems", "replies", "likes", "shares", "context", "conversation",
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

static json_t *spelled(struct arena *a, const json_t *v)
{
    struct str s = {json_string_value(v), json_string_length(v)};
    struct str t = fed_id_spell(a, s);
    return t.p == s.p ? NULL : json_stringn(t.p, t.n);
}

static void walk(struct arena *a, json_t *j, bool ids, int depth)
{
    if (depth > DEPTH_MAX)
        return;
    if (json_is_array(j)) {
        for (size_t i = 0; i < json_array_size(j); i++) {
            json_t *v = json_array_get(j, i);
            json_t *other = ids && json_is_string(v) ? spelled(a, v) : NULL;
            if (other != NULL)
                json_array_set_new(j, i, other);
            else
                walk(a, v, ids, depth + 1);
        }
        return;
    }
    if (!json_is_object(j))
        return;
    for (void *it = json_object_iter(j); it != NULL; it = json_object_iter_next(j, it)) {
        json_t *v = json_object_iter_value(it);
        bool here = holds_ids(json_object_iter_key(it));
        json_t *other = here && json_is_string(v) ? spelled(a, v) : NULL;
        if (other != NULL)
            json_object_iter_set_new(j, it, other);
        else
            walk(a, v, here, depth + 1);
    }
}

void fed_ids_spell(struct arena *a, json_t *j)
{
    walk(a, j, false, 0);
}
