#include "node/people/mail_frame.h"

#include "node/base/buf.h"
#include "node/base/i18n.h"
#include "node/node.h"
#include "node/settings.h"

enum { FRAME_MAX = 64 * 1024 };

/* Up to the next empty line; what follows it is left in *rest. */
static struct str paragraph(struct str *rest)
{
    for (size_t i = 0; i + 1 < rest->n; i++)
        if (rest->p[i] == '\n' && rest->p[i + 1] == '\n') {
            struct str one = str_sub(*rest, 0, i);
            *rest = str_trim(str_sub(*rest, i + 2, SIZE_MAX));
            return one;
        }
    struct str one = *rest;
    *rest = STR_NULL;
    return one;
}

static void put_lines(struct buf *b, struct str s)
{
    struct str line;
    bool first = true;
    while (str_next(&s, '\n', &line)) {
        if (!first)
            buf_lit(b, "<br>");
        buf_put_html(b, line);
        first = false;
    }
}

static void put_button(struct buf *b, const struct mail_words *w)
{
    buf_lit(b, "<p style=\"margin:1.5rem 0\"><a href=\"");
    buf_put_html(b, w->url);
    buf_lit(b, "\" style=\"display:inline-block;padding:.7rem 1.4rem;border-radius:.5rem;"
               "background:#0f5c5c;color:#fff;text-decoration:none\">");
    buf_put_html(b, w->label);
    buf_lit(b, "</a></p><p style=\"word-break:break-all;font-size:14px\">");
    buf_put_html(b, w->url);
    buf_lit(b, "</p>");
}

static struct str html_of(struct cx *cx, const struct mail_words *w)
{
    struct buf b;
    struct str rest = str_trim(w->text);
    buf_init_arena(&b, cx->arena, FRAME_MAX);
    buf_lit(&b, "<!doctype html><html lang=\"");
    buf_put_html(&b, i18n_tag(cx->locale));
    buf_lit(&b, "\"><body style=\"margin:0;padding:2rem 1rem;background:#f6f4ef;color:#22272b;"
                "font:16px/1.6 system-ui,sans-serif\"><div style=\"max-width:30rem;margin:0 auto\">");
    while (rest.n > 0) {
        buf_lit(&b, "<p>");
        put_lines(&b, paragraph(&rest));
        buf_lit(&b, "</p>");
    }
    if (w->url.n > 0)
        put_button(&b, w);
    if (w->small.n > 0) {
        buf_lit(&b, "<p style=\"font-size:14px;color:#5b6266\">");
        put_lines(&b, w->small);
        buf_lit(&b, "</p>");
    }
    buf_lit(&b, "</div></body></html>\n");
    return buf_str(&b);
}

void mail_frame(struct cx *cx, const struct mail_words *w, struct mail *m)
{
    struct buf b;
    buf_init_arena(&b, cx->arena, FRAME_MAX);
    buf_put(&b, str_trim(w->text));
    if (w->url.n > 0) {
        buf_lit(&b, "\n\n");
        buf_put(&b, w->url);
    }
    if (w->small.n > 0) {
        buf_lit(&b, "\n\n");
        buf_put(&b, w->small);
    }
    buf_lit(&b, "\n");
    m->text = buf_str(&b);
    m->html = html_of(cx, w);
}

/* A planet's name may hold what a header's grammar uses. */
static struct str tame(struct cx *cx, struct str name)
{
    struct buf b;
    buf_init_arena(&b, cx->arena, 1024);
    for (size_t i = 0; i < name.n; i++) {
        char c = name.p[i];
        bool bad = c == '<' || c == '>' || c == '"' || (unsigned char)c < 0x20 || c == 0x7f;
        buf_put_char(&b, bad ? ' ' : c);
    }
    return str_trim(buf_str(&b));
}

enum err mail_from(struct cx *cx, struct str name, struct str *ret)
{
    struct str from, had, address;
    TRY(setting_get(cx, "mail.from", &from));
    if (from.n == 0) {
        struct str host = str_sub(cx->node->host, 0, str_find_char(cx->node->host, ':', 0));
        from = str_fmt(cx->arena, "noreply@" STR_FMT, STR_ARG(host));
    }
    name = tame(cx, name);
    if (name.n > 0 && smtp_split_from(from, &had, &address))
        from = str_fmt(cx->arena, STR_FMT " <" STR_FMT ">", STR_ARG(name), STR_ARG(address));
    *ret = from;
    return OK;
}
