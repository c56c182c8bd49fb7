/* Pictures and files, each request asked anew whether it may be opened. */
#ifndef WEB_FILES_H
#define WEB_FILES_H

#include "node/http/http.h"

enum err web_media_show(struct rq *rq); /* GET /media/:id/:name */
/* A medium to who may open it, which is the caller's question; keep: Cache-Control. */
struct media;
MUST_USE enum err web_media_give(struct rq *rq, const struct media *m, bool small, const char *keep);

#endif
