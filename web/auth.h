/* Sign-in for the frame and the route table; see docs/forms.md for the forms. */
#ifndef WEB_AUTH_H
#define WEB_AUTH_H

#include "node/http/http.h"

/* http_hooks: who is it, and is this their form? */
enum err auth_identify(struct rq *rq);
bool auth_csrf_ok(struct rq *rq, struct str token);
bool auth_is_author(struct rq *rq);

enum err web_login_show(struct rq *rq);
enum err web_login_send(struct rq *rq);
enum err web_login_password(struct rq *rq);
enum err web_login_code(struct rq *rq);
enum err web_login_token(struct rq *rq);
enum err web_login_consume(struct rq *rq);
enum err web_logout(struct rq *rq);
enum err web_set_lang(struct rq *rq);
enum err web_set_theme(struct rq *rq);

#endif
