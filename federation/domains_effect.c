/* What a change of rules would do, told before it is made; and the record of what rules put aside. */
#include <stdlib.h>
#include <string.h>

#include "federation/fed.h"
#include "federation/policy_int.h"
#include "federation/policy_sql.h"
#include "node/base/jw.h"
#include "node/talk/aside.h"

enum { HOSTS_SHOWN = 50, EXPORT_PAGE = 500 };

static int by_name(const void *x, const void *y)
{
    const struct fed_domain *a = x, *b = y;
    size_t n = a->host.n < b->host.n ? a->host.n : b->host.n;
    int r = memcmp(a->host.p, b->host.p, n);
    if (r == 0)
        r = (a->host.n > b->host.n) - (a->host.n < b->host.n);
    return r != 0 ? r : (int)a->allow - (int)b->allow;
}

/* A list may take away as many as it brings, so they are looked up, not searched. */
static const struct fed_domain *sorted(struct cx *cx, const struct fed_domain_change *c)
{
    struct fed_domain *v = ARENA_ARRAY(cx->arena, struct fed_domain, c->n_remove + 1);
    for (size_t i = 0; i < c->n_remove; i++)
        v[i] = c->remove[i];
    qsort(v, c->n_remove, sizeof *v, by_name);
    return v;
}

/* The rules as they are, and as they would be. */
static enum err tables(struct cx *cx, const struct fed_domain_change *c, struct fed_rules *before,
                       struct fed_rules *after)
{
    struct domain_rule_row *rows;
    bool allow_mode;
    size_t n;
    TRY(fed_domain_mode(cx, &allow_mode));
    TRY(q_domain_rules_all(cx, &rows, &n));
    const struct fed_domain *removed = sorted(cx, c);
    fed_rules_set_mode(before, allow_mode);
    fed_rules_set_mode(after, c->mode == DOMAIN_MODE_KEEP ? allow_mode
                                                          : c->mode == DOMAIN_MODE_ALLOW);
    for (size_t i = 0; i < n; i++) {
        struct fed_domain d = {.host = rows[i].host, .allow = str_eq_c(rows[i].kind, "allow"),
                               .level = fed_level_parse(rows[i].level)};
        fed_rules_put(before, &d);
        if (bsearch(&d, removed, c->n_remove, sizeof d, by_name) == NULL)
            fed_rules_put(after, &d);
    }
    for (size_t i = 0; i < c->n_put; i++)
        fed_rules_put(after, &c->put[i]);
    return OK;
}

static int by_loss(const void *x, const void *y)
{
    const struct fed_effect_host *a = x, *b = y;
    int64_t l = a->followers + a->comments, r = b->followers + b->comments;
    return l < r ? 1 : l > r ? -1 : 0;
}

static struct fed_effect_host *host_in(struct fed_effect_host *v, size_t *n, struct str host)
{
    for (size_t i = 0; i < *n; i++)
        if (str_eq(v[i].host, host))
            return &v[i];
    v[*n] = (struct fed_effect_host){.host = host};
    return &v[(*n)++];
}

static enum err compare(struct cx *cx, struct fed_rules *before, struct fed_rules *after,
                        struct fed_effect *ret)
{
    struct hosts_with_follows_row *follows;
    struct hosts_with_comments_row *comments;
    struct hosts_with_aside_row *aside;
    struct hosts_with_identities_row *linked;
    size_t n_follows, n_comments, n_aside, n_linked, n = 0;
    TRY(q_hosts_with_follows(cx, &follows, &n_follows));
    TRY(q_hosts_with_comments(cx, &comments, &n_comments));
    TRY(q_hosts_with_aside(cx, &aside, &n_aside));
    TRY(q_hosts_with_identities(cx, &linked, &n_linked));
    struct fed_effect_host *v =
        ARENA_ARRAY(cx->arena, struct fed_effect_host, n_follows + n_comments + 1);
    for (size_t i = 0; i < n_follows; i++)
        if (fed_rules_look(after, follows[i].host).level == FED_SUSPENDED &&
            fed_rules_look(before, follows[i].host).level != FED_SUSPENDED) { /* else a job is at it */
            v[n++] = (struct fed_effect_host){follows[i].host, follows[i].n, 0};
            ret->followers_lost += follows[i].n;
        }
    for (size_t i = 0; i < n_comments; i++)
        if (fed_rules_look(after, comments[i].host).level >
            fed_rules_look(before, comments[i].host).level) {
            host_in(v, &n, comments[i].host)->comments = comments[i].n;
            ret->comments_hidden += comments[i].n;
        }
    for (size_t i = 0; i < n_linked; i++)
        if (fed_rules_look(after, linked[i].host).level == FED_SUSPENDED &&
            fed_rules_look(before, linked[i].host).level != FED_SUSPENDED)
            ret->members_cut += linked[i].n;
    for (size_t i = 0; i < n_aside; i++)
        if (fed_rules_look(after, aside[i].host).level != FED_SUSPENDED &&
            fed_rules_look(before, aside[i].host).level == FED_SUSPENDED)
            ret->followers_back += aside[i].n;
    qsort(v, n, sizeof *v, by_loss);
    ret->hosts = v;
    ret->n_hosts = n < HOSTS_SHOWN ? n : HOSTS_SHOWN;
    return OK;
}

enum err fed_domain_effect(struct cx *cx, const struct fed_domain_change *c,
                           struct fed_effect *ret)
{
    *ret = (struct fed_effect){0};
    struct fed_rules *before = fed_rules_new(), *after = fed_rules_new();
    enum err e = tables(cx, c, before, after);
    if (e == OK)
        e = compare(cx, before, after, ret);
    fed_rules_free(before);
    fed_rules_free(after);
    return e;
}

/* ---- the record ---------------------------------------------------------------------------- */

struct patterns { struct str host, below, port, below_port; };

static struct patterns patterns_of(struct cx *cx, struct str host)
{
    return (struct patterns){host, str_fmt(cx->arena, "%%." STR_FMT, STR_ARG(host)),
                             str_fmt(cx->arena, STR_FMT ":%%", STR_ARG(host)),
                             str_fmt(cx->arena, "%%." STR_FMT ":%%", STR_ARG(host))};
}

static enum err export_follows(struct cx *cx, const struct patterns *p, struct jw *w)
{
    struct aside_follows_page_row *rows;
    size_t n;
    int64_t after = 0;
    do {
        TRY(q_aside_follows_page(cx, p->host, p->below, p->port, p->below_port, after, EXPORT_PAGE,
                                 &rows, &n));
        for (size_t i = 0; i < n; i++) {
            jw_obj(w);
            jw_key_str(w, "actor", rows[i].actor_uri);
            jw_key_str(w, "follows", rows[i].target_uri);
            jw_key_str(w, "activity", rows[i].activity_uri);
            jw_key_time(w, "since", rows[i].created_at);
            jw_end(w);
            after = rows[i].id;
        }
    } while (n == EXPORT_PAGE);
    return OK;
}

static enum err export_items(struct cx *cx, struct str host, struct jw *w)
{
    struct aside_item *rows;
    size_t n;
    int64_t after = 0;
    do {
        TRY(aside_list(cx, host, after, EXPORT_PAGE, &rows, &n));
        for (size_t i = 0; i < n; i++) {
            jw_obj(w);
            jw_key_str(w, "what", rows[i].what);
            jw_key_str(w, "by", rows[i].actor_uri);
            jw_key_opt(w, "id", rows[i].uri);
            jw_key_opt(w, "on", rows[i].post_uri);
            jw_key_str(w, "was", rows[i].was);
            jw_end(w);
            after = rows[i].id;
        }
    } while (n == EXPORT_PAGE);
    return OK;
}

enum err fed_domain_undo_export(struct cx *cx, struct str host, struct buf *out)
{
    struct patterns p = patterns_of(cx, host);
    struct jw w;
    jw_init(&w, out);
    jw_obj(&w);
    jw_key_str(&w, "host", host);
    jw_key(&w, "followers");
    jw_arr(&w);
    TRY(export_follows(cx, &p, &w));
    jw_end(&w);
    jw_key(&w, "things");
    jw_arr(&w);
    TRY(export_items(cx, host, &w));
    jw_end(&w);
    jw_end(&w);
    return jw_done(&w) ? OK : cx_fail(cx, ERR_TOO_LARGE, "an export over its cap");
}
