#include "node/base/jcs.h"

#include "node/base/arena.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DEPTH_MAX = 64, DIGITS_MAX = 17 };

/* ---- numbers ---- */

/* The value of 0.d1d2…dn × 10^exp, read as everybody reads it. */
static double value_of(const char *digits, int n, int exp)
{
    char text[40];
    snprintf(text, sizeof text, "0.%.*se%d", n, digits, exp);
    return strtod(text, NULL);
}

/* The next number of n digits upward; a carry out of the first makes it 1 and the exponent larger. */
static void digits_next(char *digits, int n, int *exp)
{
    int i = n - 1;
    while (i >= 0 && digits[i] == '9')
        digits[i--] = '0';
    if (i >= 0) {
        digits[i]++;
        return;
    }
    digits[0] = '1';
    ++*exp;
}

/* The fewest digits that read back as v, of these the nearest to it. The nearest of n digits is
 * found by printing. Below a power of two doubles lie denser than above it, so there the nearest may
 * be another double while its upper neighbour is ours. */
static int shortest(double v, char digits[DIGITS_MAX + 1], int *ret_exp)
{
    for (int n = 1;; n++) {
        char text[40];
        snprintf(text, sizeof text, "%.*e", n - 1, v);
        digits[0] = text[0];
        if (n > 1)
            memcpy(digits + 1, text + 2, (size_t)n - 1);
        int exp = (int)strtol(strchr(text, 'e') + 1, NULL, 10) + 1;
        for (int up = 0; up < 2; up++) {
            if (value_of(digits, n, exp) == v || n == DIGITS_MAX) {
                *ret_exp = exp;
                return n;
            }
            digits_next(digits, n, &exp);
        }
    }
}

static void zeros(struct buf *out, int n)
{
    while (n-- > 0)
        buf_put_char(out, '0');
}

/* ECMA-262, 6.1.6.1.20: n and k there are exp and the number of digits here. */
void jcs_number(struct buf *out, double v)
{
    char digits[DIGITS_MAX + 1];
    int exp;
    if (v == 0) { /* minus zero as well */
        buf_put_char(out, '0');
        return;
    }
    if (v < 0)
        buf_put_char(out, '-');
    int k = shortest(fabs(v), digits, &exp);
    while (k > 1 && digits[k - 1] == '0')
        k--;
    if (k <= exp && exp <= 21) {
        buf_put_bytes(out, digits, (size_t)k);
        zeros(out, exp - k);
    } else if (0 < exp && exp <= 21) {
        buf_put_bytes(out, digits, (size_t)exp);
        buf_put_char(out, '.');
        buf_put_bytes(out, digits + exp, (size_t)(k - exp));
    } else if (-6 < exp && exp <= 0) {
        buf_lit(out, "0.");
        zeros(out, -exp);
        buf_put_bytes(out, digits, (size_t)k);
    } else {
        buf_put_char(out, digits[0]);
        if (k > 1) {
            buf_put_char(out, '.');
            buf_put_bytes(out, digits + 1, (size_t)k - 1);
        }
        buf_fmt(out, "e%c%d", exp > 0 ? '+' : '-', abs(exp - 1));
    }
}

/* ---- strings and names ---- */

static void put_string(struct buf *out, const char *p, size_t n)
{
    static const char names[] = "btn?fr"; /* 8 to 13; 11 has none */
    buf_put_char(out, '"');
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)p[i];
        if (c == '"' || c == '\\') {
            buf_put_char(out, '\\');
            buf_put_char(out, (char)c);
        } else if (c >= 8 && c <= 13 && c != 11) {
            buf_put_char(out, '\\');
            buf_put_char(out, names[c - 8]);
        } else if (c < 0x20) {
            buf_fmt(out, "\\u%04x", c);
        } else {
            buf_put_char(out, (char)c);
        }
    }
    buf_put_char(out, '"');
}

/* In UTF-8 the order of bytes is that of code points; in UTF-16 what lies beyond U+FFFF is written
 * with surrogates and comes before U+E000. These begin with F0 and more, those with EE and EF. */
static int rank(unsigned char c)
{
    return c == 0xee || c == 0xef ? c + 0x10 : c;
}

static int compare_names(const void *x, const void *y)
{
    const unsigned char *a = *(const unsigned char *const *)x;
    const unsigned char *b = *(const unsigned char *const *)y;
    while (*a == *b && *a != '\0') {
        a++;
        b++;
    }
    return rank(*a) - rank(*b);
}

static enum err put(struct arena *a, const json_t *j, struct buf *out, int depth);

static enum err put_object(struct arena *a, const json_t *j, struct buf *out, int depth)
{
    size_t n = 0, size = json_object_size(j);
    const char **names = ARENA_ARRAY(a, const char *, size + 1);
    json_t *it = (json_t *)(uintptr_t)j; /* jansson's iterators want it so; they only read */
    for (void *at = json_object_iter(it); at != NULL; at = json_object_iter_next(it, at))
        names[n++] = json_object_iter_key(at);
    qsort(names, n, sizeof *names, compare_names);
    buf_put_char(out, '{');
    for (size_t i = 0; i < n; i++) {
        if (i > 0)
            buf_put_char(out, ',');
        put_string(out, names[i], strlen(names[i]));
        buf_put_char(out, ':');
        TRY(put(a, json_object_get(j, names[i]), out, depth));
    }
    buf_put_char(out, '}');
    return OK;
}

static enum err put(struct arena *a, const json_t *j, struct buf *out, int depth)
{
    if (depth > DEPTH_MAX)
        return ERR_INVALID;
    switch (json_typeof(j)) {
    case JSON_OBJECT:
        return put_object(a, j, out, depth + 1);
    case JSON_ARRAY:
        buf_put_char(out, '[');
        for (size_t i = 0; i < json_array_size(j); i++) {
            if (i > 0)
                buf_put_char(out, ',');
            TRY(put(a, json_array_get(j, i), out, depth + 1));
        }
        buf_put_char(out, ']');
        return OK;
    case JSON_STRING:
        put_string(out, json_string_value(j), json_string_length(j));
        return OK;
    case JSON_INTEGER: /* beyond 2^53 it is no longer that number, for everybody alike */
        jcs_number(out, (double)json_integer_value(j));
        return OK;
    case JSON_REAL:
        if (!isfinite(json_real_value(j)))
            return ERR_INVALID;
        jcs_number(out, json_real_value(j));
        return OK;
    case JSON_TRUE: buf_lit(out, "true"); return OK;
    case JSON_FALSE: buf_lit(out, "false"); return OK;
    case JSON_NULL: buf_lit(out, "null"); return OK;
    }
    return ERR_INVALID;
}

enum err jcs_write(struct arena *a, const json_t *j, struct buf *out)
{
    if (j == NULL)
        return ERR_INVALID;
    TRY(put(a, j, out, 0));
    return out->overflow ? ERR_TOO_LARGE : OK;
}
