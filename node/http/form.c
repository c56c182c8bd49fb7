#include "node/http/form.h"

#include <string.h>

#include "node/base/arena.h"
#include "node/http/parse.h"

static enum err add_field(struct form *f, struct str name, struct str value, bool *large_seen)
{
    if (f->n_fields == FORM_MAX_FIELDS || name.n > FORM_MAX_NAME)
        return ERR_TOO_LARGE;
    if (value.n > FORM_MAX_TEXT) {
        if (*large_seen)
            return ERR_TOO_LARGE;
        *large_seen = true;
    }
    f->fields[f->n_fields++] = (struct form_field){name, value};
    return OK;
}

enum err form_read_urlencoded(struct arena *a, struct str body, struct form *ret)
{
    struct form f = {0};
    struct str pair;
    bool large = false;
    if (body.n > 0)
        f.fields = ARENA_ARRAY(a, struct form_field, FORM_MAX_FIELDS);
    while (str_next(&body, '&', &pair)) {
        if (pair.n == 0)
            continue;
        size_t eq = str_find_char(pair, '=', 0);
        struct str name, value;
        if (!percent_decode(a, str_sub(pair, 0, eq == SIZE_MAX ? pair.n : eq), true, &name))
            return ERR_INVALID;
        value = eq == SIZE_MAX ? STR("") : str_sub(pair, eq + 1, pair.n);
        if (!percent_decode(a, value, true, &value))
            return ERR_INVALID;
        TRY(add_field(&f, name, value, &large));
    }
    *ret = f;
    return OK;
}

/* Browsers write a quote or line break inside a name as %22, %0D, %0A and escape nothing else
 * (HTML, "multipart/form-data encoding algorithm"). */
static struct str disposition_name(struct arena *a, struct str s)
{
    if (str_find_char(s, '%', 0) == SIZE_MAX)
        return s;
    char *out = arena_alloc(a, s.n + 1);
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++) {
        struct str esc = str_sub(s, i, 3);
        char c = s.p[i];
        if (str_eq(esc, STR("%22")))
            c = '"';
        else if (str_ieq(esc, STR("%0D")))
            c = '\r';
        else if (str_ieq(esc, STR("%0A")))
            c = '\n';
        if (c != s.p[i])
            i += 2;
        out[n++] = c;
    }
    return (struct str){out, n};
}

/* Only the last piece: old browsers send whole paths, and the rest is nobody's business. */
static struct str base_name(struct str s)
{
    for (size_t i = s.n; i > 0; i--)
        if (s.p[i - 1] == '/' || s.p[i - 1] == '\\')
            return str_sub(s, i, s.n);
    return s;
}

static bool has_control(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] < 0x20 || s.p[i] == 0x7f)
            return true;
    return false;
}

struct part {
    struct str name, filename, type;
    bool is_file;
};

/* One header line of a part. */
static enum err part_header(struct arena *a, struct str line, struct part *p)
{
    size_t colon = str_find_char(line, ':', 0);
    if (colon == SIZE_MAX || !str_is_utf8(line) || has_control(line))
        return ERR_INVALID;
    struct str key = str_trim(str_sub(line, 0, colon));
    struct str value = str_trim(str_sub(line, colon + 1, line.n));
    if (str_ieq_c(key, "content-disposition")) {
        struct str rest = value;
        struct str kind;
        if (p->name.p != NULL || !str_next(&rest, ';', &kind) ||
            !str_ieq_c(str_trim(kind), "form-data"))
            return ERR_INVALID;
        p->name = param_find(a, value, "name");
        struct str file = param_find(a, value, "filename");
        if (p->name.p == NULL)
            return ERR_INVALID;
        p->name = disposition_name(a, p->name);
        p->is_file = file.p != NULL;
        if (p->is_file)
            p->filename = base_name(disposition_name(a, file));
        if (p->filename.n > FORM_MAX_NAME)
            p->filename = str_utf8_cut(p->filename, FORM_MAX_NAME / 4);
    } else if (str_ieq_c(key, "content-type")) {
        p->type = value;
    } else if (str_ieq_c(key, "content-transfer-encoding")) {
        /* RFC 7578 section 4.7 deprecates it; what isn't the bytes themselves is refused. */
        if (!str_ieq_c(value, "binary") && !str_ieq_c(value, "8bit") && !str_ieq_c(value, "7bit"))
            return ERR_UNSUPPORTED;
    }
    return OK;
}

/* Reads the part's head at the front of *body and cuts it off. */
static enum err part_head(struct arena *a, struct str *body, struct part *ret)
{
    struct part p = {.type = STR("text/plain")};
    size_t used = 0;
    for (;;) {
        size_t end = str_find(str_sub(*body, 0, FORM_MAX_PART_HEAD), STR("\r\n"), 0);
        if (end == SIZE_MAX)
            return body->n > FORM_MAX_PART_HEAD ? ERR_TOO_LARGE : ERR_INVALID;
        struct str line = str_sub(*body, 0, end);
        *body = str_sub(*body, end + 2, body->n);
        if (line.n == 0)
            break;
        used += line.n;
        if (used > FORM_MAX_PART_HEAD)
            return ERR_TOO_LARGE;
        TRY(part_header(a, line, &p));
    }
    if (p.name.p == NULL)
        return ERR_INVALID;
    *ret = p;
    return OK;
}

/* Behind a boundary: "--" ends the form, white space and a line break begin the next part. */
static enum err boundary_tail(struct str *body, bool *ret_last)
{
    if (str_starts(*body, STR("--"))) {
        *ret_last = true;
        return OK;
    }
    size_t i = 0;
    while (i < body->n && i < 64 && (body->p[i] == ' ' || body->p[i] == '\t'))
        i++;
    if (!str_starts(str_sub(*body, i, 2), STR("\r\n")))
        return ERR_INVALID;
    *body = str_sub(*body, i + 2, body->n);
    *ret_last = false;
    return OK;
}

static enum err find_boundary(struct arena *a, struct str content_type, struct str *ret_delimiter)
{
    struct str b = param_find(a, content_type, "boundary");
    if (b.n == 0 || b.n > 70 || has_control(b))
        return ERR_INVALID;
    *ret_delimiter = str_fmt(a, "\r\n--" STR_FMT, STR_ARG(b));
    return OK;
}

static enum err add_part(struct form *f, const struct part *p, struct str content, bool *large_seen)
{
    if (!p->is_file) {
        if (!str_is_utf8(content) || memchr(content.p, '\0', content.n) != NULL)
            return ERR_INVALID;
        return add_field(f, p->name, content, large_seen);
    }
    if (p->filename.n == 0 && content.n == 0)
        return OK;
    if (f->n_uploads == FORM_MAX_FILES || p->name.n > FORM_MAX_NAME)
        return ERR_TOO_LARGE;
    f->uploads[f->n_uploads++] = (struct upload){p->name, p->filename, p->type, content};
    return OK;
}

enum err form_read_multipart(struct arena *a, struct str body, struct str content_type,
                             struct form *ret)
{
    struct form f = {0};
    struct str delimiter;
    bool large = false;
    bool last = false;

    TRY(find_boundary(a, content_type, &delimiter));
    f.fields = ARENA_ARRAY(a, struct form_field, FORM_MAX_FIELDS);
    f.uploads = ARENA_ARRAY(a, struct upload, FORM_MAX_FILES);
    /* The first boundary may stand at the very front, without the line break before it. */
    struct str first = str_sub(delimiter, 2, delimiter.n);
    if (str_starts(body, first)) {
        body = str_sub(body, first.n, body.n);
    } else {
        size_t at = str_find(str_sub(body, 0, FORM_MAX_PART_HEAD), delimiter, 0);
        if (at == SIZE_MAX)
            return ERR_INVALID;
        body = str_sub(body, at + delimiter.n, body.n);
    }
    TRY(boundary_tail(&body, &last));
    while (!last) {
        struct part part;
        TRY(part_head(a, &body, &part));
        size_t end;
        if (str_starts(body, first)) { /* a head without content */
            end = 0;
        } else {
            const char *hit =
                body.n == 0 ? NULL : memmem(body.p, body.n, delimiter.p, delimiter.n);
            if (hit == NULL)
                return ERR_INVALID;
            end = (size_t)(hit - body.p);
        }
        TRY(add_part(&f, &part, str_sub(body, 0, end), &large));
        bool bare = end == 0 && str_starts(body, first);
        body = str_sub(body, end + (bare ? first.n : delimiter.n), body.n);
        TRY(boundary_tail(&body, &last));
    }
    *ret = f;
    return OK;
}

static struct str media_type(struct str content_type)
{
    struct str type;
    return str_next(&content_type, ';', &type) ? str_trim(type) : STR_NULL;
}

bool form_type_is_simple(struct str content_type)
{
    struct str t = media_type(content_type);
    return t.n == 0 || str_ieq_c(t, "application/x-www-form-urlencoded") ||
           str_ieq_c(t, "multipart/form-data") || str_ieq_c(t, "text/plain");
}

enum err form_read(struct arena *a, struct str body, struct str content_type, struct form *ret)
{
    struct str t = media_type(content_type);
    if (str_ieq_c(t, "application/x-www-form-urlencoded"))
        return form_read_urlencoded(a, body, ret);
    if (str_ieq_c(t, "multipart/form-data"))
        return form_read_multipart(a, body, content_type, ret);
    *ret = (struct form){0};
    return OK;
}

struct str form_get(const struct form *f, const char *name)
{
    for (size_t i = 0; i < f->n_fields; i++)
        if (str_eq_c(f->fields[i].name, name))
            return f->fields[i].value;
    return STR_NULL;
}
