/* Uploaded pictures and files. Pictures are decoded only in the sandboxed helper process
 * (orrery-media): re-encoded as JPEG or PNG, metadata stripped, upright, sRGB; large (≤ 2048 px) and
 * small (≤ 640 px) variants, blurhash. Of a moving picture the first frame is kept. The bytes lie in
 * DIR/media/ab/<sha256>, or under that name in S3-compatible storage (setting media.s3_url), written
 * durably before the row; equal bytes are kept once. Where new ones go and where old ones lie are two
 * questions: reading looks in both places.
 *
 * Who may bring or change what is the caller's question; who may open it, attachment_may_open's. */
#ifndef NODE_MEDIA_MEDIA_H
#define NODE_MEDIA_MEDIA_H

#include "node/cx.h"
#include "node/event.h"

enum { MEDIA_ALT_CHARS_MAX = 1500 };

/* Numbers that a file does not have (planet_id, width …) are DB_NULL, texts STR_NULL. */
struct media {
    int64_t id, account_id, planet_id;
    struct str kind, mime, filename, hash, small_hash, blurhash, alt; /* kind: image|file */
    int64_t size, width, height, small_width, small_height;
    bool is_public;
    int64_t created_at;
};
enum { MEDIA_IMAGE_MAX = 20 << 20, MEDIA_FILE_MAX = 200 << 20, MEDIA_PIXELS_MAX = 50000000 };

/* Read a picture (JPEG, PNG, WebP, GIF, AVIF, HEIC) and keep it. Not inside a transaction: it takes
 * up to seconds and gives back the store connection meanwhile. planet_id DB_NULL: none.
 * Fails INVALID (not a picture we can read; lies about its type; truncated; too many pixels),
 * TOO_LARGE, BUSY, STORAGE (disk full); the person is told. */
MUST_USE enum err media_add_image(struct cx *cx, int64_t account_id, int64_t planet_id, struct str bytes,
                                  struct str filename, struct str alt, struct media *ret);
/* Keep any file as it is. Its type is what the bytes show, else of the declared ones only plain
 * text, else application/octet-stream. Not inside a transaction. */
MUST_USE enum err media_add_file(struct cx *cx, int64_t account_id, int64_t planet_id, struct str bytes,
                                 struct str filename, struct str declared_type, struct media *ret);
MUST_USE enum err media_by_id(struct cx *cx, int64_t id, struct media *ret);
MUST_USE enum err media_set_alt(struct cx *cx, int64_t id, struct str alt);
MUST_USE enum err media_set_public(struct cx *cx, int64_t id, bool is_public); /* inside a transaction */
/* Take it away; emits EV_MEDIA_DELETED, whose job removes the bytes that no row has any more.
 * ERR_CONFLICT while a post shows it. */
MUST_USE enum err media_delete(struct cx *cx, int64_t id);
/* May cx->viewer open it now? Public ones: yes. Else through a post that shows it and access_decide
 * of that post, or its uploader. ERR_NOT_FOUND rather than FORBIDDEN. (Lives in node/talk/attachment.c,
 * since it asks posts.) */
MUST_USE enum err attachment_may_open(struct cx *cx, const struct media *m);
MUST_USE enum err media_open(struct cx *cx, const struct media *m, bool small, int *ret_fd, int64_t *ret_size);
/* The same for an answer by HTTP, after attachment_may_open said yes: either a file (url is STR_NULL), or
 * an address in the storage that opens the bytes to whoever has it, for a short while: for this asker
 * alone if the medium is locked, never to be kept, logged or shown. keep_s: how long the address may be
 * kept by others (0: not at all). head: it will be asked by HEAD. disposition as in reply_file.
 * Fails like media_open; ERR_UPSTREAM, with the person told, when the storage is down. */
struct media_bytes {
    int fd;
    int64_t size;
    struct str url;
    int keep_s;
};
MUST_USE enum err media_give(struct cx *cx, const struct media *m, bool small, bool head,
                             struct str disposition, struct media_bytes *ret);
/* "/media/<id>/large.jpg", "/media/<id>/small.png", "/media/<id>/<filename>": same-origin,
 * access-checked at each request. Only id and the word before the dot are read again. */
struct str media_url(struct cx *cx, const struct media *m, bool small);
/* The same for an avatar, icon or cover, of which only the id is known; STR_NULL when there is none. */
struct str media_picture_url(struct cx *cx, int64_t id, bool small);
/* May a page show or play it in place? Pictures (which we wrote ourselves), sound and film. All else
 * is served for download only; everything with nosniff. */
bool media_is_inline(const struct media *m);

/* How many pictures are read at once in the process (each takes up to 1.5 GB and a core), and how many
 * more may wait some seconds for their turn; who finds no room hears ERR_BUSY at once, so that slow
 * pictures never hold all workers of the server. main() puts one into struct server; without one (command
 * line, tests) nothing is limited. helper: path of orrery-media, NULL: beside the running program,
 * then in libexecdir. Safe from any thread. */
struct media_engine;
struct media_engine *media_engine_new(int at_once, int waiting, const char *helper);
struct media_engine *media_engine_free(struct media_engine *e);

/* Move all bytes to "s3" or "dir", which from now on takes the new ones, too. Each is read, compared
 * with its name, written, confirmed, and when all are there, removed where it was (unless keep). May be
 * broken off and begun again at any moment, while the node serves. Not inside a transaction.
 * ERR_INVALID: there is no such place, with the person told. */
struct media_moved {
    int64_t moved, bytes;  /* now */
    int64_t there;         /* were there before */
    int64_t unknown;       /* stay where they are: no row has them */
    int64_t damaged;       /* stay where they are: not what their name says */
};
MUST_USE enum err media_move(struct cx *cx, struct str to, bool keep, struct media_moved *ret);
/* Look for what is missing: every row's bytes, in either place (by name; whole: by content, too).
 * missing (NULL allowed) is called with each hash that is not there, or not sound. */
MUST_USE enum err media_check(struct cx *cx, bool whole, void (*missing)(void *arg, struct str hash),
                              void *arg, int64_t *ret_looked_at);
/* Bytes by their hash, for backups: wherever they lie. put takes them back into the first place. */
MUST_USE enum err media_bytes_open(struct cx *cx, struct str hash, int *ret_fd, int64_t *ret_size);
MUST_USE enum err media_bytes_put(struct cx *cx, struct str hash, struct str bytes);

/* Jobs of this module: "media.delete" (of EV_MEDIA_DELETED), "media.sweep" (daily: bytes that a crash
 * left behind without a row). */
extern const struct job_row media_jobs[];

#endif
