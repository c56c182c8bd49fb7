/* The JSON that we speak. Each function writes one shape from plain values, so that the golden
 * tests need no store; the loaders that fill the values stand in out_load.c. Field by field:
 * federation.md 1.8–1.17. */
#ifndef FEDERATION_OUT_H
#define FEDERATION_OUT_H

#include "federation/keys.h"
#include "node/base/jw.h"
#include "node/db/db.h"
#include "node/planet/field.h"
#include "node/talk/public_view.h"
#include "node/talk/quote.h"

enum { FED_OUT_MAX = 1 << 20, FED_PAGE = 20 };

struct fed_out_actor {
    struct str uri, kind, username, name, url, inbox, shared_inbox, handle_host;
    struct str page_host;              /* where its posts are read; NULL: handle_host */
    struct safe_html summary;          /* empty: none */
    struct str icon_type, icon_url, image_type, image_url; /* NULL: none */
    struct str rsa_pem, ed_multikey;
    struct str rsa_id, ed_id;          /* NULL: those of the first pair */
    struct { struct str id, multikey; } more_keys[2]; size_t n_more_keys; /* while keys change */
    struct str join_url, join_name;    /* advertised under this name; NULL: none */
    const struct planet_field *fields; size_t n_fields; /* what a planet says of itself */
    int64_t published;
    bool collections;                  /* has followers, outbox … (not the instance) */
    bool endorses;                     /* has a collection of whom it recommends */
    bool approves;                     /* a Follow waits until somebody accepts it */
    const struct str *aliases; size_t n_aliases; /* alsoKnownAs */
    struct str moved_to;               /* NULL: it lives here */
    bool quiet;                        /* somebody who only answers: not to be followed or listed */
};
void fed_out_actor(struct jw *w, const struct fed_out_actor *v);
/* What a signature of it is checked by, and nothing else (2.18). */
void fed_out_actor_key(struct jw *w, const struct fed_out_actor *v);

/* Every term of a note beyond AS2 that we use. */
#define FED_NOTE_CONTEXT                                                                           \
    "[\"https://www.w3.org/ns/activitystreams\",\"https://gotosocial.org/ns\","                    \
    "{\"Hashtag\":\"as:Hashtag\",\"sensitive\":\"as:sensitive\","                                    \
    "\"toot\":\"http://joinmastodon.org/ns#\",\"blurhash\":\"toot:blurhash\","                    \
    "\"quote\":{\"@id\":\"https://w3id.org/fep/044f#quote\",\"@type\":\"@id\"}}]"
#define FED_CONTEXT "\"https://www.w3.org/ns/activitystreams\""

/* Somebody named in a text. */
struct fed_mention {
    struct str as;                     /* as it is written, without the first "@" */
    struct str uri, url, handle;       /* handle: "@ann@far.example" */
    struct str inbox;                  /* NULL: somebody here */
};
enum { FED_NAMED_MAX = 20 };

/* The first of our own answers to a thing; more_after: the last of them, 0: these are all. */
struct fed_replies {
    const struct str *ids; size_t n;
    int64_t more_after;
};

/* A post's public face, or a comment of somebody here. */
struct fed_out_note {
    struct str id, actor_uri, url, lang, in_reply_to;   /* in_reply_to NULL: none */
    struct safe_html content;
    int64_t published, updated;        /* updated DB_NULL: never */
    const struct str *tags; size_t n_tags;
    struct str tag_url;                /* "https://…/tag/", a tag is put behind it */
    const struct public_media *media; size_t n_media;
    struct str mention_uri, mention_name;               /* whom it answers; NULL: nobody */
    const struct fed_mention *mentions; size_t n_mentions; /* who is named in the text beside them */
    int64_t n_likes, n_shares;
    enum quote_rule quotes;            /* who may quote it */
    bool closed;                       /* nobody but those who look after it may answer */
    struct str warning;                /* empty: none */
    struct fed_replies replies;
};
void fed_out_note(struct jw *w, const struct fed_out_note *v);   /* members, inside an object */
void fed_out_object(struct jw *w, const struct fed_out_note *v); /* the document */
/* Content of a post: title, text, hashtags, link. mentions NULL: names stay words. */
struct safe_html fed_out_content(struct arena *a, const struct public_post *p, struct str tag_url,
                                 const struct fed_mention *mentions, size_t n_mentions);
/* Names and tags of a text become links; used: a bit for each tag that did (the first 64). */
struct fed_markup {
    const struct fed_mention *mentions; size_t n_mentions;
    const struct str *tags; size_t n_tags;
    struct str tag_url;
    uint64_t used;
};
struct safe_html fed_out_marked(struct arena *a, struct safe_html html, struct fed_markup *m);
void fed_out_hashtag(struct buf *b, struct str tag_url, struct str tag);
/* A text with nothing in it but what other servers know. */
struct safe_html fed_out_reduced(struct arena *a, struct safe_html html);
/* Content of an answer: whom it is to, then the text (reduced). url: their profile. */
struct safe_html fed_out_mentioning(struct arena *a, struct str url, struct str username,
                                    struct safe_html html);

/* Everything that we say is public or to one actor. */
struct fed_out_envelope {
    struct str id, type, actor, to;    /* to NULL: everybody, cc followers */
    struct str cc;                     /* beside the followers; NULL: none */
    const struct fed_mention *mentions; size_t n_mentions; /* and these */
    int64_t published;
    bool unfollowed;                   /* the actor has no followers to name */
};
void fed_out_create(struct jw *w, const struct fed_out_envelope *e, const struct fed_out_note *n);
/* type Update of a note or an actor. */
void fed_out_update_note(struct jw *w, const struct fed_out_envelope *e,
                         const struct fed_out_note *n);
void fed_out_update_actor(struct jw *w, const struct fed_out_envelope *e,
                          const struct fed_out_actor *a);
void fed_out_delete(struct jw *w, const struct fed_out_envelope *e, struct str object,
                    struct str former_type);
void fed_out_tombstone(struct jw *w, struct str id, struct str former_type, int64_t deleted,
                       bool alone);
/* Accept or Reject of a Follow that we got. */
void fed_out_answer(struct jw *w, const struct fed_out_envelope *e, struct str follow_id,
                    struct str follower, struct str target);

/* A report to the server of whom it is about: e->to is that actor, objects are its posts. */
void fed_out_flag(struct jw *w, const struct fed_out_envelope *e, struct str text,
                  const struct str *objects, size_t n_objects);
/* An actor of ours has moved: to its followers alone. */
void fed_out_move(struct jw *w, const struct fed_out_envelope *e, struct str target);

/* Quotes (FEP-044f): the authorization as a document, the answer to a request (result NULL: no), and
 * a Delete of an authorization. */
struct fed_out_quote_grant { struct str id, actor, quote, target; };
void fed_out_quote_grant(struct jw *w, const struct fed_out_quote_grant *v);
struct fed_out_quote_answer { struct str request, asker, target, quote, result; };
void fed_out_quote_answer(struct jw *w, const struct fed_out_envelope *e,
                          const struct fed_out_quote_answer *a);
void fed_out_quote_revoked(struct jw *w, const struct fed_out_envelope *e,
                           const struct fed_out_quote_grant *v);

/* What every activity begins with, inside its object: context, id, type, actor, published, to, cc. */
void fed_put_envelope(struct jw *w, const struct fed_out_envelope *e, const char *context);

/* The string uri+tail. */
void fed_put_below(struct jw *w, struct str uri, const char *tail);

/* Collections. */
struct fed_out_page {
    struct str id, part_of, next;      /* next NULL: the end */
    const struct str *items; size_t n_items;
    bool raw;                          /* items are JSON already, else ids */
    bool ordered;
};
/* first NULL: hidden (followers). */
void fed_out_collection(struct jw *w, struct str id, bool ordered, int64_t total, struct str first);
void fed_out_page(struct jw *w, const struct fed_out_page *p);
/* A collection of ids that holds all its items (endorsements). */
void fed_out_whole(struct jw *w, struct str id, const struct str *items, size_t n);
/* Pinned posts, whole. */
void fed_out_featured(struct jw *w, struct str id, const struct fed_out_note *notes, size_t n);
/* Add to it, or Remove from it, as the envelope's type says. */
void fed_out_pin(struct jw *w, const struct fed_out_envelope *e, struct str object);

/* Loaders. */
/* Those that a text of ours names and that we know: people here who have an actor, and people
 * elsewhere who wrote here before. Nobody is looked up for it. */
MUST_USE enum err fed_load_mentions(struct cx *cx, struct safe_html html, struct fed_mention **ret,
                                    size_t *ret_n);
/* Does this account write on a planet here? Others only answer. */
MUST_USE enum err fed_is_author(struct cx *cx, int64_t account_id, bool *ret);
/* GONE: the account was deleted; NOT_FOUND: it is suspended. */
MUST_USE enum err fed_load_actor(struct cx *cx, const struct fed_local *l, struct fed_out_actor *ret);
MUST_USE enum err fed_load_post(struct cx *cx, const struct public_post *p, struct fed_out_note *ret);
/* comment_id DB_NULL: of the post. after: exclusive, 0: from the first. */
MUST_USE enum err fed_load_replies(struct cx *cx, int64_t post_id, int64_t comment_id, int64_t after,
                                   struct fed_replies *ret);
/* A public comment that its writer lets leave, and that was not taken back before: NOT_FOUND for all
 * others, and as long as its writer has no actor. */
MUST_USE enum err fed_load_comment(struct cx *cx, int64_t comment_id, struct fed_out_note *ret,
                                   int64_t *ret_actor_id);

#endif
