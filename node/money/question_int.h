/* What question.c (asking, looking) and question_state.c (what becomes of one) share. */
#ifndef NODE_MONEY_QUESTION_INT_H
#define NODE_MONEY_QUESTION_INT_H

#include "node/money/question.h"
#include "node/money/question_sql.h"

/* Inside a transaction: under the planet's lock. */
MUST_USE enum err question_locked(struct cx *cx, int64_t id, struct question_row *ret);
struct str question_path(struct cx *cx, struct str planet_handle, int64_t id);

#endif
