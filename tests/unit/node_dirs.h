/* Directories of real nodes under TMPDIR, for tests of many nodes. */
#ifndef TESTS_UNIT_NODE_DIRS_H
#define TESTS_UNIT_NODE_DIRS_H

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "node/nodes.h"
#include "tests/unit/unit.h"

enum { DIRS_MAX = 8 };

struct node_dirs {
    char top[200];
    char dir[DIRS_MAX][256];
    char host[DIRS_MAX][64];
    int n;
};

/* Of the hosts n0.example:PORT (port 0: none), http or https. */
static inline void node_dirs_make(struct node_dirs *d, int n, const char *scheme, int port)
{
    const char *tmp = getenv("TMPDIR");
    snprintf(d->top, sizeof d->top, "%s/orrery-nodes-XXXXXX", tmp == NULL ? "/tmp" : tmp);
    assert_non_null(mkdtemp(d->top));
    d->n = n;
    for (int i = 0; i < n; i++) {
        char origin[128], tail[16] = "";
        if (port > 0)
            snprintf(tail, sizeof tail, ":%d", port);
        snprintf(d->dir[i], sizeof d->dir[i], "%s/n%d", d->top, i);
        snprintf(d->host[i], sizeof d->host[i], "n%d.example%s", i, tail);
        snprintf(origin, sizeof origin, "%s://%s", scheme, d->host[i]);
        assert_int_equal(node_create(d->dir[i], str_c(origin)), OK);
    }
}

static inline struct node_spec node_dirs_spec(const struct node_dirs *d, int i)
{
    return (struct node_spec){.id = i + 1, .name = str_c(d->dir[i] + strlen(d->top) + 1),
                              .host = str_c(d->host[i]), .dir = d->dir[i]};
}

static inline void node_dirs_remove(struct node_dirs *d)
{
    static const char *const names[] = {"store.sqlite", "store.sqlite-wal", "store.sqlite-shm",
                                        "secret.key"};
    for (int i = 0; i < d->n; i++) {
        for (size_t k = 0; k < sizeof names / sizeof *names; k++) {
            char path[300];
            snprintf(path, sizeof path, "%s/%s", d->dir[i], names[k]);
            unlink(path);
        }
        assert_int_equal(rmdir(d->dir[i]), 0); /* nothing was left behind */
    }
    assert_int_equal(rmdir(d->top), 0);
}

/* Bytes that are no store, where the store was. */
static inline void node_dirs_corrupt(const struct node_dirs *d, int i)
{
    char path[300];
    snprintf(path, sizeof path, "%s/store.sqlite", d->dir[i]);
    int fd = open(path, O_WRONLY | O_TRUNC);
    assert_true(fd >= 0);
    for (int k = 0; k < 400; k++)
        assert_int_equal(write(fd, "this is no store", 16), 16);
    close(fd);
}

#endif
