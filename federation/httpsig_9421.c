/* RFC 9421 HTTP Message Signatures, with the little of RFC 8941 that its headers need. */
#include "federation/httpsig_int.h"

#include "node/base/arena.h"
#include "node/base/clock.h"

#include <string.h>

#define LABELS_MAX 4

/* A cursor over a structured field. */
struct sf {
    const char *at, *end;
};

static char peek(const struct sf *s)
{
    return s->at < s->end ? *s->at : '\0';
}

static bool eat(struct sf *s, char c)
{
    if (s->at >= s->end || *s->at != c)
        return false;
    s->at++;
    return true;
}

static void skip_space(struct sf *s, bool tabs)
{
    while (s->at < s->end && (*s->at == ' ' || (tabs && *s->at == '\t')))
        s->at++;
}

static bool is_key_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.' ||
           c == '*';
}

static bool sf_key(struct sf *s, struct str *ret)
{
    const char *from = s->at;
    if (!((peek(s) >= 'a' && peek(s) <= 'z') || peek(s) == '*'))
        return false;
    while (s->at < s->end && is_key_char(*s->at))
        s->at++;
    *ret = (struct str){from, (size_t)(s->at - from)};
    return true;
}

/* A string. None that we look at has a reason to contain an escape, so one is refused. */
static bool sf_string(struct sf *s, struct str *ret)
{
    if (!eat(s, '"'))
        return false;
    const char *from = s->at;
    while (s->at < s->end && *s->at != '"') {
        if (*s->at < 0x20 || *s->at >= 0x7f || *s->at == '\\')
            return false;
        s->at++;
    }
    *ret = (struct str){from, (size_t)(s->at - from)};
    return eat(s, '"');
}

static bool sf_bytes(struct sf *s, struct str *ret)
{
    if (!eat(s, ':'))
        return false;
    const char *from = s->at;
    while (s->at < s->end && *s->at != ':')
        s->at++;
    *ret = (struct str){from, (size_t)(s->at - from)};
    return eat(s, ':');
}

static bool is_bare_char(char c)
{
    return is_key_char(c) || (c >= 'A' && c <= 'Z') || (c != '\0' && strchr("!#$%&'+^`|~:/", c));
}

/* Any bare item. *ret_quoted tells a string from the rest. */
static bool sf_item(struct sf *s, struct str *ret, bool *ret_quoted)
{
    *ret_quoted = peek(s) == '"';
    if (*ret_quoted)
        return sf_string(s, ret);
    if (peek(s) == ':')
        return sf_bytes(s, ret);
    const char *from = s->at;
    eat(s, '?'); /* booleans are ?0 and ?1 */
    while (s->at < s->end && is_bare_char(*s->at))
        s->at++;
    *ret = (struct str){from, (size_t)(s->at - from)};
    return ret->n > 0;
}

static bool seconds(struct str s, int64_t *ret_ms)
{
    int64_t v;
    if (s.n > 15 || !str_to_i64(s, &v) || v <= 0 || v > INT64_C(99999999999))
        return false;
    *ret_ms = v * MS_SECOND;
    return true;
}

static bool component_known(struct str c)
{
    static const char *const derived[] = {"@method", "@target-uri", "@authority",     "@scheme",
                                          "@path",   "@query",      "@request-target"};
    if (c.n == 0)
        return false;
    if (c.p[0] == '@') {
        for (size_t i = 0; i < sizeof derived / sizeof *derived; i++)
            if (str_eq_c(c, derived[i]))
                return true;
        return false;
    }
    for (size_t i = 0; i < c.n; i++)
        if (!is_key_char(c.p[i]) && (c.p[i] == '\0' || !strchr("!#$%&'+^`|~", c.p[i])))
            return false;
    return true;
}

/* The parameters of a component. */
static bool skip_params(struct sf *s)
{
    struct str key, v;
    bool quoted;
    while (eat(s, ';')) {
        skip_space(s, false);
        if (!sf_key(s, &key) || (eat(s, '=') && !sf_item(s, &v, &quoted)))
            return false;
    }
    return true;
}

/* *ret_unfit: what it covers cannot be put together here; another signature beside it may do, as when a
 * proxy signed over that of the sender. NULL: all is known. */
static enum err read_inner_list(struct sf *s, struct sig_parsed *p, const char **ret_unfit,
                                const char **ret_why)
{
    *ret_unfit = NULL;
    if (!eat(s, '('))
        SIG_REFUSE(ret_why, "malformed signature-input");
    for (;;) {
        skip_space(s, false);
        if (eat(s, ')'))
            return OK;
        struct str c;
        if (!sf_string(s, &c))
            SIG_REFUSE(ret_why, "malformed signature-input");
        bool plain = peek(s) != ';';
        if (!skip_params(s) || (peek(s) != ' ' && peek(s) != ')'))
            SIG_REFUSE(ret_why, "malformed signature-input");
        if (!plain || !component_known(c)) {
            *ret_unfit = plain ? "unknown signed component" : "component parameters are not supported";
            continue;
        }
        for (size_t i = 0; i < p->n_components; i++)
            if (str_eq(p->components[i], c))
                SIG_REFUSE(ret_why, "a component is signed twice");
        if (p->n_components == SIG_COMPONENTS_MAX)
            SIG_REFUSE(ret_why, "too many signed components");
        p->components[p->n_components++] = c;
    }
}

static enum err read_params(struct sf *s, struct sig_parsed *p, const char **ret_why)
{
    struct str seen[16];
    size_t n = 0;
    while (eat(s, ';')) {
        struct str key, v = STR_NULL;
        bool quoted = false;
        skip_space(s, false);
        if (n == 16 || !sf_key(s, &key) || (eat(s, '=') && !sf_item(s, &v, &quoted)))
            SIG_REFUSE(ret_why, "malformed signature parameter");
        for (size_t i = 0; i < n; i++)
            if (str_eq(seen[i], key))
                SIG_REFUSE(ret_why, "repeated signature parameter");
        seen[n++] = key;
        bool ok = true;
        if (str_eq_c(key, "created"))
            ok = !quoted && seconds(v, &p->created);
        else if (str_eq_c(key, "expires"))
            ok = !quoted && seconds(v, &p->expires);
        else if (str_eq_c(key, "keyid"))
            ok = quoted && (p->key_id = v).n > 0;
        else if (str_eq_c(key, "alg"))
            ok = quoted && (p->alg = v).n > 0;
        if (!ok)
            SIG_REFUSE(ret_why, "malformed signature parameter");
    }
    return OK;
}

/* The byte sequence under label in the Signature header; label may stand there once. */
static enum err find_signature(struct arena *a, struct str header, struct str label,
                               struct str *ret, const char **ret_why)
{
    struct sf s = {header.p, header.p + header.n};
    struct str found = STR_NULL;
    for (size_t n = 0; n < LABELS_MAX * 2; n++) {
        struct str key, v;
        skip_space(&s, true);
        if (!sf_key(&s, &key) || !eat(&s, '=') || !sf_bytes(&s, &v))
            SIG_REFUSE(ret_why, "malformed signature header");
        if (str_eq(key, label)) {
            if (found.p != NULL)
                SIG_REFUSE(ret_why, "repeated signature label");
            found = v;
        }
        skip_space(&s, true);
        if (s.at == s.end)
            break;
        if (!eat(&s, ','))
            SIG_REFUSE(ret_why, "malformed signature header");
    }
    if (found.n == 0 || !crypt_base64_decode(a, found, ret))
        SIG_REFUSE(ret_why, "signature is missing or malformed");
    return OK;
}

static enum err check_coverage(const struct sig_request *rq, const struct sig_parsed *p,
                               const char **ret_why)
{
    if (p->key_id.n == 0)
        SIG_REFUSE(ret_why, "keyid is missing");
    if (p->created == 0)
        SIG_REFUSE(ret_why, "created is missing");
    if (!sig_covers(p, "@method"))
        SIG_REFUSE(ret_why, "@method is not signed");
    bool query = str_find_char(rq->target, '?', 0) != SIZE_MAX;
    if (!sig_covers(p, "@target-uri") &&
        !(sig_covers(p, "@authority") && sig_covers(p, "@path") &&
          (!query || sig_covers(p, "@query"))))
        SIG_REFUSE(ret_why, "@target-uri is not signed");
    if (sig_needs_digest(rq) && !sig_covers(p, "content-digest"))
        SIG_REFUSE(ret_why, "content-digest is not signed");
    return OK;
}

/* One "label=(…);…" of Signature-Input at the cursor. */
static enum err read_member(struct sf *s, struct str *ret_label, struct sig_parsed *p,
                            const char **ret_unfit, const char **ret_why)
{
    skip_space(s, true);
    if (!sf_key(s, ret_label) || !eat(s, '='))
        SIG_REFUSE(ret_why, "malformed signature-input");
    const char *from = s->at;
    TRY(read_inner_list(s, p, ret_unfit, ret_why));
    TRY(read_params(s, p, ret_why));
    p->params = (struct str){from, (size_t)(s->at - from)};
    skip_space(s, true);
    if (s->at != s->end && (!eat(s, ',') || s->at == s->end))
        SIG_REFUSE(ret_why, "malformed signature-input");
    return OK;
}

/* With several signatures, the first that covers enough is the one that counts. */
enum err sig_9421_parse(struct arena *a, const struct sig_request *rq, struct sig_parsed *ret,
                        const char **ret_why)
{
    struct str input = rq->header(rq->arg, "signature-input");
    struct str signature = rq->header(rq->arg, "signature");
    if (input.n > SIG_HEADER_MAX || signature.n > SIG_HEADER_MAX)
        SIG_REFUSE(ret_why, "signature headers are too long");
    if (signature.n == 0)
        SIG_REFUSE(ret_why, "signature is missing");
    struct sf s = {input.p, input.p + input.n};
    struct str labels[LABELS_MAX];
    size_t n = 0;
    bool found = false;
    const char *why = NULL;
    do {
        struct sig_parsed p = {.scheme = SIG_RFC9421};
        if (n == LABELS_MAX)
            SIG_REFUSE(ret_why, "too many signatures");
        const char *not_this;
        TRY(read_member(&s, &labels[n], &p, &not_this, ret_why));
        for (size_t i = 0; i < n; i++)
            if (str_eq(labels[i], labels[n]))
                SIG_REFUSE(ret_why, "repeated signature label");
        if (not_this == NULL && !found && check_coverage(rq, &p, &not_this) == OK) {
            TRY(find_signature(a, signature, labels[n], &p.signature, ret_why));
            found = true;
            *ret = p;
        }
        if (why == NULL)
            why = not_this;
        n++;
    } while (s.at < s.end);
    if (!found)
        SIG_REFUSE(ret_why, why);
    return OK;
}

/* ---- Accept-Signature ---- */

/* What we can make of a request of ours, and a peer has a reason to ask for. */
static bool can_cover(struct str c, bool has_body)
{
    static const char *const known[] = {"@method", "@target-uri", "@authority", "@scheme",
                                        "@path",   "host",        "date"};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (str_eq_c(c, known[i]))
            return true;
    return has_body && str_eq_c(c, "content-digest");
}

static void cover(struct sig_wish *w, struct str c)
{
    for (size_t i = 0; i < w->n_components; i++)
        if (str_eq(w->components[i], c))
            return;
    if (w->n_components < SIG_COMPONENTS_MAX)
        w->components[w->n_components++] = c;
}

/* Is this parameter of a wish one that we know, and ours? */
static bool grant(struct sig_wish *w, struct str key, struct str v, bool quoted, bool rsa,
                  struct str key_id)
{
    if (str_eq_c(key, "created"))
        return v.p == NULL || str_eq_c(v, "?1"); /* it asks for one; which is ours to say */
    if (str_eq_c(key, "expires"))
        return w->expires = v.p == NULL || str_eq_c(v, "?1");
    if (str_eq_c(key, "alg"))
        return quoted && str_eq_c(v, rsa ? "rsa-v1_5-sha256" : "ed25519");
    if (str_eq_c(key, "keyid"))
        return quoted && str_eq(v, key_id);
    if (str_eq_c(key, "nonce"))
        return quoted && (w->nonce = v).n <= 256;
    return str_eq_c(key, "tag") && quoted && (w->tag = v).n <= 256;
}

/* One "label=(…);…" at the cursor. False: malformed. */
static bool read_wish(struct sf *s, bool rsa, struct str key_id, bool has_body,
                      struct sig_wish *ret, bool *ret_ok)
{
    struct sig_parsed p = {0};
    const char *why, *unfit;
    skip_space(s, true);
    if (!sf_key(s, &ret->label) || !eat(s, '=') || read_inner_list(s, &p, &unfit, &why) != OK)
        return false;
    *ret_ok = unfit == NULL;
    for (size_t i = 0; i < p.n_components; i++) {
        *ret_ok = *ret_ok && can_cover(p.components[i], has_body);
        cover(ret, p.components[i]);
    }
    for (size_t n = 0; eat(s, ';'); n++) {
        struct str key, v = STR_NULL;
        bool quoted = false;
        skip_space(s, false);
        if (n == 16 || !sf_key(s, &key) || (eat(s, '=') && !sf_item(s, &v, &quoted)))
            return false;
        *ret_ok = *ret_ok && grant(ret, key, v, quoted, rsa, key_id);
    }
    skip_space(s, true);
    return s->at == s->end || (eat(s, ',') && s->at < s->end);
}

bool sig_wish_read(struct arena *a, struct str header, bool rsa, struct str key_id, bool has_body,
                   struct sig_wish *ret)
{
    (void)a;
    if (header.n == 0 || header.n > SIG_HEADER_MAX)
        return false;
    struct sf s = {header.p, header.p + header.n};
    for (size_t n = 0; n < LABELS_MAX && s.at < s.end; n++) {
        struct sig_wish w = {0};
        bool ok;
        if (!read_wish(&s, rsa, key_id, has_body, &w, &ok))
            return false;
        if (!ok)
            continue;
        /* Never less than by ourselves: what it covers is good for this request alone. */
        cover(&w, STR("@method"));
        cover(&w, STR("@target-uri"));
        if (has_body)
            cover(&w, STR("content-digest"));
        *ret = w;
        return true;
    }
    return false;
}

static bool put_component(struct buf *b, struct arena *a, const struct sig_request *rq,
                          struct str c)
{
    size_t mark = str_find_char(rq->target, '?', 0);
    if (str_eq_c(c, "@method")) {
        buf_put_c(b, rq->method);
    } else if (str_eq_c(c, "@target-uri")) {
        buf_put_c(b, rq->scheme);
        buf_lit(b, "://");
        buf_put(b, sig_authority(a, rq));
        buf_put(b, rq->target);
    } else if (str_eq_c(c, "@authority")) {
        buf_put(b, sig_authority(a, rq));
    } else if (str_eq_c(c, "@scheme")) {
        buf_put_c(b, rq->scheme);
    } else if (str_eq_c(c, "@request-target")) {
        buf_put(b, rq->target);
    } else if (str_eq_c(c, "@path")) {
        buf_put(b, str_sub(rq->target, 0, mark));
    } else if (str_eq_c(c, "@query")) {
        buf_put(b, mark == SIZE_MAX ? STR("?") : str_sub(rq->target, mark, SIZE_MAX));
    } else {
        struct str v;
        if (!sig_header(rq, a, c, &v))
            return false;
        buf_put(b, v);
    }
    return true;
}

bool sig_9421_base(struct arena *a, const struct sig_request *rq, const struct sig_parsed *p,
                   struct str *ret)
{
    struct buf b;
    buf_init_arena(&b, a, SIG_BASE_MAX);
    for (size_t i = 0; i < p->n_components; i++) {
        buf_put_char(&b, '"');
        buf_put(&b, p->components[i]);
        buf_lit(&b, "\": ");
        if (!put_component(&b, a, rq, p->components[i]))
            return false;
        buf_put_char(&b, '\n');
    }
    buf_lit(&b, "\"@signature-params\": ");
    buf_put(&b, p->params);
    *ret = buf_str(&b);
    return !b.overflow;
}
