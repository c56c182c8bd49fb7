/* What orrery-media is given to draw a poster from, on its standard input: this header, then the texts, the
 * modules of the QR code (a byte each, row by row) and the pictures, each as long as it says, in the order of the
 * fields. The answer is struct helper_drawn and a PNG. Both ends are of one build and one machine. */
#ifndef NODE_MEDIA_HELPER_POSTER_H
#define NODE_MEDIA_HELPER_POSTER_H

#include <stdint.h>

enum {
    HELPER_POSTER_MAGIC = 0x31504f52,
    HELPER_POSTER_W = 1080, HELPER_POSTER_H = 1620,
    HELPER_POSTER_TEXTS = 5,       /* name, tagline, line, offer, link */
    HELPER_POSTER_TEXT_MAX = 2000, /* bytes */
    HELPER_POSTER_QR_MAX = 177,
};

struct helper_poster {
    uint32_t magic;
    uint32_t text[HELPER_POSTER_TEXTS];
    uint32_t qr;                   /* modules a side */
    uint32_t cover, icon;          /* bytes; 0: none */
    unsigned char accent[4];       /* red, green, blue */
};

struct helper_drawn { uint32_t magic, size; };

/* In orrery-media: draws what lies in p. Exit status as in helper_frame.h. Closes the sandbox by itself, between
 * writing the texts (fonts are files) and looking at the pictures. */
int helper_poster(unsigned char *p, unsigned long n);

#endif
