#include "node/talk/direct.h"

#include "node/base/clock.h"
#include "node/base/id.h"
#include "node/db/db.h"
#include "node/node.h"
#include "node/people/notice.h"
#include "node/planet/planet.h"
#include "node/talk/direct_sql.h"

static enum err check_room(struct cx *cx, int64_t planet_id, int64_t actor_id)
{
    int64_t n, *ids;
    size_t n_ids;
    TRY(q_direct_latest(cx, actor_id, DIRECT_OF_ACTOR_AN_HOUR, &ids, &n_ids));
    if (n_ids == DIRECT_OF_ACTOR_AN_HOUR && id_time(ids[n_ids - 1]) > cx->now - MS_HOUR)
        return cx_fail(cx, ERR_RATE_LIMITED, "actor %lld writes too much", (long long)actor_id);
    TRY(q_direct_unread(cx, planet_id, &n));
    if (n >= DIRECT_UNREAD_MAX)
        return cx_fail(cx, ERR_RATE_LIMITED, "the mailbox of planet %lld is full",
                       (long long)planet_id);
    return OK;
}

static enum err tell(struct cx *cx, int64_t planet_id, struct str from_name, struct str from_url)
{
    int64_t *readers;
    size_t n;
    TRY(q_direct_readers(cx, planet_id, &readers, &n));
    for (size_t i = 0; i < n; i++)
        TRY(notice_put(cx, readers[i], "message", DB_NULL, DB_NULL, from_name, from_url));
    return OK;
}

enum err direct_receive(struct cx *cx, int64_t planet_id, int64_t actor_id, struct str uri,
                        struct safe_html html, int64_t at, bool told, struct str from_name,
                        struct str from_url)
{
    int64_t known;
    TX_SCOPE(cx);
    TRY(q_direct_known(cx, uri, &known));
    if (known > 0)
        return tx_commit(cx);
    TRY(check_room(cx, planet_id, actor_id));
    TRY(q_direct_insert(cx, id_next(cx->node->ids), planet_id, actor_id, DB_NULL, uri, html.s, at,
                        DB_NULL, NULL));
    TRY(q_direct_trim(cx, planet_id, actor_id, DIRECT_OF_ACTOR_MAX, NULL));
    if (told)
        TRY(tell(cx, planet_id, from_name, from_url));
    return tx_commit(cx);
}

enum err direct_retract(struct cx *cx, int64_t actor_id, struct str uri)
{
    TX_SCOPE(cx);
    TRY(q_direct_retract(cx, actor_id, uri, NULL));
    return tx_commit(cx);
}

enum err direct_change(struct cx *cx, int64_t actor_id, struct str uri, struct safe_html html)
{
    TX_SCOPE(cx);
    TRY(q_direct_change(cx, actor_id, uri, html.s, NULL));
    return tx_commit(cx);
}

enum err direct_actor_gone(struct cx *cx, int64_t actor_id)
{
    return q_direct_actor_gone(cx, actor_id, NULL);
}

static struct direct_talk talk_of(const struct direct_talk_row *r)
{
    return (struct direct_talk){
        .actor_id = r->actor_id,
        .last_id = r->last_id,
        .at = r->created_at,
        .n_unread = r->n_unread,
        .name = r->name,
        .username = r->username,
        .host = r->host,
        .url = r->url,
        .icon_url = r->icon_url,
        .last = {r->html},
        .ours = r->account_id != DB_NULL,
    };
}

enum err direct_talks(struct cx *cx, int64_t planet_id, int64_t before_id, int limit,
                      struct direct_talk **ret, size_t *ret_n)
{
    struct direct_talk_row *rows;
    size_t n;
    TRY(planet_may_manage(cx, planet_id));
    TRY(q_direct_talk_list(cx, planet_id, before_id == 0 ? INT64_MAX : before_id, limit, &rows, &n));
    struct direct_talk *list = ARENA_ARRAY(cx->arena, struct direct_talk, n);
    for (size_t i = 0; i < n; i++)
        list[i] = talk_of(&rows[i]);
    *ret = list;
    *ret_n = n;
    return OK;
}

enum err direct_talk_with(struct cx *cx, int64_t planet_id, int64_t actor_id,
                          struct direct_talk *ret)
{
    struct direct_talk_row r;
    TRY(planet_may_manage(cx, planet_id));
    TRY(q_direct_talk_one(cx, planet_id, actor_id, &r));
    *ret = talk_of(&r);
    return OK;
}

enum err direct_count_unread(struct cx *cx, int64_t planet_id, int64_t *ret)
{
    return q_direct_unread(cx, planet_id, ret);
}

enum err direct_notes(struct cx *cx, int64_t planet_id, int64_t actor_id, int64_t before_id,
                      int limit, struct direct_note **ret, size_t *ret_n)
{
    struct direct_note_list_row *rows;
    size_t n;
    TRY(planet_may_manage(cx, planet_id));
    TRY(q_direct_note_list(cx, planet_id, actor_id, before_id == 0 ? INT64_MAX : before_id, limit,
                           &rows, &n));
    struct direct_note *list = ARENA_ARRAY(cx->arena, struct direct_note, n);
    for (size_t i = 0; i < n; i++)
        list[i] = (struct direct_note){
            .id = rows[i].id,
            .account_id = rows[i].account_id,
            .created_at = rows[i].created_at,
            .read_at = rows[i].read_at,
            .uri = rows[i].uri,
            .author = rows[i].author,
            .html = {rows[i].html},
        };
    *ret = list;
    *ret_n = n;
    return OK;
}

enum err direct_mark_read(struct cx *cx, int64_t planet_id, int64_t actor_id)
{
    TRY(planet_may_manage(cx, planet_id));
    TX_SCOPE(cx);
    TRY(q_direct_read(cx, planet_id, actor_id, cx->now, NULL));
    return tx_commit(cx);
}

enum err direct_forget(struct cx *cx, int64_t planet_id, int64_t actor_id)
{
    TRY(planet_may_manage(cx, planet_id));
    TX_SCOPE(cx);
    TRY(q_direct_forget(cx, planet_id, actor_id, NULL));
    return tx_commit(cx);
}

enum err direct_is_known(struct cx *cx, struct str uri, bool *ret)
{
    int64_t n;
    TRY(q_direct_known(cx, uri, &n));
    *ret = n > 0;
    return OK;
}

enum err direct_put(struct cx *cx, int64_t id, int64_t planet_id, int64_t actor_id, struct str uri,
                    struct safe_html html)
{
    return q_direct_insert(cx, id, planet_id, actor_id, cx->viewer, uri, html.s, cx->now, cx->now,
                           NULL);
}

enum err direct_last_of(struct cx *cx, int64_t planet_id, int64_t actor_id, struct str *ret_uri)
{
    bool found;
    struct str uri;
    TRY(q_direct_last(cx, planet_id, actor_id, &found, &uri));
    *ret_uri = found ? uri : STR_NULL;
    return OK;
}
