/* Signatures that were taken within their window (federation.md 2.19). The same request again needs
 * no second look; the same signature over something else is a forgery. A fixed table, in which newer
 * ones overwrite older ones: what falls out is caught by the ids of activities. Any thread. */
#ifndef FEDERATION_REPLAY_H
#define FEDERATION_REPLAY_H

#include <stdint.h>

#include "node/base/str.h"

struct fed_replay;

enum replay { REPLAY_NEW, REPLAY_SAME, REPLAY_OTHER };

struct fed_replay *fed_replay_new(void);
struct fed_replay *fed_replay_free(struct fed_replay *r);
enum replay fed_replay_look(struct fed_replay *r, struct str signature, struct str target,
                            struct str body, int64_t now);
/* It verified and is on disk. until: when its window ends. */
void fed_replay_note(struct fed_replay *r, struct str signature, struct str target,
                     struct str body, int64_t until);

#endif
