#include "tests/unit/domain_fixture.h"

#include "node/money/code_text.h"
#include "node/money/ledger.h"
#include "node/money/redeem.h"

#include <pthread.h>

static struct str *codes_of(struct domain *d, size_t n, int64_t uses, int64_t expires_at, struct code_batch *batch)
{
    struct str *codes;
    OK_(code_batch_create(d->cx, d->tea.id, d->member.id, STR("spring"), STR("month"), 1, uses, expires_at, n,
                          &codes, batch));
    return codes;
}

/* From an address of its own each time, so that only what is tested limits. */
static enum err redeem(struct domain *d, int64_t who, struct str code, struct redeemed *r)
{
    static _Thread_local int ip;
    ip++;
    return code_redeem(d->cx, who, code, str_fmt(d->cx->arena, "10.%d.%d.%d", ip >> 16 & 255, ip >> 8 & 255, ip & 255), r);
}

static void codes_have_a_form_and_a_check(void **state)
{
    struct domain *d = *state;
    struct arena *a = d->cx->arena;
    static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    struct str again;
    for (int round = 0; round < 20; round++) {
        struct str code = code_text_new(a), shown = code_text_show(a, code);
        assert_int_equal(shown.n, 23);
        assert_true(code_text_read(a, shown, &again));
        assert_true(str_eq(code, again));
        for (size_t i = 0; i < code.n; i++) {
            char *c = arena_copy(a, code.p, code.n);
            for (const char *x = alphabet; *x != '\0'; x++) {
                c[i] = *x;
                assert_int_equal(code_text_read(a, (struct str){c, code.n}, &again), *x == code.p[i]);
            }
            for (size_t k = i + 1; k < code.n; k++) { /* any two swapped */
                memcpy(c, code.p, code.n);
                c[i] = code.p[k];
                c[k] = code.p[i];
                assert_int_equal(code_text_read(a, (struct str){c, code.n}, &again), code.p[i] == code.p[k]);
            }
        }
    }
    assert_false(code_text_read(a, STR(""), &again));
    assert_false(code_text_read(a, STR("ABCDE"), &again));
    assert_false(code_text_read(a, STR_NULL, &again));
    assert_false(code_text_read(a, STR("UUUUU-UUUUU-UUUUU-UUUUU"), &again));
    assert_true(code_text_read(a, STR("00000 00000 00000 00000"), &again));
    assert_true(code_text_read(a, STR("ooOOO\xe2\x80\x93" "00000 00000-0000o\n"), &again));
    CHECK_STR(again, "00000000000000000000");
}

static void a_code_gives_a_membership_in_one_go(void **state)
{
    struct domain *d = *state;
    struct code_batch batch;
    struct redeemed r;
    struct membership m;
    struct ledger_check c;
    int64_t who = person(d);
    struct str *codes = codes_of(d, 3, 1, DB_NULL, &batch);
    assert_int_equal(batch.n_codes, 3);
    /* as people type */
    struct str typed = str_lower(d->cx->arena, codes[0]);
    typed = str_fmt(d->cx->arena, "  %.*s %.*s  ", 11, typed.p, (int)typed.n - 12, typed.p + 12);
    OK_(redeem(d, who, typed, &r));
    assert_int_equal(r.planet_id, d->tea.id);
    assert_int_equal(r.ends_at, at_time("2027-02-28T10:00:00Z"));
    OK_(membership_of(d->cx, d->tea.id, who, &m));
    assert_true(m.live);
    CHECK_STR(m.kind, "code");
    assert_int_equal(raw(d, "SELECT COUNT(*) FROM purchase_order WHERE rail = 'code' AND total = 0 AND state = 'paid'"), 1);
    assert_int_equal(raw(d, "SELECT COUNT(*) FROM txn WHERE kind = 'grant' AND grant_id IS NOT NULL"), 1);
    OK_(ledger_verify(d->cx, d->tea.id, &c));
    assert_true(c.ok);

    /* the same once more: a sentence, and nothing is doubled */
    assert_int_equal(redeem(d, who, codes[0], &r), ERR_CONFLICT);
    assert_int_equal(redeem(d, person(d), codes[0], &r), ERR_NOT_FOUND);
    assert_int_equal(raw(d, "SELECT COUNT(*) FROM member_grant"), 1);
    assert_int_equal(raw(d, "SELECT COUNT(*) FROM purchase_order"), 1);
    /* a second code is added at the end */
    OK_(redeem(d, who, codes[1], &r));
    assert_int_equal(r.ends_at, at_time("2027-03-31T10:00:00Z"));
    OK_(code_batch_by_id(d->cx, d->tea.id, batch.id, &batch));
    assert_int_equal(batch.n_used, 2);
    assert_int_equal(raw(d, "SELECT COUNT(*) FROM code WHERE length(hash) = 32"), 3);
}

static void what_is_wrong_gets_one_sentence(void **state)
{
    struct domain *d = *state;
    struct code_batch batch, old;
    struct redeemed r;
    struct code *list;
    size_t n;
    int64_t who = person(d);
    struct str *codes = codes_of(d, 2, 1, DB_NULL, &batch);
    struct str *olds = codes_of(d, 1, 1, d->cx->now + MS_DAY, &old);
    OK_(redeem(d, person(d), codes[0], &r));
    assert_int_equal(redeem(d, who, codes[0], &r), ERR_NOT_FOUND);
    const char *used = d->cx->tell;
    assert_int_equal(redeem(d, who, code_text_show(d->cx->arena, code_text_new(d->cx->arena)), &r), ERR_NOT_FOUND);
    assert_string_equal(d->cx->tell, used);
    OK_(code_list(d->cx, batch.id, &list, &n));
    assert_int_equal(n, 2);
    assert_true(str_ends(codes[1], list[1].hint));
    OK_(code_revoke(d->cx, batch.id, list[1].id));
    assert_int_equal(redeem(d, who, codes[1], &r), ERR_NOT_FOUND);
    assert_string_equal(d->cx->tell, used);
    assert_int_equal(redeem(d, who, STR("ABCDE-FGHJK"), &r), ERR_INVALID);
    assert_int_equal(redeem(d, who, STR("ABCDE-FGHJK-ABCDE-FGHJK"), &r), ERR_INVALID);
    d->cx->now += MS_DAY;
    assert_int_equal(redeem(d, who, olds[0], &r), ERR_GONE);
    assert_int_equal(code_revoke(d->cx, batch.id, 0), OK); /* what was used counts as revoked now */
    assert_int_equal(code_revoke(d->cx, batch.id, 0), ERR_NOT_FOUND);
    assert_int_equal(RAW(d, "SELECT COUNT(*) FROM member_grant WHERE account_id = %lld", (long long)who), 0);
    d->cx->viewer = who;
    assert_int_equal(code_list(d->cx, batch.id, &list, &n), ERR_FORBIDDEN);
    assert_int_equal(redeem(d, who + 1, codes[0], &r), ERR_FORBIDDEN);
    struct str *none;
    assert_int_equal(code_batch_create(d->cx, d->tea.id, d->member.id, STR(""), STR("day"), 1, 1, DB_NULL, 1, &none,
                                       &batch), ERR_FORBIDDEN);
    d->cx->viewer = 0;
}

static void refusals_leave_the_code_unused(void **state)
{
    struct domain *d = *state;
    struct code_batch batch;
    struct redeemed r;
    int64_t life = person(d), banned = person(d), late = person(d), id;
    struct str *codes = codes_of(d, 1, 5, DB_NULL, &batch);
    OK_(membership_grant(d->cx, d->tea.id, life, d->member.id, "comp", d->cx->now, DB_NULL, DB_NULL, DB_NULL, &id));
    OK_(role_set(d->cx, d->tea.id, banned, ROLE_BANNED));
    assert_int_equal(redeem(d, life, codes[0], &r), ERR_CONFLICT);
    assert_int_equal(redeem(d, banned, codes[0], &r), ERR_CONFLICT);
    d->member.seats = 1;
    OK_(tier_update(d->cx, &d->member));
    assert_int_equal(redeem(d, late, codes[0], &r), ERR_CONFLICT);
    assert_int_equal(raw(d, "SELECT SUM(used) FROM code"), 0);
    assert_int_equal(raw(d, "SELECT COUNT(*) FROM purchase_order"), 0);
    assert_int_equal(raw(d, "SELECT COUNT(*) FROM unmatched"), 0);
    d->member.seats = DB_NULL;
    OK_(tier_update(d->cx, &d->member));
    for (int i = 0; i < 5; i++)
        OK_(redeem(d, person(d), codes[0], &r));
    assert_int_equal(redeem(d, late, codes[0], &r), ERR_NOT_FOUND);
}

static void guessing_is_slow(void **state)
{
    struct domain *d = *state;
    struct redeemed r;
    int64_t who = person(d);
    for (int i = 0; i < 5; i++)
        assert_int_equal(code_redeem(d->cx, person(d), code_text_new(d->cx->arena), STR("9.9.9.9"), &r), ERR_NOT_FOUND);
    assert_int_equal(code_redeem(d->cx, person(d), code_text_new(d->cx->arena), STR("9.9.9.9"), &r), ERR_RATE_LIMITED);
    assert_true(d->cx->retry_after_s > 0 && d->cx->retry_after_s <= 66);
    assert_int_equal(code_redeem(d->cx, person(d), code_text_new(d->cx->arena), STR("9.9.9.8"), &r), ERR_NOT_FOUND);
    store_reopen(d->store); /* a restart forgets nothing */
    assert_int_equal(code_redeem(d->cx, person(d), code_text_new(d->cx->arena), STR("9.9.9.9"), &r), ERR_RATE_LIMITED);
    d->cx->now += d->cx->retry_after_s * 1000;
    assert_int_equal(code_redeem(d->cx, person(d), code_text_new(d->cx->arena), STR("9.9.9.9"), &r), ERR_NOT_FOUND);
    for (int i = 0; i < 20; i++)
        assert_int_equal(redeem(d, who, code_text_new(d->cx->arena), &r), ERR_NOT_FOUND);
    assert_int_equal(redeem(d, who, code_text_new(d->cx->arena), &r), ERR_RATE_LIMITED);
}

struct racer {
    struct domain *d;
    int64_t who;
    struct str code;
    enum err result;
    pthread_barrier_t *start;
    const char *ip;
};

static void *race(void *arg)
{
    struct racer *r = arg;
    struct redeemed got;
    struct cx *cx = cx_new(&r->d->store->node);
    cx->now = r->d->cx->now;
    pthread_barrier_wait(r->start);
    r->result = code_redeem(cx, r->who, r->code, str_c(r->ip), &got);
    cx_free(cx);
    return NULL;
}

static void of_two_at_once_one_wins(void **state)
{
    struct domain *d = *state;
    struct code_batch batch;
    enum { ROUNDS = 25 };
    struct str *codes = codes_of(d, ROUNDS, 1, DB_NULL, &batch);
    for (int i = 0; i < ROUNDS; i++) {
        pthread_barrier_t start;
        pthread_t t[2];
        struct racer r[2];
        pthread_barrier_init(&start, NULL, 2);
        d->cx->now += MS_HOUR;
        int64_t same = i % 5 == 4 ? person(d) : 0; /* now and then one account twice: a double click */
        for (int k = 0; k < 2; k++) {
            r[k] = (struct racer){.d = d, .who = same != 0 ? same : person(d), .code = codes[i], .start = &start,
                                  .ip = k == 0 ? "1.1.1.1" : "2.2.2.2"};
        }
        cx_release(d->cx);
        for (int k = 0; k < 2; k++)
            assert_int_equal(pthread_create(&t[k], NULL, race, &r[k]), 0);
        for (int k = 0; k < 2; k++)
            pthread_join(t[k], NULL);
        pthread_barrier_destroy(&start);
        assert_int_equal((r[0].result == OK) + (r[1].result == OK), 1);
        assert_int_equal(r[0].result + r[1].result, same != 0 ? ERR_CONFLICT : ERR_NOT_FOUND);
    }
    assert_int_equal(raw(d, "SELECT COUNT(*) FROM member_grant"), ROUNDS);
    assert_int_equal(raw(d, "SELECT SUM(used) FROM code"), ROUNDS);
    assert_int_equal(raw(d, "SELECT COUNT(*) FROM code_use"), ROUNDS);
    struct ledger_check c;
    OK_(ledger_verify(d->cx, d->tea.id, &c));
    assert_true(c.ok);
    assert_int_equal(c.n_txns, ROUNDS);
}

static void csv_is_safe_in_a_spreadsheet(void **state)
{
    struct domain *d = *state;
    struct code_batch batch;
    struct str *codes = codes_of(d, 1, 1, d->cx->now + MS_DAY, &batch);
    batch.tier_name = STR("=1+\"x\"");
    struct str csv = code_csv(d->cx, &batch, codes, 1);
    CHECK_STR(csv, str_fmt(d->cx->arena, "code,tier,term,uses,expires\r\n\"" STR_FMT
                           "\",\"'=1+\"\"x\"\"\",\"1 month\",1,\"2027-02-01T10:00:00Z\"\r\n", STR_ARG(codes[0])).p);
    assert_int_equal(code_batch_create(d->cx, d->tea.id, d->member.id, STR(""), STR("month"), 0, 1, DB_NULL, 1,
                                       &codes, &batch), ERR_INVALID);
    assert_int_equal(code_batch_create(d->cx, d->tea.id, d->member.id, STR(""), STR("month"), 1, 1, d->cx->now, 1,
                                       &codes, &batch), ERR_INVALID);
    assert_int_equal(code_batch_create(d->cx, d->tea.id, d->member.id, STR(""), STR("month"), 1, 1, DB_NULL, 0,
                                       &codes, &batch), ERR_INVALID);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, domain_setup, domain_teardown)
    const struct CMUnitTest tests[] = {
        T(codes_have_a_form_and_a_check), T(a_code_gives_a_membership_in_one_go),
        T(what_is_wrong_gets_one_sentence), T(refusals_leave_the_code_unused), T(guessing_is_slow),
        T(of_two_at_once_one_wins), T(csv_is_safe_in_a_spreadsheet),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
