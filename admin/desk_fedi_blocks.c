/* Who may not speak here: people, for this planet; servers, for the whole node, by its owner alone. */
#include "admin/desk_fedi.h"
#include "admin/desk_fedi_blocks.h"
#include "admin/html.h"
#include "federation/actor_rules.h"
#include "node/base/i18n.h"
#include "web/page.h"

enum { PEOPLE_SHOWN = 50, SERVERS_SHOWN = 50, EXPORT_MAX = 64 << 20 };

static struct str rule_label(struct cx *cx, const struct fed_domain *d)
{
    return str_c(tr(cx, d->allow                        ? N_("Allowed")
                        : d->level == FED_SUSPENDED     ? N_("Suspended")
                        : d->level == FED_SILENCED      ? N_("Silenced")
                                                        : N_("Some things refused")));
}

struct str desk_rule_label(struct cx *cx, const struct fed_domain *d)
{
    return rule_label(cx, d);
}

static struct str flags_of(struct cx *cx, const struct fed_domain *d)
{
    struct str v[3];
    size_t n = 0;
    if (d->reject_media)
        v[n++] = str_c(tr(cx, N_("no pictures")));
    if (d->reject_reports)
        v[n++] = str_c(tr(cx, N_("no reports")));
    if (d->obfuscate)
        v[n++] = str_c(tr(cx, N_("name masked in lists")));
    return str_join(cx->arena, STR(" · "), v, n);
}

static struct str query_value(struct cx *cx, struct str s)
{
    struct buf b;
    buf_init_arena(&b, cx->arena, 4096);
    buf_put_url(&b, s);
    return buf_str(&b);
}

static struct view_block_form form_of(const struct fed_domain *d)
{
    return (struct view_block_form){
        .host = d->host,
        .rule = d->allow ? STR("allow") : str_c(fed_level_word(d->level)),
        .public_comment = d->public_comment,
        .private_comment = d->private_comment,
        .reject_media = d->reject_media,
        .reject_reports = d->reject_reports,
        .obfuscate = d->obfuscate,
    };
}

static enum err fill_people(struct rq *rq, const struct planet *p, struct view_blocks *v)
{
    struct cx *cx = rq->cx;
    struct fed_actor_rule *rules;
    int64_t after = 0;
    size_t n;
    (void)web_id(rq_query(rq, "people"), &after);
    TRY(fed_actor_rule_list(cx, p->id, after, PEOPLE_SHOWN + 1, &rules, &n));
    if (n > PEOPLE_SHOWN) {
        n = PEOPLE_SHOWN;
        v->more_people_url = str_fmt(cx->arena, STR_FMT "/blocks?people=%lld", STR_ARG(v->f->base),
                                     (long long)rules[n - 1].actor_id);
    }
    struct view_block_person *out = ARENA_ARRAY(cx->arena, struct view_block_person, n + 1);
    for (size_t i = 0; i < n; i++)
        out[i] = (struct view_block_person){
            .actor_id = rules[i].actor_id,
            .handle = rules[i].handle,
            .name = str_empty(rules[i].name) ? rules[i].handle : rules[i].name,
            .url = str_empty(rules[i].url) ? rules[i].uri : rules[i].url,
            .note = rules[i].note,
            .since = i18n_date(cx, rules[i].created_at),
            .blocked = rules[i].level == FED_ACTOR_BLOCKED,
        };
    v->people = out;
    v->n_people = n;
    return OK;
}

static enum err fill_servers(struct rq *rq, struct view_blocks *v)
{
    struct cx *cx = rq->cx;
    struct fed_domain *rows;
    struct str next;
    size_t n;
    v->search = rq_query(rq, "q");
    struct str after = rq_query(rq, "after");
    TRY(fed_domain_list(cx, v->search, after.p == NULL ? STR("") : after, SERVERS_SHOWN, &rows, &n,
                        &next));
    struct view_block_server *out = ARENA_ARRAY(cx->arena, struct view_block_server, n + 1);
    for (size_t i = 0; i < n; i++)
        out[i] = (struct view_block_server){
            .host = rows[i].host,
            .host_url = query_value(cx, rows[i].host),
            .label = rule_label(cx, &rows[i]),
            .flags = flags_of(cx, &rows[i]),
            .public_comment = rows[i].public_comment,
            .private_comment = rows[i].private_comment,
            .since = i18n_date(cx, rows[i].created_at),
            .allow = rows[i].allow,
            .suspended = !rows[i].allow && rows[i].level == FED_SUSPENDED,
        };
    v->servers = out;
    v->n_servers = n;
    if (next.p != NULL)
        v->more_url = str_fmt(cx->arena, STR_FMT "/blocks?q=" STR_FMT "&after=" STR_FMT "#rules",
                              STR_ARG(v->f->base), STR_ARG(query_value(cx, v->search)),
                              STR_ARG(query_value(cx, next)));
    TRY(fed_domain_mode(cx, &v->allow_mode));
    return fed_domain_count(cx, &v->n_blocks, &v->n_allows);
}

/* The form of the rule that ?edit= names. */
static enum err fill_form(struct rq *rq, struct view_blocks *v)
{
    struct fed_domain d;
    struct str host;
    bool found;
    if (str_empty(rq_query(rq, "edit")) ||
        fed_domain_name(rq->cx, rq_query(rq, "edit"), &host) != OK)
        return OK;
    TRY(fed_domain_find(rq->cx, host, str_eq_c(rq_query(rq, "kind"), "allow"), &found, &d));
    v->form = found ? form_of(&d) : (struct view_block_form){.host = host};
    v->form.known = found;
    return OK;
}

static enum err show(struct rq *rq, const struct planet *p, enum err e, struct view_blocks *v)
{
    struct view_fedi *f;
    if (e != OK)
        v->error = web_mendable(rq, e);
    TRY(desk_fedi_head(rq, p, FEDI_BLOCKS, N_("Blocks"), &f));
    v->f = f;
    v->node_owner = rq->session.is_owner;
    TRY(fill_people(rq, p, v));
    if (v->node_owner) {
        TRY(fill_servers(rq, v));
        if (v->form.host.p == NULL)
            TRY(fill_form(rq, v));
    }
    struct buf out = web_buf();
    html_desk_fedi_blocks(&out, rq->cx, v);
    return web_send(rq, e == OK ? 200 : http_status_of(e), &out);
}

enum err desk_fedi_blocks(struct rq *rq)
{
    struct planet p;
    struct view_blocks v = {0};
    TRY(desk_planet(rq, &p));
    return show(rq, &p, OK, &v);
}

enum err desk_blocks_show(struct rq *rq, const struct planet *p, enum err e)
{
    struct view_blocks v = {0};
    return show(rq, p, e, &v);
}

/* ---- people -------------------------------------------------------------------------------- */

static enum err set_person(struct rq *rq, const struct planet *p)
{
    struct cx *cx = rq->cx;
    struct str word = rq_form(rq, "level");
    int64_t id;
    enum fed_actor_level level = str_eq_c(word, "block")  ? FED_ACTOR_BLOCKED
                                 : str_eq_c(word, "mute") ? FED_ACTOR_MUTED
                                                          : FED_ACTOR_OPEN;
    if (!web_id(rq_form(rq, "actor_id"), &id)) {
        enum err e = fed_actor_find(cx, rq_form(rq, "who"), &id);
        if (e != OK)
            return e == ERR_NOT_FOUND ? ERR_INVALID : e; /* its sentence stands */
    }
    struct str note = str_trim(rq_form(rq, "note"));
    enum err e = fed_actor_rule_set(cx, p->id, id, level, note.p == NULL ? STR("") : note);
    return e == ERR_NOT_FOUND && level == FED_ACTOR_OPEN ? OK : e; /* lifted twice */
}

enum err desk_fedi_block_person(struct rq *rq)
{
    struct planet p;
    TRY(desk_planet(rq, &p));
    enum err e = set_person(rq, &p);
    if (desk_mendable(e)) {
        struct view_blocks v = {.who = rq_form(rq, "who"), .note = rq_form(rq, "note")};
        return show(rq, &p, e, &v);
    }
    TRY(e);
    struct str level = rq_form(rq, "level");
    return desk_fedi_done(rq, &p, "/blocks",
                          str_eq_c(level, "block")  ? "person-blocked"
                          : str_eq_c(level, "mute") ? "person-muted"
                                                    : "person-freed");
}

/* ---- servers ------------------------------------------------------------------------------- */

/* What is the node's is its owner's; to others it is not there. */
static enum err node_owner(struct rq *rq, struct planet *ret)
{
    TRY(desk_planet(rq, ret));
    return rq->session.is_owner ? OK : ERR_NOT_FOUND;
}

enum err desk_node_owner(struct rq *rq, struct planet *ret)
{
    return node_owner(rq, ret);
}

static struct view_block_form form_sent(struct rq *rq)
{
    return (struct view_block_form){
        .host = rq_form(rq, "host"),
        .rule = rq_form(rq, "rule"),
        .public_comment = str_trim(rq_form(rq, "public_comment")),
        .private_comment = str_trim(rq_form(rq, "private_comment")),
        .reject_media = rq_form(rq, "reject_media").n > 0,
        .reject_reports = rq_form(rq, "reject_reports").n > 0,
        .obfuscate = rq_form(rq, "obfuscate").n > 0,
    };
}

static enum err rule_sent(struct rq *rq, const struct view_block_form *f, struct fed_domain *ret)
{
    struct cx *cx = rq->cx;
    *ret = (struct fed_domain){.allow = str_eq_c(f->rule, "allow"),
                               .reject_media = f->reject_media,
                               .reject_reports = f->reject_reports,
                               .obfuscate = f->obfuscate,
                               .public_comment = f->public_comment,
                               .private_comment = f->private_comment};
    TRY(fed_domain_name(cx, f->host, &ret->host));
    if (!ret->allow && !fed_level_of_word(f->rule, &ret->level))
        return cx_tell(cx, ERR_INVALID, N_("Choose a rule."));
    return OK;
}

struct view_block_effect desk_effect(struct cx *cx, const struct fed_effect *e)
{
    struct view_block_loss *hosts = ARENA_ARRAY(cx->arena, struct view_block_loss, e->n_hosts + 1);
    for (size_t i = 0; i < e->n_hosts; i++)
        hosts[i] = (struct view_block_loss){e->hosts[i].host, e->hosts[i].followers,
                                            e->hosts[i].comments};
    return (struct view_block_effect){e->followers_lost, e->followers_back, e->comments_hidden,
                                      e->members_cut,    hosts,             e->n_hosts};
}

/* What it would do, and the word to be typed. */
static enum err ask(struct rq *rq, const struct planet *p, const struct fed_domain_change *c,
                    struct view_block_sure *v)
{
    struct view_fedi *f;
    struct fed_effect effect;
    bool tried = rq_form(rq, "confirm").n > 0;
    if (tried)
        v->error = str_c(tr(rq->cx, N_("That is not what was to be typed.")));
    TRY(fed_domain_effect(rq->cx, c, &effect));
    TRY(desk_fedi_head(rq, p, FEDI_BLOCKS, N_("Blocks"), &f));
    v->f = f;
    v->effect = desk_effect(rq->cx, &effect);
    struct buf out = web_buf();
    html_desk_fedi_blocks_sure(&out, rq->cx, v);
    return web_send(rq, tried ? 400 : 200, &out);
}

static bool is_confirmed(struct rq *rq, struct str word)
{
    return str_ieq(str_trim(rq_form(rq, "confirm")), word);
}

enum err desk_fedi_block_server(struct rq *rq)
{
    struct planet p;
    struct fed_domain d, was;
    bool found = false;
    TRY(node_owner(rq, &p));
    struct view_blocks v = {.form = form_sent(rq)};
    enum err e = rule_sent(rq, &v.form, &d);
    struct fed_domain_change c = {.put = &d, .n_put = 1};
    if (e == OK && d.level == FED_SUSPENDED) {
        TRY(fed_domain_find(rq->cx, d.host, false, &found, &was));
        if (!(found && was.level == FED_SUSPENDED) && !is_confirmed(rq, d.host)) {
            struct view_block_sure sure = {.word = d.host, .form = v.form};
            sure.form.host = d.host;
            return ask(rq, &p, &c, &sure);
        }
    }
    if (e == OK)
        e = fed_domain_change(rq->cx, &c);
    if (desk_mendable(e))
        return show(rq, &p, e, &v);
    TRY(e);
    return desk_fedi_done(rq, &p, "/blocks#servers", "rule-set");
}

enum err desk_fedi_block_remove(struct rq *rq)
{
    struct planet p;
    struct fed_domain d = {.allow = str_eq_c(rq_form(rq, "kind"), "allow")};
    TRY(node_owner(rq, &p));
    enum err e = fed_domain_name(rq->cx, rq_form(rq, "host"), &d.host);
    if (e == OK)
        e = fed_domain_change(rq->cx, &(struct fed_domain_change){.remove = &d, .n_remove = 1});
    if (e == ERR_NOT_FOUND)
        e = OK; /* lifted twice */
    if (desk_mendable(e))
        return desk_blocks_show(rq, &p, e);
    TRY(e);
    return desk_fedi_done(rq, &p, "/blocks#servers", "rule-lifted");
}

enum err desk_fedi_block_mode(struct rq *rq)
{
    struct planet p;
    bool to_allow = str_eq_c(rq_form(rq, "mode"), "allow");
    TRY(node_owner(rq, &p));
    struct fed_domain_change c = {.mode = to_allow ? DOMAIN_MODE_ALLOW : DOMAIN_MODE_BLOCK};
    if (to_allow && !is_confirmed(rq, STR("allow"))) {
        struct view_block_sure sure = {.word = STR("allow"), .to_allow_mode = true};
        return ask(rq, &p, &c, &sure);
    }
    TRY(fed_domain_change(rq->cx, &c));
    return desk_fedi_done(rq, &p, "/blocks#servers", to_allow ? "mode-allow" : "mode-block");
}

static enum err attach(struct rq *rq, struct buf *take, const char *name, const char *type)
{
    rq_cache_control(rq, "no-store");
    rq_add_header(rq, "Content-Disposition",
                  str_fmt(rq->cx->arena, "attachment; filename=\"%s\"", name));
    return reply_bytes(rq, 200, type, take);
}

enum err desk_fedi_blocks_csv(struct rq *rq)
{
    struct planet p;
    struct buf out;
    TRY(node_owner(rq, &p));
    bool allow = str_eq_c(rq_query(rq, "kind"), "allow");
    buf_init(&out, EXPORT_MAX);
    enum err e = fed_domain_export(rq->cx, allow, rq_query(rq, "public").n > 0, &out);
    if (e != OK) {
        buf_free(&out);
        return e;
    }
    return attach(rq, &out, allow ? "allowed_domains.csv" : "domain_blocks.csv",
                  "text/csv; charset=utf-8");
}

enum err desk_fedi_blocks_undo(struct rq *rq)
{
    struct planet p;
    struct str host;
    struct buf out;
    TRY(node_owner(rq, &p));
    TRY(fed_domain_name(rq->cx, rq_query(rq, "host"), &host));
    buf_init(&out, EXPORT_MAX);
    enum err e = fed_domain_undo_export(rq->cx, host, &out);
    if (e != OK) {
        buf_free(&out);
        return e;
    }
    return attach(rq, &out, "put-aside.json", "application/json");
}
