/* Who came by whose invitation: what the browser keeps of it, and a member's own page (node/money/invite.h).
 * The cookie "invites" holds codes, oldest first, for 30 days; the first of a planet counts.
 * An answer that depends on it is nobody else's: requests with such a cookie pass the byte cache by. */
#ifndef WEB_INVITED_H
#define WEB_INVITED_H

#include "node/http/http.h"
#include "node/money/invite.h"

struct str web_invites(struct rq *rq);  /* the cookie as it is; STR_NULL */
/* The invitation that counts for whoever looks, in a planet. */
MUST_USE enum err web_invited(struct rq *rq, int64_t planet_id, bool *ret_found,
                              struct invite *ret);
/* Remember a code that came with this request ("r" of the address, or the link's own). Nonsense is passed
 * over. */
MUST_USE enum err web_invite_keep(struct rq *rq, struct str code);

/* Where "?r=CODE" of an address leads: the link of the invitation, which remembers it and leaves the address
 * clean; empty: there is none. */
struct planet;
struct str web_invite_path(struct rq *rq, const struct planet *p);

enum err web_invite_go(struct rq *rq);     /* GET /@:handle/i/:code */
enum err web_invite_show(struct rq *rq);   /* GET /@:handle/invite */
enum err web_invite_picture(struct rq *rq); /* GET /@:handle/invite/qr.png */
/* Answers with the QR code of a link as a picture; nobody keeps it. */
MUST_USE enum err web_qr_reply(struct rq *rq, struct str link);
enum err web_invite_poster(struct rq *rq); /* GET /@:handle/invite/poster */
enum err web_invite_poster_picture(struct rq *rq); /* GET /@:handle/invite/poster.png */
/* Answers with a planet's poster: words that may be STR_NULL, and the link as a QR code. */
MUST_USE enum err web_poster_reply(struct rq *rq, const struct planet *p, struct str line, struct str offer, struct str link);

#endif
