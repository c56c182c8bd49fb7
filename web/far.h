/* Pictures of other servers, so that no reader's browser need ask there (node/media/far.h). */
#ifndef WEB_FAR_H
#define WEB_FAR_H

#include "node/http/http.h"

enum err web_far_show(struct rq *rq); /* GET /far/:kind/:mac/:code */

#endif
