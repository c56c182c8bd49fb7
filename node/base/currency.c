#include "node/base/currency.h"

/* Symbols as in CLDR 42, where both languages have one. NULL: the code. */
static const struct currency {
    char code[4];
    int exponent;
    const char *en, *zh;
} table[] = {
    {"AUD", 2, "A$", "AU$"},  {"BHD", 3, NULL, NULL},   {"BIF", 0, NULL, NULL},
    {"BRL", 2, "R$", "R$"},   {"BTC", 8, NULL, NULL},   {"CAD", 2, "CA$", "CA$"},
    {"CLP", 0, NULL, NULL},   {"CNY", 2, "CN¥", "¥"},   {"DJF", 0, NULL, NULL},
    {"EUR", 2, "€", "€"},     {"GBP", 2, "£", "£"},     {"GNF", 0, NULL, NULL},
    {"HKD", 2, "HK$", "HK$"}, {"ILS", 2, "₪", "₪"},     {"INR", 2, "₹", "₹"},
    {"IQD", 3, NULL, NULL},   {"JOD", 3, NULL, NULL},   {"JPY", 0, "¥", "JP¥"},
    {"KMF", 0, NULL, NULL},   {"KRW", 0, "₩", "￦"},    {"KWD", 3, NULL, NULL},
    {"LYD", 3, NULL, NULL},   {"MGA", 0, NULL, NULL},   {"MXN", 2, "MX$", "MX$"},
    {"NZD", 2, "NZ$", "NZ$"}, {"OMR", 3, NULL, NULL},   {"PHP", 2, "₱", NULL},
    {"PYG", 0, NULL, NULL},   {"RWF", 0, NULL, NULL},   {"TND", 3, NULL, NULL},
    {"TWD", 2, "NT$", "NT$"}, {"USD", 2, "$", "US$"},   {"VND", 0, "₫", "₫"},
    {"VUV", 0, NULL, NULL},   {"XAF", 0, NULL, NULL},   {"XCD", 2, "EC$", "EC$"},
    {"XMR", 12, NULL, NULL},  {"XOF", 0, NULL, NULL},   {"XPF", 0, NULL, NULL},
};

static const struct currency *find(struct str code)
{
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (str_eq_c(code, table[i].code))
            return &table[i];
    return NULL;
}

int currency_exponent(struct str code)
{
    const struct currency *c = find(code);
    return c == NULL ? 2 : c->exponent;
}

struct str currency_symbol(struct arena *a, struct str code, bool chinese)
{
    const struct currency *c = find(code);
    const char *symbol = c == NULL ? NULL : chinese ? c->zh : c->en;
    return symbol != NULL ? str_c(symbol) : str_fmt(a, STR_FMT "\u00a0", STR_ARG(code));
}
