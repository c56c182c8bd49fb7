#include "node/media/blurhash.h"

#include <math.h>
#include <stdlib.h>

struct colour {
    double r, g, b;
};

static double linear_of(unsigned char v)
{
    double x = v / 255.0;
    return x <= 0.04045 ? x / 12.92 : pow((x + 0.055) / 1.055, 2.4);
}

static int srgb_of(double v)
{
    v = fmin(fmax(v, 0), 1);
    return (int)((v <= 0.0031308 ? v * 12.92 : 1.055 * pow(v, 1 / 2.4) - 0.055) * 255 + 0.5);
}

/* How much of one cosine wave is in the picture. */
static struct colour component(const unsigned char *rgb, int width, int height, int x, int y)
{
    struct colour sum = {0, 0, 0};
    for (int j = 0; j < height; j++)
        for (int i = 0; i < width; i++) {
            double wave = cos(M_PI * x * i / width) * cos(M_PI * y * j / height);
            const unsigned char *p = rgb + 3 * ((long)j * width + i);
            sum.r += wave * linear_of(p[0]);
            sum.g += wave * linear_of(p[1]);
            sum.b += wave * linear_of(p[2]);
        }
    double scale = (x == 0 && y == 0 ? 1.0 : 2.0) / ((double)width * height);
    return (struct colour){sum.r * scale, sum.g * scale, sum.b * scale};
}

static char *put83(char *to, int value, int digits)
{
    static const char alphabet[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                   "#$%*+,-.:;=?@[]^_{|}~";
    for (int i = digits - 1; i >= 0; i--) {
        to[i] = alphabet[value % 83];
        value /= 83;
    }
    return to + digits;
}

/* One of 19 steps, finer near zero. */
static int step(double v, double most)
{
    double x = v / most;
    int s = (int)floor(copysign(sqrt(fabs(x)), x) * 9 + 9.5);
    return s < 0 ? 0 : s > 18 ? 18 : s;
}

void blurhash_encode(const unsigned char *rgb, int width, int height, char ret[BLURHASH_LEN + 1])
{
    struct colour c[BLURHASH_X * BLURHASH_Y];
    double most = 0;
    for (int i = 0; i < BLURHASH_X * BLURHASH_Y; i++) {
        c[i] = component(rgb, width, height, i % BLURHASH_X, i / BLURHASH_X);
        if (i > 0)
            most = fmax(most, fmax(fabs(c[i].r), fmax(fabs(c[i].g), fabs(c[i].b))));
    }
    int quantum = (int)fmax(0, fmin(82, floor(most * 166 - 0.5)));
    char *to = put83(ret, (BLURHASH_X - 1) + (BLURHASH_Y - 1) * 9, 1);
    to = put83(to, quantum, 1);
    to = put83(to, srgb_of(c[0].r) << 16 | srgb_of(c[0].g) << 8 | srgb_of(c[0].b), 4);
    most = (quantum + 1) / 166.0;
    for (int i = 1; i < BLURHASH_X * BLURHASH_Y; i++)
        to = put83(to, (step(c[i].r, most) * 19 + step(c[i].g, most)) * 19 + step(c[i].b, most), 2);
    *to = '\0';
}
