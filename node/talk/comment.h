/* Comments (评论): threads under a post, by members here and by people elsewhere.
 *
 * Two audiences. 'public' comments stand under the teaser, for everybody; people on other servers
 * only ever write these. 'members' comments are as locked as the body: they are listed only for a
 * full pass, never leave the node, and under a public post they need a membership. A reply has the
 * audience of what it answers.
 *
 * Counters of the post are kept in the same transaction. Results live in the cx's arena. */
#ifndef NODE_TALK_COMMENT_H
#define NODE_TALK_COMMENT_H

#include "node/talk/post.h"
#include "node/text/emoji.h"

enum comment_audience { COMMENT_MEMBERS, COMMENT_PUBLIC };
enum { COMMENT_MAX_CHARS = 10000, COMMENT_LIST_MAX = 1000 };

/* Something that came with a comment from elsewhere. It stays there: url is its address on their
 * server, to be shown through a proxy of ours or as a link. */
struct comment_media {
    struct str kind;                 /* image, video, audio, file */
    struct str url, mime, alt;
    int64_t width, height;           /* DB_NULL: not said */
};
enum { COMMENT_MEDIA_MAX = 16, COMMENT_WARNING_MAX = 500 };

struct comment {
    int64_t id, post_id;
    int64_t parent_id;               /* 0: answers the post itself */
    int64_t root_id;                 /* its thread; own id for the first of one */
    int depth;                       /* as shown: 0 = starts a thread, 1 = stands under one */
    struct str in_reply_to_name;     /* shown when it answers a reply; else STR_NULL */
    int64_t account_id, actor_id;    /* one of them is 0 */
    bool is_remote;
    bool is_quote;                   /* remote: a note of its own that shows the post */
    bool abroad;                     /* of ours, public: other servers get it, too */
    struct str author_name, author_username;
    struct str author_host;          /* remote: "social.example"; here: STR_NULL */
    struct str author_url;           /* remote: the profile there; here: STR_NULL */
    struct str avatar_url;           /* STR_NULL: none. Of remote authors by node/media/far.h */
    enum comment_audience audience;
    struct str state;                /* shown, held, hidden, deleted (kept while it has answers) */
    struct safe_html html;           /* empty when deleted, or hidden from this viewer */
    struct str object_uri, object_url; /* of remote ones */
    struct str warning;              /* remote: what its writer warns of; empty: nothing */
    bool sensitive;                  /* remote: what came with it is not for everybody's eyes */
    const struct emoji *emoji, *author_emoji; /* remote: of the text, of the name */
    size_t n_emoji, n_author_emoji;
    const struct comment_media *media; size_t n_media; /* remote */
    int64_t n_likes;
    bool liked;                      /* by the viewer */
    bool may_edit, may_delete, may_moderate; /* the viewer */
    int64_t created_at, edited_at;   /* edited_at DB_NULL: never */
};

/* By the viewer. parent_id 0: a new thread. Under a locked post 'members' asks for full access;
 * 'public' asks for an account that isn't banned. Fails INVALID (empty, too long, no such parent
 * here), UNAUTHENTICATED, FORBIDDEN, PAYMENT_REQUIRED, GONE.
 * Notices go to the post's author, the parent's author and @mentioned members who may read it. */
MUST_USE enum err comment_create(struct cx *cx, const struct post *post, int64_t parent_id,
                                 struct str markdown, enum comment_audience audience,
                                 struct comment *ret);
/* The same with all that a form says. */
struct comment_draft {
    int64_t parent_id;
    struct str markdown;
    enum comment_audience audience;
    bool abroad;                     /* public: the writer lets it go to other servers, under their
                                        name and address; of a members' comment it means nothing */
    int64_t form_id;                 /* comment_form_id of the form: sent twice, it is one comment */
};
MUST_USE enum err comment_write(struct cx *cx, const struct post *post,
                                const struct comment_draft *draft, struct comment *ret);
int64_t comment_form_id(struct cx *cx);
/* By its author. */
MUST_USE enum err comment_edit(struct cx *cx, int64_t id, struct str markdown, struct comment *ret);
/* By its author, or by owner, partner and moderator. The text is erased. */
MUST_USE enum err comment_delete(struct cx *cx, int64_t id);
/* By owner, partner and moderator: out of sight and back again. */
MUST_USE enum err comment_hide(struct cx *cx, int64_t id);
MUST_USE enum err comment_show(struct cx *cx, int64_t id);
/* All that this actor of another server wrote on the planet, what waits too; ret_n: how many. */
MUST_USE enum err comment_hide_all_of(struct cx *cx, int64_t planet_id, int64_t actor_id,
                                      int64_t *ret_n);
/* Keep it for the moderators' eyes (inside jobs too: no rights are asked). */
MUST_USE enum err comment_hold(struct cx *cx, int64_t id);
/* What waits for a decision on this planet, oldest first. Owner, partner, moderator. */
MUST_USE enum err comment_held(struct cx *cx, int64_t planet_id, struct comment **ret, size_t *ret_n);

/* For its page: threads by time, under each its answers by time. The first COMMENT_LIST_MAX. */
MUST_USE enum err comment_list(struct cx *cx, const struct post *post, const struct access_pass *pass,
                               struct comment **ret, size_t *ret_n);
/* The quotes of a post from elsewhere, newest first: those that are shown; to moderators all. */
enum { COMMENT_QUOTES_MAX = 100 };
MUST_USE enum err comment_quotes(struct cx *cx, const struct post *post, struct comment **ret,
                                 size_t *ret_n);
/* One, if the viewer may see it; else ERR_NOT_FOUND. */
MUST_USE enum err comment_by_id(struct cx *cx, int64_t id, struct comment *ret);
/* The source text, for its author's editor. */
MUST_USE enum err comment_source(struct cx *cx, int64_t id, struct str *ret_markdown);
/* May the viewer write one of this audience under this post? OK, or the refusal. */
MUST_USE enum err comment_may_create(struct cx *cx, const struct post *post,
                                     enum comment_audience audience);

/* From other servers (who signed was checked by the caller). Idempotent by object_uri: handed in
 * again it gives the one that stands. parent_id 0: answers the post; a parent that isn't public is
 * refused. url may be STR_NULL. Fails NOT_FOUND (post or parent), GONE (deleted), FORBIDDEN
 * (another actor's object). */
MUST_USE enum err comment_create_remote(struct cx *cx, int64_t post_id, int64_t parent_id,
                                        int64_t actor_id, struct str object_uri, struct str object_url,
                                        struct safe_html html, int64_t published_at,
                                        struct comment *ret);
/* The same with all that a note brings. A quote answers nothing (parent_id 0) and is not counted. */
struct comment_far {
    int64_t post_id, parent_id, actor_id;
    struct str object_uri, object_url;
    struct safe_html html;
    int64_t published_at;
    bool is_quote, sensitive;
    bool held;                       /* a new one waits; those who decide are told, others when it is shown */
    bool quiet;                      /* nobody is told of it */
    struct str warning;              /* plain text, cut to COMMENT_WARNING_MAX characters */
    struct str emoji;                /* a list of node/text/emoji.h */
    const struct comment_media *media; size_t n_media; /* the first COMMENT_MEDIA_MAX are kept */
};
MUST_USE enum err comment_put_far(struct cx *cx, const struct comment_far *far, struct comment *ret);
/* Inside a transaction: warning, emoji and media of one that stands, anew. */
MUST_USE enum err comment_set_far(struct cx *cx, int64_t comment_id, const struct comment_far *far);
/* Only by the actor that wrote it: FORBIDDEN else. NOT_FOUND when we don't have it. */
MUST_USE enum err comment_update_remote(struct cx *cx, struct str object_uri, int64_t actor_id,
                                        struct safe_html html, int64_t updated_at);
MUST_USE enum err comment_delete_remote(struct cx *cx, struct str object_uri, int64_t actor_id);
/* Without a look at rights, for federation. ret_found false: not ours to know. */
struct comment_ref { int64_t id, post_id, actor_id, account_id; bool is_public, deleted; };
MUST_USE enum err comment_find_by_uri(struct cx *cx, struct str object_uri, bool *ret_found,
                                      struct comment_ref *ret);
/* A remote actor is gone: its comments and reactions go, too, and the counters follow. */
MUST_USE enum err purge_actor(struct cx *cx, int64_t actor_id);

#endif
