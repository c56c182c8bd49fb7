/* The poster of an invitation or a trial card, as a picture: cover, name, words, QR code. Part of orrery-media:
 * libvips draws it, and its text comes from Pango with the fonts of this machine. */
#include "node/media/helper_poster.h"

#include <stdbool.h>
#include <string.h>
#include <unistd.h>
#include <vips/vips.h>

#include "node/media/helper_frame.h"
#include "node/media/helper_sandbox.h"

enum {
    W = HELPER_POSTER_W, H = HELPER_POSTER_H, COVER_H = 560, ICON = 168, EDGE = 84, QR_SIDE = 400, QR_PAD = 28,
    LINK_FROM = H - 84,
};

static const double paper[] = {251, 247, 239}, ink[] = {23, 38, 58}, quiet[] = {69, 84, 106}, white[] = {255, 255, 255};

struct drawing {
    struct helper_poster head;
    const unsigned char *texts[HELPER_POSTER_TEXTS], *qr;
    unsigned char *cover, *icon;             /* libvips takes them so, and only reads */
    VipsImage *written[HELPER_POSTER_TEXTS]; /* masks; NULL: nothing is said */
    VipsImage *initial;                      /* in the disc, where there is no icon */
    VipsImage *at;                           /* the poster so far */
};

static bool cut(struct drawing *d, unsigned char *p, size_t n)
{
    size_t at = sizeof d->head, side = 0;
    if (n < at)
        return false;
    memcpy(&d->head, p, sizeof d->head);
    side = d->head.qr;
    if (d->head.magic != HELPER_POSTER_MAGIC || side < 21 || side > HELPER_POSTER_QR_MAX)
        return false;
    for (int i = 0; i < HELPER_POSTER_TEXTS; i++) {
        d->texts[i] = p + at;
        if (d->head.text[i] > HELPER_POSTER_TEXT_MAX)
            return false;
        at += d->head.text[i];
    }
    d->qr = p + at;
    d->cover = p + at + side * side;
    d->icon = d->cover + d->head.cover;
    return at + side * side + d->head.cover + d->head.icon == n;
}

/* One text, at most so wide and high: smaller when it would not fit. */
static VipsImage *write_text(const unsigned char *p, size_t n, const char *face, int size, int height)
{
    if (n == 0 || !g_utf8_validate((const char *)p, (gssize)n, NULL))
        return NULL;
    char *escaped = g_markup_escape_text((const char *)p, (gssize)n); /* vips_text reads markup */
    VipsImage *text = NULL, *memory = NULL;
    for (; size > 14; size -= 4) {
        char font[64];
        g_snprintf(font, sizeof font, "%s %d", face, size);
        if (vips_text(&text, escaped, "font", font, "width", W - 2 * EDGE, "align", VIPS_ALIGN_CENTRE, "wrap",
                      VIPS_TEXT_WRAP_WORD_CHAR, "dpi", 72, NULL) != 0 &&
            vips_text(&text, escaped, "font", font, "width", W - 2 * EDGE, "align", VIPS_ALIGN_CENTRE, NULL) != 0)
            break;
        if (text->Xsize <= W - 2 * EDGE && text->Ysize <= height)
            break;
        g_clear_object(&text);
    }
    g_free(escaped);
    if (text != NULL)
        memory = vips_image_copy_memory(text);
    g_clear_object(&text);
    return memory;
}

static void write_texts(struct drawing *d)
{
    static const struct { const char *face; int size, height; } how[HELPER_POSTER_TEXTS] = {
        {"Serif Bold", 68, 170}, {"Sans", 34, 130}, {"Sans", 36, 96}, {"Sans Bold", 36, 96}, {"Sans", 24, 60},
    };
    for (int i = 0; i < HELPER_POSTER_TEXTS; i++)
        d->written[i] = write_text(d->texts[i], d->head.text[i], how[i].face, how[i].size, how[i].height);
    if (d->head.icon == 0 && d->written[0] != NULL) {
        const char *name = (const char *)d->texts[0];
        d->initial = write_text(d->texts[0], (size_t)(g_utf8_next_char(name) - name), "Serif Bold", 84, ICON - 20);
    }
}

static VipsImage *filled(int width, int height, const double *colour)
{
    VipsImage *black = NULL, *image = NULL, *bytes = NULL;
    double one[] = {1, 1, 1};
    if (vips_black(&black, width, height, "bands", 3, NULL) == 0 &&
        vips_linear(black, &image, one, colour, 3, NULL) == 0 &&
        vips_cast_uchar(image, &bytes, NULL) == 0)
        bytes->Type = VIPS_INTERPRETATION_sRGB;
    g_clear_object(&black);
    g_clear_object(&image);
    return bytes;
}

static bool put(struct drawing *d, VipsImage *image, int x, int y)
{
    VipsImage *next = NULL;
    if (image == NULL || vips_insert(d->at, image, &next, x, y, NULL) != 0)
        return false;
    g_object_unref(d->at);
    d->at = next;
    return true;
}

/* A mask in a colour, through which what is below shows. */
static bool blend(struct drawing *d, VipsImage *mask, const double *colour, int x, int y)
{
    VipsImage *wide = NULL, *next = NULL, *flat = filled(W, H, colour);
    bool ok = flat != NULL && vips_embed(mask, &wide, x, y, W, H, NULL) == 0 &&
              vips_ifthenelse(wide, flat, d->at, &next, "blend", TRUE, NULL) == 0;
    g_clear_object(&flat);
    g_clear_object(&wide);
    if (!ok)
        return false;
    g_object_unref(d->at);
    d->at = next;
    return true;
}

static bool put_text(struct drawing *d, int which, const double *colour, int *y, int gap)
{
    VipsImage *mask = d->written[which];
    if (mask == NULL)
        return true;
    bool ok = blend(d, mask, colour, (W - mask->Xsize) / 2, *y);
    *y += mask->Ysize + gap;
    return ok;
}

/* Three channels, without alpha, as large as is said, cut to fit. */
static VipsImage *picture(unsigned char *p, size_t n, int width, int height)
{
    VipsImage *thumb = NULL, *flat = NULL, *rgb = NULL;
    if (vips_thumbnail_buffer(p, n, &thumb, width, "height", height, "crop", VIPS_INTERESTING_CENTRE,
                              "export_profile", "srgb", NULL) != 0)
        return NULL;
    if (!vips_image_hasalpha(thumb))
        flat = g_object_ref(thumb);
    else if (vips_flatten(thumb, &flat, "background", vips_array_double_newv(3, 255.0, 255.0, 255.0), NULL) != 0)
        flat = NULL;
    if (flat != NULL && vips_colourspace(flat, &rgb, VIPS_INTERPRETATION_sRGB, NULL) != 0)
        rgb = NULL;
    g_clear_object(&thumb);
    g_clear_object(&flat);
    return rgb;
}

/* A disc of a picture, or of the accent. */
static bool put_disc(struct drawing *d, VipsImage *image, int size, const double *colour, int x, int y)
{
    VipsImage *mask = filled(size, size, (double[]){0, 0, 0}), *one = NULL, *wide = NULL, *flat = NULL, *next = NULL;
    double full[] = {255};
    VipsImage *memory = mask == NULL || vips_extract_band(mask, &one, 0, NULL) != 0 ? NULL : vips_image_copy_memory(one);
    bool ok = memory != NULL &&
              vips_draw_circle(memory, full, 1, size / 2, size / 2, size / 2 - 1, "fill", TRUE, NULL) == 0 &&
              vips_embed(memory, &wide, x, y, W, H, NULL) == 0;
    if (ok && image != NULL)
        ok = vips_embed(image, &flat, x, y, W, H, NULL) == 0;
    else if (ok)
        ok = (flat = filled(W, H, colour)) != NULL;
    ok = ok && vips_ifthenelse(wide, flat, d->at, &next, "blend", TRUE, NULL) == 0;
    g_clear_object(&mask);
    g_clear_object(&one);
    g_clear_object(&memory);
    g_clear_object(&wide);
    g_clear_object(&flat);
    if (!ok)
        return false;
    g_object_unref(d->at);
    d->at = next;
    return true;
}

static bool put_top(struct drawing *d)
{
    const double accent[] = {d->head.accent[0], d->head.accent[1], d->head.accent[2]};
    VipsImage *cover = d->head.cover > 0 ? picture(d->cover, d->head.cover, W, COVER_H) : NULL;
    VipsImage *icon = d->head.icon > 0 ? picture(d->icon, d->head.icon, ICON, ICON) : NULL;
    int x = (W - ICON) / 2, y = COVER_H - ICON / 2;
    if (cover == NULL)
        cover = filled(W, COVER_H, accent);
    bool ok = put(d, cover, 0, 0) && put_disc(d, NULL, ICON + 20, paper, x - 10, y - 10) &&
              put_disc(d, icon, ICON, accent, x, y);
    if (ok && d->initial != NULL)
        ok = blend(d, d->initial, white, (W - d->initial->Xsize) / 2, COVER_H - d->initial->Ysize / 2);
    g_clear_object(&cover);
    g_clear_object(&icon);
    return ok;
}

/* Modules of a whole number of pixels each, so that every scanner reads them. */
static bool put_code(struct drawing *d, int y)
{
    int side = (int)d->head.qr, scale = QR_SIDE / side;
    size_t n = (size_t)side * (size_t)side;
    unsigned char *dots = g_malloc(n);
    for (size_t i = 0; i < n; i++)
        dots[i] = d->qr[i] != 0 ? 0 : 255;
    VipsImage *grey = vips_image_new_from_memory(dots, n, side, side, 1, VIPS_FORMAT_UCHAR), *large = NULL, *three = NULL;
    VipsImage *ground = filled(side * scale + 2 * QR_PAD, side * scale + 2 * QR_PAD, white);
    bool ok = grey != NULL && vips_zoom(grey, &large, scale, scale, NULL) == 0 &&
              vips_bandjoin((VipsImage *[]){large, large, large}, &three, 3, NULL) == 0;
    int width = side * scale;
    ok = ok && put(d, ground, (W - width) / 2 - QR_PAD, y) && put(d, three, (W - width) / 2, y + QR_PAD);
    /* The pixels are made only now: what they are made of has to stay. */
    VipsImage *memory = ok ? vips_image_copy_memory(d->at) : NULL;
    g_clear_object(&grey);
    g_clear_object(&large);
    g_clear_object(&three);
    g_clear_object(&ground);
    g_free(dots);
    if (memory == NULL)
        return false;
    g_object_unref(d->at);
    d->at = memory;
    return true;
}

static bool write_all(const void *p, size_t n)
{
    const char *at = p;
    while (n > 0) {
        ssize_t done = write(STDOUT_FILENO, at, n);
        if (done <= 0)
            return false;
        at += done;
        n -= (size_t)done;
    }
    return true;
}

static bool draw(struct drawing *d)
{
    void *png = NULL;
    size_t n = 0;
    int y = COVER_H + ICON / 2 + 44, link = LINK_FROM;
    d->at = filled(W, H, paper);
    if (d->at == NULL || !put_top(d) || !put_text(d, 0, ink, &y, 22) || !put_text(d, 1, quiet, &y, 30))
        return false;
    int code = H - 84 - 96 - 96 - QR_SIDE - 2 * QR_PAD - 20;
    if (!put_code(d, code > y ? code : y))
        return false;
    y = (code > y ? code : y) + QR_SIDE + 2 * QR_PAD + 24;
    if (!put_text(d, 2, ink, &y, 14) || !put_text(d, 3, ink, &y, 14) || !put_text(d, 4, quiet, &link, 0) ||
        vips_pngsave_buffer(d->at, &png, &n, "strip", TRUE, "compression", 6, NULL) != 0)
        return false;
    const struct helper_drawn head = {HELPER_POSTER_MAGIC, (uint32_t)n};
    return n < HELPER_OUT_MAX && write_all(&head, sizeof head) && write_all(png, n);
}

int helper_poster(unsigned char *p, unsigned long n)
{
    struct drawing d = {.at = NULL};
    if (!cut(&d, p, n))
        return HELPER_UNREADABLE;
    write_texts(&d);
    if (!sandbox_close())
        return HELPER_BROKEN;
    return draw(&d) ? HELPER_DONE : HELPER_UNREADABLE;
}
