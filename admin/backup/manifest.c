#include "admin/backup/manifest.h"

#include "node/base/arena.h"
#include "node/base/clock.h"
#include "node/base/json.h"
#include "node/base/jw.h"

#include <stdlib.h>
#include <string.h>

enum { DEPTH = 4, VALUES = 8 << 20, NAME_MAX_BYTES = 300, MIGRATIONS_MAX = 10000 };

static bool is_hex(struct str s, size_t n)
{
    for (size_t i = 0; i < s.n; i++)
        if (!((s.p[i] >= '0' && s.p[i] <= '9') || (s.p[i] >= 'a' && s.p[i] <= 'f')))
            return false;
    return s.p != NULL && s.n == n;
}

bool manifest_is_hash(struct str s)
{
    return is_hex(s, 64);
}

/* ---- writing ---- */

static void write_member(struct jw *w, const struct manifest_member *m)
{
    jw_obj(w);
    jw_key_str(w, "name", m->name);
    jw_key_i64(w, "size", m->size);
    jw_key_str(w, "sha256", m->sha256);
}

/* Media are many, so each is a short list rather than an object. */
static void write_media(struct jw *w, const struct manifest *m)
{
    jw_key(w, "media");
    jw_arr(w);
    for (size_t i = 0; i < m->n_media; i++) {
        jw_arr(w);
        jw_str(w, m->media[i].hash);
        jw_i64(w, m->media[i].size);
        jw_i64(w, m->media[i].at);
        if (!str_eq(m->media[i].sha256, m->media[i].hash))
            jw_str(w, m->media[i].sha256);
        jw_end(w);
    }
    jw_end(w);
}

void manifest_write(struct buf *out, const struct manifest *m)
{
    struct jw w;
    jw_init(&w, out);
    jw_obj(&w);
    jw_key_c(&w, "format", "orrery-backup");
    jw_key_i64(&w, "version", MANIFEST_VERSION);
    jw_key_str(&w, "id", m->id);
    jw_key_time(&w, "created_at", m->created_at);
    jw_key_str(&w, "program", m->program);
    jw_key_str(&w, "origin", m->origin);
    jw_key_str(&w, "store", m->store);
    jw_key_str(&w, "media_kind", m->media_kind);
    jw_key_bool(&w, "media_left_out", m->media_left_out);
    jw_key_i64(&w, "media_missing", m->n_missing);
    jw_key(&w, "migrations");
    jw_arr(&w);
    for (size_t i = 0; i < m->n_migrations; i++) {
        jw_arr(&w);
        jw_str(&w, m->migrations[i].name);
        jw_str(&w, m->migrations[i].checksum);
        jw_end(&w);
    }
    jw_end(&w);
    jw_key(&w, "chain");
    jw_arr(&w);
    for (size_t i = 0; i < m->n_chain; i++) {
        jw_obj(&w);
        jw_key_str(&w, "id", m->chain[i].id);
        jw_key_str(&w, "file", m->chain[i].file);
        jw_key_time(&w, "created_at", m->chain[i].created_at);
        jw_end(&w);
    }
    jw_end(&w);
    jw_key(&w, "secret");
    write_member(&w, &m->secret);
    jw_end(&w);
    jw_key(&w, "database");
    write_member(&w, &m->database);
    jw_key_i64(&w, "raw_size", m->database_raw_size);
    jw_key_str(&w, "raw_sha256", m->database_raw_sha256);
    jw_end(&w);
    write_media(&w, m);
    jw_end(&w);
}

/* ---- reading ---- */

static bool text_at(const json_t *j, const char *key, size_t max, struct str *ret)
{
    *ret = json_text(json_object_get(j, key));
    return ret->p != NULL && ret->n <= max;
}

static bool hash_at(const json_t *j, const char *key, struct str *ret)
{
    return text_at(j, key, 64, ret) && manifest_is_hash(*ret);
}

static bool size_of(const json_t *j, int64_t *ret)
{
    *ret = json_integer_value(j);
    return json_is_integer(j) && *ret >= 0;
}

static bool time_at(const json_t *j, const char *key, int64_t *ret)
{
    struct str s;
    return text_at(j, key, 40, &s) && clock_parse_rfc3339(s, ret);
}

static bool read_member(const json_t *j, const char *name, struct manifest_member *ret)
{
    return text_at(j, "name", 64, &ret->name) && str_eq_c(ret->name, name) &&
           size_of(json_object_get(j, "size"), &ret->size) && hash_at(j, "sha256", &ret->sha256);
}

static bool read_migrations(struct arena *a, const json_t *j, struct manifest *m)
{
    m->n_migrations = json_array_size(j);
    if (!json_is_array(j) || m->n_migrations > MIGRATIONS_MAX)
        return false;
    m->migrations = ARENA_ARRAY(a, struct manifest_migration, m->n_migrations);
    for (size_t i = 0; i < m->n_migrations; i++) {
        const json_t *one = json_array_get(j, i);
        m->migrations[i].name = json_text(json_array_get(one, 0));
        m->migrations[i].checksum = json_text(json_array_get(one, 1));
        if (str_empty(m->migrations[i].name) || m->migrations[i].name.n > NAME_MAX_BYTES ||
            !manifest_is_hash(m->migrations[i].checksum))
            return false;
    }
    return true;
}

static bool read_chain(struct arena *a, const json_t *j, struct manifest *m)
{
    m->n_chain = json_array_size(j);
    if (!json_is_array(j) || m->n_chain > MANIFEST_CHAIN_MAX)
        return false;
    m->chain = ARENA_ARRAY(a, struct manifest_link, m->n_chain);
    for (size_t i = 0; i < m->n_chain; i++) {
        const json_t *one = json_array_get(j, i);
        if (!text_at(one, "id", 32, &m->chain[i].id) || !is_hex(m->chain[i].id, 32) ||
            !text_at(one, "file", NAME_MAX_BYTES, &m->chain[i].file) ||
            !time_at(one, "created_at", &m->chain[i].created_at))
            return false;
    }
    return true;
}

/* In order and each once, so that it can be searched. */
static bool read_media(struct arena *a, const json_t *j, struct manifest *m)
{
    m->n_media = json_array_size(j);
    if (!json_is_array(j))
        return false;
    m->media = ARENA_ARRAY(a, struct manifest_media, m->n_media);
    for (size_t i = 0; i < m->n_media; i++) {
        const json_t *one = json_array_get(j, i);
        struct manifest_media *f = &m->media[i];
        f->hash = json_text(json_array_get(one, 0));
        f->sha256 = json_array_size(one) > 3 ? json_text(json_array_get(one, 3)) : f->hash;
        if (!manifest_is_hash(f->hash) || !manifest_is_hash(f->sha256) ||
            !size_of(json_array_get(one, 1), &f->size) || !size_of(json_array_get(one, 2), &f->at) ||
            f->at > (int64_t)m->n_chain)
            return false;
        if (i > 0 && memcmp(m->media[i - 1].hash.p, f->hash.p, 64) >= 0)
            return false;
    }
    return true;
}

static bool read_all(struct arena *a, const json_t *j, struct manifest *m)
{
    const json_t *db = json_object_get(j, "database");
    m->media_left_out = json_is_true(json_object_get(j, "media_left_out"));
    return text_at(j, "id", 32, &m->id) && is_hex(m->id, 32) &&
           time_at(j, "created_at", &m->created_at) &&
           text_at(j, "program", NAME_MAX_BYTES, &m->program) &&
           text_at(j, "origin", NAME_MAX_BYTES, &m->origin) &&
           text_at(j, "store", 20, &m->store) && text_at(j, "media_kind", 20, &m->media_kind) &&
           size_of(json_object_get(j, "media_missing"), &m->n_missing) &&
           read_migrations(a, json_object_get(j, "migrations"), m) &&
           read_chain(a, json_object_get(j, "chain"), m) &&
           read_member(json_object_get(j, "secret"), "secret.key", &m->secret) &&
           m->secret.size <= 4096 && read_member(db, "store.sqlite.zst", &m->database) &&
           size_of(json_object_get(db, "raw_size"), &m->database_raw_size) &&
           hash_at(db, "raw_sha256", &m->database_raw_sha256) &&
           read_media(a, json_object_get(j, "media"), m);
}

enum err manifest_parse(struct cx *cx, struct str bytes, struct manifest *ret)
{
    static const struct json_limits limits = {MANIFEST_MAX, DEPTH, VALUES};
    json_t *j;
    int64_t version;
    struct manifest m = {0};
    if (json_read(cx->arena, bytes, &limits, &j) != OK ||
        !str_eq_c(json_text(json_object_get(j, "format")), "orrery-backup") ||
        !size_of(json_object_get(j, "version"), &version))
        return cx_tell(cx, ERR_INVALID, N_("This backup is damaged: its list of contents cannot be read."));
    if (version > MANIFEST_VERSION)
        return cx_tell(cx, ERR_UNSUPPORTED,
                       N_("This backup was made by a newer version of the program. Restore it with that version."));
    if (!read_all(cx->arena, j, &m))
        return cx_tell(cx, ERR_INVALID, N_("This backup is damaged: its list of contents makes no sense."));
    *ret = m;
    return OK;
}

static int by_hash(const void *key, const void *row)
{
    return memcmp(key, ((const struct manifest_media *)row)->hash.p, 64);
}

const struct manifest_media *manifest_find(const struct manifest *m, struct str hash)
{
    if (!manifest_is_hash(hash) || m->n_media == 0)
        return NULL;
    return bsearch(hash.p, m->media, m->n_media, sizeof *m->media, by_hash);
}
