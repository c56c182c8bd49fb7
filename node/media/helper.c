#include "node/media/helper.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "node/base/arena.h"
#include "node/base/buf.h"
#include "node/base/clock.h"
#include "node/base/turnstile.h"
#include "node/media/helper_poster.h"
#include "node/media/media.h"
#include "node/node.h"
#include "node/server.h"

enum { TURN_WAIT_MS = 15000, DEADLINE_MS = 20000 };

struct media_engine {
    struct turnstile *turnstile, *network;
    char *helper;
};

struct media_engine *media_engine_new(int at_once, int waiting, const char *helper)
{
    struct media_engine *e = calloc(1, sizeof *e);
    if (e == NULL)
        abort();
    e->turnstile = turnstile_new(at_once, waiting);
    e->network = turnstile_new(at_once, waiting);
    e->helper = helper == NULL ? NULL : strdup(helper);
    return e;
}

struct media_engine *media_engine_free(struct media_engine *e)
{
    if (e == NULL)
        return NULL;
    turnstile_free(e->turnstile);
    turnstile_free(e->network);
    free(e->helper);
    free(e);
    return NULL;
}

static struct media_engine *engine_of(struct cx *cx)
{
    return cx->node->server == NULL ? NULL : cx->node->server->media;
}

static const char *helper_path(struct cx *cx)
{
    struct media_engine *e = engine_of(cx);
    if (e != NULL && e->helper != NULL)
        return e->helper;
    char self[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    if (n > 0) {
        self[n] = '\0';
        char *slash = strrchr(self, '/');
        int dir = slash == NULL ? 0 : (int)(slash - self);
        const char *beside = arena_printf(cx->arena, "%.*s/orrery-media", dir, self);
        if (access(beside, X_OK) == 0)
            return beside;
    }
    return ORRERY_LIBEXECDIR "/orrery-media";
}

static int input_of(struct str bytes)
{
    int fd = memfd_create("picture", MFD_CLOEXEC);
    while (fd >= 0 && bytes.n > 0) {
        ssize_t n = write(fd, bytes.p, bytes.n);
        if (n <= 0) {
            close(fd);
            return -1;
        }
        bytes = str_sub(bytes, (size_t)n, SIZE_MAX);
    }
    if (fd >= 0 && lseek(fd, 0, SEEK_SET) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

/* posix_spawn, since between fork and exec a process with threads may do next to nothing. The child
 * gets a process group of its own (to be killed as a whole), no environment of ours and three
 * files. */
static bool spawn(const char *path, const char *pixels, int in, int out, pid_t *ret)
{
    char name[] = "orrery-media", lang[] = "LC_ALL=C", arenas[] = "MALLOC_ARENA_MAX=2";
    char most[24];
    snprintf(most, sizeof most, "%s", pixels);
    char *argv[] = {name, most, NULL}, *env[] = {lang, arenas, NULL};
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attr;
    sigset_t none, reset;
    sigemptyset(&none);
    sigemptyset(&reset);
    sigaddset(&reset, SIGPIPE);
    sigaddset(&reset, SIGXFSZ);
    posix_spawn_file_actions_init(&files);
    posix_spawnattr_init(&attr);
    bool ok = posix_spawn_file_actions_adddup2(&files, in, 0) == 0 &&
              posix_spawn_file_actions_adddup2(&files, out, 1) == 0 &&
              posix_spawn_file_actions_addopen(&files, 2, "/dev/null", O_WRONLY, 0) == 0 &&
              posix_spawnattr_setpgroup(&attr, 0) == 0 &&
              posix_spawnattr_setsigmask(&attr, &none) == 0 &&
              posix_spawnattr_setsigdefault(&attr, &reset) == 0 &&
              posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK |
                                                  POSIX_SPAWN_SETSIGDEF) == 0 &&
              posix_spawn(ret, path, &files, &attr, argv, env) == 0;
    posix_spawnattr_destroy(&attr);
    posix_spawn_file_actions_destroy(&files);
    return ok;
}

/* Everything that it writes, until it closes its end. False at the deadline or when it is too much. */
static bool read_answer(int fd, int64_t until, struct buf *out)
{
    char piece[64 << 10];
    for (;;) {
        int64_t left = until - clock_monotonic();
        struct pollfd p = {.fd = fd, .events = POLLIN};
        if (left <= 0 || (poll(&p, 1, (int)left) < 0 && errno != EINTR))
            return false;
        if (p.revents == 0)
            continue;
        ssize_t n = read(fd, piece, sizeof piece);
        if (n == 0)
            return !out->overflow;
        if (n > 0)
            buf_put_bytes(out, piece, (size_t)n);
        else if (errno != EINTR)
            return false;
        if (out->overflow)
            return false;
    }
}

/* Its end, for which it has until the deadline; then it is killed. */
static int wait_for(pid_t pid, int64_t until)
{
    static const struct timespec pause = {0, 1000000};
    int status = 0;
    for (;;) {
        pid_t done = waitpid(pid, &status, WNOHANG);
        if (done == pid)
            return status;
        if (done < 0 && errno != EINTR)
            return -1;
        if (clock_monotonic() >= until)
            break;
        nanosleep(&pause, NULL);
    }
    kill(-pid, SIGKILL);
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    return status;
}

static void free_buf(void *p)
{
    buf_free(p);
}

static enum err broken(struct cx *cx, const char *what)
{
    enum err e = cx_fail(cx, ERR_INTERNAL, "media: %s: %s", what, strerror(errno));
    return cx_tell(cx, e, N_("This server cannot read pictures at the moment. "
                             "Please tell its owner."));
}

static enum err unreadable(struct cx *cx)
{
    return cx_tell(cx, ERR_INVALID, N_("This picture can't be read. Please save it as JPEG or PNG "
                                       "and try again."));
}

static enum err tell_status(struct cx *cx, int status, bool late)
{
    int code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    if (late)
        return cx_tell(cx, ERR_TIMEOUT, N_("This picture takes too long to read. Please make it "
                                           "smaller and try again."));
    if (code == HELPER_TOO_MANY_PIXELS)
        return cx_tell(cx, ERR_INVALID, N_("This picture has too many pixels. Please make it "
                                           "smaller and try again."));
    if (code == HELPER_BROKEN)
        return broken(cx, "orrery-media could not start");
    return unreadable(cx);
}

static bool fits(uint32_t width, uint32_t height, uint32_t side)
{
    return width > 0 && height > 0 && width <= side && height <= side;
}

/* The helper has read a stranger's bytes: it may have become theirs. */
static enum err read_frame(struct cx *cx, struct str answer, struct picture *ret)
{
    struct helper_frame f;
    if (answer.n < sizeof f)
        return unreadable(cx);
    memcpy(&f, answer.p, sizeof f);
    struct str rest = str_sub(answer, sizeof f, SIZE_MAX);
    size_t hash_len = strnlen(f.blurhash, sizeof f.blurhash);
    if (f.magic != HELPER_MAGIC || (f.format != HELPER_JPEG && f.format != HELPER_PNG) ||
        !fits(f.width, f.height, HELPER_LARGE) ||
        !fits(f.small_width, f.small_height, HELPER_SMALL) || f.size == 0 || f.small_size == 0 ||
        (uint64_t)f.size + f.small_size != rest.n || hash_len == sizeof f.blurhash)
        return unreadable(cx);
    for (size_t i = 0; i < hash_len; i++)
        if (f.blurhash[i] <= ' ' || f.blurhash[i] > '~')
            return unreadable(cx);
    struct str start = f.format == HELPER_PNG ? STR("\x89PNG") : STR("\xFF\xD8\xFF");
    *ret = (struct picture){
        .format = f.format,
        .width = f.width,
        .height = f.height,
        .small_width = f.small_width,
        .small_height = f.small_height,
        .large = str_sub(rest, 0, f.size),
        .small = str_sub(rest, f.size, SIZE_MAX),
        .blurhash = str_dup(cx->arena, (struct str){f.blurhash, hash_len}),
    };
    return str_starts(ret->large, start) && str_starts(ret->small, start) ? OK : unreadable(cx);
}

static enum err run(struct cx *cx, int in, const char *argument, int deadline_ms, struct str *ret)
{
    int out[2];
    pid_t pid;
    if (pipe2(out, O_CLOEXEC) != 0)
        return broken(cx, "pipe");
    const char *path = helper_path(cx);
    bool started = spawn(path, argument, in, out[1], &pid);
    close(out[1]);
    if (!started) {
        close(out[0]);
        return broken(cx, path);
    }
    int64_t until = clock_monotonic() + deadline_ms;
    struct buf *answer = ARENA_NEW(cx->arena, struct buf);
    buf_init(answer, HELPER_OUT_MAX);
    arena_defer(cx->arena, free_buf, answer);
    bool whole = read_answer(out[0], until, answer);
    bool late = !whole && clock_monotonic() >= until;
    close(out[0]);
    int status = wait_for(pid, whole ? until : 0);
    if (!whole || status != 0)
        return tell_status(cx, status, late);
    *ret = buf_str(answer);
    return OK;
}

enum err helper_read_within(struct cx *cx, struct str bytes, int64_t pixels, int deadline_ms,
                            struct picture *ret)
{
    int in = input_of(bytes);
    if (in < 0)
        return broken(cx, "memory file");
    struct str answer;
    enum err e = run(cx, in, arena_printf(cx->arena, "%lld", (long long)pixels), deadline_ms, &answer);
    close(in);
    return e == OK ? read_frame(cx, answer, ret) : e;
}

enum err helper_draw_poster(struct cx *cx, struct str input, struct str *ret_png)
{
    struct media_engine *engine = engine_of(cx);
    struct turnstile *turnstile = engine == NULL ? NULL : engine->turnstile;
    struct helper_drawn drawn = {0};
    struct str answer;
    if (!turnstile_enter(turnstile, TURN_WAIT_MS)) {
        cx->retry_after_s = 10;
        return cx_tell(cx, ERR_BUSY, N_("Many pictures are being read just now. Please try again in "
                                        "a moment."));
    }
    int in = input_of(input);
    enum err e = in < 0 ? broken(cx, "memory file") : run(cx, in, "poster", DEADLINE_MS, &answer);
    if (in >= 0)
        close(in);
    turnstile_leave(turnstile);
    TRY(e);
    if (answer.n > sizeof drawn)
        memcpy(&drawn, answer.p, sizeof drawn);
    struct str png = str_sub(answer, sizeof drawn, SIZE_MAX);
    if (drawn.magic != HELPER_POSTER_MAGIC || drawn.size != png.n || !str_starts(png, STR("\x89PNG")))
        return broken(cx, "orrery-media drew no poster");
    *ret_png = png;
    return OK;
}

enum err helper_read_picture(struct cx *cx, struct str bytes, struct picture *ret)
{
    struct media_engine *engine = engine_of(cx);
    struct turnstile *turnstile = engine == NULL ? NULL : engine->turnstile;
    if (!turnstile_enter(turnstile, TURN_WAIT_MS)) {
        cx->retry_after_s = 10;
        return cx_tell(cx, ERR_BUSY, N_("Many pictures are being read just now. Please try again in "
                                        "a moment."));
    }
    enum err e = helper_read_within(cx, bytes, MEDIA_PIXELS_MAX, DEADLINE_MS, ret);
    turnstile_leave(turnstile);
    return e == ERR_TIMEOUT ? ERR_INVALID : e;
}

enum err media_network_enter(struct cx *cx)
{
    struct media_engine *engine = engine_of(cx);
    if (turnstile_enter(engine == NULL ? NULL : engine->network, TURN_WAIT_MS))
        return OK;
    cx->retry_after_s = 10;
    return cx_tell(cx, ERR_BUSY, N_("Many files are being stored just now. Please try again in a moment."));
}

void media_network_leave(struct cx *cx)
{
    struct media_engine *engine = engine_of(cx);
    turnstile_leave(engine == NULL ? NULL : engine->network);
}
