#include "federation/keys.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "federation/fed.h"
#include "federation/keys_sql.h"
#include "node/base/clock.h"
#include "node/base/id.h"
#include "node/people/account.h"
#include "node/planet/planet.h"

/* Which pairs an actor has. */
struct own {
    struct own *next;
    int64_t actor_id, serial, other; /* other 0: none */
    int64_t read_at;                 /* monotonic; 0: look again */
    uint64_t as_of;                  /* public_generation then: what is made of it may be kept longer */
};

struct fed_signers {
    pthread_mutex_t lock;
    struct fed_signer *first;
    struct own *owns;
    unsigned forgets; /* what was read before one of these is not kept */
};

struct fed_signers *fed_signers_new(void)
{
    struct fed_signers *s = calloc(1, sizeof *s);
    if (s == NULL)
        abort();
    pthread_mutex_init(&s->lock, NULL);
    return s;
}

static void signer_free(void *p)
{
    struct fed_signer *s = p;
    crypt_key_free(s->rsa);
    crypt_key_free(s->ed);
    free((void *)(uintptr_t)s->uri.p);
    free((void *)(uintptr_t)s->rsa_id.p);
    free((void *)(uintptr_t)s->ed_id.p);
    free(s);
}

struct fed_signers *fed_signers_free(struct fed_signers *s)
{
    if (s == NULL)
        return NULL;
    while (s->first != NULL) {
        struct fed_signer *next = s->first->next;
        signer_free(s->first);
        s->first = next;
    }
    while (s->owns != NULL) {
        struct own *next = s->owns->next;
        free(s->owns);
        s->owns = next;
    }
    pthread_mutex_destroy(&s->lock);
    free(s);
    return NULL;
}

static struct fed_local local_of(const struct local_actor *r)
{
    return (struct fed_local){r->id, r->uri, r->local_kind, r->local_id, r->username,
                              r->fetched_at};
}

enum err fed_local_by_id(struct cx *cx, int64_t actor_id, struct fed_local *ret)
{
    struct local_actor r;
    TRY(q_local_actor_by_id(cx, actor_id, &r));
    *ret = local_of(&r);
    return OK;
}

enum err fed_local_by_ref(struct cx *cx, const char *kind, int64_t local_id, struct fed_local *ret)
{
    struct local_actor r;
    TRY(q_local_actor_by_ref(cx, str_c(kind), local_id, &r));
    *ret = local_of(&r);
    return OK;
}

enum err fed_local_by_uri(struct cx *cx, struct str uri, struct fed_local *ret)
{
    struct local_actor r;
    if (!str_starts(uri, cx->node->origin))
        return ERR_NOT_FOUND;
    TRY(q_local_actor_by_uri(cx, uri, &r));
    *ret = local_of(&r);
    return OK;
}

struct str fed_instance_name(struct cx *cx)
{
    return str_sub(cx->node->host, 0, str_find_char(cx->node->host, ':', 0));
}

/* Name and type of a new local actor. */
static enum err local_describe(struct cx *cx, const char *kind, int64_t local_id,
                               struct str *ret_username, struct str *ret_name)
{
    if (strcmp(kind, "planet") == 0) {
        struct planet p;
        TRY(planet_by_id(cx, local_id, &p));
        *ret_username = p.handle;
        *ret_name = p.name;
    } else if (strcmp(kind, "account") == 0) {
        struct account a;
        TRY(account_by_id(cx, local_id, &a));
        *ret_username = a.username;
        *ret_name = a.name;
    } else {
        *ret_username = fed_instance_name(cx);
        *ret_name = cx->node->host;
    }
    return OK;
}

static enum err make_sealed_key(struct cx *cx, enum crypt_key_type type, struct str *ret)
{
    struct crypt_key *k = NULL;
    struct spare_keys *spare = cx->node->spare;
    if (type == CRYPT_RSA && spare != NULL && spare->n > 0) {
        *ret = crypt_seal(cx->arena, cx->node->secret, spare->rsa[--spare->n]);
        return OK;
    }
    TRY(crypt_key_generate(type, &k));
    *ret = crypt_seal(cx->arena, cx->node->secret, crypt_key_private_pem(cx->arena, k));
    crypt_key_free(k);
    return OK;
}

enum err fed_key_pair_make(struct cx *cx, struct str *ret_rsa, struct str *ret_ed)
{
    TRY(make_sealed_key(cx, CRYPT_RSA, ret_rsa));
    return make_sealed_key(cx, CRYPT_ED25519, ret_ed);
}

enum err fed_local_ensure(struct cx *cx, const char *kind, int64_t local_id, struct fed_local *ret)
{
    enum err e = fed_local_by_ref(cx, kind, local_id, ret);
    if (e != ERR_NOT_FOUND)
        return e;
    struct str username, name, rsa, ed;
    TRY(local_describe(cx, kind, local_id, &username, &name));
    TRY(fed_key_pair_make(cx, &rsa, &ed));

    int64_t id = id_next(cx->node->ids);
    bool instance = strcmp(kind, "instance") == 0;
    struct str shared = fed_iri(cx, "/ap/inbox");
    struct str uri = instance ? fed_iri(cx, "/ap/instance") : fed_iri(cx, "/ap/a/%lld", (long long)id);
    struct str inbox = instance ? shared : fed_iri(cx, "/ap/a/%lld/inbox", (long long)id);
    TX_SCOPE(cx);
    /* Somebody else may have made it meanwhile; then that one stands. */
    TRY(q_local_actor_insert(cx, id, uri, instance ? STR("Application") : STR("Person"),
                             cx->node->host, username, name, inbox, shared, str_c(kind), local_id,
                             rsa, ed, cx->now, NULL));
    TRY(tx_commit(cx));
    return fed_local_by_ref(cx, kind, local_id, ret);
}

enum err fed_setup(struct cx *cx)
{
    struct fed_local l;
    int64_t *ids;
    size_t n;
    TRY(fed_local_ensure(cx, "instance", 0, &l));
    TRY(q_planets_without_actor(cx, &ids, &n));
    for (size_t i = 0; i < n; i++)
        TRY(fed_local_ensure(cx, "planet", ids[i], &l));
    TRY(q_authors_without_actor(cx, &ids, &n));
    for (size_t i = 0; i < n; i++)
        TRY(fed_local_ensure(cx, "account", ids[i], &l));

    return OK;
}

struct str fed_key_id(struct arena *a, struct str uri, const char *name, int64_t serial)
{
    if (serial <= 1)
        return str_fmt(a, STR_FMT "#%s", STR_ARG(uri), name);
    return str_fmt(a, STR_FMT "#%s-%lld", STR_ARG(uri), name, (long long)serial);
}

static struct str heap_copy(struct str s)
{
    char *p = malloc(s.n + 1);
    if (p == NULL)
        abort();
    memcpy(p, s.p, s.n);
    p[s.n] = '\0';
    return (struct str){p, s.n};
}

static enum err signer_load(struct cx *cx, int64_t actor_id, const struct local_actor_keys_row *row,
                            int64_t serial, struct fed_signer **ret)
{
    struct str rsa_pem, ed_pem;
    struct crypt_key *rsa = NULL, *ed = NULL;
    bool in_use = serial == row->serial;
    if (crypt_open(cx->arena, cx->node->secret, in_use ? row->rsa : row->other_rsa, &rsa_pem) != OK ||
        crypt_open(cx->arena, cx->node->secret, in_use ? row->ed25519 : row->other_ed25519,
                   &ed_pem) != OK)
        return cx_fail(cx, ERR_INTERNAL, "keys of actor %lld do not open with this secret",
                       (long long)actor_id);
    enum err e = crypt_key_read_private(rsa_pem, &rsa);
    if (e == OK)
        e = crypt_key_read_private(ed_pem, &ed);
    if (e != OK) {
        crypt_key_free(rsa);
        return cx_fail(cx, ERR_INTERNAL, "keys of actor %lld cannot be read", (long long)actor_id);
    }
    struct fed_signer *s = calloc(1, sizeof *s);
    if (s == NULL)
        abort();
    s->actor_id = actor_id;
    s->serial = serial;
    s->since = row->since;
    s->rsa = rsa;
    s->ed = ed;
    s->uri = heap_copy(row->uri);
    s->rsa_id = heap_copy(fed_key_id(cx->arena, row->uri, "main-key", serial));
    s->ed_id = heap_copy(fed_key_id(cx->arena, row->uri, "ed25519", serial));
    *ret = s;
    return OK;
}

/* Lock held, as in the next two. */
static struct own *own_find(struct fed_signers *all, int64_t actor_id)
{
    struct own *o = all->owns;
    while (o != NULL && o->actor_id != actor_id)
        o = o->next;
    return o;
}

static struct fed_signer *signer_find(struct fed_signers *all, int64_t actor_id, int64_t serial)
{
    struct fed_signer *s = all->first;
    while (s != NULL && (s->actor_id != actor_id || s->serial != serial))
        s = s->next;
    return s;
}

/* Both from memory; false: not there, or too old to be relied upon. */
static bool remembered(struct cx *cx, struct fed_signers *all, int64_t actor_id,
                       const struct fed_signer **ret_use, const struct fed_signer **ret_other)
{
    const struct own *o = own_find(all, actor_id);
    if (o == NULL || o->read_at == 0 || clock_monotonic() - o->read_at >= FED_MEMORY_MS ||
        o->as_of != atomic_load(&cx->node->public_generation))
        return false;
    *ret_use = signer_find(all, actor_id, o->serial);
    *ret_other = o->other == 0 ? NULL : signer_find(all, actor_id, o->other);
    return *ret_use != NULL && (o->other == 0 || *ret_other != NULL);
}

static void own_note(struct fed_signers *all, const struct own *what)
{
    struct own *o = own_find(all, what->actor_id);
    if (o == NULL) {
        o = calloc(1, sizeof *o);
        if (o == NULL)
            abort();
        o->next = all->owns;
        all->owns = o;
    }
    struct own *next = o->next;
    *o = *what;
    o->next = next;
}

/* From memory, or opened and put there. all NULL: as long as the cx. */
static enum err signer_open(struct cx *cx, struct fed_signers *all, int64_t actor_id,
                            const struct local_actor_keys_row *row, int64_t serial,
                            const struct fed_signer **ret)
{
    struct fed_signer *made = NULL, *s = NULL;
    if (all != NULL) {
        pthread_mutex_lock(&all->lock);
        s = signer_find(all, actor_id, serial);
        pthread_mutex_unlock(&all->lock);
        if (s != NULL) {
            *ret = s;
            return OK;
        }
    }
    TRY(signer_load(cx, actor_id, row, serial, &made));
    if (all == NULL) {
        arena_defer(cx->arena, signer_free, made);
        *ret = made;
        return OK;
    }
    pthread_mutex_lock(&all->lock);
    s = signer_find(all, actor_id, serial);
    if (s == NULL) {
        made->next = all->first;
        all->first = s = made;
        made = NULL;
    }
    pthread_mutex_unlock(&all->lock);
    if (made != NULL)
        signer_free(made);
    *ret = s;
    return OK;
}

enum err fed_signer_pair(struct cx *cx, int64_t actor_id, const struct fed_signer **ret_use,
                         const struct fed_signer **ret_other)
{
    struct fed_signers *all = cx->node->fed == NULL ? NULL : cx->node->fed->signers;
    struct local_actor_keys_row row;
    unsigned forgets = 0;
    if (all != NULL) {
        pthread_mutex_lock(&all->lock);
        forgets = all->forgets;
        bool here = remembered(cx, all, actor_id, ret_use, ret_other);
        pthread_mutex_unlock(&all->lock);
        if (here)
            return OK;
    }
    struct own own = {.actor_id = actor_id, .read_at = clock_monotonic(),
                      .as_of = atomic_load(&cx->node->public_generation)};
    TRY(q_local_actor_keys(cx, actor_id, &row));
    *ret_other = NULL;
    TRY(signer_open(cx, all, actor_id, &row, row.serial, ret_use));
    if (row.other_serial != 0)
        TRY(signer_open(cx, all, actor_id, &row, row.other_serial, ret_other));
    if (all != NULL && cx->tx_depth == 0) { /* else it may never be stored */
        pthread_mutex_lock(&all->lock);
        own.serial = row.serial;
        own.other = row.other_serial;
        if (forgets == all->forgets)
            own_note(all, &own);
        pthread_mutex_unlock(&all->lock);
    }
    return OK;
}

enum err fed_signer_get(struct cx *cx, int64_t actor_id, const struct fed_signer **ret)
{
    const struct fed_signer *other;
    return fed_signer_pair(cx, actor_id, ret, &other);
}

enum err fed_signer_of(struct cx *cx, int64_t actor_id, int64_t serial,
                       const struct fed_signer **ret)
{
    const struct fed_signer *use, *other;
    TRY(fed_signer_pair(cx, actor_id, &use, &other));
    *ret = other != NULL && serial != 0 && other->serial == serial ? other : use;
    return OK;
}

void fed_signers_forget(struct cx *cx, int64_t actor_id)
{
    struct fed_signers *all = cx->node->fed == NULL ? NULL : cx->node->fed->signers;
    if (all == NULL)
        return;
    pthread_mutex_lock(&all->lock);
    struct own *o = own_find(all, actor_id);
    all->forgets++;
    if (o != NULL)
        o->read_at = 0;
    pthread_mutex_unlock(&all->lock);
}

enum err fed_signer_instance(struct cx *cx, const struct fed_signer **ret)
{
    struct fed_local l;
    TRY(fed_local_ensure(cx, "instance", 0, &l));
    return fed_signer_get(cx, l.id, ret);
}
