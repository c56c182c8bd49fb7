#include "node/base/arena.h"
#include "node/base/url.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "tests/unit/unit.h"

static int begin(void **state)
{
    *state = arena_new();
    return 0;
}

static int end(void **state)
{
    arena_free(*state);
    return 0;
}

static void good_ones_come_apart(void **state)
{
    struct arena *a = *state;
    struct url u;
    assert_int_equal(url_parse(a, STR("HTTPS://Example.ORG:443/a/B?x=1&y#frag"), &u), OK);
    CHECK_STR(u.scheme, "https");
    CHECK_STR(u.host, "example.org");
    assert_int_equal(u.port, 443);
    CHECK_STR(u.path, "/a/B");
    CHECK_STR(u.query, "x=1&y");
    CHECK_STR(u.fragment, "frag");
    CHECK_STR(url_str(a, &u), "https://example.org/a/B?x=1&y#frag");
    CHECK_STR(url_origin(a, &u), "https://example.org");
    CHECK_STR(url_target(a, &u), "/a/B?x=1&y");
    assert_int_equal(url_parse(a, STR("http://localhost:8420"), &u), OK);
    CHECK_STR(url_authority(a, &u), "localhost:8420");
    CHECK_STR(u.path, "/");
    assert_null(u.query.p);
    assert_null(u.fragment.p);
    assert_int_equal(url_parse(a, STR("http://example.org:80?"), &u), OK);
    CHECK_STR(url_str(a, &u), "http://example.org/?");
    assert_int_equal(url_parse(a, STR("https://[2001:DB8:0::1]:8443/"), &u), OK);
    CHECK_STR(url_authority(a, &u), "[2001:db8::1]:8443");
    assert_true(url_is_ip_literal(u.host));
    assert_int_equal(url_parse(a, STR("https://192.0.2.1/"), &u), OK);
    assert_true(url_is_ip_literal(u.host));
    assert_false(url_is_ip_literal(STR("example.org")));
}

static void names_are_put_in_punycode(void **state)
{
    struct arena *a = *state;
    struct url u;
    assert_int_equal(url_parse(a, STR("https://例え.テスト/x"), &u), OK);
    CHECK_STR(u.host, "xn--r8jz45g.xn--zckzah");
    assert_int_equal(url_parse(a, STR("https://BÜCHER.example/"), &u), OK);
    CHECK_STR(u.host, "xn--bcher-kva.example");
    assert_int_equal(url_parse(a, STR("https://xn--bcher-kva.example/"), &u), OK);
    /* A fullwidth slash or dot must not become a boundary that others see elsewhere. */
    assert_int_equal(url_parse(a, STR("https://good.example／.evil.example/"), &u), ERR_INVALID);
    assert_int_equal(url_parse(a, STR("https://xn--a-ecp.ru/"), &u), ERR_INVALID);
    assert_int_equal(url_parse(a, STR("https://１２７.０.０.１/"), &u), OK);
    CHECK_STR(u.host, "127.0.0.1");
    assert_true(url_is_ip_literal(u.host));
}

static void bad_ones_are_refused(void **state)
{
    struct arena *a = *state;
    static const char *const bad[] = {
        "", "https://", "https:///x", "ftp://example.org/", "//example.org/", "example.org",
        "javascript:alert(1)", "https:/example.org", "https://user@example.org/",
        "https://user:pw@example.org/", "https://example.org:0/", "https://example.org:65536/",
        "https://example.org:/", "https://example.org:+80/", "https://example.org:-1/",
        "https://example.org:80x/", "https://exa mple.org/", "https://example.org/a b",
        "https://example.org/a\tb", "https://example.org/a\nb", "https://example.org\\@evil/",
        "https://example.org/\\x", "https://example.org/\"x", "https://example.org/<x",
        "https://example.org/\x7f", "https://example.org/星", "https://example.org/#a#b",
        "https://example..org/", "https://.example.org/", "https://example.org./",
        "https://-a.example/", "https://a-.example/", "https://127.1/", "https://2130706433/",
        "https://0x7f.0.0.1/", "https://0177.0.0.1/", "https://127.0.0.01/",
        "https://1.2.3.4.5/", "https://a.b.256/", "https://foo.0x1/", "https://[::1",
        "https://::1/", "https://[::1]x/", "https://[fe80::1%25eth0]/", "https://[1.2.3.4]/",
        "https://example.org%00/", "https://exa%6dple.org/", "https://ex!ample.org/",
        " https://example.org/", "https://example.org/ ",
    };
    struct url u;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (url_parse(a, str_c(bad[i]), &u) == OK)
            fail_msg("accepted: %s", bad[i]);
    assert_int_equal(url_parse(a, (struct str){"https://example.org/\0x", 22}, &u), ERR_INVALID);
    char *label = arena_alloc(a, 8 + 64);
    memcpy(label, "https://", 8);
    memset(label + 8, 'a', 64);
    assert_int_equal(url_parse(a, (struct str){label, 72}, &u), ERR_INVALID);
    assert_int_equal(url_parse(a, (struct str){label, 71}, &u), OK);
    char *path = arena_alloc(a, 3000);
    memset(path, 'a', 3000);
    memcpy(path, "https://a.example/", 18);
    assert_int_equal(url_parse(a, (struct str){path, URL_MAX}, &u), OK);
    assert_int_equal(url_parse(a, (struct str){path, URL_MAX + 1}, &u), ERR_INVALID);
}

static void hosts_are_read_alone(void **state)
{
    struct arena *a = *state;
    struct str host;
    unsigned port;
    assert_int_equal(url_parse_host(a, STR("Example.org:8420"), &host, &port), OK);
    CHECK_STR(host, "example.org");
    assert_int_equal(port, 8420);
    assert_int_equal(url_parse_host(a, STR("[::1]"), &host, &port), OK);
    assert_int_equal(port, 0);
    assert_int_equal(url_parse_host(a, STR("a/b"), &host, &port), ERR_INVALID);
    assert_int_equal(url_parse_host(a, STR(""), &host, &port), ERR_INVALID);
}

static void origins_are_compared(void **state)
{
    (void)state;
    assert_true(url_same_origin(STR("https://a.example/x"), STR("https://A.example:443/y?z")));
    assert_false(url_same_origin(STR("https://a.example/"), STR("http://a.example/")));
    assert_false(url_same_origin(STR("https://a.example/"), STR("https://a.example:444/")));
    assert_false(url_same_origin(STR("https://a.example/"), STR("https://b.a.example/")));
    assert_false(url_same_origin(STR("nonsense"), STR("nonsense")));
    assert_true(url_host_eq(STR("https://a.example:8000/"), STR("http://a.example:8000/")));
    assert_false(url_host_eq(STR("https://a.example/"), STR("https://a.example.evil/")));
}

static bool private4(const char *ip)
{
    struct sockaddr_in in = {.sin_family = AF_INET};
    assert_int_equal(inet_pton(AF_INET, ip, &in.sin_addr), 1);
    return ip_is_private((struct sockaddr *)&in);
}

static bool private6(const char *ip)
{
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};
    assert_int_equal(inet_pton(AF_INET6, ip, &in6.sin6_addr), 1);
    return ip_is_private((struct sockaddr *)&in6);
}

static void private_addresses_are_known(void **state)
{
    (void)state;
    static const char *const v4[] = {
        "0.0.0.0", "0.255.1.1", "10.1.2.3", "100.64.0.1", "100.127.255.255", "127.0.0.1",
        "127.255.255.254", "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.1",
        "192.0.2.1", "192.88.99.1", "192.168.1.1", "198.18.0.1", "198.19.255.255", "198.51.100.7",
        "203.0.113.9", "224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255",
    };
    static const char *const v4_public[] = {
        "1.1.1.1", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.1.1.1",
        "128.0.0.1", "172.15.255.255", "172.32.0.0", "192.0.1.1", "198.17.255.255", "198.20.0.0",
        "223.255.255.255",
    };
    static const char *const v6[] = {
        "::", "::1", "64:ff9b:1::1", "100::1", "2001::1", "2001:1ff::1", "2001:db8::1", "fc00::1",
        "fdff::1", "fe80::1", "febf::1", "fec0::1", "ff02::1", "::ffff:127.0.0.1",
        "::ffff:10.0.0.1", "::7f00:1", "64:ff9b::7f00:1", "64:ff9b::a00:1", "2002:7f00:1::1",
        "2002:c0a8:101::",
    };
    static const char *const v6_public[] = {
        "2606:4700::1111", "2a00:1450::1", "::ffff:1.1.1.1", "64:ff9b::101:101", "2002:101:101::1",
        "2001:200::1", "2003::1",
    };
    for (size_t i = 0; i < sizeof v4 / sizeof *v4; i++)
        if (!private4(v4[i]))
            fail_msg("public: %s", v4[i]);
    for (size_t i = 0; i < sizeof v4_public / sizeof *v4_public; i++)
        if (private4(v4_public[i]))
            fail_msg("private: %s", v4_public[i]);
    for (size_t i = 0; i < sizeof v6 / sizeof *v6; i++)
        if (!private6(v6[i]))
            fail_msg("public: %s", v6[i]);
    for (size_t i = 0; i < sizeof v6_public / sizeof *v6_public; i++)
        if (private6(v6_public[i]))
            fail_msg("private: %s", v6_public[i]);
    struct sockaddr_un un = {.sun_family = AF_UNIX};
    assert_true(ip_is_private((struct sockaddr *)&un));
    struct sockaddr_in lo = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7F010203)};
    assert_true(ip_is_loopback((struct sockaddr *)&lo));
    lo.sin_addr.s_addr = htonl(0x0A000001);
    assert_false(ip_is_loopback((struct sockaddr *)&lo));
}

#define T(f) cmocka_unit_test_setup_teardown(f, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(good_ones_come_apart), T(names_are_put_in_punycode),    T(bad_ones_are_refused),
        T(hosts_are_read_alone), T(origins_are_compared),         T(private_addresses_are_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
