#include "node/media/helper_sandbox.h"

#include <errno.h>
#include <linux/landlock.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Sanitizers reserve terabytes of addresses and read /proc: there the limits of memory and the
 * system call filter are left out. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define UNDER_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define UNDER_SANITIZER 1
#endif
#endif
#ifndef UNDER_SANITIZER
#define UNDER_SANITIZER 0
#endif

static bool limit(int what, rlim_t value)
{
    struct rlimit r = {value, value};
    return setrlimit(what, &r) == 0;
}

bool sandbox_limits(void)
{
    /* Whatever a parent forgot to mark. */
    close_range(3, ~0u, 0);
    bool ok = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0 &&
              prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == 0 && limit(RLIMIT_CPU, 20) &&
              limit(RLIMIT_CORE, 0) && limit(RLIMIT_FSIZE, 0) && limit(RLIMIT_NOFILE, 64);
    if (!UNDER_SANITIZER)
        ok = ok && limit(RLIMIT_AS, (rlim_t)1500 << 20);
    return ok;
}

/* No path at all may be opened, should the filter ever have a hole. Kernels before 5.13, or with
 * Landlock switched off, answer ENOSYS or EOPNOTSUPP: the filter then stands alone. */
static bool close_files(void)
{
    struct landlock_ruleset_attr attr = {
        .handled_access_fs =
            LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE |
            LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR |
            LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE |
            LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_DIR |
            LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SOCK |
            LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_BLOCK |
            LANDLOCK_ACCESS_FS_MAKE_SYM,
    };
    int fd = (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof attr, 0);
    if (fd < 0)
        return errno == ENOSYS || errno == EOPNOTSUPP;
    bool ok = syscall(SYS_landlock_restrict_self, fd, 0) == 0;
    close(fd);
    return ok;
}

static bool allow_memory(scmp_filter_ctx f)
{
    /* Never executable. */
    return seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1,
                            SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0)) == 0 &&
           seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1,
                            SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0)) == 0;
}

static bool allow_threads(scmp_filter_ctx f)
{
    /* clone3's flags lie in memory, where a filter can't look; libc goes back to clone. */
    return seccomp_rule_add(f, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0) == 0 &&
           seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1,
                            SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD)) == 0 &&
           seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(prctl), 1,
                            SCMP_A0(SCMP_CMP_EQ, PR_SET_NAME)) == 0;
}

static bool close_calls(void)
{
    static const int allowed[] = {
        SCMP_SYS(read),            SCMP_SYS(write),         SCMP_SYS(close),
        SCMP_SYS(fstat),           SCMP_SYS(lseek),         SCMP_SYS(munmap),
        SCMP_SYS(mremap),          SCMP_SYS(brk),           SCMP_SYS(madvise),
        SCMP_SYS(futex),           SCMP_SYS(set_robust_list), SCMP_SYS(rseq),
        SCMP_SYS(rt_sigprocmask),  SCMP_SYS(rt_sigaction),  SCMP_SYS(rt_sigreturn),
        SCMP_SYS(sigaltstack),     SCMP_SYS(sched_yield),   SCMP_SYS(sched_getaffinity),
        SCMP_SYS(getpid),          SCMP_SYS(gettid),        SCMP_SYS(tgkill),
        SCMP_SYS(clock_gettime),   SCMP_SYS(clock_getres),  SCMP_SYS(gettimeofday),
        SCMP_SYS(clock_nanosleep), SCMP_SYS(nanosleep),     SCMP_SYS(getrandom),
        SCMP_SYS(poll),            SCMP_SYS(ppoll),         SCMP_SYS(exit),
        SCMP_SYS(exit_group),      SCMP_SYS(getrusage),     SCMP_SYS(restart_syscall),
    };
    static const int refused[] = {
        SCMP_SYS(openat),     SCMP_SYS(open),       SCMP_SYS(newfstatat),
        SCMP_SYS(stat),       SCMP_SYS(lstat),      SCMP_SYS(statx),
        SCMP_SYS(access),     SCMP_SYS(faccessat),  SCMP_SYS(faccessat2),
        SCMP_SYS(readlink),   SCMP_SYS(readlinkat), SCMP_SYS(getcwd),
        SCMP_SYS(ioctl),      SCMP_SYS(fcntl),      SCMP_SYS(unlink),
        SCMP_SYS(sysinfo),    SCMP_SYS(uname),      SCMP_SYS(prlimit64),
        SCMP_SYS(memfd_create), SCMP_SYS(sched_setaffinity), SCMP_SYS(sched_setscheduler),
        SCMP_SYS(sched_getparam), SCMP_SYS(sched_getscheduler), SCMP_SYS(setpriority),
        SCMP_SYS(getpriority), SCMP_SYS(mbind), SCMP_SYS(get_mempolicy), SCMP_SYS(sched_getattr),
        SCMP_SYS(sched_setattr), SCMP_SYS(statfs), SCMP_SYS(getuid), SCMP_SYS(pipe2),
        SCMP_SYS(eventfd2),
    };
    scmp_filter_ctx f = seccomp_init(SCMP_ACT_KILL_PROCESS);
    if (f == NULL)
        return false;
    bool ok = allow_memory(f) && allow_threads(f);
    for (size_t i = 0; ok && i < sizeof allowed / sizeof allowed[0]; i++)
        ok = seccomp_rule_add(f, SCMP_ACT_ALLOW, allowed[i], 0) == 0;
    for (size_t i = 0; ok && i < sizeof refused / sizeof refused[0]; i++)
        ok = seccomp_rule_add(f, SCMP_ACT_ERRNO(EACCES), refused[i], 0) == 0;
    /* All threads that the libraries made already, too. */
    ok = ok && seccomp_attr_set(f, SCMP_FLTATR_CTL_TSYNC, 1) == 0 && seccomp_load(f) == 0;
    seccomp_release(f);
    return ok;
}

bool sandbox_close(void)
{
    return close_files() && (UNDER_SANITIZER || close_calls());
}
