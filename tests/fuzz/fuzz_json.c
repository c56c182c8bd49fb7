/* JSON from strangers: the limits hold for every tree that is let through, and the getters take
 * whatever stands in it. */
#include "node/base/arena.h"
#include "node/base/json.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void walk(json_t *j, unsigned depth, size_t *count)
{
    if (++*count > 5000 || depth > 33)
        abort();
    ld_id(j);
    ld_type(j);
    if (json_is_object(j)) {
        for (void *it = json_object_iter(j); it != NULL; it = json_object_iter_next(j, it)) {
            const char *key = json_object_iter_key(it);
            int64_t v;
            struct str lang;
            if (strcmp(key, "@graph") == 0 || strcmp(key, "@reverse") == 0)
                abort();
            ld_str(j, key);
            ld_url(j, key);
            ld_i64(j, key, &v);
            ld_time(j, key, &v);
            ld_lang(j, key, &lang);
            walk(json_object_iter_value(it), depth + 1, count);
        }
    }
    if (json_is_array(j))
        LD_EACH(i, e, j)
            walk(e, depth + 1, count);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    struct arena *a = arena_new();
    json_t *j;
    if (json_read(a, (struct str){arena_copy(a, p, n), n}, NULL, &j) == OK) {
        size_t count = 0;
        walk(j, 1, &count);
        ld_str(j, "object.id");
        ld_id_at(j, "actor");
        ld_type_is(j, "Note");
    }
    arena_free(a);
    return 0;
}
