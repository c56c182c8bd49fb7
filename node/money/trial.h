/* Free trials (P25; trial_start stands in order.h) and trial cards (体验卡, P26).
 *
 * A trial card is a link, /t/TOKEN: 128 random bits, good for so many people, for so many days each, and for
 * the posts of the last window_days. One a person and planet. The token is kept sealed, so that the owner can
 * print its link again, and found by its keyed hash. */
#ifndef NODE_MONEY_TRIAL_H
#define NODE_MONEY_TRIAL_H

#include "node/planet/planet.h"

enum { TRIAL_CARD_USES_MAX = 100000, TRIAL_CARD_DAYS_MAX = 90, TRIAL_CARD_WINDOW_MAX = 3650 };

struct trial_card {
    int64_t id, planet_id, tier_id, uses, used, days, window_days, created_at;
    int64_t expires_at, ended_at;     /* DB_NULL: never; not ended */
    bool with_files;
    struct str name, tier_name;
    struct str token;                 /* for who looks after the planet; else STR_NULL */
    int64_t n_joined;                 /* of those who used it: how many paid later */
};

/* Owner or partner. From c: tier_id, name, uses, days, window_days, with_files, expires_at. */
MUST_USE enum err trial_card_create(struct cx *cx, int64_t planet_id, const struct trial_card *c,
                                    struct trial_card *ret);
MUST_USE enum err trial_card_list(struct cx *cx, int64_t planet_id, int64_t before_id, int limit,
                              struct trial_card **ret, size_t *ret_n);
MUST_USE enum err trial_card_by_id(struct cx *cx, int64_t planet_id, int64_t id,
                                   struct trial_card *ret);
/* Nobody can use it from now on; who did keeps the days. */
MUST_USE enum err trial_card_end(struct cx *cx, int64_t planet_id, int64_t id);
/* Who used it, newest first, with their grants; before that grant (0: from the newest). */
struct trial_card_user { int64_t grant_id, account_id, at, ends_at; struct str name, username; bool paid; };
MUST_USE enum err trial_card_users(struct cx *cx, int64_t planet_id, int64_t id, int64_t before_id, int limit,
                              struct trial_card_user **ret, size_t *ret_n);

/* What stands behind a link, for its page: without token. ERR_NOT_FOUND; ERR_GONE: ended, run out or used
 * up. */
MUST_USE enum err trial_card_look(struct cx *cx, struct str token, struct trial_card *ret);
/* ERR_NOT_FOUND, ERR_GONE as above; ERR_CONFLICT: had a card here before, is a member already, no seat left,
 * banned. Of two who take the last one at once, one gets it. */
MUST_USE enum err trial_card_use(struct cx *cx, int64_t account_id, struct str token,
                                 int64_t *ret_grant_id);

#endif
