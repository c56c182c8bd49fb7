/* The only paywall (D-1, P12). Who may read what is decided here and nowhere else.
 *
 * access_decide is the only maker of struct access_pass; node/talk/post_body.h, the media doors and
 * later feeds, search and mail take the pass, not a yes or no of their own. Decided anew at every
 * request, so a revocation is in force with the next one. What it rests on is one indexed query an account
 * and planet; a request that only shows (cx->recall) keeps the answer in its cx, and whatever it asks
 * further costs no query. Nothing is kept between requests. */
#ifndef NODE_PLANET_ACCESS_H
#define NODE_PLANET_ACCESS_H

#include "node/cx.h"
#include "node/planet/planet.h"

enum gate_kind { GATE_PUBLIC, GATE_MEMBERS, GATE_TIER, GATE_PRICE, GATE_ANSWER };

/* What a thing asks for. GATE_PRICE with rank 0 opens by purchase alone; with a rank n > 0 for
 * members of that rank, too. GATE_ANSWER is the answer to a paid question: as GATE_PRICE, and of the roles only
 * the owner and who gave it read it. A draft opens for owners, partners and, his own, a guest. Embedded in
 * whatever can be locked. */
struct gate {
    int64_t post_id;
    int64_t planet_id;
    int64_t author_id;
    enum gate_kind kind;
    int64_t rank;          /* lowest rank that opens it; 0 = public, members = 1 */
    bool not_in_trial;
    int64_t published_at;  /* DB_NULL: draft, for its authors only */
};

enum access_verdict { ACCESS_NONE, ACCESS_TEASER, ACCESS_FULL };
enum access_why {
    WHY_PUBLIC,
    WHY_ROLE,
    WHY_PURCHASED,
    WHY_MEMBER,
    WHY_TRIAL, /* full */
    WHY_VISITOR,
    WHY_NOT_MEMBER,
    WHY_LAPSED,
    WHY_TIER_TOO_LOW,
    WHY_NOT_IN_TRIAL,
    WHY_BANNED,
    WHY_DRAFT,
};

/* Opaque by intent: read through the functions, made by access_decide. */
struct access_pass {
    enum access_verdict verdict_;
    enum access_why why_;
    int64_t post_id_;
    int64_t account_id_;
    int64_t until_;        /* end of the right; DB_NULL: none or for ever */
    bool no_files_;        /* a trial card shows texts and pictures, files only if the owner says so */
};

MUST_USE enum err access_decide(struct cx *cx, const struct gate *gate, struct access_pass *ret);
/* The same for a page of things: ret has room for n. One membership query per planet among them,
 * none for visitors. */
MUST_USE enum err access_decide_many(struct cx *cx, const struct gate *gates, size_t n,
                                     struct access_pass *ret);
/* The viewer's role in a planet, of the same facts; ROLE_NONE for visitors. */
MUST_USE enum err access_role(struct cx *cx, int64_t planet_id, enum role *ret);
/* A short audited list of reasons for which the program itself must see a body. */
enum access_reason { ACCESS_FOR_INDEX, ACCESS_FOR_EXPORT };
MUST_USE enum err access_internal(struct cx *cx, const struct gate *gate, enum access_reason reason,
                                  struct access_pass *ret);

static inline bool access_is_full(const struct access_pass *p)
{
    return p->verdict_ == ACCESS_FULL;
}
static inline enum access_verdict access_verdict(const struct access_pass *p)
{
    return p->verdict_;
}
static inline enum access_why access_why(const struct access_pass *p) { return p->why_; }
static inline bool access_with_files(const struct access_pass *p)
{
    return access_is_full(p) && !p->no_files_;
}
static inline int64_t access_until(const struct access_pass *p) { return p->until_; }

#endif
