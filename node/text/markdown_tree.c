#include "node/text/markdown_tree.h"

#include <cmark-gfm-core-extensions.h>
#include <cmark-gfm-extension_api.h>
#include <pthread.h>
#include <unicode/utf8.h>

#include "node/base/buf.h"

/* cmark's table of extensions is its own global and not made for two threads at once. */
static pthread_once_t extensions_once = PTHREAD_ONCE_INIT;

/* What a source would cost cmark-gfm where its time is not linear (measured with 0.29.0.gfm.6).
 * Units are about a nanosecond. */
struct cost {
    uint64_t tables;
    uint64_t links;
    size_t markers; /* the most block markers before one line's text */
};
enum { COST_MAX = 100 * 1000 * 1000, MARKERS_MAX = 2 * MARKDOWN_DEPTH_MAX };

/* Lines between two blank lines: no paragraph and no table is larger. */
struct chunk {
    uint64_t lines, bytes, delimiter_lines, most_pipes, images, brackets;
};

static void chunk_end(struct chunk *c, struct cost *cost)
{
    /* A possible delimiter row makes the table extension read the paragraph so far once more. */
    cost->tables += c->delimiter_lines * c->bytes;
    /* Each short row is filled up with cells, at more than a microsecond each. */
    cost->tables += c->lines * c->most_pipes * 500;
    /* Each closed link walks over all open "![". */
    cost->links += c->images * c->brackets * 2;
    *c = (struct chunk){0};
}

static void chunk_line(struct chunk *c, struct str line, struct cost *cost)
{
    uint64_t pipes = 0;
    bool delimiter = true, dash = false, prefix = true;
    size_t markers = 0;
    for (size_t i = 0; i < line.n; i++) {
        char ch = line.p[i];
        bool next_space = i + 1 == line.n || line.p[i + 1] == ' ' || line.p[i + 1] == '\t';
        pipes += ch == '|';
        c->brackets += ch == ']';
        c->images += ch == '!' && i + 1 < line.n && line.p[i + 1] == '[';
        dash |= ch == '-';
        delimiter &= ch == '-' || ch == '|' || ch == ':' || ch == ' ' || ch == '\t' || ch == '>' ||
                     ch == '\v' || ch == '\f' || ch == '\r';
        if (prefix && (ch == '>' || ((ch == '-' || ch == '+' || ch == '*') && next_space) ||
                       ((ch == '.' || ch == ')') && next_space)))
            markers++;
        else if (ch != ' ' && ch != '\t' && (ch < '0' || ch > '9'))
            prefix = false;
    }
    c->lines++;
    c->bytes += line.n + 1;
    c->delimiter_lines += delimiter && dash;
    /* one cell more than pipes; a row's cells are a list that is walked for each one added */
    cost->tables += pipes * pipes * 4;
    if (pipes + 1 > c->most_pipes && pipes > 0)
        c->most_pipes = pipes + 1;
    if (markers > cost->markers)
        cost->markers = markers;
}

static struct cost source_cost(struct str source)
{
    struct cost cost = {0};
    struct chunk chunk = {0};
    struct str rest = source, line;
    while (str_next(&rest, '\n', &line)) {
        if (str_trim(line).n == 0)
            chunk_end(&chunk, &cost);
        else
            chunk_line(&chunk, line, &cost);
    }
    chunk_end(&chunk, &cost);
    return cost;
}

static void attach(cmark_parser *parser, const char *name)
{
    cmark_syntax_extension *ext = cmark_find_syntax_extension(name);
    if (ext != NULL)
        cmark_parser_attach_syntax_extension(parser, ext);
}

static void node_free(void *p)
{
    cmark_node_free(p);
}

static void iter_free(void *p)
{
    cmark_iter_free(p);
}

cmark_iter *markdown_iter(struct cx *cx, cmark_node *root)
{
    cmark_iter *iter = cmark_iter_new(root);
    arena_defer(cx->arena, iter_free, iter);
    return iter;
}

/* The kinds that cmark_iter_next gives no exit event (its documented list). */
static bool is_leaf(cmark_node *node)
{
    switch (cmark_node_get_type(node)) {
    case CMARK_NODE_HTML_BLOCK:
    case CMARK_NODE_THEMATIC_BREAK:
    case CMARK_NODE_CODE_BLOCK:
    case CMARK_NODE_TEXT:
    case CMARK_NODE_SOFTBREAK:
    case CMARK_NODE_LINEBREAK:
    case CMARK_NODE_CODE:
    case CMARK_NODE_HTML_INLINE:
        return true;
    default:
        return false;
    }
}

struct str markdown_literal(struct cx *cx, cmark_node *node)
{
    struct str s = str_c(cmark_node_get_literal(node));
    struct buf b;
    if (str_is_utf8(s))
        return s;
    buf_init_arena(&b, cx->arena, 3 * s.n);
    for (int32_t i = 0, from = 0, n = (int32_t)s.n; i < n; from = i) {
        UChar32 c;
        U8_NEXT(s.p, i, n, c);
        if (c < 0)
            buf_lit(&b, "\xEF\xBF\xBD");
        else
            buf_put_bytes(&b, s.p + from, (size_t)(i - from));
    }
    return buf_str(&b);
}

static size_t tree_depth(struct cx *cx, cmark_node *root)
{
    size_t depth = 0, most = 0;
    cmark_iter *iter = markdown_iter(cx, root);
    cmark_event_type event;
    while ((event = cmark_iter_next(iter)) != CMARK_EVENT_DONE) {
        /* Only nodes that can have children get an exit event, but those always do. */
        if (event == CMARK_EVENT_EXIT)
            depth--;
        else if (!is_leaf(cmark_iter_get_node(iter)) && ++depth > most)
            most = depth;
    }
    return most;
}

enum err markdown_tree(struct cx *cx, enum markdown_kind kind, struct str source, cmark_node **ret)
{
    if (source.n > MARKDOWN_SOURCE_MAX)
        return cx_tell(cx, ERR_TOO_LARGE,
                       N_("This text is too long. Please split it into several posts."));
    struct cost cost = source_cost(source);
    if (cost.links > COST_MAX || cost.markers > MARKERS_MAX)
        return cx_tell(cx, ERR_INVALID,
                       N_("This text is nested too deeply. Please simplify its formatting."));
    pthread_once(&extensions_once, cmark_gfm_core_extensions_ensure_registered);
    int options = CMARK_OPT_VALIDATE_UTF8 | CMARK_OPT_STRIKETHROUGH_DOUBLE_TILDE;
    /* Only where one is defined: see markdown_literal. */
    if (kind == MARKDOWN_POST && str_contains(source, STR("[^")) && str_contains(source, STR("]:")))
        options |= CMARK_OPT_FOOTNOTES;
    cmark_parser *parser = cmark_parser_new(options);
    if (cost.tables <= COST_MAX) /* else the bars stay what was typed */
        attach(parser, "table");
    attach(parser, "strikethrough");
    attach(parser, "tasklist");
    /* Addresses are linked by our own renderer: the extension's time is quadratic, it takes
     * @name@host for mail, and it runs on into Chinese text that follows without a space. */
    cmark_parser_feed(parser, source.p == NULL ? "" : source.p, source.n);
    cmark_node *root = cmark_parser_finish(parser);
    cmark_parser_free(parser);
    arena_defer(cx->arena, node_free, root);
    if (tree_depth(cx, root) > MARKDOWN_DEPTH_MAX)
        return cx_tell(cx, ERR_INVALID,
                       N_("This text is nested too deeply. Please simplify its formatting."));
    cmark_consolidate_text_nodes(root);
    *ret = root;
    return OK;
}
