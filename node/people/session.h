/* Sign-in: mailed links, passwords, sessions.
 *
 * What a browser holds (session, link, browser cookie) is 256 bits; the store has its SHA-256 only.
 * A link lives 15 minutes, works once, in the browser that asked; reading its page consumes
 * nothing, since mail scanners open every link. Attempts are counted in the store
 * (node/people/rate.h): ERR_RATE_LIMITED with cx->retry_after_s. Answers and their timing do not
 * tell whether an address is known here. Call these outside of transactions. */
#ifndef NODE_PEOPLE_SESSION_H
#define NODE_PEOPLE_SESSION_H

#include "node/people/account.h"

struct session {
    int64_t id, account_id, created_at, seen_at, expires_at;
    struct str csrf, user_agent, ip;
    struct str how;      /* mail, password, fediverse; NULL: not known */
    int64_t identity_id; /* of a fediverse one; DB_NULL: none */
    int64_t unread; /* notices of its account, NOTICE_COUNT_MAX at most; by session_find alone */
};

/* token (256 bit) is given to the browser; only its hash is kept. */
MUST_USE enum err session_create(struct cx *cx, int64_t account_id, struct str user_agent,
                                 struct str ip, struct str *ret_token, struct session *ret);
/* The same, with how it was begun; identity_id DB_NULL: not by a linked actor. */
MUST_USE enum err session_create_by(struct cx *cx, int64_t account_id, const char *how,
                                    int64_t identity_id, struct str user_agent, struct str ip,
                                    struct str *ret_token, struct session *ret);
/* ERR_NOT_FOUND when unknown, ended or expired. Slides the expiry at most once an hour. */
MUST_USE enum err session_find(struct cx *cx, struct str token, struct session *ret,
                               struct account *ret_account);
MUST_USE enum err session_list(struct cx *cx, int64_t account_id, struct session **ret,
                               size_t *ret_n);
MUST_USE enum err session_end(struct cx *cx, int64_t account_id,
                              int64_t session_id); /* id 0: all */

MUST_USE enum err session_end_others(struct cx *cx, int64_t account_id, int64_t keep_session_id);

/* Ask for a sign-in link. Same answer and timing whether the address is known or not. The mail goes
 * out by the job that EV_LOGIN_MAIL wakes. ret_browser goes into a cookie of the browser that
 * asked. */
MUST_USE enum err login_request(struct cx *cx, struct str mail, struct str ip, struct str next,
                                struct str *ret_browser);
/* The viewer has no mail address and wants this one: the same link, which adds it when it is used. */
MUST_USE enum err login_request_mail(struct cx *cx, struct str mail, struct str ip, struct str next,
                                     struct str *ret_browser);
/* The page of a link is ORIGIN/login/TOKEN. */
#define LOGIN_PATH "/login/"
enum {
    SESSION_DAYS = 30,
    LOGIN_MINUTES = 15,
    LOGIN_LINK_HOURS = 24,
    LOGIN_CODE_TRIES = 5,
};
/* The owner's one-time link (command line): any browser. */
MUST_USE enum err login_make_link(struct cx *cx, int64_t account_id, struct str *ret_url);
/* What a GET shows: is it good, and was it asked from this browser? Consumes nothing. */
struct login_peek { struct str mail; bool same_browser, new_account; };
MUST_USE enum err login_peek(struct cx *cx, struct str token, struct str browser,
                             struct login_peek *ret);
/* The link, opened in another browser, shows a 6-digit code instead; it is typed in the browser
 * that asked. */
MUST_USE enum err login_show_code(struct cx *cx, struct str token, struct str *ret_code);
/* Consume by token (same browser) or by code (with the browser cookie). Makes the account when new.
 */
MUST_USE enum err login_finish(struct cx *cx, struct str token, struct str code, struct str browser,
                               struct str ip, struct account *ret, struct str *ret_next);
/* Password. Same timing and sentence for a wrong password and an unknown address. */
/* OK, or ERR_UNAUTHENTICATED with the sentence. */
MUST_USE enum err login_password(struct cx *cx, struct str mail, struct str password, struct str ip,
                                 struct account *ret);

#endif
