#include "tests/unit/domain_fixture.h"

#include "node/people/token.h"

static struct token ask_for(struct domain *d, const char *scopes)
{
    return (struct token){.account_id = d->owner.id, .planet_id = DB_NULL, .name = STR("till"),
                          .scopes = str_c(scopes), .expires_at = DB_NULL};
}

static void a_token_is_seen_once_and_found_by_its_hash(void **state)
{
    struct domain *d = *state;
    struct token t = ask_for(d, "money:read, offers:write money:read"), made, found;
    struct account a;
    struct str secret;
    d->cx->viewer = d->owner.id;
    OK_(token_create(d->cx, &t, &secret, &made));
    assert_true(str_starts(secret, STR("orr_")));
    assert_int_equal(secret.n, 4 + 43);
    CHECK_STR(made.scopes, "offers:write money:read");
    assert_int_equal(RAW(d, "SELECT COUNT(*) FROM api_token WHERE name LIKE '%%%.43s%%' OR scopes LIKE '%%%.43s%%'",
                         secret.p + 4, secret.p + 4), 0);
    assert_int_equal(raw(d, "SELECT COUNT(*) FROM api_token WHERE length(token_hash) = 32"), 1);
    OK_(token_find(d->cx, secret, &found, &a));
    assert_true(found.id == made.id && a.id == d->owner.id && found.used_at == d->cx->now);
    assert_true(str_eq(found.hint, str_sub(secret, secret.n - 4, 4)));

    char *other = arena_copy(d->cx->arena, secret.p, secret.n);
    other[10] ^= 1;
    assert_int_equal(token_find(d->cx, (struct str){other, secret.n}, &found, &a), ERR_NOT_FOUND);
    assert_int_equal(token_find(d->cx, str_sub(secret, 0, secret.n - 1), &found, &a), ERR_NOT_FOUND);
    assert_int_equal(token_find(d->cx, STR(""), &found, &a), ERR_NOT_FOUND);
}

static void a_token_ends(void **state)
{
    struct domain *d = *state;
    struct token t = ask_for(d, "read"), made, found, *list;
    struct account a;
    struct str secret;
    size_t n;
    t.expires_at = d->cx->now + MS_DAY;
    OK_(token_create(d->cx, &t, &secret, &made));
    d->cx->now += MS_DAY - 1;
    OK_(token_find(d->cx, secret, &found, &a));
    d->cx->now += 1;
    assert_int_equal(token_find(d->cx, secret, &found, &a), ERR_NOT_FOUND);
    OK_(token_list(d->cx, d->owner.id, &list, &n));
    assert_int_equal(n, 1);

    t.expires_at = DB_NULL;
    OK_(token_create(d->cx, &t, &secret, &made));
    OK_(token_find(d->cx, secret, &found, &a));
    OK_(token_revoke(d->cx, d->owner.id, made.id));
    assert_int_equal(token_find(d->cx, secret, &found, &a), ERR_NOT_FOUND);
    assert_int_equal(token_revoke(d->cx, d->owner.id, made.id), ERR_NOT_FOUND);

    int64_t who = person(d);
    t.account_id = who;
    OK_(token_create(d->cx, &t, &secret, &made));
    OK_(token_find(d->cx, secret, &found, &a));
    OK_(account_set_state(d->cx, who, STR("suspended")));
    assert_int_equal(token_find(d->cx, secret, &found, &a), ERR_NOT_FOUND);
}

static void a_token_is_its_accounts_own_business(void **state)
{
    struct domain *d = *state;
    struct token t = ask_for(d, "read"), made, *list;
    struct str secret;
    size_t n;
    int64_t who = person(d);
    OK_(token_create(d->cx, &t, &secret, &made));
    d->cx->viewer = who;
    assert_int_equal(token_create(d->cx, &t, &secret, &made), ERR_FORBIDDEN);
    assert_int_equal(token_list(d->cx, d->owner.id, &list, &n), ERR_FORBIDDEN);
    assert_int_equal(token_revoke(d->cx, d->owner.id, made.id), ERR_FORBIDDEN);
    assert_int_equal(token_revoke(d->cx, who, made.id), ERR_NOT_FOUND);
}

static void what_a_token_may_not_be(void **state)
{
    struct domain *d = *state;
    struct token made;
    struct str secret;
    static const char *const wrong[] = {"", " , ", "money", "money:read admin", "MONEY:READ"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct token t = ask_for(d, wrong[i]);
        assert_int_equal(token_create(d->cx, &t, &secret, &made), ERR_INVALID);
    }
    struct token t = ask_for(d, "read");
    t.name = STR("  ");
    assert_int_equal(token_create(d->cx, &t, &secret, &made), ERR_INVALID);
    t = ask_for(d, "read");
    t.expires_at = d->cx->now;
    assert_int_equal(token_create(d->cx, &t, &secret, &made), ERR_INVALID);
    t.expires_at = DB_NULL;
    for (int i = 0; i < TOKENS_MAX; i++)
        OK_(token_create(d->cx, &t, &secret, &made));
    assert_int_equal(token_create(d->cx, &t, &secret, &made), ERR_CONFLICT);
}

static void scopes_cover(void **state)
{
    (void)state;
    struct token t = {.scopes = STR("offers:write read")};
    assert_true(token_may(&t, "offers:write"));
    assert_true(token_may(&t, "money:read"));
    assert_true(token_may(&t, "offers:read"));
    assert_false(token_may(&t, "money:write"));
    t.scopes = STR("offers:write");
    assert_false(token_may(&t, "offers:read"));
    assert_false(token_may(&t, "ffers:write"));
    t.scopes = STR("write");
    assert_true(token_may(&t, "money:write"));
    assert_false(token_may(&t, "money:read"));
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, domain_setup, domain_teardown)
    const struct CMUnitTest tests[] = {
        T(a_token_is_seen_once_and_found_by_its_hash), T(a_token_ends),
        T(a_token_is_its_accounts_own_business), T(what_a_token_may_not_be), cmocka_unit_test(scopes_cover),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
