#include "node/media/media.h"

#include "node/base/arena.h"
#include "node/base/buf.h"
#include "node/base/crypt.h"
#include "node/base/id.h"
#include "node/db/db.h"
#include "node/jobs/jobs.h"
#include "node/media/helper.h"
#include "node/media/media_sql.h"
#include "node/media/media_store.h"
#include "node/media/media_type.h"
#include "node/node.h"
#include "node/quota.h"

enum { NAME_CHARS_MAX = 100 };

static struct media media_of(const struct media_item *r)
{
    return (struct media){
        .id = r->id, .account_id = r->account_id, .planet_id = r->planet_id, .kind = r->kind,
        .mime = r->mime, .filename = r->filename, .hash = r->hash, .small_hash = r->small_hash,
        .blurhash = r->blurhash, .alt = r->alt, .size = r->size, .width = r->width,
        .height = r->height, .small_width = r->small_width, .small_height = r->small_height,
        .is_public = r->is_public != 0, .created_at = r->created_at,
    };
}

/* The last part of a path, without what file systems and headers stumble over. */
static struct str clean_name(struct cx *cx, struct str name)
{
    for (size_t i = name.n; i > 0; i--)
        if (name.p[i - 1] == '/' || name.p[i - 1] == '\\') {
            name = str_sub(name, i, SIZE_MAX);
            break;
        }
    if (!str_is_utf8(name))
        name = STR_NULL;
    struct buf b;
    buf_init_arena(&b, cx->arena, name.n + 1);
    for (size_t i = 0; i < name.n; i++)
        buf_put_char(&b, (unsigned char)name.p[i] < ' ' || name.p[i] == 0x7f ? '_' : name.p[i]);
    struct str s = str_trim(buf_str(&b));
    while (s.n > 0 && s.p[0] == '.')
        s = str_sub(s, 1, SIZE_MAX);
    if (str_utf8_len(s) > NAME_CHARS_MAX) { /* the ending says what it is: cut before it */
        size_t dot = s.n;
        while (dot > 0 && s.n - dot < 10 && s.p[dot - 1] != '.')
            dot--;
        struct str ending = dot > 0 && s.p[dot - 1] == '.' ? str_sub(s, dot - 1, SIZE_MAX) : STR("");
        s = str_fmt(cx->arena, STR_FMT STR_FMT,
                    STR_ARG(str_utf8_cut(s, NAME_CHARS_MAX - str_utf8_len(ending))),
                    STR_ARG(ending));
    }
    return s.n == 0 ? STR("file") : s;
}

static enum err check_alt(struct cx *cx, struct str alt)
{
    if (!str_is_utf8(alt))
        return cx_tell(cx, ERR_INVALID, N_("The description isn't valid text."));
    if (str_utf8_len(alt) > MEDIA_ALT_CHARS_MAX)
        return cx_tell(cx, ERR_INVALID, N_("The description is too long. Please use at most 1500 "
                                           "characters."));
    return OK;
}

/* The bytes, durable, and then the row. */
static enum err keep(struct cx *cx, struct media *m, struct str bytes, struct str small)
{
    const struct media_store *store, *other;
    struct str hashes[2] = {crypt_sha256_hex(cx->arena, bytes)};
    int64_t holder = id_next(cx->node->ids);
    size_t n = 1;
    if (small.p != NULL)
        hashes[n++] = crypt_sha256_hex(cx->arena, small);
    TRY(quota_check(cx, QUOTA_STORAGE, m->size));
    TRY(media_stores(cx, &store, &other));
    TRY(media_hold(cx, holder, hashes, n));
    /* What fails leaves its hold: bytes may lie there, and the sweep looks. */
    TRY(store->put(cx, hashes[0], bytes, m->mime));
    if (n == 2)
        TRY(store->put(cx, hashes[1], small, m->mime));
    m->hash = hashes[0];
    m->small_hash = n == 2 ? hashes[1] : STR_NULL;
    m->id = id_next(cx->node->ids);
    m->created_at = cx->now;
    TX_SCOPE(cx);
    TRY(quota_check(cx, QUOTA_STORAGE, m->size)); /* others came meanwhile */
    TRY(q_media_insert(cx, m->id, m->account_id, m->planet_id, m->kind, m->mime, m->filename,
                       m->size, m->hash, m->width, m->height, m->small_hash, m->small_width,
                       m->small_height, m->blurhash, m->alt, m->created_at, NULL));
    TRY(media_release(cx, holder));
    return tx_commit(cx);
}

enum err media_add_image(struct cx *cx, int64_t account_id, int64_t planet_id, struct str bytes,
                         struct str filename, struct str alt, struct media *ret)
{
    struct picture p;
    if (cx->tx_depth > 0)
        return cx_fail(cx, ERR_INTERNAL, "media_add_image inside a transaction");
    if (bytes.n == 0)
        return cx_tell(cx, ERR_INVALID, N_("The file is empty. Please choose another one."));
    if (bytes.n >= MEDIA_IMAGE_MAX)
        return cx_tell(cx, ERR_TOO_LARGE, N_("This picture is larger than 20 MB. Please make it "
                                             "smaller and try again."));
    if (!media_type_is_image(bytes))
        return cx_tell(cx, ERR_INVALID, N_("This picture can't be read. Please save it as JPEG or "
                                           "PNG and try again."));
    TRY(check_alt(cx, alt));
    cx_release(cx);
    TRY(helper_read_picture(cx, bytes, &p));
    struct media m = {
        .account_id = account_id,
        .planet_id = planet_id <= 0 ? DB_NULL : planet_id,
        .kind = STR("image"),
        .mime = p.format == HELPER_PNG ? STR("image/png") : STR("image/jpeg"),
        .filename = clean_name(cx, filename),
        .blurhash = p.blurhash,
        .alt = str_dup(cx->arena, alt.p == NULL ? STR("") : alt),
        .size = (int64_t)p.large.n,
        .width = p.width, .height = p.height,
        .small_width = p.small_width, .small_height = p.small_height,
    };
    TRY(keep(cx, &m, p.large, p.small));
    *ret = m;
    return OK;
}

enum err media_add_file(struct cx *cx, int64_t account_id, int64_t planet_id, struct str bytes,
                        struct str filename, struct str declared_type, struct media *ret)
{
    if (cx->tx_depth > 0)
        return cx_fail(cx, ERR_INTERNAL, "media_add_file inside a transaction");
    if (bytes.n == 0)
        return cx_tell(cx, ERR_INVALID, N_("The file is empty. Please choose another one."));
    if (bytes.n > MEDIA_FILE_MAX)
        return cx_tell(cx, ERR_TOO_LARGE, N_("This file is larger than 200 MB. Please make it "
                                             "smaller, or link to it."));
    cx_release(cx);
    struct media m = {
        .account_id = account_id,
        .planet_id = planet_id <= 0 ? DB_NULL : planet_id,
        .kind = STR("file"),
        .mime = media_type_of_file(bytes, declared_type),
        .filename = clean_name(cx, filename),
        .alt = STR(""),
        .size = (int64_t)bytes.n,
        .width = DB_NULL, .height = DB_NULL, .small_width = DB_NULL, .small_height = DB_NULL,
    };
    TRY(keep(cx, &m, bytes, STR_NULL));
    *ret = m;
    return OK;
}

enum err media_by_id(struct cx *cx, int64_t id, struct media *ret)
{
    struct media_item r;
    TRY(q_media_get(cx, id, &r));
    *ret = media_of(&r);
    return OK;
}

enum err media_set_alt(struct cx *cx, int64_t id, struct str alt)
{
    int64_t changes;
    TRY(check_alt(cx, alt));
    TX_SCOPE(cx);
    TRY(q_media_update_alt(cx, id, alt, &changes));
    if (changes == 0)
        return ERR_NOT_FOUND;
    return tx_commit(cx);
}

enum err media_set_public(struct cx *cx, int64_t id, bool is_public)
{
    int64_t changes;
    TRY(q_media_update_public(cx, id, is_public, &changes));
    return changes == 0 ? ERR_NOT_FOUND : OK;
}

enum err media_delete(struct cx *cx, int64_t id)
{
    struct media m;
    int64_t shown;
    TX_SCOPE(cx);
    TRY(media_by_id(cx, id, &m));
    TRY(q_media_shown(cx, id, &shown));
    if (shown > 0)
        return cx_tell(cx, ERR_CONFLICT, N_("This file is still in use. Please take it out of the "
                                            "posts that show it first."));
    TRY(q_media_remove(cx, id, NULL));
    struct str hashes = str_fmt(cx->arena, STR_FMT " " STR_FMT, STR_ARG(m.hash),
                                STR_ARG(m.small_hash));
    TRY(event_emit(cx, EV_MEDIA_DELETED, id, hashes));
    return tx_commit(cx);
}

struct str media_url(struct cx *cx, const struct media *m, bool small)
{
    if (str_eq_c(m->kind, "image"))
        return str_fmt(cx->arena, "/media/%lld/%s.%s", (long long)m->id, small ? "small" : "large",
                       str_eq_c(m->mime, "image/png") ? "png" : "jpg");
    struct buf b;
    buf_init_arena(&b, cx->arena, 4096);
    buf_fmt(&b, "/media/%lld/", (long long)m->id);
    buf_put_url(&b, m->filename);
    return buf_str(&b);
}

struct str media_picture_url(struct cx *cx, int64_t id, bool small)
{
    struct media m = {.id = id, .kind = STR("image")};
    bool found = false;
    if (id == DB_NULL || id == 0 || q_media_picture(cx, id, &found, &m.mime) != OK || !found)
        return STR_NULL;
    return media_url(cx, &m, small);
}

bool media_is_inline(const struct media *m)
{
    return str_eq_c(m->kind, "image") || str_starts(m->mime, STR("audio/")) ||
           str_starts(m->mime, STR("video/"));
}

/* ---- jobs ---- */

static enum job_verdict run_delete(struct cx *cx, const struct job *job)
{
    struct str rest = job->payload, hash;
    while (str_next(&rest, ' ', &hash))
        if (media_store_drop_unused(cx, hash) != OK)
            return JOB_RETRY;
    return JOB_DONE;
}

static enum job_verdict run_sweep(struct cx *cx, const struct job *job)
{
    (void)job;
    return media_store_sweep(cx) == OK ? JOB_DONE : JOB_RETRY;
}

const struct job_row media_jobs[] = {
    {.kind = "media.delete", .run = run_delete, .tries = 5},
    {.kind = "media.sweep", .run = run_sweep, .tries = 3, .max_in_flight = 1},
    {0},
};
