/* Follows HTML as a browser's tokenizer would, as far as needed to know what kind of place each hole of a template
 * stands in (WHATWG HTML, 13.2.5). It owns nothing; for build time, one thread. */
#ifndef NODE_TOOLS_TMPLC_HTML_H
#define NODE_TOOLS_TMPLC_HTML_H

#include <stdbool.h>
#include <stddef.h>

enum { MAX_NAME = 64 };

enum html_state { H_TEXT, H_TAG_NAME, H_TAG, H_ATTR_NAME, H_ATTR_EQ, H_ATTR_DQ, H_ATTR_SQ,
                  H_ATTR_BARE, H_COMMENT, H_RAW };

struct html {
    enum html_state state;
    char tag[MAX_NAME];
    char attr[MAX_NAME];
    bool value_begun;  /* something stands in the attribute's value already */
    bool closing;      /* </tag */
    int verbatim;      /* depth of pre and textarea, where white space counts */
};

/* One more character: p, with left bytes from there to the end of this piece and at before it. What is wrong
 * with it, or NULL. */
const char *html_step(struct html *h, const char *p, size_t left, size_t at);

/* At a directive a name is complete: <input{% if x %} checked{% end %}>. */
void html_settle(struct html *h);
bool html_same_place(const struct html *a, const struct html *b);
const char *html_place(const struct html *h); /* in words */

#endif
