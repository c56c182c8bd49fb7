/* Reading notes of other servers: to whom they are, what they bring beside their text, whom they
 * quote (federation.md 1.13–1.15, 3.8, 3.12, 6.3). Nothing here looks at the store. */
#ifndef FEDERATION_NOTE_READ_H
#define FEDERATION_NOTE_READ_H

#include "federation/receive.h"
#include "node/talk/comment.h"

enum { FED_TAGS_MAX = 100, FED_MENTIONS_MAX = 50, FED_ADDRESSED_MAX = 500, FED_QUOTES_MAX = 8,
       FED_CONTENT_MAX = 150 * 1024 };

/* Said to everybody, loudly or quietly? What is not is not for the page. */
bool fed_note_is_public(const struct fed_in *in, const json_t *note);
/* Addressed to single actors alone: no public, no collection of the writer's. What says to nobody
 * whom it is for is none. */
bool fed_note_is_direct(const struct fed_in *in, const json_t *note);
bool fed_note_is_spam(const json_t *note);
/* Custom emoji of an object's tags, as a list of node/text/emoji.h. */
struct str fed_emoji_of(struct arena *a, const json_t *object);
/* Warning, sensitivity, emoji and media of a note go into far; its text and place do not. */
void fed_note_extras(struct arena *a, const json_t *note, struct comment_far *far);
/* What it says that it quotes, in all spellings, at most FED_QUOTES_MAX; returns how many. */
size_t fed_note_quotes(const json_t *note, struct str *ret);

#endif
