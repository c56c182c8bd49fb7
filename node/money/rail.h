/* Rails: the ways money arrives. Each is a row of the table in rail.c and one file rails/<name>.c behind
 * the interface below (P20–P24).
 *
 * rail_receive is the only door for a provider's messages: the signature is checked on the raw
 * bytes, the event stored once (a repeat is OK and does nothing), the order moved, all in one
 * transaction. What the rail tells is the payment as it stood at `at`: an older tale that arrives
 * later is recorded only, so any order of arrival ends in the same state.
 *
 * An adapter calls its provider with rail_http (rail_http.h), which waits for the answer. So its functions
 * run in jobs, or on the server's crew while a page rests (web/pay_away.h), and never in a transaction; the
 * exceptions are named. Whatever changes something at the provider goes through rail_call.h, which has
 * written it down before. */
#ifndef NODE_MONEY_RAIL_H
#define NODE_MONEY_RAIL_H

#include "node/money/order.h"
#include "node/money/rail_account.h"

struct rail_header { struct str name, value; };

/* A provider's message as it came through POST /hooks/:rail/:handle. */
struct rail_message {
    struct str body;                 /* raw bytes */
    struct str content_type;
    struct str signature;            /* X-Rail-Signature: the fake rail's */
    const struct rail_header *headers; size_t n_headers; /* those of pay_rail.headers that came */
};
struct str rail_header(const struct rail_message *m, const char *name); /* any case; STR_NULL */

enum rail_topic {
    RAIL_ORDER,        /* a payment of ours */
    RAIL_RENEWAL,      /* a further term that the provider took the money for by itself */
    RAIL_SUBSCRIPTION, /* how it stands with one: sub */
    RAIL_REFUND_LOST,  /* a refund of ours that it had taken did not arrive: refund_key or refs[0], note */
    RAIL_WARNING,      /* something the owner should hear: note */
    RAIL_NOTHING,      /* well signed, and of no concern */
};

struct rail_sub {
    struct str ref, customer;        /* the provider's names; ref STR_NULL: this isn't about one */
    struct str state;                /* active, past_due, paused, ended */
    bool ends_with_term;
    int64_t period_end;              /* DB_NULL: unsaid */
    int64_t at;                      /* when it stood so, if that isn't when the payment did (a message's word, when only
                                        the payment was asked for); 0: it is */
};

enum { RAIL_PAYERS = 2, RAIL_REFS = 6, RAIL_RIGHTS = 24, RAIL_HEADERS = 8, RAIL_VALUES = 16 };

/* A payment as its rail tells it. */
struct rail_state {
    struct str event_id;      /* unique at this rail */
    struct str order_number;  /* STR_NULL: unsaid; found by ref and refs then */
    enum order_event event;   /* what happened last: PAID, REFUND, DISPUTE …; PENDING: nothing yet */
    int64_t at;               /* when, by the rail's clock */
    struct money paid;        /* what was paid in all (DISPUTE and REFUND imply it) */
    int64_t refunded;         /* given back so far */
    bool seen;                /* of PENDING: the payment is on its way, and not certain yet */
    struct str back_ref;      /* one refund that is told by itself: the key of our call, or the provider's name */
    int64_t back;             /* and how much it was; refunded is the sum of all such then. STR_NULL: none */
    struct str ref;           /* the rail's name of the payment: the same whoever tells it */
    struct str merchant;      /* whose account the money went to */
    bool live;                /* false: test money */
    enum rail_topic topic;
    struct str refs[RAIL_REFS]; /* further names of it there, remembered for later events; n == 0: none */
    struct rail_sub sub;
    struct str refund_key;    /* of REFUND_LOST: rail_step.key of our call; STR_NULL: refs[0] is its name */
    struct str note;          /* of WARNING and REFUND_LOST: for the owner's log, without personal data */
    /* Not believed by itself (no signature, or half of what is needed): counts only when the rail, asked, says
     * it, too. Without an answer the message is refused, so that it is told again. */
    bool hint;
    struct str payers[RAIL_PAYERS]; /* who pays, as the rail knows them: its customer, a card's fingerprint; n == 0: unsaid */
    bool fraud;               /* of WARNING: the payment named by refs may be fraud; giving it back avoids a dispute */
    struct str country;       /* where the card, wallet or bank is: "DE"; STR_NULL: unsaid */
    int64_t tax;              /* what the rail worked out of `paid` (TAX_RAIL); 0: unsaid */
};

/* Who is at the till: what a checkout may depend on. Kept with the call; nothing of it is logged. */
struct rail_visit {
    struct str ip, agent;
    struct str openid;        /* inside WeChat, after its own redirect; else STR_NULL */
    bool phone, wechat;       /* by the user agent */
};
struct rail_visit rail_visit_of(struct str ip, struct str agent);

/* One call that changes something, as it was written down. */
struct rail_step {
    int64_t id;
    struct str name;          /* checkout, capture, close, refund, cancel, resume, end, drop, reprice, agreed */
    struct str key;           /* for the provider's idempotency: the same at each try */
    const struct rail_account *account;
    const struct order *order;         /* of reprice: that the subscription began with; NULL: none */
    const struct rail_sub *sub;        /* of what is about one; else NULL */
    const struct rail_visit *visit;    /* of checkout */
    struct money amount;               /* of refund; of reprice: what a term costs then, with its tax */
    const struct price *price;         /* of reprice: its term; else NULL */
    struct str return_url;    /* where the browser comes back to: the page /pay/NUMBER; of reprice: the membership */
    struct str hook_url;      /* where the provider's messages go */
    int tries;                /* before this one */
};

enum rail_go {
    RAIL_GO_URL,  /* the browser goes to url */
    RAIL_GO_CODE, /* the page shows url as a QR code to be scanned */
    RAIL_GO_PAGE, /* the page of the order says what to do, with what pay_rail.page_json gives */
};
struct rail_way {
    enum rail_go go;
    struct str url, ref;      /* ref: the rail's name of what was made */
    struct str data;          /* JSON for the page of the order (WeChat's bridge, a bank account); STR_NULL */
    int64_t expires_at;       /* the way is closed then; 0: with the order */
};

/* A price that was changed. agree n == 0: it holds. Else the payer has to agree to it there, and has not yet; the
 * next charge comes at next_at (DB_NULL: unsaid), at the old price until then. */
struct rail_repriced { struct str agree; int64_t next_at; };

enum rail_refund { RAIL_REFUND_SENT, RAIL_REFUND_DONE, RAIL_REFUND_FAILED };
struct rail_refunded {
    enum rail_refund state;   /* FAILED: the owner must give it back by hand (P31) */
    struct str ref, why;
    struct str url;           /* where the buyer fetches it: written to them; STR_NULL: it comes by itself */
};

/* A right that the owner's key has or lacks. Sentences of ours in English (N_): who reads them may speak another
 * language than who tested. */
struct rail_right { struct str name; bool ok, needed; struct str why; /* STR_NULL */ };
struct rail_probe {
    struct rail_right rights[RAIL_RIGHTS]; size_t n;
    struct str merchant, title; /* title: what the provider calls the account */
    bool live;
};

/* One line of a provider's own books. */
enum rail_line { RAIL_LINE_FEE, RAIL_LINE_PAYMENT, RAIL_LINE_REFUND, RAIL_LINE_DISPUTE };
struct rail_fee {
    struct str ref, also, line;  /* what it is about, by one or two names; line: unique */
    struct money fee;            /* 0: none */
    int64_t at;
    enum rail_line kind;         /* FEE: nothing but the fee can be compared */
    struct money amount;         /* before the fee, of the others: what came is more than 0, what went less */
};

struct rail_reply { int status; const char *type; struct str body; };

/* Something to fill in when connecting. */
struct rail_field {
    const char *name;
    const char *label, *help;  /* N_(); help may be NULL */
    enum { RAIL_TEXT = 0, RAIL_SECRET = 1, RAIL_NEEDED = 2, RAIL_LONG = 4, RAIL_SWITCH = 8, RAIL_SELF = 16, RAIL_PICTURE = 32,
           RAIL_HOME = 64 } flags;
    /* SELF: the adapter writes it; SWITCH: "true" or nothing; LONG: several lines; PICTURE: an uploaded picture,
     * kept as its media id, which must be of the planet; HOME: where the secrets are sent to: with another one they
     * have to be typed anew, so that nobody who may change it gets what others typed */
};

struct pay_rail {
    const char *name;
    const char *label;        /* N_("…") for the button */
    const char *title;        /* the provider's own name; N_() where it has one in other languages */
    const char *about;        /* N_(): how to come by what the fields want; NULL: nothing to connect */
    const struct rail_field *fields; /* ends with name == NULL; NULL: needs no account */
    const char *const *headers;      /* those of a message that verify reads, then NULL */
    bool renews;              /* takes the money for further terms by itself */
    const char *country;      /* where its wallets are, when it says nothing closer; NULL: anywhere */
    bool talks;               /* checkout calls the provider: a page must rest meanwhile */
    int64_t open_ms;          /* how long an order waits for its payment; 0: two hours */
    /* Does it take this currency, asked in pages? NULL: any, as far as can be told before asking it. */
    bool (*takes)(struct cx *cx, int64_t planet_id, struct str currency);
    /* NULL: its account is on. Asked in pages; may read the store. */
    bool (*available)(struct cx *cx, int64_t planet_id);
    /* Are the texts ones that could be right (shape only)? Not asked of the provider. May change
     * them (white space, PEM armour). NULL: anything. In pages. */
    enum err (*check)(struct cx *cx, struct rail_value *values, size_t n);
    /* Try each right of the key. ERR_INVALID with a sentence: not a key at all. */
    enum err (*probe)(struct cx *cx, const struct rail_account *acc, struct rail_probe *ret);
    /* After a probe that lacks nothing: what must be made there once (a webhook endpoint); its results
     * are kept with rail_account_keep. NULL: nothing. */
    enum err (*connect)(struct cx *cx, struct rail_account *acc, struct str hook_url);
    /* Make the rail's object; where the buyer goes next. */
    enum err (*checkout)(struct cx *cx, const struct rail_step *s, struct rail_way *ret);
    /* Raw bytes and headers to a checked state; asks nobody. ERR_UNAUTHENTICATED: not signed by the
     * rail. In the door, on its worker. NULL: it has no messages. */
    enum err (*verify)(struct cx *cx, const struct rail_account *acc, const struct rail_message *m,
                       struct rail_state *ret);
    /* verify said ERR_BUSY: it lacks a key that the provider publishes. Fetch and keep it, and verify. Waits for
     * the provider. NULL: there are no such keys. */
    enum err (*learn)(struct cx *cx, struct rail_account *acc, const struct rail_message *m, struct rail_state *ret);
    /* The payment as it stands now, asked of the rail. io comes with what is known: of an order its number
     * and ref, of an event all that it said. o is NULL while no order is known. ERR_UPSTREAM,
     * ERR_TIMEOUT, ERR_BUSY: cannot be reached, the event's own words count. It may name what it found by an event_id
     * of its own, when that must count once whoever finds it. NULL: no such question. */
    enum err (*fetch_state)(struct cx *cx, const struct rail_account *acc, const struct order *o,
                            struct rail_state *io);
    /* Take the money that a buyer has approved: the call "capture", which fetch_state has written down
     * (rail_call_capture). NULL: approving is paying. */
    enum err (*capture)(struct cx *cx, const struct rail_step *s);
    /* Whose money do we take: the planet's merchant name, and is it live? NULL: the account's. */
    enum err (*merchant)(struct cx *cx, int64_t planet_id, struct str *ret_merchant, bool *ret_live);
    enum err (*refund)(struct cx *cx, const struct rail_step *s, struct rail_refunded *ret);
    /* The buyer gave up: what was made at checkout can be paid no more. OK also when it is paid or gone:
     * a payment that is told after all is honoured (P8). NULL: it runs out by itself. */
    enum err (*close)(struct cx *cx, const struct rail_step *s);
    /* No further renewal; with resume: go on after all. Step "end": for good, if it is still held; "drop": at once, its
     * free days included. NULL: nothing renews here. */
    enum err (*renewal)(struct cx *cx, const struct rail_step *s, bool resume);
    /* Further terms of the subscription cost s->amount: from the next one on, nothing is charged or given back now.
     * The same currency and length of term. NULL: the provider can't. */
    enum err (*reprice)(struct cx *cx, const struct rail_step *s, struct rail_repriced *ret);
    bool reprice_asks;        /* the payer has to agree there, within a tier: step "agreed" asks whether they have */
    /* The provider's own page about a subscription: cards, invoices. NULL: there is none. */
    enum err (*portal)(struct cx *cx, const struct rail_account *acc, const struct rail_sub *sub,
                       struct str return_url, struct str *ret_url);
    /* Everything that was told since then, oldest first, as if it came now (S12). Each state goes to
     * take(), whose failure ends it. NULL: the provider keeps no list. */
    enum err (*list_since)(struct cx *cx, const struct rail_account *acc, int64_t since,
                           enum err (*take)(void *arg, struct str raw, const struct rail_state *s), void *arg);
    /* The provider's own books since then: what it kept for itself, and what moved (reconcile.h). ERR_UNSUPPORTED: this
     * account may not read them. NULL: it doesn't say. */
    enum err (*fees)(struct cx *cx, const struct rail_account *acc, int64_t since,
                     enum err (*take)(void *arg, const struct rail_fee *fee), void *arg);
    /* How a message is answered; ret comes filled with the usual (204, or the code's status). NULL: so. */
    void (*answer)(struct cx *cx, enum err e, struct rail_reply *ret);
};

const struct pay_rail *rail_by_name(struct str name);  /* NULL: no such rail */
const struct pay_rail *const *rail_all(size_t *ret_n);
bool rail_available(struct cx *cx, const struct pay_rail *rail, int64_t planet_id);
/* The rails that can be used here now; n of them into ret (room for max). */
size_t rail_list(struct cx *cx, int64_t planet_id, const struct pay_rail **ret, size_t max);
/* Those of them that take this currency. */
bool rail_takes(struct cx *cx, const struct pay_rail *rail, int64_t planet_id, struct str currency);
size_t rail_list_for(struct cx *cx, int64_t planet_id, struct str currency, const struct pay_rail **ret, size_t max);
/* The account, or one without anything for a rail that needs none. ERR_NOT_FOUND: not connected. */
MUST_USE enum err rail_account_for(struct cx *cx, const struct pay_rail *rail, int64_t planet_id,
                                   struct rail_account *ret);
/* "https://example.org/hooks/stripe/tea" */
MUST_USE enum err rail_hook_url(struct cx *cx, const struct pay_rail *rail, int64_t planet_id,
                                struct str *ret);

/* Send the buyer on: order becomes pending, ret_url is where the browser goes. As rail_checkout_at for
 * who knows nothing of the buyer. */
MUST_USE enum err rail_checkout(struct cx *cx, struct str order_number, struct str *ret_url);
/* The same; waits for the provider where the rail talks. Asked again it gives the same way. */
MUST_USE enum err rail_checkout_at(struct cx *cx, struct str order_number,
                                   const struct rail_visit *visit, struct rail_way *ret);
/* What the last checkout of an order gave. ERR_NOT_FOUND: there was none. Asks nobody. */
MUST_USE enum err rail_way_of(struct cx *cx, const struct order *o, struct rail_way *ret);

/* A message in two steps. rail_hear checks it and asks nobody: for the door. OK: answer 2xx when it is
 * followed, or known. ERR_UNAUTHENTICATED, ERR_INVALID: 4xx, nothing stored. ERR_NOT_FOUND: no such
 * rail here. rail_follow asks the provider how it stands now, unless asks is false, and applies that. */
struct rail_heard {
    const struct pay_rail *rail;
    int64_t planet_id;
    struct rail_account account;
    struct str body;
    struct rail_state state;
    const struct rail_message *message; /* its headers and body live as long as this */
    bool unproved;            /* a key is missing: rail_follow learns it first, or gives verify's error */
    bool known;               /* a repeat: nothing to follow */
    bool asks;                /* rail_follow will wait for the provider */
};
MUST_USE enum err rail_hear(struct cx *cx, const struct pay_rail *rail, int64_t planet_id,
                            const struct rail_message *m, struct rail_heard *ret);
MUST_USE enum err rail_follow(struct cx *cx, const struct rail_heard *h, enum order_verdict *ret_verdict);
/* Both at once. ret_verdict may be NULL. */
MUST_USE enum err rail_receive(struct cx *cx, struct str rail, int64_t planet_id, struct str body,
                               struct str signature, const struct rail_header *headers,
                               size_t n_headers, enum order_verdict *ret_verdict);
/* Ask the rail how the payment of an order stands, and follow it (P23, P42). OK also when nothing was
 * new; ERR_UNSUPPORTED: this rail can't be asked. */
MUST_USE enum err rail_look(struct cx *cx, struct str order_number);
/* Apply one checked state, as if it had come as a message: backfill and polls. A known event does
 * nothing. */
MUST_USE enum err rail_settle(struct cx *cx, const struct pay_rail *rail, int64_t planet_id,
                              struct str raw, const struct rail_state *s, enum order_verdict *ret_verdict);

/* Jobs, by the wiring table. pay.look: an order while it is pending, at 15 s, 30 s, 1, 2, 5, 10, 30 min,
 * then hourly until a day after it expired. pay.catch_up: what an account's provider told while nobody
 * heard, and its fees; puts itself for the next night. */
enum job_verdict rail_look_run(struct cx *cx, const struct job *job);
enum job_verdict rail_catch_up_run(struct cx *cx, const struct job *job);
/* When a node has been opened: accounts that were not asked for a while are. */
MUST_USE enum err rail_opened(struct cx *cx);

/* The fake rail: only with node->dev. Its "provider" is the page /dev/pay/NUMBER of this node,
 * which calls fake_rail_event and hands the result to rail_receive as a provider would. */
#define FAKE_RAIL_PATH "/dev/pay/"
/* event: paid, refund, dispute, dispute_won, dispute_lost, fail, expire. amount: what is paid, or
 * for refund given back so far. Body and signature live in the cx. */
MUST_USE enum err fake_rail_event(struct cx *cx, struct str order_number, struct str event,
                                  int64_t amount, struct str currency, struct str *ret_body,
                                  struct str *ret_signature);
/* The same with everything said, for tests. */
MUST_USE enum err fake_rail_sign(struct cx *cx, const struct rail_state *state,
                                 struct str *ret_body, struct str *ret_signature);

#endif
