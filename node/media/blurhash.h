/* BlurHash: a picture in about thirty characters, shown while the picture loads; the format of
 * github.com/woltapp/blurhash, Algorithm.md. No I/O, any thread. */
#ifndef NODE_MEDIA_BLURHASH_H
#define NODE_MEDIA_BLURHASH_H

enum { BLURHASH_X = 4, BLURHASH_Y = 3, BLURHASH_LEN = 4 + 2 * BLURHASH_X * BLURHASH_Y };

/* rgb: width × height × 3 bytes, sRGB, no padding; both sides at least 1. ret gets BLURHASH_LEN
 * characters and a NUL. Its cost is linear in the pixels: hand it a thumbnail. */
void blurhash_encode(const unsigned char *rgb, int width, int height, char ret[BLURHASH_LEN + 1]);

#endif
