/* A planet with everybody around it, for the tests of node/talk. */
#ifndef TESTS_UNIT_TALK_WORLD_H
#define TESTS_UNIT_TALK_WORLD_H

#include "node/base/clock.h"
#include "node/event.h"
#include "node/planet/access.h"
#include "node/server.h"
#include "node/talk/comment.h"
#include "node/talk/post.h"
#include "tests/unit/store.h"
#include "tests/unit/talk_world_sql.h"

enum {
    TEA = 1, SAND = 2, /* planets */
    OWNER = 11, PARTNER, GUEST, MODERATOR, MEMBER, GOLD, LAPSED, STRANGER, BANNED, OTHER_MEMBER,
    ANN = 31, BEN, /* actors elsewhere */
    FIRST_MEDIA = 51
};

struct world {
    struct store *store;
    struct server server;
    struct cx *cx;
};

static const struct event_row world_events[] = {
    {EV_POST_PUBLISHED, true, {"t.published"}},
    {EV_POST_UPDATED, true, {"t.updated"}},
    {EV_POST_DELETED, true, {"t.deleted"}},
    {EV_POST_BODY_CHANGED, true, {"t.body"}},
    {EV_POST_PINNED, true, {"t.pinned"}},
    {EV_COMMENT_CREATED, true, {"t.comment"}},
    {EV_COMMENT_UPDATED, true, {"t.comment_updated"}},
    {EV_COMMENT_DELETED, true, {"t.comment_deleted"}},
    {EV_REACTION_CHANGED, true, {"t.reaction"}},
    {EV_MENTIONED, false, {"t.mentioned"}},
    {EV_NONE},
};
static const struct wiring world_wiring = {.events = world_events};

#define OK_(call) assert_int_equal((call), OK)

static inline void world_people(struct cx *cx)
{
    static const struct { int64_t id; const char *name, *role; int64_t rank; const char *kind; int64_t days; } all[] = {
        {OWNER, "olga", "owner", 0, NULL, 0},      {PARTNER, "pat", "partner", 0, NULL, 0},
        {GUEST, "gus", "guest", 0, NULL, 0},       {MODERATOR, "mod", "moderator", 0, NULL, 0},
        {MEMBER, "mia", NULL, 1, "code", 30},      {GOLD, "gold", NULL, 2, "code", 30},
        {LAPSED, "leo", NULL, 1, "code", -1},      {STRANGER, "sam", NULL, 0, NULL, 0},
        {BANNED, "bad", "banned", 1, "code", 30},  {OTHER_MEMBER, "oto", NULL, 0, NULL, 0},
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        OK_(q_world_account(cx, all[i].id, str_c(all[i].name), cx->now, NULL));
        if (all[i].role != NULL)
            OK_(q_world_role(cx, TEA, all[i].id, str_c(all[i].role), NULL));
        if (all[i].rank > 0)
            OK_(q_world_grant(cx, all[i].id, all[i].id, TEA, 20 + all[i].rank, all[i].rank,
                              str_c(all[i].kind), cx->now - 2 * MS_DAY,
                              cx->now + all[i].days * MS_DAY, NULL));
    }
    OK_(q_world_grant(cx, 99, OTHER_MEMBER, SAND, 25, 1, STR("code"), cx->now, DB_NULL, NULL));
}

static inline int world_setup(void **state)
{
    struct world *w = calloc(1, sizeof *w);
    w->store = store_new();
    w->server.wiring = &world_wiring;
    w->store->node.server = &w->server;
    w->store->node.origin = STR("https://t.example");
    w->store->node.host = STR("t.example");
    w->store->node.dir = w->store->dir;
    struct cx *cx = w->cx = cx_new(&w->store->node);
    cx->now = INT64_C(1800000000000);
    OK_(tx_begin(cx));
    OK_(q_world_planet(cx, TEA, STR("tea"), cx->now, NULL));
    OK_(q_world_planet(cx, SAND, STR("sand"), cx->now, NULL));
    OK_(q_world_tier(cx, 21, TEA, STR("member"), 1, NULL));
    OK_(q_world_tier(cx, 22, TEA, STR("gold"), 2, NULL));
    OK_(q_world_tier(cx, 25, SAND, STR("member"), 1, NULL));
    world_people(cx);
    OK_(q_world_actor(cx, ANN, STR("https://far.example/ann"), STR("ann"), NULL));
    OK_(q_world_actor(cx, BEN, STR("https://far.example/ben"), STR("ben"), NULL));
    OK_(tx_commit(cx));
    *state = w;
    return 0;
}

static inline int world_teardown(void **state)
{
    struct world *w = *state;
    cx_free(w->cx);
    store_free(w->store);
    free(w);
    return 0;
}

/* The cx of the world, with this account looking. */
static inline struct cx *as(void **state, int64_t account_id)
{
    struct world *w = *state;
    w->cx->viewer = account_id;
    w->cx->tell = NULL;
    return w->cx;
}

static inline struct post make(void **state, const char *title, const char *body, const char *teaser,
                               enum gate_kind access, int64_t rank)
{
    struct cx *cx = as(state, OWNER);
    struct post_draft d = {.planet_id = TEA, .title = str_c(title), .body = str_c(body),
                           .teaser = str_c(teaser), .access = access, .tier_rank = rank};
    struct post p;
    if (access == GATE_PRICE) {
        d.price_amount = 500;
        d.price_currency = STR("CNY");
    }
    OK_(post_save(cx, &d, &p));
    return p;
}

static inline struct post make_published(void **state, const char *title, const char *body,
                                         const char *teaser, enum gate_kind access, int64_t rank)
{
    struct post p = make(state, title, body, teaser, access, rank);
    struct cx *cx = as(state, OWNER);
    cx->now += 1000;
    OK_(post_publish(cx, p.id, true, &p));
    return p;
}

/* Expect exactly these jobs, "kind kind …", and clear them. */
static inline void expect_events(void **state, const char *kinds)
{
    struct cx *cx = as(state, 0);
    struct world_jobs_row *rows;
    size_t n, at = 0;
    char got[400] = "";
    OK_(q_world_jobs(cx, &rows, &n));
    for (size_t i = 0; i < n && at < sizeof got; i++)
        at += (size_t)snprintf(got + at, sizeof got - at, "%s%.*s", i > 0 ? " " : "",
                               (int)rows[i].kind.n - 2, rows[i].kind.p + 2);
    assert_string_equal(got, kinds);
    OK_(tx_begin(cx));
    OK_(q_world_jobs_clear(cx, NULL));
    OK_(tx_commit(cx));
}

static inline struct access_pass pass_of(struct cx *cx, const struct post *p)
{
    struct access_pass pass;
    OK_(access_decide(cx, &p->gate, &pass));
    return pass;
}

static inline struct post again(struct cx *cx, int64_t id)
{
    struct post p;
    OK_(post_by_id(cx, id, &p));
    return p;
}

static inline struct safe_html html_of(const char *c)
{
    return (struct safe_html){str_c(c)};
}

static inline void put_media(void **state, int64_t id, int64_t account, int64_t planet,
                             const char *kind)
{
    struct cx *cx = as(state, account);
    OK_(tx_begin(cx));
    OK_(q_world_media(cx, id, account, planet, str_c(kind),
                      kind[0] == 'i' ? STR("image/webp") : STR("application/pdf"), NULL));
    OK_(tx_commit(cx));
}

#endif
