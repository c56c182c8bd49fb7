/* Who is named in a text of ours. */
#include "federation/fed.h"
#include "federation/finger.h"
#include "federation/keys.h"
#include "federation/out.h"
#include "federation/out_sql.h"
#include "node/people/account.h"
#include "node/planet/planet.h"
#include "node/text/sanitize.h"
#include "node/text/scan.h"

enum { TEXT_CHARS = 20000 };

/* Somebody of this node: a planet, or who writes under a name that other servers know. */
static enum err find_here(struct cx *cx, struct str user, struct fed_mention *m, bool *ret_found)
{
    struct planet p;
    struct account a;
    struct fed_local l;
    *ret_found = false;
    enum err e = planet_by_handle(cx, user, &p);
    if (e == OK) {
        e = fed_local_by_ref(cx, "planet", p.id, &l);
        m->url = fed_iri(cx, "/@" STR_FMT, STR_ARG(p.handle));
    } else if (e == ERR_NOT_FOUND) {
        e = account_by_username(cx, str_lower(cx->arena, user), &a);
        if (e == OK && str_eq_c(a.state, "active"))
            e = fed_local_by_ref(cx, "account", a.id, &l);
        else if (e == OK)
            e = ERR_NOT_FOUND;
        if (e == OK)
            m->url = l.uri;
    }
    if (e == ERR_NOT_FOUND)
        return OK;
    TRY(e);
    m->uri = l.uri;
    m->handle = str_fmt(cx->arena, "@" STR_FMT "@" STR_FMT, STR_ARG(user), STR_ARG(cx->node->host));
    *ret_found = true;
    return OK;
}

static enum err find_there(struct cx *cx, struct str user, struct str host, struct fed_mention *m,
                           bool *ret_found)
{
    struct actor_named_row row;
    TRY(q_actor_named(cx, str_lower(cx->arena, user), host, ret_found, &row));
    if (!*ret_found)
        return OK;
    m->uri = row.uri;
    m->url = row.url.p == NULL ? row.uri : row.url;
    m->inbox = row.inbox;
    m->handle = str_fmt(cx->arena, "@" STR_FMT "@" STR_FMT, STR_ARG(row.username), STR_ARG(host));
    return OK;
}

enum err fed_load_mentions(struct cx *cx, struct safe_html html, struct fed_mention **ret,
                           size_t *ret_n)
{
    struct fed_mention *v = ARENA_ARRAY(cx->arena, struct fed_mention, FED_NAMED_MAX);
    struct str *names, user, host;
    size_t n, m = 0;
    *ret = v;
    *ret_n = 0;
    if (str_find_char(html.s, '@', 0) == SIZE_MAX)
        return OK;
    if (scan_mentions(cx, html_to_text(cx->arena, html, TEXT_CHARS), &names, &n) != OK)
        return OK;
    for (size_t i = 0; i < n && m < FED_NAMED_MAX; i++) {
        bool found;
        v[m] = (struct fed_mention){.as = names[i]};
        if (str_find_char(names[i], '@', 0) == SIZE_MAX)
            TRY(find_here(cx, names[i], &v[m], &found));
        else if (!fed_handle_parse(cx->arena, names[i], &user, &host))
            continue;
        else if (str_eq(host, cx->node->host))
            TRY(find_here(cx, user, &v[m], &found));
        else
            TRY(find_there(cx, user, host, &v[m], &found));
        m += found;
    }
    *ret_n = m;
    return OK;
}
