#include "node/base/err.h"

#include <stddef.h>

static const char *const names[ERR_COUNT] = {
    [OK] = "ok",
    [ERR_INVALID] = "invalid",
    [ERR_UNAUTHENTICATED] = "unauthenticated",
    [ERR_FORBIDDEN] = "forbidden",
    [ERR_PAYMENT_REQUIRED] = "payment_required",
    [ERR_NOT_FOUND] = "not_found",
    [ERR_GONE] = "gone",
    [ERR_CONFLICT] = "conflict",
    [ERR_TOO_LARGE] = "too_large",
    [ERR_UNSUPPORTED] = "unsupported",
    [ERR_RATE_LIMITED] = "rate_limited",
    [ERR_MISDIRECTED] = "misdirected",
    [ERR_UPSTREAM] = "upstream",
    [ERR_TIMEOUT] = "timeout",
    [ERR_BUSY] = "busy",
    [ERR_STORAGE] = "storage",
    [ERR_INTERNAL] = "internal",
};

const char *err_name(enum err e)
{
    if ((unsigned)e >= ERR_COUNT || names[e] == NULL)
        return "unknown";
    return names[e];
}
