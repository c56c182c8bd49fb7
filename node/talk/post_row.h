/* Inside node/talk: rows of the store to struct post, the same for every list. */
#ifndef NODE_TALK_POST_ROW_H
#define NODE_TALK_POST_ROW_H

#include "node/talk/post.h"

struct post_row;

enum gate_kind gate_kind_of(struct str access);
struct str gate_kind_name(enum gate_kind kind);
MUST_USE enum err post_of_row(struct cx *cx, const struct post_row *row, struct post *ret);
MUST_USE enum err post_of_rows(struct cx *cx, const struct post_row *rows, size_t n,
                               struct post **ret);
/* Completes p->gate from the other fields; a post that isn't published is a draft to it. */
void post_fill_gate(struct post *p, enum gate_kind kind, int64_t rank, bool not_in_trial);

/* ERR_INVALID: a post for sale says what it costs. */
enum err post_no_price(struct cx *cx);

#endif
