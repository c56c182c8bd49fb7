#include "node/handover.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "node/base/clock.h"
#include "node/base/log.h"
#include "node/base/str.h"
#include "node/handover_wire.h"
#include "node/listen.h"
#include "node/lock.h"

enum {
    MAX_ELDERS = 4,        /* still finishing what they hold, one upgrade after the other */
    MAX_GUESTS = 8,        /* on our control socket */
    ANSWER_S = 10,         /* the other end answers from its main loop */
    NEWCOMER_ASKS_MS = 60 * 1000,
    LOCK_FREES_MS = 2000,
    NAP_MS = 20,
};

struct place { /* one listening socket */
    char name[LISTEN_NAME_MAX];
    char address[80];
    int fd;
    bool activated; /* systemd has it, too */
};

struct guest {
    int fd;
    bool is_root;
};

struct handover {
    char *dir;
    char *const *argv;
    char program[PATH_MAX];
    int signals, lock, control;
    struct place places[HANDOVER_SOCKETS];
    size_t n_places;

    int elders[MAX_ELDERS]; /* [0 .. n): until they end, the store is shared */
    size_t n_elders;
    int elder; /* the one that waits for our word; in elders, too */

    struct guest guests[MAX_GUESTS];
    size_t n_guests;
    int newcomer;           /* one of guests: shall follow us */
    bool offered;           /* it has our sockets */
    int64_t newcomer_since;
    int asker;              /* one of guests: wants to know how the upgrade went */
    bool was_shared, leaving;
    const struct handover_hooks *hooks;
};

/* ---- taking over ---- */

static void close_fds(int *fds, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (fds[i] >= 0)
            close(fds[i]);
}

/* The lock is ours as well when it is the same open file: locking it again changes nothing. */
static bool lock_is_good(const struct handover *h, int fd)
{
    char path[PATH_MAX];
    struct stat here, there;
    snprintf(path, sizeof path, "%s/serve.lock", h->dir);
    return stat(path, &here) == 0 && fstat(fd, &there) == 0 && here.st_ino == there.st_ino &&
           here.st_dev == there.st_dev &&
           flock(fd, (lock_is_shared(h->dir) ? LOCK_SH : LOCK_EX) | LOCK_NB) == 0;
}

static struct place *place_named(struct handover *h, struct str name)
{
    for (size_t i = 0; i < h->n_places; i++)
        if (str_eq_c(name, h->places[i].name))
            return &h->places[i];
    return NULL;
}

/* "public 0 127.0.0.1:8420" and its descriptor: ours if we want that address, too. */
static bool take_socket(struct handover *h, struct str line, int fd)
{
    struct str name, activated;
    if (!str_next(&line, ' ', &name) || !str_next(&line, ' ', &activated))
        return false;
    struct place *p = place_named(h, name);
    bool systemds = str_eq_c(activated, "1");
    if (p == NULL || p->fd >= 0 || !(systemds || str_eq_c(line, p->address)) || !listen_adopt(fd))
        return false;
    p->fd = fd;
    p->activated = systemds;
    return true;
}

/* Each line after the first stands for a descriptor. */
static bool take_offer(struct handover *h, struct wire_message *m)
{
    struct str rest = str_c(m->text), line;
    str_next(&rest, '\n', &line);
    for (size_t i = 0; i < m->n_fds; i++) {
        bool kept = false;
        if (!str_next(&rest, '\n', &line))
            line = STR_NULL;
        if (str_eq_c(line, "lock") && h->lock < 0 && lock_is_good(h, m->fds[i])) {
            h->lock = m->fds[i];
            kept = true;
        } else if (str_eq_c(line, "elder") && h->n_elders < MAX_ELDERS) {
            h->elders[h->n_elders++] = m->fds[i];
            kept = true;
        } else {
            kept = take_socket(h, line, m->fds[i]);
        }
        if (!kept)
            close(m->fds[i]);
    }
    return h->lock >= 0;
}

/* OK with h->elder < 0: it died before it gave us anything, so the place is free. */
static enum err ask_elder(struct handover *h, int fd)
{
    struct wire_message m;
    enum wire_got got =
        wire_send(fd, "takeover", NULL, 0) ? wire_receive(fd, &m) : WIRE_ENDED;
    if (got == WIRE_ENDED) {
        close(fd);
        return OK;
    }
    if (got == WIRE_NOTHING) {
        log_error("handover", "the process that serves %s does not answer", h->dir);
        close(fd);
        return ERR_UPSTREAM;
    }
    if (!str_starts(str_c(m.text), STR("sockets\n"))) {
        log_error("handover", "%s: %.200s", h->dir, m.text);
        close_fds(m.fds, m.n_fds);
        close(fd);
        return ERR_CONFLICT;
    }
    h->elder = h->elders[h->n_elders++] = fd;
    if (!take_offer(h, &m)) {
        log_error("handover", "%s: what the serving process gave is not the lock", h->dir);
        return ERR_UPSTREAM;
    }
    return OK;
}

static enum err find_elder(struct handover *h)
{
    int fd = wire_spawned(ANSWER_S);
    if (fd < 0)
        fd = wire_connect(h->dir, ANSWER_S);
    if (fd < 0 && errno != ENOENT && errno != ECONNREFUSED) {
        log_error("handover", "cannot ask at %s/serve.sock: %s", h->dir, strerror(errno));
        return ERR_CONFLICT;
    }
    return fd < 0 ? OK : ask_elder(h, fd);
}

/* Whoever has just died may hold the lock for a moment more. */
static void wait_for_lock(const struct handover *h)
{
    char path[PATH_MAX];
    int64_t until = clock_monotonic() + LOCK_FREES_MS;
    int how = lock_is_shared(h->dir) ? LOCK_SH : LOCK_EX;
    snprintf(path, sizeof path, "%s/serve.lock", h->dir);
    for (;;) {
        int fd = open(path, O_RDWR | O_CLOEXEC);
        if (fd < 0)
            return;
        bool is_free = flock(fd, how | LOCK_NB) == 0;
        close(fd);
        if (is_free || clock_monotonic() > until)
            return;
        nanosleep(&(struct timespec){.tv_nsec = NAP_MS * 1000000L}, NULL);
    }
}

/* ---- beginning ---- */

static void block_signals(struct handover *h)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigprocmask(SIG_BLOCK, &set, NULL);
    h->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* By its name, or the only one without one of our names. */
static void take_from_systemd(struct handover *h)
{
    struct listen_given given;
    listen_from_systemd(&given);
    for (size_t i = 0; i < given.n; i++) {
        struct place *p = place_named(h, str_c(given.names[i]));
        if (p == NULL && given.n == 1)
            p = &h->places[0];
        if (p == NULL || p->fd >= 0) {
            log_warn("handover", "the socket '%s' of systemd is not used", given.names[i]);
            close(given.fds[i]);
            continue;
        }
        p->fd = given.fds[i];
        p->activated = true;
    }
}

/* Whoever would have given it to us has perhaps just died, lock first and socket last. */
static enum err open_rest(struct handover *h, bool takeover)
{
    int64_t wait_ms = takeover && h->n_elders == 0 ? LOCK_FREES_MS : 0;
    for (size_t i = 0; i < h->n_places; i++)
        if (h->places[i].fd < 0)
            TRY(listen_open_soon(h->places[i].address, wait_ms, &h->places[i].fd));
    return OK;
}

static struct handover *make(const struct handover_options *o)
{
    struct handover *h = calloc(1, sizeof *h);
    if (h == NULL || (h->dir = strdup(o->dir)) == NULL || o->n_sockets > HANDOVER_SOCKETS)
        abort();
    h->argv = o->argv;
    h->lock = h->control = h->elder = h->newcomer = h->asker = -1;
    for (size_t i = 0; i < o->n_sockets; i++) {
        struct place *p = &h->places[h->n_places++];
        snprintf(p->name, sizeof p->name, "%s", o->sockets[i].name);
        snprintf(p->address, sizeof p->address, "%s", o->sockets[i].address);
        p->fd = -1;
    }
    /* Now: after an upgrade of the package this link points to a file that is gone. */
    ssize_t n = readlink("/proc/self/exe", h->program, sizeof h->program - 1);
    h->program[n > 0 ? n : 0] = '\0';
    return h;
}

enum err handover_begin(const struct handover_options *o, struct handover **ret)
{
    struct handover *h = make(o);
    block_signals(h);
    enum err e = o->takeover ? find_elder(h) : OK;
    if (e == OK && h->lock < 0) {
        if (o->takeover)
            wait_for_lock(h);
        e = lock_dir_to_serve(h->dir, &h->lock);
    }
    take_from_systemd(h);
    if (e == OK)
        e = open_rest(h, o->takeover);
    if (e != OK) {
        handover_free(h);
        return e;
    }
    h->was_shared = h->n_elders > 0;
    *ret = h;
    return OK;
}

int handover_fd(const struct handover *h, const char *name)
{
    for (size_t i = 0; i < h->n_places; i++)
        if (strcmp(h->places[i].name, name) == 0)
            return h->places[i].fd;
    return -1;
}

bool handover_has_elder(const struct handover *h)
{
    return h->n_elders > 0;
}

/* On PostgreSQL several processes may serve one directory: the first has its socket. */
static bool is_beside_another(const struct handover *h)
{
    int fd = lock_is_shared(h->dir) ? wire_connect(h->dir, ANSWER_S) : -1;
    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

void handover_ready(struct handover *h)
{
    struct wire_message m;
    char text[64];
    if (h->n_elders == 0 && is_beside_another(h))
        log_info("handover", "another process serves %s, too, and keeps its serve.sock; upgrade this "
                             "one by a restart", h->dir);
    else if ((h->control = wire_listen(h->dir)) < 0)
        log_warn("handover", "no %s/serve.sock: %s; an upgrade will want a restart", h->dir,
                 strerror(errno));
    if (h->elder < 0) {
        systemd_notify("READY=1");
        return;
    }
    /* It tells systemd who is the main process now, which it won't hear from anybody else. */
    snprintf(text, sizeof text, "ready %ld", (long)getpid());
    if (wire_send(h->elder, text, NULL, 0) && wire_receive(h->elder, &m) == WIRE_MESSAGE)
        log_info("handover", "taken over: %.100s", m.text);
    else
        log_warn("handover", "whoever served before is gone already");
    h->elder = -1;
}

/* ---- being followed ---- */

static void drop_guest(struct handover *h, int fd)
{
    for (size_t i = 0; i < h->n_guests; i++) {
        if (h->guests[i].fd == fd) {
            h->guests[i] = h->guests[--h->n_guests];
            break;
        }
    }
    if (fd == h->asker)
        h->asker = -1;
    if (fd == h->newcomer) {
        h->newcomer = -1;
        h->offered = false;
    }
    close(fd);
}

static void answer_asker(struct handover *h, const char *text)
{
    if (h->asker < 0)
        return;
    (void)wire_send(h->asker, text, NULL, 0);
    drop_guest(h, h->asker);
}

static void add_guest(struct handover *h, int fd, bool is_root)
{
    if (h->n_guests == MAX_GUESTS) {
        (void)wire_send(fd, "busy: too many ask at once", NULL, 0);
        close(fd);
        return;
    }
    h->guests[h->n_guests++] = (struct guest){fd, is_root};
}

static bool offer(struct handover *h, int fd)
{
    int fds[WIRE_FDS];
    size_t n = 0, at;
    char text[WIRE_TEXT];
    at = (size_t)snprintf(text, sizeof text, "sockets\nlock\n");
    fds[n++] = h->lock;
    for (size_t i = 0; i < h->n_places; i++) {
        const struct place *p = &h->places[i];
        at += (size_t)snprintf(text + at, sizeof text - at, "%s %d %s\n", p->name, p->activated,
                               p->address);
        fds[n++] = p->fd;
    }
    for (size_t i = 0; i < h->n_elders; i++) {
        at += (size_t)snprintf(text + at, sizeof text - at, "elder\n");
        fds[n++] = h->elders[i];
    }
    return wire_send(fd, text, fds, n);
}

static const char *start_newcomer(struct handover *h)
{
    if (getpid() == 1)
        return "first: the container ends with this process";
    if (h->newcomer >= 0 || h->n_elders == MAX_ELDERS)
        return "busy: an upgrade is under way";
    int fd = h->argv == NULL || h->n_guests == MAX_GUESTS ? -1 : wire_spawn(h->program, h->argv);
    if (fd < 0)
        return "failed: the new process cannot be started";
    add_guest(h, fd, false);
    h->newcomer = fd;
    h->newcomer_since = clock_monotonic();
    log_info("handover", "starting %s in our place", h->program);
    return NULL;
}

static void newcomer_failed(struct handover *h)
{
    log_error("handover", "the new process did not get ready; this one goes on");
    answer_asker(h, "failed");
}

static bool newcomer_is_ready(struct handover *h, int fd, const char *text)
{
    char note[64], pid[64];
    int64_t its = wire_peer(fd);
    struct str rest = str_c(text), word;
    /* From a socketpair the kernel knows its maker only, so the newcomer says who it is. */
    if (str_next(&rest, ' ', &word) && rest.n > 0)
        (void)str_to_i64(rest, &its);
    snprintf(note, sizeof note, "MAINPID=%lld", (long long)its);
    snprintf(pid, sizeof pid, "upgraded %lld", (long long)its);
    systemd_notify(note);
    (void)wire_send(fd, "the old process finishes what it holds and leaves", NULL, 0);
    answer_asker(h, pid);
    log_info("handover", "process %lld serves now", (long long)its);
    h->leaving = true;
    return true;
}

static void share(struct handover *h)
{
    bool is_shared = h->n_elders > 0 || h->offered;
    if (is_shared == h->was_shared)
        return;
    h->was_shared = is_shared;
    if (!is_shared)
        log_info("handover", "alone with the store");
    if (h->hooks->shared != NULL)
        h->hooks->shared(h->hooks->arg, is_shared);
}

/* True: the newcomer is ready. */
static bool hear_guest(struct handover *h, struct guest g)
{
    struct wire_message m;
    enum wire_got got = wire_receive(g.fd, &m);
    if (got == WIRE_NOTHING)
        return false;
    if (got == WIRE_MESSAGE)
        close_fds(m.fds, m.n_fds); /* nobody has anything to give us */
    if (got == WIRE_MESSAGE && g.fd == h->newcomer && h->offered &&
        str_starts(str_c(m.text), STR("ready")))
        return newcomer_is_ready(h, g.fd, m.text);
    if (got == WIRE_MESSAGE && strcmp(m.text, "takeover") == 0 && !g.is_root) {
        bool busy = (h->newcomer >= 0 && h->newcomer != g.fd) || h->n_elders == MAX_ELDERS;
        if (busy) {
            (void)wire_send(g.fd, "busy: an upgrade is under way; try again when it is over", NULL, 0);
            drop_guest(h, g.fd);
        } else {
            h->newcomer = g.fd;
            h->offered = true;
            share(h); /* before it can write anything */
            (void)offer(h, g.fd); /* if it is gone, we hear of that next */
        }
        return false;
    }
    if (got == WIRE_MESSAGE && strcmp(m.text, "upgrade") == 0 && h->asker < 0) {
        h->asker = g.fd;
        const char *why_not = start_newcomer(h);
        if (why_not != NULL)
            answer_asker(h, why_not);
        return false;
    }
    bool was_newcomer = g.fd == h->newcomer;
    drop_guest(h, g.fd);
    if (was_newcomer)
        newcomer_failed(h);
    return false;
}

/* ---- waiting ---- */

/* 0: none that ends us. */
static int read_signal(struct handover *h)
{
    struct signalfd_siginfo s;
    return read(h->signals, &s, sizeof s) == (ssize_t)sizeof s ? (int)s.ssi_signo : 0;
}

static void hear_elders(struct handover *h)
{
    for (size_t i = 0; i < h->n_elders;) {
        char c;
        ssize_t n = recv(h->elders[i], &c, sizeof c, MSG_DONTWAIT);
        if (n > 0 || (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))) {
            i++;
            continue;
        }
        close(h->elders[i]);
        h->elders[i] = h->elders[--h->n_elders];
    }
}

static size_t list_fds(const struct handover *h, struct pollfd *p)
{
    size_t n = 0;
    p[n++] = (struct pollfd){.fd = h->signals, .events = POLLIN};
    p[n++] = (struct pollfd){.fd = h->control, .events = POLLIN}; /* -1: passed over */
    for (size_t i = 0; i < h->n_elders; i++)
        p[n++] = (struct pollfd){.fd = h->elders[i], .events = POLLIN};
    for (size_t i = 0; i < h->n_guests; i++)
        p[n++] = (struct pollfd){.fd = h->guests[i].fd, .events = POLLIN};
    return n;
}

enum handover_end handover_wait(struct handover *h, const struct handover_hooks *hooks)
{
    struct pollfd p[2 + MAX_ELDERS + MAX_GUESTS];
    h->hooks = hooks;
    for (;;) {
        bool is_root;
        share(h);
        poll(p, (nfds_t)list_fds(h, p), h->newcomer >= 0 && !h->offered ? 1000 : -1);
        int signal_number = read_signal(h);
        if (signal_number != 0) {
            log_info("server", "signal %d: stopping", signal_number);
            return HANDOVER_STOP;
        }
        hear_elders(h);
        struct guest guests[MAX_GUESTS];
        size_t n = h->n_guests;
        memcpy(guests, h->guests, n * sizeof *guests);
        for (size_t i = 0; i < n; i++) {
            bool still = false; /* hearing one may drop another */
            for (size_t k = 0; k < h->n_guests; k++)
                still = still || h->guests[k].fd == guests[i].fd;
            if (still && hear_guest(h, guests[i]))
                return HANDOVER_LEAVE;
        }
        int fd = h->control < 0 ? -1 : wire_accept(h->control, &is_root);
        if (fd >= 0)
            add_guest(h, fd, is_root);
        if (h->newcomer >= 0 && !h->offered &&
            clock_monotonic() > h->newcomer_since + NEWCOMER_ASKS_MS) {
            drop_guest(h, h->newcomer);
            newcomer_failed(h);
        }
    }
}

void handover_leave(struct handover *h, bool (*is_done)(void *arg), void *arg, int64_t max_ms)
{
    int64_t until = clock_monotonic() + max_ms;
    while (!is_done(arg) && clock_monotonic() < until) {
        struct pollfd p = {.fd = h->signals, .events = POLLIN};
        if (poll(&p, 1, NAP_MS) > 0 && read_signal(h) != 0)
            return;
    }
}

/* ---- the end ---- */

void handover_close_door(struct handover *h)
{
    if (h->leaving || h->offered)
        return;
    for (size_t i = 0; i < h->n_places; i++)
        if (h->places[i].fd >= 0 && !h->places[i].activated)
            shutdown(h->places[i].fd, SHUT_RDWR);
}

struct handover *handover_free(struct handover *h)
{
    if (h == NULL)
        return NULL;
    if (h->control >= 0) {
        char path[PATH_MAX];
        snprintf(path, sizeof path, "%s/serve.sock", h->dir);
        if (!h->leaving && !h->offered)
            (void)unlink(path);
        close(h->control);
    }
    for (size_t i = 0; i < h->n_places; i++)
        close_fds(&h->places[i].fd, 1);
    close_fds(&h->lock, 1);
    close_fds(&h->signals, 1);
    close_fds(h->elders, h->n_elders);
    for (size_t i = 0; i < h->n_guests; i++)
        close(h->guests[i].fd);
    free(h->dir);
    free(h);
    return NULL;
}

/* ---- asking for it ---- */

enum err handover_upgrade(const char *dir, int64_t *ret_pid)
{
    struct wire_message m;
    int fd = wire_connect(dir, 0);
    if (fd < 0)
        return errno == ENOENT || errno == ECONNREFUSED ? ERR_NOT_FOUND : ERR_FORBIDDEN;
    enum wire_got got =
        wire_send(fd, "upgrade", NULL, 0) ? wire_receive(fd, &m) : WIRE_ENDED;
    close(fd);
    if (got != WIRE_MESSAGE)
        return ERR_UPSTREAM;
    close_fds(m.fds, m.n_fds);
    struct str rest = str_c(m.text), word;
    str_next(&rest, ' ', &word);
    if (str_eq_c(word, "upgraded") && str_to_i64(rest, ret_pid))
        return OK;
    return str_eq_c(word, "busy")    ? ERR_CONFLICT
           : str_eq_c(word, "first") ? ERR_UNSUPPORTED
                                     : ERR_UPSTREAM;
}
