/* Bodies of forms. The first line of the input is the content type, the rest the body. What must
 * hold: no crash, limits kept, and every file a view of the body. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "node/base/arena.h"
#include "node/http/form.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void demand(bool ok)
{
    if (!ok)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    /* A block of exactly this size, so that a read past the end is seen. */
    char *copy = malloc(n + 1);
    demand(copy != NULL);
    memcpy(copy, data, n);
    struct str all = {copy, n};
    size_t line = str_find_char(all, '\n', 0);
    struct str type = str_sub(all, 0, line == SIZE_MAX ? n : line);
    struct str body = line == SIZE_MAX ? STR("") : str_sub(all, line + 1, n);
    struct arena *a = arena_new();
    struct form f = {0};

    if (form_read(a, body, type, &f) == OK) {
        demand(f.n_fields <= FORM_MAX_FIELDS && f.n_uploads <= FORM_MAX_FILES);
        for (size_t i = 0; i < f.n_fields; i++)
            demand(str_is_utf8(f.fields[i].name) && str_is_utf8(f.fields[i].value) &&
                   f.fields[i].name.n <= FORM_MAX_NAME);
        for (size_t i = 0; i < f.n_uploads; i++) {
            struct str b = f.uploads[i].bytes;
            demand(b.n == 0 || (b.p >= body.p && b.p + b.n <= body.p + body.n));
            demand(str_find_char(f.uploads[i].filename, '/', 0) == SIZE_MAX);
        }
    }
    arena_free(a);
    free(copy);
    return 0;
}
