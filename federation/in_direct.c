/* What somebody writes to a planet alone (3c): a code that proves who they are (9.7.2), a word that
 * ends notices or the link (9.8), else a message for the owner's mailbox. Never shown to the public. */
#include "federation/direct.h"

#include "federation/fed.h"
#include "federation/link_int.h"
#include "federation/policy.h"
#include "federation/receive.h"
#include "node/base/clock.h"
#include "node/base/i18n.h"
#include "node/base/log.h"
#include "node/db/db.h"
#include "node/people/account.h"
#include "node/people/rate.h"
#include "node/planet/planet.h"
#include "node/talk/direct.h"
#include "node/text/sanitize.h"
#include "node/text/scan.h"

enum { CONTENT_MAX = 64 << 10, CODE_CHARS = 35, CODE_TRIES = 5, WORD_MAX = 40 };

struct direct {
    const struct fed_in *in;
    const json_t *note;
    struct fed_local planet;
    struct safe_html html;
    struct str uri, text;   /* text: without mentions */
    struct identity who;    /* if linked */
    bool linked;
};

/* To and cc hold one address, and it is a planet of ours. */
static bool to_us_alone(struct cx *cx, const struct fed_in *in, const json_t *note,
                        struct fed_local *ret)
{
    static const char *const keys[] = {"to", "cc", "bto", "bcc", "audience"};
    const json_t *from = ld_get(note, "to") == NULL && ld_get(note, "cc") == NULL ? in->doc : note;
    struct str only = STR_NULL;
    for (size_t k = 0; k < sizeof keys / sizeof *keys; k++)
        LD_EACH(i, one, ld_get(from, keys[k])) {
            struct str id = ld_id(one);
            if (id.p == NULL || (only.p != NULL && !str_eq(only, id)))
                return false;
            only = id;
        }
    return only.p != NULL && str_starts(only, cx->node->origin) &&
           fed_local_by_uri(cx, only, ret) == OK && str_eq_c(ret->kind, "planet");
}

static bool is_space(char c)
{
    return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

/* Words that begin with '@' are mentions. */
static struct str without_mentions(struct arena *a, struct str text)
{
    struct buf b;
    buf_init_arena(&b, a, CONTENT_MAX);
    for (size_t i = 0; i < text.n;) {
        size_t end = i;
        while (end < text.n && !is_space(text.p[end]))
            end++;
        if (end > i && text.p[i] != '@') {
            if (b.n > 0)
                buf_put_char(&b, ' ');
            buf_put(&b, str_sub(text, i, end - i));
        }
        i = end + 1;
    }
    return buf_str(&b);
}

/* ---- codes ---- */

static bool is_hex(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

static bool is_code(struct str s)
{
    if (s.n != CODE_CHARS)
        return false;
    for (size_t i = 0; i < s.n; i++)
        if (i % 9 == 8 ? s.p[i] != '-' : !is_hex(s.p[i]))
            return false;
    return true;
}

static struct str find_code(struct arena *a, struct str text)
{
    struct str rest = str_lower(a, text), word;
    while (str_next(&rest, ' ', &word))
        if (is_code(word))
            return word;
    return STR_NULL;
}

/* The one who signed is the one who was claimed: codes are looked for under their id alone. All are
 * compared, each in the same time. */
static enum err take_code(struct cx *cx, const struct direct *d, struct str code)
{
    struct link_try_codes_row *codes;
    size_t n;
    int64_t id = 0;
    enum err e = rate_hit(cx, "fedi-code", d->in->actor.uri, MS_HOUR, CODE_TRIES);
    if (e == ERR_RATE_LIMITED)
        return OK;
    TRY(e);
    TRY(q_link_try_codes(cx, d->in->actor.uri, cx->now, &codes, &n));
    struct str hash = link_hash(cx, code);
    for (size_t i = 0; i < n; i++)
        if (str_eq_secret(codes[i].key_hash, hash) && codes[i].planet_id == d->planet.local_id)
            id = codes[i].id;
    if (id == 0) {
        log_info("fed", "a code that is none, or none any more, from " STR_FMT,
                 STR_ARG(d->in->actor.host));
        return OK;
    }
    return q_link_try_prove(cx, id, d->in->actor.id, d->uri,
                            cx->now + FED_LINK_MINUTES * MS_MINUTE, NULL);
}

/* ---- words ---- */

static bool is_word(struct str text, const char *const *words)
{
    for (; *words != NULL; words++)
        if (str_eq_c(text, *words))
            return true;
    return false;
}

/* What they said, folded, without the marks at its ends. */
static struct str said(struct arena *a, struct str text)
{
    if (text.n > WORD_MAX)
        return STR_NULL;
    struct str s = text_fold(a, text);
    while (s.n > 0 && (s.p[s.n - 1] == '.' || s.p[s.n - 1] == '!'))
        s.n--;
    static const struct str stop = STR_INIT("。");
    if (str_ends(s, stop))
        s.n -= stop.n;
    return str_trim(s);
}

static enum err answer(struct cx *cx, const struct direct *d, const char *msgid, struct str arg)
{
    struct buf b;
    struct account a;
    enum locale was = cx->locale;
    if (d->linked && account_by_id(cx, d->who.account_id, &a) == OK && a.locale.n > 0)
        (void)i18n_parse(a.locale, &cx->locale);
    buf_init_arena(&b, cx->arena, 4096);
    buf_lit(&b, "<p>");
    buf_put_html(&b, i18n_fill(cx->arena, tr(cx, msgid), &arg, 1));
    buf_lit(&b, "</p>");
    struct str lang = i18n_tag(cx->locale);
    cx->locale = was;
    return fed_direct_say(cx, d->planet.local_id, &d->in->actor, d->uri, lang,
                          (struct safe_html){buf_str(&b)}, 0, NULL);
}

static enum err stop(struct cx *cx, const struct direct *d)
{
    struct planet p;
    int64_t n;
    TX_SCOPE(cx);
    TRY(planet_by_id(cx, d->planet.local_id, &p));
    TRY(identity_stop(cx, d->in->actor.id, p.id, &n));
    if (n > 0)
        TRY(answer(cx, d, N_("You get no more messages about new posts in {0}. You can switch them on "
                             "again on your page there."), p.name));
    return tx_commit(cx);
}

/* Whoever holds the actor says that the link is not theirs, or no longer wanted: nobody stays signed
 * in by it. */
static enum err unlink_by_word(struct cx *cx, const struct direct *d)
{
    TX_SCOPE(cx);
    TRY(identity_stop(cx, d->in->actor.id, 0, NULL));
    TRY(identity_end_sessions(cx, d->who.account_id, d->who.id));
    enum err e = identity_unlink(cx, d->who.account_id, d->who.id, 0);
    if (e == ERR_CONFLICT)
        TRY(answer(cx, d, N_("It is the only way to sign in to your account on {0}, so the link stays. "
                             "Everybody who was signed in by it is signed out, and no more messages "
                             "will come. Sign in once more to add a mail address or to see who you are "
                             "there."), cx->node->host));
    else if (e == OK)
        TRY(answer(cx, d, N_("Unlinked from your account on {0}. Everybody who was signed in by it is "
                             "signed out."), cx->node->host));
    else
        return e;
    cx->tell = NULL;
    return tx_commit(cx);
}

/* ---- the rest ---- */

static enum err keep(struct cx *cx, const struct direct *d)
{
    struct fed_policy p;
    enum fed_actor_level level;
    int64_t published = cx->now;
    TRY(fed_policy_of(cx, d->in->actor.host, &p));
    TRY(fed_actor_blocked(cx, d->in->actor.id, d->planet.local_id, &level));
    if (!ld_time(d->note, "published", &published) || published > cx->now || published < 0)
        published = cx->now;
    bool told = p.level == FED_OPEN && level == FED_ACTOR_OPEN;
    enum err e = direct_receive(cx, d->planet.local_id, d->in->actor.id, d->uri, d->html, published,
                                told, d->in->actor.name, d->in->actor.url);
    if (e == ERR_RATE_LIMITED) {
        log_info("fed", "a direct note was dropped: %s", cx->fail == NULL ? "?" : cx->fail);
        return OK;
    }
    return e;
}

static enum err take(struct cx *cx, struct direct *d)
{
    static const char *const stops[] = {"stop",  "unsubscribe", "end",  "quit", "cancel", "停止",
                                        "退订", "取消通知",     "不再通知", NULL};
    static const char *const unlinks[] = {"unlink", "解绑", "取消关联", "解除关联", "取消绑定", NULL};
    TRY(identity_by_actor(cx, d->in->actor.id, &d->linked, &d->who));
    struct str code = find_code(cx->arena, d->text);
    if (code.p != NULL)
        return take_code(cx, d, code);
    if (d->linked)
        TRY(identity_wrote(cx, d->who.id, d->planet.local_id, d->uri));
    struct str word = said(cx->arena, d->text);
    if (is_word(word, stops))
        return d->linked ? stop(cx, d) : OK;
    if (is_word(word, unlinks))
        return d->linked ? unlink_by_word(cx, d) : OK;
    return str_empty(d->text) ? OK : keep(cx, d);
}

enum err fed_in_direct(struct cx *cx, const struct fed_in *in, bool *ret_handled)
{
    struct direct d = {.in = in};
    enum fed_actor_level level;
    json_t *note;
    bool burnt;
    *ret_handled = false;
    if (!in->signed_by_actor || !json_is_object(in->object) || !ld_type_is(in->object, "Note") ||
        !to_us_alone(cx, in, in->object, &d.planet))
        return OK;
    *ret_handled = true;
    TRY(fed_note_trusted(cx, in, &note));
    /* What was fetched instead may be addressed otherwise. */
    if (!to_us_alone(cx, in, note, &d.planet))
        return OK;
    TRY(fed_actor_blocked(cx, in->actor.id, d.planet.local_id, &level));
    if (level == FED_ACTOR_BLOCKED)
        return OK;
    d.note = note;
    d.uri = ld_str(note, "id");
    TRY(fed_is_burnt(cx, d.uri, &burnt));
    struct str content = ld_lang(note, "content", NULL);
    if (burnt || str_empty(content) || content.n > CONTENT_MAX ||
        sanitize_html(cx->arena, content, &d.html) != OK)
        return OK;
    struct str text = html_to_text(cx->arena, d.html, DIRECT_CHARS_MAX + 1);
    if (str_utf8_len(text) > DIRECT_CHARS_MAX)
        return OK;
    d.text = without_mentions(cx->arena, text);
    if (str_eq_c(in->type, "Update")) /* words that were acted upon stay as they were */
        return direct_change(cx, in->actor.id, d.uri, d.html);
    return take(cx, &d);
}

enum err fed_direct_actor_gone(struct cx *cx, int64_t actor_id)
{
    TRY(identity_actor_gone(cx, actor_id));
    return direct_actor_gone(cx, actor_id);
}
