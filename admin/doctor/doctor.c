#include "admin/doctor/doctor.h"

#include "node/base/arena.h"
#include "node/base/i18n.h"
#include "node/node.h"
#include "node/where.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum { MB = 1 << 20, ROOM_FAIL_MB = 50, ROOM_WARN_MB = 1024 };

void doctor_say(struct doctor *d, const char *check, enum doctor_state state, const char *what,
                const char *todo, const struct str *args, size_t n_args)
{
    struct arena *a = d->cx->arena;
    const struct doctor_line line = {
        .check = check,
        .state = state,
        .what = i18n_fill(a, i18n_get(d->cx->locale, what), args, n_args),
        .todo = todo == NULL ? STR_NULL : i18n_fill(a, i18n_get(d->cx->locale, todo), args, n_args),
    };
    d->failed = d->failed || state == DOCTOR_FAIL;
    d->say(d->arg, &line);
}

/* ---- the directory ---- */

static const char *in_dir(struct doctor *d, const char *name)
{
    return arena_printf(d->cx->arena, "%s/%s", d->dir, name);
}

/* Whoever serves the node is who owns its directory. */
static bool one_file(struct doctor *d, const char *name, const struct stat *dir)
{
    struct stat st;
    const char *path = in_dir(d, name);
    struct str args[] = {str_c(path), str_fmt(d->cx->arena, "%u", (unsigned)dir->st_uid)};
    if (lstat(path, &st) != 0)
        return true;
    if (!S_ISREG(st.st_mode)) {
        doctor_say(d, "files", DOCTOR_FAIL, N_("{0} is no plain file."),
                   N_("Put the file itself there, from a backup if need be."), args, 2);
        return false;
    }
    if (st.st_uid != dir->st_uid) {
        doctor_say(d, "files", DOCTOR_FAIL, N_("{0} belongs to another user than the node's directory; a verb was run as root."),
                   N_("Run: chown {1} {0}"), args, 2);
        return false;
    }
    if ((st.st_mode & 077) != 0) {
        doctor_say(d, "files", DOCTOR_FAIL, N_("{0} can be read by others on this machine."),
                   N_("Run: chmod 600 {0}"), args, 2);
        return false;
    }
    return true;
}

static void room(struct doctor *d)
{
    struct statvfs v;
    if (statvfs(d->dir, &v) != 0)
        return;
    int64_t free_mb = (int64_t)((uint64_t)v.f_bavail * v.f_frsize / MB);
    struct str args[] = {str_fmt(d->cx->arena, "%lld", (long long)free_mb)};
    if (free_mb < ROOM_FAIL_MB || (v.f_files > 0 && v.f_favail < 100))
        doctor_say(d, "disk", DOCTOR_FAIL, N_("The disk is full: {0} MB are free."),
                   N_("Make room now: nothing can be written any more."), args, 1);
    else if (free_mb < ROOM_WARN_MB)
        doctor_say(d, "disk", DOCTOR_WARN, N_("Only {0} MB are free."),
                   N_("Make room soon, or move the media elsewhere."), args, 1);
    else
        doctor_say(d, "disk", DOCTOR_OK, N_("{0} MB are free."), NULL, args, 1);
}

void doctor_files(struct doctor *d, bool *ret_usable)
{
    static const char *const names[] = {"secret.key", "store.sqlite", "store.sqlite-wal",
                                        "store.sqlite-shm", "store.url", "serve.lock"};
    struct stat dir, st;
    struct str args[] = {str_c(d->dir)};
    bool good = true;
    *ret_usable = false;
    if (stat(d->dir, &dir) != 0 || !S_ISDIR(dir.st_mode)) {
        doctor_say(d, "files", DOCTOR_FAIL, N_("{0} is no directory that you may read."),
                   N_("Say where the node is; run the doctor as the user that serves it."), args, 1);
        return;
    }
    if (access(in_dir(d, NODE_RESTORING), F_OK) == 0) {
        doctor_say(d, "files", DOCTOR_FAIL, N_("{0} is half restored."),
                   N_("Run 'orrery restore' again with the same files, or delete the directory."), args, 1);
        return;
    }
    if (stat(in_dir(d, "secret.key"), &st) != 0 || st.st_size != 32) {
        doctor_say(d, "files", DOCTOR_FAIL, N_("The node's key, {0}/secret.key, is missing or damaged."),
                   N_("Restore it from a backup: without it no signing key and no secret setting can be read."), args, 1);
        return;
    }
    if ((dir.st_mode & 077) != 0) {
        doctor_say(d, "files", DOCTOR_WARN, N_("{0} can be entered by others on this machine."),
                   N_("Run: chmod 700 {0}"), args, 1);
        good = false;
    }
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        good = one_file(d, names[i], &dir) && good;
    if (good)
        doctor_say(d, "files", DOCTOR_OK, N_("The files are there, and their owner's alone."), NULL, NULL, 0);
    room(d);
    *ret_usable = true;
}

/* ---- everything ---- */

static void look(struct doctor *d)
{
    doctor_queries(d);
    doctor_keys(d);
    doctor_ledger(d);
    doctor_media(d);
    doctor_queue(d);
    doctor_mail(d);
    if (!d->offline)
        doctor_outside(d);
    doctor_clock(d);
    doctor_zones(d);
}

void doctor_run(struct doctor *d, struct server *server)
{
    struct node *node;
    struct cx *outer = d->cx;
    bool usable;
    doctor_files(d, &usable);
    if (usable)
        doctor_store(d, &usable);
    if (!usable)
        return;
    if (node_open(server, d->dir, &node) != OK) {
        doctor_say(d, "node", DOCTOR_FAIL, N_("The node cannot be opened."),
                   N_("The lines above this one say why."), NULL, 0);
        return;
    }
    d->cx = cx_new(node);
    d->cx->locale = outer->locale;
    look(d);
    cx_free(d->cx);
    d->cx = outer;
    node_close(node);
}
