/* The JSON API (docs/api.md): every verb of commerce for programs, with a bearer token.
 *
 * One table, rows.def, says what there is: route, scope, what is sent and answered. api_run is the handler of each
 * row: it finds the token, counts, reads the body, answers a repeated request from memory, and calls the row's
 * function, which calls one verb of the domain (that asks for the rights) and writes its answer. The description
 * for programs (GET /api/v1/openapi.json) is made of the same table and of schemas.json.
 *
 * Errors are returned, as everywhere; the frame makes a problem document of them (RFC 9457). */
#ifndef WEB_API_API_H
#define WEB_API_API_H

#include <jansson.h>

#include "node/base/jw.h"
#include "node/http/http.h"
#include "node/people/account.h"
#include "node/people/token.h"
#include "node/planet/planet.h"

struct api;

struct api_row {
    const char *id;           /* operationId: unique */
    const char *scope;        /* NULL: anybody; "": any token; else the scope that it needs */
    const char *query;        /* names of its query's parameters, spaces between; "" */
    const char *takes, *gives; /* schemas of body and answer (schemas.json); NULL: none; "@text/csv": a file */
    int status;               /* of the answer */
    enum err (*run)(struct api *a);
};
extern const struct api_row api_rows[]; /* as many as api_routes.rows, in their order */
extern const struct route_table api_routes;

enum { API_FIELDS_MAX = 48, API_LIST_DEFAULT = 50, API_LIST_MAX = 200 };

struct api {
    struct rq *rq;
    struct cx *cx;
    const struct api_row *row;
    bool known;               /* came with a good token */
    struct token token;
    struct account account;   /* id 0: a visitor */
    struct planet planet;     /* of ":handle" */
    json_t *body;             /* NULL: none, or a form's */
    const char *read[API_FIELDS_MAX]; size_t n_read;
    struct str once_key;      /* hash of its Idempotency-Key; STR_NULL: none */
    bool once_open;           /* its row waits for the answer */
    struct buf out;
    struct jw w;
};

enum err api_run(struct rq *rq); /* the handler of every row */

/* Is this planet the token's business? ERR_FORBIDDEN. */
MUST_USE enum err api_planet_ok(struct api *a, int64_t planet_id);
/* The id in the path. ERR_NOT_FOUND: none. */
MUST_USE enum err api_path_id(struct api *a, const char *name, int64_t *ret);

/* ---- what was sent: by JSON, or by a form with the same names ---- */

/* ERR_INVALID names the field (rq->field). Missing and null are the same. */
MUST_USE enum err api_get_text(struct api *a, const char *name, struct str *ret);        /* else STR_NULL */
MUST_USE enum err api_get_text_needed(struct api *a, const char *name, struct str *ret);
MUST_USE enum err api_get_int(struct api *a, const char *name, int64_t otherwise, int64_t *ret);
MUST_USE enum err api_get_bool(struct api *a, const char *name, bool otherwise, bool *ret);
MUST_USE enum err api_get_time(struct api *a, const char *name, int64_t *ret);           /* else DB_NULL */
MUST_USE enum err api_get_id(struct api *a, const char *name, int64_t *ret);             /* else DB_NULL */
MUST_USE enum err api_get_id_needed(struct api *a, const char *name, int64_t *ret);
/* {"currency": "CNY", "minor": 9950}, or "CNY:99.50". *ret_given false: missing. */
MUST_USE enum err api_get_money(struct api *a, const char *name, bool *ret_given, struct money *ret);
MUST_USE enum err api_get_money_needed(struct api *a, const char *name, struct money *ret);
/* The same of one value, for lists. */
MUST_USE enum err api_money_of(struct api *a, const char *name, const json_t *v, struct money *ret);
/* A list; one value stands for a list of one. NULL: missing. */
MUST_USE enum err api_get_list(struct api *a, const char *name, size_t max, json_t **ret);
bool api_given(struct api *a, const char *name);
/* When all has been read: what else was sent is a mistake of who sent it. */
MUST_USE enum err api_read(struct api *a);
/* "This is wrong", for handlers. */
MUST_USE enum err api_wrong(struct api *a, const char *field, const char *sentence);
/* Account of the field "account": an id, a mail address or @username. */
MUST_USE enum err api_get_account(struct api *a, const char *name, int64_t *ret_id);
/* Query's "limit". */
MUST_USE enum err api_page_limit(struct api *a, int *ret);
/* Query's "after": where the page before ended; 0: from the start. */
MUST_USE enum err api_page_after(struct api *a, int64_t *ret);

/* ---- the answer ---- */

struct jw *api_begin(struct api *a);
/* Sends what was written since api_begin. */
MUST_USE enum err api_send(struct api *a, int status);
MUST_USE enum err api_send_empty(struct api *a); /* 204 */
/* {"items": [ … */
struct jw *api_begin_list(struct api *a);
/* … ], "next": CURSOR}; 0: that was the last page. Says the same in a Link header (RFC 8288). */
MUST_USE enum err api_send_list(struct api *a, int64_t next);
/* The same with a cursor that is no id; STR_NULL: that was the last page. */
MUST_USE enum err api_send_list_at(struct api *a, struct str next);
/* A page of a list that is there as a whole, newest first: which of n rows come now, by their ids. */
struct api_span { size_t from, to; int64_t next; };
MUST_USE enum err api_span(struct api *a, const void *rows, size_t n, size_t row_size, size_t id_offset,
                           struct api_span *ret);
#define API_SPAN(a, rows, n, field, ret)                                                           \
    api_span((a), (rows), (n), sizeof *(rows), (size_t)((const char *)&(rows)->field - (const char *)(rows)), (ret))

/* ---- words for many ---- */

void api_put_time(struct jw *w, const char *key, int64_t ms);      /* DB_NULL: null */
void api_put_id(struct jw *w, const char *key, int64_t id);        /* DB_NULL: null */
void api_put_int(struct jw *w, const char *key, int64_t v);        /* DB_NULL: null */
void api_put_money(struct api *a, const char *key, int64_t minor, struct str currency);
/* "day"… and how many, as {"unit", "count"} */
void api_put_term(struct jw *w, const char *key, struct str unit, int64_t count);

/* ---- work that waits for a payment provider ---- */

MUST_USE enum err api_away(struct api *a, enum err (*work)(struct cx *cx, void *arg), void *arg, int ms,
                           enum err (*then)(struct api *a, enum err e, void *arg));

#endif
