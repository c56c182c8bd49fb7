/* The reading side: the front page, a planet, its tags. */
#ifndef WEB_PLANET_H
#define WEB_PLANET_H

#include "node/http/http.h"

enum err web_home(struct rq *rq);        /* GET / */
enum err web_planet_show(struct rq *rq); /* GET /@:handle, ?before=ID */
enum err web_tag_show(struct rq *rq);    /* GET /@:handle/tag/:tag, ?before=ID */

#endif
