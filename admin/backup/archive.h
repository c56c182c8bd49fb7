/* The file of a backup: a tar archive, in this order
 *
 *     orrery-backup.txt     for people: what this is, and that it holds keys
 *     secret.key
 *     store.sqlite.zst      the store as a SQLite file, Zstandard
 *     media/<sha256> …      as they lie in the node
 *     manifest.json         what all that is (manifest.h)
 *     index                 one line: where manifest.json begins, and its SHA-256
 *
 * `index` is always the last 2,048 bytes, so that the manifest is found without reading the rest,
 * and a file that was cut off is known at once. Any tar can unpack it; this reader takes nothing
 * but the names above, plain files, each once. One thread at a time per object. */
#ifndef ADMIN_BACKUP_ARCHIVE_H
#define ADMIN_BACKUP_ARCHIVE_H

#include "admin/backup/manifest.h"

enum { SHA_TEXT = 65 }; /* 64 hex digits and a NUL */

/* Whoever steps back rests three times as long as it works, after each 128 KB: the lowest priority alone
 * still disturbs a busy machine, by its caches, its disk and the scheduler's slips. */
struct pace {
    bool on;
    int64_t since; /* monotonic, of the last rest */
    int64_t bytes; /* worked on since then */
};
void pace_work(struct pace *p, size_t bytes); /* NULL: no pace */

/* ---- writing ---- */

struct pack;
/* Makes the file (0600) and locks it, so that no second backup writes the same; what a killed one
 * left there is overwritten. Fails BUSY, STORAGE (the person is told). */
MUST_USE enum err pack_open(struct cx *cx, const char *path, struct pace *pace, struct pack **ret);
MUST_USE enum err pack_bytes(struct cx *cx, struct pack *p, const char *name, struct str bytes,
                             char ret_sha[SHA_TEXT]);
/* From fd's start to its end. Pages that were read are given back to the system unless they were in
 * its memory before. */
MUST_USE enum err pack_fd(struct cx *cx, struct pack *p, const char *name, int fd,
                          int64_t *ret_size, char ret_sha[SHA_TEXT]);
/* manifest.json and index; then everything is synced. The file stays open and locked. */
MUST_USE enum err pack_finish(struct cx *cx, struct pack *p, const struct manifest *m);
/* Closes it; unless finished the file is removed. Takes NULL, returns NULL. */
struct pack *pack_close(struct pack *p);

/* A file into a Zstandard file, and back. Both are made anew (0600) and synced. Unpacking fails
 * INVALID when the result is not of this size and SHA-256. */
MUST_USE enum err squeeze_file(struct cx *cx, const char *from, const char *to, struct pace *pace,
                               int64_t *ret_raw_size, char ret_raw_sha[SHA_TEXT]);
MUST_USE enum err unsqueeze_file(struct cx *cx, const char *from, const char *to, int64_t raw_size,
                                 struct str raw_sha);

/* ---- reading ---- */

struct backup_file {
    const char *path;
    int fd;
    struct manifest m;
};
/* Reads the manifest. Fails NOT_FOUND (no such file), INVALID (cut off, damaged, something else),
 * UNSUPPORTED (newer); the person is told, with the file's name. */
MUST_USE enum err backup_open(struct cx *cx, const char *path, struct backup_file *ret);
void backup_close(struct backup_file *f);

/* Each member once, from the front: want says where its bytes go (fd, closed by the walk; -1: only
 * hashed), got hears of it when it is whole. All that the manifest promises must be there with its
 * size and SHA-256, and nothing else: ERR_INVALID, the person is told. */
struct backup_visitor {
    enum err (*want)(void *arg, struct str name, int *ret_fd);
    enum err (*got)(void *arg, struct str name);
    void *arg;
    struct pace *pace; /* NULL: at full speed */
};
MUST_USE enum err backup_walk(struct cx *cx, const struct backup_file *f,
                              const struct backup_visitor *v);

/* "The disk is full …" or what errno says, for a file that could not be written. */
MUST_USE enum err backup_write_failed(struct cx *cx, const char *path, int why);

#endif
