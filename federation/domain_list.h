/* Lists of servers as people share them, read: Mastodon's CSV
 * (#domain,#severity,#reject_media,#reject_reports,#public_comment,#obfuscate; the columns by their
 * names, in any order, others ignored), Mastodon's and GoToSocial's JSON (an array of objects or
 * names), and plain lists (a name a line, '#' begins a remark). And Mastodon's CSV, written.
 *
 * A name of which a part is hidden by stars cannot be used: it is skipped, and told. What cannot be
 * read at all fails the whole list, with the line. Text without a store; any thread. */
#ifndef FEDERATION_DOMAIN_LIST_H
#define FEDERATION_DOMAIN_LIST_H

#include "federation/domains.h"

struct arena;

enum { DOMAIN_LIST_MAX = 4 << 20, DOMAIN_LIST_SKIPPED = 100 };

struct fed_list_skipped {
    int line;
    struct str name;
    bool is_us; /* it would cover this server; else masked */
};

struct fed_list {
    const struct fed_domain *rows; size_t n; /* sorted, each name once: the harder of two counts */
    const struct fed_list_skipped *skipped; size_t n_skipped; /* the first DOMAIN_LIST_SKIPPED */
    size_t n_all_skipped;
    /* what failed */
    int line;         /* of a JSON list: which of its elements */
    const char *why;  /* a sentence for cx_tellf, {0}: the line */
};

/* Names as in "*.example.org", "@me@example.org": see fed_domain_name. False: none. */
bool fed_domain_name_read(struct arena *a, struct str typed, struct str *ret);

/* allow: every row becomes an allow entry. own_host is never taken. INVALID or TOO_LARGE: line and
 * why are set. */
MUST_USE enum err fed_list_read(struct arena *a, struct str text, bool allow, struct str own_host,
                                struct fed_list *ret);

/* The head of Mastodon's CSV, and a row each. is_public: names that are to be obfuscated have stars.
 * Of allow entries the head is "#domain" alone. */
void fed_list_write_head(struct buf *out, bool allow);
void fed_list_write(struct buf *out, const struct fed_domain *d, bool is_public);

#endif
