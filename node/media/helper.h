/* Inside node/media only: one run of orrery-media, and the other door of struct media_engine. */
#ifndef NODE_MEDIA_HELPER_H
#define NODE_MEDIA_HELPER_H

#include "node/cx.h"
#include "node/media/helper_frame.h"

struct picture {
    enum helper_format format;
    int64_t width, height, small_width, small_height;
    struct str large, small, blurhash; /* in the cx's arena */
};

/* Waits for its turn (struct media_engine), at most 20 s for the answer, and kills what is late.
 * Fails INVALID, BUSY, INTERNAL; the person is told. Any thread. */
MUST_USE enum err helper_read_picture(struct cx *cx, struct str bytes, struct picture *ret);
/* The same for who keeps turns by itself, with bounds of its own: at most so many pixels and
 * milliseconds. ERR_TIMEOUT: late, and killed. */
MUST_USE enum err helper_read_within(struct cx *cx, struct str bytes, int64_t pixels, int deadline_ms,
                                     struct picture *ret);

/* Draw a poster (helper_poster.h says what of); the PNG is in the cx's arena. BUSY, INTERNAL, INVALID. */
MUST_USE enum err helper_draw_poster(struct cx *cx, struct str input, struct str *ret_png);

/* Around a wait for the network: like slow pictures, a slow storage never holds all workers of the
 * server. ERR_BUSY with the person told; else a leave is owed. */
MUST_USE enum err media_network_enter(struct cx *cx);
void media_network_leave(struct cx *cx);

#endif
