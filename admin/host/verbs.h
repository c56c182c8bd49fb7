/* What can be done with a host's nodes: one function for the command line and the HTTP API alike.
 *
 * cx is on the registry (host_of(cx)). Nothing here is called inside a transaction. Sentences to the
 * person are told (cx_tell). Changes take effect in this process before the function returns, in other
 * processes within a second. */
#ifndef ADMIN_HOST_VERBS_H
#define ADMIN_HOST_VERBS_H

#include "admin/host/host.h"
#include "node/cx.h"

enum { HOST_PAGE_MAX = 500, HOST_LABEL_MAX = 63, HOST_DOMAIN_MAX = 253, HOST_GRACE_DAYS = 30,
       HOST_LEAVE_HOURS = 48, HOST_REQUEST_HOURS = 24 };

/* A row of the registry. Times are UTC ms, DB_NULL: none; texts STR_NULL: none. */
struct host_node {
    int64_t id;
    struct str name, host, origin, owner, plan, state, dir, store, error;
    bool awake;
    int64_t members, storage;        /* as measured last, DB_NULL: not yet */
    int64_t archive_until;           /* deleted: until when its data is kept */
    int64_t created_at, changed_at;
};

/* ---- making (admin/host/create.c) ---- */

struct host_ask {
    struct str domain, owner, plan;  /* needed; plan may be left out when there is one */
    struct str name;                 /* label; left out: made of the domain */
    struct str planet, title, lang;  /* left out: "home", the domain, "en" */
};
/* The same domain and owner again give the same node and a fresh link; *ret_made says whether it is
 * new. INVALID: domain, mail, label or planet; NOT_FOUND: no such plan; CONFLICT: the domain or label is
 * taken. */
MUST_USE enum err host_create(struct cx *cx, const struct host_ask *ask, struct host_node *ret,
                              struct str *ret_link, bool *ret_made);
/* Undo what processes that died left half made. */
MUST_USE enum err host_mend(struct cx *cx);
/* "Tea.Example.org" → host and origin as nodes have them. Told when it is none that we can serve. */
MUST_USE enum err host_domain(struct cx *cx, struct str typed, struct str *ret_host,
                              struct str *ret_origin);

/* ---- looking and changing (admin/host/nodes.c) ---- */

/* By label or domain. NOT_FOUND is told. */
MUST_USE enum err host_find(struct cx *cx, struct str name, struct host_node *ret);
/* By label, after one; state STR_NULL: all that are not deleted. */
MUST_USE enum err host_list(struct cx *cx, struct str after, struct str state, int64_t n,
                            struct host_node **ret, size_t *ret_n);
MUST_USE enum err host_suspend(struct cx *cx, struct str name, struct host_node *ret);
MUST_USE enum err host_resume(struct cx *cx, struct str name, struct host_node *ret);
MUST_USE enum err host_rename(struct cx *cx, struct str name, struct str to, struct host_node *ret);
MUST_USE enum err host_set_plan(struct cx *cx, struct str name, struct str plan,
                                struct host_node *ret);
/* A fresh one-time link for the owner. */
MUST_USE enum err host_sign_in_link(struct cx *cx, struct str name, struct str *ret_link);
/* Begin to move its data: to a directory (STR_NULL: it stays) and a store ("sqlite", "postgresql" for a
 * schema in the registry's database, an address; STR_NULL: as it is). A serving process does the rest; host_work does it here. */
MUST_USE enum err host_move(struct cx *cx, struct str name, struct str dir, struct str store,
                            struct host_node *ret);
/* Begin to delete it. grace_days: how long its data is kept when the Deletes are out; now: neither is
 * waited for. Asked again it only changes these. */
MUST_USE enum err host_delete(struct cx *cx, struct str name, int64_t grace_days, bool now,
                              struct host_node *ret);

/* ---- what takes long (admin/host/work.c) ---- */

/* One step of everything that moves or leaves, and of archives whose time is over. By serving processes
 * each second, and by a command when nobody serves. */
MUST_USE enum err host_work(struct cx *cx);
/* Does a process serve this registry at this moment? */
MUST_USE enum err host_is_served(struct cx *cx, bool *ret);
/* Let server->nodes know what changed since the last time; harmless when nobody serves here. */
MUST_USE enum err host_sync(struct cx *cx);
/* Inside a transaction that changes nodes: the number of the change. */
MUST_USE enum err host_change(struct cx *cx, int64_t *ret_version);

/* ---- plans, tokens (admin/host/keep.c) ---- */

struct host_plan { struct str name; int64_t members, storage, posts_a_day, mails_a_day, nodes; };
MUST_USE enum err host_plan_list(struct cx *cx, struct host_plan **ret, size_t *ret_n);
MUST_USE enum err host_plan_find(struct cx *cx, struct str name, struct host_plan *ret);
/* New or changed; holds for its nodes at once. */
MUST_USE enum err host_plan_set(struct cx *cx, const struct host_plan *plan);
/* CONFLICT while nodes have it. */
MUST_USE enum err host_plan_delete(struct cx *cx, struct str name);

struct host_token { struct str name; int64_t created_at, used_at, revoked_at; };
/* The token is shown this once; the registry keeps its hash. CONFLICT: the name is there. */
MUST_USE enum err host_token_create(struct cx *cx, struct str name, struct str *ret_token);
MUST_USE enum err host_token_list(struct cx *cx, struct host_token **ret, size_t *ret_n);
MUST_USE enum err host_token_revoke(struct cx *cx, struct str name);
/* UNAUTHENTICATED when it is none of ours. */
MUST_USE enum err host_token_check(struct cx *cx, struct str token, int64_t *ret_id);

/* ---- usage (admin/host/usage.c) ---- */

struct host_usage {
    int64_t node_id;
    struct str name, domain, day;
    int64_t requests, bytes, deliveries, mails, job_cpu_ms, storage, members;
};
struct host_usage_ask {
    struct str name;                 /* STR_NULL: all nodes */
    struct str from, to;             /* days, both included; STR_NULL: 30 days, until today */
    struct str after;                /* "DAY/NODE" of the last row of the page before; STR_NULL: none */
    int64_t n;
};
MUST_USE enum err host_usage_list(struct cx *cx, const struct host_usage_ask *ask,
                                  struct host_usage **ret, size_t *ret_n);
/* "DAY/NODE" for the next page. */
struct str host_usage_mark(struct cx *cx, const struct host_usage *u);
/* Write down what this process has counted. measure: also storage and members of those awake. */
MUST_USE enum err host_usage_flush(struct cx *cx, bool measure);

#endif
