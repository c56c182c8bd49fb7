#include "federation/export.h"

#include <string.h>

#include "federation/fed.h"
#include "federation/keys.h"
#include "federation/out.h"
#include "federation/out_sql.h"
#include "node/planet/planet.h"

enum { EXPORT_MAX = 256 << 20, PAGE = 200 };

static enum err put_actor(struct cx *cx, const struct fed_local *l, struct buf *b)
{
    struct fed_out_actor v;
    struct jw w;
    TRY(fed_load_actor(cx, l, &v));
    jw_init(&w, b);
    fed_out_actor(&w, &v);
    return jw_done(&w) ? OK : cx_fail(cx, ERR_TOO_LARGE, "an actor over its cap");
}

/* Page by page, so that a long life does not stand in memory twice. */
static enum err put_outbox(struct cx *cx, const struct fed_local *l, struct buf *b)
{
    struct jw w;
    int64_t before = INT64_MAX, all;
    size_t n = 1;
    TRY(q_outbox_count(cx, l->id, &all));
    jw_init(&w, b);
    jw_obj(&w);
    jw_key_c(&w, "@context", "https://www.w3.org/ns/activitystreams");
    jw_key(&w, "id");
    fed_put_below(&w, l->uri, "/outbox");
    jw_key_c(&w, "type", "OrderedCollection");
    jw_key_i64(&w, "totalItems", all);
    jw_key(&w, "orderedItems");
    jw_arr(&w);
    while (n > 0) {
        struct outbox_page_row *rows;
        TRY(q_outbox_page(cx, l->id, before, PAGE, &rows, &n));
        for (size_t i = 0; i < n; i++)
            jw_raw(&w, rows[i].body);
        before = n > 0 ? rows[n - 1].id : before;
    }
    jw_end(&w);
    jw_end(&w);
    return jw_done(&w) ? OK : cx_fail(cx, ERR_TOO_LARGE, "an outbox over its cap");
}

/* Their servers choose the names: nothing that ends a field, or that a spreadsheet would work out. */
static bool is_plain(struct str handle)
{
    if (handle.n == 0 || memchr("=+-@", handle.p[0], 4) != NULL)
        return false;
    for (size_t i = 0; i < handle.n; i++)
        if ((unsigned char)handle.p[i] <= ' ' || handle.p[i] == ',' || handle.p[i] == '"' ||
            handle.p[i] == ';')
            return false;
    return true;
}

static enum err put_followers(struct cx *cx, int64_t planet_id, struct buf *b)
{
    struct fed_follower *v;
    size_t n = 1;
    buf_lit(b, "Account address\n");
    for (int64_t after = 0; n > 0;) {
        TRY(fed_follower_list(cx, planet_id, after, PAGE, &v, &n));
        for (size_t i = 0; i < n; i++) {
            struct str handle = str_sub(v[i].handle, 1, SIZE_MAX); /* without the '@' */
            if (!is_plain(handle))
                continue; /* no handle, whatever its server says */
            buf_put(b, handle);
            buf_lit(b, "\n");
        }
        after = n > 0 ? v[n - 1].id : after;
    }
    return b->overflow ? cx_fail(cx, ERR_TOO_LARGE, "too many followers") : OK;
}

enum err fed_export(struct cx *cx, int64_t planet_id, enum fed_export what, struct buf *ret_give)
{
    struct fed_local l;
    buf_init(ret_give, EXPORT_MAX);
    TRY(planet_may_manage(cx, planet_id));
    TRY(fed_local_ensure(cx, "planet", planet_id, &l));
    switch (what) {
    case FED_EXPORT_ACTOR:
        return put_actor(cx, &l, ret_give);
    case FED_EXPORT_OUTBOX:
        return put_outbox(cx, &l, ret_give);
    case FED_EXPORT_FOLLOWERS:
        return put_followers(cx, planet_id, ret_give);
    }
    return ERR_INVALID;
}
