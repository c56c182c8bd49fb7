#include "node/base/tmpl.h"

#include "node/base/i18n.h"

void tmpl_text_str(struct buf *out, struct str s)
{
    buf_put_html(out, s);
}

void tmpl_text_safe(struct buf *out, struct safe_html h)
{
    buf_put(out, h.s);
}

void tmpl_int(struct buf *out, long long v)
{
    buf_put_i64(out, v);
}

/* Is this a scheme-less reference, or one of the schemes that cannot run script? */
static bool url_is_safe(struct str s)
{
    static const char *const schemes[] = {"http:", "https:", "mailto:"};
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++)
        if (str_istarts(s, str_c(schemes[i])))
            return true;
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (c == '/' || c == '?' || c == '#')
            return true;
        if (c == ':' || (unsigned char)c <= ' ') /* browsers drop control characters in schemes */
            return false;
    }
    return true;
}

void tmpl_url(struct buf *out, struct str s)
{
    buf_put_html(out, url_is_safe(s) ? s : STR("#"));
}

void tmpl_url_part(struct buf *out, struct str s)
{
    buf_put_url(out, s);
}

struct str tmpl_arg_int(struct cx *cx, long long v)
{
    return str_fmt(cx->arena, "%lld", v);
}

struct str tmpl_arg_str(struct cx *cx, struct str s)
{
    (void)cx;
    return s;
}

void tmpl_sentence(struct buf *out, struct cx *cx, const char *msgid, const struct str *args,
                   size_t n_args)
{
    const char *pattern = i18n_get(cx->locale, msgid);
    if (n_args == 0)
        buf_put_html(out, str_c(pattern));
    else
        buf_put_html(out, i18n_fill(cx->arena, pattern, args, n_args));
}

void tmpl_sentence_n(struct buf *out, struct cx *cx, const char *one, const char *many,
                     const struct str *args, size_t n_args)
{
    int64_t n = 0;
    (void)str_to_i64(args[0], &n);
    buf_put_html(out, i18n_fill(cx->arena, i18n_getn(cx->locale, one, many, n), args, n_args));
}
