/* Death at any moment: a step runs in a process of its own, which is gone (SIGKILL) before or after a commit or a request
 * chosen by chance. Who includes it is linked with --wrap=tx_commit and --wrap=rail_http. */
#ifndef TESTS_TILL_DEATH_H
#define TESTS_TILL_DEATH_H

#include <signal.h>
#include <sys/wait.h>

#include "node/money/rail_http.h"
#include "tests/unit/domain_fixture.h"

/* How many of the moments below this process still sees; then it is gone. 0: it lives. In the child only. */
static int moments;

static inline void moment(void)
{
    if (moments > 0 && --moments == 0)
        kill(getpid(), SIGKILL);
}

enum err __real_tx_commit(struct cx *cx);
enum err __wrap_tx_commit(struct cx *cx);
enum err __wrap_tx_commit(struct cx *cx)
{
    moment();
    enum err e = __real_tx_commit(cx);
    moment();
    return e;
}

enum err __real_rail_http(struct cx *cx, const struct rail_request *rq, struct rail_answer *ret);
enum err __wrap_rail_http(struct cx *cx, const struct rail_request *rq, struct rail_answer *ret);
enum err __wrap_rail_http(struct cx *cx, const struct rail_request *rq, struct rail_answer *ret)
{
    moment();
    enum err e = __real_rail_http(cx, rq, ret);
    moment();
    return e;
}

/* True: it came to its end. False: killed, and counted. die_at 0: it lives. */
static inline bool death_of(struct domain *d, unsigned seed, enum err (*step)(struct cx *cx, void *arg), void *arg, int64_t now,
                            int die_at, int *killed)
{
    int status;
    fflush(NULL);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        struct node *node = &d->store->node;
        if (db_open(d->store->path, db_migrations, &node->db) != OK)
            _exit(99);
        struct cx *cx = cx_new(node);
        cx->now = now;
        moments = die_at;
        enum err e = step(cx, arg);
        if (e == ERR_INTERNAL)
            fprintf(stderr, "seed %u: %s\n", seed, cx->fail == NULL ? "?" : cx->fail);
        _exit(e == ERR_INTERNAL ? 98 : 0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL && die_at > 0) {
        (*killed)++;
        return false;
    }
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        fail_msg("seed %u: a step ended with %x", seed, (unsigned)status);
    return true;
}

#endif
