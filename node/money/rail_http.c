#include "node/money/rail_http.h"

#include "node/base/clock.h"
#include "node/base/crypt.h"
#include "node/base/log.h"
#include "node/node.h"
#include "node/server.h"
#include "node/settings.h"

#include <time.h>

enum {
    PER_HOST = 8,        /* at one provider at once; it is nobody's small server */
    WAIT_FIRST_MS = 400, /* before the second try; then twice and twice again */
    WAIT_MAX_MS = 5000,
    LEFT_MIN_MS = 100,
};

/* A node on plain http is one for trying out, also where the command line looks at it. */
static bool trying(const struct node *node)
{
    return node->dev || str_starts(node->origin, STR("http://"));
}

struct str rail_base(struct cx *cx, const char *rail, const char *fixed)
{
    struct str set;
    const char *key = str_fmt(cx->arena, "pay.%s.base_url", rail).p;
    if (!trying(cx->node) || setting_get(cx, key, &set) != OK || set.n == 0)
        return str_c(fixed);
    return set;
}

static int64_t time_left(const struct cx *cx)
{
    return cx->call_by == 0 ? INT64_MAX : cx->call_by - clock_monotonic();
}

static bool again(const struct fetch_answer *a)
{
    if (a->err != OK)
        return a->err == ERR_UPSTREAM || a->err == ERR_TIMEOUT;
    return a->status == 409 || a->status == 429 || a->status >= 500;
}

/* How long to wait before try number n, by what the provider asks for and with some chance in it. */
static int64_t wait_ms(const struct fetch_answer *a, int n)
{
    unsigned char chance;
    int64_t s, ms = (int64_t)WAIT_FIRST_MS << (n - 1);
    crypt_random(&chance, 1);
    ms = ms / 2 + ms * chance / 256;
    if (a->err == OK && a->retry_after.n > 0 && str_to_i64(a->retry_after, &s) && s > 0 && s * MS_SECOND > ms)
        ms = s * MS_SECOND;
    return ms;
}

static void sleep_ms(int64_t ms)
{
    struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000};
    nanosleep(&t, NULL);
}

/* The command line has no fetcher of its own. */
static enum err try_once(struct cx *cx, const struct fetch_request *rq, struct fetch_answer *ret)
{
    struct fetcher *f = cx->node->server == NULL ? NULL : cx->node->server->fetcher, *own = NULL;
    if (f == NULL) {
        TRY(fetcher_start(trying(cx->node), cx->node->agent, &own));
        f = own;
    }
    enum err e = fetch_wait(f, cx->arena, rq, ret);
    fetcher_stop(own);
    return e;
}

static bool refuses_retry(const struct rail_request *rq, const struct fetch_answer *a)
{
    for (size_t i = 0; rq->want != NULL && i < FETCH_WANT && rq->want[i] != NULL; i++)
        if (str_ieq_c(str_c(rq->want[i]), "stripe-should-retry") && str_eq_c(a->wanted[i], "false"))
            return true;
    return false;
}

enum err rail_http(struct cx *cx, const struct rail_request *rq, struct rail_answer *ret)
{
    struct fetch_request f = {
        .method = rq->method,
        .url = str_fmt(cx->arena, STR_FMT STR_FMT, STR_ARG(rq->base), STR_ARG(rq->path)),
        .headers = rq->headers,
        .n_headers = rq->n_headers,
        .body = rq->body,
        .max_answer = rq->max_answer == 0 ? RAIL_HTTP_ANSWER : rq->max_answer,
        .per_host = PER_HOST,
        .soon = true,
        .agent = cx->node->agent,
        .want = rq->want,
    };
    struct fetch_answer a;
    int own_ms = rq->timeout_ms == 0 ? RAIL_HTTP_MS : rq->timeout_ms;
    cx_release(cx);
    for (int n = 1;; n++) {
        int64_t left = time_left(cx);
        if (left < LEFT_MIN_MS)
            return cx_fail(cx, ERR_TIMEOUT, "no time left to ask the provider");
        f.timeout_ms = left < own_ms ? (int)left : own_ms;
        a = (struct fetch_answer){.err = ERR_BUSY};
        (void)try_once(cx, &f, &a); /* told by a.err */
        int64_t wait = wait_ms(&a, n);
        if (n >= rq->tries || !again(&a) || refuses_retry(rq, &a) || wait > WAIT_MAX_MS || wait >= time_left(cx))
            break;
        sleep_ms(wait);
    }
    if (a.err != OK) {
        enum err e = a.err == ERR_FORBIDDEN || a.err == ERR_INVALID ? ERR_UPSTREAM : a.err;
        return cx_fail(cx, e, "provider: %s", a.error == NULL ? "no answer" : a.error);
    }
    *ret = (struct rail_answer){.status = a.status, .body = a.body, .content_type = a.content_type};
    for (size_t i = 0; i < FETCH_WANT; i++)
        ret->wanted[i] = a.wanted[i];
    if (a.date.n == 0 || !clock_parse_http_date(a.date, &ret->at))
        ret->at = cx->now;
    return OK;
}
