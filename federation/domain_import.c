#include "federation/domain_import.h"

#include <stdlib.h>
#include <string.h>

#include "node/node.h"

enum { PAGE = 1000 };

static int by_host(const void *x, const void *y)
{
    const struct fed_domain *a = x, *b = y;
    size_t n = a->host.n < b->host.n ? a->host.n : b->host.n;
    int c = memcmp(a->host.p, b->host.p, n);
    return c != 0 ? c : (a->host.n > b->host.n) - (a->host.n < b->host.n);
}

/* All rules of a kind, sorted by host. */
static enum err all_of(struct cx *cx, bool allow, struct fed_domain **ret, size_t *ret_n)
{
    int64_t blocks, allows;
    struct str after = STR("");
    struct fed_domain *rows;
    size_t n, at = 0;
    TRY(fed_domain_count(cx, &blocks, &allows));
    size_t max = (size_t)(blocks + allows) + PAGE;
    struct fed_domain *v = ARENA_ARRAY(cx->arena, struct fed_domain, max);
    while (after.p != NULL) {
        TRY(fed_domain_list(cx, STR(""), after, PAGE, &rows, &n, &after));
        for (size_t i = 0; i < n && at < max; i++)
            if (rows[i].allow == allow)
                v[at++] = rows[i];
    }
    qsort(v, at, sizeof *v, by_host);
    *ret = v;
    *ret_n = at;
    return OK;
}

static bool is_same(const struct fed_domain *a, const struct fed_domain *b)
{
    return a->level == b->level && a->reject_media == b->reject_media &&
           a->reject_reports == b->reject_reports && a->obfuscate == b->obfuscate &&
           str_eq(a->public_comment, b->public_comment) &&
           str_eq(a->private_comment, b->private_comment);
}

struct plan {
    struct fed_import_step *steps;
    struct fed_domain *put, *remove;
    size_t n, n_put, n_remove;
};

static void step(struct plan *p, const struct fed_domain *was, const struct fed_domain *is)
{
    struct fed_import_step *s = &p->steps[p->n++];
    *s = (struct fed_import_step){.what = was == NULL  ? IMPORT_ADD
                                          : is == NULL ? IMPORT_REMOVE
                                                       : IMPORT_CHANGE};
    s->was = was != NULL ? *was : (struct fed_domain){.host = is->host};
    s->is = is != NULL ? *is : (struct fed_domain){.host = was->host};
    if (is != NULL)
        p->put[p->n_put++] = *is;
    else
        p->remove[p->n_remove++] = *was;
}

static void compare(struct cx *cx, const struct fed_domain *have, size_t n_have, bool replace,
                    struct fed_import *ret)
{
    const struct fed_list *l = &ret->list;
    struct plan p = {.steps = ARENA_ARRAY(cx->arena, struct fed_import_step, n_have + l->n + 1),
                     .put = ARENA_ARRAY(cx->arena, struct fed_domain, l->n + 1),
                     .remove = ARENA_ARRAY(cx->arena, struct fed_domain, n_have + 1)};
    for (size_t i = 0; i < l->n; i++) {
        struct fed_domain d = l->rows[i];
        const struct fed_domain *was = bsearch(&d, have, n_have, sizeof d, by_host);
        if (was == NULL) {
            step(&p, NULL, &d);
            ret->n_add++;
            continue;
        }
        /* What lists don't say of ours stays. */
        if (str_empty(d.private_comment))
            d.private_comment = was->private_comment;
        if (str_empty(d.public_comment))
            d.public_comment = was->public_comment;
        if (is_same(was, &d)) {
            ret->n_same++;
        } else {
            step(&p, was, &d);
            ret->n_change++;
        }
    }
    for (size_t i = 0; replace && i < n_have; i++)
        if (bsearch(&have[i], l->rows, l->n, sizeof *have, by_host) == NULL) {
            step(&p, &have[i], NULL);
            ret->n_remove++;
        }
    ret->steps = p.steps;
    ret->n_steps = p.n;
    ret->change = (struct fed_domain_change){.put = p.put, .n_put = p.n_put, .remove = p.remove,
                                             .n_remove = p.n_remove};
}

enum err fed_import_plan(struct cx *cx, struct str text, const struct fed_import_options *o,
                         struct fed_import *ret)
{
    struct fed_domain *have;
    size_t n;
    *ret = (struct fed_import){0};
    TRY(all_of(cx, o->allow, &have, &n)); /* asks for the owner */
    enum err e = fed_list_read(cx->arena, text, o->allow, cx->node->host, &ret->list);
    if (e != OK && ret->list.why != NULL) {
        struct str line = str_fmt(cx->arena, "%d", ret->list.line);
        return cx_tellf(cx, e, ret->list.why, &line, 1);
    }
    TRY(e);
    if (ret->list.n == 0 && ret->list.n_all_skipped == 0)
        return cx_tell(cx, ERR_INVALID, N_("There is no server in this list."));
    compare(cx, have, n, o->replace, ret);
    return fed_domain_effect(cx, &ret->change, &ret->effect);
}

enum err fed_import_apply(struct cx *cx, const struct fed_import *i)
{
    return i->n_steps == 0 ? OK : fed_domain_change(cx, &i->change);
}

enum err fed_domain_export(struct cx *cx, bool allow, bool is_public, struct buf *out)
{
    struct fed_domain *v;
    size_t n;
    TRY(all_of(cx, allow, &v, &n));
    fed_list_write_head(out, allow);
    for (size_t i = 0; i < n; i++)
        fed_list_write(out, &v[i], is_public);
    return out->overflow ? cx_fail(cx, ERR_TOO_LARGE, "an export over its cap") : OK;
}
