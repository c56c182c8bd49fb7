/* One's own pages: membership, profile, password, sessions, notices (docs/forms.md). */
#ifndef WEB_ME_H
#define WEB_ME_H

#include "node/http/http.h"

enum err web_me(struct rq *rq);
enum err web_me_profile(struct rq *rq);
enum err web_me_profile_save(struct rq *rq);
enum err web_me_password(struct rq *rq);
enum err web_me_password_save(struct rq *rq);
enum err web_me_sessions(struct rq *rq);
enum err web_me_session_end(struct rq *rq);
enum err web_me_notices(struct rq *rq);
enum err web_me_notices_read(struct rq *rq);

#endif
