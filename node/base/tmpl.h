/* What compiled templates call. The escape is chosen by tmplc from the place, and by _Generic from
 * the type: struct safe_html passes as it is, in text only; a char * does not compile. */
#ifndef NODE_BASE_TMPL_H
#define NODE_BASE_TMPL_H

#include "node/base/buf.h"
#include "node/cx.h"

void tmpl_text_str(struct buf *out, struct str s);
void tmpl_text_safe(struct buf *out, struct safe_html h);
void tmpl_int(struct buf *out, long long v);
void tmpl_url(struct buf *out, struct str s);      /* a whole address; '#' if its scheme is unsafe */
void tmpl_url_part(struct buf *out, struct str s); /* a segment or query value of one */
struct str tmpl_arg_int(struct cx *cx, long long v);
struct str tmpl_arg_str(struct cx *cx, struct str s);
void tmpl_sentence(struct buf *out, struct cx *cx, const char *msgid, const struct str *args,
                   size_t n_args);
/* The first value is the count. */
void tmpl_sentence_n(struct buf *out, struct cx *cx, const char *one, const char *many,
                     const struct str *args, size_t n_args);

#define TMPL_INTEGERS(fn) int : fn, long : fn, unsigned : fn, unsigned long : fn, long long : fn
#define TMPL_TEXT(out, e)                                                                          \
    _Generic((e), struct str: tmpl_text_str, struct safe_html: tmpl_text_safe,                     \
             TMPL_INTEGERS(tmpl_int))(out, e)
#define TMPL_ATTR(out, e) _Generic((e), struct str: tmpl_text_str, TMPL_INTEGERS(tmpl_int))(out, e)
#define TMPL_URL(out, e) _Generic((e), struct str: tmpl_url)(out, e)
#define TMPL_URL_PART(out, e)                                                                      \
    _Generic((e), struct str: tmpl_url_part, TMPL_INTEGERS(tmpl_int))(out, e)
#define TMPL_ARG(cx, e)                                                                            \
    _Generic((e), struct str: tmpl_arg_str, TMPL_INTEGERS(tmpl_arg_int))(cx, e)

#endif
