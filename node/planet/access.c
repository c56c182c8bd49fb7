#include "node/planet/access.h"

#include "node/base/clock.h"
#include "node/db/db.h"
#include "node/planet/access_sql.h"
#include "node/planet/grant.h"
#include "node/planet/planet.h"

/* What is known of the viewer in one planet. */
struct facts {
    enum role role;
    struct access_facts_row *rows; /* account, grants, purchases */
    size_t n;
};
enum { ROW_ACCOUNT, ROW_GRANT, ROW_PURCHASE };

/* The facts of one account in one planet, with its purchases among the posts from first to last. A request
 * that only shows keeps them in its cx: lists, comments and buttons of a page ask for the same again. */
struct standing {
    const struct standing *next;
    int64_t account_id, planet_id, first_post, last_post;
    bool active;                   /* false: the account is suspended or deleted, a visitor then */
    struct facts facts;
};

static struct access_pass pass_of(const struct gate *gate, int64_t viewer,
                                  enum access_verdict verdict, enum access_why why)
{
    return (struct access_pass){
        .verdict_ = verdict,
        .why_ = why,
        .post_id_ = gate->post_id,
        .account_id_ = viewer,
        .until_ = DB_NULL,
    };
}

static bool is_sold(const struct gate *gate)
{
    return gate->kind == GATE_PRICE || gate->kind == GATE_ANSWER;
}

static int64_t rank_needed(const struct gate *gate)
{
    return gate->rank < 1 && !is_sold(gate) ? 1 : gate->rank;
}

/* What is asked and answered in private is not for everybody who looks after the planet. */
static bool by_role(const struct facts *f, const struct gate *gate, int64_t viewer)
{
    if (gate->kind == GATE_ANSWER)
        return f->role == ROLE_OWNER || gate->author_id == viewer;
    return f->role >= ROLE_MODERATOR;
}

/* How a grant that is live now opens this gate: WHY_MEMBER or WHY_TRIAL, else why it does not. */
static enum access_why grant_opens(const struct access_facts_row *g, const struct gate *gate,
                                   int64_t now)
{
    if ((is_sold(gate) && gate->rank < 1) || g->rank < rank_needed(gate))
        return WHY_TIER_TOO_LOW;
    if (str_eq_c(g->a, "trial"))
        return gate->not_in_trial ? WHY_NOT_IN_TRIAL : WHY_TRIAL;
    if (str_eq_c(g->a, "trial_card")) {
        int64_t days = g->window_days == DB_NULL ? 0 : g->window_days;
        bool fresh = gate->published_at >= now - days * MS_DAY;
        return gate->not_in_trial || !fresh ? WHY_NOT_IN_TRIAL : WHY_TRIAL;
    }
    /* Of a planet that was free: what was published before it took money (P34). */
    if (str_eq_c(g->a, "legacy") && g->window_days == 0 && gate->published_at >= g->starts_at)
        return WHY_NOT_MEMBER;
    return WHY_MEMBER;
}

static bool row_is_live(const struct access_facts_row *g, int64_t now)
{
    return str_eq_c(g->b, "live") && grant_is_live("live", g->starts_at, g->ends_at, now);
}

/* Until when grants that open the gate the same way follow one another without a gap. */
static int64_t until(const struct facts *f, const struct gate *gate, enum access_why why,
                     int64_t end, int64_t now)
{
    for (bool more = true; more && end != DB_NULL;) {
        more = false;
        for (size_t i = 0; i < f->n && end != DB_NULL; i++) {
            const struct access_facts_row *g = &f->rows[i];
            if (g->what == ROW_GRANT && str_eq_c(g->b, "live") && g->starts_at <= end &&
                grant_opens(g, gate, now) == why && end_max(g->ends_at, end) != end) {
                end = g->ends_at;
                more = true;
            }
        }
    }
    return end;
}

static struct access_pass by_grants(const struct facts *f, const struct gate *gate, int64_t viewer,
                                    int64_t now)
{
    enum access_why denied = WHY_NOT_MEMBER;
    const struct access_facts_row *best = NULL;
    enum access_why best_why = WHY_NOT_MEMBER;
    for (size_t i = 0; i < f->n; i++) {
        const struct access_facts_row *g = &f->rows[i];
        if (g->what != ROW_GRANT)
            continue;
        if (!row_is_live(g, now)) {
            if (denied == WHY_NOT_MEMBER && g->starts_at <= now)
                denied = WHY_LAPSED;
            continue;
        }
        enum access_why why = grant_opens(g, gate, now);
        bool opens = why == WHY_MEMBER || why == WHY_TRIAL;
        if (!opens) {
            denied = denied == WHY_NOT_IN_TRIAL ? denied : why;
            continue;
        }
        /* A full membership before a trial, a trial (with files) before a trial card. */
        bool wins =
            best == NULL || (why == WHY_MEMBER && best_why == WHY_TRIAL) ||
            (why == best_why && str_eq_c(best->a, "trial_card") && best->files == 0 &&
             (str_eq_c(g->a, "trial") || g->files != 0)) ||
            (why == WHY_MEMBER && best_why == why && best->ends_at != DB_NULL &&
             end_max(g->ends_at, best->ends_at) != best->ends_at);
        if (wins) {
            best = g;
            best_why = why;
        }
    }
    if (best == NULL)
        return pass_of(gate, viewer, ACCESS_TEASER, denied);
    struct access_pass pass = pass_of(gate, viewer, ACCESS_FULL, best_why);
    pass.until_ = until(f, gate, best_why, best->ends_at, now);
    if (str_eq_c(best->a, "trial_card")) {
        int64_t leaves = gate->published_at + best->window_days * MS_DAY + 1;
        pass.no_files_ = best->files == 0;
        if (pass.until_ == DB_NULL || leaves < pass.until_)
            pass.until_ = leaves;
    }
    return pass;
}

/* P12, in its order. */
static struct access_pass decide(const struct facts *f, const struct gate *gate, int64_t viewer,
                                 int64_t now)
{
    bool manages = f->role >= ROLE_PARTNER;
    if (gate->published_at == DB_NULL) {
        bool own = f->role == ROLE_GUEST && gate->author_id == viewer && viewer != 0;
        return pass_of(gate, viewer, manages || own ? ACCESS_FULL : ACCESS_NONE,
                       manages || own ? WHY_ROLE : WHY_DRAFT);
    }
    if (gate->kind == GATE_PUBLIC)
        return pass_of(gate, viewer, ACCESS_FULL, WHY_PUBLIC);
    if (viewer == 0)
        return pass_of(gate, viewer, ACCESS_TEASER, WHY_VISITOR);
    if (f->role == ROLE_BANNED)
        return pass_of(gate, viewer, ACCESS_TEASER, WHY_BANNED);
    if (by_role(f, gate, viewer))
        return pass_of(gate, viewer, ACCESS_FULL, WHY_ROLE);
    for (size_t i = 0; i < f->n; i++)
        if (f->rows[i].what == ROW_PURCHASE && f->rows[i].id == gate->post_id)
            return pass_of(gate, viewer, ACCESS_FULL, WHY_PURCHASED);
    return by_grants(f, gate, viewer, now);
}

static enum err ask(struct cx *cx, int64_t planet_id, int64_t first_post, int64_t last_post,
                    struct standing *ret)
{
    struct facts f = {.role = ROLE_NONE};
    TRY(q_access_facts(cx, cx->viewer, planet_id, first_post, last_post, &f.rows, &f.n));
    bool active = false;
    for (size_t i = 0; i < f.n; i++)
        if (f.rows[i].what == ROW_ACCOUNT) {
            active = str_eq_c(f.rows[i].a, "active");
            f.role = role_parse(f.rows[i].b);
        }
    *ret = (struct standing){.account_id = cx->viewer, .planet_id = planet_id, .first_post = first_post,
                             .last_post = last_post, .active = active, .facts = f};
    return OK;
}

/* A transaction is about to change something: it asks the store. */
static bool remembers(const struct cx *cx)
{
    return cx->recall && cx->tx_depth == 0;
}

/* From what is known already, else from the store. */
static enum err learn(struct cx *cx, const struct standing **known, int64_t planet_id, int64_t first_post,
                      int64_t last_post, const struct standing **ret)
{
    for (const struct standing *s = *known; s != NULL; s = s->next)
        if (s->account_id == cx->viewer && s->planet_id == planet_id &&
            (first_post > last_post || (s->first_post <= first_post && last_post <= s->last_post))) {
            *ret = s;
            return OK;
        }
    struct standing *s = ARENA_NEW(cx->arena, struct standing);
    TRY(ask(cx, planet_id, first_post, last_post, s));
    s->next = *known;
    *known = *ret = s;
    if (remembers(cx))
        cx->standing = s;
    return OK;
}

enum err access_role(struct cx *cx, int64_t planet_id, enum role *ret)
{
    const struct standing *known = remembers(cx) ? cx->standing : NULL, *s;
    *ret = ROLE_NONE;
    if (cx->viewer == 0)
        return OK;
    TRY(learn(cx, &known, planet_id, 1, 0, &s)); /* of no post */
    *ret = s->facts.role;
    return OK;
}

enum err access_decide_many(struct cx *cx, const struct gate *gates, size_t n,
                            struct access_pass *ret)
{
    int64_t first = INT64_MAX, last = 0;
    for (size_t i = 0; i < n; i++) {
        first = gates[i].post_id < first ? gates[i].post_id : first;
        last = gates[i].post_id > last ? gates[i].post_id : last;
    }
    const struct standing *known = remembers(cx) ? cx->standing : NULL, *s = NULL;
    const struct facts nobody = {.role = ROLE_NONE};
    for (size_t i = 0; i < n; i++) {
        if (cx->viewer != 0 && (s == NULL || s->planet_id != gates[i].planet_id))
            TRY(learn(cx, &known, gates[i].planet_id, first, last, &s));
        bool active = s != NULL && s->active;
        ret[i] = decide(active ? &s->facts : &nobody, &gates[i], active ? cx->viewer : 0, cx->now);
    }
    return OK;
}

enum err access_decide(struct cx *cx, const struct gate *gate, struct access_pass *ret)
{
    return access_decide_many(cx, gate, 1, ret);
}

enum err access_internal(struct cx *cx, const struct gate *gate, enum access_reason reason,
                         struct access_pass *ret)
{
    if (reason != ACCESS_FOR_INDEX && reason != ACCESS_FOR_EXPORT)
        return cx_fail(cx, ERR_FORBIDDEN, "no such reason");
    *ret = pass_of(gate, 0, ACCESS_FULL, WHY_ROLE);
    return OK;
}
