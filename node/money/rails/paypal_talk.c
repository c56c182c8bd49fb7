/* Asking PayPal: its token, JSON bodies, request ids (Y1). */
#include "node/base/buf.h"
#include "node/base/clock.h"
#include "node/base/crypt.h"
#include "node/money/rail_adapters.h"
#include "node/money/rail_http.h"
#include "node/money/rails/paypal.h"

enum { TRIES = 3, PATH_MAX_LEN = 4096, TOKEN_MARGIN_S = 60, TOKEN_MAX_S = 12 * 3600, MARK = 16 };

struct str paypal_base(struct cx *cx, const struct rail_account *acc)
{
    return rail_base(cx, "paypal", rail_switch(acc, "sandbox") ? "https://api-m.sandbox.paypal.com"
                                                                : "https://api-m.paypal.com");
}

struct str paypal_link(const json_t *j, const char *rel)
{
    LD_EACH(i, link, ld_get(j, "links"))
        if (str_eq_c(ld_str(link, "rel"), rel))
            return ld_str(link, "href");
    return STR_NULL;
}

struct str paypal_path(struct arena *a, const char *before, struct str part, const char *after)
{
    struct buf b;
    buf_init_arena(&b, a, PATH_MAX_LEN);
    buf_put_c(&b, before);
    buf_put_url(&b, part);
    buf_put_c(&b, after);
    return buf_str(&b);
}

static enum err away(struct cx *cx, enum err e)
{
    if (e == ERR_UPSTREAM || e == ERR_TIMEOUT || e == ERR_BUSY)
        return cx_tell(cx, e, N_("The payment provider does not answer. Please try again in a few minutes."));
    return e;
}

static void read_json(struct cx *cx, struct str body, json_t **ret)
{
    struct json_limits limits = {.max_bytes = RAIL_HTTP_ANSWER, .max_depth = 48, .max_values = 100000};
    *ret = NULL;
    if (body.n > 0 && (json_read(cx->arena, body, &limits, ret) != OK || !json_is_object(*ret)))
        *ret = NULL;
}

/* ---- the token ---- */

/* What a kept token belongs to: another app or another place has another. */
static struct str mark_of(struct cx *cx, const struct rail_account *acc)
{
    struct str all = str_fmt(cx->arena, STR_FMT "\n" STR_FMT "\n" STR_FMT, STR_ARG(paypal_base(cx, acc)),
                             STR_ARG(rail_setting(acc, "client_id")), STR_ARG(rail_secret(acc, "secret")));
    return str_sub(crypt_sha256_hex(cx->arena, all), 0, MARK);
}

/* "mark|until|token" */
static bool kept_token(struct cx *cx, const struct rail_account *acc, struct str *ret)
{
    struct str rest = rail_secret(acc, "token"), mark, until;
    int64_t at;
    if (!str_next(&rest, '|', &mark) || !str_next(&rest, '|', &until) || !str_eq(mark, mark_of(cx, acc)) ||
        !str_to_i64(until, &at) || at <= cx->now)
        return false;
    *ret = rest;
    return rest.n > 0;
}

static enum err fresh_token(struct cx *cx, const struct rail_account *acc, struct str *ret)
{
    struct buf basic;
    struct rail_answer a;
    json_t *j;
    int64_t s = 0;
    struct str pair = str_fmt(cx->arena, STR_FMT ":" STR_FMT, STR_ARG(rail_setting(acc, "client_id")),
                              STR_ARG(rail_secret(acc, "secret")));
    buf_init_arena(&basic, cx->arena, 8192);
    buf_lit(&basic, "Basic ");
    buf_put_base64(&basic, pair.p, pair.n);
    const struct fetch_header h[] = {
        {STR("Authorization"), buf_str(&basic)},
        {STR("Content-Type"), STR("application/x-www-form-urlencoded")},
        {STR("Accept"), STR("application/json")},
    };
    struct rail_request rq = {.method = "POST", .base = paypal_base(cx, acc), .path = STR("/v1/oauth2/token"), .headers = h,
                              .n_headers = 3, .body = STR("grant_type=client_credentials"), .tries = TRIES};
    TRY(away(cx, rail_http(cx, &rq, &a)));
    read_json(cx, a.body, &j);
    if (a.status == 400 || a.status == 401 || a.status == 403)
        return cx_tell(cx, ERR_INVALID, N_("PayPal does not know this app. Please copy client ID and secret once more."));
    *ret = ld_str(j, "access_token");
    if (a.status != 200 || ret->n == 0 || str_find_char(*ret, '|', 0) != SIZE_MAX || !ld_i64(j, "expires_in", &s))
        return away(cx, cx_fail(cx, ERR_UPSTREAM, "paypal gave no token: %d", a.status));
    s = s > TOKEN_MAX_S ? TOKEN_MAX_S : s;
    struct rail_account mine = *acc;
    const struct rail_value v = {"token", str_fmt(cx->arena, STR_FMT "|%lld|" STR_FMT, STR_ARG(mark_of(cx, acc)),
                                                  (long long)(cx->now + (s - TOKEN_MARGIN_S) * MS_SECOND), STR_ARG(*ret))};
    return s <= TOKEN_MARGIN_S ? OK : rail_account_keep(cx, &rail_paypal, &mine, &v, 1);
}

/* ---- calls ---- */

static enum err send(struct cx *cx, const struct rail_account *acc, const char *method, struct str path, struct str body,
                     struct str key, struct str token, struct rail_answer *ret)
{
    struct fetch_header h[5] = {
        {STR("Authorization"), str_fmt(cx->arena, "Bearer " STR_FMT, STR_ARG(token))},
        {STR("Accept"), STR("application/json")},
    };
    struct rail_request rq = {
        .method = method,
        .base = paypal_base(cx, acc),
        .path = path,
        .headers = h,
        .n_headers = 2,
        .body = body,
        .tries = body.p == NULL || key.n > 0 ? TRIES : 1,
    };
    if (body.p != NULL) {
        h[rq.n_headers++] = (struct fetch_header){STR("Content-Type"), STR("application/json")};
        h[rq.n_headers++] = (struct fetch_header){STR("Prefer"), STR("return=representation")};
    }
    if (key.n > 0)
        h[rq.n_headers++] = (struct fetch_header){STR("PayPal-Request-Id"), key};
    return away(cx, rail_http(cx, &rq, ret));
}

enum err paypal_try(struct cx *cx, const struct rail_account *acc, const char *method, struct str path, struct str body,
                    struct str key, struct paypal_answer *ret)
{
    struct rail_answer a;
    struct str token;
    struct rail_account now;
    bool kept = kept_token(cx, acc, &token);
    if (!kept && rail_account_by_id(cx, acc->id, &now) == OK) /* kept since acc was read */
        kept = kept_token(cx, &now, &token);
    if (!kept)
        TRY(fresh_token(cx, acc, &token));
    TRY(send(cx, acc, method, path, body, key, token, &a));
    if (a.status == 401 && kept) { /* taken back before its time */
        TRY(fresh_token(cx, acc, &token));
        TRY(send(cx, acc, method, path, body, key, token, &a));
    }
    if (a.status == 401 || a.status == 429 || a.status >= 500)
        return away(cx, cx_fail(cx, ERR_UPSTREAM, "paypal answers %d", a.status));
    *ret = (struct paypal_answer){.status = a.status, .at = a.at};
    read_json(cx, a.body, &ret->j);
    if (a.status >= 400) {
        ret->name = ld_str(ret->j, "name");
        ret->issue = ld_str(ret->j, "details.issue");
    } else if (ret->j == NULL && a.status != 204) {
        return away(cx, cx_fail(cx, ERR_UPSTREAM, "paypal answered %d without JSON", a.status));
    }
    return OK;
}

enum err paypal_call(struct cx *cx, const struct rail_account *acc, const char *method, struct str path, struct str body,
                     struct str key, struct paypal_answer *ret)
{
    TRY(paypal_try(cx, acc, method, path, body, key, ret));
    if (ret->status < 300)
        return OK;
    /* PayPal's own words are for who holds the account; its messages may quote what was sent. */
    TRY(rail_account_say(cx, acc, str_fmt(cx->arena, "PayPal: %d " STR_FMT " " STR_FMT, ret->status, STR_ARG(ret->name),
                                          STR_ARG(ret->issue))));
    if (ret->status == 404)
        return cx_fail(cx, ERR_NOT_FOUND, "paypal knows no such thing");
    return cx_tell(cx, ERR_CONFLICT, N_("The payment provider refuses this. Please tell the owner of the planet."));
}
