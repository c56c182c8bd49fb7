#include "federation/note_read.h"
#include "federation/policy.h"
#include "federation/receive.h"
#include "node/talk/aside.h"
#include "node/text/emoji.h"

enum err fed_react(struct cx *cx, const struct fed_in *in, enum reaction_kind kind,
                   const struct fed_target *t)
{
    enum fed_stand stand;
    TRY(fed_stand_of(cx, &in->actor, t->post_id, &stand));
    if (stand == FED_STAND_REFUSED)
        return OK;
    if (stand == FED_STAND_HELD)
        return aside_reaction(cx, kind, t->post_id, t->comment_id, in->actor.id, in->id);
    return reaction_put_remote(cx, kind, t->post_id, t->comment_id, in->actor.id, in->id);
}

/* The emoji of a Like or EmojiReact: a character, or one of its tags. False: there is none. */
bool fed_emoji_in(struct cx *cx, const json_t *activity, struct reaction_emoji *ret)
{
    struct str text = ld_str(activity, "content");
    struct emoji *list;
    if (str_empty(text))
        text = ld_str(activity, "_misskey_reaction");
    text = str_trim(text);
    ret->emoji = text;
    ret->icon_url = STR_NULL;
    if (emoji_is_character(text))
        return true;
    if (text.n < 4 || text.p[0] != ':' || text.p[text.n - 1] != ':')
        return false;
    size_t n = emoji_list_read(cx->arena, fed_emoji_of(cx->arena, activity), &list);
    struct str name = str_sub(text, 1, text.n - 2);
    ret->icon_url = emoji_find(list, n, name);
    if (ret->icon_url.p == NULL) /* ":name@host:" in the text, ":name:" in the tag */
        ret->icon_url = emoji_find(list, n, str_sub(name, 0, str_find_char(name, '@', 0)));
    name = str_sub(name, 0, str_find_char(name, '@', 0));
    ret->emoji = str_fmt(cx->arena, ":" STR_FMT ":", STR_ARG(name));
    return ret->icon_url.p != NULL;
}

/* The usual heart says no more than a like does. */
static bool is_heart(struct str s)
{
    return str_starts(s, STR("\xe2\x9d\xa4"));
}

/* An EmojiReact is no like; a Like with an emoji is both. */
enum err fed_in_like(struct cx *cx, const struct fed_in *in)
{
    struct reaction_emoji r = {.actor_id = in->actor.id, .activity_uri = in->id};
    struct fed_target t;
    enum fed_stand stand;
    bool found, burnt;
    TRY(fed_target_find(cx, in->object_id, &found, &t));
    if (!found)
        return OK;
    TRY(fed_is_burnt(cx, in->id, &burnt));
    if (burnt)
        return OK;
    bool emoji = fed_emoji_in(cx, in->doc, &r);
    bool like = !emoji || str_eq_c(in->type, "Like");
    if (like)
        TRY(fed_react(cx, in, REACTION_LIKE, &t));
    if (!emoji || (like && is_heart(r.emoji)))
        return OK;
    TRY(fed_stand_of(cx, &in->actor, t.post_id, &stand));
    r.post_id = t.post_id;
    r.comment_id = t.comment_id;
    r.aside = stand == FED_STAND_HELD;
    return stand == FED_STAND_REFUSED ? OK : reaction_emoji_put(cx, &r);
}
