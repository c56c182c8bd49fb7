/* The JSON API's table and description, and requests that are done once. */
#include "tests/unit/domain_fixture.h"

#include "node/base/json.h"
#include "node/people/token.h"
#include "web/api/api.h"
#include "web/api/once.h"
#include "web/api/openapi.h"

#include <string.h>

static json_t *document(struct domain *d)
{
    struct buf b;
    struct json_limits wide = {.max_bytes = 4 << 20, .max_depth = 24, .max_values = 100000};
    json_t *j;
    buf_init_arena(&b, d->cx->arena, 4 << 20);
    assert_true(openapi_write(d->cx->arena, STR("https://t.example"), &b));
    OK_(json_read(d->cx->arena, buf_str(&b), &wide, &j));
    return j;
}

static bool is_scope(const char *word)
{
    for (const struct token_scope *s = token_scopes; s->word != NULL; s++)
        if (strcmp(s->word, word) == 0)
            return true;
    return false;
}

/* Whoever has no token acts as nobody, which the domain takes for the program itself: such rows may only show. */
static void every_row_says_who_may(void **state)
{
    (void)state;
    size_t n = 0;
    for (; api_routes.rows[n].path != NULL; n++) {
        const struct route *r = &api_routes.rows[n];
        const struct api_row *row = &api_rows[n];
        bool asks = str_ends(str_c(r->path), STR("quote")); /* a price in full changes nothing */
        assert_true(r->who == TOKEN && r->run == api_run && !r->cached);
        assert_true(str_starts(str_c(r->path), STR("/api/v1/")));
        if (row->scope == NULL)
            assert_true(r->method == GET || asks);
        else if (*row->scope != '\0')
            assert_true(is_scope(row->scope));
        if (r->method == GET && row->scope != NULL && *row->scope != '\0')
            assert_true(str_ends(str_c(row->scope), STR(":read")));
        if (r->method != GET && row->scope != NULL && *row->scope != '\0' && !asks)
            assert_true(str_ends(str_c(row->scope), STR(":write")));
        assert_true(r->method == GET ? r->body_cap == 0 && row->takes == NULL : r->body_cap > 0);
        assert_true(row->gives == NULL ? row->status == 204 : row->status == 200 || row->status == 201);
        for (size_t k = 0; k < n; k++)
            assert_string_not_equal(api_rows[k].id, row->id);
    }
    assert_null(api_rows[n].id);
    assert_true(n > 80);
}

static void check_refs(json_t *root, json_t *j)
{
    const char *key;
    json_t *v;
    size_t i;
    if (json_is_object(j)) {
        json_object_foreach(j, key, v) {
            if (strcmp(key, "$ref") == 0) {
                char path[120], *at = path, *piece;
                json_t *there = root;
                assert_true(json_string_length(v) < sizeof path);
                memcpy(path, json_string_value(v), json_string_length(v) + 1);
                assert_string_equal(strsep(&at, "/"), "#");
                while ((piece = strsep(&at, "/")) != NULL)
                    there = json_object_get(there, piece);
                if (there == NULL)
                    fail_msg("nothing is at %s", json_string_value(v));
            } else {
                check_refs(root, v);
            }
        }
    } else if (json_is_array(j)) {
        json_array_foreach(j, i, v)
            check_refs(root, v);
    }
}

static void the_description_is_whole(void **state)
{
    struct domain *d = *state;
    json_t *doc = document(d), *path, *schema;
    json_t *schemas = json_object_get(json_object_get(doc, "components"), "schemas");
    const char *key;
    size_t n = 0, rows = 0;
    check_refs(doc, doc);
    json_object_foreach(json_object_get(doc, "paths"), key, path)
        n += json_object_size(path);
    while (api_routes.rows[rows].path != NULL)
        rows++;
    assert_int_equal(n, rows);

    /* No schema is there for nobody. */
    char *text = json_dumps(doc, JSON_COMPACT);
    json_object_foreach(schemas, key, schema) {
        struct str ref = str_fmt(d->cx->arena, "\"#/components/schemas/%s\"", key);
        if (strstr(text, ref.p) == NULL)
            fail_msg("nothing names the schema %s", key);
    }
    free(text);
}

static struct str text_hash(struct domain *d, const char *text)
{
    unsigned char h[32];
    crypt_sha256(str_c(text), h);
    return (struct str){arena_copy(d->cx->arena, h, sizeof h), sizeof h};
}

static void a_request_is_done_once(void **state)
{
    struct domain *d = *state;
    struct token t = {.account_id = d->owner.id, .planet_id = DB_NULL, .name = STR("till"), .scopes = STR("write"),
                      .expires_at = DB_NULL}, made;
    struct str secret, key = text_hash(d, "key"), request = text_hash(d, "request");
    struct once_answer was;
    OK_(token_create(d->cx, &t, &secret, &made));
    OK_(once_begin(d->cx, made.id, key, request, &was));
    assert_int_equal(was.status, 0);
    assert_int_equal(once_begin(d->cx, made.id, key, request, &was), ERR_CONFLICT); /* under way */
    OK_(once_end(d->cx, made.id, key, 201, STR("{\"code\":\"7ZK4M\"}")));
    OK_(once_begin(d->cx, made.id, key, request, &was));
    assert_int_equal(was.status, 201);
    CHECK_STR(was.body, "{\"code\":\"7ZK4M\"}");
    assert_int_equal(once_begin(d->cx, made.id, key, text_hash(d, "other"), &was), ERR_CONFLICT);
    assert_int_equal(raw(d, "SELECT COUNT(*) FROM api_once WHERE length(answer) > 16"), 1);

    /* Another token's key is another key; what was dropped is free; a day is enough. */
    OK_(token_create(d->cx, &t, &secret, &t));
    OK_(once_begin(d->cx, t.id, key, request, &was));
    assert_int_equal(was.status, 0);
    OK_(once_drop(d->cx, t.id, key));
    OK_(once_begin(d->cx, t.id, key, text_hash(d, "mended"), &was));
    assert_int_equal(was.status, 0);
    d->cx->now += MS_DAY + 1;
    OK_(once_begin(d->cx, made.id, key, request, &was));
    assert_int_equal(was.status, 0);
    assert_int_equal(raw(d, "SELECT COUNT(*) FROM api_once"), 1);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, domain_setup, domain_teardown)
    const struct CMUnitTest tests[] = {
        T(every_row_says_who_may), T(the_description_is_whole), T(a_request_is_done_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
