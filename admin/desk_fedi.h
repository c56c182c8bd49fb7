/* What the pages of the federation room share: /desk/:planet/fediverse and below. A page of the room is
 * a line in the table of desk_fedi.c, rows in admin/routes.c, a .c and an .html of its own:
 *
 *     TRY(desk_planet(rq, &p));
 *     TRY(desk_fedi_head(rq, &p, FEDI_BLOCKS, N_("Blocks"), &f));
 *
 * What is the node's (blocks of domains, secure mode) is for session.is_owner alone; what is the planet's
 * for its owner and partners. */
#ifndef ADMIN_DESK_FEDI_H
#define ADMIN_DESK_FEDI_H

#include "admin/desk.h"
#include "admin/view_fedi.h"

/* The head of a page of the room; in the request's arena. */
MUST_USE enum err desk_fedi_head(struct rq *rq, const struct planet *p, enum fedi_tab tab,
                                 const char *title, struct view_fedi **ret);
/* 303 to "/desk/tea/fediverse<tail>" with a flash. */
MUST_USE enum err desk_fedi_done(struct rq *rq, const struct planet *p, const char *tail,
                                 const char *flash);

/* What the pages of the room print alike. */
struct fed_came;
struct fed_spread;
struct fed_said;
struct view_person desk_fedi_person(struct cx *cx, struct str name, struct str handle, struct str host,
                                    struct str url, struct str icon_url);
void desk_fedi_came(struct cx *cx, const struct planet *p, const struct fed_came *came,
                    struct view_fedi_came *ret);
/* told, waits and lost. */
void desk_fedi_spread(struct cx *cx, const struct fed_spread *s, struct view_fedi_said *ret);
/* "12", or "5000+" where counting stopped. */
struct str desk_fedi_number(struct cx *cx, int64_t n);
/* The newest posts of the planet, and how far each has come. */
MUST_USE enum err desk_fedi_posts(struct cx *cx, const struct planet *p, struct str base, int n_max,
                                  struct view_fedi_said **ret, size_t *ret_n);

/* The settings again, with what went wrong in a form of theirs. */
MUST_USE enum err desk_fedi_settings_show(struct rq *rq, const struct planet *p, enum err e);

/* The section of secure mode and keys; NULL for who is not the node's owner. */
MUST_USE enum err desk_fedi_wire(struct rq *rq, const struct view_fedi *f,
                                 const struct view_fedi_wire **ret);

enum err desk_fedi_secure_save(struct rq *rq);  /* POST …/settings/secure */
enum err desk_fedi_keys_change(struct rq *rq);  /* POST …/settings/keys */
enum err desk_fedi_messages(struct rq *rq);     /* GET …/messages */
enum err desk_fedi_message(struct rq *rq);      /* GET …/messages/:id, one talk */
enum err desk_fedi_message_send(struct rq *rq); /* POST …/messages/:id */
enum err desk_fedi_message_forget(struct rq *rq);
enum err desk_mailbox(struct rq *rq);           /* GET /me/messages: where something waits */
enum err desk_fedi_overview(struct rq *rq);     /* GET /desk/:planet/fediverse */
enum err desk_fedi_followers(struct rq *rq);    /* GET …/followers */
enum err desk_fedi_follower(struct rq *rq);     /* POST …/followers/:id/:do */
enum err desk_fedi_talk(struct rq *rq);         /* GET …/talk */
enum err desk_fedi_talk_do(struct rq *rq);      /* POST …/talk */
enum err desk_fedi_delivery(struct rq *rq);     /* GET …/delivery */
enum err desk_fedi_post(struct rq *rq);         /* GET …/delivery/posts/:id */
enum err desk_fedi_said(struct rq *rq);         /* GET …/delivery/said/:id */
enum err desk_fedi_host(struct rq *rq);         /* GET …/delivery/hosts/:host */
enum err desk_fedi_host_do(struct rq *rq);      /* POST …/delivery/hosts/:host/:do */
enum err desk_fedi_job_do(struct rq *rq);       /* POST …/delivery/jobs/:id/:do */
enum err desk_fedi_settings(struct rq *rq);     /* GET …/settings */
enum err desk_fedi_doors_save(struct rq *rq);   /* POST …/settings/doors */
enum err desk_fedi_reports(struct rq *rq);      /* GET …/reports */
enum err desk_fedi_report_decide(struct rq *rq);
enum err desk_fedi_moving(struct rq *rq);       /* GET …/moving */
enum err desk_fedi_moving_do(struct rq *rq);
enum err desk_fedi_moving_file(struct rq *rq);
enum err desk_fedi_quotes(struct rq *rq);       /* POST …/settings/quotes */
MUST_USE enum err desk_fedi_quotes_fill(struct cx *cx, const struct planet *p,
                                        struct view_fedi_settings *v);

enum err desk_fedi_blocks(struct rq *rq);        /* GET …/blocks */
enum err desk_fedi_block_person(struct rq *rq);
enum err desk_fedi_block_server(struct rq *rq);
enum err desk_fedi_block_remove(struct rq *rq);
enum err desk_fedi_block_mode(struct rq *rq);
enum err desk_fedi_block_import(struct rq *rq);
enum err desk_fedi_blocks_csv(struct rq *rq);    /* GET …/blocks.csv?kind=allow&public=1 */
enum err desk_fedi_blocks_undo(struct rq *rq);   /* GET …/blocks/undo.json?host=HOST */
enum err desk_fedi_nearby(struct rq *rq);       /* GET …/neighbours, and what it sends */
enum err desk_fedi_nearby_add(struct rq *rq);
enum err desk_fedi_nearby_remove(struct rq *rq);
enum err desk_fedi_nearby_show(struct rq *rq);
enum err desk_fedi_nearby_hide(struct rq *rq);

#endif
