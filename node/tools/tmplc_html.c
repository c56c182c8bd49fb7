#include "node/tools/tmplc_html.h"

#include <ctype.h>
#include <string.h>

static bool is_name_char(char c)
{
    return isalnum((unsigned char)c) || c == '-' || c == '_' || c == ':' || c == '@';
}

static void append(char *to, char c)
{
    size_t n = strlen(to);
    if (n + 1 < MAX_NAME) {
        to[n] = (char)tolower((unsigned char)c);
        to[n + 1] = '\0';
    }
}

static bool is_raw_tag(const char *tag)
{
    return strcmp(tag, "script") == 0 || strcmp(tag, "style") == 0;
}

static void tag_ends(struct html *h)
{
    bool verbatim = strcmp(h->tag, "pre") == 0 || strcmp(h->tag, "textarea") == 0;
    if (verbatim)
        h->verbatim += h->closing ? -1 : 1;
    h->state = !h->closing && is_raw_tag(h->tag) ? H_RAW : H_TEXT;
}

static const char *step_text(struct html *h, const char *p, size_t left)
{
    if (*p != '<')
        return NULL;
    if (left >= 4 && memcmp(p, "<!--", 4) == 0) {
        h->state = H_COMMENT;
        return NULL;
    }
    if (left < 2 || !(isalpha((unsigned char)p[1]) || p[1] == '/' || p[1] == '!'))
        return "a lone '<' in text; write &lt;";
    h->state = H_TAG_NAME;
    h->tag[0] = '\0';
    h->closing = p[1] == '/';
    return NULL;
}

/* Where attributes may begin, or the tag end. */
static void step_tag(struct html *h, char c)
{
    if (c == '>') {
        tag_ends(h);
    } else if (!isspace((unsigned char)c) && c != '/') {
        h->state = H_ATTR_NAME;
        h->attr[0] = '\0';
        append(h->attr, c);
    }
}

const char *html_step(struct html *h, const char *p, size_t left, size_t at)
{
    char c = *p;
    switch (h->state) {
    case H_TEXT: return step_text(h, p, left);
    case H_TAG_NAME:
        if (is_name_char(c))
            append(h->tag, c);
        else if (c != '/' || h->tag[0] != '\0') {
            h->state = H_TAG;
            step_tag(h, c);
        }
        break;
    case H_TAG: step_tag(h, c); break;
    case H_ATTR_NAME:
        if (c == '=') {
            h->state = H_ATTR_EQ;
        } else if (is_name_char(c)) {
            append(h->attr, c);
        } else {
            h->state = H_TAG;
            step_tag(h, c);
        }
        break;
    case H_ATTR_EQ:
        h->value_begun = false;
        h->state = c == '"' ? H_ATTR_DQ : c == '\'' ? H_ATTR_SQ : H_ATTR_BARE;
        break;
    case H_ATTR_DQ:
    case H_ATTR_SQ:
        if (c == (h->state == H_ATTR_DQ ? '"' : '\''))
            h->state = H_TAG;
        else
            h->value_begun = true;
        break;
    case H_ATTR_BARE:
        if (isspace((unsigned char)c) || c == '>') {
            h->state = H_TAG;
            step_tag(h, c);
        }
        break;
    case H_COMMENT:
        if (c == '>' && at >= 2 && p[-1] == '-' && p[-2] == '-')
            h->state = H_TEXT;
        break;
    case H_RAW:
        if (c == '<' && left > 2 && p[1] == '/') {
            h->state = H_TAG_NAME;
            h->tag[0] = '\0';
            h->closing = true;
        }
        break;
    }
    return NULL;
}

void html_settle(struct html *h)
{
    if (h->state == H_ATTR_NAME || (h->state == H_TAG_NAME && h->tag[0] != '\0'))
        h->state = H_TAG;
}

bool html_same_place(const struct html *a, const struct html *b)
{
    if (a->state != b->state || a->verbatim != b->verbatim)
        return false;
    bool in_value = a->state == H_ATTR_DQ || a->state == H_ATTR_SQ;
    return !in_value || strcmp(a->attr, b->attr) == 0;
}

const char *html_place(const struct html *h)
{
    static const char *const words[] = {"text", "a tag name", "a tag", "an attribute name",
                                              "an unquoted attribute", "an attribute", "an attribute",
                                              "an unquoted attribute", "a comment",
                                              "a script or style"};
    return words[h->state];
}
