#include "node/base/json.h"

#include "node/base/arena.h"
#include "node/base/clock.h"

#include <math.h>
#include <string.h>

#define MAX_BYTES (1024 * 1024)
#define MAX_DEPTH 32
#define MAX_VALUES 5000

static void drop(void *p)
{
    json_decref(p);
}

json_t *json_keep(struct arena *a, json_t *take_j)
{
    if (take_j != NULL)
        arena_defer(a, drop, take_j);
    return take_j;
}

/* Depth and number of values from the bytes alone, before anything is built. Not a parser: on
 * text that isn't JSON it may count anything, and the parser refuses that text afterwards. */
static bool within(struct str s, unsigned max_depth, unsigned max_values)
{
    unsigned depth = 0;
    size_t values = 1;
    bool in_string = false, just_opened = false;
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (in_string) {
            if (c == '\\')
                i++;
            else if (c == '"')
                in_string = false;
            continue;
        }
        if (c == ' ' || c == '\t' || c == '\r' || c == '\n')
            continue;
        bool opened = false;
        if (c == '"') {
            in_string = true;
        } else if (c == '{' || c == '[') {
            opened = true;
            values++;
            if (++depth > max_depth)
                return false;
        } else if (c == '}' || c == ']') {
            if (just_opened)
                values--;
            if (depth > 0)
                depth--;
        } else if (c == ',') {
            values++;
        }
        if (values > max_values + (opened ? 1u : 0u))
            return false;
        just_opened = opened;
    }
    return values <= max_values;
}

static bool forbidden_key(const char *key)
{
    return key[0] == '@' && (strcmp(key, "@graph") == 0 || strcmp(key, "@included") == 0 ||
                             strcmp(key, "@reverse") == 0);
}

/* Recursion is bounded by the depth that within() let through. */
static bool has_forbidden(json_t *j)
{
    if (json_is_object(j)) {
        for (void *it = json_object_iter(j); it != NULL; it = json_object_iter_next(j, it))
            if (forbidden_key(json_object_iter_key(it)) ||
                has_forbidden(json_object_iter_value(it)))
                return true;
    } else if (json_is_array(j)) {
        for (size_t i = 0; i < json_array_size(j); i++)
            if (has_forbidden(json_array_get(j, i)))
                return true;
    }
    return false;
}

enum err json_read(struct arena *a, struct str bytes, const struct json_limits *limits,
                   json_t **ret)
{
    struct json_limits l = limits == NULL ? (struct json_limits){0} : *limits;
    if (bytes.n > (l.max_bytes ? l.max_bytes : MAX_BYTES))
        return ERR_TOO_LARGE;
    if (str_starts(bytes, STR("\xEF\xBB\xBF")))
        bytes = str_sub(bytes, 3, SIZE_MAX);
    if (bytes.n == 0 || !str_is_utf8(bytes))
        return ERR_INVALID;
    if (!within(bytes, l.max_depth ? l.max_depth : MAX_DEPTH,
                l.max_values ? l.max_values : MAX_VALUES))
        return ERR_TOO_LARGE;
    json_error_t why;
    json_t *j = json_loadb(bytes.p, bytes.n, JSON_REJECT_DUPLICATES, &why);
    if (j == NULL)
        return ERR_INVALID;
    if (has_forbidden(j)) {
        json_decref(j);
        return ERR_INVALID;
    }
    *ret = json_keep(a, j);
    return OK;
}

struct str json_text(const json_t *j)
{
    if (!json_is_string(j))
        return STR_NULL;
    return (struct str){json_string_value(j), json_string_length(j)};
}

/* jansson has no const getters for members; the tree is not changed through these. */
static json_t *mutable(const json_t *j)
{
    return (json_t *)(uintptr_t)j;
}

json_t *ld_first(const json_t *j)
{
    if (json_is_array(j)) {
        for (size_t i = 0; i < json_array_size(j); i++) {
            json_t *e = json_array_get(j, i);
            if (!json_is_null(e))
                return e;
        }
        return NULL;
    }
    return j == NULL || json_is_null(j) ? NULL : mutable(j);
}

/* One step: a member that isn't null. "id" and "type" have JSON-LD spellings. */
static json_t *member(const json_t *j, const char *key, size_t n)
{
    j = ld_first(j);
    if (!json_is_object(j))
        return NULL;
    char k[64];
    if (n == 0 || n >= sizeof k - 1)
        return NULL;
    memcpy(k + 1, key, n);
    k[0] = '@';
    k[n + 1] = '\0';
    json_t *v = json_object_get(j, k + 1);
    if (v == NULL && (strcmp(k + 1, "id") == 0 || strcmp(k + 1, "type") == 0))
        v = json_object_get(j, k);
    return v == NULL || json_is_null(v) ? NULL : v;
}

json_t *ld_get(const json_t *j, const char *path)
{
    for (;;) {
        size_t n = strcspn(path, ".");
        json_t *v = member(j, path, n);
        if (v == NULL || path[n] == '\0')
            return v;
        j = v;
        path += n + 1;
    }
}

size_t ld_count(const json_t *j)
{
    if (j == NULL || json_is_null(j))
        return 0;
    return json_is_array(j) ? json_array_size(j) : 1;
}

json_t *ld_at(const json_t *j, size_t i)
{
    if (json_is_array(j))
        return json_array_get(j, i);
    return i == 0 && j != NULL && !json_is_null(j) ? mutable(j) : NULL;
}

struct str ld_str(const json_t *j, const char *path)
{
    return json_text(ld_first(ld_get(j, path)));
}

struct str ld_id(const json_t *j)
{
    j = ld_first(j);
    if (json_is_object(j))
        j = ld_first(member(j, "id", 2));
    return json_text(j);
}

struct str ld_id_at(const json_t *j, const char *path)
{
    return ld_id(ld_get(j, path));
}

struct str ld_url(const json_t *j, const char *path)
{
    struct str found = STR_NULL;
    LD_EACH(i, e, ld_get(j, path)) {
        struct str s = json_text(e);
        if (s.p == NULL && json_is_object(e)) {
            s = ld_str(e, "href");
            if (s.p != NULL && str_istarts(ld_str(e, "mediaType"), STR("text/html")))
                return s;
        }
        if (found.p == NULL)
            found = s;
    }
    return found;
}

bool ld_i64(const json_t *j, const char *path, int64_t *ret)
{
    j = ld_first(ld_get(j, path));
    if (json_is_integer(j)) {
        *ret = json_integer_value(j);
        return true;
    }
    if (json_is_real(j)) {
        double d = json_real_value(j);
        if (d != floor(d) || fabs(d) > 9007199254740992.0)
            return false;
        *ret = (int64_t)d;
        return true;
    }
    return json_is_string(j) && str_to_i64(json_text(j), ret);
}

bool ld_bool(const json_t *j, const char *path, bool otherwise)
{
    j = ld_first(ld_get(j, path));
    if (json_is_boolean(j))
        return json_is_true(j);
    struct str s = json_text(j);
    if (str_eq_c(s, "true"))
        return true;
    return str_eq_c(s, "false") ? false : otherwise;
}

bool ld_time(const json_t *j, const char *path, int64_t *ret_ms)
{
    struct str s = ld_str(j, path);
    return s.n > 0 && clock_parse_rfc3339(s, ret_ms);
}

static struct str bare_type(struct str s)
{
    static const struct str prefixes[] = {
        STR_INIT("as:"),
        STR_INIT("https://www.w3.org/ns/activitystreams#"),
        STR_INIT("http://www.w3.org/ns/activitystreams#"),
        STR_INIT("toot:"),
        STR_INIT("http://joinmastodon.org/ns#"),
        STR_INIT("schema:"),
        STR_INIT("http://schema.org#"),
    };
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++)
        if (str_starts(s, prefixes[i]))
            return str_sub(s, prefixes[i].n, SIZE_MAX);
    return s;
}

bool ld_type_is(const json_t *j, const char *type)
{
    LD_EACH(i, e, ld_get(j, "type"))
        if (str_eq_c(bare_type(json_text(e)), type))
            return true;
    return false;
}

struct str ld_type(const json_t *j)
{
    return bare_type(ld_str(j, "type"));
}

struct str ld_lang(const json_t *j, const char *key, struct str *ret_lang)
{
    if (ret_lang != NULL)
        *ret_lang = STR_NULL;
    struct str s = ld_str(j, key);
    if (s.p != NULL)
        return s;
    char map[64];
    size_t n = strlen(key);
    if (n + 4 > sizeof map)
        return STR_NULL;
    memcpy(map, key, n);
    memcpy(map + n, "Map", 4);
    json_t *m = ld_first(ld_get(j, map));
    if (!json_is_object(m))
        return STR_NULL;
    for (void *it = json_object_iter(m); it != NULL; it = json_object_iter_next(m, it)) {
        s = json_text(ld_first(json_object_iter_value(it)));
        if (s.p == NULL)
            continue;
        if (ret_lang != NULL)
            *ret_lang = str_c(json_object_iter_key(it));
        return s;
    }
    return STR_NULL;
}
