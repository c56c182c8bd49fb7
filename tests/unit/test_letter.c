/* Letters: told once, in the reader's language, in the planet's name; nothing of them stays readable. */
#include "tests/unit/domain_fixture.h"

#include "node/jobs/jobs.h"
#include "node/people/letter.h"
#include "node/people/notice.h"
#include "node/settings.h"

static struct letter hello(struct domain *d, int64_t account, const char *key)
{
    return (struct letter){
        .account_id = account,
        .planet_id = d->tea.id,
        .kind = "test",
        .subject = STR("Your tea is ready"),
        .text = STR("It is hot.\n\nDrink it."),
        .url = STR("https://t.example/@tea"),
        .label = STR("To the planet"),
        .once_key = str_c(key),
        .page = STR("/@tea"),
    };
}

static void a_key_is_told_once(void **state)
{
    struct domain *d = *state;
    struct notice *notices;
    struct letter *all;
    size_t n;
    bool was;
    int64_t ann = person(d);
    struct letter l = hello(d, ann, "k:1");
    OK_(letter_put(d->cx, &l));
    OK_(letter_put(d->cx, &l));
    OK_(letter_waiting(d->cx, ann, &all, &n));
    assert_int_equal(n, 1);
    CHECK_STR(all[0].text, "It is hot.\n\nDrink it.");
    CHECK_STR(all[0].url, "https://t.example/@tea");
    assert_int_equal(raw(d, "SELECT COUNT(*) FROM job WHERE kind = 'mail.letter'"), 1);
    OK_(notice_list(d->cx, ann, 0, 10, &notices, &n));
    assert_int_equal(n, 1);
    CHECK_STR(notices[0].kind, "letter");
    CHECK_STR(notices[0].from_name, "Your tea is ready");
    CHECK_STR(notices[0].from_url, "/@tea");
    OK_(letter_was_put(d->cx, STR("k:1"), &was));
    assert_true(was);
    OK_(letter_was_put(d->cx, STR("k:2"), &was));
    assert_false(was);
    assert_int_equal(raw(d, "SELECT COUNT(*) FROM letter WHERE sealed IS NULL"), 0);
}

static void what_was_rolled_back_was_not_told(void **state)
{
    struct domain *d = *state;
    int64_t ann = person(d);
    struct letter l = hello(d, ann, "k:1");
    OK_(tx_begin(d->cx));
    OK_(letter_put(d->cx, &l));
    tx_rollback(d->cx);
    assert_int_equal(raw(d, "SELECT COUNT(*) FROM letter"), 0);
    OK_(letter_put(d->cx, &l));
    assert_int_equal(raw(d, "SELECT COUNT(*) FROM notice"), 1);
}

static enum err language(struct domain *d, int64_t account, enum locale *ret)
{
    LETTER_LANGUAGE(d->cx, account, d->tea.id);
    *ret = d->cx->locale;
    return OK;
}

static void it_speaks_the_readers_language(void **state)
{
    struct domain *d = *state;
    enum locale l;
    int64_t ann = person(d);
    d->cx->locale = LOCALE_ZH_CN;
    OK_(language(d, ann, &l)); /* says none: the planet's */
    assert_int_equal(l, LOCALE_EN);
    d->cx->locale = LOCALE_EN;
    OK_(account_set_locale(d->cx, ann, STR("zh-CN")));
    OK_(language(d, ann, &l));
    assert_int_equal(l, LOCALE_ZH_CN);
    assert_int_equal(d->cx->locale, LOCALE_EN);
}

static void without_a_mail_server_it_ends_and_its_text_goes(void **state)
{
    struct domain *d = *state;
    struct letter bare = hello(d, 0, "k:3"), l = hello(d, person(d), "k:1");
    struct job job = {0};
    bare.mail = STR("friend@t.example");
    d->store->node.dev = false;
    OK_(letter_put(d->cx, &l));
    OK_(letter_put(d->cx, &bare));
    assert_int_equal(raw(d, "SELECT COUNT(*) FROM letter"), 2);
    assert_int_equal(raw(d, "SELECT COUNT(*) FROM notice"), 1); /* somebody without an account has no page */
    job.subject = raw(d, "SELECT id FROM letter WHERE once_key = 'k:1'");
    assert_int_equal(letter_run(d->cx, &job), JOB_DONE);
    assert_int_equal(letter_run(d->cx, &job), JOB_DONE); /* again, after a crash */
    assert_int_equal(raw(d, "SELECT COUNT(*) FROM letter WHERE state = 'unsent' AND sealed IS NULL"), 1);
}

static void what_cannot_be_sent_is_refused(void **state)
{
    struct domain *d = *state;
    struct letter l = hello(d, person(d), "");
    assert_int_equal(letter_put(d->cx, &l), ERR_INVALID);
    l.once_key = STR("k");
    l.text = STR("");
    assert_int_equal(letter_put(d->cx, &l), ERR_INVALID);
    l = hello(d, 0, "k");
    l.mail = STR("nobody");
    assert_int_equal(letter_put(d->cx, &l), ERR_INVALID);
}

static enum err to_owner(struct cx *cx, void *arg, struct letter *l)
{
    (void)cx;
    (void)arg;
    l->subject = STR("Look at the tray");
    l->text = STR("Something lies in it.");
    return OK;
}

static void each_owner_gets_one(void **state)
{
    struct domain *d = *state;
    struct letter *all;
    size_t n;
    int64_t bob = person(d), carl = person(d);
    OK_(role_set(d->cx, d->tea.id, bob, ROLE_OWNER));
    OK_(role_set(d->cx, d->tea.id, carl, ROLE_PARTNER));
    for (int i = 0; i < 2; i++)
        OK_(letter_to_owners(d->cx, d->tea.id, "tray", STR("tray:7"), to_owner, NULL));
    OK_(letter_waiting(d->cx, bob, &all, &n));
    assert_int_equal(n, 1);
    OK_(letter_waiting(d->cx, d->owner.id, &all, &n));
    assert_int_equal(n, 1);
    assert_int_equal(raw(d, "SELECT COUNT(*) FROM letter"), 2);
}

#define T(f) cmocka_unit_test_setup_teardown(f, domain_setup, domain_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_key_is_told_once),
        T(what_was_rolled_back_was_not_told),
        T(it_speaks_the_readers_language),
        T(without_a_mail_server_it_ends_and_its_text_goes),
        T(what_cannot_be_sent_is_refused),
        T(each_owner_gets_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
