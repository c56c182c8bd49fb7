#include "node/http/route.h"

#include <string.h>

#include "node/base/arena.h"
#include "node/base/log.h"

enum { N_METHODS = 7 };

static const struct {
    enum http_method method;
    const char *name;
} methods[N_METHODS] = {
    {GET, "GET"},       {HEAD, "HEAD"},     {POST, "POST"},       {PUT, "PUT"},
    {PATCH, "PATCH"},   {DELETE, "DELETE"}, {OPTIONS, "OPTIONS"},
};

/* How firmly a piece says what it wants; children are tried in this order. */
enum kind { KIND_FIXED, KIND_MIXED, KIND_PARAM, KIND_REST };

struct piece {
    enum kind kind;
    struct str before, name, after; /* "/@:handle.rss": "@", "handle", ".rss"; FIXED: before only */
};

struct branch {
    struct piece piece;
    struct branch *children;
    struct branch *next;
    const struct route *rows[N_METHODS];
    unsigned mask;
};

struct router {
    struct arena *arena;
    struct branch root;
};

static int method_index(enum http_method m)
{
    for (int i = 0; i < N_METHODS; i++)
        if (methods[i].method == m)
            return i;
    return -1;
}

const char *http_method_name(enum http_method m)
{
    int i = method_index(m);
    return i < 0 ? "?" : methods[i].name;
}

bool http_method_parse(struct str s, enum http_method *ret)
{
    for (int i = 0; i < N_METHODS; i++) {
        if (str_eq_c(s, methods[i].name)) {
            *ret = methods[i].method;
            return true;
        }
    }
    return false;
}

struct str http_allow(struct arena *a, unsigned allowed)
{
    struct str names[N_METHODS];
    size_t n = 0;
    for (int i = 0; i < N_METHODS; i++)
        if (allowed & (unsigned)methods[i].method)
            names[n++] = str_c(methods[i].name);
    return str_join(a, STR(", "), names, n);
}

static bool is_name_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

static bool piece_parse(struct str s, struct piece *ret)
{
    struct piece p = {KIND_FIXED, s, STR_NULL, STR_NULL};
    size_t colon = str_find_char(s, ':', 0);
    if (s.n > 0 && s.p[0] == '*') {
        p = (struct piece){KIND_REST, STR(""), str_sub(s, 1, s.n), STR("")};
    } else if (colon != SIZE_MAX) {
        size_t end = colon + 1;
        while (end < s.n && is_name_char(s.p[end]))
            end++;
        p.before = str_sub(s, 0, colon);
        p.name = str_sub(s, colon + 1, end - colon - 1);
        p.after = str_sub(s, end, s.n);
        p.kind = p.before.n + p.after.n > 0 ? KIND_MIXED : KIND_PARAM;
    }
    if (p.kind != KIND_FIXED && p.name.n == 0)
        return false;
    *ret = p;
    return true;
}

static bool piece_same(const struct piece *a, const struct piece *b)
{
    return a->kind == b->kind && str_eq(a->before, b->before) && str_eq(a->name, b->name) &&
           str_eq(a->after, b->after);
}

static bool piece_goes_before(const struct piece *a, const struct piece *b)
{
    if (a->kind != b->kind)
        return a->kind < b->kind;
    return a->kind == KIND_MIXED && a->before.n + a->after.n > b->before.n + b->after.n;
}

static struct branch *child_for(struct router *r, struct branch *b, const struct piece *piece)
{
    struct branch **at = &b->children;
    for (struct branch *c = b->children; c != NULL; c = c->next)
        if (piece_same(&c->piece, piece))
            return c;
    while (*at != NULL && !piece_goes_before(piece, &(*at)->piece))
        at = &(*at)->next;
    struct branch *fresh = ARENA_NEW(r->arena, struct branch);
    fresh->piece = *piece;
    fresh->next = *at;
    *at = fresh;
    return fresh;
}

static enum err add_row(struct router *r, const struct route *row)
{
    struct str rest = str_c(row->path);
    struct branch *b = &r->root;
    int m = method_index(row->method);
    int n_params = 0;
    if (rest.n == 0 || rest.p[0] != '/' || m < 0 || row->run == NULL || row->who == 0)
        return ERR_INVALID;
    rest = str_sub(rest, 1, rest.n);
    for (;;) {
        struct piece piece;
        size_t slash = str_find_char(rest, '/', 0);
        if (!piece_parse(str_sub(rest, 0, slash == SIZE_MAX ? rest.n : slash), &piece))
            return ERR_INVALID;
        if (piece.kind != KIND_FIXED && ++n_params > ROUTE_MAX_PARAMS)
            return ERR_INVALID;
        b = child_for(r, b, &piece);
        if (slash == SIZE_MAX)
            break;
        if (piece.kind == KIND_REST)
            return ERR_INVALID;
        rest = str_sub(rest, slash + 1, rest.n);
    }
    if (b->rows[m] != NULL)
        return ERR_INVALID;
    b->rows[m] = row;
    b->mask |= (unsigned)row->method;
    return OK;
}

enum err router_new(const struct route_table *const *tables, struct router **ret)
{
    struct arena *a = arena_new();
    struct router *r = ARENA_NEW(a, struct router);
    r->arena = a;
    for (; *tables != NULL; tables++) {
        for (const struct route *row = (*tables)->rows; row->path != NULL; row++) {
            if (add_row(r, row) != OK) {
                log_error("http", "route table=%s path=%s is malformed or stands twice",
                          (*tables)->area, row->path);
                router_free(r);
                return ERR_INVALID;
            }
        }
    }
    *ret = r;
    return OK;
}

struct router *router_free(struct router *r)
{
    if (r != NULL)
        arena_free(r->arena);
    return NULL;
}

static bool piece_takes(const struct piece *p, struct str s, struct str *ret_value)
{
    if (p->kind == KIND_FIXED)
        return str_eq(p->before, s);
    if (s.n <= p->before.n + p->after.n || !str_starts(s, p->before) || !str_ends(s, p->after))
        return false;
    *ret_value = str_sub(s, p->before.n, s.n - p->before.n - p->after.n);
    return true;
}

static const struct route *branch_row(const struct branch *b, enum http_method method)
{
    const struct route *row = b->rows[method_index(method)];
    if (row == NULL && method == HEAD)
        row = b->rows[method_index(GET)];
    return row;
}

/* rest: what stands behind the slash that led here. */
static bool walk(const struct branch *b, enum http_method method, struct str rest,
                 struct route_match *m)
{
    size_t slash = str_find_char(rest, '/', 0);
    struct str piece = str_sub(rest, 0, slash == SIZE_MAX ? rest.n : slash);
    for (const struct branch *c = b->children; c != NULL; c = c->next) {
        struct str value = STR_NULL;
        bool ends = slash == SIZE_MAX || c->piece.kind == KIND_REST;
        int depth = m->n_params;
        if (!piece_takes(&c->piece, c->piece.kind == KIND_REST ? rest : piece, &value))
            continue;
        if (c->piece.kind != KIND_FIXED)
            m->params[m->n_params++] = (struct route_param){c->piece.name, value};
        if (ends) {
            m->allowed |= c->mask;
            m->route = branch_row(c, method);
        }
        if (ends ? m->route != NULL : walk(c, method, str_sub(rest, slash + 1, rest.n), m))
            return true;
        m->n_params = depth;
    }
    return false;
}

void router_match(const struct router *r, enum http_method method, struct str path,
                  struct route_match *ret)
{
    memset(ret, 0, sizeof(*ret));
    if (path.n == 0 || path.p[0] != '/')
        return;
    walk(&r->root, method, str_sub(path, 1, path.n), ret);
    if (ret->allowed & GET)
        ret->allowed |= HEAD;
    if (ret->allowed != 0)
        ret->allowed |= OPTIONS;
}
