/* Who may join a planet (A3): open to all, by the owner's approval (with a question to answer), by a
 * member's invitation, or closed. Codes, gifts and trial cards are the owner's own word: they open any
 * planet. Whoever was a member before comes back without asking. */
#ifndef NODE_PLANET_ADMISSION_H
#define NODE_PLANET_ADMISSION_H

#include "node/planet/planet.h"

enum { JOIN_ANSWER_MAX = 1000 };

struct join_request {
    int64_t id, planet_id, account_id, created_at, decided_at; /* decided_at DB_NULL: waits */
    struct str answer, state;      /* state: waiting, approved, declined */
    struct str username, name, mail;
};

/* May this account order a membership here? invited: somebody of the planet sent it (invite.h).
 * ERR_FORBIDDEN with a sentence that says what to do. */
MUST_USE enum err admission_check(struct cx *cx, const struct planet *p, int64_t account_id,
                                  bool invited);
/* The request of an account, if it made one. */
MUST_USE enum err join_request_of(struct cx *cx, int64_t planet_id, int64_t account_id,
                                  bool *ret_found, struct join_request *ret);
/* Ask to join. ERR_CONFLICT: asked already, or nothing to ask for; ERR_INVALID: the question wants an
 * answer; ERR_RATE_LIMITED: 10 a day. Owners are told. */
MUST_USE enum err join_request_make(struct cx *cx, int64_t planet_id, int64_t account_id,
                                    struct str answer);
/* Owner or partner: those that wait, oldest first. */
MUST_USE enum err join_request_list(struct cx *cx, int64_t planet_id, int64_t after_id, int limit,
                              struct join_request **ret, size_t *ret_n);
/* Owner or partner. ERR_NOT_FOUND: no such request waits here. Who asked is told. */
MUST_USE enum err join_request_decide(struct cx *cx, int64_t planet_id, int64_t id, bool approve);

#endif
