/* The rules about hosts as their keeper sees them: to list, change, and look first what a change
 * would do. The node's owner only (every verb asks; FORBIDDEN with a sentence).
 *
 * What is there already follows in the background (the job fed.policy): of a suspended host, follows
 * end without a word to it, comments are hidden, likes and boosts are put aside; of a silenced one,
 * comments wait for a moderator and likes are put aside, follows stay. All of it is kept and comes
 * back when the rule is lifted (node/talk/aside.h), but for what a moderator decided by hand. */
#ifndef FEDERATION_DOMAINS_H
#define FEDERATION_DOMAINS_H

#include "federation/policy.h"
#include "node/base/buf.h"

enum { DOMAIN_COMMENT_MAX = 1000, DOMAIN_CHANGES_MAX = 50000 };

struct fed_domain {
    struct str host;
    bool allow;           /* an allow entry; else a block, and what follows is said of blocks only */
    enum fed_level level; /* FED_OPEN: its flags alone ("none") */
    bool reject_media, reject_reports;
    bool obfuscate;       /* in lists that are given away its name has stars */
    struct str public_comment, private_comment;
    int64_t created_at, changed_at;
};
const char *fed_level_word(enum fed_level level); /* "none", "silence", "suspend" */
/* "noop", "limit" and "silenced" are read, too. False: no such word. */
bool fed_level_of_word(struct str word, enum fed_level *ret);

/* "Example.org", "https://example.org/about", "*.example.org", "@me@example.org": the name that a
 * rule may have. INVALID with a sentence. */
MUST_USE enum err fed_domain_name(struct cx *cx, struct str typed, struct str *ret);
/* "ex*****.org" */
struct str fed_domain_masked(struct arena *a, struct str host);

/* In the order of their names; search: a part of the name, empty: all. after: "" or next of the page
 * before; *ret_next is STR_NULL at the end. */
MUST_USE enum err fed_domain_list(struct cx *cx, struct str search, struct str after, int64_t n_max,
                                  struct fed_domain **ret, size_t *ret_n, struct str *ret_next);
MUST_USE enum err fed_domain_find(struct cx *cx, struct str host, bool allow, bool *ret_found,
                                  struct fed_domain *ret);
MUST_USE enum err fed_domain_mode(struct cx *cx, bool *ret_allow_mode);
MUST_USE enum err fed_domain_count(struct cx *cx, int64_t *ret_blocks, int64_t *ret_allows);

/* What is to change, all of it or nothing. */
struct fed_domain_change {
    const struct fed_domain *put; size_t n_put;     /* added, or in the place of what is there */
    const struct fed_domain *remove; size_t n_remove; /* host and allow count */
    enum { DOMAIN_MODE_KEEP, DOMAIN_MODE_BLOCK, DOMAIN_MODE_ALLOW } mode;
};
/* CONFLICT: a rule that would cover this node itself. NOT_FOUND: removing what isn't there. Opens a
 * transaction; writes to the audit. */
MUST_USE enum err fed_domain_change(struct cx *cx, const struct fed_domain_change *c);

/* What it would do to what is there. */
struct fed_effect_host { struct str host; int64_t followers, comments; };
struct fed_effect {
    int64_t followers_lost, followers_back, comments_hidden, members_cut; /* members who linked an
                                              account there */
    const struct fed_effect_host *hosts; size_t n_hosts; /* that lose something, most first, at most 50 */
};
MUST_USE enum err fed_domain_effect(struct cx *cx, const struct fed_domain_change *c,
                                    struct fed_effect *ret);

/* What rules about this host (and below) put aside: followers, comments, likes and boosts, as JSON.
 * It is the record of what lifting brings back. */
MUST_USE enum err fed_domain_undo_export(struct cx *cx, struct str host, struct buf *out);

#endif
