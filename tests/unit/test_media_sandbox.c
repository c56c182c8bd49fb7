#include "node/media/helper_sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/unit.h"

/* Run something inside the walls; its exit status, or minus the signal that ended it. */
static int inside(int (*what)(void))
{
    pid_t pid = fork();
    if (pid == 0) {
        if (!sandbox_limits() || !sandbox_close())
            _exit(100);
        _exit(what());
    }
    int status;
    assert_true(pid > 0 && waitpid(pid, &status, 0) == pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static int reads_a_file(void)
{
    return open("/etc/passwd", O_RDONLY) < 0 ? 0 : 1;
}

static int writes_a_file(void)
{
    return open("/tmp/orrery-sandbox-test", O_WRONLY | O_CREAT, 0600) < 0 ? 0 : 1;
}

static int opens_a_socket(void)
{
    return socket(AF_INET, SOCK_STREAM, 0) < 0 ? 2 : 1;
}

static int runs_a_program(void)
{
    char *argv[] = {NULL};
    execve("/bin/true", argv, argv);
    return 2;
}

static int forks(void)
{
    return fork() < 0 ? 2 : 1;
}

static int makes_code(void)
{
    return mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED
               ? 2 : 1;
}

static int kills_its_parent(void)
{
    return kill(getppid(), SIGTERM) < 0 ? 2 : 1;
}

static int takes_all_memory(void)
{
    return mmap(NULL, (size_t)4 << 30, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED
               ? 0 : 1;
}

static void *nothing(void *p)
{
    return p;
}

static int works(void)
{
    pthread_t t;
    void *p = malloc(1 << 20);
    if (p == NULL || pthread_create(&t, NULL, nothing, NULL) != 0 || pthread_join(t, NULL) != 0)
        return 1;
    free(p);
    return 0;
}

static void nothing_gets_out(void **state)
{
    (void)state;
    assert_int_equal(inside(works), 0);
    assert_int_equal(inside(reads_a_file), 0);
    assert_int_equal(inside(writes_a_file), 0);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    assert_int_equal(inside(takes_all_memory), 0);
    assert_int_equal(inside(opens_a_socket), -SIGSYS);
    assert_int_equal(inside(runs_a_program), -SIGSYS);
    assert_int_equal(inside(forks), -SIGSYS);
    assert_int_equal(inside(makes_code), -SIGSYS);
    assert_int_equal(inside(kills_its_parent), -SIGSYS);
#else
    (void)takes_all_memory;
    (void)opens_a_socket;
    (void)runs_a_program;
    (void)forks;
    (void)makes_code;
    (void)kills_its_parent;
#endif
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(nothing_gets_out)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
