/* What planets nearby say of themselves: whatever their documents hold, what is kept is short, plain, and leads
 * to their own host. The document is an actor; its "outbox" and "endorsements" may stand in it whole. */
#include "federation/nearby.h"
#include "federation/nearby_read.h"
#include "node/base/arena.h"
#include "node/base/clock.h"
#include "node/base/url.h"
#include "node/node.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void must(bool ok)
{
    if (!ok)
        abort();
}

static void plain(struct str s, size_t max_chars)
{
    must(str_is_utf8(s) && str_utf8_len(s) <= max_chars + 1); /* an ellipsis */
    for (size_t i = 0; i < s.n; i++)
        must((unsigned char)s.p[i] >= 0x20 && s.p[i] != 0x7f);
}

static void there(struct arena *a, struct str url, struct str host)
{
    struct url u;
    must(url_parse(a, url, &u) == OK && str_eq_c(u.scheme, "https") && str_eq(url_authority(a, &u), host));
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    static struct node node = {.origin = STR_INIT("https://us.example"), .host = STR_INIT("us.example")};
    struct cx cx = {.arena = arena_new(), .node = &node, .now = INT64_C(1790000000000)};
    struct fed_face f;
    json_t *doc;
    if (json_read(cx.arena, (struct str){(const char *)p, n}, NULL, &doc) == OK && fed_face_read(&cx, doc, &f) == OK) {
        struct str id = fed_face_items(&cx, &f, ld_get(doc, "outbox"));
        fed_face_links(&cx, &f, ld_get(doc, "endorsements"));
        plain(f.name, 80);
        plain(f.line, FED_LINE_CHARS);
        there(cx.arena, f.url, f.host);
        must(id.p == NULL || f.teaser.n == 0);
        if (id.p != NULL)
            there(cx.arena, id, f.host);
        if (f.teaser.n > 0) {
            plain(f.teaser, 180);
            there(cx.arena, f.teaser_url, f.host);
            must(f.teaser_at <= cx.now + MS_HOUR);
        }
        must(f.n_links <= FED_ENDORSE_READ);
        for (size_t i = 0; i < f.n_links; i++) {
            struct url u;
            must(url_parse(cx.arena, f.links[i], &u) == OK && !str_eq(f.links[i], f.uri));
        }
    }
    arena_free(cx.arena);
    return 0;
}
