/* Proofs that were begun, in the store: whose they are, and what becomes of them. */
#include "federation/direct.h"
#include "federation/fed.h"
#include "federation/link_int.h"
#include "node/base/clock.h"
#include "node/base/crypt.h"
#include "node/base/i18n.h"
#include "node/base/id.h"
#include "node/db/db.h"
#include "node/planet/planet.h"
#include "node/settings.h"

#include <string.h>

static const char *const ways[] = {"oauth", "miauth", "note", "profile"};

const char *link_way_word(enum fed_way way)
{
    return ways[way];
}

bool link_way_parse(struct str word, enum fed_way *ret)
{
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++)
        if (str_eq_c(word, ways[i])) {
            *ret = (enum fed_way)i;
            return true;
        }
    return false;
}

struct str link_hash(struct cx *cx, struct str s)
{
    unsigned char h[32];
    crypt_sha256(s, h);
    return (struct str){arena_copy(cx->arena, h, sizeof h), sizeof h};
}

static void seal_key(const struct cx *cx, unsigned char ret[32])
{
    struct str secret = {(const char *)cx->node->secret, sizeof cx->node->secret};
    crypt_hmac_sha256(secret, STR("seal:link"), ret);
}

struct str link_seal(struct cx *cx, struct str plain)
{
    unsigned char key[32];
    seal_key(cx, key);
    return crypt_seal(cx->arena, key, plain);
}

enum err link_secret(struct cx *cx, struct str sealed, struct str *ret)
{
    unsigned char key[32];
    seal_key(cx, key);
    if (sealed.p == NULL || crypt_open(cx->arena, key, sealed, ret) != OK)
        return cx_fail(cx, ERR_INTERNAL, "a sealed value of a link does not open");
    return OK;
}

static struct str clean_next(struct str next)
{
    return next.n > 0 && next.n <= 500 && next.p[0] == '/' ? next : STR_NULL;
}

enum err link_try_put(struct link *l, struct str key, struct str secret, int64_t *ret_id)
{
    struct cx *cx = l->rq->cx;
    int64_t id = id_next(cx->node->ids), account = l->rq->session.account_id;
    struct str sealed = secret.p == NULL ? STR_NULL : link_seal(cx, secret);
    TX_SCOPE(cx);
    TRY(q_link_try_forget(cx, cx->now - MS_DAY, NULL));
    TRY(q_link_try_put(cx, id, str_c(link_way_word(l->way)), account == 0 ? DB_NULL : account,
                       link_hash(cx, l->browser), link_hash(cx, key), sealed,
                       l->api_host, l->actor_uri,
                       l->planet_id == 0 ? DB_NULL : l->planet_id, clean_next(l->next), cx->now,
                       cx->now + FED_LINK_MINUTES * MS_MINUTE, NULL));
    TRY(tx_commit(cx));
    *ret_id = id;
    return OK;
}

/* Its browser and, when it links, its account. */
static bool is_theirs(struct rq *rq, const struct link_try_row *row, struct str browser)
{
    if (browser.n == 0 || !str_eq_secret(row->browser_hash, link_hash(rq->cx, browser)))
        return false;
    return row->account_id == DB_NULL || row->account_id == rq->session.account_id;
}

static enum err run_out(struct cx *cx)
{
    return cx_tell(cx, ERR_NOT_FOUND,
                   N_("This took too long, or was begun in another browser. Please begin again."));
}

enum err link_try_return(struct link *l, struct str key)
{
    struct cx *cx = l->rq->cx;
    int64_t changes;
    bool found;
    if (key.n < 16 || key.n > 200)
        return run_out(cx);
    TRY(q_link_try_by_key(cx, link_hash(cx, key), &found, &l->row));
    if (!found || !is_theirs(l->rq, &l->row, l->browser) || l->row.expires_at <= cx->now)
        return run_out(cx);
    TRY(q_link_try_spend(cx, l->row.id, cx->now, &changes));
    if (changes == 0)
        return run_out(cx);
    l->api_host = l->row.host;
    l->next = l->row.next;
    return link_way_parse(l->row.way, &l->way) ? OK : run_out(cx);
}

static enum err find(struct rq *rq, int64_t id, struct str browser, struct link_try_row *ret)
{
    bool found;
    TRY(q_link_try_by_id(rq->cx, id, &found, ret));
    if (!found || !is_theirs(rq, ret, browser) || ret->expires_at <= rq->cx->now ||
        ret->used_at != DB_NULL)
        return run_out(rq->cx);
    return OK;
}

static enum err look_planet(struct cx *cx, int64_t id, struct fed_link_try *t)
{
    struct planet p;
    TRY(planet_by_id(cx, id, &p));
    t->planet_handle = str_fmt(cx->arena, "@" STR_FMT "@" STR_FMT, STR_ARG(p.handle),
                               STR_ARG(setting_handle_host(cx)));
    return OK;
}

static enum err look_proven(struct cx *cx, int64_t actor_id, struct fed_link_try *t)
{
    struct fed_actor a;
    struct identity i;
    TRY(fed_actor_by_id(cx, actor_id, &a));
    TRY(identity_by_actor(cx, actor_id, &t->known, &i));
    t->proven = true;
    t->proven_name = a.name;
    t->proven_handle = t->handle =
        str_fmt(cx->arena, "@" STR_FMT "@" STR_FMT, STR_ARG(a.username), STR_ARG(a.host));
    return OK;
}

enum err fed_link_look(struct rq *rq, int64_t try_id, struct str browser, struct fed_link_try *ret)
{
    struct cx *cx = rq->cx;
    struct link_try_row row;
    struct fed_actor a;
    struct fed_link_try t = {.id = try_id};
    TRY(find(rq, try_id, browser, &row));
    t.expires_at = row.expires_at;
    t.next = row.next;
    t.planet_id = row.planet_id == DB_NULL ? 0 : row.planet_id;
    if (!link_way_parse(row.way, &t.way))
        return ERR_INTERNAL;
    if (row.actor_uri.p != NULL && fed_actor_by_uri(cx, row.actor_uri, &a) == OK)
        t.handle = str_fmt(cx->arena, "@" STR_FMT "@" STR_FMT, STR_ARG(a.username),
                           STR_ARG(a.host));
    if (t.way == FED_WAY_NOTE || t.way == FED_WAY_PROFILE)
        TRY(link_secret(cx, row.secret, &t.code));
    if (t.planet_id != 0)
        TRY(look_planet(cx, t.planet_id, &t));
    if (row.actor_id != DB_NULL)
        TRY(look_proven(cx, row.actor_id, &t));
    *ret = t;
    return OK;
}

static enum err use(struct rq *rq, const struct link_try_row *row, bool fresh,
                    struct fed_link_done *d)
{
    struct cx *cx = rq->cx;
    const char *way = str_z(cx->arena, row->way);
    struct identity i;
    bool known;
    TRY(identity_by_actor(cx, row->actor_id, &known, &i));
    d->linked = row->account_id != DB_NULL;
    if (d->linked) {
        TRY(identity_link(cx, row->account_id, row->actor_id, way, &d->identity_id));
        return account_by_id(cx, row->account_id, &d->account);
    }
    if (!known && !fresh)
        return ERR_NOT_FOUND;
    d->made = !known;
    /* Whoever signs in is nobody yet, or another account's session that this one takes the place of. */
    int64_t viewer = cx->viewer;
    cx->viewer = 0;
    enum err e = known ? account_by_id(cx, i.account_id, &d->account)
                       : identity_join(cx, row->actor_id, way, &d->account, &d->identity_id);
    if (e == OK && known)
        e = identity_link(cx, i.account_id, row->actor_id, way, &d->identity_id);
    cx->viewer = viewer;
    TRY(e);
    if (!str_eq_c(d->account.state, "active"))
        return cx_tell(cx, ERR_FORBIDDEN,
                       N_("This account is suspended. Please write to the owner of this site."));
    return OK;
}

/* Who sent a code may not have known what it was for: they are told, and how to undo it. */
static enum err confirm(struct cx *cx, const struct link_try_row *row, int64_t identity_id)
{
    struct fed_actor to;
    struct buf b;
    struct str host = cx->node->host;
    TRY(identity_wrote(cx, identity_id, row->planet_id, row->note_uri));
    TRY(fed_actor_by_id(cx, row->actor_id, &to));
    buf_init_arena(&b, cx->arena, 4096);
    buf_lit(&b, "<p>");
    buf_put_html(&b, i18n_fill(cx->arena, tr(cx, N_("Your account is linked to an account on {0} now: "
                                                    "whoever opened the page with the code can sign in "
                                                    "there. If that was not you, answer UNLINK.")),
                               &host, 1));
    buf_lit(&b, "</p>");
    return fed_direct_say(cx, row->planet_id, &to, row->note_uri, i18n_tag(cx->locale),
                          (struct safe_html){buf_str(&b)}, 0, NULL);
}

enum err fed_link_use(struct rq *rq, int64_t try_id, struct str browser, bool fresh,
                      struct fed_link_done *ret)
{
    struct cx *cx = rq->cx;
    struct link_try_row row;
    struct fed_link_done d = {0};
    int64_t changes;
    TRY(find(rq, try_id, browser, &row));
    if (row.actor_id == DB_NULL)
        return cx_tell(cx, ERR_CONFLICT, N_("Nothing has arrived yet."));
    TX_SCOPE(cx);
    TRY(use(rq, &row, fresh, &d));
    TRY(q_link_try_use(cx, row.id, cx->now, &changes));
    if (changes == 0)
        return run_out(cx);
    if (row.note_uri.p != NULL)
        TRY(confirm(cx, &row, d.identity_id));
    TRY(tx_commit(cx));
    d.next = row.next;
    *ret = d;
    return OK;
}
