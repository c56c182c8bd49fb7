/* Looking at planets nearby: the job fed.nearby. */
#include "federation/fanout.h"
#include "federation/fed.h"
#include "federation/finger.h"
#include "federation/nearby.h"
#include "federation/nearby_read.h"
#include "federation/nearby_sql.h"
#include "federation/out.h"
#include "federation/out_sql.h"
#include "federation/policy.h"
#include "federation/remote.h"
#include "node/base/clock.h"
#include "node/base/log.h"
#include "node/base/url.h"
#include "node/db/db.h"
#include "node/planet/planet.h"
#include "node/text/sanitize.h"

/* Politeness: each actor every six hours at most (the second step: twelve), few at a time. */
#define LOOK_EVERY (6 * MS_HOUR)
#define LOOK_LATEST (7 * MS_DAY)
#define LOOK_BUSY (5 * MS_MINUTE)
#define PAUSE (15 * MS_SECOND)
enum { LOOKS_A_RUN = 4, RUN_MS = 30000, ASKED_TRIES = 6 };

/* The collection, or its first page. */
static enum err collection_get(struct cx *cx, struct str url, struct str host, json_t **ret)
{
    if (!fed_id_ok(cx, url, host))
        return ERR_NOT_FOUND;
    TRY(fed_object_get(cx, url, ret));
    if (ld_get(*ret, "orderedItems") != NULL || ld_get(*ret, "items") != NULL)
        return OK;
    json_t *first = ld_get(*ret, "first");
    if (json_is_object(first) && (ld_get(first, "orderedItems") != NULL || ld_get(first, "items") != NULL)) {
        *ret = first;
        return OK;
    }
    struct str id = ld_id(first);
    return fed_id_ok(cx, id, host) ? fed_object_get(cx, id, ret) : ERR_NOT_FOUND;
}

static void read_items(struct cx *cx, struct fed_face *f, const json_t *page)
{
    json_t *object; /* GoToSocial lists ids */
    struct str id = fed_face_items(cx, f, page);
    if (id.p != NULL && fed_object_get(cx, id, &object) == OK)
        fed_face_consider(cx, f, ld_type_is(object, "Create") ? ld_get(object, "object") : object, object);
}

static void read_teaser(struct cx *cx, struct fed_face *f, const json_t *doc)
{
    static const char *const where[] = {"outbox", "featured"};
    for (size_t i = 0; i < 2 && f->teaser.n == 0; i++) {
        json_t *page;
        struct str url = ld_id_at(doc, where[i]);
        if (!str_empty(url) && collection_get(cx, url, f->host, &page) == OK)
            read_items(cx, f, page);
    }
    cx->fail = NULL;
}

static enum err read_links(struct cx *cx, struct fed_face *f)
{
    json_t *page;
    if (str_empty(f->endorsements))
        return OK;
    TRY(collection_get(cx, f->endorsements, f->host, &page));
    fed_face_links(cx, f, page);
    return OK;
}

/* A planet of ours: nobody is asked but the store. */
static enum err read_ours(struct cx *cx, struct str uri, struct fed_face *ret, json_t **ret_outbox)
{
    struct fed_local l;
    struct fed_out_actor v;
    struct outbox_page_row *rows;
    struct str *links;
    size_t n;
    *ret_outbox = NULL;
    TRY(fed_local_by_uri(cx, uri, &l));
    if (!str_eq_c(l.kind, "planet"))
        return ERR_NOT_FOUND;
    TRY(fed_load_actor(cx, &l, &v));
    *ret = (struct fed_face){
        .uri = l.uri, .host = cx->node->host, .name = v.name, .url = v.url, .icon_url = v.icon_url,
        .handle = str_fmt(cx->arena, "@" STR_FMT "@" STR_FMT, STR_ARG(v.username), STR_ARG(v.handle_host)),
        .line = html_to_text(cx->arena, v.summary, FED_LINE_CHARS), .teaser_at = DB_NULL,
    };
    TRY(fed_endorse_uris(cx, l.local_id, &links, &n));
    ret->links = links;
    ret->n_links = n < FED_ENDORSE_READ ? n : FED_ENDORSE_READ;
    TRY(q_outbox_page(cx, l.id, INT64_MAX, FED_FACE_ITEMS, &rows, &n));
    for (size_t i = 0; i < n; i++) {
        json_t *activity;
        if (json_read(cx->arena, rows[i].body, NULL, &activity) == OK && ld_type_is(activity, "Create"))
            fed_face_consider(cx, ret, ld_get(activity, "object"), activity);
    }
    return OK;
}

/* deep: its own recommendations, too. */
static enum err look(struct cx *cx, struct str uri, bool deep, struct fed_face *ret)
{
    json_t *doc;
    if (str_starts(uri, str_fmt(cx->arena, STR_FMT "/", STR_ARG(cx->node->origin))))
        return read_ours(cx, uri, ret, &doc);
    TRY(fed_object_get(cx, uri, &doc));
    TRY(fed_face_read(cx, doc, ret));
    if (ret->refused || ret->moved)
        return OK;
    read_teaser(cx, ret, doc);
    if (deep && read_links(cx, ret) != OK)
        cx->fail = NULL; /* what it is shows, whom it recommends comes another time */
    return OK;
}

/* ---- keeping it ---- */

static int64_t spread(struct str uri)
{
    uint64_t h = 5381;
    for (size_t i = 0; i < uri.n; i++)
        h = h * 33 + (unsigned char)uri.p[i];
    return (int64_t)(h % (uint64_t)(30 * MS_MINUTE));
}

static enum err put_links(struct cx *cx, const struct fed_face *f)
{
    int64_t n;
    TRY(q_nearby_link_clear(cx, f->uri, NULL));
    TRY(q_nearby_count(cx, &n));
    for (size_t i = 0; i < f->n_links; i++) {
        struct fed_policy p;
        struct str host = fed_host_of(cx->arena, f->links[i]);
        if (host.p == NULL || fed_policy_of(cx, host, &p) != OK || p.level == FED_SUSPENDED)
            continue;
        if (n++ >= FED_NEARBY_MAX)
            break;
        TRY(q_nearby_new(cx, f->links[i], host, cx->now, NULL));
        TRY(q_nearby_link_put(cx, f->uri, f->links[i], NULL));
    }
    return OK;
}

/* Inside a transaction. */
static enum err keep(struct cx *cx, const struct fed_face *f, bool deep)
{
    int64_t next = cx->now + (deep ? LOOK_EVERY : 2 * LOOK_EVERY) + spread(f->uri);
    const char *state = f->refused ? "refused" : f->moved ? "gone" : "known";
    TRY(q_nearby_put(cx, f->uri, f->host, f->handle, f->name, f->line, f->url, f->icon_url,
                     f->teaser.n > 0 ? f->teaser : STR_NULL, f->teaser.n > 0 ? f->teaser_url : STR_NULL,
                     f->teaser.n > 0 ? f->teaser_at : DB_NULL, str_c(state), cx->now, next, NULL));
    cx->wake |= WAKE_PUBLIC;
    return deep ? put_links(cx, f) : OK;
}

static bool is_for_good(enum err e)
{
    return e == ERR_INVALID || e == ERR_FORBIDDEN || e == ERR_NOT_FOUND || e == ERR_GONE || e == ERR_UNSUPPORTED;
}

static enum err look_at(struct cx *cx, const struct nearby_due_row *due)
{
    struct fed_face f;
    int64_t n;
    TRY(q_endorsement_of(cx, due->uri, &n));
    enum err e = look(cx, due->uri, n > 0, &f);
    if (e == OK && !str_eq(f.uri, due->uri))
        e = ERR_FORBIDDEN;
    TX_SCOPE(cx);
    if (e == OK) {
        TRY(keep(cx, &f, n > 0));
        return tx_commit(cx);
    }
    if (e == ERR_GONE || e == ERR_NOT_FOUND) {
        TRY(q_nearby_end(cx, due->uri, STR("gone"), cx->now + LOOK_LATEST, NULL));
        cx->wake |= WAKE_PUBLIC;
        return tx_commit(cx);
    }
    int64_t wait = LOOK_BUSY;
    if (e != ERR_BUSY) {
        wait = LOOK_EVERY;
        for (int64_t i = 0; i < due->tries && wait < LOOK_LATEST; i++)
            wait *= 2;
    }
    TRY(q_nearby_missed(cx, due->uri, due->tries + (e != ERR_BUSY), cx->now + wait, NULL));
    return tx_commit(cx);
}

/* ---- looking for who was asked for ---- */

/* One of ours, by handle, page or id. */
static enum err find_ours(struct cx *cx, struct str asked, bool *ret_ours, struct str *ret_uri)
{
    struct planet p;
    struct str user, host, handle = STR_NULL;
    *ret_ours = true;
    if (str_starts(asked, str_fmt(cx->arena, STR_FMT "/@", STR_ARG(cx->node->origin)))) {
        handle = str_sub(asked, cx->node->origin.n + 2, SIZE_MAX);
    } else if (str_starts(asked, str_fmt(cx->arena, STR_FMT "/", STR_ARG(cx->node->origin)))) {
        *ret_uri = asked;
        return OK;
    } else if (fed_handle_parse(cx->arena, asked, &user, &host) && str_eq(host, cx->node->host)) {
        handle = user;
    } else {
        *ret_ours = false;
        return OK;
    }
    TRY(planet_by_handle(cx, handle, &p));
    return fed_planet_uri(cx, p.id, ret_uri);
}

static enum err find(struct cx *cx, struct str asked, struct fed_face *ret)
{
    bool ours;
    struct str uri;
    TRY(find_ours(cx, asked, &ours, &uri));
    if (!ours)
        TRY(fed_finger(cx, asked, &uri));
    return look(cx, uri, true, ret);
}

static enum err resolve(struct cx *cx, const struct endorsement_due_row *due)
{
    struct fed_face f;
    struct str self;
    bool twice;
    int64_t other;
    enum err e = find(cx, due->asked, &f);
    TRY(fed_planet_uri(cx, due->planet_id, &self));
    if (e == OK && str_eq(f.uri, self))
        e = ERR_INVALID;
    TX_SCOPE(cx);
    if (e != OK) {
        bool over = is_for_good(e) || due->tries + 1 >= ASKED_TRIES;
        int64_t tries = due->tries + (e != ERR_BUSY);
        TRY(q_endorsement_missed(cx, due->id, over && e != ERR_BUSY ? STR("unknown") : STR("asked"), tries,
                                 cx->now + (e == ERR_BUSY ? MS_MINUTE : (tries + 1) * LOOK_BUSY), NULL));
        return tx_commit(cx);
    }
    TRY(q_endorsement_other(cx, due->planet_id, f.uri, due->id, &twice, &other));
    if (twice) {
        TRY(q_endorsement_delete(cx, due->planet_id, due->id, NULL));
        return tx_commit(cx);
    }
    TRY(q_endorsement_found(cx, due->id, f.uri, NULL));
    TRY(keep(cx, &f, true));
    TRY(event_emit(cx, EV_PLANET_CHANGED, due->planet_id, STR_NULL));
    return tx_commit(cx);
}

/* ---- the job ---- */

static enum err clear_up(struct cx *cx)
{
    TX_SCOPE(cx);
    TRY(q_nearby_link_sweep(cx, NULL));
    TRY(q_nearby_sweep(cx, NULL));
    TRY(q_nearby_hidden_sweep(cx, NULL));
    TRY(fed_nearby_plan(cx, cx->now + PAUSE));
    return tx_commit(cx);
}

static enum err run(struct cx *cx)
{
    struct endorsement_due_row *asked;
    struct nearby_due_row *due;
    size_t n;
    int64_t until = clock_monotonic() + RUN_MS;
    TRY(q_endorsement_due(cx, cx->now, LOOKS_A_RUN, &asked, &n));
    for (size_t i = 0; i < n && clock_monotonic() < until; i++)
        TRY(resolve(cx, &asked[i]));
    TRY(q_nearby_due(cx, cx->now, LOOKS_A_RUN, &due, &n));
    for (size_t i = 0; i < n && clock_monotonic() < until; i++)
        TRY(look_at(cx, &due[i]));
    cx->fail = NULL;
    return clear_up(cx);
}

enum job_verdict fed_nearby_run(struct cx *cx, const struct job *job)
{
    (void)job;
    return fed_verdict(cx, "fed.nearby", run(cx));
}
