/* Every row's bytes, and bytes that no row names. */
#include "admin/doctor/doctor.h"

#include "admin/doctor/doctor_sql.h"
#include "node/base/arena.h"
#include "node/media/media.h"
#include "node/node.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>

enum { HASH_LEN = 64, ORPHANS_OF_NOTE = 100 };

struct missing {
    struct doctor *d;
    int64_t n;
    struct str first;
};

static void note_missing(void *arg, struct str hash)
{
    struct missing *m = arg;
    if (m->n++ == 0)
        m->first = str_dup(m->d->cx->arena, hash);
}

/* One folder of DIR/media. A context of its own: there may be very many. */
static enum err count_folder(struct doctor *d, unsigned i, int64_t *ret_n)
{
    char path[4200];
    snprintf(path, sizeof path, "%s/media/%02x", d->dir, i);
    DIR *dir = opendir(path);
    enum err e = OK;
    if (dir == NULL)
        return OK;
    struct cx *cx = cx_new(d->cx->node);
    for (struct dirent *entry; e == OK && (entry = readdir(dir)) != NULL;) {
        int64_t uses = 1;
        if (strlen(entry->d_name) == HASH_LEN)
            e = q_doctor_hash_uses(cx, str_c(entry->d_name), &uses);
        *ret_n += uses == 0;
    }
    cx_free(cx);
    closedir(dir);
    return e;
}

static void orphans(struct doctor *d)
{
    int64_t n = 0;
    enum err e = OK;
    for (unsigned i = 0; e == OK && i < 256; i++)
        e = count_folder(d, i, &n);
    struct str args[] = {str_fmt(d->cx->arena, "%lld", (long long)n)};
    if (e == OK && n > ORPHANS_OF_NOTE)
        doctor_say(d, "media", DOCTOR_WARN, N_("{0} files belong to nothing any more."),
                   N_("A serving node clears them away once a day; if the number stays, look for media.sweep in 'orrery queue list DIR'."), args, 1);
}

void doctor_media(struct doctor *d)
{
    struct missing m = {.d = d};
    int64_t looked_at = 0;
    enum err e = media_check(d->cx, d->deep, note_missing, &m, &looked_at);
    if (e != OK) {
        struct str words = str_c(d->cx->tell != NULL ? d->cx->tell
                                 : d->cx->fail != NULL ? d->cx->fail : err_name(e));
        doctor_say(d, "media", DOCTOR_FAIL, N_("The media cannot be looked at: {0}"),
                   N_("Is the storage reachable, and are its keys right?"), &words, 1);
        return;
    }
    struct str args[] = {str_fmt(d->cx->arena, "%lld", (long long)m.n), m.first,
                         str_fmt(d->cx->arena, "%lld", (long long)looked_at)};
    if (m.n > 0)
        doctor_say(d, "media", DOCTOR_FAIL, N_("{0} media files are missing or damaged, first {1}."),
                   N_("Restore a backup into another directory and copy its media/ over: cp -an OTHER/media DIR/"), args, 3);
    else if (d->deep)
        doctor_say(d, "media", DOCTOR_OK, N_("All {2} media files are there, and sound."), NULL, args, 3);
    else
        doctor_say(d, "media", DOCTOR_OK, N_("All {2} media files are there."), NULL, args, 3);
    orphans(d);
}
