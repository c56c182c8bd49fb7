#include "node/media/poster.h"

#include <unistd.h>

#include "node/base/arena.h"
#include "node/base/buf.h"
#include "node/db/db.h"
#include "node/media/helper.h"
#include "node/media/helper_poster.h"
#include "node/media/media.h"
#include "node/text/qr.h"

enum { INPUT_MAX = MEDIA_IMAGE_MAX - 1 };

/* As the pages show them (web/static/orrery.css). */
static void accent_of(struct str name, unsigned char ret[4])
{
    static const struct { const char *name; unsigned char c[3]; } rows[] = {
        {"teal", {0x0c, 0x66, 0x6b}},  {"brass", {0x85, 0x56, 0x0f}}, {"rose", {0x96, 0x32, 0x4f}},
        {"moss", {0x40, 0x63, 0x1f}}, {"slate", {0x37, 0x55, 0x7f}},
    };
    size_t at = 0;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (str_eq_c(name, rows[i].name))
            at = i;
    for (size_t i = 0; i < 3; i++)
        ret[i] = rows[at].c[i];
    ret[3] = 0;
}

/* A picture that we wrote ourselves once. One that is gone, or is too much, is left out. */
static struct str bytes_of(struct cx *cx, int64_t media_id, size_t room)
{
    struct media m;
    int fd;
    int64_t size;
    if (media_id == DB_NULL || media_by_id(cx, media_id, &m) != OK || !str_eq_c(m.kind, "image") ||
        media_open(cx, &m, false, &fd, &size) != OK) {
        cx->tell = NULL;
        return STR("");
    }
    size_t n = 0, want = size > 0 && (uint64_t)size < room ? (size_t)size : 0;
    char *p = arena_alloc(cx->arena, want + 1);
    while (n < want) {
        ssize_t k = read(fd, p + n, want - n);
        if (k <= 0)
            break;
        n += (size_t)k;
    }
    close(fd);
    return n == want ? (struct str){p, n} : STR("");
}

static void free_buf(void *p)
{
    buf_free(p);
}

enum err poster_png(struct cx *cx, const struct poster *p, struct str *ret)
{
    const struct str texts[HELPER_POSTER_TEXTS] = {p->name, p->tagline, p->line, p->offer, p->link};
    struct helper_poster head = {.magic = HELPER_POSTER_MAGIC};
    struct buf *b = ARENA_NEW(cx->arena, struct buf);
    struct str cut[HELPER_POSTER_TEXTS];
    struct qr qr;
    TRY(qr_make(cx->arena, p->link, &qr));
    for (size_t i = 0; i < HELPER_POSTER_TEXTS; i++) {
        cut[i] = str_utf8_cut(texts[i], HELPER_POSTER_TEXT_MAX / 8);
        head.text[i] = (uint32_t)cut[i].n;
    }
    struct str cover = bytes_of(cx, p->cover_media_id, INPUT_MAX / 2), icon = bytes_of(cx, p->icon_media_id, INPUT_MAX / 3);
    head.qr = (uint32_t)qr.size;
    head.cover = (uint32_t)cover.n;
    head.icon = (uint32_t)icon.n;
    accent_of(p->accent, head.accent);
    buf_init(b, INPUT_MAX);
    arena_defer(cx->arena, free_buf, b);
    buf_put_bytes(b, &head, sizeof head);
    for (size_t i = 0; i < HELPER_POSTER_TEXTS; i++)
        buf_put(b, cut[i]);
    for (int y = 0; y < qr.size; y++)
        for (int x = 0; x < qr.size; x++)
            buf_put_char(b, qr_dark(&qr, x, y) ? 1 : 0);
    buf_put(b, cover);
    buf_put(b, icon);
    if (b->overflow)
        return cx_fail(cx, ERR_INTERNAL, "a poster is too large");
    cx_release(cx);
    return helper_draw_poster(cx, buf_str(b), ret);
}
