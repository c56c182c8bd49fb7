/* tmplc: compiles HTML templates to C. The syntax is documented in docs/templates.md.
 *
 *   tmplc -o web/html -i web/view.h web/html/layout.html …    writes web/html.c and web/html.h
 *   tmplc --pot web/html/layout.html …                        prints the sentences, for gettext
 *
 * It follows the HTML as a browser's tokenizer would, as far as needed to know what kind of place
 * each hole stands in, picks the escape for it, and refuses the places where no escape is safe.
 * Both arms of an {% if %} must leave the HTML in the state they found it in, so that the state at
 * each hole is known at build time. A build tool: it exits at the first error. */
#include <ctype.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/tools/tmplc_html.h"

enum { MAX_NEST = 64, MAX_HOLE = 4096 };

enum block_kind { B_IF, B_FOR, B_IN };
struct block {
    enum block_kind kind;
    struct html html; /* as it was where the block began */
    int line;
    char layout[MAX_HOLE];
};

struct tmpl {
    const char *path;
    const char *src;
    size_t n, at;
    int line;
    FILE *c, *h;
    bool pot;
    struct html html;
    struct block blocks[MAX_NEST];
    int depth;
    char name[MAX_NAME];
    char params[MAX_HOLE];
    bool has_body;
};

static void __attribute__((noreturn, format(printf, 2, 3))) die(const struct tmpl *t,
                                                                const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    fprintf(stderr, "%s:%d: ", t->path, t->line);
    vfprintf(stderr, fmt, ap);
    fputc('\n', stderr);
    va_end(ap);
    exit(1);
}

/* ---- writing C ---- */

static void put_line(struct tmpl *t)
{
    if (t->c != NULL)
        fprintf(t->c, "#line %d \"%s\"\n", t->line, t->path);
}

static void put_c_string(FILE *f, const char *p, size_t n)
{
    fputc('"', f);
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)p[i];
        if (c == '"' || c == '\\')
            fprintf(f, "\\%c", c);
        else if (c == '\n')
            fputs("\\n", f);
        else if (c < 0x20 || c >= 0x7f || c == '?')
            fprintf(f, "\\%03o", c);
        else
            fputc((char)c, f);
    }
    fputc('"', f);
}

/* Literal HTML: follow it, fold white space that a browser folds anyway, write it. */
static void literal(struct tmpl *t, size_t from, size_t to)
{
    char *out = malloc(to - from + 1);
    if (out == NULL)
        abort();
    size_t n = 0;
    for (size_t i = from; i < to; i++) {
        const char *p = t->src + i;
        t->at = i;
        bool fold = t->html.state == H_TEXT && t->html.verbatim == 0;
        const char *wrong = html_step(&t->html, p, to - i, t->at);
        if (wrong != NULL)
            die(t, "%s", wrong);
        if (*p == '\n')
            t->line++;
        bool space = *p == ' ' || *p == '\n' || *p == '\t';
        if (fold && space && n > 0 && (out[n - 1] == '\n' || out[n - 1] == ' ')) {
            if (*p == '\n')
                out[n - 1] = '\n';
            continue;
        }
        out[n++] = *p;
    }
    if (n > 0 && t->c != NULL) {
        if (t->depth == 0 && t->name[0] == '\0') {
            for (size_t i = 0; i < n; i++)
                if (!isspace((unsigned char)out[i]))
                    die(t, "{%% page … %%} comes first");
        } else {
            fputs("    buf_put_bytes(out, ", t->c);
            put_c_string(t->c, out, n);
            fprintf(t->c, ", %zu);\n", n);
        }
    }
    free(out);
}

/* ---- holes ---- */

static bool one_of(const char *word, const char *const *list)
{
    for (; *list != NULL; list++)
        if (strcmp(word, *list) == 0)
            return true;
    return false;
}

static const char *hole_escape(struct tmpl *t)
{
    static const char *const urls[] = {"href", "src", "action", "formaction", "poster", "cite",
                                       NULL};
    struct html *h = &t->html;
    if (h->state == H_TEXT)
        return "TMPL_TEXT";
    if (h->state != H_ATTR_DQ && h->state != H_ATTR_SQ)
        die(t, "a hole in %s cannot be made safe", html_place(h));
    if (strncmp(h->attr, "on", 2) == 0 || strcmp(h->attr, "style") == 0 ||
        strcmp(h->attr, "srcdoc") == 0)
        die(t, "a hole in the attribute '%s' cannot be made safe", h->attr);
    if (!one_of(h->attr, urls))
        return "TMPL_ATTR";
    return h->value_begun ? "TMPL_URL_PART" : "TMPL_URL";
}

/* Splits "a, f(b, c), d" at its top-level commas; calls put for each. */
static int each_arg(const char *s, void (*put)(FILE *, const char *, size_t), FILE *f)
{
    int depth = 0, n = 0;
    bool quoted = false;
    const char *from = s;
    for (const char *p = s;; p++) {
        if (*p == '"' && (p == s || p[-1] != '\\'))
            quoted = !quoted;
        if (!quoted && (*p == '(' || *p == '[' || *p == '{'))
            depth++;
        if (!quoted && (*p == ')' || *p == ']' || *p == '}'))
            depth--;
        if (*p == '\0' || (*p == ',' && depth == 0 && !quoted)) {
            if (f != NULL)
                put(f, from, (size_t)(p - from));
            n++;
            from = p + 1;
        }
        if (*p == '\0')
            return n;
    }
}

static void put_arg(FILE *f, const char *p, size_t n)
{
    fprintf(f, "TMPL_ARG(cx, (%.*s)), ", (int)n, p);
}

static void pot_entry(const struct tmpl *t, const char *one, size_t n_one, const char *many,
                      size_t n_many)
{
    printf("#: %s:%d\nmsgid ", t->path, t->line);
    put_c_string(stdout, one, n_one);
    if (many != NULL) {
        printf("\nmsgid_plural ");
        put_c_string(stdout, many, n_many);
        printf("\nmsgstr[0] \"\"\nmsgstr[1] \"\"\n\n");
    } else {
        printf("\nmsgstr \"\"\n\n");
    }
}

/* {{ _"sentence", values }} and {{ n"one|many", count, values }} */
static void translated(struct tmpl *t, const char *hole, const char *escape)
{
    bool plural = hole[0] == 'n';
    const char *from = hole + 2;
    const char *end = strchr(from, '"');
    if (end == NULL)
        die(t, "the sentence has no closing quote");
    const char *bar = plural ? memchr(from, '|', (size_t)(end - from)) : NULL;
    if (plural && bar == NULL)
        die(t, "a plural is written n\"one|many\", count");
    const char *rest = end + 1;
    while (*rest == ' ')
        rest++;
    if (*rest != '\0' && *rest != ',')
        die(t, "after the sentence comes a comma or nothing");
    const char *args = *rest == ',' ? rest + 1 : NULL;
    if (plural && args == NULL)
        die(t, "a plural needs its count");
    if (t->pot) {
        if (plural)
            pot_entry(t, from, (size_t)(bar - from), bar + 1, (size_t)(end - bar - 1));
        else
            pot_entry(t, from, (size_t)(end - from), NULL, 0);
    }
    if (t->c == NULL)
        return;
    if (strcmp(escape, "TMPL_TEXT") != 0 && strcmp(escape, "TMPL_ATTR") != 0)
        die(t, "a sentence cannot be an address");
    put_line(t);
    int n = args == NULL ? 0 : each_arg(args, NULL, NULL);
    fprintf(t->c, "    tmpl_sentence%s(out, cx, ", plural ? "_n" : "");
    put_c_string(t->c, from, (size_t)((plural ? bar : end) - from));
    if (plural) {
        fputs(", ", t->c);
        put_c_string(t->c, bar + 1, (size_t)(end - bar - 1));
    }
    fputs(", (const struct str[]){", t->c);
    if (n > 0)
        each_arg(args, put_arg, t->c);
    else
        fputs("{NULL, 0}", t->c);
    fprintf(t->c, "}, %d);\n", n);
}

static void hole(struct tmpl *t, char *text)
{
    const char *escape = hole_escape(t);
    if (t->name[0] == '\0')
        die(t, "{%% page … %%} comes first");
    if ((text[0] == '_' || text[0] == 'n') && text[1] == '"') {
        translated(t, text, escape);
    } else if (t->c != NULL) {
        put_line(t);
        fprintf(t->c, "    %s(out, (%s));\n", escape, text);
    }
    t->html.value_begun = true;
}

/* ---- directives ---- */

static char *word(char **s)
{
    while (**s == ' ')
        (*s)++;
    char *from = *s;
    while (isalnum((unsigned char)**s) || **s == '_')
        (*s)++;
    if (**s != '\0' && **s != '(') {
        **s = '\0';
        (*s)++;
    }
    return from;
}

/* Parameters with const before each pointer. */
static void const_params(const struct tmpl *t, const char *in, char *out, size_t cap)
{
    size_t n = 0;
    const char *p = in;
    while (*p != '\0') {
        const char *comma = strchr(p, ',');
        size_t len = comma == NULL ? strlen(p) : (size_t)(comma - p);
        while (len > 0 && *p == ' ') {
            p++;
            len--;
        }
        bool pointer = memchr(p, '*', len) != NULL && strncmp(p, "const ", 6) != 0;
        int w = snprintf(out + n, cap - n, ", %s%.*s", pointer ? "const " : "", (int)len, p);
        if (w < 0 || (size_t)w >= cap - n)
            die(t, "too many parameters");
        n += (size_t)w;
        p += len + (comma != NULL);
    }
}

static void put_unused(FILE *f, const char *params)
{
    /* Parameter names: the last word before each comma or the end. */
    const char *p = params;
    fputs("    (void)cx;\n    (void)out;\n", f);
    while (*p != '\0') {
        const char *comma = strchr(p, ',');
        const char *end = comma == NULL ? p + strlen(p) : comma;
        while (end > p && end[-1] == ' ')
            end--;
        const char *from = end;
        while (from > p && (isalnum((unsigned char)from[-1]) || from[-1] == '_'))
            from--;
        if (from < end)
            fprintf(f, "    (void)%.*s;\n", (int)(end - from), from);
        p = comma == NULL ? p + strlen(p) : comma + 1;
    }
}

static void begin_function(struct tmpl *t, const char *suffix)
{
    char params[MAX_HOLE] = "";
    const_params(t, t->params, params, sizeof params);
    if (t->h != NULL)
        fprintf(t->h, "void html_%s%s(struct buf *out, struct cx *cx%s);\n", t->name, suffix,
                params);
    if (t->c != NULL) {
        fprintf(t->c, "\nvoid html_%s%s(struct buf *out, struct cx *cx%s)\n{\n", t->name, suffix,
                params);
        put_unused(t->c, t->params);
    }
}

static void do_page(struct tmpl *t, char *s)
{
    if (t->name[0] != '\0')
        die(t, "one template a file");
    char *open = strchr(s, '('), *close = strrchr(s, ')');
    if (open == NULL || close == NULL)
        die(t, "write {%% page name(struct view *v) %%}");
    *open = *close = '\0';
    while (*s == ' ')
        s++;
    if (strlen(s) >= sizeof t->name || strlen(open + 1) >= sizeof t->params)
        die(t, "that name or its parameters are too long");
    memcpy(t->name, s, strlen(s) + 1);
    memcpy(t->params, open + 1, strlen(open + 1) + 1);
    /* A layout has a body: known only by looking ahead. */
    t->has_body = strstr(t->src, "{% body %}") != NULL;
    begin_function(t, t->has_body ? "_top" : "");
}

static struct block *push(struct tmpl *t, enum block_kind kind)
{
    if (t->depth == MAX_NEST)
        die(t, "nested too deep");
    struct block *b = &t->blocks[t->depth++];
    b->kind = kind;
    b->html = t->html;
    b->line = t->line;
    return b;
}

static void do_for(struct tmpl *t, char *s)
{
    char *var = word(&s), *in = word(&s);
    if (strcmp(in, "in") != 0)
        die(t, "write {%% for x in array, count %%}");
    char *comma = strrchr(s, ',');
    if (comma == NULL)
        die(t, "write {%% for x in array, count %%}");
    *comma = '\0';
    if (t->c != NULL)
        fprintf(t->c,
                "    for (size_t %s_i = 0; %s_i < (size_t)(%s); %s_i++) {\n"
                "    const __typeof__((%s)[0]) *%s = &(%s)[%s_i];\n    (void)%s;\n",
                var, var, comma + 1, var, s, var, s, var, var);
    push(t, B_FOR);
}

static void call(struct tmpl *t, char *s, const char *suffix)
{
    char *open = strchr(s, '('), *close = strrchr(s, ')');
    if (open == NULL || close == NULL)
        die(t, "write name(arguments)");
    *open = *close = '\0';
    if (t->c != NULL) {
        const char *args = open + 1;
        while (*args == ' ')
            args++;
        fprintf(t->c, "    html_%s%s(out, cx%s%s);\n", s, suffix, *args == '\0' ? "" : ", ", args);
    }
    *open = '(';
    *close = ')';
}

static void do_end(struct tmpl *t)
{
    if (t->depth == 0)
        die(t, "{%% end %%} without a beginning");
    struct block *b = &t->blocks[--t->depth];
    if (!html_same_place(&b->html, &t->html))
        die(t, "the block begun in line %d leaves the HTML in another place (%s, not %s)", b->line,
            html_place(&t->html), html_place(&b->html));
    if (b->kind == B_IN)
        call(t, b->layout, "_bottom");
    else if (t->c != NULL)
        fputs("    }\n", t->c);
}

static void do_else(struct tmpl *t, const char *condition)
{
    struct block *b = t->depth > 0 ? &t->blocks[t->depth - 1] : NULL;
    if (b == NULL || b->kind != B_IF)
        die(t, "else without if");
    if (!html_same_place(&b->html, &t->html))
        die(t, "this arm leaves the HTML in another place than it found it in");
    t->html = b->html;
    if (t->c != NULL && condition != NULL)
        fprintf(t->c, "    } else if (%s) {\n", condition);
    else if (t->c != NULL)
        fputs("    } else {\n", t->c);
}

static void do_body(struct tmpl *t)
{
    if (t->depth != 0 || t->html.state != H_TEXT)
        die(t, "{%% body %%} stands in text and in no block");
    if (t->c != NULL)
        fputs("}\n", t->c);
    begin_function(t, "_bottom");
}

static void directive(struct tmpl *t, char *s)
{
    html_settle(&t->html);
    char *verb = word(&s);
    put_line(t);
    if (strcmp(verb, "page") == 0) {
        do_page(t, s);
    } else if (t->name[0] == '\0') {
        die(t, "{%% page … %%} comes first");
    } else if (strcmp(verb, "if") == 0) {
        if (t->c != NULL)
            fprintf(t->c, "    if (%s) {\n", s);
        push(t, B_IF);
    } else if (strcmp(verb, "elif") == 0) {
        do_else(t, s);
    } else if (strcmp(verb, "else") == 0) {
        do_else(t, NULL);
    } else if (strcmp(verb, "end") == 0) {
        do_end(t);
    } else if (strcmp(verb, "for") == 0) {
        do_for(t, s);
    } else if (strcmp(verb, "use") == 0) {
        call(t, s, "");
    } else if (strcmp(verb, "in") == 0) {
        struct block *b = push(t, B_IN);
        snprintf(b->layout, sizeof b->layout, "%s", s);
        call(t, b->layout, "_top");
    } else if (strcmp(verb, "body") == 0) {
        do_body(t);
    } else {
        die(t, "'%s' is no directive", verb);
    }
}

/* ---- files ---- */

static char *slurp(const char *path, size_t *ret_n)
{
    FILE *f = fopen(path, "rb");
    if (f == NULL) {
        perror(path);
        exit(1);
    }
    size_t cap = 1 << 16, n = 0;
    char *p = malloc(cap);
    for (;;) {
        if (p == NULL)
            abort();
        size_t got = fread(p + n, 1, cap - n - 1, f);
        n += got;
        if (got == 0)
            break;
        if (cap - n < 2)
            p = realloc(p, cap *= 2);
    }
    fclose(f);
    p[n] = '\0';
    *ret_n = n;
    return p;
}

static void inner(struct tmpl *t, size_t from, size_t to, char out[MAX_HOLE])
{
    while (from < to && isspace((unsigned char)t->src[from]))
        from++;
    while (to > from && isspace((unsigned char)t->src[to - 1]))
        to--;
    if (to - from >= MAX_HOLE)
        die(t, "this is too long");
    for (size_t i = from; i < to; i++)
        out[i - from] = t->src[i] == '\n' ? ' ' : t->src[i];
    out[to - from] = '\0';
}

static void compile(struct tmpl *t)
{
    size_t at = 0;
    while (at < t->n) {
        const char *open = t->src + at;
        while ((open = strchr(open, '{')) != NULL && strchr("{%#", open[1]) == NULL)
            open++;
        size_t to = open == NULL ? t->n : (size_t)(open - t->src);
        literal(t, at, to);
        if (open == NULL)
            break;
        const char *close_mark = open[1] == '{' ? "}}" : open[1] == '%' ? "%}" : "#}";
        const char *close = strstr(open + 2, close_mark);
        if (close == NULL)
            die(t, "not closed");
        char text[MAX_HOLE];
        inner(t, to + 2, (size_t)(close - t->src), text);
        if (open[1] == '{')
            hole(t, text);
        else if (open[1] == '%')
            directive(t, text);
        for (const char *p = open; p < close; p++)
            t->line += *p == '\n';
        at = (size_t)(close - t->src) + 2;
    }
    if (t->depth > 0)
        die(t, "the block begun in line %d has no {%% end %%}", t->blocks[t->depth - 1].line);
    if (t->name[0] == '\0')
        die(t, "no {%% page … %%}");
    if (t->html.state != H_TEXT)
        die(t, "the file ends inside %s", html_place(&t->html));
    if (t->c != NULL)
        fputs("}\n", t->c);
}

static FILE *create(const char *base, const char *ext)
{
    char path[1024];
    snprintf(path, sizeof path, "%s%s", base, ext);
    FILE *f = fopen(path, "wb");
    if (f == NULL) {
        perror(path);
        exit(1);
    }
    return f;
}

int main(int argc, char **argv)
{
    const char *out = NULL, *include = NULL;
    bool pot = false;
    int i = 1;
    for (; i < argc && argv[i][0] == '-'; i++) {
        if (strcmp(argv[i], "--pot") == 0)
            pot = true;
        else if (strcmp(argv[i], "-o") == 0 && i + 1 < argc)
            out = argv[++i];
        else if (strcmp(argv[i], "-i") == 0 && i + 1 < argc)
            include = argv[++i];
    }
    if (i == argc || (!pot && (out == NULL || include == NULL))) {
        fputs("usage: tmplc -o BASE -i HEADER FILE… | tmplc --pot FILE…\n", stderr);
        return 2;
    }
    FILE *c = NULL, *h = NULL;
    if (!pot) {
        c = create(out, ".c");
        h = create(out, ".h");
        fprintf(h, "/* Made by tmplc; do not edit. */\n#pragma once\n\n#include \"%s\"\n"
                   "#include \"node/base/tmpl.h\"\n\n", include);
        fprintf(c, "/* Made by tmplc; do not edit. */\n#include \"%s.h\"\n", out);
    }
    for (; i < argc; i++) {
        struct tmpl *t = calloc(1, sizeof *t);
        if (t == NULL)
            abort();
        t->path = argv[i];
        t->line = 1;
        t->c = c;
        t->h = h;
        t->pot = pot;
        char *src = slurp(argv[i], &t->n);
        t->src = src;
        compile(t);
        free(src);
        free(t);
    }
    if (!pot && (fclose(c) != 0 || fclose(h) != 0)) {
        perror(out);
        return 1;
    }
    return 0;
}
