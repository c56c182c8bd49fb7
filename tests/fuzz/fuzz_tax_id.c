/* Tax numbers as buyers type them, and lists of addresses: what is taken is plain, and taken again the same. */
#include "node/base/arena.h"
#include "node/base/country.h"
#include "node/money/tax.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    size_t n_countries;
    const struct country *all = country_all(&n_countries);
    struct arena *a = arena_new();
    struct str s = {arena_copy(a, p, n), n}, once, twice;
    struct str country = n == 0 ? STR("") : str_c(all[p[0] % n_countries].code);
    char code[3];
    if (n > 0 && tax_id_ok(a, country, str_sub(s, 1, n), &once)) {
        for (size_t i = 0; i < once.n; i++)
            if (!((once.p[i] >= '0' && once.p[i] <= '9') || (once.p[i] >= 'A' && once.p[i] <= 'Z')))
                abort();
        if (!tax_id_ok(a, country, once, &twice) || !str_eq(once, twice))
            abort();
    }
    size_t line = str_find_char(s, '\n', 0);
    if (line != SIZE_MAX && country_find(str_sub(s, line + 1, n), str_sub(s, 0, line), code) &&
        country_by_code(str_c(code)) == NULL)
        abort();
    arena_free(a);
    return 0;
}
