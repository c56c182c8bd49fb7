/* One transfer as curl sees it: options, callbacks, and the answer it comes to. */
#include "node/net/fetch_int.h"

#include "node/base/url.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define CONNECT_MS 5000L
#define KEEP_ALIVE_S 60L
#define SLOW_BYTES_S 1000L

/* curl asks for a socket once per address that it is about to try: the last moment at which the
 * address is known for certain. */
static curl_socket_t open_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *address)
{
    struct transfer *t = arg;
    (void)purpose;
    if (ip_is_private(&address->addr) && !(t->dev && ip_is_loopback(&address->addr))) {
        t->refused = true;
        return CURL_SOCKET_BAD;
    }
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

static size_t take_body(char *p, size_t size, size_t n, void *arg)
{
    struct transfer *t = arg;
    buf_put_bytes(&t->answer, p, size * n);
    return t->answer.overflow ? 0 : size * n;
}

static size_t take_header(char *p, size_t size, size_t n, void *arg)
{
    struct transfer *t = arg;
    (void)p;
    t->head_bytes += size * n;
    t->head_too_large = t->head_bytes > FETCH_HEADERS_MAX;
    return t->head_too_large ? 0 : size * n;
}

static bool set_method(struct transfer *t)
{
    CURL *e = t->easy;
    bool ok = true;
    if (t->body != NULL) {
        ok = curl_easy_setopt(e, CURLOPT_POST, 1L) == CURLE_OK &&
             curl_easy_setopt(e, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)t->body_n) ==
                 CURLE_OK &&
             curl_easy_setopt(e, CURLOPT_POSTFIELDS, t->body) == CURLE_OK;
    } else if (strcmp(t->method, "HEAD") == 0) {
        return curl_easy_setopt(e, CURLOPT_NOBODY, 1L) == CURLE_OK;
    } else if (strcmp(t->method, "POST") == 0) {
        ok = curl_easy_setopt(e, CURLOPT_POST, 1L) == CURLE_OK &&
             curl_easy_setopt(e, CURLOPT_POSTFIELDSIZE, 0L) == CURLE_OK &&
             curl_easy_setopt(e, CURLOPT_POSTFIELDS, "") == CURLE_OK;
    }
    if (strcmp(t->method, t->body == NULL ? "GET" : "POST") != 0)
        ok = ok && curl_easy_setopt(e, CURLOPT_CUSTOMREQUEST, t->method) == CURLE_OK;
    return ok;
}

bool fetch_prepare(const struct fetcher *f, struct transfer *t)
{
    CURL *e = t->easy;
    bool ok = true;
#define SET(option, value) ok = curl_easy_setopt(e, option, value) == CURLE_OK && ok
    SET(CURLOPT_URL, t->url);
    SET(CURLOPT_PROTOCOLS_STR, f->dev ? "http,https" : "https");
    SET(CURLOPT_FOLLOWLOCATION, 0L);
    SET(CURLOPT_PATH_AS_IS, 1L); /* what was signed is what is asked */
    SET(CURLOPT_PROXY, "");
    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MS);
    SET(CURLOPT_TIMEOUT_MS, t->timeout_ms);
    /* A transfer that ends while its name is looked up must not make the loop wait for the
     * resolver's thread. */
    SET(CURLOPT_QUICK_EXIT, 1L);
    SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
    /* Not brotli or zstd: their windows take megabytes a transfer. */
    SET(CURLOPT_ACCEPT_ENCODING, "gzip, deflate");
    SET(CURLOPT_MAXAGE_CONN, KEEP_ALIVE_S);
    SET(CURLOPT_BUFFERSIZE, 4096L);
    SET(CURLOPT_UPLOAD_BUFFERSIZE, 16384L);
    SET(CURLOPT_USERAGENT, t->agent);
    SET(CURLOPT_HTTPHEADER, t->headers);
    SET(CURLOPT_OPENSOCKETFUNCTION, open_socket);
    SET(CURLOPT_OPENSOCKETDATA, t);
    SET(CURLOPT_WRITEFUNCTION, take_body);
    SET(CURLOPT_WRITEDATA, t);
    SET(CURLOPT_HEADERFUNCTION, take_header);
    SET(CURLOPT_HEADERDATA, t);
    SET(CURLOPT_PRIVATE, t);
    SET(CURLOPT_ERRORBUFFER, t->words);
    if (t->slow_s > 0) {
        SET(CURLOPT_LOW_SPEED_LIMIT, SLOW_BYTES_S);
        SET(CURLOPT_LOW_SPEED_TIME, (long)t->slow_s);
    }
    if (f->ca_file != NULL)
        SET(CURLOPT_CAINFO, f->ca_file);
#undef SET
    return ok && set_method(t);
}

static struct str header(CURL *e, const char *name)
{
    struct curl_header *h;
    if (curl_easy_header(e, name, 0, CURLH_HEADER, -1, &h) != CURLHE_OK)
        return STR_NULL;
    return str_c(h->value);
}

void fetch_deliver(struct transfer *take_t, enum err err, const char *words)
{
    struct transfer *t = take_t;
    struct fetch_answer answer = {.err = err, .error = err == OK ? NULL : words};
    if (err == OK) {
        long status = 0;
        curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
        answer.status = (int)status;
        answer.body = buf_str(&t->answer);
        answer.content_type = header(t->easy, "content-type");
        answer.location = header(t->easy, "location");
        answer.retry_after = header(t->easy, "retry-after");
        answer.accept_signature = header(t->easy, "accept-signature");
        answer.date = header(t->easy, "date");
        answer.etag = header(t->easy, "etag");
        for (size_t i = 0; t->want != NULL && i < FETCH_WANT && t->want[i] != NULL; i++)
            answer.wanted[i] = header(t->easy, t->want[i]);
    }
    t->done(t->arg, &answer);
    curl_slist_free_all(t->headers);
    buf_free(&t->answer);
    free(t->method);
    free(t->body);
    free(t);
}
