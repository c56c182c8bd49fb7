/* A download that may be long: written into a file without a name, then sent. Opened and written away from the
 * workers of pages (web/away.h), sent by the page. */
#ifndef WEB_EXPORT_FILE_H
#define WEB_EXPORT_FILE_H

#include "node/http/http.h"

#include <stdio.h>

struct export_file { FILE *file; };
MUST_USE enum err export_file_open(struct cx *cx, struct export_file *ret);
MUST_USE enum err export_file_put(struct export_file *f, struct str bytes);
/* name: "tea-invoices.csv" */
MUST_USE enum err export_file_send(struct rq *rq, struct export_file *f, const char *type, struct str name);
void export_file_close(void *f);                /* for arena_defer; NULL-safe */

#endif
