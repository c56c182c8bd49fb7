#include "node/net/s3_int.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "node/base/arena.h"
#include "node/base/buf.h"
#include "node/base/clock.h"
#include "node/base/crypt.h"
#include "node/node.h"

#define EMPTY_SHA256 "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

enum {
    CONNECT_MS = 4000, SMALL_MS = 6000, STALL_S = 8, BYTES_PER_MS = 128,
    TRIES = 3, REST_MS = 150, ANSWER_MAX = 2 << 20, PAGE = 1000, TELL_RETRY_S = 30,
};

struct call {
    const char *method;
    struct str object, query;     /* object: below the prefix; NULL: the bucket itself */
    struct str body, sha256, mime;
    int to;                       /* -1, or the file that a good answer's body goes to */
    /* what came of it */
    long status;
    int64_t length;
    struct buf answer;
    CURL *easy;
    CURLcode code;
    bool refused, lost;           /* a link-local address; the file could not be written */
};

/* A machine's own secrets live at such an address, and no storage does. */
static bool is_link_local(const struct sockaddr *sa)
{
    if (sa->sa_family == AF_INET) {
        struct sockaddr_in in;
        memcpy(&in, sa, sizeof in);
        return ntohl(in.sin_addr.s_addr) >> 16 == 0xa9fe;
    }
    struct sockaddr_in6 in6;
    memcpy(&in6, sa, sizeof in6);
    return IN6_IS_ADDR_LINKLOCAL(&in6.sin6_addr) ||
           (IN6_IS_ADDR_V4MAPPED(&in6.sin6_addr) && in6.sin6_addr.s6_addr[12] == 0xa9 &&
            in6.sin6_addr.s6_addr[13] == 0xfe);
}

static curl_socket_t open_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *address)
{
    struct call *c = arg;
    (void)purpose;
    if ((address->family != AF_INET && address->family != AF_INET6) || is_link_local(&address->addr)) {
        c->refused = true;
        return CURL_SOCKET_BAD;
    }
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

static bool write_all(int fd, const char *p, size_t n)
{
    while (n > 0) {
        ssize_t k = write(fd, p, n);
        if (k <= 0)
            return false;
        p += k;
        n -= (size_t)k;
    }
    return true;
}

static size_t take_body(char *p, size_t size, size_t n, void *arg)
{
    struct call *c = arg;
    long status = 0;
    curl_easy_getinfo(c->easy, CURLINFO_RESPONSE_CODE, &status);
    if (c->to >= 0 && status == 200) {
        c->lost = !write_all(c->to, p, size * n);
        c->length += (int64_t)(size * n);
        return c->lost ? 0 : size * n;
    }
    buf_put_bytes(&c->answer, p, size * n);
    return c->answer.overflow ? 0 : size * n;
}

static struct str path_of(struct cx *cx, const struct s3 *s3, struct str object)
{
    if (object.p == NULL)
        return s3->root;
    return s3sign_path(cx->arena, str_fmt(cx->arena, STR_FMT STR_FMT, STR_ARG(s3->base), STR_ARG(object)));
}

static struct curl_slist *line(struct curl_slist *list, struct arena *a, const char *name, struct str value)
{
    list = curl_slist_append(list, arena_printf(a, "%s: " STR_FMT, name, STR_ARG(value)));
    if (list == NULL)
        abort();
    return list;
}

/* What is signed is what is sent: host, date, hash and type. */
static struct curl_slist *headers_of(struct cx *cx, const struct s3 *s3, const struct call *c,
                                     struct str path)
{
    struct arena *a = cx->arena;
    const struct s3sign_pair signed_too[] = {{STR("x-amz-content-sha256"), c->sha256},
                                             {STR("content-type"), c->mime}};
    struct s3sign_request rq = {
        .method = c->method, .host = s3->host, .path = path, .query = c->query,
        .headers = signed_too, .n_headers = c->mime.n > 0 ? 2 : 1,
        .payload = c->sha256, .now = clock_now(),
    };
    struct curl_slist *list = line(NULL, a, "Authorization", s3sign_header(a, &s3->key, &rq));
    list = line(list, a, "x-amz-date", s3sign_date(a, rq.now));
    list = line(list, a, "x-amz-content-sha256", c->sha256);
    list = line(list, a, "Host", s3->host);
    list = curl_slist_append(list, "Expect:"); /* curl would wait a second for "100 Continue" */
    return c->mime.n > 0 ? line(list, a, "Content-Type", c->mime)
                         : curl_slist_append(list, "Content-Type:");
}

static bool set_up(struct call *c, const char *url, struct curl_slist *headers)
{
    CURL *e = c->easy;
    const char *ca = getenv("SSL_CERT_FILE");
    bool ok = true, body = c->body.p != NULL, moves = body || c->to >= 0;
    int64_t limit = SMALL_MS + (moves ? STALL_S * 1000 + (int64_t)c->body.n / BYTES_PER_MS : 0);
#define SET(option, value) ok = curl_easy_setopt(e, option, value) == CURLE_OK && ok
    SET(CURLOPT_URL, url);
    SET(CURLOPT_PROTOCOLS_STR, "http,https");
    SET(CURLOPT_FOLLOWLOCATION, 0L);
    SET(CURLOPT_PATH_AS_IS, 1L);
    SET(CURLOPT_PROXY, "");
    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS);
    if (c->to < 0) /* how much comes down is not known before: only standing still is too long */
        SET(CURLOPT_TIMEOUT_MS, (long)limit);
    SET(CURLOPT_LOW_SPEED_LIMIT, 1024L);
    SET(CURLOPT_LOW_SPEED_TIME, (long)STALL_S);
    SET(CURLOPT_QUICK_EXIT, 1L);
    SET(CURLOPT_HTTPHEADER, headers);
    SET(CURLOPT_OPENSOCKETFUNCTION, open_socket);
    SET(CURLOPT_OPENSOCKETDATA, c);
    SET(CURLOPT_WRITEFUNCTION, take_body);
    SET(CURLOPT_WRITEDATA, c);
    SET(CURLOPT_USERAGENT, "Orrery");
    if (ca != NULL && *ca != '\0')
        SET(CURLOPT_CAINFO, ca);
    if (strcmp(c->method, "HEAD") == 0)
        SET(CURLOPT_NOBODY, 1L);
    if (body) {
        SET(CURLOPT_POST, 1L);
        SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)c->body.n);
        SET(CURLOPT_POSTFIELDS, c->body.p);
    }
    if (strcmp(c->method, body ? "POST" : "GET") != 0 && strcmp(c->method, "HEAD") != 0)
        SET(CURLOPT_CUSTOMREQUEST, c->method);
#undef SET
    return ok;
}

static void ask_once(struct cx *cx, const struct s3 *s3, struct call *c)
{
    struct str path = path_of(cx, s3, c->object);
    const char *url = arena_printf(cx->arena, STR_FMT STR_FMT "%s" STR_FMT, STR_ARG(s3->origin),
                                   STR_ARG(path), c->query.n > 0 ? "?" : "", STR_ARG(c->query));
    struct curl_slist *headers = headers_of(cx, s3, c, path);
    c->status = 0;
    c->length = 0;
    c->refused = c->lost = false;
    buf_clear(&c->answer);
    c->easy = s3_handle_take(cx);
    c->code = CURLE_FAILED_INIT;
    if (set_up(c, url, headers))
        c->code = curl_easy_perform(c->easy);
    if (c->code == CURLE_OK) {
        curl_off_t length = -1;
        curl_easy_getinfo(c->easy, CURLINFO_RESPONSE_CODE, &c->status);
        if (c->to < 0 && curl_easy_getinfo(c->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length) == CURLE_OK)
            c->length = length;
    }
    s3_handle_give(cx, c->easy);
    curl_slist_free_all(headers);
}

/* What ended at once may be asked again: everything here does the same when done twice. What took its
 * whole time is not, since somebody waits. */
static bool worth_another(const struct call *c)
{
    if (c->code == CURLE_OK)
        return c->status == 500 || c->status == 502 || c->status == 503 || c->status == 429;
    return c->code != CURLE_OPERATION_TIMEDOUT && c->code != CURLE_WRITE_ERROR && !c->refused &&
           c->code != CURLE_PEER_FAILED_VERIFICATION && c->code != CURLE_FAILED_INIT;
}

static void rest(int attempt)
{
    unsigned char r;
    crypt_random(&r, 1);
    long ms = ((long)REST_MS << (2 * attempt)) + r;
    struct timespec t = {ms / 1000, ms % 1000 * 1000000};
    nanosleep(&t, NULL);
}

/* The word of the storage's error document (<Code>AccessDenied</Code>), for the log. */
static const char *word_of(struct cx *cx, const struct call *c)
{
    struct str s = buf_str(&c->answer);
    size_t at = str_find(s, STR("<Code>"), 0), n = 0;
    if (at == SIZE_MAX)
        return "no reason given";
    s = str_sub(s, at + 6, 64);
    while (n < s.n && ((s.p[n] | 0x20) >= 'a' && (s.p[n] | 0x20) <= 'z'))
        n++;
    return str_z(cx->arena, str_sub(s, 0, n));
}

static enum err tell_down(struct cx *cx, const char *why)
{
    cx->retry_after_s = TELL_RETRY_S;
    enum err e = cx_fail(cx, ERR_UPSTREAM, "s3: %s", why);
    return cx_tell(cx, e, N_("The storage for pictures and files does not answer right now. Please "
                             "try again in a minute."));
}

static enum err verdict(struct cx *cx, const struct call *c)
{
    if (c->code != CURLE_OK) {
        if (c->lost)
            return cx_tell(cx, cx_fail(cx, ERR_STORAGE, "s3: no room for what was fetched"),
                           N_("The server's disk is full. Please tell its owner."));
        return tell_down(cx, c->refused ? "a link-local address" : curl_easy_strerror(c->code));
    }
    if (c->status >= 200 && c->status < 300)
        return OK;
    const char *word = word_of(cx, c);
    bool object = c->object.p != NULL && strcmp(word, "NoSuchBucket") != 0;
    if (c->status == 404 && object && c->body.p == NULL)
        return ERR_NOT_FOUND;
    if (c->status == 507 || strstr(word, "Quota") != NULL || strstr(word, "StorageFull") != NULL)
        return cx_tell(cx, cx_fail(cx, ERR_STORAGE, "s3: %s %ld, %s", c->method, c->status, word),
                       N_("The storage for pictures and files is full. Please tell the owner of "
                          "this node."));
    if (c->status >= 500 || c->status == 429)
        return tell_down(cx, arena_printf(cx->arena, "%s %ld, %s", c->method, c->status, word));
    return cx_tell(cx, cx_fail(cx, ERR_STORAGE, "s3: %s %ld, %s", c->method, c->status, word),
                   N_("The storage for pictures and files refuses us. Please tell the owner of this "
                      "node: its keys, its region or its bucket's name are not right."));
}

static enum err ask(struct cx *cx, const struct s3 *s3, struct call *c)
{
    if (cx->tx_depth > 0)
        return cx_fail(cx, ERR_INTERNAL, "s3 inside a transaction");
    if (c->sha256.p == NULL)
        c->sha256 = STR(EMPTY_SHA256);
    buf_init(&c->answer, ANSWER_MAX);
    for (int i = 0;; i++) {
        ask_once(cx, s3, c);
        if (!worth_another(c) || i + 1 == TRIES)
            break;
        if (c->to >= 0 && (ftruncate(c->to, 0) != 0 || lseek(c->to, 0, SEEK_SET) != 0))
            break;
        rest(i);
    }
    return verdict(cx, c);
}

static enum err ask_and_forget(struct cx *cx, const struct s3 *s3, struct call *c)
{
    enum err e = ask(cx, s3, c);
    buf_free(&c->answer);
    return e;
}

enum err s3_put(struct cx *cx, const struct s3 *s3, struct str object, struct str bytes,
                struct str sha256, struct str mime)
{
    struct call c = {.method = "PUT", .object = object, .body = bytes, .sha256 = sha256, .mime = mime,
                     .to = -1};
    return ask_and_forget(cx, s3, &c);
}

enum err s3_head(struct cx *cx, const struct s3 *s3, struct str object, int64_t *ret_size)
{
    struct call c = {.method = "HEAD", .object = object, .to = -1};
    TRY(ask_and_forget(cx, s3, &c));
    *ret_size = c.length;
    return OK;
}

static int unnamed_file(struct cx *cx)
{
    const char *dir = cx->node->dir == NULL ? "/tmp" : cx->node->dir;
    int fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    return fd >= 0 ? fd : memfd_create("media", MFD_CLOEXEC); /* not every file system knows such files */
}

enum err s3_get(struct cx *cx, const struct s3 *s3, struct str object, int *ret_fd, int64_t *ret_size)
{
    struct call c = {.method = "GET", .object = object, .to = unnamed_file(cx)};
    if (c.to < 0)
        return cx_fail(cx, ERR_STORAGE, "s3: no file for what is fetched");
    enum err e = ask_and_forget(cx, s3, &c);
    if (e == OK && lseek(c.to, 0, SEEK_SET) != 0)
        e = cx_fail(cx, ERR_STORAGE, "s3: a file that can't be read again");
    if (e != OK) {
        close(c.to);
        return e;
    }
    *ret_fd = c.to;
    *ret_size = c.length;
    return OK;
}

enum err s3_delete(struct cx *cx, const struct s3 *s3, struct str object)
{
    struct call c = {.method = "DELETE", .object = object, .to = -1};
    enum err e = ask_and_forget(cx, s3, &c);
    return e == ERR_NOT_FOUND ? OK : e;
}

/* Our own names have no letter that XML would write in another way, and what is none of ours is of no
 * use here: so the document is not parsed, only looked through. */
static size_t read_names(struct cx *cx, const struct s3 *s3, struct str xml, struct str *ret,
                         struct str *ret_last)
{
    static const struct str open_tag = STR_INIT("<Key>"), close_tag = STR_INIT("</Key>");
    size_t n = 0, at = 0, skip = s3->prefix.n > 0 ? s3->prefix.n + 1 : 0;
    while (n < PAGE && (at = str_find(xml, open_tag, at)) != SIZE_MAX) {
        size_t end = str_find(xml, close_tag, at += open_tag.n);
        if (end == SIZE_MAX)
            break;
        struct str key = str_sub(xml, at, end - at);
        if (!str_starts(key, s3->prefix) || key.n <= skip)
            continue;
        *ret_last = ret[n++] = str_dup(cx->arena, str_sub(key, skip, SIZE_MAX));
    }
    return n;
}

enum err s3_list(struct cx *cx, const struct s3 *s3, struct str after, struct str **ret, size_t *ret_n,
                 bool *ret_more)
{
    struct arena *a = cx->arena;
    const char *slash = s3->prefix.n > 0 ? "/" : "";
    struct s3sign_pair q[4] = {
        {STR("list-type"), STR("2")},
        {STR("max-keys"), str_fmt(a, "%d", PAGE)},
        {STR("prefix"), str_fmt(a, STR_FMT "%s", STR_ARG(s3->prefix), slash)},
        {STR("start-after"), str_fmt(a, STR_FMT "%s" STR_FMT, STR_ARG(s3->prefix), slash, STR_ARG(after))},
    };
    struct call c = {.method = "GET", .to = -1, .query = s3sign_query(a, q, after.n > 0 ? 4 : 3)};
    struct str *names = ARENA_ARRAY(a, struct str, PAGE), last = after;
    enum err e = ask(cx, s3, &c);
    if (e == OK) {
        struct str xml = buf_str(&c.answer);
        *ret = names;
        *ret_n = read_names(cx, s3, xml, names, &last);
        *ret_more = str_contains(xml, STR("<IsTruncated>true</IsTruncated>"));
        if (!str_contains(xml, STR("<ListBucketResult")) || (*ret_more && str_eq(last, after)))
            e = cx_tell(cx, cx_fail(cx, ERR_STORAGE, "s3: a list that can't be read"),
                        N_("The storage's list of files can't be read."));
    }
    buf_free(&c.answer);
    return e;
}

struct str s3_link(struct cx *cx, const struct s3 *s3, struct str object, bool head, int seconds,
                   struct str mime, struct str disposition)
{
    struct str keep = str_fmt(cx->arena, "private, max-age=%d", seconds / 2);
    const struct s3sign_pair pairs[] = {{STR("response-cache-control"), keep},
                                        {STR("response-content-type"), mime},
                                        {STR("response-content-disposition"), disposition}};
    int64_t step = (int64_t)seconds * 1000 / 2, now = clock_now();
    struct s3sign_request rq = {
        .method = head ? "HEAD" : "GET", .host = s3->public_host,
        .path = path_of(cx, s3, object), .now = now - now % step,
    };
    return s3sign_url(cx->arena, &s3->key, &rq, s3->public_origin, seconds, pairs,
                      disposition.p == NULL ? 2 : 3);
}
