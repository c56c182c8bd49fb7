#include "federation/policy_int.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "federation/fed.h"
#include "federation/gate.h"
#include "federation/policy_sql.h"
#include "federation/remote.h"
#include "node/base/clock.h"
#include "node/base/log.h"
#include "node/base/url.h"

enum { BUCKETS = 4096 };

/* What is said of one name. */
struct rule {
    struct rule *chain;
    bool allow, block, reject_media, reject_reports;
    enum fed_level level;
    size_t name_n;
    char name[];
};

struct fed_rules {
    pthread_mutex_t lock;
    struct rule *buckets[BUCKETS];
    size_t n;
    bool allow_mode;
    bool suspend_any;
    int64_t version;   /* of what is here; 0: nothing was read */
    int64_t looked_at; /* monotonic; 0: look */
};

static struct rule **bucket_of(struct fed_rules *r, struct str name)
{
    uint64_t x = UINT64_C(1469598103934665603);
    for (size_t i = 0; i < name.n; i++)
        x = (x ^ (unsigned char)name.p[i]) * UINT64_C(1099511628211);
    return &r->buckets[(x >> 20) % BUCKETS];
}

static void forget_all(struct fed_rules *r)
{
    for (size_t i = 0; i < BUCKETS && r->n > 0; i++)
        while (r->buckets[i] != NULL) {
            struct rule *x = r->buckets[i];
            r->buckets[i] = x->chain;
            free(x);
            r->n--;
        }
}

struct fed_rules *fed_rules_new(void)
{
    struct fed_rules *r = calloc(1, sizeof *r);
    if (r == NULL)
        abort();
    pthread_mutex_init(&r->lock, NULL);
    return r;
}

struct fed_rules *fed_rules_free(struct fed_rules *r)
{
    if (r == NULL)
        return NULL;
    forget_all(r);
    pthread_mutex_destroy(&r->lock);
    free(r);
    return NULL;
}

static struct rule *find(struct fed_rules *r, struct str name)
{
    struct rule *x = *bucket_of(r, name);
    while (x != NULL && !str_eq((struct str){x->name, x->name_n}, name))
        x = x->chain;
    return x;
}

enum fed_level fed_level_parse(struct str word)
{
    return str_eq_c(word, "suspend")   ? FED_SUSPENDED
           : str_eq_c(word, "silence") ? FED_SILENCED
                                       : FED_OPEN;
}

static struct fed_domain domain_of(const struct domain_rule_row *row)
{
    return (struct fed_domain){.host = row->host, .allow = str_eq_c(row->kind, "allow"),
                               .level = fed_level_parse(row->level),
                               .reject_media = row->reject_media != 0,
                               .reject_reports = row->reject_reports != 0};
}

static void take(struct rule *x, const struct fed_domain *d)
{
    if (d->allow) {
        x->allow = true;
        return;
    }
    x->block = true;
    x->level = d->level;
    x->reject_media = d->reject_media;
    x->reject_reports = d->reject_reports;
}

void fed_rules_put(struct fed_rules *r, const struct fed_domain *d)
{
    struct rule *x = find(r, d->host);
    if (x == NULL) {
        x = calloc(1, sizeof *x + d->host.n);
        if (x == NULL)
            abort();
        memcpy(x->name, d->host.p, d->host.n);
        x->name_n = d->host.n;
        struct rule **b = bucket_of(r, d->host);
        x->chain = *b;
        *b = x;
        r->n++;
    }
    take(x, d);
}

void fed_rules_set_mode(struct fed_rules *r, bool allow_mode)
{
    r->allow_mode = allow_mode;
}

enum err fed_rules_load(struct cx *cx, struct fed_rules *r)
{
    struct domain_mode_row mode;
    struct domain_rule_row *rows;
    size_t n;
    /* The version first: what changes between the two is read again. */
    TRY(q_domain_mode(cx, &mode));
    pthread_mutex_lock(&r->lock);
    bool same = r->version == mode.version;
    pthread_mutex_unlock(&r->lock);
    if (same)
        return OK;
    TRY(q_domain_rules_all(cx, &rows, &n));
    pthread_mutex_lock(&r->lock);
    forget_all(r);
    for (size_t i = 0; i < n; i++) {
        struct fed_domain d = domain_of(&rows[i]);
        fed_rules_put(r, &d);
    }
    r->allow_mode = str_eq_c(mode.mode, "allow");
    r->suspend_any = r->allow_mode;
    for (size_t i = 0; i < n; i++)
        r->suspend_any = r->suspend_any || str_eq_c(rows[i].level, "suspend");
    bool first = r->version == 0;
    r->version = mode.version;
    pthread_mutex_unlock(&r->lock);
    if (!first) /* pages show and hide by these rules */
        atomic_fetch_add(&cx->node->public_generation, 1);
    if (cx->node->fed != NULL && cx->node->fed->rules == r)
        fed_gate_note(cx->node->fed);
    return OK;
}

bool fed_rules_suspend_any(struct fed_rules *r)
{
    pthread_mutex_lock(&r->lock);
    bool any = r->suspend_any;
    pthread_mutex_unlock(&r->lock);
    return any;
}

void fed_rules_forget(struct fed_rules *r)
{
    if (r == NULL)
        return;
    pthread_mutex_lock(&r->lock);
    r->looked_at = 0;
    pthread_mutex_unlock(&r->lock);
}

void fed_policy_forget(struct cx *cx)
{
    if (cx->node->fed != NULL)
        fed_rules_forget(cx->node->fed->rules);
}

/* Other processes may have changed the rules (the command line on a store of any kind): once a
 * second somebody looks at their version. Old rules are better than none when that fails. Inside a
 * transaction nobody does: what is read there may never be stored. */
static void look(struct cx *cx, struct fed_rules *r)
{
    int64_t now = clock_monotonic();
    if (cx->tx_depth > 0)
        return;
    pthread_mutex_lock(&r->lock);
    int64_t was = r->looked_at;
    bool due = was == 0 || now - was >= FED_MEMORY_MS;
    if (due)
        r->looked_at = now;
    pthread_mutex_unlock(&r->lock);
    if (due && fed_rules_load(cx, r) != OK)
        log_warn("fed", "rules about hosts not read: %s", cx->fail == NULL ? "?" : cx->fail);
}

/* The next name that covers the host, from the host itself upwards: without its port, then label by
 * label. An IP address has no parents. */
static bool next_name(struct str *name)
{
    size_t close = str_find_char(*name, ']', 0);
    size_t colon = str_find_char(*name, ':', close == SIZE_MAX ? 0 : close);
    if (colon != SIZE_MAX) {
        *name = str_sub(*name, 0, colon);
        return name->n > 0;
    }
    size_t dot = str_find_char(*name, '.', 0);
    if (dot == SIZE_MAX || url_is_ip_literal(*name))
        return false;
    *name = str_sub(*name, dot + 1, SIZE_MAX);
    return name->n > 0;
}

/* The rule that counts on each side, and how far up it stands (0: the host itself). */
enum { NOWHERE = 1000 };
struct found {
    struct rule block;
    int block_at, allow_at; /* NOWHERE: none */
};

static void note(struct found *f, const struct rule *x, int at)
{
    if (x == NULL)
        return;
    if (x->block && f->block_at == NOWHERE) {
        f->block = (struct rule){.level = x->level, .reject_media = x->reject_media,
                                 .reject_reports = x->reject_reports};
        f->block_at = at;
    }
    if (x->allow && f->allow_at == NOWHERE)
        f->allow_at = at;
}

static struct fed_policy decide(const struct found *f, bool allow_mode)
{
    struct fed_policy p = {0};
    bool blocks = f->block_at != NOWHERE, allows = f->allow_at != NOWHERE;
    if (blocks && (allow_mode || !allows || f->block_at < f->allow_at))
        p = (struct fed_policy){f->block.level, f->block.reject_media, f->block.reject_reports,
                                false};
    if (allow_mode && !allows && p.level != FED_SUSPENDED)
        p = (struct fed_policy){.level = FED_SUSPENDED, .unlisted = true};
    if (p.level == FED_SUSPENDED)
        p.reject_media = p.reject_reports = true;
    return p;
}

struct fed_policy fed_rules_look(struct fed_rules *r, struct str host)
{
    struct found f = {.block_at = NOWHERE, .allow_at = NOWHERE};
    int at = 0;
    pthread_mutex_lock(&r->lock);
    bool allow_mode = r->allow_mode;
    if (r->n > 0)
        do
            note(&f, find(r, host), at++);
        while (next_name(&host));
    pthread_mutex_unlock(&r->lock);
    return decide(&f, allow_mode);
}

static enum err stored(struct cx *cx, struct str host, struct fed_policy *ret)
{
    struct found f = {.block_at = NOWHERE, .allow_at = NOWHERE};
    struct domain_mode_row mode;
    int at = 0;
    TRY(q_domain_mode(cx, &mode));
    do {
        struct domain_rule_row *rows;
        struct rule x = {0};
        size_t n;
        TRY(q_domain_rules_of(cx, host, &rows, &n));
        for (size_t i = 0; i < n; i++) {
            struct fed_domain d = domain_of(&rows[i]);
            take(&x, &d);
        }
        note(&f, &x, at++);
    } while (next_name(&host));
    *ret = decide(&f, str_eq_c(mode.mode, "allow"));
    return OK;
}

enum err fed_policy_of(struct cx *cx, struct str host, struct fed_policy *ret)
{
    if (str_empty(host)) {
        *ret = (struct fed_policy){FED_SUSPENDED, true, true, false};
        return OK;
    }
    if (cx->node->fed == NULL)
        return stored(cx, host, ret);
    look(cx, cx->node->fed->rules);
    *ret = fed_rules_look(cx->node->fed->rules, host);
    return OK;
}

enum err fed_policy_of_url(struct cx *cx, struct str url, struct fed_policy *ret)
{
    return fed_policy_of(cx, url.p == NULL ? STR_NULL : fed_host_of(cx->arena, url), ret);
}

bool fed_policy_suspended_now(struct fed *fed, struct str host)
{
    return fed != NULL && fed_rules_look(fed->rules, host).level == FED_SUSPENDED;
}

enum err fed_policy_may_fetch(struct cx *cx, struct str url)
{
    struct fed_policy p;
    TRY(fed_policy_of_url(cx, url, &p));
    if (p.level == FED_SUSPENDED)
        return cx_fail(cx, ERR_FORBIDDEN, "not asked of a suspended host: " STR_FMT, STR_ARG(url));
    return OK;
}

enum err fed_actor_blocked(struct cx *cx, int64_t actor_id, int64_t planet_id,
                           enum fed_actor_level *ret)
{
    struct str level;
    bool found;
    TRY(q_actor_rule_of(cx, actor_id, planet_id, &found, &level));
    *ret = !found                       ? FED_ACTOR_OPEN
           : str_eq_c(level, "block") ? FED_ACTOR_BLOCKED
                                      : FED_ACTOR_MUTED;
    return OK;
}

enum err fed_stand_of(struct cx *cx, const struct fed_actor *actor, int64_t post_id,
                      enum fed_stand *ret)
{
    struct fed_policy p;
    enum fed_actor_level level;
    int64_t planet_id = 0;
    bool found;
    TRY(fed_policy_of(cx, actor->host, &p));
    TRY(q_planet_of_post(cx, post_id, &found, &planet_id));
    TRY(fed_actor_blocked(cx, actor->id, found ? planet_id : 0, &level));
    *ret = p.level == FED_SUSPENDED || level == FED_ACTOR_BLOCKED ? FED_STAND_REFUSED
           : p.level == FED_SILENCED                             ? FED_STAND_HELD
           : level == FED_ACTOR_MUTED                            ? FED_STAND_QUIET
                                                                 : FED_STAND_OPEN;
    return OK;
}
