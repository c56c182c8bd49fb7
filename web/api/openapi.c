#include "config.h"

#include "web/api/openapi.h"

#include "node/base/arena.h"
#include "node/base/embed.h"
#include "node/node.h"
#include "web/api/rows.h"

extern const struct embedded api_files[];

struct str openapi_schemas(void)
{
    return (struct str){(const char *)api_files[0].bytes, api_files[0].n};
}

static const char *method_name(enum http_method m)
{
    return m == GET ? "get" : m == POST ? "post" : m == PUT ? "put" : m == PATCH ? "patch" : "delete";
}

/* "/planets/:handle" as "/planets/{handle}". */
static struct str template_of(struct arena *a, const char *path)
{
    struct buf b;
    struct str rest = str_c(path), piece;
    bool first = true;
    buf_init_arena(&b, a, 500);
    while (str_next(&rest, '/', &piece)) {
        if (!first)
            buf_put_char(&b, '/');
        first = false;
        if (piece.n > 0 && piece.p[0] == ':')
            buf_fmt(&b, "{" STR_FMT "}", STR_ARG(str_sub(piece, 1, SIZE_MAX)));
        else
            buf_put(&b, piece);
    }
    return buf_str(&b);
}

static void put_ref(struct jw *w, const char *kind, const char *name)
{
    char ref[120];
    struct buf b;
    buf_init(&b, sizeof ref);
    buf_fmt(&b, "#/components/%s/%s", kind, name);
    jw_obj(w);
    jw_key_str(w, "$ref", buf_str(&b));
    jw_end(w);
    buf_free(&b);
}

static void put_parameter(struct jw *w, struct str name, const char *in)
{
    bool number = str_eq_c(name, "limit");
    jw_obj(w);
    jw_key_str(w, "name", name);
    jw_key_c(w, "in", in);
    if (str_eq_c(str_c(in), "path"))
        jw_key_bool(w, "required", true);
    jw_key(w, "schema");
    jw_obj(w);
    jw_key_c(w, "type", number ? "integer" : "string");
    if (number) {
        jw_key_i64(w, "minimum", 1);
        jw_key_i64(w, "maximum", API_LIST_MAX);
        jw_key_i64(w, "default", API_LIST_DEFAULT);
    }
    jw_end(w);
    jw_end(w);
}

static void put_parameters(struct jw *w, const struct route *r, const struct api_row *row)
{
    struct str rest = str_c(r->path), piece;
    jw_key(w, "parameters");
    jw_arr(w);
    while (str_next(&rest, '/', &piece))
        if (piece.n > 0 && piece.p[0] == ':')
            put_parameter(w, str_sub(piece, 1, SIZE_MAX), "path");
    rest = str_c(row->query);
    while (str_next(&rest, ' ', &piece))
        if (piece.n > 0)
            put_parameter(w, piece, "query");
    if (r->method == POST && row->scope != NULL)
        put_ref(w, "parameters", "IdempotencyKey");
    jw_end(w);
}

/* "@text/csv" is a file of that type. */
static void put_content(struct jw *w, const char *type, const char *schema)
{
    jw_key(w, "content");
    jw_obj(w);
    if (schema[0] == '@') {
        jw_key(w, schema + 1);
        jw_raw(w, STR("{\"schema\":{\"type\":\"string\"}}"));
        jw_end(w);
        return;
    }
    jw_key(w, type);
    jw_obj(w);
    jw_key(w, "schema");
    put_ref(w, "schemas", schema);
    jw_end(w);
    jw_end(w);
}

static void put_operation(struct jw *w, const struct route *r, const struct api_row *row)
{
    char status[8] = {(char)('0' + row->status / 100), (char)('0' + row->status / 10 % 10),
                      (char)('0' + row->status % 10), '\0'};
    jw_key(w, method_name(r->method));
    jw_obj(w);
    jw_key_c(w, "operationId", row->id);
    jw_key_c(w, "summary", r->purpose);
    put_parameters(w, r, row);
    if (row->takes != NULL) {
        jw_key(w, "requestBody");
        jw_obj(w);
        jw_key_bool(w, "required", true);
        put_content(w, "application/json", row->takes);
        jw_end(w);
    }
    jw_key(w, "responses");
    jw_obj(w);
    jw_key(w, status);
    jw_obj(w);
    jw_key_c(w, "description", r->purpose);
    if (row->gives != NULL)
        put_content(w, "application/json", row->gives);
    jw_end(w);
    jw_key(w, "default");
    put_ref(w, "responses", "Problem");
    jw_end(w);
    jw_key(w, "security");
    jw_arr(w);
    jw_obj(w);
    if (row->scope != NULL) { /* roles of a bearer token are 3.1's (4.8.30) */
        jw_key(w, "token");
        jw_arr(w);
        if (*row->scope != '\0')
            jw_c(w, row->scope);
        jw_end(w);
    }
    jw_end(w);
    jw_end(w);
    jw_end(w);
}

static bool came_before(size_t i)
{
    for (size_t k = 0; k < i; k++)
        if (str_eq_c(str_c(api_routes.rows[k].path), api_routes.rows[i].path))
            return true;
    return false;
}

static void put_paths(struct arena *a, struct jw *w)
{
    const struct route *routes = api_routes.rows;
    for (size_t i = 0; routes[i].path != NULL; i++) {
        if (came_before(i))
            continue;
        jw_key_s(w, template_of(a, routes[i].path));
        jw_obj(w);
        for (size_t k = i; routes[k].path != NULL; k++)
            if (str_eq_c(str_c(routes[k].path), routes[i].path))
                put_operation(w, &routes[k], &api_rows[k]);
        jw_end(w);
    }
}

static void put_components(struct jw *w)
{
    jw_key(w, "schemas");
    jw_raw(w, str_trim(openapi_schemas()));
    jw_key(w, "parameters");
    jw_raw(w, STR("{\"IdempotencyKey\":{\"name\":\"Idempotency-Key\",\"in\":\"header\",\"description\":"
                  "\"The same key and body a second time within a day: nothing is done, and the first answer comes again.\","
                  "\"schema\":{\"type\":\"string\",\"maxLength\":255}}}"));
    jw_key(w, "responses");
    jw_raw(w, STR("{\"Problem\":{\"description\":\"What went wrong (RFC 9457)\",\"content\":"
                  "{\"application/problem+json\":{\"schema\":{\"$ref\":\"#/components/schemas/Problem\"}}}}}"));
    jw_key(w, "securitySchemes");
    jw_raw(w, STR("{\"token\":{\"type\":\"http\",\"scheme\":\"bearer\",\"description\":"
                  "\"A token of 'orrery token create' or of the page /me/tokens\"}}"));
}

bool openapi_write(struct arena *a, struct str origin, struct buf *out)
{
    struct jw w;
    jw_init(&w, out);
    jw_obj(&w);
    jw_key_c(&w, "openapi", "3.1.0");
    jw_key(&w, "info");
    jw_obj(&w);
    jw_key_c(&w, "title", "Orrery");
    jw_key_c(&w, "version", PACKAGE_VERSION);
    jw_end(&w);
    jw_key(&w, "servers");
    jw_arr(&w);
    jw_obj(&w);
    jw_key_str(&w, "url", origin);
    jw_end(&w);
    jw_end(&w);
    jw_key(&w, "paths");
    jw_obj(&w);
    put_paths(a, &w);
    jw_end(&w);
    jw_key(&w, "components");
    jw_obj(&w);
    put_components(&w);
    jw_end(&w);
    jw_end(&w);
    return jw_done(&w);
}

enum err api_openapi(struct api *a)
{
    api_begin(a);
    if (!openapi_write(a->cx->arena, a->cx->node->origin, &a->out))
        return cx_fail(a->cx, ERR_INTERNAL, "the description of the API is not whole");
    return reply_bytes(a->rq, 200, "application/json; charset=utf-8", &a->out);
}
