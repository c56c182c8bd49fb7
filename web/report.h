/* Reporting a post or comment to those who look after the planet (node/talk/report.h). */
#ifndef WEB_REPORT_H
#define WEB_REPORT_H

#include "node/http/http.h"

enum err web_report_form(struct rq *rq); /* GET /report?post=ID or ?comment=ID */
enum err web_report_make(struct rq *rq); /* POST /report */

#endif
