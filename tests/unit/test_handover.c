/* The handover, with this very program as the server that is followed: "test_handover serve DIR". */
#include "node/handover.h"
#include "node/listen.h"
#include "node/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/unit/unit.h"

/* ---- the server: says what happens on its standard output, and obeys files in its directory ---- */

static bool has_file(const char *dir, const char *name)
{
    char path[200];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    return access(path, F_OK) == 0;
}

static void say(const char *what, int number)
{
    char line[64];
    int n = snprintf(line, sizeof line, "%s %d\n", what, number);
    (void)!write(1, line, (size_t)n);
}

static void on_shared(void *arg, bool shared)
{
    (void)arg;
    say("shared", shared);
}

static bool may_go(void *arg)
{
    return !has_file(arg, "hold");
}

static void wait_while(const char *dir, const char *name)
{
    while (has_file(dir, name))
        nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
}

static int serve(char **argv, const char *dir, bool takeover)
{
    const struct handover_socket sockets[] = {{"public", "127.0.0.1:0"}, {"internal", "127.0.0.1:0"}};
    const struct handover_options o = {
        .dir = dir, .sockets = sockets, .n_sockets = 2, .takeover = takeover, .argv = argv};
    const struct handover_hooks hooks = {.shared = on_shared};
    struct handover *h;
    enum err e = handover_begin(&o, &h);
    if (e != OK) {
        say("refused", (int)e);
        return 1;
    }
    say("begun", handover_has_elder(h));
    if (has_file(dir, "fail")) {
        handover_free(h);
        return 1;
    }
    wait_while(dir, "wait");
    handover_ready(h);
    say("pid", getpid());
    say("internal", listen_port(handover_fd(h, "internal")));
    say("port", listen_port(handover_fd(h, "public")));
    if (handover_wait(h, &hooks) == HANDOVER_LEAVE) {
        say("leaving", 1);
        handover_leave(h, may_go, (void *)(uintptr_t)dir, 20000);
    } else {
        handover_close_door(h);
    }
    say("gone", getpid()); /* the newcomer's next word may come as soon as it is */
    handover_free(h);
    return 0;
}

/* ---- the test ---- */

struct world {
    char dir[64];
    int out[2];
    char got[4096];
    size_t n;
};

static void touch(const struct world *w, const char *name)
{
    char path[200];
    snprintf(path, sizeof path, "%s/%s", w->dir, name);
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    close(fd);
}

static void away(const struct world *w, const char *name)
{
    char path[200];
    snprintf(path, sizeof path, "%s/%s", w->dir, name);
    unlink(path);
}

static int setup(void **state)
{
    struct world *w = calloc(1, sizeof *w);
    assert_non_null(w);
    snprintf(w->dir, sizeof w->dir, "/tmp/orrery-handover-XXXXXX");
    assert_non_null(mkdtemp(w->dir));
    assert_int_equal(pipe(w->out), 0);
    fcntl(w->out[0], F_SETFD, FD_CLOEXEC);
    fcntl(w->out[1], F_SETFD, FD_CLOEXEC);
    touch(w, "secret.key");
    *state = w;
    return 0;
}

static int teardown(void **state)
{
    struct world *w = *state;
    static const char *const names[] = {"secret.key", "serve.lock", "serve.sock", "hold", "fail", "wait"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        away(w, names[i]);
    assert_int_equal(rmdir(w->dir), 0); /* nothing else was left behind */
    close(w->out[0]);
    close(w->out[1]);
    free(w);
    return 0;
}

static pid_t start(struct world *w, bool takeover)
{
    pid_t pid = fork();
    if (pid == 0) {
        dup2(w->out[1], 1);
        execl("/proc/self/exe", "test_handover", "serve", w->dir, takeover ? "--takeover" : NULL, NULL);
        _exit(127);
    }
    return pid;
}

/* The number of the next line that begins with the word; lines before it are passed over. */
static int hear(struct world *w, const char *word)
{
    for (;;) {
        char *end = memchr(w->got, '\n', w->n);
        if (end != NULL) {
            char line[64];
            size_t n = (size_t)(end - w->got), k = strlen(word);
            snprintf(line, sizeof line, "%.*s", (int)n, w->got);
            w->n -= n + 1;
            memmove(w->got, end + 1, w->n);
            if (strncmp(line, word, k) == 0 && line[k] == ' ')
                return (int)strtol(line + k + 1, NULL, 10);
            continue;
        }
        struct pollfd p = {.fd = w->out[0], .events = POLLIN};
        if (poll(&p, 1, 20000) <= 0)
            fail_msg("nobody said '%s'", word);
        ssize_t n = read(w->out[0], w->got + w->n, sizeof w->got - w->n);
        assert_true(n > 0);
        w->n += (size_t)n;
    }
}

static bool is_locked(const struct world *w)
{
    char path[200];
    snprintf(path, sizeof path, "%s/serve.lock", w->dir);
    int fd = open(path, O_RDWR | O_CLOEXEC);
    bool locked = fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) != 0;
    if (fd >= 0)
        close(fd);
    return locked;
}

/* Does anybody take connections at this port? */
static bool is_open(int port)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port),
                            .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool is = connect(fd, (struct sockaddr *)&a, sizeof a) == 0;
    close(fd);
    return is;
}

static int ended(pid_t pid)
{
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static void stop(pid_t pid)
{
    assert_int_equal(kill(pid, SIGTERM), 0);
    assert_int_equal(ended(pid), 0);
}

static void a_second_start_is_refused(void **state)
{
    struct world *w = *state;
    pid_t first = start(w, false);
    int port = hear(w, "port");
    pid_t second = start(w, false);
    assert_int_equal(hear(w, "refused"), ERR_CONFLICT);
    assert_int_equal(ended(second), 1);
    assert_true(is_open(port));
    stop(first);
    assert_false(is_locked(w));
    assert_false(is_open(port));
}

static void a_newcomer_takes_sockets_and_lock(void **state)
{
    struct world *w = *state;
    pid_t first = start(w, true); /* nobody is there: an ordinary start */
    assert_int_equal(hear(w, "begun"), 0);
    int internal = hear(w, "internal"), port = hear(w, "port");
    touch(w, "hold");
    touch(w, "wait");
    pid_t second = start(w, true);
    assert_int_equal(hear(w, "shared"), 1); /* the first, from the moment of its offer */
    assert_int_equal(hear(w, "begun"), 1);
    pid_t third = start(w, true);
    assert_int_equal(hear(w, "refused"), ERR_CONFLICT); /* one at a time */
    assert_int_equal(ended(third), 1);
    away(w, "wait");
    assert_int_equal(hear(w, "internal"), internal);
    assert_int_equal(hear(w, "port"), port);
    assert_true(is_locked(w));
    away(w, "hold");
    assert_int_equal(hear(w, "gone"), first);
    assert_int_equal(hear(w, "shared"), 0);
    assert_int_equal(ended(first), 0);
    assert_true(is_locked(w));
    assert_true(is_open(port));
    third = start(w, false);
    assert_int_equal(hear(w, "refused"), ERR_CONFLICT);
    assert_int_equal(ended(third), 1);
    stop(second);
    assert_false(is_locked(w));
    assert_false(is_open(port));
}

static void a_newcomer_that_fails_is_forgotten(void **state)
{
    struct world *w = *state;
    int64_t pid = 0;
    pid_t first = start(w, false);
    int port = hear(w, "port");
    touch(w, "fail");
    pid_t second = start(w, true);
    assert_int_equal(hear(w, "shared"), 1);
    assert_int_equal(ended(second), 1);
    assert_int_equal(hear(w, "shared"), 0);
    assert_int_equal(handover_upgrade(w->dir, &pid), ERR_UPSTREAM);
    away(w, "fail");
    assert_true(is_open(port));
    assert_true(is_locked(w));
    assert_int_equal(handover_upgrade(w->dir, &pid), OK); /* and the next one succeeds */
    assert_int_equal(ended(first), 0);
    assert_int_equal(hear(w, "pid"), pid);
    assert_int_equal(hear(w, "port"), port);
    assert_int_equal(kill((pid_t)pid, SIGTERM), 0);
    while (hear(w, "gone") != pid)
        ; /* the first says it, too */
}

/* The third doesn't take itself for alone while the first still finishes something. */
static void elders_are_handed_on(void **state)
{
    struct world *w = *state;
    pid_t first = start(w, false), second, third;
    int port = hear(w, "port");
    touch(w, "hold");
    second = start(w, true);
    assert_int_equal(hear(w, "port"), port);
    third = start(w, true);
    assert_int_equal(hear(w, "port"), port);
    kill(second, SIGKILL);
    assert_int_equal(ended(second), -SIGKILL);
    away(w, "hold");
    assert_int_equal(hear(w, "gone"), first);
    assert_int_equal(hear(w, "shared"), 0); /* not before */
    assert_int_equal(ended(first), 0);
    assert_true(is_locked(w));
    stop(third);
}

static void the_old_one_may_be_killed_at_any_time(void **state)
{
    struct world *w = *state;
    pid_t first = start(w, false);
    int port = hear(w, "port");
    touch(w, "wait");
    pid_t second = start(w, true);
    assert_int_equal(hear(w, "begun"), 1);
    assert_int_equal(kill(first, SIGKILL), 0);
    assert_int_equal(ended(first), -SIGKILL);
    assert_true(is_locked(w));
    assert_true(is_open(port)); /* waits to be accepted */
    away(w, "wait");
    assert_int_equal(hear(w, "port"), port);
    assert_int_equal(hear(w, "shared"), 0);
    assert_int_equal(kill(second, SIGKILL), 0); /* leaves its control socket behind */
    assert_int_equal(ended(second), -SIGKILL);
    int64_t pid;
    assert_int_equal(handover_upgrade(w->dir, &pid), ERR_NOT_FOUND);
    first = start(w, true);
    assert_int_equal(hear(w, "begun"), 0);
    hear(w, "port");
    stop(first);
}

static void only_the_same_user_may_ask(void **state)
{
    struct world *w = *state;
    struct stat st;
    char path[200];
    pid_t first = start(w, false);
    hear(w, "port");
    snprintf(path, sizeof path, "%s/serve.sock", w->dir);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    if (geteuid() == 0) {
        pid_t other = fork();
        assert_int_equal(chmod(w->dir, 0755), 0);
        assert_int_equal(chmod(path, 0666), 0); /* were it so */
        if (other == 0) {
            int64_t pid;
            if (setgid(65534) != 0 || setuid(65534) != 0)
                _exit(9);
            _exit(handover_upgrade(w->dir, &pid) == ERR_FORBIDDEN ? 0 : 1);
        }
        assert_int_equal(ended(other), 0);
    }
    stop(first);
}

static void sockets_of_systemd(void **state)
{
    (void)state;
    struct listen_given given;
    char number[32];
    snprintf(number, sizeof number, "%ld", (long)getpid());
    int a, pair[2];
    assert_int_equal(listen_open("127.0.0.1:0", &a), OK);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    /* They begin at 3, whatever is there now. */
    int kept[2] = {fcntl(3, F_DUPFD_CLOEXEC, 20), fcntl(4, F_DUPFD_CLOEXEC, 20)};
    int port = listen_port(a);
    int safe_a = fcntl(a, F_DUPFD_CLOEXEC, 20), safe_b = fcntl(pair[0], F_DUPFD_CLOEXEC, 20);
    setenv("LISTEN_FDS", "2", 1);
    setenv("LISTEN_FDNAMES", "public:other", 1);
    setenv("LISTEN_PID", "1", 1); /* a parent's */
    listen_from_systemd(&given);
    assert_int_equal(given.n, 0);
    assert_null(getenv("LISTEN_FDS"));
    dup2(safe_a, 3);
    dup2(safe_b, 4); /* nothing that one can accept on */
    setenv("LISTEN_FDS", "2", 1);
    setenv("LISTEN_FDNAMES", "public:other", 1);
    setenv("LISTEN_PID", number, 1);
    listen_from_systemd(&given);
    assert_int_equal(given.n, 1);
    assert_int_equal(given.fds[0], 3);
    assert_string_equal(given.names[0], "public");
    assert_int_equal(listen_port(3), port);
    assert_int_equal(fcntl(3, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    assert_int_equal(fcntl(3, F_GETFL) & O_NONBLOCK, O_NONBLOCK);
    assert_int_equal(fcntl(4, F_GETFD), -1);
    assert_null(getenv("LISTEN_PID"));
    for (int i = 0; i < 2; i++) {
        close(3 + i);
        if (kept[i] >= 0) {
            dup2(kept[i], 3 + i);
            close(kept[i]);
        }
    }
    close(safe_a);
    close(safe_b);
    close(a);
    close(pair[0]);
    close(pair[1]);
}

static void addresses(void **state)
{
    (void)state;
    static const char *const bad[] = {"", "8420", "127.0.0.1", "localhost:80", "127.0.0.1:65536",
                                      "127.0.0.1:-1", ":80", "[::1]:x"};
    int fd = -1, other = -1;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(listen_open(bad[i], &fd), ERR_INVALID);
    assert_int_equal(listen_open("127.0.0.1:0", &fd), OK);
    char again[64];
    snprintf(again, sizeof again, "127.0.0.1:%d", listen_port(fd));
    assert_int_equal(listen_open(again, &other), ERR_CONFLICT);
    close(fd);
}

int main(int argc, char **argv)
{
    if (argc > 2 && strcmp(argv[1], "serve") == 0)
        return serve(argv, argv[2], argc > 3);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_second_start_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(a_newcomer_takes_sockets_and_lock, setup, teardown),
        cmocka_unit_test_setup_teardown(a_newcomer_that_fails_is_forgotten, setup, teardown),
        cmocka_unit_test_setup_teardown(elders_are_handed_on, setup, teardown),
        cmocka_unit_test_setup_teardown(the_old_one_may_be_killed_at_any_time, setup, teardown),
        cmocka_unit_test_setup_teardown(only_the_same_user_may_ask, setup, teardown),
        cmocka_unit_test(sockets_of_systemd),
        cmocka_unit_test(addresses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
