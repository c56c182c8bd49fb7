/* The signature of Stripe's messages (S7). */
#include "node/base/buf.h"
#include "node/base/clock.h"
#include "node/base/crypt.h"
#include "node/money/rails/stripe.h"

#include <string.h>

enum { HEADER_MAX = 4096, SIGNATURES_MAX = 16, HEX_LEN = 64 };

static int nibble(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return -1;
}

static bool unhex(struct str s, unsigned char ret[32])
{
    if (s.n != HEX_LEN)
        return false;
    for (size_t i = 0; i < 32; i++) {
        int high = nibble(s.p[2 * i]), low = nibble(s.p[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        ret[i] = (unsigned char)(high << 4 | low);
    }
    return true;
}

static void mac_of(struct str t, struct str body, struct str secret, unsigned char ret[32])
{
    struct buf b;
    buf_init(&b, t.n + body.n + 2);
    buf_put(&b, t);
    buf_put_char(&b, '.');
    buf_put(&b, body);
    crypt_hmac_sha256(secret, buf_str(&b), ret);
    buf_free(&b);
}

/* The one t of the header. Two, none, or one that is no number of seconds: false. */
static bool read_time(struct str header, struct str *ret_text, int64_t *ret_s)
{
    struct str piece;
    size_t n = 0;
    while (str_next(&header, ',', &piece)) {
        piece = str_trim(piece);
        if (!str_starts(piece, STR("t=")))
            continue;
        *ret_text = str_sub(piece, 2, SIZE_MAX);
        n++;
    }
    return n == 1 && ret_text->n <= 12 && ret_text->n > 0 && ret_text->p[0] != '-' && str_to_i64(*ret_text, ret_s);
}

bool stripe_signed(struct str header, struct str body, struct str secret, int64_t now_ms)
{
    unsigned char want[32], got[32];
    struct str t = STR_NULL, rest = header, piece;
    int64_t s;
    bool ok = false;
    size_t n = 0;
    if (header.n > HEADER_MAX || secret.n == 0 || !read_time(header, &t, &s))
        return false;
    int64_t skew = now_ms / MS_SECOND - s;
    if (skew > STRIPE_TOLERANCE_S || skew < -STRIPE_TOLERANCE_S)
        return false;
    mac_of(t, body, secret, want);
    while (str_next(&rest, ',', &piece) && n < SIGNATURES_MAX) {
        piece = str_trim(piece);
        if (!str_starts(piece, STR("v1=")) || !unhex(str_sub(piece, 3, SIZE_MAX), got))
            continue;
        n++;
        ok = str_eq_secret((struct str){(char *)want, 32}, (struct str){(char *)got, 32}) || ok;
    }
    return ok;
}
