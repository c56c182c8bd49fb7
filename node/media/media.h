/* Uploaded pictures and files. Pictures are decoded only in the sandboxed helper process
 * (orrery-media): re-encoded, metadata stripped, large (≤ 2048 px) and small (≤ 640 px) variants,
 * blurhash. The bytes lie in DIR/media/ab/abcdef…, written durably before the row. */
#ifndef NODE_MEDIA_MEDIA_H
#define NODE_MEDIA_MEDIA_H

#include "node/cx.h"

struct media {
    int64_t id, account_id, planet_id;
    struct str kind, mime, filename, hash, small_hash, blurhash, alt;
    int64_t size, width, height, small_width, small_height;
    bool is_public;
    int64_t created_at;
};
enum { MEDIA_IMAGE_MAX = 20 << 20, MEDIA_FILE_MAX = 200 << 20, MEDIA_PIXELS_MAX = 50000000 };

/* Fails INVALID (not a picture we can read; lies about its type; a bomb), TOO_LARGE, STORAGE (disk full). */
MUST_USE enum err media_add_image(struct cx *cx, int64_t account_id, int64_t planet_id, struct str bytes,
                                  struct str filename, struct str alt, struct media *ret);
MUST_USE enum err media_add_file(struct cx *cx, int64_t account_id, int64_t planet_id, struct str bytes,
                                 struct str filename, struct str declared_type, struct media *ret);
MUST_USE enum err media_by_id(struct cx *cx, int64_t id, struct media *ret);
MUST_USE enum err media_set_alt(struct cx *cx, int64_t id, struct str alt);
MUST_USE enum err media_set_public(struct cx *cx, int64_t id, bool is_public); /* inside a transaction */
/* May cx->viewer open it now? Public ones: yes. Else through a post that shows it and access_decide
 * of that post, or its uploader. ERR_NOT_FOUND rather than FORBIDDEN. (Lives in node/talk/attachment.c,
 * since it asks posts.) */
MUST_USE enum err attachment_may_open(struct cx *cx, const struct media *m);
MUST_USE enum err media_open(struct cx *cx, const struct media *m, bool small, int *ret_fd, int64_t *ret_size);
/* "/media/<id>/<variant>.<ext>" (same-origin, access-checked at each request) */
struct str media_url(struct cx *cx, const struct media *m, bool small);

#endif
