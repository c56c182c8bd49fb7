/* Reading what was sent: fields of a JSON object, or of a form with the same names. */
#include "node/base/clock.h"
#include "node/base/json.h"
#include "node/db/db.h"
#include "node/money/money.h"
#include "node/planet/planet.h"
#include "web/api/api.h"
#include "web/page.h"

enum err api_wrong(struct api *a, const char *field, const char *sentence)
{
    a->rq->field = field;
    return cx_tell(a->cx, ERR_INVALID, sentence);
}

static enum err wrong_as(struct api *a, const char *field, const char *sentence)
{
    struct str name = str_c(field);
    a->rq->field = field;
    return cx_tellf(a->cx, ERR_INVALID, sentence, &name, 1);
}

static json_t *value_of(struct api *a, const char *name)
{
    bool seen = false;
    for (size_t i = 0; i < a->n_read; i++)
        seen = seen || str_eq_c(str_c(a->read[i]), name);
    if (!seen && a->n_read < API_FIELDS_MAX)
        a->read[a->n_read++] = name;
    if (a->body != NULL) {
        json_t *v = json_object_get(a->body, name);
        return json_is_null(v) ? NULL : v;
    }
    struct str text = rq_form(a->rq, name);
    return text.p == NULL ? NULL : json_keep(a->cx->arena, json_stringn(text.p, text.n));
}

bool api_given(struct api *a, const char *name)
{
    return value_of(a, name) != NULL;
}

enum err api_get_text(struct api *a, const char *name, struct str *ret)
{
    json_t *v = value_of(a, name);
    *ret = STR_NULL;
    if (v == NULL)
        return OK;
    if (!json_is_string(v))
        return wrong_as(a, name, N_("“{0}” is a text."));
    *ret = json_text(v);
    return OK;
}

enum err api_get_text_needed(struct api *a, const char *name, struct str *ret)
{
    TRY(api_get_text(a, name, ret));
    return ret->n > 0 ? OK : wrong_as(a, name, N_("“{0}” is missing."));
}

static bool whole_number(const json_t *v, int64_t *ret)
{
    if (json_is_integer(v)) {
        *ret = json_integer_value(v);
        return true;
    }
    return json_is_string(v) && str_to_i64(json_text(v), ret);
}

enum err api_get_int(struct api *a, const char *name, int64_t otherwise, int64_t *ret)
{
    json_t *v = value_of(a, name);
    *ret = otherwise;
    if (v != NULL && !whole_number(v, ret))
        return wrong_as(a, name, N_("“{0}” is a whole number."));
    return OK;
}

enum err api_get_bool(struct api *a, const char *name, bool otherwise, bool *ret)
{
    json_t *v = value_of(a, name);
    struct str s = json_text(v);
    *ret = otherwise;
    if (v == NULL)
        return OK;
    bool yes = json_is_true(v) || str_eq_c(s, "true") || str_eq_c(s, "1") || str_eq_c(s, "on");
    bool no = json_is_false(v) || str_eq_c(s, "false") || str_eq_c(s, "0") || str_eq_c(s, "off");
    if (!yes && !no)
        return wrong_as(a, name, N_("“{0}” is true or false."));
    *ret = yes;
    return OK;
}

enum err api_get_time(struct api *a, const char *name, int64_t *ret)
{
    json_t *v = value_of(a, name);
    *ret = DB_NULL;
    if (v != NULL && (!json_is_string(v) || !clock_parse_rfc3339(json_text(v), ret)))
        return wrong_as(a, name, N_("“{0}” is a moment, as 2027-01-31T10:00:00Z."));
    return OK;
}

enum err api_get_id(struct api *a, const char *name, int64_t *ret)
{
    json_t *v = value_of(a, name);
    *ret = DB_NULL;
    if (v != NULL && (!whole_number(v, ret) || *ret <= 0))
        return wrong_as(a, name, N_("“{0}” is an id."));
    return OK;
}

enum err api_get_id_needed(struct api *a, const char *name, int64_t *ret)
{
    TRY(api_get_id(a, name, ret));
    return *ret != DB_NULL ? OK : wrong_as(a, name, N_("“{0}” is missing."));
}

enum err api_money_of(struct api *a, const char *name, const json_t *v, struct money *ret)
{
    struct str currency;
    int64_t minor;
    a->rq->field = name;
    if (json_is_string(v)) {
        TRY(money_parse(a->cx, json_text(v), ret));
        a->rq->field = NULL;
        return OK;
    }
    currency = json_text(json_object_get(v, "currency"));
    if (!money_currency_ok(currency) || !whole_number(json_object_get(v, "minor"), &minor) || minor < 0)
        return wrong_as(a, name, N_("“{0}” is money: {\"currency\": \"CNY\", \"minor\": 9950} or \"CNY:99.50\"."));
    *ret = money_of(minor, currency);
    a->rq->field = NULL;
    return OK;
}

enum err api_get_money(struct api *a, const char *name, bool *ret_given, struct money *ret)
{
    json_t *v = value_of(a, name);
    *ret_given = v != NULL;
    return v == NULL ? OK : api_money_of(a, name, v, ret);
}

enum err api_get_money_needed(struct api *a, const char *name, struct money *ret)
{
    bool given;
    TRY(api_get_money(a, name, &given, ret));
    return given ? OK : wrong_as(a, name, N_("“{0}” is missing."));
}

enum err api_get_list(struct api *a, const char *name, size_t max, json_t **ret)
{
    json_t *v = value_of(a, name);
    *ret = NULL;
    if (v == NULL)
        return OK;
    if (!json_is_array(v)) {
        json_t *list = json_keep(a->cx->arena, json_array());
        json_array_append(list, v);
        v = list;
    }
    if (json_array_size(v) > max)
        return wrong_as(a, name, N_("“{0}” has too many entries."));
    *ret = v;
    return OK;
}

enum err api_read(struct api *a)
{
    const char *key;
    json_t *v;
    json_object_foreach(a->body, key, v) {
        bool asked = false;
        for (size_t i = 0; i < a->n_read && !asked; i++)
            asked = str_eq_c(str_c(a->read[i]), key);
        if (!asked)
            return wrong_as(a, key, N_("There is no field “{0}” here."));
    }
    return OK;
}

enum err api_get_account(struct api *a, const char *name, int64_t *ret_id)
{
    struct account found;
    json_t *v = value_of(a, name);
    struct str s = json_text(v);
    enum err e;
    if (v == NULL)
        return wrong_as(a, name, N_("“{0}” is missing."));
    TRY(planet_may_manage(a->cx, a->planet.id)); /* nobody else learns whose mail address is known here */
    if (whole_number(v, ret_id))
        e = account_by_id(a->cx, *ret_id, &found);
    else if (str_starts(s, STR("@")))
        e = account_by_username(a->cx, str_sub(s, 1, SIZE_MAX), &found);
    else
        e = account_by_mail(a->cx, s, &found);
    if (e == ERR_NOT_FOUND || e == ERR_INVALID)
        return api_wrong(a, name, N_("There is no such account here."));
    TRY(e);
    *ret_id = found.id;
    return OK;
}

enum err api_page_limit(struct api *a, int *ret)
{
    struct str s = rq_query(a->rq, "limit");
    int64_t n = API_LIST_DEFAULT;
    if (s.n > 0 && (!str_to_i64(s, &n) || n < 1))
        return wrong_as(a, "limit", N_("“{0}” is a whole number."));
    *ret = n > API_LIST_MAX ? API_LIST_MAX : (int)n;
    return OK;
}

enum err api_page_after(struct api *a, int64_t *ret)
{
    struct str s = rq_query(a->rq, "after");
    *ret = 0;
    if (s.n > 0 && !web_id(s, ret))
        return wrong_as(a, "after", N_("“{0}” comes from the page before: its “next”."));
    return OK;
}

enum err api_path_id(struct api *a, const char *name, int64_t *ret)
{
    return web_id(rq_param(a->rq, name), ret) ? OK : ERR_NOT_FOUND;
}
