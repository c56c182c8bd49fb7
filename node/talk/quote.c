#include "node/talk/quote.h"

#include "node/db/db.h"
#include "node/event.h"
#include "node/people/audit.h"
#include "node/planet/planet.h"
#include "node/talk/quote_sql.h"

static const char *const words[] = {[QUOTE_EVERYBODY] = "everybody",
                                    [QUOTE_FOLLOWERS] = "followers",
                                    [QUOTE_NOBODY] = "nobody"};

const char *quote_rule_word(enum quote_rule rule)
{
    return words[rule];
}

bool quote_rule_parse(struct str word, enum quote_rule *ret)
{
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (!str_eq_c(word, words[i]))
            continue;
        *ret = (enum quote_rule)i;
        return true;
    }
    return false;
}

enum err quote_rule_of(struct cx *cx, int64_t planet_id, enum quote_rule *ret)
{
    struct str word;

    TRY(q_quote_rule(cx, planet_id, &word));
    if (!quote_rule_parse(word, ret))
        return cx_fail(cx, ERR_INTERNAL, "an unknown rule about quotes");
    return OK;
}

enum err quote_rule_set(struct cx *cx, int64_t planet_id, enum quote_rule rule)
{
    enum quote_rule before;

    TRY(planet_may_manage(cx, planet_id));
    TX_SCOPE(cx);
    TRY(quote_rule_of(cx, planet_id, &before));
    if (before != rule) {
        TRY(q_quote_rule_change(cx, planet_id, str_c(quote_rule_word(rule)), NULL));
        TRY(audit_put(cx, "fediverse.quotes", planet_id, str_c(quote_rule_word(rule))));
        TRY(event_emit(cx, EV_PLANET_CHANGED, planet_id, STR_NULL));
    }
    return tx_commit(cx);
}

static struct quote_grant grant_of(const struct quote_grant_row *r)
{
    return (struct quote_grant){r->id,         r->post_id,   r->actor_id,  r->local_actor_id,
                                r->target_uri, r->quote_uri, r->revoked_at};
}

enum err quote_grant_by_id(struct cx *cx, int64_t id, struct quote_grant *ret)
{
    struct quote_grant_row row;

    TRY(q_quote_grant_get(cx, id, &row));
    *ret = grant_of(&row);
    return OK;
}

enum err quote_grant_find(struct cx *cx, struct str quote_uri, struct str target_uri,
                          bool *ret_found, struct quote_grant *ret)
{
    struct quote_grant_row row;

    TRY(q_quote_grant_by_uris(cx, quote_uri, target_uri, ret_found, &row));
    if (*ret_found)
        *ret = grant_of(&row);
    return OK;
}

enum err quote_grant_put(struct cx *cx, const struct quote_grant *g, struct quote_grant *ret)
{
    bool found;

    TRY(q_quote_grant_insert(cx, g->id, g->post_id, g->actor_id, g->local_actor_id, g->target_uri,
                             g->quote_uri, cx->now, NULL));
    TRY(quote_grant_find(cx, g->quote_uri, g->target_uri, &found, ret));
    return found ? OK : cx_fail(cx, ERR_INTERNAL, "a grant that is not there");
}

static void grants_of(struct cx *cx, const struct quote_grant_row *rows, size_t n,
                      struct quote_grant **ret)
{
    *ret = ARENA_ARRAY(cx->arena, struct quote_grant, n);
    for (size_t i = 0; i < n; i++)
        (*ret)[i] = grant_of(&rows[i]);
}

enum err quote_grants_of_note(struct cx *cx, struct str quote_uri, struct quote_grant **ret,
                              size_t *ret_n)
{
    struct quote_grant_row *rows;

    TRY(q_quote_grants_note(cx, quote_uri, &rows, ret_n));
    grants_of(cx, rows, *ret_n, ret);
    return OK;
}

enum err quote_grants_of_actor(struct cx *cx, int64_t actor_id, struct quote_grant **ret,
                               size_t *ret_n)
{
    struct quote_grant_row *rows;

    TRY(q_quote_grants_actor(cx, actor_id, &rows, ret_n));
    grants_of(cx, rows, *ret_n, ret);
    return OK;
}

enum err quote_grant_revoke(struct cx *cx, int64_t id)
{
    return q_quote_grant_end(cx, id, cx->now, NULL);
}
