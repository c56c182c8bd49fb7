/* Inside node/talk: what the verbs and the lists of comments share. */
#ifndef NODE_TALK_COMMENT_ROW_H
#define NODE_TALK_COMMENT_ROW_H

#include "node/talk/comment.h"

struct comment_row;

struct str audience_name(enum comment_audience a);
enum comment_audience audience_of(struct str s);

/* May the viewer read what this audience says under this post? */
MUST_USE enum err comment_may_read(struct cx *cx, const struct post *post,
                                   enum comment_audience audience, bool *ret);
/* Is the viewer owner, partner or moderator there? */
MUST_USE enum err comment_is_moderator(struct cx *cx, int64_t planet_id, bool *ret);
/* A row as it stands for this viewer; its text only if they may see it. */
void comment_of_row(struct cx *cx, const struct comment_row *row, bool moderator,
                    struct comment *ret);
/* Does it stand there itself, or at most as a gap above its answers? */
bool comment_is_visible(struct cx *cx, const struct comment_row *row, bool moderator);
/* Read back what was just written, inside the transaction. */
MUST_USE enum err comment_read_back(struct cx *cx, int64_t id, int64_t planet_id, struct comment *ret);
/* Counters of the post: n comments more (or fewer). Quotes are not counted. */
struct comment_ref_row;
MUST_USE enum err comment_count(struct cx *cx, int64_t post_id, enum comment_audience audience,
                                int64_t n);
MUST_USE enum err comment_count_ref(struct cx *cx, const struct comment_ref_row *c, int64_t n);

#endif
