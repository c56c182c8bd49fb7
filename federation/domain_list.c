#include "federation/domain_list.h"

#include <stdlib.h>
#include <string.h>

#include "node/base/json.h"
#include "node/base/url.h"

enum { COLUMNS_MAX = 32 };
enum column { C_DOMAIN, C_SEVERITY, C_MEDIA, C_REPORTS, C_PUBLIC, C_OBFUSCATE, C_PRIVATE, C_COUNT };

static const struct { const char *name; enum column column; } names[] = {
    {"domain", C_DOMAIN},         {"host", C_DOMAIN},          {"instance", C_DOMAIN},
    {"severity", C_SEVERITY},     {"reject_media", C_MEDIA},   {"reject_reports", C_REPORTS},
    {"public_comment", C_PUBLIC}, {"comment", C_PUBLIC},       {"obfuscate", C_OBFUSCATE},
    {"private_comment", C_PRIVATE},
};

struct reader {
    struct arena *a;
    struct fed_list *list;
    struct fed_domain *rows;
    struct fed_list_skipped *skipped;
    struct str own_host;
    bool allow;
};

bool fed_domain_name_read(struct arena *a, struct str typed, struct str *ret)
{
    struct str s = str_trim(typed), host;
    unsigned port;
    if (str_istarts(s, STR("https://")))
        s = str_sub(s, 8, SIZE_MAX);
    else if (str_istarts(s, STR("http://")))
        s = str_sub(s, 7, SIZE_MAX);
    s = str_sub(s, 0, str_find_char(s, '/', 0));
    for (size_t at; (at = str_find_char(s, '@', 0)) != SIZE_MAX;)
        s = str_sub(s, at + 1, SIZE_MAX);
    if (str_starts(s, STR("*.")))
        s = str_sub(s, 2, SIZE_MAX);
    if (str_empty(s) || str_find_char(s, '*', 0) != SIZE_MAX ||
        url_parse_host(a, s, &host, &port) != OK)
        return false;
    *ret = port == 0 ? host : str_fmt(a, STR_FMT ":%u", STR_ARG(host), port);
    return true;
}

static enum err fail(struct reader *r, int line, enum err e, const char *why)
{
    r->list->line = line;
    r->list->why = why;
    return e;
}

static void skip(struct reader *r, int line, struct str name, bool is_us)
{
    if (r->list->n_skipped < DOMAIN_LIST_SKIPPED)
        r->skipped[r->list->n_skipped++] =
            (struct fed_list_skipped){line, str_utf8_cut(name, 100), is_us};
    r->list->n_all_skipped++;
}

static bool is_masked(struct str name)
{
    name = str_trim(name);
    if (str_starts(name, STR("*.")))
        name = str_sub(name, 2, SIZE_MAX);
    return str_find_char(name, '*', 0) != SIZE_MAX;
}

static bool is_us(const struct reader *r, struct str host)
{
    struct str us = str_sub(r->own_host, 0, str_find_char(r->own_host, ':', 0));
    return str_eq(host, r->own_host) || str_eq(host, us) ||
           (us.n > host.n && str_ends(us, host) && us.p[us.n - host.n - 1] == '.');
}

static bool flag(struct str s, bool *ret)
{
    static const char *const yes[] = {"true", "1", "yes", "t", "y"};
    static const char *const no[] = {"", "false", "0", "no", "f", "n"};
    s = str_trim(s);
    for (size_t i = 0; i < sizeof yes / sizeof *yes; i++)
        if (str_ieq_c(s, yes[i])) {
            *ret = true;
            return true;
        }
    for (size_t i = 0; i < sizeof no / sizeof *no; i++)
        if (str_ieq_c(s, no[i])) {
            *ret = false;
            return true;
        }
    return false;
}

static struct str remark_of(struct str s)
{
    return str_trim(str_utf8_cut(str_trim(s), DOMAIN_COMMENT_MAX));
}

/* One row, its values by column; what is missing is empty. */
static enum err take(struct reader *r, int line, const struct str v[C_COUNT])
{
    struct fed_domain d = {.allow = r->allow, .level = FED_SUSPENDED};
    struct str severity = str_trim(v[C_SEVERITY]);
    for (size_t i = 0; i < C_COUNT; i++)
        if (!str_is_utf8(v[i]) || (v[i].n > 0 && memchr(v[i].p, 0, v[i].n) != NULL))
            return fail(r, line, ERR_INVALID, N_("Line {0} is no text in UTF-8."));
    if (is_masked(v[C_DOMAIN])) {
        skip(r, line, v[C_DOMAIN], false);
        return OK;
    }
    if (!fed_domain_name_read(r->a, v[C_DOMAIN], &d.host))
        return fail(r, line, ERR_INVALID, N_("Line {0} has no server's name that we understand."));
    if (!r->allow && is_us(r, d.host)) {
        skip(r, line, d.host, true);
        return OK;
    }
    if (!str_empty(severity) && !fed_level_of_word(severity, &d.level))
        return fail(r, line, ERR_INVALID,
                    N_("Line {0}: the severity is none of suspend, silence and noop."));
    if (!flag(v[C_MEDIA], &d.reject_media) || !flag(v[C_REPORTS], &d.reject_reports) ||
        !flag(v[C_OBFUSCATE], &d.obfuscate))
        return fail(r, line, ERR_INVALID, N_("Line {0}: a flag is neither true nor false."));
    if (r->allow)
        d.level = FED_OPEN, d.reject_media = d.reject_reports = false;
    d.public_comment = remark_of(v[C_PUBLIC]);
    d.private_comment = remark_of(v[C_PRIVATE]);
    if (r->list->n == DOMAIN_CHANGES_MAX)
        return fail(r, line, ERR_TOO_LARGE, N_("The list has more than 50,000 servers."));
    r->rows[r->list->n++] = d;
    return OK;
}

/* ---- CSV and plain lists ------------------------------------------------------------------- */

struct csv {
    struct arena *a;
    struct str rest;
    int line; /* where the row began */
    int next_line;
};

/* One field; *ret_more: another one follows in this row. False: a quote that never ends. */
static bool csv_field(struct csv *c, struct str *ret, bool *ret_more)
{
    struct str s = c->rest;
    size_t i = 0, n = 0;
    if (s.n > 0 && s.p[0] == '"') {
        char *out = arena_alloc(c->a, s.n + 1);
        for (i = 1;; i++) {
            if (i >= s.n)
                return false;
            if (s.p[i] == '\n')
                c->next_line++;
            if (s.p[i] == '"' && !(i + 1 < s.n && s.p[i + 1] == '"'))
                break;
            i += s.p[i] == '"';
            out[n++] = s.p[i];
        }
        *ret = (struct str){out, n};
        for (i++; i < s.n && s.p[i] != ',' && s.p[i] != '\n'; i++)
            if (s.p[i] != ' ' && s.p[i] != '\r' && s.p[i] != '\t')
                return false;
    } else {
        while (i < s.n && s.p[i] != ',' && s.p[i] != '\n')
            i++;
        *ret = str_trim(str_sub(s, 0, i));
    }
    *ret_more = i < s.n && s.p[i] == ',';
    if (i < s.n && s.p[i] == '\n')
        c->next_line++;
    c->rest = str_sub(s, i < s.n ? i + 1 : i, SIZE_MAX);
    return true;
}

/* *ret_n 0: the end. */
static bool csv_row(struct csv *c, struct str fields[COLUMNS_MAX], size_t *ret_n)
{
    size_t n = 0;
    bool more = c->rest.n > 0;
    c->line = c->next_line;
    while (more) {
        struct str f;
        if (!csv_field(c, &f, &more))
            return false;
        if (n < COLUMNS_MAX)
            fields[n++] = f;
    }
    *ret_n = n;
    return true;
}

static struct str bare(struct str s)
{
    s = str_trim(s);
    return str_trim(str_starts(s, STR("#")) ? str_sub(s, 1, SIZE_MAX) : s);
}

/* The order of columns that a head names; false: it is no head. */
static bool read_head(const struct str *fields, size_t n, int at[C_COUNT])
{
    bool found = false;
    for (size_t c = 0; c < C_COUNT; c++)
        at[c] = -1;
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < sizeof names / sizeof *names; k++)
            if (str_ieq_c(bare(fields[i]), names[k].name) && at[names[k].column] < 0) {
                at[names[k].column] = (int)i;
                found = found || names[k].column == C_DOMAIN;
            }
    return found;
}

/* Without a head: a name, and then as Mastodon orders them. */
static void usual_head(int at[C_COUNT])
{
    for (int c = 0; c < C_COUNT; c++)
        at[c] = c == C_PRIVATE ? -1 : c;
}

static enum err read_csv(struct reader *r, struct str text)
{
    struct csv c = {r->a, text, 1, 1};
    struct str f[COLUMNS_MAX];
    int at[C_COUNT];
    bool first = true;
    size_t n;
    usual_head(at);
    for (;;) {
        if (!csv_row(&c, f, &n))
            return fail(r, c.line, ERR_INVALID, N_("Line {0}: a quote that never ends."));
        if (n == 0)
            return OK;
        if (n == 1 && str_empty(f[0]))
            continue;
        bool head = first && read_head(f, n, at);
        if (first && !head)
            usual_head(at);
        if (!head && str_starts(f[0], STR("#")))
            continue;
        first = false;
        if (head)
            continue;
        /* "example.org # why, and why not" */
        size_t remark = str_find(f[0], STR(" #"), 0);
        if (remark != SIZE_MAX)
            n = 1;
        f[0] = str_sub(f[0], 0, remark);
        struct str v[C_COUNT] = {{0}};
        for (int k = 0; k < C_COUNT; k++)
            if (at[k] >= 0 && (size_t)at[k] < n)
                v[k] = f[at[k]];
        TRY(take(r, c.line, v));
    }
}

/* ---- JSON ---------------------------------------------------------------------------------- */

static struct str truth(const json_t *j, const char *key)
{
    const json_t *v = ld_get(j, key);
    return json_is_true(v) ? STR("true") : json_is_string(v) ? json_text(v) : STR("");
}

static enum err read_json(struct reader *r, struct str text)
{
    struct json_limits limits = {DOMAIN_LIST_MAX, 8, 1000000};
    json_t *j;
    int i = 0;
    if (json_read(r->a, text, &limits, &j) != OK || !json_is_array(j))
        return fail(r, 1, ERR_INVALID, N_("Line {0}: that is no JSON list of servers."));
    size_t n = json_array_size(j);
    for (size_t at = 0; at < n; at++) {
        const json_t *one = json_array_get(j, at);
        struct str v[C_COUNT] = {{0}};
        i++;
        if (json_is_string(one)) {
            v[C_DOMAIN] = json_text(one);
        } else {
            v[C_DOMAIN] = ld_str(one, "domain");
            if (v[C_DOMAIN].p == NULL)
                v[C_DOMAIN] = ld_str(one, "host");
            v[C_SEVERITY] = ld_str(one, "severity");
            v[C_PUBLIC] = ld_str(one, "public_comment");
            if (v[C_PUBLIC].p == NULL)
                v[C_PUBLIC] = ld_str(one, "comment");
            v[C_PRIVATE] = ld_str(one, "private_comment");
            v[C_MEDIA] = truth(one, "reject_media");
            v[C_REPORTS] = truth(one, "reject_reports");
            v[C_OBFUSCATE] = truth(one, "obfuscate");
        }
        TRY(take(r, i, v));
    }
    return OK;
}

/* ---- together ------------------------------------------------------------------------------ */

static int by_host(const void *x, const void *y)
{
    const struct fed_domain *a = x, *b = y;
    size_t n = a->host.n < b->host.n ? a->host.n : b->host.n;
    int c = memcmp(a->host.p, b->host.p, n);
    return c != 0 ? c : (a->host.n > b->host.n) - (a->host.n < b->host.n);
}

/* A name that stands there twice: the harder of the two. */
static void unite(struct fed_list *l, struct fed_domain *rows)
{
    size_t kept = 0;
    qsort(rows, l->n, sizeof *rows, by_host);
    for (size_t i = 0; i < l->n; i++) {
        struct fed_domain *last = kept > 0 ? &rows[kept - 1] : NULL;
        if (last == NULL || !str_eq(last->host, rows[i].host)) {
            rows[kept++] = rows[i];
            continue;
        }
        struct str was = last->public_comment;
        bool media = last->reject_media || rows[i].reject_media,
             reports = last->reject_reports || rows[i].reject_reports,
             obfuscate = last->obfuscate || rows[i].obfuscate;
        if (rows[i].level > last->level)
            *last = rows[i];
        if (str_empty(last->public_comment))
            last->public_comment = str_empty(was) ? rows[i].public_comment : was;
        last->reject_media = media;
        last->reject_reports = reports;
        last->obfuscate = obfuscate;
    }
    l->n = kept;
}

/* As many as there can be: a row has at least a line's end, an element its comma. */
static size_t rows_at_most(struct str text)
{
    size_t n = 2;
    for (size_t i = 0; i < text.n && n < DOMAIN_CHANGES_MAX; i++)
        n += text.p[i] == '\n' || text.p[i] == ',';
    return n < DOMAIN_CHANGES_MAX ? n : DOMAIN_CHANGES_MAX;
}

enum err fed_list_read(struct arena *a, struct str text, bool allow, struct str own_host,
                       struct fed_list *ret)
{
    struct reader r = {.a = a, .list = ret, .own_host = own_host, .allow = allow};
    *ret = (struct fed_list){0};
    if (text.n > DOMAIN_LIST_MAX)
        return fail(&r, 1, ERR_TOO_LARGE, N_("The list is larger than 4 MB."));
    if (str_starts(text, STR("\xef\xbb\xbf")))
        text = str_sub(text, 3, SIZE_MAX);
    r.rows = ARENA_ARRAY(a, struct fed_domain, rows_at_most(text));
    r.skipped = ARENA_ARRAY(a, struct fed_list_skipped, DOMAIN_LIST_SKIPPED);
    struct str begin = str_trim(str_sub(text, 0, 64));
    bool json = str_starts(begin, STR("[")) || str_starts(begin, STR("{"));
    TRY(json ? read_json(&r, text) : read_csv(&r, text));
    unite(ret, r.rows);
    ret->rows = r.rows;
    ret->skipped = r.skipped;
    return OK;
}

static void put_field(struct buf *out, struct str s)
{
    bool quotes = false;
    for (size_t i = 0; i < s.n; i++)
        quotes = quotes || strchr(",\"\n\r#", s.p[i]) != NULL;
    if (!quotes) {
        buf_put(out, s);
        return;
    }
    buf_lit(out, "\"");
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '"')
            buf_lit(out, "\"");
        buf_put_char(out, s.p[i]);
    }
    buf_lit(out, "\"");
}

void fed_list_write_head(struct buf *out, bool allow)
{
    buf_put_c(out, allow ? "#domain\n"
                         : "#domain,#severity,#reject_media,#reject_reports,#public_comment,"
                           "#obfuscate\n");
}

void fed_list_write(struct buf *out, const struct fed_domain *d, bool is_public)
{
    if (is_public && d->obfuscate) {
        struct arena *a = arena_new();
        buf_put(out, fed_domain_masked(a, d->host));
        arena_free(a);
    } else {
        buf_put(out, d->host);
    }
    if (!d->allow) {
        buf_fmt(out, ",%s,%s,%s,", d->level == FED_OPEN ? "noop" : fed_level_word(d->level),
                d->reject_media ? "true" : "false", d->reject_reports ? "true" : "false");
        put_field(out, d->public_comment);
        buf_fmt(out, ",%s", d->obfuscate ? "true" : "false");
    }
    buf_lit(out, "\n");
}
