/* A provider's book of subscriptions, for test_till_subs.c: who is charged what when, what went back, what its payer and
 * we said of it. till_subs_<rail>.h says it in each provider's words. */
#ifndef TESTS_TILL_SUBS_H
#define TESTS_TILL_SUBS_H

#include "tests/unit/till.h"

enum { SUBS = 2, CHARGES = 10, SUB_TALES = 400, TERM_DAYS = 30, SUB_KEYS = 200 };

struct charge {
    int64_t amount, refunded, at;
    enum { CALM, CONTESTED, UPHELD, TAKEN } dispute;
    struct { char key[128]; int64_t amount, in_all; bool told; } backs[BACKS];
    int n_backs;
};
struct sub {
    char number[40];            /* of the order that it began with */
    int64_t term, revised;      /* what a term costs; revised: what its payer may agree to, 0: nothing */
    enum sub_state { OFFERED, RUNNING, OWING, HELD, OVER } state;
    bool ends;                  /* charged no more, runs out with its term */
    int64_t period_end;
    struct charge charges[CHARGES];
    int n;
};
struct book {
    struct sub subs[SUBS];
    int n;
    char keys[SUB_KEYS][160]; int n_keys;   /* of what was done */
    struct str tales[SUB_TALES]; int n_tales;
    int64_t plans[64]; int n_plans;         /* PayPal: what a term costs by each */
};

/* How a provider says it. */
struct sub_till {
    const struct till *till;
    bool (*serve)(struct loopback *l, int fd, const char *head, const char *body, size_t n);
    bool agrees;                /* its payer has to agree to another price */
    void (*begun)(struct provider *p, struct sub *s);
    void (*charged)(struct provider *p, struct sub *s, int k);
    void (*failed)(struct provider *p, struct sub *s);
    void (*changed)(struct provider *p, struct sub *s);    /* its state, in whatever way */
    void (*went_back)(struct provider *p, struct sub *s, int k, int back);
    void (*disputed)(struct provider *p, struct sub *s, int k);
    const char *ref, *charge_ref;                          /* how their names begin: "sub_", "in_" */
};

static inline struct sub *book_find(struct provider *p, struct str number)
{
    for (int i = 0; i < p->book->n; i++)
        if (str_eq_c(number, p->book->subs[i].number))
            return &p->book->subs[i];
    return NULL;
}

static inline int sub_index(struct provider *p, const struct sub *s)
{
    return (int)(s - p->book->subs);
}

/* What charges are called by: "in_201" is the second of the third. */
static inline int charge_id(struct provider *p, const struct sub *s, int k)
{
    return sub_index(p, s) * 100 + k;
}

static inline struct sub *book_sub(struct provider *p, struct str id, size_t prefix)
{
    int64_t i;
    return id.n > prefix && str_to_i64(str_sub(id, prefix, id.n), &i) && i >= 0 && i < p->book->n ? &p->book->subs[i] : NULL;
}

static inline struct sub *book_charge(struct provider *p, struct str id, size_t prefix, int *ret_k)
{
    int64_t i;
    if (id.n <= prefix || !str_to_i64(str_sub(id, prefix, id.n), &i) || i < 0 || i / 100 >= p->book->n ||
        i % 100 >= p->book->subs[i / 100].n)
        return NULL;
    *ret_k = (int)(i % 100);
    return &p->book->subs[i / 100];
}

static inline struct sub *book_open(struct provider *p, struct str number, int64_t term)
{
    struct sub *s = book_find(p, number);
    if (s != NULL && s->term != term)
        till_oops(p, "an order changed its sum");
    if (s != NULL)
        return s;
    if (p->book->n == SUBS || number.n == 0 || number.n >= sizeof s->number || term <= 0) {
        till_oops(p, "checkout");
        return &p->book->subs[0];
    }
    s = &p->book->subs[p->book->n++];
    memset(s, 0, sizeof *s);
    snprintf(s->number, sizeof s->number, STR_FMT, STR_ARG(number));
    s->term = term;
    return s;
}

/* Was this done already? A key is remembered. */
static inline bool book_done(struct provider *p, struct str key)
{
    for (int i = 0; i < p->book->n_keys; i++)
        if (str_eq_c(key, p->book->keys[i]))
            return true;
    assert_true(p->book->n_keys < SUB_KEYS && key.n < sizeof p->book->keys[0]);
    snprintf(p->book->keys[p->book->n_keys++], sizeof p->book->keys[0], STR_FMT, STR_ARG(key));
    return false;
}

static inline int book_back(struct provider *p, struct sub *s, int k, struct str key, int64_t amount)
{
    struct charge *c = &s->charges[k];
    for (int i = 0; i < c->n_backs && key.n > 0; i++)
        if (str_eq_c(key, c->backs[i].key)) {
            if (c->backs[i].amount != amount)
                till_oops(p, "a key came with another sum");
            return i;
        }
    if (amount <= 0 || amount > c->amount - c->refunded || c->n_backs == BACKS || c->dispute == CONTESTED || c->dispute == TAKEN)
        return -1;
    int i = c->n_backs++;
    snprintf(c->backs[i].key, sizeof c->backs[i].key, STR_FMT, STR_ARG(key));
    c->refunded += amount;
    c->backs[i].amount = amount;
    c->backs[i].in_all = c->refunded;
    return i;
}

/* A message, at a second of its own. */
static inline void book_tell(struct provider *p, struct str body)
{
    assert_true(p->book->n_tales < SUB_TALES);
    p->book->tales[p->book->n_tales++] = body;
    p->now += 1000;
}

static inline struct str iso(struct provider *p, int64_t at)
{
    return clock_rfc3339(p->arena, at);
}

#endif
