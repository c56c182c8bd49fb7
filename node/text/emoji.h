/* Custom emoji of people elsewhere: a ":name:" in a name or a text, and the picture that it stands
 * for. They are kept as a list, "name address" a line each, and shown when a page is made: after
 * escaping, in text alone, only names of the list (federation.md 6.3). Any thread. */
#ifndef NODE_TEXT_EMOJI_H
#define NODE_TEXT_EMOJI_H

#include "node/base/str.h"

struct arena;
struct buf;

struct emoji {
    struct str name; /* without its colons */
    struct str url;  /* of the picture */
};
enum { EMOJI_MAX = 64, EMOJI_NAME_MAX = 60 };

/* [A-Za-z0-9_]{2,60} */
bool emoji_name_ok(struct str name);
/* Adds one to a list; false, and nothing is added, when name or address cannot stand there. */
bool emoji_list_put(struct buf *list, struct str name, struct str url);
/* At most EMOJI_MAX; views into the list. */
size_t emoji_list_read(struct arena *a, struct str list, struct emoji **ret);
/* The address of one, or STR_NULL. */
struct str emoji_find(const struct emoji *v, size_t n, struct str name);

/* Each :name: of v in the text of html, outside of code, becomes a picture; the url of v is what the
 * page may load (addresses that are STR_NULL are left as they are). */
struct safe_html emoji_show(struct arena *a, struct safe_html html, const struct emoji *v, size_t n);
/* The same of plain text, which is escaped first. */
struct safe_html emoji_show_text(struct arena *a, struct str text, const struct emoji *v, size_t n);

/* One emoji character (with its skin, joiners and variants), and nothing else? At most 64 bytes. */
bool emoji_is_character(struct str s);

#endif
