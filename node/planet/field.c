#include "node/planet/field.h"

#include "node/base/url.h"
#include "node/db/db.h"
#include "node/event.h"
#include "node/planet/field_sql.h"
#include "node/planet/planet.h"

static bool is_link(struct cx *cx, struct str value)
{
    struct url u;
    return (str_starts(value, STR("https://")) || str_starts(value, STR("http://"))) &&
           url_parse(cx->arena, value, &u) == OK;
}

enum err planet_fields(struct cx *cx, int64_t planet_id, struct planet_field **ret, size_t *ret_n)
{
    struct planet_fields_row *rows;
    TRY(q_planet_fields(cx, planet_id, &rows, ret_n));
    struct planet_field *v = ARENA_ARRAY(cx->arena, struct planet_field, *ret_n + 1);
    for (size_t i = 0; i < *ret_n; i++)
        v[i] = (struct planet_field){rows[i].name, rows[i].value, is_link(cx, rows[i].value)};
    *ret = v;
    return OK;
}

static bool is_line(struct str s, size_t max)
{
    if (!str_is_utf8(s) || str_utf8_len(s) > max)
        return false;
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] < 0x20 || s.p[i] == 0x7f)
            return false;
    return true;
}

static enum err check(struct cx *cx, const struct planet_field *kept, size_t n)
{
    const struct planet_field *f = &kept[n - 1];
    if (str_empty(f->name) || str_empty(f->value))
        return cx_tell(cx, ERR_INVALID, N_("A profile line needs a name and a text or address."));
    if (!is_line(f->name, FIELD_NAME_MAX) || !is_line(f->value, FIELD_VALUE_MAX))
        return cx_tell(cx, ERR_INVALID,
                       N_("In a profile line, the name has at most 40 characters and the text 200."));
    for (size_t i = 0; i + 1 < n; i++)
        if (str_eq(kept[i].name, f->name))
            return cx_tell(cx, ERR_INVALID, N_("Two profile lines have the same name."));
    return OK;
}

static bool same(const struct planet_field *a, size_t n_a, const struct planet_field *b, size_t n_b)
{
    for (size_t i = 0; n_a == n_b && i < n_a; i++)
        if (!str_eq(a[i].name, b[i].name) || !str_eq(a[i].value, b[i].value))
            return false;
    return n_a == n_b;
}

enum err planet_fields_set(struct cx *cx, int64_t planet_id, const struct planet_field *fields,
                           size_t n)
{
    struct planet_field kept[PLANET_FIELDS_MAX], *was;
    size_t n_kept = 0, n_was;
    TRY(planet_may_manage(cx, planet_id));
    for (size_t i = 0; i < n; i++) {
        struct planet_field f = {.name = str_trim(fields[i].name), .value = str_trim(fields[i].value)};
        if (str_empty(f.name) && str_empty(f.value))
            continue;
        if (n_kept == PLANET_FIELDS_MAX)
            return cx_tell(cx, ERR_INVALID, N_("A planet has at most four profile lines."));
        kept[n_kept++] = f;
        TRY(check(cx, kept, n_kept));
    }
    TX_SCOPE(cx);
    TRY(planet_fields(cx, planet_id, &was, &n_was));
    if (same(was, n_was, kept, n_kept))
        return tx_commit(cx);
    TRY(q_planet_fields_clear(cx, planet_id, NULL));
    for (size_t i = 0; i < n_kept; i++)
        TRY(q_planet_field_put(cx, planet_id, (int64_t)i, kept[i].name, kept[i].value, NULL));
    TRY(event_emit(cx, EV_PLANET_CHANGED, planet_id, STR_NULL));
    return tx_commit(cx);
}
