#include "tests/unit/domain_fixture.h"

#include "node/base/turnstile.h"
#include "node/base/i18n.h"
#include "node/jobs/jobs.h"
#include "node/people/password.h"
#include "node/people/notice.h"
#include "node/people/rate.h"
#include "node/people/session.h"
#include "node/settings.h"

#include <pthread.h>

/* Ask for a link and find it where the owner would. */
static struct str ask(struct domain *d, const char *mail, const char *ip, const char *next, struct str *ret_browser)
{
    struct login_pending *list;
    size_t n;
    OK_(login_request(d->cx, str_c(mail), str_c(ip), str_c(next), ret_browser));
    OK_(login_pending_list(d->cx, &list, &n));
    assert_true(n > 0);
    CHECK_STR(list[0].mail, mail);
    struct str base = STR("https://t.example" LOGIN_PATH);
    assert_true(str_starts(list[0].url, base));
    return str_sub(list[0].url, base.n, list[0].url.n);
}

static void a_link_signs_in_once_in_its_browser(void **state)
{
    struct domain *d = *state;
    struct str browser, next;
    struct login_peek peek;
    struct account a;
    struct str token = ask(d, "ann@t.example", "1.1.1.1", "/@tea/first?x=1", &browser);
    for (int i = 0; i < 3; i++) { /* scanners look at it: nothing is consumed */
        OK_(login_peek(d->cx, token, browser, &peek));
        assert_true(peek.same_browser && peek.new_account);
        OK_(login_peek(d->cx, token, STR("somebody else's"), &peek));
        assert_false(peek.same_browser);
    }
    assert_int_equal(login_finish(d->cx, token, STR_NULL, STR_NULL, STR("1.1.1.1"), &a, &next), ERR_FORBIDDEN);
    assert_int_equal(login_finish(d->cx, token, STR_NULL, token, STR("1.1.1.1"), &a, &next), ERR_FORBIDDEN);
    OK_(login_finish(d->cx, token, STR_NULL, browser, STR("1.1.1.1"), &a, &next));
    CHECK_STR(a.username, "ann");
    CHECK_STR(next, "/@tea/first?x=1");
    assert_int_equal(login_finish(d->cx, token, STR_NULL, browser, STR("1.1.1.1"), &a, &next), ERR_NOT_FOUND);
    assert_int_equal(login_peek(d->cx, token, browser, &peek), ERR_NOT_FOUND);
    assert_int_equal(raw(d, "SELECT COUNT(*) FROM account WHERE mail_key = 'ann@t.example'"), 1);
    assert_int_equal(raw(d, "SELECT COUNT(*) FROM login_token WHERE length(token_hash) <> 32"), 0);
    assert_int_equal(RAW(d, "SELECT COUNT(*) FROM job WHERE payload LIKE '%%%s%%'", token.p), 0);

    token = ask(d, "ann@t.example", "1.1.1.1", "//evil.example", &browser);
    OK_(login_peek(d->cx, token, browser, &peek));
    assert_false(peek.new_account);
    OK_(login_finish(d->cx, token, STR_NULL, browser, STR("1.1.1.1"), &a, &next));
    assert_null(next.p);
    CHECK_STR(a.username, "ann");
}

struct opener { struct domain *d; struct str token, browser; pthread_barrier_t *start; enum err result; };

static void *open_link(void *arg)
{
    struct opener *o = arg;
    struct cx *cx = cx_new(&o->d->store->node);
    struct account a;
    struct str next;
    cx->now = o->d->cx->now;
    pthread_barrier_wait(o->start);
    o->result = login_finish(cx, o->token, STR_NULL, o->browser, STR("1.1.1.1"), &a, &next);
    cx_free(cx);
    return NULL;
}

static void a_double_click_signs_in_once(void **state)
{
    struct domain *d = *state;
    for (int i = 0; i < 15; i++) {
        struct opener o[2];
        struct str browser;
        pthread_t t[2];
        pthread_barrier_t start;
        d->cx->now += MS_HOUR;
        struct str token = ask(d, str_fmt(d->cx->arena, "c%d@t.example", i).p, "1.1.1.1", "/", &browser);
        cx_release(d->cx);
        pthread_barrier_init(&start, NULL, 2);
        for (int k = 0; k < 2; k++) {
            o[k] = (struct opener){d, token, browser, &start, ERR_INTERNAL};
            assert_int_equal(pthread_create(&t[k], NULL, open_link, &o[k]), 0);
        }
        for (int k = 0; k < 2; k++)
            pthread_join(t[k], NULL);
        pthread_barrier_destroy(&start);
        assert_int_equal(o[0].result + o[1].result, ERR_NOT_FOUND); /* one OK, one used link */
    }
    assert_int_equal(raw(d, "SELECT COUNT(*) FROM account WHERE mail LIKE 'c%'"), 15);
}

static void a_link_runs_out(void **state)
{
    struct domain *d = *state;
    struct str browser, next, code;
    struct account a;
    struct str token = ask(d, "ann@t.example", "1.1.1.1", "/", &browser);
    d->cx->now += LOGIN_MINUTES * MS_MINUTE - 1;
    OK_(login_show_code(d->cx, token, &code));
    d->cx->now += 1;
    assert_int_equal(login_show_code(d->cx, token, &code), ERR_NOT_FOUND);
    assert_int_equal(login_finish(d->cx, token, STR_NULL, browser, STR("1.1.1.1"), &a, &next), ERR_NOT_FOUND);
    assert_int_equal(login_finish(d->cx, STR_NULL, code, browser, STR("1.1.1.1"), &a, &next), ERR_INVALID);
    assert_int_equal(login_finish(d->cx, STR("short"), STR_NULL, browser, STR("1.1.1.1"), &a, &next), ERR_NOT_FOUND);
}

static void elsewhere_it_shows_a_number(void **state)
{
    struct domain *d = *state;
    struct str browser, next, code, twice;
    struct account a;
    struct str token = ask(d, "ann@t.example", "1.1.1.1", "/", &browser);
    /* before it was shown no number works */
    assert_int_equal(login_finish(d->cx, STR_NULL, STR("000000"), browser, STR("1.1.1.1"), &a, &next), ERR_INVALID);
    OK_(login_show_code(d->cx, token, &code));
    OK_(login_show_code(d->cx, token, &twice));
    assert_int_equal(code.n, 6);
    assert_true(str_eq(code, twice));
    char wrong[7] = {0};
    memcpy(wrong, code.p, 6);
    wrong[5] = wrong[5] == '9' ? '0' : (char)(wrong[5] + 1);
    assert_int_equal(login_finish(d->cx, STR_NULL, str_c(wrong), browser, STR("1.1.1.1"), &a, &next), ERR_INVALID);
    assert_int_equal(login_finish(d->cx, STR_NULL, code, STR("another"), STR("2.1.1.1"), &a, &next), ERR_INVALID);
    struct str spaced = str_fmt(d->cx->arena, "%.3s %.3s", code.p, code.p + 3);
    OK_(login_finish(d->cx, STR_NULL, spaced, browser, STR("1.1.1.1"), &a, &next));
    assert_int_equal(login_finish(d->cx, STR_NULL, code, browser, STR("1.1.1.1"), &a, &next), ERR_INVALID);

    token = ask(d, "ben@t.example", "1.1.1.1", "/", &browser); /* five tries, from wherever */
    OK_(login_show_code(d->cx, token, &code));
    memcpy(wrong, code.p, 6);
    wrong[0] = wrong[0] == '9' ? '0' : (char)(wrong[0] + 1);
    for (int i = 0; i < LOGIN_CODE_TRIES; i++) {
        struct str ip = str_fmt(d->cx->arena, "5.5.%d.1", i);
        assert_int_equal(login_finish(d->cx, STR_NULL, str_c(wrong), browser, ip, &a, &next), ERR_INVALID);
    }
    assert_int_equal(login_finish(d->cx, STR_NULL, code, browser, STR("6.6.6.6"), &a, &next), ERR_INVALID);
    for (int i = 0; i < 5; i++)
        (void)!login_finish(d->cx, STR_NULL, code, browser, STR("7.7.7.7"), &a, &next);
    assert_int_equal(login_finish(d->cx, STR_NULL, code, browser, STR("7.7.7.9"), &a, &next), ERR_RATE_LIMITED);
}

static void asking_is_limited_and_tells_nothing(void **state)
{
    struct domain *d = *state;
    struct str browser;
    for (int i = 0; i < 3; i++) {
        struct str ip = str_fmt(d->cx->arena, "3.3.%d.1", i);
        OK_(login_request(d->cx, STR("olga@t.example"), ip, STR_NULL, &browser));
        OK_(login_request(d->cx, STR("nobody@t.example"), ip, STR_NULL, &browser));
    }
    assert_int_equal(login_request(d->cx, STR("Olga@T.example"), STR("4.1.1.1"), STR_NULL, &browser), ERR_RATE_LIMITED);
    assert_int_equal(login_request(d->cx, STR("nobody@t.example"), STR("4.1.1.1"), STR_NULL, &browser), ERR_RATE_LIMITED);
    store_reopen(d->store);
    assert_int_equal(login_request(d->cx, STR("olga@t.example"), STR("4.2.1.1"), STR_NULL, &browser), ERR_RATE_LIMITED);
    d->cx->now += d->cx->retry_after_s * 1000;
    OK_(login_request(d->cx, STR("olga@t.example"), STR("4.2.1.1"), STR_NULL, &browser));
    for (int i = 0; i < 10; i++) {
        struct str mail = str_fmt(d->cx->arena, "x%d@t.example", i);
        OK_(login_request(d->cx, mail, str_fmt(d->cx->arena, "8.8.8.%d", i), STR_NULL, &browser));
    }
    assert_int_equal(login_request(d->cx, STR("y@t.example"), STR("8.8.8.200"), STR_NULL, &browser), ERR_RATE_LIMITED);
    static const char *const bad[] = {"", "a", "a@", "@b.c", "a@b", "a b@c.d", "a@b..c", "a@b.c\nBcc: x@y.z", "a@b@c.d",
                                      "\"a\"@b.c", "a@-b.c", "ä@b.c"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(login_request(d->cx, str_c(bad[i]), STR("9.9.9.9"), STR_NULL, &browser), ERR_INVALID);
}

/* Two letters that differ in case only may be two people to their mail server. */
static void the_link_goes_to_the_address_of_the_account(void **state)
{
    struct domain *d = *state;
    struct login_pending *list;
    struct str browser;
    size_t n;
    OK_(login_request(d->cx, STR("OLGA@T.example"), STR("1.1.1.1"), STR_NULL, &browser));
    OK_(login_pending_list(d->cx, &list, &n));
    CHECK_STR(list[0].mail, "olga@t.example"); /* the same person */
}

static void paths_that_lead_away_are_dropped(void **state)
{
    struct domain *d = *state;
    static const char *const away[] = {"https://evil.example/", "//evil.example", "/\\evil.example", "evil",
                                       "/a\r\nSet-Cookie: x", "javascript:1", "/a b", "/\t/evil.example"};
    for (size_t i = 0; i < sizeof away / sizeof *away; i++) {
        struct str browser, next;
        struct account a;
        const char *mail = str_fmt(d->cx->arena, "n%d@t.example", (int)i).p;
        const char *ip = str_fmt(d->cx->arena, "1.1.%d.1", (int)i).p;
        struct str token = ask(d, mail, ip, away[i], &browser);
        OK_(login_finish(d->cx, token, STR_NULL, browser, STR("1.1.1.1"), &a, &next));
        assert_null(next.p);
    }
}

static void the_owners_link_works_anywhere_once(void **state)
{
    struct domain *d = *state;
    struct str url, next;
    struct account a;
    OK_(login_make_link(d->cx, d->owner.id, &url));
    struct str token = str_sub(url, strlen("https://t.example" LOGIN_PATH), url.n);
    d->cx->now += LOGIN_LINK_HOURS * MS_HOUR - 1;
    OK_(login_finish(d->cx, token, STR_NULL, STR_NULL, STR("1.1.1.1"), &a, &next));
    assert_int_equal(a.id, d->owner.id);
    assert_int_equal(login_finish(d->cx, token, STR_NULL, STR_NULL, STR("1.1.1.1"), &a, &next), ERR_NOT_FOUND);
    int64_t who = person(d);
    OK_(login_make_link(d->cx, who, &url));
    OK_(account_set_state(d->cx, who, STR("suspended")));
    token = str_sub(url, strlen("https://t.example" LOGIN_PATH), url.n);
    assert_int_equal(login_finish(d->cx, token, STR_NULL, STR_NULL, STR("1.1.1.1"), &a, &next), ERR_FORBIDDEN);
}

static void without_a_mail_server_the_owner_sees_the_link(void **state)
{
    struct domain *d = *state;
    struct login_pending *list;
    size_t n;
    struct str browser;
    d->store->node.dev = false;
    (void)ask(d, "ann@t.example", "1.1.1.1", "/", &browser);
    d->cx->now += 1000;
    assert_int_equal(jobs_run_due(d->cx), 1);
    assert_int_equal(raw(d, "SELECT COUNT(*) FROM job WHERE state = 'resting' AND last_error LIKE '%no mail server%'"), 1);
    OK_(login_pending_list(d->cx, &list, &n));
    assert_int_equal(n, 1);
    OK_(setting_set(d->cx, STR("mail.smtp_url"), STR("smtp://127.0.0.1:1")));
    (void)ask(d, "ben@t.example", "1.1.1.2", "/", &browser);
    d->cx->now += 1000;
    assert_int_equal(jobs_run_due(d->cx), 1); /* a mail server that is away: tried again later */
    assert_int_equal(raw(d, "SELECT COUNT(*) FROM job WHERE state = 'ready' AND attempts = 1"), 1);
    raw(d, "DELETE FROM job WHERE state = 'ready'");
    d->cx->viewer = person(d);
    assert_int_equal(login_pending_list(d->cx, &list, &n), ERR_FORBIDDEN);
    d->cx->viewer = d->owner.id;
    OK_(login_pending_list(d->cx, &list, &n));
    d->cx->viewer = 0;
    d->cx->now += MS_HOUR;
    OK_(login_pending_list(d->cx, &list, &n));
    assert_int_equal(n, 0);
}

static void sessions_slide_and_end(void **state)
{
    struct domain *d = *state;
    struct session s, found, *list;
    struct account a;
    struct str token, other;
    size_t n;
    int64_t start = d->cx->now;
    OK_(session_create(d->cx, d->owner.id, STR("Firefox"), STR("1.2.3.4"), &token, &s));
    OK_(session_find(d->cx, token, &found, &a));
    assert_int_equal(a.id, d->owner.id);
    assert_int_equal(found.id, s.id);
    assert_true(s.csrf.n >= 32 && str_eq(found.csrf, s.csrf));
    assert_int_equal(session_find(d->cx, STR("not a token but long enough"), &found, &a), ERR_NOT_FOUND);
    assert_int_equal(raw(d, "SELECT COUNT(*) FROM session WHERE length(token_hash) <> 32"), 0);

    d->cx->now = start + MS_HOUR; /* within the hour nothing is written */
    OK_(session_find(d->cx, token, &found, &a));
    assert_int_equal(found.seen_at, start);
    d->cx->now = start + 29 * MS_DAY;
    OK_(session_find(d->cx, token, &found, &a));
    assert_int_equal(found.expires_at, d->cx->now + SESSION_DAYS * MS_DAY);
    d->cx->now = found.expires_at - 1;
    OK_(session_find(d->cx, token, &found, &a));
    d->cx->now = found.expires_at;
    assert_int_equal(session_find(d->cx, token, &found, &a), ERR_NOT_FOUND);

    OK_(session_create(d->cx, d->owner.id, STR("A"), STR("1.2.3.4"), &token, &s));
    OK_(session_create(d->cx, d->owner.id, STR("B"), STR("1.2.3.4"), &other, &found));
    OK_(session_list(d->cx, d->owner.id, &list, &n));
    assert_int_equal(n, 2);
    assert_int_equal(session_end(d->cx, d->owner.id + 1, s.id), ERR_NOT_FOUND);
    OK_(session_end_others(d->cx, d->owner.id, s.id));
    assert_int_equal(session_find(d->cx, other, &found, &a), ERR_NOT_FOUND);
    OK_(session_find(d->cx, token, &found, &a));
    OK_(session_end(d->cx, d->owner.id, s.id));
    assert_int_equal(session_find(d->cx, token, &found, &a), ERR_NOT_FOUND);
    OK_(session_create(d->cx, d->owner.id, STR("A"), STR("1.2.3.4"), &token, &s));
    OK_(account_set_state(d->cx, d->owner.id, STR("suspended")));
    assert_int_equal(session_find(d->cx, token, &found, &a), ERR_NOT_FOUND);
}

static void passwords(void **state)
{
    struct domain *d = *state;
    struct account a;
    struct session s;
    struct str keep, end;
    struct str ip = STR("1.1.1.1"), mail = STR("olga@t.example");
    int64_t me = d->owner.id;
    static const char *const bad[] = {"short", "1234567890", "aaaaaaaaaaaaaa", "olga@t.example", "\xff\xfe..........."};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(account_set_password(d->cx, me, STR_NULL, str_c(bad[i]), 0), ERR_INVALID);
    OK_(session_create(d->cx, me, STR("A"), ip, &keep, &s));
    OK_(session_create(d->cx, me, STR("B"), ip, &end, &s));
    OK_(session_find(d->cx, keep, &s, &a));
    d->cx->viewer = me;
    OK_(account_set_password(d->cx, me, STR_NULL, STR("a quiet caf\xc3\xa9 by the sea"), s.id));
    OK_(session_find(d->cx, keep, &s, &a));
    assert_true(a.has_password);
    assert_int_equal(session_find(d->cx, end, &s, &a), ERR_NOT_FOUND);
    assert_int_equal(account_set_password(d->cx, me, STR("wrong wrong wrong"), STR("another long one"), 0), ERR_INVALID);
    d->cx->viewer = 0;
    /* e with a combining accent is the same word (NFKC) */
    OK_(login_password(d->cx, STR(" OLGA@t.example "), STR("a quiet cafe\xcc\x81 by the sea"), ip, &a));
    assert_int_equal(a.id, me);
    assert_int_equal(login_password(d->cx, mail, STR("wrong wrong wrong"), ip, &a), ERR_UNAUTHENTICATED);
    const char *said = d->cx->tell;
    assert_int_equal(login_password(d->cx, STR("nobody@t.example"), STR("wrong wrong wrong"), ip, &a), ERR_UNAUTHENTICATED);
    assert_string_equal(said, d->cx->tell);
    for (int i = 0; i < 7; i++)
        (void)!login_password(d->cx, STR("x@t.example"), STR("wrong wrong wrong"), ip, &a);
    assert_int_equal(login_password(d->cx, mail, STR("a quiet caf\xc3\xa9 by the sea"), ip, &a), ERR_RATE_LIMITED);
    assert_int_equal(raw(d, "SELECT COUNT(*) FROM account WHERE is_owner = 1 AND password LIKE '$argon2id$%'"), 1);
    d->cx->viewer = person(d);
    assert_int_equal(account_set_password(d->cx, me, STR_NULL, STR("a long enough one"), 0), ERR_FORBIDDEN);
}

static void two_hash_at_once_and_a_crowd_is_told_to_wait(void **state)
{
    struct domain *d = *state;
    struct str encoded;
    d->server.hashing = turnstile_new(2, 0);
    assert_true(turnstile_enter(d->server.hashing, 0));
    OK_(password_hash(d->cx, STR("a long enough one"), &encoded));
    assert_true(turnstile_enter(d->server.hashing, 0));
    assert_int_equal(password_hash(d->cx, STR("a long enough one"), &encoded), ERR_BUSY);
    assert_true(d->cx->retry_after_s > 0);
    turnstile_leave(d->server.hashing);
    OK_(password_hash(d->cx, STR("a long enough one"), &encoded));
    turnstile_leave(d->server.hashing);
    d->server.hashing = turnstile_free(d->server.hashing);
}

/* No span of the window's length ever holds more than max, wherever it begins. */
static void rate_windows_hold_at_every_moment(void **state)
{
    struct domain *d = *state;
    enum { HITS = 400 };
    int64_t allowed[HITS];
    int n = 0;
    srand(5);
    for (int i = 0; i < HITS; i++) {
        d->cx->now += rand() % (4 * MS_SECOND);
        enum err e = rate_hit(d->cx, "test", STR("me"), MS_MINUTE, 7);
        if (e == OK)
            allowed[n++] = d->cx->now;
        else
            assert_int_equal(e, ERR_RATE_LIMITED);
    }
    assert_true(n > 50); /* it is not simply shut */
    for (int i = 7; i < n; i++)
        assert_true(allowed[i] - allowed[i - 7] >= MS_MINUTE);
    OK_(rate_hit(d->cx, "test", STR("you"), MS_MINUTE, 1));
    assert_int_equal(rate_check(d->cx, "test", STR("you"), MS_MINUTE, 1), ERR_RATE_LIMITED);
    OK_(rate_check(d->cx, "other", STR("you"), MS_MINUTE, 1));
    d->cx->now += 3 * MS_DAY;
    OK_(rate_hit(d->cx, "test", STR("x"), MS_MINUTE, 1));
    assert_int_equal(raw(d, "SELECT COUNT(*) FROM rate_window"), 1); /* what is over is forgotten */
    struct arena *a = d->cx->arena;
    CHECK_STR(rate_ip(a, STR("1.2.3.4"), false), "1.2.3.4");
    CHECK_STR(rate_ip(a, STR("1.2.3.4"), true), "1.2.3");
    CHECK_STR(rate_ip(a, STR("::ffff:1.2.3.4"), true), "1.2.3");
    assert_true(str_eq(rate_ip(a, STR("2001:db8:1:2::1"), false), rate_ip(a, STR("2001:db8:1:2:ffff::9"), false)));
    assert_false(str_eq(rate_ip(a, STR("2001:db8:1:2::1"), false), rate_ip(a, STR("2001:db8:1:3::1"), false)));
    assert_true(str_eq(rate_ip(a, STR("2001:db8:1:2::1"), true), rate_ip(a, STR("2001:db8:1:99::1"), true)));
}

static void notices_are_put_once_and_read(void **state)
{
    struct domain *d = *state;
    struct notice *list;
    size_t n;
    int64_t unread, me = d->owner.id;
    for (int i = 0; i < 3; i++)
        OK_(notice_put(d->cx, me, "like", 5, DB_NULL, STR("Ann"), STR("https://far.example/ann")));
    OK_(notice_put(d->cx, me, "like", 6, DB_NULL, STR("Ann"), STR_NULL));
    OK_(notice_put(d->cx, me, "reply", 5, 7, STR("Ben"), STR_NULL));
    assert_int_equal(notice_put(d->cx, me, "party", 5, 7, STR("Ben"), STR_NULL), ERR_INVALID);
    OK_(notice_count_unread(d->cx, me, &unread));
    assert_int_equal(unread, 3);
    OK_(notice_list(d->cx, me, 0, 2, &list, &n));
    assert_int_equal(n, 2);
    CHECK_STR(list[0].kind, "reply");
    assert_int_equal(list[0].comment_id, 7);
    int64_t second = list[1].id;
    OK_(notice_list(d->cx, me, second, 10, &list, &n));
    assert_int_equal(n, 1);
    OK_(notice_mark_read(d->cx, me, second));
    OK_(notice_count_unread(d->cx, me, &unread));
    assert_int_equal(unread, 1);
    OK_(notice_mark_read(d->cx, me, 0));
    OK_(notice_count_unread(d->cx, me, &unread));
    assert_int_equal(unread, 0);
}

static void accounts_have_rules(void **state)
{
    struct domain *d = *state;
    struct account a, b;
    OK_(account_create(d->cx, STR("Zo\x65.B-C+tag@t.example"), STR_NULL, STR_NULL, false, &a));
    CHECK_STR(a.username, "zoe_b_c");
    OK_(account_create(d->cx, STR("zoe.b.c@other.example"), STR_NULL, STR("Zo\xc3\xab"), false, &b));
    CHECK_STR(b.username, "zoe_b_c2");
    assert_int_equal(account_create(d->cx, STR("ZOE.b-c+tag@T.EXAMPLE"), STR_NULL, STR_NULL, false, &b), ERR_CONFLICT);
    OK_(account_create(d->cx, STR("tea@t.example"), STR_NULL, STR_NULL, false, &b)); /* a planet is called so */
    CHECK_STR(b.username, "tea2");
    assert_int_equal(account_create(d->cx, STR("x@t.example"), STR("tea"), STR("X"), false, &b), ERR_CONFLICT);
    assert_int_equal(account_create(d->cx, STR("x@t.example"), STR("Bad Name"), STR("X"), false, &b), ERR_INVALID);
    assert_int_equal(account_update_profile(d->cx, a.id, STR("  "), STR_NULL, DB_NULL), ERR_INVALID);
    assert_int_equal(account_update_profile(d->cx, a.id, STR("two\nlines"), STR_NULL, DB_NULL), ERR_INVALID);
    OK_(account_update_profile(d->cx, a.id, STR(" \xe8\x8c\xb6\xe5\xae\xa2 "), STR("bio"), DB_NULL));
    OK_(account_by_username(d->cx, STR("ZOE_B_C"), &a));
    CHECK_STR(a.name, "\xe8\x8c\xb6\xe5\xae\xa2");
    OK_(account_set_locale(d->cx, a.id, STR("zh-CN")));
    assert_int_equal(account_set_locale(d->cx, a.id, STR("tlh")), ERR_INVALID);
    d->cx->viewer = a.id;
    assert_int_equal(account_update_profile(d->cx, d->owner.id, STR("x"), STR_NULL, DB_NULL), ERR_FORBIDDEN);
    assert_int_equal(account_set_state(d->cx, d->owner.id, STR("suspended")), ERR_FORBIDDEN);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, domain_setup, domain_teardown)
    const struct CMUnitTest tests[] = {
        T(a_link_signs_in_once_in_its_browser), T(a_double_click_signs_in_once), T(a_link_runs_out), T(elsewhere_it_shows_a_number),
        T(asking_is_limited_and_tells_nothing), T(paths_that_lead_away_are_dropped),
        T(the_link_goes_to_the_address_of_the_account),
        T(the_owners_link_works_anywhere_once), T(without_a_mail_server_the_owner_sees_the_link),
        T(sessions_slide_and_end), T(passwords), T(two_hash_at_once_and_a_crowd_is_told_to_wait),
        T(rate_windows_hold_at_every_moment), T(notices_are_put_once_and_read),
        T(accounts_have_rules),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
