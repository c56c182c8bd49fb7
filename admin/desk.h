/* What the pages of the desk share. Rights are asked here (owner or partner) and again by the verbs
 * of the domain. */
#ifndef ADMIN_DESK_H
#define ADMIN_DESK_H

#include "admin/view.h"
#include "node/http/http.h"
#include "node/planet/planet.h"

/* The planet of ":planet", if the viewer looks after it. */
MUST_USE enum err desk_planet(struct rq *rq, struct planet *ret);
/* Money is the planet's owner's; partners look after the rest. */
bool desk_sees_money(struct rq *rq, const struct planet *p);
/* The head of the page; NULL-free. In the request's arena. */
MUST_USE enum err desk_head(struct rq *rq, const struct planet *p, enum desk_tab tab,
                            const char *title, struct view_desk **ret);
/* 303 to "/desk/tea<tail>" with a flash. */
MUST_USE enum err desk_done(struct rq *rq, const struct planet *p, const char *tail,
                            const char *flash);
/* An error that the owner can mend: its sentence for the form. ERR_INTERNAL and the like go up. */
bool desk_mendable(enum err e);
/* "3", "year" from the fields length and unit; ERR_INVALID with a sentence. */
MUST_USE enum err desk_length(struct rq *rq, struct str *ret_unit, int64_t *ret_count);

/* The end of the day that a date field names, by the planet's clock; DB_NULL when it is empty. */
MUST_USE enum err desk_last_day(struct rq *rq, const char *field, int64_t *ret);

/* Pages of a list, newest first: "?before=ID". Ask for one more than DESK_PAGE; desk_older cuts that off and says where
 * the next page is, by the id of the last row shown. */
enum { DESK_PAGE = 100 };
int64_t desk_before(struct rq *rq);
struct str desk_older(struct rq *rq, size_t *n, const int64_t *last_id);

enum err desk_first(struct rq *rq);         /* GET /desk */
enum err desk_overview(struct rq *rq);      /* GET /desk/:planet */
enum err desk_codes(struct rq *rq);
enum err desk_codes_make(struct rq *rq);
enum err desk_codes_csv(struct rq *rq);
enum err desk_codes_revoke(struct rq *rq);
enum err desk_members(struct rq *rq);
enum err desk_member_grant(struct rq *rq);
enum err desk_member_revoke(struct rq *rq);
enum err desk_member_role(struct rq *rq);
enum err desk_tiers(struct rq *rq);
enum err desk_trial_rule(struct rq *rq);     /* POST /desk/:planet/tiers/trials */
enum err desk_tier_make(struct rq *rq);
enum err desk_price_make(struct rq *rq);
enum err desk_settings(struct rq *rq);
enum err desk_settings_save(struct rq *rq);
enum err desk_tray(struct rq *rq);
enum err desk_job_retry(struct rq *rq);
enum err desk_job_drop(struct rq *rq);

#endif
