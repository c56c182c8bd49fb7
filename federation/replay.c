#include "federation/replay.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "node/base/crypt.h"

enum { SLOTS = 16384 };

struct fed_replay {
    pthread_mutex_t lock;
    struct { uint64_t signature, what; int64_t until; } v[SLOTS];
};

struct fed_replay *fed_replay_new(void)
{
    struct fed_replay *r = calloc(1, sizeof *r);
    if (r == NULL)
        abort();
    pthread_mutex_init(&r->lock, NULL);
    return r;
}

struct fed_replay *fed_replay_free(struct fed_replay *r)
{
    if (r == NULL)
        return NULL;
    pthread_mutex_destroy(&r->lock);
    free(r);
    return NULL;
}

static uint64_t mark(struct str s)
{
    unsigned char h[32];
    uint64_t x;
    crypt_sha256(s, h);
    memcpy(&x, h, sizeof x);
    return x;
}

static uint64_t mark_of(struct str target, struct str body)
{
    return mark(target) * 31 + mark(body);
}

enum replay fed_replay_look(struct fed_replay *r, struct str signature, struct str target,
                            struct str body, int64_t now)
{
    uint64_t s = mark(signature), what = mark_of(target, body);
    enum replay ret = REPLAY_NEW;
    pthread_mutex_lock(&r->lock);
    if (r->v[s % SLOTS].signature == s && r->v[s % SLOTS].until > now)
        ret = r->v[s % SLOTS].what == what ? REPLAY_SAME : REPLAY_OTHER;
    pthread_mutex_unlock(&r->lock);
    return ret;
}

void fed_replay_note(struct fed_replay *r, struct str signature, struct str target,
                     struct str body, int64_t until)
{
    uint64_t s = mark(signature), what = mark_of(target, body);
    pthread_mutex_lock(&r->lock);
    r->v[s % SLOTS].signature = s;
    r->v[s % SLOTS].what = what;
    r->v[s % SLOTS].until = until;
    pthread_mutex_unlock(&r->lock);
}
