/* The page of the tokens that one gave to programs (docs/api.md). */
#ifndef WEB_ME_TOKENS_H
#define WEB_ME_TOKENS_H

#include "node/http/http.h"

enum err web_me_tokens(struct rq *rq);
/* Answers with the page that shows the token, this once. */
enum err web_me_token_make(struct rq *rq);
enum err web_me_token_revoke(struct rq *rq);

#endif
