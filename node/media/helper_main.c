/* orrery-media: the only program that decodes pictures of strangers, and the only one that libvips
 * is linked into. It reads one picture from standard input, shuts itself in (helper_sandbox.h),
 * writes it anew without anything but its pixels, and ends. Started by media_image.c. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <vips/vips.h>
#include <vips/vector.h>

#include "node/media/blurhash.h"
#include "node/media/helper_frame.h"
#include "node/media/helper_poster.h"
#include "node/media/helper_sandbox.h"
#include "node/media/media.h"

struct input {
    unsigned char *p;
    size_t n;
    int64_t pixels; /* at most */
};

struct output {
    VipsImage *image;
    void *p;
    size_t n;
};

static bool read_input(struct input *in)
{
    in->p = malloc(MEDIA_IMAGE_MAX);
    while (in->p != NULL && in->n < MEDIA_IMAGE_MAX) {
        ssize_t n = read(STDIN_FILENO, in->p + in->n, MEDIA_IMAGE_MAX - in->n);
        if (n < 0)
            return false;
        if (n == 0)
            return in->n > 0;
        in->n += (size_t)n;
    }
    return false;
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

/* GLib's own writer asks what kind of file stderr is, which the sandbox forbids. And libvips paints
 * the part that a decoder could not read grey, with no more than a warning: *data is set then. */
static GLogWriterOutput note_message(GLogLevelFlags level, const GLogField *fields, gsize n,
                                     gpointer data)
{
    (void)level;
    bool *damaged = data;
    for (gsize i = 0; i < n; i++)
        if (strcmp(fields[i].key, "MESSAGE") == 0 && fields[i].length < 0 &&
            strncmp(fields[i].value, "error in tile", 13) == 0)
            *damaged = true;
    return G_LOG_WRITER_HANDLED;
}

/* Only the decoders that we name. */
static bool start_vips(bool *damaged)
{
    static const char *const loaders[] = {"VipsForeignLoadJpeg", "VipsForeignLoadPng",
                                          "VipsForeignLoadWebp", "VipsForeignLoadNsgif",
                                          "VipsForeignLoadHeif"};
    g_log_set_writer_func(note_message, damaged, NULL);
    if (VIPS_INIT("orrery-media") != 0)
        return false;
    vips_concurrency_set(1);
    vips_cache_set_max(0);
    vips_vector_set_enabled(FALSE); /* it compiles at run time; memory here is never executable */
    vips_block_untrusted_set(TRUE);
    vips_operation_block_set("VipsForeignLoad", TRUE);
    for (size_t i = 0; i < sizeof loaders / sizeof loaders[0]; i++)
        vips_operation_block_set(loaders[i], FALSE);
    return true;
}

/* The header alone says how many pixels there will be. */
static enum helper_exit check_header(const struct input *in)
{
    VipsImage *header = vips_image_new_from_buffer(in->p, in->n, "", NULL);
    if (header == NULL)
        return HELPER_UNREADABLE;
    int64_t pixels = (int64_t)vips_image_get_width(header) * vips_image_get_height(header);
    g_object_unref(header);
    return pixels > in->pixels ? HELPER_TOO_MANY_PIXELS : HELPER_DONE;
}

/* Eight bits a channel, three or four channels, sRGB, in memory. */
static VipsImage *plain(VipsImage *from)
{
    VipsImage *rgb = NULL, *bytes = NULL, *memory = NULL;
    if (vips_colourspace(from, &rgb, VIPS_INTERPRETATION_sRGB, NULL) == 0 &&
        vips_cast_uchar(rgb, &bytes, NULL) == 0)
        memory = vips_image_copy_memory(bytes);
    g_clear_object(&rgb);
    g_clear_object(&bytes);
    return memory;
}

/* Upright, at most HELPER_LARGE a side; the first frame if it moves. A truncated picture fails
 * (8.14 does not hand "fail_on" on to the decoder, but does hand it its own options). */
static VipsImage *load(const struct input *in)
{
    VipsImage *thumb = NULL;
    if (vips_thumbnail_buffer(in->p, in->n, &thumb, HELPER_LARGE, "height", HELPER_LARGE, "size",
                              VIPS_SIZE_DOWN, "export_profile", "srgb",
                              "option_string", "[fail-on=truncated]", NULL) != 0)
        return NULL;
    VipsImage *image = plain(thumb);
    g_object_unref(thumb);
    return image;
}

static VipsImage *scale(VipsImage *from, int side, VipsSize size)
{
    VipsImage *thumb = NULL;
    if (vips_thumbnail_image(from, &thumb, side, "height", side, "size", size, NULL) != 0)
        return NULL;
    VipsImage *image = plain(thumb);
    g_object_unref(thumb);
    return image;
}

/* An alpha channel that hides nothing is dropped. */
static VipsImage *without_idle_alpha(VipsImage *image)
{
    double least = 255;
    VipsImage *alpha = NULL, *flat = NULL;
    if (!vips_image_hasalpha(image))
        return image;
    if (vips_extract_band(image, &alpha, vips_image_get_bands(image) - 1, NULL) != 0 ||
        vips_min(alpha, &least, NULL) != 0)
        least = 0;
    g_clear_object(&alpha);
    if (least < 255 || vips_extract_band(image, &flat, 0, "n", vips_image_get_bands(image) - 1, NULL) != 0)
        return image;
    VipsImage *memory = vips_image_copy_memory(flat);
    g_object_unref(flat);
    if (memory == NULL)
        return image;
    g_object_unref(image);
    return memory;
}

/* "strip" leaves out EXIF (and with it where it was taken), XMP, IPTC, ICC and comments. */
static bool save(struct output *o, enum helper_format format)
{
    if (format == HELPER_PNG)
        return vips_pngsave_buffer(o->image, &o->p, &o->n, "strip", TRUE, NULL) == 0;
    return vips_jpegsave_buffer(o->image, &o->p, &o->n, "strip", TRUE, "Q", 82, "optimize_coding",
                                TRUE, "interlace", TRUE, NULL) == 0;
}

/* PNG where something shows through, and for drawings and screenshots, which it holds in fewer
 * bytes and without smudges; else JPEG, which everybody reads. */
static bool save_large(struct output *large, enum helper_format *ret_format)
{
    struct output png = {.image = large->image};
    if (!save(&png, HELPER_PNG))
        return false;
    bool see_through = vips_image_hasalpha(large->image);
    if (!see_through && save(large, HELPER_JPEG) && large->n <= png.n) {
        g_free(png.p);
        *ret_format = HELPER_JPEG;
        return true;
    }
    g_free(large->p);
    *large = png;
    *ret_format = HELPER_PNG;
    return true;
}

static bool make_blurhash(VipsImage *small, char *ret)
{
    VipsImage *tiny = scale(small, 32, VIPS_SIZE_DOWN), *flat = NULL;
    if (tiny == NULL)
        return false;
    /* vips_flatten takes any last channel for alpha */
    if (!vips_image_hasalpha(tiny))
        flat = g_object_ref(tiny);
    else if (vips_flatten(tiny, &flat, NULL) != 0)
        return false;
    size_t n;
    unsigned char *rgb = vips_image_write_to_memory(flat, &n);
    int width = vips_image_get_width(flat), height = vips_image_get_height(flat);
    bool ok = rgb != NULL && n == (size_t)width * (size_t)height * 3;
    if (ok)
        blurhash_encode(rgb, width, height, ret);
    g_free(rgb);
    g_object_unref(flat);
    g_object_unref(tiny);
    return ok;
}

static bool convert(const struct input *in, const bool *damaged)
{
    struct helper_frame frame = {.magic = HELPER_MAGIC};
    struct output large = {.image = load(in)}, small = {0};
    enum helper_format format;
    if (large.image == NULL || *damaged)
        return false;
    large.image = without_idle_alpha(large.image);
    small.image = scale(large.image, HELPER_SMALL, VIPS_SIZE_DOWN);
    if (small.image == NULL || !save_large(&large, &format) || !save(&small, format) ||
        !make_blurhash(small.image, frame.blurhash))
        return false;
    frame.format = format;
    frame.width = (uint32_t)vips_image_get_width(large.image);
    frame.height = (uint32_t)vips_image_get_height(large.image);
    frame.size = (uint32_t)large.n;
    frame.small_width = (uint32_t)vips_image_get_width(small.image);
    frame.small_height = (uint32_t)vips_image_get_height(small.image);
    frame.small_size = (uint32_t)small.n;
    return large.n + small.n < HELPER_OUT_MAX && write_all(&frame, sizeof frame) &&
           write_all(large.p, large.n) && write_all(small.p, small.n);
}

/* The one argument, if there is any: how many pixels at most, or "poster" (helper_poster.h). */
int main(int argc, char **argv)
{
    struct input in = {.pixels = MEDIA_PIXELS_MAX};
    bool poster = argc > 1 && strcmp(argv[1], "poster") == 0;
    if (argc > 1 && !poster) {
        long long most = strtoll(argv[1], NULL, 10);
        in.pixels = most > 0 && most < in.pixels ? most : in.pixels;
    }
    bool damaged = false;
    if (!sandbox_limits() || !start_vips(&damaged))
        return HELPER_BROKEN;
    if (!read_input(&in))
        return HELPER_UNREADABLE;
    if (poster)
        _exit(helper_poster(in.p, in.n));
    if (!sandbox_close())
        return HELPER_BROKEN;
    enum helper_exit status = check_header(&in);
    if (status == HELPER_DONE && !convert(&in, &damaged))
        status = HELPER_UNREADABLE;
    /* No clean-up: it would only touch more of the library, and the process ends. */
    _exit(status);
}
