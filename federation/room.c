#include "federation/room.h"

#include <stdlib.h>

#include "federation/fed.h"
#include "federation/keys.h"
#include "federation/room_sql.h"
#include "node/base/id.h"
#include "node/planet/planet.h"
#include "node/text/excerpt.h"

enum { TITLE_CHARS = 60 };

static enum fed_came_kind kind_of(struct str kind)
{
    return str_eq_c(kind, "quote")      ? FED_CAME_QUOTE
           : str_eq_c(kind, "like")     ? FED_CAME_LIKE
           : str_eq_c(kind, "announce") ? FED_CAME_BOOST
           : str_eq_c(kind, "follow")   ? FED_CAME_FOLLOW
                                        : FED_CAME_REPLY;
}

static struct str title_of(struct cx *cx, struct str title, struct str summary)
{
    return text_excerpt(cx->arena, str_empty(title) ? summary : title, TITLE_CHARS);
}

static void put(struct cx *cx, const struct came_row *rows, size_t n, struct fed_came *v)
{
    for (size_t i = 0; i < n; i++)
        v[i] = (struct fed_came){
            .kind = kind_of(rows[i].kind),
            .id = rows[i].id,
            .at = id_time(rows[i].id),
            .actor_id = rows[i].actor_id,
            .name = str_empty(rows[i].name) ? rows[i].username : rows[i].name,
            .handle = str_fmt(cx->arena, "@" STR_FMT "@" STR_FMT, STR_ARG(rows[i].username),
                              STR_ARG(rows[i].host)),
            .host = rows[i].host,
            .url = rows[i].url,
            .icon_url = rows[i].icon_url,
            .post_id = rows[i].post_id,
            .comment_id = rows[i].comment_id,
            .slug = rows[i].slug,
            .title = title_of(cx, rows[i].title, rows[i].summary),
            .state = rows[i].state,
            .html = {rows[i].html},
            .warning = rows[i].warning,
        };
}

enum err fed_came_comments(struct cx *cx, int64_t planet_id, const char *state, int64_t before_id,
                           int n_max, struct fed_came **ret, size_t *ret_n)
{
    struct came_row *rows;
    TRY(planet_may_manage(cx, planet_id));
    TRY(q_came_comments(cx, planet_id, str_c(state), before_id == 0 ? INT64_MAX : before_id, n_max,
                        &rows, ret_n));
    *ret = ARENA_ARRAY(cx->arena, struct fed_came, *ret_n + 1);
    put(cx, rows, *ret_n, *ret);
    return OK;
}

enum err fed_came_reactions(struct cx *cx, int64_t planet_id, int64_t before_id, int n_max,
                            struct fed_came **ret, size_t *ret_n)
{
    struct came_row *rows;
    TRY(planet_may_manage(cx, planet_id));
    TRY(q_came_reactions(cx, planet_id, before_id == 0 ? INT64_MAX : before_id, n_max, &rows, ret_n));
    *ret = ARENA_ARRAY(cx->arena, struct fed_came, *ret_n + 1);
    put(cx, rows, *ret_n, *ret);
    return OK;
}

static int newest_first(const void *x, const void *y)
{
    int64_t a = ((const struct fed_came *)x)->id, b = ((const struct fed_came *)y)->id;
    return a < b ? 1 : a > b ? -1 : 0;
}

enum err fed_came_latest(struct cx *cx, int64_t planet_id, int n_max, struct fed_came **ret,
                         size_t *ret_n)
{
    struct fed_came *all = ARENA_ARRAY(cx->arena, struct fed_came, 4 * (size_t)n_max), *some;
    struct came_row *rows;
    struct fed_local l;
    size_t n, total = 0;
    static const char *const states[] = {"held", "shown"};
    for (size_t i = 0; i < 2; i++) {
        TRY(fed_came_comments(cx, planet_id, states[i], 0, n_max, &some, &n));
        for (size_t k = 0; k < n; k++)
            all[total++] = some[k];
    }
    TRY(fed_came_reactions(cx, planet_id, 0, n_max, &some, &n));
    for (size_t k = 0; k < n; k++)
        all[total++] = some[k];
    enum err e = fed_local_by_ref(cx, "planet", planet_id, &l);
    if (e != OK && e != ERR_NOT_FOUND)
        return e;
    if (e == OK) {
        TRY(q_came_follows(cx, l.id, n_max, &rows, &n));
        put(cx, rows, n, all + total);
        total += n;
    }
    qsort(all, total, sizeof *all, newest_first);
    *ret = all;
    *ret_n = total < (size_t)n_max ? total : (size_t)n_max;
    return OK;
}

enum err fed_came_waiting(struct cx *cx, int64_t planet_id, int max, int64_t *ret)
{
    TRY(planet_may_manage(cx, planet_id));
    return q_came_waiting(cx, planet_id, max, ret);
}

enum err fed_came_writer(struct cx *cx, int64_t planet_id, int64_t comment_id, int64_t *ret_actor_id)
{
    bool found;
    TRY(planet_may_manage(cx, planet_id));
    TRY(q_came_writer(cx, planet_id, comment_id, &found, ret_actor_id));
    return found ? OK : ERR_NOT_FOUND;
}

enum err fed_sent_posts(struct cx *cx, int64_t planet_id, int n_max, struct fed_sent_post **ret,
                        size_t *ret_n)
{
    struct sent_posts_row *rows;
    TRY(planet_may_manage(cx, planet_id));
    TRY(q_sent_posts(cx, planet_id, n_max, &rows, ret_n));
    *ret = ARENA_ARRAY(cx->arena, struct fed_sent_post, *ret_n + 1);
    for (size_t i = 0; i < *ret_n; i++)
        (*ret)[i] = (struct fed_sent_post){
            .id = rows[i].id,
            .at = rows[i].published_at,
            .slug = rows[i].slug,
            .title = title_of(cx, rows[i].title, rows[i].summary),
            .object_uri = rows[i].object_uri,
        };
    return OK;
}
