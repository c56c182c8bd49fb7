/* Pictures and files, each request asked anew whether it may be opened. */
#ifndef WEB_FILES_H
#define WEB_FILES_H

#include "node/http/http.h"

enum err web_media_show(struct rq *rq); /* GET /media/:id/:name */

#endif
