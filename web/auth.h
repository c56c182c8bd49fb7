/* Sign-in for the frame and the route table; see docs/forms.md for the forms. */
#ifndef WEB_AUTH_H
#define WEB_AUTH_H

#include "node/http/http.h"
#include "node/people/account.h"

/* http_hooks: who is it, and is this their form? */
enum err auth_identify(struct rq *rq);
bool auth_csrf_ok(struct rq *rq, struct str token);
bool auth_is_author(struct rq *rq);

/* A new session in place of the one that was there, and 303 to next. how and identity_id as in
 * session_create_by. */
MUST_USE enum err auth_sign_in(struct rq *rq, const struct account *a, const char *how,
                               int64_t identity_id, struct str next);

enum err web_login_show(struct rq *rq);
enum err web_login_send(struct rq *rq);
enum err web_login_password(struct rq *rq);
enum err web_login_code(struct rq *rq);
enum err web_login_token(struct rq *rq);
enum err web_login_consume(struct rq *rq);
enum err web_add_mail(struct rq *rq); /* POST /me/mail */
enum err web_logout(struct rq *rq);
enum err web_set_lang(struct rq *rq);
enum err web_set_theme(struct rq *rq);

#endif
