/* A planet as its pages show it: face, prices, and what the viewer is in it. */
#ifndef WEB_PLANET_VIEW_H
#define WEB_PLANET_VIEW_H

#include "node/http/http.h"
#include "node/planet/planet.h"
#include "web/view.h"

MUST_USE enum err planet_view(struct rq *rq, const struct planet *p, struct view_planet *ret);
/* Name of the tier of this rank, hidden ones too; STR_NULL when there is none. */
MUST_USE enum err planet_tier_name(struct cx *cx, int64_t planet_id, int64_t rank, struct str *ret);
/* "Owner", "Partner" … in the reader's language; STR_NULL for ROLE_NONE and ROLE_BANNED. */
struct str planet_role_label(struct cx *cx, enum role role);
/* Why somebody is a member: "a redeemed code", "a gift" … */
struct str grant_kind_label(struct cx *cx, struct str kind);

#endif
