/* Documents of other servers, past the JSON: actors and their keys, notes and what they bring, where a
 * server takes wishes. What was read is held to what the headers promise. */
#include "federation/fed.h"
#include "federation/home.h"
#include "federation/note_read.h"
#include "federation/receive.h"
#include "federation/remote.h"
#include "federation/spam.h"
#include "node/base/arena.h"
#include "node/base/json.h"
#include "node/text/emoji.h"
#include "node/text/sanitize.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void must(bool ok)
{
    if (!ok)
        abort();
}

static void actor(struct arena *a, const json_t *j)
{
    struct fed_doc d;
    if (fed_doc_read(a, j, &d) != OK)
        return;
    must(!str_empty(d.uri) && !str_empty(d.username) && !str_empty(d.name) && !str_empty(d.url));
    must(str_eq(fed_host_of(a, d.url), d.host));
    must(d.inbox.p == NULL || str_eq(fed_host_of(a, d.inbox), d.host));
    must(d.n_keys <= FED_DOC_KEYS);
    for (size_t i = 0; i < d.n_keys; i++)
        must(str_eq(fed_host_of(a, d.keys[i].id), d.host) && fed_doc_key(&d, d.keys[i].id) == i);
    (void)fed_doc_lists(j, "alsoKnownAs", d.uri);
}

static void note(struct arena *a, json_t *j)
{
    struct fed_in in = {.doc = j, .object = ld_first(ld_get(j, "object"))};
    const json_t *object = json_is_object(in.object) ? in.object : j;
    struct comment_far far = {0};
    struct str quoted[FED_QUOTES_MAX];
    struct emoji *v;
    struct safe_html html;
    bool everybody = fed_note_is_public(&in, object), direct = fed_note_is_direct(&in, object);
    must(!(everybody && direct));
    must(fed_note_quotes(object, quoted) <= FED_QUOTES_MAX);
    (void)fed_note_is_spam(object);
    fed_note_extras(a, object, &far);
    size_t n = emoji_list_read(a, fed_emoji_of(a, object), &v);
    must(n <= EMOJI_MAX);
    for (size_t i = 0; i < n; i++)
        must(emoji_name_ok(v[i].name));
    struct str content = ld_lang(object, "content", NULL);
    if (content.p == NULL || sanitize_html(a, content, &html) != OK)
        return;
    (void)fed_spam_of(object, html);
    (void)emoji_show(a, html, v, n);
    (void)emoji_show_text(a, content, v, n);
    (void)emoji_is_character(content);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    struct arena *a = arena_new();
    struct str in = {arena_copy(a, p, n), n};
    json_t *j;
    if (json_read(a, in, NULL, &j) == OK && json_is_object(j)) {
        actor(a, j);
        note(a, j);
    }
    for (int what = FED_WANTS_FOLLOW; what <= FED_WANTS_BOOST; what++) {
        struct str url = fed_home_of(a, in, false, (enum fed_wanted)what,
                                     STR("https://tea.example/ap/o/1"), STR("https://tea.example/"));
        must(url.p == NULL || str_istarts(url, STR("https://")));
    }
    arena_free(a);
    return 0;
}
