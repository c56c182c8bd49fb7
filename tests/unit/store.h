/* A store in a directory of its own under TMPDIR, for tests. */
#ifndef TESTS_UNIT_STORE_H
#define TESTS_UNIT_STORE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "node/base/id.h"
#include "node/db/db.h"
#include "node/node.h"
#include "tests/unit/unit.h"

struct store {
    char dir[200];
    char path[256];
    struct node node;
};

static inline void store_reopen(struct store *s)
{
    s->node.db = db_close(s->node.db);
    assert_int_equal(db_open(s->path, db_migrations, &s->node.db), OK);
}

static inline struct store *store_new(void)
{
    struct store *s = calloc(1, sizeof *s);
    const char *tmp = getenv("TMPDIR");
    snprintf(s->dir, sizeof s->dir, "%s/orrery-test-XXXXXX", tmp == NULL ? "/tmp" : tmp);
    assert_non_null(mkdtemp(s->dir));
    snprintf(s->path, sizeof s->path, "%s/store.db", s->dir);
    s->node.ids = id_maker_new();
    store_reopen(s);
    return s;
}

static inline void store_remove(const struct store *s)
{
    static const char *const names[] = {"", "-wal", "-shm"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char path[300];
        snprintf(path, sizeof path, "%s%s", s->path, names[i]);
        unlink(path);
    }
    rmdir(s->dir);
}

static inline void store_free(struct store *s)
{
    s->node.db = db_close(s->node.db);
    id_maker_free(s->node.ids);
    store_remove(s);
    free(s);
}

#endif
