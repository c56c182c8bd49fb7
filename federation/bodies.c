#include "federation/bodies.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "federation/deliver.h"
#include "federation/fed.h"
#include "federation/out_sql.h"
#include "node/base/clock.h"

enum { IDLE_MAX = 8, GONE_MAX = 256 };

struct fed_body {
    struct fed_body *next;
    int64_t id, actor_id, key_serial;
    int64_t read_at; /* from the store; monotonic */
    int refs;      /* under the lock */
    bool stale;    /* not to be found any more */
    bool is_answer, is_dead;
    size_t n;
    char text[];
};

struct fed_bodies {
    pthread_mutex_t lock;
    struct fed_body *first; /* most recently asked first */
    int64_t gone[GONE_MAX]; /* ring */
    size_t next_gone;
    struct { int64_t job_id; int n; } refused[GONE_MAX];
    unsigned changing, changes; /* changes under way, and begun or ended so far */
};

struct fed_bodies *fed_bodies_new(void)
{
    struct fed_bodies *b = calloc(1, sizeof *b);
    if (b == NULL)
        abort();
    pthread_mutex_init(&b->lock, NULL);
    return b;
}

struct fed_bodies *fed_bodies_free(struct fed_bodies *b)
{
    if (b == NULL)
        return NULL;
    while (b->first != NULL) {
        struct fed_body *next = b->first->next;
        free(b->first);
        b->first = next;
    }
    pthread_mutex_destroy(&b->lock);
    free(b);
    return NULL;
}

/* Drop what nobody uses, but for the last few. Lock held. */
static void trim(struct fed_bodies *b)
{
    size_t idle = 0;
    for (struct fed_body **p = &b->first; *p != NULL;) {
        struct fed_body *x = *p;
        if (x->refs == 0 && (x->stale || ++idle > IDLE_MAX)) {
            *p = x->next;
            free(x);
        } else {
            p = &x->next;
        }
    }
}

/* Lock held. What is too old for a store that others write, too, is not found any more. */
static struct fed_body *find(struct cx *cx, struct fed_bodies *b, int64_t id)
{
    int64_t since = db_is_shared(cx->node->db) ? clock_monotonic() - FED_MEMORY_MS : INT64_MIN;
    for (struct fed_body **p = &b->first; *p != NULL; p = &(*p)->next) {
        struct fed_body *x = *p;
        x->stale = x->stale || x->read_at < since;
        if (x->id == id && !x->stale) {
            *p = x->next;
            x->next = b->first;
            b->first = x;
            x->refs++;
            return x;
        }
    }
    return NULL;
}

static enum err load(struct cx *cx, int64_t id, struct fed_body **ret)
{
    struct activity_by_id_row row;
    struct tombstone_find_row t;
    bool found, dead = false;
    int64_t read_at = clock_monotonic();
    TRY(q_activity_by_id(cx, id, &found, &row));
    if (!found)
        return ERR_NOT_FOUND;
    if (str_eq_c(row.type, "Create") || str_eq_c(row.type, "Update"))
        TRY(q_tombstone_find(cx, row.object_uri, &dead, &t));
    struct fed_body *x = calloc(1, sizeof *x + row.body.n);
    if (x == NULL)
        abort();
    x->id = id;
    x->read_at = read_at;
    x->actor_id = row.actor_id;
    x->key_serial = row.key_serial;
    x->is_answer = str_eq_c(row.type, "Accept") || str_eq_c(row.type, "Reject");
    x->is_dead = dead;
    x->refs = 1;
    x->n = row.body.n;
    memcpy(x->text, row.body.p, row.body.n);
    *ret = x;
    return OK;
}

enum err fed_body_get(struct cx *cx, struct fed_bodies *b, int64_t activity_id,
                      struct fed_body **ret)
{
    pthread_mutex_lock(&b->lock);
    unsigned changes = b->changes;
    struct fed_body *x = find(cx, b, activity_id);
    pthread_mutex_unlock(&b->lock);
    if (x != NULL) {
        *ret = x;
        return OK;
    }
    struct fed_body *fresh;
    TRY(load(cx, activity_id, &fresh));
    pthread_mutex_lock(&b->lock);
    x = find(cx, b, activity_id);
    if (x == NULL) {
        /* Read before a change ended: good for this one delivery, and for nobody after it. */
        fresh->stale = b->changing > 0 || b->changes != changes;
        fresh->next = b->first;
        b->first = x = fresh;
        fresh = NULL;
        trim(b);
    }
    pthread_mutex_unlock(&b->lock);
    free(fresh);
    *ret = x;
    return OK;
}

void fed_body_drop(struct fed_bodies *b, struct fed_body *body)
{
    pthread_mutex_lock(&b->lock);
    if (--body->refs == 0)
        trim(b);
    pthread_mutex_unlock(&b->lock);
}

struct str fed_body_text(const struct fed_body *body)
{
    return (struct str){body->text, body->n};
}

int64_t fed_body_actor(const struct fed_body *body)
{
    return body->actor_id;
}

int64_t fed_body_key(const struct fed_body *body)
{
    return body->key_serial;
}

bool fed_body_is_answer(const struct fed_body *body)
{
    return body->is_answer;
}

bool fed_body_is_dead(const struct fed_body *body)
{
    return body->is_dead;
}

/* Changes are rare next to deliveries, so all is forgotten rather than kept track of. Lock held. */
static void forget_all(struct fed_bodies *b)
{
    b->changes++;
    for (struct fed_body *x = b->first; x != NULL; x = x->next)
        x->stale = true;
    trim(b);
}

void fed_bodies_change_begin(struct fed_bodies *b)
{
    pthread_mutex_lock(&b->lock);
    b->changing++;
    forget_all(b);
    pthread_mutex_unlock(&b->lock);
}

void fed_bodies_change_end(struct fed_bodies *b)
{
    pthread_mutex_lock(&b->lock);
    b->changing--;
    forget_all(b);
    pthread_mutex_unlock(&b->lock);
}

void fed_body_note_gone(struct fed_bodies *b, int64_t job_id)
{
    pthread_mutex_lock(&b->lock);
    b->gone[b->next_gone++ % GONE_MAX] = job_id;
    pthread_mutex_unlock(&b->lock);
}

bool fed_body_was_gone(struct fed_bodies *b, int64_t job_id)
{
    bool was = false;
    pthread_mutex_lock(&b->lock);
    for (size_t i = 0; i < GONE_MAX; i++)
        if (b->gone[i] == job_id) {
            b->gone[i] = 0;
            was = true;
        }
    pthread_mutex_unlock(&b->lock);
    return was;
}

int fed_body_note_refused(struct fed_bodies *b, int64_t job_id)
{
    pthread_mutex_lock(&b->lock);
    size_t i = (size_t)((uint64_t)job_id * UINT64_C(11400714819323198485) >> 56) % GONE_MAX;
    if (b->refused[i].job_id != job_id)
        b->refused[i].n = 0;
    b->refused[i].job_id = job_id;
    int n = ++b->refused[i].n;
    pthread_mutex_unlock(&b->lock);
    return n;
}
