/* Signing in with, and linking, a fediverse account: the pages around federation/link.h. */
#ifndef WEB_FEDI_H
#define WEB_FEDI_H

#include "node/http/http.h"

enum err web_fedi_show(struct rq *rq);     /* GET /auth/fedi */
enum err web_fedi_begin(struct rq *rq);    /* POST /auth/fedi */
enum err web_fedi_callback(struct rq *rq); /* GET /auth/fedi/callback: OAuth */
enum err web_fedi_miauth(struct rq *rq);   /* GET /auth/fedi/miauth */
enum err web_fedi_try(struct rq *rq);      /* GET /auth/fedi/try/:id */
enum err web_fedi_look(struct rq *rq);     /* POST …/look: at the profile */
enum err web_fedi_use(struct rq *rq);      /* POST …/use: sign in, make the account, link */
enum err web_fedi_address(struct rq *rq);  /* GET /auth/fedi/me/:token */

/* "Fediverse" among one's own pages. */
enum err web_me_fedi(struct rq *rq);
enum err web_me_fedi_unlink(struct rq *rq);
enum err web_me_fedi_notices(struct rq *rq);

#endif
