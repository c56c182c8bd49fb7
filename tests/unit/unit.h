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

#endif
