/* Asking Stripe: form bodies, the key, the pinned version, repeats (S1, S9). */
#include "node/base/buf.h"
#include "node/base/json.h"
#include "node/money/rail_http.h"
#include "node/money/rails/stripe.h"

enum { TRIES = 3 };

static const char *const wanted[] = {"stripe-should-retry", NULL};

void stripe_put(struct buf *form, const char *name, struct str value)
{
    if (form->n > 0)
        buf_put_char(form, '&');
    buf_put_url(form, str_c(name));
    buf_put_char(form, '=');
    buf_put_url(form, value);
}

enum err stripe_try(struct cx *cx, const struct rail_account *acc, const char *method, struct str path,
                    struct str form, struct str key, int *ret_status, json_t **ret, int64_t *ret_at)
{
    struct json_limits limits = {.max_bytes = RAIL_HTTP_ANSWER, .max_depth = 48, .max_values = 100000};
    struct fetch_header h[4] = {
        {STR("Authorization"), str_fmt(cx->arena, "Bearer " STR_FMT, STR_ARG(rail_secret(acc, "key")))},
        {STR("Stripe-Version"), STR(STRIPE_VERSION)},
    };
    struct rail_request rq = {
        .method = method,
        .base = rail_base(cx, "stripe", "https://api.stripe.com"),
        .path = path,
        .headers = h,
        .n_headers = 2,
        .body = form,
        .tries = form.p == NULL || key.n > 0 ? TRIES : 1,
        .want = wanted,
    };
    struct rail_answer a;
    if (form.p != NULL)
        h[rq.n_headers++] = (struct fetch_header){STR("Content-Type"), STR("application/x-www-form-urlencoded")};
    if (key.n > 0)
        h[rq.n_headers++] = (struct fetch_header){STR("Idempotency-Key"), key};
    enum err e = rail_http(cx, &rq, &a);
    if (e == ERR_UPSTREAM || e == ERR_TIMEOUT || e == ERR_BUSY)
        return cx_tell(cx, e, N_("The payment provider does not answer. Please try again in a few minutes."));
    TRY(e);
    *ret_status = a.status;
    if (ret_at != NULL)
        *ret_at = a.at;
    if (json_read(cx->arena, a.body, &limits, ret) != OK || !json_is_object(*ret)) {
        *ret = NULL;
        if (a.status < 300)
            return cx_fail(cx, ERR_UPSTREAM, "stripe answered %d without JSON", a.status);
    }
    return OK;
}

enum err stripe_call(struct cx *cx, const struct rail_account *acc, const char *method, struct str path,
                     struct str form, struct str key, json_t **ret)
{
    int status;
    TRY(stripe_try(cx, acc, method, path, form, key, &status, ret, NULL));
    if (status >= 200 && status < 300)
        return OK;
    /* Stripe's words are for who holds the account; they may quote what was sent. */
    struct str code = ld_str(*ret, "error.code"), type = ld_str(*ret, "error.type");
    struct str param = ld_str(*ret, "error.param");
    if (status == 409 || status == 429 || status >= 500)
        return cx_tell(cx, ERR_UPSTREAM, N_("The payment provider does not answer. Please try again in a few minutes."));
    TRY(rail_account_say(cx, acc, str_fmt(cx->arena, "Stripe: %d " STR_FMT " " STR_FMT " " STR_FMT, status, STR_ARG(type),
                                          STR_ARG(code), STR_ARG(param))));
    if (status == 404)
        return ERR_NOT_FOUND;
    return cx_tell(cx, ERR_CONFLICT, N_("The payment provider refuses this. Please tell the owner of the planet."));
}
