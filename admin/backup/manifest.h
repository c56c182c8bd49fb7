/* What a backup says of itself: manifest.json, read and written.
 *
 * Written by us, but read from a file that anybody may have made or damaged: everything is checked
 * before it is used, names above all, since files are made of them. */
#ifndef ADMIN_BACKUP_MANIFEST_H
#define ADMIN_BACKUP_MANIFEST_H

#include "node/base/buf.h"
#include "node/cx.h"

enum { MANIFEST_VERSION = 1, MANIFEST_MAX = 256 << 20, MANIFEST_CHAIN_MAX = 1000 };

/* A backup of the chain: what was made before, and what media this one builds upon. */
struct manifest_link {
    struct str id;          /* 32 hex digits */
    struct str file;        /* as it was called, for sentences only */
    int64_t created_at;
};

/* Something that lies in the file under a name of its own. */
struct manifest_member {
    struct str name;
    int64_t size;
    struct str sha256;      /* hex, of the bytes as they lie there */
};

struct manifest_media {
    struct str hash;        /* 64 hex digits: the name in the store */
    int64_t size;
    int64_t at;             /* which backup holds the bytes: index into chain; n_chain: this one */
    struct str sha256;      /* what the bytes really hash to; differs when they were damaged */
};

struct manifest_migration {
    struct str name, checksum;
};

struct manifest {
    struct str id;
    struct str origin;
    struct str program;     /* version that made it */
    struct str store;       /* "sqlite" or "postgresql": where it came from */
    struct str media_kind;  /* "directory" or "s3" */
    bool media_left_out;    /* some may lie in S3, and those are not in this file */
    int64_t created_at;
    struct manifest_migration *migrations;
    size_t n_migrations;
    struct manifest_link *chain; /* oldest first, without this one */
    size_t n_chain;
    struct manifest_member secret, database; /* secret.key, store.sqlite.zst */
    int64_t database_raw_size;   /* unpacked */
    struct str database_raw_sha256;
    struct manifest_media *media; /* by hash, each once: all that the node had */
    size_t n_media;
    int64_t n_missing;      /* rows whose bytes were not there */
};

/* 64 digits 0-9a-f. */
bool manifest_is_hash(struct str s);
void manifest_write(struct buf *out, const struct manifest *m);
/* Texts live in cx's arena. Fails INVALID (not ours, damaged), UNSUPPORTED (of a newer program); the
 * person is told. */
MUST_USE enum err manifest_parse(struct cx *cx, struct str bytes, struct manifest *ret);
/* NULL when there is none. */
const struct manifest_media *manifest_find(const struct manifest *m, struct str hash);

#endif
