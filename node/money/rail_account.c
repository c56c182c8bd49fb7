#include "node/money/rail_account.h"

#include "node/base/buf.h"
#include "node/base/crypt.h"
#include "node/base/i18n.h"
#include "node/base/id.h"
#include "node/base/json.h"
#include "node/base/jw.h"
#include "node/db/db.h"
#include "node/jobs/jobs.h"
#include "node/money/rail.h"
#include "node/money/rail_account_sql.h"
#include "node/node.h"
#include "node/people/audit.h"
#include "node/planet/planet.h"

#include <string.h>

enum { VALUE_MAX = 16384, TEXTS_MAX = 131072, HINT_CHARS = 4, HINT_OF = 12, ERROR_MAX = 300 };

#define SHUT N_("The keys that are stored for this can't be opened, since the node has another secret.key now. Please enter every one of them again.")

struct str rail_setting(const struct rail_account *a, const char *name)
{
    return json_text(json_object_get(a->settings, name));
}

struct str rail_secret(const struct rail_account *a, const char *name)
{
    return json_text(json_object_get(a->secrets, name));
}

struct str rail_hint(const struct rail_account *a, const char *name)
{
    return json_text(json_object_get(a->hints, name));
}

bool rail_switch(const struct rail_account *a, const char *name)
{
    return str_eq_c(rail_setting(a, name), "true");
}

/* ---- reading ---- */

/* The node's key and the row it belongs to: a sealed text of one planet opens in no other. */
static void key_of(struct cx *cx, int64_t id, unsigned char key[32])
{
    struct str secret = {(const char *)cx->node->secret, sizeof cx->node->secret};
    crypt_hmac_sha256(secret, str_fmt(cx->arena, "rail-account:%lld", (long long)id), key);
}

enum opened {
    OPEN_NOT,  /* lists: only whether they could be */
    OPEN_IF,   /* who writes new ones needs no old ones */
    OPEN_MUST,
};

static enum err open_secrets(struct cx *cx, const struct rail_account_row *r, enum opened how, struct rail_account *ret)
{
    static const struct json_limits limits = {.max_bytes = 4 * TEXTS_MAX};
    unsigned char key[32];
    struct str plain;
    key_of(cx, r->id, key);
    ret->shut = crypt_open(cx->arena, key, r->secrets, &plain) != OK;
    if (ret->shut && how == OPEN_MUST)
        return cx_fail(cx, ERR_INTERNAL, "secrets of account %lld do not open: another node's key?", (long long)r->id);
    if (ret->shut)
        ret->error = str_c(tr(cx, SHUT));
    return ret->shut || how == OPEN_NOT ? OK : json_read(cx->arena, plain, &limits, &ret->secrets);
}

static enum err from_row(struct cx *cx, const struct rail_account_row *r, enum opened how, struct rail_account *ret)
{
    static const struct json_limits limits = {.max_bytes = 4 * TEXTS_MAX};
    *ret = (struct rail_account){
        .id = r->id,
        .planet_id = r->planet_id,
        .rail = r->rail,
        .merchant = r->merchant,
        .state = r->state,
        .live = r->live != 0,
        .error = r->last_error,
        .checked_at = r->checked_at,
        .caught_up_at = r->caught_up_at,
    };
    TRY(json_read(cx->arena, r->settings, &limits, &ret->settings));
    TRY(json_read(cx->arena, r->hints, &limits, &ret->hints));
    if (r->rights.p != NULL)
        TRY(json_read(cx->arena, r->rights, &limits, &ret->rights));
    return r->secrets.p == NULL ? OK : open_secrets(cx, r, how, ret);
}

enum err rail_account_by_id(struct cx *cx, int64_t id, struct rail_account *ret)
{
    struct rail_account_row row;
    TRY(q_rail_account_by_id(cx, id, &row));
    return from_row(cx, &row, OPEN_MUST, ret);
}

static enum err account_as(struct cx *cx, const struct pay_rail *rail, int64_t planet_id, enum opened how,
                           struct rail_account *ret)
{
    struct rail_account_row row;
    TRY(q_rail_account_by_rail(cx, planet_id, str_c(rail->name), &row));
    return from_row(cx, &row, how, ret);
}

enum err rail_account_of(struct cx *cx, const struct pay_rail *rail, int64_t planet_id, struct rail_account *ret)
{
    return account_as(cx, rail, planet_id, OPEN_MUST, ret);
}

enum err rail_account_list(struct cx *cx, int64_t planet_id, struct rail_account **ret, size_t *ret_n)
{
    struct rail_account_row *rows;
    TRY(planet_may_own(cx, planet_id));
    TRY(q_rail_accounts_of_planet(cx, planet_id, &rows, ret_n));
    *ret = ARENA_ARRAY(cx->arena, struct rail_account, *ret_n);
    for (size_t i = 0; i < *ret_n; i++)
        TRY(from_row(cx, &rows[i], OPEN_NOT, &(*ret)[i]));
    return OK;
}

/* ---- writing ---- */

/* The last characters of a secret that is long enough to tell nothing by them. */
static struct str hint_of(struct cx *cx, struct str secret)
{
    size_t n = secret.n;
    while (n > 0 && (secret.p[n - 1] == '\n' || secret.p[n - 1] == '-' || secret.p[n - 1] == '='))
        n--;
    if (n < HINT_OF || str_starts(secret, STR("-----")))
        return STR("…");
    for (size_t i = n - HINT_CHARS; i < n; i++)
        if (secret.p[i] <= ' ' || secret.p[i] >= 0x7f)
            return STR("…");
    return str_fmt(cx->arena, "…" STR_FMT, STR_ARG(str_sub(secret, n - HINT_CHARS, HINT_CHARS)));
}

static const struct rail_value *find(const struct rail_value *v, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(v[i].name, name) == 0)
            return &v[i];
    return NULL;
}

struct texts {
    struct buf buf[3];
    struct jw settings, hints, secrets;
    size_t n_secrets;
    bool fresh_secret; /* one is another than before */
    bool moved;        /* what was typed for another place does not go to this one */
};

static void texts_begin(struct cx *cx, struct texts *t)
{
    struct jw *const w[] = {&t->settings, &t->hints, &t->secrets};
    *t = (struct texts){.n_secrets = 0};
    for (size_t i = 0; i < 3; i++) {
        buf_init_arena(&t->buf[i], cx->arena, TEXTS_MAX);
        jw_init(w[i], &t->buf[i]);
        jw_obj(w[i]);
    }
}

/* One field as it will be: as it was, or as it is said now. */
static void put_field(struct cx *cx, struct texts *t, const struct rail_field *f, const struct rail_account *acc,
                      const struct rail_value *said)
{
    bool secret = (f->flags & RAIL_SECRET) != 0;
    struct str was = secret ? rail_secret(acc, f->name) : rail_setting(acc, f->name);
    struct str kept = secret && t->moved ? STR("") : was;
    struct str now = said == NULL || (secret && said->value.n == 0) ? kept : said->value;
    t->fresh_secret = t->fresh_secret || (secret && !str_eq(now, was));
    if (now.n == 0)
        return;
    if (!secret) {
        jw_key_str(&t->settings, f->name, now);
        return;
    }
    jw_key_str(&t->secrets, f->name, now);
    jw_key_str(&t->hints, f->name, hint_of(cx, now));
    t->n_secrets++;
}

static bool has_moved(const struct pay_rail *rail, const struct rail_account *acc, const struct rail_value *v, size_t n)
{
    for (const struct rail_field *f = rail->fields; f->name != NULL; f++) {
        const struct rail_value *said = find(v, n, f->name);
        struct str was = rail_setting(acc, f->name);
        if ((f->flags & RAIL_HOME) && said != NULL && was.n > 0 && !str_eq(said->value, was))
            return true;
    }
    return false;
}

static enum err write(struct cx *cx, const struct rail_account *acc, struct texts *t, struct str state)
{
    struct str sealed = STR_NULL;
    unsigned char key[32];
    struct jw *const w[] = {&t->settings, &t->hints, &t->secrets};
    for (size_t i = 0; i < 3; i++) {
        jw_end(w[i]);
        if (!jw_done(w[i]))
            return cx_tell(cx, ERR_TOO_LARGE, N_("That is more text than these fields hold."));
    }
    key_of(cx, acc->id, key);
    if (t->n_secrets > 0)
        sealed = crypt_seal(cx->arena, key, buf_str(&t->buf[2]));
    return q_rail_account_write(cx, acc->id, state, buf_str(&t->buf[0]), buf_str(&t->buf[1]), sealed, cx->now, NULL);
}

static enum err check_values(struct cx *cx, const struct pay_rail *rail, const struct rail_value *v, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const struct rail_field *f = rail->fields;
        while (f->name != NULL && strcmp(f->name, v[i].name) != 0)
            f++;
        if (f->name == NULL || (f->flags & RAIL_SELF))
            return cx_fail(cx, ERR_INVALID, "%s has no field %s", rail->name, v[i].name);
        if (v[i].value.n > VALUE_MAX)
            return cx_tell(cx, ERR_TOO_LARGE, N_("That is more text than these fields hold."));
        for (size_t k = 0; k < v[i].value.n; k++)
            if ((unsigned char)v[i].value.p[k] < ' ' && v[i].value.p[k] != '\n' && v[i].value.p[k] != '\r')
                return cx_tell(cx, ERR_INVALID, N_("There are control characters in what was pasted."));
        if (!str_is_utf8(v[i].value))
            return cx_tell(cx, ERR_INVALID, N_("There are control characters in what was pasted."));
    }
    return OK;
}

static enum err account_or_new(struct cx *cx, const struct pay_rail *rail, int64_t planet_id, struct rail_account *ret)
{
    enum err e = account_as(cx, rail, planet_id, OPEN_IF, ret);
    if (e != ERR_NOT_FOUND)
        return e;
    TRY(q_rail_account_insert(cx, id_next(cx->node->ids), planet_id, str_c(rail->name), cx->now, NULL));
    return rail_account_of(cx, rail, planet_id, ret);
}

/* Old secrets that don't open are no longer there: those that are needed must be said again. */
static enum err all_anew(struct cx *cx, const struct pay_rail *rail, const struct rail_account *acc,
                         const struct rail_value *v, size_t n)
{
    for (const struct rail_field *f = rail->fields; acc->shut && f->name != NULL; f++) {
        const struct rail_value *said = find(v, n, f->name);
        if ((f->flags & RAIL_SECRET) && (f->flags & RAIL_NEEDED) && (said == NULL || said->value.n == 0))
            return cx_tell(cx, ERR_INVALID, SHUT);
    }
    return OK;
}

enum err rail_account_save(struct cx *cx, const struct pay_rail *rail, int64_t planet_id,
                           const struct rail_value *values, size_t n)
{
    struct rail_value v[RAIL_VALUES];
    struct rail_account acc;
    struct texts t;
    TRY(planet_may_own(cx, planet_id));
    if (rail->fields == NULL || n > RAIL_VALUES)
        return cx_fail(cx, ERR_INVALID, "%s is not connected by fields", rail->name);
    for (size_t i = 0; i < n; i++)
        v[i] = (struct rail_value){values[i].name, str_trim(values[i].value)};
    TRY(check_values(cx, rail, v, n));
    if (rail->check != NULL)
        TRY(rail->check(cx, v, n));
    TX_SCOPE(cx);
    TRY(account_or_new(cx, rail, planet_id, &acc));
    TRY(all_anew(cx, rail, &acc, v, n));
    texts_begin(cx, &t);
    t.moved = has_moved(rail, &acc, v, n);
    for (const struct rail_field *f = rail->fields; f->name != NULL; f++)
        if (!acc.shut || !(f->flags & RAIL_SELF)) /* what was made at the provider went with its secret: made anew */
            put_field(cx, &t, f, &acc, find(v, n, f->name));
    TRY(write(cx, &acc, &t, t.fresh_secret ? STR("draft") : acc.state));
    TRY(audit_put(cx, "rail.save", acc.id, str_c(rail->name)));
    cx->wake |= WAKE_PUBLIC; /* the ways to pay stand on the planet's page */
    return tx_commit(cx);
}

enum err rail_account_keep(struct cx *cx, const struct pay_rail *rail, struct rail_account *acc,
                           const struct rail_value *values, size_t n)
{
    struct rail_account now;
    struct texts t;
    TX_SCOPE(cx);
    TRY(rail_account_by_id(cx, acc->id, &now));
    texts_begin(cx, &t);
    for (const struct rail_field *f = rail->fields; f->name != NULL; f++)
        put_field(cx, &t, f, &now, find(values, n, f->name));
    TRY(write(cx, &now, &t, now.state));
    TRY(rail_account_by_id(cx, acc->id, acc));
    return tx_commit(cx);
}

enum err rail_account_say(struct cx *cx, const struct rail_account *acc, struct str error)
{
    if (acc->id == 0)
        return OK;
    return q_rail_account_error(cx, acc->id, error.p == NULL ? STR_NULL : str_utf8_cut(error, ERROR_MAX), NULL);
}

/* ---- testing and switching ---- */

static struct str rights_json(struct cx *cx, const struct rail_probe *p, bool *ret_whole)
{
    struct buf b;
    struct jw w;
    buf_init_arena(&b, cx->arena, TEXTS_MAX);
    jw_init(&w, &b);
    jw_arr(&w);
    *ret_whole = true;
    for (size_t i = 0; i < p->n; i++) {
        *ret_whole = *ret_whole && (p->rights[i].ok || !p->rights[i].needed);
        jw_obj(&w);
        jw_key_str(&w, "name", p->rights[i].name);
        jw_key_bool(&w, "ok", p->rights[i].ok);
        jw_key_bool(&w, "needed", p->rights[i].needed);
        jw_key_opt(&w, "why", p->rights[i].why);
        jw_end(&w);
    }
    jw_end(&w);
    return jw_done(&w) ? buf_str(&b) : STR("[]");
}

/* Is every field there that is needed? */
static enum err is_whole(struct cx *cx, const struct pay_rail *rail, const struct rail_account *acc)
{
    for (const struct rail_field *f = rail->fields; f->name != NULL; f++) {
        struct str v = f->flags & RAIL_SECRET ? rail_secret(acc, f->name) : rail_setting(acc, f->name);
        struct str label = str_c(f->label);
        if ((f->flags & RAIL_NEEDED) && v.n == 0)
            return cx_tellf(cx, ERR_INVALID, N_("This is missing: {0}"), &label, 1);
    }
    return OK;
}

static enum err note_test(struct cx *cx, const struct rail_account *acc, const struct rail_probe *p, bool on)
{
    bool whole;
    struct str rights = rights_json(cx, p, &whole), merchant = p->merchant.p != NULL ? p->merchant : acc->merchant;
    TX_SCOPE(cx);
    TRY(q_rail_account_tested(cx, acc->id, on && whole ? STR("on") : STR("draft"), p->live, merchant, rights, STR_NULL,
                              cx->now, NULL));
    TRY(audit_put(cx, "rail.test", acc->id, str_c(on && whole ? "on" : "draft")));
    if (on && whole) /* what was missed while it was off */
        TRY(job_put(cx, "pay.catch_up", acc->id, STR_NULL, STR_NULL, 0));
    cx->wake |= WAKE_PUBLIC;
    return tx_commit(cx);
}

static bool lacks_nothing(const struct rail_probe *p)
{
    for (size_t i = 0; i < p->n; i++)
        if (p->rights[i].needed && !p->rights[i].ok)
            return false;
    return true;
}

enum err rail_account_test(struct cx *cx, const struct pay_rail *rail, int64_t planet_id, struct rail_probe *ret)
{
    struct rail_account acc;
    struct str hook;
    TRY(planet_may_own(cx, planet_id));
    TRY(rail_account_of(cx, rail, planet_id, &acc));
    *ret = (struct rail_probe){.live = acc.live};
    TRY(is_whole(cx, rail, &acc));
    if (rail->probe != NULL) {
        enum err e = rail->probe(cx, &acc, ret);
        if (e != OK) {
            struct str why = cx->tell != NULL ? str_c(cx->tell) : str_c(err_name(e));
            if (rail_account_say(cx, &acc, why) != OK)
                return ERR_INTERNAL;
            return e;
        }
    }
    if (lacks_nothing(ret) && rail->connect != NULL) {
        TRY(rail_hook_url(cx, rail, planet_id, &hook));
        acc.live = ret->live;
        enum err e = rail->connect(cx, &acc, hook);
        if (e != OK) {
            TRY(note_test(cx, &acc, ret, false));
            return e;
        }
    }
    return note_test(cx, &acc, ret, true);
}

static enum err switch_to(struct cx *cx, const struct pay_rail *rail, int64_t planet_id, const char *state, bool forget)
{
    struct rail_account acc;
    struct texts t;
    TRY(planet_may_own(cx, planet_id));
    TX_SCOPE(cx);
    TRY(account_as(cx, rail, planet_id, OPEN_IF, &acc));
    if (forget) {
        acc.secrets = NULL;
        texts_begin(cx, &t);
        for (const struct rail_field *f = rail->fields; f->name != NULL; f++)
            if (!(f->flags & (RAIL_SECRET | RAIL_SELF)))
                put_field(cx, &t, f, &acc, NULL);
        TRY(write(cx, &acc, &t, STR("draft")));
    } else {
        TRY(q_rail_account_state(cx, acc.id, str_c(state), cx->now, NULL));
    }
    TRY(audit_put(cx, forget ? "rail.forget" : "rail.off", acc.id, str_c(rail->name)));
    cx->wake |= WAKE_PUBLIC;
    return tx_commit(cx);
}

enum err rail_account_off(struct cx *cx, const struct pay_rail *rail, int64_t planet_id)
{
    return switch_to(cx, rail, planet_id, "off", false);
}

enum err rail_account_forget(struct cx *cx, const struct pay_rail *rail, int64_t planet_id)
{
    return switch_to(cx, rail, planet_id, "draft", true);
}
