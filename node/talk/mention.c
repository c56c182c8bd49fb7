#include "node/talk/mention.h"

#include "node/db/db.h"
#include "node/event.h"
#include "node/node.h"
#include "node/people/notice.h"
#include "node/settings.h"
#include "node/talk/comment_row.h"
#include "node/talk/mention_sql.h"
#include "node/text/scan.h"

enum { TOLD_MAX = 60 };

struct list {
    struct told *v;
    size_t n;
};

/* Adds one who may read it; a second reason for the same person changes nothing. */
static enum err add(struct cx *cx, const struct told_of *of, struct list *l, int64_t account_id,
                    const char *kind)
{
    int64_t viewer = cx->viewer;
    bool may;
    enum err e;

    if (account_id == 0 || account_id == of->account_id || l->n == TOLD_MAX)
        return OK;
    for (size_t i = 0; i < l->n; i++)
        if (l->v[i].account_id == account_id)
            return OK;
    cx->viewer = account_id;
    e = comment_may_read(cx, of->post, of->audience, &may);
    cx->viewer = viewer;
    if (e != OK)
        return e;
    if (may)
        l->v[l->n++] = (struct told){account_id, kind};
    return OK;
}

/* "ann" and "ann@this.host" are ours. */
static bool local_name(struct cx *cx, struct str mention, struct str *ret)
{
    size_t at = str_find_char(mention, '@', 0);

    if (at != SIZE_MAX && !str_ieq(str_sub(mention, at + 1, SIZE_MAX), cx->node->host) &&
        !str_ieq(str_sub(mention, at + 1, SIZE_MAX), setting_handle_host(cx)))
        return false;
    *ret = str_lower(cx->arena, str_sub(mention, 0, at));
    return true;
}

static bool is_among(const struct str *v, size_t n, struct str s)
{
    for (size_t i = 0; i < n; i++)
        if (str_ieq(v[i], s))
            return true;
    return false;
}

static enum err add_mentioned(struct cx *cx, const struct told_of *of, struct list *l)
{
    struct str *names, *old = NULL, name;
    size_t n, n_old = 0;

    if (str_empty(of->markdown))
        return OK;
    TRY(scan_mentions(cx, of->markdown, &names, &n));
    if (!str_empty(of->before))
        TRY(scan_mentions(cx, of->before, &old, &n_old));
    for (size_t i = 0; i < n; i++) {
        int64_t id;
        bool found;
        if (is_among(old, n_old, names[i]) || !local_name(cx, names[i], &name))
            continue;
        TRY(q_mention_account(cx, name, &found, &id));
        if (found)
            TRY(add(cx, of, l, id, "mention"));
    }
    return OK;
}

enum err mention_find(struct cx *cx, const struct told_of *of, struct told **ret, size_t *ret_n)
{
    struct list l = {ARENA_ARRAY(cx->arena, struct told, TOLD_MAX), 0};

    TRY(add_mentioned(cx, of, &l));
    if (str_empty(of->before)) { /* an edit was announced when it was new */
        TRY(add(cx, of, &l, of->parent_account_id, "reply"));
        TRY(add(cx, of, &l, of->post->author_id, of->is_quote ? "quote" : "comment"));
    }
    *ret = l.v;
    *ret_n = l.n;
    return OK;
}

static enum err who(struct cx *cx, int64_t account_id, int64_t actor_id, struct str *ret_name,
                    struct str *ret_url)
{
    if (account_id != 0) {
        struct mention_from_account_row a;
        TRY(q_mention_from_account(cx, account_id, &a));
        *ret_name = str_empty(a.name) ? a.username : a.name;
        *ret_url = STR_NULL;
        return OK;
    }
    struct mention_from_actor_row x;
    TRY(q_mention_from_actor(cx, actor_id, &x));
    *ret_name = str_empty(x.name) ? x.username : x.name;
    *ret_url = x.url;
    return OK;
}

/* Muted by the planet or the node: what they do is shown, and nobody is told. */
static enum err is_unheard(struct cx *cx, int64_t actor_id, int64_t post_id, bool *ret)
{
    int64_t n = 0;
    if (actor_id != 0)
        TRY(q_mention_unheard(cx, actor_id, post_id, &n));
    *ret = n > 0;
    return OK;
}

enum err mention_tell(struct cx *cx, const struct told_of *of, int64_t comment_id,
                      const struct told *told, size_t n)
{
    struct str name, url;
    bool unheard;

    if (n == 0)
        return OK;
    TRY(is_unheard(cx, of->actor_id, of->post->id, &unheard));
    if (unheard)
        return OK;
    TRY(who(cx, of->account_id, of->actor_id, &name, &url));
    for (size_t i = 0; i < n; i++) {
        TRY(notice_put(cx, told[i].account_id, told[i].kind, of->post->id, comment_id, name, url));
        if (str_eq_c(STR("mention"), told[i].kind))
            TRY(event_emit(cx, EV_MENTIONED, comment_id,
                           str_fmt(cx->arena, "%lld", (long long)told[i].account_id)));
    }
    return OK;
}

enum err mention_notice(struct cx *cx, int64_t to_account_id, const char *kind, int64_t post_id,
                        int64_t comment_id, int64_t from_account_id, int64_t from_actor_id)
{
    struct str name, url;
    bool unheard;

    if (to_account_id == 0 || to_account_id == from_account_id)
        return OK;
    TRY(is_unheard(cx, from_actor_id, post_id, &unheard));
    if (unheard)
        return OK;
    TRY(who(cx, from_account_id, from_actor_id, &name, &url));
    return notice_put(cx, to_account_id, kind, post_id, comment_id == 0 ? DB_NULL : comment_id,
                      name, url);
}
