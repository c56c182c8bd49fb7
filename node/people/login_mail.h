/* The job that EV_LOGIN_MAIL wakes: one mail with the sign-in link, in the language of who asked.
 * The link travels sealed in the job's payload. */
#ifndef NODE_PEOPLE_LOGIN_MAIL_H
#define NODE_PEOPLE_LOGIN_MAIL_H

#include "node/cx.h"
#include "node/event.h"

/* "mail.login" in the wiring table. Without mail.smtp_url it rests in the tray; in --dev the
 * link is printed on stdout as well. A link that has run out meanwhile is dropped. */
enum job_verdict mail_login_run(struct cx *cx, const struct job *job);

/* Sign-in links that no mail carried and that are still good: for the node's owner, who hands them
 * on. ERR_FORBIDDEN for anybody else (viewer 0 is the command line). */
struct login_pending { int64_t job_id; struct str mail, url; int64_t created_at, expires_at; };
MUST_USE enum err login_pending_list(struct cx *cx, struct login_pending **ret, size_t *ret_n);

#endif
