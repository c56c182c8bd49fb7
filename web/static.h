/* Files that are built in: style sheet, scripts, drawings (web/static).
 *
 * Pages name them by web_static_url (web/view.h), which puts the hash of the bytes into the name:
 * such an address never changes its bytes and may be kept for a year. The plain name works, too
 * (the style sheet names its drawings so), and is kept for an hour. */
#ifndef WEB_STATIC_H
#define WEB_STATIC_H

#include "node/http/http.h"

enum err web_static_show(struct rq *rq); /* GET /static/:name */
enum err web_favicon(struct rq *rq);     /* GET /favicon.ico: the drawing */
enum err web_robots(struct rq *rq);      /* GET /robots.txt */

#endif
