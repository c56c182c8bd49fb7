#include "node/base/jw.h"

#include <time.h>

void jw_init(struct jw *w, struct buf *out)
{
    *w = (struct jw){.out = out};
}

bool jw_done(const struct jw *w)
{
    return !w->bad && w->depth == 0 && w->root_done && !w->out->overflow;
}

/* Before any value: the comma, and is a value allowed here? */
static bool begin_value(struct jw *w)
{
    if (w->depth == 0) {
        if (w->root_done)
            w->bad = true;
        w->root_done = true;
        return !w->bad;
    }
    unsigned top = w->depth - 1;
    if (w->close[top] == '}') {
        if (!w->after_key)
            w->bad = true;
        w->after_key = false;
        return !w->bad;
    }
    if (w->some[top])
        buf_put_char(w->out, ',');
    w->some[top] = true;
    return !w->bad;
}

static void open_level(struct jw *w, char first, char last)
{
    if (!begin_value(w))
        return;
    if (w->depth == JW_DEPTH) {
        w->bad = true;
        return;
    }
    buf_put_char(w->out, first);
    w->close[w->depth] = last;
    w->some[w->depth] = false;
    w->depth++;
}

void jw_obj(struct jw *w)
{
    open_level(w, '{', '}');
}

void jw_arr(struct jw *w)
{
    open_level(w, '[', ']');
}

void jw_end(struct jw *w)
{
    if (w->bad || w->depth == 0 || w->after_key) {
        w->bad = true;
        return;
    }
    w->depth--;
    buf_put_char(w->out, w->close[w->depth]);
}

void jw_key_s(struct jw *w, struct str key)
{
    if (w->bad || w->depth == 0 || w->close[w->depth - 1] != '}' || w->after_key) {
        w->bad = true;
        return;
    }
    if (w->some[w->depth - 1])
        buf_put_char(w->out, ',');
    w->some[w->depth - 1] = true;
    w->after_key = true;
    buf_put_json(w->out, key);
    buf_put_char(w->out, ':');
}

void jw_key(struct jw *w, const char *key)
{
    jw_key_s(w, str_c(key));
}

void jw_str(struct jw *w, struct str s)
{
    if (!begin_value(w))
        return;
    if (s.p == NULL)
        buf_lit(w->out, "null");
    else
        buf_put_json(w->out, s);
}

void jw_c(struct jw *w, const char *c)
{
    jw_str(w, str_c(c));
}

void jw_i64(struct jw *w, int64_t v)
{
    if (begin_value(w))
        buf_put_i64(w->out, v);
}

void jw_id(struct jw *w, int64_t id)
{
    if (begin_value(w))
        buf_fmt(w->out, "\"%lld\"", (long long)id);
}

void jw_bool(struct jw *w, bool v)
{
    if (begin_value(w))
        buf_put_c(w->out, v ? "true" : "false");
}

void jw_null(struct jw *w)
{
    if (begin_value(w))
        buf_lit(w->out, "null");
}

static void put_time(struct jw *w, int64_t ms, bool fine)
{
    if (!begin_value(w))
        return;
    time_t s = (time_t)(ms >= 0 ? ms / 1000 : -((-ms + 999) / 1000));
    int rest = (int)(ms - (int64_t)s * 1000);
    struct tm tm;
    if (gmtime_r(&s, &tm) == NULL) {
        w->bad = true;
        return;
    }
    buf_fmt(w->out, "\"%04d-%02d-%02dT%02d:%02d:%02d", tm.tm_year + 1900, tm.tm_mon + 1,
            tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
    if (fine && rest != 0)
        buf_fmt(w->out, ".%03d", rest);
    buf_lit(w->out, "Z\"");
}

void jw_time(struct jw *w, int64_t ms)
{
    put_time(w, ms, false);
}

void jw_raw(struct jw *w, struct str json)
{
    if (begin_value(w))
        buf_put(w->out, json);
}

void jw_key_str(struct jw *w, const char *key, struct str s)
{
    jw_key(w, key);
    jw_str(w, s);
}

void jw_key_c(struct jw *w, const char *key, const char *c)
{
    jw_key(w, key);
    jw_c(w, c);
}

void jw_key_i64(struct jw *w, const char *key, int64_t v)
{
    jw_key(w, key);
    jw_i64(w, v);
}

void jw_key_id(struct jw *w, const char *key, int64_t id)
{
    jw_key(w, key);
    jw_id(w, id);
}

void jw_key_bool(struct jw *w, const char *key, bool v)
{
    jw_key(w, key);
    jw_bool(w, v);
}

void jw_key_time(struct jw *w, const char *key, int64_t ms)
{
    jw_key(w, key);
    jw_time(w, ms);
}

void jw_key_moment(struct jw *w, const char *key, int64_t ms)
{
    jw_key(w, key);
    put_time(w, ms, true);
}

void jw_key_opt(struct jw *w, const char *key, struct str s)
{
    if (s.n > 0)
        jw_key_str(w, key, s);
}
