/* Bodies of forms, read whole from the bytes of the request. Text values and files are views of the
 * body; only what was escaped is copied. Limits make the cost of a hostile form small. */
#ifndef NODE_HTTP_FORM_H
#define NODE_HTTP_FORM_H

#include "node/http/http.h"

struct arena;

enum {
    FORM_MAX_FIELDS = 200,
    FORM_MAX_FILES = 12,
    FORM_MAX_TEXT = 64 * 1024,      /* a text field; one may be larger, up to the body's own cap */
    FORM_MAX_NAME = 256,
    FORM_MAX_PART_HEAD = 8 * 1024,
};

struct form_field {
    struct str name, value;
};

struct form {
    struct form_field *fields;
    size_t n_fields;
    struct upload *uploads;
    size_t n_uploads;
};

/* application/x-www-form-urlencoded, also a URL's query. ERR_INVALID: broken escapes or bytes that
 * are no UTF-8; ERR_TOO_LARGE: a limit above. */
MUST_USE enum err form_read_urlencoded(struct arena *a, struct str body, struct form *ret);
/* multipart/form-data (RFC 7578); content_type holds the boundary. A file field that was left empty
 * is no upload. */
MUST_USE enum err form_read_multipart(struct arena *a, struct str body, struct str content_type,
                                      struct form *ret);

/* Is it one of the types that a plain HTML form of another site can send? Those need a form token. */
bool form_type_is_simple(struct str content_type);
/* By its content type; another type gives an empty form. */
MUST_USE enum err form_read(struct arena *a, struct str body, struct str content_type,
                            struct form *ret);
struct str form_get(const struct form *f, const char *name);

#endif
