/* What orrery-media answers on its standard output: this header, then the large and the small
 * variant's bytes. Both ends are of one build and one machine, so it is the struct as it lies in
 * memory; the reader still believes none of it (media_image.c). */
#ifndef NODE_MEDIA_HELPER_FRAME_H
#define NODE_MEDIA_HELPER_FRAME_H

#include <stdint.h>

enum { HELPER_MAGIC = 0x314d524f, HELPER_LARGE = 2048, HELPER_SMALL = 640, HELPER_OUT_MAX = 48 << 20 };

enum helper_format { HELPER_JPEG = 1, HELPER_PNG = 2 };

struct helper_frame {
    uint32_t magic;
    uint32_t format;
    uint32_t width, height, size;
    uint32_t small_width, small_height, small_size;
    char blurhash[32]; /* NUL-terminated */
};

/* Exit status. Anything else, a signal too, means that the bytes could not be read. */
enum helper_exit {
    HELPER_DONE = 0,
    HELPER_UNREADABLE = 10,
    HELPER_TOO_MANY_PIXELS = 11,
    HELPER_BROKEN = 12 /* the helper itself: no sandbox, no library */
};

#endif
