/* Inside node/text only: Markdown as cmark-gfm's tree, after the caps that keep its cost linear. */
#ifndef NODE_TEXT_MARKDOWN_TREE_H
#define NODE_TEXT_MARKDOWN_TREE_H

#include <cmark-gfm.h>

#include "node/text/markdown.h"

enum { MARKDOWN_SOURCE_MAX = 1 << 20, MARKDOWN_DEPTH_MAX = 100 };

/* The tree belongs to the arena. Neighbouring text nodes are joined. Invalid UTF-8 and NUL become
 * U+FFFD. Fails TOO_LARGE (above 1 MiB), INVALID (nested above 100, or built to be slow). */
MUST_USE enum err markdown_tree(struct cx *cx, enum markdown_kind kind, struct str source,
                                cmark_node **ret);
/* What a leaf holds, as well-formed UTF-8 (0.29.0.gfm.6 may cut the text of a footnote's name that
 * no footnote has in the middle of a character). Lives as long as the tree. */
struct str markdown_literal(struct cx *cx, cmark_node *node);
/* An iterator that belongs to the arena. */
cmark_iter *markdown_iter(struct cx *cx, cmark_node *root);

#endif
