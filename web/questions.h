/* Paid questions as people meet them: the planet's page, asking, one with its answer, one's own. */
#ifndef WEB_QUESTIONS_H
#define WEB_QUESTIONS_H

#include "node/http/http.h"

enum err web_questions(struct rq *rq);         /* GET /@:handle/questions */
enum err web_question_form(struct rq *rq);     /* GET /@:handle/questions/ask, ?to=ID */
enum err web_question_make(struct rq *rq);     /* POST /@:handle/questions/ask */
enum err web_question_show(struct rq *rq);     /* GET /@:handle/questions/:id */
enum err web_question_answer(struct rq *rq);   /* POST …/:id/answer */
enum err web_question_decline(struct rq *rq);  /* POST …/:id/decline */
enum err web_question_listen(struct rq *rq);   /* POST …/:id/listen */
enum err web_question_hide(struct rq *rq);     /* POST …/:id/hide */
enum err web_my_questions(struct rq *rq);      /* GET /me/questions */

/* A question as lists show it. */
struct question;
struct view_question;
struct view_question question_view(struct rq *rq, const struct question *q, struct str planet_handle);

#endif
