/* What every unit test starts with: cmocka and the headers that it needs before it. */
#ifndef TESTS_UNIT_H
#define TESTS_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "node/base/str.h"

/* CHECK_STR(actual, "expected") */
#define CHECK_STR(s, c)                                                                            \
    do {                                                                                           \
        struct str check_ = (s);                                                                   \
        assert_int_equal(check_.n, strlen(c));                                                     \
        assert_memory_equal(check_.p, (c), check_.n);                                              \
    } while (0)

/* Waits for what other threads do: w has a lock, and changed is signalled under it. At most half a minute,
 * and that only when it fails. */
#define UNTIL(w, expression)                                                                       \
    do {                                                                                           \
        struct timespec until_;                                                                    \
        clock_gettime(CLOCK_REALTIME, &until_);                                                    \
        until_.tv_sec += 30;                                                                       \
        pthread_mutex_lock(&(w)->lock);                                                            \
        while (!(expression))                                                                      \
            if (pthread_cond_timedwait(&(w)->changed, &(w)->lock, &until_) != 0)                   \
                break;                                                                             \
        bool yes_ = (expression);                                                                  \
        pthread_mutex_unlock(&(w)->lock);                                                          \
        assert_true(yes_);                                                                         \
    } while (0)

#endif
