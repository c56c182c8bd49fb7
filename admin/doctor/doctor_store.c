/* The store, and what is kept in it. */
#include "admin/doctor/doctor.h"

#include "admin/doctor/doctor_sql.h"
#include "node/base/arena.h"
#include "node/base/clock.h"
#include "node/base/crypt.h"
#include "node/base/i18n.h"
#include "node/db/db.h"
#include "node/db/snapshot.h"
#include "node/jobs/jobs.h"
#include "node/money/ledger.h"
#include "node/money/rail_account.h"
#include "node/node.h"
#include "node/planet/planet.h"
#include "node/settings.h"
#include "node/where.h"

#include <string.h>

enum { PG_OLDEST = 130000, FEW_CONNECTIONS = 5 };
#define LATE_MS (10 * MS_MINUTE)
#define STUCK_MS (5 * MS_MINUTE)

static struct str count(struct doctor *d, int64_t n)
{
    return str_fmt(d->cx->arena, "%lld", (long long)n);
}

/* What went wrong in cx, in whatever words there are. */
static struct str why(struct doctor *d, enum err e)
{
    const char *words = d->cx->tell != NULL ? d->cx->tell
                        : d->cx->fail != NULL ? d->cx->fail
                                              : err_name(e);
    return str_dup(d->cx->arena, str_c(words));
}

/* ---- before it is opened ---- */

struct migrations {
    struct doctor *d;
    size_t known;
    struct str newer, changed;
};

static enum err note_migration(void *arg, struct str name, struct str checksum)
{
    struct migrations *m = arg;
    for (const struct embedded *k = db_migrations; k->name != NULL; k++) {
        if (!str_eq_c(name, k->name))
            continue;
        struct str sum = crypt_sha256_hex(m->d->cx->arena, (struct str){(const char *)k->bytes, k->n});
        if (!str_eq(sum, checksum))
            m->changed = str_dup(m->d->cx->arena, name);
        m->known++;
        return OK;
    }
    m->newer = str_dup(m->d->cx->arena, name);
    return OK;
}

/* other: the ending of what only the other engine has. */
static bool same_version(struct doctor *d, const struct migrations *m, const char *other)
{
    size_t all = 0;
    for (const struct embedded *k = db_migrations; k->name != NULL; k++)
        all += !str_ends(str_c(k->name), str_c(other));
    if (m->newer.p != NULL)
        doctor_say(d, "store", DOCTOR_FAIL, N_("The store was written by a newer version of the program ({0})."),
                   N_("Use that version."), &m->newer, 1);
    else if (m->changed.p != NULL)
        doctor_say(d, "store", DOCTOR_FAIL, N_("The store was made by another version of the program: {0} differs."),
                   N_("Use the version that made it."), &m->changed, 1);
    else if (m->known < all)
        doctor_say(d, "store", DOCTOR_WARN, N_("The store is of an older version; the next start brings it up to date."),
                   N_("Make a backup, restart the server, and ask the doctor again for the rest."), NULL, 0);
    else
        return true;
    return false;
}

static void file_store(struct doctor *d, const char *file, bool *ret_usable)
{
    struct db_snapshot *s;
    const char *what = NULL;
    enum err e = db_snapshot_open(d->cx, file, &s);
    if (e != OK) {
        struct str words = why(d, e);
        doctor_say(d, "store", DOCTOR_FAIL, N_("The store cannot be opened: {0}."),
                   N_("Restore it from a backup."), &words, 1);
        return;
    }
    struct migrations m = {.d = d};
    if (db_snapshot_each_migration(d->cx, s, note_migration, &m) != OK) {
        doctor_say(d, "store", DOCTOR_FAIL, N_("This is not a node's store: it has no list of migrations."),
                   N_("Restore it from a backup."), NULL, 0);
    } else if (same_version(d, &m, ".pg.sql")) {
        e = db_snapshot_check(d->cx, s, &what);
        struct str words = e != OK ? why(d, e) : str_c(what);
        if (words.p != NULL)
            doctor_say(d, "store", DOCTOR_FAIL, N_("The store is damaged: {0}."),
                       N_("Stop the server, keep the directory for later, and restore the last backup."), &words, 1);
        else
            doctor_say(d, "store", DOCTOR_OK, N_("The store is whole, and of this version."), NULL, NULL, 0);
        *ret_usable = words.p == NULL;
    }
    db_snapshot_close(s);
}

/* One trouble at a time: what comes first explains the rest. */
static bool schema_trouble(struct doctor *d, const struct db_pg_look *l)
{
    struct str version = str_fmt(d->cx->arena, "%d", l->version / 10000);
    if (l->version < PG_OLDEST)
        doctor_say(d, "store", DOCTOR_FAIL, N_("PostgreSQL {0} is too old."),
                   N_("Use PostgreSQL 13 or newer."), &version, 1);
    else if (!l->utf8)
        doctor_say(d, "store", DOCTOR_FAIL, N_("The database is not in UTF-8."),
                   N_("Make another one (createdb --encoding=UTF8 --template=template0) and copy the store there."), NULL, 0);
    else if (l->standby)
        doctor_say(d, "store", DOCTOR_FAIL, N_("This PostgreSQL is a standby, which takes no writes."),
                   N_("Let store.url name the primary, or add target_session_attrs=read-write to it."), NULL, 0);
    else if (!l->exists)
        doctor_say(d, "store", DOCTOR_FAIL, N_("There is no such schema in the database."),
                   N_("Check schema=NAME in store.url, or restore a backup."), NULL, 0);
    else if (!l->may_create)
        doctor_say(d, "store", DOCTOR_FAIL, N_("The user in store.url may not make tables in its schema; the next upgrade would fail."),
                   N_("As the owner of the schema: GRANT USAGE, CREATE ON SCHEMA name TO user;"), NULL, 0);
    else if (l->lacking.p != NULL)
        doctor_say(d, "store", DOCTOR_FAIL, N_("The user in store.url may not read and write the table {0}."),
                   N_("Let that user own all tables of the schema: ALTER TABLE {0} OWNER TO user;"), &l->lacking, 1);
    else
        return false;
    return true;
}

static void schema_store(struct doctor *d, const char *where, bool *ret_usable)
{
    struct db_pg_look l;
    struct migrations m = {.d = d};
    enum err e = db_pg_look(d->cx, where, &l, note_migration, &m);
    if (e != OK) {
        struct str words = why(d, e);
        doctor_say(d, "store", DOCTOR_FAIL, N_("PostgreSQL cannot be reached: {0}."),
                   N_("Is it running, and is the address in store.url right?"), &words, 1);
        return;
    }
    if (schema_trouble(d, &l) || !same_version(d, &m, ".sqlite.sql"))
        return;
    *ret_usable = true;
    if (!l.fsync)
        doctor_say(d, "store", DOCTOR_WARN, N_("PostgreSQL runs with fsync = off: a power cut can damage everything."),
                   N_("Set fsync = on in postgresql.conf."), NULL, 0);
    if (l.free_connections < FEW_CONNECTIONS)
        doctor_say(d, "store", DOCTOR_WARN, N_("PostgreSQL has hardly a connection left."),
                   N_("Raise max_connections in postgresql.conf."), NULL, 0);
    struct str version = str_fmt(d->cx->arena, "%d.%d", l.version / 10000, l.version % 10000);
    doctor_say(d, "store", DOCTOR_OK, N_("PostgreSQL {0} answers, and the store is of this version."), NULL, &version, 1);
}

void doctor_store(struct doctor *d, bool *ret_usable)
{
    const char *where = NULL;
    *ret_usable = false;
    if (where_find(d->cx->arena, d->dir, &where) != OK)
        doctor_say(d, "store", DOCTOR_FAIL, N_("Where the store is cannot be read."),
                   N_("Look into the file store.url."), NULL, 0);
    else if (!db_is_address(where))
        file_store(d, where, ret_usable);
    else
        schema_store(d, where, ret_usable);
}

/* ---- the open node ---- */

void doctor_queries(struct doctor *d)
{
    size_t n = 0;
    for (const struct db_query *const *q = db_all_queries; *q != NULL; q++, n++) {
        enum err e = db_check_query(d->cx, *q);
        if (e == OK)
            continue;
        struct str words = why(d, e);
        doctor_say(d, "queries", DOCTOR_FAIL, N_("A query of the program does not fit the store: {0}."),
                   N_("The program and the store are of different versions: upgrade, or restore a backup."), &words, 1);
        return;
    }
    struct str args[] = {count(d, (int64_t)n)};
    doctor_say(d, "queries", DOCTOR_OK, N_("All {0} queries fit the store."), NULL, args, 1);
}

static bool unseals(struct doctor *d, struct str sealed)
{
    struct str pem;
    struct crypt_key *k = NULL;
    bool ok = sealed.p != NULL && crypt_open(d->cx->arena, d->cx->node->secret, sealed, &pem) == OK &&
              crypt_key_read_private(pem, &k) == OK;
    crypt_key_free(k);
    return ok;
}

/* What the owners of planets gave to be paid: what doesn't open, line by line. */
static bool rails_open(struct doctor *d)
{
    struct planet *planets;
    struct rail_account *accounts;
    size_t n, n_accounts;
    bool good = true;
    enum err e = planet_list(d->cx, &planets, &n);
    for (size_t i = 0; e == OK && i < n; i++) {
        e = rail_account_list(d->cx, planets[i].id, &accounts, &n_accounts);
        for (size_t k = 0; e == OK && k < n_accounts; k++) {
            struct str args[] = {accounts[k].rail, planets[i].handle};
            if (!accounts[k].shut)
                continue;
            doctor_say(d, "keys", DOCTOR_FAIL,
                       N_("The keys of {0} on the planet {1} cannot be opened with secret.key: no payment is made or heard by it."),
                       N_("Put the secret.key of this node there, from the backup that the store is of. If it is lost, enter the keys again: in the desk under Money, Providers, or with 'orrery rail connect DIR --planet {1} --rail {0}'."),
                       args, 2);
            good = false;
        }
    }
    if (e != OK) {
        struct str words = why(d, e);
        doctor_say(d, "keys", DOCTOR_FAIL, N_("The keys of the ways to be paid cannot be read: {0}."), NULL, &words, 1);
    }
    return good && e == OK;
}

static bool actors_open(struct doctor *d, size_t *ret_n)
{
    struct doctor_sealed_keys_row *rows;
    enum err e = q_doctor_sealed_keys(d->cx, &rows, ret_n);
    if (e != OK) {
        struct str words = why(d, e);
        doctor_say(d, "keys", DOCTOR_FAIL, N_("The signing keys cannot be read: {0}."), NULL, &words, 1);
        return false;
    }
    for (size_t i = 0; i < *ret_n; i++) {
        if (unseals(d, rows[i].rsa) && unseals(d, rows[i].ed25519))
            continue;
        doctor_say(d, "keys", DOCTOR_FAIL, N_("The signing keys of {0} cannot be opened with secret.key."),
                   N_("Put the secret.key of this node there, from the backup that the store is of."), &rows[i].uri, 1);
        return false; /* one says it for all */
    }
    return true;
}

static bool settings_open(struct doctor *d)
{
    for (const struct setting_row *r = setting_rows(); r->key != NULL; r++) {
        struct str value, key = str_c(r->key);
        if (!r->secret || setting_get(d->cx, r->key, &value) == OK)
            continue;
        doctor_say(d, "keys", DOCTOR_FAIL, N_("The setting {0} cannot be opened with secret.key."),
                   N_("Set it anew: orrery settings set DIR --key {0} --value-file FILE"), &key, 1);
        return false;
    }
    return true;
}

void doctor_keys(struct doctor *d)
{
    size_t n = 0;
    bool actors = actors_open(d, &n), settings = settings_open(d), rails = rails_open(d);
    struct str args[] = {count(d, (int64_t)n)};
    if (actors && settings && rails)
        doctor_say(d, "keys", DOCTOR_OK,
                   N_("The keys of {0} actors, the secret settings and those of the ways to be paid open with secret.key."),
                   NULL, args, 1);
}

void doctor_ledger(struct doctor *d)
{
    struct planet *planets;
    size_t n;
    int64_t txns = 0;
    enum err e = planet_list(d->cx, &planets, &n);
    for (size_t i = 0; e == OK && i < n; i++) {
        struct ledger_check c;
        e = ledger_verify(d->cx, planets[i].id, &c);
        if (e == OK && !c.ok) {
            struct str args[] = {planets[i].handle, str_c(c.what), count(d, c.bad_seq)};
            doctor_say(d, "ledger", DOCTOR_FAIL, N_("The books of {0} are not as they were written, from transaction {2} on: {1}."),
                       N_("Somebody changed the store by hand. Keep it for evidence and restore a backup."), args, 3);
            return;
        }
        txns += c.n_txns;
    }
    if (e != OK) {
        struct str words = why(d, e);
        doctor_say(d, "ledger", DOCTOR_FAIL, N_("The books cannot be read: {0}."), NULL, &words, 1);
        return;
    }
    struct str args[] = {count(d, txns)};
    doctor_say(d, "ledger", DOCTOR_OK, N_("{0} transactions, each sums to zero, the chain of hashes is whole."), NULL, args, 1);
}

void doctor_queue(struct doctor *d)
{
    struct job_counts c;
    struct doctor_jobs_late_row late;
    int64_t stuck, now = clock_now();
    enum err e = job_count(d->cx, &c);
    if (e == OK)
        e = q_doctor_jobs_stuck(d->cx, now - STUCK_MS, &stuck);
    if (e == OK)
        e = q_doctor_jobs_late(d->cx, now - LATE_MS, &late);
    if (e != OK) {
        struct str words = why(d, e);
        doctor_say(d, "queue", DOCTOR_FAIL, N_("The queue cannot be read: {0}."), NULL, &words, 1);
        return;
    }
    bool good = true;
    if (late.n > 0) {
        struct str args[] = {count(d, late.n), i18n_ago(d->cx, late.oldest)};
        doctor_say(d, "queue", DOCTOR_FAIL, N_("{0} jobs are overdue; the oldest was due {1}."),
                   N_("Is the server running? If it is, its log says what holds them up."), args, 2);
        good = false;
    }
    if (stuck > 0) {
        struct str args[] = {count(d, stuck)};
        doctor_say(d, "queue", DOCTOR_FAIL, N_("{0} jobs are held by a server that is gone."),
                   N_("Restart the server: it takes them up again."), args, 1);
        good = false;
    }
    if (c.resting > 0) {
        struct str args[] = {count(d, c.resting)};
        doctor_say(d, "queue", DOCTOR_WARN, N_("{0} jobs gave up and wait for a decision."),
                   N_("See them with: orrery queue list DIR --resting; then 'queue retry' or 'queue drop'."), args, 1);
        good = false;
    }
    if (good) {
        struct str args[] = {count(d, c.ready + c.waiting + c.leased)};
        doctor_say(d, "queue", DOCTOR_OK, N_("{0} jobs in the queue, none overdue, none given up."), NULL, args, 1);
    }
}
