/* The editor's form, read once: from the request into a draft, from a post into the editor's view. */
#ifndef WEB_COMPOSE_FORM_H
#define WEB_COMPOSE_FORM_H

#include "node/http/http.h"
#include "node/planet/planet.h"
#include "node/talk/post.h"
#include "web/view.h"

enum { COMPOSE_MEDIA_MAX = 40 };

struct compose_form {
    struct planet planet;
    struct post_draft draft;
    struct str tags_text;
    int64_t media[COMPOSE_MEDIA_MAX];        /* all that hang on the post */
    size_t n_media;
    int64_t teaser_media[COMPOSE_MEDIA_MAX]; /* of those, shown to everybody */
    size_t n_teaser_media;
    bool published;
    struct str url;                          /* of a published one */
    struct str price, currency;              /* as typed; of access 'price' */
};

/* ERR_INVALID, ERR_NOT_FOUND (planet, post), ERR_FORBIDDEN (not an author there). Texts are views
 * into the request. */
MUST_USE enum err compose_form_read(struct rq *rq, struct compose_form *ret);
/* Stores files that came with the form and adds them; alt texts are written, too. */
MUST_USE enum err compose_form_take_uploads(struct rq *rq, struct compose_form *form);
/* As it stands in the store. */
MUST_USE enum err compose_form_load(struct rq *rq, int64_t post_id, struct compose_form *ret);
/* A new one in the planet of ?planet=, or the first where this author may write. */
MUST_USE enum err compose_form_new(struct rq *rq, struct compose_form *ret);
/* What the editor shows of it. */
MUST_USE enum err compose_form_view(struct rq *rq, const struct compose_form *form,
                                    struct view_compose *ret);
/* Media of a form as the templates show them. */
MUST_USE enum err compose_form_media(struct rq *rq, const struct compose_form *form,
                                     const struct view_media_item **ret, size_t *ret_n);
MUST_USE enum err compose_tiers(struct cx *cx, int64_t planet_id, const struct view_tier **ret,
                                size_t *ret_n);

#endif
