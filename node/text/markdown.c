#include "node/text/markdown.h"

#include <cmark-gfm-core-extensions.h>
#include <string.h>

#include "node/base/buf.h"
#include "node/text/excerpt.h"
#include "node/text/link.h"
#include "node/text/markdown_tree.h"

enum { HTML_MAX = 8 << 20, MEDIA_ID_DIGITS = 18, LANGUAGE_MAX = 32 };

struct render {
    struct cx *cx;
    enum markdown_kind kind;
    struct buf b;
    cmark_iter *iter;
    bool in_link;          /* inside an <a> that we wrote */
    bool in_table_head;
    int column;            /* of the table row */
    int64_t footnotes;     /* definitions written */
    int64_t footnote_seen; /* highest reference written */
    unsigned mark;         /* keeps ids of several texts on one page apart */
};

static void put_text(struct render *r, struct str s)
{
    buf_put_html(&r->b, s);
}

/* The address is known to be allowed. */
static void open_link(struct render *r, struct str url, bool plain)
{
    buf_lit(&r->b, "<a href=\"");
    if (str_istarts(url, STR("www.")))
        buf_lit(&r->b, "http://");
    link_put_href(&r->b, url);
    buf_lit(&r->b, "\"");
    if (!plain)
        buf_lit(&r->b, " rel=\"nofollow noopener ugc\"");
    buf_lit(&r->b, ">");
}

/* Text of the source, with web addresses in it linked. */
static void render_text(struct render *r, struct str s)
{
    size_t from = 0, at, n;
    while (!r->in_link && link_find(s, from, &at, &n)) {
        struct str url = str_sub(s, at, n);
        put_text(r, str_sub(s, from, at - from));
        open_link(r, url, r->kind == MARKDOWN_POST);
        put_text(r, url);
        buf_lit(&r->b, "</a>");
        from = at + n;
    }
    put_text(r, str_sub(s, from, SIZE_MAX));
}

/* Raw HTML: shown as what was typed, without comments. False when nothing is left to show. */
static bool render_raw(struct render *r, struct str s)
{
    size_t before = r->b.n;
    for (;;) {
        size_t at = str_find(s, STR("<!--"), 0);
        size_t end = at == SIZE_MAX ? SIZE_MAX : str_find(s, STR("-->"), at + 4);
        if (end == SIZE_MAX)
            break;
        put_text(r, str_trim(str_sub(s, 0, at)));
        s = str_sub(s, end + 3, SIZE_MAX);
    }
    put_text(r, str_trim(s));
    return r->b.n > before;
}

static void render_html_block(struct render *r, cmark_node *node)
{
    size_t before = r->b.n;
    buf_lit(&r->b, "<p>");
    if (render_raw(r, markdown_literal(r->cx, node)))
        buf_lit(&r->b, "</p>\n");
    else if (!r->b.overflow)
        r->b.n = before;
}

static void render_html_inline(struct render *r, cmark_node *node)
{
    struct str s = markdown_literal(r->cx, node);
    if (str_ieq_c(s, "<br>") || str_ieq_c(s, "<br/>") || str_ieq_c(s, "<br />"))
        buf_lit(&r->b, "<br>");
    else
        render_raw(r, s);
}

static bool is_language_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           c == '+' || c == '#' || c == '-' || c == '_' || c == '.';
}

static void render_code_block(struct render *r, cmark_node *node)
{
    struct str info = str_trim(str_c(cmark_node_get_fence_info(node)));
    size_t n = 0;
    while (n < info.n && is_language_char(info.p[n]))
        n++;
    buf_lit(&r->b, "<pre><code");
    if (n > 0 && n <= LANGUAGE_MAX) {
        buf_lit(&r->b, " class=\"language-");
        put_text(r, str_sub(info, 0, n));
        buf_lit(&r->b, "\"");
    }
    buf_lit(&r->b, ">");
    put_text(r, markdown_literal(r->cx, node));
    buf_lit(&r->b, "</code></pre>\n");
}

/* Is the byte sequence at the end (or start) of s a Han, kana or CJK punctuation character?
 * Those written in UTF-8 with a lead byte of E3–E9 or EF BC/BD. */
static bool is_han(struct str s, bool at_end)
{
    if (s.n < 3)
        return false;
    const unsigned char *p = (const unsigned char *)(at_end ? s.p + s.n - 3 : s.p);
    return (p[0] >= 0xE3 && p[0] <= 0xE9) || (p[0] == 0xEF && (p[1] == 0xBC || p[1] == 0xBD));
}

static void render_softbreak(struct render *r, cmark_node *node)
{
    if (r->kind == MARKDOWN_COMMENT) {
        buf_lit(&r->b, "<br>\n");
        return;
    }
    cmark_node *prev = cmark_node_previous(node), *next = cmark_node_next(node);
    bool joins = prev != NULL && next != NULL && cmark_node_get_type(prev) == CMARK_NODE_TEXT &&
                 cmark_node_get_type(next) == CMARK_NODE_TEXT &&
                 is_han(markdown_literal(r->cx, prev), true) &&
                 is_han(markdown_literal(r->cx, next), false);
    if (!joins)
        buf_lit(&r->b, "\n");
}

static void render_link(struct render *r, cmark_node *node, bool enter)
{
    if (!enter) {
        if (r->in_link)
            buf_lit(&r->b, "</a>");
        r->in_link = false;
        return;
    }
    struct str url = str_c(cmark_node_get_url(node));
    enum link_kind kind = link_kind(url);
    /* Links hold no links, but one may stand in a picture's text, which is not walked. */
    r->in_link = kind != LINK_BAD;
    if (r->in_link)
        open_link(r, url, r->kind == MARKDOWN_POST || kind == LINK_RELATIVE);
}

/* "media:12" and "/media/12/…" give the id, as it is written; anything else STR_NULL. */
static struct str media_id(struct str url)
{
    size_t skip = str_starts(url, STR("media:")) ? 6 : str_starts(url, STR("/media/")) ? 7 : 0;
    if (skip == 0)
        return STR_NULL;
    struct str id = str_sub(url, skip, SIZE_MAX);
    if (skip == 7)
        id = str_sub(id, 0, str_find_char(id, '/', 0));
    for (size_t i = 0; i < id.n; i++)
        if (id.p[i] < '0' || id.p[i] > '9')
            return STR_NULL;
    return id.n == 0 || id.n > MEDIA_ID_DIGITS + 1 ? STR_NULL : id;
}

/* What stands between the brackets, as plain text. */
static struct str image_alt(struct render *r, cmark_node *image)
{
    struct excerpt e;
    excerpt_init(&e, r->cx->arena, 1500);
    cmark_iter *iter = markdown_iter(r->cx, image);
    while (cmark_iter_next(iter) != CMARK_EVENT_DONE) {
        cmark_node *node = cmark_iter_get_node(iter);
        cmark_node_type type = cmark_node_get_type(node);
        if (type == CMARK_NODE_TEXT || type == CMARK_NODE_CODE)
            excerpt_put(&e, markdown_literal(r->cx, node));
        else if (type == CMARK_NODE_SOFTBREAK || type == CMARK_NODE_LINEBREAK)
            excerpt_gap(&e);
    }
    return excerpt_str(&e);
}

static void render_image(struct render *r, cmark_node *node)
{
    struct str url = str_c(cmark_node_get_url(node));
    struct str id = media_id(url);
    struct str alt = image_alt(r, node);
    if (r->kind == MARKDOWN_POST && id.p != NULL) {
        /* Exactly this spelling is what media_expand looks for. */
        buf_lit(&r->b, "<img src=\"media:");
        buf_put(&r->b, id);
        buf_lit(&r->b, "\" alt=\"");
        put_text(r, alt);
        buf_lit(&r->b, "\">");
    } else if (!r->in_link && id.p == NULL && link_kind(url) == LINK_WEB) {
        open_link(r, url, false);
        put_text(r, alt.n > 0 ? alt : url);
        buf_lit(&r->b, "</a>");
    } else {
        put_text(r, alt);
    }
    /* The children were read for the alternative text. */
    cmark_iter_reset(r->iter, node, CMARK_EVENT_EXIT);
}

/* Does the paragraph hold one picture of ours and nothing else? */
static bool is_figure(struct render *r, cmark_node *paragraph)
{
    cmark_node *child = cmark_node_first_child(paragraph);
    return r->kind == MARKDOWN_POST && child != NULL && cmark_node_next(child) == NULL &&
           cmark_node_get_type(child) == CMARK_NODE_IMAGE &&
           media_id(str_c(cmark_node_get_url(child))).p != NULL;
}

static bool is_tight(cmark_node *paragraph)
{
    cmark_node *item = cmark_node_parent(paragraph);
    cmark_node *list = item == NULL ? NULL : cmark_node_parent(item);
    return list != NULL && cmark_node_get_type(list) == CMARK_NODE_LIST &&
           cmark_node_get_list_tight(list);
}

static void render_footnote_back(struct render *r)
{
    buf_fmt(&r->b, " <a href=\"#fnref-%x-%lld\" class=\"footnote-back\" aria-label=\"↩\">↩</a>",
            r->mark, (long long)r->footnotes);
}

static void render_paragraph(struct render *r, cmark_node *node, bool enter)
{
    if (is_figure(r, node)) {
        if (enter) {
            buf_lit(&r->b, "<figure>");
            return;
        }
        struct str title = str_c(cmark_node_get_title(cmark_node_first_child(node)));
        if (title.n > 0) {
            buf_lit(&r->b, "<figcaption>");
            put_text(r, title);
            buf_lit(&r->b, "</figcaption>");
        }
        buf_lit(&r->b, "</figure>\n");
        return;
    }
    if (is_tight(node)) {
        cmark_node *next = cmark_node_next(node);
        if (!enter && next != NULL)
            buf_lit(&r->b, "\n");
        return;
    }
    if (enter) {
        buf_lit(&r->b, "<p>");
        return;
    }
    cmark_node *parent = cmark_node_parent(node);
    if (cmark_node_get_type(parent) == CMARK_NODE_FOOTNOTE_DEFINITION &&
        cmark_node_next(node) == NULL)
        render_footnote_back(r);
    buf_lit(&r->b, "</p>\n");
}

static void render_heading(struct render *r, cmark_node *node, bool enter)
{
    if (r->kind == MARKDOWN_COMMENT) {
        buf_put_c(&r->b, enter ? "<p><strong>" : "</strong></p>\n");
        return;
    }
    int level = cmark_node_get_heading_level(node) + 1;
    if (level > 6)
        level = 6;
    buf_fmt(&r->b, enter ? "<h%d>" : "</h%d>\n", level);
}

static void render_list(struct render *r, cmark_node *node, bool enter)
{
    bool ordered = cmark_node_get_list_type(node) == CMARK_ORDERED_LIST;
    if (!enter) {
        buf_put_c(&r->b, ordered ? "</ol>\n" : "</ul>\n");
        return;
    }
    int start = ordered ? cmark_node_get_list_start(node) : 1;
    if (ordered && start != 1)
        buf_fmt(&r->b, "<ol start=\"%d\">\n", start);
    else
        buf_put_c(&r->b, ordered ? "<ol>\n" : "<ul>\n");
}

static void render_item(struct render *r, cmark_node *node, bool enter)
{
    if (!enter) {
        buf_lit(&r->b, "</li>\n");
    } else if (strcmp(cmark_node_get_type_string(node), "tasklist") == 0) {
        buf_lit(&r->b, "<li class=\"task\"><input type=\"checkbox\" disabled");
        if (cmark_gfm_extensions_get_tasklist_item_checked(node))
            buf_lit(&r->b, " checked");
        buf_lit(&r->b, "> ");
    } else {
        buf_lit(&r->b, "<li>");
    }
}

static void render_footnote_reference(struct render *r, cmark_node *node)
{
    int64_t number;
    if (!str_to_i64(markdown_literal(r->cx, node), &number)) {
        put_text(r, markdown_literal(r->cx, node));
        return;
    }
    buf_fmt(&r->b, "<sup class=\"footnote-ref\"><a href=\"#fn-%x-%lld\"", r->mark,
            (long long)number);
    if (number > r->footnote_seen) {
        buf_fmt(&r->b, " id=\"fnref-%x-%lld\"", r->mark, (long long)number);
        r->footnote_seen = number;
    }
    buf_fmt(&r->b, ">%lld</a></sup>", (long long)number);
}

static void render_footnote(struct render *r, cmark_node *node, bool enter)
{
    if (enter) {
        if (r->footnotes++ == 0)
            buf_lit(&r->b, "<section class=\"footnotes\">\n<ol>\n");
        buf_fmt(&r->b, "<li id=\"fn-%x-%lld\">\n", r->mark, (long long)r->footnotes);
        return;
    }
    cmark_node *last = cmark_node_last_child(node);
    if (last == NULL || cmark_node_get_type(last) != CMARK_NODE_PARAGRAPH)
        render_footnote_back(r);
    buf_lit(&r->b, "</li>\n");
    if (cmark_node_next(node) == NULL) /* definitions stand last, in the order of their numbers */
        buf_lit(&r->b, "</ol>\n</section>\n");
}

static void render_cell(struct render *r, cmark_node *node, bool enter)
{
    cmark_node *table = cmark_node_parent(cmark_node_parent(node));
    if (!enter) {
        buf_put_c(&r->b, r->in_table_head ? "</th>" : "</td>");
        return;
    }
    buf_put_c(&r->b, r->in_table_head ? "<th" : "<td");
    const uint8_t *align = cmark_gfm_extensions_get_table_alignments(table);
    int column = r->column++;
    if (align != NULL && column < cmark_gfm_extensions_get_table_columns(table)) {
        if (align[column] == 'c')
            buf_lit(&r->b, " class=\"center\"");
        else if (align[column] == 'r')
            buf_lit(&r->b, " class=\"right\"");
    }
    buf_lit(&r->b, ">");
}

static void render_row(struct render *r, cmark_node *node, bool enter)
{
    bool head = cmark_gfm_extensions_get_table_row_is_header(node);
    if (enter) {
        r->in_table_head = head;
        r->column = 0;
        cmark_node *prev = cmark_node_previous(node);
        if (head)
            buf_lit(&r->b, "<thead>\n");
        else if (prev != NULL && cmark_gfm_extensions_get_table_row_is_header(prev))
            buf_lit(&r->b, "<tbody>\n");
        buf_lit(&r->b, "<tr>");
        return;
    }
    buf_lit(&r->b, "</tr>\n");
    if (head)
        buf_lit(&r->b, "</thead>\n");
    else if (cmark_node_next(node) == NULL)
        buf_lit(&r->b, "</tbody>\n");
}

/* Node types of the extensions are numbered at run time: they are known by name. */
static void render_extension(struct render *r, cmark_node *node, bool enter)
{
    const char *type = cmark_node_get_type_string(node);
    if (strcmp(type, "table_cell") == 0)
        render_cell(r, node, enter);
    else if (strcmp(type, "table_row") == 0 || strcmp(type, "table_header") == 0)
        render_row(r, node, enter);
    else if (strcmp(type, "table") == 0)
        buf_put_c(&r->b, enter ? "<div class=\"table\"><table>\n" : "</table></div>\n");
    else if (strcmp(type, "strikethrough") == 0)
        buf_put_c(&r->b, enter ? "<del>" : "</del>");
}

static void render_block(struct render *r, cmark_node *node, bool enter)
{
    switch (cmark_node_get_type(node)) {
    case CMARK_NODE_DOCUMENT: return;
    case CMARK_NODE_BLOCK_QUOTE:
        buf_put_c(&r->b, enter ? "<blockquote>\n" : "</blockquote>\n");
        return;
    case CMARK_NODE_LIST: render_list(r, node, enter); return;
    case CMARK_NODE_ITEM: render_item(r, node, enter); return;
    case CMARK_NODE_CODE_BLOCK: render_code_block(r, node); return;
    case CMARK_NODE_HTML_BLOCK: render_html_block(r, node); return;
    case CMARK_NODE_PARAGRAPH: render_paragraph(r, node, enter); return;
    case CMARK_NODE_HEADING: render_heading(r, node, enter); return;
    case CMARK_NODE_THEMATIC_BREAK: buf_lit(&r->b, "<hr>\n"); return;
    case CMARK_NODE_FOOTNOTE_DEFINITION: render_footnote(r, node, enter); return;
    default: render_extension(r, node, enter); return;
    }
}

static void render_inline(struct render *r, cmark_node *node, bool enter)
{
    switch (cmark_node_get_type(node)) {
    case CMARK_NODE_TEXT: render_text(r, markdown_literal(r->cx, node)); return;
    case CMARK_NODE_SOFTBREAK: render_softbreak(r, node); return;
    case CMARK_NODE_LINEBREAK: buf_lit(&r->b, "<br>\n"); return;
    case CMARK_NODE_CODE:
        buf_lit(&r->b, "<code>");
        put_text(r, markdown_literal(r->cx, node));
        buf_lit(&r->b, "</code>");
        return;
    case CMARK_NODE_HTML_INLINE: render_html_inline(r, node); return;
    case CMARK_NODE_EMPH: buf_put_c(&r->b, enter ? "<em>" : "</em>"); return;
    case CMARK_NODE_STRONG: buf_put_c(&r->b, enter ? "<strong>" : "</strong>"); return;
    case CMARK_NODE_LINK: render_link(r, node, enter); return;
    case CMARK_NODE_IMAGE:
        if (enter)
            render_image(r, node);
        return;
    case CMARK_NODE_FOOTNOTE_REFERENCE:
        if (enter)
            render_footnote_reference(r, node);
        return;
    default: render_extension(r, node, enter); return;
    }
}

/* FNV-1a: the same text has the same ids, two texts on one page hardly ever. */
static unsigned mark_of(struct str s)
{
    uint32_t h = 2166136261u;
    for (size_t i = 0; i < s.n; i++)
        h = (h ^ (unsigned char)s.p[i]) * 16777619u;
    return h & 0xFFFFFF;
}

enum err markdown_render(struct cx *cx, enum markdown_kind kind, struct str source,
                         struct safe_html *ret)
{
    cmark_node *root;
    TRY(markdown_tree(cx, kind, source, &root));
    struct render r = {.cx = cx, .kind = kind, .mark = mark_of(source)};
    buf_init_arena(&r.b, cx->arena, HTML_MAX);
    r.iter = markdown_iter(cx, root);
    cmark_event_type event;
    while ((event = cmark_iter_next(r.iter)) != CMARK_EVENT_DONE) {
        cmark_node *node = cmark_iter_get_node(r.iter);
        bool enter = event == CMARK_EVENT_ENTER;
        if ((cmark_node_get_type(node) & CMARK_NODE_TYPE_MASK) == CMARK_NODE_TYPE_INLINE)
            render_inline(&r, node, enter);
        else
            render_block(&r, node, enter);
    }
    if (r.b.overflow)
        return cx_tell(cx, ERR_TOO_LARGE,
                       N_("This text is too long. Please split it into several posts."));
    ret->s = buf_str(&r.b);
    return OK;
}

struct str markdown_to_text(struct cx *cx, struct str source, size_t max_chars)
{
    cmark_node *root;
    struct excerpt e;
    excerpt_init(&e, cx->arena, max_chars);
    if (markdown_tree(cx, MARKDOWN_POST, source, &root) != OK)
        return STR("");
    cmark_iter *iter = markdown_iter(cx, root);
    cmark_event_type event;
    while ((event = cmark_iter_next(iter)) != CMARK_EVENT_DONE && !e.full) {
        cmark_node *node = cmark_iter_get_node(iter);
        cmark_node_type type = cmark_node_get_type(node);
        if (type == CMARK_NODE_TEXT || type == CMARK_NODE_CODE || type == CMARK_NODE_CODE_BLOCK)
            excerpt_put(&e, markdown_literal(cx, node));
        else if ((type & CMARK_NODE_TYPE_MASK) != CMARK_NODE_TYPE_INLINE ||
                 type == CMARK_NODE_SOFTBREAK || type == CMARK_NODE_LINEBREAK)
            excerpt_gap(&e);
    }
    return excerpt_str(&e);
}
