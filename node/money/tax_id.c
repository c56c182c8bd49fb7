/* What tax numbers look like, country by country. */
#include "node/base/buf.h"
#include "node/money/tax.h"

#include <string.h>

/* 9: a digit, @: a letter, *: either, anything else: itself. Several forms are parted by a space. */
static const struct { char country[3]; const char *prefix, *forms; } known[] = {
    {"AT", "AT", "U99999999"},
    {"AU", "", "99999999999"},
    {"BE", "BE", "9999999999"},
    {"BG", "BG", "999999999 9999999999"},
    {"BR", "", "99999999999999 99999999999"},
    {"CA", "", "999999999 999999999RT9999"},
    {"CH", "", "CHE999999999 CHE999999999MWST CHE999999999TVA CHE999999999IVA"},
    {"CY", "CY", "99999999@"},
    {"CZ", "CZ", "99999999 999999999 9999999999"},
    {"DE", "DE", "999999999"},
    {"DK", "DK", "99999999"},
    {"EE", "EE", "999999999"},
    {"ES", "ES", "*9999999*"},
    {"FI", "FI", "99999999"},
    {"FR", "FR", "**999999999"},
    {"GB", "GB", "999999999 999999999999 GD999 HA999"},
    {"GR", "EL", "999999999"},
    {"HR", "HR", "99999999999"},
    {"HU", "HU", "99999999"},
    {"IE", "IE", "9999999@ 9999999@@ 9*99999@"},
    {"IN", "", "99@@@@@9999@*Z*"},
    {"IT", "IT", "99999999999"},
    {"JP", "", "T9999999999999 9999999999999"},
    {"KR", "", "9999999999"},
    {"LT", "LT", "999999999 999999999999"},
    {"LU", "LU", "99999999"},
    {"LV", "LV", "99999999999"},
    {"MT", "MT", "99999999"},
    {"NL", "NL", "999999999B99"},
    {"NO", "", "999999999 999999999MVA"},
    {"NZ", "", "99999999 999999999"},
    {"PL", "PL", "9999999999"},
    {"PT", "PT", "999999999"},
    {"RO", "RO", "99 999 9999 99999 999999 9999999 99999999 999999999 9999999999"},
    {"SE", "SE", "999999999999"},
    {"SI", "SI", "99999999"},
    {"SK", "SK", "9999999999"},
    {"TW", "", "99999999"},
    {"US", "", "999999999"},
};

static bool digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool letter(char c)
{
    return c >= 'A' && c <= 'Z';
}

static bool fits(struct str s, struct str form)
{
    if (s.n != form.n)
        return false;
    for (size_t i = 0; i < s.n; i++) {
        char f = form.p[i], c = s.p[i];
        bool same = f == c && f != '9';
        if (f == '9' || f == '*')
            same = digit(c);
        if (f == '@' || f == '*')
            same = same || letter(c);
        if (!same)
            return false;
    }
    return true;
}

static bool fits_one(struct str s, const char *forms)
{
    for (const char *p = forms; *p != '\0';) {
        size_t n = strcspn(p, " ");
        if (fits(s, (struct str){p, n}))
            return true;
        p += n + (p[n] == ' ');
    }
    return false;
}

/* GB 32100-2015: 18 characters of 31, the last checks the others. */
static bool china_ok(struct str s)
{
    static const char alphabet[] = "0123456789ABCDEFGHJKLMNPQRTUWXY";
    int sum = 0, weight = 1;
    if (s.n == 15 || s.n == 17 || s.n == 20) /* of before 2015, and of persons */
        return true;
    if (s.n != 18)
        return false;
    for (size_t i = 0; i < 18; i++) {
        const char *at = memchr(alphabet, s.p[i], sizeof alphabet - 1);
        if (at == NULL)
            return false;
        int value = (int)(at - alphabet);
        if (i == 17)
            return value == (31 - sum % 31) % 31;
        sum += value * weight;
        weight = weight * 3 % 31;
    }
    return false;
}

bool tax_id_ok(struct arena *a, struct str country, struct str typed, struct str *ret)
{
    struct buf b;
    buf_init_arena(&b, a, 64);
    for (size_t i = 0; i < typed.n; i++) {
        char c = typed.p[i];
        if (c == ' ' || c == '.' || c == '-' || c == '/')
            continue;
        if (c >= 'a' && c <= 'z')
            c = (char)(c - 'a' + 'A');
        if ((!digit(c) && !letter(c)) || b.n >= 30)
            return false;
        buf_put(&b, (struct str){&c, 1});
    }
    struct str s = buf_str(&b);
    *ret = s;
    if (str_eq_c(country, "CN"))
        return china_ok(s);
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (!str_eq_c(country, known[i].country))
            continue;
        size_t n = strlen(known[i].prefix);
        bool written = n > 0 && str_starts(s, str_c(known[i].prefix));
        if (n > 0 && written && fits_one(str_sub(s, n, s.n), known[i].forms))
            return true;
        if (!fits_one(s, known[i].forms))
            return false;
        *ret = str_fmt(a, "%s" STR_FMT, known[i].prefix, STR_ARG(s));
        return true;
    }
    return s.n >= 4;
}
