#include "node/text/qr_png.h"

#include "node/base/arena.h"
#include "node/base/buf.h"

#include <zlib.h>

enum { PNG_MAX = 256 * 1024 };

static void put_u32(unsigned char *p, uint32_t v)
{
    for (int i = 0; i < 4; i++)
        p[i] = (unsigned char)(v >> (24 - 8 * i));
}

/* Length, type, data, and the CRC of type and data. */
static void chunk(struct buf *b, const char *type, const unsigned char *data, size_t n)
{
    unsigned char word[4];
    uLong crc = crc32(0, (const unsigned char *)type, 4);
    if (n > 0)
        crc = crc32(crc, data, (uInt)n);
    put_u32(word, (uint32_t)n);
    buf_put_bytes(b, word, sizeof word);
    buf_put_bytes(b, type, 4);
    buf_put_bytes(b, data, n);
    put_u32(word, (uint32_t)crc);
    buf_put_bytes(b, word, sizeof word);
}

/* Each row: the filter's byte (none), then its pixels from the highest bit on, 1 being white. */
static unsigned char *rows_of(struct arena *a, const struct qr *q, int scale, size_t row, int side)
{
    unsigned char *rows = arena_alloc(a, row * (size_t)side);
    for (int y = 0; y < side; y++)
        for (int x = 0; x < side; x++)
            if (!qr_dark(q, x / scale - QR_QUIET, y / scale - QR_QUIET))
                rows[(size_t)y * row + 1 + (size_t)x / 8] |= (unsigned char)(0x80 >> (x % 8));
    return rows;
}

enum err qr_png(struct arena *a, const struct qr *q, int scale, struct str *ret)
{
    static const unsigned char signature[] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
    unsigned char head[13] = {0};
    struct buf b;
    scale = scale < 1 ? 1 : scale > QR_PNG_SCALE_MAX ? QR_PNG_SCALE_MAX : scale;
    int side = (q->size + 2 * QR_QUIET) * scale;
    size_t row = 1 + ((size_t)side + 7) / 8, n = row * (size_t)side;
    const unsigned char *rows = rows_of(a, q, scale, row, side);
    uLongf packed_n = compressBound((uLong)n);
    unsigned char *packed = arena_alloc(a, packed_n);
    if (compress2(packed, &packed_n, rows, (uLong)n, 9) != Z_OK)
        return ERR_INTERNAL;
    put_u32(head, (uint32_t)side);
    put_u32(head + 4, (uint32_t)side);
    head[8] = 1; /* one bit, grey; no interlace */
    buf_init_arena(&b, a, PNG_MAX);
    buf_put_bytes(&b, signature, sizeof signature);
    chunk(&b, "IHDR", head, sizeof head);
    chunk(&b, "IDAT", packed, packed_n);
    chunk(&b, "IEND", head, 0);
    *ret = buf_str(&b);
    return b.overflow ? ERR_INTERNAL : OK;
}
