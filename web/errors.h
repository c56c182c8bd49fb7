/* The page for everything that went wrong (http_hooks.error_page). */
#ifndef WEB_ERRORS_H
#define WEB_ERRORS_H

#include "node/http/http.h"

void web_error_page(struct rq *rq, enum err e, int status);

#endif
