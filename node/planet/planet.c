#include "node/planet/planet.h"

#include "node/base/i18n.h"
#include "node/base/id.h"
#include "node/db/db.h"
#include "node/event.h"
#include "node/node.h"
#include "node/planet/planet_sql.h"
#include "node/text/markdown.h"

enum { HANDLE_MAX = 30, PLANET_NAME_MAX = 60, TAGLINE_MAX = 160, ABOUT_MAX = 20000, QUESTION_MAX = 200 };

static struct planet planet_from(const struct planet_row *r)
{
    return (struct planet){
        .id = r->id,
        .handle = r->handle,
        .name = r->name,
        .tagline = r->tagline,
        .about = r->about,
        .lang = r->lang,
        .joining = r->joining,
        .join_question = r->join_question,
        .accent = r->accent,
        .about_html = {r->about_html}, /* made by markdown_render in planet_update */
        .icon_media_id = r->icon_media_id,
        .cover_media_id = r->cover_media_id,
        .created_at = r->created_at,
        .zone = r->zone,
    };
}

static struct planet *planets_from(struct cx *cx, const struct planet_row *rows, size_t n)
{
    struct planet *list = ARENA_ARRAY(cx->arena, struct planet, n);
    for (size_t i = 0; i < n; i++)
        list[i] = planet_from(&rows[i]);
    return list;
}

enum err planet_by_handle(struct cx *cx, struct str handle, struct planet *ret)
{
    struct planet_row row;
    if (handle.n == 0 || handle.n > HANDLE_MAX)
        return ERR_NOT_FOUND;
    TRY(q_planet_by_handle(cx, str_lower(cx->arena, handle), &row));
    *ret = planet_from(&row);
    return OK;
}

enum err planet_by_id(struct cx *cx, int64_t id, struct planet *ret)
{
    struct planet_row row;
    TRY(q_planet_by_id(cx, id, &row));
    *ret = planet_from(&row);
    return OK;
}

enum err planet_zone(struct cx *cx, int64_t planet_id, const struct zone **ret)
{
    struct str name;
    TRY(q_planet_zone(cx, planet_id, &name));
    *ret = i18n_zone_of(cx, name);
    return OK;
}

enum err planet_list(struct cx *cx, struct planet **ret, size_t *ret_n)
{
    struct planet_row *rows;
    TRY(q_planet_all(cx, &rows, ret_n));
    *ret = planets_from(cx, rows, *ret_n);
    return OK;
}

enum err planet_list_of_author(struct cx *cx, int64_t account_id, struct planet **ret,
                               size_t *ret_n)
{
    struct planet_row *rows;
    TRY(q_planet_of_author(cx, account_id, &rows, ret_n));
    *ret = planets_from(cx, rows, *ret_n);
    return OK;
}

static bool handle_ok(struct str h)
{
    if (h.n == 0 || h.n > HANDLE_MAX)
        return false;
    for (size_t i = 0; i < h.n; i++) {
        char c = h.p[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
              c == '_'))
            return false;
    }
    return true;
}

/* BCP 47 in the shape that matters here: letters, digits, hyphens. */
static bool lang_ok(struct str lang)
{
    if (lang.n < 2 || lang.n > 35)
        return false;
    for (size_t i = 0; i < lang.n; i++) {
        char c = lang.p[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9' && i > 1) ||
              (c == '-' && i > 1 && i + 1 < lang.n)))
            return false;
    }
    return true;
}

static bool line_ok(struct str s, size_t max_chars)
{
    if (!str_is_utf8(s) || str_utf8_len(s) > max_chars)
        return false;
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] < ' ' || s.p[i] == 127)
            return false;
    return true;
}

static enum err name_ok(struct cx *cx, struct str name)
{
    if (name.n == 0)
        return cx_tell(cx, ERR_INVALID, N_("The planet needs a name."));
    if (!line_ok(name, PLANET_NAME_MAX))
        return cx_tell(cx, ERR_INVALID,
                       N_("The name of the planet is one line of at most 60 characters."));
    return OK;
}

enum err planet_create(struct cx *cx, struct str handle, struct str name, struct str lang,
                       int64_t owner_account_id, struct planet *ret)
{
    int64_t taken;
    name = str_trim(name);
    if (!handle_ok(handle))
        return cx_tell(
            cx, ERR_INVALID,
            N_("The handle of a planet has 1 to 30 letters a–z, digits and underscores."));
    TRY(name_ok(cx, name));
    if (!lang_ok(lang))
        return cx_tell(cx, ERR_INVALID, N_("Name the language by its code, such as en or zh-CN."));
    TX_SCOPE(cx);
    TRY(q_planet_handle_taken(cx, str_lower(cx->arena, handle), &taken));
    if (taken > 0)
        return cx_tell(cx, ERR_CONFLICT, N_("This handle is taken. Please choose another."));
    int64_t id = id_next(cx->node->ids);
    TRY(q_planet_insert(cx, id, handle, name, lang, cx->now, NULL));
    TRY(q_role_put(cx, id, owner_account_id, STR("owner"), cx->now, NULL));
    TRY(event_emit(cx, EV_PLANET_CHANGED, id, STR_NULL));
    TRY(planet_by_id(cx, id, ret));
    return tx_commit(cx);
}

/* Invoices and terms follow it: like them it is the owner's. */
static enum err zone_ok(struct cx *cx, const struct planet *p)
{
    struct str now;
    TRY(q_planet_zone(cx, p->id, &now));
    if (str_eq(now, p->zone))
        return OK;
    TRY(planet_may_own(cx, p->id));
    if (zone_open(cx->arena, p->zone) == NULL)
        return cx_tell(cx, ERR_INVALID, N_("Name a time zone such as Asia/Shanghai or Europe/Berlin."));
    return OK;
}

static bool joining_ok(struct str s)
{
    return str_eq_c(s, "open") || str_eq_c(s, "approval") || str_eq_c(s, "invitation") ||
           str_eq_c(s, "closed");
}

enum err planet_update(struct cx *cx, const struct planet *p)
{
    struct str name = str_trim(p->name), tagline = str_trim(p->tagline);
    struct str question = p->join_question.p == NULL ? STR("") : str_trim(p->join_question);
    bool closed = str_eq_c(p->joining, "closed");
    struct safe_html html = {STR("")};
    int64_t changes;
    TRY(planet_may_manage(cx, p->id));
    TRY(name_ok(cx, name));
    if (!line_ok(tagline, TAGLINE_MAX))
        return cx_tell(cx, ERR_INVALID,
                       N_("The sentence about the planet is one line of at most 160 characters."));
    if (!str_is_utf8(p->about) || str_utf8_len(p->about) > ABOUT_MAX)
        return cx_tell(cx, ERR_INVALID,
                       N_("The text about the planet is too long: at most 20,000 characters."));
    if (!lang_ok(p->lang))
        return cx_tell(cx, ERR_INVALID, N_("Name the language by its code, such as en or zh-CN."));
    if (!joining_ok(p->joining))
        return cx_tell(cx, ERR_INVALID,
                       N_("Joining is open, by approval, by invitation, or closed."));
    if (!line_ok(question, QUESTION_MAX))
        return cx_tell(cx, ERR_INVALID,
                       N_("The question to who wants to join is one line of at most 200 characters."));
    if (p->accent.n > 20)
        return cx_tell(cx, ERR_INVALID, N_("Choose one of the colours."));
    TRY(zone_ok(cx, p));
    if (p->about.n > 0)
        TRY(markdown_render(cx, MARKDOWN_POST, p->about, &html));
    TX_SCOPE(cx);
    TRY(q_planet_change(cx, p->id, name, tagline, p->about, html.s, p->lang,
                        closed ? STR("closed") : STR("open"), closed ? STR("open") : p->joining, question,
                        p->accent.n == 0 ? STR_NULL : p->accent, p->icon_media_id,
                        p->cover_media_id, p->zone, &changes));
    if (changes == 0)
        return ERR_NOT_FOUND;
    TRY(event_emit(cx, EV_PLANET_CHANGED, p->id, STR_NULL));
    return tx_commit(cx);
}

bool planet_is_locked(const struct cx *cx, int64_t planet_id)
{
    return cx->tx_depth > 0 && cx->locked_planet == planet_id;
}

enum err planet_lock(struct cx *cx, int64_t planet_id)
{
    if (cx->tx_depth == 0)
        return cx_fail(cx, ERR_INTERNAL, "a planet locked outside of a transaction");
    if (planet_is_locked(cx, planet_id))
        return OK;
    TRY(q_planet_lock(cx, planet_id, NULL));
    cx->locked_planet = planet_id;
    return OK;
}
