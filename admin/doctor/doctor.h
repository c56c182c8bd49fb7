/* What `orrery doctor` looks at: one line for each thing, with what it means and what to do.
 *
 * It changes nothing, except that an open node writes what every open node writes (the store's own
 * housekeeping); a store that waits for a migration is not opened. Private to admin/doctor and the
 * verb. One thread. */
#ifndef ADMIN_DOCTOR_DOCTOR_H
#define ADMIN_DOCTOR_DOCTOR_H

#include "node/cx.h"

enum doctor_state { DOCTOR_OK, DOCTOR_WARN, DOCTOR_FAIL };

struct doctor_line {
    const char *check;  /* "store", "queue" … */
    enum doctor_state state;
    struct str what;    /* translated */
    struct str todo;    /* STR_NULL: nothing to do */
};

struct doctor {
    struct cx *cx;      /* on no node until doctor_run opened it, then on it */
    const char *dir;
    bool deep, offline;
    /* Called for each line as it is found. */
    void (*say)(void *arg, const struct doctor_line *line);
    void *arg;
    bool failed;        /* some line was DOCTOR_FAIL */
    struct str date;    /* Date of the first answer from outside; STR_NULL: none yet */
    int64_t date_at;    /* our clock then */
};

struct server;
void doctor_run(struct doctor *d, struct server *server);

/* what and todo: English marked N_, {0}… filled from args. todo NULL: nothing. */
void doctor_say(struct doctor *d, const char *check, enum doctor_state state, const char *what,
                const char *todo, const struct str *args, size_t n_args);

/* The parts, in the order of asking. */
void doctor_files(struct doctor *d, bool *ret_usable);  /* directory, keys, permissions, room */
void doctor_store(struct doctor *d, bool *ret_usable);  /* before the node is opened */
void doctor_queries(struct doctor *d);                  /* from here on the node is open */
void doctor_keys(struct doctor *d);
void doctor_ledger(struct doctor *d);
void doctor_media(struct doctor *d);
void doctor_queue(struct doctor *d);
void doctor_mail(struct doctor *d);
void doctor_outside(struct doctor *d);
void doctor_clock(struct doctor *d);
void doctor_zones(struct doctor *d);

#endif
