/* A mail's bytes: RFC 5322 head, RFC 2047 words, RFC 2046 alternatives in base64. */
#include "node/net/smtp.h"

#include "node/base/arena.h"
#include "node/base/buf.h"
#include "node/base/clock.h"
#include "node/base/crypt.h"

#include <string.h>

#define HEADER_TEXT_MAX 998

static bool is_local_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c != '\0' && strchr("!#$%&'*+-/=?^_`{|}~.", c) != NULL);
}

bool smtp_address_ok(struct str address)
{
    size_t at = str_find_char(address, '@', 0);
    if (address.n > 254 || at == SIZE_MAX || at == 0 || at > 64)
        return false;
    struct str local = str_sub(address, 0, at), host = str_sub(address, at + 1, SIZE_MAX);
    for (size_t i = 0; i < local.n; i++)
        if (!is_local_char(local.p[i]) || (local.p[i] == '.' && i + 1 < local.n &&
                                           local.p[i + 1] == '.'))
            return false;
    if (local.p[0] == '.' || local.p[local.n - 1] == '.' || local.p[0] == '-')
        return false;
    struct str rest = host, label;
    size_t labels = 0;
    while (str_next(&rest, '.', &label)) {
        if (label.n == 0 || label.n > 63 || label.p[0] == '-' || label.p[label.n - 1] == '-')
            return false;
        for (size_t i = 0; i < label.n; i++)
            if (!(label.p[i] == '-' || (is_local_char(label.p[i]) &&
                                        !strchr("!#$%&'*+/=?^_`{|}~.", label.p[i]))))
                return false;
        labels++;
    }
    return labels >= 2 || str_eq_c(host, "localhost");
}

/* Text that a header may carry: one line, UTF-8. */
static bool one_line(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] < 0x20 || s.p[i] == 0x7f)
            return false;
    return s.n <= HEADER_TEXT_MAX && str_is_utf8(s);
}

static bool plain_words(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] < 0x20 || s.p[i] >= 0x7f)
            return false;
    return s.n <= 60 && !str_contains(s, STR("=?"));
}

/* Encoded words of at most 75 characters, never cut within a character; folded lines. */
static void put_encoded(struct buf *b, struct str s)
{
    bool first = true;
    while (s.n > 0) {
        size_t n = 0;
        for (;;) {
            size_t len = str_utf8_cut(str_sub(s, n, SIZE_MAX), 1).n;
            if (len == 0 || n + len > 42) /* 56 base64 digits, and =?UTF-8?B?…?= around them */
                break;
            n += len;
        }
        buf_put_c(b, first ? "=?UTF-8?B?" : "\r\n =?UTF-8?B?");
        buf_put_base64(b, s.p, n);
        buf_lit(b, "?=");
        s = str_sub(s, n, SIZE_MAX);
        first = false;
    }
}

static void put_unstructured(struct buf *b, struct str s)
{
    if (plain_words(s))
        buf_put(b, s);
    else
        put_encoded(b, s);
}

/* A display name: atoms and spaces as they are, everything else encoded. */
static void put_name(struct buf *b, struct str s)
{
    bool atoms = plain_words(s);
    for (size_t i = 0; i < s.n; i++)
        if (!is_local_char(s.p[i]) && s.p[i] != ' ')
            atoms = false;
    if (atoms && str_find_char(s, '.', 0) == SIZE_MAX)
        buf_put(b, s);
    else
        put_encoded(b, s);
}

bool smtp_split_from(struct str from, struct str *ret_name, struct str *ret_address)
{
    from = str_trim(from);
    size_t open = str_find_char(from, '<', 0);
    *ret_name = STR_NULL;
    *ret_address = from;
    if (open != SIZE_MAX) {
        if (from.p[from.n - 1] != '>')
            return false;
        *ret_name = str_trim(str_sub(from, 0, open));
        *ret_address = str_sub(from, open + 1, from.n - open - 2);
        if (ret_name->n >= 2 && ret_name->p[0] == '"' && ret_name->p[ret_name->n - 1] == '"')
            *ret_name = str_sub(*ret_name, 1, ret_name->n - 2);
    }
    return smtp_address_ok(*ret_address) && one_line(*ret_name);
}

static void put_part(struct buf *b, const char *type, struct str body)
{
    buf_fmt(b, "Content-Type: %s; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n",
            type);
    for (size_t i = 0; i < body.n; i += 57) { /* 76 digits a line */
        size_t n = body.n - i < 57 ? body.n - i : 57;
        buf_put_base64(b, body.p + i, n);
        buf_lit(b, "\r\n");
    }
}

static void put_date(struct buf *b, struct arena *a, int64_t now)
{
    struct str d = clock_http_date(a, now);
    buf_lit(b, "Date: ");
    buf_put(b, str_sub(d, 0, d.n - 3)); /* without "GMT" */
    buf_lit(b, "+0000\r\n");
}

static bool id_ok(struct str id)
{
    for (size_t i = 0; i < id.n; i++)
        if (!is_local_char(id.p[i]) && id.p[i] != '@')
            return false;
    return id.n <= 200 && str_find_char(id, '@', 0) != SIZE_MAX;
}

static bool link_ok(struct str url)
{
    for (size_t i = 0; i < url.n; i++)
        if (url.p[i] <= 0x20 || url.p[i] >= 0x7f || url.p[i] == '<' || url.p[i] == '>')
            return false;
    return url.n <= 900;
}

static void put_bodies(struct buf *b, struct arena *a, const struct mail *m)
{
    if (m->html.p == NULL) {
        put_part(b, "text/plain", m->text);
        return;
    }
    struct str mark = crypt_token(a, 18);
    buf_fmt(b, "Content-Type: multipart/alternative; boundary=\"=_" STR_FMT "\"\r\n\r\n",
            STR_ARG(mark));
    buf_fmt(b, "--=_" STR_FMT "\r\n", STR_ARG(mark));
    put_part(b, "text/plain", m->text);
    buf_fmt(b, "--=_" STR_FMT "\r\n", STR_ARG(mark));
    put_part(b, "text/html", m->html);
    buf_fmt(b, "--=_" STR_FMT "--\r\n", STR_ARG(mark));
}

enum err smtp_compose(struct arena *a, const struct mail *m, int64_t now, struct buf *out)
{
    struct str name, from;
    if (!smtp_address_ok(m->to) || !smtp_split_from(m->from, &name, &from) ||
        !one_line(m->subject) || (m->message_id.p != NULL && !id_ok(m->message_id)) ||
        !link_ok(m->list_unsubscribe) || !str_is_utf8(m->text) || !str_is_utf8(m->html))
        return ERR_INVALID;
    buf_lit(out, "From: ");
    if (name.n > 0) {
        put_name(out, name);
        buf_lit(out, " ");
    }
    buf_fmt(out, "<" STR_FMT ">\r\nTo: <" STR_FMT ">\r\nSubject: ", STR_ARG(from), STR_ARG(m->to));
    put_unstructured(out, m->subject);
    buf_lit(out, "\r\n");
    put_date(out, a, now);
    struct str id = m->message_id;
    if (id.p == NULL) {
        struct str token = crypt_token(a, 18);
        struct str host = str_sub(from, str_find_char(from, '@', 0), SIZE_MAX);
        id = str_fmt(a, STR_FMT STR_FMT, STR_ARG(token), STR_ARG(host));
    }
    buf_fmt(out, "Message-ID: <" STR_FMT ">\r\n", STR_ARG(id));
    if (m->list_unsubscribe.n > 0)
        buf_fmt(out,
                "List-Unsubscribe: <" STR_FMT ">\r\n"
                "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n",
                STR_ARG(m->list_unsubscribe));
    buf_lit(out, "Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n");
    put_bodies(out, a, m);
    return out->overflow ? ERR_TOO_LARGE : OK;
}
