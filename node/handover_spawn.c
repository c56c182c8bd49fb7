/* Starting the program again, to follow us. */
#include "node/handover_wire.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "node/base/str.h"

enum { ARGS_MAX = 64 };

#define ENV_FD "ORRERY_TAKEOVER_FD"

extern char **environ;

/* Everything that allocates happens before the fork: the child may only call what is safe in a copy
 * of a process with many threads. */
static char **child_environment(const char *own)
{
    size_t n = 0, m = 0;
    while (environ[n] != NULL)
        n++;
    char **env = calloc(n + 2, sizeof *env);
    if (env == NULL)
        abort();
    for (size_t i = 0; i < n; i++)
        if (strncmp(environ[i], ENV_FD "=", strlen(ENV_FD "=")) != 0)
            env[m++] = environ[i];
    env[m] = (char *)(uintptr_t)own;
    return env;
}

static bool child_arguments(char *const *argv, char **args)
{
    size_t n = 0;
    bool has = false;
    for (; argv[n] != NULL && n < ARGS_MAX - 2; n++) {
        args[n] = argv[n];
        has = has || strcmp(args[n], "--takeover") == 0;
    }
    if (argv[n] != NULL)
        return false;
    if (!has)
        args[n++] = (char *)(uintptr_t)"--takeover";
    args[n] = NULL;
    return true;
}

/* In the child. Twice forked, so that the newcomer belongs to init (to systemd) from the start and
 * is nobody's zombie. */
static void become(const char *program, char **args, char **env, int fd)
{
    sigset_t none;
    sigemptyset(&none);
    if (fork() != 0)
        _exit(0);
    signal(SIGPIPE, SIG_DFL);
    signal(SIGXFSZ, SIG_DFL);
    fcntl(fd, F_SETFD, 0);
    sigprocmask(SIG_SETMASK, &none, NULL);
    execve(program, args, env);
    _exit(127);
}

int wire_spawn(const char *program, char *const *argv)
{
    int pair[2];
    char own[64], *args[ARGS_MAX];
    if (program[0] == '\0' || !child_arguments(argv, args) ||
        socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
        return -1;
    snprintf(own, sizeof own, ENV_FD "=%d", pair[1]);
    char **env = child_environment(own);
    pid_t child = fork();
    if (child == 0)
        become(program, args, env, pair[1]);
    free(env);
    close(pair[1]);
    if (child < 0) {
        close(pair[0]);
        return -1;
    }
    while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
        ;
    fcntl(pair[0], F_SETFL, O_NONBLOCK);
    return pair[0];
}

int wire_spawned(int timeout_s)
{
    int64_t fd;
    const char *s = getenv(ENV_FD);
    struct timeval limit = {.tv_sec = timeout_s};
    bool is = s != NULL && str_to_i64(str_c(s), &fd) && fd > 2 && fd < INT_MAX &&
              fcntl((int)fd, F_SETFD, FD_CLOEXEC) == 0 &&
              setsockopt((int)fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) == 0;
    unsetenv(ENV_FD);
    return is ? (int)fd : -1;
}
