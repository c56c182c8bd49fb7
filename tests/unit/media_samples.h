/* Pictures made on the spot, so that no test needs a file of unknown origin. */
#ifndef TESTS_UNIT_MEDIA_SAMPLES_H
#define TESTS_UNIT_MEDIA_SAMPLES_H

#include "node/base/arena.h"
#include "node/base/buf.h"

/* APP1: turned by a quarter (orientation 6), made by SECRETCAMERA, at 52° 31' 12" N. */
#define SAMPLE_EXIF \
    "\377\341\000\176\105\170\151\146\000\000\111\111\052\000\010\000\000\000" \
    "\003\000\017\001\002\000\015\000\000\000\062\000\000\000\022\001\003\000" \
    "\001\000\000\000\006\000\000\000\045\210\004\000\001\000\000\000\100\000" \
    "\000\000\000\000\000\000\123\105\103\122\105\124\103\101\115\105\122\101" \
    "\000\000\002\000\001\000\002\000\002\000\000\000\116\000\000\000\002\000" \
    "\005\000\003\000\000\000\136\000\000\000\000\000\000\000\064\000\000\000" \
    "\001\000\000\000\037\000\000\000\001\000\000\000\014\000\000\000\001\000" \
    "\000\000"

/* 2 × 2, with the block that makes a GIF repeat. */
#define SAMPLE_GIF \
    "\107\111\106\070\071\141\002\000\002\000\200\000\000\107\160\114\000\000" \
    "\000\041\377\013\116\105\124\123\103\101\120\105\062\056\060\003\001\000" \
    "\000\000\041\371\004\005\000\000\000\000\054\000\000\000\000\002\000\002" \
    "\000\000\002\002\214\123\000\073"

/* 1 × 1, lossless. */
#define SAMPLE_WEBP \
    "\122\111\106\106\032\000\000\000\127\105\102\120\126\120\070\114\016\000" \
    "\000\000\057\000\000\000\000\007\020\021\375\017\104\104\377\003"

enum sample { SAMPLE_FLAT, SAMPLE_NOISE, SAMPLE_ALPHA, SAMPLE_HEADER_ONLY };

static inline void sample_u32(struct buf *b, uint32_t v)
{
    unsigned char p[4] = {(unsigned char)(v >> 24), (unsigned char)(v >> 16),
                          (unsigned char)(v >> 8), (unsigned char)v};
    buf_put_bytes(b, p, 4);
}

static inline uint32_t sample_crc(const char *p, size_t n)
{
    uint32_t c = 0xFFFFFFFF;
    for (size_t i = 0; i < n; i++) {
        c ^= (unsigned char)p[i];
        for (int k = 0; k < 8; k++)
            c = c & 1 ? 0xEDB88320 ^ (c >> 1) : c >> 1;
    }
    return ~c;
}

/* A PNG chunk (PNG 1.2, 3.2). */
static inline void sample_chunk(struct buf *b, const char *type, struct str data)
{
    sample_u32(b, (uint32_t)data.n);
    size_t from = b->n;
    buf_put_bytes(b, type, 4);
    buf_put(b, data);
    sample_u32(b, sample_crc(b->p + from, b->n - from));
}

/* zlib (RFC 1950) in stored blocks. */
static inline void sample_zlib(struct buf *b, struct str raw)
{
    uint32_t s1 = 1, s2 = 0;
    for (size_t i = 0; i < raw.n; i++) {
        s1 = (s1 + (unsigned char)raw.p[i]) % 65521;
        s2 = (s2 + s1) % 65521;
    }
    buf_lit(b, "\x78\x01");
    do {
        struct str piece = str_sub(raw, 0, 65535);
        raw = str_sub(raw, piece.n, SIZE_MAX);
        unsigned n = (unsigned)piece.n;
        unsigned char head[5] = {raw.n == 0, (unsigned char)n, (unsigned char)(n >> 8),
                                 (unsigned char)~n, (unsigned char)(~n >> 8)};
        buf_put_bytes(b, head, 5);
        buf_put(b, piece);
    } while (raw.n > 0);
    sample_u32(b, s2 << 16 | s1);
}

static inline struct str sample_png(struct arena *a, uint32_t width, uint32_t height,
                                    enum sample kind)
{
    struct buf out, part, raw;
    size_t channels = kind == SAMPLE_ALPHA ? 4 : 3;
    uint32_t noise = 1;
    buf_init_arena(&out, a, 16 << 20);
    buf_init_arena(&part, a, 16 << 20);
    buf_init_arena(&raw, a, 16 << 20);
    sample_u32(&part, width);
    sample_u32(&part, height);
    char kind_bytes[5] = {8, kind == SAMPLE_ALPHA ? 6 : 2, 0, 0, 0};
    buf_put_bytes(&part, kind_bytes, 5);
    buf_lit(&out, "\x89PNG\r\n\x1A\n");
    sample_chunk(&out, "IHDR", buf_str(&part));
    for (uint32_t y = 0; kind != SAMPLE_HEADER_ONLY && y < height; y++) {
        buf_put_char(&raw, 0);
        for (size_t i = 0; i < width * channels; i++) {
            noise = noise * 1664525 + 1013904223;
            buf_put_char(&raw, kind == SAMPLE_NOISE ? (char)(noise >> 24) : 100);
        }
    }
    buf_clear(&part);
    sample_zlib(&part, buf_str(&raw));
    sample_chunk(&out, "IDAT", buf_str(&part));
    sample_chunk(&out, "IEND", STR(""));
    return buf_str(&out);
}

#endif
