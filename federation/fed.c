#include "federation/fed.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "federation/deliver.h"
#include "federation/gate.h"
#include "federation/hosts.h"
#include "federation/keys.h"
#include "federation/peer_key.h"
#include "federation/policy.h"
#include "federation/replay.h"
#include "node/base/clock.h"
#include "node/base/log.h"
#include "node/base/url.h"

enum { RETRY_AFTER_MAX_S = 86400 };

enum err fed_start(struct cx *cx, struct node *node)
{
    struct fed *fed = calloc(1, sizeof *fed);
    if (fed == NULL)
        abort();
    fed->node = node;
    pthread_mutex_init(&fed->lookups_lock, NULL);
    fed->signers = fed_signers_new();
    fed->peer_keys = fed_peer_keys_new();
    fed->bodies = fed_bodies_new();
    fed->hosts = fed_hosts_new();
    fed->replay = fed_replay_new();
    fed->rules = fed_rules_new();
    node->fed = fed;
    TRY(fed_hosts_load(cx, fed->hosts));
    TRY(fed_rules_load(cx, fed->rules));
    fed_gate_secure(cx);
    return fed_setup(cx);
}

void fed_stop(struct node *node)
{
    struct fed *fed = node->fed;
    if (fed == NULL)
        return;
    struct cx *cx = cx_new(node);
    if (fed_hosts_flush(cx, fed->hosts) != OK)
        log_warn("fed", "what is known of hosts was not written: %s",
                 cx->fail == NULL ? "?" : cx->fail);
    cx_free(cx);
    fed_hosts_free(fed->hosts);
    fed_replay_free(fed->replay);
    fed_rules_free(fed->rules);
    fed_bodies_free(fed->bodies);
    fed_peer_keys_free(fed->peer_keys);
    fed_signers_free(fed->signers);
    pthread_mutex_destroy(&fed->lookups_lock);
    node->fed = NULL;
    free(fed);
}

struct str fed_iri(struct cx *cx, const char *fmt, ...)
{
    struct buf b;
    va_list ap;
    char path[512];
    va_start(ap, fmt);
    int n = vsnprintf(path, sizeof path, fmt, ap);
    va_end(ap);
    buf_init_arena(&b, cx->arena, 4096);
    buf_put(&b, cx->node->origin);
    buf_put_bytes(&b, path, n < 0 ? 0 : n >= (int)sizeof path ? sizeof path - 1 : (size_t)n);
    return buf_str(&b);
}

bool fed_iri_id(struct cx *cx, struct str iri, const char *path, int64_t *ret)
{
    struct str p = str_c(path);
    if (!str_starts(iri, cx->node->origin))
        return false;
    iri = str_sub(iri, cx->node->origin.n, SIZE_MAX);
    if (!str_starts(iri, p))
        return false;
    iri = str_sub(iri, p.n, SIZE_MAX);
    return iri.n > 0 && iri.p[0] != '-' && iri.p[0] != '0' && str_to_i64(iri, ret);
}

struct str fed_host_of(struct arena *a, struct str iri)
{
    struct url u;
    if (url_parse(a, iri, &u) != OK)
        return STR_NULL;
    return url_authority(a, &u);
}

bool fed_id_ok(struct cx *cx, struct str id, struct str host)
{
    struct url u;
    if (id.p == NULL || id.n == 0 || url_parse(cx->arena, id, &u) != OK)
        return false;
    if (!cx->node->dev && (!str_eq_c(u.scheme, "https") || url_is_ip_literal(u.host)))
        return false;
    return str_eq(url_authority(cx->arena, &u), host);
}

int64_t fed_retry_after(struct str s)
{
    int64_t v, at;
    if (s.p == NULL)
        return 0;
    if (!str_to_i64(str_trim(s), &v)) {
        if (!clock_parse_http_date(str_trim(s), &at))
            return 0;
        v = (at - clock_now()) / MS_SECOND;
    }
    return v <= 0 ? 0 : v > RETRY_AFTER_MAX_S ? RETRY_AFTER_MAX_S : v;
}

bool fed_is_public(struct str id)
{
    return str_eq_c(id, AS_PUBLIC) || str_eq_c(id, "as:Public") || str_eq_c(id, "Public");
}

/* In secure mode what a signature opened is for its signer. */
static bool fed_is_for_some(struct rq *rq)
{
    return rq->cx->node->fed != NULL && atomic_load(&rq->cx->node->fed->secure) &&
           rq_header(rq, "signature").p != NULL && !str_eq_c(rq->path, "/ap/instance");
}

enum err fed_reply(struct rq *rq, int status, struct buf *take_body)
{
    if (take_body->overflow) {
        buf_free(take_body);
        return cx_fail(rq->cx, ERR_TOO_LARGE, "document over its cap");
    }
    /* Askers without an opinion share a place in the byte cache with those who want a page. */
    rq_cache_control(rq, fed_is_for_some(rq)             ? "private, no-store"
                         : rq->repr == REPR_ACTIVITY ? "public, max-age=60"
                                                   : "private, max-age=60");
    return reply_bytes(rq, status, FED_TYPE, take_body);
}

bool fed_wants_page(struct rq *rq)
{
    if (rq->repr == REPR_ACTIVITY || rq->repr == REPR_JSON)
        return false;
    /* Without an opinion ("*" or nothing) these addresses answer JSON. */
    return str_contains(rq_header(rq, "accept"), STR("text/html"));
}
