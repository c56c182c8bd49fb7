#include "node/base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "node/base/arena.h"
#include "node/base/clock.h"

enum { LINE_MAX_BYTES = 2000 };

/* Letters that would end the line or steer a terminal: C0, DEL, and C1 written as UTF-8. */
static void clean(char *p, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)p[i];
        if (c < 0x20 || c == 0x7f)
            p[i] = ' ';
        else if (c == 0xC2 && i + 1 < n && (unsigned char)p[i + 1] < 0xA0)
            p[i] = p[i + 1] = ' ';
    }
}

static size_t put_time(char *p, size_t n)
{
    struct arena *a = arena_new();
    struct str s = clock_rfc3339(a, clock_now());
    int len = snprintf(p, n, STR_FMT, STR_ARG(s));
    arena_free(a);
    return len < 0 ? 0 : (size_t)len;
}

void log_line(enum log_level level, const char *area, const char *fmt, ...)
{
    static const char *const levels[] = {"debug", "info", "warn", "error"};
    char line[LINE_MAX_BYTES];
    int saved = errno;
    size_t n = put_time(line, sizeof line);
    int len = snprintf(line + n, sizeof line - n, " %s %s ", levels[level], area);
    n += len < 0 ? 0 : (size_t)len;
    va_list ap;
    va_start(ap, fmt);
    len = vsnprintf(line + n, sizeof line - n, fmt, ap);
    va_end(ap);
    size_t room = sizeof line - n - 1;
    size_t from = n;
    n += len < 0 ? 0 : (size_t)len < room ? (size_t)len : room;
    clean(line + from, n - from);
    line[n++] = '\n';
    ssize_t done;
    do {
        done = write(STDERR_FILENO, line, n);
    } while (done < 0 && errno == EINTR);
    errno = saved;
}
