/* What owners recommend, and what visitors are shown of it. The looking stands in nearby_look.c. */
#include "federation/nearby.h"

#include "federation/fed.h"
#include "federation/finger.h"
#include "federation/nearby_sql.h"
#include "federation/policy.h"
#include "node/base/clock.h"
#include "node/base/id.h"
#include "node/base/url.h"
#include "node/db/db.h"
#include "node/jobs/jobs.h"
#include "node/media/far.h"
#include "node/people/audit.h"
#include "node/planet/planet.h"
#include "node/settings.h"

/* What was not seen for so long is shown no more; what was said longer ago is not news. */
#define SEEN_WITHIN (14 * MS_DAY)
#define SAID_WITHIN (120 * MS_DAY)
enum { SECOND_ROWS = 400, WHO_MAX = 500 };

/* ---- recommending ---- */

/* "Tea@Example.org" and "@tea@example.org" are one. STR_NULL: neither a handle nor an address. */
static struct str normal(struct cx *cx, struct str who)
{
    struct str user, host;
    struct url u;
    who = str_trim(who);
    if (who.n > WHO_MAX)
        return STR_NULL;
    if (fed_handle_parse(cx->arena, who, &user, &host))
        return str_fmt(cx->arena, "@" STR_FMT "@" STR_FMT, STR_ARG(str_lower(cx->arena, user)), STR_ARG(host));
    if (url_parse(cx->arena, who, &u) != OK)
        return STR_NULL;
    return str_sub(who, 0, str_find_char(who, '#', 0));
}

/* The planet itself, by any of its own names. */
static enum err is_itself(struct cx *cx, int64_t planet_id, struct str who, bool *ret)
{
    struct planet p;
    struct str uri;
    TRY(planet_by_id(cx, planet_id, &p));
    TRY(fed_planet_uri(cx, planet_id, &uri));
    *ret = str_eq(who, uri) || str_eq(who, fed_iri(cx, "/@" STR_FMT, STR_ARG(p.handle))) ||
           str_ieq(who, str_fmt(cx->arena, "@" STR_FMT "@" STR_FMT, STR_ARG(p.handle), STR_ARG(setting_handle_host(cx))));
    return OK;
}

enum err fed_endorse_find(struct cx *cx, int64_t planet_id, struct str who, int64_t *ret_id)
{
    struct endorsement_same_row row;
    struct fed_endorsement *all;
    bool found;
    size_t n;
    who = normal(cx, who);
    TRY(q_endorsement_same(cx, planet_id, who, &found, &row));
    if (found) {
        *ret_id = row.id;
        return OK;
    }
    TRY(fed_endorse_list(cx, planet_id, &all, &n));
    for (size_t i = 0; i < n && !found; i++) {
        found = all[i].uri.p != NULL && (str_ieq(all[i].handle, who) || str_eq(all[i].url, who));
        if (found)
            *ret_id = all[i].id;
    }
    return found ? OK : ERR_NOT_FOUND;
}

enum err fed_endorse_add(struct cx *cx, int64_t planet_id, struct str who, int64_t *ret_id)
{
    struct endorsement_same_row same;
    bool self, found;
    int64_t n, id = id_next(cx->node->ids);
    TRY(planet_may_manage(cx, planet_id));
    who = normal(cx, who);
    if (who.p == NULL)
        return cx_tell(cx, ERR_INVALID, N_("Please write who it is like “@name@example.org”, or paste the address "
                                           "of their page."));
    TRY(is_itself(cx, planet_id, who, &self));
    if (self)
        return cx_tell(cx, ERR_INVALID, N_("That is this planet itself."));
    TX_SCOPE(cx);
    TRY(q_endorsement_same(cx, planet_id, who, &found, &same));
    if (found && !str_eq_c(same.state, "unknown"))
        return cx_tell(cx, ERR_CONFLICT, N_("You recommend that one already."));
    TRY(q_endorsement_count(cx, planet_id, &n));
    if (!found && n >= FED_ENDORSE_MAX)
        return cx_tell(cx, ERR_RATE_LIMITED, N_("A planet recommends at most 50 others. Please take one off first."));
    if (found)
        TRY(q_endorsement_again(cx, same.id, cx->now, NULL));
    else
        TRY(q_endorsement_insert(cx, id, planet_id, who, cx->now, NULL));
    TRY(audit_put(cx, "endorse.add", planet_id, who));
    TRY(fed_nearby_plan(cx, 0));
    TRY(tx_commit(cx));
    *ret_id = found ? same.id : id;
    return OK;
}

enum err fed_endorse_remove(struct cx *cx, int64_t planet_id, int64_t id)
{
    struct endorsement_get_row row;
    bool found;
    TRY(planet_may_manage(cx, planet_id));
    TX_SCOPE(cx);
    TRY(q_endorsement_get(cx, planet_id, id, &found, &row));
    if (!found)
        return ERR_NOT_FOUND;
    TRY(q_endorsement_delete(cx, planet_id, id, NULL));
    TRY(audit_put(cx, "endorse.remove", planet_id, row.asked));
    if (row.uri.p != NULL)
        TRY(event_emit(cx, EV_PLANET_CHANGED, planet_id, STR_NULL));
    TRY(fed_nearby_plan_now(cx));
    return tx_commit(cx);
}

static enum fed_endorsed state_of(struct str state, struct str known)
{
    if (str_eq_c(state, "asked"))
        return FED_ENDORSED_ASKED;
    if (str_eq_c(state, "unknown"))
        return FED_ENDORSED_UNKNOWN;
    if (str_eq_c(known, "refused"))
        return FED_ENDORSED_REFUSED;
    return str_eq_c(known, "gone") ? FED_ENDORSED_GONE : FED_ENDORSED_FOUND;
}

enum err fed_endorse_list(struct cx *cx, int64_t planet_id, struct fed_endorsement **ret, size_t *ret_n)
{
    struct endorsed_row *rows;
    TRY(q_endorsement_list(cx, planet_id, &rows, ret_n));
    *ret = ARENA_ARRAY(cx->arena, struct fed_endorsement, *ret_n);
    for (size_t i = 0; i < *ret_n; i++) {
        const struct endorsed_row *r = &rows[i];
        (*ret)[i] = (struct fed_endorsement){
            .id = r->id, .asked = r->asked, .uri = r->uri, .name = str_empty(r->name) ? r->asked : r->name,
            .handle = r->handle, .url = r->url, .state = state_of(r->state, r->known),
            .icon = far_media_url_of(cx, r->host, r->icon_url, FAR_AVATAR),
        };
    }
    return OK;
}

enum err fed_endorse_uris(struct cx *cx, int64_t planet_id, struct str **ret, size_t *ret_n)
{
    struct str *all;
    size_t n, kept = 0;
    TRY(q_endorsement_uris(cx, planet_id, &all, &n));
    for (size_t i = 0; i < n; i++) {
        struct fed_policy p;
        if (fed_policy_of_url(cx, all[i], &p) == OK && p.level != FED_SUSPENDED)
            all[kept++] = all[i];
    }
    *ret = all;
    *ret_n = kept;
    return OK;
}

/* ---- showing ---- */

static enum err is_open(struct cx *cx, int64_t planet_id, struct str host, int64_t actor_id, bool *ret)
{
    struct fed_policy p;
    enum fed_actor_level level = FED_ACTOR_OPEN;
    *ret = true;
    if (str_eq(host, cx->node->host))
        return OK;
    TRY(fed_policy_of(cx, host, &p));
    if (p.level == FED_OPEN && actor_id != DB_NULL)
        TRY(fed_actor_blocked(cx, actor_id, planet_id, &level));
    *ret = p.level == FED_OPEN && level == FED_ACTOR_OPEN;
    return OK;
}

struct sky {
    struct fed_neighbour *v;
    size_t n, max;
};

static bool is_there(const struct sky *s, struct str uri)
{
    for (size_t i = 0; i < s->n; i++)
        if (str_eq(s->v[i].uri, uri))
            return true;
    return false;
}

static enum err add_all(struct cx *cx, int64_t planet_id, const struct neighbour_row *rows, size_t n, int step,
                        struct sky *s)
{
    for (size_t i = 0; i < n && s->n < s->max; i++) {
        const struct neighbour_row *r = &rows[i];
        bool open, by_open = true;
        if (is_there(s, r->uri))
            continue;
        TRY(is_open(cx, planet_id, r->host, r->actor_id, &open));
        if (open && step == 2)
            TRY(is_open(cx, planet_id, r->by_host, r->by_actor_id, &by_open));
        if (!open || !by_open)
            continue;
        bool fresh = r->teaser.n > 0 && r->teaser_at != DB_NULL && r->teaser_at > cx->now - SAID_WITHIN;
        s->v[s->n++] = (struct fed_neighbour){
            .uri = r->uri, .host = r->host, .handle = r->handle, .name = r->name, .line = r->line, .url = r->url,
            .icon = far_media_url_of(cx, r->host, r->icon_url, FAR_AVATAR),
            .teaser = fresh ? r->teaser : STR_NULL, .teaser_url = fresh ? r->teaser_url : STR_NULL,
            .teaser_at = r->teaser_at, .step = step, .by = r->by_name,
        };
    }
    return OK;
}

enum err fed_nearby(struct cx *cx, int64_t planet_id, size_t max, struct fed_neighbour **ret, size_t *ret_n)
{
    struct neighbour_row *rows;
    struct str self;
    size_t n;
    struct sky s = {.v = ARENA_ARRAY(cx->arena, struct fed_neighbour, max), .max = max};
    TRY(fed_planet_uri(cx, planet_id, &self));
    TRY(q_nearby_first(cx, planet_id, cx->now - SEEN_WITHIN, &rows, &n));
    TRY(add_all(cx, planet_id, rows, n, 1, &s));
    if (s.n < max) {
        TRY(q_nearby_second(cx, planet_id, cx->now - SEEN_WITHIN, self, SECOND_ROWS, &rows, &n));
        TRY(add_all(cx, planet_id, rows, n, 2, &s));
    }
    *ret = s.v;
    *ret_n = s.n;
    return OK;
}

enum err fed_nearby_is_shown(struct cx *cx, int64_t planet_id, bool *ret)
{
    int64_t id;
    return q_nearby_is_shown(cx, planet_id, ret, &id);
}

enum err fed_nearby_set_shown(struct cx *cx, int64_t planet_id, bool shown)
{
    TRY(planet_may_manage(cx, planet_id));
    TX_SCOPE(cx);
    TRY(shown ? q_nearby_show_on(cx, planet_id, NULL) : q_nearby_show_off(cx, planet_id, NULL));
    TRY(audit_put(cx, shown ? "nearby.show" : "nearby.hide", planet_id, STR_NULL));
    cx->wake |= WAKE_PUBLIC;
    return tx_commit(cx);
}

enum err fed_nearby_hide(struct cx *cx, int64_t planet_id, struct str uri)
{
    TRY(planet_may_manage(cx, planet_id));
    if (str_empty(uri) || uri.n > URL_MAX)
        return ERR_NOT_FOUND;
    TX_SCOPE(cx);
    TRY(q_nearby_hide(cx, planet_id, uri, NULL));
    TRY(audit_put(cx, "nearby.off", planet_id, uri));
    cx->wake |= WAKE_PUBLIC;
    return tx_commit(cx);
}

enum err fed_nearby_unhide(struct cx *cx, int64_t planet_id)
{
    TRY(planet_may_manage(cx, planet_id));
    TX_SCOPE(cx);
    TRY(q_nearby_unhide(cx, planet_id, NULL));
    cx->wake |= WAKE_PUBLIC;
    return tx_commit(cx);
}

enum err fed_nearby_hidden(struct cx *cx, int64_t planet_id, int64_t *ret_n)
{
    return q_nearby_n_hidden(cx, planet_id, ret_n);
}

/* ---- when it is looked ---- */

static enum err plan_at(struct cx *cx, int64_t at)
{
    static const struct str payload = STR_INIT("-"), key = STR_INIT("fed.nearby");
    TRY(job_cancel(cx, "fed.nearby", 0, payload, key, NULL));
    return at == DB_NULL ? OK : job_put(cx, "fed.nearby", 0, payload, key, at);
}

enum err fed_nearby_plan(struct cx *cx, int64_t not_before)
{
    int64_t at;
    TRY(q_nearby_next(cx, &at));
    if (at != DB_NULL && at < cx->now)
        at = cx->now;
    return plan_at(cx, at != DB_NULL && at < not_before ? not_before : at);
}

enum err fed_nearby_plan_now(struct cx *cx)
{
    return plan_at(cx, cx->now);
}

enum err fed_nearby_hurry(struct cx *cx, struct str uri)
{
    int64_t changes;
    TX_SCOPE(cx);
    TRY(q_nearby_hurry(cx, uri, cx->now - 10 * MS_MINUTE, cx->now, &changes));
    if (changes > 0)
        TRY(fed_nearby_plan(cx, 0));
    return tx_commit(cx);
}
