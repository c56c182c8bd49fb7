/* Writing: the editor, the author's last look at the public face, drafts (docs/forms.md). */
#ifndef WEB_COMPOSE_H
#define WEB_COMPOSE_H

#include "node/http/http.h"

enum err web_compose_new(struct rq *rq);       /* GET /compose */
enum err web_compose_edit(struct rq *rq);      /* GET /compose/:id */
enum err web_compose_save(struct rq *rq);      /* POST /compose */
enum err web_compose_preview(struct rq *rq);   /* POST /compose/preview */
enum err web_compose_upload(struct rq *rq);    /* POST /compose/upload */
enum err web_compose_confirm(struct rq *rq);   /* GET /compose/:id/confirm */
enum err web_compose_publish(struct rq *rq);   /* POST /compose/:id/publish */
enum err web_compose_unpublish(struct rq *rq); /* POST /compose/:id/unpublish */
enum err web_compose_delete(struct rq *rq);    /* POST /compose/:id/delete */
enum err web_drafts(struct rq *rq);            /* GET /drafts */

#endif
