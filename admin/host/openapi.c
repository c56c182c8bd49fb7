/* The OpenAPI document: its paths come from the route table, its schemas from openapi_schemas.json. */
#include "config.h"

#include "admin/host/api_int.h"
#include "node/base/embed.h"
#include "node/http/route.h"

extern const struct embedded host_openapi_files[];

static void put_ref(struct jw *w, const char *type, const char *schema, struct arena *a)
{
    jw_key(w, "content");
    jw_obj(w);
    jw_key(w, type);
    jw_obj(w);
    jw_key(w, "schema");
    jw_obj(w);
    jw_key_str(w, "$ref", str_fmt(a, "#/components/schemas/%s", schema));
    jw_end(w);
    jw_end(w);
    jw_end(w);
}

static void put_answer(struct jw *w, const char *status, const char *about, const char *type,
                       const char *schema, struct arena *a)
{
    jw_key(w, status);
    jw_obj(w);
    jw_key_c(w, "description", about);
    put_ref(w, type, schema, a);
    jw_end(w);
}

static void put_param(struct jw *w, const char *name, const char *in, const char *type,
                      const char *about)
{
    jw_obj(w);
    jw_key_c(w, "name", name);
    jw_key_c(w, "in", in);
    jw_key_bool(w, "required", in[0] == 'p');
    jw_key_c(w, "description", about);
    jw_key(w, "schema");
    jw_obj(w);
    jw_key_c(w, "type", type);
    jw_end(w);
    jw_end(w);
}

static void put_params(struct jw *w, const struct api_route *r)
{
    struct str rest = str_c(r->query), piece;
    jw_key(w, "parameters");
    jw_arr(w);
    if (str_contains(str_c(r->path), STR("{name}")))
        put_param(w, "name", "path", "string",
                  str_starts(str_c(r->path), STR("/v1/plans")) ? "the plan's name"
                                                               : "the node's name or domain");
    if (r->method == POST)
        put_param(w, "Idempotency-Key", "header", "string",
                  "chosen by you; the same key within a day gets the first answer again");
    while (rest.n > 0 && str_next(&rest, ' ', &piece))
        for (const struct api_param *p = host_api_params; p->name != NULL; p++)
            if (str_eq_c(piece, p->name))
                put_param(w, p->name, "query", p->type, p->about);
    jw_end(w);
}

static void put_operation(struct jw *w, const struct api_route *r, struct arena *a)
{
    jw_obj(w);
    jw_key_c(w, "operationId", r->id);
    jw_key_c(w, "summary", r->summary);
    if (r->open) {
        jw_key(w, "security");
        jw_arr(w);
        jw_end(w);
    }
    put_params(w, r);
    if (r->body != NULL) {
        jw_key(w, "requestBody");
        jw_obj(w);
        jw_key_bool(w, "required", true);
        put_ref(w, "application/json", r->body, a);
        jw_end(w);
    }
    jw_key(w, "responses");
    jw_obj(w);
    put_answer(w, str_fmt(a, "%d", r->status).p, "done", "application/json", r->answer, a);
    if (r->also != 0)
        put_answer(w, str_fmt(a, "%d", r->also).p, "it was there already", "application/json",
                   r->answer, a);
    put_answer(w, "default", "not done, and why", "application/problem+json", "Problem", a);
    jw_end(w);
    jw_end(w);
}

static void put_paths(struct jw *w, struct arena *a)
{
    jw_obj(w);
    for (const struct api_route *r = host_api_routes; r->path != NULL; r++) {
        bool first = true;
        for (const struct api_route *b = host_api_routes; b != r; b++)
            first = first && !str_eq_c(str_c(b->path), r->path);
        if (!first)
            continue; /* written with the first of its path */
        jw_key(w, r->path);
        jw_obj(w);
        for (const struct api_route *m = r; m->path != NULL; m++) {
            if (!str_eq_c(str_c(m->path), r->path))
                continue;
            jw_key(w, str_lower(a, str_c(http_method_name(m->method))).p);
            put_operation(w, m, a);
        }
        jw_end(w);
    }
    jw_end(w);
}

enum err host_api_openapi(struct api_call *c)
{
    struct arena *a = c->cx->arena;
    const struct embedded *schemas = &host_openapi_files[0];
    struct jw w;
    jw_init(&w, &c->rq->out);
    jw_obj(&w);
    jw_key_c(&w, "openapi", "3.1.0");
    jw_key(&w, "info");
    jw_obj(&w);
    jw_key_c(&w, "title", "Orrery hosting");
    jw_key_c(&w, "version", PACKAGE_VERSION);
    jw_key_c(&w, "summary", "Make and look after the nodes of a hosting provider.");
    jw_key_c(&w, "description",
             "On the internal listener of `orrery host serve`. Tokens: `orrery host token create`.");
    jw_end(&w);
    jw_key(&w, "servers");
    jw_arr(&w);
    jw_obj(&w);
    jw_key_c(&w, "url", "/");
    jw_end(&w);
    jw_end(&w);
    jw_key(&w, "security");
    jw_arr(&w);
    jw_obj(&w);
    jw_key(&w, "token");
    jw_arr(&w);
    jw_end(&w);
    jw_end(&w);
    jw_end(&w);
    jw_key(&w, "paths");
    put_paths(&w, a);
    jw_key(&w, "components");
    jw_raw(&w, (struct str){(const char *)schemas->bytes, schemas->n});
    jw_end(&w);
    return jw_done(&w) ? OK : cx_fail(c->cx, ERR_INTERNAL, "the document was not written whole");
}
