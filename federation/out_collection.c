#include "federation/out.h"

void fed_put_below(struct jw *w, struct str uri, const char *tail)
{
    struct buf b;
    buf_init(&b, 4096);
    buf_put(&b, uri);
    buf_put_c(&b, tail);
    jw_str(w, buf_str(&b));
    buf_free(&b);
}

static void put_head(struct jw *w, struct str id, const char *type)
{
    jw_obj(w);
    jw_key_c(w, "@context", "https://www.w3.org/ns/activitystreams");
    jw_key_str(w, "id", id);
    jw_key_c(w, "type", type);
}

void fed_out_collection(struct jw *w, struct str id, bool ordered, int64_t total, struct str first)
{
    put_head(w, id, ordered ? "OrderedCollection" : "Collection");
    jw_key_i64(w, "totalItems", total);
    jw_key_opt(w, "first", first);
    jw_end(w);
}

static void put_items(struct jw *w, const struct str *items, size_t n, bool ordered, bool raw)
{
    jw_key(w, ordered ? "orderedItems" : "items");
    jw_arr(w);
    for (size_t i = 0; i < n; i++) {
        if (raw)
            jw_raw(w, items[i]);
        else
            jw_str(w, items[i]);
    }
    jw_end(w);
}

void fed_out_page(struct jw *w, const struct fed_out_page *p)
{
    put_head(w, p->id, p->ordered ? "OrderedCollectionPage" : "CollectionPage");
    jw_key_str(w, "partOf", p->part_of);
    jw_key_opt(w, "next", p->next);
    put_items(w, p->items, p->n_items, p->ordered, p->raw);
    jw_end(w);
}

void fed_out_featured(struct jw *w, struct str id, const struct fed_out_note *notes, size_t n)
{
    jw_obj(w);
    jw_key(w, "@context");
    jw_raw(w, STR(FED_NOTE_CONTEXT));
    jw_key_str(w, "id", id);
    jw_key_c(w, "type", "OrderedCollection");
    jw_key_i64(w, "totalItems", (int64_t)n);
    jw_key(w, "orderedItems");
    jw_arr(w);
    for (size_t i = 0; i < n; i++) {
        jw_obj(w);
        fed_out_note(w, &notes[i]);
        jw_end(w);
    }
    jw_end(w);
    jw_end(w);
}

void fed_out_whole(struct jw *w, struct str id, const struct str *items, size_t n)
{
    put_head(w, id, "OrderedCollection");
    jw_key_i64(w, "totalItems", (int64_t)n);
    put_items(w, items, n, true, false);
    jw_end(w);
}

void fed_out_pin(struct jw *w, const struct fed_out_envelope *e, struct str object)
{
    jw_obj(w);
    fed_put_envelope(w, e, FED_CONTEXT);
    jw_key_str(w, "object", object);
    jw_key(w, "target");
    fed_put_below(w, e->actor, "/featured");
    jw_end(w);
}
