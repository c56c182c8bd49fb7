/* Looking at planets nearby: the job fed.nearby. Everything that it reads was written by strangers; what it
 * keeps is plain text, cut short, and addresses on the host of whom they are about. */
#include "federation/fanout.h"
#include "federation/fed.h"
#include "federation/finger.h"
#include "federation/nearby.h"
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
#include "node/text/excerpt.h"
#include "node/text/sanitize.h"

/* Politeness: each actor every six hours at most (the second step: twelve), few at a time. */
#define LOOK_EVERY (6 * MS_HOUR)
#define LOOK_LATEST (7 * MS_DAY)
#define LOOK_BUSY (5 * MS_MINUTE)
#define PAUSE (15 * MS_SECOND)
enum { LOOKS_A_RUN = 4, RUN_MS = 30000, ASKED_TRIES = 6, NAME_CHARS = 80, LINE_CHARS = 140, TEASER_CHARS = 180,
       ITEMS_READ = 20, OBJECTS_FETCHED = 1 };

/* One actor as it was found. */
struct face {
    struct str uri, host, handle, name, line, url, icon_url, endorsements;
    struct str teaser, teaser_url;
    int64_t teaser_at;
    bool refused, moved;
    const struct str *links; /* whom it recommends; of ours known at once */
    size_t n_links;
};

static struct str plain(struct cx *cx, struct str html, size_t max_chars)
{
    struct safe_html safe;
    if (str_empty(html) || sanitize_html(cx->arena, html, &safe) != OK)
        return STR("");
    return html_to_text(cx->arena, safe, max_chars);
}

/* ---- its newest public words ---- */

/* What reads well in a line: addresses, which the link leads to anyway, left out; a title set off. */
static struct str words(struct cx *cx, struct str html)
{
    static const struct str title = STR_INIT("<p><strong>"), ends = STR_INIT("</strong></p>");
    struct str rest, word;
    struct excerpt e;
    size_t at = str_starts(html, title) ? str_find(html, ends, 0) : SIZE_MAX;
    if (at != SIZE_MAX)
        html = str_fmt(cx->arena, STR_FMT " · " STR_FMT, STR_ARG(str_sub(html, 0, at)), STR_ARG(str_sub(html, at, SIZE_MAX)));
    rest = plain(cx, html, 4 * TEASER_CHARS);
    excerpt_init(&e, cx->arena, TEASER_CHARS);
    while (str_next(&rest, ' ', &word)) {
        if (str_starts(word, STR("http://")) || str_starts(word, STR("https://")))
            continue;
        excerpt_put(&e, word);
        excerpt_gap(&e);
    }
    return excerpt_str(&e);
}

static bool is_public(const json_t *object, const json_t *activity)
{
    static const char *const keys[] = {"to", "cc"};
    const json_t *from = ld_get(object, "to") == NULL && ld_get(object, "cc") == NULL ? activity : object;
    for (size_t k = 0; k < 2; k++) {
        LD_EACH(i, one, ld_get(from, keys[k]))
            if (fed_is_public(ld_id(one)))
                return true;
    }
    return false;
}

/* Its own words, said to all, without a warning, no answer to somebody; newer than what we have. */
static void consider(struct cx *cx, struct face *f, const json_t *object, const json_t *activity)
{
    int64_t at;
    struct str id = ld_str(object, "id");
    if (!json_is_object(object) || !fed_id_ok(cx, id, f->host) ||
        !(ld_type_is(object, "Note") || ld_type_is(object, "Article") || ld_type_is(object, "Page") ||
          ld_type_is(object, "Video") || ld_type_is(object, "Event")) ||
        !str_eq(ld_id_at(object, "attributedTo"), f->uri) || !is_public(object, activity) ||
        ld_id_at(object, "inReplyTo").p != NULL || ld_bool(object, "sensitive", false) ||
        !ld_time(object, "published", &at) || at > cx->now + MS_HOUR || (f->teaser.n > 0 && at <= f->teaser_at))
        return;
    struct str name = ld_lang(object, "name", NULL);
    bool note = ld_type_is(object, "Note");
    struct str warning = ld_lang(object, "summary", NULL);
    if (note && !str_empty(warning))
        return;
    struct str text = name.n > 0 && !note ? text_excerpt(cx->arena, str_is_utf8(name) ? name : STR(""), TEASER_CHARS)
                                          : words(cx, ld_lang(object, "content", NULL));
    if (str_empty(text))
        return;
    struct str url = ld_url(object, "url");
    f->teaser = text;
    f->teaser_url = url.p != NULL && fed_id_ok(cx, url, f->host) ? url : id;
    f->teaser_at = at;
}

static void consider_items(struct cx *cx, struct face *f, const json_t *page)
{
    const json_t *items = ld_get(page, "orderedItems");
    int fetched = 0;
    if (items == NULL)
        items = ld_get(page, "items");
    LD_EACH(i, item, items) {
        if (i >= ITEMS_READ)
            break;
        if (ld_type_is(item, "Create"))
            consider(cx, f, ld_get(item, "object"), item);
        else if (json_is_object(item))
            consider(cx, f, item, NULL);
        else if (f->teaser.n == 0 && fetched++ < OBJECTS_FETCHED && fed_id_ok(cx, json_text(item), f->host)) {
            json_t *object; /* GoToSocial lists ids */
            if (fed_object_get(cx, json_text(item), &object) == OK)
                consider(cx, f, ld_type_is(object, "Create") ? ld_get(object, "object") : object, object);
        }
    }
}

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

static void read_teaser(struct cx *cx, struct face *f, const json_t *doc)
{
    static const char *const where[] = {"outbox", "featured"};
    for (size_t i = 0; i < 2 && f->teaser.n == 0; i++) {
        json_t *page;
        struct str url = ld_id_at(doc, where[i]);
        if (!str_empty(url) && collection_get(cx, url, f->host, &page) == OK)
            consider_items(cx, f, page);
    }
    cx->fail = NULL;
}

/* ---- whom it recommends ---- */

static enum err read_links(struct cx *cx, struct face *f)
{
    json_t *page;
    struct str *links = ARENA_ARRAY(cx->arena, struct str, FED_ENDORSE_READ);
    size_t n = 0;
    if (str_empty(f->endorsements))
        return OK;
    TRY(collection_get(cx, f->endorsements, f->host, &page));
    const json_t *items = ld_get(page, "orderedItems");
    LD_EACH(i, item, items == NULL ? ld_get(page, "items") : items) {
        struct str id = ld_id(item);
        if (n == FED_ENDORSE_READ)
            break;
        if (id.p != NULL && id.n <= URL_MAX && fed_id_ok(cx, id, fed_host_of(cx->arena, id)) && !str_eq(id, f->uri))
            links[n++] = id;
    }
    f->links = links;
    f->n_links = n;
    return OK;
}

/* ---- who it is ---- */

/* interactionPolicy.canFeature: who is not asked may show; who says whom means all others not. */
static bool refuses(const json_t *doc)
{
    static const char *const keys[] = {"automaticApproval", "always"};
    const json_t *policy = ld_get(doc, "interactionPolicy.canFeature");
    if (policy == NULL || !json_is_object(policy) || json_object_size(policy) == 0)
        return false;
    for (size_t k = 0; k < 2; k++) {
        LD_EACH(i, one, ld_get(policy, keys[k]))
            if (fed_is_public(ld_id(one)))
                return false;
    }
    return true;
}

static enum err read_actor(struct cx *cx, const json_t *doc, struct face *ret)
{
    struct fed_doc d;
    if (fed_doc_read(cx->arena, doc, &d) != OK)
        return cx_fail(cx, ERR_INVALID, "not an actor");
    *ret = (struct face){
        .uri = d.uri, .host = d.host, .name = str_utf8_cut(d.name, NAME_CHARS), .url = d.url, .icon_url = d.icon_url,
        .handle = str_fmt(cx->arena, "@" STR_FMT "@" STR_FMT, STR_ARG(d.username), STR_ARG(d.host)),
        .line = plain(cx, ld_lang(doc, "summary", NULL), LINE_CHARS),
        .endorsements = ld_id_at(doc, "endorsements"),
        .teaser_at = DB_NULL,
        .refused = refuses(doc),
        .moved = ld_id_at(doc, "movedTo").p != NULL,
    };
    return OK;
}

/* A planet of ours: nobody is asked but the store. */
static enum err read_ours(struct cx *cx, struct str uri, struct face *ret, json_t **ret_outbox)
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
    *ret = (struct face){
        .uri = l.uri, .host = cx->node->host, .name = v.name, .url = v.url, .icon_url = v.icon_url,
        .handle = str_fmt(cx->arena, "@" STR_FMT "@" STR_FMT, STR_ARG(v.username), STR_ARG(v.handle_host)),
        .line = html_to_text(cx->arena, v.summary, LINE_CHARS), .teaser_at = DB_NULL,
    };
    TRY(fed_endorse_uris(cx, l.local_id, &links, &n));
    ret->links = links;
    ret->n_links = n < FED_ENDORSE_READ ? n : FED_ENDORSE_READ;
    TRY(q_outbox_page(cx, l.id, INT64_MAX, ITEMS_READ, &rows, &n));
    for (size_t i = 0; i < n; i++) {
        json_t *activity;
        if (json_read(cx->arena, rows[i].body, NULL, &activity) == OK && ld_type_is(activity, "Create"))
            consider(cx, ret, ld_get(activity, "object"), activity);
    }
    return OK;
}

/* deep: its own recommendations, too. */
static enum err look(struct cx *cx, struct str uri, bool deep, struct face *ret)
{
    json_t *doc;
    if (str_starts(uri, str_fmt(cx->arena, STR_FMT "/", STR_ARG(cx->node->origin))))
        return read_ours(cx, uri, ret, &doc);
    TRY(fed_object_get(cx, uri, &doc));
    TRY(read_actor(cx, doc, ret));
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

static enum err put_links(struct cx *cx, const struct face *f)
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
static enum err keep(struct cx *cx, const struct face *f, bool deep)
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
    struct face f;
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

static enum err find(struct cx *cx, struct str asked, struct face *ret)
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
    struct face f;
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
