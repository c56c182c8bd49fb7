/* Members hear of new posts where they are at home (9.8): a direct note of the planet, at most one an
 * hour, with title and link. Both are on the post's public page; what is behind the link is not
 * looked at here (struct public_post). */
#include "federation/direct.h"

#include "federation/fanout.h"
#include "federation/fed.h"
#include "federation/link_sql.h"
#include "federation/policy.h"
#include "node/base/clock.h"
#include "node/base/i18n.h"
#include "node/db/db.h"
#include "node/jobs/jobs.h"
#include "node/people/identity.h"
#include "node/planet/planet.h"
#include "node/talk/public_view.h"

enum { TITLES = 5, PAGE = 200 };
#define EVERY MS_HOUR

/* What was published since a moment; of most members it is the same one. */
struct news {
    int64_t since;
    struct public_post posts[TITLES + 1];
    size_t n;
};

static enum err put_digest(struct cx *cx, int64_t planet_id, int64_t run_at)
{
    bool there;
    int64_t id;
    TX_SCOPE(cx);
    TRY(q_digest_waits(cx, planet_id, &there, &id));
    if (!there)
        TRY(job_put(cx, "fed.digest", planet_id, STR_NULL,
                    str_fmt(cx->arena, "digest|%lld", (long long)planet_id), run_at));
    return tx_commit(cx);
}

static enum err notice(struct cx *cx, const struct job *job)
{
    struct identity_told *who;
    struct public_post p;
    int64_t last;
    size_t n;
    enum err e = public_post_by_id(cx, job->subject, &p);
    if (e == ERR_NOT_FOUND || e == ERR_GONE)
        return OK;
    TRY(e);
    TRY(identity_told_page(cx, p.planet_id, 0, 1, &who, &n));
    if (n == 0)
        return OK;
    TRY(identity_last_told(cx, p.planet_id, &last));
    return put_digest(cx, p.planet_id, last + EVERY > cx->now ? last + EVERY : 0);
}

enum job_verdict fed_notice(struct cx *cx, const struct job *job)
{
    return fed_verdict(cx, "fed.notice", notice(cx, job));
}

/* ---- the digest ---- */

static enum err read_news(struct cx *cx, int64_t planet_id, int64_t since, struct news *ret)
{
    int64_t *ids;
    size_t n;
    ret->since = since;
    ret->n = 0;
    TRY(q_digest_posts(cx, planet_id, since, cx->now, TITLES + 1, &ids, &n));
    for (size_t i = 0; i < n; i++) {
        enum err e = public_post_by_id(cx, ids[i], &ret->posts[ret->n]);
        if (e != OK && e != ERR_NOT_FOUND && e != ERR_GONE)
            return e;
        ret->n += e == OK;
    }
    return OK;
}

static void put_link(struct buf *b, struct str url, struct str text)
{
    buf_lit(b, "<p><a href=\"");
    buf_put_html(b, url);
    buf_lit(b, "\">");
    buf_put_html(b, text);
    buf_lit(b, "</a></p>");
}

static void put_text(struct buf *b, struct str text)
{
    buf_lit(b, "<p>");
    buf_put_html(b, text);
    buf_lit(b, "</p>");
}

/* Empty: nothing that this account has not written itself. */
static struct safe_html write_digest(struct cx *cx, const struct planet *p, const struct news *news,
                                     int64_t account_id)
{
    struct buf b;
    size_t n = 0;
    struct str name = p->name;
    buf_init_arena(&b, cx->arena, 1 << 16);
    put_text(&b, i18n_fill(cx->arena, tr(cx, N_("New in {0}:")), &name, 1));
    for (size_t i = 0; i < news->n; i++) {
        const struct public_post *post = &news->posts[i];
        if (post->author_id == account_id)
            continue;
        if (++n > TITLES)
            put_link(&b, fed_iri(cx, "/@" STR_FMT, STR_ARG(p->handle)), str_c(tr(cx, N_("And more"))));
        else
            put_link(&b, post->url, post->title);
    }
    put_text(&b, str_c(tr(cx, N_("Answer STOP to end these messages."))));
    return n == 0 ? (struct safe_html){STR("")} : (struct safe_html){buf_str(&b)};
}

static enum err tell_one(struct cx *cx, const struct planet *p, const struct news *news,
                         const struct identity_told *who)
{
    struct fed_actor to;
    enum fed_actor_level level;
    bool may;
    enum locale was = cx->locale;
    TX_SCOPE(cx);
    TRY(identity_has_access(cx, who->account_id, p->id, &may));
    TRY(fed_actor_by_id(cx, who->actor_id, &to));
    TRY(fed_actor_blocked(cx, who->actor_id, p->id, &level));
    if (!i18n_parse(who->locale.p == NULL ? p->lang : who->locale, &cx->locale))
        cx->locale = LOCALE_EN;
    struct safe_html html = write_digest(cx, p, news, who->account_id);
    struct str lang = i18n_tag(cx->locale);
    cx->locale = was;
    bool tell = may && level != FED_ACTOR_BLOCKED && html.s.n > 0;
    if (tell)
        TRY(fed_direct_say(cx, p->id, &to, who->reply_uri, lang, html, 0, NULL));
    /* Without access nothing is saved up for the day when there is some again. */
    TRY(identity_set_told(cx, who->id, p->id, cx->now, tell));
    return tx_commit(cx);
}

static enum err digest(struct cx *cx, const struct job *job)
{
    struct news *news = ARENA_NEW(cx->arena, struct news);
    struct planet p;
    struct identity_told *who;
    int64_t last, after = 0;
    size_t n = PAGE;
    TRY(planet_by_id(cx, job->subject, &p));
    TRY(identity_last_told(cx, p.id, &last));
    if (last + EVERY > cx->now)
        return put_digest(cx, p.id, last + EVERY);
    news->since = -1;
    while (n == PAGE) {
        TRY(identity_told_page(cx, p.id, after, PAGE, &who, &n));
        for (size_t i = 0; i < n; i++) {
            after = who[i].id;
            if (news->since != who[i].told_to)
                TRY(read_news(cx, p.id, who[i].told_to, news));
            if (news->n > 0)
                TRY(tell_one(cx, &p, news, &who[i]));
        }
    }
    return OK;
}

enum job_verdict fed_digest(struct cx *cx, const struct job *job)
{
    enum err e = digest(cx, job);
    return fed_verdict(cx, "fed.digest", e == ERR_NOT_FOUND ? OK : e);
}
