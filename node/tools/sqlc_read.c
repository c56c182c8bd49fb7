/* Reads a file of queries; the language is that of docs/database.md. */
#include "node/tools/sqlc.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum engine { BOTH, SQLITE_ONLY, PG_ONLY };

/* A statement while it is read, in the spelling of each engine. */
struct statement {
    struct buf sqlite, pg;
    enum engine only; /* inside {sqlite: …} or {pg: …} */
};

__attribute__((noreturn, format(printf, 3, 4))) static void die(const struct file *f, int line,
                                                                const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    fprintf(stderr, "%s:%d: error: ", f->path, line);
    vfprintf(stderr, fmt, ap);
    fputc('\n', stderr);
    va_end(ap);
    exit(1);
}

bool sqlc_is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

static bool is_name(struct str s)
{
    if (s.n == 0 || (s.p[0] >= '0' && s.p[0] <= '9'))
        return false;
    for (size_t i = 0; i < s.n; i++)
        if (!sqlc_is_word(s.p[i]))
            return false;
    return true;
}

static struct str next_word(struct str *rest)
{
    *rest = str_trim(*rest);
    size_t n = 0;
    while (n < rest->n && rest->p[n] != ' ' && rest->p[n] != '\t')
        n++;
    struct str w = str_sub(*rest, 0, n);
    *rest = str_trim(str_sub(*rest, n, SIZE_MAX));
    return w;
}

/* "id int, title text?" */
static size_t read_columns(struct file *f, int line, struct str list, struct column *ret)
{
    size_t n = 0;
    struct str piece;
    list = str_trim(list);
    if (list.n == 0)
        die(f, line, "an empty column list");
    while (str_next(&list, ',', &piece)) {
        struct str name = next_word(&piece);
        struct str type = next_word(&piece);
        if (!is_name(name) || piece.n > 0)
            die(f, line, "expected 'name type', got '" STR_FMT "'", STR_ARG(name));
        bool nullable = str_ends(type, STR("?"));
        if (nullable)
            type.n--;
        char c = str_eq_c(type, "int")    ? 'i'
                 : str_eq_c(type, "text") ? 't'
                 : str_eq_c(type, "blob") ? 'b'
                 : str_eq_c(type, "real") ? 'r'
                                          : 0;
        if (c == 0)
            die(f, line, "'" STR_FMT "' has the type '" STR_FMT "'; known are int text blob real",
                STR_ARG(name), STR_ARG(type));
        if (nullable && c == 'r')
            die(f, line, "a real cannot be nullable");
        for (size_t i = 0; i < n; i++)
            if (str_eq(ret[i].name, name))
                die(f, line, "'" STR_FMT "' stands twice in the list", STR_ARG(name));
        if (n == MAX_COLUMNS)
            die(f, line, "more than %d columns", MAX_COLUMNS);
        ret[n++] = (struct column){name, nullable ? (char)(c - 'a' + 'A') : c};
    }
    return n;
}

static struct row *find_row(struct file *f, struct str name)
{
    for (size_t i = 0; i < f->n_rows; i++)
        if (str_eq(f->rows[i]->name, name))
            return f->rows[i];
    return NULL;
}

static struct row *add_row(struct file *f, int line, struct str name, struct str list)
{
    if (!is_name(name))
        die(f, line, "'" STR_FMT "' is no name", STR_ARG(name));
    if (find_row(f, name) != NULL)
        die(f, line, "the row '" STR_FMT "' is there already", STR_ARG(name));
    if (f->n_rows == MAX_ROWS)
        die(f, line, "more than %d rows", MAX_ROWS);
    struct row *r = ARENA_NEW(f->arena, struct row);
    r->name = name;
    r->n = read_columns(f, line, list, r->columns);
    f->rows[f->n_rows++] = r;
    return r;
}

static void read_out(struct file *f, struct query *q, struct str rest)
{
    if (q->out != NULL)
        die(f, f->line, "a second :out");
    if (is_name(rest)) {
        q->out = find_row(f, rest);
        if (q->out == NULL)
            die(f, f->line, "there is no :row '" STR_FMT "' above", STR_ARG(rest));
        return;
    }
    struct str name = str_fmt(f->arena, STR_FMT "_row", STR_ARG(q->name));
    q->out = add_row(f, f->line, name, rest);
    q->bare = q->out->n == 1;
}

static struct query *add_query(struct file *f, struct str rest)
{
    struct str name = next_word(&rest);
    if (!is_name(name))
        die(f, f->line, ":name wants a name and a shape");
    for (size_t i = 0; i < f->n_queries; i++)
        if (str_eq(f->queries[i]->name, name))
            die(f, f->line, "the query '" STR_FMT "' is there already", STR_ARG(name));
    if (f->n_queries == MAX_QUERIES)
        die(f, f->line, "more than %d queries", MAX_QUERIES);
    struct query *q = ARENA_NEW(f->arena, struct query);
    q->name = name;
    q->line = f->line;
    if (str_starts(rest, STR(":")))
        rest = str_sub(rest, 1, SIZE_MAX);
    q->shape = str_eq_c(rest, "one")     ? SHAPE_ONE
               : str_eq_c(rest, "maybe") ? SHAPE_MAYBE
               : str_eq_c(rest, "many")  ? SHAPE_MANY
               : str_eq_c(rest, "exec")  ? SHAPE_EXEC
                                         : SHAPE_NONE;
    if (q->shape == SHAPE_NONE)
        die(f, f->line, "the shape of '" STR_FMT "' must be :one, :maybe, :many or :exec",
            STR_ARG(name));
    f->queries[f->n_queries++] = q;
    return q;
}

/* A line of a directive, with those that continue it (a line that ends in ',' goes on). */
static struct str read_line(struct file *f)
{
    size_t end = str_find_char(f->text, '\n', f->at);
    if (end == SIZE_MAX)
        end = f->text.n;
    struct str line = str_sub(f->text, f->at, end - f->at);
    f->at = end < f->text.n ? end + 1 : end;
    f->line++;
    return str_trim(line);
}

static struct str read_directive(struct file *f, struct str line)
{
    while (str_ends(line, STR(","))) {
        struct str more = read_line(f);
        if (!str_starts(more, STR("--")))
            die(f, f->line, "after a ',' the list goes on in the next '--' line");
        more = str_trim(str_sub(more, 2, SIZE_MAX));
        line = str_fmt(f->arena, STR_FMT " " STR_FMT, STR_ARG(line), STR_ARG(more));
    }
    return line;
}

static void put_sql(struct statement *s, struct str text)
{
    if (s->only != PG_ONLY)
        buf_put(&s->sqlite, text);
    if (s->only != SQLITE_ONLY)
        buf_put(&s->pg, text);
}

/* White space shrinks to one blank. */
static void put_blank(struct statement *s)
{
    struct buf *all[] = {s->only == PG_ONLY ? NULL : &s->sqlite,
                         s->only == SQLITE_ONLY ? NULL : &s->pg};
    for (size_t i = 0; i < 2; i++)
        if (all[i] != NULL && all[i]->n > 0 && all[i]->p[all[i]->n - 1] != ' ')
            buf_put_char(all[i], ' ');
}

static void put_param(struct file *f, struct query *q, struct str name, struct statement *s)
{
    for (size_t i = 0; i < q->n_in; i++) {
        if (str_eq(q->in[i].name, name)) {
            q->used[i] = true;
            if (s->only != PG_ONLY)
                buf_fmt(&s->sqlite, "?%zu", i + 1);
            if (s->only != SQLITE_ONLY)
                buf_fmt(&s->pg, "$%zu", i + 1);
            return;
        }
    }
    die(f, f->line, "':" STR_FMT "' is not in :in", STR_ARG(name));
}

/* Copy what stands between quotes (a doubled quote stays inside); at is on the first one. */
static size_t copy_quoted(struct file *f, size_t at, struct statement *s)
{
    char quote = f->text.p[at];
    int line = f->line;
    size_t i = at + 1;
    for (; i < f->text.n; i++) {
        if (f->text.p[i] == '\n')
            f->line++;
        if (f->text.p[i] != quote)
            continue;
        if (i + 1 < f->text.n && f->text.p[i + 1] == quote)
            i++;
        else
            break;
    }
    if (i == f->text.n)
        die(f, line, "the quote is not closed");
    put_sql(s, str_sub(f->text, at, i + 1 - at));
    return i + 1;
}

static size_t skip_comment(struct file *f, size_t i)
{
    if (f->text.p[i] == '-')
        return str_find_char(f->text, '\n', i);
    size_t end = str_find(f->text, STR("*/"), i + 2);
    for (size_t k = i; end != SIZE_MAX && k < end; k++)
        if (f->text.p[k] == '\n')
            f->line++;
    return end == SIZE_MAX ? end : end + 2;
}

/* At a '{' or '}': what stands between is for one engine alone. Returns where it goes on. */
static size_t read_splice(struct file *f, size_t at, struct statement *s)
{
    struct str rest = str_sub(f->text, at, SIZE_MAX);
    if (f->text.p[at] == '}') {
        if (s->only == BOTH)
            die(f, f->line, "a '}' without its '{'");
        s->only = BOTH;
        return at + 1;
    }
    if (s->only != BOTH)
        die(f, f->line, "a '{' inside another one");
    if (str_starts(rest, STR("{pg:")))
        s->only = PG_ONLY;
    else if (str_starts(rest, STR("{sqlite:")))
        s->only = SQLITE_ONLY;
    else
        die(f, f->line, "write {pg: …} or {sqlite: …}");
    return str_find_char(f->text, ':', at) + 1;
}

/* From f->at to the ';'. Comments go, white space shrinks, ':name' becomes '?N' and '$N'. */
static void read_statement(struct file *f, struct query *q)
{
    struct statement out = {.only = BOTH};
    buf_init_arena(&out.sqlite, f->arena, MAX_FILE);
    buf_init_arena(&out.pg, f->arena, MAX_FILE);
    struct str t = f->text;
    size_t i = f->at;
    f->line++; /* read_line counts finished lines; this one is being read */
    while (i < t.n && t.p[i] != ';') {
        char c = t.p[i], next = i + 1 < t.n ? t.p[i + 1] : '\0';
        if (c == '\'' || c == '"') {
            i = copy_quoted(f, i, &out);
        } else if ((c == '-' && next == '-') || (c == '/' && next == '*')) {
            i = skip_comment(f, i);
        } else if (c == ':' && next == ':') {
            put_sql(&out, STR("::"));
            i += 2;
        } else if (c == ':' && sqlc_is_word(next)) {
            size_t end = i + 1;
            while (end < t.n && sqlc_is_word(t.p[end]))
                end++;
            put_param(f, q, str_sub(t, i + 1, end - i - 1), &out);
            i = end;
        } else if (c == '?' || c == '$') {
            die(f, f->line, "write parameters as ':name'");
        } else if (c == '{' || c == '}') {
            i = read_splice(f, i, &out);
        } else if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
            if (c == '\n')
                f->line++;
            put_blank(&out);
            i++;
        } else {
            put_sql(&out, str_sub(t, i, 1));
            i++;
        }
    }
    if (i >= t.n)
        die(f, q->line, "the statement of '" STR_FMT "' does not end in ';'", STR_ARG(q->name));
    if (out.only != BOTH)
        die(f, f->line, "a '{' without its '}'");
    f->at = i + 1;
    f->line--;
    struct str rest = read_line(f);
    if (rest.n > 0 && !str_starts(rest, STR("--")))
        die(f, f->line, "a new statement begins on a line of its own");
    q->sql = str_trim(buf_str(&out.sqlite));
    q->pg = str_trim(buf_str(&out.pg));
    for (size_t k = 0; k < q->n_in; k++)
        if (!q->used[k])
            die(f, q->line, "'" STR_FMT "' names ':" STR_FMT "' in :in but not in its SQL",
                STR_ARG(q->name), STR_ARG(q->in[k].name));
}

/* Does this word stand in it, outside of quotes? */
static bool has_word(struct str sql, const char *word)
{
    char quote = '\0';
    for (size_t i = 0; i < sql.n; i++) {
        char c = sql.p[i];
        if (quote != '\0' || c == '\'' || c == '"') {
            quote = quote == '\0' ? c : quote == c ? '\0' : quote;
            continue;
        }
        size_t end = i;
        while (end < sql.n && sqlc_is_word(sql.p[end]))
            end++;
        if (end > i) {
            if (str_eq_c(str_sub(sql, i, end - i), word))
                return true;
            i = end - 1;
        }
    }
    return false;
}

/* Must it run in a transaction of its own when there is none? */
bool sqlc_is_writing(struct str sql)
{
    if (str_starts(sql, STR("WITH ")))
        return has_word(sql, "INSERT") || has_word(sql, "UPDATE") || has_word(sql, "DELETE");
    return !str_starts(sql, STR("SELECT ")) && !str_starts(sql, STR("VALUES "));
}

static void finish_query(struct file *f, struct query *q)
{
    read_statement(f, q);
    if (q->sql.n == 0 || q->pg.n == 0)
        die(f, q->line, "'" STR_FMT "' has no SQL", STR_ARG(q->name));
    if (q->is_public && sqlc_is_writing(q->sql))
        die(f, q->line, "'" STR_FMT "' is :public and writes", STR_ARG(q->name));
    if (q->shape == SHAPE_EXEC && q->out != NULL)
        die(f, q->line, "'" STR_FMT "' is :exec and has an :out", STR_ARG(q->name));
    if (q->shape != SHAPE_EXEC && q->out == NULL)
        die(f, q->line, "'" STR_FMT "' has no :out", STR_ARG(q->name));
}

/* Handles one '--' line; returns the query that is being described from then on. */
static struct query *read_comment(struct file *f, struct query *q, struct str line)
{
    struct str rest = str_trim(str_sub(line, 2, SIZE_MAX));
    if (!str_starts(rest, STR(":")))
        return q;
    rest = read_directive(f, rest);
    struct str word = next_word(&rest);
    if (str_eq_c(word, ":row")) {
        struct str name = next_word(&rest);
        add_row(f, f->line, name, rest);
    } else if (str_eq_c(word, ":name")) {
        if (q != NULL)
            die(f, q->line, "'" STR_FMT "' has no SQL", STR_ARG(q->name));
        return add_query(f, rest);
    } else if (q == NULL) {
        die(f, f->line, "'" STR_FMT "' without a :name before it", STR_ARG(word));
    } else if (str_eq_c(word, ":in")) {
        if (q->n_in > 0)
            die(f, f->line, "a second :in");
        q->n_in = read_columns(f, f->line, rest, q->in);
    } else if (str_eq_c(word, ":out")) {
        read_out(f, q, rest);
    } else if (str_eq_c(word, ":public")) {
        q->is_public = true;
    } else {
        die(f, f->line, "'" STR_FMT "' is not known here", STR_ARG(word));
    }
    return q;
}

struct file *sqlc_read(struct arena *a, const char *path)
{
    struct file *f = ARENA_NEW(a, struct file);
    f->arena = a;
    f->path = path;
    FILE *in = fopen(path, "rb");
    if (in == NULL)
        die(f, 0, "cannot be opened");
    char *text = arena_alloc(a, MAX_FILE);
    f->text = (struct str){text, fread(text, 1, MAX_FILE, in)};
    fclose(in);
    if (f->text.n == MAX_FILE)
        die(f, 0, "longer than %d bytes", MAX_FILE);
    struct query *q = NULL;
    while (f->at < f->text.n) {
        size_t start = f->at;
        struct str line = read_line(f);
        if (line.n == 0)
            continue;
        if (str_starts(line, STR("--"))) {
            q = read_comment(f, q, line);
            continue;
        }
        if (q == NULL)
            die(f, f->line, "SQL without a :name before it");
        f->at = start;
        f->line--;
        finish_query(f, q);
        q = NULL;
    }
    if (q != NULL)
        die(f, q->line, "'" STR_FMT "' has no SQL", STR_ARG(q->name));
    return f;
}
