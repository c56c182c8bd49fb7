#include "node/money/code_text.h"

#include "node/base/arena.h"
#include "node/base/buf.h"
#include "node/base/crypt.h"

#include <string.h>

static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/* Value of a character, folded; -1: none of ours. */
static int value_of(char c)
{
    if (c >= 'a' && c <= 'z')
        c = (char)(c - 32);
    if (c == 'O')
        c = '0';
    if (c == 'I' || c == 'L')
        c = '1';
    const char *at = c == '\0' ? NULL : strchr(alphabet, c);
    return at == NULL ? -1 : (int)(at - alphabet);
}

/* Horner's rule with a generator of GF(32) (x^5 + x^2 + 1): each place has a weight of its own. */
static int check_of(const unsigned char *values, size_t n)
{
    int c = 0;
    for (size_t i = 0; i < n; i++) {
        c = (c ^ values[i]) << 1;
        if (c & 32)
            c ^= 37;
    }
    return c;
}

static struct str make(struct arena *a, size_t chars)
{
    unsigned char v[CODE_CHARS];
    char out[CODE_CHARS];
    crypt_random(v, sizeof v);
    for (size_t i = 0; i + 1 < chars; i++)
        v[i] &= 31;
    v[chars - 1] = (unsigned char)check_of(v, chars - 1);
    for (size_t i = 0; i < chars; i++)
        out[i] = alphabet[v[i]];
    return (struct str){arena_copy(a, out, chars), chars};
}

struct str code_text_new(struct arena *a)
{
    return make(a, CODE_CHARS);
}

struct str code_memo_new(struct arena *a)
{
    return make(a, CODE_MEMO);
}

struct str code_text_show(struct arena *a, struct str code)
{
    struct buf b;
    buf_init_arena(&b, a, 2 * CODE_CHARS);
    for (size_t i = 0; i < code.n; i++) {
        if (i > 0 && i % CODE_GROUP == 0)
            buf_put_char(&b, '-');
        buf_put_char(&b, code.p[i]);
    }
    return buf_str(&b);
}

/* Bytes of what stands between groups: ASCII blanks and hyphens, U+00A0, U+2010–2015, U+2212,
 * U+3000, U+FF0D. 0: something else. */
static size_t separator(struct str s)
{
    static const char *const wide[] = {
        "\xc2\xa0",     "\xe2\x80\x90", "\xe2\x80\x91", "\xe2\x80\x92", "\xe2\x80\x93",
        "\xe2\x80\x94", "\xe2\x80\x95", "\xe2\x88\x92", "\xe3\x80\x80", "\xef\xbc\x8d"};
    if (memchr(" \t\r\n-_.", s.p[0], 7) != NULL)
        return 1;
    for (size_t i = 0; i < sizeof wide / sizeof *wide; i++)
        if (str_starts(s, str_c(wide[i])))
            return strlen(wide[i]);
    return 0;
}

static bool read(struct arena *a, struct str typed, size_t chars, struct str *ret)
{
    unsigned char v[CODE_CHARS];
    char out[CODE_CHARS];
    size_t n = 0;
    bool good = typed.n <= 200;
    for (size_t i = 0; good && i < typed.n;) {
        size_t skip = separator(str_sub(typed, i, typed.n));
        if (skip > 0) {
            i += skip;
            continue;
        }
        int value = value_of(typed.p[i]);
        good = value >= 0 && n < chars;
        if (good) {
            v[n] = (unsigned char)value;
            out[n++] = alphabet[value];
        }
        i++;
    }
    *ret = (struct str){arena_copy(a, out, n), n};
    return good && n == chars && check_of(v, chars - 1) == v[chars - 1];
}

bool code_text_read(struct arena *a, struct str typed, struct str *ret)
{
    return read(a, typed, CODE_CHARS, ret);
}

bool code_memo_read(struct arena *a, struct str typed, struct str *ret)
{
    return read(a, typed, CODE_MEMO, ret);
}
