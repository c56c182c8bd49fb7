/* What every page handler shares: the frame of the page, answering with a template, flashes, and
 * where to go next. */
#ifndef WEB_PAGE_H
#define WEB_PAGE_H

#include "node/http/http.h"
#include "web/view.h"

/* The frame, filled from the request: language, theme, who is signed in, unread notices, flash. Title and
 * the planet's parts are the handler's. In the request's arena. */
struct view_page *web_page(struct rq *rq);
/* The same for a page with a form that a visitor may send: brings page->csrf. (Signed-in pages always
 * have it: they hold the sign-out form.) Such an answer never enters the byte cache. */
struct view_page *web_page_form(struct rq *rq);
/* Put the planet in the page's head: handle, name, icon, accent, site name, canonical address. */
struct planet;
void web_page_planet(struct rq *rq, struct view_page *page, const struct planet *planet);

/* A buffer to render into; web_send answers with it (ERR_INTERNAL if the page was too large). */
struct buf web_buf(void);
MUST_USE enum err web_send(struct rq *rq, int status, struct buf *take);

/* What went wrong, for a form that is shown again; says when to come back in Retry-After, too. */
struct str web_mendable(struct rq *rq, enum err e);

/* One of the known sentences, shown above the next page (a short-lived cookie holds its name). */
void web_flash(struct rq *rq, const char *name);

/* The field or query `next` if it is a path of ours, else fallback. */
struct str web_next(struct rq *rq, struct str fallback);
/* 303 there. */
MUST_USE enum err web_go(struct rq *rq, struct str path);

/* An id in the path or a field: false unless a positive decimal number. */
bool web_id(struct str s, int64_t *ret);

/* The planet of ":handle" in the path. */
MUST_USE enum err web_planet(struct rq *rq, struct planet *ret);
struct str web_planet_path(struct cx *cx, struct str handle);               /* /@tea */
struct str web_post_path(struct cx *cx, struct str handle, struct str slug); /* /@tea/slug */

struct view_avatar web_avatar(struct cx *cx, struct str name, int64_t media_id); /* DB_NULL: initials */
/* A person of this node. */
struct account;
struct view_person web_person(struct cx *cx, const struct account *a);
/* "a year", "3 months", "for ever" */
struct str web_term(struct cx *cx, struct str unit, int64_t count);

#endif
