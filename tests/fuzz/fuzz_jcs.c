/* Canonical JSON: whatever was read has one text, and that text says the same. */
#include "node/base/arena.h"
#include "node/base/jcs.h"
#include "node/base/json.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static struct str canon(struct arena *a, const json_t *j)
{
    struct buf b;
    buf_init_arena(&b, a, 8 << 20);
    if (jcs_write(a, j, &b) != OK)
        abort();
    return buf_str(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    struct arena *a = arena_new();
    json_t *j, *again;
    if (json_read(a, (struct str){arena_copy(a, p, n), n}, NULL, &j) == OK) {
        struct str text = canon(a, j);
        if (!str_is_utf8(text))
            abort();
        /* A whole number beyond 64 bits is one for others and none for jansson. */
        if (json_read(a, text, &(struct json_limits){.max_bytes = 8 << 20}, &again) == OK &&
            !str_eq(canon(a, again), text))
            abort();
    }
    arena_free(a);
    return 0;
}
