/* Letters: mail about something that happened to a person's membership, order or planet, told once.
 *
 *     LETTER_LANGUAGE(cx, account_id, planet_id);        to the end of the block: the reader's,
 *                                                        and the planet's clock
 *     struct letter l = {.account_id = account_id, .planet_id = planet_id, .kind = "refund",
 *                        .subject = …, .text = …, .once_key = …};
 *     TRY(letter_put(cx, &l));
 *
 * The job "mail.letter" behind it sends plain text and a small HTML part, in the name of the planet,
 * to the address that the account has by then. Beside it stands a notice of kind "letter" in the
 * page, which is all that who has no mail address gets. A letter holds no locked text and nothing of
 * another person; what it says lies sealed in the store and is erased when it was sent. */
#ifndef NODE_PEOPLE_LETTER_H
#define NODE_PEOPLE_LETTER_H

#include "node/cx.h"
#include "node/event.h"

struct job;

struct letter {
    int64_t account_id;       /* 0: to .mail */
    struct str mail;          /* of somebody without an account */
    int64_t planet_id;        /* who writes; 0: the node */
    const char *kind;         /* short word for the log and the store: "renewal", "refund" */
    struct str subject;       /* one line; the notice says the same */
    struct str text;          /* plain; paragraphs parted by an empty line */
    struct str url, label;    /* a button below it: "https://…", its words; STR_NULL: none */
    struct str once_key;      /* "renewal:ORDER:-3": of two with the same key, the first is told */
    struct str page;          /* a path of ours, where the notice leads; STR_NULL: /me */
    bool no_notice;           /* the page tells it by itself already */
};

/* Inside a transaction. A key that was used already is no error: nothing is told again. The subject is cut
 * to 200 characters. ERR_INVALID: no key, no subject or text, an address that we don't write to. */
MUST_USE enum err letter_put(struct cx *cx, const struct letter *l);
/* Was one with this key put? For who would have to work much to write it. */
MUST_USE enum err letter_was_put(struct cx *cx, struct str once_key, bool *ret);

/* Those to an account (0: to bare addresses) that have not been sent, oldest first: key, kind, subject, text,
 * url, label. For tests and for who looks why nobody was told. */
MUST_USE enum err letter_waiting(struct cx *cx, int64_t account_id, struct letter **ret, size_t *ret_n);

/* The language to write to an account in: its own, else the planet's (0: none), else the cx's. */
MUST_USE enum err letter_language(struct cx *cx, int64_t account_id, int64_t planet_id,
                                  enum locale *ret);
struct letter_language { struct cx *cx; enum locale before; struct str clock_before; };
void letter_language_end(struct letter_language *l);
#define LETTER_LANGUAGE(c, account_id, planet_id)                                                  \
    __attribute__((cleanup(letter_language_end), unused)) struct letter_language letter_language_ = { \
        (c), (c)->locale, (c)->zone_name};                                                         \
    TRY(letter_language((c), (account_id), (planet_id), &(c)->locale))

/* Inside a transaction: one to each owner of a planet. write fills subject, text and what else there is
 * in the language that cx speaks then; kind is set before. once_key is made each owner's own. */
typedef enum err letter_write_fn(struct cx *cx, void *arg, struct letter *l);
MUST_USE enum err letter_to_owners(struct cx *cx, int64_t planet_id, const char *kind,
                                   struct str once_key, letter_write_fn *write, void *arg);

/* "mail.letter" in the wiring table. Without mail.smtp_url it ends as unsent (in --dev its text is
 * printed): what it says stands in the page, and would be old news later. */
enum job_verdict letter_run(struct cx *cx, const struct job *job);

#endif
