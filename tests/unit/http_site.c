#include "tests/unit/http_site.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "node/base/arena.h"
#include "node/base/crypt.h"
#include "node/http/frame.h"
#include "tests/unit/unit.h"

static enum err run_plain(struct rq *rq)
{
    return reply_text(rq, 200, "hello");
}

static enum err run_where(struct rq *rq)
{
    struct buf b;
    buf_init_arena(&b, rq->cx->arena, 10000);
    buf_put(&b, rq_param(rq, "name"));
    buf_lit(&b, "|");
    buf_put(&b, rq_query(rq, "q"));
    buf_lit(&b, "|");
    buf_put(&b, rq->target);
    buf_lit(&b, "|");
    buf_put(&b, rq_header(rq, "x-line"));
    buf_lit(&b, "|");
    buf_put(&b, rq->ip);
    return reply_bytes(rq, 200, "text/plain", &b);
}

static enum err run_body(struct rq *rq)
{
    struct buf b;
    buf_init_arena(&b, rq->cx->arena, 1000);
    buf_put_i64(&b, (int64_t)rq->body.n);
    buf_lit(&b, " ");
    buf_put(&b, crypt_sha256_hex(rq->cx->arena, rq->body));
    return reply_bytes(rq, 200, "text/plain", &b);
}

static enum err run_form(struct rq *rq)
{
    const struct upload *up;
    struct str all[4];
    struct buf b;
    buf_init_arena(&b, rq->cx->arena, 1000000);
    buf_put(&b, rq_form(rq, "a"));
    buf_fmt(&b, "|%zu|%zu", rq_form_all(rq, "a", all, 4), rq_uploads(rq, &up));
    if (rq_uploads(rq, &up) > 0)
        buf_fmt(&b, "|%zu", up[0].bytes.n);
    return reply_bytes(rq, 200, "text/plain", &b);
}

static enum err run_token(struct rq *rq)
{
    struct buf b;
    buf_init_arena(&b, rq->cx->arena, 1000);
    buf_put(&b, rq_csrf(rq));
    return reply_html(rq, 200, &b);
}

static enum err run_me(struct rq *rq)
{
    struct buf b;
    buf_init(&b, 1000);
    buf_put(&b, rq->session.name);
    return reply_html(rq, 200, &b);
}

static enum err run_fail(struct rq *rq)
{
    int64_t code = 0;
    if (!str_to_i64(rq_param(rq, "code"), &code))
        return cx_tell(rq->cx, ERR_INVALID, N_("The title is missing."));
    rq->cx->retry_after_s = code == ERR_RATE_LIMITED ? 7 : 0;
    return cx_fail(rq->cx, (enum err)code, "as asked");
}

static enum err run_silent(struct rq *rq)
{
    (void)rq;
    return OK;
}

static enum err run_go(struct rq *rq)
{
    rq_set_cookie(rq, "lang", STR("zh-CN"), 60, false);
    return reply_redirect(rq, rq_query(rq, "to"));
}

static enum err run_file(struct rq *rq)
{
    int fd = open(rq->cx->node->dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd < 0 || write(fd, "0123456789", 10) != 10)
        return ERR_STORAGE;
    return reply_file(rq, fd, 10, "image/png", STR("\"v1\""), "public, max-age=60",
                      STR("attachment; filename=\"n.png\""));
}

/* ---- parking: another thread, or nobody, goes on ---- */

static enum err resumed(struct rq *rq, void *arg)
{
    struct buf b;
    buf_init_arena(&b, rq->cx->arena, 100);
    buf_fmt(&b, "resumed %s", (const char *)arg);
    return reply_bytes(rq, 200, "text/plain", &b);
}

static enum err resumed_badly(struct rq *rq, void *arg)
{
    (void)arg;
    return cx_fail(rq->cx, ERR_UPSTREAM, "nobody there");
}

static enum err resumed_twice(struct rq *rq, void *arg)
{
    rq_unpark(rq);
    return rq_park(rq, resumed, arg);
}

static void *unpark_later(void *p)
{
    struct timespec t = {0, 30 * 1000 * 1000};
    nanosleep(&t, NULL);
    rq_unpark(p);
    return NULL;
}

static void start_unparker(struct rq *rq)
{
    pthread_t t;
    assert_int_equal(pthread_create(&t, NULL, unpark_later, rq), 0);
    pthread_detach(t);
}

_Atomic(struct rq *) site_left_behind;

static enum err run_park(struct rq *rq)
{
    struct str how = rq_param(rq, "how");
    static char arg[] = "well";
    if (str_eq_c(how, "later"))
        start_unparker(rq);
    else if (str_eq_c(how, "forever"))
        atomic_store(&site_left_behind, rq);
    else
        rq_unpark(rq); /* before the parking itself */
    if (str_eq_c(how, "badly"))
        return rq_park(rq, resumed_badly, arg);
    return rq_park(rq, str_eq_c(how, "twice") ? resumed_twice : resumed, arg);
}

/* ---- a door that holds its workers ---- */

atomic_bool site_door_open;

static enum err run_block(struct rq *rq)
{
    while (!atomic_load(&site_door_open))
        nanosleep(&(struct timespec){0, 1000000}, NULL);
    return reply_text(rq, 200, "through");
}

static const struct route rows[] = {
    {GET, "/block", run_block, ANYONE, RATE_NONE, 0, "", false},
    {GET, "/plain", run_plain, ANYONE, RATE_READ, 0, "", false},
    {GET, "/rare", run_plain, ANYONE, RATE_CODE, 0, "", false},
    {GET, "/where/:name", run_where, ANYONE, RATE_NONE, 0, "", false},
    {POST, "/raw", run_body, WEBHOOK, RATE_NONE, 1000, "", false},
    {POST, "/big", run_body, WEBHOOK, RATE_NONE, MB(3), "", false},
    {POST, "/form", run_form, ANYONE, RATE_NONE, MB(1), "", false},
    {POST, "/desk", run_form, ACCOUNT, RATE_NONE, MB(1), "", false},
    {POST, "/write", run_form, AUTHOR, RATE_NONE, MB(3), "", false},
    {POST, "/api/form", run_form, TOKEN, RATE_NONE, KB(4), "", false},
    {DELETE, "/form", run_form, ANYONE, RATE_NONE, 0, "", false},
    {GET, "/form", run_token, ANYONE, RATE_NONE, 0, "", true},
    {GET, "/me", run_me, ACCOUNT, RATE_NONE, 0, "", true},
    {GET, "/owner", run_me, OWNER, RATE_NONE, 0, "", false},
    {GET, "/fail/:code", run_fail, ANYONE, RATE_NONE, 0, "", false},
    {GET, "/silent", run_silent, ANYONE, RATE_NONE, 0, "", false},
    {GET, "/go", run_go, ANYONE, RATE_NONE, 0, "", false},
    {GET, "/file", run_file, ANYONE, RATE_NONE, 0, "", false},
    {GET, "/park/:how", run_park, ANYONE, RATE_NONE, 0, "", false},
    {0},
};
static const struct route_table table = {"test", rows};
const struct route_table *const site_tables[] = {&table, NULL};

static enum err identify(struct rq *rq)
{
    struct str s = rq_cookie(rq, "s");
    if (str_eq(s, STR("ann")) || str_eq(s, STR("own")))
        rq->session = (struct session_info){.session_id = 1,
                                            .account_id = 2,
                                            .is_owner = str_eq(s, STR("own")),
                                            .name = s,
                                            .csrf = STR("session-token")};
    return OK;
}

static bool csrf_ok(struct rq *rq, struct str token)
{
    return str_eq(token, rq->session.csrf);
}

static void error_page(struct rq *rq, enum err e, int status)
{
    struct buf b;
    buf_init_arena(&b, rq->cx->arena, 1000);
    buf_fmt(&b, "<p>page %d %s ", status, err_name(e));
    buf_put(&b, rq->session.name);
    (void)!reply_html(rq, status, &b);
}

static bool is_author(struct rq *rq)
{
    return str_eq(rq->session.name, STR("own"));
}

const struct http_hooks site_hooks = {.identify = identify, .csrf_ok = csrf_ok,
                                      .error_page = error_page, .is_author = is_author};

int site_set_up(void **state)
{
    struct rig *r = malloc(sizeof(*r));
    rig_start(r, site_tables, &site_hooks);
    *state = r;
    return 0;
}

int site_tear_down(void **state)
{
    rig_stop(*state);
    free(*state);
    return 0;
}

void site_check(struct rig *r, const char *line, const char *headers, const char *body, int status,
                const char *expect)
{
    struct answer a = ask(r, line, headers, body);
    if (a.status != status || (expect != NULL && (a.body == NULL || !strstr(a.body, expect))))
        fail_msg("%s: %d '%s', not %d '%s'", line, a.status, a.body == NULL ? "" : a.body, status,
                 expect == NULL ? "" : expect);
    answer_free(&a);
}
