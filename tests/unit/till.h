/* What a rail's provider is in tests of the whole: it keeps payments as its own truth, answers the adapter's
 * questions over HTTP, repeats the answer to a repeated key, and tells what happened as its messages. One
 * till_<rail>.h for each; test_tills.c drives them all alike. */
#ifndef TESTS_TILL_H
#define TESTS_TILL_H

#include <stdio.h>
#include <string.h>

#include "node/base/buf.h"
#include "node/base/clock.h"
#include "node/base/json.h"
#include "node/money/rail.h"
#include "node/settings.h"
#include "tests/unit/domain_fixture.h"
#include "tests/unit/loopback.h"

enum { PAYMENTS = 4, BACKS = 8, TILL_HEADERS = 5 };

struct payment {
    char number[40];                    /* of our order, as the adapter told it at checkout */
    int64_t total, refunded, changed;   /* changed: ms */
    bool paid, closed, approved;        /* approved: by its buyer, and not taken yet */
    enum { QUIET, DISPUTED, WON, LOST } dispute;
    struct { char key[128]; int64_t amount, in_all, at; } backs[BACKS];
    int n_backs;
};

struct till;
struct book;
struct provider {
    struct loopback loopback;
    const struct till *till;
    struct domain *d;
    struct arena *arena;
    struct payment payments[PAYMENTS];
    int n;
    int64_t now;
    int down;                           /* so many requests from now are answered with an error */
    int deaf;                           /* so many are done, and the answer is lost */
    int bad;                            /* what no honest adapter sends */
    struct crypt_key *key;              /* the provider's own, where it signs with one */
    const struct crypt_key *ours;
    void *own;                          /* whatever else one rail's provider needs */
    struct book *book;                  /* till_subs.h: its subscriptions; NULL: single payments */
};

/* One thing that a provider tells, told again as often as one likes. */
struct tale { struct str body, signature; struct rail_header headers[TILL_HEADERS]; size_t n_headers; };

struct till {
    const char *name, *currency;
    bool disputes;                      /* the provider tells of them */
    bool refunds_by_hand;               /* the owner may give back on the provider's own page */
    bool asks;                          /* it can be asked how a payment stands */
    bool mute;                          /* it tells nothing of refunds */
    bool takes_back;                    /* a payment that stood may turn out to be none: lost at once, with no dispute before */
    bool captures;                      /* what a buyer has approved is taken by us */
    bool silent;                        /* nobody is there to be called: what we do is what was done */
    bool by_hand;                       /* the owner is the one who tells, and gives back */
    void (*connect)(struct provider *p);
    bool (*serve)(struct loopback *l, int fd, const char *head, const char *body, size_t n);
    /* Payment i as it stands now; id tells tales apart. back: which of its refunds, or -1. */
    struct str (*body)(struct provider *p, const struct payment *pay, int back, int id);
    void (*sign)(struct provider *p, struct tale *t); /* as of p->now; NULL: unsigned */
    void (*end)(struct provider *p);    /* NULL: nothing to let go */
};

static inline void till_oops(struct provider *p, const char *what)
{
    fprintf(stderr, "%s: %s\n", p->till->name, what);
    p->bad++;
}

static inline struct payment *till_find(struct provider *p, struct str number)
{
    for (int i = 0; i < p->n; i++)
        if (str_eq_c(number, p->payments[i].number))
            return &p->payments[i];
    return NULL;
}

/* A checkout was asked for; the same order again is the same payment. */
static inline struct payment *till_open(struct provider *p, struct str number, int64_t total)
{
    struct payment *pay = till_find(p, number);
    if (pay != NULL && pay->total != total)
        till_oops(p, "an order changed its sum");
    if (pay != NULL)
        return pay;
    if (p->n == PAYMENTS || number.n == 0 || number.n >= sizeof pay->number || total <= 0) {
        till_oops(p, "checkout");
        return &p->payments[0];
    }
    pay = &p->payments[p->n++];
    memset(pay, 0, sizeof *pay);
    snprintf(pay->number, sizeof pay->number, STR_FMT, STR_ARG(number));
    pay->total = total;
    pay->changed = p->now;
    return pay;
}

/* Money goes back: once for each key; without one by hand, on the provider's own page. The refund's place; -1:
 * refused, there isn't so much. */
static inline int till_back(struct provider *p, struct payment *pay, struct str key, int64_t amount)
{
    for (int i = 0; i < pay->n_backs && key.n > 0; i++)
        if (str_eq_c(key, pay->backs[i].key)) {
            if (pay->backs[i].amount != amount)
                till_oops(p, "a key came with another sum");
            return i;
        }
    if (!pay->paid || amount <= 0 || amount > pay->total - pay->refunded || pay->n_backs == BACKS || pay->dispute == DISPUTED ||
        pay->dispute == LOST)
        return -1;
    int i = pay->n_backs++;
    if (key.n > 0)
        snprintf(pay->backs[i].key, sizeof pay->backs[i].key, STR_FMT, STR_ARG(key));
    else
        snprintf(pay->backs[i].key, sizeof pay->backs[i].key, "by-hand-%d-%d", (int)(pay - p->payments), i);
    pay->refunded += amount;
    pay->backs[i].amount = amount;
    pay->backs[i].in_all = pay->refunded;
    pay->backs[i].at = pay->changed = p->now;
    return i;
}

static inline int till_index(struct provider *p, const struct payment *pay)
{
    return (int)(pay - p->payments);
}

/* The payment that an id ends in: "cs_2", "CAP3". */
static inline struct payment *till_payment(struct provider *p, struct str id, size_t prefix)
{
    int64_t i;
    return id.n > prefix && str_to_i64(str_sub(id, prefix, id.n), &i) && i >= 0 && i < p->n ? &p->payments[i] : NULL;
}

static inline struct str till_between(struct str s, const char *from, const char *to)
{
    size_t at = str_find(s, str_c(from), 0);
    if (at == SIZE_MAX)
        return STR("");
    at += strlen(from);
    size_t end = str_find(s, str_c(to), at);
    return str_sub(s, at, end == SIZE_MAX ? s.n : end - at);
}

static inline struct str till_base64(struct provider *p, struct str raw)
{
    struct buf b;
    buf_init_arena(&b, p->arena, 4096);
    buf_put_base64(&b, raw.p, raw.n);
    return buf_str(&b);
}

/* What the adapter sees of a provider that has a bad moment: true when the request is over. */
static inline bool till_is_down(struct provider *p, int fd, bool *ret_go_on)
{
    if (p->down == 0)
        return false;
    p->down--;
    *ret_go_on = loopback_reply(fd, "503 Not now", "Content-Type: application/json\r\n", "{}", 2);
    return true;
}

static inline bool till_is_deaf(struct provider *p)
{
    p->deaf -= p->deaf > 0;
    return p->deaf > 0;
}

#endif
