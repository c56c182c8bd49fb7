#include "node/base/base58.h"

#include <string.h>

static const char letters[] = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

static int value_of(char c)
{
    const char *d = c == '\0' ? NULL : strchr(letters, c);
    return d == NULL ? -1 : (int)(d - letters);
}

bool base58_decode(struct str s, unsigned char *ret, size_t max, size_t *ret_n)
{
    unsigned char low[BASE58_MAX]; /* least significant first */
    size_t n = 0, zeros = 0;
    if (max > BASE58_MAX || s.n > 2 * BASE58_MAX)
        return false;
    while (zeros < s.n && s.p[zeros] == letters[0])
        zeros++;
    for (size_t i = zeros; i < s.n; i++) {
        int d = value_of(s.p[i]);
        if (d < 0)
            return false;
        unsigned carry = (unsigned)d;
        for (size_t j = 0; j < n; j++) {
            carry += 58u * low[j];
            low[j] = (unsigned char)carry;
            carry >>= 8;
        }
        if (carry == 0)
            continue;
        if (n == max)
            return false;
        low[n++] = (unsigned char)carry; /* less than 58: one byte is enough */
    }
    if (zeros > max - n)
        return false;
    memset(ret, 0, zeros);
    for (size_t i = 0; i < n; i++)
        ret[zeros + i] = low[n - 1 - i];
    *ret_n = zeros + n;
    return true;
}

bool base58_encode(struct buf *b, const unsigned char *p, size_t n)
{
    unsigned char digits[2 * BASE58_MAX];
    size_t len = 0, zeros = 0;
    if (n > BASE58_MAX)
        return false;
    while (zeros < n && p[zeros] == 0)
        zeros++;
    for (size_t i = zeros; i < n; i++) {
        unsigned carry = p[i];
        for (size_t j = 0; j < len; j++) {
            carry += (unsigned)digits[j] << 8;
            digits[j] = (unsigned char)(carry % 58);
            carry /= 58;
        }
        for (; carry > 0; carry /= 58)
            digits[len++] = (unsigned char)(carry % 58);
    }
    for (size_t i = 0; i < zeros; i++)
        buf_put_char(b, letters[0]);
    for (size_t i = len; i-- > 0;)
        buf_put_char(b, letters[digits[i]]);
    return true;
}

bool multibase_decode(struct str s, unsigned char *ret, size_t max, size_t *ret_n)
{
    return s.n > 1 && s.p[0] == 'z' && base58_decode(str_sub(s, 1, SIZE_MAX), ret, max, ret_n);
}
