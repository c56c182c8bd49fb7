#include "federation/domain_list.h"

#include <string.h>

#include "federation/fed.h"
#include "federation/policy_int.h"
#include "federation/policy_sql.h"
#include "node/db/db.h"
#include "node/jobs/jobs.h"
#include "node/people/account.h"
#include "node/people/audit.h"

enum { HOSTS_EACH_MAX = 20, SEARCH_MAX = 253 };

const char *fed_level_word(enum fed_level level)
{
    return level == FED_SUSPENDED ? "suspend" : level == FED_SILENCED ? "silence" : "none";
}

bool fed_level_of_word(struct str word, enum fed_level *ret)
{
    static const struct { const char *word; enum fed_level level; } words[] = {
        {"suspend", FED_SUSPENDED}, {"suspended", FED_SUSPENDED}, {"block", FED_SUSPENDED},
        {"silence", FED_SILENCED},  {"silenced", FED_SILENCED},   {"limit", FED_SILENCED},
        {"limited", FED_SILENCED},  {"none", FED_OPEN},           {"noop", FED_OPEN},
    };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (str_ieq_c(word, words[i].word)) {
            *ret = words[i].level;
            return true;
        }
    return false;
}

enum err fed_domain_name(struct cx *cx, struct str typed, struct str *ret)
{
    if (fed_domain_name_read(cx->arena, typed, ret))
        return OK;
    return cx_tell(cx, ERR_INVALID,
                   N_("That is no server's name. Please write it like “example.org”."));
}

struct str fed_domain_masked(struct arena *a, struct str host)
{
    char *p = arena_alloc(a, host.n + 1);
    size_t keep = host.n / 4;
    for (size_t i = 0; i < host.n; i++) {
        bool shown = i < keep || i >= host.n - keep || host.p[i] == '.';
        p[i] = shown ? host.p[i] : '*';
    }
    return (struct str){p, host.n};
}

static enum err need_owner(struct cx *cx)
{
    struct account a;
    if (cx->viewer != 0 && account_by_id(cx, cx->viewer, &a) == OK && a.is_owner)
        return OK;
    return cx_tell(cx, ERR_FORBIDDEN, N_("Which servers may speak with this one is its owner's to say."));
}

static struct fed_domain domain_of(const struct domain_rule_row *r)
{
    return (struct fed_domain){r->host,
                               str_eq_c(r->kind, "allow"),
                               fed_level_parse(r->level),
                               r->reject_media != 0,
                               r->reject_reports != 0,
                               r->obfuscate != 0,
                               r->public_comment,
                               r->private_comment,
                               r->created_at,
                               r->changed_at};
}

static struct str kind_of(const struct fed_domain *d)
{
    return d->allow ? STR("allow") : STR("block");
}

/* What may stand in a name; anything else would be a pattern. */
static struct str pattern_of(struct cx *cx, struct str search)
{
    struct buf b;
    buf_init_arena(&b, cx->arena, SEARCH_MAX + 2);
    buf_lit(&b, "%");
    search = str_lower(cx->arena, str_sub(str_trim(search), 0, SEARCH_MAX));
    for (size_t i = 0; i < search.n; i++)
        if (strchr("%_\\ ", search.p[i]) == NULL)
            buf_put_char(&b, search.p[i]);
    buf_lit(&b, "%");
    return buf_str(&b);
}

enum err fed_domain_list(struct cx *cx, struct str search, struct str after, int64_t n_max,
                         struct fed_domain **ret, size_t *ret_n, struct str *ret_next)
{
    struct domain_rule_row *rows;
    size_t n;
    TRY(need_owner(cx));
    TRY(q_domain_rules_page(cx, pattern_of(cx, search), after, n_max, &rows, &n));
    struct fed_domain *v = ARENA_ARRAY(cx->arena, struct fed_domain, n + 1);
    for (size_t i = 0; i < n; i++)
        v[i] = domain_of(&rows[i]);
    *ret = v;
    *ret_n = n;
    *ret_next = STR_NULL;
    if (n > 0 && n == (size_t)n_max)
        *ret_next = str_fmt(cx->arena, STR_FMT " " STR_FMT, STR_ARG(rows[n - 1].host),
                            STR_ARG(rows[n - 1].kind));
    return OK;
}

enum err fed_domain_find(struct cx *cx, struct str host, bool allow, bool *ret_found,
                         struct fed_domain *ret)
{
    struct domain_rule_row *rows;
    size_t n;
    TRY(need_owner(cx));
    TRY(q_domain_rules_of(cx, host, &rows, &n));
    *ret_found = false;
    for (size_t i = 0; i < n; i++)
        if (str_eq_c(rows[i].kind, "allow") == allow) {
            *ret = domain_of(&rows[i]);
            *ret_found = true;
        }
    return OK;
}

enum err fed_domain_mode(struct cx *cx, bool *ret_allow_mode)
{
    struct domain_mode_row m;
    TRY(q_domain_mode(cx, &m));
    *ret_allow_mode = str_eq_c(m.mode, "allow");
    return OK;
}

enum err fed_domain_count(struct cx *cx, int64_t *ret_blocks, int64_t *ret_allows)
{
    struct domain_rule_counts_row r;
    TRY(q_domain_rule_counts(cx, &r));
    *ret_blocks = r.blocks;
    *ret_allows = r.allows;
    return OK;
}

/* ---- changing ------------------------------------------------------------------------------ */

static bool covers(struct str name, struct str host)
{
    size_t colon = str_find_char(host, ':', 0);
    if (str_eq(name, host))
        return true;
    host = str_sub(host, 0, colon);
    return str_eq(name, host) ||
           (host.n > name.n && str_ends(host, name) && host.p[host.n - name.n - 1] == '.');
}

static enum err check_one(struct cx *cx, const struct fed_domain *d)
{
    struct str host;
    TRY(fed_domain_name(cx, d->host, &host));
    if (!str_eq(host, d->host))
        return cx_fail(cx, ERR_INTERNAL, "a rule's name was not made by fed_domain_name");
    if (!d->allow && covers(host, cx->node->host))
        return cx_tell(cx, ERR_CONFLICT, N_("That rule would cover this server itself."));
    if (!str_is_utf8(d->public_comment) || !str_is_utf8(d->private_comment) ||
        str_utf8_len(d->public_comment) > DOMAIN_COMMENT_MAX ||
        str_utf8_len(d->private_comment) > DOMAIN_COMMENT_MAX)
        return cx_tell(cx, ERR_INVALID, N_("A comment has at most 1,000 characters."));
    return OK;
}

static enum err put_one(struct cx *cx, const struct fed_domain *d)
{
    enum fed_level level = d->allow ? FED_OPEN : d->level;
    TRY(check_one(cx, d));
    return q_domain_rule_put(cx, d->host, kind_of(d), str_c(fed_level_word(level)),
                             !d->allow && d->reject_media, !d->allow && d->reject_reports,
                             d->obfuscate, d->public_comment, d->private_comment,
                             cx->viewer == 0 ? DB_NULL : cx->viewer, cx->now, NULL);
}

static enum err note_one(struct cx *cx, const struct fed_domain *d, bool removed)
{
    struct str detail = removed || d->allow
                            ? d->host
                            : str_fmt(cx->arena, STR_FMT " %s", STR_ARG(d->host),
                                      fed_level_word(d->level));
    const char *what = removed    ? d->allow ? "domain.allow.remove" : "domain.block.remove"
                       : d->allow ? "domain.allow"
                                  : "domain.block";
    return audit_put(cx, what, 0, detail);
}

/* Each name in the audit, or that it was a list; and the job that makes what is here follow. */
static enum err follow_up(struct cx *cx, const struct fed_domain_change *c)
{
    size_t n = c->n_put + c->n_remove;
    bool each = n <= HOSTS_EACH_MAX && c->mode == DOMAIN_MODE_KEEP;
    if (n > HOSTS_EACH_MAX)
        TRY(audit_put(cx, "domain.import", 0,
                       str_fmt(cx->arena, "%zu put, %zu removed", c->n_put, c->n_remove)));
    if (c->mode != DOMAIN_MODE_KEEP)
        TRY(audit_put(cx, "domain.mode", 0,
                       c->mode == DOMAIN_MODE_ALLOW ? STR("allow") : STR("block")));
    if (n <= HOSTS_EACH_MAX) {
        for (size_t i = 0; i < n; i++) {
            bool removed = i >= c->n_put;
            const struct fed_domain *d = removed ? &c->remove[i - c->n_put] : &c->put[i];
            TRY(note_one(cx, d, removed));
            if (each)
                TRY(job_put(cx, "fed.policy", 0, d->host, STR("policy"), 0));
        }
    }
    return each ? OK : job_put(cx, "fed.policy", 0, STR(""), STR("policy"), 0);
}

enum err fed_domain_change(struct cx *cx, const struct fed_domain_change *c)
{
    int64_t gone;
    TRY(need_owner(cx));
    if (c->n_put + c->n_remove > DOMAIN_CHANGES_MAX)
        return cx_tell(cx, ERR_TOO_LARGE, N_("That are too many servers at once: at most 50,000."));
    TX_SCOPE(cx);
    for (size_t i = 0; i < c->n_remove; i++) {
        TRY(q_domain_rule_remove(cx, c->remove[i].host, kind_of(&c->remove[i]), &gone));
        if (gone == 0)
            return cx_tell(cx, ERR_NOT_FOUND, N_("There is no such rule."));
    }
    for (size_t i = 0; i < c->n_put; i++)
        TRY(put_one(cx, &c->put[i]));
    if (c->mode != DOMAIN_MODE_KEEP)
        TRY(q_domain_mode_set(cx, c->mode == DOMAIN_MODE_ALLOW ? STR("allow") : STR("block"), NULL));
    TRY(q_domain_version_up(cx, NULL));
    TRY(follow_up(cx, c));
    TRY(tx_commit(cx));
    if (cx->node->fed == NULL || cx->tx_depth > 0)
        return OK;
    fed_rules_forget(cx->node->fed->rules);
    return fed_rules_load(cx, cx->node->fed->rules);
}
