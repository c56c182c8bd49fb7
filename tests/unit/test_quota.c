/* What a plan allows, asked by the verbs themselves. The limits are the node's; nothing is half-done. */
#include "node/quota.h"

#include <sys/stat.h>

#include "node/media/media.h"
#include "node/money/redeem.h"
#include "node/money/rail.h"
#include "node/people/session.h"
#include "node/talk/post.h"
#include "tests/unit/domain_fixture.h"

static enum err grant(struct domain *d, int64_t who, int64_t tier_id)
{
    d->cx->viewer = d->owner.id;
    d->cx->tell = NULL;
    return membership_grant(d->cx, d->tea.id, who, tier_id, "comp", d->cx->now, d->cx->now + MS_DAY, DB_NULL,
                            DB_NULL, NULL);
}

static void told(struct domain *d, const char *words)
{
    assert_non_null(d->cx->tell);
    if (strstr(d->cx->tell, words) == NULL)
        fail_msg("told: %s", d->cx->tell);
}

static void members_are_counted_once_and_while_they_last(void **state)
{
    struct domain *d = *state;
    int64_t a = person(d), b = person(d), c = person(d);
    d->store->node.quota.members = 2;
    OK_(grant(d, a, d->member.id));
    OK_(grant(d, b, d->member.id));
    assert_int_equal(grant(d, c, d->member.id), ERR_CONFLICT);
    told(d, "room for 2 members");
    assert_int_equal(RAW(d, "SELECT COUNT(*) FROM member_grant WHERE account_id = %lld", (long long)c), 0);
    OK_(grant(d, a, d->gold.id)); /* takes no further room */
    d->cx->now += 2 * MS_DAY;      /* all have ended */
    OK_(grant(d, c, d->member.id));
    d->store->node.quota.members = 1;
    assert_int_equal(grant(d, b, d->member.id), ERR_CONFLICT); /* a smaller plan takes nothing away */
    d->store->node.quota.members = 0;
    OK_(grant(d, b, d->member.id));
}

static void who_has_no_room_is_not_asked_for_money(void **state)
{
    struct domain *d = *state;
    struct order o;
    struct str url;
    int64_t a = person(d), b = person(d), id;
    d->store->node.quota.members = 1;
    d->cx->viewer = 0;
    OK_(order_open(d->cx, a, d->month.id, "fake", &o));
    OK_(grant(d, b, d->member.id));
    d->cx->viewer = 0;
    assert_int_equal(order_open(d->cx, person(d), d->month.id, "fake", &o), ERR_CONFLICT);
    told(d, "room for 1 members");
    assert_int_equal(trial_start(d->cx, person(d), d->month.id, &id), ERR_CONFLICT);
    /* The first one is on the way to the till, and will be let in. */
    OK_(rail_checkout(d->cx, o.number, &url));
}

static void files_fit_or_leave_nothing(void **state)
{
    struct domain *d = *state;
    struct media m;
    d->store->node.quota.storage_bytes = 2500000;
    char *big = arena_alloc(d->cx->arena, 1500000);
    struct str bytes = {big, 1500000};
    OK_(media_add_file(d->cx, d->owner.id, DB_NULL, bytes, STR("a.bin"), STR_NULL, &m));
    big[0] = 'x';
    assert_int_equal(media_add_file(d->cx, d->owner.id, DB_NULL, bytes, STR("b.bin"), STR_NULL, &m), ERR_CONFLICT);
    told(d, "may keep 2.5 MB");
    told(d, "has 1.5 MB");
    assert_int_equal(RAW(d, "SELECT COUNT(*) FROM media"), 1);
    assert_int_equal(RAW(d, "SELECT COUNT(*) FROM media_hold"), 0);
    bytes.n = 1000000;
    OK_(media_add_file(d->cx, d->owner.id, DB_NULL, bytes, STR("c.bin"), STR_NULL, &m)); /* to the last byte */
    bytes.n = 1;
    assert_int_equal(media_add_file(d->cx, d->owner.id, DB_NULL, bytes, STR("d.bin"), STR_NULL, &m), ERR_CONFLICT);
}

static enum err publish(struct domain *d, int64_t *ret_id)
{
    struct post_draft draft = {.planet_id = d->tea.id, .title = STR("T"), .body = STR("b"), .teaser = STR("t"),
                               .access = GATE_PUBLIC};
    struct post p;
    d->cx->viewer = d->owner.id;
    d->cx->tell = NULL;
    OK_(post_save(d->cx, &draft, &p));
    *ret_id = p.id;
    return post_publish(d->cx, p.id, true, &p);
}

static void posts_of_a_day(void **state)
{
    struct domain *d = *state;
    struct post p;
    int64_t first, id;
    d->store->node.quota.posts_a_day = 2;
    OK_(publish(d, &first));
    d->cx->now += MS_HOUR;
    OK_(publish(d, &id));
    OK_(post_delete(d->cx, id)); /* gives no place back */
    assert_int_equal(publish(d, &id), ERR_RATE_LIMITED);
    told(d, "2 posts in 24 hours");
    told(d, "2027-02-01 10:00 UTC");
    assert_in_range(d->cx->retry_after_s, 23 * 3600, 23 * 3600 + 1);
    OK_(post_by_id(d->cx, id, &p));
    CHECK_STR(p.state, "draft");
    OK_(post_publish(d->cx, first, true, &p)); /* is out already */
    d->cx->now += 23 * MS_HOUR + 1;
    OK_(post_publish(d->cx, id, true, &p));
    assert_int_equal(publish(d, &id), ERR_RATE_LIMITED);
}

static enum err ask(struct domain *d, const char *mail)
{
    struct str browser, ip = str_fmt(d->cx->arena, "192.0.2.%d", d->n_people++ % 250 + 1);
    d->cx->viewer = 0;
    d->cx->tell = NULL;
    return login_request(d->cx, str_c(mail), ip, STR_NULL, &browser);
}

static void mails_of_a_day_and_the_owner_gets_in(void **state)
{
    struct domain *d = *state;
    d->store->node.quota.mails_a_day = 3;
    OK_(ask(d, "a@t.example"));
    d->cx->now += MS_HOUR;
    OK_(ask(d, "b@t.example"));
    OK_(ask(d, "c@t.example"));
    assert_int_equal(ask(d, "d@t.example"), ERR_RATE_LIMITED);
    told(d, "3 mails in 24 hours");
    told(d, "2027-02-01 10:00 UTC");
    assert_int_equal(RAW(d, "SELECT COUNT(*) FROM login_token"), 3);
    assert_int_equal(RAW(d, "SELECT COUNT(*) FROM job WHERE kind = 'mail.login'"), 3);
    OK_(ask(d, "olga@t.example"));
    assert_int_equal(RAW(d, "SELECT SUM(n) FROM quota_mail"), 4);
    assert_int_equal(ask(d, "d@t.example"), ERR_RATE_LIMITED);
    d->cx->now += 25 * MS_HOUR;
    OK_(ask(d, "d@t.example"));
    assert_int_equal(RAW(d, "SELECT COUNT(*) FROM quota_mail"), 1); /* the old hours are forgotten */
}

static void without_a_plan_nothing_is_counted(void **state)
{
    struct domain *d = *state;
    int64_t id;
    OK_(quota_check(d->cx, QUOTA_MEMBERS, INT64_MAX));
    OK_(ask(d, "a@t.example"));
    OK_(publish(d, &id));
    OK_(grant(d, person(d), d->member.id));
    assert_int_equal(RAW(d, "SELECT COUNT(*) FROM quota_mail"), 0);
}

static void codes_wait_for_room(void **state)
{
    struct domain *d = *state;
    int64_t a = person(d), b = person(d);
    struct code_batch batch;
    struct redeemed r;
    struct str *codes;
    d->cx->viewer = d->owner.id;
    OK_(code_batch_create(d->cx, d->tea.id, d->member.id, STR("spring"), STR("month"), 1, 1, DB_NULL, 3, &codes,
                          &batch));
    d->cx->viewer = 0;
    d->store->node.quota.members = 1;
    OK_(code_redeem(d->cx, a, codes[0], STR("192.0.2.1"), &r));
    OK_(code_redeem(d->cx, a, codes[1], STR("192.0.2.1"), &r)); /* more time, no more room */
    d->cx->locale = LOCALE_ZH_CN;
    assert_int_equal(code_redeem(d->cx, b, codes[2], STR("192.0.2.2"), &r), ERR_CONFLICT);
    told(d, "成员");
    d->store->node.quota.members = 2;
    OK_(code_redeem(d->cx, b, codes[2], STR("192.0.2.2"), &r)); /* it was not used up */
}

static int teardown(void **state)
{
    struct domain *d = *state;
    store_clear_media(d->store);
    return domain_teardown(state);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, domain_setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(members_are_counted_once_and_while_they_last),
        TEST(who_has_no_room_is_not_asked_for_money),
        TEST(files_fit_or_leave_nothing),
        TEST(posts_of_a_day),
        TEST(mails_of_a_day_and_the_owner_gets_in),
        TEST(without_a_plan_nothing_is_counted),
        TEST(codes_wait_for_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
