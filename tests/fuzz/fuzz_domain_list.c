/* Lists of servers. What was read is written as Mastodon's CSV and read again: the same. */
#include "federation/domain_list.h"

#include "node/base/arena.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static struct str written(struct arena *a, const struct fed_list *l)
{
    struct buf b;
    buf_init_arena(&b, a, 64 << 20);
    fed_list_write_head(&b, false);
    for (size_t i = 0; i < l->n; i++)
        fed_list_write(&b, &l->rows[i], false);
    return buf_str(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    struct arena *a = arena_new();
    struct str in = {arena_copy(a, p, n), n};
    struct fed_list l, again;
    if (fed_list_read(a, in, false, STR("node.example"), &l) != OK) {
        if (l.why == NULL || l.line < 1)
            abort();
    } else {
        if (fed_list_read(a, written(a, &l), false, STR("node.example"), &again) != OK ||
            again.n != l.n)
            abort();
        for (size_t i = 0; i < l.n; i++)
            if (!str_eq(l.rows[i].host, again.rows[i].host) ||
                l.rows[i].level != again.rows[i].level ||
                !str_eq(l.rows[i].public_comment, again.rows[i].public_comment))
                abort();
    }
    arena_free(a);
    return 0;
}
