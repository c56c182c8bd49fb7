#include "node/net/smtp.h"

#include "node/base/arena.h"
#include "node/base/buf.h"
#include "node/cx.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <netinet/in.h>
#include <string.h>

#define MAIL_MAX (4 * 1024 * 1024)
#define TIMEOUT_MS 30000L

struct upload {
    struct str rest;
};

static size_t give(char *to, size_t size, size_t n, void *arg)
{
    struct upload *u = arg;
    size_t room = size * n < u->rest.n ? size * n : u->rest.n;
    memcpy(to, u->rest.p, room);
    u->rest = str_sub(u->rest, room, SIZE_MAX);
    return room;
}

static bool is_loopback(const char *host)
{
    struct in_addr v4;
    if (strcmp(host, "localhost") == 0 || strcmp(host, "[::1]") == 0)
        return true;
    return inet_pton(AF_INET, host, &v4) == 1 && ntohl(v4.s_addr) >> 24 == 127;
}

/* What goes into CURLOPT_URL: the given address, with our domain as the name we greet with. */
static enum err target(struct arena *a, struct str smtp_url, struct str from, const char **ret,
                       bool *ret_plain_ok)
{
    CURLU *u = curl_url();
    char *host = NULL, *scheme = NULL, *whole = NULL;
    struct str domain = str_sub(from, str_find_char(from, '@', 0) + 1, SIZE_MAX);
    struct str path = str_fmt(a, "/" STR_FMT, STR_ARG(domain));
    bool ok = u != NULL && curl_url_set(u, CURLUPART_URL, str_z(a, smtp_url), 0) == CURLUE_OK &&
              curl_url_get(u, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
              (strcmp(scheme, "smtp") == 0 || strcmp(scheme, "smtps") == 0) &&
              curl_url_get(u, CURLUPART_HOST, &host, 0) == CURLUE_OK &&
              curl_url_set(u, CURLUPART_PATH, path.p, 0) == CURLUE_OK &&
              curl_url_get(u, CURLUPART_URL, &whole, 0) == CURLUE_OK;
    if (ok) {
        *ret = str_z(a, str_c(whole));
        *ret_plain_ok = is_loopback(host);
    }
    curl_free(host);
    curl_free(scheme);
    curl_free(whole);
    curl_url_cleanup(u);
    return ok ? OK : ERR_INVALID;
}

/* The last reply tells a refusal for good (5xx) from one to try again (4xx, RFC 5321 4.2.1). What
 * our own set-up causes, a wrong password say, is the owner's to repair: the mail may wait. */
static enum err verdict(CURL *e, CURLcode code)
{
    long reply = 0;
    if (code == CURLE_OK)
        return OK;
    if (code == CURLE_OPERATION_TIMEDOUT)
        return ERR_TIMEOUT;
    curl_easy_getinfo(e, CURLINFO_RESPONSE_CODE, &reply);
    bool about_this_mail = code == CURLE_SEND_ERROR || code == CURLE_WEIRD_SERVER_REPLY ||
                           code == CURLE_RECV_ERROR;
    return about_this_mail && reply >= 550 && reply <= 554 ? ERR_INVALID : ERR_UPSTREAM;
}

static bool set_server(CURL *e, const char *url, bool plain_ok, char *words)
{
    bool ok = true;
#define SET(option, value) ok = ok && curl_easy_setopt(e, option, value) == CURLE_OK
    SET(CURLOPT_URL, url);
    SET(CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    SET(CURLOPT_PROXY, "");
    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_USE_SSL, plain_ok ? (long)CURLUSESSL_TRY : (long)CURLUSESSL_ALL);
    if (plain_ok) { /* the machine itself: its certificate bears another name */
        SET(CURLOPT_SSL_VERIFYPEER, 0L);
        SET(CURLOPT_SSL_VERIFYHOST, 0L);
    }
    SET(CURLOPT_TIMEOUT_MS, TIMEOUT_MS);
    SET(CURLOPT_ERRORBUFFER, words);
#undef SET
    return ok;
}

static enum err deliver(CURL *e, const char *url, bool plain_ok, struct arena *a, struct str from,
                        struct str to, struct str bytes, char *words, CURLcode *ret_code)
{
    struct upload up = {bytes};
    struct str sender = str_fmt(a, "<" STR_FMT ">", STR_ARG(from));
    struct str rcpt = str_fmt(a, "<" STR_FMT ">", STR_ARG(to));
    struct curl_slist *list = curl_slist_append(NULL, rcpt.p);
    bool ok = list != NULL && set_server(e, url, plain_ok, words);
#define SET(option, value) ok = ok && curl_easy_setopt(e, option, value) == CURLE_OK
    SET(CURLOPT_MAIL_FROM, sender.p);
    SET(CURLOPT_MAIL_RCPT, list);
    SET(CURLOPT_UPLOAD, 1L);
    SET(CURLOPT_READFUNCTION, give);
    SET(CURLOPT_READDATA, &up);
#undef SET
    *ret_code = ok ? curl_easy_perform(e) : CURLE_FAILED_INIT;
    enum err err = verdict(e, *ret_code);
    curl_slist_free_all(list);
    return err;
}

enum err smtp_send(struct cx *cx, struct str smtp_url, const struct mail *m)
{
    const char *url;
    bool plain_ok;
    struct str name, from;
    struct buf b;
    buf_init_arena(&b, cx->arena, MAIL_MAX);
    if (!smtp_split_from(m->from, &name, &from))
        return cx_fail(cx, ERR_INVALID, "mail: the sender is not an address");
    enum err err = smtp_compose(cx->arena, m, cx->now, &b);
    if (err != OK)
        return cx_fail(cx, err, "mail: the mail cannot be written down");
    if (target(cx->arena, smtp_url, from, &url, &plain_ok) != OK)
        return cx_fail(cx, ERR_UPSTREAM, "mail: the server's address is malformed");
    CURL *e = curl_easy_init();
    char words[CURL_ERROR_SIZE] = "";
    CURLcode code = CURLE_FAILED_INIT;
    if (e == NULL)
        return cx_fail(cx, ERR_INTERNAL, "mail: curl");
    /* The connection to the store is not held while the other side thinks. */
    if (cx->tx_depth == 0)
        cx_release(cx);
    err = deliver(e, url, plain_ok, cx->arena, from, m->to, buf_str(&b), words, &code);
    curl_easy_cleanup(e);
    if (err != OK)
        return cx_fail(cx, err, "mail: %s", words[0] ? words : curl_easy_strerror(code));
    return OK;
}

enum err smtp_probe(struct cx *cx, struct str smtp_url, struct str from)
{
    const char *url;
    bool plain_ok;
    struct str name, address;
    char words[CURL_ERROR_SIZE] = "";
    if (!smtp_split_from(from, &name, &address) ||
        target(cx->arena, smtp_url, address, &url, &plain_ok) != OK)
        return cx_fail(cx, ERR_INVALID, "mail: the server's address or the sender is malformed");
    CURL *e = curl_easy_init();
    if (e == NULL)
        return cx_fail(cx, ERR_INTERNAL, "mail: curl");
    CURLcode code = set_server(e, url, plain_ok, words) &&
                            curl_easy_setopt(e, CURLOPT_CONNECT_ONLY, 1L) == CURLE_OK
                        ? curl_easy_perform(e)
                        : CURLE_FAILED_INIT;
    curl_easy_cleanup(e);
    if (code == CURLE_OK)
        return OK;
    return cx_fail(cx, code == CURLE_OPERATION_TIMEDOUT ? ERR_TIMEOUT : ERR_UPSTREAM, "%s",
                   words[0] ? words : curl_easy_strerror(code));
}
