/* One line per event on stderr: time level area message key=value…; control characters never pass,
 * and what is too long is cut. What is secret or locked is never handed to it.
 * Safe from any thread (one write(2) per line). */
#ifndef NODE_BASE_LOG_H
#define NODE_BASE_LOG_H

enum log_level { LOG_DEBUG_LEVEL, LOG_INFO_LEVEL, LOG_WARN_LEVEL, LOG_ERROR_LEVEL };

/* area: a short word such as "http", "fed", "jobs". */
void log_line(enum log_level level, const char *area, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

#define log_info(area, ...) log_line(LOG_INFO_LEVEL, area, __VA_ARGS__)
#define log_warn(area, ...) log_line(LOG_WARN_LEVEL, area, __VA_ARGS__)
#define log_error(area, ...) log_line(LOG_ERROR_LEVEL, area, __VA_ARGS__)

#endif
