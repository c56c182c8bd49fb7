#include "node/money/rails/cn_setup.h"

#include "node/base/id.h"
#include "node/node.h"

#include <string.h>

struct rail_value *cn_value(struct rail_value *values, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(values[i].name, name) == 0 && values[i].value.n > 0)
            return &values[i];
    return NULL;
}

bool cn_made_of(struct str s, const char *chars)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] == '\0' || strchr(chars, s.p[i]) == NULL)
            return false;
    return s.n > 0;
}

enum err cn_rules(struct cx *cx, const struct cn_rule *rules, size_t n_rules, struct rail_value *values, size_t n)
{
    for (size_t i = 0; i < n_rules; i++) {
        const struct cn_rule *r = &rules[i];
        const struct rail_value *v = cn_value(values, n, r->name);
        if (v == NULL)
            continue;
        if (v->value.n < r->min || v->value.n > r->max || (r->chars != NULL && !cn_made_of(v->value, r->chars)) ||
            (r->prefix != NULL && !str_starts(v->value, str_c(r->prefix))))
            return cx_tell(cx, ERR_INVALID, r->says);
    }
    return OK;
}

enum err cn_private(struct cx *cx, struct rail_value *v, const char *says, const struct crypt_key **ret)
{
    if (v != NULL && rail_key_private(cx->arena, v->value, ret, &v->value) != OK)
        return cx_tell(cx, ERR_INVALID, says);
    return OK;
}

enum err cn_public(struct cx *cx, struct rail_value *v, const char *says, const struct crypt_key **ret)
{
    if (v != NULL && rail_key_public(cx->arena, v->value, ret, &v->value) != OK)
        return cx_tell(cx, ERR_INVALID, says);
    return OK;
}

bool cn_same_key(struct cx *cx, const struct crypt_key *a, const struct crypt_key *b)
{
    return a != NULL && b != NULL && str_eq(rail_key_fingerprint(cx->arena, a), rail_key_fingerprint(cx->arena, b));
}

struct rail_right *cn_right(struct rail_probe *p, const char *name, bool needed)
{
    struct rail_right *r = &p->rights[p->n < RAIL_RIGHTS - 1 ? p->n++ : p->n];
    *r = (struct rail_right){.name = str_c(name), .needed = needed, .why = STR_NULL};
    return r;
}

void cn_granted(struct cx *cx, struct rail_right *r, bool ok, struct str code, struct str message)
{
    r->ok = ok;
    if (!ok)
        r->why = str_fmt(cx->arena, STR_FMT ": " STR_FMT, STR_ARG(code), STR_ARG(message));
}

struct str cn_trial_number(struct cx *cx)
{
    return str_fmt(cx->arena, "PROBE%lld", (long long)id_next(cx->node->ids));
}
