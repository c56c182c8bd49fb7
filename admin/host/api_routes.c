/* The API's addresses: each is one verb and a few lines of JSON. */
#include "admin/host/api_int.h"
#include "node/base/arena.h"
#include "node/db/db.h"

/* ---- writing ---- */

static void put_i64_or_null(struct jw *w, const char *key, int64_t v)
{
    jw_key(w, key);
    if (v == DB_NULL)
        jw_null(w);
    else
        jw_i64(w, v);
}

static void put_time_or_null(struct jw *w, const char *key, int64_t ms)
{
    jw_key(w, key);
    if (ms == DB_NULL)
        jw_null(w);
    else
        jw_time(w, ms);
}

/* Inside an object that the caller opens and closes. */
static void put_node(struct jw *w, const struct host_node *n)
{
    jw_key_id(w, "id", n->id);
    jw_key_str(w, "name", n->name);
    jw_key_str(w, "domain", n->host);
    jw_key_str(w, "address", n->origin);
    jw_key_str(w, "owner", n->owner);
    jw_key_str(w, "plan", n->plan);
    jw_key_str(w, "state", n->state);
    jw_key_str(w, "store", n->store);
    jw_key_str(w, "directory", n->dir);
    jw_key_bool(w, "awake", n->awake);
    put_i64_or_null(w, "members", n->members);
    put_i64_or_null(w, "storage", n->storage);
    jw_key_str(w, "error", n->error);
    put_time_or_null(w, "archive_until", n->archive_until);
    jw_key_time(w, "created_at", n->created_at);
    jw_key_time(w, "changed_at", n->changed_at);
}

static enum err finish(struct api_call *c, const struct jw *w)
{
    return jw_done(w) ? OK : cx_fail(c->cx, ERR_INTERNAL, "an answer was not written whole");
}

static enum err answer_node(struct api_call *c, const struct host_node *n)
{
    struct jw w;
    jw_init(&w, &c->rq->out);
    jw_obj(&w);
    put_node(&w, n);
    jw_end(&w);
    return finish(c, &w);
}

/* ---- nodes ---- */

static enum err list_nodes(struct api_call *c)
{
    struct str after, state;
    struct host_node *v;
    struct jw w;
    int64_t limit;
    size_t n;
    TRY(api_text(c, "after", &after));
    TRY(api_text(c, "state", &state));
    TRY(api_limit(c, &limit));
    TRY(host_list(c->cx, after, state, limit, &v, &n));
    jw_init(&w, &c->rq->out);
    jw_obj(&w);
    jw_key(&w, "nodes");
    jw_arr(&w);
    for (size_t i = 0; i < n; i++) {
        jw_obj(&w);
        put_node(&w, &v[i]);
        jw_end(&w);
    }
    jw_end(&w);
    jw_key_str(&w, "next", (int64_t)n == limit ? v[n - 1].name : STR_NULL);
    jw_end(&w);
    return finish(c, &w);
}

static enum err create_node(struct api_call *c)
{
    struct host_ask ask;
    struct host_node n;
    struct str link;
    struct jw w;
    bool made;
    TRY(api_keys(c, "domain owner plan name planet title lang"));
    TRY(api_text(c, "domain", &ask.domain));
    TRY(api_text(c, "owner", &ask.owner));
    TRY(api_text(c, "plan", &ask.plan));
    TRY(api_text(c, "name", &ask.name));
    TRY(api_text(c, "planet", &ask.planet));
    TRY(api_text(c, "title", &ask.title));
    TRY(api_text(c, "lang", &ask.lang));
    TRY(host_create(c->cx, &ask, &n, &link, &made));
    c->rq->status = made ? 201 : 200;
    c->rq->location = str_fmt(c->rq->arena, "/v1/nodes/" STR_FMT, STR_ARG(n.name));
    jw_init(&w, &c->rq->out);
    jw_obj(&w);
    put_node(&w, &n);
    jw_key_str(&w, "sign_in", link);
    jw_key_bool(&w, "made", made);
    jw_end(&w);
    return finish(c, &w);
}

static enum err show_node(struct api_call *c)
{
    struct host_node n;
    TRY(host_find(c->cx, c->name, &n));
    return answer_node(c, &n);
}

static enum err change_node(struct api_call *c)
{
    struct host_node n;
    struct str plan, name, state;
    TRY(api_keys(c, "plan name state"));
    TRY(api_text(c, "plan", &plan));
    TRY(api_text(c, "name", &name));
    TRY(api_text(c, "state", &state));
    TRY(host_find(c->cx, c->name, &n));
    if (state.p != NULL && !str_eq_c(state, "active") && !str_eq_c(state, "suspended"))
        return cx_tell(c->cx, ERR_INVALID, N_("A state to change to is active or suspended."));
    if (plan.p != NULL)
        TRY(host_set_plan(c->cx, n.host, plan, &n));
    if (name.p != NULL)
        TRY(host_rename(c->cx, n.host, name, &n));
    if (state.p != NULL && str_eq_c(state, "active"))
        TRY(host_resume(c->cx, n.host, &n));
    else if (state.p != NULL)
        TRY(host_suspend(c->cx, n.host, &n));
    return answer_node(c, &n);
}

static enum err delete_node(struct api_call *c)
{
    struct host_node n;
    struct str now;
    int64_t grace = HOST_GRACE_DAYS;
    bool there;
    TRY(api_i64(c, "grace_days", &grace, &there));
    TRY(api_text(c, "now", &now));
    TRY(host_delete(c->cx, c->name, grace, str_eq_c(now, "true"), &n));
    return answer_node(c, &n);
}

static enum err suspend_node(struct api_call *c)
{
    struct host_node n;
    TRY(host_suspend(c->cx, c->name, &n));
    return answer_node(c, &n);
}

static enum err resume_node(struct api_call *c)
{
    struct host_node n;
    TRY(host_resume(c->cx, c->name, &n));
    return answer_node(c, &n);
}

static enum err move_node(struct api_call *c)
{
    struct host_node n;
    struct str dir, store;
    TRY(api_keys(c, "directory store"));
    TRY(api_text(c, "directory", &dir));
    TRY(api_text(c, "store", &store));
    TRY(host_move(c->cx, c->name, dir, store, &n));
    return answer_node(c, &n);
}

static enum err link_node(struct api_call *c)
{
    struct str link;
    struct jw w;
    TRY(host_sign_in_link(c->cx, c->name, &link));
    jw_init(&w, &c->rq->out);
    jw_obj(&w);
    jw_key_str(&w, "sign_in", link);
    jw_end(&w);
    return finish(c, &w);
}

/* ---- usage ---- */

static void put_usage(struct jw *w, const struct host_usage *u)
{
    jw_obj(w);
    jw_key_str(w, "name", u->name);
    jw_key_str(w, "domain", u->domain);
    jw_key_str(w, "day", u->day);
    jw_key_i64(w, "requests", u->requests);
    jw_key_i64(w, "bytes", u->bytes);
    jw_key_i64(w, "deliveries", u->deliveries);
    jw_key_i64(w, "mails", u->mails);
    jw_key_i64(w, "job_cpu_ms", u->job_cpu_ms);
    put_i64_or_null(w, "storage", u->storage);
    put_i64_or_null(w, "members", u->members);
    jw_end(w);
}

/* Of one node or of all: without a name in the path c->name is NULL. */
static enum err list_usage(struct api_call *c)
{
    struct host_usage_ask ask = {.name = c->name};
    struct host_usage *v;
    struct jw w;
    size_t n;
    TRY(api_text(c, "from", &ask.from));
    TRY(api_text(c, "to", &ask.to));
    TRY(api_text(c, "after", &ask.after));
    TRY(api_limit(c, &ask.n));
    TRY(host_usage_flush(c->cx, false));
    TRY(host_usage_list(c->cx, &ask, &v, &n));
    jw_init(&w, &c->rq->out);
    jw_obj(&w);
    jw_key(&w, "usage");
    jw_arr(&w);
    for (size_t i = 0; i < n; i++)
        put_usage(&w, &v[i]);
    jw_end(&w);
    jw_key_str(&w, "next",
               (int64_t)n == ask.n ? host_usage_mark(c->cx, &v[n - 1]) : STR_NULL);
    jw_end(&w);
    return finish(c, &w);
}

/* ---- plans ---- */

static void put_plan(struct jw *w, const struct host_plan *p)
{
    jw_obj(w);
    jw_key_str(w, "name", p->name);
    jw_key_i64(w, "members", p->members);
    jw_key_i64(w, "storage", p->storage);
    jw_key_i64(w, "posts_a_day", p->posts_a_day);
    jw_key_i64(w, "mails_a_day", p->mails_a_day);
    jw_key_i64(w, "nodes", p->nodes);
    jw_end(w);
}

static enum err list_plans(struct api_call *c)
{
    struct host_plan *v;
    struct jw w;
    size_t n;
    TRY(host_plan_list(c->cx, &v, &n));
    jw_init(&w, &c->rq->out);
    jw_obj(&w);
    jw_key(&w, "plans");
    jw_arr(&w);
    for (size_t i = 0; i < n; i++)
        put_plan(&w, &v[i]);
    jw_end(&w);
    jw_end(&w);
    return finish(c, &w);
}

static enum err put_plan_route(struct api_call *c)
{
    struct host_plan p = {.name = c->name};
    struct jw w;
    bool there;
    TRY(api_keys(c, "members storage posts_a_day mails_a_day"));
    TRY(api_i64(c, "members", &p.members, &there));
    TRY(api_i64(c, "storage", &p.storage, &there));
    TRY(api_i64(c, "posts_a_day", &p.posts_a_day, &there));
    TRY(api_i64(c, "mails_a_day", &p.mails_a_day, &there));
    TRY(host_plan_set(c->cx, &p));
    TRY(host_plan_find(c->cx, c->name, &p));
    jw_init(&w, &c->rq->out);
    put_plan(&w, &p);
    return finish(c, &w);
}

static enum err delete_plan(struct api_call *c)
{
    struct host_plan p;
    struct jw w;
    TRY(host_plan_find(c->cx, c->name, &p));
    TRY(host_plan_delete(c->cx, c->name));
    jw_init(&w, &c->rq->out);
    put_plan(&w, &p);
    return finish(c, &w);
}

/* ---- the table ---- */

const struct api_param host_api_params[] = {
    {"after", "string", "the “next” of the page before this one"},
    {"limit", "integer", "rows of a page, 1 to 500; 100 when left out"},
    {"state", "string", "only nodes of this state; left out: all that are not deleted"},
    {"from", "string", "first day, UTC, like 2026-11-01; 30 days ago when left out"},
    {"to", "string", "last day, UTC; today when left out"},
    {"grace_days", "integer", "how long the data is kept in the archive; 30 when left out"},
    {"now", "boolean", "true: no archive, and the Deletes get one minute"},
    {0},
};

const struct api_route host_api_routes[] = {
    {GET, "/v1/openapi.json", host_api_openapi, "openapi", "this document", NULL, NULL, "Document",
     200, 0, true},
    {GET, "/v1/nodes", list_nodes, "listNodes", "nodes, by name, in pages", "after limit state", NULL,
     "NodeList", 200, 0, false},
    {POST, "/v1/nodes", create_node, "createNode",
     "make a node; the same domain and owner again give the same node and a fresh link", NULL,
     "NodeAsk", "NodeMade", 201, 200, false},
    {GET, "/v1/nodes/{name}", show_node, "showNode", "one node, by name or domain", NULL, NULL, "Node",
     200, 0, false},
    {PATCH, "/v1/nodes/{name}", change_node, "changeNode", "change plan, name or state", NULL,
     "NodeChange", "Node", 200, 0, false},
    {DELETE, "/v1/nodes/{name}", delete_node, "deleteNode",
     "tell other servers that it is gone, then put its data into the archive for a while",
     "grace_days now", NULL, "Node", 202, 0, false},
    {POST, "/v1/nodes/{name}/suspend", suspend_node, "suspendNode",
     "visitors see a page, other servers get 503, jobs rest", NULL, NULL, "Node", 200, 0, false},
    {POST, "/v1/nodes/{name}/resume", resume_node, "resumeNode", "end a suspension", NULL, NULL,
     "Node", 200, 0, false},
    {POST, "/v1/nodes/{name}/move", move_node, "moveNode",
     "move its data to another directory or store; it answers 503 meanwhile", NULL, "NodeMove", "Node",
     202, 0, false},
    {POST, "/v1/nodes/{name}/sign-in-link", link_node, "signInLink",
     "a fresh one-time sign-in link for the owner", NULL, NULL, "SignInLink", 200, 0, false},
    {GET, "/v1/nodes/{name}/usage", list_usage, "nodeUsage", "what a node used, by day",
     "from to after limit", NULL, "UsageList", 200, 0, false},
    {GET, "/v1/usage", list_usage, "usage", "what all nodes used, by day", "from to after limit", NULL,
     "UsageList", 200, 0, false},
    {GET, "/v1/plans", list_plans, "listPlans", "all plans", NULL, NULL, "PlanList", 200, 0, false},
    {PUT, "/v1/plans/{name}", put_plan_route, "putPlan",
     "make or change a plan; holds for its nodes at once", NULL, "PlanAsk", "Plan", 200, 0, false},
    {DELETE, "/v1/plans/{name}", delete_plan, "deletePlan", "remove a plan that no node has", NULL,
     NULL, "Plan", 200, 0, false},
    {0},
};
