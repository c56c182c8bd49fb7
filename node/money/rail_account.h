/* The owner's account at a provider: settings, and secrets sealed with the node's key (P46). One row a
 * planet and rail. Secrets are written, never read back: pages get the last four characters. */
#ifndef NODE_MONEY_RAIL_ACCOUNT_H
#define NODE_MONEY_RAIL_ACCOUNT_H

#include "node/cx.h"

#include <jansson.h>

struct pay_rail;
struct rail_probe;

struct rail_value { const char *name; struct str value; };

struct rail_account {
    int64_t id, planet_id;        /* id 0: the rail needs none */
    struct str rail, merchant;    /* merchant STR_NULL: not known yet */
    struct str state;             /* draft: something is missing; on; off: no new orders, messages are heard */
    bool live;
    struct str error;             /* what went wrong last; STR_NULL */
    bool shut;                    /* there are secrets, sealed with another secret.key than this node's; error says so */
    json_t *settings, *hints;     /* objects of texts */
    json_t *secrets;              /* the same, opened; NULL in lists */
    json_t *rights;               /* what the last test found; NULL: none yet */
    int64_t checked_at, caught_up_at; /* DB_NULL: never */
};
/* STR_NULL: unsaid. Views that live as long as the account. */
struct str rail_setting(const struct rail_account *a, const char *name);
struct str rail_secret(const struct rail_account *a, const char *name);
struct str rail_hint(const struct rail_account *a, const char *name);
bool rail_switch(const struct rail_account *a, const char *name);

/* With opened secrets. ERR_NOT_FOUND: not connected; ERR_INTERNAL: they are shut. */
MUST_USE enum err rail_account_of(struct cx *cx, const struct pay_rail *rail, int64_t planet_id,
                                  struct rail_account *ret);
MUST_USE enum err rail_account_by_id(struct cx *cx, int64_t id, struct rail_account *ret);
/* For the planet's owner; without secrets. */
MUST_USE enum err rail_account_list(struct cx *cx, int64_t planet_id, struct rail_account **ret,
                                    size_t *ret_n);

/* The planet's owner says what is in the fields. A secret that is empty stays as it was; any other field
 * that is given and empty is taken away. Makes the row when missing. State draft, until tested;
 * an account that is on and gets no new secret stays on. One that is shut wants every secret again.
 * ERR_INVALID with a sentence. */
MUST_USE enum err rail_account_save(struct cx *cx, const struct pay_rail *rail, int64_t planet_id,
                                    const struct rail_value *values, size_t n);
/* Tries each right at the provider and makes what must be made there; on if nothing that is needed
 * lacks. Waits for the provider. ERR_UPSTREAM and the like: could not be tried, state as before. */
MUST_USE enum err rail_account_test(struct cx *cx, const struct pay_rail *rail, int64_t planet_id,
                                    struct rail_probe *ret);
/* No new orders; what was sold goes on being heard, refunded and renewed. And on again, after a test. */
MUST_USE enum err rail_account_off(struct cx *cx, const struct pay_rail *rail, int64_t planet_id);
/* The same, and the secrets are gone: nothing of it is heard any more. */
MUST_USE enum err rail_account_forget(struct cx *cx, const struct pay_rail *rail, int64_t planet_id);

/* For adapters: keep what they made up or were told (fields with RAIL_SELF, SECRET or not); a view of
 * acc is refreshed. */
MUST_USE enum err rail_account_keep(struct cx *cx, const struct pay_rail *rail, struct rail_account *acc,
                                    const struct rail_value *values, size_t n);
/* An error that the owner should see, without secrets; STR_NULL takes it away. */
MUST_USE enum err rail_account_say(struct cx *cx, const struct rail_account *acc, struct str error);

#endif
