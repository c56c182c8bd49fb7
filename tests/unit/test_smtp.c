#include "node/net/smtp.h"

#include "node/base/arena.h"
#include "node/base/buf.h"
#include "node/base/crypt.h"
#include "node/cx.h"

#include <string.h>

#include "tests/unit/loopback.h"
#include "tests/unit/unit.h"

#define NOW INT64_C(1795161600000) /* 20 Nov 2026 08:00 UTC */

/* A submission server of one connection. What it refuses with is set by the test. */
struct post_office {
    int fd, port;
    pthread_t thread;
    const char *rcpt_reply, *data_reply;
    bool starttls;
    char heard[32768];
    size_t n;
};

static bool say(int fd, const char *line)
{
    return loopback_put(fd, line, strlen(line));
}

/* One line into the log; false at the end. */
static bool hear(struct post_office *p, int fd, char **ret_line)
{
    *ret_line = p->heard + p->n;
    for (char c; p->n < sizeof p->heard - 1 && recv(fd, &c, 1, 0) == 1;) {
        p->heard[p->n++] = c;
        p->heard[p->n] = '\0';
        if (c == '\n')
            return true;
    }
    return false;
}

static void talk(struct post_office *p, int fd)
{
    char *line;
    bool in_data = false;
    say(fd, "220 office ESMTP\r\n");
    while (hear(p, fd, &line)) {
        if (in_data) {
            if (strcmp(line, ".\r\n") != 0)
                continue;
            in_data = false;
            say(fd, p->data_reply);
        } else if (strncmp(line, "EHLO", 4) == 0) {
            say(fd, p->starttls ? "250-office\r\n250 STARTTLS\r\n" : "250 office\r\n");
        } else if (strncmp(line, "RCPT", 4) == 0) {
            say(fd, p->rcpt_reply);
        } else if (strncmp(line, "DATA", 4) == 0) {
            say(fd, "354 go on\r\n");
            in_data = true;
        } else if (strncmp(line, "QUIT", 4) == 0) {
            say(fd, "221 bye\r\n");
        } else {
            say(fd, "250 ok\r\n");
        }
    }
}

static void *office(void *arg)
{
    struct post_office *p = arg;
    int fd = accept(p->fd, NULL, NULL);
    if (fd >= 0) {
        talk(p, fd);
        close(fd);
    }
    return NULL;
}

struct fixture {
    struct cx cx;
    struct post_office office;
    struct str url;
};

static int begin(void **state)
{
    struct fixture *x = test_calloc(1, sizeof *x);
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof in;
    struct post_office *p = &x->office;
    x->cx.arena = arena_new();
    x->cx.now = NOW;
    p->rcpt_reply = p->data_reply = "250 ok\r\n";
    p->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(p->fd, (struct sockaddr *)&in, sizeof in), 0);
    assert_int_equal(listen(p->fd, 8), 0);
    assert_int_equal(getsockname(p->fd, (struct sockaddr *)&in, &n), 0);
    p->port = ntohs(in.sin_port);
    assert_int_equal(pthread_create(&p->thread, NULL, office, p), 0);
    x->url = str_fmt(x->cx.arena, "smtp://127.0.0.1:%d", p->port);
    *state = x;
    return 0;
}

/* After this the log may be read. */
static void close_office(struct fixture *x)
{
    if (x->office.fd < 0)
        return;
    shutdown(x->office.fd, SHUT_RDWR);
    pthread_join(x->office.thread, NULL);
    close(x->office.fd);
    x->office.fd = -1;
}

static int end(void **state)
{
    struct fixture *x = *state;
    close_office(x);
    arena_free(x->cx.arena);
    test_free(x);
    return 0;
}

static struct mail letter(void)
{
    return (struct mail){
        .to = STR("reader@b.example"),
        .from = STR("茶 Tea, \"House\" <tea@a.example>"),
        .subject = STR("新文章：今年的第一批正山小种到了，欢迎大家来品尝 and some English words too"),
        .text = STR("Hello\n.\nHello\n"),
        .html = STR("<p>Hello</p>"),
        .list_unsubscribe = STR("https://a.example/leave?k=v"),
    };
}

static void a_mail_is_handed_over(void **state)
{
    struct fixture *x = *state;
    struct mail m = letter();
    assert_int_equal(smtp_send(&x->cx, x->url, &m), OK);
    close_office(x);
    struct str heard = str_c(x->office.heard);
    assert_true(str_contains(heard, STR("EHLO a.example\r\n")));
    assert_true(str_contains(heard, STR("MAIL FROM:<tea@a.example>")));
    assert_true(str_contains(heard, STR("RCPT TO:<reader@b.example>\r\n")));
    assert_true(str_contains(heard, STR("\r\nTo: <reader@b.example>\r\n")));
    assert_true(str_contains(heard, STR("\r\nDate: Fri, 20 Nov 2026 08:00:00 +0000\r\n")));
    assert_true(str_contains(heard, STR("\r\nList-Unsubscribe-Post: ")));
    assert_true(str_contains(heard, STR("@a.example>\r\n")));
}

static void refusals_are_told_apart(void **state)
{
    struct fixture *x = *state;
    struct mail m = letter();
    x->office.rcpt_reply = "550 no such user\r\n";
    assert_int_equal(smtp_send(&x->cx, x->url, &m), ERR_INVALID);
    assert_non_null(x->cx.fail);
    assert_null(strstr(x->cx.fail, "reader"));
}

static void a_busy_server_may_be_asked_again(void **state)
{
    struct fixture *x = *state;
    struct mail m = letter();
    x->office.rcpt_reply = "451 greylisted\r\n";
    assert_int_equal(smtp_send(&x->cx, x->url, &m), ERR_UPSTREAM);
}

static void a_refused_text_is_final(void **state)
{
    struct fixture *x = *state;
    struct mail m = letter();
    x->office.data_reply = "554 looks like spam\r\n";
    assert_int_equal(smtp_send(&x->cx, x->url, &m), ERR_INVALID);
}

static void a_late_busy_server_too(void **state)
{
    struct fixture *x = *state;
    struct mail m = letter();
    x->office.data_reply = "452 out of space\r\n";
    assert_int_equal(smtp_send(&x->cx, x->url, &m), ERR_UPSTREAM);
}

static void no_server_is_temporary(void **state)
{
    struct fixture *x = *state;
    struct mail m = letter();
    assert_int_equal(smtp_send(&x->cx, STR("smtp://127.0.0.1:1"), &m), ERR_UPSTREAM);
    assert_int_equal(smtp_send(&x->cx, STR("http://127.0.0.1:1"), &m), ERR_UPSTREAM);
    assert_int_equal(smtp_send(&x->cx, STR(""), &m), ERR_UPSTREAM);
}

static void addresses_are_checked(void **state)
{
    (void)state;
    static const char *const good[] = {"a@b.example", "a.b+c@sub.b-c.example", "root@localhost",
                                       "O'Neil_1@b.example"};
    static const char *const bad[] = {
        "", "a", "@b.example", "a@", "a@b", "a@b@c.example", "a b@c.example", "a@b.example\r\nX: y",
        "a@b.example\n", "<a@b.example>", "a@b..example", "a@.example", "a@b.example.",
        ".a@b.example", "a.@b.example", "a..b@c.example", "a,b@c.example", "a@-b.example",
        "a@b_c.example", "\"a b\"@c.example", "é@b.example", "a@é.example", "a@[127.0.0.1]",
        "-oQ@b.example", "a;b@c.example", "a@b.example,c@d.example", "a@b.exa/mple",
    };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        if (!smtp_address_ok(str_c(good[i])))
            fail_msg("refused: %s", good[i]);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (smtp_address_ok(str_c(bad[i])))
            fail_msg("accepted: %s", bad[i]);
    char local[300];
    memset(local, 'a', sizeof local);
    memcpy(local + 64, "@b.example", 10);
    assert_true(smtp_address_ok((struct str){local, 74}));
    memset(local, 'a', sizeof local);
    memcpy(local + 65, "@b.example", 10);
    assert_false(smtp_address_ok((struct str){local, 75}));
}

static struct str compose(struct fixture *x, const struct mail *m)
{
    struct buf b;
    buf_init_arena(&b, x->cx.arena, 1 << 20);
    assert_int_equal(smtp_compose(x->cx.arena, m, NOW, &b), OK);
    return buf_str(&b);
}

/* All lines ASCII, at most 78 characters in the head and 76 in the parts; CR only before LF. */
static void lines_are_lawful(struct str s)
{
    struct str rest = s, line;
    while (str_next(&rest, '\n', &line)) {
        if (rest.p == NULL)
            break;
        assert_true(line.n >= 1 && line.p[line.n - 1] == '\r');
        line.n--;
        assert_true(line.n <= 90);
        for (size_t i = 0; i < line.n; i++)
            assert_true(line.p[i] >= 0x20 && line.p[i] < 0x7f);
    }
}

static void words_are_encoded(void **state)
{
    struct fixture *x = *state;
    struct mail m = letter();
    struct str s = compose(x, &m);
    lines_are_lawful(s);
    assert_true(str_starts(s, STR("From: =?UTF-8?B?")));
    /* Put together again, the words of the subject say what they said. */
    size_t at = str_find(s, STR("Subject: "), 0) + 9;
    struct buf b;
    buf_init_arena(&b, x->cx.arena, 1000);
    struct str rest = str_sub(s, at, str_find(s, STR("\r\nDate:"), 0) - at), word, raw;
    while (str_next(&rest, ' ', &word)) {
        word = str_trim(word);
        assert_true(word.n <= 75);
        assert_true(str_starts(word, STR("=?UTF-8?B?")) && str_ends(word, STR("?=")));
        assert_true(crypt_base64_decode(x->cx.arena, str_sub(word, 10, word.n - 12), &raw));
        assert_true(str_is_utf8(raw));
        buf_put(&b, raw);
    }
    assert_true(str_eq(buf_str(&b), m.subject));
    m.subject = STR("Plain words");
    m.from = STR("Tea House <tea@a.example>");
    s = compose(x, &m);
    assert_true(str_contains(s, STR("\r\nSubject: Plain words\r\n")));
    assert_true(str_starts(s, STR("From: Tea House <tea@a.example>\r\n")));
    m.subject = STR("=?UTF-8?B?AAAA?=");
    assert_false(str_contains(compose(x, &m), STR("Subject: =?UTF-8?B?AAAA?=")));
    m.from = STR("tea@a.example");
    assert_true(str_starts(compose(x, &m), STR("From: <tea@a.example>\r\n")));
}

static void both_parts_are_there(void **state)
{
    struct fixture *x = *state;
    struct mail m = letter();
    struct str s = compose(x, &m);
    assert_true(str_contains(s, STR("Content-Type: multipart/alternative; boundary=\"=_")));
    assert_true(str_contains(s, STR("\r\n\r\nSGVsbG8KLgpIZWxsbwo=\r\n")));
    assert_true(str_contains(s, STR("\r\n\r\nPHA+SGVsbG88L3A+\r\n")));
    m.html = STR_NULL;
    s = compose(x, &m);
    assert_false(str_contains(s, STR("multipart")));
    char *big = arena_alloc(x->cx.arena, 10000);
    memset(big, 'x', 10000);
    m.text = (struct str){big, 10000};
    lines_are_lawful(compose(x, &m));
}

static void nothing_slips_into_the_head(void **state)
{
    struct fixture *x = *state;
    struct buf b;
    buf_init_arena(&b, x->cx.arena, 1 << 20);
    static const struct str evil[] = {STR_INIT("a\r\nBcc: c@d.example"), STR_INIT("a\nb"),
                                      STR_INIT("a\rb"), {"a\0b", 3}, STR_INIT("a\x7f"),
                                      STR_INIT("\xC0\xAF")};
    for (size_t i = 0; i < sizeof evil / sizeof *evil; i++) {
        struct mail m = letter();
        m.subject = evil[i];
        assert_int_equal(smtp_compose(x->cx.arena, &m, NOW, &b), ERR_INVALID);
        m = letter();
        m.from = str_fmt(x->cx.arena, STR_FMT " <a@b.example>", STR_ARG(evil[i]));
        if (memchr(evil[i].p, '\0', evil[i].n) == NULL)
            assert_int_equal(smtp_compose(x->cx.arena, &m, NOW, &b), ERR_INVALID);
        m = letter();
        m.to = evil[i];
        assert_int_equal(smtp_compose(x->cx.arena, &m, NOW, &b), ERR_INVALID);
        m = letter();
        m.message_id = evil[i];
        assert_int_equal(smtp_compose(x->cx.arena, &m, NOW, &b), ERR_INVALID);
        m = letter();
        m.list_unsubscribe = evil[i];
        if (!str_eq(evil[i], STR("\xC0\xAF")))
            assert_int_equal(smtp_compose(x->cx.arena, &m, NOW, &b), ERR_INVALID);
    }
    struct mail m = letter();
    m.from = STR("a@b.example> <c@d.example");
    assert_int_equal(smtp_compose(x->cx.arena, &m, NOW, &b), ERR_INVALID);
    m.from = STR("x");
    assert_int_equal(smtp_compose(x->cx.arena, &m, NOW, &b), ERR_INVALID);
}

#define T(f) cmocka_unit_test_setup_teardown(f, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_mail_is_handed_over),
        T(refusals_are_told_apart),
        T(a_busy_server_may_be_asked_again),
        T(a_refused_text_is_final),
        T(a_late_busy_server_too),
        T(no_server_is_temporary),
        T(addresses_are_checked),
        T(words_are_encoded),
        T(both_parts_are_there),
        T(nothing_slips_into_the_head),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
