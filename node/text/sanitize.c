#include "node/text/sanitize.h"

#include <libxml/HTMLparser.h>
#include <pthread.h>
#include <string.h>

#include "node/base/buf.h"
#include "node/text/link.h"

enum { IN_MAX = 150 << 10, OUT_MAX = 64 << 10, DEPTH_MAX = 32, LANG_MAX = 35 };

enum element {
    EL_OTHER, /* unwrapped */
    EL_BLOCK, /* unwrapped, with white space in its place */
    EL_DROP,  /* gone with its content */
    EL_MATH,
    EL_ANNOTATION,
    EL_HEADING, /* <p><strong> */
    EL_A,
    EL_SPAN,
    EL_P,
    EL_BR,
    EL_OL,
    EL_UL,
    EL_LI,
    EL_RUBY,
    EL_RT,
    EL_PLAIN, /* kept under its name, no attributes but lang */
};

static const struct element_row {
    const char *name;
    enum element element;
} elements[] = {
    {"a", EL_A},           {"p", EL_P},           {"br", EL_BR},
    {"span", EL_SPAN},     {"del", EL_PLAIN},     {"s", EL_PLAIN},
    {"pre", EL_PLAIN},     {"blockquote", EL_PLAIN}, {"code", EL_PLAIN},
    {"b", EL_PLAIN},       {"strong", EL_PLAIN},  {"u", EL_PLAIN},
    {"i", EL_PLAIN},       {"em", EL_PLAIN},      {"ul", EL_UL},
    {"ol", EL_OL},         {"li", EL_LI},         {"ruby", EL_RUBY},
    {"rt", EL_RT},         {"rp", EL_RT},         {"h1", EL_HEADING},
    {"h2", EL_HEADING},    {"h3", EL_HEADING},    {"h4", EL_HEADING},
    {"h5", EL_HEADING},    {"h6", EL_HEADING},    {"math", EL_MATH},
    {"annotation", EL_ANNOTATION}, {"script", EL_DROP}, {"style", EL_DROP},
    {"iframe", EL_DROP},   {"svg", EL_DROP},      {"object", EL_DROP},
    {"embed", EL_DROP},    {"applet", EL_DROP},   {"template", EL_DROP},
    {"noscript", EL_DROP}, {"noembed", EL_DROP},  {"noframes", EL_DROP},
    {"frameset", EL_DROP}, {"xmp", EL_DROP},      {"plaintext", EL_DROP},
    {"textarea", EL_DROP}, {"select", EL_DROP},   {"title", EL_DROP},
    {"audio", EL_DROP},    {"video", EL_DROP},    {"canvas", EL_DROP},
    {"div", EL_BLOCK},     {"section", EL_BLOCK}, {"article", EL_BLOCK},
    {"header", EL_BLOCK},  {"footer", EL_BLOCK},  {"main", EL_BLOCK},
    {"aside", EL_BLOCK},   {"nav", EL_BLOCK},     {"figure", EL_BLOCK},
    {"figcaption", EL_BLOCK}, {"table", EL_BLOCK}, {"tr", EL_BLOCK},
    {"td", EL_BLOCK},      {"th", EL_BLOCK},      {"dl", EL_BLOCK},
    {"dt", EL_BLOCK},      {"dd", EL_BLOCK},      {"hr", EL_BLOCK},
    {"details", EL_BLOCK}, {"summary", EL_BLOCK}, {"form", EL_BLOCK},
    {"fieldset", EL_BLOCK}, {"address", EL_BLOCK}, {"center", EL_BLOCK},
    {"body", EL_OTHER},    {"html", EL_OTHER},
};

/* One open element of the input. */
struct open {
    enum element element;
    const char *name; /* of the table: what our closing tag says; NULL: nothing was written */
};

struct sanitizer {
    struct buf b;
    htmlParserCtxtPtr parser;
    struct open stack[DEPTH_MAX + 1]; /* the wrapper, too */
    size_t depth;
    size_t dropping; /* open elements whose content vanishes */
    size_t math;     /* open <math>: text is dropped but for the chosen annotation */
    size_t annotation;
    size_t links;
    bool too_deep;
};

static const struct element_row *find_element(struct str name)
{
    for (size_t i = 0; i < sizeof elements / sizeof elements[0]; i++)
        if (str_ieq_c(name, elements[i].name))
            return &elements[i];
    return NULL;
}

static struct str attribute(const xmlChar **atts, const char *name)
{
    for (size_t i = 0; atts != NULL && atts[i] != NULL; i += 2)
        if (str_ieq_c(str_c((const char *)atts[i]), name))
            return str_c((const char *)atts[i + 1]);
    return STR_NULL;
}

static bool has_attribute(const xmlChar **atts, const char *name)
{
    for (size_t i = 0; atts != NULL && atts[i] != NULL; i += 2)
        if (str_ieq_c(str_c((const char *)atts[i]), name))
            return true;
    return false;
}

static bool class_is_kept(struct str c)
{
    static const char *const whole[] = {"mention", "hashtag", "ellipsis", "invisible",
                                        "quote-inline"};
    static const char *const prefixes[] = {"h-", "p-", "u-", "dt-", "e-"};
    for (size_t i = 0; i < sizeof whole / sizeof whole[0]; i++)
        if (str_eq_c(c, whole[i]))
            return true;
    for (size_t i = 0; i < sizeof prefixes / sizeof prefixes[0]; i++)
        if (str_starts(c, str_c(prefixes[i])))
            return true;
    return false;
}

static void put_attribute(struct sanitizer *s, const char *name, struct str value)
{
    buf_fmt(&s->b, " %s=\"", name);
    buf_put_html(&s->b, value);
    buf_lit(&s->b, "\"");
}

static void put_classes(struct sanitizer *s, const xmlChar **atts)
{
    struct str rest = attribute(atts, "class");
    size_t n = 0;
    while (rest.n > 0) {
        size_t end = 0;
        while (end < rest.n && (unsigned char)rest.p[end] > ' ')
            end++;
        struct str c = str_sub(rest, 0, end);
        rest = str_sub(rest, end + 1, SIZE_MAX);
        if (c.n == 0 || !class_is_kept(c))
            continue;
        buf_put_c(&s->b, n++ == 0 ? " class=\"" : " ");
        buf_put_html(&s->b, c);
    }
    if (n > 0)
        buf_lit(&s->b, "\"");
}

static void put_lang(struct sanitizer *s, const xmlChar **atts)
{
    struct str lang = attribute(atts, "lang");
    if (lang.n == 0 || lang.n > LANG_MAX)
        return;
    for (size_t i = 0; i < lang.n; i++) {
        char c = lang.p[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
              c == '-'))
            return;
    }
    put_attribute(s, "lang", lang);
}

static void put_translate(struct sanitizer *s, const xmlChar **atts)
{
    struct str v = attribute(atts, "translate");
    if (str_ieq_c(v, "no") || str_ieq_c(v, "yes"))
        put_attribute(s, "translate", v);
}

static void put_integer(struct sanitizer *s, const xmlChar **atts, const char *name)
{
    int64_t v;
    if (str_to_i64(attribute(atts, name), &v) && v > INT32_MIN && v < INT32_MAX)
        buf_fmt(&s->b, " %s=\"%lld\"", name, (long long)v);
}

/* rel: what we say, and of theirs the words that other programs read. */
static void put_rel(struct sanitizer *s, const xmlChar **atts)
{
    static const char *const kept[] = {"tag", "me"};
    struct str rest = attribute(atts, "rel"), word;
    buf_lit(&s->b, " rel=\"nofollow noopener noreferrer ugc");
    bool seen[2] = {false, false};
    while (str_next(&rest, ' ', &word))
        for (size_t i = 0; i < 2; i++)
            if (!seen[i] && str_eq_c(word, kept[i])) {
                seen[i] = true;
                buf_fmt(&s->b, " %s", kept[i]);
            }
    buf_lit(&s->b, "\" target=\"_blank\"");
}

/* Absolute, with a host: a relative address of theirs would lead into our own site. */
static bool href_is_kept(struct str href)
{
    href = str_trim(href);
    bool web = str_istarts(href, STR("http://")) || str_istarts(href, STR("https://"));
    size_t host = str_find(href, STR("//"), 0);
    return web && link_kind(href) == LINK_WEB && host + 2 < href.n && href.p[host + 2] != '/' &&
           href.p[host + 2] != '\\';
}

static bool open_a(struct sanitizer *s, const xmlChar **atts)
{
    struct str href = attribute(atts, "href");
    if (s->links > 0 || !href_is_kept(href))
        return false;
    buf_lit(&s->b, "<a href=\"");
    link_put_href(&s->b, href);
    buf_lit(&s->b, "\"");
    put_classes(s, atts);
    put_translate(s, atts);
    put_rel(s, atts);
    put_lang(s, atts);
    buf_lit(&s->b, ">");
    s->links++;
    return true;
}

static bool inside(const struct sanitizer *s, enum element a, enum element b)
{
    for (size_t i = s->depth; i > 0; i--)
        if (s->stack[i - 1].name != NULL)
            return s->stack[i - 1].element == a || s->stack[i - 1].element == b;
    return false;
}

static void put_gap(struct sanitizer *s)
{
    char last = s->b.n == 0 ? ' ' : s->b.p[s->b.n - 1];
    if (last != ' ' && last != '\n' && last != '>')
        buf_put_char(&s->b, ' ');
}

/* Write the opening tag; the name to close with, or NULL if the element is unwrapped. A list item
 * outside a list would close one of the page's own, so such elements are unwrapped. */
static const char *open_element(struct sanitizer *s, const struct element_row *row,
                                const xmlChar **atts)
{
    switch (row->element) {
    case EL_BLOCK: put_gap(s); return NULL;
    case EL_A: return open_a(s, atts) ? "a" : NULL;
    case EL_BR: buf_lit(&s->b, "<br>"); return NULL;
    case EL_HEADING:
        buf_lit(&s->b, "<p");
        put_lang(s, atts);
        buf_lit(&s->b, "><strong>");
        return "strong></p";
    case EL_LI:
        if (!inside(s, EL_OL, EL_UL))
            return NULL;
        break;
    case EL_RT:
        if (!inside(s, EL_RUBY, EL_RUBY))
            return NULL;
        break;
    case EL_SPAN:
    case EL_P:
    case EL_OL:
    case EL_UL:
    case EL_RUBY:
    case EL_PLAIN: break;
    default: return NULL;
    }
    buf_fmt(&s->b, "<%s", row->name);
    if (row->element == EL_SPAN || row->element == EL_P)
        put_classes(s, atts);
    if (row->element == EL_SPAN)
        put_translate(s, atts);
    if (row->element == EL_OL) {
        put_integer(s, atts, "start");
        if (has_attribute(atts, "reversed"))
            buf_lit(&s->b, " reversed");
    }
    if (row->element == EL_LI)
        put_integer(s, atts, "value");
    put_lang(s, atts);
    buf_lit(&s->b, ">");
    return row->name;
}

static bool is_plain_annotation(const xmlChar **atts)
{
    struct str encoding = attribute(atts, "encoding");
    return str_ieq_c(encoding, "application/x-tex") || str_ieq_c(encoding, "text/plain");
}

static void on_start(void *arg, const xmlChar *name, const xmlChar **atts)
{
    struct sanitizer *s = arg;
    struct str tag = str_c((const char *)name);
    size_t colon = str_find_char(tag, ':', 0);
    if (colon != SIZE_MAX) /* <svg:script> is as good as <script> to some parsers */
        tag = str_sub(tag, colon + 1, SIZE_MAX);
    const struct element_row *row = find_element(tag);
    static const struct element_row other = {"", EL_OTHER};
    if (row == NULL)
        row = &other;
    if (s->depth == sizeof s->stack / sizeof s->stack[0]) {
        s->too_deep = true;
        xmlStopParser(s->parser);
        return;
    }
    struct open *o = &s->stack[s->depth++];
    *o = (struct open){row->element, NULL};
    if (row->element == EL_DROP)
        s->dropping++;
    else if (row->element == EL_MATH)
        s->math++;
    else if (row->element == EL_ANNOTATION) {
        /* Of several annotations the first plain one is taken. */
        bool taken = s->math > 0 && s->annotation == 0 && is_plain_annotation(atts);
        o->element = taken ? EL_ANNOTATION : EL_OTHER;
        s->annotation += taken;
    } else if (s->dropping == 0 && s->math == 0)
        o->name = open_element(s, row, atts);
}

static void on_end(void *arg, const xmlChar *name)
{
    (void)name; /* the parser closes in order */
    struct sanitizer *s = arg;
    if (s->depth == 0 || s->too_deep)
        return;
    struct open o = s->stack[--s->depth];
    if (o.element == EL_DROP)
        s->dropping--;
    else if (o.element == EL_MATH) {
        s->math--;
        s->annotation = 0;
    } else if (o.element == EL_ANNOTATION)
        s->annotation = 2; /* read; text that follows it in <math> is not */
    else if (o.element == EL_BLOCK && s->dropping == 0 && s->math == 0)
        put_gap(s);
    if (o.element == EL_A && o.name != NULL)
        s->links--;
    if (o.name != NULL)
        buf_fmt(&s->b, "</%s>", o.name);
}

static void on_text(void *arg, const xmlChar *text, int n)
{
    struct sanitizer *s = arg;
    if (n > 0 && s->dropping == 0 && (s->math == 0 || s->annotation == 1))
        buf_put_html(&s->b, (struct str){(const char *)text, (size_t)n});
}

static pthread_once_t parser_once = PTHREAD_ONCE_INIT;

enum err sanitize_html(struct arena *a, struct str html, struct safe_html *ret)
{
    if (html.n > IN_MAX)
        return ERR_TOO_LARGE;
    if (!str_is_utf8(html) || str_find_char(html, '\0', 0) != SIZE_MAX)
        return ERR_INVALID;
    pthread_once(&parser_once, xmlInitParser);
    struct sanitizer s = {0};
    buf_init_arena(&s.b, a, OUT_MAX);
    /* In an element of its own, for the parser puts a <p> around text that stands in none. */
    struct str whole = str_fmt(a, "<x-text>" STR_FMT, STR_ARG(html));
    /* No tree is built: three handlers, everything else (comments, cdata, declarations) is NULL.
     * Script and style content comes as cdata and so goes nowhere. */
    htmlSAXHandler sax = {.startElement = on_start, .endElement = on_end, .characters = on_text,
                          .ignorableWhitespace = on_text};
    s.parser = htmlNewParserCtxt();
    if (s.parser == NULL)
        return ERR_INTERNAL;
    htmlSAXHandler *own = s.parser->sax;
    s.parser->sax = &sax;
    s.parser->userData = &s;
    /* With the encoding given, a <meta charset> cannot change it. */
    xmlDocPtr doc = htmlCtxtReadMemory(s.parser, whole.p, (int)whole.n, NULL, "UTF-8",
                                       HTML_PARSE_RECOVER | HTML_PARSE_NOERROR |
                                           HTML_PARSE_NOWARNING | HTML_PARSE_NONET |
                                           HTML_PARSE_NOIMPLIED);
    xmlFreeDoc(doc);
    s.parser->sax = own;
    htmlFreeParserCtxt(s.parser);
    if (s.too_deep)
        return ERR_TOO_LARGE;
    while (s.depth > 0) /* the parser may leave elements open at the end */
        on_end(&s, NULL);
    if (s.b.overflow)
        return ERR_TOO_LARGE;
    ret->s = buf_str(&s.b);
    return OK;
}
